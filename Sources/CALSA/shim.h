// alsa-lib as sound cards are used here, and what of it Swift can't name.
#include <alsa/asoundlib.h>
#include <errno.h>

// What its calls return, by names.
static const int calsa_again = -EAGAIN;
static const int calsa_busy = -EBUSY;
static const int calsa_denied = -EACCES;
static const int calsa_broken = -EPIPE;
static const int calsa_suspended = -ESTRPIPE;
static const int calsa_interrupted = -EINTR;
static const int calsa_invalid = -EINVAL;
static const int calsa_writable = POLLOUT;

static inline int calsa_is_missing(int error) { return error == -ENOENT || error == -ENODEV || error == -ENXIO; }

static void calsa_say_nothing(const char *file, int line, const char *function, int error, const char *format, ...) {
  (void)file, (void)line, (void)function, (void)error, (void)format;
}
// Its own words to the terminal are of its inside; what it returns is enough.
static inline void calsa_silence(void) { snd_lib_error_set_handler(calsa_say_nothing); }
