"""How long the exchange keeps a packet of secured voice: the same octets come in and go out, seen on its own cable.

As a program: residence.py FILE, writes the times in microseconds to FILE when it is told to end."""

import json
import os
import signal
import socket
import struct
import sys


class Residence:
    """Watches the exchange's device while it is entered."""

    def __init__(self, host, path):
        self.host, self.path = host, path

    def __enter__(self):
        from harness.process import Process, until
        self.process = Process(self.host.inside([sys.executable, os.path.abspath(__file__), self.path]), f"{self.path}.log")
        until(lambda: "watching" in self.process.output(), 10, "the exchange's cable is watched")
        return self

    def __exit__(self, *_):
        self.process.stop(30)

    def figures(self):
        with open(self.path) as file:
            times = sorted(json.load(file))
        if not times:
            sys.exit("delay-table: no packet was seen to pass the exchange")
        return {"count": len(times), "median": times[len(times) // 2], "p99": times[len(times) * 99 // 100], "max": times[-1]}


def watch(path):
    stamps = 35  # SO_TIMESTAMPNS, and the type of its message
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    tap.setsockopt(socket.SOL_SOCKET, stamps, 1)
    tap.bind(("eth0", 0))
    tap.settimeout(0.1)
    going = [True]
    signal.signal(signal.SIGTERM, lambda *_: going.clear())
    print("watching", flush=True)
    came, times = {}, []
    while going:
        try:
            frame, notes, _, where = tap.recvmsg(2048, 64)
        except TimeoutError:
            continue
        # IPv4 without options, UDP, RTP to a port of media.
        if frame[12:15] != b"\x08\x00\x45" or frame[23] != 17 or len(frame) < 62 or frame[42] >> 6 != 2:
            continue
        if min(struct.unpack(">HH", frame[34:38])) < 10000 or not notes:
            continue
        seconds, nanoseconds = struct.unpack("qq", notes[0][2][:16])
        now, voice = seconds * 1_000_000 + nanoseconds / 1000, bytes(frame[54:])
        if where[2] != socket.PACKET_OUTGOING:
            came[voice] = now
        elif voice in came:
            times.append(now - came.pop(voice))
    with open(path, "w") as file:
        json.dump(times, file)


if __name__ == "__main__":
    watch(sys.argv[1])
