"""An exchange under measurement: two phones of its own, and what it costs."""

import contextlib
import os
import signal
import subprocess
import sys
import time

from load import PHONES, cpu_microseconds, resident_megabytes
from sip import HOST, Phone

DOMAIN = "bench.lan"
USERS = {"1001": "bench-one-1", "1002": "bench-two-2"}


class Exchange:
    """What is asked of each. A subclass says in `start(folder, calls)` how it comes to be."""

    name, sip_port, media_first = "an exchange", 0, 0
    # Whether the load may ask it to convert codecs.
    converts = False
    # Seconds within which it answers.
    patience = 0.05

    def __init__(self, folder, calls):
        place = (HOST, self.sip_port)
        self.caller, self.callee = (Phone(number, word, place, DOMAIN) for number, word in USERS.items())
        os.makedirs(folder, exist_ok=True)
        self.log = open(f"{folder}/log", "w+")
        self.processes = []
        begin = time.monotonic()
        self.start(folder, calls)
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                if self.caller.options(0.002):
                    break
            if any(process.poll() is not None for process in self.processes) or time.monotonic() - begin > 20:
                self.fail("did not answer OPTIONS")
        self.start_seconds = time.monotonic() - begin
        # What was asked in vain before it listened may be answered yet.
        while self.caller.receive(self.patience):
            pass

    def run(self, command):
        self.processes.append(subprocess.Popen(command, stdout=self.log, stderr=self.log))

    @property
    def pids(self):
        return [process.pid for process in self.processes]

    def fail(self, what):
        self.log.seek(0)
        sys.exit(f"bench: {self.name} {what}\n{self.log.read()}")

    def cost(self, times, action):
        """Processor milliseconds of one of so many."""
        before = cpu_microseconds(self.pids)
        for i in range(times):
            action(i)
        return (cpu_microseconds(self.pids) - before) / times / 1000

    def calls(self, count, base=PHONES, codecs=("PCMU", "PCMU"), suites=(None, None)):
        """Sets up so many calls between phones of one codec each, and one suite of SRTP or none; their milliseconds each,
        and the lines for the phones that talk."""
        lines = []
        self.caller.codec, self.callee.codec = codecs
        self.caller.suite, self.callee.suite = suites

        def call(i):
            caller_port, callee_port = base + 4 * i, base + 4 * i + 2
            told = self.caller.call(self.callee, caller_port, callee_port)
            if not all(self.media_first <= port < self.media_first + 4000 for port in told):
                raise RuntimeError(f"does not relay media: it named the ports {told}")
            lines.append((caller_port, told[0], callee_port, told[1], keys(self.caller), keys(self.callee)))

        return self.cost(count, call), lines

    def resident(self):
        return resident_megabytes(self.pids)

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def keys(phone):
    """What the phone that talks must know of a call's encryption."""
    return f"{phone.suite}:{phone.own_key.hex()}:{phone.told_key.hex()}" if phone.suite else "-"


class Sotto(Exchange):
    name, sip_port, media_first = "sotto", 15060, 28000
    converts = True
    # Whether keys may be named over UDP.
    names_keys = "false"

    def __init__(self, binary, folder, calls):
        self.binary = binary
        super().__init__(folder, calls)

    def start(self, folder, calls):
        with open(f"{folder}/sotto.yaml", "w") as file:
            file.write(
                f"domain: {DOMAIN}\nsip: {{listen: ['udp://{HOST}:{self.sip_port}']}}\n"
                f"media: {{ports: {self.media_first}-{self.media_first + 3999}, keys_without_tls: {self.names_keys}}}\n"
                "extensions:\n"
                + "".join(f'  "{number}": {{password: {word}}}\n' for number, word in USERS.items()))
        self.run([self.binary, "serve", "--config", f"{folder}/sotto.yaml", "--control", f"{folder}/control",
                  "--state", folder, "--relay", f"{folder}/relay"])


class SottoEncrypting(Sotto):
    """Sotto that offers SRTP to all, and takes it: apart, for that costs each call something."""

    name, sip_port, media_first = "encrypting", 15064, 61000
    names_keys = "true"


class SottoKernel(Sotto):
    """Sotto with its relay helper: the kernel relays."""

    name, sip_port, media_first = "kernel", 15062, 16000
    converts = False

    def start(self, folder, calls):
        self.run([self.binary, "relay-helper", "--relay", f"{folder}/relay"])
        while not os.path.exists(f"{folder}/relay"):
            if self.processes[0].poll() is not None:
                self.fail("has no relay helper")
            time.sleep(0.01)
        super().start(folder, calls)
