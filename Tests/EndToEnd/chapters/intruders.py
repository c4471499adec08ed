"""Strangers on the network who want the stream of someone else's call."""

import json
import os
import sys

from harness.process import Process, until
from harness.promise import Promises
from chapters.conversations import both, talk
from chapters.manners import connect

chapter = Promises("intruders")
TOOL = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness", "rtp_tool.py")
PORTS = "16384-16483"


def tool(office, host, *arguments):
    log = f"{office.folder}/{arguments[0]}-{host.name}"
    return office.runs(Process(host.inside([sys.executable, TOOL, *map(str, arguments)]), log))


def answer(process, seconds=30):
    assert process.wait(seconds) == 0, process.output()
    return json.loads(process.output().splitlines()[-1])


def pair(office):
    office.open(more=f"media: {{ports: {PORTS}}}\n")
    return office.phone("1001", "first", codecs=["PCMU"]), office.phone("1002", "second", codecs=["PCMU"])


def nothing_stolen(attack):
    counts = answer(attack)
    assert counts["sent"] > 100, "the attacker hardly sent anything"
    assert counts["received"] == 0, f"the attacker received {counts['received']} packets of the call"
    return f"{counts['sent']} packets in vain"


@chapter.promise("a stranger who sends to every media port before the phones do hears nothing and is not heard")
def first(office):
    a, b = pair(office)
    attack = tool(office, office.host("stranger"), "attack", office.exchange.host.ipv4, 18, PORTS)
    until(lambda: attack.running, 2, "the attack runs")
    talk(office, a, b)
    return f"{nothing_stolen(attack)}; {both(office, a, b, ['PCMU'])}"


@chapter.promise("a stranger who sends in mid-call, with the stream's own SSRC and sequence, hears nothing and is not heard")
def later(office):
    a, b = pair(office)
    watch = tool(office, office.exchange.host, "watch", a.host.ipv4)
    connect(a, b)
    seen = answer(watch, 10)
    attack = tool(office, office.host("stranger"), "attack", office.exchange.host.ipv4, 8,
                  f"{seen['port']}-{seen['port'] + 1}", seen["ssrc"], seen["sequence"] + 5)
    a.expect("CALL_CLOSED", 25)
    return f"{nothing_stolen(attack)}; {both(office, a, b, ['PCMU'])}"
