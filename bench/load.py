"""The load, the reference relay and the meters that every exchange is measured by."""

import contextlib
import json
import os
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
# All below the range that Linux gives out by itself.
PHONES, REFERENCE_PHONES, REFERENCE_RELAY, CODED_PHONES = 20000, 22000, 24000, 25000


def take_priority():
    """Real-time priority for this process and all that it starts, reference and exchanges alike, so that latency is
    theirs and not that of whatever else the machine does."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        return True
    return False


def enter_namespace():
    """Goes on in a network of its own where that is permitted, so that the kernel's packet rules are nobody else's;
    returns whether it is."""
    if os.environ.get("SOTTO_BENCH_INSIDE"):
        return True
    inside = ["unshare", "--net"]
    if subprocess.run(inside + ["ip", "link", "set", "lo", "up"], capture_output=True).returncode != 0:
        return False
    os.environ["SOTTO_BENCH_INSIDE"] = "1"
    os.execvp("unshare", inside + ["sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable] + sys.argv)


def compile_tools(folder):
    for name, libraries in ("relay", []), ("phones", ["-lopus", "-lsrtp2", "-lm"]):
        subprocess.run(
            ["cc", "-O2", "-D_GNU_SOURCE", "-Wall", "-Werror", "-o", f"{folder}/{name}", f"{FOLDER}/{name}.c", *libraries],
            check=True)


def family(pids):
    """Processes and all that they started."""
    for pid in pids:
        yield pid
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                yield from family(map(int, file.read().split()))


def cpu_microseconds(pids):
    """Processor time of all threads of processes and of those they started, by the scheduler's own count."""
    total = 0
    for process in family(pids):
        for task in os.listdir(f"/proc/{process}/task"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                with open(f"/proc/{process}/task/{task}/schedstat") as file:
                    total += int(file.read().split()[0])
    return total / 1000


def resident_megabytes(pids):
    """What processes and those they started hold in memory, pages that they share counted once."""
    total = 0
    for process in family(pids):
        with open(f"/proc/{process}/smaps_rollup") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    return total / 1024


def talk(tools, lines, seconds, pids=(), codecs=(), spoken=0):
    """Lets the phones of these lines talk; returns what they saw and what it cost the processes. Encrypted ones go on from
    where they were: `spoken` is for how many seconds they did so far."""
    phones = subprocess.Popen(
        [f"{tools}/phones", str(seconds), *(codecs or [str(50 * spoken)])], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    phones.stdin.write("".join(" ".join(map(str, line)) + "\n" for line in lines) + "\n")
    phones.stdin.flush()
    if phones.stdout.readline() != "ready\n":
        sys.exit("bench: the phones found their ports taken; end what runs on ports 20000-27999")
    before = cpu_microseconds(pids)
    phones.stdin.write("go\n")
    phones.stdin.flush()
    result = json.loads(phones.stdout.readline())
    result["cpu_us"] = (cpu_microseconds(pids) - before) / result["sent"]
    result["loss_percent"] = 100 * (1 - result["received"] / result["sent"])
    # What the kernel does with a packet on loopback it does on the sender's time.
    usage = os.wait4(phones.pid, 0)[2]
    phones.returncode = 0
    result["all_us"] = result["cpu_us"] + (usage.ru_utime + usage.ru_stime) * 1e6 / result["sent"]
    return result


def reference_round(tools, calls, seconds):
    ports = [REFERENCE_RELAY, REFERENCE_RELAY + 1, REFERENCE_PHONES, REFERENCE_PHONES + 1]
    process = subprocess.Popen(
        [f"{tools}/relay", str(calls), *map(str, ports)], stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout.readline() != "ready\n":
            sys.exit("bench: the reference relay found its ports taken; end what runs on ports 24000-24999")
        # Side a of the relay has even ports, side b odd ones.
        lines = [tuple(base + 2 * i for base in (ports[2], ports[0], ports[3], ports[1])) for i in range(calls)]
        return talk(tools, lines, seconds, [process.pid])
    finally:
        process.kill()
        process.wait()


def frame_microseconds(binary, frames=100_000):
    """Processor time in which sotto seals and opens a frame of end-to-end security."""
    def spent(count):
        process = subprocess.Popen([binary, "selftest", "--frames", str(count)], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit("bench: sotto selftest --frames failed")
        return (usage.ru_utime + usage.ru_stime) * 1e6

    return (spent(frames) - spent(1)) / (frames - 1)
