"""Phones on PJSIP's stack, each a pjsip.py on its own device."""

import json
import os
import subprocess
import sys

from .exchange import DOMAIN
from .process import until

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pjsip.py")


class Softphone:
    def __init__(self, host, folder, extension, exchange, path, speech, options=()):
        os.makedirs(folder, exist_ok=True)
        self.host, self.number, self.folder = host, extension.number, folder
        command = [sys.executable, PROGRAM, self.number, extension.password, DOMAIN, path.uri(exchange.host),
                   host.address(path.version), path.transport, speech, folder, *options]
        self.errors = open(f"{folder}/errors", "w+")
        self.child = subprocess.Popen(
            host.inside(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        until(lambda: self.report()["registration"] == 200, 15, f"PJSIP's phone {self.number} is registered")

    def tell(self, *words):
        """Has it do something; returns what it says."""
        self.child.stdin.write(" ".join(map(str, words)) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        assert line, f"PJSIP's phone {self.number} ended at {words}"
        answer = json.loads(line)
        assert not (isinstance(answer, dict) and "error" in answer), f"{self.number} {words}: {answer['error']}"
        return answer

    def report(self):
        return self.tell("report")

    def call(self, index):
        calls = self.report()["calls"]
        return calls[index] if index < len(calls) else {"state": ""}

    def expect(self, index, state, seconds=10):
        """Waits until its call of that number is EARLY, CONFIRMED or DISCONNECTED."""
        until(lambda: self.call(index)["state"] == state, seconds,
              f"call {index} of PJSIP's phone {self.number} is {state}")
        return self.call(index)

    def log(self):
        """Its SIP trace."""
        self.errors.seek(0)
        with open(f"{self.folder}/log", errors="replace") as log:
            return log.read() + self.errors.read()

    def heard(self, index=0):
        return self.call(index)["recording"]

    def stop(self):
        self.child.stdin.close()
        try:
            self.child.wait(3)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
