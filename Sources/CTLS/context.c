#include "internal.h"
#include <openssl/err.h>
#include <stdlib.h>

struct ctls_server {
  SSL_CTX *context;
  struct ctls_identity **identities;
  int count;
  int oldest;
};

struct ctls_client {
  SSL_CTX *context;
};

static void forget(struct ctls_server *server) {
  for (int i = 0; i < server->count; i++) ctls_identity_free(server->identities[i]);
  free(server->identities);
  server->identities = NULL;
  server->count = 0;
}

// Kinds of keys of which one certificate each may stand in a handshake.
enum { KINDS = 4 };
static int kind(const struct ctls_identity *identity) {
  switch (EVP_PKEY_get_base_id(identity->key)) {
    case EVP_PKEY_RSA: return 0;
    case EVP_PKEY_EC: return 1;
    case EVP_PKEY_ED25519: return 2;
    default: return 3;
  }
}

// OpenSSL asks at each handshake which certificates there are.
static int choose(SSL *ssl, void *context) {
  const struct ctls_server *server = context;
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  int used[KINDS] = {0}, found = 0;
  SSL_certs_clear(ssl);
  // Who asks for a name that is not ours gets what there is, as RFC 6066 §3 permits: old phones ask for anything.
  for (int named = name != NULL; named >= 0 && !found; named--)
    for (int i = 0; i < server->count; i++) {
      struct ctls_identity *identity = server->identities[i];
      if (used[kind(identity)] || (named && !ctls_identity_names(identity, name))) continue;
      if (SSL_use_cert_and_key(ssl, identity->certificate, identity->key, identity->chain, 1) != 1) continue;
      used[kind(identity)] = 1;
      found = 1;
    }
  return found;
}

// Old versions rest on SHA-1, which OpenSSL takes at security level 0 alone.
static int set_oldest(SSL_CTX *context, int oldest) {
  SSL_CTX_set_security_level(context, oldest < CTLS_1_2 ? 0 : 2);
  return SSL_CTX_set_min_proto_version(context, oldest) == 1;
}

static int prepare(SSL_CTX *context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // An idle connection then holds no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  // What is resumed travels in tickets; a cache would grow with every stranger.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_cipher_list(context, "HIGH:!aNULL:!kRSA:!PSK:!SRP:!CAMELLIA:!ARIA:!AESCCM") == 1;
}

struct ctls_server *ctls_server_new(void) {
  struct ctls_server *server = calloc(1, sizeof *server);
  if (!server) return NULL;
  server->oldest = CTLS_1_2;
  server->context = SSL_CTX_new(TLS_server_method());
  if (server->context && ctls_server_adopt(server, server->context)) return server;
  ctls_server_free(server);
  return NULL;
}

void ctls_server_free(struct ctls_server *server) {
  if (!server) return;
  SSL_CTX_free(server->context);
  forget(server);
  free(server);
}

int ctls_server_adopt(struct ctls_server *server, void *ssl_ctx) {
  SSL_CTX *context = ssl_ctx;
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cert_cb(context, choose, server);
  int ready = prepare(context) && set_oldest(context, server->oldest);
  ERR_clear_error();
  return ready;
}

int ctls_server_set(struct ctls_server *server, struct ctls_identity *const *identities, int count, int oldest) {
  struct ctls_identity **fresh = calloc((size_t)count + 1, sizeof *fresh);
  int shared = 0;
  while (fresh && shared < count && (fresh[shared] = ctls_identity_share(identities[shared]))) shared++;
  if (!fresh || shared < count || !set_oldest(server->context, oldest)) {
    while (shared > 0) ctls_identity_free(fresh[--shared]);
    free(fresh);
    return 0;
  }
  forget(server);
  server->identities = fresh;
  server->count = count;
  server->oldest = oldest;
  return 1;
}

struct ctls_client *ctls_client_new(const char *authorities, int oldest) {
  struct ctls_client *client = calloc(1, sizeof *client);
  if (!client) return NULL;
  SSL_CTX *context = client->context = SSL_CTX_new(TLS_client_method());
  int ready = context && prepare(context) && set_oldest(context, oldest);
  if (ready) {
    // No post-quantum key share at first: its ClientHello fills more than a packet, which old servers do not survive.
    // OpenSSL before 3.5 does not know the group at all.
    ready = SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384:X25519MLKEM768") == 1 ||
            SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  }
  if (ready)
    ready = authorities ? SSL_CTX_load_verify_file(context, authorities) == 1
                        : SSL_CTX_set_default_verify_paths(context) == 1;
  ERR_clear_error();
  if (ready) return client;
  ctls_client_free(client);
  return NULL;
}

void ctls_client_free(struct ctls_client *client) {
  if (!client) return;
  SSL_CTX_free(client->context);
  free(client);
}

SSL_CTX *ctls_server_context(struct ctls_server *server) { return server->context; }
SSL_CTX *ctls_client_context(struct ctls_client *client) { return client->context; }
