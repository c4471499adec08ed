"""WAV files of 16-bit samples, of any rate and any number of channels."""

import struct
import subprocess

import numpy


def sox(*arguments):
    subprocess.run(["sox", "-D", *arguments], check=True)


def read(path):
    """The samples of the first channel, and the rate. A recorder that was killed leaves a header without lengths: what
    follows it is taken."""
    with open(path, "rb") as file:
        data = file.read()
    form = data.index(b"fmt ") + 8
    channels, rate = struct.unpack_from("<HI", data, form + 2)
    start = data.index(b"data") + 8
    samples = numpy.frombuffer(data[start : start + (len(data) - start) // (2 * channels) * 2 * channels], dtype="<i2")
    return samples[::channels], rate


def write(path, samples, rate):
    data = numpy.asarray(samples).astype("<i2").tobytes()
    with open(path, "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack(
            "<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16) + b"data" + struct.pack("<I", len(data)) + data)


def resample(samples, rate, wanted, folder):
    if rate == wanted:
        return samples
    write(f"{folder}/resampled.in.wav", samples, rate)
    sox(f"{folder}/resampled.in.wav", "-r", str(wanted), f"{folder}/resampled.wav")
    return read(f"{folder}/resampled.wav")[0]
