#define _GNU_SOURCE
#include "internal.h"
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

int clinux_open_disk(const char *path) { return or_errno(open(path, O_RDWR | O_CLOEXEC)); }

int64_t clinux_disk_size(int fd) {
  uint64_t size;
  if (ioctl(fd, BLKGETSIZE64, &size) < 0) return -errno;
  return (int64_t)size;
}

long clinux_rewrite_start(int fd, const void *bytes, size_t count) {
  return long_or_errno(pwrite(fd, bytes, count, 0));
}

int clinux_resize_partition(int fd, int number, int64_t offset, int64_t size) {
  struct blkpg_partition partition = {.start = offset, .length = size, .pno = number};
  struct blkpg_ioctl_arg argument = {.op = BLKPG_RESIZE_PARTITION, .datalen = sizeof partition, .data = &partition};
  return or_errno(ioctl(fd, BLKPG, &argument));
}

int64_t clinux_block_size(int fd) {
  struct statfs status;
  return fstatfs(fd, &status) < 0 ? -errno : (int64_t)status.f_bsize;
}

// EXT4_IOC_RESIZE_FS of the kernel's fs/ext4/ext4.h, which exports no header.
int clinux_resize_ext4(int fd, uint64_t blocks) { return or_errno(ioctl(fd, _IOW('f', 16, uint64_t), &blocks)); }
