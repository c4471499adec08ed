"""ICE's checks (RFC 8445 §7, RFC 8489), as a phone that leads makes them."""

import hashlib
import hmac
import os
import re
import struct
import zlib

COOKIE = 0x2112A442
OWN = ("pupp", "a+password+of+the+puppet0")
SUCCESS, FAILURE = 0x0101, 0x0111


def lines(host, port):
    """What a phone at that port says of itself; its RTCP goes by the same port."""
    return (f"a=ice-ufrag:{OWN[0]}\r\na=ice-pwd:{OWN[1]}\r\na=rtcp-mux\r\n"
            f"a=candidate:1 1 UDP 2130706431 {host} {port} typ host\r\n")


def credentials(body):
    """What the other side says of itself; None where it speaks no ICE."""
    found = [re.search(rf"^a=ice-{name}:(\S+)", body, re.M) for name in ("ufrag", "pwd")]
    return (found[0][1], found[1][1]) if all(found) else None


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def check(theirs, nominates):
    """A Binding request to whoever has these credentials."""
    name, password = theirs
    body = attribute(0x0006, f"{name}:{OWN[0]}".encode()) + attribute(0x0024, struct.pack("!I", 1853824767))
    body += attribute(0x802A, os.urandom(8))
    if nominates:
        body += attribute(0x0025, b"")
    transaction = os.urandom(12)

    def sealed(more):
        return struct.pack("!HHI", 0x0001, len(body) + more, COOKIE) + transaction + body
    body += attribute(0x0008, hmac.new(password.encode(), sealed(24), hashlib.sha1).digest())
    body += attribute(0x8028, struct.pack("!I", zlib.crc32(sealed(8)) ^ 0x5354554E))
    return sealed(0)


def answer(packet):
    """The kind of an answer, and the port that it says the check came from."""
    kind, place = struct.unpack("!H", packet[:2])[0], 20
    while place + 4 <= len(packet):
        name, size = struct.unpack("!HH", packet[place : place + 4])
        if name == 0x0020:
            return kind, struct.unpack("!H", packet[place + 6 : place + 8])[0] ^ COOKIE >> 16
        place += 4 + size + -size % 4
    return kind, None
