"""A real SIP phone (baresip) without a sound card: it speaks a WAV file and records what it hears."""

import glob
import json
import os
import re
import socket
import time

from .process import Process, until

MODULES = "/usr/lib/baresip/modules"
CONFIG = """\
poll_method epoll
sip_listen {listen}
call_local_timeout {ring_for}
call_max_calls 4
audio_path /usr/share/baresip
audio_player aufile,{folder}/speaker.wav
audio_source aufile,{speech}
audio_alert aufile,{folder}/alert.wav
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
audio_buffer 20-160
rtp_ports {rtp}
jitter_buffer_delay {jitter}
module_path {modules}
module g711.so
module g722.so
module opus.so
module sndfile.so
module aufile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 0.0.0.0:{control}
snd_path {folder}
opus_bitrate 48000
opus_cbr yes
opus_stereo no
opus_sprop_stereo no
opus_complexity 5
opus_application audio
{more}redial_attempts 0
ringback_disabled yes
"""
VIDEO = """\
module vp8.so
module fakevideo.so
video_source fakevideo,nil
video_display fakevideo,nil
video_size 160x120
video_bitrate 64000
video_fps 10
"""


class Phone:
    """`account` is what follows <sip:NUMBER@DOMAIN> in baresip's accounts file; `authority` is the PEM file that it
    trusts over TLS; with `video` it has a camera; with `mux` it has its RTCP on the port of RTP; with `ice` it looks by
    ICE for the way of its media; `encryption` is how it comes by keys: by SDES (srtp, srtp-mand) or
    by a handshake (dtls_srtp)."""

    def __init__(self, host, folder, number, domain, speech, account="", jitter="5-10", ring_for=60, version=4,
                 authority=None, video=False, mux=False, ice=False, encryption=None):
        os.makedirs(folder, exist_ok=True)
        self.host, self.folder, self.number, self.domain = host, folder, number, domain
        self.events, self._buffer, self._token = [], b"", 0
        address = host.address(version)
        listen = f"{address}:{host.sip_port}" if version == 4 else f"[{address}]:{host.sip_port}"
        with open(f"{folder}/config", "w") as file:
            file.write(CONFIG.format(
                folder=folder, speech=speech, jitter=jitter, listen=listen,
                ring_for=ring_for, modules=MODULES, control=host.control_port, rtp=host.rtp_ports,
                more=(VIDEO if video else "") + ("rtcp_mux yes\n" if mux else "")
                + ("module ice.so\n" if ice else "")
                + (f"module {'dtls_srtp' if encryption.startswith('dtls') else 'srtp'}.so\n" if encryption else "")))
            if authority:
                file.write(f"sip_cafile {authority}\n")
        with open(f"{folder}/accounts", "w") as file:
            file.write(f"<sip:{number}@{domain}>{account}{';medianat=ice' if ice else ''}"
                       f"{f';mediaenc={encryption}' if encryption else ''}\n")
        open(f"{folder}/contacts", "w").close()
        self.process = Process(
            host.inside(["baresip", "-f", folder, "-s", f"-{version}", "-n", address]), f"{folder}/log")
        self._control = None

    def started(self):
        """Waits until it takes commands."""
        self._control = until(self._connect, 15, f"phone {self.number} opens its control port")
        return self

    def _connect(self):
        try:
            return socket.create_connection((self.host.ipv4, self.host.control_port), timeout=1)
        except OSError:
            if not self.process.running:
                raise AssertionError(f"phone {self.number} ended:\n{self.process.output()[-2000:]}") from None
            return None

    def registration(self):
        """The status of the last answer to its REGISTER, or None; read from the log, since it may be there before
        the control port is."""
        answers = re.findall(r"(?:\{0/\w+/v[46]\}|reg: sip:\S+:) (\d{3}) ", self.messages())
        return answers[-1] if answers else None

    def registered(self, seconds=10):
        until(lambda: self.registration() == "200", seconds, f"phone {self.number} is registered")
        return self

    def command(self, name, parameters=""):
        self._token += 1
        text = json.dumps({"command": name, "params": parameters, "token": str(self._token)}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))

    def dial(self, target):
        self.command("dial", target if ":" in target else f"sip:{target}@{self.domain}")

    def answer(self):
        self.command("accept")

    def hang_up(self):
        self.command("hangup")

    def saw(self, kind):
        """The first event of that kind so far, or None."""
        self._read(0)
        return next((event for event in self.events if event.get("type") == kind), None)

    def expect(self, kind, seconds=10):
        """Waits for an event such as CALL_ESTABLISHED and returns it; events before it are kept."""
        end = time.monotonic() + seconds
        while True:
            event = next((event for event in self.events if event.get("type") == kind), None)
            if event:
                return event
            left = end - time.monotonic()
            if left <= 0 or not self._read(left):
                seen = ", ".join(event.get("type", "?") for event in self.events) or "nothing"
                raise AssertionError(f"phone {self.number} never had {kind} within {seconds} s; it had {seen}")

    def forget(self):
        """Drops the events so far, so that expect() waits for new ones."""
        self._read(0)
        self.events.clear()

    def _read(self, seconds):
        self._control.settimeout(max(seconds, 0.001))
        try:
            data = self._control.recv(65536)
        except TimeoutError:
            return False
        except ConnectionError:
            return False
        self._buffer += data
        while b":" in self._buffer:
            length, rest = self._buffer.split(b":", 1)
            if len(rest) <= int(length):
                break
            message = json.loads(rest[: int(length)])
            self._buffer = rest[int(length) + 1 :]
            if message.get("event"):
                self.events.append(message)
        return bool(data)

    def heard(self):
        """The recording of what this phone decoded in its last call."""
        return self.recordings()[-1]

    def recordings(self):
        """All recordings of what it decoded; a re-INVITE begins another, which may stay empty."""
        files = [path for path in glob.glob(f"{self.folder}/dump-*-dec.wav") if os.path.getsize(path) > 4096]
        if not files:
            raise AssertionError(f"phone {self.number} recorded nothing")
        return sorted(files, key=os.path.getmtime)

    def messages(self):
        """Its SIP trace."""
        return self.process.output()

    def stop(self):
        if self._control:
            self._control.close()
        return self.process.stop()

    def vanish(self):
        """Power cut: no BYE, no de-registration."""
        self.process.kill()
        self._control.close()
