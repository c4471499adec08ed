"""A name server with a zone of the test's own."""

from dnslib import RR
from dnslib.server import BaseResolver, DNSLogger, DNSServer


class NameServer(BaseResolver):
    def __init__(self, address, zone):
        self.asked = []  # names with their types
        self.zone = zone
        self._server = DNSServer(self, address=address, port=53, logger=DNSLogger("-request,-reply,-truncated,-error"))
        self._server.start_thread()

    def resolve(self, request, handler):
        question = request.q
        self.asked.append(f"{question.qname} {question.qtype}")
        reply = request.reply()
        for record in RR.fromZone(self.zone):
            if record.rname == question.qname and record.rtype == question.qtype:
                reply.add_answer(record)
        return reply

    def log(self):
        return "asked for " + ", ".join(self.asked)

    def stop(self):
        self._server.stop()
        self._server.server.server_close()
