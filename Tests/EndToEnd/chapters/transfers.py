"""Real phones of two makes hand calls over, send messages, insist on extensions: by every way there is."""

import time

from harness.office import PATHS, Path
from harness.process import until
from harness.promise import Promises

chapter = Promises("transfers")
TLS = "sip: {listen: ['udp://0.0.0.0:5060', 'tls://0.0.0.0:5061']}\n"
# What PyPI has of PJSIP is built without IPv6.
EVERY = PATHS[:2] + [Path("tls", 4)]
EARLY, CONFIRMED, ENDED = "EARLY", "CONFIRMED", "DISCONNECTED"


def three(office, path):
    office.open(["1001", "1002", "1003"])
    return [office.phone(number, says, path, codecs=["PCMU"])
            for number, says in (("1001", "first"), ("1002", "second"), ("1003", "second"))]


def connect(a, b):
    a.dial(b.number)
    b.expect("CALL_INCOMING")
    b.answer()
    a.expect("CALL_ESTABLISHED")
    b.expect("CALL_ESTABLISHED")


def flows(leg):
    """Whether packets came from that phone and went to it; before the first report nothing is known."""
    return leg.get("packets_in", 0) > 50 and leg.get("packets_out", 0) > 50


@chapter.promise("a phone hands its caller over to a third by {0}, and both hear each other", each=PATHS[:2])
def blind(office, path):
    a, b, c = three(office, path)
    connect(a, b)
    b.command("transfer", f"sip:1003@{b.domain}")
    c.expect("CALL_INCOMING")
    c.answer()
    b.expect("CALL_CLOSED")
    c.expect("CALL_ESTABLISHED")
    until(lambda: office.exchange.calls() == 1, 5, "one call is left")
    call = office.exchange.status()["calls"][0]
    assert (call["from"], call["to"]) == ("1001", "1003"), call
    # Both ways, of packets that came from one and went to the other since.
    until(lambda: all(flows(office.exchange.status()["calls"][0][leg]) for leg in ("caller_leg", "callee_leg")), 5,
          "speech flows between the two")
    takes_what_comes(a, c)
    a.hang_up()
    c.expect("CALL_CLOSED", 5)
    office.exchange.expect_no_calls()


@chapter.promise("a phone that a call is handed over to may refuse, and the one that hands over is told")
def refused(office):
    a, b, c = three(office, PATHS[0])
    connect(a, b)
    b.command("transfer", f"sip:1003@{b.domain}")
    c.expect("CALL_INCOMING")
    c.hang_up()
    # This phone then hangs up by itself.
    event = b.expect("TRANSFER_FAILED")
    assert event["param"].startswith("486"), event
    a.expect("CALL_CLOSED")
    office.exchange.expect_no_calls()


def two_makes(office, path, *options):
    """1001 is PJSIP's, and 1002 and 1003 are baresip's."""
    office.open(["1001", "1002", "1003"], TLS if path.transport == "tls" else "")
    # baresip's TLS wants our authority; it is tried in the chapter on transports.
    other = PATHS[0] if path.transport == "tls" else path
    return [office.softphone("1001", "first", path, *options), office.phone("1002", "second", other, codecs=["PCMU"]),
            office.phone("1003", "second", other, codecs=["PCMU"])]


def soft_call(soft, hard):
    """PJSIP's phone calls baresip's; its index of the call."""
    index = soft.tell("dial", hard.number)
    hard.expect("CALL_INCOMING")
    soft.expect(index, EARLY)
    hard.answer()
    soft.expect(index, CONFIRMED)
    hard.expect("CALL_ESTABLISHED")
    return index


def two_talk(office, who):
    """One call is left, between these numbers, and speech flows in it both ways."""
    until(lambda: office.exchange.calls() == 1, 5, "one call is left")
    call, = office.exchange.status()["calls"]
    assert {call["from"], call["to"]} == set(who), call
    before = {leg: call[leg].get("packets_in", 0) for leg in ("caller_leg", "callee_leg")}

    def goes_on():
        now, = office.exchange.status()["calls"]
        return all(flows(now[leg]) and now[leg]["packets_in"] > before[leg] + 50 for leg in before)
    until(goes_on, 5, "speech flows")


def takes_what_comes(*phones):
    """A phone of baresip's says when it throws away what it gets, as it does with a source that begins too low."""
    for phone in phones:
        dropped = phone.messages().count("stream: audio: dropping")
        assert dropped < 5, f"phone {phone.number} threw {dropped} packets away"


@chapter.promise("a phone of another make calls, is called and hears by {0}", each=EVERY)
def another_make(office, path):
    soft, hard, _ = two_makes(office, path)
    index = soft_call(soft, hard)
    # Its clip ends, and it waits; baresip's clip ends the call.
    hard.expect("CALL_CLOSED", 25)
    soft.expect(index, ENDED, 5)
    note = office.compare("first", hard, ["PCMU"])
    hard.forget()
    hard.dial("1001")
    hard.expect("CALL_ESTABLISHED")
    soft.expect(1, CONFIRMED)
    soft.tell("hang-up", 1)
    hard.expect("CALL_CLOSED", 5)
    office.exchange.expect_no_calls()
    return note


@chapter.promise("a phone hands over after having asked the third (attended transfer), by {0}", each=EVERY)
def attended(office, path):
    soft, b, c = two_makes(office, path)
    first = soft_call(soft, b)
    soft.tell("hold", first)
    time.sleep(0.3)
    second = soft_call(soft, c)
    soft.tell("join", first, second)
    soft.expect(first, ENDED)
    soft.expect(second, ENDED)
    two_talk(office, ("1002", "1003"))
    takes_what_comes(b)
    transfers = soft.call(first)["transfers"]
    assert transfers and transfers[-1] == 200, transfers
    b.hang_up()
    c.expect("CALL_CLOSED", 5)
    office.exchange.expect_no_calls()


@chapter.promise("a phone hands over to one that still rings, by {0}", each=[PATHS[0], PATHS[1]])
def attended_early(office, path):
    soft, b, c = two_makes(office, path)
    first = soft_call(soft, b)
    soft.tell("hold", first)
    time.sleep(0.3)
    second = soft.tell("dial", "1003")
    c.expect("CALL_INCOMING")
    soft.expect(second, EARLY)
    soft.tell("join", first, second)
    until(lambda: soft.call(first)["transfers"], 5, "the transfer is under way")
    c.answer()
    c.expect("CALL_ESTABLISHED")
    soft.expect(first, ENDED)
    two_talk(office, ("1002", "1003"))
    takes_what_comes(b, c)
    c.hang_up()
    b.expect("CALL_CLOSED", 5)
    office.exchange.expect_no_calls()


@chapter.promise("a phone of another make hands over blindly, and is told, by {0}", each=EVERY)
def blind_of_another_make(office, path):
    soft, b, c = two_makes(office, path)
    first = soft_call(soft, b)
    soft.tell("transfer", first, "1003")
    c.expect("CALL_INCOMING")
    c.answer()
    soft.expect(first, ENDED)
    two_talk(office, ("1002", "1003"))
    takes_what_comes(b, c)
    assert soft.call(first)["transfers"][-1] == 200, soft.call(first)
    b.hang_up()
    c.expect("CALL_CLOSED", 5)


@chapter.promise("a phone is handed over, and a phone is handed to, on PJSIP's stack")
def handed_to(office):
    office.open(["1001", "1002", "1003"])
    a, b = office.softphone("1001", "first"), office.softphone("1003", "second")
    hard = office.phone("1002", "second", codecs=["PCMU"])
    hard.dial("1001")
    hard.expect("CALL_ESTABLISHED")
    a.expect(0, CONFIRMED)
    hard.command("transfer", f"sip:1003@{hard.domain}")
    b.expect(0, CONFIRMED)
    hard.expect("CALL_CLOSED")
    two_talk(office, ("1001", "1003"))
    a.tell("hang-up", 0)
    b.expect(0, ENDED, 5)
    office.exchange.expect_no_calls()


@chapter.promise("a phone that insists on reliable ringing and session timers calls and is called, by {0}",
                 each=EVERY[:2])
def insisting(office, path):
    soft, hard, _ = two_makes(office, path, "reliable", "timers")
    index = soft_call(soft, hard)
    soft.tell("hang-up", index)
    hard.expect("CALL_CLOSED", 5)
    assert "PRACK sip:" in soft.log() and "Session-Expires: 90" in soft.log()
    hard.forget()
    hard.dial("1001")
    hard.expect("CALL_ESTABLISHED")
    soft.expect(1, CONFIRMED)
    two_talk(office, ("1001", "1002"))
    hard.hang_up()
    soft.expect(1, ENDED, 5)
    office.exchange.expect_no_calls()


@chapter.promise("a phone holds and takes up again by {0}", each=EVERY[:2])
def hold(office, path):
    soft, hard, _ = two_makes(office, path)
    index = soft_call(soft, hard)
    two_talk(office, ("1001", "1002"))
    soft.tell("hold", index)
    until(lambda: "a=sendonly" in soft.log(), 5, "the hold")
    time.sleep(0.5)
    soft.tell("resume", index)
    two_talk(office, ("1001", "1002"))
    soft.tell("hang-up", index)
    hard.expect("CALL_CLOSED", 5)
    office.exchange.expect_no_calls()


@chapter.promise("a message reaches the other phone, and its sender is told, by {0}", each=EVERY)
def message(office, path):
    office.open(["1001", "1002"], TLS if path.transport == "tls" else "")
    a, b = (office.softphone(number, says, path) for number, says in (("1001", "first"), ("1002", "second")))
    a.tell("message", "1002", "The parcels are here: three, grün.")
    until(lambda: b.report()["messages"], 5, "the message")
    (sender, text), = b.report()["messages"]
    assert "1001" in sender and text == "The parcels are here: three, grün.", (sender, text)
    until(lambda: a.report()["delivered"] == [200], 5, "the sender knows")


@chapter.promise("a phone that asks whether messages wait is told that there are none")
def waiting(office):
    office.open(["1001"])
    soft = office.softphone("1001", "first", PATHS[0], "waiting")
    until(lambda: soft.report()["waiting"], 5, "a NOTIFY")
    assert "Messages-Waiting: no" in soft.report()["waiting"][0], soft.report()["waiting"]
