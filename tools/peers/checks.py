# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scripts here share: deviations beside their bounds, counted; calls of the command."""
import json
import subprocess


class Checks:
    """Prints each deviation beside its bound and counts those above it."""

    def __init__(self):
        self.failed = 0

    def near(self, what, deviation, bound):
        good = bool(deviation <= bound)
        self.failed += not good
        print(f"{'ok    ' if good else 'FAILED'} {what:68s} {deviation:10.2e}  (at most {bound:.2e})")

    def true(self, what, good):
        self.failed += not good
        print(f"{'ok    ' if good else 'FAILED'} {what}")

    def verdict(self, name):
        """Exit code of the script."""
        print(f"{name}: {self.failed} failed")
        return 1 if self.failed else 0


def command(interlith, *words):
    """Run the command; SystemExit with its own words when it fails."""
    done = subprocess.run([interlith, *map(str, words), "--quiet"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"interlith {' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


def result(interlith, *words):
    """The JSON object of a verb."""
    return json.loads(command(interlith, *words, "--json"))
