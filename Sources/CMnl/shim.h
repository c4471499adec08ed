// libmnl writes and reads netlink messages; the rest are the kernel's numbers for nf_tables.
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

// What Swift does not import: sums of other macros, and two numbers of linux/netfilter.h, which clashes with glibc.
enum {
  CMNL_BATCH_BEGIN = NFNL_MSG_BATCH_BEGIN,
  CMNL_BATCH_END = NFNL_MSG_BATCH_END,
  CMNL_NF_TABLES = NFNL_SUBSYS_NFTABLES,
  CMNL_DUMP = NLM_F_DUMP,
  CMNL_PREROUTING = 0,
  CMNL_DROP = 0,
  CMNL_NETFILTER = NETLINK_NETFILTER,
  CMNL_CLOSE_ON_EXEC = SOCK_CLOEXEC,
};
