"""A small SIP client for what real phones do not do on demand: it speaks over any connected stream."""

import hashlib
import re
import secrets
import socket
import ssl


class Client:
    """`stream` is a connected socket, plain or TLS; `transport` is what Via says."""

    def __init__(self, stream, transport, domain, user=None, password=None):
        self.stream, self.transport, self.domain = stream, transport, domain
        self.user, self.password = user, password
        self.call_id, self.sequence, self._rest = secrets.token_hex(8), 0, b""
        self.tag = secrets.token_hex(4)

    @property
    def contact(self):
        address, port = self.stream.getsockname()[:2]
        host = f"[{address}]" if ":" in address else address
        return f"{host}:{port}"

    def request(self, method, headers="", uri=None):
        self.sequence += 1
        user = self.user or "anonymous"
        uri = uri or f"sip:{self.domain}"
        return (
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/{self.transport} {self.contact};branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:{user}@{self.domain}>;tag={self.tag}\r\n"
            f"To: <sip:{user}@{self.domain}>\r\nCall-ID: {self.call_id}\r\nCSeq: {self.sequence} {method}\r\n"
            f"{headers}Content-Length: 0\r\n\r\n")

    def send(self, text):
        self.stream.sendall(text.encode())

    def receive(self, seconds=5):
        """The next message as text; empty where the connection was closed."""
        self.stream.settimeout(seconds)
        while True:
            self._rest = self._rest.lstrip(b"\r\n")
            head, found, rest = self._rest.partition(b"\r\n\r\n")
            if found:
                length = int(re.search(rb"(?im)^Content-Length: *(\d+)", head)[1])
                if len(rest) >= length:
                    self._rest = rest[length:]
                    return (head + found + rest[:length]).decode()
            data = self.stream.recv(65536)
            if not data:
                return ""
            self._rest += data

    def ask(self, method, headers="", uri=None):
        """Sends a request and returns the final response."""
        self.send(self.request(method, headers, uri))
        while True:
            answer = self.receive()
            assert answer, f"the connection was closed instead of an answer to {method}"
            if answer.startswith("SIP/2.0 ") and not answer.startswith("SIP/2.0 1"):
                return answer

    def register(self, contact=None, more="", expires=600):
        """Registers with digest (MD5) and returns the final response."""
        contact = contact or f"<sip:{self.user}@{self.contact};transport={self.transport.lower()}>"
        headers = f"Contact: {contact}\r\nExpires: {expires}\r\n{more}"
        challenge = self.ask("REGISTER", headers)
        assert challenge.startswith("SIP/2.0 401"), challenge
        return self.ask("REGISTER", headers + self.authorization(challenge, "REGISTER", f"sip:{self.domain}"))

    def authorization(self, challenge, method, uri):
        realm, nonce = re.search('realm="([^"]*)"', challenge)[1], re.search('nonce="([^"]*)"', challenge)[1]
        count, own = "00000001", secrets.token_hex(8)

        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()
        response = md5(f"{md5(f'{self.user}:{realm}:{self.password}')}:{nonce}:{count}:{own}:auth:"
                       f"{md5(f'{method}:{uri}')}")
        return (f'Authorization: Digest username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
                f'response="{response}", algorithm=MD5, qop=auth, cnonce="{own}", nc={count}\r\n')

    def close(self):
        self.stream.close()


def context_for(authority):
    """Trusts the PEM file, or takes any certificate where it is None."""
    context = ssl.create_default_context(cafile=authority)
    if not authority:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def over_tls(address, domain, authority=None, name=None, port=5061, user=None, password=None, **settings):
    """Connects; `authority` is the PEM file to trust, or None to take any certificate. `settings` are attributes of
    Python's SSLContext; `ciphers` is given to set_ciphers."""
    context = context_for(authority)
    if "ciphers" in settings:
        context.set_ciphers(settings.pop("ciphers"))
    for key, value in settings.items():
        setattr(context, key, value)
    stream = socket.create_connection((address, port), timeout=5)
    return Client(context.wrap_socket(stream, server_hostname=name or address), "TLS", domain, user, password)
