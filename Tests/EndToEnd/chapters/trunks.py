"""Lines to the outside: a second exchange plays the provider, found through a name server of the test's own."""

import re
import threading

from harness.exchange import DOMAIN, Exchange, Extension
from harness.name_server import NameServer
from harness.network import IPV4, TESTER
from harness.office import UDP
from harness.process import until
from harness.promise import Promises
from harness.tls_peer import Authority, Peer, answer
from chapters.conversations import both, talk

chapter = Promises("trunks")
LINE, OUTSIDE = "4930555", "0891234"
NAPTR = {"udp": "SIP+D2U", "tcp": "SIP+D2T", "tls": "SIPS+D2T"}


class World:
    """An office with a line at a provider, who has a customer elsewhere."""

    def __init__(self, office, transport="udp", password=None, elsewhere=(OUTSIDE,), trunk="", more="",
                 domain="provider.example"):
        self.office = office
        listen = "sip: {listen: ['udp://0.0.0.0:5060', 'tcp://0.0.0.0:5060', 'tls://0.0.0.0:5061']}\n"
        self.provider = office.runs(Exchange(
            office.host("provider"), f"{office.folder}/provider", office.binary,
            [Extension(number) for number in (LINE, *elsewhere)], listen)).started()
        service = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}[transport] + "." + domain
        # The first server of the domain is not there: by TCP that is known at once.
        first = "" if transport == "udp" else f"{service}. 60 IN SRV 10 0 5999 nobody.{domain}."
        self.names = office.runs(NameServer(f"{IPV4}{TESTER}", f"""
{domain}. 60 IN NAPTR 10 10 "s" "{NAPTR[transport]}" "" {service}.
{first}
{service}. 60 IN SRV 20 0 {5061 if transport == "tls" else 5060} sip.{domain}.
nobody.{domain}. 60 IN A {IPV4}{TESTER}
sip.{domain}. 60 IN A {self.provider.host.ipv4}
"""))
        secret = password or self.provider.extensions[LINE].password
        trusted = ""
        if transport == "tls":
            trusted = f"sip: {{tls: {{authorities: {self.provider.status()['certificates'][0]['authority_file']}}}}}\n"
        office.open(more=f"""country: DE
dns: {{servers: [{IPV4}{TESTER}]}}
{trusted}trunks:
  line: {{host: {domain}, user: "{LINE}", password: {secret}, format: national, otherwise: "1001"{trunk}}}
routes: [{{match: "_0.", trunks: [line]}}]
{more}""")

    def up(self):
        until(lambda: self.line()["state"] == "registered", 15, "the line is registered")
        return self

    def line(self):
        return self.office.exchange.status()["trunks"][0]

    def customer(self, number, says):
        return self.office.phone(number, says, UDP, codecs=["PCMA"], exchange=self.provider.host,
                                 password=self.provider.extensions[number].password)

    def phone(self):
        return self.office.phone("1001", "first", UDP, codecs=["PCMA"])

    def tried(self, *arguments):
        """What `sotto trunk test` says, and its exit status."""
        return self.office.exchange.trial("line", *arguments)


@chapter.promise("a call to the outside is heard on both sides, by {0} to a server that DNS names", each=["udp", "tcp", "tls"])
def outward(office, transport):
    # The provider's own authority has certified it for its domain.
    world = World(office, transport, domain=DOMAIN if transport == "tls" else "provider.example").up()
    a, b = world.phone(), world.customer(OUTSIDE, "second")
    talk(office, a, b)
    office.exchange.expect_no_calls()
    port = 5061 if transport == "tls" else 5060
    assert world.line()["server"] == f"{transport} {world.provider.host.ipv4}:{port}", world.line()
    assert world.line()["calls_today"] == 1 and world.line()["calls"] == 0, world.line()
    return both(office, a, b, ["PCMA"])


@chapter.promise("a call from outside is heard on both sides")
def inward(office):
    world = World(office).up()
    a, b = world.phone(), world.customer(OUTSIDE, "second")
    talk(office, b, a, LINE)
    office.exchange.expect_no_calls()
    return both(office, a, b, ["PCMA"])


@chapter.promise("a number abroad is closed, one that is opened is not, and help is always called")
def toll(office):
    world = World(office, elsewhere=("00431", "112"), trunk=", channels: 1",
                  more='toll: {open: ["+43"], extension: {calls: 1, minutes: 10}}\n').up()
    a = world.phone()
    a.dial("0041112345")
    assert a.expect("CALL_CLOSED")["param"].startswith("403")
    assert "international numbers are closed" in office.exchange.log()
    abroad, help_ = world.customer("00431", "second"), world.customer("112", "second")
    a.forget()
    a.dial("00431")
    abroad.expect("CALL_INCOMING")
    a.hang_up()
    a.expect("CALL_CLOSED")
    a.forget()
    # The day's one call is used up.
    a.dial("00431")
    assert a.expect("CALL_CLOSED")["param"].startswith("403")
    a.forget()
    a.dial("112")
    help_.expect("CALL_INCOMING")


@chapter.promise("`sotto trunk test` says what a line is worth, and why not")
def tried(office):
    world = World(office, "tcp").up()
    status, steps = world.tried()
    assert status == 0 and steps[-1] == "200 OK: it is there", steps
    status, steps = world.tried(OUTSIDE)
    assert status == 1 and steps[-1].startswith("480 from line: the callee cannot be reached"), steps
    status, steps = world.tried("0891111")
    assert status == 1 and steps[-1].startswith("404 from line: the number is not known there"), steps
    world.provider.stop()
    status, steps = world.tried()
    assert status == 1 and steps[-1].startswith(f"no connection to tcp {world.provider.host.ipv4}:5060"), steps
    table = office.exchange.asked("trunks")
    assert re.search(r"^line +(not )?registered +tcp ", table, re.M), table
    return steps[-1]


@chapter.promise("a refused password is told in words")
def refused(office):
    world = World(office, password="not-the-password")
    until(lambda: world.line()["last_error"], 10, "an error of the line")
    assert world.line()["last_error"] == "401 from line: password refused", world.line()
    status, steps = world.tried()
    assert status == 1 and steps[-1] == "401 from line: password refused", steps
    assert "line: 401 from line: password refused; again in" in office.exchange.asked("trunks")


@chapter.promise("a certificate of another name is not taken, and the name is told")
def mismatched(office):
    world = World(office, "tls")
    until(lambda: world.line()["last_error"], 10, "an error of the line")
    status, steps = world.tried()
    assert status == 1 and "no connection to tls" in steps[-1] and "provider.example" in steps[-1], steps
    return steps[-1]


@chapter.promise("a line's own connection over TLS is used for the way back, and a stranger's is not")
def reused(office):
    tester, own = f"{IPV4}{TESTER}", Authority(office.folder)
    box = office.host("box")
    identity = own.certify(box.ipv4, "box")
    peer = office.runs(Peer(tester, 5077, own.certify(tester, "peer"), DOMAIN, asks=own.pem))
    office.open(host=box, more=f"""country: DE
sip:
  listen: ['udp://0.0.0.0:5060', 'tls://0.0.0.0:5061']
  tls: {{authorities: {own.pem}, certificates: [{{certificate: {identity[0]}, key: {identity[1]}}}]}}
trunks:
  line: {{host: {tester}, port: 5077, transport: tls, keep_alive: 0}}
""")

    def tried():
        """Has the exchange ask for the line; returns what to call once the request was answered."""
        asking = threading.Thread(target=lambda: results.append(office.exchange.trial("line")))
        results = []
        asking.start()

        def end():
            asking.join(20)
            assert results and results[0][0] == 0, results
        return end

    # By a connection of the exchange's, which offers it for the way back: a request that comes by it is answered there.
    end = tried()
    ours = peer.accept()
    request = ours.receive()
    assert request.startswith("OPTIONS") and ";alias" in request, request
    assert ("IP Address", box.ipv4) in ours.stream.getpeercert()["subjectAltName"], "the exchange shows its certificate"
    answer(ours, request)
    end()
    assert ours.ask("OPTIONS").startswith("SIP/2.0 200"), "an answer to a request by the exchange's own connection"
    ours.close()
    # Strangers at the line's address: without a certificate, with one of nobody's, with one of another's name.
    other = Authority(office.folder, "other")
    shown = (None, other.certify(tester, "false"), own.certify(f"{IPV4}9", "else"))
    strangers = [peer.call(box.ipv4, identity) for identity in shown]
    end = tried()
    ours = peer.accept()
    answer(ours, ours.receive())
    end()
    for client in (ours, *strangers):
        client.close()
    # The line itself.
    theirs = peer.call(box.ipv4, own.certify(tester, "itself"))
    end = tried()
    request = theirs.receive()
    assert request.startswith("OPTIONS"), request
    answer(theirs, request)
    end()
    assert not peer.is_called(), "no second connection"


@chapter.promise("a name server that dies ends no call and loses no line")
def deaf(office):
    world = World(office, trunk=", keep_alive: 1, expires: 60")
    world.up()
    a, b = world.phone(), world.customer(OUTSIDE, "second")
    world.names.stop()
    talk(office, a, b)
    assert world.line()["state"] == "registered", world.line()
    return both(office, a, b, ["PCMA"])
