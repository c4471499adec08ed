"""What phones have beside speech: video, faxes."""

import re

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
