"""The exchange in the hands of its keeper: reload, shutdown, commands."""

import json
import re
import shutil
import signal
import subprocess
import time

from harness.exchange import Extension
from harness.office import Path
from harness.process import Process, until
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


@chapter.promise("`sotto trace` writes what Wireshark reads: UDP, TCP and decrypted TLS, digests masked, by number and call")
def trace(office):
    exchange = office.open(["1001", "1002", "1003"],
                           "sip: {listen: ['udp://0.0.0.0:5060', 'tcp://0.0.0.0:5060', 'tls://0.0.0.0:5061']}\n")
    tracers = {name: office.runs(Process(
        exchange.host.inside([exchange.binary, "trace", "--control", exchange.socket, "--output",
                              f"{office.folder}/{name}.pcap", *options]), f"{office.folder}/{name}.log"))
        for name, options in (("all", []), ("other", ["--number", "1003"]), ("open", ["--with-credentials"]))}
    until(lambda: exchange.log().count("signalling is traced") == len(tracers), 5, "the traces run")
    a = office.phone("1001", "first", Path("tls", 4), codecs=["PCMU"])
    b = office.phone("1002", "second", Path("tcp", 4), codecs=["PCMU"])
    connect(a, b)
    office.puppet("1003")
    call = exchange.status()["calls"][0]["number"]
    one = office.runs(Process(exchange.host.inside(
        [exchange.binary, "trace", "--control", exchange.socket, "--output", f"{office.folder}/one.pcap", "--call",
         str(call), "--seconds", "4"]), f"{office.folder}/one.log"))
    until(lambda: exchange.log().count("signalling is traced") == 4, 5, "the trace of the call runs")
    a.hang_up()
    exchange.expect_no_calls()
    for tracer in tracers.values():
        tracer.signal(signal.SIGINT)
    statuses = [tracer.wait(5) for tracer in (*tracers.values(), one)]
    assert statuses == [0] * 4, f"exit statuses {statuses}"
    captures = {name: open(f"{office.folder}/{name}.pcap", "rb").read() for name in (*tracers, "one")}
    assert all(capture[:4] == b"\xd4\xc3\xb2\xa1" for capture in captures.values())
    responses = re.findall(rb'response="([^"]+)"', captures["all"])
    assert responses and set(b"".join(responses)) == set(b"x"), responses
    assert len(set(re.findall(rb'response="([0-9a-f]{32})"', captures["open"]))) >= 3
    assert b"1003" in captures["other"] and b"sip:1002@" not in captures["other"]
    assert captures["one"].count(b"BYE sip:") == 2 and b"REGISTER" not in captures["one"]
    if not shutil.which("tshark"):
        return "tshark is not installed, so only the file's own bytes were looked at"
    rows = subprocess.run(
        ["tshark", "-r", f"{office.folder}/all.pcap", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
         "-o", "tcp.check_checksum:TRUE", "-T", "fields", "-e", "_ws.col.Protocol", "-e", "tcp.port", "-e", "sip.Method",
         "-e", "ip.checksum.status", "-e", "tcp.checksum.status", "-e", "udp.checksum.status"],
        capture_output=True, text=True, check=True).stdout.splitlines()
    fields = [row.split("\t") for row in rows]
    assert all(field[0].startswith("SIP") for field in fields), [field for field in fields if field[0][:3] != "SIP"][:5]
    assert any("5061" in field[1] and field[2] == "INVITE" for field in fields), "no INVITE by TLS"
    assert all(set(field[3:]) <= {"1", ""} for field in fields), "a checksum is wrong"
    return f"{len(rows)} packets, all SIP to tshark"


@chapter.promise("`slot check` finds out that the exchange on its machine {0}", each=[
    "takes calls", "takes calls in Opus alone", "takes encrypted calls by TLS alone", "takes no password",
    "has no extension", "is not there"])
def slot_check(office, what):
    secured = "encrypted" in what
    listen = 'sip: {listen: ["tls://0.0.0.0:5061"]}\n' if secured else ""
    codecs = ["opus"] if "Opus" in what else ["PCMU", "PCMA"]
    extension = Extension("1001", codecs, encryption="required" if secured else "preferred")
    office.open([extension], listen + "media: {external_address: 203.0.113.5}\n")
    exchange = office.exchange
    if "password" in what:
        exchange.extensions["1001"].password += "x"
        exchange.write()  # and does not reload
    if "not there" in what:
        exchange.stop()
    if "no extension" in what:
        with open(exchange.configuration, "w") as file:
            file.write("domain: office.lan\nextensions: {}\n")
    said = exchange.asked("slot", "check", "--config", exchange.configuration)
    if "calls" in what:
        assert said and "the exchange took 1001 and returned its voice" in said, f"it said {said}"
    else:
        assert said is None, f"it said {said}"
