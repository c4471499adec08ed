#include "internal.h"
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

SSL_CTX *ctls_server_context(struct ctls_server *server);
SSL_CTX *ctls_client_context(const struct ctls_client *client);

struct ctls_session {
  SSL *ssl;
  const char *failure;
};

static struct ctls_session *session(SSL_CTX *context) {
  struct ctls_session *session = calloc(1, sizeof *session);
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  if (session && in && out && (session->ssl = SSL_new(context))) {
    // "Nothing now" is no end of the stream.
    BIO_set_mem_eof_return(in, -1);
    BIO_set_mem_eof_return(out, -1);
    SSL_set_bio(session->ssl, in, out);
    return session;
  }
  BIO_free(in);
  BIO_free(out);
  free(session);
  return NULL;
}

// What a certificate proves is looked at when it is needed: without one, or with one of nobody's, the session stands too.
static int go_on(int is_fine, X509_STORE_CTX *store) {
  (void)is_fine, (void)store;
  return 1;
}

struct ctls_session *ctls_session_accept(struct ctls_server *server, const struct ctls_client *trust) {
  struct ctls_session *made = session(ctls_server_context(server));
  if (!made) return NULL;
  SSL_set_accept_state(made->ssl);
  if (!trust) return made;
  SSL_set_verify(made->ssl, SSL_VERIFY_PEER, go_on);
  // A ticket would bring back what was proved under other settings.
  SSL_set_options(made->ssl, SSL_OP_NO_TICKET);
  // Servers call each other by the one certificate that they have, whichever end it was made for.
  if (SSL_set1_verify_cert_store(made->ssl, SSL_CTX_get_cert_store(ctls_client_context(trust))) == 1 &&
      SSL_set_purpose(made->ssl, X509_PURPOSE_ANY) == 1)
    return made;
  ctls_session_free(made);
  return NULL;
}

int ctls_session_proves(struct ctls_session *session, const char *name, int is_address) {
  if (!SSL_is_server(session->ssl) || !SSL_is_init_finished(session->ssl)) return 0;
  X509 *shown = SSL_get0_peer_certificate(session->ssl);
  if (!shown || SSL_get_verify_result(session->ssl) != X509_V_OK) return 0;
  if (X509_check_purpose(shown, X509_PURPOSE_SSL_CLIENT, 0) != 1 &&
      X509_check_purpose(shown, X509_PURPOSE_SSL_SERVER, 0) != 1)
    return 0;
  int found = is_address ? X509_check_ip_asc(shown, name, 0)
                         : X509_check_host(shown, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL);
  ERR_clear_error();
  return found == 1;
}

struct ctls_session *ctls_session_connect(struct ctls_client *client, const char *name, int is_address) {
  struct ctls_session *made = session(ctls_client_context(client));
  if (!made) return NULL;
  SSL_set_connect_state(made->ssl);
  X509_VERIFY_PARAM *expected = SSL_get0_param(made->ssl);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // RFC 6066 §3: no addresses as server names.
  int set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(expected, name) == 1
                       : X509_VERIFY_PARAM_set1_host(expected, name, 0) == 1 &&
                             SSL_set_tlsext_host_name(made->ssl, name) == 1;
  if (set) return made;
  ctls_session_free(made);
  return NULL;
}

void ctls_session_free(struct ctls_session *session) {
  if (!session) return;
  SSL_free(session->ssl);
  free(session);
}

int ctls_session_feed(struct ctls_session *session, const void *bytes, size_t count) {
  size_t written = 0;
  return count == 0 || (BIO_write_ex(SSL_get_rbio(session->ssl), bytes, count, &written) == 1 && written == count);
}

// 0: OpenSSL waits for octets; -1: the other end has ended the session; -2: failed, and why is kept.
static int outcome(struct ctls_session *session, int result) {
  int error = SSL_get_error(session->ssl, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return 0;
  if (error == SSL_ERROR_ZERO_RETURN) return -1;
  long verified = SSL_get_verify_result(session->ssl);
  session->failure = verified != X509_V_OK ? X509_verify_cert_error_string(verified)
                                           : ERR_reason_error_string(ERR_peek_error());
  if (!session->failure) session->failure = "the other end broke the protocol";
  return -2;
}

int ctls_session_handshake(struct ctls_session *session) {
  ERR_clear_error();
  int result = SSL_do_handshake(session->ssl);
  if (result == 1) return 1;
  int what = outcome(session, result);
  ERR_clear_error();
  return what < 0 ? -1 : 0;
}

long ctls_session_read(struct ctls_session *session, void *bytes, size_t count) {
  size_t got = 0;
  ERR_clear_error();
  int result = SSL_read_ex(session->ssl, bytes, count, &got);
  if (result == 1) return (long)got;
  int what = outcome(session, result);
  ERR_clear_error();
  return what;
}

int ctls_session_write(struct ctls_session *session, const void *bytes, size_t count) {
  size_t written = 0;
  if (count == 0) return 1;
  ERR_clear_error();
  // To memory all of it is written at once.
  int result = SSL_write_ex(session->ssl, bytes, count, &written);
  if (result != 1) outcome(session, result);
  ERR_clear_error();
  return result == 1 && written == count;
}

void ctls_session_end(struct ctls_session *session) {
  if (SSL_is_init_finished(session->ssl) && !session->failure) SSL_shutdown(session->ssl);
  ERR_clear_error();
}

size_t ctls_session_pending(struct ctls_session *session) { return BIO_ctrl_pending(SSL_get_wbio(session->ssl)); }

long ctls_session_take(struct ctls_session *session, void *bytes, size_t count) {
  size_t got = 0;
  return BIO_read_ex(SSL_get_wbio(session->ssl), bytes, count, &got) == 1 ? (long)got : 0;
}

const char *ctls_session_version(struct ctls_session *session) { return SSL_get_version(session->ssl); }
const char *ctls_session_failure(struct ctls_session *session) { return session->failure ? session->failure : ""; }
