"""`sotto delay` on a device of its own, and what it measured."""

import json
import os
import subprocess

from .exchange import DOMAIN


class DelayProbe:
    """A call of `extension` to `number`; `options` follow on the command line."""

    def __init__(self, host, folder, binary, extension, uri, number, options=()):
        os.makedirs(folder, exist_ok=True)
        self.host, self.folder, self.number = host, folder, extension.number
        self.json, self.svg = f"{folder}/delay.json", f"{folder}/delay.svg"
        with open(f"{folder}/account", "w") as file:
            file.write(f"uri: sip:{extension.number}@{DOMAIN}\nserver: {uri}\npassword: {extension.password}\n")
        self.output = open(f"{folder}/log", "w+")
        self.child = subprocess.Popen(
            host.inside([binary, "delay", number, "--account", f"{folder}/account", "--peers", f"{folder}/peers",
                         "--json", self.json, "--svg", self.svg, *options]),
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT, text=True)

    def ended(self, seconds=120):
        """Its exit status."""
        return self.child.wait(seconds)

    def measured(self, seconds=120):
        """All that it measured, once it has."""
        status = self.ended(seconds)
        assert status == 0, f"exit status {status}:\n{self.log()}"
        with open(self.json) as file:
            return json.load(file)

    def log(self):
        with open(f"{self.folder}/log", errors="replace") as log:
            return log.read()

    def stop(self):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        self.output.close()
