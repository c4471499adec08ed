"""Speech to send, the score it keeps through codecs offline, and the comparison of a recording with it."""

import os
import subprocess

import numpy
from pesq import pesq

RATE = 8000
LEAD, TAIL = 1.0, 3.0  # seconds of silence around the words: a call needs a moment before both sides hear
SENTENCES = {
    "first": ("en-us", "The front desk answers. Please leave the parcels beside the green door, "
                       "and ring twice before nine o'clock."),
    "second": ("en-gb", "Nobody told the driver about the change. We will meet him at the harbour "
                        "when the evening ferry has gone."),
}


def sox(*arguments):
    subprocess.run(["sox", "-D", *arguments], check=True)


def clip(name, folder):
    """The WAV file (8 kHz, 16 bits, mono) of a sentence."""
    path = f"{folder}/{name}.wav"
    if not os.path.exists(path):
        voice, text = SENTENCES[name]
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", f"{path}.raw.wav", text], check=True)
        sox(f"{path}.raw.wav", "-r", str(RATE), "-b", "16", "-c", "1", path,
            "norm", "-6", "pad", str(LEAD), str(TAIL))
    return path


def through(path, codecs, folder):
    """The clip after each codec in turn, by sox alone: what a faultless exchange would leave of it."""
    for step, codec in enumerate(codecs):
        kind = {"PCMU": "mu-law", "PCMA": "a-law"}[codec]
        name = f"{folder}/{os.path.basename(path)[:-4]}-{step}{codec}.wav"
        sox(path, "-e", kind, f"{name}.coded.wav")
        sox(f"{name}.coded.wav", "-e", "signed-integer", "-b", "16", name)
        path = name
    return path


def samples(path):
    # A recorder that was killed leaves a header without a length: take what follows it.
    with open(path, "rb") as file:
        data = file.read()
    start = data.index(b"data") + 8
    return numpy.frombuffer(data[start : start + (len(data) - start) // 2 * 2], dtype="<i2").astype(numpy.float64)


def words(signal):
    """The part of the clip that is speech."""
    return signal[int(LEAD * RATE) : len(signal) - int(TAIL * RATE)]


def place(part, whole):
    """Where `part` sits best in `whole`, in samples, and how well: the normalised correlation there."""
    size = 1 << (len(whole) + len(part)).bit_length()
    correlation = numpy.fft.irfft(numpy.fft.rfft(whole, size) * numpy.conj(numpy.fft.rfft(part, size)), size)
    correlation = correlation[: max(1, len(whole) - len(part) + 1)]
    at = int(numpy.argmax(correlation))
    found = whole[at : at + len(part)]
    scale = numpy.linalg.norm(found) * numpy.linalg.norm(part[: len(found)])
    return at, float(correlation[at] / scale) if scale > 0 else 0.0


def score(reference, degraded):
    return pesq(RATE, reference.astype(numpy.int16), degraded.astype(numpy.int16), "nb")


class Comparison:
    """How a recording compares with the clip that was sent and with the same clip through `codecs` offline."""

    def __init__(self, sent, recording, codecs, folder):
        reference = words(samples(sent))
        perfect = words(samples(through(sent, codecs, folder)))
        heard = samples(recording)
        assert len(heard) > len(reference), (
            f"{recording}: {len(heard) / RATE:.2f} s recorded, {len(reference) / RATE:.2f} s of speech were sent")
        at, self.likeness = place(perfect, heard)
        heard = heard[at : at + len(reference)]
        self.offline = score(reference, perfect)
        self.online = score(reference, heard)
        self.gaps = gaps(perfect, heard)

    def check(self):
        text = str(self)
        assert not self.gaps, f"{len(self.gaps)} frames lost or moved, the first {self.gaps[0]} s into the words; {text}"
        assert self.online >= self.offline - 0.05, f"worse than the codecs alone: {text}"

    def __str__(self):
        return f"PESQ {self.online:.3f}, offline {self.offline:.3f}, likeness {self.likeness:.4f}"


def gaps(perfect, heard):
    """The seconds of the 20 ms frames in which `heard` is not what was said: lost, repeated or moved."""
    frame, found = RATE // 50, []
    for start in range(0, len(perfect) - frame + 1, frame):
        said, got = perfect[start : start + frame], heard[start : start + frame]
        loudness = numpy.sqrt(numpy.mean(said**2))
        if loudness > 100 and numpy.sqrt(numpy.mean((said - got) ** 2)) > loudness / 4:
            found.append(start / RATE)
    return found
