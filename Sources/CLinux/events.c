#define _GNU_SOURCE
#include "internal.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_microseconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clinux_monotonic(void) { return clock_microseconds(CLOCK_MONOTONIC); }
int64_t clinux_local_day(int64_t *left) {
  time_t now = time(NULL);
  struct tm local, midnight;
  tzset();
  localtime_r(&now, &local);
  midnight = local;
  midnight.tm_mday += 1;
  midnight.tm_hour = midnight.tm_min = midnight.tm_sec = 0;
  midnight.tm_isdst = -1;
  time_t next = mktime(&midnight);
  *left = next > now ? (int64_t)(next - now) : 1;
  // The date as if it were one of UTC: a number without gaps.
  local.tm_hour = local.tm_min = local.tm_sec = 0;
  return (int64_t)timegm(&local) / 86400;
}

int64_t clinux_wall(void) { return clock_microseconds(CLOCK_REALTIME); }

void clinux_sleep(int64_t microseconds) {
  struct timespec t = {.tv_sec = microseconds / 1000000, .tv_nsec = (long)(microseconds % 1000000) * 1000};
  nanosleep(&t, NULL);
}

int clinux_epoll(void) { return or_errno(epoll_create1(EPOLL_CLOEXEC)); }

int clinux_epoll_control(int epoll, int operation, int fd, uint32_t what, uint64_t token) {
  struct epoll_event event = {.data.u64 = token};
  if (what & CLINUX_READABLE) event.events |= EPOLLIN | EPOLLRDHUP;
  if (what & CLINUX_WRITABLE) event.events |= EPOLLOUT;
  return or_errno(epoll_ctl(epoll, operation, fd, &event));
}

int clinux_epoll_wait(int epoll, struct clinux_ready *out, int count, int64_t timeout) {
  struct epoll_event events[CLINUX_BATCH];
  if (count > CLINUX_BATCH) count = CLINUX_BATCH;
  // Rounded up, so that a deadline has passed when the wait for it ends.
  int64_t milliseconds = timeout < 0 ? -1 : (timeout + 999) / 1000;
  int ready = epoll_wait(epoll, events, count, milliseconds > 1 << 30 ? 1 << 30 : (int)milliseconds);
  if (ready < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < ready; i++) {
    uint32_t e = events[i].events;
    out[i].token = events[i].data.u64;
    out[i].what = (e & EPOLLIN ? CLINUX_READABLE : 0) | (e & EPOLLOUT ? CLINUX_WRITABLE : 0) |
                  (e & (EPOLLHUP | EPOLLRDHUP) ? CLINUX_HANGUP : 0) | (e & EPOLLERR ? CLINUX_FAILED : 0);
  }
  return ready;
}

int clinux_eventfd(void) { return or_errno(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int clinux_signalfd(uint64_t mask) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < 64; i++)
    if (mask >> i & 1) sigaddset(&set, i + 1);
  int e = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (e != 0) return -e;
  return or_errno(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int clinux_next_signal(int fd) {
  struct signalfd_siginfo info;
  return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

struct start {
  void (*body)(void *);
  void *context;
};

static void *run(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  start.body(start.context);
  return NULL;
}

int clinux_thread_start(void (*body)(void *), void *context, size_t stack, const char *name, uintptr_t *handle) {
  struct start *start = malloc(sizeof *start);
  if (!start) return -ENOMEM;
  *start = (struct start){body, context};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack);
  // Signals go to the thread that reads them from a descriptor.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int e = pthread_create(&thread, &attributes, run, start);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (e != 0) {
    free(start);
    return -e;
  }
  pthread_setname_np(thread, name);
  *handle = (uintptr_t)thread;
  return 0;
}

void clinux_thread_join(uintptr_t handle) { pthread_join((pthread_t)handle, NULL); }

int clinux_thread_realtime(int priority) {
  const struct rlimit second = {1000000, 1000000};
  if (setrlimit(RLIMIT_RTTIME, &second) < 0) return -errno;
  struct sched_param parameters = {.sched_priority = priority};
  return -pthread_setschedparam(pthread_self(), SCHED_RR, &parameters);
}
