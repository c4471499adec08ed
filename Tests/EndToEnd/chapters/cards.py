"""Sotto's own telephones on a sound card, one of alsa-lib's that runs by the clock as hardware does."""

import os
import signal
import subprocess

import numpy
from harness.exchange import Extension, command
from harness.process import until
from harness.promise import Promises
from harness.virtual_card import RATE as CARD_RATE, VirtualCard
from harness.wave import read, resample, write
from chapters.keygen import PASSPHRASE, RATE, SENTENCES, speech

chapter = Promises("cards")
# What is compared is sound, with the sampling rates of a card and of a file; on a busy machine packets leave late.
OPTIONS = ("--secure", "off", "--carrier", "opus", "--buffer", "160")
AS_IT_IS = ("--echo-cancel", "off", "--noise-reduce", "off")


def call(office, card, options=AS_IT_IS, seconds="13"):
    """1001 on that card, which calls 1002."""
    office.open([Extension(f"100{i}", ["opus"]) for i in (1, 2)])
    b = office.sotto("1002", "second", "--answer", *OPTIONS, codec="opus")
    b.expect("registered")
    a = office.sotto("1001", "first", "--call", "1002", "--seconds", seconds, *OPTIONS, *options, card=card)
    return a, b


def news(phone):
    return [event["sentence"] for event in phone.events("sound-card")]


def listened(office, phone):
    """What the card played. Where the machine did not let the phone run for 15 ms the card ran out, and all is later."""
    breaks = phone.events("statistics")[-1]["card_breaks"]
    return office.compare("second", phone, ["opus"], alike=False, moved=breaks > 0) + f", {breaks} breaks of the card"


@chapter.promise("a phone speaks and hears by a sound card")
def both_ways(office):
    a, b = call(office, office.card("card", "first"))
    assert a.ended(30) == 0, a.log()
    b.stop()
    assert news(a) == ["sound card desk: 48000 Hz, captures and plays"], news(a)
    said, heard = office.compare("first", b, ["opus"], alike=False), listened(office, a)
    return f"→ {said}; ← {heard}"


@chapter.promise("a card that only {0} makes a call, too", each=["plays", "captures"])
def one_way(office, way):
    plays = way == "plays"
    a, b = call(office, office.card("card", None if plays else "first", plays=plays))
    assert a.ended(30) == 0, a.log()
    b.stop()
    lacks = "microphone" if plays else "loudspeaker"
    assert news(a) == [f"sound card desk: 48000 Hz, {way} only, it has no {lacks}"], news(a)
    return listened(office, a) if plays else office.compare("first", b, ["opus"], alike=False)


@chapter.promise("who speaks to a loudspeaker beside a microphone hears the echo with its canceller {0}", each=["off", "on"])
def echo(office, canceller):
    a, b = call(office, office.card("card", echo=40), ("--echo-cancel", canceller))
    assert a.ended(30) == 0, a.log()
    b.stop()

    def loudness(path):
        """Of speech, by half seconds, past the two seconds that the canceller has to learn."""
        samples, rate = read(path)
        samples = samples[int(3.5 * rate):].astype(float)
        parts = [samples[at : at + rate // 2] for at in range(0, len(samples) - rate, rate // 4)]
        levels = [numpy.sqrt(numpy.mean(part**2)) for part in parts]
        return numpy.percentile(levels, 75)
    loss = 20 * numpy.log10(0.4 * loudness(office.clip("second", "opus")) / (loudness(b.heard()) + 1e-9))
    assert loss >= 15 if canceller == "on" else abs(loss) < 3, f"{loss:.1f} dB"
    return f"{loss:.1f} dB less than the echo in the room"


@chapter.promise("a card that is pulled out leaves the call silent, and is taken again once it is back")
def pulled(office):
    card = office.card("card", "first")
    a, b = call(office, card, seconds="25")
    a.expect("answered")
    card.pull()
    a.expect("sound-card", works=False)
    assert "pulled out" in news(a)[-1], news(a)
    card.plug()
    a.expect("sound-card", works=True, sentence=news(a)[0])
    assert not a.events("ended")
    # The card begins its sentence anew.
    assert a.ended(40) == 0, a.log()
    b.stop()
    return office.compare("first", b, ["opus"], alike=False)


DOOR = "local_audio: {{\"1002\": {{card: desk, answer: {}, echo_cancel: false, noise_reduce: false}}}}\n"


def door(office, card, answer):
    """1002 is a sound card of the exchange's own; its phone, once it is registered."""
    exchange = office.open([Extension(f"100{i}", ["opus"]) for i in (1, 2)], DOOR.format(answer), verb="supervise", card=card)
    return exchange, registered(exchange)


def registered(exchange, other_than=None, is_there=True):
    """The phone of the exchange's own, once another one than that is registered; or None, once none is."""
    def found():
        contacts = [contact for contact in exchange.status()["registrations"] if contact["number"] == "1002"]
        phone = exchange.child("phone")
        if is_there:
            return bool(contacts) and phone not in (None, other_than)
        return not contacts and phone is None
    until(found, 20, f"1002 is {'' if is_there else 'not '}registered")
    return exchange.child("phone")


@chapter.promise("a card of the exchange's own answers, is heard and hears, also after its phone was killed in a call")
def own(office):
    card = office.card("card", "first")
    exchange, phone = door(office, card, "auto")
    password = exchange.extensions["1002"].password
    with open(f"/proc/{phone}/environ") as environment:
        assert password not in environment.read() + " ".join(command(phone)), command(phone)

    def call(seconds):
        a = office.sotto("1001", "second", "--call", "1002", "--seconds", seconds, *OPTIONS, codec="opus")
        a.expect("answered")
        return a
    a = call("60")
    os.kill(phone, signal.SIGKILL)
    registered(exchange, other_than=phone)
    assert exchange.calls() == 1, "the exchange's call suffered"
    assert "is started again in 1 s extension=1002 signal=9" in exchange.log(), exchange.log()
    a.stop()
    open(f"{card.folder}/plays.raw", "wb").close()
    a = call("13")
    assert a.ended(30) == 0, a.log()
    said, heard = (office.compare(says, who, ["opus"], alike=False, moved=True) for says, who in (("second", card), ("first", a)))
    return f"→ {said}; ← {heard}"


@chapter.promise("a card of the exchange's own rings without an answer, and answers once a reload says so")
def bell(office):
    card = office.card("card", "first")
    exchange, phone = door(office, card, "ring")
    a = office.sotto("1001", "second", "--call", "1002", *OPTIONS, codec="opus")
    a.expect("ringing")
    samples = lambda: read(card.heard())[0].astype(float)  # noqa: E731
    until(lambda: len(samples()) > 3 * CARD_RATE, 10, "it rings")
    assert not a.events("answered")
    a.stop()
    exchange.expect_no_calls()
    rung = samples()[:CARD_RATE]
    spectrum = numpy.abs(numpy.fft.rfft(rung)) ** 2
    share = spectrum[420:431].sum() / spectrum.sum()
    assert share > 0.9, f"{share:.2f} of it is the tone of 425 Hz"
    exchange.more = DOOR.format("auto")
    exchange.write()
    exchange.reload()
    registered(exchange, other_than=phone)
    a = office.sotto("1001", "second", "--call", "1002", "--seconds", "2", *OPTIONS, codec="opus")
    a.expect("answered")
    assert a.ended(20) == 0, a.log()
    exchange.more = ""
    exchange.write()
    exchange.reload()
    registered(exchange, is_there=False)
    return f"{100 * share:.0f} % of it is the tone"


@chapter.promise("a card of the exchange's own that is pulled out is no extension until it is back")
def own_pulled(office):
    card = office.card("card", "first")
    exchange, phone = door(office, card, "auto")
    card.pull()
    registered(exchange, is_there=False)
    assert "desk is gone: it was pulled out" in exchange.log(), exchange.log()
    card.plug()
    registered(exchange, other_than=phone)


@chapter.promise("a card that is not there is answered by those that are")
def missing(office):
    for audio in "alsa:", "alsa:hw:77":
        done = subprocess.run([office.binary, "phone", "--account", "sip:1001@192.0.2.1", "--audio", audio],
                              env={"SOTTO_PASSWORD": "none"}, capture_output=True, text=True)
        assert done.returncode == 1 and ("There are:" in done.stderr or "knows of none" in done.stderr), done.stderr


@chapter.promise("a sentence heard by a sound card makes a key, silence is refused by name")
def microphone(office):
    said = speech(office, SENTENCES[0] + SENTENCES[1], "en-us")
    write(f"{office.folder}/voice.wav", resample(said, RATE, 48000, office.folder), 48000)
    card = VirtualCard(f"{office.folder}/card", f"{office.folder}/voice.wav")
    with open(f"{office.folder}/passphrase", "w") as file:
        file.write(PASSPHRASE)
    for device, expected in ("desk", 0), ("null", 1):
        done = subprocess.run(
            [office.binary, "keygen", "--microphone", device, "--output", f"{office.folder}/{device}", "--passphrase",
             f"{office.folder}/passphrase"], env=card.environment, capture_output=True, text=True)
        assert done.returncode == expected, done.stderr
        assert device == "desk" or "silence" in done.stderr, done.stderr
