"""Hundreds of phones that call, hold and hand over for a long time: SOTTO_SOAK_MINUTES, five where left out."""

import json
import os
import random
import subprocess
import sys
import time

from harness.exchange import DOMAIN, Extension
from harness.network import ip
from harness.process import Process, until
from harness.promise import Promises

chapter = Promises("soak")
CROWD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness", "crowd.py")
MINUTES = float(os.environ.get("SOTTO_SOAK_MINUTES", "5"))
LOAD, LOSS = 60, 1  # percent: of the whole machine's processors, phones included; of packets, each way
CODECS = ["PCMU", "PCMU", "PCMA", "G722"]


class Meter:
    """What one process holds."""

    def __init__(self, pid):
        self.pid, self.memory, self.descriptors = pid, [], []

    def read(self):
        with open(f"/proc/{self.pid}/status") as file:
            self.memory.append(next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")))
        self.descriptors.append(len(os.listdir(f"/proc/{self.pid}/fd")))

    def quarters(self):
        """The means of memory, in kB, of the quarters of the time."""
        size = len(self.memory) // 4
        return [sum(self.memory[size * i : size * (i + 1)]) // size for i in range(4)]


def worsen(host):
    """Loss and jitter on the cable to the exchange, both ways; False where the kernel has no such thing."""
    how = ["root", "netem", "loss", f"{LOSS}%", "delay", "3ms", "2ms"]
    for command in (["tc", "qdisc", "add", "dev", host.cable, *how],
                    host.inside(["tc", "qdisc", "add", "dev", "eth0", *how])):
        if subprocess.run(command, capture_output=True).returncode != 0:
            return False
    return True


@chapter.promise("no call is lost, and memory and descriptors stay, over calls, holds, transfers and packet loss")
def soak(office):
    long = MINUTES >= 5  # less is all warming up, and finds what is lost at each call alone
    count, least, most = (1200, 20, 390) if long else (90, 15, 28)
    extensions = [Extension(str(2000 + i), [CODECS[i % len(CODECS)]]) for i in range(count)]
    exchange = office.open(extensions, more="media: {ports: 16384-20383}\n")
    meter = Meter(exchange.process.pid)
    host, seed = office.host("crowd"), random.randrange(1 << 30)
    by_kernel = worsen(exchange.host)
    meter.read()
    at_rest = meter.descriptors[0] - 2 * exchange.status()["media"]["free_ports"]
    crowd = office.runs(Process(
        host.inside([sys.executable, CROWD, exchange.host.ipv4, str(meter.pid), host.ipv4, DOMAIN, str(least), str(most),
                     str(LOAD), "0" if by_kernel else str(LOSS), str(seed), str(MINUTES * 15)]),
        f"{office.folder}/crowd", stdin=phones(office, extensions)))
    end = time.monotonic() + MINUTES * 60
    while time.monotonic() < end and crowd.running:
        time.sleep(1)
        meter.read()
    crowd.stop(80)
    report = last_report(crowd)
    assert not report["lost"], f"seed {seed}: {len(report['lost'])} calls lost:\n" + "\n".join(report["lost"][:30])
    exchange.expect_no_calls()
    quarters = meter.quarters()
    # The first is for warming up: there are never more calls at a time than in it.
    grown = 100 * (quarters[3] / quarters[1] - 1)
    made = sum(report["done"].values())
    note = (f"{made} calls ({', '.join(f'{number} {kind}' for kind, number in report['done'].items())}), "
            f"{report['packets']} packets of speech, {100 * report['missed'] / max(1, report['packets']):.1f} % lost "
            f"by {'netem' if by_kernel else 'the phones'}; load {report['load']} % at last; RSS by quarters {quarters} kB, "
            f"{grown:+.1f} %; descriptors {meter.descriptors[0]} at first, most {max(meter.descriptors)}")
    assert made >= MINUTES * 20, f"the phones made {made} calls in {MINUTES} minutes; {note}"
    assert grown <= (2 if MINUTES >= 60 else 5 if long else 10), f"memory has grown; {note}"

    def held():
        meter.read()
        return meter.descriptors[-1] - 2 * exchange.status()["media"]["free_ports"]
    until(lambda: held() == at_rest, 10, f"{at_rest} descriptors are left, as at first, beside free ports ({note})")
    return note


def phones(office, extensions):
    path = f"{office.folder}/phones"
    with open(path, "w") as file:
        file.writelines(f"{each.number} {each.password} {each.codecs[0]}\n" for each in extensions)
    return open(path)


def last_report(crowd):
    lines = [line for line in crowd.output().splitlines() if line.startswith("{")]
    assert lines and crowd.child.returncode == 0, f"the phones ended by themselves:\n{crowd.output()[-3000:]}"
    return json.loads(lines[-1])
