"""Programs of the Debian sid that peers/fetch made; SOTTO_PEERS in the environment names its folder."""

import os

from .process import Process, until
from .promise import Skip

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "peers", "run")


class Peer:
    """A server of another make on a device of its own; its folder is /mnt to it, and holds `files`, texts by name."""

    command = []

    def __init__(self, host, folder, files):
        self.root = os.environ.get("SOTTO_PEERS")
        if not self.root:
            raise Skip("Debian sid with Asterisk and Kamailio isn't here: `make test-peers` fetches it")
        os.makedirs(folder, exist_ok=True)
        self.host, self.folder = host, folder
        for name, text in files.items():
            with open(f"{folder}/{name}", "w") as file:
                file.write(text)
        self.start()

    def within(self, *command):
        return self.host.inside([RUN, self.root, self.folder, *command])

    def start(self):
        self.process = Process(self.within(*self.command), f"{self.folder}/log")
        until(self._ready, 30, f"{self.command[0]} is ready")

    def _ready(self):
        assert self.process.running, f"{self.command[0]} ended at its start:\n{self.log()[-3000:]}"
        return self.ready()

    def log(self):
        return self.process.output()

    def stop(self):
        return self.process.stop()
