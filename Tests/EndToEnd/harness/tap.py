"""Someone who listens on the cable of the exchange."""

import os
import socket
import struct
import sys

import numpy

from . import speech
from .process import Process, until

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tap_tool.py")
HEARD, NOTHING = 0.5, 0.15  # likeness to the words that were said: of a wire that carries them, and of one that does not


def from_mu_law(payload):
    """Samples of G.711 µ-law (ITU-T G.711 table 2a)."""
    code = ~numpy.frombuffer(payload, dtype=numpy.uint8)
    size = (((code & 15).astype(numpy.int32) << 3) + 132 << (code >> 4 & 7)) - 132
    return numpy.where(code & 128, -size, size)


class Tap:
    """While it is entered, keeps all datagrams; then tells what can be heard of them as G.711."""

    def __init__(self, host, path):
        self.host, self.path = host, path

    def __enter__(self):
        self.process = Process(self.host.inside([sys.executable, PROGRAM, self.path]), f"{self.path}.log")
        until(lambda: os.path.exists(self.path) and os.path.getsize(self.path) > 0, 10, "the tap listens")
        return self

    def __exit__(self, *_):
        self.process.stop()

    def rtp(self):
        """Each RTP packet as it was: source, destination, all of its octets."""
        with open(self.path, "rb") as file:
            data = file.read()
        at = 4
        while at + 2 <= len(data):
            size, = struct.unpack_from(">H", data, at)
            record, at = data[at + 2 : at + 2 + size], at + 2 + size
            packet = record[12:]
            if len(packet) < 12 or packet[0] >> 6 != 2 or 192 <= packet[1] <= 223:
                continue
            if min(struct.unpack(">HH", record[8:12])) >= 10000:
                yield socket.inet_ntoa(record[:4]), socket.inet_ntoa(record[4:8]), packet

    def packets(self):
        """Each RTP packet: source, destination, SSRC, sequence number, payload."""
        for source, target, packet in self.rtp():
            number, _, ssrc = struct.unpack(">HII", packet[2:12])
            yield source, target, ssrc, number, packet[12:]

    def streams(self, between=None):
        """What each source said, as G.711 would have it; with `between` only what goes to or comes from that address."""
        found = {}
        for source, target, ssrc, number, payload in self.packets():
            if between in (None, source, target):
                found.setdefault((source, target, ssrc), {})[number] = payload[:160]
        return {key: numpy.concatenate([from_mu_law(packets[number]) for number in packets])
                for key, packets in found.items() if len(packets) > 100}

    def likeness(self, office, clip, between=None):
        """How much of the clip can be heard in any stream, from 0 to 1."""
        words = speech.words(speech.samples(office.clip(clip)))
        streams = self.streams(between)
        assert streams, "the tap saw media"
        return max((speech.place(words, stream.astype(numpy.float64))[1] for stream in streams.values()
                    if len(stream) >= len(words)), default=0.0)

    def expect_no_voice(self, office, clips, between=None):
        for clip in clips:
            heard = self.likeness(office, clip, between)
            assert heard < NOTHING, f"the words of {clip} can be heard on the wire: likeness {heard:.2f}"

    def expect_voice(self, office, clip, between=None):
        heard = self.likeness(office, clip, between)
        assert heard > HEARD, f"the words of {clip} are not on the wire: likeness {heard:.2f}"

    def numbers(self, source, target):
        """SSRC and sequence number of each packet from one address to another."""
        return [(ssrc, number) for origin, end, ssrc, number, _ in self.packets() if (origin, end) == (source, target)]
