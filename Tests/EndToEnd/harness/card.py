"""A card's image as a file: its slots, and what the boot script goes by (Sources/Slots)."""

import os
import shutil
import subprocess
import zlib

MEBIBYTE = 1 << 20
STATES = [MEBIBYTE, 3 * MEBIBYTE]
SLOTS = {"a": 68 * MEBIBYTE, "b": 132 * MEBIBYTE}
SLOT, START = 64 * MEBIBYTE, 48 * MEBIBYTE
SIZE = 256 * MEBIBYTE  # the emulators take powers of two


def variables(sector):
    """What a sector of U-Boot's variables holds; None where its CRC is another."""
    if int.from_bytes(sector[:4], "little") != zlib.crc32(sector[4:]):
        return None
    lines = sector[4:].split(b"\0\0")[0].split(b"\0")
    return dict(line.decode().split("=", 1) for line in lines)


def sector(values):
    body = b"".join(f"{name}={value}\0".encode() for name, value in values.items()).ljust(508, b"\0")
    return zlib.crc32(body).to_bytes(4, "little") + body


class Card:
    def __init__(self, path, image):
        shutil.copyfile(image, path)
        self.path = path
        self.file = open(path, "r+b", buffering=0)
        self.file.truncate(SIZE)

    def read(self, offset, size):
        self.file.seek(offset)
        return self.file.read(size)

    def write(self, offset, content):
        self.file.seek(offset)
        self.file.write(content)

    def copy_slot(self, source, target):
        self.write(SLOTS[target], self.read(SLOTS[source], SLOT))

    def states(self):
        """Both copies of the slots' state, None for one that is not whole."""
        return [variables(self.read(offset, 512)) for offset in STATES]

    def set_states(self, *states):
        """A state is a dictionary; None writes over it what is none."""
        for offset, state in zip(STATES, states):
            self.write(offset, b"\xff" * 512 if state is None else sector(state))

    def damage(self, slot, part):
        """Changes one bit in the midst of a part: kernel, tree, initrd, or the list that names them."""
        start = SLOTS[slot] + START
        place = start + 40
        if part != "list":
            found = variables(self.read(start, 512))
            place = start + 512 * int(found[f"{part}_at"], 16) + int(found[f"{part}_size"], 16) // 2
        self.write(place, bytes([self.read(place, 1)[0] ^ 1]))

    def tell(self, slot, argument):
        """Has a slot's kernel told something more."""
        place = SLOTS[slot] + START
        found = variables(self.read(place, 512))
        self.write(place, sector({**found, "arguments": f"{found['arguments']} {argument}"}))

    def put(self, name, content):
        """A file into the FAT partition."""
        subprocess.run(["mcopy", "-o", "-i", f"{self.path}@@4M", "-", f"::/{name}"], input=content, check=True,
                       env={**os.environ, "MTOOLS_SKIP_CHECK": "1"})

    def close(self):
        self.file.close()
