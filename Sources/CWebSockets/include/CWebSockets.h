// WebSocket's server side as the exchange uses it, over libwebsockets: sockets that were accepted elsewhere are handed
// in, and whoever polls says which of them is ready. One thread uses all of it. libwebsockets' headers stay behind this.
#ifndef SOTTO_CWEBSOCKETS_H
#define SOTTO_CWEBSOCKETS_H

#include <stddef.h>
#include <stdint.h>

struct ctls_server;
struct cws;

// What happens. Connections have numbers that their user gave; none of these may call back into this library.
struct cws_handlers {
  void *context;
  // The WebSocket stands; what it is sent from now on are messages.
  void (*opened)(void *context, uint32_t number);
  void (*message)(void *context, uint32_t number, const void *bytes, size_t count);
  // Its descriptor is closed. Nothing comes after it.
  void (*closed)(void *context, uint32_t number);
  // Whether a page of that origin (empty: not a page) may connect to us by the host that it named.
  int (*allows)(void *context, const char *origin, const char *host);
};

// most: connections; longest: octets of a message, either way; patience: seconds for each step until a WebSocket stands;
// ping: seconds of silence after which the other end is asked for a sign of life. NULL where memory is out.
struct cws *cws_open(const struct cws_handlers *handlers, struct ctls_server *tls, int most, size_t longest,
                     int patience, int ping);
void cws_close(struct cws *c);
// Tells of another oldest version of TLS.
void cws_renew(struct cws *c);
// Takes over a connected socket, which is closed where this fails (0).
int cws_adopt(struct cws *c, int fd, int is_secure, uint32_t number);
// The descriptor of a connection is ready; as CLINUX_READABLE and so on.
void cws_ready(struct cws *c, uint32_t number, int fd, uint32_t what);
// To be called every second while there are connections.
void cws_tick(struct cws *c);
// Queues a message; 0 where it is too long, or the connection gone or not standing.
int cws_send(struct cws *c, uint32_t number, const void *bytes, size_t count, int is_text);
// Octets that wait to be written; with it whether the descriptor has to be watched for writing.
size_t cws_unsent(struct cws *c, uint32_t number, int *wants_to_write);
// Whether a message has begun that is not whole yet.
int cws_is_midway(struct cws *c, uint32_t number);
// Closes a connection at once.
void cws_end(struct cws *c, uint32_t number);

#endif
