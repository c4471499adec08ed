"""The images that would be flashed, booted in an emulator; speech in both directions through each."""

import os
import sys
import time
from types import SimpleNamespace

from harness.process import Process, until
from harness.promise import Promises
from chapters.conversations import both, talk
from chapters.intruders import TOOL

chapter = Promises("boards")
ROOT = os.path.abspath(f"{os.path.dirname(__file__)}/../../..")
ADDRESS = "10.77.0.5"  # as board.yaml says, and the passwords
BOOT = 300  # seconds: an emulated board on a busy machine takes its time


@chapter.promise("two phones talk through a booted {0} image, and reach its echo", each=["cubieboard", "rpi2"])
def board(office, name):
    image = f"{ROOT}/build/test/images/sotto-{name}.img"
    assert os.path.exists(image), f"there is no {image}; make image BOARD={name} CONFIG=Tests/EndToEnd/board.yaml OUTPUT=build/test"
    serial = f"{office.folder}/serial"
    tap, start = office.tap("board"), time.monotonic()
    box = office.runs(Process(
        ["qemu/run", name, "--image", image, "--tap", tap, "--serial", f"file:{serial}"],
        f"{office.folder}/qemu", cwd=ROOT))

    def ready():
        assert box.running, f"QEMU ended: {box.output()}"
        return os.path.exists(serial) and "sotto: ready at" in open(serial, errors="replace").read()

    try:
        until(ready, BOOT, "the board is ready")
    except AssertionError as fault:
        text = open(serial, errors="replace").read() if os.path.exists(serial) else "nothing"
        raise AssertionError(f"{fault}; its serial line ends: {text[-2500:]}") from None
    booted = time.monotonic() - start

    place = SimpleNamespace(ipv4=ADDRESS)
    phones = [office.phone(number, says, password=f"board-test-{number}", codecs=["PCMU"], exchange=place, jitter="20-60",
                           patience=60)
              for number, says in (("1001", "first"), ("1002", "second"))]
    # Tells, where a frame is lost, on which side of the box it was.
    cable = office.runs(Process([sys.executable, TOOL, "count", tap], f"{office.folder}/cable"))
    try:
        talk(office, *phones)
        text = both(office, *phones, ["PCMU"])
        for phone in phones:
            phone.forget()
        phones[0].dial("*43")
        phones[0].expect("CALL_ESTABLISHED")
        phones[0].expect("CALL_CLOSED", 25)
        text += f"; echo {office.compare('first', phones[0], ['PCMU'])}"
    except AssertionError as fault:
        cable.stop()
        raise AssertionError(f"{fault}\nat the board's cable:\n{cable.output()}") from None
    return f"up after {booted:.0f} s; {text}"
