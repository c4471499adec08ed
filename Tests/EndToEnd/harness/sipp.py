"""Telephones by the thousand (sipp), with scenarios of our own."""

import csv
import os
import re

from .exchange import DOMAIN
from .process import Process

SCENARIOS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sipp")
CALLEE_PORT = 5070


def users(path, extensions, callee=""):
    """An injection file: each extension in turn makes the next call."""
    with open(path, "w") as file:
        file.write("SEQUENTIAL\n")
        for each in extensions:
            file.write(f"{each.number};[authentication username={each.number} password={each.password}];{callee}\n")
    return path


class Sipp:
    """One run of a scenario; `result()` says what became of its calls."""

    def __init__(self, host, folder, scenario, path, exchange, calls, rate=50, users_file=None, port=5060, to="",
                 talks=1.0):
        """`scenario` is the name of one in sipp/, or a harness.scenario.Scenario. `to` is the number that is called: the
        digest's URI must be the request's (RFC 7616 §3.4.6). `talks` is how many seconds a call lasts."""
        os.makedirs(folder, exist_ok=True)
        source = f"{SCENARIOS}/{scenario}.xml"
        if not isinstance(scenario, str):
            text, scenario = scenario.text(), scenario.name
            source = f"{folder}/{scenario}.xml"
            with open(source, "w") as file:
                file.write(text)
        self.scenario, self.calls, self.statistics = scenario, calls, f"{folder}/{scenario}.csv"
        bracket = "[{}]" if path.version == 6 else "{}"
        command = ["sipp", bracket.format(exchange.address(path.version)) + ":5060",
                   "-sf", source,
                   "-i", bracket.format(host.address(path.version)), "-p", str(port),
                   "-t", "t1" if path.transport == "tcp" else "u1",
                   "-m", str(calls), "-r", str(rate), "-l", "400",
                   "-d", str(int(talks * 1000)), "-key", "domain", DOMAIN, "-key", "contact_port", str(port),
                   "-auth_uri", f"{to}@{DOMAIN}" if to else DOMAIN,
                   "-trace_stat", "-stf", self.statistics, "-fd", "1",
                   "-trace_err", "-error_file", f"{folder}/{scenario}.errors", "-nostdin"]
        self.trace = f"{folder}/{scenario}.messages"
        if calls == 1:
            command += ["-trace_msg", "-message_file", self.trace]
        if users_file:
            command += ["-inf", users_file]
        self.process = Process(host.inside(command), f"{folder}/{scenario}.log", cwd=folder)
        self.errors = f"{folder}/{scenario}.errors"

    def result(self, seconds):
        """Waits for the end; (successful, failed) calls."""
        status = self.process.wait(seconds)
        assert status is not None, f"sipp {self.scenario} did not end within {seconds} s; {self.log()}"
        with open(self.statistics, newline="") as file:
            last = list(csv.DictReader(file, delimiter=";"))[-1]
        return int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"])

    def expect_all(self, seconds):
        successful, failed = self.result(seconds)
        assert (successful, failed) == (self.calls, 0), (
            f"sipp {self.scenario}: {successful} of {self.calls} calls succeeded, {failed} failed; {self.log()}")

    def received(self, beginning):
        """The messages that came and begin like this, of a run of one call."""
        with open(self.trace, errors="replace") as file:
            parts = re.split(r"(?m)^-{20,} .*\n", file.read())
        came = [part.partition("\n\n")[2] for part in parts if " message received " in part.split("\n", 1)[0]]
        return [message for message in came if message.startswith(beginning)]

    def log(self):
        """What it could not understand, from its error file."""
        if not os.path.exists(self.errors):
            return "no errors written"
        with open(self.errors, errors="replace") as file:
            return file.read()[:3000]

    def stop(self):
        return self.process.stop()
