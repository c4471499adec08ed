"""A real Asterisk with chan_pjsip, as Debian packages it."""

import os
import subprocess
import sys

from .debian_sid import Peer

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "bench"))
from peers import Asterisk as Measured  # noqa: E402

# Beside what two phones need. All that there is would take ten seconds to start.
MODULES = Measured.MODULES + """res_pjsip_outbound_registration res_pjsip_outbound_authenticator_digest
    res_pjsip_endpoint_identifier_ip res_pjsip_path res_pjsip_refer res_pjsip_logger res_pjsip_diversion
    res_timing_timerfd res_musiconhold bridge_holding bridge_softmix bridge_builtin_features app_transfer app_echo
    app_verbose app_mixmonitor format_wav res_format_attr_opus res_clioriginate""".split()

FILES = {
    "asterisk.conf": """[directories]
astetcdir => /mnt
astmoddir => /usr/lib/x86_64-linux-gnu/asterisk/modules
astvarlibdir => /var/lib/asterisk
astdatadir => /usr/share/asterisk
astdbdir => /mnt
astrundir => /mnt
astlogdir => /mnt
astspooldir => /mnt
""",
    "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load = {name}.so\n" for name in MODULES),
    "logger.conf": "[general]\n[logfiles]\nconsole => verbose,notice,warning,error\n",
    "rtp.conf": "[general]\nrtpstart=20000\nrtpend=20999\n",
}
TRANSPORTS = """[global]
type=global
debug=yes
[udp]
type=transport
protocol=udp
bind=0.0.0.0:5060
[tcp]
type=transport
protocol=tcp
bind=0.0.0.0:5060
"""


def section(name, kind, **settings):
    lines = [f"[{name}]", f"type={kind}"]
    lines += [f"{key.lstrip('_')}={value}" for key, value in settings.items()]
    return "\n".join(lines) + "\n"


def account(number, password, context, aor=None, **settings):
    """Who registers as `number`; its calls begin in `context`. Other names are settings of the endpoint."""
    settings = {"context": context, "disallow": "all", "allow": "alaw", "auth": number, "aors": number,
                "direct_media": "no", **settings}
    return (section(number, "endpoint", **settings)
            + section(number, "auth", auth_type="userpass", username=number, password=password)
            + section(number, "aor", max_contacts=1, remove_existing="yes", support_path="yes", **(aor or {})))


class Asterisk(Peer):
    command = ["/usr/sbin/asterisk", "-f", "-vvv", "-C", "/mnt/asterisk.conf"]

    def __init__(self, host, folder, endpoints, dialplan):
        super().__init__(host, folder, {**FILES, "pjsip.conf": TRANSPORTS + endpoints, "extensions.conf": dialplan})

    def ready(self):
        return "Asterisk Ready." in self.log()

    def asked(self, command):
        """What its console says to a command."""
        return subprocess.run(self.within("/usr/sbin/asterisk", "-C", "/mnt/asterisk.conf", "-rx", command),
                              capture_output=True, text=True).stdout

    def contacts(self):
        """The lines about who is registered, and whether it answers OPTIONS."""
        return [line.strip() for line in self.asked("pjsip show contacts").splitlines() if "sip:" in line]
