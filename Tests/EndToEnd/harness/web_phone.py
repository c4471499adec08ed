"""A phone in a browser's manner: SIP over WebSocket (RFC 7118), its Contact a name that leads nowhere."""

import secrets

from websockets.exceptions import ConnectionClosedError, InvalidHandshake
from websockets.sync.client import connect

from .sip_client import Client, context_for

__all__ = ["InvalidHandshake", "WebPhone"]


class Frames:
    """The stream that `Client` speaks over, where each message is a frame of a WebSocket."""

    def __init__(self, socket):
        self.socket, self.name = socket, secrets.token_hex(6) + ".invalid"

    def sendall(self, data):
        self.socket.send(data.decode())

    def settimeout(self, seconds):
        self.seconds = seconds

    def recv(self, _):
        frame = self.socket.recv(timeout=self.seconds)
        return frame.encode() if isinstance(frame, str) else frame

    def close(self):
        self.socket.close()


def opened(url, **options):
    """The library reads and writes from two threads, which Python's TLS of before 3.13 stands but mostly while tickets of
    TLS 1.3 come in: of 400 pages 7 lost what they wrote, of 400 connections by one thread none. So it is tried again."""
    for left in reversed(range(4)):
        try:
            return connect(url, open_timeout=3, **options)
        except (ConnectionClosedError, TimeoutError):
            if left == 0 or not url.startswith("wss:"):
                raise


class WebPhone(Client):
    """A registered or unregistered page; `authority` is the PEM file to trust over `wss`, or None to take
    any certificate."""

    def __init__(self, url, domain, user=None, password=None, authority=None, origin=None, protocols=("sip",)):
        context = context_for(authority) if url.startswith("wss:") else None
        # The library speaks with masks, pings and closing frames of its own.
        socket = opened(url, subprotocols=protocols or None, ssl=context, origin=origin)
        transport = "WSS" if context else "WS"
        super().__init__(Frames(socket), transport, domain, user, password)

    @property
    def contact(self):
        return self.stream.name

    def register(self, contact=None, more="", expires=600):
        contact = contact or (f'<sip:{self.user}@{self.contact};transport=ws>;reg-id=1;'
                              '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"')
        return super().register(contact, "Supported: path, outbound\r\n" + more, expires)

    def reply(self, request, status, more="", body=""):
        """Answers a request that came."""
        kept = [line for line in request.split("\r\n\r\n")[0].split("\r\n")
                if line.split(":")[0] in ("Via", "From", "Call-ID", "CSeq", "Record-Route")]
        to = next(line for line in request.split("\r\n") if line.startswith("To:"))
        if ";tag=" not in to:
            to += f";tag={self.tag}"
        head = [f"SIP/2.0 {status}", *kept, to, f"Contact: <sip:{self.user}@{self.contact};transport=ws>"]
        self.send("\r\n".join(head) + f"\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}")
