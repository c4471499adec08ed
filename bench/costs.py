#!/usr/bin/python3
"""What does not change from hour to hour: instructions and allocations of a packet, a registration and a call.
bench/costs.py BINARY [ARM-BINARY] [--write]

Runs the binary, which must have its symbols, under callgrind with phones on loopback, and compares what it counted with
bench/costs.json; exits 1 where it costs more than a tenth above what stands there, or allocates where it should not.
With --write the file becomes what was counted. The instructions of the binary for ARM are counted by a plugin of QEMU 7.2
on a Cortex-A7, as the boards have, and what is encrypted alone: the rest is the same work.
"""

import ctypes
import glob
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from exchange import Sotto, SottoEncrypting
from load import FOLDER, PHONES, compile_tools, enter_namespace, talk
from sip import SUITES, Phone

THRESHOLDS = f"{FOLDER}/costs.json"
SLACK = 1.1
# What happens by the second is counted beside the packets, more of it on a slow day. One for each packet would be 1.
MORE_ALLOCATIONS = 0.2
TIMES = 50
# Few and short, for callgrind is some fifty times slower than the processor.
CALLS, SECONDS = 1, 5
CODECS = [("PCMU", "PCMU"), ("PCMU", "PCMA"), ("PCMU", "G722"), ("PCMU", "opus")]
ENCRYPTIONS = {f"packet {suite}, {legs}": suites for suite in SUITES
               for legs, suites in (("one leg", (suite, None)), ("both legs", (suite, suite)))}
FRAMES = 1000
SECONDS_CLEANED = 5
EMULATOR = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")) + "/sotto/qemu-7.2"
ALLOCATORS = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"}


class Counted(Sotto):
    patience = 1

    def run(self, command, redirection="", **options):
        self.dumps = f"{os.path.dirname(self.log.name)}/counts"
        command = ["sh", "-c", f'exec "$0" "$@" {redirection}', "valgrind", "--tool=callgrind", "--quiet",
                   f"--callgrind-out-file={self.dumps}", *command]
        self.processes.append(
            subprocess.Popen(command, stdout=self.log, stderr=self.log, preexec_fn=refuse_uring, **options))

    def count(self, times, action):
        """Instructions and allocations of one of so many."""
        self.control("--zero")
        action()
        before = self.dumped()
        self.control("--dump")
        new = self.dumped() - before
        if len(new) != 1:
            self.fail(f"left {len(new)} dumps of callgrind, 1 was expected")
        instructions, allocations = totals(new.pop())
        return {"instructions": round(instructions / times), "allocations": round(allocations / times, 2)}

    def dumped(self):
        return set(glob.glob(f"{self.dumps}.*"))

    def control(self, what):
        subprocess.run(["callgrind_control", what, str(self.pids[0])], check=True, capture_output=True)


class CountedEncrypting(Counted, SottoEncrypting):
    pass


class Emulated(SottoEncrypting):
    """A binary for ARM, whose instructions QEMU counts."""

    name = "emulated sotto"
    patience = 1

    def run(self, command):
        self.total = f"{os.path.dirname(self.log.name)}/total"
        super().run([*counting(self.total), *command])

    def count(self, times, action):
        before = counted(self.total)
        action()
        return {"instructions": round((counted(self.total) - before) / times)}


def counting(total):
    """The words before a program for ARM that has its instructions counted."""
    open(total, "w").close()
    return [f"{EMULATOR}/usr/bin/qemu-arm", "-cpu", "cortex-a7", "-plugin", f"{EMULATOR}/count.so,into={total}"]


def counted(total):
    with open(total, "rb") as file:
        return int.from_bytes(file.read(8), sys.byteorder)


def has_counter(binary):
    """Whether there is a QEMU that counts. It must take plugins, which a static one does not, as Debian 13 and the backports
    of 12 have it; so that of Debian 12 is kept in the cache, and nothing is installed."""
    if not os.path.exists(f"{EMULATOR}/usr/bin/qemu-arm"):
        known = subprocess.run(["apt-cache", "madison", "qemu-user"], capture_output=True, text=True).stdout
        version = next((line.split("|")[1].strip() for line in known.splitlines() if "1:7.2" in line), None)
        if not version:
            return False
        os.makedirs(EMULATOR, exist_ok=True)
        fetch = f'apt-get -q download "qemu-user={version}" && dpkg -x qemu-user_*.deb . && rm qemu-user_*.deb'
        if subprocess.run(["sh", "-c", fetch], cwd=EMULATOR, capture_output=True).returncode != 0:
            return False
    subprocess.run(["cc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", f"{EMULATOR}/count.so", f"{FOLDER}/count.c"],
                   check=True)
    # It may lack a library.
    return subprocess.run([*counting(f"{EMULATOR}/total"), binary, "version"], capture_output=True).returncode == 0


class CountedSupervised(Counted):
    """It has the calls in its checkpoint before it says a word. This program is its supervisor: valgrind cannot follow
    sotto's own, which starts /proc/self/exe."""

    name = "supervised sotto"

    def run(self, command):
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        here.send(b"E")  # There are no sockets of another process.
        threading.Thread(target=take_sockets, args=(here,), daemon=True).start()
        super().run(command, f"3<&{there.fileno()}", pass_fds=[there.fileno()],
                    env={**os.environ, "SOTTO_SUPERVISED": "go-on"})
        there.close()


def take_sockets(channel):
    while (received := socket.recv_fds(channel, 8192, 64))[0]:
        for descriptor in received[1]:
            os.close(descriptor)


def refuse_uring():
    """Valgrind waits for ever in io_uring_enter with its lock held, so sotto is to use epoll (seccomp(2))."""
    load, jump, end, setup, allow, refuse = 0x20, 0x15, 0x06, 425, 0x7fff0000, 0x00050001
    rules = [(load, 0, 0, 0), (jump, 0, 1, setup), (end, 0, 0, refuse), (end, 0, 0, allow)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    program = ctypes.create_string_buffer(struct.pack("H6xQ", len(rules), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    if libc.prctl(no_new_privileges, 1, 0, 0, 0) or libc.prctl(set_seccomp, filter_mode, program):
        raise OSError(ctypes.get_errno(), "prctl")


def totals(path):
    """Instructions, and calls of what allocates, in a file of callgrind's."""
    names, instructions, allocations, called = {}, 0, 0, None
    with open(path) as file:
        lines = file.readlines()
    for line in lines:
        if found := re.match(r"(c?fn)=\((\d+)\)(?: (.*))?", line):
            kind, number, name = found.groups()
            if name:
                names[number] = name.split("'")[0]
            called = names[number] if kind == "cfn" else None
        elif line.startswith("calls=") and called in ALLOCATORS:
            allocations += int(line[6:].split()[0])
        elif line.startswith(("totals:", "summary:")):
            instructions = int(line.split()[1])
    return instructions, allocations


def measure(binary, arm, folder):
    compile_tools(folder)
    Phone.patience = 10  # what counts takes its time
    counts = {}
    for kind, words in (CountedSupervised, ", supervised"), (Counted, ""):
        exchange = kind(binary, f"{folder}/{kind.__name__}", CALLS)
        try:
            # The first of each makes what all use.
            exchange.callee.register()
            exchange.caller.register()
            counts[f"REGISTER{words}"] = exchange.count(
                TIMES, lambda: [exchange.caller.register() for _ in range(TIMES)])
            exchange.calls(1, PHONES + 800)
            counts[f"call set-up{words}"] = exchange.count(TIMES, lambda: exchange.calls(TIMES, PHONES + 1000))
            if kind is Counted:
                counts.update(packets(exchange, folder))
        finally:
            exchange.stop()
    counts.update(encrypted(CountedEncrypting, binary, folder))
    counts["SFrame, a frame"] = each(binary, folder, "--frames", FRAMES)
    counts["echo and noise, a second"] = each(binary, folder, "--clean", SECONDS_CLEANED)
    if arm:
        kinds = {"packet PCMU → PCMU": (None, None), **ENCRYPTIONS}
        counts.update({f"{name}, ARM": count for name, count in encrypted(Emulated, arm, folder, kinds).items()})
        counts["SFrame, a frame, ARM"] = each(arm, folder, "--frames", FRAMES, emulated=True)
        counts["echo and noise, a second, ARM"] = each(arm, folder, "--clean", SECONDS_CLEANED, emulated=True)
    return counts


def packets(exchange, folder):
    counts = {}
    for n, codecs in enumerate(CODECS):
        lines = exchange.calls(CALLS, PHONES + 100 * n, codecs)[1]
        given = () if codecs[0] == codecs[1] else codecs
        counts[f"packet {codecs[0]} → {codecs[1]}"] = packet(exchange, folder, lines, given)
    return counts


def packet(exchange, folder, lines, codecs=()):
    talk(folder, lines, 1, codecs=codecs)
    sent = CALLS * 2 * 50 * SECONDS
    seen = []
    count = exchange.count(sent, lambda: seen.append(talk(folder, lines, SECONDS, codecs=codecs, spoken=1)))
    if seen[0]["sent"] < 0.9 * sent or seen[0]["loss_percent"] > 5:
        exchange.fail(f"relayed too little: {seen[0]}")
    return count


def encrypted(kind, binary, folder, encryptions=ENCRYPTIONS):
    """A packet that is encrypted on one leg or both."""
    exchange = kind(binary, f"{folder}/{kind.__name__}", CALLS)
    try:
        exchange.callee.register()
        exchange.caller.register()
        counts = {}
        for n, (name, suites) in enumerate(encryptions.items()):
            counts[name] = packet(exchange, folder, exchange.calls(CALLS, PHONES + 100 * n, suites=suites)[1])
        return counts
    finally:
        exchange.stop()


def each(binary, folder, option, many, emulated=False):
    """What the self-test does so many times, as `option` says: what more of it cost than one."""
    found = []
    for count in (1, 1 + many):
        command = [binary, "selftest", option, str(count)]
        if emulated:
            subprocess.run([*counting(f"{folder}/total"), *command], check=True, stdout=subprocess.DEVNULL)
            found.append([counted(f"{folder}/total")])
        else:
            subprocess.run(["valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={folder}/frames", *command],
                           check=True, stdout=subprocess.DEVNULL)
            found.append(totals(f"{folder}/frames"))
    instructions, *allocations = ((b - a) / many for a, b in zip(*found))
    return {"instructions": round(instructions), **{"allocations": max(0, round(count, 2)) for count in allocations}}


def main():
    options = sys.argv[1:]
    writes = "--write" in options
    binary, *arm = (word for word in options if word != "--write")
    if arm and not has_counter(*arm):
        print("SKIPPED: what the binary for ARM costs, for no qemu-arm that takes plugins can be had")
        arm = []
    enter_namespace()
    with tempfile.TemporaryDirectory(prefix="sotto-costs-") as folder:
        # Valgrind takes the compiler's debug information for a damaged file.
        subprocess.run(["objcopy", "--strip-debug", binary, f"{folder}/binary"], check=True)
        counts = measure(f"{folder}/binary", *arm or [None], folder)
    with open(THRESHOLDS) as file:
        thresholds = json.load(file)
    if writes:
        thresholds.update(counts)
        with open(THRESHOLDS, "w") as file:
            json.dump(thresholds, file, indent=1, ensure_ascii=False)
            file.write("\n")
    passed = 0
    for name, count in counts.items():
        limit = thresholds[name]
        good = (count["instructions"] <= SLACK * limit["instructions"]
                and count.get("allocations", 0) <= SLACK * limit.get("allocations", 0) + MORE_ALLOCATIONS)
        passed += good
        print(f"{'ok' if good else 'FAIL'} {name}: {said(count)} (last: {said(limit)})")
    print(f"{passed} passed, {len(counts) - passed} failed")
    return 0 if passed == len(counts) else 1


def said(count):
    return ", ".join(f"{number} {what}" for what, number in count.items())


sys.exit(main())
