#ifndef SOTTO_CTLS_DATAGRAMS_H
#define SOTTO_CTLS_DATAGRAMS_H

#include "CDTLS.h"
#include <openssl/bio.h>

// A flight with a chain of certificates in it.
enum { DATAGRAMS = 8 };

struct datagram {
  size_t count;
  uint8_t bytes[CDTLS_MTU];
};

// The one that came, while it is looked at, and those that wait to go out.
struct datagrams {
  const void *in;
  size_t in_count;
  size_t waiting;
  struct datagram out[DATAGRAMS];
};

BIO *datagrams_bio(struct datagrams *queue);
size_t datagrams_take(struct datagrams *queue, void *bytes);

#endif
