"""Speech in both directions through the exchange, each recording compared with what was sent."""

import json

from harness.exchange import Extension
from harness.office import PATHS, UDP
from harness.process import until
from harness.promise import Promises

chapter = Promises("conversations")


def talk(office, caller, callee, target=None):
    """A call until the caller's or callee's clip has ended, which ends the call."""
    caller.dial(target or callee.number)
    callee.expect("CALL_INCOMING")
    caller.expect("CALL_RINGING")
    callee.answer()
    caller.expect("CALL_ESTABLISHED")
    callee.expect("CALL_ESTABLISHED")
    caller.expect("CALL_CLOSED", 25)
    callee.expect("CALL_CLOSED", 5)


WIDE = [("G722", "PCMU"), ("PCMA", "G722"), ("opus", "PCMU"), ("PCMA", "opus"), ("G722", "opus")]


def both(office, a, b, codecs):
    return f"→ {office.compare('first', b, codecs)}; ← {office.compare('second', a, codecs[::-1])}"


@chapter.promise("two phones hear each other without a gap by {0}", each=PATHS)
def conversation(office, path):
    office.open()
    a, b = office.phone("1001", "first", path, codecs=["PCMU"]), office.phone("1002", "second", path, codecs=["PCMU"])
    talk(office, a, b)
    office.exchange.expect_no_calls()
    return both(office, a, b, ["PCMU"])


@chapter.promise("a phone by {0} and one by {1} hear each other", each=[(PATHS[0], PATHS[1]), (PATHS[2], PATHS[0])])
def mixed(office, one, other):
    office.open()
    a, b = office.phone("1001", "first", one, codecs=["PCMA"]), office.phone("1002", "second", other, codecs=["PCMA"])
    talk(office, a, b)
    return both(office, a, b, ["PCMA"])


@chapter.promise("Linphone by {0} is called and heard, calls, holds, resumes and hangs up", each=PATHS[:2])
def linphone(office, path):
    office.open()
    a, b = office.phone("1001", "first", codecs=["PCMU"]), office.linphone("1002", path)
    a.dial("1002")
    b.expect("IncomingReceived")
    b.tell("answer")
    a.expect("CALL_ESTABLISHED")
    b.expect("StreamsRunning")
    b.play(office.clip("second"))
    a.expect("CALL_CLOSED", 25)
    b.expect("Released")
    office.exchange.expect_no_calls()
    figures = office.compare("second", a, ["PCMU"])
    a.forget()
    b.tell(f"call sip:1001@{office.exchange.host.ipv4}")
    a.expect("CALL_INCOMING")
    a.answer()
    b.expect("StreamsRunning")
    for command, state in ("call-pause", "Paused"), ("call-resume 2", "StreamsRunning"), ("terminate", "Released"):
        b.tell(command)
        b.expect(state)
    a.expect("CALL_CLOSED")
    office.exchange.expect_no_calls()
    return figures


@chapter.promise("a phone that knows {0} alone and one that knows {1} alone hear each other",
                 each=[("PCMU", "PCMA"), ("PCMA", "PCMU"), *WIDE])
def converted(office, one, other):
    office.open([Extension("1001", [one]), Extension("1002", [other])])
    a, b = office.phone("1001", "first", codecs=[one]), office.phone("1002", "second", codecs=[other])
    talk(office, a, b)
    return both(office, a, b, [one, other])


@chapter.promise("two phones that know {0} speak it, and the exchange leaves it alone", each=["G722", "opus"])
def wideband(office, codec):
    office.open([Extension("1001", [codec, "PCMU"]), Extension("1002", [codec, "PCMU"])])
    a, b = (office.phone(number, says, codecs=[codec, "PCMU"]) for number, says in (("1001", "first"), ("1002", "second")))
    talk(office, a, b)
    return both(office, a, b, [codec])


@chapter.promise("status tells how well both phones of a call are heard, relayed or converted ({0} to {1})",
                 each=[("PCMU", "PCMU"), ("PCMU", "opus")])
def quality(office, one, other):
    office.open([Extension("1001", [one]), Extension("1002", [other])])
    a, b = office.phone("1001", "first", codecs=[one]), office.phone("1002", "second", codecs=[other])
    a.dial("1002")
    b.expect("CALL_INCOMING")
    a.expect("CALL_RINGING")
    b.answer()
    a.expect("CALL_ESTABLISHED")

    def scores():
        call, = json.loads(office.exchange.asked("status", "--json"))["calls"]
        heard = [(call[leg].get("heard_from") or {}).get("mos", 0) for leg in ("caller_leg", "callee_leg")]
        return heard if min(heard) >= 4 else None

    heard = until(scores, 8, "a MOS of 4 or more on both legs")
    a.hang_up()
    b.expect("CALL_CLOSED", 5)
    return f"MOS {heard[0]} and {heard[1]}"


@chapter.promise("*43 sends a phone's own speech back by {0}", each=PATHS)
def echo(office, path):
    office.open(["1001"])
    a = office.phone("1001", "first", path, codecs=["PCMU"])
    a.dial("*43")
    a.expect("CALL_ESTABLISHED")
    a.expect("CALL_CLOSED", 25)
    return office.compare("first", a, ["PCMU"])


@chapter.promise("a phone that is given only the exchange's address, as desk phones are, calls and is called")
def address_as_domain(office):
    office.open()
    box = office.exchange.host.ipv4
    a = office.phone("1001", "first", UDP, codecs=["PCMU"], domain=box)
    b = office.phone("1002", "second", UDP, codecs=["PCMU"], domain=box)
    talk(office, b, a)
    return both(office, a, b, ["PCMU"])
