"""Phones on the wire level, each a puppet.py on its own device."""

import json
import os
import subprocess
import sys

from .exchange import DOMAIN

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "puppet.py")


class Puppet:
    def __init__(self, host, folder, extension, exchange, version=4):
        self.host, self.number, self.folder = host, extension.number, folder
        address = exchange.host.address(version)
        command = [sys.executable, PROGRAM, self.number, extension.password, address, DOMAIN, host.address(version)]
        with open(f"{folder}.errors", "wb") as errors:
            self.child = subprocess.Popen(
                host.inside(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        self.tell("register")

    def tell(self, *words):
        """Has it do something; returns what it says."""
        self.child.stdin.write(" ".join(words) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        assert line, f"puppet {self.number} ended at {words}:\n{self.log()}"
        return json.loads(line)

    def report(self):
        return self.tell("report")

    def log(self):
        with open(f"{self.folder}.errors") as errors:
            return errors.read()

    def stop(self):
        self.child.kill()
        self.child.wait()
