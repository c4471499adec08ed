"""Encrypted media by SDES and DTLS: whose keys are taken and whose are not, and what is left of the voice on the wire."""

import json
import re

from harness.exchange import Extension
from harness.office import Path
from harness.process import until
from harness.promise import Promises
from harness.tap import Tap
from chapters.conversations import both, talk

chapter = Promises("secured")
TLS = Path("tls", 4)
LISTEN = "sip:\n  listen: ['udp://0.0.0.0:5060', 'tls://0.0.0.0:5061']\n"


def opened(office, *settings, more="", verb="serve"):
    """An exchange with an extension for each encryption setting."""
    return office.open([Extension(f"100{i + 1}", ["PCMU"], encryption=setting) for i, setting in enumerate(settings)],
                       more=LISTEN + more, verb=verb)


def secured(office, number, says, manner="srtp-mand", **options):
    """baresip over TLS with keys by SDES: `srtp` offers them in RTP/AVP, `srtp-mand` takes RTP/SAVP alone."""
    return office.phone(number, says, TLS, codecs=["PCMU"], encryption=manner, authority=None, **options)


def suites(office):
    """The suites of both legs of the one call, as `sotto calls` has them."""
    def answered():
        calls = json.loads(office.exchange.asked("calls", "--json"))["calls"]
        legs = [calls[0][leg] for leg in ("caller_leg", "callee_leg")] if len(calls) == 1 else []
        return legs if len(legs) == 2 and all(legs) and all(leg["codec"] for leg in legs) else None
    return [leg["encryption"] for leg in until(answered, 10, "a call with two legs")]


def ended(office):
    """What is kept of the last call that ended."""
    return until(lambda: json.loads(office.exchange.asked("calls", "--json"))["ended"], 5, "a call that ended")[0]


def established(caller, callee, number):
    caller.dial(number)
    callee.expect("CALL_INCOMING")
    caller.expect("CALL_RINGING")
    callee.answer()
    caller.expect("CALL_ESTABLISHED")
    callee.expect("CALL_ESTABLISHED")


@chapter.promise("two phones over TLS that must encrypt hear each other, and nobody on the wire hears them")
def conversation(office):
    opened(office, "required", "required")
    a, b = secured(office, "1001", "first"), secured(office, "1002", "second")
    with Tap(office.exchange.host, f"{office.folder}/tap.pcap") as tap:
        established(a, b, "1002")
        found = suites(office)
        assert all(found), found
        a.expect("CALL_CLOSED", 25)
    heard = both(office, a, b, ["PCMU"])
    tap.expect_no_voice(office, ["first", "second"])
    assert [leg["encryption"] for leg in (ended(office)["caller_leg"], ended(office)["callee_leg"])] == found
    return f"{found[0]}; {heard}"


@chapter.promise("an encrypted phone and a plain one hear each other, and the encrypted leg has no voice on it, calling {0}",
                 each=["out", "in"])
def half(office, way):
    opened(office, "required", "off")
    a, b = secured(office, "1001", "first"), office.phone("1002", "second", codecs=["PCMU"])
    with Tap(office.exchange.host, f"{office.folder}/tap.pcap") as tap:
        caller, callee = (a, b) if way == "out" else (b, a)
        established(caller, callee, callee.number)
        found = suites(office)
        assert sorted(found, key=str)[-1] is None or None in found, found
        assert [bool(suite) for suite in found] == [way == "out", way == "in"], found
        caller.expect("CALL_CLOSED", 25)
    heard = both(office, a, b, ["PCMU"])
    tap.expect_no_voice(office, ["first", "second"], between=a.host.ipv4)
    # The same search finds it on the other leg.
    tap.expect_voice(office, "first", between=b.host.ipv4)
    return heard


@chapter.promise("a phone that would like to encrypt (RFC 8643) is encrypted over TLS, and plain where keys would be read")
def welcome(office):
    opened(office, "preferred", "preferred")
    a = secured(office, "1001", "first", "srtp")
    b = office.phone("1002", "second", codecs=["PCMU"], encryption="srtp")
    established(a, b, "1002")
    found = suites(office)
    assert found[0] and not found[1], found
    a.hang_up()
    b.expect("CALL_CLOSED", 5)
    return found[0]


@chapter.promise("PJSIP's phone that {0} hears and is heard over TLS, calling and called", each=["must encrypt", "may encrypt"])
def other_make(office, manner):
    must = manner == "must encrypt"
    opened(office, "required" if must else "preferred", "required")
    a = office.softphone("1001", "first", TLS, "srtp-must" if must else "srtp-may")
    b = secured(office, "1002", "second")
    a.tell("dial", "1002")
    b.expect("CALL_INCOMING")
    b.answer()
    a.expect(0, "CONFIRMED")
    found = suites(office)
    assert all(found), found
    b.expect("CALL_CLOSED", 25)
    a.expect(0, "DISCONNECTED")
    out = office.compare("first", b, ["PCMU"])
    b.dial("1001")
    b.forget()
    a.expect(1, "CONFIRMED")
    assert all(suites(office))
    a.tell("hang-up", 1)
    b.expect("CALL_CLOSED", 5)
    return f"{found[0]}; → {out}"


def shaking(office, number, says, path=Path("udp", 4), **options):
    """baresip with keys by a handshake of DTLS,."""
    return office.phone(number, says, path, codecs=["PCMU"], encryption="dtls_srtp", authority=None, mux=True, **options)


@chapter.promise("keys by DTLS over {0}: a phone hears and is heard by one that is plain, calling {1}, and nobody else hears",
                 each=[("UDP", "out"), ("UDP", "in"), ("TLS", "in")])
def handshake(office, transport, way):
    opened(office, "required", "off")
    a = shaking(office, "1001", "first", TLS if transport == "TLS" else Path("udp", 4))
    b = office.phone("1002", "second", codecs=["PCMU"])
    with Tap(office.exchange.host, f"{office.folder}/tap.pcap") as tap:
        caller, callee = (a, b) if way == "out" else (b, a)
        established(caller, callee, callee.number)
        found = until(lambda: next(filter(None, suites(office)), None), 10, "keys")
        caller.expect("CALL_CLOSED", 25)
    heard = both(office, a, b, ["PCMU"])
    tap.expect_no_voice(office, ["first", "second"], between=a.host.ipv4)
    tap.expect_voice(office, "first", between=b.host.ipv4)
    assert ended(office)["caller_leg" if way == "out" else "callee_leg"]["encryption"] == found
    return f"{found}; {heard}"


@chapter.promise("who must encrypt and does not is refused, and told why: {0}", each=["by TLS", "by UDP"])
def refused(office, way):
    opened(office, "required", "off")
    path = TLS if way == "by TLS" else Path("udp", 4)
    a, b = office.phone("1001", "first", path, codecs=["PCMU"]), office.phone("1002", "second", codecs=["PCMU"])
    a.dial("1002")
    a.expect("CALL_CLOSED")
    call = ended(office)
    assert call["cause"] == "not-encrypted", call
    assert re.search(r"488 ", a.messages()), a.messages()[-2000:]
    # Nor can it be called.
    a.forget(), b.forget()
    b.dial("1001")
    b.expect("CALL_CLOSED")
    assert ended(office)["cause"] == "not-encrypted", ended(office)
    return call["sentence"]


@chapter.promise("keys without TLS are named where the configuration says so, and only there")
def in_the_open(office):
    opened(office, "required", "required", more="media: {keys_without_tls: true}\n")
    a, b = (office.phone(number, says, codecs=["PCMU"], encryption="srtp-mand")
            for number, says in (("1001", "first"), ("1002", "second")))
    established(a, b, "1002")
    assert all(suites(office))
    a.hang_up()
    b.expect("CALL_CLOSED", 5)


@chapter.promise("hold and resume keep a call encrypted by {0}, with music between", each=["SDES", "DTLS"])
def held(office, way):
    opened(office, "required", "preferred")
    a = (secured if way == "SDES" else shaking)(office, "1001", "first")
    b = office.softphone("1002", "second", TLS, "srtp-may")
    a.dial("1002")
    a.expect("CALL_ESTABLISHED")
    until(lambda: all(suites(office)), 10, "both are encrypted")
    before = suites(office)
    b.tell("hold", 0)
    until(lambda: office.exchange.status()["calls"][0]["state"] == "held", 5, "the call is held")
    assert suites(office) == before
    b.tell("resume", 0)
    until(lambda: office.exchange.status()["calls"][0]["state"] == "connected", 5, "the call is resumed")
    assert suites(office) == before

    def both_heard():
        legs = [office.exchange.status()["calls"][0][leg] for leg in ("caller_leg", "callee_leg")]
        return legs if all(leg.get("packets_in", 0) > 50 for leg in legs) else None

    first = [leg["packets_in"] for leg in until(both_heard, 10, "both are heard")]
    until(lambda: all(now["packets_in"] > then + 25 for now, then in zip(both_heard(), first)), 10, "both are heard on")
    a.hang_up()
    b.expect(0, "DISCONNECTED")
    return before[0]


@chapter.promise("a call that {0} encrypts is heard on after a kill, under keys and numbers that were never used before",
                 each=["SDES", "DTLS"])
def goes_on(office, way):
    opened(office, "required", "off", verb="supervise")
    a, b = (secured if way == "SDES" else shaking)(office, "1001", "first"), office.phone("1002", "second", codecs=["PCMU"])
    with Tap(office.exchange.host, f"{office.folder}/tap.pcap") as tap:
        established(a, b, "1002")
        until(lambda: office.exchange.status()["calls"][0]["caller_leg"].get("packets_in", 0) > 100, 10, "speech")
        until(lambda: b.heard(), 5, "the plain phone records")
        office.exchange.die()
        legs = lambda: [office.exchange.status()["calls"][0][leg] for leg in ("caller_leg", "callee_leg")]
        until(lambda: all(leg.get("packets_in", 0) > 100 and leg.get("packets_out", 0) > 100 for leg in legs()), 15,
              "both are heard after the kill")
        assert suites(office)[0]
        b.hang_up()
        b.expect("CALL_CLOSED", 5)
    numbers = tap.numbers(office.exchange.host.ipv4, a.host.ipv4)
    assert len({source for source, _ in numbers}) == 1, "the encrypted phone hears one source"
    assert len(set(numbers)) == len(numbers), "no number went out twice"
    return f"{len(numbers)} packets to the encrypted phone"
