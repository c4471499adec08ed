"""Which of a card's two slots starts, in an emulator: what the boot script decides, up to the kernel's first word."""

import re

from harness.board import PATIENCE, Board, image
from harness.card import Card
from harness.process import until
from harness.promise import Promises

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
