"""A thousand at a time."""

from harness.exchange import Extension
from harness.office import PATHS
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
    registered = len(exchange.status()["registrations"])
    assert registered == len(extensions), f"{registered} of {len(extensions)} are registered"


@chapter.promise("a thousand calls with digest, none fails, by {0}", each=PATHS)
def calls(office, path):
    callers, callee = [Extension(str(2000 + i)) for i in range(50)], Extension("3000")
    exchange = office.open([*callers, callee])
    host, other = office.host("caller"), office.host("callee")
    office.runs(Sipp(other, f"{office.folder}/contact", "register", path, exchange.host, 1,
                     users_file=users(f"{office.folder}/callee.csv", [callee]))).expect_all(10)
    answers = office.runs(Sipp(other, office.folder, "callee", path, exchange.host, CALLS, port=CALLEE_PORT))
    run = office.runs(Sipp(host, office.folder, "caller", path, exchange.host, CALLS, rate=50,
                           users_file=users(f"{office.folder}/callers.csv", callers, callee.number)))
    run.expect_all(90)
    answers.expect_all(20)
    exchange.expect_no_calls()
