#define _GNU_SOURCE
#include "internal.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

long clinux_read(int fd, void *bytes, size_t count) { return long_or_errno(read(fd, bytes, count)); }
long clinux_write(int fd, const void *bytes, size_t count) { return long_or_errno(write(fd, bytes, count)); }
long clinux_write_at(int fd, const void *bytes, size_t count, int64_t place) {
  return long_or_errno(pwrite(fd, bytes, count, (off_t)place));
}
long clinux_read_at(int fd, void *bytes, size_t count, int64_t place) {
  return long_or_errno(pread(fd, bytes, count, (off_t)place));
}
void clinux_close(int fd) { close(fd); }

int clinux_open_read(const char *path) { return or_errno(open(path, O_RDONLY | O_CLOEXEC)); }

int clinux_create(const char *path, int mode) {
  return or_errno(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode));
}

int64_t clinux_file_size(int fd) {
  struct stat status;
  return fstat(fd, &status) < 0 ? -errno : status.st_size;
}

uint64_t clinux_file_identity(const char *path) {
  struct stat s;
  if (stat(path, &s) < 0) return 0;
  const uint64_t parts[] = {(uint64_t)s.st_dev, (uint64_t)s.st_ino, (uint64_t)s.st_size, (uint64_t)s.st_mtim.tv_sec,
                            (uint64_t)s.st_mtim.tv_nsec};
  uint64_t mixed = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) mixed = (mixed ^ parts[i]) * 0x9e3779b97f4a7c15ull;
  return mixed;
}

int clinux_fsync(int fd) { return or_errno(fsync(fd)); }

int clinux_forget_cached(int fd) { return -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); }

int clinux_fsync_folder(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int e = or_errno(fsync(fd));
  close(fd);
  return e;
}

int clinux_rename(const char *from, const char *to) { return or_errno(rename(from, to)); }
int clinux_unlink(const char *path) { return or_errno(unlink(path)); }
int clinux_make_folder(const char *path, int mode) { return or_errno(mkdir(path, (mode_t)mode)); }

int clinux_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
  return limit.rlim_cur > 1 << 30 ? 1 << 30 : (int)limit.rlim_cur;
}

int clinux_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) < 0) return 1;
  int count = CPU_COUNT(&set);
  return count > 0 ? count : 1;
}

int clinux_pid(void) { return getpid(); }
void clinux_exit(int status) { _exit(status); }
const char *clinux_error_text(int number) { return strerror(number); }
const char *clinux_environment(const char *name) { return getenv(name); }
int clinux_kill(int pid, int signal) { return or_errno(kill(pid, signal)); }
