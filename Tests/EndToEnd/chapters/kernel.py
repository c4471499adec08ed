"""Streams that the kernel relays: taken once both phones were heard, given back when something changes."""

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

from harness import ice
from harness.process import Process, until
from harness.promise import Promises, Skip

chapter = Promises("kernel")
TOOL = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness", "rtp_tool.py")
PORTS = "16384-16483"


def rules(exchange):
    """What an independent tool sees of ours, as text."""
    done = subprocess.run(exchange.host.inside(["nft", "list", "ruleset"]), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def legs(exchange):
    return rules(exchange).count(" : ") - rules(exchange).count("type 0 : 0")


def ready(office, helper=True, verb="serve"):
    """An exchange whose kernel may relay."""
    if not shutil.which("nft"):
        raise Skip("nft is not installed; `make setup-test` does it")
    box = office.host("box")
    if helper:
        office.helper_process = office.helper(box)
        until(lambda: os.path.exists(f"{office.folder}/box/relay") or not office.helper_process.running, 5,
              "the relay helper listens")
        if not office.helper_process.running:
            raise Skip(office.helper_process.output().strip())
    return office.open(more=f"media: {{ports: {PORTS}}}\n", host=box, verb=verb)


def call(office, version=4):
    a, b = office.puppet("1001", version), office.puppet("1002", version)
    a.tell("dial", "1002")
    return a, b


def ways(exchange):
    # Counters are as of the answer before.
    exchange.status()
    time.sleep(0.05)
    call = (exchange.status().get("calls") or [{}])[0]
    return [(call.get(leg) or {}).get("relay") for leg in ("caller_leg", "callee_leg")]


def taken(exchange, seconds=5):
    until(lambda: ways(exchange) == ["kernel", "kernel"], seconds, "the kernel relays both ways")


def heard(phone, other, music=False):
    """What `phone` heard of `other`; nothing else may have reached it but music, where there was some."""
    report, ssrc = phone.report(), other.report()["ssrc"]
    assert music or set(report["heard"]) <= {ssrc}, f"heard others: {report['heard']}, not only {ssrc}"
    assert report["sources"] in ([], [report["target"]]), f"from {report['sources']}, not {report['target']}"
    return report["heard"].get(ssrc, {"packets": 0, "missing": 0})


def flows(a, b, seconds=1.0, music=False):
    """Checks that both hear each other for a while, without a gap."""
    before = heard(a, b), heard(b, a, music)
    time.sleep(seconds)
    after = heard(a, b), heard(b, a, music)
    for was, now in zip(before, after):
        fresh = now["packets"] - was["packets"]
        assert fresh > 40 * seconds, f"{fresh} packets in {seconds} s"
        assert now["missing"] == was["missing"], f"{now['missing'] - was['missing']} packets are missing"


def counted(exchange):
    exchange.status()
    time.sleep(0.05)
    call = exchange.status()["calls"][0]
    return [call[leg]["packets_in"] for leg in ("caller_leg", "callee_leg")]


@chapter.promise("a plain call is handed to the kernel, loses nothing on the way there, and is counted, by IPv{0}", each=(4, 6))
def plain(office, version):
    exchange = ready(office)
    a, b = call(office, version)
    taken(exchange)
    assert legs(exchange) == 2, rules(exchange)
    flows(a, b, 2)
    assert heard(a, b)["missing"] == heard(b, a)["missing"] == 0, "packets are missing"
    # Expedited forwarding, whoever relays.
    assert a.report()["marks"] == [46 << 2], a.report()["marks"]
    time.sleep(1.1)
    counts, sent = counted(exchange), [phone.report()["sent"] for phone in (a, b)]
    for count, said in zip(counts, sent):
        # The counters are a second old at most.
        assert 0 <= said - count <= 75, f"counted {count} of {said}"
    return f"{sent[0] + sent[1]} packets"


def attack(office, seconds, ports, *more):
    host = office.host("stranger")
    return office.runs(Process(
        host.inside([sys.executable, TOOL, "attack", office.exchange.host.ipv4, str(seconds), ports, *map(str, more)]),
        f"{office.folder}/attack"))


def in_vain(attack):
    assert attack.wait(20) == 0, attack.output()
    counts = json.loads(attack.output().splitlines()[-1])
    assert counts["sent"] > 100 and counts["received"] == 0, counts
    return f"{counts['sent']} packets in vain"


@chapter.promise("a stranger who sends before the phones do gains nothing, and does not keep the call from the kernel")
def stranger_first(office):
    exchange = ready(office)
    stranger = attack(office, 5, PORTS)
    a, b = call(office)
    taken(exchange)
    flows(a, b)
    return in_vain(stranger)


@chapter.promise("a stranger who sends later, with the stream's own SSRC and sequence, gains nothing and stops nothing")
def stranger_later(office):
    exchange = ready(office)
    a, b = call(office)
    taken(exchange)
    report = a.report()
    stranger = attack(office, 4, f"{report['target']}-{report['target'] + 1}", int(report["ssrc"], 16),
                      report["sequence"] + 5)
    flows(a, b, 3)
    note = in_vain(stranger)
    assert ways(exchange) == ["kernel", "kernel"], ways(exchange)
    return note


@chapter.promise("a phone that goes on from another port is followed after its silence, and handed over again")
def moves(office):
    exchange = ready(office)
    a, b = call(office)
    taken(exchange)
    a.tell("speak", "off")
    time.sleep(0.5)
    a.tell("move")
    time.sleep(3.5)
    before = heard(b, a)["packets"]
    a.tell("speak", "on")
    until(lambda: heard(b, a)["packets"] > before + 20, 5, "the other hears it again")
    taken(exchange)
    flows(a, b)
    assert str(a.report()["port"]) in exchange.status()["calls"][0]["caller_leg"]["media"]


@chapter.promise("hold takes a call back from the kernel for the music, and resuming hands it over again")
def hold(office):
    exchange = ready(office)
    a, b = call(office)
    taken(exchange)
    a.tell("change", "inactive")
    until(lambda: legs(exchange) == 0, 2, "the kernel has nothing of the held call")
    for phone in (a, b):
        phone.tell("speak", "off")
    time.sleep(4)
    assert exchange.calls() == 1, "the call ended on hold"
    (music,) = [notes for ssrc, notes in b.report()["heard"].items() if ssrc != a.report()["ssrc"]]
    assert music["packets"] > 150 and music["missing"] == 0, f"music: {music}"
    for phone in (a, b):
        phone.tell("speak", "on")
    before = heard(a, b)["packets"], heard(b, a, music=True)["packets"]
    time.sleep(0.5)
    assert before == (heard(a, b)["packets"], heard(b, a, music=True)["packets"]), "the held call was heard"
    a.tell("change", "sendrecv")
    taken(exchange)
    flows(a, b, music=True)


@chapter.promise("an exchange killed in mid-call leaves nothing in the kernel, and the next one is served")
def killed(office):
    exchange = ready(office)
    a, b = call(office)
    taken(exchange)
    exchange.process.signal(signal.SIGKILL)
    until(lambda: legs(exchange) == 0, 6, "the kernel has nothing of the dead exchange")
    before = heard(b, a)["packets"]
    time.sleep(0.3)
    assert heard(b, a)["packets"] == before, "packets still pass"
    exchange.process.wait(5)
    exchange.start()
    exchange.started()
    for phone in (a, b):
        phone.tell("register")
    a.tell("dial", "1002")
    taken(exchange)
    flows(a, b)


@chapter.promise("a helper killed in mid-call takes its rules along, the call goes on, and a new helper gets it")
def helper_killed(office):
    exchange = ready(office)
    a, b = call(office)
    taken(exchange)
    office.helper_process.kill()
    until(lambda: "sotto" not in rules(exchange), 2, "the rules are gone")
    flows(a, b)
    assert "kernel" not in ways(exchange), ways(exchange)
    office.helper(exchange.host)
    taken(exchange, 12)
    flows(a, b)


@chapter.promise("where the right is refused, sotto relays by itself and says so in one line")
def refused(office):
    box = office.host("box")
    helper = office.helper(box, without="net_admin")
    assert helper.wait(5) == 1 and "CAP_NET_ADMIN" in helper.output(), helper.output()
    exchange = office.open(more=f"media: {{ports: {PORTS}}}\n", host=box)
    a, b = call(office)
    flows(a, b, 2)
    # Looked for again every five seconds, said once.
    time.sleep(6)
    assert exchange.log().count("the kernel does not relay") == 1, exchange.log()
    engine = exchange.status()["media"]["engine"]
    assert ways(exchange) == [engine, engine], ways(exchange)


@chapter.promise("a phone that speaks ICE is heard from where it has checked the way and from nowhere else, "
                 "and its checks come through while the kernel relays, by IPv{0}", each=(4, 6))
def checked(office, version):
    exchange = ready(office)
    a, b = office.puppet("1001", version), office.puppet("1002", version)
    a.tell("ice")
    a.tell("dial", "1002")
    time.sleep(0.5)
    a.tell("check", "nominates", "an+attackers+guess+of+it")
    until(lambda: a.report()["checked"], 2, "who does not know the password is told so")
    assert a.report()["checked"] == [[ice.FAILURE, None, a.report()["port"]]], a.report()["checked"]
    assert not heard(b, a)["packets"] and not heard(a, b)["packets"], "an unchecked way is used"
    a.tell("check", "nominates")
    taken(exchange)
    flows(a, b)
    for _ in range(5):
        a.tell("check")
        time.sleep(0.1)
    until(lambda: len(a.report()["checked"]) == 7, 2, "checks are answered while the kernel relays")
    assert a.report()["checked"][1:] == [[ice.SUCCESS, a.report()["port"], a.report()["port"]]] * 6
    assert ways(exchange) == ["kernel", "kernel"] and not b.report()["datagrams"], "checks reach the other phone"
    a.tell("move")
    time.sleep(0.3)
    before = heard(b, a)["packets"]
    time.sleep(2.7)
    assert heard(b, a)["packets"] == before, "another port is heard without a check"
    a.tell("check", "nominates")
    until(lambda: heard(b, a)["packets"] > before + 20, 5, "the other hears it again")
    taken(exchange)
    assert str(a.report()["port"]) in exchange.status()["calls"][0]["caller_leg"]["media"]
    assert exchange.status()["calls"][0]["caller_leg"]["ice_checks"] == 7


def elements(exchange):
    """The packets that each leg in the kernel has counted, by its addresses and ports."""
    found = re.findall(r"(\d+) counter packets (\d+) bytes \d+ comment \S+ : (\d+)", rules(exchange))
    return {(key, data): int(packets) for key, packets, data in found}


@chapter.promise("a call in the kernel is relayed on there, the very same, while the exchange is killed and begins again")
def outlives(office):
    exchange = ready(office, verb="supervise")
    a, b = call(office)
    taken(exchange)
    until(lambda: min(elements(exchange).values()) > 100, 10, "the kernel has counted packets")
    before = elements(exchange)
    exchange.die()
    after = elements(exchange)
    # Legs that were set anew would have counted from nothing.
    assert after.keys() == before.keys() and all(after[leg] >= before[leg] for leg in before), (before, after)
    taken(exchange)
    flows(a, b, 1)
    still = elements(exchange)
    assert still.keys() == before.keys() and all(still[leg] > after[leg] for leg in before), (before, still)
    assert heard(a, b)["missing"] == heard(b, a)["missing"] == 0, "packets are missing"
    pauses = [round(1000 * heard(*pair)["gap"]) for pair in ((a, b), (b, a))]
    # An exchange that knows of no call leaves none in the kernel.
    os.unlink(f"{office.folder}/box/checkpoint")
    exchange.die()
    until(lambda: not elements(exchange), 5, "what nobody has is gone from the kernel")
    return f"the longest pauses were {pauses[0]} and {pauses[1]} ms"


@chapter.promise("who takes up the relay is told what is there, and what he does not take goes, nothing else")
def compared(office):
    exchange = ready(office)
    exchange.stop()
    here, there = (int.from_bytes(socket.inet_aton(office.host(name).ipv4), "big") for name in ("one", "other"))
    legs = [struct.pack("!I4H6Q", 7, 16384, 16386, 4000, 4002, 1, 0, 0, here, 0, there),
            struct.pack("!I4H6Q", 8, 16386, 16384, 4002, 4000, 1, 0, 0, there, 0, here)]

    def joined():
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(5)
        client.connect(f"{office.folder}/box/relay")
        told = []
        while not told or told[-1][0] != 4:
            told.append(client.recv(80, socket.MSG_WAITALL))
        return client, {record[4:64] for record in told[:-1]}

    first, told = joined()
    assert not told, told
    for number, leg in enumerate(legs, 1):
        first.sendall(struct.pack("!BBHI", 1, 4, 0, number) + leg + bytes(4))
    until(lambda: len(elements(exchange)) == 2, 5, "the kernel has both")
    both = set(elements(exchange))
    first.close()
    second, told = joined()
    assert told == set(legs) and set(elements(exchange)) == both, told
    second.sendall(struct.pack("!BBHI", 1, 4, 0, 9) + legs[1] + bytes(4) + struct.pack("!BBHI", 4, 0, 0, 0) + bytes(64))
    until(lambda: len(elements(exchange)) == 1, 2, "the other is gone")
    assert set(elements(exchange)) < both
    second.sendall(struct.pack("!BBHI", 2, 0, 0, 9) + bytes(64))
    reply = second.recv(80, socket.MSG_WAITALL)
    assert struct.unpack("!BBHI", reply[:8]) == (1, 0, 1, 9), reply
    assert not elements(exchange)
