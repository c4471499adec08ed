"""The exchange in a container: what the image is, and a call through it."""

import filecmp
import json
import os
import re
import shutil

from harness import container
from harness.exchange import Exchange, Extension
from harness.promise import Promises, Skip
from chapters.conversations import both, talk

chapter = Promises("container")
LARGEST = 10 << 20


def ready(office):
    """The archive of the binary under test, and what the builder said of it."""
    for tool in ("skopeo", "umoci", "runc"):
        if not shutil.which(tool):
            raise Skip(f"{tool} is not installed; `make setup-test` does it")
    if not os.path.exists(container.BUILDER):
        raise Skip("no sotto-image; `swift build --product sotto-image` makes it")
    archive = f"{office.folder}/one/sotto.tar"
    try:
        return archive, container.make(office.binary, archive)
    except AssertionError as refusal:
        if "linked dynamically" in str(refusal):
            raise Skip("the binary is not static; build/x86_64/sotto is")
        raise


def bundle(office):
    archive, _ = ready(office)
    with open("/proc/self/uid_map") as mapped:
        if not any(int(line.split()[0]) <= container.USER < int(line.split()[0]) + int(line.split()[2]) for line in mapped):
            raise Skip("not root, and no second user to run a container as")
    return container.unpack(archive, office.folder)


@chapter.promise("skopeo reads the image as a static exchange for nobody in particular; made in two folders it is the same octets")
def image(office):
    archive, said = ready(office)
    other = f"{office.folder}/another place/sotto.tar"
    os.makedirs(os.path.dirname(other))
    container.make(office.binary, other, where=os.path.dirname(other))
    assert filecmp.cmp(archive, other, shallow=False), "two builds differ"
    found = json.loads(container.run("skopeo", "inspect", "--config", f"oci-archive:{archive}"))
    assert (found["os"], found["architecture"]) == ("linux", "amd64"), found
    assert found["created"].startswith("2023-11-14T22:13:20"), found["created"]
    config = found["config"]
    assert config["User"] == "1000:1000" and config["StopSignal"] == "SIGTERM" and "/data" in config["Volumes"], config
    assert "5060/udp" in config["ExposedPorts"] and config["Labels"]["org.opencontainers.image.version"], config
    size = int(re.search(r"linux/amd64: (\d+) bytes compressed", said)[1])
    assert size < LARGEST, f"{size} bytes"
    return f"{size / 1e6:.1f} MB compressed"


@chapter.promise("a container with a read-only root, as user 1000 and without a capability carries a call; what it keeps in "
                 "/data outlives it")
def call(office):
    made = bundle(office)
    box = office.host("box")
    more = "sip: {listen: ['udp://0.0.0.0:5060', 'tcp://0.0.0.0:5060', 'tls://0.0.0.0:5061']}\n"
    extensions = [Extension("1001"), Extension("1002")]

    def started():
        office.exchange = office.runs(container.Container(box, f"{office.folder}/box", made, extensions, more))
        return office.exchange.started()

    exchange = started()
    facts = exchange.facts()
    assert facts["Uid"].split() == ["1000"] * 4 and facts["Gid"].split() == ["1000"] * 4, facts
    assert {int(facts[f"Cap{name}"], 16) for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}, facts
    assert facts["NoNewPrivs"] == "1" and facts["Seccomp"] == "2", facts
    a, b = (office.phone(number, says, codecs=["PCMU"]) for number, says in (("1001", "first"), ("1002", "second")))
    talk(office, a, b)
    engine, certificate = exchange.status()["media"]["engine"], exchange.status()["certificates"][0]["sha256"]
    assert engine.startswith("epoll (io_uring:"), engine
    assert exchange.stop() == 0, exchange.log()
    # The next one, as after an update.
    again = started().status()
    assert again["certificates"][0]["sha256"] == certificate, "it has another certificate"
    assert sorted(each["number"] for each in again["registrations"]) == ["1001", "1002"], again["registrations"]
    return both(office, a, b, ["PCMU"])


@chapter.promise("without a configuration it says what it needs, and the image's example is refused until passwords are set")
def first_start(office):
    made = bundle(office)
    with open(f"{made}/rootfs/etc/sotto/sotto.example.yaml") as file:
        example = file.read()
    exchange = container.Container(office.host("box"), f"{office.folder}/box", made)

    def ended(*words):
        exchange.process.stop()
        exchange.start(*words)
        status = exchange.process.wait(10)
        return status, exchange.log()

    os.unlink(exchange.configuration)
    status, text = ended()
    assert status == 1 and "/etc/sotto/sotto.yaml" in text and "docs/configuration.md" in text, f"{status}: {text}"
    place = "/etc/sotto/sotto.yaml"
    for password, expected in (("change", 1), ("changed-now", 0)):
        with open(exchange.configuration, "w") as file:
            file.write(example.replace("password: change}", f"password: {password}}}"))
        status, text = ended("check-config", place)
        assert status == expected, f"{status}: {text}"
        assert status == 0 or len(re.findall(rf"^{place}:\d+:\d+: .*8", text, re.M)) == 2, text
    exchange.stop()
