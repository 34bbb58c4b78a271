# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs computed by LAMMPS (--engine lammps) beside the same verbs computed by Interlith.

    engine.py --interlith FILE --lmp FILE --work DIR [--diffusion [--ps TIME]]

Energies, forces and stresses for oxides, a metal and a polymer, of cells that stand in any direction too; the first steps of
trajectories with every integrator that both have; relaxations; a deck that LAMMPS runs alone; two ranks. With --diffusion
instead: lithium in LAGP at 1200 K, by two ranks of LAMMPS and by Interlith, whose D must agree within three standard errors.
Exit code 1 when something deviates by more than its bound.
"""
import argparse
import json
import math
import shutil
import subprocess
from pathlib import Path

from checks import Checks, command, result
from peers import TOP, Structure

EWALD = ("--coulomb", "ewald", "--coulomb-accuracy", "1e-10", "--coulomb-cutoff", "9", "--short-cutoff", "8")
STEPS = 20


def rotated(s, order):
    """The same crystal in no special direction; its vectors in another order are left-handed."""
    twin = Structure.__new__(Structure)
    twin.__dict__.update(s.__dict__)
    a, b, c = 0.7, -1.1, 0.4
    turn = [[math.cos(a) * math.cos(b), math.cos(a) * math.sin(b) * math.sin(c) - math.sin(a) * math.cos(c),
             math.cos(a) * math.sin(b) * math.cos(c) + math.sin(a) * math.sin(c)],
            [math.sin(a) * math.cos(b), math.sin(a) * math.sin(b) * math.sin(c) + math.cos(a) * math.cos(c),
             math.sin(a) * math.sin(b) * math.cos(c) - math.cos(a) * math.sin(c)],
            [-math.sin(b), math.cos(b) * math.sin(c), math.cos(b) * math.cos(c)]]

    def times(v):
        return [sum(v[k] * turn[k][j] for k in range(3)) for j in range(3)]
    twin.h = [times(s.h[k]) for k in order]
    twin.x = [times(x) for x in s.x]
    return twin


def slab_of(s):
    """Open along its third vector, with 15 A of vacuum."""
    twin = Structure.__new__(Structure)
    twin.__dict__.update(s.__dict__)
    twin.pbc = ["T", "T", "F"]
    twin.h = [*s.h[:2], [*s.h[2][:2], s.h[2][2] + 15]]
    twin.x = [[x, y, z + 3] for x, y, z in s.x]
    return twin


def structures(interlith, work):
    """name: (file, model, options)."""
    def made(folder, file, *words):
        command(interlith, *words, "-o", work / folder)
        return Structure(work / folder / file)
    lgp = made("lgp", "LGP-001.extxyz", "order", TOP / "structures/LGP.cif", "-n", 1)
    metal = made("li", "Li-001.extxyz", "order", TOP / "structures/Li.cif", "-n", 1, "--supercell", "3,3,3")
    polymer = made("pdol", "polymer.extxyz", "polymer", "--monomer", "dol", "--chains", 4, "--degree", 3, "--seed", 3)
    lgp.rattle(0.03, 1)
    metal.rattle(0.05, 2)
    polymer.rattle(0.01, 3)
    cases = {"oxide": (lgp, "pmmcs", EWALD), "oxide, turned": (rotated(lgp, (0, 1, 2)), "pmmcs", EWALD),
             "oxide, left-handed": (rotated(lgp, (1, 0, 2)), "pmmcs", EWALD), "metal": (metal, "li", ()),
             "polymer": (polymer, "pdol", EWALD), "slab": (slab_of(lgp), "pmmcs", EWALD)}
    out = {}
    for name, (s, model, options) in cases.items():
        file = work / (name.replace(", ", "-") + ".extxyz")
        s.write(file)
        out[name] = (file, model, options)
    return out


def largest(a, b):
    """Of the difference of two nested lists, by the largest of the second."""
    def flat(x):
        return [c for row in x for c in flat(row)] if isinstance(x, list) else [x]
    a, b = flat(a), flat(b)
    if len(a) != len(b):
        raise SystemExit(f"{len(a)} numbers beside {len(b)}")
    return max(abs(x - y) for x, y in zip(a, b)) / max(map(abs, b))


def check_energies(args, checks, cases):
    for name, (file, model, options) in cases.items():
        stress = () if name == "slab" else ("--stress",)
        words = ("energy", file, "-p", model, *options, "--forces", *stress)
        ours = result(args.interlith, *words)
        theirs = result(args.interlith, *words, *args.by)
        two = result(args.interlith, *words, *args.by, "--mpi", 2)
        for key in ("energy_eV", "forces_eV_per_A", "stress_eV_per_A3")[:2 + len(stress)]:
            checks.near(f"{name}: {key.rsplit('_eV')[0]}, relative", largest(theirs[key], ours[key]), 1e-6)
        checks.near(f"{name}: two ranks, relative", largest(two["forces_eV_per_A"], theirs["forces_eV_per_A"]), 1e-9)
        checks.near(f"{name}: sum of terms, relative", abs(sum(theirs["terms_eV"].values()) / theirs["energy_eV"] - 1), 1e-9)


def frames(path):
    """Positions of every frame of an extended XYZ trajectory."""
    lines, out, at = Path(path).read_text().splitlines(), [], 0
    while at < len(lines):
        n = int(lines[at])
        part = path.with_name("frame.extxyz")
        part.write_text("\n".join(lines[at:at + n + 2]) + "\n")
        out.append(Structure(part).x)
        at += n + 2
    return out


def check_dynamics(args, checks, cases):
    nested = ("--respa-pairs", 2)
    runs = [("oxide", 1e-6), ("oxide, left-handed", 1e-6), ("metal", 1e-6), ("slab", 1e-6), ("polymer", 1e-6),
            ("polymer", 1e-6, *nested),
            ("polymer", 1e-6, "--constraints", "h-bonds"), ("polymer", 1e-6, "--hydrogen-mass", 3)]
    for name, bound, *more in runs:
        file, model, options = cases[name]
        step = 0.5 if name == "polymer" else 1.0
        words = ("md", file, "-p", model, *options, *more, "--ensemble", "nve", "-t", 300, "--dt", step, "--time",
                 STEPS * step / 1000, "--trajectory", "extxyz", "--trajectory-every", step / 1000, "--thermo-every", step / 1000,
                 "--fresh")
        command(args.interlith, *words, "-o", args.work / "ours")
        command(args.interlith, *words, "-o", args.work / "theirs", *args.by)
        a, b = (frames(args.work / w / "md.extxyz") for w in ("ours", "theirs"))
        title = " ".join(map(str, (name, *more)))
        checks.true(f"{title}: {STEPS + 1} frames", len(a) == len(b) == STEPS + 1)
        checks.near(f"{title}: positions of {STEPS} steps, A", max(
            abs(c - d) for p, q in zip(a, b) for x, y in zip(p, q) for c, d in zip(x, y)), bound)
        rows = [[[float(c) for c in line.split("\t")] for line in (args.work / w / "md.thermo.tsv").read_text().splitlines()
                 if line[0] != "#"] for w in ("ours", "theirs")]
        checks.true(f"{title}: rows of the table", len(rows[0]) == len(rows[1]) == STEPS + 1)
        spread = [max(r[6] for r in table) - min(r[6] for r in table) for table in rows]
        checks.near(f"{title}: spread of the conserved energy, by ours", spread[1] / spread[0], 1.05)


def near_minimum(args, mode, words):
    """Where ours ends, displaced by a little: from farther away two minimisers may end in two minima."""
    command(args.interlith, *words, "-o", args.work / f"relaxed-{mode}")
    s = Structure(args.work / f"relaxed-{mode}" / "relaxed.extxyz")
    s.rattle(0.02, 4)
    file = args.work / f"near-{mode}.extxyz"
    s.write(file)
    return file


def check_relaxation(args, checks, cases):
    far, model, options = cases["oxide, turned"]
    for mode, bound in ("atoms", 2e-4), ("both", 2e-3), ("z", 2e-3):
        settings = ("-p", model, *options[:2], *options[4:], "--coulomb-accuracy", "1e-6", "--mode", mode)
        file = far if mode != "z" else near_minimum(args, mode, ("relax", far, *settings))
        words = ("relax", file, *settings)
        ours = result(args.interlith, *words)
        theirs = result(args.interlith, *words, *args.by)
        checks.true(f"relaxed, {mode}: converged", theirs["converged"])
        checks.near(f"relaxed, {mode}: energy, eV", abs(theirs["energy_eV"] - ours["energy_eV"]), bound)
        checks.near(f"relaxed, {mode}: cell, relative", largest(theirs["cell_after"]["vectors_A"], ours["cell_after"]["vectors_A"]),
                    1e-3)


def check_deck(args, checks):
    """An exported job, run by LAMMPS alone, then collected, and analysed from its dump alone."""
    job = args.work / "job.yaml"
    job.write_text(f"task: diffuse\ninputs: {TOP}/structures/LGP.cif\nmodel: pmmcs\nshort-cutoff: 7\ncoulomb-cutoff: 8\n"
                   "coulomb-accuracy: 1e-3\ntemperatures: 1200\ntime: 1\nequilibrate: 0.2\ndt: 2\nspecies: Li\n")
    decks = args.work / "decks"
    shutil.rmtree(decks, ignore_errors=True)
    command(args.interlith, "export", job, "--to", "lammps", "-o", decks)
    name = "run-1200K-r1-s1"
    subprocess.run([args.lmp, "-in", f"in.{name}"], cwd=decks / name, check=True, stdout=subprocess.DEVNULL)
    made = (decks / name / f"{name}.dump").stat().st_mtime_ns
    command(args.interlith, "run", job, *args.by, "-o", decks)
    checks.true("deck: it is not run again", made == (decks / name / f"{name}.dump").stat().st_mtime_ns)
    collected = json.loads((decks / "diffuse.json").read_text())["runs"][0]
    back = next(line for line in (decks / "README.txt").read_text().splitlines() if line.startswith("    interlith diffuse"))
    done = subprocess.run([args.interlith, *back.split()[1:], "--json", "--quiet"], cwd=decks, capture_output=True, text=True,
                          check=True)
    alone = json.loads(done.stdout)["runs"][0]
    for key in "frames", "cell", "D_tracer_m2_per_s", "D_charge_m2_per_s", "window_ps":
        checks.true(f"deck: {key}, collected and from the dump alone", collected[key] == alone[key])


def check_diffusion(args, checks):
    words = ("diffuse", TOP / "structures/LAGP.cif", "-p", "pmmcs", "--repeat", "2,2,1", "--short-cutoff", 7, "--coulomb-cutoff", 8,
             "--coulomb-accuracy", "1e-3", "--temperatures", 1200, "--time", args.ps, "--equilibrate", 1, "--dt", 2, "--frame-time",
             50, "--species", "Li", "--fresh")
    ours = result(args.interlith, *words, "-o", args.work / "diffusion-ours")["runs"][0]
    theirs = result(args.interlith, *words, "-o", args.work / "diffusion-lammps", *args.by, "--mpi", 2)["runs"][0]
    for what, a, b in (("D of Li", ours["D_tracer_m2_per_s"]["Li"], theirs["D_tracer_m2_per_s"]["Li"]),
                       ("D of the charge", ours["D_charge_m2_per_s"], theirs["D_charge_m2_per_s"])):
        if None in (a["value"], a["sigma"], b["value"], b["sigma"]):
            checks.true(f"{what}: {args.ps:g} ps are long enough for an error", False)
            continue
        print(f"{what}, 1e-9 m2/s: Interlith {1e9 * a['value']:.2f} +- {1e9 * a['sigma']:.2f}, two ranks of LAMMPS "
              f"{1e9 * b['value']:.2f} +- {1e9 * b['sigma']:.2f}")
        checks.near(f"{what}, in combined standard errors", abs(a["value"] - b["value"]) / math.hypot(a["sigma"], b["sigma"]), 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interlith", required=True)
    parser.add_argument("--lmp", required=True)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--diffusion", action="store_true")
    parser.add_argument("--ps", type=float, default=12.0)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    args.by = ("--engine", "lammps", "--lmp", args.lmp)
    checks = Checks()
    if args.diffusion:
        check_diffusion(args, checks)
    else:
        cases = structures(args.interlith, args.work)
        check_energies(args, checks, cases)
        check_dynamics(args, checks, cases)
        check_relaxation(args, checks, cases)
        check_deck(args, checks)
    return checks.verdict("engine")


if __name__ == "__main__":
    raise SystemExit(main())
