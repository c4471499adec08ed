"""Where an emulated board is plugged into a test's network."""

from dataclasses import dataclass


@dataclass
class Outlet:
    arguments: list  # for qemu/run
    configuration: str  # what the board has to be told about this network, as YAML
    board: str  # the board's own address
    ipv4: str  # where phones reach it
    sip_port: int
    tap: str | None = None  # where its packets can be watched
    time_server: str | None = None  # the address for one
