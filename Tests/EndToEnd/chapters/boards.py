"""The images that would be flashed, booted in an emulator; speech in both directions through each."""

import datetime
import re
import sys

from harness import speech
from harness.board import Board
from harness.exchange import DOMAIN, Extension
from harness.office import PATHS
from harness.process import Process
from harness.promise import Promises
from harness.tap import HEARD
from harness.time_server import TimeServer
from chapters.conversations import both, talk
from chapters.intruders import TOOL

chapter = Promises("boards")
# What the boards' clocks say when power comes: 2010 is the first year that the Cubieboard's knows; the Raspberry Pi has
# none and wakes in 1970.
CLOCKS = {"cubieboard": ["--clock", "2010-01-01"], "rpi2": []}
HORNS = ["cubieboard"]  # that get a USB sound card here
HORN = Extension("1009", ["PCMU"])
WATCHDOGS = ["cubieboard"]  # that the emulator has; the Raspberry Pi's stays shut there (docs/images.md)


@chapter.promise("a booted {0} image carries a call and its echo, knows the time and answers at its serial line",
                 each=list(CLOCKS))
def board(office, name):
    outlet, extensions = office.outlet(), [Extension("1001"), Extension("1002")]
    horn = f"{office.folder}/horn.wav" if name in HORNS else None
    clock = office.runs(TimeServer(outlet.time_server)) if outlet.time_server else None
    box = office.runs(Board(name, office.folder, configuration(outlet, extensions, horn), *outlet.arguments, *CLOCKS[name],
                            *(["--sound", horn] if horn else [])))
    text = f"up after {box.ready():.0f} s"
    phones = [office.phone(extension.number, says, path, extension.password, ["PCMU"], exchange=outlet, jitter="20-60",
                           patience=60)
              for extension, says, path in zip(extensions, ("first", "second"), PATHS[:2])]
    text += "; " + heard(office, outlet.tap, lambda: conversation(office, *phones))
    text += "; " + heard(office, outlet.tap, lambda: echo(office, phones[0]))
    if horn:
        text += "; " + heard(office, outlet.tap, lambda: page(office, phones[0], horn))
    last = menu(box.serial, outlet.board, extensions)
    if clock:
        assert outlet.board in clock.asked, "the board did not ask for the time"
        age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(last)
        assert abs(age.total_seconds()) < 60, f"the log's last line is of {last}, {age} ago"
    else:
        text += "; its clock was not tried, for that needs a port below 1024"
    if name in WATCHDOGS:
        text += f"; a hang was ended by a reset after {box.hang():.0f} s"
    return text


def configuration(outlet, extensions, horn=None):
    own = f'local_audio: {{"{HORN.number}": {{card: "hw:Audio"}}}}\n' if horn else ""
    extensions = [*extensions, HORN] if horn else extensions
    return f"domain: {DOMAIN}\n{outlet.configuration}{own}extensions:\n" + "".join(each.yaml() for each in extensions)


def conversation(office, a, b):
    for phone in (a, b):
        phone.forget()
    talk(office, a, b)
    return lambda: both(office, a, b, ["PCMU"])


def echo(office, a):
    a.forget()
    a.dial("*43")
    a.expect("CALL_ESTABLISHED")
    a.expect("CALL_CLOSED", 25)
    return lambda: f"echo {office.compare('first', a, ['PCMU'])}"


def page(office, a, horn):
    """Speaks by the board's own sound card, which answers by itself."""
    a.forget()
    a.dial(HORN.number)
    a.expect("CALL_ESTABLISHED")
    a.expect("CALL_CLOSED", 25)
    return lambda: f"horn {spoken(office, horn)}"


def spoken(office, horn):
    """How much of the words a sound card played, by halves of seconds. An emulator that is late plays them with gaps, so a
    few are enough here; how a card sounds is for the chapter `cards`."""
    words, played = speech.words(speech.samples(office.clip("first"))), speech.samples(horn)
    size = speech.RATE // 2
    likeness = [speech.place(words[at : at + size], played)[1] for at in range(0, len(words) - size, size)]
    found = sum(each > HEARD for each in likeness)
    assert found >= 3, f"{found} of {len(likeness)} half seconds of speech were played: {likeness}"
    return f"{found} of {len(likeness)} half seconds of speech"


def heard(office, tap, call):
    """What is heard in a call, in words. On a busy machine an emulator loses packets that a board would not: there are
    three tries, each that failed is told, and if all do, on which side of the box frames were lost."""
    failed = ""
    for left in (2, 1, 0):
        cable = office.runs(Process([sys.executable, TOOL, "count", tap], f"{office.folder}/cable")) if tap else None
        compare = call()
        if cable:
            cable.stop()
        try:
            return failed + compare()
        except AssertionError as fault:
            if left == 0:
                counted = f"\nat the board's cable:\n{cable.output()}" if cable else ""
                raise AssertionError(f"{failed}{fault}{counted}") from None
            failed += f"(again, for {fault}) "


def menu(serial, address, extensions):
    """The menu by its keys, also after the network's restart; the time of the log's last line, which is of a call."""
    for _ in range(2):
        expect(serial, "1", rf"^\w+ +{address}$")
        expect(serial, "2", *(rf"^{extension.number} +(udp|tcp) " for extension in extensions))
        expect(serial, "3", "^no call$")
        expect(serial, "6", "^the network is restarted$")
    return re.findall(r"^(\S+Z) \w+ \w+ ", expect(serial, "4", "call"), re.M)[-1]


def expect(serial, key, *patterns):
    said = serial.press(key)
    for pattern in patterns:
        assert re.search(pattern, said, re.M), f"the serial menu's answer to {key} has no {pattern}: {said}"
    return said
