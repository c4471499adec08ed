"""`sotto delay`: a marker is said, comes back, and is found; what it measures is what the path adds."""

import statistics
import xml.dom.minidom

from harness.delay_probe import DelayProbe
from harness.exchange import Extension
from harness.long_cable import LongCable
from harness.office import UDP
from harness.promise import Promises

chapter = Promises("delay")
COUNT = 4
PARTS = ["capture", "packetisation", "codec", "network", "exchange", "jitter buffer", "playback"]


def opened(office, codecs=("opus", "PCMU")):
    return office.open([Extension(f"100{i}", list(codecs)) for i in (1, 2)])


def probe(office, number, *options, count=COUNT, host=None):
    return office.runs(DelayProbe(
        host or office.host("probe"), f"{office.folder}/probe", office.binary, office.exchange.extensions["1001"],
        UDP.uri(office.exchange.host), number, ["--count", str(count), *options]))


def echo(office, *options):
    """1002, which answers and says what it hears."""
    phone = office.sotto("1002", None, "--answer", *options, audio="echo")
    phone.expect("registered")
    return phone


def complete(measured, count=COUNT):
    """Checks that the report is whole; returns the delays from mouth to ear in milliseconds."""
    assert measured["count"] == count == len(measured["trials"]), measured
    assert [part["name"] for part in measured["parts"]] == PARTS, measured["parts"]
    known = sum(part["us"] or 0 for part in measured["parts"])
    assert measured["sum_us"] == known and measured["one_way_us"]["mean"] - known == measured["unexplained_us"]
    heard = [trial["one_way_us"] / 1000 for trial in measured["trials"] if trial["one_way_us"] is not None]
    assert measured["lost"] == count - len(heard)
    share = 2 if measured["halved"] else 1
    assert all(trial["heard_us"] // share == trial["one_way_us"] for trial in measured["trials"] if trial["heard_us"])
    return heard


@chapter.promise("the exchange's echo returns the marker, by {0} and packets of {1} ms, and nothing is halved",
                 each=[("opus", "20"), ("g711", "10")])
def reflected(office, carrier, packet):
    opened(office)
    run = probe(office, "*43", "--carrier", carrier, "--packet", packet)
    measured = run.measured()
    heard = complete(measured)
    assert heard and not measured["halved"] and not measured["secured"], measured
    assert measured["packet_ms"] == int(packet), measured
    # A graph that any XML parser takes, with a mark for each marker that was found.
    graph = xml.dom.minidom.parse(run.svg)
    marks = [path.getAttribute("d") for path in graph.getElementsByTagName("path") if path.getAttribute("class") == "voice mark"]
    assert [mark.count("M") for mark in marks] == [len(heard)], marks
    assert "Nothing is halved" in run.log() and "unexplained" in run.log(), run.log()
    return f"{statistics.median(heard):.1f} ms"


@chapter.promise("another phone returns it in a call that is secured end to end, by {0} and packets of {1} ms, and half is one way",
                 each=[("opus", "20"), ("opus", "10"), ("g711", "20")])
def returned(office, carrier, packet):
    opened(office)
    options = ["--secure", "required", "--carrier", carrier, "--packet", packet]
    b = echo(office, *options)
    run = probe(office, "1002", *options)
    measured = run.measured()
    heard = complete(measured)
    assert heard and measured["halved"] and measured["secured"], measured
    assert measured["packet_ms"] == int(packet), measured
    b.expect("security", end="secured")
    return f"{statistics.median(heard):.1f} ms"


@chapter.promise("40 ms more on the cable, each way, are 40 ms more from mouth to ear")
def longer(office):
    opened(office)
    # Held for longer than a busy machine is late, so that the buffers stay as they are.
    options = ["--secure", "off", "--buffer", "100"]
    echo(office, *options)
    host, medians = office.host("probe"), []
    for milliseconds in 1, 41:
        cable = LongCable(host, milliseconds)
        try:
            heard = complete(probe(office, "1002", *options, count=8, host=host).measured(), 8)
        finally:
            cable.stop()
        medians.append(statistics.median(heard))
    more = medians[1] - medians[0]
    # Packets wait for the next step of the ear that hears them, 5 ms at both ends.
    assert 30 <= more <= 50, f"{medians}"
    return f"{medians[0]:.1f} and {medians[1]:.1f} ms"


@chapter.promise("who does not answer, returns nothing, or is not there, is named, and the exit status is 1: {0}",
                 each=["nobody there", "declined", "silent", "password"])
def nothing(office, what):
    opened(office)
    if what == "password":
        office.exchange.extensions["1001"].password = "wrong"
    elif what != "nobody there":
        b = office.sotto("1002", "second", *(["--answer"] if what == "silent" else []))
        b.expect("registered")
    run = probe(office, "1002", "--secure", "off", count=2)
    if what == "declined":
        b.expect("incoming")
        b.tell("hangup")
    assert run.ended() == 1, run.log()
    complaint = run.log().splitlines()[-1]
    assert complaint.startswith("sotto: delay: 1002: "), run.log()
    assert ("none of 2 markers came back" in complaint) == (what == "silent"), complaint
    return complaint
