"""An image that would be flashed, booted in an emulator."""

import os
import pathlib
import time

from .debugger import Debugger
from .process import Process, until
from .serial_line import SerialLine

ROOT = os.path.abspath(f"{os.path.dirname(__file__)}/../../..")
PATIENCE = 500  # seconds: an emulated board on a busy machine takes its time


def image(name):
    """The image that would be flashed."""
    path = f"{ROOT}/build/test/images/sotto-{name}.img"
    assert os.path.exists(path), f"there is no {path}; Tests/all.py boards makes it"
    return path


class Board:
    def __init__(self, name, folder, configuration, *arguments):
        """Boots with `configuration` put on its card, as in any computer; `arguments` are qemu/run's."""
        line, file, self._debug = f"{folder}/serial", f"{folder}/sotto.yaml", f"{folder}/debug"
        with open(file, "w") as card:
            card.write(configuration)
        # Or this one would listen to an emulator that is about to end.
        pathlib.Path(line).unlink(missing_ok=True)
        self._start = time.monotonic()
        self.process = Process(
            ["qemu/run", name, "--image", image(name), "--config", file, "--serial", f"unix:{line},server=on,wait=off",
             "--debug", self._debug, *arguments],
            f"{folder}/qemu", cwd=ROOT)
        self.serial = SerialLine(line)

    def ready(self):
        """Waits until the exchange answers there; the seconds that it took."""
        until(self._ready, PATIENCE, "the board is ready")
        return time.monotonic() - self._start

    def _ready(self):
        assert self.process.running, f"QEMU ended: {self.process.output()}"
        return "sotto: ready at" in self.serial.text()

    def freeze(self):
        """Hangs its processor."""
        Debugger(self._debug).hang()

    def hang(self):
        """Hangs its processor; the seconds until the watchdog resets it, which ends the emulator."""
        start = time.monotonic()
        self.freeze()
        assert self.process.wait(40) == 0, f"a hung board was not reset within 40 s: {self.process.output()}"
        return time.monotonic() - start

    def log(self):
        return self.serial.text()

    def stop(self):
        self.serial.close()
        return self.process.stop()
