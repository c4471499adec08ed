"""What real phones hear of the exchange itself: music while they are held, tones while they are handed over."""

import os
import time

import numpy

from harness import wave
from harness.exchange import Extension
from harness.office import UDP
from harness.process import until
from harness.promise import Promises

chapter = Promises("waiting")
LOW, HIGH = 600, 900  # of the recording, by turns, each for a quarter of a second
STEP = 0.05


def recording(office, rate):
    """A WAV file for the exchange to play: two notes, which no speech is like."""
    path = f"{office.folder}/music.wav"
    time_line = numpy.arange(4 * rate) / rate
    notes = numpy.where(time_line % 0.5 < 0.25, LOW, HIGH)
    wave.write(path, 8000 * numpy.sin(2 * numpy.pi * notes * time_line), rate)
    return path


def notes(path, *frequencies):
    """For each 50 ms of a recording the frequency that it is made of, 0 for silence, and None for anything else."""
    samples, rate = wave.read(path)
    found, size = [], int(rate * STEP)
    for start in range(0, len(samples) - size + 1, size):
        spectrum = numpy.abs(numpy.fft.rfft(samples[start:start + size] * numpy.hanning(size))) ** 2
        power = spectrum.sum()
        share = [spectrum[max(0, round(f * STEP) - 2):round(f * STEP) + 3].sum() / power if power else 0
                 for f in frequencies]
        best = max(range(len(frequencies)), key=share.__getitem__)
        loud = numpy.sqrt(numpy.mean(samples[start:start + size].astype(float) ** 2)) > 100
        found.append(0 if not loud else frequencies[best] if share[best] > 0.8 else None)
    return found


def lengths(found):
    """Runs of the same: what it is, and for how many seconds."""
    runs = []
    for each in found:
        if runs and runs[-1][0] == each:
            runs[-1][1] += STEP
        else:
            runs.append([each, STEP])
    return [(what, round(seconds, 2)) for what, seconds in runs]


def call(office, more, codec="PCMU"):
    """baresip's phone calls PJSIP's, which speaks `codec` and records all that it hears."""
    office.open([Extension("1001", ["PCMU"]), Extension("1002", [codec]), Extension("1003", ["PCMU"])], more)
    hard = office.phone("1001", "first", codecs=["PCMU"])
    soft = office.softphone("1002", "second", UDP, codec.lower())
    hard.dial("1002")
    hard.expect("CALL_ESTABLISHED")
    soft.expect(0, "CONFIRMED")
    return hard, soft


def hold(hard, soft, seconds):
    hard.command("hold")
    until(lambda: "a=sendonly" in soft.log(), 5, "the hold")
    time.sleep(seconds)


@chapter.promise("who is held hears the recording by {0}, of {1} Hz, and then the other again",
                 each=[("PCMU", 8000), ("G722", 48000)])
def music(office, codec, rate):
    hard, soft = call(office, f"media: {{hold_music: {recording(office, rate)}}}\n", codec)
    time.sleep(2.5)
    hold(hard, soft, 2.5)
    hard.command("resume")
    time.sleep(2.5)
    hard.hang_up()
    soft.expect(0, "DISCONNECTED", 5)
    found = notes(soft.heard(), LOW, HIGH)
    places = [at for at, what in enumerate(found) if what in (LOW, HIGH)]
    assert places, f"no music: {lengths(found)}"
    before, played, after = found[:places[0]], found[places[0]:places[-1] + 1], found[places[-1] + 1:]
    assert 2 < len(played) * STEP < 3.5, f"music for {len(played) * STEP:.2f} s: {lengths(found)}"
    assert len(places) > 0.7 * len(played), f"not music alone: {lengths(found)}"
    changes = sum(found[one] != found[other] for one, other in zip(places, places[1:]))
    assert len(played) * STEP * 3 < changes < len(played) * STEP * 5, f"{changes} changes: {lengths(found)}"
    assert before.count(None) > 10 and after.count(None) > 10, f"no speech around it: {lengths(found)}"
    return f"{len(played) * STEP:.1f} s of music"


@chapter.promise("who is held without a recording hears quiet notes")
def pattern(office):
    hard, soft = call(office, "")
    hold(hard, soft, 3)
    hard.hang_up()
    soft.expect(0, "DISCONNECTED", 5)
    runs = lengths(notes(soft.heard(), 523, 659, 784, 1047))
    heard = [what for what, seconds in runs if what and seconds > 0.3]
    assert any(heard[at:at + 3] == [523, 659, 784] for at in range(len(heard))), runs


@chapter.promise("who is handed over hears the country's ringing tone while the third is rung, and then the third")
def ringing(office):
    hard, soft = call(office, "country: FR\n")
    third = office.phone("1003", "first", codecs=["PCMU"])
    hold(hard, soft, 1)
    hard.command("transfer", f"sip:1003@{hard.domain}")
    third.expect("CALL_INCOMING")
    hard.hang_up()
    time.sleep(6)
    third.answer()
    third.expect("CALL_ESTABLISHED")
    time.sleep(3)
    third.hang_up()
    soft.expect(0, "DISCONNECTED", 5)
    runs = lengths(notes(soft.heard(), 440))
    place = next(at for at, (what, seconds) in enumerate(runs) if what == 440 and seconds > 0.5)
    # 1.5 s of 440 Hz, 3.5 s of silence; the piece where one becomes the other may be neither.
    pause = next(seconds for what, seconds in runs[place:] if what == 0)
    assert abs(runs[place][1] - 1.5) < 0.2 and abs(pause - 3.5) < 0.2, runs
    assert sum(seconds for what, seconds in runs[place:] if what is None) > 0.5, runs


@chapter.promise("a recording is made ready while the exchange goes on, and one that has not changed is not read again")
def made_ready(office):
    exchange = office.open(more="")
    path, heard, read = recording(office, 48000), "held phones hear the recording", "read again"
    exchange.more = f"media: {{hold_music: {path}}}\n"
    exchange.write()
    exchange.reload()
    until(lambda: heard in exchange.log(), 10, "the recording is ready")
    assert exchange.log().index(read) < exchange.log().index(heard), "the reload waited for the recording"
    for changes in (0, 1):
        if changes:
            os.utime(path)
        exchange.reload()
        until(lambda: exchange.log().count(read) == 2 + changes, 5, "another reload")
        until(lambda: exchange.log().count(heard) == 1 + changes, 5, "what has changed is read")
    exchange.more = ""
    exchange.write()
    exchange.reload()
    until(lambda: "held phones hear no recording" in exchange.log(), 5, "quiet notes instead")


@chapter.promise("a recording that cannot be played is refused with its name and what is expected")
def refused(office):
    path = recording(office, 11025)
    exchange = office.open(more="")
    exchange.more = f"media: {{hold_music: {path}}}\n"
    exchange.write()
    exchange.reload()
    wanted = f"media.hold_music: {path}: found 11025 Hz, expected a WAV file of 16-bit PCM"
    until(lambda: wanted in exchange.log(), 5, "the log says what is wrong")
    assert exchange.status() is not None, "it goes on"
