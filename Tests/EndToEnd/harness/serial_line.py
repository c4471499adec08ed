"""A board's serial line: what it says, and keys pressed at its menu."""

import contextlib
import socket

from .process import until

WAITING = ("\n> ", "q stops --", "y/n> ")  # for a key: the menu, a page that is not the last, a question


class SerialLine:
    def __init__(self, path):
        self._path, self._text = path, ""
        self._socket = until(self._connect, 10, "the emulator opens the serial line")

    def _connect(self):
        made = socket.socket(socket.AF_UNIX)
        try:
            made.connect(self._path)
        except OSError:
            made.close()
            return None
        made.setblocking(False)
        return made

    def text(self):
        """All that it said so far."""
        with contextlib.suppress(OSError):  # nothing waits, or it is closed
            while data := self._socket.recv(65536):
                self._text += data.decode(errors="replace").replace("\r", "")
        return self._text

    def type(self, keys):
        self._socket.sendall(keys.encode())

    def press(self, key, seconds=60):
        """What the menu answers to a key, all its pages."""
        start = len(self.text())
        self.type(key)
        until(lambda: self.text()[start:].endswith(WAITING), seconds, f"the serial menu answers the key {key!r}")
        said = self._text[start:]
        return said + self.press(" ") if said.endswith(WAITING[1]) else said

    def close(self):
        self._socket.close()
