// The Linux calls that Swift cannot reach itself: variadic functions, macros, and what only _GNU_SOURCE shows. Never
// define _GNU_SOURCE here: it changes glibc's structs and clashes with the host's Glibc module; define it in a .c file
// and export a function. No struct of glibc crosses this header, for their layout hangs on flags such as _TIME_BITS.
// A function that returns int returns -errno when it fails, unless it says otherwise.
#ifndef SOTTO_CLINUX_H
#define SOTTO_CLINUX_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

static inline int clinux_errno(void) { return errno; }

// Clocks, in microseconds.
int64_t clinux_monotonic(void);
int64_t clinux_wall(void);
// The number of the local day, and the seconds that are left of it.
int64_t clinux_local_day(int64_t *left);
void clinux_sleep(int64_t microseconds);

// An address as Wire keeps it: 128 bits in two host-order numbers, an IPv4 address in the last 32 bits of low.
struct clinux_address {
  uint64_t high;
  uint64_t low;
  uint32_t scope;
  uint16_t port;
  uint8_t is_ipv4;
};

// The largest of a sockaddr_in and a sockaddr_in6.
#define CLINUX_SOCKADDR_SIZE 28
// Writes the sockaddr of an address to `out` (28 octets) and returns its length; mapped: an IPv4 address as ::ffff:….
unsigned clinux_sockaddr(const struct clinux_address *address, int mapped, void *out);
// Reads a sockaddr_in or sockaddr_in6; false for another family or one too short.
int clinux_read_sockaddr(const void *sockaddr, unsigned length, struct clinux_address *out);

// Sockets: all close-on-exec and non-blocking.
enum clinux_family { CLINUX_IPV4, CLINUX_IPV6_ONLY, CLINUX_DUAL_STACK };
int clinux_udp_socket(enum clinux_family family);
int clinux_tcp_socket(enum clinux_family family);
int clinux_reuse_address(int fd);
int clinux_bind(int fd, const struct clinux_address *address, int mapped);
int clinux_listen(int fd, int backlog);
int clinux_connect(int fd, const struct clinux_address *address);
int clinux_accept(int fd, struct clinux_address *from);
int clinux_socket_error(int fd);
int clinux_local_address(int fd, struct clinux_address *out);
int clinux_peer_address(int fd, struct clinux_address *out);
int clinux_no_delay(int fd);
int clinux_keep_alive(int fd, int idle_seconds);
int clinux_packet_info(int fd, enum clinux_family family);
int clinux_dscp(int fd, enum clinux_family family, int dscp);
int clinux_buffer_sizes(int fd, int receive, int send);

// Stream sockets in the file system.
int clinux_unix_listen(const char *path, int mode);
int clinux_unix_connect(const char *path);
int clinux_unix_accept(int fd);
int clinux_non_blocking(int fd);
// The user at the other end.
int clinux_peer_user(int fd);
// Reads end with EAGAIN after this time.
int clinux_receive_timeout(int fd, int milliseconds);

// -errno, 0 at the end of the stream, else the octets moved. A write to a closed stream raises no SIGPIPE.
long clinux_read(int fd, void *bytes, size_t count);
long clinux_send_stream(int fd, const void *bytes, size_t count);
long clinux_write(int fd, const void *bytes, size_t count);
long clinux_write_at(int fd, const void *bytes, size_t count, int64_t place);
long clinux_read_at(int fd, void *bytes, size_t count, int64_t place);
void clinux_close(int fd);

// One received datagram: where from, the address of ours that it came to, its octets in the batch's buffer.
struct clinux_datagram {
  struct clinux_address from;
  struct clinux_address local;
  uint32_t length;
  uint8_t truncated;
};
#define CLINUX_BATCH 32
// recvmmsg: up to count (at most CLINUX_BATCH) datagrams, the i-th at buffers + i * stride.
int clinux_receive(int fd, void *buffers, size_t stride, struct clinux_datagram *out, int count);
// Sends one datagram, from the local address where one is given (IP_PKTINFO).
int clinux_send(int fd, const void *bytes, size_t count, const struct clinux_address *to,
                const struct clinux_address *from);
// One datagram of a batch to send, its target already a sockaddr.
struct clinux_outgoing {
  const void *bytes;
  const void *sockaddr;
  uint32_t length;
  uint32_t sockaddr_length;
};
// sendmmsg: returns how many of count (at most CLINUX_BATCH) went out.
int clinux_send_batch(int fd, const struct clinux_outgoing *batch, int count);

// A network, or a single address.
struct clinux_network {
  struct clinux_address address;
  uint8_t prefix;
};
// Has the kernel drop what comes to a UDP socket of one family before it takes room in its buffer, but for that share (of
// 2^32, by chance) and all that comes from friends, of whom the first count most. Needs no privilege (SO_ATTACH_FILTER).
int clinux_sieve(int fd, int is_ipv4, const struct clinux_network *friends, int count, uint32_t share);
int clinux_no_sieve(int fd);

// Readiness.
enum { CLINUX_READABLE = 1, CLINUX_WRITABLE = 2, CLINUX_HANGUP = 4, CLINUX_FAILED = 8 };
struct clinux_ready {
  uint64_t token;
  uint32_t what;
};
int clinux_epoll(void);
// operation: 1 add, 2 remove, 3 change, as EPOLL_CTL_*.
int clinux_epoll_control(int epoll, int operation, int fd, uint32_t what, uint64_t token);
// timeout in microseconds, -1 for none. At most CLINUX_BATCH events.
int clinux_epoll_wait(int epoll, struct clinux_ready *out, int count, int64_t timeout);
int clinux_eventfd(void);
// Blocks the signals of the mask (bit n-1 for signal n) for this thread and those it starts, and reads them instead.
int clinux_signalfd(uint64_t mask);
// The next signal, 0 when none waits.
int clinux_next_signal(int fd);

// Threads. The body runs with all signals blocked; 0 and a handle, or -errno.
int clinux_thread_start(void (*body)(void *), void *context, size_t stack, const char *name, uintptr_t *handle);
void clinux_thread_join(uintptr_t handle);
// Real-time round-robin priority for the calling thread. A process of which one thread then computes for a second without
// waiting once is ended: it would keep the processor from all others.
int clinux_thread_realtime(int priority);

// Files.
int clinux_open_read(const char *path);
int clinux_create(const char *path, int mode);
int64_t clinux_file_size(int fd);
// A number that another file, or a changed one, hardly has; 0 where there is none.
uint64_t clinux_file_identity(const char *path);
int clinux_fsync(int fd);
// Has what was synchronised be read from the disk again, not from memory.
int clinux_forget_cached(int fd);
int clinux_fsync_folder(const char *path);
int clinux_rename(const char *from, const char *to);
int clinux_unlink(const char *path);
int clinux_make_folder(const char *path, int mode);

// Disks: sizes and offsets in octets.
int clinux_open_disk(const char *path);
int64_t clinux_disk_size(int fd);
// Writes to the disk's first octets.
long clinux_rewrite_start(int fd, const void *bytes, size_t count);
// Tells the kernel the new size of a partition that may be in use.
int clinux_resize_partition(int fd, int number, int64_t offset, int64_t size);
// The block size of the file system that an open file lies on.
int64_t clinux_block_size(int fd);
// Grows the mounted ext4 that an open file lies on.
int clinux_resize_ext4(int fd, uint64_t blocks);

// The process.
int clinux_raise_descriptor_limit(void);
int clinux_pid(void);
// How many this process may use, 1 at the least.
int clinux_processors(void);
void clinux_exit(int status) __attribute__((noreturn));
const char *clinux_error_text(int number);
const char *clinux_environment(const char *name);
int clinux_kill(int pid, int signal);
// Becomes this user, where root, and gives up for good every right but CAP_NET_ADMIN; -EPERM without that one.
int clinux_keep_only_net_admin(int user);

// A process that keeps another one's descriptors.
enum { CLINUX_CHANNEL = 3, CLINUX_DESCRIPTORS = 64 };
// The two ends of a channel that keeps messages apart.
int clinux_channel(int ends[2]);
// One message, with at most CLINUX_DESCRIPTORS descriptors; waits for room.
long clinux_send_descriptors(int fd, const void *bytes, size_t count, const int *descriptors, int many);
// The next message, 0 at the end of the channel; descriptors: room for CLINUX_DESCRIPTORS.
long clinux_receive_descriptors(int fd, void *bytes, size_t size, int *descriptors, int *many, int waits);
// Starts this program again, with these arguments (each ends in a NUL, the first is its name) and `channel` as its
// descriptor CLINUX_CHANNEL; it is killed when the caller ends. With `output` not negative its output and errors go
// there, and it has no input. Its process, or -errno.
int clinux_start(const char *arguments, int count, int channel, int output);
// Two ends of a pipe: reading, which does not wait, and writing.
int clinux_pipe(int ends[2]);
// The exit status of a child that ended, 128 and the signal that ended it; -EAGAIN where it runs.
int clinux_reap(int child, int waits);
int clinux_set_environment(const char *name, const char *value);
int clinux_close_on_exec(int fd);

// Network interfaces that are up: calls `each` with the name and address; returns 0 or -errno.
int clinux_interfaces(void (*each)(void *context, const char *name, const struct clinux_address *address),
                      void *context);

// What only the log, the console and the clock need.
// Whether a write of up to PIPE_BUF (4096) octets would not block.
int clinux_can_write(int fd);
int clinux_exists(const char *path);
int clinux_is_executable(const char *path);
// Runs a program with at most one argument to its end: its exit status, 128 and the signal that ended it, or -errno.
int clinux_run(const char *program, const char *argument);
// Has a terminal hand over each key at once; -ENOTTY where it is none.
int clinux_keys_singly(int fd);
// Has the terminal show nothing of a line that is typed but its end.
int clinux_hide_keys(int fd);
void clinux_restore_terminal(int fd);
// Sets the time of day, in microseconds since 1970.
int clinux_set_clock(int64_t microseconds);

#endif
