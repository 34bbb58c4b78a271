#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/plating: its tests, both its scripts on the set that is kept with it, and again on a set exported
by this build.

    plating.py --interlith FILE --work DIR

Needs scikit-fem, matplotlib, PyBaMM (and bpx, with the planted walks of continuum.py). Exit code 1 when
something deviates."""

import argparse
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import continuum
from checks import Checks, command

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/plating"
PICTURES = ("maps", "along", "dependence", "plating", "halfcell")
BARE, CRACKED, COATED = (
    "bare, interphase intact",
    "bare, interphase cracked at the tip",
    "coated, layer of even thickness",
)


def script(checks, name, *words):
    """Run a script of the example."""
    done = subprocess.run(
        [sys.executable, EXAMPLE / name, *map(str, words)], capture_output=True, text=True, check=False
    )
    checks.true(f"{name} {' '.join(map(str, words))[-60:]}", done.returncode == 0)
    if done.returncode:
        print(done.stdout, done.stderr)


def check_kept(checks, work):
    """The set kept with the example gives what README.md says."""
    out = work / "kept"
    script(checks, "plating.py", "-o", out, "--draws", 24)
    script(checks, "halfcell.py", "-o", out, "--draws", 3)
    cases = {row["case"]: row for row in json.loads((out / "results.json").read_text())["cases"]}
    for case, ratio in ((BARE, 1.02), (CRACKED, 37.05), (COATED, 1.38)):
        checks.near(f"tip/flat, {case}", abs(cases[case]["tip_to_flat"] / ratio - 1), 0.01)
    for case, row in cases.items():
        checks.true(
            f"95 % interval holds the middle, {case}", row["low_95"] <= row["tip_to_flat"] <= row["high_95"]
        )
    for name in PICTURES:
        checks.true(
            f"{name}.png and .svg", all((out / f"{name}.{e}").stat().st_size > 5000 for e in ("png", "svg"))
        )


def check_fresh(checks, interlith, work):
    """Walks of known diffusivity, measured and exported now: what the example reads is what was planted."""
    walks = work / "walks"
    walks.mkdir(exist_ok=True)
    salt = continuum.export(
        interlith,
        walks,
        "salt",
        ("Li", "Cl"),
        ["--species", "Li,Cl", "--charges", "Li=1,Cl=-1", "--reference", "none"],
    )
    continuum.export(
        interlith,
        walks,
        "ceramic",
        ("Li", "O"),
        ["--species", "Li", "--charges", "Li=1", "--reference", "framework"],
    )
    for name in ("salt", "ceramic"):
        command(
            interlith, "export", walks / name, "--to", "csv", "--material", name, "-o", work / "set" / name
        )
    out = work / "fresh"
    script(
        checks,
        "plating.py",
        work / "set",
        "-o",
        out,
        "--ceramic",
        "ceramic",
        "--polymer",
        "salt",
        "--draws",
        8,
    )
    script(checks, "halfcell.py", salt, "-o", out, "--draws", 2)
    plus, minus = (continuum.diffusivity(name, continuum.ROOM) for name in ("Li", "Cl"))
    number = continuum.N_IONS / (continuum.EDGE**3 * 1e-30 * 6.02214076e23)
    factor = continuum.F**2 * number / (continuum.R * continuum.ROOM)
    planted = {
        "conductivity of ceramic": factor * plus,
        "conductivity of salt": factor * (plus + minus),
        "diffusivity of Li, salt": plus,
        "salt, salt": number,
    }
    read = {row["name"]: row for row in json.loads((out / "results.json").read_text())["parameters"]}
    for name, value in planted.items():
        row = read[name]
        sigma = (row["high_95"] - row["low_95"]) / 4 if row["high_95"] > row["low_95"] else 1e-9 * value
        checks.near(
            f"{name}: planted and read, in standard deviations", abs(row["value"] - value) / sigma, 5.0
        )
    shares = [
        continuum.diffusivity("Li", t) / sum(continuum.diffusivity(name, t) for name in ("Li", "Cl"))
        for t in continuum.KELVIN
    ]
    share = read["share of Li in it, salt"]  # a mean over the temperatures of the runs
    checks.true("share of Li in it: within those planted", min(shares) < share["value"] < max(shares))


def check_refusals(checks, work):
    """What cannot be read is told in one line."""
    bad = work / "bad"
    bad.mkdir(exist_ok=True)
    (bad / "table.csv").write_text("a,b\n1,2\n")
    for words in (
        ("plating.py", work / "nowhere"),
        ("plating.py", bad),
        ("halfcell.py", bad),
        ("plating.py", "--polymer", "PEO"),
    ):
        done = subprocess.run(
            [sys.executable, EXAMPLE / words[0], *map(str, words[1:])],
            capture_output=True,
            text=True,
            check=False,
        )
        checks.true(f"refused: {words[0]} {words[-1]}", done.returncode == 1 and done.stderr.count("\n") == 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--interlith", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    for line in (EXAMPLE / "requirements.txt").read_text().split():
        name, wanted = line.split("==")
        checks.true(f"requirements: {line}", version(name) == wanted or name in ("numpy", "scipy"))
    script(checks, "test_plating.py")
    check_kept(checks, arguments.work)
    check_fresh(checks, arguments.interlith, arguments.work)
    check_refusals(checks, arguments.work)
    return checks.verdict("plating")


if __name__ == "__main__":
    sys.exit(main())
