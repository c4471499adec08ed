#!/usr/bin/python3
"""What a packet, a registration and a call cost: bench/run.py BINARY [--calls N] [--rounds N] [--seconds N] [--json FILE]

Runs a reference relay in C and sotto in turn on the same load, all on loopback, several times over, so that what else
the machine does falls on both. Figures are medians of the rounds.
"""

import argparse
import contextlib
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from sip import HOST, Phone

FOLDER = os.path.dirname(os.path.abspath(__file__))
DOMAIN = "bench.lan"
# All below the range that Linux gives out by itself.
SIP_PORT, MEDIA_FIRST = 15060, 28000
SOTTO_PHONES, REFERENCE_PHONES, REFERENCE_RELAY = 20000, 22000, 24000


def take_priority():
    """Real-time priority for this process and all that it starts, reference and sotto alike, so that latency is theirs
    and not that of whatever else the machine does."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        return True
    return False


def compile_tools(folder):
    for name in ("relay", "phones"):
        subprocess.run(
            ["cc", "-O2", "-D_GNU_SOURCE", "-Wall", "-Werror", "-o", f"{folder}/{name}", f"{FOLDER}/{name}.c"],
            check=True)


def cpu_microseconds(pid):
    """Processor time of all threads, by the scheduler's own count."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as file:
            total += int(file.read().split()[0])
    return total / 1000


def resident_megabytes(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def talk(tools, lines, seconds, pid=None):
    """Lets the phones of these lines talk; returns what they saw and what it cost the process."""
    phones = subprocess.Popen(
        [f"{tools}/phones", str(seconds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    phones.stdin.write("".join("%d %d %d %d\n" % line for line in lines) + "\n")
    phones.stdin.flush()
    if phones.stdout.readline() != "ready\n":
        sys.exit("bench: the phones found their ports taken; end what runs on ports 20000-24999")
    before = cpu_microseconds(pid) if pid else 0
    phones.stdin.write("go\n")
    phones.stdin.flush()
    result = json.loads(phones.stdout.readline())
    result["cpu_us"] = (cpu_microseconds(pid) - before) / result["sent"] if pid else None
    result["loss_percent"] = 100 * (1 - result["received"] / result["sent"])
    phones.wait()
    return result


class Sotto:
    def __init__(self, binary, folder, calls):
        last = MEDIA_FIRST + 4 * calls + 199
        with open(f"{folder}/sotto.yaml", "w") as file:
            file.write(
                f"domain: {DOMAIN}\nsip: {{listen: ['udp://{HOST}:{SIP_PORT}']}}\n"
                f"media: {{ports: {MEDIA_FIRST}-{last}}}\nextensions:\n"
                '  "1001": {password: bench-one-1}\n  "1002": {password: bench-two-2}\n')
        self.caller, self.callee = (
            Phone(number, word, SIP_PORT, DOMAIN) for number, word in (("1001", "bench-one-1"), ("1002", "bench-two-2")))
        self.log = open(f"{folder}/log", "w+")
        start = time.monotonic()
        self.process = subprocess.Popen(
            [binary, "serve", "--config", f"{folder}/sotto.yaml", "--control", f"{folder}/control"], stderr=self.log)
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                if self.caller.options(0.002):
                    break
            if self.process.poll() is not None or time.monotonic() - start > 5:
                self.fail("did not answer OPTIONS")
        self.start_seconds = time.monotonic() - start
        # What was asked in vain before it listened may be answered yet.
        while self.caller.receive(0.05):
            pass

    def fail(self, what):
        self.log.seek(0)
        sys.exit(f"bench: sotto {what}\n{self.log.read()}")

    def cost(self, times, action):
        """Processor milliseconds of one of so many."""
        before = cpu_microseconds(self.process.pid)
        for i in range(times):
            action(i)
        return (cpu_microseconds(self.process.pid) - before) / times / 1000

    def resident(self):
        return resident_megabytes(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def reference_round(tools, calls, seconds):
    ports = [REFERENCE_RELAY, REFERENCE_RELAY + 1, REFERENCE_PHONES, REFERENCE_PHONES + 1]
    process = subprocess.Popen(
        [f"{tools}/relay", str(calls), *map(str, ports)], stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout.readline() != "ready\n":
            sys.exit("bench: the reference relay found its ports taken; end what runs on ports 24000-24999")
        # Side a of the relay has even ports, side b odd ones.
        lines = [tuple(base + 2 * i for base in (ports[2], ports[0], ports[3], ports[1])) for i in range(calls)]
        return talk(tools, lines, seconds, process.pid)
    finally:
        process.kill()
        process.wait()


def main():
    parser = argparse.ArgumentParser(description="measure sotto against a reference relay")
    parser.add_argument("binary")
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--json", default="build/bench.json")
    options = parser.parse_args()
    if not 1 <= options.calls <= 450:
        sys.exit("bench: --calls takes 1 to 450")
    binary = os.path.abspath(options.binary)
    with tempfile.TemporaryDirectory(prefix="sotto-bench-") as folder:
        compile_tools(folder)
        realtime = take_priority()
        sotto = Sotto(binary, folder, options.calls)
        try:
            report = measure(sotto, folder, options)
        except (TimeoutError, RuntimeError) as error:
            sotto.fail(str(error))
        finally:
            sotto.stop()
    report["realtime"] = realtime
    report["binary_mb"] = os.path.getsize(binary) / 1e6
    write(report, options.json)


def measure(sotto, folder, options):
    calls = options.calls
    time.sleep(1)
    idle = sotto.resident()
    sotto.callee.register()
    register_ms = sotto.cost(200, lambda _: sotto.caller.register())
    lines = []

    def call(i):
        caller_port, callee_port = SOTTO_PHONES + 4 * i, SOTTO_PHONES + 4 * i + 2
        told = sotto.caller.call(sotto.callee, caller_port, callee_port)
        lines.append((caller_port, told[0], callee_port, told[1]))

    call_ms = sotto.cost(calls, call)
    rounds = {"direct": [], "reference": [], "sotto": []}
    direct = [(a, b, b, a) for a, _, b, _ in ((REFERENCE_PHONES + 2 * i, 0, REFERENCE_PHONES + 2 * i + 1, 0)
                                               for i in range(calls))]
    for _ in range(options.rounds):
        rounds["direct"].append(talk(folder, direct, 1))
        rounds["reference"].append(reference_round(folder, calls, options.seconds))
        rounds["sotto"].append(talk(folder, lines, options.seconds, sotto.process.pid))

    def median(who, what):
        return statistics.median(r[what] for r in rounds[who])

    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Linux {platform.release()}",
        "calls": calls, "rounds": options.rounds,
        "load_average": os.getloadavg()[0],
        "ratio": statistics.median(
            s["cpu_us"] / r["cpu_us"] for s, r in zip(rounds["sotto"], rounds["reference"])),
        "register_cpu_ms": register_ms, "call_setup_cpu_ms": call_ms,
        "rss_idle_mb": idle, "rss_calls_mb": sotto.resident(), "start_seconds": sotto.start_seconds,
    }
    for who in ("reference", "sotto"):
        report[who] = {
            "cpu_us_per_packet": median(who, "cpu_us"), "loss_percent": median(who, "loss_percent"),
            "added_p50_us": median(who, "p50_us") - median("direct", "p50_us"),
            "added_p99_us": median(who, "p99_us") - median("direct", "p99_us")}
    report["all_rounds"] = rounds
    return report


def write(report, path):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as file:
        json.dump(report, file, indent=1)
    print(f"{report['machine']}, load {report['load_average']:.1f}, "
          f"{'real-time' if report['realtime'] else 'ordinary'} priority; "
          f"{report['calls']} calls, {report['rounds']} rounds in turn")
    print(f"{'relay':28}{'reference':>12}{'sotto':>12}")
    for title, key, form in (
            ("CPU µs a packet", "cpu_us_per_packet", ".2f"), ("added latency p50 µs", "added_p50_us", ".0f"),
            ("added latency p99 µs", "added_p99_us", ".0f"), ("loss %", "loss_percent", ".3f")):
        print(f"{title:28}{report['reference'][key]:>12{form}}{report['sotto'][key]:>12{form}}")
    print(f"{'sotto':28}{'measured':>12}{'aim':>12}")
    for title, key, form, aim in (
            ("ratio of CPU a packet", "ratio", ".2f", "≤ 1.2"), ("REGISTER, CPU ms", "register_cpu_ms", ".2f", ""),
            ("call set-up, CPU ms", "call_setup_cpu_ms", ".2f", ""), ("RSS idle, MB", "rss_idle_mb", ".1f", "≤ 8"),
            (f"RSS at {report['calls']} calls, MB", "rss_calls_mb", ".1f", "≤ 14"),
            ("start to first answer, s", "start_seconds", ".3f", "≤ 0.1"), ("binary, MB", "binary_mb", ".1f", "≤ 8")):
        print(f"{title:28}{report[key]:>12{form}}{aim:>12}")


main()
