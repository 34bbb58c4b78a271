# SPDX-License-Identifier: GPL-3.0-or-later
"""Relaxations beside LAMMPS' minimisers: a polymer in a gap, a crystal whose cell is strained, from the same start to the same forces.

LAMMPS gets the force field that `relax --engine lammps --deck` writes, with an Ewald sum whose forces are those of its energy to many digits,
so that no line search fails for them; on W5 it has its mesh. Energies and forces at the end are ours for all, with converged sums.
"""
import random
import re
import time

import speed_files as files
from checks import command, result
from peers import TOP, Structure
from speed_programs import CORES

FORCE = 1e-3            # eV/angstrom, largest component
STRESS = 1e-5           # eV/angstrom^3, largest component
STRAIN = ((1.02, 0.01, 0.0), (0.0, 0.985, 0.01), (0.0, 0.0, 1.015))
MOVE = 0.05             # angstrom, each coordinate by up to that
BAR = 1.602176634e6     # of an eV/A^3
ROUNDS = 40             # of LAMMPS' minimiser with a cell: its fix keeps to the cell of its start
MOST = 10000            # steps


def strained(path, out):
    """The structure with its cell strained and its atoms displaced, in the axes of LAMMPS."""
    s, rng = Structure(path), random.Random(4711)
    s.h, s.x = ([[sum(v[i] * STRAIN[i][k] for i in range(3)) for k in range(3)] for v in rows] for rows in (s.h, s.x))
    s.x = [[round(c + rng.uniform(-MOVE, MOVE), 8) for c in x] for x in s.x]
    s.write(out)
    return out


def build(interlith, work):
    """{case: (title, structure, model, moves the cell)}, made by the command."""
    def made(name, verb, *words):
        command(interlith, verb, *words, "--seed", 1, "--threads", 1, "-o", work / name)
        return work / name
    lagp = made("lagp", "order", TOP / "structures/LAGP.cif", "-n", 1) / "LAGP-001.extxyz"
    slab = made("slab", "slab", lagp, "--miller", "0,0,1", "--layers", 1) / "slab.xyz"
    gap = made("gap", "polymer", "--on", slab, "--under", slab, "--gap", 12, "--degree", 4) / "film.extxyz"
    crystal = strained(made("lgp", "order", TOP / "structures/LGP.cif", "-n", 1) / "LGP-001.extxyz", work / "lgp-strained.extxyz")
    return {"W5": ("W5", files.DATA / "slab-displaced.extxyz", files.DATA / "pmmcs6-shift.yaml", False),
            "gap": ("P-DOL between two faces of LAGP", gap, TOP / "potentials/lagp-pdol.yaml", False),
            "cell": ("LGP, cell and atoms", crystal, TOP / "potentials/pmmcs.yaml", True)}


def minimise_lines(method, cell):
    """Of a deck: one minimisation; with a cell, rounds of conjugate gradients for cell and atoms and of FIRE, which knows no cell, for atoms."""
    if not cell:
        return [f"min_style {method}", "min_modify norm max dmax 0.1", f"minimize 0.0 {FORCE} {MOST} {10 * MOST}"]
    large = "+".join(f"(abs({p})>{STRESS * BAR!r})" for p in ("pxx", "pyy", "pzz", "pyz", "pxz", "pxy"))
    one = f"minimize 0.0 {0.5 * FORCE} 41 820"
    return ["thermo_modify norm no", "run 0", f'variable large equal "{large}+(fmax>{FORCE})"', f"variable round loop {ROUNDS}", "label round",
            "fix box all box/relax tri 0.0 vmax 0.002", "min_style cg", "min_modify norm max dmax 0.1", one, "unfix box", "min_style fire", one,
            "run 0", 'if "$(v_large) == 0" then "jump SELF done"', "next round", "jump SELF round", "label done"]


class Relaxations:
    """slab: data file of the displaced slab, W5."""

    def __init__(self, own, lammps, lmp, work, slab):
        self.own, self.lammps, self.lmp, self.work, self.slab = own, lammps, lmp, work, slab
        work.mkdir(parents=True, exist_ok=True)
        self.cases = build(own.interlith, work)

    def run(self):
        """For each case {its name: title, atoms, runs by program and minimiser}, after each of its runs."""
        for name, (title, path, _, cell) in self.cases.items():
            row = {"title": title, "atoms": len(Structure(path).x), "runs": {"Interlith": self.ours(name)}}
            for method, called in (("cg", "LAMMPS CG, in turn with FIRE"),) if cell else (("cg", "LAMMPS CG"), ("fire", "LAMMPS FIRE")):
                row["runs"][called] = self.theirs(name, method)
                last = row["runs"][called]
                print(f"{title}, {called}: {last['evaluations']} evaluations (ours {row['runs']['Interlith']['evaluations']}), "
                      f"{last['wall']:.0f} s", flush=True)
                yield {name: row}

    def judged(self, name, path):
        """Energy and largest force of a structure with a converged sum."""
        r = result(self.own.interlith, "energy", path, "-p", self.cases[name][2], "--forces", "--coulomb", "ewald", "--coulomb-accuracy", 1e-9)
        return {"energy": r["energy_eV"], "force": max(abs(c) for f in r["forces_eV_per_A"] for c in f)}

    def ours(self, name):
        _, path, model, cell = self.cases[name]
        more = ["--mode", "both", "--stress-tolerance", STRESS] if cell else []
        folder = self.work / f"own-{name}"
        r = result(self.own.interlith, "relax", path, "-p", model, "--force-tolerance", FORCE, "--max-steps", MOST, "--threads", CORES,
                   "--fresh", "-o", folder, *more)
        timing = r["provenance"]["timing"]
        return {"evaluations": timing["evaluations"], "seconds": timing["summed_s"] - timing["stages_s"]["other"], "why": "force tolerance",
                **self.judged(name, folder / "relaxed.extxyz")}

    def deck(self, name, method):
        """Folder and script of a minimisation."""
        _, path, model, cell = self.cases[name]
        folder = self.work / f"{name}-{method}"
        if name == "W5":
            folder.mkdir(exist_ok=True)
            return folder, files.lagp_deck(self.slab, "pedone", method, slab=True)
        command(self.own.interlith, "relax", path, "-p", model, "--engine", "lammps", "--deck", "--lmp", self.lmp, "-o", folder,
                *(["--mode", "both"] if cell else []))
        return folder / "relax", ["include system.field", "thermo_style custom step pe fmax pxx pyy pzz pyz pxz pxy", "thermo 100",
                                  "timestep 0.001", *minimise_lines(method, cell)]

    def theirs(self, name, method):
        folder, script = self.deck(name, method)
        start = time.monotonic()
        self.lammps.run(folder, [*script, 'write_dump all custom end.dump id xu yu zu modify sort id format float "%.12g"'], "plain2")
        log = (folder / "log.lmp").read_text()
        seconds = sum(float(t) for t, n in re.findall(r"Loop time of (\S+) on \d+ procs for (\d+) steps", log) if int(n))
        return {"evaluations": sum(int(n) for n in re.findall(r"force evaluations = \d+ (\d+)", log)), "seconds": seconds,
                "wall": time.monotonic() - start, "why": re.findall(r"Stopping criterion = (.*)", log)[-1],
                **self.judged(name, self.end_of(folder, self.cases[name][1]))}

    def end_of(self, folder, path):
        """The last structure of LAMMPS; its axes are those of ours, as a lies along x and b in the xy plane."""
        s, lines = Structure(path), (folder / "end.dump").read_text().splitlines()
        at = next(k for k, line in enumerate(lines) if line.startswith("ITEM: BOX BOUNDS"))
        if "xy" in lines[at]:
            s.h = cell_of([[float(word) for word in line.split()] for line in lines[at + 1:at + 4]])
        s.x = [[float(word) for word in row.split()[1:]] for row in lines[at + 5:]]
        s.write(folder / "end.extxyz")
        return folder / "end.extxyz"


def cell_of(bounds):
    """Of a triclinic dump: its bounds hold the tilts."""
    (x0, x1, xy), (y0, y1, xz), (z0, z1, yz) = bounds
    a = x1 - max(0.0, xy, xz, xy + xz) - (x0 - min(0.0, xy, xz, xy + xz))
    b = y1 - max(0.0, yz) - (y0 - min(0.0, yz))
    return [[a, 0.0, 0.0], [xy, b, 0.0], [xz, yz, z1 - z0]]

