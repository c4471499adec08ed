"""Programs that a test starts, each with its output in a file, each ended with the test."""

import signal
import subprocess
import time


class Process:
    def __init__(self, command, log, stdin=None, **options):
        self.command, self.log = command, log
        with open(log, "wb") as output:
            self.child = subprocess.Popen(
                command, stdin=stdin or subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, **options)

    @property
    def pid(self):
        return self.child.pid

    @property
    def running(self):
        return self.child.poll() is None

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait(self, seconds):
        """The exit status, or None if it still runs then."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def signal(self, number):
        if self.running:
            self.child.send_signal(number)

    def stop(self, seconds=3):
        self.signal(signal.SIGTERM)
        if self.wait(seconds) is None:
            self.kill()
        return self.child.returncode

    def kill(self):
        self.signal(signal.SIGKILL)
        self.child.wait()


def until(condition, seconds, what):
    """Waits until condition() is true and returns its value; names `what` where it never was."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(0.02)
