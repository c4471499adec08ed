#define _GNU_SOURCE
#include "internal.h"
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

int clinux_peer_user(int fd) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ? -errno : (int)peer.uid;
}

int clinux_receive_timeout(int fd, int milliseconds) {
  struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
  return or_errno(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
}

int clinux_keep_only_net_admin(int user) {
  if (geteuid() == 0) {
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return -errno;
    // Where a namespace has no such user, or forbids groups, it keeps the one that it has.
    if (setgroups(0, NULL) < 0 && errno != EPERM) return -errno;
    if (setresgid(user, user, user) < 0 && errno != EINVAL && errno != EPERM) return -errno;
    if (setresuid(user, user, user) < 0 && errno != EINVAL && errno != EPERM) return -errno;
  }
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct sets[2];
  memset(sets, 0, sizeof sets);
  sets[0].effective = sets[0].permitted = 1u << CAP_NET_ADMIN;
  if (syscall(SYS_capset, &header, sets) < 0) return -errno;
  return or_errno(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}
