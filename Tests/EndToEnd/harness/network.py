"""An office network inside the sandbox: one switch (a bridge), and a namespace with its own cable for each device."""

import subprocess

from .outlet import Outlet

IPV4, IPV6 = "10.77.0.", "fd77::"
TESTER = 254  # the test program's own place on the switch


def ip(*arguments):
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def mac(number):
    """The same for the same IP address in every test: what others know of it from an earlier one stays true."""
    return f"02:00:5e:00:53:{number:02x}"


class Host:
    """A device on the switch."""

    sip_port, control_port, rtp_ports = 5060, 4444, "20000-20999"

    def __init__(self, name, number):
        self.name, self.number = name, number
        self.ipv4, self.ipv6 = f"{IPV4}{number}", f"{IPV6}{number:x}"
        ip("netns", "add", name)
        ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "address", mac(number), "netns", name)
        ip("link", "set", self.cable, "master", "switch", "up")
        ip("-n", name, "address", "add", f"{self.ipv4}/24", "dev", "eth0")
        ip("-n", name, "address", "add", f"{self.ipv6}/64", "dev", "eth0", "nodad")
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "link", "set", "eth0", "addrgenmode", "none")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "route", "add", "default", "via", f"{IPV4}{TESTER}")
        ip("-n", name, "route", "add", "default", "via", f"{IPV6}{TESTER:x}")

    @property
    def cable(self):
        return f"v-{self.name}"

    def inside(self, command):
        """The command line that runs `command` on this device."""
        return ["nsenter", f"--net=/run/netns/{self.name}"] + command

    def address(self, version=4):
        return self.ipv4 if version == 4 else self.ipv6

    def unplug(self):
        ip("link", "set", self.cable, "down")

    def remove(self):
        # Its namespace may outlive its name for a moment, and would answer for whoever gets its address next.
        ip("link", "delete", self.cable)
        ip("netns", "delete", self.name)


class Network:
    def __init__(self):
        subprocess.run(["mkdir", "-p", "/run/netns"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run/netns"], check=True)
        ip("link", "set", "lo", "up")
        # A bridge that is given no address takes the lowest of its ports', and so changes it as devices come.
        ip("link", "add", "switch", "address", mac(TESTER), "type", "bridge", "mcast_snooping", "0")
        ip("address", "add", f"{IPV4}{TESTER}/24", "dev", "switch")
        ip("address", "add", f"{IPV6}{TESTER:x}/64", "dev", "switch", "nodad")
        ip("link", "set", "switch", "up")
        self._made, self._used = 0, {TESTER}

    def host(self, name):
        """A new device; `name` is made unique."""
        number = next(n for n in range(10, 250) if n not in self._used)
        self._used.add(number)
        self._made += 1
        return Host(f"{name}-{self._made}", number)

    def release(self, host):
        host.remove()
        self._used.discard(host.number)

    def outlet(self):
        """For a board with a static address, since nobody gives it one here; the outlet before is replaced."""
        board, tester, tap = f"{IPV4}5", f"{IPV4}{TESTER}", "board"
        subprocess.run(["ip", "link", "delete", tap], capture_output=True)
        ip("tuntap", "add", tap, "mode", "tap")
        ip("link", "set", tap, "master", "switch", "up")
        return Outlet(
            arguments=["--tap", tap],
            configuration=f"network: {{address: {board}/24, gateway: {tester}}}\ntime: {{servers: [{tester}]}}\n",
            board=board, ipv4=board, sip_port=Host.sip_port, tap=tap, time_server=tester)
