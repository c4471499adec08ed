"""A phone of a third make, Linphone's, which runs as a daemon without a sound card or display."""

import os
import subprocess

from .exchange import DOMAIN
from .process import Process, until
from .wave import sox

CONFIG = """\
[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port=0
use_ipv6=0
[rtp]
audio_rtp_port=20000
[video]
capture=0
display=0
automatically_initiate=0
automatically_accept=0
"""


class Linphone(Process):
    """It speaks what `play` gives it; what it hears goes nowhere."""

    def __init__(self, host, folder, extension, exchange, path):
        home = f"{folder}/home"
        os.makedirs(f"{home}/.local/share/linphone")  # it does not start without
        self.number, self.endless = extension.number, f"{folder}/speech.wav"
        with open(f"{folder}/config", "w") as file:
            file.write(CONFIG.format(udp=5060 if path.transport == "udp" else 0,
                                     tcp=5060 if path.transport == "tcp" else 0))
        super().__init__(
            host.inside(["linphone-daemon", "--config", f"{folder}/config", "--disable-stats-events"]), f"{folder}/log",
            stdin=subprocess.PIPE, text=True,
            env={**os.environ, "HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home})
        self._seen = 0
        self.tell(f"register sip:{self.number}@{exchange.host.ipv4} {path.uri(exchange.host)} {extension.password} "
                  f"{self.number} {DOMAIN}")
        until(self._registered, 20, f"Linphone {self.number} is registered")

    def _registered(self):
        if "LinphoneRegistrationOk" in self.output():
            return True
        self.tell("register-status ALL")
        return "LinphoneRegistrationOk" in self.output()

    def tell(self, command):
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()

    def expect(self, state, seconds=10):
        """Waits for a state of its call, such as StreamsRunning, after those that were waited for before."""
        word = f"Event: LinphoneCall{state}\n"

        def comes():
            place = self.output().find(word, self._seen)
            if place >= 0:
                self._seen = place + len(word)
            return place >= 0
        until(comes, seconds, f"the call of Linphone {self.number} is {state}")

    def play(self, clip):
        # It crashes at the end of a file.
        sox(clip, self.endless, "pad", "0", "60")
        self.tell(f"incall-player-start {self.endless}")

    def stop(self, seconds=3):
        super().stop(seconds)
        self.child.stdin.close()
