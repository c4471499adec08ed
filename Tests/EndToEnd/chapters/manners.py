"""What happens when a call does not go as planned: refusals, changes of mind, phones that vanish."""

import time

from harness.office import PATHS, Path
from harness.process import until
from harness.promise import Promises

chapter = Promises("manners")


def pair(office, path, **options):
    office.open()
    return office.phone("1001", "first", path), office.phone("1002", "second", path, **options)


def ring(a, b):
    a.dial(b.number)
    b.expect("CALL_INCOMING")
    a.expect("CALL_RINGING")


def connect(a, b):
    ring(a, b)
    b.answer()
    a.expect("CALL_ESTABLISHED")
    b.expect("CALL_ESTABLISHED")


def closed(phone, reason, seconds=10):
    event = phone.expect("CALL_CLOSED", seconds)
    assert event["param"].startswith(reason), f"phone {phone.number}: {event['param']!r}, not {reason}"


@chapter.promise("a wrong password is refused and registers nothing by {0}", each=PATHS)
def wrong_password(office, path):
    office.open()
    phone = office.phone("1001", "first", path, password="not-the-password", registered=False)
    status = until(phone.registration, 10, "an answer to the REGISTER")
    assert status in ("401", "403"), status
    assert not office.exchange.status()["registrations"], "someone is registered"


@chapter.promise("an unknown number is answered with 404 by {0}", each=PATHS)
def unknown_number(office, path):
    office.open()
    phone = office.phone("1001", "first", path)
    phone.dial("4711")
    closed(phone, "404")


@chapter.promise("a number with no phone registered is answered with 480 by {0}", each=PATHS)
def absent(office, path):
    office.open()
    phone = office.phone("1001", "first", path)
    phone.dial("1002")
    closed(phone, "480")


@chapter.promise("a phone that declines makes the caller hear 486 by {0}", each=PATHS)
def busy(office, path):
    a, b = pair(office, path)
    ring(a, b)
    b.hang_up()
    closed(a, "486")
    office.exchange.expect_no_calls()


@chapter.promise("a phone that nobody answers ends the caller's call by {0}", each=PATHS)
def no_answer(office, path):
    a, b = pair(office, path, ring_for=2)
    ring(a, b)
    b.expect("CALL_CLOSED")
    event = a.expect("CALL_CLOSED")
    assert event["param"][:3] in ("480", "486", "487", "408", "603"), event["param"]
    office.exchange.expect_no_calls()
    return event["param"]


@chapter.promise("a caller who gives up stops the ringing by {0}", each=PATHS)
def cancel(office, path):
    a, b = pair(office, path)
    ring(a, b)
    a.hang_up()
    b.expect("CALL_CLOSED")
    until(lambda: "487 Request Terminated" in a.messages(), 5, "the caller was told 487")
    office.exchange.expect_no_calls()


@chapter.promise("both may hang up at once by {0}", each=PATHS)
def both_at_once(office, path):
    a, b = pair(office, path)
    connect(a, b)
    time.sleep(0.5)
    a.hang_up()
    b.hang_up()
    a.expect("CALL_CLOSED")
    b.expect("CALL_CLOSED")
    office.exchange.expect_no_calls()
    # Both can call again at once.
    a.forget(), b.forget()
    connect(b, a)


@chapter.promise("a phone that vanishes in mid-call keeps neither the other nor the exchange by {0}",
                 each=[Path("udp", 6), Path("tcp", 4)])
def vanishes(office, path):
    a, b = pair(office, path)
    connect(a, b)
    b.vanish()
    time.sleep(1)
    a.hang_up()
    # The exchange answers the BYE at once, though its own to the vanished phone runs into a timeout of 32 s, or waits 64 s
    # for a connection.
    until(lambda: a.messages().count("CSeq: ") and "BYE" in a.messages().split("SIP/2.0 200 OK")[-1], 3,
          "the BYE was answered")
    office.exchange.expect_no_calls(75)
    back = office.phone("1002", "second", path)
    a.forget()
    connect(a, back)


@chapter.promise("a call whose phones both vanished is ended after 60 s without a packet")
def both_vanish(office):
    a, b = pair(office, PATHS[0])
    connect(a, b)
    time.sleep(1)
    a.vanish()
    b.vanish()
    start = time.monotonic()
    time.sleep(50)
    assert office.exchange.calls() == 1, "the call ended too early"
    until(lambda: office.exchange.calls() == 0, 50, "the call ended for want of packets")
    return f"{time.monotonic() - start:.0f} s"
