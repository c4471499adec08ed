"""Sotto's own telephones: secured from phone to phone on both carriers, and what becomes of them with any other phone."""

import signal

import numpy
from chapters import concealment, keygen
from harness import speech
from harness.exchange import Extension
from harness.office import Path
from harness.process import until
from harness.promise import Promises
from harness.shark import Shark, decoded
from harness.tap import HEARD, NOTHING, Tap
from harness.wave import resample

chapter = Promises("phones")
TLS = Path("tls", 4)
LISTEN = "sip:\n  listen: ['udp://0.0.0.0:5060', 'tcp://0.0.0.0:5060', 'tls://0.0.0.0:5061']\n"
# Of what agrees on keys (docs/secure-voice-protocol.md).
AGREEMENT = bytes.fromhex("9d24b13a2ca733be")
CODECS = ["opus", "G722", "PCMA", "PCMU"]


def opened(office, encryption="preferred", codecs=CODECS):
    return office.open([Extension(f"100{i}", codecs, encryption=encryption) for i in (1, 2)], more=LISTEN)


# On a busy machine packets leave and are taken late.
PATIENT = ("--buffer", "160")


def pair(office, *options, seconds="11", **manner):
    """1002, which answers, and 1001, which calls it."""
    options = PATIENT + options
    b = office.sotto("1002", "second", "--answer", *options, **manner)
    b.expect("registered")
    return office.sotto("1001", "first", "--call", "1002", "--seconds", seconds, *options, **manner), b


def words(*phones):
    """The words that all of them show."""
    shown = {phone.expect("security", end="secured")["words"] for phone in phones}
    assert len(shown) == 1, f"not the same words: {shown}"
    return shown.pop()


def both(office, a, b, codecs=("secured",)):
    assert a.ended(30) == 0, a.log()
    b.stop()
    for phone in a, b:
        assert not phone.events("alarm"), phone.log()
    return f"→ {office.compare('first', b, list(codecs))}; ← {office.compare('second', a, list(codecs))}"


@chapter.promise("two of our phones hear each other by keys of their own, show the same words, and are silent on the wire, by {0}",
                 each=["opus", "g711"])
def secured(office, carrier):
    opened(office)
    with Tap(office.exchange.host, f"{office.folder}/tap.pcap") as tap:
        a, b = pair(office, "--carrier", carrier, "--secure", "required")
        said = words(a, b)
        heard = both(office, a, b)
    assert a.expect("security", end="secured")["carrier"] == carrier
    tap.expect_no_voice(office, ["first", "second"])
    shapes = {(len(packet), packet[1] >> 7) for _, _, packet in tap.rtp()}
    assert shapes == {(172, 0)}, f"length and marker of the packets: {shapes}"
    # Each remembers the other.
    for phone, number in (a, "1002"), (b, "1001"):
        with open(phone.peers) as file:
            assert number in file.read()
    return f"“{said}”; {heard}"


def expect_same(packets, clip, ticks):
    """That nothing but counters tells one packet from another, all through the clip and the silence around its words."""
    for field in packets[0].shape:
        values = {packet.shape[field] for packet in packets}
        assert len(values) == 1, f"{field} has several values: {values}"
    assert packets[0].shape["rtp.marker"] in ("0", "False") and {len(packet.payload) for packet in packets} == {160}
    voice = [packet for packet in packets if not packet.payload.startswith(AGREEMENT)]
    assert len(voice) > len(speech.samples(clip)) / speech.RATE * 50, f"{len(voice)} packets of voice"
    first = voice[0]
    for place, packet in enumerate(voice):
        number, time = (packet.number - first.number) % (1 << 16), (packet.timestamp - first.timestamp) % (1 << 32)
        assert time == number * ticks, f"packet {place} has another distance in time than in number"
        # SFrame's header: a key that is the same for ten minutes, and a counter.
        assert packet.payload[0] == first.payload[0], f"packet {place} has another key"
        counted = int.from_bytes(packet.payload[1:4]) - int.from_bytes(first.payload[1:4])
        assert counted == place, f"packet {place} has the counter of packet {counted}"


def listened(office, packets, codec, clip):
    """How much of the clip a decoder of the codec makes heard."""
    samples, rate = decoded(packets, codec)
    samples = resample(samples // 2, rate, speech.RATE, office.folder).astype(numpy.float64)
    return speech.place(speech.words(speech.samples(office.clip(clip))), samples)[1]


@chapter.promise("tshark tells nothing from a secured call, not even speech from silence, and hears one that is not, by {0}",
                 each=["opus", "g711"])
def on_the_wire(office, carrier):
    opened(office, codecs=["opus" if carrier == "opus" else "PCMU"])
    notes = []
    for secure in "required", "off":
        with Shark(office.exchange.host, f"{office.folder}/{secure}.pcap") as shark:
            a, b = pair(office, "--carrier", carrier, "--secure", secure, seconds="14")
            assert a.ended(30) == 0, a.log()
            b.stop()
        says, streams = {a.host.ipv4: "first", b.host.ipv4: "second"}, shark.streams()
        assert len(streams) == 4, f"streams: {list(streams)}"
        heard = []
        for (source, target), packets in streams.items():
            # What the exchange sends to one phone the other has said.
            clip = says.get(source) or next(says[host] for host in says if host != target)
            heard.append(listened(office, packets, carrier, clip))
            if secure == "required":
                expect_same(packets, office.clip(clip), 960 if carrier == "opus" else 160)
        if secure == "required":
            assert max(heard) < NOTHING, f"voice can be heard on the wire: likeness {max(heard):.2f}"
        else:
            assert min(heard) > HEARD, f"what nothing secures was not heard on the wire: likeness {min(heard):.2f}"
        verdicts = []
        for number in range(1, 5):
            text = concealment.voice(office, "report", office.clip("first", "secured"), "--call", shark.path, "--stream",
                                     str(number), "--out", f"{secure}-{number}")
            verdicts.append("NOT" not in text and "as of noise in all numbers" in text)
        assert all(verdicts) if secure == "required" else not any(verdicts), f"reports of four streams: {verdicts}"
        notes.append(f"likeness {min(heard):.2f} to {max(heard):.2f} with security {secure}")
    return "; ".join(notes)


@chapter.promise("two of our phones hear each other in packets of 10 ms, all of one length, by {0}", each=["opus", "g711"])
def short_packets(office, carrier):
    opened(office)
    with Tap(office.exchange.host, f"{office.folder}/tap.pcap") as tap:
        a, b = pair(office, "--carrier", carrier, "--secure", "required", "--packet", "10")
        words(a, b)
        assert {phone.expect("media")["packet_ms"] for phone in (a, b)} == {10}
        heard = both(office, a, b, ["secured-10"])
    tap.expect_no_voice(office, ["first", "second"])
    # 12 octets of RTP, 4 + 60 + 16 of the frame.
    shapes = {(len(packet), packet[1] >> 7) for _, _, packet in tap.rtp()}
    assert shapes == {(92, 0)}, f"length and marker of the packets: {shapes}"
    return heard


@chapter.promise("two of our phones are encrypted up to the exchange by SDES as well, over TLS")
def twice(office):
    opened(office, "required")
    a, b = pair(office, "--encryption", "required", path=TLS)
    words(a, b)
    suites = [phone.expect("media")["hop"] for phone in (a, b)]
    assert all(suites), suites
    return f"{suites[0]}; {both(office, a, b)}"


@chapter.promise("a phone of another make is called without end-to-end security, which is said, and heard")
def plain(office):
    opened(office, codecs=["PCMU"])
    b = office.phone("1002", "second", codecs=["PCMU"])
    a = office.sotto("1001", "first", "--call", "1002", "--seconds", "13", "--carrier", "g711", *PATIENT,
                     codec="PCMU")
    b.expect("CALL_INCOMING")
    b.answer()
    a.expect("security", 20, end="unanswered")
    assert a.ended(20) == 0, a.log()
    assert not any(event.get("words") for event in a.events()), a.log()
    return f"→ {office.compare('first', b, ['PCMU'])}; ← {office.compare('second', a, ['PCMU'])}"


@chapter.promise("a phone of another make is not talked to where security is required, calling and called")
def refused(office):
    opened(office, codecs=["PCMU"])
    b = office.phone("1002", "second", codecs=["PCMU"])
    a = office.sotto("1001", "first", "--call", "1002", "--secure", "required")
    with Tap(office.exchange.host, f"{office.folder}/tap.pcap") as tap:
        b.expect("CALL_INCOMING")
        b.answer()
        assert a.expect("ended", 20)["cause"] == "not-secure", a.log()
        assert a.ended() == 1
    said = [packet for source, _, packet in tap.rtp() if source == a.host.ipv4]
    assert said and all(packet[12:].startswith(AGREEMENT) for packet in said), "nothing but HELLO"
    b.expect("CALL_CLOSED")
    a = office.sotto("1001", "first", "--answer", "--secure", "required")
    a.expect("registered")
    b.forget()
    b.dial("1001")
    assert a.expect("ended", 20)["cause"] == "not-secure", a.log()
    b.expect("CALL_CLOSED")
    return f"{len(said)} packets of HELLO"


@chapter.promise("hold, resume and keys go on in a secured call, and nobody but the other phone learns the keys")
def within(office):
    opened(office)
    b = office.sotto("1002", "second", "--answer")
    b.expect("registered")
    a = office.sotto("1001", "first")
    a.expect("registered")
    with Tap(office.exchange.host, f"{office.folder}/tap.pcap") as tap:
        a.tell("call 1002")
        words(a, b)
        a.tell("keys 15#")
        for key in "15#":
            b.expect("key", key=key)
        assert [event["key"] for event in b.events("key")] == list("15#")
        a.tell("hold")
        b.expect("held", there=True)
        a.expect("held", here=True)
        b.expect("exchange-speaks", speaks=True)
        a.tell("resume")
        b.expect("held", there=False)
        b.expect("exchange-speaks", speaks=False)
        b.tell("keys 0")
        a.expect("key", key="0")
        b.tell("hangup")
        assert a.expect("ended")["cause"] == "hung-up-there"
    sent = {len(packet) for source, _, packet in tap.rtp() if source in (a.host.ipv4, b.host.ipv4)}
    assert sent == {172}, f"lengths of what the phones sent: {sent}"
    office.exchange.expect_no_calls()


@chapter.promise("without end-to-end security they talk by {0}, and press keys by RFC 4733", each=["opus", "PCMU"])
def ordinary(office, codec):
    opened(office, codecs=[codec])
    a, b = pair(office, "--secure", "off")
    assert b.expect("media")["codec"] == codec
    a.expect("media")
    a.tell("keys 7")
    b.expect("key", key="7")
    b.tell("hold")
    a.expect("held", there=True)
    b.tell("resume")
    a.expect("held", there=False)
    assert a.ended(20) == 0
    assert not a.events("security")


@chapter.promise("a phone whose identity has changed is warned of, and remembered only when the words were compared")
def changed(office):
    opened(office)
    a = office.sotto("1001", "first", "--answer")
    a.expect("registered")
    for verdict in "first", "changed":
        b = office.sotto("1002", "second", "--call", "1001")
        event = a.expect("security", end="secured", verdict=verdict)
        if verdict == "first":
            b.tell("hangup")
            assert b.ended() == 0
    a.expect("alarm")
    with open(a.peers) as file:
        before = file.read()
    a.tell("trust")
    a.expect("trusted")
    with open(a.peers) as file:
        assert file.read() != before
    b.tell("hangup")
    assert b.ended() == 0
    return event["words"]


@chapter.promise("a phone whose key was made of a voice is known again, and whoever has another passphrase is not it")
def known(office):
    opened(office)
    status, text = keygen.keygen(office, keygen.speech(office, keygen.SENTENCES[0], "en-us"))
    assert status == 0, text
    identity = ["--identity", f"{office.folder}/identity", "--passphrase"]
    a = office.sotto("1001", "first", "--answer")
    a.expect("registered")
    for verdict, verified in ("first", False), ("same", True):
        b = office.sotto("1002", "second", "--call", "1001", *identity, f"{office.folder}/passphrase")
        assert not b.expect("identity")["temporary"]
        event = a.expect("security", end="secured", verdict=verdict)
        assert event["verified"] == verified and event["identity"] == b.expect("identity")["fingerprint"]
        a.tell("trust")
        a.expect("trusted")
        b.tell("hangup")
        assert b.ended() == 0
    assert not a.events("alarm")
    with open(f"{office.folder}/other", "w") as file:
        file.write("another four words\n")
    b = office.sotto("1002", "second", *identity, f"{office.folder}/other")
    assert b.ended() == 1 and "passphrase" in b.log(), b.log()


@chapter.promise("where the post-quantum part is required, a build without it says so and is not talked by, another has it")
def later(office):
    opened(office)
    a, b = pair(office, "--post-quantum", "required", "--secure", "required", seconds="3")
    if a.expect("identity") and a.events("classical"):
        assert a.expect("ended")["cause"] == "not-secure"
        return a.expect("security", end="failed")["reason"]
    assert a.expect("security", end="secured")["post_quantum"] and words(a, b)
    return "ML-KEM-768"


@chapter.promise("an exchange that changes the bits of G.711 is found out, and named in words")
def converted(office):
    office.open([Extension("1001", ["PCMU"]), Extension("1002", ["PCMA"])], more=LISTEN)
    a, b = pair(office, "--carrier", "g711", seconds="5")
    # Whoever finds it first asks no more, so that the other may see too little of it to say why.
    failed = until(lambda: next((phone for phone in (a, b) if phone.events("alarm")), None), 10, "one of them finds out")
    reason = failed.expect("security", end="failed")["reason"]
    assert "between µ-law and A-law" in reason, reason
    assert a.ended(20) == 0
    assert not any(event["end"] == "secured" for phone in (a, b) for event in phone.events("security"))
    return reason


@chapter.promise("a call that fails is told by its reason: {0}", each=["nobody there", "declined", "given up", "password"])
def ends(office, how):
    opened(office)
    if how == "password":
        a = office.sotto("1001", "first", password="wrong")
        assert "password" in a.expect("not-registered")["reason"]
        assert a.ended() == 1
        return
    b = office.sotto("1002", "second")
    b.expect("registered")
    a = office.sotto("1001", "first", "--call", "1234" if how == "nobody there" else "1002")
    if how != "nobody there":
        b.expect("incoming", number="1001")
        a.expect("ringing")
    if how == "declined":
        b.tell("hangup")
    if how == "given up":
        a.tell("hangup")
        assert b.expect("ended")["cause"] == "cancelled"
    end = a.expect("ended")
    assert a.ended() == 1
    b.child.send_signal(signal.SIGTERM)
    assert b.ended() == 0
    b.expect("unregistered")
    assert office.exchange.status()["registrations"] == [] or "1002" not in str(office.exchange.status()["registrations"])
    return end["reason"]
