"""A phone of which hundreds fit into one program: SIP by UDP with its retransmissions, and speech that tells whose.

Everything that goes otherwise than the book says raises Lost.
"""

import asyncio
import os
import random
import re
import socket
import struct
import sys
import uuid

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "bench"))
from sip import FORMATS, Message, Phone, media_port_of  # noqa: E402

T1, T2, PATIENCE = 0.5, 4, 32  # RFC 3261 §17, seconds


class Lost(Exception):
    """What was promised to a caller and not kept."""


class Leg:
    """One end of a call: its dialog, its socket for speech, and what it hears."""

    def __init__(self, agent, call, ours):
        self.agent, self.call, self.ours = agent, call, ours
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((agent.host, 0))
        self.socket.setblocking(False)
        self.port, self.remote = self.socket.getsockname()[1], None
        self.target = self.peer = None
        self.established, self.ended = asyncio.Event(), asyncio.Event()
        self.direction, self.versions = "sendrecv", 0
        self.header = struct.pack("!BB", 0x80, FORMATS[agent.codec][0])
        self.ssrc, self.sequence = uuid.uuid4().int & 0xFFFFFFFF, 0
        self.heard, self.sent = {}, 0  # packets by who said them
        self.news = asyncio.Queue()  # the status lines of NOTIFYs
        agent.loop.add_reader(self.socket, self.listen)

    def listen(self):
        try:
            while True:
                packet = self.socket.recv(2048)
                who = packet[12:16]
                self.heard[who] = self.heard.get(who, 0) + 1
        except (BlockingIOError, ConnectionRefusedError):
            pass

    def speak(self):
        if self.remote and self.direction in ("sendrecv", "sendonly") and not self.ended.is_set():
            self.sequence += 1
            packet = self.header + struct.pack("!HII", self.sequence & 0xFFFF, self.sequence * 160, self.ssrc)
            try:
                if not self.agent.loses():
                    self.socket.sendto(packet + self.agent.voice, (self.agent.exchange[0], self.remote))
            except (BlockingIOError, ConnectionRefusedError):
                pass
            self.sent += 1

    def take(self, message):
        """What a description tells: the exchange's port, and our direction where it asks for one."""
        self.remote = media_port_of(message)
        asked = re.search(r"^a=(sendonly|recvonly|inactive)", message.body, re.M)
        turned = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
        return turned[asked[1]] if asked else "sendrecv"

    def close(self):
        self.ended.set()
        if self.socket.fileno() >= 0:
            self.agent.loop.remove_reader(self.socket)
            self.socket.close()


class Agent(Phone):
    """Does as told, and takes any call that comes, after a moment of ringing."""

    def __init__(self, number, password, exchange, domain, host, codec):
        super().__init__(number, password, exchange, domain, host)
        self.codec, self.loop = codec, asyncio.get_running_loop()
        self.voice = struct.pack("!I", int(number)) * 40
        self.pending, self.answers, self.legs, self.arrived = {}, {}, {}, asyncio.Queue()
        self.manner = "answer"
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.loop.add_reader(self.socket, self.read)

    # What comes

    def read(self):
        try:
            while True:
                datagram = self.socket.recv(65535)
                if datagram[0] & 0xC0 == 0x80:
                    continue  # RTCP of a leg whose port is the one below this
                message = Message(datagram)
                if message.status:
                    self.take_response(message)
                else:
                    self.take_request(message)
        except (BlockingIOError, ConnectionRefusedError):
            pass

    def take_response(self, message):
        branch = re.search(r"branch=([^;,]+)", message.get("Via"))[1]
        waiting = self.pending.get((branch, message.get("CSeq").split()[1]))
        if waiting:
            waiting.put_nowait(message)
        elif message.get("CSeq").endswith(" INVITE") and 200 <= message.status < 300:
            leg = self.legs.get(message.get("Call-ID"))
            if leg and getattr(leg, "last_ack", None):
                self.transmit(leg.last_ack)

    def take_request(self, message):
        method = message.first.split()[0]
        key = (re.search(r"branch=([^;,]+)", message.get("Via"))[1], method)
        leg = self.legs.get(message.get("Call-ID"))
        if method == "ACK":
            if leg:
                leg.acknowledged = message.get("CSeq").split()[0]
                leg.established.set()
            return
        if key in self.answers:
            self.transmit(self.answers[key])
            return
        if method == "INVITE" and not leg:
            self.answers[key] = b""
            if self.manner == "refuse":
                return self.reply(key, message, "486 Busy Here")
            leg = self.legs[message.get("Call-ID")] = Leg(self, message.get("Call-ID"), False)
            leg.target, leg.peer = contact_of(message), message.get("From")
            self.reply(key, message, "180 Ringing")
            leg.task = asyncio.create_task(self.answer_later(key, message, leg))
        elif method == "CANCEL":
            self.reply(key, message, "200 OK")
            if leg and not leg.established.is_set() and leg.remote is None:
                leg.task.cancel()
                self.reply((key[0], "INVITE"), leg.invitation, "487 Request Terminated")
                self.drop(leg)
        elif not leg:
            self.reply(key, message, "200 OK" if method == "OPTIONS" else "481 Gone")
        elif method == "INVITE":
            leg.target = contact_of(message)
            if message.body:
                leg.direction = leg.take(message)
            self.answer(key, message, leg)
        elif method == "BYE":
            self.reply(key, message, "200 OK")
            self.drop(leg)
        else:
            if method == "NOTIFY" and message.body.startswith("SIP/2.0"):
                leg.news.put_nowait(int(message.body.split()[1]))
            self.reply(key, message, "200 OK")

    def drop(self, leg):
        leg.close()
        self.loop.call_later(PATIENCE, self.legs.pop, leg.call, None)

    def reply(self, key, request, status, body=""):
        to = request.get("To")
        headers = [("Via", via) for via in request.all("Via")] + [
            (name, request.get(name)) for name in ("From", "Call-ID", "CSeq")]
        headers += [("To", to if "tag=" in to else f"{to};tag={self.tag}"), ("Contact", self.contact)]
        self.send(f"SIP/2.0 {status}", headers, body)
        self.answers[key] = self.last
        self.loop.call_later(PATIENCE, self.answers.pop, key, None)

    async def answer_later(self, key, message, leg):
        leg.invitation = message
        await asyncio.sleep(self.ringing)
        leg.direction = leg.take(message)
        self.answer(key, message, leg)
        self.arrived.put_nowait(leg)

    def answer(self, key, message, leg):
        """200, until it is acknowledged (RFC 3261 §13.3.1.4)."""
        self.reply(key, message, "200 OK", self.describe(leg))
        data, count, pause = self.last, message.get("CSeq").split()[0], T1
        leg.acknowledged = None

        def again(pause):
            if leg.acknowledged != count and not leg.ended.is_set():
                self.transmit(data)
                self.loop.call_later(min(2 * pause, T2), again, min(2 * pause, T2))
        self.loop.call_later(pause, again, pause)

    # What is asked

    ringing = 0.2
    loss = 0  # percent of what it sends and nobody gets

    def loses(self):
        return self.loss and random.random() * 100 < self.loss

    def transmit(self, data):
        if data and not self.loses():
            self.socket.sendto(data, self.exchange)

    def send(self, first, headers, body=""):
        """As Phone does, and keeps it for another time."""
        if body:
            headers = headers + [("Content-Type", "application/sdp")]
        lines = [first] + [f"{name}: {value}" for name, value in headers + [("Content-Length", len(body))]]
        self.last = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
        self.transmit(self.last)

    def describe(self, leg):
        leg.versions += 1
        number, name = FORMATS[self.codec]
        kind = f"IN IP4 {self.host}"
        return (f"v=0\r\no=- {leg.port} {leg.versions} {kind}\r\ns=-\r\nc={kind}\r\nt=0 0\r\n"
                f"m=audio {leg.port} RTP/AVP {number}\r\na=rtpmap:{number} {name}\r\na={leg.direction}\r\n")

    async def ask(self, method, target, call, extra=(), body="", peer=None, patience=PATIENCE, rang=None):
        """Sends a request until it is answered; (what was sent, the final response)."""
        sent = self.request(method, target, call, extra, body, peer)
        if method == "INVITE":
            self.invitation = target, sent
        return sent, await self.final(method, sent, patience, rang)

    async def final(self, method, sent, patience=PATIENCE, rang=None):
        """The final response to what was just sent."""
        data, key = self.last, (re.search(r"branch=([^;]+)", dict(sent)["Via"])[1], method)
        responses = self.pending[key] = asyncio.Queue()
        pause, waited, provisional = T1, 0, False
        try:
            while True:
                try:
                    response = await asyncio.wait_for(responses.get(), pause)
                except asyncio.TimeoutError:
                    waited += pause
                    if waited > patience:
                        raise Lost(f"{self.number}: no final answer to {method} within {patience} s") from None
                    if not (provisional and method == "INVITE"):
                        self.transmit(data)
                        pause = pause * 2 if method == "INVITE" else min(pause * 2, T2)
                    continue
                if response.status >= 200:
                    return response
                provisional = True
                if rang and response.status == 180:
                    rang.set()
        finally:
            del self.pending[key]

    def confirm(self, target, sent, response, leg=None):
        self.acknowledge(target, sent, response)
        if leg:
            leg.last_ack = self.last

    async def authorised(self, method, target, call, extra, body="", peer=None, rang=None):
        sent, challenge = await self.ask(method, target, call, extra, body, peer)
        if method == "INVITE":
            self.confirm(target, sent, challenge)
        if challenge.status != 401:
            raise Lost(f"{self.number}: {method} without a password answered {challenge.first}")
        proof = self.authorization(challenge, method, target)
        return await self.ask(method, target, call, [*extra, proof], body, peer, rang=rang)

    async def enrol(self):
        target = f"sip:{self.domain}"
        _, answer = await self.authorised(
            "REGISTER", target, uuid.uuid4().hex, [("Expires", 600)], peer=f"<sip:{self.number}@{self.domain}>")
        if answer.status != 200:
            raise Lost(f"{self.number}: REGISTER answered {answer.first}")

    async def call(self, number, status=200, rang=None):
        """Calls; returns the leg, or None where the call ends with another status, as expected."""
        leg = Leg(self, uuid.uuid4().hex, True)
        self.legs[leg.call] = leg
        target = f"sip:{number}@{self.domain}"
        try:
            sent, answer = await self.authorised("INVITE", target, leg.call, [], self.describe(leg), rang=rang)
        except Lost:
            leg.close()
            raise
        if answer.status != 200:
            self.confirm(target, sent, answer)
            self.drop(leg)
            if answer.status == status:
                return None
            raise Lost(f"{self.number}: INVITE to {number} answered {answer.first}")
        leg.target, leg.peer = contact_of(answer), answer.get("To")
        leg.direction = leg.take(answer)
        self.confirm(leg.target, sent, answer, leg)
        leg.established.set()
        return leg

    async def cancel(self):
        """Gives up the call that is being made."""
        target, sent = self.invitation
        names = dict(sent)
        headers = [(name, names[name]) for name in ("Via", "Max-Forwards", "From", "To", "Call-ID")]
        headers.append(("CSeq", names["CSeq"].split()[0] + " CANCEL"))
        self.send(f"CANCEL {target} SIP/2.0", headers)
        answer = await self.final("CANCEL", sent)
        if answer.status != 200:
            raise Lost(f"{self.number}: CANCEL answered {answer.first}")

    async def change(self, leg, direction):
        for _ in range(6):
            was, leg.direction = leg.direction, direction
            sent, answer = await self.ask("INVITE", leg.target, leg.call, (), self.describe(leg), leg.peer)
            self.confirm(leg.target, sent, answer, leg if answer.status == 200 else None)
            if answer.status == 200:
                leg.take(answer)
                return
            leg.direction = was
            if answer.status not in (491, 500):
                break
            await asyncio.sleep(1)  # the other side changes something too
        raise Lost(f"{self.number}: re-INVITE answered {answer.first}")

    async def refer(self, leg, number):
        """Hands the other end over to a number; returns when that has taken the call."""
        _, answer = await self.ask(
            "REFER", leg.target, leg.call, [("Refer-To", f"<sip:{number}@{self.domain}>")], peer=leg.peer)
        if answer.status != 202:
            raise Lost(f"{self.number}: REFER answered {answer.first}")
        try:
            while (status := await asyncio.wait_for(leg.news.get(), PATIENCE)) < 200:
                pass
        except asyncio.TimeoutError:
            raise Lost(f"{self.number}: never told what became of REFER") from None
        if status != 200:
            raise Lost(f"{self.number}: REFER ended with {status}")

    async def hang_up(self, leg):
        if leg.ended.is_set():
            raise Lost(f"{self.number}: its call had ended by itself")
        leg.close()
        _, answer = await self.ask("BYE", leg.target, leg.call, peer=leg.peer)
        self.drop(leg)
        if answer.status != 200:
            raise Lost(f"{self.number}: BYE answered {answer.first}")


def contact_of(message):
    return message.get("Contact").split("<")[1].split(">")[0]
