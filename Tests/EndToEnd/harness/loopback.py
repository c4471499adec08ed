"""Where network namespaces are refused: phones and an emulated board share 127.0.0.1, each with ports of its own.

The emulator's own network leads chosen ports of 127.0.0.1 into the board and shows it the phones as 10.0.2.2; the board
is told to call itself 127.0.0.1.
"""

import random
import socket

from .outlet import Outlet

ADDRESS, MEDIA_PORTS = "127.0.0.1", 16


class Device:
    def __init__(self, name, ports):
        self.name, self.ipv4, self.sip_port, self.control_port = name, ADDRESS, ports[0], ports[2]
        self.rtp_ports = f"{ports[4]}-{ports[-1]}"

    def inside(self, command):
        """Nothing but the test ends what it started here: whatever ends the test must end that too."""
        return ["setpriv", "--pdeathsig", "TERM"] + command

    def address(self, version=4):
        assert version == 4, "there is no IPv6 without namespaces"
        return self.ipv4


class Loopback:
    def __init__(self):
        self._next = random.randrange(10000, 28000, 2)  # below the ports that systems give to clients

    def host(self, name):
        return Device(name, self._ports(24))

    def release(self, host):
        pass

    def outlet(self):
        sip, *_ = self._ports(2)
        media = self._ports(MEDIA_PORTS)
        forwards = [f"tcp:{sip}:{sip}"] + [f"udp:{port}:{port}" for port in (sip, *media)]
        return Outlet(
            arguments=[word for each in forwards for word in ("--forward", each)],
            configuration=f'sip: {{listen: ["udp://0.0.0.0:{sip}", "tcp://0.0.0.0:{sip}"]}}\n'
                          f"media: {{ports: {media[0]}-{media[-1]}, external_address: {ADDRESS}}}\n"
                          "time: {servers: [127.0.0.1]}\n",  # itself, so that it asks nobody beyond this machine
            board="10.0.2.15", ipv4=ADDRESS, sip_port=sip)

    def _ports(self, count):
        """The next consecutive ports that nobody uses; the first is even."""
        while True:
            ports = range(self._next, self._next + count)
            self._next += count
            if all(map(is_free, ports)):
                return ports


def is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((ADDRESS, port))
            except OSError:
                return False
    return True
