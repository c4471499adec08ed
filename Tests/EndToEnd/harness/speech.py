"""Speech to send, the score it keeps through codecs offline, and the comparison of a recording with it."""

import os
import subprocess

import numpy
from pesq import pesq

from .codecs import RATES, chain
from .wave import read, resample, sox, write

RATE = 8000
LEAD, TAIL = 1.0, 3.0  # seconds of silence around the words: a call needs a moment before both sides hear
SENTENCES = {
    "first": ("en-us", "The front desk answers. Please leave the parcels beside the green door, "
                       "and ring twice before nine o'clock."),
    "second": ("en-gb", "Nobody told the driver about the change. We will meet him at the harbour "
                        "when the evening ferry has gone."),
}


def clip(name, folder, rate=RATE):
    """The WAV file (16 bits, mono) of a sentence."""
    path = f"{folder}/{name}.wav" if rate == RATE else f"{folder}/{name}-{rate}.wav"
    if not os.path.exists(path):
        voice, text = SENTENCES[name]
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", f"{path}.raw.wav", text], check=True)
        sox(f"{path}.raw.wav", "-r", str(rate), "-b", "16", "-c", "1", path,
            "norm", "-6", "pad", str(LEAD), str(TAIL))
    return path


def through(path, codecs, folder):
    """The clip after the first codec in a phone and any other in the exchange: what a faultless exchange would leave."""
    samples, rate = chain(path, codecs, folder)
    name = f"{folder}/{os.path.basename(path)[:-4]}-{'-'.join(codecs)}.wav"
    write(name, samples, rate)
    return name


def samples(path, rate=RATE):
    found, its_rate = read(path)
    return resample(found, its_rate, rate, os.path.dirname(path)).astype(numpy.float64)


def words(signal, rate=RATE):
    """The part of the clip that is speech."""
    return signal[int(LEAD * rate) : len(signal) - int(TAIL * rate)]


def place(part, whole):
    """Where `part` sits best in `whole`, in samples, and how well: the normalised correlation there."""
    size = 1 << (len(whole) + len(part)).bit_length()
    correlation = numpy.fft.irfft(numpy.fft.rfft(whole, size) * numpy.conj(numpy.fft.rfft(part, size)), size)
    correlation = correlation[: max(1, len(whole) - len(part) + 1)]
    at = int(numpy.argmax(correlation))
    found = whole[at : at + len(part)]
    scale = numpy.linalg.norm(found) * numpy.linalg.norm(part[: len(found)])
    return at, float(correlation[at] / scale) if scale > 0 else 0.0


def score(reference, degraded, rate=RATE):
    return pesq(rate, reference.astype(numpy.int16), degraded.astype(numpy.int16), "nb" if rate == RATE else "wb")


class Comparison:
    """How a recording compares with the clip that was sent and with the same clip through `codecs` offline: at 16 kHz
    where every codec has that, else at 8 kHz."""

    def __init__(self, name, clips, recording, codecs, folder):
        self.rate = rate = min(16000, *(RATES[codec] for codec in codecs))
        reference = words(samples(clip(name, clips, rate), rate), rate)
        sent = clip(name, clips, RATES[codecs[0]])
        perfect = samples(through(sent, codecs, folder), rate)
        # Coders and filters delay.
        at, _ = place(reference, perfect)
        perfect = perfect[at : at + len(reference)]
        heard = samples(recording, rate)
        assert len(heard) > len(reference), (
            f"{recording}: {len(heard) / rate:.2f} s recorded, {len(reference) / rate:.2f} s of speech were sent")
        at, self.likeness = place(perfect, heard)
        heard = heard[at : at + len(reference)]
        self.offline = score(reference, perfect, rate)
        self.online = score(reference, heard, rate)
        # G.711 gives the same samples each time; other coders begin anew with each call, and only their loudness is the same.
        self.gaps = gaps(perfect, heard, rate, exact=all(RATES[codec] == RATE for codec in codecs))

    def check(self, tolerance=0.05, frames=0):
        text = str(self)
        assert len(self.gaps) <= frames, f"{len(self.gaps)} frames lost or moved, the first {self.gaps[0]} s into the words; {text}"
        assert self.online >= self.offline - tolerance, f"worse than the codecs alone: {text}"

    def __str__(self):
        band = "wideband " if self.rate > RATE else ""
        return f"PESQ {band}{self.online:.3f}, offline {self.offline:.3f}, likeness {self.likeness:.4f}"


def gaps(perfect, heard, rate=RATE, exact=True):
    """The seconds of the 20 ms frames in which `heard` is not what was said: lost, repeated or moved."""
    frame, found = rate // 50, []
    for start in range(0, len(perfect) - frame + 1, frame):
        said, got = perfect[start : start + frame], heard[start : start + frame]
        loudness = numpy.sqrt(numpy.mean(said**2))
        error = numpy.sqrt(numpy.mean((said - got) ** 2))
        if loudness > 100 and error > loudness * (0.25 if exact else 0.7):
            found.append(start / rate)
    return found
