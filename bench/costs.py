#!/usr/bin/python3
"""What does not change from hour to hour: instructions and allocations of a packet, a registration and a call.
bench/costs.py BINARY [--write]

Runs the binary, which must have its symbols, under callgrind with phones on loopback, and compares what it counted with
bench/costs.json; exits 1 where it costs more than a tenth above what stands there, or allocates where it should not.
With --write the file becomes what was counted.
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

from exchange import Sotto
from load import FOLDER, PHONES, compile_tools, enter_namespace, talk

THRESHOLDS = f"{FOLDER}/costs.json"
SLACK = 1.1
# What happens by the second is counted beside the packets, more of it on a slow day. One for each packet would be 1.
MORE_ALLOCATIONS = 0.2
TIMES = 50
# Few and short, for callgrind is some fifty times slower than the processor.
CALLS, SECONDS = 1, 5
CODECS = [("PCMU", "PCMU"), ("PCMU", "PCMA"), ("PCMU", "G722"), ("PCMU", "opus")]
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
        with open(new.pop()) as file:
            instructions, allocations = totals(file)
        return {"instructions": round(instructions / times), "allocations": round(allocations / times, 2)}

    def dumped(self):
        return set(glob.glob(f"{self.dumps}.*"))

    def control(self, what):
        subprocess.run(["callgrind_control", what, str(self.pids[0])], check=True, capture_output=True)


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


def totals(file):
    """Instructions, and calls of what allocates, in a file of callgrind's."""
    names, instructions, allocations, called = {}, 0, 0, None
    for line in file:
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


def measure(binary, folder):
    compile_tools(folder)
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
    return counts


def packets(exchange, folder):
    counts = {}
    for n, codecs in enumerate(CODECS):
        lines = exchange.calls(CALLS, PHONES + 100 * n, codecs)[1]
        given = () if codecs[0] == codecs[1] else codecs
        talk(folder, lines, 1, codecs=given)
        sent = CALLS * 2 * 50 * SECONDS
        seen = []
        counts[f"packet {codecs[0]} → {codecs[1]}"] = exchange.count(
            sent, lambda: seen.append(talk(folder, lines, SECONDS, codecs=given)))
        if seen[0]["sent"] < 0.9 * sent or seen[0]["loss_percent"] > 5:
            exchange.fail(f"relayed too little: {seen[0]}")
    return counts


def main():
    binary, *options = sys.argv[1:]
    enter_namespace()
    with tempfile.TemporaryDirectory(prefix="sotto-costs-") as folder:
        # Valgrind takes the compiler's debug information for a damaged file.
        subprocess.run(["objcopy", "--strip-debug", binary, f"{folder}/binary"], check=True)
        counts = measure(f"{folder}/binary", folder)
    if options == ["--write"]:
        with open(THRESHOLDS, "w") as file:
            json.dump(counts, file, indent=1, ensure_ascii=False)
            file.write("\n")
    with open(THRESHOLDS) as file:
        thresholds = json.load(file)
    passed = 0
    for name, count in counts.items():
        limit = thresholds[name]
        good = (count["instructions"] <= SLACK * limit["instructions"]
                and count["allocations"] <= SLACK * limit["allocations"] + MORE_ALLOCATIONS)
        passed += good
        print(f"{'ok' if good else 'FAIL'} {name}: {count['instructions']} instructions, {count['allocations']} allocations"
              f" (last: {limit['instructions']}, {limit['allocations']})")
    print(f"{passed} passed, {len(counts) - passed} failed")
    return 0 if passed == len(counts) else 1


sys.exit(main())
