#include "datagrams.h"
#include "internal.h"
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/srtp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum { COOKIE = 16 };

struct cdtls_context {
  SSL_CTX *context;
};

struct cdtls_handshake {
  SSL *ssl;
  struct datagrams queue;
  // What a client has to repeat that is where it says to be (RFC 6347 §4.2.1).
  uint8_t cookie[COOKIE];
  const char *failure;
};

// Whose certificate it is says the fingerprint, once the handshake is done.
static int take_any(int is_fine, X509_STORE_CTX *store) {
  (void)is_fine, (void)store;
  return 1;
}

static int make_cookie(SSL *ssl, unsigned char *cookie, unsigned *count) {
  const struct cdtls_handshake *handshake = SSL_get_app_data(ssl);
  memcpy(cookie, handshake->cookie, COOKIE);
  *count = COOKIE;
  return 1;
}

static int check_cookie(SSL *ssl, const unsigned char *cookie, unsigned count) {
  const struct cdtls_handshake *handshake = SSL_get_app_data(ssl);
  return count == COOKIE && CRYPTO_memcmp(cookie, handshake->cookie, COOKIE) == 0;
}

// Microseconds until a flight is sent again: a call waits for it, so sooner than RFC 6347 §4.2.4.1 has it.
static unsigned patience(SSL *ssl, unsigned before) {
  (void)ssl;
  return before == 0 ? 250000 : before < 2000000 ? 2 * before : 4000000;
}

struct cdtls_context *cdtls_context_new(const struct ctls_identity *identity) {
  struct cdtls_context *made = calloc(1, sizeof *made);
  if (!made) return NULL;
  SSL_CTX *context = made->context = SSL_CTX_new(DTLS_method());
  int ready = context && SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
              SSL_CTX_use_cert_and_key(context, identity->certificate, identity->key, NULL, 1) == 1 &&
              SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!SHA384:!aNULL") == 1 &&
              // 0 is success here.
              SSL_CTX_set_tlsext_use_srtp(context,
                                          "SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80:"
                                          "SRTP_AES128_CM_SHA1_32") == 0;
  if (ready) {
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_COOKIE_EXCHANGE | SSL_OP_NO_TICKET |
                                     SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, take_any);
    SSL_CTX_set_cookie_generate_cb(context, make_cookie);
    SSL_CTX_set_cookie_verify_cb(context, check_cookie);
    SSL_CTX_set_read_ahead(context, 1);
  }
  ERR_clear_error();
  if (ready) return made;
  cdtls_context_free(made);
  return NULL;
}

void cdtls_context_free(struct cdtls_context *context) {
  if (!context) return;
  SSL_CTX_free(context->context);
  free(context);
}

struct cdtls_handshake *cdtls_handshake_new(struct cdtls_context *context, int is_client) {
  struct cdtls_handshake *made = calloc(1, sizeof *made);
  if (!made) return NULL;
  made->ssl = SSL_new(context->context);
  BIO *bio = datagrams_bio(&made->queue);
  if (!made->ssl || !bio || RAND_bytes(made->cookie, COOKIE) != 1) {
    BIO_free(bio);
    cdtls_handshake_free(made);
    return NULL;
  }
  SSL_set_bio(made->ssl, bio, bio);
  SSL_set_app_data(made->ssl, made);
  SSL_set_mtu(made->ssl, CDTLS_MTU);
  DTLS_set_timer_cb(made->ssl, patience);
  if (is_client)
    SSL_set_connect_state(made->ssl);
  else
    SSL_set_accept_state(made->ssl);
  return made;
}

void cdtls_handshake_free(struct cdtls_handshake *handshake) {
  if (!handshake) return;
  SSL_free(handshake->ssl);
  free(handshake);
}

static int step(struct cdtls_handshake *handshake) {
  uint8_t nothing[1];
  int done = SSL_is_init_finished(handshake->ssl);
  // What comes afterwards is the last flight again, which wants an answer, or an alert.
  int result = done ? SSL_read(handshake->ssl, nothing, sizeof nothing) : SSL_do_handshake(handshake->ssl);
  if (result == 1 || (done && result > 0)) return 1;
  int error = SSL_get_error(handshake->ssl, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return done;
  if (error == SSL_ERROR_ZERO_RETURN) return -2;
  handshake->failure = ERR_reason_error_string(ERR_peek_error());
  if (!handshake->failure) handshake->failure = "the other end broke the protocol";
  return -1;
}

int cdtls_handshake_feed(struct cdtls_handshake *handshake, const void *bytes, size_t count) {
  if (handshake->failure) return -1;
  ERR_clear_error();
  handshake->queue.in = bytes;
  handshake->queue.in_count = count;
  int result = step(handshake);
  handshake->queue.in = NULL;
  ERR_clear_error();
  return result;
}

int cdtls_handshake_wake(struct cdtls_handshake *handshake) {
  if (handshake->failure) return -1;
  ERR_clear_error();
  int result = DTLSv1_handle_timeout(handshake->ssl) < 0 ? -1 : SSL_is_init_finished(handshake->ssl);
  if (result < 0) handshake->failure = "the other end does not answer";
  ERR_clear_error();
  return result;
}

int64_t cdtls_handshake_delay(struct cdtls_handshake *handshake) {
  struct timeval left;
  if (handshake->failure || !DTLSv1_get_timeout(handshake->ssl, &left)) return -1;
  return (int64_t)left.tv_sec * 1000 + (left.tv_usec + 999) / 1000;
}

size_t cdtls_handshake_take(struct cdtls_handshake *handshake, void *bytes) {
  return datagrams_take(&handshake->queue, bytes);
}

void cdtls_handshake_refuse(struct cdtls_handshake *handshake) {
  if (SSL_is_init_finished(handshake->ssl)) SSL_shutdown(handshake->ssl);
  if (!handshake->failure) handshake->failure = "refused";
  ERR_clear_error();
}

size_t cdtls_handshake_digest(struct cdtls_handshake *handshake, int bits, uint8_t *out) {
  const EVP_MD *hash = bits == 256 ? EVP_sha256() : bits == 384 ? EVP_sha384() : bits == 512 ? EVP_sha512() : NULL;
  X509 *shown = SSL_get0_peer_certificate(handshake->ssl);
  unsigned count = 0;
  return hash && shown && X509_digest(shown, hash, out, &count) == 1 ? count : 0;
}

int cdtls_handshake_profile(struct cdtls_handshake *handshake) {
  const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(handshake->ssl);
  return profile ? (int)profile->id : 0;
}

int cdtls_handshake_export(struct cdtls_handshake *handshake, void *bytes, size_t count) {
  static const char label[] = "EXTRACTOR-dtls_srtp";
  int done = SSL_export_keying_material(handshake->ssl, bytes, count, label, sizeof label - 1, NULL, 0, 0) == 1;
  ERR_clear_error();
  return done;
}

const char *cdtls_handshake_failure(struct cdtls_handshake *handshake) {
  return handshake->failure ? handshake->failure : "";
}
