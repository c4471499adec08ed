"""More than can be done, from strangers, while the house goes on telephoning."""

import json
import os
import sys
import time

from harness.exchange import DOMAIN, Extension
from harness.office import UDP
from harness.process import Process, until
from harness.promise import Promises
from harness.scenario import Callee
from harness.sipp import CALLEE_PORT, Sipp, users

chapter = Promises("flood")
STRANGERS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness", "strangers.py")
SECONDS, CALLS = 8, 40


def flood(office, exchange, host, seconds):
    """Runs strangers; their report is the last line of their output."""
    return office.runs(Process(
        host.inside([sys.executable, STRANGERS, exchange.host.ipv4, host.ipv4, DOMAIN, str(seconds)]),
        f"{office.folder}/strangers.log"))


def processor_time(process):
    """Seconds of both modes that a process has used, its threads' too."""
    with open(f"/proc/{process.pid}/stat") as file:
        user, system = file.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def registers(office, host, extensions, port, attempt=""):
    """Whether all of them could register, each once."""
    folder = f"{office.folder}/register{port}{attempt}"
    os.makedirs(folder)
    return office.runs(Sipp(host, folder, "register", UDP, office.exchange.host, len(extensions), rate=20, port=port,
                            users_file=users(f"{folder}/users.csv", extensions))).result(20) == (len(extensions), 0)


@chapter.promise("while strangers flood, 20 registered phones call, all of them well, and within 5 s after it a new one is in")
def strangers(office):
    callers, callee, late = [Extension(str(2000 + i)) for i in range(20)], Extension("3000"), Extension("4000")
    exchange = office.open([*callers, callee, late])
    house, other, outside = office.host("house"), office.host("callee"), office.host("outside")
    assert registers(office, house, callers, 5060) and registers(office, other, [callee], CALLEE_PORT)
    # An INVITE may come again, which sipp takes for what it is only while it has sent no more than one answer.
    picks_up = Callee("callee").taken("INVITE", "invitation").answers().is_hung_up()
    answers = office.runs(Sipp(other, office.folder, picks_up, UDP, exchange.host, CALLS, port=CALLEE_PORT))
    used = processor_time(exchange.process)
    storm = flood(office, exchange, outside, SECONDS)
    until(lambda: exchange.status()["overload"]["now"], SECONDS, "the exchange says that it is overloaded")
    run = office.runs(Sipp(house, office.folder, "caller", UDP, exchange.host, CALLS, rate=10, to=callee.number,
                           users_file=users(f"{office.folder}/callers.csv", callers, callee.number)))
    let_in = 100
    while storm.running:
        let_in = min(let_in, exchange.status()["overload"]["let_in"])
        time.sleep(0.2)
    over, attempts, newcomer = time.monotonic(), iter(range(100)), office.host("newcomer")
    used = processor_time(exchange.process) - used
    until(lambda: registers(office, newcomer, [late], 5060, next(attempts)), 5, "a new phone is in")
    recovery = time.monotonic() - over
    report = json.loads(storm.output().splitlines()[-1])
    run.expect_all(60)
    answers.expect_all(30)
    until(lambda: not exchange.status()["overload"]["now"], 30, "the overload is over")
    overload = exchange.status()["overload"]
    assert overload["refused"] > 0 and report["statuses"].get("503", 0) > 0, (overload, report)
    assert exchange.log().count("new work is refused") == overload["times"], "each overload is said once"
    went, came = sum(report["octets_sent"]), sum(report["octets_received"])
    assert came <= went, f"a stranger got {came} octets for {went}"
    served = report["statuses"].get("401", 0)
    return (f"{report['sent'] / SECONDS:.0f} requests/s of strangers, {served / SECONDS:.0f}/s of them served, "
            f"{overload['refused'] / SECONDS:.0f}/s refused, {let_in} % let in at the least, "
            f"{100 * used / SECONDS:.0f} % of a processor; {came} octets for {went}; "
            f"a new phone was in {recovery:.1f} s after the end")
