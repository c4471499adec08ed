// TLS as the exchange uses it, over OpenSSL's libssl: octets in, octets out, no socket. OpenSSL's headers stay behind
// this one: they are large, and most of them are macros that Swift cannot reach. One thread uses all of it.
#ifndef SOTTO_CTLS_H
#define SOTTO_CTLS_H

#include <stddef.h>
#include <stdint.h>

// A certificate, its chain and its private key.
struct ctls_identity;
enum { CTLS_OK = 0, CTLS_NO_CERTIFICATE = -1, CTLS_NO_KEY = -2, CTLS_MISMATCH = -3, CTLS_FAILED = -4 };
// Reads both from PEM text. 0 and an identity, or why not.
int ctls_identity_read(const void *certificates, size_t count, const void *key, size_t key_count,
                       struct ctls_identity **out);
void ctls_identity_free(struct ctls_identity *identity);
// The SHA-256 of the certificate: 32 octets.
int ctls_identity_fingerprint(const struct ctls_identity *identity, uint8_t *out);
// `EC`, `RSA` …
const char *ctls_identity_key_kind(const struct ctls_identity *identity);
// Seconds since 1970.
int64_t ctls_identity_expiry(const struct ctls_identity *identity);
// Whether the certificate names a host or an address.
int ctls_identity_names(const struct ctls_identity *identity, const char *host);
// Whether it was signed by that authority's key.
int ctls_identity_is_signed_by(const struct ctls_identity *identity, const struct ctls_identity *authority);

// Makes a certificate for a new key (P-256): of an authority where `issuer` is NULL, else of a server with these names
// in OpenSSL's form (`DNS:sotto.lan,IP:192.0.2.1`). Times in seconds since 1970.
int ctls_identity_make(const char *common_name, const char *names, const struct ctls_identity *issuer,
                       int64_t not_before, int64_t not_after, struct ctls_identity **out);
// The PEM text of the certificate and its chain, or of the private key; to be freed. NULL where memory is out.
char *ctls_identity_certificate_pem(const struct ctls_identity *identity);
char *ctls_identity_key_pem(const struct ctls_identity *identity);
void ctls_free(void *memory);

enum { CTLS_1_0 = 0x0301, CTLS_1_1 = 0x0302, CTLS_1_2 = 0x0303, CTLS_1_3 = 0x0304 };

// A server's settings: its certificates and the oldest version that it speaks.
struct ctls_server;
struct ctls_server *ctls_server_new(void);
void ctls_server_free(struct ctls_server *server);
// Replaces the certificates, which the server keeps hold of; standing sessions keep theirs. Of those that name the host
// that a client asks for (SNI), else of all, the first of each kind of key is offered.
int ctls_server_set(struct ctls_server *server, struct ctls_identity *const *identities, int count, int oldest);
// The same settings for an SSL_CTX of another library. Certificates follow `server`, which must outlive it; of another
// oldest version it is told by calling this again.
int ctls_server_adopt(struct ctls_server *server, void *ssl_ctx);

// A client's settings: whom it trusts.
struct ctls_client;
// The authorities of a PEM file, or OpenSSL's default places where it is NULL. NULL where the file has none.
struct ctls_client *ctls_client_new(const char *authorities, int oldest);
void ctls_client_free(struct ctls_client *client);
// What it shows to a server that asks for a certificate: the first of each kind of key whose authority the server names,
// or of all where it names none.
int ctls_client_present(struct ctls_client *client, struct ctls_identity *const *identities, int count);

struct ctls_session;
// With `trust` the other end is asked for a certificate, which it may refuse to show: ctls_session_proves tells of it.
struct ctls_session *ctls_session_accept(struct ctls_server *server, const struct ctls_client *trust);
// The other end must prove to be `name`, a host or an IP address.
struct ctls_session *ctls_session_connect(struct ctls_client *client, const char *name, int is_address);
void ctls_session_free(struct ctls_session *session);
// Whether the other end of an accepted session has shown a certificate of that host or address which `trust` vouches for.
int ctls_session_proves(struct ctls_session *session, const char *name, int is_address);
// Takes octets from the wire; 0 where memory is out.
int ctls_session_feed(struct ctls_session *session, const void *bytes, size_t count);
// 1: it stands; 0: waits for octets; -1: failed.
int ctls_session_handshake(struct ctls_session *session);
// Octets of plain text; 0: none now; -1: the other end has ended the session; -2: failed.
long ctls_session_read(struct ctls_session *session, void *bytes, size_t count);
// 1, or 0 where the session is of no use any more.
int ctls_session_write(struct ctls_session *session, const void *bytes, size_t count);
// Says that nothing more comes.
void ctls_session_end(struct ctls_session *session);
// Octets for the wire.
size_t ctls_session_pending(struct ctls_session *session);
long ctls_session_take(struct ctls_session *session, void *bytes, size_t count);
// `TLSv1.3`
const char *ctls_session_version(struct ctls_session *session);
// Why it failed, in OpenSSL's words.
const char *ctls_session_failure(struct ctls_session *session);

#include "CDTLS.h"

#endif
