"""A phone that does on the wire exactly what a test tells it: puppet.py NUMBER PASSWORD EXCHANGE DOMAIN HOST

Takes a command a line on standard input, answers each with a line of JSON. Speaks RTP 50 times a second from its first
`dial` or answered call on, until told to be silent.
"""

import json
import os
import select
import socket
import struct
import sys
import threading
import time

import ice

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "bench"))
from sip import Phone, media_port_of  # noqa: E402

PERIOD = 0.02


class Voice:
    """The phone's media: what it sends, and what it heard by SSRC."""

    def __init__(self, host, exchange):
        self.host, self.exchange, self.target = host, exchange, None
        self.ssrc, self.sequence, self.sent = int.from_bytes(os.urandom(4), "big"), 1000, 0
        self.heard, self.sources, self.marks, self.speaks = {}, set(), set(), True
        # Fax: datagrams that are no RTP, and those that came.
        self.fax, self.datagrams = False, []
        # What the exchange says of itself by ICE, and what it answered to checks.
        self.theirs, self.checked = None, []
        self.move()
        threading.Thread(target=self.run, daemon=True).start()

    def move(self):
        """Goes on from another port."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((self.host, 0))
        if family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
        else:
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        self.port = self.socket.getsockname()[1]

    def run(self):
        tick = time.monotonic()
        while True:
            if self.speaks and self.target:
                timestamp = self.sequence * 160 & 0xFFFFFFFF
                header = struct.pack("!BBHII", 0x80, 0, self.sequence & 0xFFFF, timestamp, self.ssrc)
                page = f"{self.sequence} of {self.ssrc:08x}".encode()
                self.socket.sendto(page if self.fax else header + b"\xff" * 160, (self.exchange, self.target))
                self.sequence, self.sent = self.sequence + 1, self.sent + 1
            tick = max(tick + PERIOD, time.monotonic() - 1)
            while True:
                ready = select.select([self.socket], [], [], max(0, tick - time.monotonic()))[0]
                if not ready:
                    break
                self.listen(ready[0])

    def listen(self, ready):
        packet, marks, _, source = ready.recvmsg(2048, 64)
        self.marks |= {data[0] for _, _, data in marks}
        if packet[0] < 4 and self.theirs:
            self.checked.append([*ice.answer(packet), self.port])
            return
        if packet[0] >> 6 != 2:
            self.datagrams.append(packet.decode(errors="replace"))
            return
        sequence, _, ssrc = struct.unpack("!HII", packet[2:12])
        self.sources.add(source[1])
        now = time.monotonic()
        seen = self.heard.setdefault(
            f"{ssrc:08x}", {"packets": 0, "missing": 0, "last": sequence - 1, "at": now, "gap": 0})
        seen["gap"], seen["at"] = max(seen["gap"], now - seen["at"]), now
        seen["missing"] += max(0, ((sequence - seen["last"]) & 0xFFFF) - 1)
        seen["last"] = sequence
        seen["packets"] += 1


def main(number, password, exchange, domain, host):
    phone, voice = Phone(number, password, (exchange, 5060), domain, host), Voice(host, exchange)
    phone.media_port = voice.port

    def dial(callee):
        answer = phone.invite(callee, voice.port)
        voice.target, voice.theirs = media_port_of(answer), ice.credentials(answer.body)

    def speak_ice():
        phone.says = lambda port: ice.lines(host, port)

    def check(whether="", password=None):
        theirs = (voice.theirs[0], password) if password else voice.theirs
        voice.socket.sendto(ice.check(theirs, whether == "nominates"), (exchange, voice.target))

    def move():
        voice.move()

    def speak(whether):
        voice.speaks = whether == "on"

    def change(direction):
        phone.change(direction)

    def fax(whether):
        phone.fax = voice.fax = whether == "on"
        voice.target = media_port_of(phone.change("sendrecv"))

    def report():
        return {"ssrc": f"{voice.ssrc:08x}", "sequence": voice.sequence, "sent": voice.sent, "heard": voice.heard,
                "sources": sorted(voice.sources), "marks": sorted(voice.marks),
                "port": voice.port, "target": voice.target, "datagrams": voice.datagrams, "checked": voice.checked}

    commands = {"register": phone.register, "dial": dial, "hang-up": phone.hang_up, "move": move, "speak": speak,
                "report": report, "change": change, "fax": fax, "ice": speak_ice, "check": check}
    while True:
        for ready in select.select([sys.stdin, phone.socket], [], [])[0]:
            if ready is phone.socket:
                phone.serve()
                voice.target, voice.fax = getattr(phone, "told_port", voice.target), phone.fax
            else:
                words = sys.stdin.readline().split()
                if not words:
                    return
                print(json.dumps(commands[words[0]](*words[1:])), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
