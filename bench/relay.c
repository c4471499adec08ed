// The reference that sotto's relay is measured against: the least that a relay in C can do, one epoll, one recvfrom and
// one sendto a packet, no check of anything.
//   relay PAIRS PORT_A PORT_B TARGET_A TARGET_B
// What comes to PORT_A + 2i goes out by PORT_B + 2i to TARGET_B + 2i on 127.0.0.1, and the other way round.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

struct side {
  int fd;
  struct sockaddr_in phone;
  struct side *other;
};

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static void open_side(struct side *side, struct side *other, int port, int target, int epoll) {
  struct sockaddr_in address = loopback(port);
  side->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  side->phone = loopback(target);
  side->other = other;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = side};
  if (side->fd < 0 || bind(side->fd, (struct sockaddr *)&address, sizeof address) < 0 ||
      epoll_ctl(epoll, EPOLL_CTL_ADD, side->fd, &event) < 0) {
    perror("relay");
    exit(1);
  }
}

int main(int count, char **arguments) {
  if (count != 6) {
    fprintf(stderr, "usage: relay PAIRS PORT_A PORT_B TARGET_A TARGET_B\n");
    return 2;
  }
  int pairs = atoi(arguments[1]);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  int epoll = epoll_create1(0);
  struct side *sides = calloc(2 * pairs, sizeof *sides);
  for (int i = 0; i < pairs; i++) {
    struct side *a = &sides[2 * i], *b = a + 1;
    open_side(a, b, atoi(arguments[2]) + 2 * i, atoi(arguments[4]) + 2 * i, epoll);
    open_side(b, a, atoi(arguments[3]) + 2 * i, atoi(arguments[5]) + 2 * i, epoll);
  }
  puts("ready");
  fflush(stdout);
  static char packet[2048];
  static struct epoll_event events[256];
  for (;;) {
    int ready = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      struct side *side = events[i].data.ptr;
      struct sockaddr_in from;
      socklen_t length = sizeof from;
      ssize_t octets = recvfrom(side->fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &length);
      if (octets > 0)
        sendto(side->other->fd, packet, octets, 0, (struct sockaddr *)&side->other->phone, sizeof side->other->phone);
    }
  }
}
