#include "CWebSockets.h"
#include "CTLS.h"
#include <libwebsockets.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A message that waits to be written, behind the room that libwebsockets wants before it.
struct outgoing {
  struct outgoing *next;
  size_t count;
  int is_text;
  unsigned char room[LWS_PRE];
  unsigned char bytes[];
};

struct connection {
  struct cws *owner;
  struct connection *next;
  struct lws *wsi;
  uint32_t number;
  int stands;
  struct outgoing *first, **last;
  size_t unsent;
  // The message that is coming in, in pieces.
  unsigned char *incoming;
  size_t received, room;
};

struct cws {
  struct cws_handlers handlers;
  struct ctls_server *tls;
  struct lws_context *context;
  struct lws_vhost *plain, *secure;
  void *ssl_ctx;
  size_t longest;
  lws_retry_bo_t retry;
  struct lws_protocols protocols[3];
  struct connection *connections;
};

static struct connection *find(struct cws *c, uint32_t number) {
  struct connection *each = c->connections;
  while (each && each->number != number) each = each->next;
  return each;
}

static void forget(struct connection *gone) {
  struct connection **at = &gone->owner->connections;
  while (*at != gone) at = &(*at)->next;
  *at = gone->next;
  for (struct outgoing *each = gone->first, *next; each; each = next) {
    next = each->next;
    free(each);
  }
  free(gone->incoming);
  free(gone);
}

// Whether the upgrade may go on: a page says where it comes from, other programs don't.
static int is_welcome(struct cws *c, struct lws *wsi) {
  char origin[256] = "", host[256] = "";
  if (lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN) < 0) return 0;
  if (lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST) < 0) return 0;
  return c->handlers.allows(c->handlers.context, origin, host);
}

// 0, or -1 to close: the message is too long, or memory is out.
static int take(struct connection *connection, const void *bytes, size_t count, int is_first, int is_last) {
  struct cws *c = connection->owner;
  if (is_first) connection->received = 0;
  if (is_first && is_last) {
    if (count > c->longest) return -1;
    c->handlers.message(c->handlers.context, connection->number, bytes, count);
    return 0;
  }
  size_t needed = connection->received + count;
  if (needed > c->longest) return -1;
  if (needed > connection->room) {
    size_t room = needed + 4096;
    unsigned char *more = realloc(connection->incoming, room);
    if (!more) return -1;
    connection->incoming = more;
    connection->room = room;
  }
  memcpy(connection->incoming + connection->received, bytes, count);
  connection->received = needed;
  if (!is_last) return 0;
  c->handlers.message(c->handlers.context, connection->number, connection->incoming, needed);
  free(connection->incoming);
  connection->incoming = NULL;
  connection->received = connection->room = 0;
  return 0;
}

static int write_some(struct connection *connection) {
  while (connection->first && !lws_send_pipe_choked(connection->wsi)) {
    struct outgoing *message = connection->first;
    if (lws_write(connection->wsi, message->bytes, message->count, message->is_text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY)
        < (int)message->count)
      return -1;
    connection->unsent -= message->count;
    connection->first = message->next;
    if (!connection->first) connection->last = &connection->first;
    free(message);
  }
  if (connection->first) lws_callback_on_writable(connection->wsi);
  return 0;
}

static int happened(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t count) {
  struct cws *c = lws_context_user(lws_get_context(wsi));
  if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) {
    c->ssl_ctx = user;
    return !ctls_server_adopt(c->tls, user);
  }
  struct connection *connection = wsi ? lws_get_opaque_user_data(wsi) : NULL;
  switch (reason) {
    case LWS_CALLBACK_HTTP:
      // Nothing but the upgrade is served.
      lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL);
      return -1;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
      // Without a subprotocol libwebsockets takes the first, which is none of ours (RFC 7118 §4).
      if (lws_get_protocol(wsi) != lws_vhost_name_to_protocol(lws_get_vhost(wsi), "sip")) {
        lws_return_http_status(wsi, HTTP_STATUS_BAD_REQUEST, NULL);
        return -1;
      }
      if (is_welcome(c, wsi)) return 0;
      lws_return_http_status(wsi, HTTP_STATUS_FORBIDDEN, NULL);
      return -1;
    case LWS_CALLBACK_ESTABLISHED:
      if (!connection) return -1;
      connection->stands = 1;
      c->handlers.opened(c->handlers.context, connection->number);
      return 0;
    case LWS_CALLBACK_RECEIVE:
      if (!connection) return -1;
      if (take(connection, in, count, lws_is_first_fragment(wsi), lws_is_final_fragment(wsi)) == 0) return 0;
      lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
      return -1;
    case LWS_CALLBACK_SERVER_WRITEABLE: return connection ? write_some(connection) : 0;
    case LWS_CALLBACK_WSI_DESTROY:
      if (!connection) return 0;
      lws_set_opaque_user_data(wsi, NULL);
      c->handlers.closed(c->handlers.context, connection->number);
      forget(connection);
      return 0;
    default: return 0;
  }
}

static struct lws_vhost *vhost(struct cws *c, const char *name, int is_secure, int patience) {
  struct lws_context_creation_info info;
  memset(&info, 0, sizeof info);
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.vhost_name = name;
  info.protocols = c->protocols;
  info.keepalive_timeout = patience;
  info.retry_and_idle_policy = &c->retry;
  if (is_secure) {
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
    info.alpn = "http/1.1";
  }
  return lws_create_vhost(c->context, &info);
}

struct cws *cws_open(const struct cws_handlers *handlers, struct ctls_server *tls, int most, size_t longest,
                     int patience, int ping) {
  struct cws *c = calloc(1, sizeof *c);
  if (!c) return NULL;
  c->handlers = *handlers;
  c->tls = tls;
  c->longest = longest;
  c->retry.secs_since_valid_ping = (uint16_t)ping;
  c->retry.secs_since_valid_hangup = (uint16_t)(ping + patience);
  c->protocols[0] = (struct lws_protocols){.name = "http", .callback = happened};
  c->protocols[1] = (struct lws_protocols){.name = "sip", .callback = happened, .rx_buffer_size = 4096};
  lws_set_log_level(0, NULL);
  struct lws_context_creation_info info;
  memset(&info, 0, sizeof info);
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.user = c;
  // Its own few descriptors beside.
  info.fd_limit_per_thread = (unsigned)most + 16;
  info.max_http_header_pool = 64;
  info.max_http_header_data = 4096;
  info.timeout_secs = (unsigned)patience;
  info.retry_and_idle_policy = &c->retry;
  info.gid = (gid_t)-1;
  info.uid = (uid_t)-1;
  c->context = lws_create_context(&info);
  if (c->context) {
    c->plain = vhost(c, "ws", 0, patience);
    c->secure = vhost(c, "wss", 1, patience);
  }
  if (c->plain && c->secure && c->ssl_ctx) return c;
  cws_close(c);
  return NULL;
}

void cws_close(struct cws *c) {
  if (!c) return;
  if (c->context) lws_context_destroy(c->context);
  while (c->connections) forget(c->connections);
  free(c);
}

void cws_renew(struct cws *c) { ctls_server_adopt(c->tls, c->ssl_ctx); }

int cws_adopt(struct cws *c, int fd, int is_secure, uint32_t number) {
  struct connection *connection = calloc(1, sizeof *connection);
  lws_sock_file_fd_type descriptor = {.sockfd = fd};
  if (!connection) {
    close(fd);
    return 0;
  }
  connection->owner = c;
  connection->number = number;
  connection->last = &connection->first;
  lws_adoption_type type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | (is_secure ? LWS_ADOPT_ALLOW_SSL : 0);
  connection->wsi = lws_adopt_descriptor_vhost(is_secure ? c->secure : c->plain, type, descriptor, NULL, NULL);
  if (!connection->wsi) {
    free(connection);
    return 0;
  }
  connection->next = c->connections;
  c->connections = connection;
  lws_set_opaque_user_data(connection->wsi, connection);
  return 1;
}

// What was read and not looked at yet stands in no descriptor's readiness.
static void serve_the_rest(struct cws *c) {
  for (int i = 0; i < 64 && lws_service_adjust_timeout(c->context, 1, 0) == 0; i++) lws_service_tsi(c->context, -1, 0);
}

void cws_ready(struct cws *c, uint32_t number, int fd, uint32_t what) {
  struct lws_pollfd ready = {.fd = fd, .events = POLLIN};
  struct connection *connection = find(c, number);
  if (!connection) return;
  if (what & 1) ready.revents |= POLLIN;
  if (what & 2) {
    ready.events |= POLLOUT;
    ready.revents |= POLLOUT;
  }
  if (what & 4) ready.revents |= POLLIN | POLLHUP;
  if (what & 8) ready.revents |= POLLIN | POLLERR;
  lws_service_fd(c->context, &ready);
  // What libwebsockets itself has to say now, such as a pong or why it closes, nobody else knows of.
  cws_tick(c);
}

void cws_tick(struct cws *c) {
  lws_service_tsi(c->context, -1, 0);
  serve_the_rest(c);
}

int cws_send(struct cws *c, uint32_t number, const void *bytes, size_t count, int is_text) {
  struct connection *connection = find(c, number);
  if (!connection || !connection->stands || count > c->longest) return 0;
  struct outgoing *message = malloc(sizeof *message + count);
  if (!message) return 0;
  message->next = NULL;
  message->count = count;
  message->is_text = is_text;
  memcpy(message->bytes, bytes, count);
  *connection->last = message;
  connection->last = &message->next;
  connection->unsent += count;
  lws_callback_on_writable(connection->wsi);
  return 1;
}

size_t cws_unsent(struct cws *c, uint32_t number, int *wants_to_write) {
  struct connection *connection = find(c, number);
  *wants_to_write = connection && (connection->first || lws_partial_buffered(connection->wsi));
  return connection ? connection->unsent : 0;
}

int cws_is_midway(struct cws *c, uint32_t number) {
  struct connection *connection = find(c, number);
  return connection && connection->received > 0;
}

void cws_end(struct cws *c, uint32_t number) {
  struct connection *connection = find(c, number);
  if (connection) lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}
