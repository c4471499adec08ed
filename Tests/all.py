#!/usr/bin/python3
"""Every test of the project, in turn: python3 Tests/all.py [STEP…]

Each step's output goes to build/test/STEP.log; a step that fails does not keep later ones from running. The last line
counts every test: `N passed, N failed`, with `, N skipped` where something could not be tried. Exits 1 after a failure.
"""

import concurrent.futures
import glob
import json
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = f"{ROOT}/build/test"
BOARDS = ("cubieboard", "cubieboard2", "cubietruck", "rpi2")
EMULATED = ("rpi2", "cubieboard")
# The longest first, so that none is left to run by itself.
CHAPTERS = sorted(glob.glob(f"{ROOT}/Tests/EndToEnd/chapters/[a-z]*.py"), key=os.path.getsize, reverse=True)
CHAPTERS = ["soak"] + [name for name in (os.path.basename(path)[:-3] for path in CHAPTERS)
                       if name not in ("soak", "cards", "boards", "power", "slots", "load", "peers")]
BINARY = {name: f"{ROOT}/build/{name}/sotto" for name in ("x86_64", "armv7")}


CHILDREN = []
FAILURES = []  # lines that name a test that failed, said again at the end
FAILED = re.compile(r"\s*(failed +[0-9.]+ s |✘ Test (?!run)|FAIL|ERROR:|/.*: error: )")


class Counts:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = int(passed), int(failed), int(skipped)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def run(step, command, show=False):
    """Runs a command, its output into the step's log (and, with `show`, to the terminal); (exit status, output)."""
    lines = []
    with open(f"{LOGS}/{step}.log", "a", buffering=1) as log:
        child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, errors="replace")
        CHILDREN.append(child)
        for line in child.stdout:
            log.write(line)
            lines.append(line)
            if show:
                print(line, end="", flush=True)
        status = child.wait()
        CHILDREN.remove(child)
    FAILURES.extend(f"{step}: {line.strip()}" for line in lines if FAILED.match(line))
    return status, "".join(lines)


def stop(*_):
    """Ends what runs, at Ctrl-C too, and goes."""
    for child in CHILDREN:
        child.terminate()
    print("\ninterrupted", flush=True)
    os._exit(1)


def one(step, command):
    """A command that counts as one test."""
    status, text = run(step, command)
    if status != 0:
        print("\n".join("  | " + line for line in text.splitlines()[-25:]))
    return Counts(passed=status == 0, failed=status != 0)


def lint(step):
    return one(step, ["make", "-s", "lint"])


def build(step):
    return one(step, ["make", "-s", "-j2", "build"])  # both processors at once


def swift_test(step, *options):
    result = f"{LOGS}/{step}.xml"
    for old in glob.glob(f"{LOGS}/{step}*.xml"):
        os.remove(old)
    status, text = run(step, ["swift", "test", "--xunit-output", result, *options])
    counts = Counts()
    for file in glob.glob(f"{LOGS}/{step}*.xml"):
        for suite in xml.parse(file).getroot().iter("testsuite"):
            failed = int(suite.get("failures")) + int(suite.get("errors"))
            skipped = int(suite.get("skipped") or 0)
            counts.add(Counts(int(suite.get("tests")) - failed - skipped, failed, skipped))
    if status != 0 and counts.failed == 0:
        counts.failed = 1  # it did not compile, or crashed
    for line in text.splitlines():
        if re.search(r"^✘|: error:|^➜|Fatal error", line):
            print("  " + line)
    return counts


def unit(step):
    return swift_test(step, "--skip", "BuiltImageTests")  # the step `boards` runs them, with images


def fetch(step):
    """The fetching of packages against a small mirror on loopback that misbehaves."""
    status, text = run(step, [sys.executable, "Tests/cross/test_fetch.py", "-v"])
    counts = Counts(*(len(re.findall(rf"\.\.\. {word}", text)) for word in ("ok", "(?:FAIL|ERROR)", "skipped")))
    if status != 0:
        print("\n".join("  | " + line for line in text.splitlines()[-25:]))
        counts.failed = max(counts.failed, 1)
    return counts


def selftest(step):
    """The same vectors in both binaries that ship; their reports must be the same too. Published vectors in files are run
    here as well, for only these builds have ML-KEM."""
    counts, reports = Counts(), {}
    vectors = os.environ.get("SOTTO_VECTORS", "../shared/vectors")
    for name, emulator in (("x86_64", []), ("armv7", ["qemu-arm-static"])):
        reports[name] = ""
        for options in ([], ["--vectors", vectors]):
            if options and not os.path.isdir(vectors):
                print(f"  {name}: no published vectors in {vectors}, skipped")
                counts.add(Counts(skipped=1))
                continue
            status, text = run(step, [*emulator, BINARY[name], "selftest", *options])
            found = re.search(r"^(\d+) passed, (\d+) failed$", text, re.M)
            passed, failed = map(int, found.groups()) if found else (0, 0)
            print(f"  {name}{' vectors' if options else ''}: {passed} passed, {failed} failed, exit status {status}")
            if status != 0 or passed == 0:
                print("\n".join("  | " + line for line in text.splitlines()[-10:]))
                failed = max(failed, 1)
            counts.add(Counts(passed, failed))
            reports[name] += text
    alike = reports["x86_64"] == reports["armv7"]
    if not alike:
        print("  the two processors do not report the same")
    counts.add(Counts(passed=alike, failed=not alike))
    return counts


def smoke(step):
    """Start, reload, commands and end of both binaries, by a stranger on loopback."""
    counts = Counts()
    for name, emulator in (("x86_64", []), ("armv7", ["qemu-arm-static"])):
        status, text = run(step, [sys.executable, "Tests/Smoke/smoke.py", BINARY[name], *emulator])
        passed, failed = len(re.findall(r"^ok\b", text, re.M)), len(re.findall(r"^FAIL\b", text, re.M))
        print(f"  {name}: {passed} passed, {failed} failed, exit status {status}")
        if status != 0 or passed == 0:
            print("\n".join("  | " + line for line in text.splitlines()[-25:]))
            failed = max(failed, 1)
        counts.add(Counts(passed, failed))
    return counts


def costs(step):
    """Instructions and allocations of a packet, a registration and a call, of the binary that still has its names; of the
    one for ARM the instructions of what is encrypted."""
    status, text = run(step, ["bench/costs.py", f"{ROOT}/.build-x86_64/release/sotto", BINARY["armv7"]], show=True)
    found = re.search(r"^(\d+) passed, (\d+) failed$", text, re.M)
    return Counts(*found.groups(), skipped="SKIPPED" in text) if found else Counts(failed=1)


def end_to_end(step, *chapters, only="", show=True, binary=BINARY["x86_64"]):
    result = f"{LOGS}/{step}.json"
    if os.path.exists(result):
        os.remove(result)
    arguments = [word for chapter in chapters for word in ("--chapter", chapter)]
    _, text = run(step, ["Tests/EndToEnd/python", "Tests/EndToEnd", binary, "--result", result,
                         "--only", only, *arguments], show=show)
    if not show:
        print(text, end="")
    if not os.path.exists(result):
        print("  it ended without a result")
        return Counts(failed=1)
    with open(result) as file:
        return Counts(**json.load(file))


def calls(step):
    """Chapters mostly wait for phones, so four run at a time, each in a network of its own; the load runs alone."""
    run(step, ["Tests/EndToEnd/python", "-c", ""])  # its libraries are installed by one of the two
    run(step, ["swift", "build", "-q", "--product", "sotto-image"])  # makes the chapter container's image
    counts = Counts()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in pool.map(lambda chapter: end_to_end(f"{step}-{chapter}", chapter, show=False), CHAPTERS):
            counts.add(done)
    # The virtual card is a plug-in of alsa-lib's, which a static binary cannot load.
    counts.add(end_to_end(f"{step}-cards", "cards", binary=f"{ROOT}/.build/debug/sotto"))
    counts.add(end_to_end(f"{step}-load", "load"))
    return counts


def boards(step):
    """Every image looked at from outside, a call through each that an emulator boots from its card, updates, and a card
    that is damaged between starts; in a folder apart, to leave cards and sheets that people made."""
    counts = one(step, ["qemu/setup"])
    key = "build/test/keys/update.key"
    if not os.path.exists(f"{ROOT}/{key}"):
        run(step, ["swift", "run", "-q", "sotto-image", "keys", "new", os.path.dirname(key)])
    making = ["OUTPUT=build/test", f"KEY={key}"]
    for board in BOARDS:
        counts.add(one(step, ["make", "-s", "image", f"BOARD={board}", *making]))
        counts.add(one(step, [".build/debug/sotto-image", "check", f"build/test/images/sotto-{board}.img"]))
    counts.add(one(step, ["make", "-s", "bundle", "BOARD=cubieboard", *making]))
    os.environ["SOTTO_IMAGES"] = f"{ROOT}/build/test"
    counts.add(swift_test(step, "--filter", "BuiltImageTests"))
    # One boots while another is in its call.
    jobs = [(board, "boards", f"booted {board} image") for board in EMULATED]
    jobs += [("slots", "slots", ""), ("power", "power", "")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in pool.map(lambda job: end_to_end(f"{step}-{job[0]}", job[1], only=job[2]), jobs):
            counts.add(done)
    return counts


# Steps that mostly wait run beside one that mostly computes.
BESIDE = {"unit": ["fetch"], "smoke": ["costs"], "calls": ["boards"]}
STEPS = {"lint": lint, "unit": unit, "fetch": fetch, "build": build, "selftest": selftest, "smoke": smoke,
         "costs": costs, "calls": calls, "boards": boards}


def groups(wanted):
    """The steps in their order, those together that run side by side."""
    left = list(wanted)
    while left:
        beside = [name for name in BESIDE.get(left[0], []) if name in left]
        yield [left[0], *beside]
        left = [name for name in left[1:] if name not in beside]


def perform(name):
    """Runs a step; what it counted, and its line of the summary."""
    print(f"== {name}", flush=True)
    open(f"{LOGS}/{name}.log", "w").close()
    start = time.monotonic()
    counts = STEPS[name](name)
    seconds = time.monotonic() - start
    print(f"   {name}: {counts} in {seconds:.0f} s", flush=True)
    return counts, f"{name:10} {seconds:6.0f} s   {counts}"


def main():
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    wanted = sys.argv[1:] or list(STEPS)
    for name in wanted:
        if name not in STEPS:
            sys.exit(f"no step {name}; there are: {', '.join(STEPS)}")
    os.makedirs(LOGS, exist_ok=True)
    total, summary, begin = Counts(), [], time.monotonic()
    for names in groups(wanted):
        with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
            for counts, line in pool.map(perform, names):
                total.add(counts)
                summary.append(line)
    print(f"\n== the steps, {time.monotonic() - begin:.0f} s in all (logs: build/test)")
    print("\n".join(summary + FAILURES))
    print(total, flush=True)
    return 1 if total.failed else 0


sys.exit(main())
