"""Tests are promises: a sentence and a function that breaks (AssertionError) where it is not kept."""

import time
import traceback


class Skip(Exception):
    """Why a promise cannot be tried on this machine."""


class Promises:
    """One chapter of promises; each is given a fresh `Office`."""

    def __init__(self, title):
        self.title, self.all = title, []

    def promise(self, sentence, each=((),)):
        """Registers a test; `each` lists arguments, one test for each, named in the sentence by {0}, {1} …"""
        def register(function):
            for arguments in each:
                arguments = arguments if isinstance(arguments, tuple) else (arguments,)
                self.all.append((sentence.format(*arguments), function, arguments))
            return function
        return register

    def run(self, make_office, only=""):
        """Runs them in order; returns counts of passed, failed and skipped."""
        counts = {"passed": 0, "failed": 0, "skipped": 0}
        for number, (sentence, function, arguments) in enumerate(self.all):
            if only not in sentence:
                continue
            start, office = time.monotonic(), make_office(f"{self.title}-{number}")
            note, trouble, outcome = "", "", None
            try:
                note = function(office, *arguments) or ""
                outcome = "passed"
            except Skip as reason:
                outcome, note = "skipped", str(reason)
            except AssertionError as fault:
                outcome, trouble = "failed", str(fault) + "\n" + "".join(
                    traceback.format_tb(fault.__traceback__)[-1:])
            except Exception:
                outcome, trouble = "failed", traceback.format_exc()
            finally:
                if outcome == "failed":
                    trouble += office.evidence()
                office.close()
            counts[outcome] += 1
            took = time.monotonic() - start
            print(f"  {outcome:7} {took:5.1f} s  {sentence}{': ' if note else ''}{note}", flush=True)
            for line in trouble.splitlines():
                print(f"          | {line}", flush=True)
        return counts
