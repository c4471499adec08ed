// A plugin of QEMU's (docs/devel/tcg-plugins of its sources) that counts the instructions of the program that it runs:
//   qemu-arm -plugin count.so,into=FILE PROGRAM…
// FILE has eight octets, a number that is always what was counted so far. No Debian packages the plugins' header, so what
// is used of it is declared here.
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct block;
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*translated)(uint64_t id, struct block *));
size_t qemu_plugin_tb_n_insns(const struct block *);
void qemu_plugin_register_vcpu_tb_exec_cb(
    struct block *, void (*executed)(unsigned processor, void *), int registers, void *given);

int qemu_plugin_version = 1;  // of the interface
static uint64_t *total;

static void executed(unsigned processor, void *instructions) {
  __atomic_fetch_add(total, (uintptr_t)instructions, __ATOMIC_RELAXED);
}

static void translated(uint64_t id, struct block *block) {
  qemu_plugin_register_vcpu_tb_exec_cb(block, executed, 0, (void *)qemu_plugin_tb_n_insns(block));
}

int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments) {
  if (count != 1 || strncmp(arguments[0], "into=", 5)) return -1;
  int file = open(arguments[0] + 5, O_RDWR);
  if (file < 0 || ftruncate(file, sizeof *total) < 0) return -1;
  total = mmap(NULL, sizeof *total, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (total == MAP_FAILED) return -1;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  return 0;
}
