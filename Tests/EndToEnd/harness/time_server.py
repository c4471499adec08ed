"""A time server (RFC 5905, mode 4) that tells the time of this machine."""

import contextlib
import socket
import struct
import threading
import time

SINCE_1900 = 2208988800  # seconds from NTP's epoch to Unix's


def timestamp():
    return int((time.time() + SINCE_1900) * 2**32) & (2**64 - 1)


class TimeServer:
    def __init__(self, address):
        self.asked = []  # the addresses that asked
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 123))
        self._socket.settimeout(0.2)
        self._ended = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while not self._ended:
            with contextlib.suppress(TimeoutError):
                question, source = self._socket.recvfrom(512)
                received = timestamp()
                if len(question) >= 48 and question[0] & 7 == 3:  # a client's
                    self.asked.append(source[0])
                    self._socket.sendto(answer(question, received), source)

    def log(self):
        return f"asked by {self.asked}"

    def stop(self):
        self._ended = True
        self._thread.join()
        self._socket.close()


def answer(question, received):
    # No leap second, stratum 1, precision 2^-20 s, no delay, no dispersion, the uncalibrated local clock.
    head = struct.pack("!BBBbII4s", question[0] & 0x38 | 4, 1, question[2], -20, 0, 0, b"LOCL")
    return head + struct.pack("!Q8sQQ", received, question[40:48], received, timestamp())
