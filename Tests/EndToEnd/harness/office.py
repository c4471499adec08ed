"""What one test works with: a network, an exchange and phones, all ended with the test."""

import os
import shutil

from . import speech
from .exchange import DOMAIN, Exchange, Extension
from .linphone import Linphone
from .phone import Phone
from .process import Process
from .puppets import Puppet
from .softphone import Softphone
from .sotto_phone import SottoPhone
from .virtual_card import VirtualCard


class Path:
    """How a phone reaches the exchange."""

    def __init__(self, transport, version):
        self.transport, self.version = transport, version

    def __str__(self):
        return f"{self.transport.upper()} over IPv{self.version}"

    def uri(self, host):
        address = f"[{host.ipv6}]" if self.version == 6 else host.ipv4
        port = 5061 if self.transport == "tls" else host.sip_port
        return f"sip:{address}:{port};transport={self.transport}"


PATHS = [Path("udp", 4), Path("tcp", 4), Path("udp", 6), Path("tcp", 6)]
UDP = PATHS[0]


class Office:
    def __init__(self, network, binary, folder, name):
        self.network, self.binary, self.clips = network, binary, folder
        self.folder = f"{folder}/{name}"
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self._hosts, self._running, self.exchange = [], [], None
        self._desks = {}

    def host(self, name):
        host = self.network.host(name)
        self._hosts.append(host)
        return host

    def runs(self, process):
        """Ends `process` (anything with stop()) with the test; returns it."""
        self._running.append(process)
        return process

    def open(self, extensions=("1001", "1002"), more="", host=None, verb="serve", card=None):
        """Starts the exchange; an extension is a number or an Extension. `verb` may be supervise, with a card of its own."""
        made = [Extension(each) if isinstance(each, str) else each for each in extensions]
        self.exchange = self.runs(Exchange(host or self.host("box"), f"{self.folder}/box", self.binary, made, more,
                                           verb, card.environment if card else None))
        return self.exchange.started()

    def helper(self, host, without=None):
        """Starts the process that has the kernel relay, before the exchange; `without` is a right that it lacks."""
        folder = f"{self.folder}/box"
        os.makedirs(folder, exist_ok=True)
        lacking = ["setpriv", f"--bounding-set=-{without}", f"--inh-caps=-{without}"] if without else []
        return self.runs(Process(
            host.inside([*lacking, self.binary, "relay-helper", "--relay", f"{folder}/relay"]), f"{folder}/helper"))

    def puppet(self, number, version=4):
        extension = self.exchange.extensions[number]
        return self.runs(Puppet(self.host(f"p{number}"), f"{self.folder}/{number}", extension, self.exchange, version))

    def softphone(self, number, says, path=UDP, *options):
        """A phone of another make, on PJSIP's stack."""
        extension = self.exchange.extensions[number]
        return self.runs(Softphone(self.host(f"s{number}"), f"{self.folder}/{number}", extension, self.exchange, path,
                                   self.clip(says), options))

    def sotto(self, number, says, *options, path=UDP, password=None, codec="secured", exchange=None, audio=None, card=None):
        """One of our own phones, which says the clip as `codec` has it, or a WAV file, or has other `audio` or a card; over
        TLS it trusts the exchange's own authority. `exchange` is the host of another one to register to, with its password."""
        trust = ["--authority", self.exchange.status()["certificates"][0]["authority_file"]] if path.transport == "tls" else []
        speech = None if audio else says if says.endswith(".wav") else self.clip(says, codec)
        return self.runs(SottoPhone(
            self._desks.get(number) or self._desks.setdefault(number, self.host(f"o{number}")),
            f"{self.folder}/{number}", self.binary, number, path.uri(exchange or self.exchange.host), speech,
            [*trust, *options], password or self.exchange.extensions[number].password, audio, card))

    def card(self, name, says=None, **manner):
        """A sound card for one of our own phones, which hears that clip."""
        return VirtualCard(f"{self.folder}/{name}", says and self.clip(says, "opus"), **manner)

    def linphone(self, number, path=UDP):
        extension = self.exchange.extensions[number]
        return self.runs(Linphone(self.host(f"l{number}"), f"{self.folder}/{number}", extension, self.exchange, path))

    def outlet(self):
        return self.network.outlet()

    def clip(self, name, codec="PCMU"):
        return speech.clip(name, self.clips, speech.RATES[codec])

    def phone(self, number, says, path=UDP, password=None, codecs=None, registered=True, domain=DOMAIN,
              exchange=None, patience=10, **options):
        """A phone that registers as `number` by `path`; `exchange` is the host to register to."""
        extension = self.exchange.extensions.get(number) if self.exchange else None
        exchange = exchange or self.exchange.host
        account = (f";auth_user={number};auth_pass={password or extension.password};regint=600"
                   f';outbound="{path.uri(exchange)}"')
        if codecs:
            names = {"opus": "opus/48000/1", "G722": "G722/16000/1"}
            account += f";audio_codecs={','.join(names.get(codec, codec) for codec in codecs)}"
        phone = self.runs(Phone(
            self.host(f"p{number}"), f"{self.folder}/{number}", number, domain,
            self.clip(says, codecs[0] if codecs else "PCMU"), account,
            version=path.version, **options)).started()
        if registered:
            phone.registered(patience)
        return phone

    def compare(self, says, listener, codecs, alike=True, moved=False):
        """Checks what `listener` heard of the clip `says`; returns the figures as text. Coders that are not set as those
        offline (`alike`) are given some room, and sound that `moved` in between is only to be as good."""
        comparison = speech.Comparison(says, self.clips, listener.heard(), codecs, self.folder)
        comparison.check(0.05 if alike else 0.15, 1 << 20 if moved else 0 if alike else 3)
        return str(comparison)

    def evidence(self):
        """The ends of the logs, for a test that failed."""
        text = ""
        for process in self._running:
            log = getattr(process, "log", None)
            log = log() if callable(log) else getattr(process, "process", process).output()
            text += f"--- {process.__class__.__name__} {getattr(process, 'number', '')}\n"
            text += "\n".join(log.splitlines()[-40:]) + "\n"
        return text

    def close(self):
        for process in reversed(self._running):
            process.stop()
        for host in self._hosts:
            self.network.release(host)
