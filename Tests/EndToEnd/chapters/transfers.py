"""Real phones hand calls over: REFER, acted on by the exchange."""

from harness.office import PATHS
from harness.process import until
from harness.promise import Promises

chapter = Promises("transfers")


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
    return leg["packets_in"] > 50 and leg["packets_out"] > 50


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
