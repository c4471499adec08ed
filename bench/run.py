#!/usr/bin/python3
"""What a packet, a registration and a call cost:
bench/run.py BINARY [--calls N] [--rounds N] [--seconds N] [--json FILE] [--peers FOLDER]

Runs a reference relay in C, sotto, and sotto with its relay helper in turn on the same load, all on loopback, several
times over, so that what else the machine does falls on all. Figures are medians of the rounds. With the folder that
peers/fetch made, Asterisk and Kamailio with rtpengine get the same load in the same turns.
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import sys
import tempfile
import time

from exchange import Sotto, SottoEncrypting, SottoKernel
from load import (
    CODED_PHONES, PHONES, REFERENCE_PHONES, compile_tools, enter_namespace, frame_microseconds, reference_round,
    take_priority, talk)
from sip import SUITES

REGISTRATIONS = 500
# What is converted into what, by as many calls, and the CPU µs a packet that we aim at.
CONVERSIONS = {("PCMU", "PCMA"): "1.2 × reference", ("PCMU", "G722"): "≤ 25", ("PCMU", "opus"): "≤ 100"}
# The suites of the two legs, and what we aim at beside the reference.
ENCRYPTIONS = {legs: aim for suite in SUITES for legs, aim in (((suite, None), "≤ 1.3"), ((suite, suite), "≤ 1.6"))}


def main():
    parser = argparse.ArgumentParser(description="measure sotto against a reference relay")
    parser.add_argument("binary")
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--json", default="build/bench.json")
    parser.add_argument("--peers", help="a Debian with other exchanges, made by peers/fetch")
    options = parser.parse_args()
    if not 1 <= options.calls <= 200:
        sys.exit("bench: --calls takes 1 to 200")
    binary = os.path.abspath(options.binary)
    inside = enter_namespace()
    with tempfile.TemporaryDirectory(prefix="sotto-bench-") as folder, contextlib.ExitStack() as running:
        compile_tools(folder)
        realtime = take_priority()

        def started(kind, *words):
            exchange = kind(*words, f"{folder}/{kind.name}", options.calls)
            running.callback(exchange.stop)
            return exchange

        exchanges = [started(Sotto, binary)]
        encrypting = started(SottoEncrypting, binary)
        if inside:
            exchanges.append(started(SottoKernel, binary))
        else:
            print("bench: no network namespace is permitted here, so the relay in the kernel is left out")
        if options.peers:
            from peers import PEERS
            exchanges += [started(kind, options.peers) for kind in PEERS]
        report = measure(exchanges, folder, options)
        report["sotto"].update(encrypt(encrypting, folder, options, report["all_rounds"]))
    report["realtime"] = realtime
    report["binary_mb"] = os.path.getsize(binary) / 1e6
    write(report, options.json)


def measure(exchanges, folder, options):
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Linux {platform.release()}",
        "calls": options.calls, "rounds": options.rounds, "load_average": os.getloadavg()[0]}
    time.sleep(1)
    lines, rounds = {}, {"direct": [], "reference": []}
    for exchange in exchanges:
        with complaining(exchange):
            idle = exchange.resident()
            exchange.callee.register()
            register = exchange.cost(REGISTRATIONS, lambda _: exchange.caller.register())
            call, lines[exchange.name] = exchange.calls(options.calls)
        rounds[exchange.name] = []
        report[exchange.name] = {
            "start_seconds": exchange.start_seconds, "rss_idle_mb": idle, "register_cpu_ms": register,
            "call_setup_cpu_ms": call}
        # Before there are calls that are converted; and the kernel takes a stream once it was heard for a while.
        talk(folder, lines[exchange.name], 1)
        report[exchange.name]["rss_calls_mb"] = exchange.resident()
    direct = [(a, b, b, a) for a, b in ((REFERENCE_PHONES + 2 * i, REFERENCE_PHONES + 2 * i + 1)
                                        for i in range(options.calls))]
    for _ in range(options.rounds):
        rounds["direct"].append(talk(folder, direct, 1))
        rounds["reference"].append(reference_round(folder, options.calls, options.seconds))
        for exchange in exchanges:
            rounds[exchange.name].append(
                talk(folder, lines[exchange.name], options.seconds, exchange.pids))
    coded = convert(exchanges, folder, options, rounds)

    def median(who, what):
        return statistics.median(r[what] for r in rounds[who])

    for exchange in exchanges:
        report[exchange.name]["ratio"] = statistics.median(
            s["cpu_us"] / r["cpu_us"] for s, r in zip(rounds[exchange.name], rounds["reference"]))
    for who in ["reference"] + [exchange.name for exchange in exchanges]:
        report.setdefault(who, {}).update({
            "cpu_us_per_packet": median(who, "cpu_us"),
            "all_us_per_packet": median(who, "all_us") - median("direct", "all_us"),
            "loss_percent": median(who, "loss_percent"),
            "added_p50_us": median(who, "p50_us") - median("direct", "p50_us"),
            "added_p99_us": median(who, "p99_us") - median("direct", "p99_us")})
    for exchange, codecs in coded:
        report[exchange.name]["-".join(codecs)] = median(f"{exchange.name} {'-'.join(codecs)}", "cpu_us")
        report[exchange.name]["loss " + "-".join(codecs)] = median(
            f"{exchange.name} {'-'.join(codecs)}", "loss_percent")
    for exchange in exchanges:
        report[exchange.name]["all_ratio"] = (
            report[exchange.name]["all_us_per_packet"] / report["reference"]["all_us_per_packet"])
    report["all_rounds"] = rounds
    return report


def convert(exchanges, folder, options, rounds):
    """The conversions, after the rest: an exchange may end calls that were silent for a minute."""
    coded = {}
    for exchange in exchanges:
        for n, codecs in enumerate(CONVERSIONS if exchange.converts else ()):
            base = CODED_PHONES + 4 * options.calls * n
            with complaining(exchange):
                coded[exchange, codecs] = exchange.calls(options.calls, base, codecs)[1]
            rounds[f"{exchange.name} {'-'.join(codecs)}"] = []
    for _ in range(options.rounds):
        for (exchange, codecs), lines in coded.items():
            rounds[f"{exchange.name} {'-'.join(codecs)}"].append(
                talk(folder, lines, min(options.seconds, 3), exchange.pids, codecs))
    return coded


def encrypt(exchange, folder, options, rounds):
    """SRTP and frames of end-to-end security, each round beside the reference in the same moment."""
    figures, lines = {}, {}
    with complaining(exchange):
        exchange.callee.register()
        exchange.caller.register()
        for n, suites in enumerate(ENCRYPTIONS):
            lines[suites] = exchange.calls(options.calls, PHONES + 4 * options.calls * n, suites=suites)[1]
            talk(folder, lines[suites], 1)
    names = [encryption_name(suites) for suites in lines] + ["frame"]
    found = {name: [] for name in ["reference", *names]}
    for n in range(options.rounds):
        found["reference"].append(reference_round(folder, options.calls, options.seconds))
        for suites, calls in lines.items():
            found[encryption_name(suites)].append(
                talk(folder, calls, options.seconds, exchange.pids, spoken=1 + n * options.seconds))
        found["frame"].append({"cpu_us": frame_microseconds(exchange.binary)})
    for name in names:
        figures[name] = statistics.median(r["cpu_us"] for r in found[name])
        figures[f"ratio {name}"] = statistics.median(
            r["cpu_us"] / reference["cpu_us"] for r, reference in zip(found[name], found["reference"]))
        if name != "frame":
            figures[f"loss {name}"] = statistics.median(r["loss_percent"] for r in found[name])
    rounds.update({f"encrypted {name}": values for name, values in found.items()})
    return figures


def encryption_name(suites):
    return f"{suites[0]} on {'one leg' if suites[1] is None else 'both legs'}"


@contextlib.contextmanager
def complaining(exchange):
    """What goes wrong is explained by the exchange's own log."""
    try:
        yield
    except (TimeoutError, RuntimeError) as error:
        exchange.fail(str(error))


ROWS = (  # title, key, form, what we aim at
    ("CPU µs a packet", "cpu_us_per_packet", ".2f", ""), ("  beside the reference", "ratio", ".2f", "≤ 1.0"),
    ("all CPU beyond a direct call", "all_us_per_packet", ".2f", ""),
    ("  beside the reference", "all_ratio", ".2f", "kernel ≤ 0.5"),
    ("added latency p50 µs", "added_p50_us", ".0f", "the reference"),
    ("added latency p99 µs", "added_p99_us", ".0f", "the reference"), ("loss %", "loss_percent", ".3f", "0"),
    *(row for (a, b), aim in CONVERSIONS.items() for row in (
        (f"{a} ↔ {b}, CPU µs a packet", f"{a}-{b}", ".1f", aim), ("  loss %", f"loss {a}-{b}", ".1f", "0"))),
    *(row for suites, aim in ENCRYPTIONS.items() for name in [encryption_name(suites)] for row in (
        (name, name, ".2f", ""), ("  beside the reference", f"ratio {name}", ".2f", aim),
        ("  loss %", f"loss {name}", ".1f", "0"))),
    ("SFrame, sealed and opened, a frame", "frame", ".2f", ""), ("  beside the reference", "ratio frame", ".2f", ""),
    ("REGISTER, CPU ms", "register_cpu_ms", ".3f", "≤ 0.05"),
    ("call set-up, CPU ms", "call_setup_cpu_ms", ".2f", "≤ 0.35"), ("memory idle, MB", "rss_idle_mb", ".1f", "≤ 8"),
    ("memory with the calls, MB", "rss_calls_mb", ".1f", "≤ 12"),
    ("start to first answer, s", "start_seconds", ".3f", "≤ 0.05"))


def write(report, path):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as file:
        json.dump(report, file, indent=1)
    print(f"{report['machine']}, load {report['load_average']:.1f}, "
          f"{'real-time' if report['realtime'] else 'ordinary'} priority; "
          f"{report['calls']} calls, {report['rounds']} rounds in turn")
    names = [name for name in report["all_rounds"] if name in report]
    print(f"{'':40}" + "".join(f"{name:>12}" for name in names) + f"{'aim':>16}")
    for title, key, form, aim in ROWS:
        figures = (f"{report[name][key]:{form}}" if key in report[name] else "" for name in names)
        print(f"{title:40}" + "".join(f"{figure:>12}" for figure in figures) + f"{aim:>16}")
    print(f"sotto's binary: {report['binary_mb']:.1f} MB")


main()
