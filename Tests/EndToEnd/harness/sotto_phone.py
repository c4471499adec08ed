"""Sotto's own telephone, `sotto phone`, on a device of its own."""

import json
import os
import subprocess

from .exchange import DOMAIN
from .process import until


class SottoPhone:
    """`speech` is the WAV file that it says, where it has no other `audio` and no VirtualCard; `options` follow on its command
    line."""

    def __init__(self, host, folder, binary, number, uri, speech, options, password, audio=None, card=None):
        os.makedirs(folder, exist_ok=True)
        self.card = card
        self.host, self.folder, self.number = host, folder, number
        self.recording, self.peers = f"{folder}/heard.wav", f"{folder}/peers"
        with open(f"{folder}/account", "w") as file:
            file.write(f"uri: sip:{number}@{DOMAIN}\nserver: {uri}\npassword: {password}\n")
        self.output = open(f"{folder}/log", "w+")
        self.child = subprocess.Popen(
            host.inside([binary, "phone", "--account", f"{folder}/account", "--audio",
                         "alsa:desk" if card else audio or f"file:{speech},{self.recording}", "--peers", self.peers, "--json",
                         *options]),
            env=card.environment if card else None, stdin=subprocess.PIPE, stdout=self.output, stderr=subprocess.STDOUT, text=True)

    def tell(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def events(self, kind=None):
        """What it said so far."""
        with open(f"{self.folder}/log", errors="replace") as log:
            found = [json.loads(line) for line in log.read().split("\n")[:-1] if line.startswith("{")]
        return [event for event in found if kind in (None, event["event"])]

    def expect(self, kind, seconds=10, **members):
        """The first event of that kind with these members."""
        def seen():
            assert self.child.poll() is None or self.events(kind), f"phone {self.number} ended:\n{self.log()[-2000:]}"
            return next((event for event in self.events(kind)
                         if all(event.get(name) == value for name, value in members.items())), None)
        return until(seen, seconds, f"phone {self.number} says {kind} {members or ''}")

    def ended(self, seconds=10):
        """Its exit status, once it is gone."""
        return until(lambda: [self.child.poll()] if self.child.poll() is not None else None, seconds,
                     f"phone {self.number} is switched off")[0]

    def heard(self):
        return self.card.heard() if self.card else self.recording

    def log(self):
        with open(f"{self.folder}/log", errors="replace") as log:
            return log.read()

    def stop(self):
        """Switches it off, with an end to its recording."""
        if self.child.poll() is None:
            self.child.terminate()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child.stdin.close()
        self.output.close()
        return self.child.returncode
