"""Delay from mouth to ear to the places of the paper that Sotto follows: Tests/EndToEnd/python bench/delay_table.py BINARY

One exchange and one telephone stand in Gwangju, one telephone in each place, at the end of a cable as long as the great
circle. Each call is secured from phone to phone. TRIALS markers are said to each place (100), to AT_ONCE places at a time
(all). Prints our figures beside those of the paper's tables 1 to 3; build/delay/ gets table.txt, table.json and a graph
for each place.
"""

import json
import math
import os
import platform
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, f"{ROOT}/Tests/EndToEnd")

from harness import sandbox  # noqa: E402

TRIALS = int(os.environ.get("TRIALS", "100"))
AT_ONCE = max(1, int(os.environ.get("AT_ONCE", "100")))
HOME = ("Gwangju", 35.1595, 126.8526)
# Latitude, longitude, and the paper's least and greatest delay in ms: "real voice two-way communication".
TABLES = {
    "1: Korea": [
        ("Seoul", 37.5665, 126.9780, 78, 78), ("Daejeon", 36.3504, 127.3845, 78, 140),
        ("Gangneung", 37.7519, 128.8761, 78, 140), ("Jeju", 33.4996, 126.5312, 133, 145)],
    "2: South-East Asia": [
        ("Okinawa", 26.2124, 127.6809, 78, 181), ("Kuala Lumpur", 3.1390, 101.6869, 108, 140),
        ("Yangon", 16.8409, 96.1735, 78, 175)],
    "3: Europe": [
        ("Brussels", 50.8503, 4.3517, 78, 78), ("Stockholm", 59.3293, 18.0686, 78, 78),
        ("Vienna", 48.2082, 16.3738, 78, 78)],
}
EARTH = 6371.0  # km, the mean radius
FIBRE = 200.0  # km a millisecond: two thirds of light's speed in vacuum
JITTER = 0.3, 0.02  # ms, and of the way's time: what a long way adds now and then


def distance(place):
    """Kilometres of the great circle from Gwangju, by the haversine formula."""
    (lat, lon), (to_lat, to_lon) = ([math.radians(degrees) for degrees in where[1:3]] for where in (HOME, place))
    half = math.sin((to_lat - lat) / 2) ** 2 + math.cos(lat) * math.cos(to_lat) * math.sin((to_lon - lon) / 2) ** 2
    return 2 * EARTH * math.asin(math.sqrt(half))


class Line:
    """A telephone in Gwangju and the one that it calls, far away."""

    def __init__(self, office, name, number, kilometres, *options):
        from harness.delay_probe import DelayProbe
        from harness.long_cable import LongCable
        from harness.office import UDP
        self.name, self.floor, self.kilometres = name, kilometres / FIBRE, kilometres
        options = ["--secure", "required", *options]
        near, far = str(number), str(number + 1)
        echo = office.sotto(far, None, "--answer", *options, audio="echo")
        self.jitter = JITTER[0] + JITTER[1] * self.floor if kilometres else 0
        if kilometres:
            # Jitter goes both ways, light is never faster.
            office.runs(LongCable(echo.host, round(self.floor + self.jitter, 3), round(self.jitter, 3)))
        echo.expect("registered", 60)
        self.start = lambda: setattr(self, "probe", office.runs(DelayProbe(
            office.host("near"), f"{office.folder}/{name}", office.binary, office.exchange.extensions[near],
            UDP.uri(office.exchange.host), far, ["--count", str(TRIALS), *options])))

    def measured(self):
        found = self.probe.measured(120 + 2 * TRIALS)
        with open(self.probe.svg) as file:
            graph = file.read()
        with open(f"{ROOT}/build/delay/{self.name.lower().replace(' ', '-')}.svg", "w") as file:
            file.write(graph)
        if not found["secured"] or found["lost"] == found["count"]:
            sys.exit(f"delay-table: the call to {self.name} was not secured, or nothing came back:\n{self.probe.log()}")
        return found


def milliseconds(microseconds):
    return f"{microseconds / 1000:.1f}"


def row(line, found):
    """Our figures of a line, in milliseconds."""
    ways = found["one_way_us"]
    return [line.name, f"{line.kilometres:.0f}", f"{line.floor:.1f}", *(
        milliseconds(ways[key]) for key in ("min", "median", "p99", "max")), f"{found['lost']}/{found['count']}"]


def show(rows):
    widths = [max(len(str(cells[i])) for cells in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(
        f"{cell:<{width}}" if not i or i == len(cells) - 1 else f"{cell:>{width}}"
        for i, (cell, width) in enumerate(zip(cells, widths))).rstrip() for cells in rows) + "\n"


def verdict(floor, least):
    """What the paper's least delay leaves for all but light, there and back."""
    left = least - 2 * floor
    return "impossible: light takes longer" if left < 0 else f"leaves {left:.0f} ms for all else"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.splitlines()[0])
    sys.argv[1] = os.path.abspath(sys.argv[1])
    refusal = sandbox.refusal()
    if refusal:
        sys.exit(f"delay-table: this machine permits no network namespaces: {refusal}")
    sandbox.enter()
    from harness.exchange import Extension
    from harness.network import Network
    from harness.office import Office
    from harness.process import until
    from residence import Residence
    os.makedirs(f"{ROOT}/build/delay", exist_ok=True)
    places = [place for table in TABLES.values() for place in table]
    office = Office(Network(), sys.argv[1], f"{ROOT}/build/delay", "logs")
    try:
        box = office.host("box")
        # As it runs on a board: streams that need nothing done are relayed by the kernel, where it can.
        helper = office.helper(box)
        until(lambda: os.path.exists(f"{office.folder}/box/relay") or not helper.running, 5, "the relay helper listens")
        office.open([Extension(str(1000 + i), ["opus"]) for i in range(2 * len(places) + 4)], host=box)
        text, report = measure(office, places, Residence)
    finally:
        office.close()
    print(text, end="")
    with open(f"{ROOT}/build/delay/table.txt", "w") as file:
        file.write(text)
    with open(f"{ROOT}/build/delay/table.json", "w") as file:
        json.dump(report, file, indent=1)
        file.write("\n")


def measure(office, places, Residence):
    box = office.exchange.host
    home = {packet: Line(office, f"{HOME[0]} {packet}", 1000 + 2 * i, 0, "--packet", packet)
            for i, packet in enumerate(("20", "10"))}
    lines = {place[0]: Line(office, place[0], 1004 + 2 * i, distance(place)) for i, place in enumerate(places)}
    alone, exchange = {}, {}
    for packet, line in home.items():
        say(f"{line.name} ms, alone")
        with Residence(box, f"{office.folder}/residence-{packet}") as residence:
            line.start()
            alone[packet] = line.measured()
        exchange[packet] = residence.figures()
    found, waiting = {}, list(lines.values())
    with Residence(box, f"{office.folder}/residence") as residence:
        while waiting:
            batch, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            say(", ".join(line.name for line in batch))
            # What others do to a call is seen where nothing else differs.
            companion = [] if found else [home["20"]]
            for line in batch + companion:
                line.start()
            found.update((line.name, line.measured()) for line in batch)
            if companion:
                crowded, company = home["20"].measured(), len(batch)
    exchange["all"] = residence.figures()
    report = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()), "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "trials": TRIALS, "home": alone, "home_among_others": crowded, "others": company, "exchange_us": exchange,
        "places": {place[0]: {
            "km": round(lines[place[0]].kilometres), "floor_ms": round(lines[place[0]].floor, 1),
            "jitter_ms": round(lines[place[0]].jitter, 2), "paper_ms": place[3:], "measured": found[place[0]]}
            for place in places},
    }
    return tables(report, lines, home, alone, crowded, found), report


def say(words):
    print(f"delay-table: {words} …", file=sys.stderr, flush=True)


def tables(report, lines, home, alone, crowded, found):
    heads = ["", "km", "light", "min", "median", "p99", "max", "lost"]
    text = (f"Delay from mouth to ear in milliseconds, one way, without sound cards: {TRIALS} markers to each place,\n"
            "calls secured from phone to phone through one exchange; half of the way there and back.\n"
            f"{report['date']}, {report['machine']}.\n\n")
    text += f"Figure 12: within {HOME[0]}\n" + show([heads, *(
        row(line, alone[packet]) for packet, line in home.items()),
        [f"20, beside {report['others']} calls", *row(home["20"], crowded)[1:]]])
    text += "Of which the exchange:"
    for name, figures in report["exchange_us"].items():
        text += (f" {name + ' ms' if name != 'all' else 'all calls'}: median {figures['median'] / 1000:.2f}, "
                 f"p99 {figures['p99'] / 1000:.2f} of {figures['count']} packets;")
    text = text.rstrip(";") + "\n"
    for title, places in TABLES.items():
        rows = [heads + ["2 × light", "2 × min", "2 × max", "paper min", "paper max", "the paper's"]]
        for place in places:
            line, measured = lines[place[0]], found[place[0]]
            both = [milliseconds(2 * measured["one_way_us"][key]) for key in ("min", "max")]
            rows.append([*row(line, measured), f"{2 * line.floor:.1f}", *both, *place[3:], verdict(line.floor, place[3])])
        text += f"\nTable {title}\n" + show(rows)
    return text + (
        f"\nlight: the great circle from {HOME[0]} at {FIBRE:.0f} km/ms, as in fibre; no cable is shorter. The paper's\n"
        "figures are called two-way and stand beside twice ours.\n")


main()
