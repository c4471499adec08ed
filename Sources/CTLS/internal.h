// What the .c files share.
#ifndef SOTTO_CTLS_INTERNAL_H
#define SOTTO_CTLS_INTERNAL_H

#include "CTLS.h"
#include <openssl/ssl.h>

struct ctls_identity {
  X509 *certificate;
  EVP_PKEY *key;
  // The certificates between it and the root; NULL for none.
  STACK_OF(X509) *chain;
};

// A second hold on the same certificate.
struct ctls_identity *ctls_identity_share(const struct ctls_identity *identity);

#endif
