"""Which of a card's two slots starts, in an emulator: what the boot script decides, and how updates come into them."""

import pathlib
import re
import subprocess

from harness.board import PATIENCE, Board, image
from harness.bundle import KEYS, Bundle
from harness.card import SLOTS, Card
from harness.exchange import Extension
from harness.office import PATHS
from harness.process import until
from harness.promise import Promises
from chapters.boards import configuration, echo, heard

chapter = Promises("slots")
BOARDS = ["cubieboard", "rpi2"]
CONFIGURATION = "domain: office.lan\nextensions: []\n"


def state(serial, good="a", trial="-", tries=0):
    return {"serial": f"{serial:x}", "good": good, "trial": trial, "tries": f"{tries:x}"}


def starts(office, board, card):
    """The slot that a card starts from, and what the boot script said before."""
    box = office.runs(Board(board, office.folder, CONFIGURATION, "--card", card.path))
    until(lambda: "Starting kernel" in box.log() or not box.process.running, PATIENCE, "a kernel starts")
    said = box.log()
    box.stop()
    assert "Starting kernel" in said, f"the emulator ended before a kernel started:\n{said[-2000:]}"
    return re.findall(r"^sotto: starting slot (\w)$", said, re.M)[-1], said


def card(office, board):
    made = Card(f"{office.folder}/card.img", image(board))
    made.copy_slot("a", "b")
    return made


@chapter.promise("a {0} tries a new slot as often as it may, counts that on its card, and is back in the old one",
                 each=BOARDS)
def trial(office, board):
    made = card(office, board)
    made.set_states(state(0x1f, trial="b", tries=2), state(0x1e))
    for slot, first, second in [
        ("b", state(0x1f, trial="b", tries=2), state(0x20, trial="b", tries=1)),
        ("b", state(0x21, trial="b", tries=0), state(0x20, trial="b", tries=1)),
        ("a", state(0x21, trial="b", tries=0), state(0x20, trial="b", tries=1)),
    ]:
        started, said = starts(office, board, made)
        assert started == slot, f"slot {started} was started instead of {slot}:\n{said[-2000:]}"
        assert made.states() == [first, second], f"the states are {made.states()}, not {[first, second]}"
    made.close()


@chapter.promise("what is damaged is not started: {0}", each=[
    "the new kernel", "the new tree", "the new initrd", "the new list", "the good kernel"])
def damaged(office, what):
    _, which, part = what.split()
    made = card(office, "cubieboard")
    made.set_states(state(5, trial="b", tries=2) if which == "new" else state(5), None)
    made.damage("b" if which == "new" else "a", part)
    started, said = starts(office, "cubieboard", made)
    bad, other = ("b", "a") if which == "new" else ("a", "b")
    assert started == other and f"sotto: slot {bad} holds nothing that starts" in said, said[-2000:]
    made.close()


@chapter.promise("a card starts from its good slot with {0}", each=[
    "its newer copy torn", "its older copy torn", "no copy left"])
def torn(office, what):
    made = card(office, "cubieboard")
    older, newer = state(8, good="b"), state(9, good="b")
    made.set_states(*{"its newer copy torn": [older, None], "its older copy torn": [None, newer]}.get(what, [None, None]))
    started, said = starts(office, "cubieboard", made)
    lost = "the state of the slots is lost" in said
    assert (started, lost) == (("a", True) if what == "no copy left" else ("b", False)), said[-2000:]
    made.close()


@chapter.promise("a running cubieboard refuses bundles that are not good, is updated by one that is, keeps it once it called "
                 "itself, and takes a call")
def updated(office):
    made, good = Card(f"{office.folder}/card.img", image("cubieboard")), Bundle("cubieboard")
    for bundle, reason in [
        (good.manifest + bytes(64) + good.parts, "the signature is not that of this box's key"),
        (good.changed("board", "rpi2", office.folder), "it is for the board rpi2, and this is cubieboard"),
        (good.changed("version", "0.0.1", office.folder), "its version 0.0.1 is older"),
        (good.bytes[:-1], f"it ends at octet {len(good.bytes) - 1} of {len(good.bytes)}"),
        (good.bytes[:-1] + bytes([good.bytes[-1] ^ 1]), "the start area is damaged"),
    ]:
        before = made.states()
        said = update(office, made, bundle)
        assert reason in said and made.states() == before, f"expected {reason!r}:\n{said}\n{made.states()}"
    made.put("sotto.bundle", good.bytes)

    outlet, extensions = office.outlet(), [Extension("1001")]
    box = office.runs(Board("cubieboard", office.folder, configuration(outlet, extensions), "--card", made.path,
                            "--resets", "start", "--clock", "2010-01-01", *outlet.arguments))
    box.ready()
    assert "sotto: starting slot a\n" in box.log(), box.log()[-2000:]
    said = box.serial.press("8", PATIENCE)
    assert "slot b holds it" in said, said
    box.serial.type("y")
    until(lambda: "sotto: slot b is kept\n" in box.log(), PATIENCE, "slot b proves itself")
    until(lambda: box.log().count("sotto: ready at") == 2, PATIENCE, "slot b is ready")
    phone = office.phone("1001", "first", PATHS[0], extensions[0].password, ["PCMU"], exchange=outlet, jitter="20-60",
                         patience=60)
    text = heard(office, outlet.tap, lambda: echo(office, phone))
    newest = max(filter(None, made.states()), key=lambda state: int(state["serial"], 16))
    assert (newest["good"], newest["trial"]) == ("b", "-"), newest
    made.close()
    return text


def update(office, card, bundle):
    """What `sotto update` says that refuses a bundle, on this machine; slot a is taken for the one that runs."""
    file, arguments = pathlib.Path(office.folder, "bundle"), pathlib.Path(office.folder, "arguments")
    file.write_bytes(bundle)
    arguments.write_text("root=/dev/mmcblk0p2 sotto.slot=a sotto.board=cubieboard\n")
    done = subprocess.run([office.binary, "update", file, "--card", card.path, "--arguments", arguments, "--key",
                           f"{KEYS}/update.pub"], capture_output=True, text=True)
    assert done.returncode == 1, f"the exit status is {done.returncode}: {done.stdout}{done.stderr}"
    return done.stderr


@chapter.promise("{0} on trial is left for the old slot", each=[
    "a system whose exchange nobody can call", "a root that does not mount", "a kernel that panics", "a kernel that hangs"])
def left(office, what):
    made = card(office, "cubieboard")
    made.set_states(state(5, trial="b", tries=1), None)
    if what == "a root that does not mount":
        made.write(SLOTS["b"], bytes(4096))
    elif what == "a kernel that panics":
        made.tell("b", "rdinit=/nothing")
    box = office.runs(Board("cubieboard", office.folder, CONFIGURATION, "--card", made.path, "--resets", "start"))
    if what == "a kernel that hangs":
        until(lambda: "Starting kernel" in box.log(), PATIENCE, "slot b starts")
        box.freeze()
    until(lambda: "sotto: starting slot a\n" in box.log(), PATIENCE, "slot a is back")
    said = box.log()
    sign = {"a system whose exchange nobody can call": "sotto: this system does not prove itself: ",
            "a root that does not mount": "holds no root file system that can be mounted",
            "a kernel that panics": "Kernel panic"}.get(what, "Starting kernel")
    assert said.index("sotto: starting slot b\n") < said.index(sign) < said.index("sotto: starting slot a\n"), said[-2000:]
    made.close()
