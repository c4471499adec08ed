"""The exchange in the hands of its keeper: reload, shutdown, commands."""

import signal
import time

from harness.exchange import Extension
from harness.process import until
from harness.promise import Promises
from chapters.manners import connect

chapter = Promises("operation")


def pair(office):
    office.open()
    return (office.phone("1001", "first", codecs=["PCMU"]), office.phone("1002", "second", codecs=["PCMU"]))


def finish(office, a, b):
    a.expect("CALL_CLOSED", 25)
    return f"→ {office.compare('first', b, ['PCMU'])}; ← {office.compare('second', a, ['PCMU'])}"


@chapter.promise("a reload in mid-call leaves the call alone and admits a new extension")
def reload(office):
    a, b = pair(office)
    connect(a, b)
    time.sleep(3)
    office.exchange.extensions["1003"] = Extension("1003")
    office.exchange.write()
    office.exchange.reload()
    office.phone("1003", "first")
    return finish(office, a, b)


@chapter.promise("a reload with a faulty file says so, keeps the old configuration and the call")
def faulty_reload(office):
    a, b = pair(office)
    connect(a, b)
    time.sleep(3)
    office.exchange.write('  "1004": {name: Late, pasword: correct-horse-battery}\n')
    office.exchange.reload()
    # Two lines for domain and extensions, one for each of two extensions, then the faulty one.
    until(lambda: "sotto.yaml:5:" in office.exchange.log(), 5, "the log names file and line of the fault")
    assert "password" in office.exchange.log(), "the log names the nearest known key"
    result = finish(office, a, b)
    a.forget(), b.forget()
    connect(b, a)
    return result


@chapter.promise("SIGTERM in mid-call says BYE to both phones and exits 0 within 2 s")
def shutdown(office):
    a, b = pair(office)
    connect(a, b)
    time.sleep(1)
    start = time.monotonic()
    office.exchange.process.signal(signal.SIGTERM)
    status = office.exchange.process.wait(5)
    took = time.monotonic() - start
    assert status == 0, f"exit status {status}"
    assert took < 2, f"{took:.2f} s"
    for phone in (a, b):
        phone.expect("CALL_CLOSED", 2)
        assert "\nBYE sip:" in phone.messages(), f"phone {phone.number} saw no BYE"
    return f"{took:.2f} s"


@chapter.promise("SIGTERM while a phone rings stops the ringing and exits 0 within 2 s")
def shutdown_ringing(office):
    a, b = pair(office)
    a.dial("1002")
    b.expect("CALL_INCOMING")
    start = time.monotonic()
    office.exchange.process.signal(signal.SIGTERM)
    status = office.exchange.process.wait(5)
    took = time.monotonic() - start
    assert status == 0 and took < 2, f"exit status {status} after {took:.2f} s"
    a.expect("CALL_CLOSED", 2)
    b.expect("CALL_CLOSED", 2)
    return f"{took:.2f} s"


@chapter.promise("a configuration with a fault is refused with file, line and column")
def check_config(office):
    exchange = office.open()
    assert exchange.asked_about(exchange.configuration)[0] == 0
    exchange.write("sip: {lissten: []}\n")
    status, text = exchange.asked_about(exchange.configuration)
    assert status != 0 and "sotto.yaml:5:7" in text and "listen" in text, f"{status}: {text}"
    return text.strip().splitlines()[0].split("/")[-1]
