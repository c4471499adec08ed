// The Linux calls that Swift cannot reach itself: variadic functions and macros. Never define _GNU_SOURCE here: it
// changes glibc's structs and clashes with the host's Glibc module; define it in a .c file and export a function.
#ifndef SOTTO_CLINUX_H
#define SOTTO_CLINUX_H

#include <errno.h>

static inline int clinux_errno(void) { return errno; }

#endif
