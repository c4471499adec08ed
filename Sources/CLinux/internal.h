// What the .c files share.
#ifndef SOTTO_CLINUX_INTERNAL_H
#define SOTTO_CLINUX_INTERNAL_H

#include "CLinux.h"

static inline int or_errno(int result) { return result < 0 ? -errno : result; }
static inline long long_or_errno(long result) { return result < 0 ? -(long)errno : result; }

#endif
