// io_uring as the media relay uses it, over liburing: received packets land in a ring of buffers that the kernel picks
// from, sends are batched with the next wait. liburing's own header defines _GNU_SOURCE, which no header that Swift
// imports may; so it stays behind this one.
#ifndef SOTTO_CURING_H
#define SOTTO_CURING_H

#include <stdint.h>

struct curing;

struct curing_event {
  uint64_t token;
  int result;
  // More events come of the same request.
  int more;
  // The buffer that holds a packet, -1 for none.
  int buffer;
};

// buffer_count: a power of two. Only the thread that opens it may use it. 0 or -errno.
int curing_open(struct curing **out, unsigned entries, unsigned files, unsigned buffer_count, unsigned buffer_size);
void curing_close(struct curing *c);
// Puts a descriptor in a slot of the ring's own table, or takes it out (-1). 0 or -errno.
int curing_set_file(struct curing *c, unsigned slot, int fd);
// Gives the kernel a buffer back.
void curing_return_buffer(struct curing *c, int buffer);

// Each of these returns 0 where the queue has no room even after a submission.
int curing_receive(struct curing *c, unsigned slot, uint64_t token);
int curing_watch(struct curing *c, int fd, uint64_t token);
int curing_cancel(struct curing *c, uint64_t target, uint64_t token);
// The packet and the sockaddr must stay until the submission; there is an event only when it fails. It never waits in
// the kernel beyond the submission.
int curing_send(struct curing *c, unsigned slot, const void *bytes, unsigned count, const void *name,
                unsigned name_length, uint64_t token);

// Submits, then waits for `least` events or the timeout in microseconds (-1: none). Returns whether all was submitted.
int curing_wait(struct curing *c, unsigned least, int64_t timeout);
// Takes up to `count` events (at most 64) out of the queue.
unsigned curing_take(struct curing *c, struct curing_event *out, unsigned count);
// Where a packet's source and octets lie in its buffer; 0 where it was cut short.
int curing_packet(struct curing *c, int buffer, int result, void **name, unsigned *name_length, void **bytes,
                  unsigned *count);

#endif
