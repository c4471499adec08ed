"""A thousand at a time."""

import re

from harness.exchange import Extension
from harness.office import PATHS, Path
from harness.promise import Promises
from harness.sipp import CALLEE_PORT, Sipp, users

chapter = Promises("load")
CALLS = 1000


@chapter.promise("a thousand registrations with digest, none fails, by {0}", each=PATHS)
def registrations(office, path):
    extensions = [Extension(str(2000 + i)) for i in range(50)]
    exchange = office.open(extensions)
    run = office.runs(Sipp(office.host("sipp"), office.folder, "register", path, exchange.host, CALLS, rate=200,
                           users_file=users(f"{office.folder}/users.csv", extensions)))
    run.expect_all(60)
    # By the log, for with its TCP connection a registration goes too.
    registered = set(re.findall(r"registered number=(\d+) contacts=1", exchange.log()))
    assert len(registered) == len(extensions), f"{len(registered)} of {len(extensions)} were registered"


@chapter.promise("a thousand calls with digest, none fails, from {0} to UDP", each=PATHS)
def calls(office, path):
    callers, callee = [Extension(str(2000 + i)) for i in range(50)], Extension("3000")
    exchange = office.open([*callers, callee])
    host, other = office.host("caller"), office.host("callee")
    # sipp registers and answers in two runs, from one port; a TCP connection would not last from one to the other.
    reached = Path("udp", path.version)
    office.runs(Sipp(other, f"{office.folder}/contact", "register", reached, exchange.host, 1, port=CALLEE_PORT,
                     users_file=users(f"{office.folder}/callee.csv", [callee]))).expect_all(10)
    answers = office.runs(Sipp(other, office.folder, "callee", reached, exchange.host, CALLS, port=CALLEE_PORT))
    run = office.runs(Sipp(host, office.folder, "caller", path, exchange.host, CALLS, rate=100, to=callee.number,
                           users_file=users(f"{office.folder}/callers.csv", callers, callee.number)))
    run.expect_all(90)
    answers.expect_all(20)
    exchange.expect_no_calls()
