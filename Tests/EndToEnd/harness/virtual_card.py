"""A sound card without a card: alsa-lib's plug-in of virtual_card.c, and the configuration that names it."""

import os
import subprocess

import numpy

from .wave import read, write

RATE = 48000
SOURCE = os.path.join(os.path.dirname(__file__), "virtual_card.c")


class VirtualCard:
    """Hears the WAV file `speech` (48 kHz), or does not capture. `echo` per cent of what it plays is heard; without a file
    nothing else is."""

    def __init__(self, folder, speech=None, plays=True, echo=0):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.pulled = folder, f"{folder}/pulled"
        library = f"{folder}/virtual_card.so"
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-DPIC", "-o", library, SOURCE,
                        "-lasound"], check=True)
        ways = ""
        if speech:
            samples, rate = read(speech)
            assert rate == RATE, speech
            samples.astype("<i2").tofile(f"{folder}/hears.raw")
            ways += f'hears "{folder}/hears.raw" '
        elif echo:
            ways += 'hears "/dev/null" '
        if plays:
            open(f"{folder}/plays.raw", "wb").close()
            ways += f'plays "{folder}/plays.raw" '
        with open(f"{folder}/asound.conf", "w") as file:
            file.write(f'pcm_type.virtual {{ lib "{library}" }}\n'
                       f'pcm.desk {{ type plug slave.pcm {{ type virtual {ways} pulled "{self.pulled}" echo {echo} }} }}\n')
        self.environment = {**os.environ, "ALSA_CONFIG_PATH": f"{folder}/asound.conf"}

    def pull(self):
        open(self.pulled, "w").close()

    def plug(self):
        os.remove(self.pulled)

    def heard(self):
        """The WAV file of what it was given to play."""
        path = f"{self.folder}/played.wav"
        write(path, numpy.fromfile(f"{self.folder}/plays.raw", "<i2"), RATE)
        return path
