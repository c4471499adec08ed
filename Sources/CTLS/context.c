#include "internal.h"
#include <openssl/err.h>
#include <stdlib.h>

struct shelf {
  struct ctls_identity **identities;
  int count;
};

struct ctls_server {
  SSL_CTX *context;
  struct shelf shelf;
  int oldest;
};

struct ctls_client {
  SSL_CTX *context;
  struct shelf shelf;
};

static void forget(struct shelf *shelf) {
  for (int i = 0; i < shelf->count; i++) ctls_identity_free(shelf->identities[i]);
  free(shelf->identities);
  *shelf = (struct shelf){NULL, 0};
}

static int fill(struct shelf *shelf, struct ctls_identity *const *identities, int count) {
  struct shelf fresh = {calloc((size_t)count + 1, sizeof *fresh.identities), 0};
  while (fresh.identities && fresh.count < count &&
         (fresh.identities[fresh.count] = ctls_identity_share(identities[fresh.count])))
    fresh.count++;
  int is_whole = fresh.identities && fresh.count == count;
  if (is_whole) {
    struct shelf before = *shelf;
    *shelf = fresh;
    fresh = before;
  }
  forget(&fresh);
  return is_whole;
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
    for (int i = 0; i < server->shelf.count; i++) {
      struct ctls_identity *identity = server->shelf.identities[i];
      if (used[kind(identity)] || (named && !ctls_identity_names(identity, name))) continue;
      if (SSL_use_cert_and_key(ssl, identity->certificate, identity->key, identity->chain, 1) != 1) continue;
      used[kind(identity)] = 1;
      found = 1;
    }
  return found;
}

// Whether the server that asks for a certificate says that it trusts who signed this one; it may name nobody.
static int is_welcome(const struct ctls_identity *identity, const STACK_OF(X509_NAME) *trusted) {
  int names = sk_X509_NAME_num(trusted), links = sk_X509_num(identity->chain);
  if (names <= 0) return 1;
  for (int i = 0; i < names; i++) {
    const X509_NAME *name = sk_X509_NAME_value(trusted, i);
    if (X509_NAME_cmp(X509_get_issuer_name(identity->certificate), name) == 0) return 1;
    for (int j = 0; j < links; j++)
      if (X509_NAME_cmp(X509_get_issuer_name(sk_X509_value(identity->chain, j)), name) == 0) return 1;
  }
  return 0;
}

// OpenSSL asks when a server does. One that it cannot verify might end the session: then rather none.
static int present(SSL *ssl, void *context) {
  const struct ctls_client *client = context;
  const STACK_OF(X509_NAME) *trusted = SSL_get0_peer_CA_list(ssl);
  int used[KINDS] = {0};
  SSL_certs_clear(ssl);
  for (int i = 0; i < client->shelf.count; i++) {
    struct ctls_identity *identity = client->shelf.identities[i];
    if (used[kind(identity)] || !is_welcome(identity, trusted)) continue;
    used[kind(identity)] =
        SSL_use_cert_and_key(ssl, identity->certificate, identity->key, identity->chain, 1) == 1;
  }
  ERR_clear_error();
  return 1;
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
  forget(&server->shelf);
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
  if (!set_oldest(server->context, oldest)) return 0;
  if (!fill(&server->shelf, identities, count)) {
    set_oldest(server->context, server->oldest);
    return 0;
  }
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
  forget(&client->shelf);
  free(client);
}

int ctls_client_present(struct ctls_client *client, struct ctls_identity *const *identities, int count) {
  SSL_CTX_set_cert_cb(client->context, present, client);
  return fill(&client->shelf, identities, count);
}

SSL_CTX *ctls_server_context(struct ctls_server *server) { return server->context; }
SSL_CTX *ctls_client_context(const struct ctls_client *client) { return client->context; }
