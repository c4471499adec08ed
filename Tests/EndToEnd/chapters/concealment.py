"""What a listener gets of secured voice: nothing that people, measures of speech or a recogniser can use."""

import os
import re
import shutil
import socket
import struct
import subprocess
import sys

import numpy
from harness import recogniser
from harness.codecs import LOW_DELAY, Opus
from harness.process import Process, until
from harness.promise import Promises, Skip
from harness.speech import score
from harness.tap import from_mu_law
from harness.wave import read, resample, sox, write
from pystoi import stoi

chapter = Promises("concealment")
RATE = 16000
VOICES = ["en-us", "en-us+f3"]
SENTENCES = [
    "The ferry leaves the harbor at seven in the evening.", "Please water the flowers behind the window.",
    "Our meeting with the lawyers was moved to Thursday.", "Nobody answered the telephone after midnight.",
    "She bought eleven apples and a loaf of bread.", "The password for the gate is written on paper.",
    "Turn left after the bridge and follow the river.", "My brother sold his motorcycle to a neighbor.",
    "The children were singing in the empty theater.", "Send the money before the end of the month.",
]
# How the phone encodes what it seals (docs/secure-voice-protocol.md).
PHONE_OPUS = {"application": LOW_DELAY, 4002: 56000, 4006: 0, 4010: 0, 4024: 3001}
RARE = 1e-6  # a coincidence that nobody need reckon with


def voice(office, *arguments, status=0):
    done = subprocess.run([office.binary, "voice", *arguments], capture_output=True, text=True, cwd=office.folder)
    text = done.stdout + done.stderr
    assert done.returncode == status, f"exit status {done.returncode}: {text}"
    return text


def spoken(office, sentence, speaker, path):
    subprocess.run(["espeak-ng", "-v", speaker, "-s", "160", "-w", f"{office.folder}/raw.wav", sentence], check=True)
    sox(f"{office.folder}/raw.wav", "-r", str(RATE), "-b", "16", "-c", "1", path, "norm", "-6", "pad", "0.2", "0.2")


def octets(path):
    """What is in a file of µ-law, in packets of 160 octets, and where they begin."""
    with open(path, "rb") as file:
        data = file.read()
    start = data.index(b"data") + 8
    return data, start, [data[at : at + 160] for at in range(start, len(data), 160)]


def play(mu_law, name, folder):
    """Octets of µ-law as sound: at 8 kHz, and for the recogniser at 16, half as loud so that nothing is clipped."""
    samples = from_mu_law(mu_law) // 2
    write(f"{name}-8.wav", samples, 8000)
    write(f"{name}.wav", resample(samples, 8000, RATE, folder), RATE)


class Utterances:
    """Each sentence in each voice: as it was said, secured, opened again, and noise that is as long."""

    made = None

    def __init__(self, office):
        folder = self.folder = f"{office.clips}/utterances"
        os.makedirs(folder, exist_ok=True)
        self.names = [f"{folder}/{speaker}-{number}" for speaker in VOICES for number in range(len(SENTENCES))]
        random = numpy.random.default_rng(1)
        for place, name in enumerate(self.names):
            spoken(office, SENTENCES[place % len(SENTENCES)], VOICES[place // len(SENTENCES)], f"{name}.wav")
            voice(office, "secure", f"{name}.wav", "--key", f"{folder}/key", "--out", f"{name}-secured.ulaw.wav")
            voice(office, "open", f"{name}-secured.ulaw.wav", "--key", f"{folder}/key", "--out", f"{name}-opened.wav")
            packets = octets(f"{name}-secured.ulaw.wav")[2]
            play(b"".join(packets), f"{name}-secured", folder)
            # Under the same headers, which hum.
            play(b"".join(packet[:4] + random.bytes(len(packet) - 4) for packet in packets), f"{name}-noise", folder)
            write(f"{name}-8.wav", resample(read(f"{name}.wav")[0], RATE, 8000, folder), 8000)

    def samples(self, kind=""):
        return [read(f"{name}{kind}.wav")[0] for name in self.names]


def utterances(office):
    if not Utterances.made:
        Utterances.made = Utterances(office)
    return Utterances.made


def alike(first, second):
    """Whether two lists have one mean, but for a difference of five standard errors."""
    error = numpy.sqrt(numpy.var(first, ddof=1) / len(first) + numpy.var(second, ddof=1) / len(second))
    return abs(numpy.mean(first) - numpy.mean(second)) <= 5 * error


def scores(originals, others, rate):
    """PESQ and STOI of each."""
    assert all(len(b) >= len(a) for a, b in zip(originals, others)), "shorter than what was said"
    pairs = [(a, b[: len(a)]) for a, b in zip(originals, others)]
    return ([score(a, b, rate) for a, b in pairs],
            [float(stoi(a.astype(float), b.astype(float), rate)) for a, b in pairs])


@chapter.promise("what is opened again is speech as good as its codec leaves it, what is secured scores as noise does")
def measures(office):
    spoken = utterances(office)
    originals, slow = spoken.samples(), spoken.samples("-8")
    offline = [Opus().coded(numpy.pad(samples, (0, RATE // 10)), RATE, RATE, PHONE_OPUS)[RATE // 400 :]
               for samples in originals]
    found = {"offline": scores(originals, offline, RATE), "opened": scores(originals, spoken.samples("-opened"), RATE),
             "secured": scores(slow, spoken.samples("-secured-8"), 8000),
             "noise": scores(slow, spoken.samples("-noise-8"), 8000)}
    for place, name in enumerate(spoken.names):
        for measure, slack in ((0, 0.05), (1, 0.01)):
            offline, opened = found["offline"][measure][place], found["opened"][measure][place]
            assert opened >= offline - slack, f"{name}: {opened:.3f} opened, {offline:.3f} after the codec alone"
    for measure, name in ((0, "PESQ"), (1, "STOI")):
        secured, noise = found["secured"][measure], found["noise"][measure]
        assert alike(secured, noise), f"{name}: {numpy.mean(secured):.3f} secured, {numpy.mean(noise):.3f} of noise"
        assert max(secured) < min(found["opened"][measure]), name
    return "; ".join(f"{kind} PESQ {numpy.mean(pesq):.2f} STOI {numpy.mean(intelligible):.2f}"
                     for kind, (pesq, intelligible) in found.items())


@chapter.promise("a recogniser that must choose a sentence hears the opened ones as the originals, of secured ones it guesses")
def recognised(office):
    if not shutil.which("pocketsphinx_batch"):
        raise Skip("pocketsphinx is not installed")
    spoken = utterances(office)
    kinds = ["", "-opened", "-secured"]
    heard = recogniser.choices(
        [f"{name}{kind}.wav" for kind in kinds for name in spoken.names], SENTENCES, office.folder)
    count, hits = len(spoken.names), []
    for kind in range(len(kinds)):
        part = heard[kind * count : (kind + 1) * count]
        hits.append(sum(choice == place % len(SENTENCES) for place, choice in enumerate(part)))
    original, opened, secured = hits
    text = f"of {count} it heard {original} originals, {opened} opened, {secured} secured ones"
    assert recogniser.chance_of(original, count, len(SENTENCES)) < RARE, f"it hears nothing at all: {text}"
    assert abs(opened - original) <= 1, text
    assert recogniser.chance_of(secured, count, len(SENTENCES)) > RARE, f"more than by chance: {text}"
    return text


def wrong_key(office, sealed):
    with open(f"{office.folder}/other", "w") as file:
        file.write("5" * 64 + "\n")
    return "other", sealed


def changed(office, sealed):
    with open(f"{office.folder}/{sealed}", "rb") as file:
        data = bytearray(file.read())
    data[-200] ^= 1
    return "key", data


def cut_off(office, sealed):
    with open(f"{office.folder}/{sealed}", "rb") as file:
        return "key", file.read()[:-1000]


def converted(office, sealed):
    """By another program, which keeps the sound alone."""
    sox("-n", "-r", "8000", "-e", "mu-law", f"{office.folder}/bare.wav", "synth", "1", "noise")
    return "key", "bare.wav"


def plain(office, sealed):
    return "key", "voice.wav"


def poor_key(office, sealed):
    with open(f"{office.folder}/poor", "w") as file:
        file.write("secret\n")
    return "poor", sealed


FAULTS = {
    "a wrong key": (wrong_key, "does not open with this key"), "a changed file": (changed, "was changed after it was made"),
    "a file that was cut off": (cut_off, "it was cut off"), "another file of µ-law": (converted, "has no chunk 'sott'"),
    "a file of other sound": (plain, "which is no µ-law"), "a key that is none": (poor_key, "expected 64 hexadecimal digits"),
}


@chapter.promise("{0} is named, and nothing is written", each=list(FAULTS))
def refused(office, fault):
    spoken(office, SENTENCES[0], VOICES[0], f"{office.folder}/voice.wav")
    voice(office, "secure", "voice.wav", "--key", "key", "--out", "sealed.wav")
    assert os.stat(f"{office.folder}/key").st_mode & 0o777 == 0o600
    make, sentence = FAULTS[fault]
    key, file = make(office, "sealed.wav")
    if not isinstance(file, str):
        with open(f"{office.folder}/bad.wav", "wb") as out:
            out.write(file)
        file = "bad.wav"
    before = sorted(os.listdir(office.folder))
    text = voice(office, "open", file, "--key", key, "--out", "opened.wav", status=1)
    assert sentence in text, text
    assert sorted(os.listdir(office.folder)) == before, "something was written"
    return text.strip()


@chapter.promise("the same voice secured twice has nothing in common but open headers")
def twice(office):
    spoken(office, SENTENCES[0], VOICES[0], f"{office.folder}/voice.wav")
    for name in ("one", "two"):
        voice(office, "secure", "voice.wav", "--key", "key", "--out", f"{name}.wav")
    one, two = (octets(f"{office.folder}/{name}.wav")[2] for name in ("one", "two"))
    assert [packet[:4] for packet in one] == [packet[:4] for packet in two]
    pairs = [(a, b) for first, second in zip(one, two) for a, b in zip(first[4:], second[4:])]
    same, expected = sum(a == b for a, b in pairs), len(pairs) / 256
    assert abs(same - expected) < 6 * expected**0.5, f"{same} octets of {len(pairs)} are the same, {expected:.0f} by chance"
    return f"{same} octets of {len(pairs)} are the same, {expected:.0f} by chance"


SENDER = """
import socket, struct, sys, time
target, path, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
data = open(path, "rb").read()
out = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM)
out.bind(("", 40000))
for number, at in enumerate(range(0, len(data), size)):
    header = struct.pack(">BBHII", 0x80, 0, 65500 + number & 0xffff, 160 * number, 0x1234)
    out.sendto(header + data[at : at + size], (target, 40002))
    time.sleep(0.002)
"""


def captured(office, payloads, version, device):
    """The capture of a stream of these payloads between two devices."""
    sender, listener = office.host("speaker"), office.host("listener")
    path, source, program = (f"{office.folder}/{name}" for name in ("call.pcap", "payloads", "sender.py"))
    with open(source, "wb") as file:
        file.write(b"".join(payloads))
    with open(program, "w") as file:
        file.write(SENDER)
    tap = office.runs(Process(listener.inside(
        ["tshark", "-q", "-i", device, "-f", "udp port 40002", "-F", "pcap", "-w", path, "-c", str(len(payloads))]),
        f"{office.folder}/tshark.log"))
    until(lambda: os.path.exists(path) and os.path.getsize(path) >= 24, 20, "the capture begins")
    subprocess.run(sender.inside([sys.executable, program, listener.address(version), source, "160"]), check=True)
    assert tap.wait(20) is not None, "the capture misses packets"
    return path


def report(office, *arguments):
    text = voice(office, "report", "voice.wav", *arguments, "--out", "page")
    with open(f"{office.folder}/page/index.html", encoding="utf-8") as file:
        page = file.read()
    assert os.listdir(f"{office.folder}/page") == ["index.html"] and page.endswith("</html>\n")
    assert page.count("<svg ") == 8 and "<script" not in page and not re.search('(src|href)=(?!"#)', page)
    return text, page


def voice_file(office):
    for number, sentence in enumerate(SENTENCES[:2]):
        spoken(office, sentence, VOICES[number], f"{office.folder}/part-{number}.wav")
    sox(f"{office.folder}/part-0.wav", f"{office.folder}/part-1.wav", f"{office.folder}/voice.wav")
    voice(office, "secure", "voice.wav", "--key", "key", "--out", "sealed.wav")


@chapter.promise("a page shows a secured file to be as noise in each number, and says what that does not prove")
def page_of_a_file(office):
    voice_file(office)
    text, page = report(office, "--secured", "sealed.wav")
    assert "as of noise in all numbers" in text and "NOT" not in text, text
    assert page.count('class="good">as noise') == 10 and "What this does not say" in page, text
    text, page = report(office)
    assert "as of noise in all numbers" in text and "NOT" not in text, text
    return text.splitlines()[0]


@chapter.promise("a page of a call that was captured by IPv{0} on {1} tells a secured one from one that is not",
                 each=[(4, "eth0"), (6, "any")])
def page_of_a_call(office, version, device):
    if not shutil.which("tshark"):
        raise Skip("tshark is not installed")
    voice_file(office)
    packets = octets(f"{office.folder}/sealed.wav")[2]
    path = captured(office, packets, version, device)
    text, page = report(office, "--call", path)
    assert "as of noise in all numbers" in text and "NOT" not in text, text
    stream = f"{len(packets)} packets, 0 of them marked"
    assert "stream 1 of 1 in" in page and stream in page, text
    sox(f"{office.folder}/voice.wav", "-r", "8000", "-e", "mu-law", f"{office.folder}/plain.ulaw.wav")
    plain_packets = octets(f"{office.folder}/plain.ulaw.wav")[2][:-1]
    os.remove(path)
    text, page = report(office, "--call", captured(office, plain_packets, version, device))
    assert "NOT as of noise" in text and 'class="bad">not as noise' in page, text
    odd = [line.split("  ")[0] for line in text.splitlines() if "<-- not as of noise" in line]
    assert {"Spectral flatness", "Correlation with the original", "Entropy of octets"} <= set(odd), text
    return f"not as of noise: {', '.join(odd)}"
