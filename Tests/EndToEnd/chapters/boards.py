"""The images that would be flashed, booted in an emulator; speech in both directions through each."""

import datetime
import re
import sys
from types import SimpleNamespace

from harness.board import Board
from harness.process import Process
from harness.promise import Promises
from harness.time_server import TimeServer
from chapters.conversations import both, talk
from chapters.intruders import TOOL

chapter = Promises("boards")
ADDRESS, TIME_SERVER = "10.77.0.5", "10.77.0.254"  # as board.yaml says, and the passwords
# What the boards' clocks say when power comes: 2010 is the first year that the Cubieboard's knows; the Raspberry Pi has
# none and wakes in 1970.
CLOCKS = {"cubieboard": ["--clock", "2010-01-01"], "rpi2": []}


@chapter.promise("a booted {0} image carries a call and its echo, knows the time and answers at its serial line",
                 each=list(CLOCKS))
def board(office, name):
    clock, tap = office.runs(TimeServer(TIME_SERVER)), office.tap("board")
    box = office.runs(Board(name, office.folder, "--tap", tap, *CLOCKS[name]))
    booted = box.ready()
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
    assert ADDRESS in clock.asked, "the board did not ask for the time"
    text += "; " + menu(box.serial, ADDRESS, [phone.number for phone in phones])
    return f"up after {booted:.0f} s; {text}"


def menu(serial, address, numbers):
    """The menu by its keys, also after the network's restart, and the time of the log's last line, which is of a call."""
    for _ in range(2):
        expect(serial, "1", rf"^eth0 +{address}$")
        expect(serial, "2", *(rf"^{number} +udp " for number in numbers))
        expect(serial, "3", "^no call$")
        expect(serial, "6", "^the network is restarted$")
    first, *_, last = re.findall(r"^(\S+Z) \w+ \w+ ", expect(serial, "4", "call"), re.M)
    age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(last)
    assert abs(age.total_seconds()) < 60, f"the log's last line is of {last}, {age} ago"
    return f"the log begins {first} and ends {last}"


def expect(serial, key, *patterns):
    said = serial.press(key)
    for pattern in patterns:
        assert re.search(pattern, said, re.M), f"the serial menu's answer to {key} has no {pattern}: {said}"
    return said
