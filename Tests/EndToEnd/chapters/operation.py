"""The exchange in the hands of its keeper: reload, shutdown, commands."""

import json
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


@chapter.promise("`sotto calls` says why a call was heard on one side only, and `call show` each message of it")
def one_way(office):
    exchange = office.open()
    a, b = office.puppet("1001"), office.puppet("1002")
    b.tell("speak", "off")
    a.tell("dial", "1002")
    time.sleep(3)
    a.tell("hang-up")
    exchange.expect_no_calls()
    call = json.loads(exchange.asked("calls", "--json"))["ended"][0]
    assert call["cause"] == "no-media-from-callee", call
    assert call["caller_leg"]["packets_in"] > 100 and call["callee_leg"]["packets_in"] == 0, call
    shown = exchange.asked("call", "show", str(call["number"]))
    assert "Nothing was heard of 1002" in shown and "callee's packets: 0 came" in shown, shown
    for message in ("INVITE sip:1002@office.lan", "401 Unauthorized (INVITE)", "200 OK (BYE)"):
        assert message in shown, f"{message} is missing in\n{shown}"
    password = exchange.extensions["1001"].password
    assert "response" not in shown and password not in shown
    assert "Nothing was heard of 1002" in exchange.asked("calls")
    return call["sentence"]


@chapter.promise("`sotto calls` names the phone whose password is wrong")
def wrong_password(office):
    exchange = office.open()
    login = exchange.extensions["1001"]
    login.password, right = "guess", login.password
    try:
        office.puppet("1001")
    except AssertionError as refusal:
        assert "401" in str(refusal), refusal
    login.password = right
    told = json.loads(exchange.asked("calls", "--json"))["refused_logins"]
    assert [(each["user"], each["cause"]) for each in told] == [("1001", "wrong-password")], told
    return told[0]["sentence"]
