"""Races by the book (RFC 5407, 6141, 6337): sipp at both ends does at the worst moment what a race would."""

import re

from harness.exchange import Extension
from harness.office import PATHS, UDP, Path
from harness.promise import Promises
from harness.scenario import Callee, Caller
from harness.sipp import CALLEE_PORT, Sipp, users

chapter = Promises("races")
CALLER, CALLED = "1001", "1002"
HELD = "sendonly"


def opened(office, more=""):
    office.open([Extension(CALLER, ["PCMU"]), Extension(CALLED, ["PCMU"])], more)
    return Caller("caller", office.exchange.extensions[CALLER], CALLED)


def rung(office, *callees):
    """Phones of the callee that are registered and answer as they are told."""
    runs = []
    for index, callee in enumerate(callees):
        host, port = office.host("callee"), CALLEE_PORT + index
        callee.name = f"callee-{index}"
        folder = f"{office.folder}/{callee.name}"
        known = users(f"{office.folder}/users.csv", [office.exchange.extensions[CALLED]])
        office.runs(Sipp(host, folder, "register", UDP, office.exchange.host, 1, port=port,
                         users_file=known)).expect_all(10)
        runs.append(office.runs(Sipp(host, folder, callee, UDP, office.exchange.host, 1, port=port)))
    return runs


def run(office, caller, *callees, path=UDP):
    """Both ends saw what they had to; returns the caller's run and those of the callees."""
    runs = rung(office, *callees)
    first = office.runs(Sipp(office.host("caller"), f"{office.folder}/caller", caller, path, office.exchange.host, 1,
                             to=CALLED))
    first.expect_all(15)
    for each in runs:
        each.expect_all(10)
    office.exchange.expect_no_calls(2)
    return [first, *runs]


@chapter.promise("CANCEL that crosses the 200 on the caller's side ends nothing")
def cancel_of_the_answered(office):
    caller = opened(office).calls().takes(180).takes(200).cancels().takes(200).acknowledges().pause(300)
    run(office, caller.asks("BYE").takes(200), Callee("callee").rings().answers().is_hung_up())


@chapter.promise("a 200 that crosses CANCEL on the callee's side is acknowledged and ended")
def answer_of_the_cancelled(office):
    caller = opened(office).calls().takes(180).pause(100).cancels().takes(200).takes(487).acknowledges_refusal()
    callee = Callee("callee").rings().taken("CANCEL", "cancel")
    callee.says("200 OK", to="cancel").says("200 OK", "sendrecv", to="invitation", again=True)
    run(office, caller, callee.taken("ACK").is_hung_up())


@chapter.promise("a BYE that crosses a re-INVITE ends the call, and the re-INVITE with 487")
def bye_against_reinvite(office):
    caller = opened(office).calls().takes(180).takes(200).acknowledges().pause(200).asks("INVITE", HELD)
    caller.takes(100, maybe=True).takes(487).acknowledges_refusal("re-INVITE").taken("BYE").says("200 OK")
    callee = Callee("callee").rings().answers().taken("INVITE", "change").asks("BYE").takes(200)
    callee.says("487 Request Terminated", to="change").taken("ACK")
    run(office, caller, callee)


@chapter.promise("re-INVITEs that cross in the exchange get 491 on both sides, and the second try goes through")
def glare(office):
    caller = opened(office).calls().takes(180).takes(200).acknowledges().pause(200).asks("INVITE", HELD)
    caller.takes(100, maybe=True).takes(491).acknowledges_refusal("re-INVITE").pause(400).asks("INVITE", HELD)
    caller.takes(100, maybe=True).takes(200).acknowledges().asks("BYE").takes(200)
    callee = Callee("callee").rings().answers().taken("INVITE", "change").asks("INVITE", HELD)
    callee.takes(100, maybe=True).takes(491).acknowledges_refusal("re-INVITE")
    callee.says("491 Request Pending", to="change").taken("ACK")
    callee.taken("INVITE", "again").says("200 OK", "recvonly", to="again", again=True).taken("ACK").is_hung_up()
    run(office, caller, callee)


@chapter.promise("of two phones that answer, the loser is acknowledged and ended, and the winner talks")
def forked(office):
    caller = opened(office).calls().takes(180).takes(180, maybe=True).takes(200).acknowledges().pause(400)
    winner = Callee("callee").rings().pause(300).answers().is_hung_up()
    loser = Callee("callee").rings().taken("CANCEL", "cancel")
    loser.says("200 OK", to="cancel").says("200 OK", "sendrecv", to="invitation", again=True).taken("ACK").is_hung_up()
    run(office, caller.asks("BYE").takes(200), winner, loser)


@chapter.promise("a second 200 of a fork beyond the phone is acknowledged and ended, and the first call stands")
def forked_beyond(office):
    caller = opened(office).calls().takes(180).takes(200).acknowledges().pause(600)
    callee = Callee("callee").rings().answers()
    callee.says("200 OK", "sendrecv", to="invitation", tag="b").taken("ACK", "second").taken("BYE", "other")
    callee.says("200 OK", to="other").is_hung_up()
    _, run_of = run(office, caller.asks("BYE").takes(200), callee)
    ended = [re.search(r"(?m)^To: .*tag=\d+([ab])1", message)[1] for message in run_of.received("BYE")]
    assert ended == ["b", "a"], f"BYE came for {ended}, b is the second answer"


@chapter.promise("an ACK that comes late does no harm, and until it comes the 200 is sent again, by {0}",
                 each=PATHS[:2])
def late_ack(office, path):
    # Over TCP sipp knows no repetitions, and over UDP takes them for itself.
    caller = opened(office).calls().takes(180).takes(200)
    caller = (caller.takes(200) if path.transport == "tcp" else caller.pause(1300)).acknowledges().pause(200)
    callee = Callee("callee").rings().answers().is_hung_up()
    first, _ = run(office, caller.asks("BYE").takes(200), callee, path=path)
    answers = [message for message in first.received("SIP/2.0 200") if "CSeq: 2 INVITE" in message]
    assert len(answers) >= 2, f"200 came {len(answers)} times in 1.3 s without an ACK"


@chapter.promise("a BYE that comes before the caller's ACK waits for it, and ends both sides")
def bye_before_ack(office):
    caller = opened(office).calls().takes(180).takes(200).pause(400).acknowledges().taken("BYE").says("200 OK")
    run(office, caller, Callee("callee").rings().answers().asks("BYE").takes(200))


@chapter.promise("a caller without an offer gets one in the 200, and answers it in its ACK")
def offer_in_answer(office):
    caller = opened(office).calls(offer=None).takes(180).takes(200).acknowledges("sendrecv").pause(200)
    first, _ = run(office, caller.asks("BYE").takes(200), Callee("callee").rings().answers().is_hung_up())
    assert "m=audio" in first.received("SIP/2.0 200")[0], "the 200 holds no offer"


@chapter.promise("a re-INVITE without an offer gets one, by which the call goes on")
def reinvite_without_offer(office):
    caller = opened(office).calls().takes(180).takes(200).acknowledges().pause(200).asks("INVITE")
    caller.takes(100, maybe=True).takes(200).acknowledges("sendrecv").pause(200).asks("BYE").takes(200)
    callee = Callee("callee").rings().answers().taken("INVITE", "change")
    callee.says("200 OK", "sendrecv", to="change", again=True).taken("ACK").is_hung_up()
    run(office, caller, callee)


@chapter.promise("the caller hears one phone's early media, and then whoever answers")
def early_media(office):
    caller = opened(office).calls().takes(183).takes(183, maybe=True).takes(200).acknowledges().pause(200)
    first = Callee("callee").taken("INVITE", "invitation").says("183 Session Progress", "sendrecv", to="invitation")
    first.taken("CANCEL", "cancel").says("200 OK", to="cancel")
    first.says("487 Request Terminated", to="invitation").taken("ACK")
    second = Callee("callee").taken("INVITE", "invitation").pause(200)
    second.says("183 Session Progress", "sendrecv", to="invitation").pause(200).answers().is_hung_up()
    run(office, caller.asks("BYE").takes(200), first, second)


@chapter.promise("what is asked over TCP is asked once")
def patience_over_tcp(office):
    host = office.host("callee")
    caller = opened(office, f"country: DE\ntrunks:\n  line: {{host: {host.ipv4}, port: {CALLEE_PORT}, transport: tcp, "
                    "keep_alive: 0}\nroutes: [{match: '_0.', trunks: [line]}]\n")
    caller.callee = "0891234"
    callee = Callee("callee").taken("INVITE", "invitation").pause(2500).says("180 Ringing", to="invitation").answers()
    tcp, box = Path("tcp", 4), office.exchange.host
    answers = office.runs(Sipp(host, f"{office.folder}/callee", callee.is_hung_up(), tcp, box, 1, port=CALLEE_PORT))
    caller.calls().takes(180).takes(200).acknowledges().pause(200).asks("BYE").takes(200)
    caller_host = office.host("caller")
    office.runs(Sipp(caller_host, f"{office.folder}/caller", caller, tcp, box, 1, to=caller.callee)).expect_all(15)
    answers.expect_all(10)
    count = len(answers.received("INVITE"))
    assert count == 1, f"INVITE came {count} times"
