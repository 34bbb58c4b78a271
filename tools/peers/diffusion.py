# SPDX-License-Identifier: GPL-3.0-or-later
"""The same LAGP crystal at the same temperature in LAMMPS and in the engine: do the diffusivities of lithium agree?

    diffusion.py --interlith FILE --lmp FILE --work DIR [--temperature K] [--ps TIME] [--seed S]

The command draws a realisation of about 1,000 atoms, finds its mean cell and runs it. LAMMPS then runs the final structure in the
same cell with the same cut-offs, accuracy and kind of thermostat; its dump goes through the same analysis. Exit code 1 when the two
differ by more than three of their combined standard deviations.
"""
import argparse
import json
import math
import os
import subprocess
from pathlib import Path

import peer_models as models
from peers import TOP, Structure, write_data

SHORT, REAL, ACCURACY, FRAME = 8.0, 9.0, 1e-4, 100.0  # angstrom; relative; fs


def lammps_deck(work, labels, temperature, ps, seed):
    lines = ["units metal", "atom_style full", "boundary p p p", "box tilt large", "read_data lagp.data",
             f"pair_style hybrid/overlay coul/long {REAL} pedone {SHORT}", "pair_coeff * * coul/long"]
    o = labels.index("O") + 1
    for k, label in enumerate(labels, 1):
        _, d, a, r0, c = models.PMMCS[label]
        lines.append(f"pair_coeff {min(k, o)} {max(k, o)} pedone {d!r} {a!r} {r0!r} {c!r}")
    every = round(FRAME / 2.0)
    return lines + ["pair_modify shift yes", f"kspace_style pppm {ACCURACY}", "kspace_modify order 7",
                    "neighbor 1.2 bin", "neigh_modify delay 0 every 2 check yes",
                    f"velocity all create {temperature} {seed} mom yes rot no dist gaussian", "timestep 0.002",
                    "fix move all nve", f"fix heat all temp/csvr {temperature} {temperature} 0.2 {seed}", "thermo 5000",
                    f"run {round(500 * min(10.0, ps))}", "reset_timestep 0", f"dump out all custom {every} lagp.dump id element xu yu zu",
                    "dump_modify out element " + " ".join(labels) + " sort id", f"run {round(ps * 500)}"]


def diffuse(interlith, out, *arguments):
    """Results of the verb: D of lithium, and that of the charge, with their standard deviations, m2/s."""
    done = subprocess.run([interlith, "diffuse", *arguments, "--species", "Li", "-o", out, "--quiet", "--fresh"], check=False,
                          stdout=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(f"diffusion: interlith diffuse ended with {done.returncode}")
    run = json.loads((Path(out) / "diffuse.json").read_text())["runs"][0]
    return {"tracer": run["D_tracer_m2_per_s"]["Li"], "charge": run["D_charge_m2_per_s"]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--interlith", required=True)
    parser.add_argument("--lmp", required=True)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--temperature", type=float, default=1000.0)
    parser.add_argument("--ps", type=float, default=200.0)
    parser.add_argument("--seed", type=int, default=11)
    a = parser.parse_args()
    work = a.work
    work.mkdir(parents=True, exist_ok=True)
    ours = diffuse(a.interlith, str(work / "ours"), str(TOP / "structures/LAGP.cif"), "-p", "pmmcs", "--repeat", "3,3,1",
                   "--short-cutoff", str(SHORT), "--coulomb-cutoff", str(REAL), "--coulomb-accuracy", str(ACCURACY), "--dt",
                   "2", "--frame-time", str(FRAME), "--temperatures", str(a.temperature), "--time", str(a.ps),
                   "--equilibrate", str(min(20.0, a.ps)), "--seed", str(a.seed))
    final = next((work / "ours").glob(f"run-{a.temperature:g}K-*/final.extxyz"))
    labels, _ = write_data(Structure(final), work / "lagp.data", lambda label: models.PMMCS[label][0])
    (work / "in.lagp").write_text("\n".join(lammps_deck(work, labels, a.temperature, a.ps, a.seed)) + "\n")
    with open(work / "lmp.out", "w") as out:
        subprocess.run([a.lmp, "-in", "in.lagp", "-log", "none"], cwd=work, stdout=out, check=True,
                       env={**os.environ, "OMP_NUM_THREADS": "1"})
    theirs = diffuse(a.interlith, str(work / "lammps"), "--from", str(work / "lagp.dump"), "--temperatures",
                     str(a.temperature), "--frame-time", str(FRAME))
    bad = 0
    for kind in ours:
        x, y = ours[kind], theirs[kind]
        if None in (x["value"], x["sigma"], y["value"], y["sigma"]):
            print(f"D {kind:7s} at {a.temperature:g} K: {a.ps:g} ps are too short for an error, so nothing is compared")
            bad += 1
            continue
        apart = abs(x["value"] - y["value"]) / math.hypot(x["sigma"], y["sigma"])
        bad += not apart <= 3.0
        print(f"D {kind:7s} at {a.temperature:g} K, {a.ps:g} ps, 1e-10 m2/s: interlith {1e10 * x['value']:.2f} +- "
              f"{1e10 * x['sigma']:.2f}, LAMMPS {1e10 * y['value']:.2f} +- {1e10 * y['sigma']:.2f}: {apart:.1f} sigma apart")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
