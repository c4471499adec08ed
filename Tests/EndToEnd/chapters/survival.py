"""Calls that go on though the process that serves them is killed. SOTTO_KILLS says how often in a row; `make survival` has
it be twenty times."""

import os
import re
import time

from harness.exchange import Extension
from harness.office import UDP, Path
from harness.process import until
from harness.promise import Promises
from harness.sipp import CALLEE_PORT, Sipp, users
from chapters.transports import SDP, WEB, page

chapter = Promises("survival")
KILLS = int(os.environ.get("SOTTO_KILLS", "3"))
CALLS = 100
# A process that dies sooner is taken for one that its calls kill.
LIFE = 2.2


def gap(phone, other):
    """The longest pause in seconds that `phone` heard in what `other` says; nothing else may have reached it."""
    heard, said = phone.report(), other.report()
    assert list(heard["heard"]) == [said["ssrc"]], f"heard {heard['heard']}, not only {said['ssrc']}"
    assert heard["sources"] == [heard["target"]], f"from {heard['sources']}, not {heard['target']}"
    stream = heard["heard"][said["ssrc"]]
    assert said["sent"] - stream["packets"] < 20 + 3 * KILLS, f"{stream['packets']} of {said['sent']} packets came"
    return stream["gap"]


@chapter.promise(f"{CALLS} calls go on and end as they should, and phones notice nothing, "
                 f"though the exchange is killed {KILLS} times")
def hundred(office):
    callers, callee = [Extension(str(2000 + i)) for i in range(50)], Extension("3000")
    exchange = office.open([*callers, callee, "1001", "1002"], verb="supervise")
    a, b = office.puppet("1001"), office.puppet("1002")
    a.tell("dial", "1002")
    host, other = office.host("caller"), office.host("callee")
    office.runs(Sipp(other, f"{office.folder}/contact", "register", UDP, exchange.host, 1, port=CALLEE_PORT,
                     users_file=users(f"{office.folder}/callee.csv", [callee]))).expect_all(10)
    answers = office.runs(Sipp(other, office.folder, "callee", UDP, exchange.host, CALLS, port=CALLEE_PORT))
    talks = 14 + KILLS * (LIFE + 2)
    run = office.runs(Sipp(host, office.folder, "caller", UDP, exchange.host, CALLS, rate=20, to=callee.number,
                           users_file=users(f"{office.folder}/callers.csv", callers, callee.number), talks=talks))
    until(lambda: exchange.calls() == CALLS + 1, 12, "all calls talk")
    gap(a, b)
    for _ in range(KILLS):
        time.sleep(LIFE)
        exchange.die()
        calls = exchange.calls()
        assert calls == CALLS + 1, f"{calls} of {CALLS + 1} calls are left"
    run.expect_all(talks + 30)
    answers.expect_all(20)
    pauses = [round(1000 * gap(one, another)) for one, another in ((a, b), (b, a))]
    a.tell("change", "sendonly")
    until(lambda: exchange.status()["calls"][0]["state"] == "held", 5, "the call is held")
    return f"the longest pauses in the media were {pauses[0]} and {pauses[1]} ms"


@chapter.promise("after a kill a {0} caller and a {1} callee hold, resume and hang up from either side",
                 each=[(UDP, UDP, "caller"), (UDP, UDP, "callee")])
def goes_on(office, one, other, ends):
    office.open(verb="supervise")
    a, b = office.phone("1001", "first", one, codecs=["PCMU"]), office.phone("1002", "second", other, codecs=["PCMU"])
    a.dial("1002")
    b.expect("CALL_INCOMING")
    a.expect("CALL_RINGING")
    # Killed while it rings, and rings on.
    office.exchange.die()
    b.answer()
    a.expect("CALL_ESTABLISHED")
    b.expect("CALL_ESTABLISHED")
    time.sleep(LIFE)
    office.exchange.die()
    phase = lambda: office.exchange.status()["calls"][0]["state"]  # noqa: E731
    b.command("hold")
    until(lambda: phase() == "held", 5, "the call is held")
    b.command("resume")
    until(lambda: phase() == "connected", 5, "the call goes on")
    (a if ends == "caller" else b).hang_up()
    (b if ends == "caller" else a).expect("CALL_CLOSED", 5)
    office.exchange.expect_no_calls()


@chapter.promise("after a kill a call goes on whose {0} is reached by TCP, though its connection is gone",
                 each=["caller", "callee"])
def by_connection(office, which):
    exchange = office.open(verb="supervise")
    paths = [Path("tcp", 4), UDP] if which == "caller" else [UDP, Path("tcp", 4)]
    a, b = (office.phone(number, says, path, codecs=["PCMU"])
            for number, says, path in zip(("1001", "1002"), ("first", "second"), paths))
    a.dial("1002")
    b.expect("CALL_INCOMING")
    b.answer()
    a.expect("CALL_ESTABLISHED")
    time.sleep(LIFE)
    exchange.die()
    udp, tcp = (b, a) if which == "caller" else (a, b)
    phase = lambda: exchange.status()["calls"][0]["state"]  # noqa: E731
    # It comes back with its own request; from then on it can be reached.
    tcp.command("hold")
    until(lambda: phase() == "held", 5, "the call is held")
    tcp.command("resume")
    until(lambda: phase() == "connected", 5, "the call goes on")
    udp.hang_up()
    tcp.expect("CALL_CLOSED", 5)
    exchange.expect_no_calls()


@chapter.promise("after a kill a page in a browser talks on, and hears when it is back that the other hung up")
def page_returns(office):
    exchange = office.open(more=WEB, verb="supervise")
    caller = office.phone("1002", "second", UDP, codecs=["PCMU"])
    web = page(office, Path("wss", 4))
    web.register()
    caller.dial("1001")
    web.reply(web.receive(), "200 OK", "Content-Type: application/sdp\r\n", SDP.format(exchange.host.ipv4))
    caller.expect("CALL_ESTABLISHED")
    assert web.receive().startswith("ACK ")
    time.sleep(LIFE)
    exchange.die()
    assert exchange.calls() == 1, "the call is gone"
    caller.hang_up()
    time.sleep(1)
    assert exchange.calls() == 1, "the page is not waited for"
    web = page(office, Path("wss", 4))
    web.register()
    bye = web.receive()
    assert bye.startswith("BYE "), bye
    web.reply(bye, "200 OK")
    exchange.expect_no_calls()


@chapter.promise("what was said in a call is known after a kill, and of calls that ended before it")
def records(office):
    exchange = office.open(verb="supervise")
    a, b = office.phone("1001", "first", codecs=["PCMU"]), office.phone("1002", "second", codecs=["PCMU"])
    a.dial("1002")
    b.expect("CALL_INCOMING")
    b.hang_up()
    a.expect("CALL_CLOSED")
    a.forget()
    b.forget()
    a.dial("1002")
    b.expect("CALL_INCOMING")
    b.answer()
    a.expect("CALL_ESTABLISHED")
    time.sleep(LIFE)
    exchange.die()
    a.hang_up()
    exchange.expect_no_calls()
    declined, talked = (exchange.asked("call", "show", str(number)) for number in (1, 2))
    assert "486" in declined, declined
    assert "INVITE" in talked and "BYE" in talked, talked


@chapter.promise("what is decoded is heard as the same stream after a kill")
def decoded(office):
    office.open([Extension("1001", ["G722"]), Extension("1002", ["PCMU"])], verb="supervise")
    a, b = office.phone("1001", "first", codecs=["G722"]), office.puppet("1002")
    a.dial("1002")
    a.expect("CALL_ESTABLISHED")
    time.sleep(LIFE)
    before = b.report()["heard"]
    office.exchange.die()
    time.sleep(1)
    after = b.report()["heard"]
    ssrc, = after
    fresh = after[ssrc]["packets"] - before[ssrc]["packets"]
    assert list(before) == [ssrc] and fresh > 40, f"{fresh} packets came of {list(after)}, before that of {list(before)}"
    a.hang_up()
    office.exchange.expect_no_calls()


@chapter.promise("after a power cut phones by UDP are reached at once")
def power_cut(office):
    exchange = office.open(verb="supervise")
    a, b = office.phone("1001", "first", codecs=["PCMU"]), office.phone("1002", "second", codecs=["PCMU"])
    until(lambda: os.path.exists(f"{exchange.folder}/state/registrations"), 10, "contacts are on the card")
    time.sleep(3)
    exchange.process.kill()
    time.sleep(0.2)
    os.unlink(f"{exchange.folder}/checkpoint")
    exchange.start()
    exchange.started()
    a.dial("1002")
    b.expect("CALL_INCOMING")
    b.answer()
    a.expect("CALL_ESTABLISHED")
    a.hang_up()
    b.expect("CALL_CLOSED", 5)


@chapter.promise("a checkpoint that is {0} is set aside with a line in the log, and the exchange begins afresh",
                 each=["damaged", "of another version"])
def aside(office, how):
    exchange = office.open(verb="supervise")
    exchange.stop()
    path = f"{exchange.folder}/checkpoint"
    with open(path, "r+b") as file:
        whole = file.read()
        assert whole[:4] == b"STJ1", "there is no checkpoint"
        file.seek(0 if how == "damaged" else 8)
        file.write(b"XYZ")
    assert os.stat(path).st_mode & 0o777 == 0o600, "others may read the checkpoint"
    exchange.start()
    exchange.started()
    assert re.search(r"is not taken up.*checkpoint.aside", exchange.log()), exchange.log()
    assert os.path.exists(f"{path}.aside")


@chapter.promise("an exchange that dies at once again and again begins afresh, and then serves")
def loop(office):
    exchange = office.open(verb="supervise")
    for _ in range(4):
        exchange.die()
    assert "begins afresh" in exchange.log()
    office.phone("1001", "first", codecs=["PCMU"])


@chapter.promise("a phone that has found its way by ICE is heard on after a kill without another check, and nobody else is")
def checked(office):
    exchange = office.open(verb="supervise")
    a, b = office.puppet("1001"), office.puppet("1002")
    a.tell("ice")
    a.tell("dial", "1002")
    a.tell("check", "nominates")
    until(lambda: a.report()["heard"] and b.report()["heard"], 5, "both hear each other")
    time.sleep(LIFE)
    exchange.die()
    before = [phone.report()["heard"] for phone in (a, b)]
    for phone, other, had in ((a, b, before[0]), (b, a, before[1])):
        ssrc = other.report()["ssrc"]
        until(lambda: phone.report()["heard"][ssrc]["packets"] > had[ssrc]["packets"] + 50, 5,
              f"{phone.number} hears the other")
    a.tell("move")
    time.sleep(0.3)
    heard = b.report()["heard"][a.report()["ssrc"]]["packets"]
    time.sleep(2.5)
    assert b.report()["heard"][a.report()["ssrc"]]["packets"] == heard, "another port is heard without a check"
    a.tell("check", "nominates")
    until(lambda: b.report()["heard"][a.report()["ssrc"]]["packets"] > heard + 20, 5, "it is heard from where it is now")
