"""What tshark makes of all that passes a device's cable, as somebody on the path would look at it."""

import os
import shutil
import subprocess
from collections import namedtuple

import numpy

from .codecs import Opus
from .process import Process, until
from .promise import Skip
from .tap import from_mu_law

# What could tell one packet of a stream from another, beside numbers that count.
SHAPE = ("udp.length", "ip.len", "ip.dsfield", "ip.ttl", "ip.flags", "udp.srcport", "udp.dstport", "rtp.version",
         "rtp.padding", "rtp.ext", "rtp.cc", "rtp.marker", "rtp.p_type", "rtp.ssrc")
Packet = namedtuple("Packet", "number timestamp payload shape")


class Shark:
    """While it is entered, captures; then tells what RTP there was by the SIP in the same capture."""

    def __init__(self, host, path):
        if not shutil.which("tshark"):
            raise Skip("tshark is not installed")
        self.host, self.path = host, path

    def __enter__(self):
        self.process = Process(self.host.inside(
            ["tshark", "-q", "-i", "eth0", "-f", "udp", "-F", "pcap", "-w", self.path]), f"{self.path}.log")
        until(lambda: os.path.exists(self.path) and os.path.getsize(self.path) >= 24, 20, "the capture begins")
        return self

    def __exit__(self, *_):
        self.process.stop(10)

    def streams(self):
        """The packets of each stream, by source and destination, in the order in which they passed."""
        names = ("ip.src", "ip.dst", "rtp.seq", "rtp.timestamp", "rtp.payload", *SHAPE)
        words = [word for name in names for word in ("-e", name)]
        done = subprocess.run(["tshark", "-r", self.path, "-Y", "rtp", "-T", "fields", *words],
                              capture_output=True, text=True, check=True)
        found = {}
        for line in done.stdout.splitlines():
            source, target, number, timestamp, payload, *shape = line.split("\t")
            found.setdefault((source, target), []).append(
                Packet(int(number), int(timestamp), bytes.fromhex(payload.replace(":", "")), dict(zip(SHAPE, shape))))
        return found


def decoded(packets, codec):
    """What the payloads are to a decoder of the codec that was agreed on: samples, and their rate."""
    payloads = [packet.payload for packet in packets]
    if codec == "opus":
        return Opus().decoded(payloads, 16000), 16000
    return from_mu_law(b"".join(payloads)).astype(numpy.int16), 8000
