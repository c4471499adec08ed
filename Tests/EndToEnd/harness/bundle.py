"""A signed update (Sources/Updates), and others made of it that a box has to refuse."""

import pathlib
import subprocess

from .board import ROOT, image

KEYS = f"{ROOT}/build/test/keys"
SIGNATURE = 64


class Bundle:
    def __init__(self, board):
        content = pathlib.Path(image(board)).with_suffix(".bundle").read_bytes()
        end = content.index(b"\n\n") + 2
        self.manifest, self.signature, self.parts = content[:end], content[end:end + SIGNATURE], content[end + SIGNATURE:]

    @property
    def bytes(self):
        return self.manifest + self.signature + self.parts

    def changed(self, name, value, folder):
        """With another value in the manifest, signed by the same key."""
        lines = self.manifest.decode().splitlines()
        place = next(i for i, line in enumerate(lines) if line.startswith(f"{name} "))
        lines[place] = f"{name} {value}"
        file = pathlib.Path(folder, "manifest")
        file.write_bytes("\n".join(lines + [""]).encode())
        subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", f"{KEYS}/update.key", "-in", file, "-out",
                        f"{folder}/signature"], check=True, capture_output=True)
        return file.read_bytes() + pathlib.Path(folder, "signature").read_bytes() + self.parts
