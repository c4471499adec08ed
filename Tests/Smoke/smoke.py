#!/usr/bin/python3
"""The exchange as its keeper and a stranger meet it: python3 Tests/Smoke/smoke.py BINARY [RUNNER…]

Starts the binary on loopback with free ports, asks it by UDP, TCP and IPv6, reloads, misleads and ends it. RUNNER stands
before the binary, such as qemu-arm-static. Prints a line a promise; exits 1 where one was broken.
"""

import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

BINARY = sys.argv[2:] + [sys.argv[1]]
HOSTS = {"IPv4": (socket.AF_INET, "127.0.0.1"), "IPv6": (socket.AF_INET6, "::1")}
promises = []


def promise(text):
    return lambda body: promises.append((text, body)) or body


def free_ports(count):
    """Numbers that no socket of this machine has, UDP or TCP."""
    ports = []
    while len(ports) < count:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("0.0.0.0", 0))
            port = udp.getsockname()[1]
            with contextlib.suppress(OSError):
                tcp.bind(("0.0.0.0", port))
                if port not in ports:
                    ports.append(port)
    return ports


class Server:
    """One `sotto serve` in a folder of its own."""

    def __init__(self, listen=None, extra="", arguments=()):
        self.folder = tempfile.mkdtemp(prefix="sotto-smoke-")
        self.port = free_ports(1)[0]
        self.file, self.control = f"{self.folder}/sotto.yaml", f"{self.folder}/control"
        self.listen = listen or [
            f"{t}://{h}:{self.port}" for t in ("udp", "tcp") for h in ("127.0.0.1", "[::1]")]
        self.write(extra)
        self.log = open(f"{self.folder}/log", "w+")
        self.process = subprocess.Popen(
            BINARY + ["serve", "--config", self.file, "--control", self.control, "--state", self.folder, *arguments],
            stderr=self.log)

    def write(self, extra="", listen=None, media="30000-30399"):
        with open(self.file, "w") as file:
            file.write("domain: office.lan\nsip: {listen: %s}\nmedia: {ports: %s}\n" % (
                json.dumps(listen or self.listen), media))
            file.write('extensions:\n  "1001": {password: correct-horse}\n' + extra)

    def __enter__(self):
        until(lambda: self.ask("status").returncode == 0 or self.process.poll() is not None, 10, "it starts")
        assert self.process.poll() is None, f"it ended at its start: {self.output()}"
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()
        subprocess.run(["rm", "-rf", self.folder])

    def ask(self, command, *words):
        return subprocess.run(BINARY + [command, "--control", self.control, *words], capture_output=True, text=True)

    def output(self):
        with open(f"{self.folder}/log") as file:
            return file.read()

    def says(self, text):
        until(lambda: text in self.output(), 5, f"the log says {text!r}:\n{self.output()[-1500:]}")


def until(holds, seconds, what):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def options(transport, host, port, call="a"):
    family = "[%s]" % host if ":" in host else host
    return (f"OPTIONS sip:office.lan SIP/2.0\r\nVia: SIP/2.0/{transport} {family}:{port};rport;branch=z9hG4bK{call}{port}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:probe@{family}>;tag=1\r\nTo: <sip:office.lan>\r\nCall-ID: {call}{port}\r\n"
            f"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode()


def udp_answer(host, family, port, call="a"):
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.bind((host, 0))
        udp.settimeout(5)
        udp.sendto(options("UDP", host, udp.getsockname()[1], call), (host, port))
        answer, source = udp.recvfrom(65536)
        assert source[:2] == (host, port), f"answered from {source}"
        return answer


class EchoCaller:
    """A phone that calls *43 as often as it is asked to, with one socket for SIP and one for the media of all calls."""

    def __init__(self, server):
        self.server, self.calls = ("127.0.0.1", server.port), 0
        self.sip, self.rtp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for each in self.sip, self.rtp:
            each.bind(("127.0.0.1", 0))
            each.settimeout(5)

    def ask(self, method, call, sequence, tag="", more="", body=""):
        """Returns what else than a provisional answer comes to it, nothing to an ACK."""
        here = "127.0.0.1:%d" % self.sip.getsockname()[1]
        self.sip.sendto((
            f"{method} sip:*43@office.lan SIP/2.0\r\nVia: SIP/2.0/UDP {here};rport;branch=z9hG4bK{method}{call}{sequence}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:1001@office.lan>;tag={call}\r\nTo: <sip:*43@office.lan>{tag}\r\n"
            f"Call-ID: {call}\r\nCSeq: {sequence} {method}\r\nContact: <sip:1001@{here}>\r\n{more}"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode(), self.server)
        while method != "ACK":
            answer = self.sip.recv(65536).decode()
            final = not answer.startswith("SIP/2.0 1")  # an earlier call's may have been sent again
            if final and f"CSeq: {sequence} {method}" in answer and f"Call-ID: {call}\r\n" in answer:
                return answer

    def call(self):
        """The RTP port that the echo answers from, or the status of a refusal."""
        self.calls += 1
        offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n"
        parts = {"more": "Content-Type: application/sdp\r\n", "body": offer % self.rtp.getsockname()[1]}
        answer = self.ask("INVITE", self.calls, 1, **parts)
        nonce = re.search('nonce="(.*?)"', answer)[1]
        tag = re.search(r"To: .*(;tag=\S+)", answer)[1]
        self.ask("ACK", self.calls, 1, tag)
        md5 = [hashlib.md5(text.encode()).hexdigest() for text in (
            "1001:office.lan:correct-horse", "INVITE:sip:*43@office.lan")]
        proof = hashlib.md5(f"{md5[0]}:{nonce}:00000001:c:auth:{md5[1]}".encode()).hexdigest()
        parts["more"] += (
            f'Authorization: Digest username="1001", realm="office.lan", nonce="{nonce}", uri="sip:*43@office.lan", '
            f'qop=auth, nc=00000001, cnonce="c", response="{proof}"\r\n')
        answer = self.ask("INVITE", self.calls, 2, **parts)
        self.ask("ACK", self.calls, 2, re.search(r"To: .*(;tag=\S+)", answer)[1])
        port = re.search(r"m=audio (\d+)", answer)
        return int(port[1]) if port else int(answer.split()[1])

    def hears(self, port):
        packet = bytes([0x80, 0, port >> 8, port & 255]) + bytes(8) + b"\xff" * 160
        self.rtp.sendto(packet, ("127.0.0.1", port))
        answer, source = self.rtp.recvfrom(2048)
        return source == ("127.0.0.1", port) and answer[12:] == packet[12:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sip.close()
        self.rtp.close()


def tcp_connection(host, family, port):
    tcp = socket.socket(family)
    tcp.settimeout(5)
    tcp.connect((host, port))
    return tcp


@promise("OPTIONS is answered by UDP and TCP, by IPv4 and IPv6, within a second of the start")
def answers():
    with Server() as server:
        for family, host in HOSTS.values():
            assert udp_answer(host, family, server.port).startswith(b"SIP/2.0 "), host
            with tcp_connection(host, family, server.port) as tcp:
                # In two pieces, and two requests in one.
                request = options("TCP", host, tcp.getsockname()[1])
                second = options("TCP", host, tcp.getsockname()[1], "b")
                tcp.sendall(request[:50])
                time.sleep(0.05)
                tcp.sendall(request[50:] + second)
                got = b""
                while got.count(b"\r\n\r\n") < 2:
                    part = tcp.recv(65536)
                    assert part, f"closed after {got!r}"
                    got += part
                assert got.count(b"SIP/2.0 2") == 2, got


@promise("a double CRLF on a connection is answered by one (RFC 5626)")
def ping():
    with Server() as server, tcp_connection("127.0.0.1", socket.AF_INET, server.port) as tcp:
        tcp.sendall(b"\r\n\r\n")
        assert tcp.recv(10) == b"\r\n"


@promise("a stream that is no SIP is closed; the others go on")
def nonsense():
    with Server() as server:
        with tcp_connection("127.0.0.1", socket.AF_INET, server.port) as tcp:
            with contextlib.suppress(ConnectionError):
                tcp.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + b"x" * 100)
                while tcp.recv(65536):
                    pass
        assert udp_answer("127.0.0.1", socket.AF_INET, server.port)


@promise("one address gets 64 connections and no more, and the log says so once")
def connection_limit():
    with Server() as server:
        open_ones = [tcp_connection("127.0.0.1", socket.AF_INET, server.port) for _ in range(70)]
        server.says("too many connections")
        assert json.loads(server.ask("status", "--json").stdout)["connections"] == 64
        assert server.output().count("too many connections") == 1
        for each in open_ones:
            each.close()
        until(lambda: json.loads(server.ask("status", "--json").stdout)["connections"] == 0, 5, "all are let go")


@promise("SIGTERM ends it with status 0 within 2 s, and its control socket is gone")
def terminate():
    with Server() as server:
        start = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(5) == 0
        assert time.monotonic() - start < 2
        assert not os.path.exists(server.control)


@promise("SIGHUP with a good file opens and closes addresses; with a bad one the old configuration stays")
def reload():
    with Server() as server:
        other = free_ports(1)[0]
        server.write(listen=server.listen + [f"udp://127.0.0.1:{other}"])
        server.process.send_signal(signal.SIGHUP)
        server.says("read again")
        assert udp_answer("127.0.0.1", socket.AF_INET, other)
        server.write("  1002: {pasword: x}\n")
        server.process.send_signal(signal.SIGHUP)
        server.says("sotto.yaml:6:10: unknown key 'pasword'")
        server.says("the old configuration stays in force")
        assert udp_answer("127.0.0.1", socket.AF_INET, other, "c")
        server.write()
        assert server.ask("reload").returncode == 0
        status = json.loads(server.ask("status", "--json").stdout)
        assert status["listeners"] == server.listen, status


@promise("SIGHUP with another range of media ports gives calls all of a wider one, and none outside a narrower one")
def media_ports():
    with Server() as server, EchoCaller(server) as phone:
        def reload(media, count):
            server.write(media=media)
            server.process.send_signal(signal.SIGHUP)
            until(lambda: server.output().count("read again") == count, 5, "it reads the file again")

        reload("30000-30003", 1)
        ports = [phone.call() for _ in range(3)]
        assert sorted(ports[:2]) == [30000, 30002] and ports[2] == 503, ports
        reload("30000-30199", 2)
        ports = ports[:2] + [phone.call() for _ in range(99)]
        assert sorted(ports[:-1]) == list(range(30000, 30200, 2)) and ports[-1] == 503, ports
        assert all(phone.hears(port) for port in ports[:-1])
        reload("30400-30403", 3)
        assert sorted(phone.call() for _ in range(3)) == [503, 30400, 30402]
        assert all(phone.hears(port) for port in ports[:-1] + [30400, 30402])


@promise("a reload that wants a port which is taken is refused as a whole")
def reload_taken():
    with Server() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        free = free_ports(1)[0]
        server.write(listen=[f"udp://127.0.0.1:{free}", f"udp://127.0.0.1:{holder.getsockname()[1]}"])
        done = server.ask("reload")
        assert done.returncode == 1 and "in use" in done.stderr and "old configuration" in done.stderr, done.stderr
        assert json.loads(server.ask("status", "--json").stdout)["listeners"] == server.listen


@promise("a port that is taken, a faulty file and a bad control path each end the start in one clear line")
def refused_starts():
    with Server() as server:
        for arguments, listen, text in (
                ([], server.listen, f"cannot listen on udp://127.0.0.1:{server.port}"),
                (["--control", "/nowhere/control"], None, "/nowhere/control")):
            second = Server(listen=listen, arguments=())
            try:
                second.process.kill()
                second.process.wait()
                control = arguments or ["--control", second.control]
                done = subprocess.run(
                    BINARY + ["serve", "--config", second.file, "--state", second.folder, *control,
                              "--log-level", "error"],
                    capture_output=True, text=True, timeout=10)
                assert done.returncode == 1, done.returncode
                assert text in done.stderr and done.stderr.count("\n") == 1, done.stderr
            finally:
                second.__exit__()
    missing = subprocess.run(BINARY + ["serve", "--config", "/nowhere.yaml"], capture_output=True, text=True)
    assert missing.returncode == 1 and "/nowhere.yaml" in missing.stderr, missing.stderr


@promise("status, log, log-level and console speak with the running exchange, and say so when it is gone")
def control():
    with Server() as server:
        assert "office.lan" in server.ask("status").stdout
        assert json.loads(server.ask("status", "--json").stdout)["log_level"] == "info"
        assert server.ask("log-level", "debug").returncode == 0
        assert json.loads(server.ask("status", "--json").stdout)["log_level"] == "debug"
        wrong = server.ask("log-level", "debgu")
        assert wrong.returncode == 2 and "debug" in wrong.stderr
        lines = server.ask("log", "--lines", "200").stdout.splitlines()
        assert any(" notice daemon started " in line for line in lines), lines
        pattern = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warning|notice|info|debug) [a-z-]+ \S")
        assert all(pattern.match(line) for line in lines), lines
        menu = subprocess.run(BINARY + ["console", "--control", server.control], input="1\n2\n3\n4\n6\nq\n",
                              capture_output=True, text=True)
        assert "127.0.0.1" in menu.stdout and "no phone is registered" in menu.stdout and "no call" in menu.stdout
        assert "not a Sotto appliance" in menu.stdout and menu.returncode == 0
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(server.control)
            raw.sendall(b"x" * 5000)
            assert b'"ok":false' in raw.recv(1000)
        mode = os.stat(server.control).st_mode & 0o777
        assert mode in (0o600, 0o660), oct(mode)
    gone = server.ask("status")
    assert gone.returncode == 1 and "does not answer" in gone.stderr


@promise("names and values from the network stay on one line of the log")
def injection():
    with Server(arguments=["--log-level", "debug"]) as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            for text in (b"\r\n2026-01-01T00:00:00.000Z error forged line\r\n\r\n", b"INVITE sip:x\x1b[2J SIP/2.0\r\n\r\n"):
                udp.sendto(text, ("127.0.0.1", server.port))
        assert udp_answer("127.0.0.1", socket.AF_INET, server.port)
        assert "\x1b" not in server.output() and "\n2026-01-01T00:00:00.000Z error" not in server.output()


@promise("a reader of the log who stands still holds up nothing, and is told what he missed")
def unread_log():
    with Server() as server:
        server.process.kill()
        server.process.wait()
        process = subprocess.Popen(
            BINARY + ["serve", "--config", server.file, "--control", server.control, "--state", server.folder],
            stderr=subprocess.PIPE)
        try:
            until(lambda: server.ask("status").returncode == 0, 10, "it starts")
            for _ in range(1200):
                with socket.socket(socket.AF_UNIX) as raw:
                    raw.connect(server.control)
                    raw.sendall(b'{"command":"log-level","level":"info"}\n')
                    assert b'"ok":true' in raw.recv(1000)
            os.set_blocking(process.stderr.fileno(), False)
            while process.stderr.read(65536):
                pass
            assert server.ask("log-level", "debug").returncode == 0
            assert b"lines lost here" in process.stderr.read(65536)
        finally:
            process.kill()
            process.wait()
            process.stderr.close()


@promise("the clock believes a good time server and no other")
def clock():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ntp:
        try:
            ntp.bind(("127.0.0.1", 123))
        except OSError:
            return "skipped: needs root and a free port 123"
        ntp.settimeout(5)
        for forged in (False, True):
            asking = subprocess.Popen(
                BINARY + ["sntp", "--print", "127.0.0.1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            question, source = ntp.recvfrom(100)
            stamp = int((time.time() + 3600 + 2208988800) * (1 << 32)).to_bytes(8, "big")
            cookie = bytes(8) if forged else question[40:48]
            ntp.sendto(bytes([0x24, 1, 0, 0]) + bytes(20) + cookie + stamp + stamp, source)
            output, errors = asking.communicate(timeout=10)
            if forged:
                assert asking.returncode == 1 and "not to the question" in errors, errors
            else:
                behind = int(re.search(r"behind by (\d+) ms", output)[1])
                assert asking.returncode == 0 and abs(behind - 3_600_000) < 500, output


def main():
    failed = 0
    for text, body in promises:
        try:
            note = body()
            print(f"ok    {text}" + (f" ({note})" if note else ""), flush=True)
        except Exception as error:
            failed += 1
            print(f"FAIL  {text}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(promises) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
