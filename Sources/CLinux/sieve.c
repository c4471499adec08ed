#include "internal.h"
#include <linux/filter.h>
#include <stddef.h>
#include <sys/socket.h>

#define MOST 4000
// A conditional jump reaches 255 instructions.
#define GROUP 200

struct program {
  struct sock_filter code[MOST];
  int length;
};

static void add(struct program *p, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k) {
  if (p->length < MOST) p->code[p->length++] = (struct sock_filter){code, jt, jf, k};
}

static void load(struct program *p, int offset) { add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, SKF_NET_OFF + offset); }

static uint32_t mask(int bits) { return bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : ~(0xffffffffu >> bits); }

static void take(struct program *p) { add(p, BPF_RET | BPF_K, 0, 0, 0xffffffff); }

// Whole addresses of IPv4, one instruction each: whoever matches jumps to the end of its group.
static void take_ipv4(struct program *p, const struct clinux_network *friends, int count) {
  int i = 0;
  load(p, 12);
  while (i < count) {
    uint32_t group[GROUP];
    int n = 0;
    for (; i < count && n < GROUP; i++)
      if (friends[i].prefix >= 32) group[n++] = (uint32_t)friends[i].address.low;
    for (int j = 0; j < n; j++) add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint8_t)(n - j), 0, group[j]);
    add(p, BPF_JMP | BPF_JA, 0, 0, 1);
    take(p);
  }
  for (i = 0; i < count; i++) {
    uint32_t bits = mask(friends[i].prefix);
    if (friends[i].prefix >= 32) continue;
    load(p, 12);
    add(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, bits);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)friends[i].address.low & bits);
    take(p);
  }
}

// The first 64 bits at the most: one customer has them all.
static void take_ipv6(struct program *p, const struct clinux_network *friends, int count) {
  for (int i = 0; i < count; i++) {
    uint32_t first = mask(friends[i].prefix), second = mask(friends[i].prefix - 32);
    load(p, 8);
    add(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, first);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)(friends[i].address.high >> 32) & first);
    load(p, 12);
    add(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, second);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)friends[i].address.high & second);
    take(p);
  }
}

static int attach(int fd, int is_ipv4, const struct clinux_network *friends, int count, uint32_t share) {
  struct program program;
  program.length = 0;
  if (is_ipv4) take_ipv4(&program, friends, count);
  else take_ipv6(&program, friends, count);
  add(&program, BPF_LD | BPF_W | BPF_ABS, 0, 0, SKF_AD_OFF + SKF_AD_RANDOM);
  add(&program, BPF_JMP | BPF_JGT | BPF_K, 1, 0, share);
  take(&program);
  add(&program, BPF_RET | BPF_K, 0, 0, 0);
  if (program.length >= MOST) return -ENOMEM;
  struct sock_fprog filter = {.len = (unsigned short)program.length, .filter = program.code};
  return or_errno(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter));
}

int clinux_sieve(int fd, int is_ipv4, const struct clinux_network *friends, int count, uint32_t share) {
  // The kernel bounds a socket's filter (net.core.optmem_max): rather some friends than none.
  int e = attach(fd, is_ipv4, friends, count, share);
  while (e == -ENOMEM && count > 0) e = attach(fd, is_ipv4, friends, count /= 2, share);
  return e;
}

int clinux_no_sieve(int fd) {
  int none = 0;
  return or_errno(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none));
}
