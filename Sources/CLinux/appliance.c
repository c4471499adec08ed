#define _GNU_SOURCE
#include "internal.h"
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

int clinux_can_write(int fd) {
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

int clinux_exists(const char *path) { return access(path, F_OK) == 0; }

int clinux_is_executable(const char *path) { return access(path, X_OK) == 0; }

int clinux_run(const char *program, const char *argument) {
  pid_t child = fork();
  if (child < 0) return -errno;
  if (child == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execl(program, program, argument, (char *)NULL);
    _exit(127);
  }
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static struct termios before;

int clinux_keys_singly(int fd) {
  if (tcgetattr(fd, &before) < 0) return -errno;
  struct termios now = before;
  now.c_lflag &= ~(tcflag_t)ICANON;
  now.c_cc[VMIN] = 1;
  now.c_cc[VTIME] = 0;
  return or_errno(tcsetattr(fd, TCSANOW, &now));
}

int clinux_hide_keys(int fd) {
  if (tcgetattr(fd, &before) < 0) return -errno;
  struct termios now = before;
  now.c_lflag &= ~(tcflag_t)ECHO;
  now.c_lflag |= ECHONL;
  return or_errno(tcsetattr(fd, TCSANOW, &now));
}

void clinux_restore_terminal(int fd) { tcsetattr(fd, TCSANOW, &before); }

int clinux_set_clock(int64_t microseconds) {
  struct timespec t = {.tv_sec = microseconds / 1000000, .tv_nsec = (long)(microseconds % 1000000) * 1000};
  return or_errno(clock_settime(CLOCK_REALTIME, &t));
}
