"""A real Kamailio: registrar with digest, and a proxy that stays in the path (Record-Route) of what it passes on."""

from .debian_sid import Peer

CONFIGURATION = """
children=2
tcp_children=2
listen=udp:{host}:5060
listen=tcp:{host}:5060
alias={domain}
log_stderror=yes
debug=0
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "path.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "htable.so"
loadmodule "xlog.so"
modparam("htable", "htable", "words=>size=4;")
modparam("registrar", "max_contacts", 1)
modparam("auth", "qop", "auth")
event_route[htable:mod-init] {{
{words}
}}
request_route {{
  xlog("L_ALERT", "$proto $si:$sp $rm $ru route=$hdr(Route)\\n");
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (has_totag()) {{
    if (loose_route()) {{ route(RELAY); }}
    if (is_method("ACK") && t_check_trans()) t_relay();
    if (!is_method("ACK")) sl_send_reply("404", "Not here");
    exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
  t_check_trans();
  if (loose_route() || !(uri == myself)) {{
    # Passed on to another server, or from it to who came by here.
    if (is_method("REGISTER")) {{ add_path(); }} else {{ record_route(); }}
    route(RELAY);
  }}
  if (is_method("OPTIONS")) {{ sl_send_reply("200", "OK"); exit; }}
  $var(word) = $sht(words=>$fU);
  if (is_method("REGISTER")) {{
    if (!pv_www_authenticate("{domain}", "$var(word)", "0")) {{ www_challenge("{domain}", "1"); exit; }}
    save("location");
    exit;
  }}
  if (!pv_proxy_authenticate("{domain}", "$var(word)", "0")) {{ proxy_challenge("{domain}", "1"); exit; }}
  consume_credentials();
  record_route();
  # Direct inward dialling: all numbers of a line go to where the line is registered; To still tells which.
  if ($rU =~ "^{line}") $rU = "{line}";
  if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
  route(RELAY);
}}
route[RELAY] {{ if (!t_relay()) sl_reply_error(); exit; }}
"""


class Kamailio(Peer):
    command = ["/usr/sbin/kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-f", "/mnt/kamailio.cfg", "-Y", "/mnt"]

    def __init__(self, host, folder, domain, passwords, line=""):
        """`passwords` by number; all numbers that begin with `line` lead to it."""
        words = "\n".join(f'  $sht(words=>{number}) = "{word}";' for number, word in passwords.items())
        self.address = host.ipv4
        super().__init__(host, folder, {"kamailio.cfg": CONFIGURATION.format(
            host=host.ipv4, domain=domain, words=words, line=line or "none")})

    def ready(self):
        with open(f"/proc/{self.process.pid}/net/udp") as table:
            return ":13C4 " in table.read()
