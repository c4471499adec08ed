"""Other makes of exchange: a real Asterisk 22 and a real Kamailio, as providers, between, and as phones."""

import os
import re
import secrets
import time

import numpy
from harness import recogniser, speech
from harness.asterisk import Asterisk, account, section
from harness.exchange import DOMAIN
from harness.kamailio import Kamailio
from harness.office import UDP
from harness.process import until
from harness.promise import Promises
from harness.tap import HEARD
from harness.wave import resample, sox, write
from chapters import concealment, phones
from chapters.conversations import both, talk
from chapters.transfers import CONFIRMED, flows

chapter = Promises("peers")
LINE, DIRECT, OUTSIDE = "4930555", "49305551", "0891234"
SECRET, CUSTOMER = secrets.token_hex(8), secrets.token_hex(8)
# What the provider does with calls of its customers, of the line, and of a line that is not paid for.
DIALPLAN = f"""[customers]
exten => {LINE},1,Dial(PJSIP/{LINE})
exten => {DIRECT},1,Dial(PJSIP/{DIRECT}@{LINE})
exten => _10XX,1,Dial(PJSIP/${{EXTEN}}@office)
[line]
exten => _0891.,1,Dial(PJSIP/${{EXTEN}})
exten => 0897,1,Answer()
same => n,Echo()
exten => 0899,1,Answer()
same => n,Wait(1)
same => n,Transfer(PJSIP/sip:1002@{DOMAIN})
same => n,Verbose(transfer was ${{TRANSFERSTATUS}})
same => n,Hangup()
[unpaid]
exten => _[+0-9].,1,Congestion(1)
"""


def provider(office, line=None, more="", **settings):
    """An Asterisk at which the line and a customer register; `line` are further settings of the line's endpoint."""
    endpoints = (account(OUTSIDE, CUSTOMER, "customers") + account(LINE, SECRET, "line", **{**settings, **(line or {})})
                 + account("unpaid", SECRET, "unpaid") + more)
    return office.runs(Asterisk(office.host("asterisk"), f"{office.folder}/asterisk", endpoints, DIALPLAN))


def line(place, **settings):
    """A trunk to `place`, as YAML."""
    settings = {"host": place, "user": f'"{LINE}"', "password": SECRET, "format": "national", "codecs": "[PCMA]",
                "numbers": f'{{"+{DIRECT}": "1002"}}', "otherwise": '"1001"', **settings}
    text = ", ".join(f"{key}: {value}" for key, value in settings.items() if value is not None)
    return f"  line: {{{text}}}\n"


def opened(office, trunks, order="line", extensions=("1001", "1002")):
    office.open(extensions, more=f'country: DE\ntrunks:\n{trunks}routes: [{{match: "_0.", trunks: [{order}]}}]\n')


def state(office, name="line"):
    return next(trunk for trunk in office.exchange.status()["trunks"] if trunk["name"] == name)


def up(office):
    until(lambda: state(office)["state"] == "registered", 15, "the line is registered")


def inside(office, number="1001", says="first"):
    return office.phone(number, says, UDP, codecs=["PCMA"])


def customer(office, host, says="second"):
    return office.phone(OUTSIDE, says, UDP, codecs=["PCMA"], exchange=host, password=CUSTOMER)


@chapter.promise("a call out by a line registered at Asterisk is heard on both sides, by {0}", each=["udp", "tcp"])
def outward(office, transport):
    asterisk = provider(office)
    opened(office, line(asterisk.host.ipv4, transport=transport))
    up(office)
    a, b = inside(office), customer(office, asterisk.host)
    talk(office, a, b)
    office.exchange.expect_no_calls()
    return both(office, a, b, ["PCMA"])


@chapter.promise("a call from Asterisk to a number of the line reaches its extension, and is heard, by {0}",
                 each=["udp", "tcp"])
def inward(office, transport):
    asterisk = provider(office)
    opened(office, line(asterisk.host.ipv4, transport=transport))
    up(office)
    a, b = inside(office, "1002"), customer(office, asterisk.host)
    talk(office, b, a, DIRECT)
    office.exchange.expect_no_calls()
    return both(office, a, b, ["PCMA"])


@chapter.promise("an Asterisk that steps out of the media's way leaves both sides hearing each other")
def direct_media(office):
    asterisk = provider(office, direct_media="yes")
    opened(office, line(asterisk.host.ipv4))
    up(office)
    a, b = inside(office), customer(office, asterisk.host)
    talk(office, b, a, LINE)
    office.exchange.expect_no_calls()
    return both(office, a, b, ["PCMA"])


@chapter.promise("a password that Asterisk refuses is told in words")
def refused(office):
    asterisk = provider(office)
    opened(office, line(asterisk.host.ipv4, password="not-the-password"))
    until(lambda: state(office)["last_error"], 10, "an error of the line")
    assert state(office)["last_error"] == "401 from line: password refused", state(office)
    status, steps = office.exchange.trial("line")
    assert status == 1 and steps[-1] == "401 from line: password refused", steps


@chapter.promise("a call goes on to Asterisk where one trunk is dead and the next says 503")
def failover(office):
    asterisk = provider(office)
    place = asterisk.host.ipv4
    dead = office.host("dead").ipv4
    opened(office, f"  dead: {{host: {dead}, keep_alive: 0}}\n"
           f"  unpaid: {{host: {place}, user: unpaid, password: {SECRET}}}\n" + line(place), "dead, unpaid, line")
    up(office)
    until(lambda: state(office, "unpaid")["state"] == "registered", 15, "the other line is registered")
    a, b = inside(office), customer(office, asterisk.host)
    talk(office, a, b)
    assert "[unpaid]" in asterisk.log() or "@unpaid" in asterisk.log(), "Asterisk was never asked by the unpaid line"
    return both(office, a, b, ["PCMA"])


@chapter.promise("Asterisk and sotto find each other alive by OPTIONS")
def options(office):
    asterisk = provider(office, aor={"qualify_frequency": 1})
    opened(office, line(asterisk.host.ipv4, keep_alive=1))
    up(office)
    until(lambda: any("Avail" in contact and LINE in contact for contact in asterisk.contacts()), 10,
          "Asterisk finds the line available")
    until(lambda: asterisk.log().count("OPTIONS sip:" + asterisk.host.ipv4) >= 2, 10, "sotto asks again and again")
    assert state(office)["state"] == "registered", state(office)


@chapter.promise("the line is registered again after Asterisk was killed and lost all it knew, by {0}",
                 each=["tcp", "udp"])
def restarted(office, transport):
    asterisk = provider(office)
    opened(office, line(asterisk.host.ipv4, transport=transport, keep_alive=1))
    up(office)
    asterisk.process.kill()
    lost = time.monotonic()
    until(lambda: state(office)["state"] != "registered", 40, "sotto has noticed")
    noticed = time.monotonic() - lost
    os.remove(f"{asterisk.folder}/astdb.sqlite3")
    asterisk.start()
    until(lambda: any(LINE in contact for contact in asterisk.contacts()), 70, "Asterisk knows the line again")
    up(office)
    a, b = inside(office), customer(office, asterisk.host)
    b.dial(LINE)
    a.expect("CALL_INCOMING")
    return f"noticed after {noticed:.1f} s"


def connect(caller, callee, number):
    caller.dial(number)
    callee.expect("CALL_INCOMING")
    callee.answer()
    caller.expect("CALL_ESTABLISHED")
    callee.expect("CALL_ESTABLISHED")


def talking(office):
    call, = office.exchange.status()["calls"]
    return all(flows(call[leg]) for leg in ("caller_leg", "callee_leg"))


@chapter.promise("a call by Asterisk is held and taken up again")
def held(office):
    asterisk = provider(office)
    opened(office, line(asterisk.host.ipv4))
    up(office)
    a, b = inside(office), customer(office, asterisk.host)
    connect(a, b, OUTSIDE)
    until(lambda: talking(office), 5, "speech flows")
    a.command("hold")
    until(lambda: "a=sendonly" in asterisk.log(), 5, "Asterisk hears of the hold")
    time.sleep(1)
    before = office.exchange.status()["calls"][0]["caller_leg"]["packets_in"]
    a.command("resume")
    until(lambda: office.exchange.status()["calls"][0]["caller_leg"]["packets_in"] > before + 50, 5,
          "speech flows again")
    a.hang_up()
    b.expect("CALL_CLOSED", 5)
    office.exchange.expect_no_calls()


@chapter.promise("a caller by Asterisk is handed over to a second extension, and hears it")
def handed_over(office):
    asterisk = provider(office)
    opened(office, line(asterisk.host.ipv4))
    up(office)
    a, c = inside(office), inside(office, "1002", "second")
    b = customer(office, asterisk.host, "first")
    connect(b, a, LINE)
    a.command("transfer", f"sip:1002@{DOMAIN}")
    c.expect("CALL_INCOMING")
    c.answer()
    a.expect("CALL_CLOSED")
    c.expect("CALL_ESTABLISHED")
    c.expect("CALL_CLOSED", 25)
    b.expect("CALL_CLOSED", 5)
    office.exchange.expect_no_calls()
    return office.compare("second", b, ["PCMA"])


@chapter.promise("Asterisk hands its caller over to another extension by REFER")
def referred(office):
    asterisk = provider(office)
    opened(office, line(asterisk.host.ipv4))
    up(office)
    a, c = inside(office), inside(office, "1002", "second")
    a.dial("0899")
    a.expect("CALL_ESTABLISHED")
    c.expect("CALL_INCOMING")
    c.answer()
    c.expect("CALL_ESTABLISHED")
    until(lambda: talking(office), 5, "speech flows between the two")
    until(lambda: "transfer was SUCCESS" in asterisk.log(), 5, "Asterisk is told that it succeeded")
    a.hang_up()
    c.expect("CALL_CLOSED", 5)
    office.exchange.expect_no_calls()


STRICT = {"100rel": "required", "timers": "required", "timers_sess_expires": 90}


@chapter.promise("an Asterisk that insists on reliable ringing and on session timers is served, called by us")
def strict_outward(office):
    asterisk = provider(office, line=STRICT)
    opened(office, line(asterisk.host.ipv4))
    up(office)
    a, b = inside(office), customer(office, asterisk.host)
    talk(office, a, b)
    assert "PRACK sip:" in asterisk.log() and "Session-Expires: " in asterisk.log()
    return both(office, a, b, ["PCMA"])


@chapter.promise("an Asterisk that insists on reliable ringing and session timers calls us, and is refreshed")
def strict_inward(office):
    asterisk = provider(office, line=STRICT)
    opened(office, line(asterisk.host.ipv4))
    up(office)
    # A phone that does not hang up when it has said its piece.
    a = office.softphone("1001", "first")
    asterisk.asked(f"channel originate PJSIP/{LINE} application Echo")
    a.expect(0, CONFIRMED)
    assert "PRACK sip:" in asterisk.log() and "Session-Expires: 90" in asterisk.log()
    seen = len(asterisk.log())
    until(lambda: re.search(r"(?m)^(UPDATE|INVITE) sip:", asterisk.log()[seen:]), 60, "the session is refreshed")
    time.sleep(1)
    assert a.call(0)["state"] == CONFIRMED and office.exchange.calls() == 1, a.call(0)
    by = re.search(r"(?m)^(UPDATE|INVITE) sip:\S+", asterisk.log()[seen:])[0]
    a.tell("hang-up", 0)
    office.exchange.expect_no_calls()
    return f"refreshed by {by}"


@chapter.promise("Asterisk registers as an extension, calls and is called")
def as_extension(office):
    opened(office, "  unused: {host: 10.77.0.253, keep_alive: 0}\n", "unused", ["1001", "1005"])
    box, number = office.exchange.host.ipv4, office.exchange.extensions["1005"]
    more = (
        section("office", "registration", outbound_auth="office", server_uri=f"sip:{box}",
                client_uri=f"sip:1005@{DOMAIN}", contact_user=OUTSIDE, transport="udp", retry_interval=1)
        + section("office", "auth", auth_type="userpass", username="1005", password=number.password)
        + section("office", "aor", contact=f"sip:{box}")
        + section("office", "identify", endpoint="office", match=box)
        + section("office", "endpoint", context="line", disallow="all", allow="alaw", aors="office", transport="udp",
                  outbound_auth="office", from_user="1005", from_domain=DOMAIN, direct_media="no"))
    asterisk = provider(office, more=more)
    until(lambda: "1005" in str(office.exchange.status()["registrations"]), 15, "Asterisk has registered")
    a, b = inside(office), customer(office, asterisk.host)
    talk(office, a, b, "1005")
    first = both(office, a, b, ["PCMA"])
    office.exchange.expect_no_calls()
    a.forget()
    b.forget()
    talk(office, b, a, "1001")
    office.exchange.expect_no_calls()
    return f"{first}; then {both(office, a, b, ['PCMA'])}"


@chapter.promise("a trunk by address and an Asterisk that knows us by ours call each other")
def by_address(office):
    box = office.host("box")
    more = (section("office", "aor", contact=f"sip:{box.ipv4}")
            + section("office", "identify", endpoint="office", match=box.ipv4)
            + section("office", "endpoint", context="line", disallow="all", allow="alaw", aors="office",
                      direct_media="no"))
    asterisk = provider(office, more=more)
    office.open(more=f'country: DE\ntrunks:\n{line(asterisk.host.ipv4, user=None, password=None)}'
                     f'routes: [{{match: "_0.", trunks: [line]}}]\n', host=box)
    a, b = inside(office), customer(office, asterisk.host)
    talk(office, a, b)
    first = both(office, a, b, ["PCMA"])
    a.forget()
    b.forget()
    talk(office, b, a, "1001")
    office.exchange.expect_no_calls()
    return f"{first}; then {both(office, a, b, ['PCMA'])}"


def registrar(office):
    return office.runs(Kamailio(office.host("kamailio"), f"{office.folder}/kamailio", "provider.example",
                                {LINE: SECRET, OUTSIDE: CUSTOMER}, LINE))


@chapter.promise("a call out by a line registered at Kamailio, which stays in the path, is heard, by {0}",
                 each=["udp", "tcp"])
def by_proxy(office, transport):
    kamailio = registrar(office)
    opened(office, line(kamailio.host.ipv4, transport=transport))
    up(office)
    a = inside(office)
    b = office.phone(OUTSIDE, "second", UDP, codecs=["PCMA"], exchange=kamailio.host, password=CUSTOMER,
                     domain="provider.example")
    talk(office, a, b)
    office.exchange.expect_no_calls()
    assert re.search(r"BYE .*route=<sip:", kamailio.log()), "the BYE did not come by the proxy"
    return both(office, a, b, ["PCMA"])


@chapter.promise("a call by Kamailio to a number that only To names reaches its extension, and is heard")
def from_proxy(office):
    kamailio = registrar(office)
    opened(office, line(kamailio.host.ipv4))
    up(office)
    a = inside(office, "1002")
    b = office.phone(OUTSIDE, "second", UDP, codecs=["PCMA"], exchange=kamailio.host, password=CUSTOMER,
                     domain="provider.example")
    talk(office, b, a, DIRECT)
    office.exchange.expect_no_calls()
    return both(office, a, b, ["PCMA"])


@chapter.promise("a line registered at Asterisk by way of Kamailio as outbound proxy calls and is called")
def outbound_proxy(office):
    asterisk, kamailio = provider(office), registrar(office)
    opened(office, line(asterisk.host.ipv4, outbound_proxy=kamailio.host.ipv4))
    up(office)
    a, b = inside(office), customer(office, asterisk.host)
    talk(office, a, b)
    first = both(office, a, b, ["PCMA"])
    a.forget()
    b.forget()
    talk(office, b, a, LINE)
    office.exchange.expect_no_calls()
    assert re.search(rf"{asterisk.host.ipv4}:5060 INVITE ", kamailio.log()), "Asterisk did not call by the proxy"
    past = re.search(rf"<--- Received SIP .* UDP:{office.exchange.host.ipv4}", asterisk.log())
    assert not past, "something went past the proxy"
    return f"{first}; then {both(office, a, b, ['PCMA'])}"


RECORDER = "same => n,MixMonitor(/mnt/mixed.wav,r(/mnt/one.wav)t(/mnt/other.wav))\n"
# Sotto's carriers, by Asterisk's names of their codecs.
CARRIERS = {"opus": "opus", "g711": "ulaw"}


def bridged(office, carrier, *options, says=("first", "second"), records=False):
    """Our two phones on an Asterisk that has their codec and knows no more: the caller, the other, and Asterisk."""
    dialplan = ("[phones]\nexten => _100X,1,NoOp()\n" + (RECORDER if records else "")
                + "same => n,Dial(PJSIP/${EXTEN})\n")
    endpoints = "".join(account(number, SECRET, "phones", allow=CARRIERS[carrier]) for number in ("1001", "1002"))
    asterisk = office.runs(Asterisk(office.host("asterisk"), f"{office.folder}/asterisk", endpoints, dialplan))

    def phone(number, clip, *more):
        return office.sotto(number, clip, "--carrier", carrier, *phones.PATIENT, *options, *more,
                            password=SECRET, exchange=asterisk.host)

    b = phone("1002", says[1], "--answer")
    b.expect("registered")
    return phone("1001", says[0], "--call", "1002"), b, asterisk


@chapter.promise("our two phones hear each other through Asterisk by keys of their own and show the same words, by {0}",
                 each=list(CARRIERS))
def secured(office, carrier):
    a, b, _ = bridged(office, carrier, "--secure", "required")
    said = phones.words(a, b)
    until(lambda: a.events("said") and b.events("said"), 30, "both have said all")
    time.sleep(0.5)
    a.tell("hangup")
    return f"“{said}”; {phones.both(office, a, b)}"


def litany(office, speaker):
    """The file of all sentences in one voice, and each of them."""
    parts = [f"{office.folder}/{speaker}-{number}.wav" for number in range(len(concealment.SENTENCES))]
    for sentence, path in zip(concealment.SENTENCES, parts):
        concealment.spoken(office, sentence, speaker, path)
    whole = f"{office.folder}/{speaker}.wav"
    sox(*parts, whole, "pad", "1", "1")
    return whole, parts


def found(office, parts, recordings):
    """How many of the sentences a recogniser hears in a recording, where they are most like it; and how like that is."""
    heard, cuts, likeness = [speech.samples(path) for path in recordings], [], []
    for number, part in enumerate(parts):
        said = speech.samples(part)
        places = [speech.place(said, recording) for recording in heard]
        best = max(range(len(heard)), key=lambda i: places[i][1])
        at, like = places[best]
        cut = heard[best][at : at + len(said)]
        loudest = max(1.0, numpy.max(numpy.abs(cut)))
        cuts.append(f"{office.folder}/cut-{number}.wav")
        # Half as loud as can be, so that nothing is clipped.
        write(cuts[-1], resample((cut * 16000 / loudest).astype(numpy.int16), speech.RATE, concealment.RATE, office.folder),
              concealment.RATE)
        likeness.append(like)
    choices = recogniser.choices(cuts, concealment.SENTENCES, office.folder)
    return sum(choice == number % len(concealment.SENTENCES) for number, choice in enumerate(choices)), max(likeness)


@chapter.promise("what Asterisk records of our phones' call is noise to a recogniser, by {0}, and their voices where nothing "
                 "secures them", each=list(CARRIERS))
def recorded(office, carrier):
    (first, parts), (second, more) = (litany(office, speaker) for speaker in concealment.VOICES)
    said, tries, notes = parts + more, len(parts + more), []
    for secure in "required", "off":
        a, b, asterisk = bridged(office, carrier, "--secure", secure, says=(first, second), records=True)
        if secure == "required":
            phones.words(a, b)
        until(lambda: a.events("said") and b.events("said"), 90, "both have said all")
        time.sleep(0.5)
        a.tell("hangup")
        assert a.ended() == 0, a.log()
        b.stop()
        asterisk.stop()
        kept = [f"{asterisk.folder}/{name}.wav" for name in ("mixed", "one", "other")]
        for what, recordings, is_voice in (("heard", [a.heard(), b.heard()], True), ("recorded", kept, secure == "off")):
            hits, likeness = found(office, said, recordings)
            text = f"{hits} of {tries} sentences {what} with security {secure}, likeness up to {likeness:.2f}"
            chance = recogniser.chance_of(hits, tries, len(concealment.SENTENCES))
            assert (chance < concealment.RARE) == is_voice, text
            assert is_voice or likeness < HEARD, text
            notes.append(text)
    return "; ".join(notes)
