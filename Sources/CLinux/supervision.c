#define _GNU_SOURCE
#include "internal.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

int clinux_channel(int ends[2]) {
  return or_errno(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
}

long clinux_send_descriptors(int fd, const void *bytes, size_t count, const int *descriptors, int many) {
  union {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int) * CLINUX_DESCRIPTORS)];
  } control;
  struct iovec part = {(void *)bytes, count};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (many < 0 || many > CLINUX_DESCRIPTORS) return -EINVAL;
  if (many > 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)many);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)many);
    memcpy(CMSG_DATA(head), descriptors, sizeof(int) * (size_t)many);
  }
  return long_or_errno(sendmsg(fd, &message, MSG_NOSIGNAL));
}

long clinux_receive_descriptors(int fd, void *bytes, size_t size, int *descriptors, int *many, int waits) {
  union {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int) * CLINUX_DESCRIPTORS)];
  } control;
  struct iovec part = {bytes, size};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  *many = 0;
  ssize_t count;
  do count = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | (waits ? 0 : MSG_DONTWAIT));
  while (count < 0 && errno == EINTR && waits);
  if (count < 0) return -(long)errno;
  for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    *many = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(descriptors, CMSG_DATA(head), sizeof(int) * (size_t)*many);
  }
  return count;
}

int clinux_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  return or_errno(fcntl(ends[0], F_SETFL, O_NONBLOCK));
}

int clinux_start(const char *arguments, int count, int channel, int output) {
  const char **list = calloc((size_t)count + 1, sizeof *list);
  if (!list) return -ENOMEM;
  for (int i = 0; i < count; i++, arguments += strlen(arguments) + 1) list[i] = arguments;
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // Without whoever keeps its sockets it would stand in the way of the next one.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    if (output >= 0) {
      int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(127);
    }
    if (channel == CLINUX_CHANNEL ? fcntl(channel, F_SETFD, 0) < 0 : dup2(channel, CLINUX_CHANNEL) < 0) _exit(127);
    execv("/proc/self/exe", (char *const *)list);
    _exit(127);
  }
  int e = errno;
  free(list);
  return child < 0 ? -e : child;
}

int clinux_reap(int child, int waits) {
  int status;
  pid_t ended;
  do ended = waitpid(child, &status, waits ? 0 : WNOHANG);
  while (ended < 0 && errno == EINTR);
  if (ended < 0) return -errno;
  if (ended == 0) return -EAGAIN;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int clinux_set_environment(const char *name, const char *value) {
  return or_errno(value ? setenv(name, value, 1) : unsetenv(name));
}

int clinux_close_on_exec(int fd) { return or_errno(fcntl(fd, F_SETFD, FD_CLOEXEC)); }
