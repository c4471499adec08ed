"""End-to-end tests: python3 Tests/EndToEnd BINARY [--chapter NAME] [--only TEXT] [--result FILE] [--keep FOLDER]

Runs in its own sandbox (harness/sandbox.py). Where that is refused, the boards alone are tried, on loopback
(harness/loopback.py), and all else is skipped; SOTTO_TEST_NO_NAMESPACES=1 does the same anywhere. Ends with a line of
counts; exits 1 where a promise was broken.
"""

import argparse
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile

from harness import sandbox

CHAPTERS = [
    "instruments", "conversations", "streams", "keys", "secured", "phones", "cards", "delay", "waiting", "manners",
    "transfers", "transports", "trunks", "races", "operation", "keygen", "concealment", "survival", "intruders", "kernel",
    "container", "soak", "load", "flood",
]
# Only when named:
BOARDS = ["boards", "power", "slots"]  # they need images that were made with their own configuration, and no namespaces
PEERS = ["peers"]  # it needs what peers/fetch makes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", help="the sotto to test")
    parser.add_argument("--chapter", action="append", choices=CHAPTERS + BOARDS + PEERS, help="only this one (may be repeated)")
    parser.add_argument("--only", default="", help="only promises that contain this text")
    parser.add_argument("--result", help="write the counts to this file, as JSON")
    parser.add_argument("--keep", help="leave logs and recordings in this folder")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    names = options.chapter or CHAPTERS
    total = {"passed": 0, "failed": 0, "skipped": 0}
    refusal = sandbox.refusal()
    if refusal:
        print(f"This machine permits no network namespaces: {refusal}")
        for name in names:
            if name not in BOARDS:
                total["skipped"] += len(chapter(name).all)
                print(f"SKIPPED: {name}, {len(chapter(name).all)} promises")
        names = [name for name in names if name in BOARDS]
    else:
        sandbox.enter()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    from harness.loopback import Loopback
    from harness.network import Network
    from harness.office import Office
    folder = os.path.abspath(options.keep) if options.keep else tempfile.mkdtemp(prefix="sotto-test-")
    os.makedirs(folder, exist_ok=True)
    network = Loopback() if refusal else Network()
    try:
        for name in names:
            print(f"{name}: {importlib.import_module(f'chapters.{name}').__doc__.splitlines()[0]}", flush=True)
            counts = chapter(name).run(lambda test: Office(network, options.binary, folder, test), options.only)
            total = {key: total[key] + counts[key] for key in total}
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return finish(options, total)


def chapter(name):
    return importlib.import_module(f"chapters.{name}").chapter


def finish(options, counts):
    if options.result:
        with open(options.result, "w") as file:
            json.dump(counts, file)
    print(", ".join(f"{counts[key]} {key}" for key in ("passed", "failed", "skipped") if counts[key] or key != "skipped"))
    return 1 if counts["failed"] else 0


sys.exit(main())
