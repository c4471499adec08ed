#include "CUring.h"
#include <liburing.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

// The kernel writes each datagram as this header, the source's sockaddr in its space, the octets.
#define CURING_NAME_SPACE 32
#define CURING_HEAD ((unsigned)sizeof(struct io_uring_recvmsg_out) + CURING_NAME_SPACE)

struct curing {
  struct io_uring ring;
  struct io_uring_buf_ring *buffers;
  struct msghdr shape;
  char *memory;
  unsigned buffer_count;
  unsigned buffer_size;
};

void curing_return_buffer(struct curing *c, int buffer) {
  io_uring_buf_ring_add(c->buffers, c->memory + (size_t)buffer * c->buffer_size, c->buffer_size,
                        (unsigned short)buffer, (int)c->buffer_count - 1, 0);
  io_uring_buf_ring_advance(c->buffers, 1);
}

void curing_close(struct curing *c) {
  io_uring_queue_exit(&c->ring);
  free(c->buffers);
  free(c->memory);
  free(c);
}

int curing_open(struct curing **out, unsigned entries, unsigned files, unsigned buffer_count, unsigned buffer_size) {
  struct curing *c = calloc(1, sizeof *c);
  if (!c) return -ENOMEM;
  // Both flags came with Linux 6.1, after all else that is used here: where they are refused, so would the rest be.
  struct io_uring_params parameters;
  memset(&parameters, 0, sizeof parameters);
  parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
  parameters.cq_entries = entries * 4;
  int e = io_uring_queue_init_params(entries, &c->ring, &parameters);
  if (e < 0) {
    free(c);
    return e;
  }
  c->buffer_count = buffer_count;
  c->buffer_size = buffer_size;
  c->shape.msg_namelen = CURING_NAME_SPACE;
  c->memory = (char *)malloc((size_t)buffer_count * buffer_size);
  size_t size = buffer_count * sizeof(struct io_uring_buf);
  c->buffers = (struct io_uring_buf_ring *)aligned_alloc(4096, (size + 4095) / 4096 * 4096);
  e = c->memory && c->buffers ? 0 : -ENOMEM;
  if (e == 0) {
    memset(c->buffers, 0, size);
    struct io_uring_buf_reg registration;
    memset(&registration, 0, sizeof registration);
    registration.ring_addr = (uintptr_t)c->buffers;
    registration.ring_entries = buffer_count;
    e = io_uring_register_buf_ring(&c->ring, &registration, 0);
  }
  if (e == 0) e = io_uring_register_files_sparse(&c->ring, files);
  if (e < 0) {
    curing_close(c);
    return e;
  }
  for (unsigned i = 0; i < buffer_count; i++) curing_return_buffer(c, (int)i);
  *out = c;
  return 0;
}

int curing_set_file(struct curing *c, unsigned slot, int fd) {
  int e = io_uring_register_files_update(&c->ring, slot, &fd, 1);
  return e < 0 ? e : 0;
}

static struct io_uring_sqe *curing_entry(struct curing *c) {
  struct io_uring_sqe *entry = io_uring_get_sqe(&c->ring);
  if (!entry) {
    io_uring_submit(&c->ring);
    entry = io_uring_get_sqe(&c->ring);
  }
  return entry;
}

int curing_receive(struct curing *c, unsigned slot, uint64_t token) {
  struct io_uring_sqe *entry = curing_entry(c);
  if (!entry) return 0;
  io_uring_prep_recvmsg_multishot(entry, (int)slot, &c->shape, 0);
  entry->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
  entry->buf_group = 0;
  entry->user_data = token;
  return 1;
}

int curing_watch(struct curing *c, int fd, uint64_t token) {
  struct io_uring_sqe *entry = curing_entry(c);
  if (!entry) return 0;
  io_uring_prep_poll_multishot(entry, fd, POLLIN);
  entry->user_data = token;
  return 1;
}

int curing_cancel(struct curing *c, uint64_t target, uint64_t token) {
  struct io_uring_sqe *entry = curing_entry(c);
  if (!entry) return 0;
  io_uring_prep_cancel64(entry, target, 0);
  entry->user_data = token;
  return 1;
}

int curing_send(struct curing *c, unsigned slot, const void *bytes, unsigned count, const void *name,
                unsigned name_length, uint64_t token) {
  struct io_uring_sqe *entry = curing_entry(c);
  if (!entry) return 0;
  io_uring_prep_send(entry, (int)slot, bytes, count, MSG_DONTWAIT);
  io_uring_prep_send_set_addr(entry, (const struct sockaddr *)name, (unsigned short)name_length);
  entry->flags |= IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
  entry->user_data = token;
  return 1;
}

int curing_wait(struct curing *c, unsigned least, int64_t timeout) {
  struct __kernel_timespec time = {timeout / 1000000, (timeout % 1000000) * 1000};
  struct io_uring_cqe *first;
  io_uring_submit_and_wait_timeout(&c->ring, &first, least, timeout < 0 ? NULL : &time, NULL);
  return io_uring_sq_ready(&c->ring) == 0;
}

unsigned curing_take(struct curing *c, struct curing_event *out, unsigned count) {
  struct io_uring_cqe *found[64];
  unsigned taken = io_uring_peek_batch_cqe(&c->ring, found, count < 64 ? count : 64);
  for (unsigned i = 0; i < taken; i++) {
    unsigned flags = found[i]->flags;
    out[i].token = found[i]->user_data;
    out[i].result = found[i]->res;
    out[i].more = (flags & IORING_CQE_F_MORE) != 0;
    out[i].buffer = flags & IORING_CQE_F_BUFFER ? (int)(flags >> IORING_CQE_BUFFER_SHIFT) : -1;
  }
  io_uring_cq_advance(&c->ring, taken);
  return taken;
}

int curing_packet(struct curing *c, int buffer, int result, void **name, unsigned *name_length,
                  void **bytes, unsigned *count) {
  char *start = c->memory + (size_t)buffer * c->buffer_size;
  struct io_uring_recvmsg_out head;
  if (result < (int)CURING_HEAD) return 0;
  memcpy(&head, start, sizeof head);
  if (head.flags & MSG_TRUNC || head.payloadlen > (unsigned)result - CURING_HEAD) return 0;
  *name = start + sizeof head;
  *name_length = head.namelen < CURING_NAME_SPACE ? head.namelen : CURING_NAME_SPACE;
  *bytes = start + CURING_HEAD;
  *count = head.payloadlen;
  return 1;
}
