"""Identity keys with a voice in them: speech is taken, what is none is refused by name."""

import os
import re
import subprocess

import numpy
import zxingcpp
from harness.promise import Promises
from harness.wave import read, sox, write

chapter = Promises("keygen")
RATE = 16000
PASSPHRASE = "four words that match\n"
SENTENCES = [
    "This telephone is mine, and whoever calls me may know it by its key, now and in ten years.",
    "The harbour was quiet that morning, but for the gulls and one old engine far across the water.",
    "Seven boxes of apples stood beside the gate when we came home at last, and no one knew from whom.",
]


def speech(office, sentence, voice):
    """A sentence as a microphone hears it, with the hiss of its amplifier."""
    raw, path = f"{office.folder}/raw.wav", f"{office.folder}/speech.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", "130", "-w", raw, sentence], check=True)
    sox(raw, "-r", str(RATE), "-b", "16", "-c", "1", path, "norm", "-6")
    samples = read(path)[0]
    return samples + numpy.random.default_rng(len(sentence)).normal(0, 12, len(samples))


def keygen(office, samples, name="identity", *more):
    """The exit status, and all that the command says."""
    voice, passphrase = f"{office.folder}/voice.wav", f"{office.folder}/passphrase"
    write(voice, numpy.clip(samples, -32768, 32767), RATE)
    with open(passphrase, "w") as file:
        file.write(PASSPHRASE)
    done = subprocess.run(
        [office.binary, "keygen", "--voice", voice, "--output", f"{office.folder}/{name}", "--passphrase", passphrase, *more],
        capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def scanned(text):
    """What a camera reads from the terminal."""
    rows = [line for line in text.splitlines() if re.fullmatch("[█▀▄ ]{29,}", line)]
    light = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    picture = [[light[mark][half] for mark in row] for row in rows for half in (0, 1)]
    return zxingcpp.read_barcode(numpy.kron(numpy.array(picture, numpy.uint8), numpy.ones((4, 4), numpy.uint8))).text


@chapter.promise("three sentences spoken by {0} each make a key of their own, and a camera reads its fingerprint",
                 each=["en-us", "en-gb+f3"])
def voices(office, voice):
    seen = set()
    for sentence in SENTENCES:
        name = f"identity-{len(seen)}"
        status, text = keygen(office, speech(office, sentence, voice), name, "--svg", f"{office.folder}/{name}.svg")
        assert status == 0, text
        fingerprint = "".join(re.findall(r"\b[0-9a-f]{4}\b", text.split("fingerprint")[1])[:16])
        assert scanned(text) == f"sotto-identity:{fingerprint}", text
        with open(f"{office.folder}/{name}") as file:
            lines = file.read().splitlines()
        assert [line.split()[0] for line in lines] == ["sotto", "public", "function", "salt", "nonce", "sealed"], lines
        assert os.stat(f"{office.folder}/{name}").st_mode & 0o777 == 0o600
        seen.add(lines[1])
    assert len(seen) == 3
    again = keygen(office, speech(office, SENTENCES[0], voice), "again")
    with open(f"{office.folder}/again") as file:
        assert again[0] == 0 and file.read().splitlines()[1] not in seen, "the same recording made the same key"
    status, text = keygen(office, speech(office, SENTENCES[0], voice), "again")
    assert status == 1 and "is there already" in text, text
    return re.search(r"recording +(.*)", again[1])[1]


def tone(frequencies, seconds=6):
    time = numpy.arange(seconds * RATE) / RATE
    return sum(4000 * numpy.sin(2 * numpy.pi * hertz * time) for hertz in frequencies)


def hiss(loudness, seconds=6):
    return numpy.random.default_rng(1).normal(0, loudness, seconds * RATE)


def muted(samples):
    samples[RATE : 3 * RATE // 2] = 0
    return samples


FAULTS = {
    "too short": lambda words: words[: 4 * RATE],
    "silence": lambda words: words * 0.002,
    "clipping": lambda words: words * 20,
    "a loop": lambda words: numpy.tile(words[RATE // 2 : 3 * RATE // 2], 6) + hiss(12),
    "a synthetic tone": lambda words: tone([262, 330, 392]) + hiss(2),
    "noise": lambda words: hiss(2000),
    "a value that stays": muted,
}


@chapter.promise("{0} is refused by name, and no key is made", each=list(FAULTS))
def refused(office, fault):
    status, text = keygen(office, FAULTS[fault](speech(office, SENTENCES[0], "en-us")))
    assert status == 1 and f"voice.wav: {fault}: " in text, text
    assert not os.path.exists(f"{office.folder}/identity")
    return text.split("voice.wav: ")[1].strip()
