"""Writes every UDP datagram over IPv4 that passes this device's cable: tap_tool.py FILE, until it is told to end."""

import signal
import socket
import struct
import sys

ETH_P_ALL = 3


def main(path):
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    tap.bind(("eth0", 0))
    tap.settimeout(0.1)
    going = [True]
    signal.signal(signal.SIGTERM, lambda *_: going.clear())
    with open(path, "wb", buffering=0) as out:
        out.write(b"tap\n")
        while going:
            try:
                frame = tap.recv(65536)
            except TimeoutError:
                continue
            # IPv4 without options, UDP.
            if frame[12:15] == b"\x08\x00\x45" and frame[23] == 17:
                length = struct.unpack(">H", frame[38:40])[0]
                record = frame[26:38] + frame[42 : 34 + length]
                out.write(struct.pack(">H", len(record)) + record)


main(sys.argv[1])
