"""Hundreds of phones that call each other, hold and hand over:

  crowd.py EXCHANGE PROCESS HOST DOMAIN LEAST MOST LOAD LOSS SEED WARMING < PHONES

PHONES: a line each, number, password and codec. Every two seconds a line of JSON says what has become of the calls; at
SIGTERM no more are made, and the program ends when the last has ended. The number of calls at a time lies between LEAST
and MOST; between them more are made while the exchange, by its PROCESS, and the phones take less than LOAD percent of all
processors. LOSS is the percentage of what they send that is lost.
"""

import asyncio
import json
import os
import random
import signal
import sys

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from agent import Agent, Lost  # noqa: E402

PERIOD, PAUSE = 0.02, 2
KINDS = ["talk"] * 8 + ["hold"] * 4 + ["transfer"] * 4 + ["cancel", "busy", "vain"]


def used(processes):
    """Seconds that these processes have had of any processor, the kernel's work for them among them."""
    ticks = 0
    for process in processes:
        with open(f"/proc/{process}/stat") as file:
            ticks += sum(int(field) for field in file.read().rpartition(")")[2].split()[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


class Crowd:
    def __init__(self, exchange, phones, least, most, load, seed, warming):
        self.exchange, self.idle, self.least, self.most, self.load = exchange, list(phones), least, most, load
        self.warming, self.peak = warming, 0
        self.random = random.Random(seed)
        self.calls, self.done, self.lost, self.wanted = set(), dict.fromkeys(KINDS, 0), [], least
        self.stopping, self.legs = False, set()
        self.packets = self.missed = 0

    # Speech

    async def speak(self):
        loop = asyncio.get_running_loop()
        tick = loop.time()
        while True:
            for leg in list(self.legs):
                leg.speak()
            tick = max(tick + PERIOD, loop.time() - 1)
            await asyncio.sleep(max(0, tick - loop.time()))

    async def listen(self, one, other, seconds):
        """Both hear each other for so long, but for what the network loses."""
        before = [(sum(leg.heard.values()), leg.sent) for leg in (one, other)]
        await asyncio.sleep(seconds)
        for leg, (heard, _), far, (_, sent) in ((one, before[0], other, before[1]), (other, before[1], one, before[0])):
            said, came = far.sent - sent, sum(leg.heard.values()) - heard
            self.packets, self.missed = self.packets + said, self.missed + max(0, said - came)
            if leg.ended.is_set():
                raise Lost(f"{leg.agent.number}: the call ended by itself")
            if came < said * 0.85 - 5:
                raise Lost(f"{leg.agent.number} heard {came} of {said} packets of {far.agent.number}")
            if leg.agent.codec == far.agent.codec and far.agent.voice[:4] not in leg.heard:
                raise Lost(f"{leg.agent.number} heard others than {far.agent.number}: {list(leg.heard)}")

    # What becomes of a call

    def take(self, count):
        return [self.idle.pop(self.random.randrange(len(self.idle))) for _ in range(count)]

    async def connected(self, caller, callee):
        one = await caller.call(callee.number)
        try:
            other = await asyncio.wait_for(callee.arrived.get(), 5)
            await asyncio.wait_for(other.established.wait(), 35)
        except asyncio.TimeoutError:
            raise Lost(f"{caller.number} was answered, and {callee.number} not acknowledged") from None
        self.legs |= {one, other}
        await asyncio.sleep(0.2)
        return one, other

    async def end(self, one, other):
        """One of the two hangs up."""
        if self.random.random() < 0.5:
            one, other = other, one
        await one.agent.hang_up(one)
        try:
            await asyncio.wait_for(other.ended.wait(), 35)
        except asyncio.TimeoutError:
            raise Lost(f"{other.agent.number} was never told that {one.agent.number} had hung up") from None

    async def conversation(self, kind, phones):
        """One call, of a kind; the phones are free again after it."""
        caller, callee, third = phones
        pause = self.random.uniform
        callee.ringing = pause(0.05, 1)
        if kind == "vain":
            return await caller.call("9999", 404)
        if kind == "busy":
            callee.manner = "refuse"
            return await caller.call(callee.number, 486)
        if kind == "cancel":
            callee.ringing, rang = 60, asyncio.Event()
            attempt = asyncio.create_task(caller.call(callee.number, 487, rang))
            await asyncio.wait([attempt, asyncio.create_task(rang.wait())], return_when=asyncio.FIRST_COMPLETED)
            if not attempt.done():
                await caller.cancel()
            return await attempt
        one, other = await self.connected(caller, callee)
        await self.listen(one, other, min(40, 1 + self.random.expovariate(1 / 8)))
        if kind == "hold":
            for _ in range(self.random.randint(1, 3)):
                holder = self.random.choice([one, other])
                await holder.agent.change(holder, "sendonly")
                await asyncio.sleep(pause(0.2, 3))
                await holder.agent.change(holder, "sendrecv")
                await asyncio.sleep(0.3)
                await self.listen(one, other, pause(1, 4))
        if kind == "transfer":
            leaves, stays = (one, other) if self.random.random() < 0.5 else (other, one)
            third.ringing = pause(0.05, 1)
            await leaves.agent.refer(leaves, third.number)
            try:
                await asyncio.wait_for(leaves.ended.wait(), 35)
                new = await asyncio.wait_for(third.arrived.get(), 5)
                await asyncio.wait_for(new.established.wait(), 35)
            except asyncio.TimeoutError:
                raise Lost(f"{leaves.agent.number} handed over to {third.number}, and that was not the end") from None
            self.legs.add(new)
            await asyncio.sleep(0.5)
            one, other = stays, new
            one.heard.clear()
            await self.listen(one, other, pause(1, 6))
        await self.end(one, other)

    async def run_one(self):
        kind, phones = self.random.choice(KINDS), self.take(3)
        try:
            await self.conversation(kind, phones)
            self.done[kind] += 1
        except Lost as loss:
            self.lost.append(f"{kind}: {loss}")
        except Exception as fault:
            self.lost.append(f"{kind}: {type(fault).__name__}: {fault}")
        for phone in phones:
            for leg in list(phone.legs.values()):
                leg.close()
                self.legs.discard(leg)
            phone.manner = "answer"
            while not phone.arrived.empty():
                phone.arrived.get_nowait()
        # Someone who has just hung up is not called in the same moment.
        await asyncio.sleep(0.5)
        self.idle += phones

    async def run(self):
        both = [self.exchange, os.getpid()]
        before, start = used(both), asyncio.get_running_loop().time()
        report_at = start
        while not (self.stopping and not self.calls):
            await asyncio.sleep(0.1)
            if asyncio.get_running_loop().time() < start + self.warming:
                self.peak = max(self.peak, len(self.calls))
            else:
                self.most = min(self.most, self.peak)
            if asyncio.get_running_loop().time() >= report_at:
                report_at += PAUSE
                now = used(both)
                load = 100 * (now - before) / (PAUSE * os.cpu_count())
                before = now
                step = 3 if load < self.load - 3 else -3 if load > self.load + 3 else 0
                self.wanted = min(self.most, max(self.least, self.wanted + step))
                report = {"calls": len(self.calls), "load": round(load, 1), "done": self.done, "lost": self.lost,
                          "packets": self.packets, "missed": self.missed}
                print(json.dumps(report), flush=True)
            starts = 0
            while not self.stopping and len(self.calls) < self.wanted and len(self.idle) >= 3 and starts < 5:
                task = asyncio.create_task(self.run_one())
                self.calls.add(task)
                task.add_done_callback(self.calls.discard)
                starts += 1


async def renew(phones):
    """Registrations are for ten minutes."""
    while True:
        for phone in phones:
            await asyncio.sleep(240 / len(phones))
            await phone.enrol()


async def main(exchange, process, host, domain, least, most, load, loss, seed, warming):
    Agent.loss = float(loss)
    phones = [Agent(*line.split()[:2], (exchange, 5060), domain, host, line.split()[2]) for line in sys.stdin]
    for start in range(0, len(phones), 20):
        await asyncio.gather(*(phone.enrol() for phone in phones[start : start + 20]))
    crowd = Crowd(int(process), phones, int(least), int(most), float(load), int(seed), float(warming))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: setattr(crowd, "stopping", True))
    tasks = [asyncio.create_task(crowd.speak()), asyncio.create_task(renew(phones))]
    work = asyncio.create_task(crowd.run())
    done, _ = await asyncio.wait([work, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


asyncio.run(main(*sys.argv[1:]))
