// Many phones talking at once: G.711 packets of 20 ms, both ways, spread evenly over the 20 ms, each with the time that
// it left. Prints what came of them as JSON.
//   phones SECONDS [CODEC CODEC | NUMBER] < LINES
// Each line: local port of a phone, the relay's port for it, the same of its peer, then for each of both "-" or, where it
// is encrypted, SUITE:KEY:KEY with the keys that it seals and opens by, in hexadecimal. Encrypted packets count from NUMBER,
// for whoever opens them must not see a number twice. What does not open has not come.
// The codecs are those that the first and the second phone of each line speak: PCMU, PCMA, G722, opus. What is converted on
// its way has no time of its leaving in it, so with codecs there is no latency.
// The first line of output, "ready", says that all ports are bound; a line on standard input "go" starts.
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <opus/opus.h>
#include <srtp2/srtp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 2048, PACKET = 172, PERIOD = 20000000, FRAMES = 100 };

static struct phone {
  int fd;
  struct sockaddr_in relay;
  uint16_t port, sequence;
  srtp_t sealing, opening;
} phones[MOST];

// Two seconds of what a phone says by its codec.
static struct codec {
  int number, ticks, size;
  uint8_t frames[FRAMES][1276];
} codecs[2];
static int coded;

// Latencies in microseconds, the last box for all that took longer.
static uint64_t histogram[200001];

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static srtp_t session(const char *suite, const char *hex, srtp_ssrc_type_t direction) {
  uint8_t key[64] = {0};
  for (int i = 0; i < 64 && sscanf(hex + 2 * i, "%2hhx", &key[i]) == 1; i++) {}
  srtp_policy_t policy = {.ssrc = {direction, 0}, .key = key, .window_size = 1024};
  if (strcmp(suite, "AEAD_AES_128_GCM")) {
    srtp_crypto_policy_set_rtp_default(&policy.rtp);  // AES_CM_128_HMAC_SHA1_80
  } else {
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
  }
  policy.rtcp = policy.rtp;
  srtp_t session;
  if (srtp_create(&session, &policy) != srtp_err_status_ok) {
    fprintf(stderr, "phones: libsrtp2 has no %s\n", suite);
    exit(1);
  }
  return session;
}

static void encrypt(struct phone *phone, char *words, int first) {
  if (!strcmp(words, "-")) return;
  char *suite = strtok(words, ":"), *own = strtok(NULL, ":"), *other = strtok(NULL, ":");
  phone->sealing = session(suite, own, ssrc_any_outbound);
  phone->opening = session(suite, other, ssrc_any_inbound);
  phone->sequence = first;
}

static void open_phone(struct phone *phone, int local, int relay, int epoll) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(local)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  phone->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (phone->fd < 0 || bind(phone->fd, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("phones");
    exit(1);
  }
  phone->port = local;
  phone->sequence = now() / PERIOD;
  phone->relay = address;
  phone->relay.sin_port = htons(relay);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = phone};
  epoll_ctl(epoll, EPOLL_CTL_ADD, phone->fd, &event);
}

// Something like a voice: pulses whose pitch glides, in syllables.
static int16_t voice(int sample, int rate) {
  static double phase;
  double time = (double)sample / rate;
  phase += (120 + 60 * sin(13 * time)) / rate;
  return 9000 * (0.5 - 0.5 * cos(25 * time)) * exp(-8 * (phase - floor(phase))) * sin(4400 * time);
}

static uint8_t mu_law(int sample) {
  int magnitude = (sample < 0 ? ~sample : sample) + 132, segment = 7;
  if (magnitude > 32767) magnitude = 32767;
  while (segment > 0 && magnitude < 128 << segment) segment--;
  return ~((sample < 0 ? 0x80 : 0) | segment << 4 | (magnitude >> (segment + 3) & 15));
}

static int record(struct codec *codec, const char *name) {
  int opus = !strcmp(name, "opus"), rate = opus ? 48000 : 8000, count = rate / 50, error;
  // 107 is what Sotto offers for Opus; whoever answers it sends with that (RFC 3264 §6.1).
  codec->number = opus ? 107 : !strcmp(name, "G722") ? 9 : !strcmp(name, "PCMA") ? 8 : 0;
  codec->ticks = count;
  OpusEncoder *encoder = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &error);
  opus_encoder_ctl(encoder, OPUS_SET_BITRATE(32000));
  opus_encoder_ctl(encoder, OPUS_SET_VBR(0));
  for (int i = 0; i < FRAMES; i++) {
    int16_t samples[960];
    for (int j = 0; j < count; j++) samples[j] = voice(i * count + j, rate);
    codec->size = opus ? opus_encode(encoder, samples, count, codec->frames[i], 1276) : 160;
    // The cost of decoding A-law and G.722 does not depend on what is said.
    if (!opus)
      for (int j = 0; j < 160; j++) codec->frames[i][j] = codec->number ? rand() : mu_law(samples[j]);
  }
  opus_encoder_destroy(encoder);
  return codec->size > 0;
}

// The same source in each run, whose numbers go on with the clock: to whoever relays or decodes it, it was silent.
static uint32_t source(struct phone *phone) { return 0x50770000u | phone->port; }

static void speak_coded(struct phone *phone) {
  struct codec *codec = &codecs[(phone - phones) % 2];
  uint8_t packet[1500];
  uint16_t sequence = phone->sequence++;
  uint32_t header[3] = {
      htonl(0x80000000u | codec->number << 16 | sequence), htonl(sequence * (uint32_t)codec->ticks),
      htonl(source(phone))};
  memcpy(packet, header, sizeof header);
  memcpy(packet + 12, codec->frames[sequence % FRAMES], codec->size);
  sendto(phone->fd, packet, 12 + codec->size, 0, (struct sockaddr *)&phone->relay, sizeof phone->relay);
}

static void speak(struct phone *phone) {
  if (coded) return speak_coded(phone);
  _Alignas(4) uint8_t packet[PACKET + SRTP_MAX_TRAILER_LEN];
  int size = PACKET;
  memset(packet, 0xff, sizeof packet);
  uint16_t sequence = phone->sequence++;
  uint32_t header[3] = {htonl(0x80000000u | sequence), htonl(sequence * 160u), htonl(source(phone))};
  memcpy(packet, header, sizeof header);
  int64_t sent = now();
  memcpy(packet + 12, &sent, sizeof sent);
  if (phone->sealing && srtp_protect(phone->sealing, packet, &size) != srtp_err_status_ok) abort();
  sendto(phone->fd, packet, size, 0, (struct sockaddr *)&phone->relay, sizeof phone->relay);
}

// Octets of a packet that has come, open; less than any packet has where none has, or none that can be opened.
static int take(struct phone *phone, uint8_t *packet, int room) {
  int size = recv(phone->fd, packet, room, 0);
  if (size <= 0 || !phone->opening) return size;
  return srtp_unprotect(phone->opening, packet, &size) == srtp_err_status_ok ? size : 0;
}

// Takes what has come until the deadline; returns how many packets.
static uint64_t listen_until(int epoll, int64_t deadline) {
  struct epoll_event events[64];
  uint64_t count = 0;
  for (;;) {
    int64_t left = deadline - now();
    struct timespec wait = {0, left > 0 ? left : 0};
    int ready = epoll_pwait2(epoll, events, 64, &wait, NULL);
    for (int i = 0; i < ready; i++) {
      _Alignas(4) uint8_t packet[2048];
      struct phone *phone = events[i].data.ptr;
      while (coded && take(phone, packet, sizeof packet) > 12) count++;
      while (!coded && take(phone, packet, sizeof packet) == PACKET) {
        int64_t sent, latency;
        memcpy(&sent, packet + 12, sizeof sent);
        latency = (now() - sent) / 1000;
        histogram[latency < 0 ? 0 : latency > 200000 ? 200000 : latency]++;
        count++;
      }
    }
    if (left <= 0) return count;
  }
}

static int percentile(uint64_t total, double share) {
  uint64_t sum = 0;
  for (int i = 0; i <= 200000; i++)
    if ((sum += histogram[i]) >= total * share && sum > 0) return i;
  return 0;
}

int main(int count, char **arguments) {
  coded = count == 4;
  if (coded && !(record(&codecs[0], arguments[2]) && record(&codecs[1], arguments[3]))) return 1;
  int seconds = count > 1 ? atoi(arguments[1]) : 10, used = 0, epoll = epoll_create1(0);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  srtp_init();
  char line[512], keys[2][200];
  int a, relay_a, b, relay_b, first = count == 3 ? atoi(arguments[2]) : 0;
  while (used + 2 <= MOST && fgets(line, sizeof line, stdin)) {
    strcpy(keys[0], "-");
    strcpy(keys[1], "-");
    if (sscanf(line, "%d %d %d %d %199s %199s", &a, &relay_a, &b, &relay_b, keys[0], keys[1]) < 4) break;
    open_phone(&phones[used], a, relay_a, epoll);
    encrypt(&phones[used++], keys[0], first);
    open_phone(&phones[used], b, relay_b, epoll);
    encrypt(&phones[used++], keys[1], first);
  }
  puts("ready");
  fflush(stdout);
  if (used == 0 || !fgets(line, sizeof line, stdin)) return 1;
  int64_t start = now();
  uint64_t sent = 0, received = 0, total = (uint64_t)used * 50 * seconds;
  for (; sent < total; sent++) {
    // Calls start at any time, so that packets are spread over the period; the order of phones is shuffled by a stride.
    int64_t due = start + (int64_t)(sent * (PERIOD / used));
    if (due > now()) received += listen_until(epoll, due);
    speak(&phones[(sent * 7919) % used]);
  }
  received += listen_until(epoll, now() + 300000000);
  double elapsed = (now() - start - 300000000) / 1e9;
  printf("{\"sent\": %llu, \"received\": %llu, \"seconds\": %.3f, \"p50_us\": %d, \"p99_us\": %d}\n",
         (unsigned long long)sent, (unsigned long long)received, elapsed, percentile(received, 0.5),
         percentile(received, 0.99));
  return 0;
}
