#define _GNU_SOURCE
#include "internal.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static uint64_t read64(const uint8_t *bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | bytes[i];
  return value;
}

static void write64(uint64_t value, uint8_t *bytes) {
  for (int i = 7; i >= 0; i--, value >>= 8) bytes[i] = (uint8_t)value;
}

// An IPv4-mapped address is the IPv4 address that it stands for.
static void read_ipv6(const struct in6_addr *in, struct clinux_address *out) {
  out->high = read64(in->s6_addr);
  out->low = read64(in->s6_addr + 8);
  out->is_ipv4 = out->high == 0 && out->low >> 32 == 0xffff;
  if (out->is_ipv4) out->low &= 0xffffffff;
}

unsigned clinux_sockaddr(const struct clinux_address *address, int mapped, void *out) {
  if (address->is_ipv4 && !mapped) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    in.sin_addr.s_addr = htonl((uint32_t)address->low);
    memcpy(out, &in, sizeof in);
    return sizeof in;
  }
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
  in6.sin6_scope_id = address->scope;
  // A wildcard stays the wildcard of both families.
  int any = address->is_ipv4 && address->low == 0;
  write64(address->high, in6.sin6_addr.s6_addr);
  write64(address->is_ipv4 && !any ? address->low | 0xffffULL << 32 : address->low, in6.sin6_addr.s6_addr + 8);
  memcpy(out, &in6, sizeof in6);
  return sizeof in6;
}

int clinux_read_sockaddr(const void *sockaddr, unsigned length, struct clinux_address *out) {
  memset(out, 0, sizeof *out);
  sa_family_t family;
  if (length < sizeof family) return 0;
  memcpy(&family, sockaddr, sizeof family);
  if (family == AF_INET && length >= sizeof(struct sockaddr_in)) {
    struct sockaddr_in in;
    memcpy(&in, sockaddr, sizeof in);
    out->low = ntohl(in.sin_addr.s_addr);
    out->is_ipv4 = 1;
    out->port = ntohs(in.sin_port);
    return 1;
  }
  if (family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
    struct sockaddr_in6 in6;
    memcpy(&in6, sockaddr, sizeof in6);
    read_ipv6(&in6.sin6_addr, out);
    out->port = ntohs(in6.sin6_port);
    out->scope = out->is_ipv4 ? 0 : in6.sin6_scope_id;
    return 1;
  }
  return 0;
}

static int set(int fd, int level, int option, int value) {
  return or_errno(setsockopt(fd, level, option, &value, sizeof value));
}

static int new_socket(enum clinux_family family, int type) {
  int fd = socket(family == CLINUX_IPV4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  if (family != CLINUX_IPV4) {
    int e = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, family == CLINUX_IPV6_ONLY);
    if (e < 0) {
      close(fd);
      return e;
    }
  }
  return fd;
}

int clinux_udp_socket(enum clinux_family family) { return new_socket(family, SOCK_DGRAM); }
int clinux_tcp_socket(enum clinux_family family) { return new_socket(family, SOCK_STREAM); }
int clinux_reuse_address(int fd) { return set(fd, SOL_SOCKET, SO_REUSEADDR, 1); }

int clinux_bind(int fd, const struct clinux_address *address, int mapped) {
  struct sockaddr_in6 storage;
  unsigned length = clinux_sockaddr(address, mapped, &storage);
  return or_errno(bind(fd, (struct sockaddr *)&storage, length));
}

int clinux_listen(int fd, int backlog) { return or_errno(listen(fd, backlog)); }

int clinux_connect(int fd, const struct clinux_address *address) {
  struct sockaddr_in6 storage;
  unsigned length = clinux_sockaddr(address, 0, &storage);
  return or_errno(connect(fd, (struct sockaddr *)&storage, length));
}

int clinux_accept(int fd, struct clinux_address *from) {
  struct sockaddr_in6 storage;
  socklen_t length = sizeof storage;
  int connection = accept4(fd, (struct sockaddr *)&storage, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (connection < 0) return -errno;
  clinux_read_sockaddr(&storage, length, from);
  return connection;
}

int clinux_socket_error(int fd) {
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length) < 0 ? -errno : -value;
}

int clinux_local_address(int fd, struct clinux_address *out) {
  struct sockaddr_in6 storage;
  socklen_t length = sizeof storage;
  if (getsockname(fd, (struct sockaddr *)&storage, &length) < 0) return -errno;
  return clinux_read_sockaddr(&storage, length, out) ? 0 : -EAFNOSUPPORT;
}

int clinux_peer_address(int fd, struct clinux_address *out) {
  struct sockaddr_in6 storage;
  socklen_t length = sizeof storage;
  if (getpeername(fd, (struct sockaddr *)&storage, &length) < 0) return -errno;
  return clinux_read_sockaddr(&storage, length, out) ? 0 : -EAFNOSUPPORT;
}

int clinux_no_delay(int fd) { return set(fd, IPPROTO_TCP, TCP_NODELAY, 1); }

int clinux_keep_alive(int fd, int idle_seconds) {
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle_seconds);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, idle_seconds / 4 > 0 ? idle_seconds / 4 : 1);
  return set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

int clinux_packet_info(int fd, enum clinux_family family) {
  if (family == CLINUX_IPV4) return set(fd, IPPROTO_IP, IP_PKTINFO, 1);
  return set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

int clinux_dscp(int fd, enum clinux_family family, int dscp) {
  // A dual-stack socket sends IPv4 too.
  int e = family == CLINUX_IPV6_ONLY ? 0 : set(fd, IPPROTO_IP, IP_TOS, dscp << 2);
  return family == CLINUX_IPV4 ? e : set(fd, IPPROTO_IPV6, IPV6_TCLASS, dscp << 2);
}

int clinux_buffer_sizes(int fd, int receive, int send) {
  int e = set(fd, SOL_SOCKET, SO_RCVBUF, receive);
  return e < 0 ? e : set(fd, SOL_SOCKET, SO_SNDBUF, send);
}

static int unix_address(const char *path, struct sockaddr_un *out) {
  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof out->sun_path) return -ENAMETOOLONG;
  strcpy(out->sun_path, path);
  return 0;
}

int clinux_unix_listen(const char *path, int mode) {
  struct sockaddr_un address;
  int e = unix_address(path, &address);
  if (e < 0) return e;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  // The file of a process that is gone is in the way; a living one answers.
  int probe = clinux_unix_connect(path);
  if (probe >= 0) {
    close(probe);
    close(fd);
    return -EADDRINUSE;
  }
  struct stat status;
  if (probe == -ECONNREFUSED && lstat(path, &status) == 0 && S_ISSOCK(status.st_mode)) unlink(path);
  // The mode holds from the file's first moment.
  mode_t before = umask(0777 & ~mode);
  e = bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
  umask(before);
  if (e == 0 && listen(fd, 16) < 0) e = -errno;
  if (e < 0) {
    close(fd);
    return e;
  }
  return fd;
}

int clinux_unix_connect(const char *path) {
  struct sockaddr_un address;
  int e = unix_address(path, &address);
  if (e < 0) return e;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    e = -errno;
    close(fd);
    return e;
  }
  return fd;
}

int clinux_unix_accept(int fd) { return or_errno(accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)); }

int clinux_non_blocking(int fd) {
  int one = 1;
  return or_errno(ioctl(fd, FIONBIO, &one));
}

long clinux_send_stream(int fd, const void *bytes, size_t count) {
  return long_or_errno(send(fd, bytes, count, MSG_NOSIGNAL));
}

int clinux_interfaces(void (*each)(void *context, const char *name, const struct clinux_address *address),
                      void *context) {
  struct ifaddrs *list;
  if (getifaddrs(&list) < 0) return -errno;
  for (struct ifaddrs *i = list; i; i = i->ifa_next) {
    struct clinux_address address;
    if (!(i->ifa_flags & IFF_UP) || !i->ifa_addr) continue;
    if (clinux_read_sockaddr(i->ifa_addr, sizeof(struct sockaddr_in6), &address)) each(context, i->ifa_name, &address);
  }
  freeifaddrs(list);
  return 0;
}
