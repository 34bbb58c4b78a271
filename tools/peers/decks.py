# SPDX-License-Identifier: GPL-3.0-or-later
"""Every model in potentials/ as the engine writes it for LAMMPS: energy, forces and virial of both.

    decks.py --interlith FILE --lmp FILE --work DIR [--only WORD] [--no-tables]

Builds a structure for each model with the command, displaces its atoms at random, lets `energy --engine lammps` write
data and force field, runs LAMMPS on them with a script of its own, and prints relative deviations from the engine: energy, root mean square of
the forces, largest component of the virial. Then again with a LAMMPS that claims to have none of the styles which a form of
ours may name, so that all are tables. Exit code 1 when a deviation is above the tolerance or a model has no case.
"""
import argparse
import copy
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import peer_models as models
from peers import Structure, TOP, VOIGT, deviations

TOLERANCE = 1e-6
TIGHT = ("--coulomb", "ewald", "--coulomb-accuracy", "1e-10")
POOR = "lmp-of-tables"
TOLD = 1e-9  # of energy and largest force: forces of the engine come from a file with as many digits
JOIN = 3.0  # angstrom, of the pair function of lithium metal
STYLES = "pedone morse lj/cut buck multi/harmonic opls harmonic".split()
SCRIPT = """include {field}
compute w all pressure NULL virial
variable qz atom q*z
compute m all reduce sum v_qz
thermo_style custom step pe c_w[1] c_w[2] c_w[3] c_w[4] c_w[5] c_w[6] vol c_m
thermo_modify format float %.16g
dump f all custom 1 forces.dump id fx fy fz
dump_modify f sort id format float %.16g
run 0
"""


def length(v):
    return math.sqrt(sum(c * c for c in v))


def frame(h):
    """Rows: the axes of LAMMPS in the frame of a cell, a along x and b in the xy plane."""
    a, b = h[0], h[1]
    n = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    x, z = [c / length(a) for c in a], [c / length(n) for c in n]
    return [x, [z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0]], z]


class Builder:
    """Structures made by the command, each once."""

    def __init__(self, interlith, work):
        self.interlith, self.work = interlith, work

    def call(self, *words):
        done = subprocess.run([self.interlith, *map(str, words), "--quiet"], capture_output=True, text=True, cwd=TOP)
        if done.returncode:
            raise SystemExit(f"interlith {' '.join(map(str, words))}: {done.stderr.strip()}")

    def crystal(self, name, *words):
        folder = self.work / f"crystal-{name}-{'-'.join(words)}".replace(",", "x")
        if not folder.exists():
            self.call("order", f"structures/{name}.cif", "-n", "1", "--seed", "1", *words, "-o", folder)
        return folder / f"{name}-001.extxyz"

    def slab(self, path, *words):
        folder = self.work / f"slab-{Path(path).stem}{''.join(words)}".replace(",", "x")
        if not folder.exists():
            self.call("slab", path, *words, "-o", folder)
        return folder / "slab.xyz"

    def film(self, name, *words):
        folder = self.work / name
        if not folder.exists():
            self.call("polymer", "--seed", "3", *words, "-o", folder)
        return folder / ("film.extxyz" if "--on" in words else "polymer.extxyz")


def name_metal(s, side):
    """Lithium on one side of a contact is metal."""
    if not s.has_labels:
        s.labels, s.molecules, s.has_labels = list(s.elements), [0] * len(s.x), True
    s.labels = ["Li0" if element == "Li" and at == side else label
                for element, label, at in zip(s.elements, s.labels, s.sides)]


def reduce(s, element, label, count):
    """Give `count` ions of an element an electron each, and put a lithium ion into the widest gap for each of them."""
    if not s.has_labels:
        s.labels, s.molecules, s.has_labels = list(s.elements), [0] * len(s.x), True
    for i in [i for i, e in enumerate(s.elements) if e == element][:count]:
        s.labels[i] = label
    cells = [(p, q, r) for p in (-1, 0, 1) for q in (-1, 0, 1) for r in (-1, 0, 1)]
    move = [[sum(w * v[k] for w, v in zip(cell, s.h)) for k in range(3)] for cell in cells]
    low, high = (f(x[2] for x in s.x) for f in (min, max)) if s.pbc[2] == "F" else (0, s.h[2][2])
    grid = [(p / 6, q / 6, r / 13) for p in range(6) for q in range(6) for r in range(13)]
    for _ in range(count):
        best = None
        for p, q, r in grid:
            x = [p * a + q * b + r * c for a, b, c in zip(*s.h)]
            x[2] = low + r * (high - low)
            gap = min(sum((x[k] - y[k] - m[k]) ** 2 for k in range(3)) for y in s.x for m in move)
            best = max(best or (0,), (gap, x))
        s.elements.append("Li")
        s.labels.append("Li")
        s.molecules.append(0)
        s.sides.append(0)
        s.x.append(best[1])


def rattled(s, width):
    """Displaced at random, but with no metal atoms 3 angstrom apart: there the published function has a step of 0.5 eV/A^2 in its
    curvature, which no table follows (theory.md, 14.23)."""
    for seed in range(1, 1000):
        moved = copy.deepcopy(s)
        moved.rattle(width, seed)
        metal = [x for x, label in zip(moved.x, moved.labels) if label in ("Li0", "Li")]
        if s.elements.count("Li") < 48 or not any(abs(d - JOIN) < 5e-4 for d in distances(moved, metal)):
            return moved
    raise SystemExit("no displacement keeps metal atoms away from the join of their pair function")


def distances(s, x):
    """Of all pairs, angstrom, nearest images along the axes of the cell (more than half of a width counts for nothing here)."""
    for i, p in enumerate(x):
        for q in x[:i]:
            d = [a - b for a, b in zip(p, q)]
            for row, axis in ((s.h[2], 2), (s.h[1], 1), (s.h[0], 0)):
                turns = round(d[axis] / row[axis])
                d = [a - turns * b for a, b in zip(d, row)]
            yield length(d)


def make_cases(b):
    """Yields name, model, structure, options of the command."""
    lagp, upright = b.crystal("LAGP"), b.crystal("Li2O")
    lagp_slab = b.slab(lagp, "--miller", "0,0,1", "--layers", "1")
    wide = b.slab(lagp, "--miller", "0,0,1", "--layers", "1", "--repeat-a", "2", "--repeat-b", "2")
    metal = b.slab("structures/Li.cif", "--miller", "1,1,0", "--thickness", "8")
    metal_wide = b.slab("structures/Li.cif", "--miller", "1,1,0", "--thickness", "8", "--repeat-a", "4", "--repeat-b", "4")
    contact = TOP / "tests/ref/dft/li111-lgp001-Li-terminated.extxyz"
    cases = {
        "lagp": ("pmmcs", lagp), "lagp-slab": ("pmmcs", lagp_slab),
        "li2o-slab": ("pmmcs", b.slab(upright, "--miller", "1,0,0", "--thickness", "8", "--repeat-a", "2", "--repeat-b", "2")),
        "li-bulk": ("li", b.crystal("Li", "--supercell", "4,4,4")), "li-slab": ("li", metal_wide),
        "pdol-melt": ("pdol", b.film("melt", "--chains", "10", "--degree", "3")),
        "pdol-litfsi": ("pdol-salt", b.film("litfsi", "--salt", "LiTFSI", "--o-li", "16", "--chains", "6", "--degree", "4")),
        "pdol-lipf6": ("pdol-salt", b.film("lipf6", "--salt", "LiPF6", "--o-li", "12", "--chains", "6", "--degree", "4"),
                       "--charge-scale", "0.8"),
        "li-pdol": ("li-pdol", b.film("li-film", "--on", metal_wide, "--gap", "12", "--degree", "4")),
        "lagp-pdol": ("lagp-pdol", b.film("lagp-film", "--on", wide, "--gap", "12", "--degree", "4")),
        "stack": ("li-pdol-lagp", b.film("stack", "--on", wide, "--under", metal, "--max-strain", "10", "--gap", "14",
                                         "--degree", "4")),
        "li-lgp": ("li-lagp", contact), "li-lgp-taken-up": ("li-lagp-lithiation", contact),
        "ltp-taken-up": ("ltp-lithiation", b.crystal("LTP")),
        **{f"lagp{kind}-taken-up": (f"lagp-lithiation{kind}", lagp) for kind in ("", "-small", "-large")},
    }
    for name, (model, path, *options) in cases.items():
        s = Structure(path)
        if name == "stack" or name.startswith("li-lgp"):
            name_metal(s, max(s.sides))
        if name.endswith("taken-up"):
            reduce(s, *(("Ti", "Ti3") if name.startswith("ltp") else ("Ge", "Ge3")), 2)
        yield name, model, rattled(s, 0.02 if "pdol" in name or name == "stack" else 0.04), options


def run_json(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def turn(axes, v):
    return [sum(v[k] * axes[k][c] for k in range(3)) for c in range(3)]


def run_deck(lmp, folder, s):
    """Energy, virial and forces in the frame of the structure, and the version."""
    field = next(folder.glob("*.field"))
    words = [line.split() for line in field.read_text().splitlines()]
    (folder / "in.proof").write_text(SCRIPT.format(field=field.name))
    done = subprocess.run([lmp, "-in", "in.proof", "-log", "proof.log"], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{folder}/proof.log: LAMMPS failed: " + " ".join(done.stdout.strip().splitlines()[-2:]))
    log = (folder / "proof.log").read_text().splitlines()
    at = next(k for k, line in enumerate(log) if line.split()[:2] == ["Step", "PotEng"])
    _, energy, xx, yy, zz, xy, xz, yz, volume, dipole = map(float, log[at + 1].split())
    axes, w = frame(s.h), [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]
    w = [[c * volume / models.LAMMPS_NKTV2P for c in row] for row in w]
    if s.pbc[2] == "F" and any(line[:1] == ["kspace_style"] for line in words):
        # what LAMMPS leaves out of the virial: the dipole correction, of which area and height follow the strain
        ratio = next((float(line[2]) for line in words if line[:2] == ["kspace_modify", "slab"]), 1.0)
        slab = 2 * math.pi * models.COULOMB * dipole**2 / (volume * ratio)
        for k, sign in enumerate((1, 1, -1)):
            w[k][k] += sign * slab
    w = [[sum(axes[i][p] * w[i][j] * axes[j][q] for i in range(3) for j in range(3)) for q in range(3)] for p in range(3)]
    rows = (folder / "forces.dump").read_text().splitlines()[9:]
    forces = [turn(axes, [float(c) for c in row.split()[1:]]) for row in rows]
    return energy + offset_of(folder), [w["xyz".index(v[0])]["xyz".index(v[1])] for v in VOIGT], forces, log[0].strip()


def offset_of(folder):
    """What the deck says is to be added to the energy, eV."""
    for line in next(folder.glob("*.field")).read_text().splitlines():
        if line.startswith("# to be added to the potential energy:"):
            return float(line.split(":")[1].split()[0])
    return 0.0


def rms(rows):
    flat = [c for row in rows for c in row]
    return math.sqrt(sum(c * c for c in flat) / len(flat))


def poorer(lmp, folder):
    """A program that runs this LAMMPS but says that it has none of STYLES."""
    path = folder / POOR
    drop = " ".join(f"-e 's#\\b{style}\\(/[a-z]*\\)*\\b##g'" for style in STYLES)
    path.write_text(f'#!/bin/sh\ncase "$1" in -h|-help) "{lmp}" -h | sed -e \'s#mdump##\' {drop} ;; *) exec "{lmp}" "$@" ;; esac\n')
    path.chmod(0o755)
    return path


def prove(o, lmp, name, model, s, options):
    folder = o.work / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = folder / "structure.extxyz"
    s.write(path)
    common = [o.interlith, "energy", path, "-p", TOP / f"potentials/{model}.yaml", "--json", "--quiet", *options]
    ours = run_json([*common, "--forces", "--stress", *TIGHT])
    through = run_json([*common, "--forces", "--engine", "lammps", "--lmp", lmp, "-o", folder / "deck"])
    energy, virial, forces, version = run_deck(lmp, next(folder.rglob("*.field")).parent, s)
    told = deviations((through["energy_eV"], [1.0], through["forces_eV_per_A"]), (energy, [1.0], forces))
    if max(told) > TOLD:
        raise SystemExit(f"{name}: what the engine tells of LAMMPS is not what LAMMPS says: {told}")
    want = -1.0 * ours["volume_A3"]
    virial_ours = [want * c for c in ours["stress_eV_per_A3"]]
    d = deviations((ours["energy_eV"], virial_ours, ours["forces_eV_per_A"]), (energy, virial, forces))
    d[1] = rms([[p - q for p, q in zip(*pair)] for pair in zip(forces, ours["forces_eV_per_A"])]) / rms(forces)
    tables = sum(1 for _ in folder.rglob("*.table")) + sum(1 for _ in folder.rglob("*.bonded"))
    if lmp.name == POOR and model != "li" and not tables:
        raise SystemExit(f"{name}: a LAMMPS without styles got a deck without tables")
    print(f"{name:<20}{model:<24}{len(s.x):>6}{energy:>14.4f}" + "".join(f"{c:>10.1e}" for c in d)
          + (f"  {tables} table file{'s' * (tables > 1)}" if tables else ""), flush=True)
    return d, version


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interlith", required=True)
    parser.add_argument("--lmp", required=True)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--only", metavar="WORD", help="cases whose name has it")
    parser.add_argument("--no-tables", action="store_true", help="with the styles of LAMMPS only")
    o = parser.parse_args()
    o.work = o.work.resolve()
    o.work.mkdir(parents=True, exist_ok=True)
    lmp = Path(shutil.which(o.lmp) or o.lmp)
    worst, seen, version = [], set(), ""
    programs = [("styles of LAMMPS", lmp)] + ([("tables", poorer(lmp, o.work))] if not o.no_tables else [])
    for what, program in programs:
        print(f"{what:<44}{'atoms':>6}{'energy eV':>14}{'energy':>10}{'forces':>10}{'virial':>10}")
        for name, model, s, options in make_cases(Builder(o.interlith, o.work / "structures")):
            seen.add(model)
            if o.only and o.only not in name:
                continue
            d, version = prove(o, program, name, model, s, options)
            worst += d
    missing = {path.stem for path in (TOP / "potentials").glob("*.yaml")} - seen
    if missing:
        print("no case for the models", ", ".join(sorted(missing)))
    if not worst:
        parser.error(f"there is no case with {o.only} in its name")
    print(f"largest relative deviation {max(worst):.1e}, tolerance {TOLERANCE:.0e}; {version}")
    return 0 if not missing and all(d <= TOLERANCE for d in worst) else 1


if __name__ == "__main__":
    sys.exit(main())
