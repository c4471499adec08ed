"""More than can be done, from strangers, while the house goes on telephoning."""

import json
import os
import sys
import time

from harness.exchange import DOMAIN, Extension
from harness.office import UDP
from harness.process import Process, until
from harness.promise import Promises
from harness.sipp import CALLEE_PORT, Sipp, users

chapter = Promises("flood")
STRANGERS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness", "strangers.py")
SECONDS, CALLS = 8, 40


def flood(office, exchange, host, seconds):
    """Runs strangers; their report is the last line of their output."""
    return office.runs(Process(
        host.inside([sys.executable, STRANGERS, exchange.host.ipv4, host.ipv4, DOMAIN, str(seconds)]),
        f"{office.folder}/strangers.log"))


@chapter.promise("while strangers flood, 20 registered phones call, all of them well, and the door opens again after it")
def strangers(office):
    callers, callee = [Extension(str(2000 + i)) for i in range(20)], Extension("3000")
    exchange = office.open([*callers, callee])
    house, other, outside = office.host("house"), office.host("callee"), office.host("outside")
    for host, extensions, port in ((house, callers, 5060), (other, [callee], CALLEE_PORT)):
        office.runs(Sipp(host, f"{office.folder}/register{port}", "register", UDP, exchange.host, len(extensions), rate=20,
                         port=port, users_file=users(f"{office.folder}/{port}.csv", extensions))).expect_all(20)
    answers = office.runs(Sipp(other, office.folder, "callee", UDP, exchange.host, CALLS, port=CALLEE_PORT))
    storm = flood(office, exchange, outside, SECONDS)
    until(lambda: "new work is refused" in exchange.log(), SECONDS, "the exchange says that it is overloaded")
    run = office.runs(Sipp(house, office.folder, "caller", UDP, exchange.host, CALLS, rate=10, to=callee.number,
                           users_file=users(f"{office.folder}/callers.csv", callers, callee.number)))
    run.expect_all(60)
    answers.expect_all(30)
    storm.wait(30)
    report = json.loads(storm.output().splitlines()[-1])
    over = time.monotonic()
    until(lambda: not exchange.status()["overload"]["now"], 30, "the overload is over")
    office.puppet(callers[0].number)
    recovery = time.monotonic() - over
    overload = exchange.status()["overload"]
    assert overload["refused"] > 0 and report["statuses"].get("503", 0) > 0, (overload, report)
    assert exchange.log().count("new work is refused") == overload["times"], "each overload is said once"
    for went, came in zip(report["octets_sent"], report["octets_received"]):
        assert came <= went, f"a stranger got {came} octets for {went}"
    served = report["statuses"].get("401", 0)
    return (f"{report['sent'] / SECONDS:.0f} requests/s of strangers, {served / SECONDS:.0f}/s of them served, "
            f"{overload['refused'] / SECONDS:.0f}/s refused; {sum(report['octets_received'])} octets for "
            f"{sum(report['octets_sent'])}; a new phone was in {recovery:.1f} s after the end")
