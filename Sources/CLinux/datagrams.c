#define _GNU_SOURCE
#include "internal.h"
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

union control {
  struct cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static void read_local(struct msghdr *message, struct clinux_address *out) {
  memset(out, 0, sizeof *out);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      out->low = ntohl(info.ipi_addr.s_addr);
      out->is_ipv4 = 1;
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = info.ipi6_addr};
      if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) in6.sin6_scope_id = info.ipi6_ifindex;
      clinux_read_sockaddr(&in6, sizeof in6, out);
    }
  }
}

int clinux_receive(int fd, void *buffers, size_t stride, struct clinux_datagram *out, int count) {
  struct mmsghdr messages[CLINUX_BATCH];
  struct iovec parts[CLINUX_BATCH];
  struct sockaddr_in6 names[CLINUX_BATCH];
  union control controls[CLINUX_BATCH];
  if (count > CLINUX_BATCH) count = CLINUX_BATCH;
  for (int i = 0; i < count; i++) {
    parts[i] = (struct iovec){(char *)buffers + (size_t)i * stride, stride};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &names[i], .msg_namelen = sizeof names[i],
                                          .msg_iov = &parts[i], .msg_iovlen = 1,
                                          .msg_control = &controls[i], .msg_controllen = sizeof controls[i]};
  }
  int received = recvmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT, NULL);
  if (received < 0) return -errno;
  for (int i = 0; i < received; i++) {
    struct msghdr *message = &messages[i].msg_hdr;
    clinux_read_sockaddr(message->msg_name, message->msg_namelen, &out[i].from);
    read_local(message, &out[i].local);
    out[i].length = messages[i].msg_len;
    out[i].truncated = (message->msg_flags & MSG_TRUNC) != 0;
  }
  return received;
}

int clinux_send(int fd, const void *bytes, size_t count, const struct clinux_address *to,
                const struct clinux_address *from) {
  struct sockaddr_in6 name;
  union control control;
  memset(&control, 0, sizeof control);
  struct iovec part = {(void *)bytes, count};
  struct msghdr message = {.msg_name = &name, .msg_iov = &part, .msg_iovlen = 1};
  message.msg_namelen = clinux_sockaddr(to, 0, &name);
  if (from) {
    message.msg_control = &control;
    struct cmsghdr *c = &control.align;
    struct sockaddr_in6 local;
    clinux_sockaddr(from, 0, &local);
    if (from->is_ipv4) {
      struct in_pktinfo info = {.ipi_spec_dst = ((struct sockaddr_in *)&local)->sin_addr};
      c->cmsg_level = IPPROTO_IP;
      c->cmsg_type = IP_PKTINFO;
      c->cmsg_len = CMSG_LEN(sizeof info);
      memcpy(CMSG_DATA(c), &info, sizeof info);
      message.msg_controllen = CMSG_SPACE(sizeof info);
    } else {
      struct in6_pktinfo info = {.ipi6_addr = local.sin6_addr, .ipi6_ifindex = local.sin6_scope_id};
      c->cmsg_level = IPPROTO_IPV6;
      c->cmsg_type = IPV6_PKTINFO;
      c->cmsg_len = CMSG_LEN(sizeof info);
      memcpy(CMSG_DATA(c), &info, sizeof info);
      message.msg_controllen = CMSG_SPACE(sizeof info);
    }
  }
  return or_errno((int)sendmsg(fd, &message, MSG_DONTWAIT));
}

int clinux_send_batch(int fd, const struct clinux_outgoing *batch, int count) {
  struct mmsghdr messages[CLINUX_BATCH];
  struct iovec parts[CLINUX_BATCH];
  if (count > CLINUX_BATCH) count = CLINUX_BATCH;
  for (int i = 0; i < count; i++) {
    parts[i] = (struct iovec){(void *)batch[i].bytes, batch[i].length};
    messages[i].msg_hdr = (struct msghdr){.msg_name = (void *)batch[i].sockaddr,
                                          .msg_namelen = batch[i].sockaddr_length,
                                          .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  return or_errno(sendmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT));
}
