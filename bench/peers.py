"""The exchanges that sotto is measured beside, from the Debian that peers/fetch made, set up as a small office would."""

import os
import time

from exchange import DOMAIN, USERS, Exchange
from load import FOLDER
from sip import HOST

RUN = f"{FOLDER}/../peers/run"


class Peer(Exchange):
    def __init__(self, root, folder, calls):
        self.root = root
        super().__init__(folder, calls)

    def within(self, folder, *command):
        self.run([RUN, self.root, folder, *command])

    def write(self, folder, files):
        for name, text in files.items():
            with open(f"{folder}/{name}", "w") as file:
                file.write(text)


class Asterisk(Peer):
    """chan_pjsip with what two phones and a Dial need, media through the exchange."""

    name, sip_port, media_first = "asterisk", 15080, 12000
    converts = True

    MODULES = """res_pjproject res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjsip res_pjsip_session
        res_pjsip_authenticator_digest res_pjsip_endpoint_identifier_user res_pjsip_registrar res_pjsip_sdp_rtp
        res_pjsip_caller_id res_pjsip_pubsub res_pjsip_nat res_pjsip_rfc3326 res_rtp_asterisk chan_pjsip app_dial
        pbx_config bridge_simple bridge_native_rtp codec_ulaw codec_alaw codec_g722 codec_opus_open_source codec_resample
        format_pcm func_callerid""".split()

    def start(self, folder, calls):
        last = self.media_first + 16 * calls + 99
        endpoints = "".join(
            f"[{number}]\ntype=endpoint\ncontext=phones\ndisallow=all\nallow=ulaw,alaw,g722,opus\nauth={number}\n"
            f"aors={number}\ndirect_media=no\n[{number}]\ntype=auth\nauth_type=userpass\nusername={number}\n"
            f"password={word}\n[{number}]\ntype=aor\nmax_contacts=1\nremove_existing=yes\n" for number, word in USERS.items())
        self.write(folder, {
            "asterisk.conf": "[directories]\nastetcdir => /mnt\nastmoddir => /usr/lib/x86_64-linux-gnu/asterisk/modules\n"
                             "astvarlibdir => /var/lib/asterisk\nastdatadir => /usr/share/asterisk\nastdbdir => /mnt\n"
                             "astrundir => /mnt\nastlogdir => /mnt\nastspooldir => /mnt\n",
            "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load = {name}.so\n" for name in self.MODULES),
            "logger.conf": "[general]\n[logfiles]\nconsole => warning,error\n",
            "rtp.conf": f"[general]\nrtpstart={self.media_first}\nrtpend={last}\n",
            "pjsip.conf": f"[global]\ntype=global\nendpoint_identifier_order=username\n[udp]\ntype=transport\n"
                          f"protocol=udp\nbind={HOST}:{self.sip_port}\n{endpoints}",
            "extensions.conf": "[phones]\nexten => _1XXX,1,Dial(PJSIP/${EXTEN})\n"})
        self.within(folder, "/usr/sbin/asterisk", "-f", "-C", "/mnt/asterisk.conf")


class Kamailio(Peer):
    """A proxy with registrar, digest and records in memory; rtpengine relays the media in user space."""

    name, sip_port, media_first = "kamailio", 15100, 8000
    CONTROL = 15102
    MEDIA = "replace-origin"

    CONFIGURATION = """
children=2
listen=udp:{host}:{port}
alias={domain}
log_stderror=yes
debug=0
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "htable.so"
loadmodule "rtpengine.so"
modparam("rtpengine", "rtpengine_sock", "udp:{host}:{control}")
modparam("htable", "htable", "words=>size=4;")
modparam("registrar", "max_contacts", 1)
modparam("auth", "qop", "auth")
event_route[htable:mod-init] {{
{words}
}}
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("OPTIONS") && !has_totag()) {{ sl_send_reply("200", "OK"); exit; }}
  if (has_totag()) {{
    if (loose_route()) {{ if (is_method("BYE")) rtpengine_delete(); route(RELAY); }}
    if (is_method("ACK") && t_check_trans()) t_relay();
    exit;
  }}
  if (is_method("ACK") && t_check_trans()) {{ t_relay(); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  t_check_trans();
  $var(word) = $sht(words=>$fU);
  if (is_method("REGISTER")) {{
    if (!pv_www_authenticate("{domain}", "$var(word)", "0")) {{ www_challenge("{domain}", "1"); exit; }}
    save("location");
    exit;
  }}
  if (!pv_proxy_authenticate("{domain}", "$var(word)", "0")) {{ proxy_challenge("{domain}", "1"); exit; }}
  consume_credentials();
  record_route();
  if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
  if (is_method("INVITE")) {{ rtpengine_manage("{media}"); t_on_reply("MEDIA"); }}
  route(RELAY);
}}
route[RELAY] {{ if (!t_relay()) sl_reply_error(); exit; }}
onreply_route[MEDIA] {{ if (has_body("application/sdp")) rtpengine_manage("{media}"); }}
"""

    def start(self, folder, calls):
        words = "\n".join(f'  $sht(words=>{number}) = "{word}";' for number, word in USERS.items())
        self.write(folder, {"kamailio.cfg": self.CONFIGURATION.format(
            host=HOST, port=self.sip_port, control=self.CONTROL, domain=DOMAIN, words=words,
            media=self.MEDIA)})
        self.within(
            folder, "/usr/bin/rtpengine", "--config-file=none", "--foreground", "--log-stderr", "--log-level=3",
            "--table=-1", f"--interface={HOST}", f"--listen-ng={HOST}:{self.CONTROL}", f"--port-min={self.media_first}",
            f"--port-max={self.media_first + 16 * calls + 99}", "--timeout=3600", "--silent-timeout=3600",
            f"--num-threads={os.cpu_count()}")
        # Kamailio asks for it once, as it starts.
        with open("/proc/net/udp") as table:
            wanted = f":{self.CONTROL:04X} "
            while wanted not in table.read():
                if self.processes[-1].poll() is not None:
                    self.fail("did not start: rtpengine ended")
                time.sleep(0.01)
                table.seek(0)
        self.within(folder, "/usr/sbin/kamailio", "-DD", "-E", "-m", "512", "-M", "16", "-f", "/mnt/kamailio.cfg",
                           "-Y", "/mnt")


class Transcoding(Kamailio):
    """The same, with each call offered all codecs: rtpengine converts where the two phones share none."""

    name, sip_port, media_first = "transcoding", 15110, 4000
    CONTROL = 15112
    MEDIA = Kamailio.MEDIA + "".join(f" codec-transcode-{codec}" for codec in ("PCMU", "PCMA", "G722", "opus"))
    converts = True


PEERS = [Asterisk, Kamailio, Transcoding]
