// DTLS as SRTP wants it (RFC 5764): datagrams in, datagrams out, no socket; and of a handshake its keys.
#ifndef SOTTO_CDTLS_H
#define SOTTO_CDTLS_H

#include <stddef.h>
#include <stdint.h>

struct ctls_identity;
// A certificate signed by its own new key (P-256), of which nothing but the fingerprint counts (RFC 5763 §5). Times in
// seconds since 1970.
int cdtls_identity_make(int64_t not_before, int64_t not_after, struct ctls_identity **out);

// What all handshakes have in common: the certificate and the suites.
struct cdtls_context;
struct cdtls_context *cdtls_context_new(const struct ctls_identity *identity);
void cdtls_context_free(struct cdtls_context *context);

// The longest datagram that is sent, and the longest that is taken.
enum { CDTLS_MTU = 1200, CDTLS_LONGEST = 2048 };

struct cdtls_handshake;
struct cdtls_handshake *cdtls_handshake_new(struct cdtls_context *context, int is_client);
void cdtls_handshake_free(struct cdtls_handshake *handshake);
// Takes one datagram, or none where `bytes` is NULL. 1: it stands; 0: it waits; -1: it failed; -2: the other end has
// ended it.
int cdtls_handshake_feed(struct cdtls_handshake *handshake, const void *bytes, size_t count);
// Sends again what was lost, where that is due. As above.
int cdtls_handshake_wake(struct cdtls_handshake *handshake);
// Milliseconds until it is to be woken; negative where it need not be.
int64_t cdtls_handshake_delay(struct cdtls_handshake *handshake);
// Writes the next datagram for the wire, of at most CDTLS_MTU octets; 0 where there is none.
size_t cdtls_handshake_take(struct cdtls_handshake *handshake, void *bytes);
// Tells the other end that it failed, in a datagram to be taken.
void cdtls_handshake_refuse(struct cdtls_handshake *handshake);

// Digests of the certificate that the other end has shown: SHA-256, 384 or 512 by `bits`. Its octets, 0 without one.
size_t cdtls_handshake_digest(struct cdtls_handshake *handshake, int bits, uint8_t *out);
// The profile of SRTP that was agreed upon, by its number (RFC 5764 §4.1.2, RFC 7714 §14.2); 0 for none.
int cdtls_handshake_profile(struct cdtls_handshake *handshake);
// RFC 5764 §4.2: both keys, then both salts, those of the client first.
int cdtls_handshake_export(struct cdtls_handshake *handshake, void *bytes, size_t count);
// Why it failed, in OpenSSL's words.
const char *cdtls_handshake_failure(struct cdtls_handshake *handshake);

#endif
