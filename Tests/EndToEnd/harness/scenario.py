"""Scenarios of sipp, written step by step: what one end of a call sends and insists on getting, in that order."""

from .exchange import DOMAIN

SPEECH = """v=0
o=- [call_number] 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[local_ip_type] [local_ip]
t=0 0
m=audio {port} RTP/AVP 0
a=rtpmap:0 PCMU/8000
a={direction}
"""


class Scenario:
    def __init__(self, name):
        self.name, self.steps, self.branches, self.count, self.keeps = name, [], {}, 0, set()

    def text(self):
        # sipp takes a variable that is never read for a slip of the pen.
        keeps = f'\n<Reference variables="{",".join(sorted(self.keeps))}" />' if self.keeps else ""
        return ('<?xml version="1.0" encoding="ISO-8859-1" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
                f'<scenario name="{self.name}">\n' + "\n".join(self.steps) + keeps + "\n</scenario>\n")

    def step(self, text):
        self.steps.append(text)
        self.count += 1
        return self

    def message(self, first, headers, offer, retransmitted):
        body = SPEECH.format(port=30000, direction=offer) if offer else ""
        kind = "Content-Type: application/sdp\n" if offer else ""
        again = ' retrans="500"' if retransmitted else ""
        return self.step(f"<send{again}><![CDATA[\n{first}\n{headers}{kind}Content-Length: [len]\n\n{body}]]></send>")

    def pause(self, milliseconds):
        return self.step(f'<pause milliseconds="{milliseconds}" />')

    def takes(self, status, maybe=False, **attributes):
        """A response has to come next; one that is only `maybe` there does no harm."""
        more = "".join(f' {name}="{value}"' for name, value in attributes.items())
        more += ' optional="true"' if maybe else ""
        more += ' rrs="true"' if status == 200 else ""
        return self.step(f'<recv response="{status}"{more} />')

    def taken(self, method, keep="last"):
        """A request has to come next; what is said in answer to it later, names it by `keep`."""
        names = {"via": "Via:", "from": "From:", "to": "To:", "cseq": "CSeq:"}
        kept = "".join(f'<ereg regexp=".*" search_in="hdr" header="{header}" assign_to="{keep}_{name}" />'
                       for name, header in names.items())
        self.keeps |= {f"{keep}_{name}" for name in names}
        routes = ' rrs="true"' if method == "INVITE" else ""
        return self.step(f'<recv request="{method}"{routes}><action>{kept}</action></recv>')

    def cancelling(self, kind):
        """The index distance to the request whose branch this one has to carry."""
        return f"[branch-{self.count - self.branches[kind]}]"


class Caller(Scenario):
    """The end that calls `callee` as `number`."""

    def __init__(self, name, extension, callee):
        super().__init__(name)
        self.extension, self.callee, self.sequence = extension, callee, 1

    def headers(self, method, branch="[branch]", sequence=None, to="[last_To:]"):
        number = self.extension.number
        return (f"Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch={branch}\nMax-Forwards: 70\n"
                f"From: <sip:{number}@{DOMAIN}>;tag=[pid]c[call_number]\n{to}\nCall-ID: [call_id]\n"
                f"CSeq: {sequence or self.sequence} {method}\n"
                f"Contact: <sip:{number}@[local_ip]:[local_port];transport=[transport]>\n")

    def calls(self, offer="sendrecv"):
        """INVITE, challenged, and again with the password."""
        uri, to = f"sip:{self.callee}@{DOMAIN}", f"To: <sip:{self.callee}@{DOMAIN}>"
        for proof in ("", f"[authentication username={self.extension.number} password={self.extension.password}]\n"):
            self.branches["INVITE"] = self.count
            self.message(f"INVITE {uri} SIP/2.0", self.headers("INVITE", to=to) + proof, offer, True)
            if not proof:
                self.takes(100, maybe=True)
                self.takes(401, auth="true")
                self.message(f"ACK {uri} SIP/2.0", self.headers("ACK", self.cancelling("INVITE")), None, False)
                self.sequence += 1
        return self.takes(100, maybe=True)

    def acknowledges(self, offer=None):
        """A 2xx."""
        return self.message("ACK [next_url] SIP/2.0", self.headers("ACK"), offer, False)

    def acknowledges_refusal(self, of="INVITE"):
        where = f"sip:{self.callee}@{DOMAIN}" if of == "INVITE" else "[next_url]"
        return self.message(f"ACK {where} SIP/2.0", self.headers("ACK", self.cancelling(of)), None, False)

    def cancels(self):
        uri, to = f"sip:{self.callee}@{DOMAIN}", f"To: <sip:{self.callee}@{DOMAIN}>"
        headers = self.headers("CANCEL", self.cancelling("INVITE"), to=to)
        return self.message(f"CANCEL {uri} SIP/2.0", headers, None, True)

    def asks(self, method, offer=None):
        """A request within the call."""
        self.sequence += 1
        self.branches["re-" + method] = self.count
        return self.message(f"{method} [next_url] SIP/2.0", self.headers(method), offer, True)

    def says(self, status, offer=None):
        """An answer to the request that came last."""
        headers = ("[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n"
                   "Contact: <sip:[local_ip]:[local_port];transport=[transport]>\n")
        return self.message(f"SIP/2.0 {status}", headers, offer, False)


class Callee(Scenario):
    """The end that is called."""

    sequence = 0

    def says(self, status, offer=None, to="last", tag="a", again=False):
        """An answer to a request that was kept."""
        tag = f";tag=[pid]{tag}[call_number]" if to == "invitation" else ""
        return self.message(
            f"SIP/2.0 {status}",
            f"Via:[${to}_via]\nFrom:[${to}_from]\nTo:[${to}_to]{tag}\nCall-ID: [call_id]\nCSeq:[${to}_cseq]\n"
            "Contact: <sip:[local_ip]:[local_port];transport=[transport]>\n", offer, again)

    def rings(self):
        return self.taken("INVITE", "invitation").says("180 Ringing", to="invitation")

    def answers(self):
        return self.says("200 OK", "sendrecv", to="invitation", again=True).taken("ACK")

    def is_hung_up(self):
        return self.taken("BYE").says("200 OK")

    def asks(self, method, offer=None):
        self.sequence += 1
        self.branches["re-" + method] = self.count
        return self.message(f"{method} [next_url] SIP/2.0", self.headers(method), offer, True)

    def headers(self, method, branch="[branch]"):
        return (f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}\nMax-Forwards: 70\n"
                "From:[$invitation_to];tag=[pid]a[call_number]\nTo:[$invitation_from]\nCall-ID: [call_id]\n"
                f"CSeq: {self.sequence} {method}\nContact: <sip:[local_ip]:[local_port];transport=[transport]>\n")

    def acknowledges_refusal(self, of):
        return self.message("ACK [next_url] SIP/2.0", self.headers("ACK", self.cancelling(of)), None, False)
