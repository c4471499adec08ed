"""A private world for one run: network, process and mount namespaces that vanish with its first process.

Whatever ends the run (success, Ctrl-C, a crash, kill -9), the kernel kills what was started inside and takes
the interfaces away, so nothing has to be cleaned up by name.
"""

import contextlib
import os
import subprocess
import sys

INSIDE = "SOTTO_TEST_SANDBOX"
REFUSED = "SOTTO_TEST_NO_NAMESPACES"  # in the environment: do as where they are refused


def _command():
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return (["setpriv", "--pdeathsig", "KILL", "unshare"] + user
            + ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])


def refusal():
    """Why this machine permits no namespaces, or None where it does."""
    if os.environ.get(INSIDE):
        return None
    if os.environ.get(REFUSED):
        return f"{REFUSED} is set"
    probe = subprocess.run(
        _command() + ["sh", "-c", "ip link add one type veth peer name two && ip link add three type bridge"],
        capture_output=True, text=True)
    return None if probe.returncode == 0 else (probe.stderr.strip() or "unshare failed")


def enter():
    """Runs this program again inside the sandbox; returns only there."""
    if os.environ.get(INSIDE):
        # Phones keep their beat of 20 ms on a busy machine too, where that is permitted.
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, -10)
        return
    os.environ[INSIDE] = "1"
    command = _command() + [sys.executable] + sys.argv
    os.execvp(command[0], command)
