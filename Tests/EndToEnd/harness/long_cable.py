"""A cable that is long: a program between a device and the switch that holds each packet for a while, as `tc netem` does in
kernels that have it.

As a program: long_cable.py ONE OTHER MILLISECONDS JITTER, between two interfaces, until it is told to end."""

import heapq
import itertools
import os
import random
import select
import socket
import sys
import time


class LongCable:
    """Packets to and from the host take so many milliseconds each way, and evenly up to `jitter` more or less."""

    def __init__(self, host, milliseconds, jitter=0):
        from .network import ip
        from .process import Process, until
        self.host = host
        self._near, self._far = f"n-{host.name}", f"f-{host.name}"
        ip("link", "add", self._near, "type", "veth", "peer", "name", self._far)
        ip("link", "set", self._near, "up")
        ip("link", "set", self._far, "master", "switch", "up")
        ip("link", "set", host.cable, "nomaster")
        log = f"/tmp/{self._near}-{os.getpid()}"
        self.process = Process([sys.executable, os.path.abspath(__file__), host.cable, self._near, str(milliseconds), str(jitter)], log)
        until(lambda: "open" in self.process.output(), 10, "the long cable takes packets")
        os.unlink(log)

    def stop(self):
        from .network import ip
        self.process.stop()
        ip("link", "delete", self._near)
        ip("link", "set", self.host.cable, "master", "switch")


def end(interface):
    """One end of the cable: whole frames, each behind what the kernel still has to do to it (its checksum)."""
    packets, ignore_outgoing, header = 263, 23, 15  # SOL_PACKET, PACKET_IGNORE_OUTGOING, PACKET_VNET_HDR
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    raw.setsockopt(packets, ignore_outgoing, 1)
    raw.setsockopt(packets, header, 1)
    raw.bind((interface, 0))
    raw.setblocking(False)
    return raw


def carry(one, other, delay, jitter):
    ends = [end(one), end(other)]
    waiting, order, last = [], itertools.count(), [0, 0]
    print("open", flush=True)
    while True:
        pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for ready in select.select(ends, [], [], pause)[0]:
            side = ends.index(ready)
            try:
                packet = ready.recv(65536)
            except OSError:
                continue
            # Like a queue, and unlike netem, it never lets one packet overtake another.
            last[side] = max(last[side], time.monotonic() + delay + random.uniform(-jitter, jitter))
            heapq.heappush(waiting, (last[side], next(order), 1 - side, packet))
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, side, packet = heapq.heappop(waiting)
            try:
                ends[side].send(packet)
            except OSError:
                pass  # the other end is gone: lost, as on any cable


if __name__ == "__main__":
    carry(sys.argv[1], sys.argv[2], float(sys.argv[3]) / 1000, float(sys.argv[4]) / 1000)
