// ares.h needs these, and does not include them everywhere.
#include <netdb.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <ares.h>

// Microseconds until c-ares wants to be woken, -1 where nothing waits: struct timeval stays on this side.
static inline long long ccares_timeout(ares_channel channel) {
  struct timeval left;
  if (ares_timeout(channel, 0, &left) == 0) return -1;
  return (long long)left.tv_sec * 1000000 + left.tv_usec;
}

// Newer versions call this deprecated in favour of one that older ones do not have.
static inline void ccares_query(ares_channel channel, const char *name, int type, ares_callback callback, void *context) {
  ares_query(channel, name, 1 /* IN */, type, callback, context);
}

// The status of an answer in a few words: they are macros in older versions, an enumeration in newer ones.
enum ccares_outcome {
  CCARES_FOUND,
  CCARES_ABSENT,
  CCARES_REFUSED,
  CCARES_MALFORMED,
  CCARES_BAD_NAME,
  CCARES_NO_ANSWER
};

static inline enum ccares_outcome ccares_outcome(int status) {
  switch (status) {
    case ARES_SUCCESS: return CCARES_FOUND;
    case ARES_ENODATA:
    case ARES_ENOTFOUND: return CCARES_ABSENT;
    case ARES_ESERVFAIL:
    case ARES_EREFUSED:
    case ARES_ENOTIMP:
    case ARES_EFORMERR: return CCARES_REFUSED;
    case ARES_EBADRESP: return CCARES_MALFORMED;
    case ARES_EBADNAME: return CCARES_BAD_NAME;
    default: return CCARES_NO_ANSWER;
  }
}
