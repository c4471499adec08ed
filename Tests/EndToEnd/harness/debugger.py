"""The emulator's debug port (GDB's remote protocol), by which a test hangs an ARM board."""

import socket

CPSR = 25  # the status register's number
MASKS, THUMB = 0xC0, 0x20  # its bits: interrupts are shut out; 16-bit instructions
LOOP = 0xEAFFFFFE  # `b .`


class Debugger:
    def __init__(self, path):
        """The board stands still from here on."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(10)
        self._socket.connect(path)

    def hang(self):
        """Has the processor run in a circle, deaf to interrupts, wherever it is."""
        status, place = self._register(CPSR), self._register(15)
        self._ask(f"P{CPSR:x}={little((status | MASKS) & ~THUMB)}", "OK")
        self._ask(f"P{15:x}={little(place & ~3)}", "OK")
        self._ask(f"M{place & ~3:x},4:{little(LOOP)}", "OK")
        self._send("D")  # lets it run
        self._socket.close()

    def _register(self, number):
        return int.from_bytes(bytes.fromhex(self._ask(f"p{number:x}")), "little")

    def _ask(self, request, expected=None):
        self._send(request)
        reply = b""
        while b"#" not in reply[:-2]:
            reply += self._socket.recv(4096)
        self._socket.sendall(b"+")
        text = reply[reply.index(b"$") + 1 : reply.rindex(b"#")].decode()
        assert expected in (None, text), f"the emulator answered {text} to {request}"
        return text

    def _send(self, request):
        self._socket.sendall(f"${request}#{sum(request.encode()) % 256:02x}".encode())


def little(word):
    return word.to_bytes(4, "little").hex()
