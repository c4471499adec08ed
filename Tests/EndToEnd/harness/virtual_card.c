/* A sound card for tests, as a plug-in of alsa-lib: it runs by the clock, 5 ms at a time, has something to wait for, runs
   out and over, can be pulled out, and has a loudspeaker that its microphone hears.

     pcm.NAME { type virtual hears FILE plays FILE pulled FILE echo NUMBER }

   hears, plays: samples of 16 bits, mono, 48 kHz. pulled: the card is gone while this file is there. echo: per cent of what is played that is heard 15 ms later. */
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { RATE = 48000, PERIOD = RATE / 200, AIR = 1 << 17 };

struct card {
  snd_pcm_ioplug_t io;
  FILE *file;
  char *pulled;
  int echo;
  int64_t start; /* samples of the clock */
  int64_t moved; /* since then */
};

/* What sounds at each sample of the clock; both ways of a card are in one process. */
static int16_t air[AIR];

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * (int64_t)RATE + t.tv_nsec * (int64_t)RATE / 1000000000;
}

static int is_pulled(const struct card *card) { return access(card->pulled, F_OK) == 0; }

static int start(snd_pcm_ioplug_t *io) {
  struct card *card = io->private_data;
  struct itimerspec tick = {{0, 5000000}, {0, 5000000}};
  card->start = now();
  return timerfd_settime(io->poll_fd, 0, &tick, NULL) < 0 ? -errno : 0;
}

static int stop(snd_pcm_ioplug_t *io) {
  struct itimerspec never = {{0, 0}, {0, 0}};
  timerfd_settime(io->poll_fd, 0, &never, NULL);
  return 0;
}

static int prepare(snd_pcm_ioplug_t *io) {
  struct card *card = io->private_data;
  card->moved = 0;
  return 0;
}

/* Whole periods, as hardware tells of them. */
static snd_pcm_sframes_t pointer(snd_pcm_ioplug_t *io) {
  struct card *card = io->private_data;
  if (is_pulled(card)) {
    snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
    return 0;
  }
  if (io->state != SND_PCM_STATE_RUNNING) return 0;
  int64_t elapsed = now() - card->start;
  if (io->stream == SND_PCM_STREAM_PLAYBACK && elapsed > card->moved) return -EPIPE;
  if (io->stream == SND_PCM_STREAM_CAPTURE && elapsed - card->moved > (int64_t)io->buffer_size) return -EPIPE;
  return elapsed / PERIOD * PERIOD % (int64_t)io->buffer_size;
}

static snd_pcm_sframes_t transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
                                  snd_pcm_uframes_t size) {
  struct card *card = io->private_data;
  int16_t *samples = (int16_t *)((char *)areas->addr + areas->first / 8) + offset;
  if (io->stream == SND_PCM_STREAM_PLAYBACK) {
    /* Before the start it is not known when these will sound, but they are silence then. */
    for (snd_pcm_uframes_t i = 0; i < size; i++) air[(card->start + card->moved + i) % AIR] = samples[i];
    fwrite(samples, 2, size, card->file);
    fflush(card->file);
  } else {
    size_t count = fread(samples, 2, size, card->file);
    memset(samples + count, 0, 2 * (size - count));
    for (snd_pcm_uframes_t i = 0; i < size; i++) {
      int sum = samples[i] + air[(card->start + card->moved + i - RATE * 15 / 1000) % AIR] * card->echo / 100;
      samples[i] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;
    }
  }
  card->moved += size;
  return size;
}

static int revents(snd_pcm_ioplug_t *io, struct pollfd *polled, unsigned int count, unsigned short *events) {
  uint64_t ticks;
  (void)polled, (void)count;
  if (read(io->poll_fd, &ticks, sizeof ticks) < 0 && errno != EAGAIN) return -errno;
  *events = io->stream == SND_PCM_STREAM_PLAYBACK ? POLLOUT : POLLIN;
  return 0;
}

static int close_card(snd_pcm_ioplug_t *io) {
  struct card *card = io->private_data;
  close(io->poll_fd);
  fclose(card->file);
  free(card->pulled);
  free(card);
  return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
  .start = start, .stop = stop, .prepare = prepare, .pointer = pointer, .transfer = transfer, .poll_revents = revents,
  .close = close_card};

SND_PCM_PLUGIN_DEFINE_FUNC(virtual) {
  const char *hears = NULL, *plays = NULL, *pulled = "";
  long echo = 0;
  snd_config_iterator_t i, next;
  snd_config_for_each(i, next, conf) {
    snd_config_t *entry = snd_config_iterator_entry(i);
    const char *key;
    if (snd_config_get_id(entry, &key) < 0) continue;
    if (!strcmp(key, "hears")) snd_config_get_string(entry, &hears);
    if (!strcmp(key, "plays")) snd_config_get_string(entry, &plays);
    if (!strcmp(key, "pulled")) snd_config_get_string(entry, &pulled);
    if (!strcmp(key, "echo")) snd_config_get_integer(entry, &echo);
  }
  const char *path = stream == SND_PCM_STREAM_PLAYBACK ? plays : hears;
  if (!path || access(pulled, F_OK) == 0) return -ENOENT;
  struct card *card = calloc(1, sizeof *card);
  card->file = fopen(path, stream == SND_PCM_STREAM_PLAYBACK ? "ab" : "rb");
  if (!card->file) return -ENOENT;
  card->pulled = strdup(pulled);
  card->echo = (int)echo;
  card->io.version = SND_PCM_IOPLUG_VERSION;
  card->io.name = "a card for tests";
  card->io.callback = &callbacks;
  card->io.private_data = card;
  card->io.poll_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  card->io.poll_events = POLLIN;
  int error = snd_pcm_ioplug_create(&card->io, name, stream, mode);
  if (error < 0) return error;
  const unsigned int access[] = {SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED};
  const unsigned int format[] = {SND_PCM_FORMAT_S16_LE};
  snd_pcm_ioplug_set_param_list(&card->io, SND_PCM_IOPLUG_HW_ACCESS, 2, access);
  snd_pcm_ioplug_set_param_list(&card->io, SND_PCM_IOPLUG_HW_FORMAT, 1, format);
  snd_pcm_ioplug_set_param_minmax(&card->io, SND_PCM_IOPLUG_HW_CHANNELS, 1, 1);
  snd_pcm_ioplug_set_param_minmax(&card->io, SND_PCM_IOPLUG_HW_RATE, RATE, RATE);
  snd_pcm_ioplug_set_param_minmax(&card->io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 2 * PERIOD, 2 * PERIOD);
  snd_pcm_ioplug_set_param_minmax(&card->io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 8 * PERIOD, 80 * PERIOD);
  *pcmp = card->io.pcm;
  return 0;
}

SND_PCM_PLUGIN_SYMBOL(virtual);
