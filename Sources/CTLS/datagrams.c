// A BIO of datagrams: OpenSSL's own memory BIOs run them together.
#include "datagrams.h"
#include <stdlib.h>
#include <string.h>

static int take(BIO *bio, char *bytes, int count) {
  struct datagrams *queue = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (!queue->in) {
    BIO_set_retry_read(bio);
    return -1;
  }
  int taken = queue->in_count < (size_t)count ? (int)queue->in_count : count;
  memcpy(bytes, queue->in, (size_t)taken);
  queue->in = NULL;
  return taken;
}

static int put(BIO *bio, const char *bytes, int count) {
  struct datagrams *queue = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  // What has no room is lost, as on any wire; it will be sent again.
  if (count <= 0 || count > CDTLS_MTU || queue->waiting == DATAGRAMS) return count;
  struct datagram *last = &queue->out[queue->waiting++];
  memcpy(last->bytes, bytes, (size_t)count);
  last->count = (size_t)count;
  return count;
}

static long control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  switch (command) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT: return 1;
    // RFC 8200 §3, RFC 768: an IPv6 and a UDP header.
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD: return 48;
    default: return 0;
  }
}

static int create(BIO *bio) {
  BIO_set_init(bio, 1);
  return 1;
}

static BIO_METHOD *method(void) {
  static BIO_METHOD *made;
  if (made) return made;
  BIO_METHOD *fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
  if (!fresh) return NULL;
  BIO_meth_set_read(fresh, take);
  BIO_meth_set_write(fresh, put);
  BIO_meth_set_ctrl(fresh, control);
  BIO_meth_set_create(fresh, create);
  return made = fresh;
}

BIO *datagrams_bio(struct datagrams *queue) {
  BIO_METHOD *datagrams = method();
  BIO *bio = datagrams ? BIO_new(datagrams) : NULL;
  if (bio) BIO_set_data(bio, queue);
  return bio;
}

size_t datagrams_take(struct datagrams *queue, void *bytes) {
  if (queue->waiting == 0) return 0;
  size_t count = queue->out[0].count;
  memcpy(bytes, queue->out[0].bytes, count);
  queue->waiting--;
  memmove(queue->out, queue->out + 1, queue->waiting * sizeof *queue->out);
  return count;
}
