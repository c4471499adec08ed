"""Strangers who flood an exchange: strangers.py EXCHANGE HOST DOMAIN SECONDS

Sends INVITE and REGISTER in turn from eight ports as fast as it can, and says at the end, in a line of JSON, what went and
what came back, by port.
"""

import collections
import json
import socket
import sys
import time

PORTS = 8
PREPARED = 4000


def datagram(method, host, port, domain, number):
    user = 5000 + number % 1000
    body = ("v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n".format(host)
            if method == "INVITE" else "")
    target = f"sip:1001@{domain}" if body else f"sip:{domain}"
    return (
        f"{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{port}f{number};rport\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:{user}@{domain}>;tag=f{number}\r\nTo: <{target}>\r\n"
        f"Call-ID: {port}-{number}@flood\r\nCSeq: 1 {method}\r\nContact: <sip:{user}@{host}:{port}>\r\n"
        "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REFER, NOTIFY, UPDATE, MESSAGE\r\n"
        f"User-Agent: Flood/1.0 (as long as those of phones are)\r\n{'' if body else 'Expires: 3600' + chr(13) + chr(10)}"
        f"{'Content-Type: application/sdp' + chr(13) + chr(10) if body else ''}Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def main(exchange, host, domain, seconds):
    sockets = []
    for _ in range(PORTS):
        each = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        each.bind((host, 0))
        each.connect((exchange, 5060))
        each.setblocking(False)
        port = each.getsockname()[1]
        sockets.append((each, [datagram("INVITE" if i % 2 else "REGISTER", host, port, domain, i)
                               for i in range(PREPARED // PORTS)]))
    sent, octets = [0] * PORTS, [0] * PORTS
    came, statuses = [0] * PORTS, collections.Counter()

    def hear():
        for place, (each, _) in enumerate(sockets):
            try:
                while True:
                    answer = each.recv(65535)
                    came[place] += len(answer)
                    statuses[answer[8:11].decode()] += 1
            except (BlockingIOError, ConnectionRefusedError):
                pass

    end, turn = time.monotonic() + float(seconds), 0
    while time.monotonic() < end:
        for place, (each, messages) in enumerate(sockets):
            for step in range(8):
                message = messages[(turn * 8 + step) % len(messages)]
                try:
                    each.send(message)
                except (BlockingIOError, ConnectionRefusedError):
                    continue
                sent[place] += 1
                octets[place] += len(message)
        turn += 1
        hear()
    time.sleep(0.5)
    hear()
    print(json.dumps({"sent": sum(sent), "octets_sent": octets, "octets_received": came, "statuses": statuses}))


if __name__ == "__main__":
    main(*sys.argv[1:])
