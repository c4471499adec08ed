"""The exchange under test: one `sotto serve` on its own device of the network."""

import contextlib
import json
import os
import secrets
import signal
import subprocess

from .process import Process, until

DOMAIN = "office.lan"


class Extension:
    def __init__(self, number, codecs=("PCMU", "PCMA"), dtmf="auto", encryption="preferred"):
        self.number, self.codecs, self.dtmf, self.encryption = number, list(codecs), dtmf, encryption
        self.password = secrets.token_hex(8)

    def yaml(self):
        return (f'  "{self.number}": {{name: Phone {self.number}, password: {self.password}, '
                f'codecs: [{", ".join(self.codecs)}], dtmf: {self.dtmf}, '
                f'encryption: {self.encryption}}}\n')


class Exchange:
    def __init__(self, host, folder, binary, extensions, more="", verb="serve", environment=None):
        os.makedirs(folder, exist_ok=True)
        self.host, self.folder, self.binary, self.more, self.verb = host, folder, binary, more, verb
        self.environment = environment
        self.extensions = {extension.number: extension for extension in extensions}
        self.configuration, self.socket = f"{folder}/sotto.yaml", f"{folder}/control"
        self.relay = f"{folder}/relay"
        self.write()
        self.start()

    def start(self):
        self.process = Process(
            self.host.inside([self.binary, self.verb, "--config", self.configuration, "--control", self.socket,
                              "--state", f"{self.folder}/state", "--relay", self.relay]),
            f"{self.folder}/log", env=self.environment)

    def child(self, verb):
        """The first process with that subcommand that the one that supervises has started; None while there is none."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            return next((int(child) for child in children.read().split() if verb in command(child)), None)

    def serving(self):
        return self.child("serve")

    def die(self):
        """Kills the process that serves; returns when another one answers in its place."""
        before = self.serving()
        os.kill(before, signal.SIGKILL)
        until(lambda: self.serving() not in (None, before), 10, "another process is started")
        until(lambda: self.asked("status", "--json"), 10, "it answers")

    def started(self):
        """Waits until it answers."""
        until(self._ready, 15, "sotto answers `status`")
        return self

    def _ready(self):
        assert self.process.running, f"sotto ended at its start:\n{self.process.output()[-3000:]}"
        return self.asked("status", "--json") is not None

    def write(self, addition=""):
        """Writes the configuration file; `addition` is appended as it is."""
        with open(self.configuration, "w") as file:
            file.write(f"domain: {DOMAIN}\n{self.more}extensions:\n")
            file.writelines(extension.yaml() for extension in self.extensions.values())
            file.write(addition)

    def asked(self, *arguments):
        """The output of a subcommand, or None where it failed."""
        done = subprocess.run(
            self.host.inside([self.binary, arguments[0], "--control", self.socket, *arguments[1:]]),
            capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else None

    def trial(self, trunk, *arguments):
        """Exit status and lines of `sotto trunk test`."""
        done = subprocess.run(
            self.host.inside([self.binary, "trunk", "--control", self.socket, "test", trunk, *arguments]),
            capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout.splitlines()

    def asked_about(self, configuration):
        """Exit status and output of check-config."""
        done = subprocess.run([self.binary, "check-config", configuration], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def status(self):
        return json.loads(self.asked("status", "--json") or "{}")

    def calls(self):
        return len(self.status()["calls"])

    def expect_no_calls(self, seconds=5):
        until(lambda: self.calls() == 0, seconds, "no call is left in the exchange")

    def log(self):
        return self.process.output()

    def reload(self):
        self.process.signal(signal.SIGHUP)

    def stop(self):
        return self.process.stop()


def command(process):
    """The words by which everyone on the machine sees a process; none where it has ended."""
    with contextlib.suppress(OSError), open(f"/proc/{process}/cmdline") as words:
        return words.read().split("\0")
    return []
