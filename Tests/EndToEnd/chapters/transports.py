"""By which ways phones reach the exchange, and how strangers try to stop them up."""

import hashlib
import os
import re
import socket
import ssl
import subprocess
import time
import warnings

from harness.exchange import DOMAIN
from harness.office import PATHS, UDP, Path
from harness.process import until
from harness.promise import Promises
from harness.sip_client import Client, over_tls
from harness.web_phone import InvalidHandshake, WebPhone
from chapters.conversations import both, talk

chapter = Promises("transports")
SECURE = [Path("tls", 4), Path("tls", 6)]
LISTEN = ("sip:\n  listen: ['udp://0.0.0.0:5060', 'udp://[::]:5060', 'tls://0.0.0.0:5061', 'tls://[::]:5061']\n")


def authority(office):
    return office.exchange.status()["certificates"][0]["authority_file"]


def fingerprint(client):
    """As `sotto status` shows it."""
    digest = hashlib.sha256(client.stream.getpeercert(binary_form=True)).hexdigest().upper()
    return ":".join(digest[i:i + 2] for i in range(0, 64, 2))


def answers(client):
    """Whether the exchange answers an OPTIONS on this connection."""
    return client.ask("OPTIONS").startswith("SIP/2.0 200")


def known(office, number, client):
    client.user, client.password = number, office.exchange.extensions[number].password
    return client


@chapter.promise("two phones hear each other by {0}", each=SECURE)
def conversation(office, path):
    office.open(more=LISTEN)
    a, b = (office.phone(number, says, path, codecs=["PCMU"], authority=authority(office))
            for number, says in (("1001", "first"), ("1002", "second")))
    talk(office, a, b)
    office.exchange.expect_no_calls()
    return both(office, a, b, ["PCMU"])


@chapter.promise("a phone by TLS and one by UDP hear each other")
def mixed(office):
    office.open(more=LISTEN)
    a = office.phone("1001", "first", SECURE[0], codecs=["PCMU"], authority=authority(office))
    b = office.phone("1002", "second", UDP, codecs=["PCMU"])
    talk(office, b, a)
    return both(office, a, b, ["PCMU"])


@chapter.promise("the exchange's own authority, once trusted, vouches for its address and survives a restart")
def own_authority(office):
    exchange = office.open(more=LISTEN)
    before = exchange.status()["certificates"][0]
    for address in (exchange.host.ipv4, exchange.host.ipv6):
        client = over_tls(address, DOMAIN, before["authority_file"])
        assert fingerprint(client) == before["sha256"], "`status` shows another certificate than is offered"
        assert known(office, "1001", client).register().startswith("SIP/2.0 200")
        client.close()
    assert before["authority_sha256"] in exchange.log(), "the log names the authority's fingerprint"
    assert oct(os.stat(before["authority_file"].replace(".pem", ".key")).st_mode)[-3:] == "600"
    exchange.stop()
    exchange.start()
    exchange.started()
    after = exchange.status()["certificates"][0]
    assert (before["sha256"], before["authority_sha256"]) == (after["sha256"], after["authority_sha256"])
    return f"{before['key']}, until {before['until'][:10]}"


def certificate(folder, name, kind, host):
    """Makes a self-signed certificate; returns the lines of configuration that name it."""
    pem, key = f"{folder}/{name}.pem", f"{folder}/{name}.key"
    how = ["-newkey", "rsa:2048"] if kind == "RSA" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", *how, "-keyout", key, "-out", pem, "-days", "30", "-subj", f"/CN={host}",
         "-addext", f"subjectAltName=DNS:{host}"], check=True, capture_output=True)
    return f"      - {{certificate: {pem}, key: {key}}}\n"


def common_name(client):
    der = client.stream.getpeercert(binary_form=True)
    text = subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-subject", "-text"], input=der,
                          capture_output=True, check=True).stdout.decode()
    kind = "RSA" if "rsaEncryption" in text else "ECDSA"
    return kind, re.search(r"subject=CN = (\S+)", text)[1]


@chapter.promise("RSA and ECDSA certificates stand side by side, and a phone gets the one of the name that it asks for")
def several_certificates(office):
    folder = office.folder
    more = LISTEN + "  tls:\n    certificates:\n" + "".join(
        certificate(folder, f"{kind}-{host}", kind, host)
        for host in ("one.example", "two.example") for kind in ("ECDSA", "RSA"))
    box = office.open(more=more).host.ipv4
    seen = []
    for host in ("one.example", "two.example"):
        for kind in ("ECDSA", "RSA"):
            client = over_tls(box, DOMAIN, name=host, maximum_version=ssl.TLSVersion.TLSv1_2, ciphers=f"ECDHE+a{kind}")
            assert common_name(client) == (kind, host), f"asked for {kind} of {host}, got {common_name(client)}"
            assert answers(client)
            seen.append(client.stream.cipher()[0])
            client.close()
    assert common_name(over_tls(box, DOMAIN, name="other.example"))[1] == "one.example"
    return ", ".join(sorted(set(seen)))


@chapter.promise("SIGHUP takes up a new certificate, and a phone that is connected stays so")
def renewed(office):
    folder = office.folder
    line = certificate(folder, "box", "ECDSA", DOMAIN)
    exchange = office.open(more=LISTEN + "  tls:\n    certificates:\n" + line)
    standing = known(office, "1001", over_tls(exchange.host.ipv4, DOMAIN))
    assert standing.register().startswith("SIP/2.0 200")
    before = fingerprint(standing)
    certificate(folder, "box", "ECDSA", DOMAIN)
    exchange.reload()
    until(lambda: exchange.status()["certificates"][0]["sha256"] != before, 5, "another certificate is shown")
    fresh = over_tls(exchange.host.ipv4, DOMAIN)
    assert fingerprint(fresh) == exchange.status()["certificates"][0]["sha256"] != before
    assert answers(fresh) and answers(standing), "an answer on both connections"
    assert exchange.status()["connections"] == 2
    # A key that does not fit refuses the reload, and what was offered goes on.
    with open(f"{folder}/box.key", "w") as file:
        file.write("no key\n")
    exchange.reload()
    until(lambda: "holds no private key" in exchange.log(), 5, "the log says what is wrong")
    assert answers(over_tls(exchange.host.ipv4, DOMAIN)) and answers(standing)


@chapter.promise("TLS below 1.2 is refused unless the configuration names it")
def versions(office):
    def spoken(version):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                client = over_tls(box, DOMAIN, minimum_version=version, maximum_version=version,
                                  ciphers="ALL:@SECLEVEL=0")
            return answers(client)
        except (ssl.SSLError, ConnectionError):
            return False
    exchange = office.open(more=LISTEN)
    box = exchange.host.ipv4
    v = ssl.TLSVersion
    everything = [v.TLSv1, v.TLSv1_1, v.TLSv1_2, v.TLSv1_3]
    assert [spoken(each) for each in everything] == [False, False, True, True]
    exchange.more = LISTEN + "  tls: {oldest_version: 1.0}\n"
    exchange.write()
    exchange.reload()
    until(lambda: spoken(v.TLSv1), 5, "TLS 1.0 is spoken")
    exchange.more = LISTEN + "  tls: {oldest_version: 1.3}\n"
    exchange.write()
    exchange.reload()
    until(lambda: not spoken(v.TLSv1_2), 5, "TLS 1.2 is refused")
    assert spoken(v.TLSv1_3)


@chapter.promise("strangers who dawdle in handshakes and messages are cut off, and phones talk meanwhile")
def slow_loris(office):
    exchange = office.open(more=LISTEN)
    a, b = (office.phone(number, says, SECURE[0], codecs=["PCMU"], authority=authority(office))
            for number, says in (("1001", "first"), ("1002", "second")))
    phones = exchange.status()["connections"]
    box = exchange.host.ipv4
    silent = [socket.create_connection((box, 5061)) for _ in range(40)]
    for each in silent:
        each.sendall(b"\x16\x03\x01\x02\x00")
    until(lambda: "turned away" in exchange.log(), 5, "the log says that some are turned away")
    most = exchange.status()["connections"] - phones
    assert most <= 16, f"{most} unfinished handshakes of one address are kept"
    talk(office, a, b)
    until(lambda: exchange.status()["connections"] == phones, 10, "all of the stranger's connections are closed")
    for each in silent:
        each.close()
    return f"{most} of 40 were let in, none stayed; {both(office, a, b, ['PCMU'])}"


@chapter.promise("a stranger who asks and asks and never reads is cut off, and a phone is answered meanwhile")
def never_reads(office):
    exchange = office.open(more="sip: {listen: ['udp://0.0.0.0:5060', 'tcp://0.0.0.0:5060']}\n")
    box = exchange.host.ipv4
    phone, greedy = (Client(socket.create_connection((box, 5060), timeout=5), "TCP", DOMAIN) for _ in range(2))
    assert known(office, "1001", phone).register().startswith("SIP/2.0 200")
    questions, sent = "".join(greedy.request("OPTIONS") for _ in range(100)).encode(), 0
    # Enough that its own end and the exchange's kernel hold nothing more.
    with greedy.stream:
        try:
            for _ in range(2000):
                greedy.stream.sendall(questions)
                sent += 100
                if sent % 2000 == 0:
                    assert answers(phone), "an answer to one who reads"
        except (ConnectionError, TimeoutError):
            pass
    until(lambda: "the other end is too slow" in exchange.log(), 5, "the log says why the connection ended")
    assert answers(phone) and exchange.status()["connections"] == 1
    return f"after {sent} requests"


@chapter.promise("a phone keeps its way open by empty lines over TLS and by STUN over UDP, as RFC 5626 has it")
def kept_open(office):
    exchange = office.open(more=LISTEN)
    box = exchange.host.ipv4
    client = known(office, "1001", over_tls(box, DOMAIN, authority(office)))
    instance = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"'
    answer = client.register(f"<sip:1001@{client.contact};transport=tls;ob>;reg-id=1;{instance}",
                             "Supported: path, outbound\r\n")
    assert "\r\nRequire: outbound\r\n" in answer and "\r\nFlow-Timer: 120\r\n" in answer, answer
    client.send("\r\n\r\n")
    assert client.stream.recv(10) == b"\r\n", "an empty line answers two"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(5)
        udp.connect((box, 5060))
        # SOFTWARE makes it as long as its answer, for strangers get no more than they sent.
        request = bytes.fromhex("0001000c 2112a442 000102030405060708090a0b 80220008") + b"a phone!"
        udp.send(request)
        told = udp.recv(1500)
        port = int.from_bytes(told[26:28], "big") ^ 0x2112
        assert told[:2] == b"\x01\x01" and told[8:20] == request[8:20] and port == udp.getsockname()[1], told.hex()
        udp.send(request[:3] + b"\x00" + request[4:20])
        udp.settimeout(0.5)
        try:
            raise AssertionError(f"a stranger gets {len(udp.recv(1500))} octets for 20")
        except TimeoutError:
            pass


WEB = LISTEN.replace("]\n", ", 'ws://0.0.0.0:8088', 'ws://[::]:8088', 'wss://0.0.0.0:7443', 'wss://[::]:7443']\n")
SDP = "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"


def page(office, path, user="1001", verified=True, **options):
    host = f"[{office.exchange.host.ipv6}]" if path.version == 6 else office.exchange.host.ipv4
    url = f"{path.transport}://{host}:{7443 if path.transport == 'wss' else 8088}/"
    return WebPhone(url, DOMAIN, user, office.exchange.extensions[user].password,
                    authority(office) if path.transport == "wss" and verified else None, **options)


@chapter.promise("a page in a browser registers, is called and hangs up by {0}",
                 each=[Path("ws", 4), Path("wss", 4), Path("ws", 6), Path("wss", 6)])
def web_phone(office, path):
    exchange = office.open(more=WEB)
    caller = office.phone("1002", "second", UDP, codecs=["PCMU"])
    web = page(office, path)
    answer = web.register()
    assert answer.startswith("SIP/2.0 200") and "\r\nRequire: outbound\r\n" in answer, answer
    assert f"@{web.contact}" in exchange.asked("status"), "the name that leads nowhere is shown"
    caller.dial("1001")
    invite = web.receive()
    assert invite.startswith(f"INVITE sip:1001@{web.contact}") and "\r\nContent-Type: application/sdp" in invite, invite
    assert f"Via: SIP/2.0/{web.transport} " in invite
    web.reply(invite, "180 Ringing")
    caller.expect("CALL_RINGING")
    web.reply(invite, "200 OK", "Content-Type: application/sdp\r\n", SDP.format(exchange.host.ipv4))
    caller.expect("CALL_ESTABLISHED")
    assert web.receive().startswith("ACK ")
    caller.hang_up()
    bye = web.receive()
    assert bye.startswith("BYE "), bye
    web.reply(bye, "200 OK")
    exchange.expect_no_calls()
    web.close()
    until(lambda: exchange.status()["registrations"][0]["number"] == "1002", 5, "a page that is closed is forgotten")


@chapter.promise("WebSockets of another subprotocol, of a foreign page or of no handshake are refused")
def web_strangers(office):
    exchange = office.open(more=WEB + "  websocket_origins: [https://phone.example.com]\n")
    box, path = exchange.host.ipv4, Path("ws", 4)

    def refused(**options):
        try:
            page(office, path, **options).close()
            return False
        except (InvalidHandshake, ConnectionError):
            return True
    assert refused(protocols=("chat",)) and refused(protocols=())
    assert refused(origin="https://evil.example.com")
    assert not refused(origin="https://phone.example.com") and not refused(origin=f"http://{box}:8088")
    with socket.create_connection((box, 8088), timeout=5) as plain:
        plain.sendall(b"GET /secret HTTP/1.1\r\nHost: box\r\n\r\n")
        assert plain.recv(100).startswith(b"HTTP/1.1 404"), "nothing is served but the upgrade"
    slow = [socket.create_connection((box, 8088)) for _ in range(30)]
    for each in slow:
        each.sendall(b"GET / HTTP/1.1\r\nHost: b")
    web = None
    try:
        until(lambda: "turned away" in exchange.log(), 5, "the log says that some are turned away")
        assert exchange.status()["connections"] <= 16
        until(lambda: exchange.status()["connections"] == 0, 15, "those that dawdle are cut off")
        web = page(office, path)
        assert answers(web)
        # One message is one frame, and no longer than 128 KiB.
        web.stream.socket.send("x" * (129 << 10))
        until(lambda: exchange.status()["connections"] == 0, 5, "who sends too much is cut off")
    finally:
        for each in slow:
            each.close()


@chapter.promise("a page keeps its WebSocket through a reload with another certificate")
def web_renewed(office):
    folder = office.folder
    line = certificate(folder, "box", "ECDSA", DOMAIN)
    exchange = office.open(more=WEB + "  tls:\n    certificates:\n" + line)
    standing = page(office, Path("wss", 4), verified=False)
    before = exchange.status()["certificates"][0]["sha256"]
    certificate(folder, "box", "ECDSA", DOMAIN)
    exchange.reload()
    until(lambda: exchange.status()["certificates"][0]["sha256"] != before, 5, "another certificate is shown")
    shown = exchange.status()["certificates"][0]["sha256"]
    assert fingerprint(over_tls(exchange.host.ipv4, DOMAIN, port=7443)) == shown, "wss offers the new certificate"
    assert answers(standing) and answers(page(office, Path("wss", 4), verified=False))
