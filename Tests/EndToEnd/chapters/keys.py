"""Keys between phones that tell of them in different ways, with PJSIP at both ends."""

import re
import time

import numpy

from harness import wave
from harness.exchange import Extension
from harness.process import until
from harness.promise import Promises

chapter = Promises("keys")
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
PAD = ("123A", "456B", "789C", "*0#D")
WAYS = {"rfc4733": 0, "info": 1}


def call(office, one, other):
    """A call between a phone whose keys go the one way and one whose go the other."""
    office.open([Extension("1001", ["PCMU"], one), Extension("1002", ["PCMU"], other)])
    a, b = office.softphone("1001", "first"), office.softphone("1002", "second")
    a.tell("dial", "1002")
    for phone in (a, b):
        phone.expect(0, "CONFIRMED")
    return a, b


def tones(phone):
    """The keys in a phone's recording, by another method than the exchange's: spectra of 40 ms. A key is pressed again
    after silence alone: a phone that is short of processor time makes up a packet in the midst of a tone."""
    samples, rate = wave.read(phone.heard())
    found, size = "", rate // 25
    for start in range(0, len(samples) - size, size // 2):
        spectrum = numpy.abs(numpy.fft.rfft(samples[start:start + size] * numpy.hanning(size), rate // 2)) ** 2
        low, high = (max(range(4), key=lambda i: spectrum[group[i] // 2]) for group in (ROWS, COLUMNS))
        near = sum(spectrum[group[i] // 2 - 20:group[i] // 2 + 21].sum() for group, i in ((ROWS, low), (COLUMNS, high)))
        found += " " if spectrum.sum() < 1e6 else PAD[low][high] if near > 0.9 * spectrum.sum() else "?"
    found = re.sub(r"([^ ?])\?{1,3}(?=\1)", r"\1", found).replace("?", " ")
    return "".join(key for before, key in zip(" " + found, found) if key not in (" ", before))


def told(phone, keys, way):
    wanted = [[key, WAYS[way]] for key in keys]
    until(lambda: phone.call(0)["keys"] == wanted, 5, f"phone {phone.number} is told of {keys} by {way}")


@chapter.promise("keys by {0} reach a phone that is told by {1}, each of them once, and back", each=[
    ("rfc4733", "info"), ("rfc4733", "rfc4733"), ("info", "info")])
def told_keys(office, one, other):
    a, b = call(office, one, other)
    a.tell("keys", 0, "15*", one)
    told(b, "15*", other)
    b.tell("keys", 0, "0#9", other)
    told(a, "0#9", one)


@chapter.promise("keys by {0} reach a phone that knows tones alone, and its tones are told by {0}",
                 each=["rfc4733", "info"])
def tone_keys(office, way):
    a, b = call(office, way, "inband")
    b.tell("keys", 0, "80#", "tones")
    told(a, "80#", way)
    a.tell("keys", 0, "159D", way)
    # The phone says them one after the other.
    until(lambda: b.call(0)["keys"] == [], 1, "nothing is told but by tones")
    time.sleep(1)
    a.tell("hang-up", 0)
    b.expect(0, "DISCONNECTED")
    heard = tones(b)
    assert heard == "159D", f"heard {heard!r}"
