"""A phone as small as benchmarks and tests need it: SIP by UDP, digest with MD5, one request at a time."""

import base64
import hashlib
import re
import secrets
import select
import socket
import time
import uuid

HOST = "127.0.0.1"
FORMATS = {"PCMU": (0, "PCMU/8000"), "PCMA": (8, "PCMA/8000"), "G722": (9, "G722/8000"), "opus": (107, "opus/48000/2")}

# Octets of key and salt of suites of SRTP (RFC 4568 §6.2, RFC 7714 §12).
SUITES = {"AES_CM_128_HMAC_SHA1_80": 30, "AEAD_AES_128_GCM": 28}


# RFC 3261 §7.3.3.
COMPACT = {"v": "Via", "f": "From", "t": "To", "i": "Call-ID", "m": "Contact", "c": "Content-Type", "l": "Content-Length"}


class Message:
    def __init__(self, datagram):
        head, _, self.body = datagram.decode().partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        fields = (line.split(":", 1) for line in lines if ":" in line)
        self.headers = [(COMPACT.get(name.strip(), name.strip()), value.strip()) for name, value in fields]

    def all(self, name):
        return [value for header, value in self.headers if header.lower() == name.lower()]

    def get(self, name):
        return next(iter(self.all(name)), "")

    @property
    def status(self):
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else 0


class Phone:
    codec = "PCMU"
    # Seconds that it waits for an answer.
    patience = 2
    # A fax by T.38 instead of audio.
    fax = False
    # The suite of SRTP whose keys it names (RFC 4568), if any; then its own key and what it was told, of the last call.
    suite = own_key = told_key = None
    # What else is said of the audio, given its port.
    says = staticmethod(lambda port: "")

    def __init__(self, number, password, exchange, domain, host=HOST):
        """`exchange` is its address and port; `host` is the phone's own address."""
        self.number, self.password, self.domain = number, password, domain
        self.exchange, self.host = exchange, host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.place = f"[{host}]" if ":" in host else host
        self.place += f":{self.socket.getsockname()[1]}"
        self.contact = f"<sip:{number}@{self.place}>"
        self.direction, self.versions = "sendrecv", 0
        self.tag, self.sequence = uuid.uuid4().hex[:8], 0

    def send(self, first, headers, body=""):
        if body:
            headers = headers + [("Content-Type", "application/sdp")]
        lines = [first] + [f"{name}: {value}" for name, value in headers + [("Content-Length", len(body))]]
        self.socket.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self.exchange)

    def receive(self, seconds):
        if select.select([self.socket], [], [], seconds)[0]:
            return Message(self.socket.recv(65535))
        return None

    def request(self, method, target, call, extra=(), body="", peer=None, sequence=None):
        """Sends a request once; returns what an ACK to it needs."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        self.awaited = call, f"{sequence} {method}"
        via = f"SIP/2.0/UDP {self.place};branch=z9hG4bK{uuid.uuid4().hex};rport"
        to = peer or f"<{target}>"
        headers = [
            ("Via", via), ("Max-Forwards", 70), ("From", f"<sip:{self.number}@{self.domain}>;tag={self.tag}"),
            ("To", to), ("Call-ID", call), ("CSeq", f"{sequence} {method}"), ("Contact", self.contact),
            *extra]
        self.send(f"{method} {target} SIP/2.0", headers, body)
        return headers

    def response(self, seconds=None, others=()):
        """The final response to the last request; the other phones answer what comes to them meanwhile."""
        seconds = seconds or self.patience
        deadline = time.monotonic() + seconds
        sockets = {phone.socket: phone for phone in others}
        while time.monotonic() < deadline:
            ready = select.select([self.socket, *sockets], [], [], deadline - time.monotonic())[0]
            for other in ready:
                if other is self.socket:
                    message = self.receive(0)
                    if message.status >= 200 and (message.get("Call-ID"), message.get("CSeq")) == self.awaited:
                        return message
                else:
                    sockets[other].serve()
        raise TimeoutError(f"{self.number}: no final response in {seconds} s")

    def authorization(self, challenge, method, target):
        name = "WWW-Authenticate" if challenge.get("WWW-Authenticate") else "Proxy-Authenticate"
        values = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge.get(name)))
        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()
        secret = md5(f'{self.number}:{values["realm"]}:{self.password}')
        nonce, client = values["nonce"], uuid.uuid4().hex[:8]
        answer = md5(f'{secret}:{nonce}:00000001:{client}:auth:{md5(f"{method}:{target}")}')
        opaque = f', opaque="{values["opaque"]}"' if "opaque" in values else ""
        return (name.replace("WWW-Authenticate", "Authorization").replace("Authenticate", "Authorization"),
                f'Digest username="{self.number}", realm="{values["realm"]}", nonce="{nonce}", uri="{target}", '
                f'response="{answer}", algorithm=MD5, qop=auth, cnonce="{client}", nc=00000001{opaque}')

    def register(self):
        target, call = f"sip:{self.domain}", uuid.uuid4().hex
        to = f"<sip:{self.number}@{self.domain}>"
        extra = [("Expires", 3600)]
        # A stranger who says less of himself than phones do is challenged only when he asks again.
        manners = [("User-Agent", "bench/sip.py"), ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REFER, UPDATE")]
        self.request("REGISTER", target, call, extra + manners, peer=to)
        challenge = self.response()
        self.request("REGISTER", target, call, extra + [self.authorization(challenge, "REGISTER", target)], peer=to)
        answer = self.response()
        if answer.status != 200:
            raise RuntimeError(f"REGISTER answered {answer.first}")

    def crypto(self, offer):
        """The line of a new key; in an answer with the number that the offer has for it."""
        if not self.suite:
            return ""
        self.own_key = secrets.token_bytes(SUITES[self.suite])
        number = self.hear_key(offer) if offer else 1
        return f"a=crypto:{number} {self.suite} inline:{base64.b64encode(self.own_key).decode()}\r\n"

    def hear_key(self, body):
        """Takes the key that a description names; the number of its line."""
        found = re.search(rf"^a=crypto:(\d+) {self.suite} inline:([^|\s]+)", body, re.M)
        if not found:
            raise RuntimeError(f"{self.number} was told no key of {self.suite}:\n{body}")
        self.told_key = base64.b64decode(found[2])
        return found[1]

    def description(self, media_port, offer=None):
        self.versions += 1
        number, name = FORMATS[self.codec]
        kind = f"IN IP{6 if ':' in self.host else 4} {self.host}"
        head = f"v=0\r\no=- 1 {self.versions} {kind}\r\ns=-\r\nc={kind}\r\nt=0 0\r\n"
        if self.fax:
            return head + f"m=image {media_port} udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n"
        return (head + f"m=audio {media_port} RTP/AVP {number}\r\n"
                f"a=rtpmap:{number} {name}\r\na={self.direction}\r\n{self.crypto(offer)}{self.says(media_port)}")

    def call(self, callee, media_port, callee_port):
        """Calls another phone of this process; returns the media ports that the exchange told each of the two."""
        callee.media_port = callee_port
        return media_port_of(self.invite(callee.number, media_port, [callee])), callee.told_port

    def invite(self, number, media_port, others=()):
        """Calls a number; returns the answer. The other phones are of this process and answer meanwhile."""
        target, call = f"sip:{number}@{self.domain}", uuid.uuid4().hex
        self.media_port, body = media_port, self.description(media_port)
        sent = self.request("INVITE", target, call, body=body)
        challenge = self.response()
        self.acknowledge(target, sent, challenge)
        sent = self.request("INVITE", target, call, [self.authorization(challenge, "INVITE", target)], body)
        return self.established(target, sent, self.response(others=others))

    def established(self, target, sent, answer):
        if answer.status != 200:
            self.acknowledge(target, sent, answer)
            raise RuntimeError(f"INVITE answered {answer.first}")
        if self.suite:
            self.hear_key(answer.body)
        target = answer.get("Contact").split("<")[1].split(">")[0]
        self.acknowledge(target, sent, answer)
        self.dialog = target, answer.get("Call-ID"), answer.get("To")
        return answer

    def change(self, direction):
        """Changes the direction of the call that this phone made (RFC 3264 §8.4), by a re-INVITE."""
        self.direction = direction
        target, call, peer = self.dialog
        sent = self.request("INVITE", target, call, body=self.description(self.media_port), peer=peer)
        return self.established(target, sent, self.response())

    def hang_up(self):
        """Ends the call that this phone made."""
        target, call, peer = self.dialog
        self.request("BYE", target, call, peer=peer)
        return self.response().status

    def acknowledge(self, target, sent, response):
        names = dict(sent)
        via = names["Via"] if response.status >= 300 else names["Via"] + "a"
        self.send(f"ACK {target} SIP/2.0", [
            ("Via", via), ("Max-Forwards", 70), ("From", names["From"]), ("To", response.get("To")),
            ("Call-ID", names["Call-ID"]), ("CSeq", names["CSeq"].split()[0] + " ACK")])

    def serve(self):
        """Takes one request: answers an INVITE at once."""
        request = self.receive(0)
        if request is None or request.status or request.first.startswith("ACK"):
            return
        headers = [("Via", via) for via in request.all("Via")] + [
            (name, request.get(name)) for name in ("From", "Call-ID", "CSeq")]
        to = request.get("To")
        headers += [("To", to if "tag=" in to else f"{to};tag={uuid.uuid4().hex[:8]}"), ("Contact", self.contact)]
        body = ""
        if request.first.startswith("INVITE"):
            self.told_port = media_port_of(request)
            asked = re.search(r"^a=(sendonly|recvonly|inactive)", request.body, re.M)
            turned = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
            self.direction = turned[asked[1]] if asked else "sendrecv"
            self.fax = "m=image" in request.body
            body = self.description(self.media_port, request.body)
        self.send("SIP/2.0 200 OK", headers, body)

    def options(self, seconds):
        """Whether an OPTIONS is answered within so many seconds."""
        self.request("OPTIONS", f"sip:{self.domain}", uuid.uuid4().hex)
        return self.receive(seconds) is not None


def media_port_of(message):
    return int(re.search(r"^m=(?:audio|image) (\d+)", message.body, re.M)[1])
