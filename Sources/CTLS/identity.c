#include "internal.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Keys with a passphrase are refused: there is nobody to ask.
static int no_passphrase(char *buffer, int size, int writing, void *context) {
  (void)buffer, (void)size, (void)writing, (void)context;
  return -1;
}

void ctls_identity_free(struct ctls_identity *identity) {
  if (!identity) return;
  X509_free(identity->certificate);
  EVP_PKEY_free(identity->key);
  sk_X509_pop_free(identity->chain, X509_free);
  free(identity);
}

struct ctls_identity *ctls_identity_share(const struct ctls_identity *identity) {
  struct ctls_identity *copy = calloc(1, sizeof *copy);
  if (!copy) return NULL;
  if (identity->chain && !(copy->chain = X509_chain_up_ref(identity->chain))) {
    free(copy);
    return NULL;
  }
  X509_up_ref(copy->certificate = identity->certificate);
  EVP_PKEY_up_ref(copy->key = identity->key);
  return copy;
}

static int read_certificates(BIO *in, struct ctls_identity *identity) {
  identity->certificate = PEM_read_bio_X509(in, NULL, no_passphrase, NULL);
  if (!identity->certificate) return CTLS_NO_CERTIFICATE;
  X509 *next;
  while ((next = PEM_read_bio_X509(in, NULL, no_passphrase, NULL))) {
    if (!identity->chain && !(identity->chain = sk_X509_new_null())) return CTLS_FAILED;
    if (!sk_X509_push(identity->chain, next)) {
      X509_free(next);
      return CTLS_FAILED;
    }
  }
  return CTLS_OK;
}

int ctls_identity_read(const void *certificates, size_t count, const void *key, size_t key_count,
                       struct ctls_identity **out) {
  struct ctls_identity *identity = calloc(1, sizeof *identity);
  BIO *certificate_in = BIO_new_mem_buf(certificates, (int)count), *key_in = BIO_new_mem_buf(key, (int)key_count);
  int result = CTLS_FAILED;
  if (identity && certificate_in && key_in) {
    result = read_certificates(certificate_in, identity);
    if (result == CTLS_OK) {
      identity->key = PEM_read_bio_PrivateKey(key_in, NULL, no_passphrase, NULL);
      if (!identity->key)
        result = CTLS_NO_KEY;
      else if (X509_check_private_key(identity->certificate, identity->key) != 1)
        result = CTLS_MISMATCH;
    }
  }
  BIO_free(certificate_in);
  BIO_free(key_in);
  ERR_clear_error();
  if (result == CTLS_OK)
    *out = identity;
  else
    ctls_identity_free(identity);
  return result;
}

int ctls_identity_fingerprint(const struct ctls_identity *identity, uint8_t *out) {
  unsigned length = 0;
  return X509_digest(identity->certificate, EVP_sha256(), out, &length) == 1 && length == 32;
}

const char *ctls_identity_key_kind(const struct ctls_identity *identity) {
  const char *name = OBJ_nid2sn(EVP_PKEY_get_base_id(identity->key));
  if (EVP_PKEY_get_base_id(identity->key) == EVP_PKEY_RSA) return "RSA";
  return EVP_PKEY_get_base_id(identity->key) == EVP_PKEY_EC ? "ECDSA" : name ? name : "unknown";
}

int64_t ctls_identity_expiry(const struct ctls_identity *identity) {
  struct tm at;
  if (ASN1_TIME_to_tm(X509_get0_notAfter(identity->certificate), &at) != 1) return 0;
  return (int64_t)timegm(&at);
}

int ctls_identity_names(const struct ctls_identity *identity, const char *host) {
  return X509_check_host(identity->certificate, host, 0, 0, NULL) == 1 ||
         X509_check_ip_asc(identity->certificate, host, 0) == 1;
}

int ctls_identity_is_signed_by(const struct ctls_identity *identity, const struct ctls_identity *authority) {
  int good = X509_verify(identity->certificate, authority->key) == 1;
  ERR_clear_error();
  return good;
}

static int add_extension(X509 *certificate, X509 *issuer, int kind, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
  int added = extension && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

static int set_serial(X509 *certificate) {
  // RFC 5280 §4.1.2.2: at most 20 octets, positive, and not to be guessed.
  BIGNUM *number = BN_new();
  int set = number && BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
            BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  return set;
}

enum purpose { AUTHORITY, SERVER, MEDIA };

// What the key may be used for. Media need no word of it: an authority's would forbid what a handshake does with it.
static int restrict_use(X509 *certificate, enum purpose purpose, const char *names, X509 *signer) {
  if (purpose == MEDIA) return 1;
  int is_server = purpose == SERVER;
  return add_extension(certificate, signer, NID_basic_constraints,
                       is_server ? "critical,CA:FALSE" : "critical,CA:TRUE") &&
         add_extension(certificate, signer, NID_key_usage,
                       is_server ? "critical,digitalSignature" : "critical,keyCertSign,cRLSign") &&
         add_extension(certificate, signer, NID_subject_key_identifier, "hash") &&
         add_extension(certificate, signer, NID_authority_key_identifier, "keyid:always") &&
         (!is_server || (add_extension(certificate, signer, NID_ext_key_usage, "serverAuth,clientAuth") &&
                         add_extension(certificate, signer, NID_subject_alt_name, names)));
}

static int fill(X509 *certificate, enum purpose purpose, const char *common_name, const char *names,
                const struct ctls_identity *issuer, EVP_PKEY *key, int64_t not_before, int64_t not_after) {
  X509_NAME *name = X509_get_subject_name(certificate);
  X509 *signer = issuer ? issuer->certificate : certificate;
  return X509_set_version(certificate, 2) == 1 && set_serial(certificate) &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)not_before) &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)not_after) &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, X509_get_subject_name(signer)) == 1 &&
         X509_set_pubkey(certificate, key) == 1 && restrict_use(certificate, purpose, names, signer) &&
         X509_sign(certificate, issuer ? issuer->key : key, EVP_sha256()) > 0;
}

static int make(enum purpose purpose, const char *common_name, const char *names, const struct ctls_identity *issuer,
                int64_t not_before, int64_t not_after, struct ctls_identity **out) {
  struct ctls_identity *identity = calloc(1, sizeof *identity);
  if (!identity) return CTLS_FAILED;
  identity->key = EVP_EC_gen("P-256");
  identity->certificate = X509_new();
  if (identity->key && identity->certificate &&
      fill(identity->certificate, purpose, common_name, names, issuer, identity->key, not_before, not_after)) {
    // A phone is shown the authority too, so that it can be taken over by its fingerprint.
    if (!issuer || ((identity->chain = sk_X509_new_null()) && X509_up_ref(issuer->certificate) &&
                    sk_X509_push(identity->chain, issuer->certificate) > 0)) {
      *out = identity;
      return CTLS_OK;
    }
  }
  ERR_clear_error();
  ctls_identity_free(identity);
  return CTLS_FAILED;
}

int ctls_identity_make(const char *common_name, const char *names, const struct ctls_identity *issuer,
                       int64_t not_before, int64_t not_after, struct ctls_identity **out) {
  return make(issuer ? SERVER : AUTHORITY, common_name, names, issuer, not_before, not_after, out);
}

int cdtls_identity_make(int64_t not_before, int64_t not_after, struct ctls_identity **out) {
  return make(MEDIA, "media", NULL, NULL, not_before, not_after, out);
}

static char *taken(BIO *out, int written) {
  char *text = NULL, *bytes;
  long count = BIO_get_mem_data(out, &bytes);
  if (written && count > 0 && (text = malloc((size_t)count + 1))) {
    memcpy(text, bytes, (size_t)count);
    text[count] = 0;
  }
  BIO_free(out);
  return text;
}

char *ctls_identity_certificate_pem(const struct ctls_identity *identity) {
  BIO *out = BIO_new(BIO_s_mem());
  if (!out) return NULL;
  int written = PEM_write_bio_X509(out, identity->certificate);
  for (int i = 0; i < sk_X509_num(identity->chain); i++)
    written = written && PEM_write_bio_X509(out, sk_X509_value(identity->chain, i));
  return taken(out, written);
}

char *ctls_identity_key_pem(const struct ctls_identity *identity) {
  BIO *out = BIO_new(BIO_s_secmem());
  if (!out) return NULL;
  return taken(out, PEM_write_bio_PrivateKey(out, identity->key, NULL, NULL, 0, NULL, NULL));
}

void ctls_free(void *memory) { free(memory); }
