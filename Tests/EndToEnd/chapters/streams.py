"""What phones have beside speech: video, faxes; and the ways of it all."""

import re
import time

from harness.office import UDP
from harness.process import until
from harness.promise import Promises

chapter = Promises("streams")


def pair(office, cameras):
    office.open()
    return [office.phone(number, says, codecs=["PCMU"], video=camera)
            for number, says, camera in zip(("1001", "1002"), ("first", "second"), cameras)]


def connect(a, b):
    a.dial(b.number)
    b.expect("CALL_INCOMING")
    a.expect("CALL_RINGING")
    b.answer()
    a.expect("CALL_ESTABLISHED")
    b.expect("CALL_ESTABLISHED")


def further(office):
    call, = office.exchange.status()["calls"]
    return call["caller_leg"]["further"], call["callee_leg"]["further"]


def pictures(phone):
    """Frames a second that it decodes, as its own call statistics have them."""
    found = re.findall(r"efps=[\d.]+/([\d.]+)", phone.messages())
    return float(found[-1]) if found else 0


@chapter.promise("two phones with cameras see each other, and hear each other")
def video(office):
    a, b = pair(office, (True, True))
    connect(a, b)
    assert further(office) == (["video"], ["video"]), further(office)
    seen = [until(lambda: pictures(phone) > 5 and pictures(phone), 8, f"phone {phone.number} sees the other")
            for phone in (a, b)]
    a.expect("CALL_CLOSED", 25)
    return f"{seen[0]} and {seen[1]} pictures a second; " + office.compare("first", b, ["PCMU"])


@chapter.promise("a phone with a camera and one without talk")
def blind(office):
    a, b = pair(office, (True, False))
    connect(a, b)
    assert further(office) == ([], []), further(office)
    a.expect("CALL_CLOSED", 25)
    return office.compare("second", a, ["PCMU"])


@chapter.promise("a call changes to a fax by T.38 and back to speech, and not a datagram is changed")
def fax(office):
    office.open()
    a, b = office.puppet("1001"), office.puppet("1002")
    a.tell("dial", "1002")
    until(lambda: a.report()["heard"] and b.report()["heard"], 5, "both hear each other")
    a.tell("fax", "on")
    until(lambda: min(len(phone.report()["datagrams"]) for phone in (a, b)) > 50, 5, "the fax goes both ways")
    assert further(office) == (["image"], ["image"]), further(office)
    for phone, other in ((a, b), (b, a)):
        ssrc, pages = other.report()["ssrc"], phone.report()["datagrams"]
        numbers = [int(page.split()[0]) for page in pages]
        assert all(page.endswith(f"of {ssrc}") for page in pages), pages[:3]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "datagrams are missing"
    a.tell("fax", "off")
    before = [sum(heard["packets"] for heard in phone.report()["heard"].values()) for phone in (a, b)]
    until(lambda: all(sum(heard["packets"] for heard in phone.report()["heard"].values()) > had + 20
                      for phone, had in zip((a, b), before)), 5, "both hear each other again")
    assert further(office) == ([], []), further(office)


@chapter.promise("a phone whose reports come by the port of its speech and one with two ports hear of each other")
def mux(office):
    office.open()
    a = office.phone("1001", "first", codecs=["PCMU"], mux=True)
    b = office.phone("1002", "second", codecs=["PCMU"])
    connect(a, b)

    def reported():
        call, = office.exchange.status()["calls"]
        return all(call[leg].get("hears") for leg in ("caller_leg", "callee_leg"))
    until(reported, 12, "both say how they hear")
    assert a.messages().count("a=rtcp-mux") >= 2, "it offers it, and is answered so"
    assert "a=rtcp-mux" not in b.messages(), "the other is told of it"
    a.expect("CALL_CLOSED", 25)
    return office.compare("first", b, ["PCMU"])


def checks(office):
    """How many checks of each phone were right; None of one that makes none."""
    office.exchange.status()
    time.sleep(0.1)
    call, = office.exchange.status()["calls"]
    return [(call[leg] or {}).get("ice_checks") for leg in ("caller_leg", "callee_leg")]


@chapter.promise("a phone that finds its way by ICE and one that knows nothing of that hear each other")
def ice(office):
    office.open()
    a = office.phone("1001", "first", codecs=["PCMU"], ice=True)
    b = office.phone("1002", "second", codecs=["PCMU"])
    connect(a, b)
    until(lambda: "connectivity check is complete" in a.messages(), 5, "the phone has found its way")
    until(lambda: (checks(office)[0] or 0) > 0, 5, "the exchange has answered its checks")
    assert checks(office)[1] is None and "a=ice" not in b.messages() and "candidate" not in b.messages()
    a.expect("CALL_CLOSED", 25)
    return office.compare("first", b, ["PCMU"]) + "; " + office.compare("second", a, ["PCMU"])


@chapter.promise("a phone whose registration says that it speaks ICE is called with that, and the echo answers it so")
def ice_called(office):
    office.open()
    phone = office.softphone("1001", "first", UDP, "ice")
    phone.tell("dial", "*43")
    phone.expect(0, "CONFIRMED")
    until(lambda: (checks(office)[0] or 0) > 0, 5, "the echo has answered its checks")
    a = office.phone("1002", "second", codecs=["PCMU"], ice=True)
    phone.tell("hang-up", 0)
    phone.expect(0, "DISCONNECTED")
    a.dial("1001")
    a.expect("CALL_ESTABLISHED")
    phone.expect(1, "CONFIRMED")
    until(lambda: all(each for each in checks(office)), 8, "both find their way")
    until(lambda: "ICE negotiation success" in phone.log(), 5, "the phone has found its way")
    a.expect("CALL_CLOSED", 25)
    return office.compare("first", a, ["PCMU"])
