"""Another exchange that is reached over TLS, listens and calls by itself, and shows a certificate where it is asked."""

import re
import socket
import ssl
import subprocess

from .sip_client import Client


class Authority:
    """Makes certificates that others trust by `pem`."""

    def __init__(self, folder, name="authority"):
        self.folder, self.pem, self.key = folder, f"{folder}/{name}.pem", f"{folder}/{name}.key"
        self._make(self.pem, self.key, name, "basicConstraints=critical,CA:TRUE")

    def _make(self, pem, key, name, extension, *signer):
        subprocess.run(
            ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "30",
             "-keyout", key, "-out", pem, "-subj", f"/CN={name}", "-addext", extension, *signer],
            check=True, capture_output=True)

    def certify(self, address, name):
        """Certificate and key for an IP address, as files."""
        pem, key = f"{self.folder}/{name}.pem", f"{self.folder}/{name}.key"
        request = subprocess.run(
            ["openssl", "req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", key,
             "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{address}"], check=True, capture_output=True).stdout
        subprocess.run(
            ["openssl", "x509", "-req", "-days", "30", "-CA", self.pem, "-CAkey", self.key, "-CAcreateserial",
             "-copy_extensions", "copy", "-out", pem], input=request, check=True, capture_output=True)
        return pem, key


class Peer:
    """Listens at `address`:`port` with a certificate; `asks` is the PEM file of whom it trusts itself."""

    def __init__(self, address, port, identity, domain, asks):
        self.address, self.port, self.domain = address, port, domain
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*identity)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(asks)
        self._context, self._listener = context, socket.create_server((address, port))

    def accept(self, seconds=10):
        self._listener.settimeout(seconds)
        stream, _ = self._listener.accept()
        stream.settimeout(seconds)
        return Client(self._context.wrap_socket(stream, server_side=True), "TLS", self.domain, "peer")

    def is_called(self):
        """Whether a connection waits to be taken."""
        self._listener.settimeout(0.3)
        try:
            self._listener.accept()[0].close()
            return True
        except TimeoutError:
            return False

    def call(self, exchange, identity=None, advertises=None):
        """Opens a connection, by itself or in another's name, and sends OPTIONS that offers it for the way back."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if identity:
            context.load_cert_chain(*identity)
        stream = socket.create_connection((exchange, 5061), timeout=5)
        client = Client(context.wrap_socket(stream, server_hostname=exchange), "TLS", self.domain, "peer")
        text = client.request("OPTIONS").replace(
            f"TLS {client.contact};", f"TLS {advertises or f'{self.address}:{self.port}'};alias;", 1)
        client.send(text)
        assert client.receive().startswith("SIP/2.0 200"), "an answer to OPTIONS"
        return client

    def log(self):
        return ""

    def stop(self):
        self._listener.close()


def answer(client, request, status="200 OK"):
    """Answers a request as it came."""
    kept = re.findall(r"(?im)^(?:via|from|to|call-id|cseq):.*\r\n", request)
    client.send(f"SIP/2.0 {status}\r\n" + "".join(kept) + "Content-Length: 0\r\n\r\n")
