# SPDX-License-Identifier: GPL-3.0-or-later
"""Energies, forces and virials of LAMMPS, beside those of the engine and those kept in tests/ref/lammps.

    peers.py --interlith FILE --lmp FILE --work DIR [--store] [--only CASE]

Builds every case with the command, rattles it with a fixed seed, runs LAMMPS, and prints relative deviations. Exit code
1 when one is above its tolerance. --store replaces the files that `make check` compares with.
"""
import argparse
import copy
import datetime
import json
import math
import random
import shlex
import subprocess
import sys
from pathlib import Path

import peer_models as models

TOLERANCE = 1e-6
TOP = Path(__file__).resolve().parents[2]
KEPT = TOP / "tests/ref/lammps"
EWALD = ("--coulomb", "ewald", "--coulomb-accuracy", "1e-10", "--coulomb-cutoff", str(models.REAL))
VOIGT = ("xx", "yy", "zz", "yz", "xz", "xy")


class Structure:
    """Atoms of an extended XYZ file: h rows of the cell, x, labels (element when there is none), bonds, molecules."""

    def __init__(self, path):
        lines = Path(path).read_text().splitlines()
        self.head = dict(word.split("=", 1) for word in shlex.split(lines[1]))
        cell = [float(word) for word in self.head["Lattice"].split()]
        self.h = [cell[0:3], cell[3:6], cell[6:9]]
        self.pbc = self.head.get("pbc", "T T T").split()
        self.bonds = [tuple(map(int, bond.split("-"))) for bond in self.head.get("bonds", "").split()]
        fields, at, where = self.head["Properties"].split(":"), 0, {}
        for name, width in zip(fields[0::3], map(int, fields[2::3])):
            where[name] = slice(at, at + width)
            at += width
        rows = [line.split() for line in lines[2:2 + int(lines[0])]]
        self.elements = [row[where["species"]][0] for row in rows]
        self.labels = [row[where["label"]][0] for row in rows] if "label" in where else list(self.elements)
        self.molecules = [int(row[where["mol"]][0]) if "mol" in where else 0 for row in rows]
        self.sides = [int(row[where["side"]][0]) if "side" in where else 0 for row in rows]
        self.x = [[float(word) for word in row[where["pos"]]] for row in rows]
        self.has_labels = "label" in where

    def remove(self, atom):
        for row in self.elements, self.labels, self.molecules, self.x:
            del row[atom]

    def rattle(self, width, seed):
        """Normal displacements, angstrom; positions are then rounded, so that every program reads the same ones."""
        rng = random.Random(seed)
        self.x = [[round(c + rng.gauss(0, width), 8) for c in x] for x in self.x]

    def orthogonal(self):
        """Two cells of a hexagonal structure in the box a, a + 2 b: atoms n to 2n - 1 are the first n moved by b."""
        a, b, c = self.h
        double = [p + 2 * q for p, q in zip(a, b)]
        if abs(double[0]) > 1e-9 or max(map(abs, c[:2])) > 1e-9:
            raise SystemExit("the slab is not hexagonal: LAMMPS has no slab correction for its box")
        twin = copy.copy(self)
        twin.h = [a, [0.0, *double[1:]], c]
        twin.x = self.x + [[p + q for p, q in zip(x, b)] for x in self.x]
        twin.elements, twin.labels, twin.molecules = 2 * self.elements, 2 * self.labels, 2 * self.molecules
        return twin

    def write(self, path, forces=None, notes=()):
        """`notes`: key=value pairs for the header."""
        cell = " ".join(repr(c) for row in self.h for c in row)
        kind = "species:S:1:pos:R:3" + (":label:S:1:mol:I:1" if self.has_labels else "")
        kind += ":forces:R:3" if forces else ""
        head = [f'Lattice="{cell}"', f"Properties={kind}", f'pbc="{" ".join(self.pbc)}"', *notes]
        if self.bonds:
            head.append('bonds="' + " ".join(f"{i}-{j}" for i, j in self.bonds) + '"')
        lines = [str(len(self.x)), " ".join(head)]
        for i, x in enumerate(self.x):
            words = [self.elements[i]] + [f"{c:.8f}" for c in x]
            words += [self.labels[i], str(self.molecules[i])] if self.has_labels else []
            words += [f"{c:.12e}" for c in forces[i]] if forces else []
            lines.append(" ".join(words))
        Path(path).write_text("\n".join(lines) + "\n")


def chains(bonds, n_atoms):
    """Angles and torsions that the bonds make: each once."""
    near = [[] for _ in range(n_atoms)]
    for i, j in bonds:
        near[i].append(j)
        near[j].append(i)
    angles = [(i, j, k) for j in range(n_atoms) for i in near[j] for k in near[j] if i < k]
    torsions = [(i, j, k, m) for j, k in bonds for i in near[j] for m in near[k] if i != k and m != j and i != m]
    return angles, torsions


def bend(s, i, j, k):
    """The angle at atom j, degree, nearest images in a rectangular box (whole molecules elsewhere)."""
    d = [[s.x[a][m] - s.x[j][m] for m in range(3)] for a in (i, k)]
    for v in d:
        v[:] = [c - round(c / s.h[m][m]) * s.h[m][m] for m, c in enumerate(v)]
    u, w = d
    return math.degrees(math.acos(sum(a * b for a, b in zip(u, w)) / (math.hypot(*u) * math.hypot(*w))))


def write_data(s, path, charges):
    """The LAMMPS data file; returns atom labels and rows of the bonded tables, in the order of their types."""
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = s.h
    if max(map(abs, (ay, az, bz))) > 1e-9:
        raise SystemExit(f"{path}: the cell is not a LAMMPS cell (a along x, b in the xy plane)")
    labels = sorted(set(s.labels))
    tables = models.BONDS, models.ANGLES, models.TORSIONS
    groups = [[(atoms, models.key_of(table, [s.labels[i] for i in atoms])) for atoms in items]
              for items, table in zip((s.bonds, *chains(s.bonds, len(s.x))), tables)]
    groups[1] = [(atoms, row) for atoms, row in groups[1] if row not in models.CIS or bend(s, *atoms) < 135]
    used = [sorted({row for _, row in group}) for group in groups]
    out = ["made by tools/peers, units metal", "", f"{len(s.x)} atoms", f"{len(labels)} atom types"]
    for word, group, rows in zip(("bond", "angle", "dihedral"), groups, used):
        if group:
            out += [f"{len(group)} {word}s", f"{len(rows)} {word} types"]
    out += [f"0 {ax!r} xlo xhi", f"0 {by!r} ylo yhi", f"0 {cz!r} zlo zhi"]
    if max(map(abs, (bx, cx, cy))) > 1e-12:
        out.append(f"{bx!r} {cx!r} {cy!r} xy xz yz")
    out += ["", "Masses", ""]
    out += [f"{k} {models.MASS[s.elements[s.labels.index(label)]]}" for k, label in enumerate(labels, 1)]
    out += ["", "Atoms # full", ""]
    out += [f"{i + 1} {s.molecules[i]} {labels.index(s.labels[i]) + 1} {charges(s.labels[i])!r} "
            + " ".join(f"{c:.17g}" for c in x) for i, x in enumerate(s.x)]
    for word, group, rows in zip(("Bonds", "Angles", "Dihedrals"), groups, used):
        if group:
            out += ["", word, ""]
            out += [f"{n} {rows.index(row) + 1} " + " ".join(str(i + 1) for i in atoms)
                    for n, (atoms, row) in enumerate(group, 1)]
    Path(path).write_text("\n".join(out) + "\n")
    return labels, used


def lammps_input(case, s, pair_lines):
    dihedrals = "hybrid multi/harmonic opls" if any("opls" in line.split() for line in pair_lines) else "multi/harmonic"
    lines = ["units metal", "atom_style full", "boundary " + " ".join("p" if p == "T" else "f" for p in s.pbc)]
    if s.has_labels:
        lines += ["bond_style harmonic", "angle_style harmonic", f"dihedral_style {dihedrals}"]
    lines += ["box tilt large", f"read_data {case}.data"] + pair_lines
    if s.pbc[2] == "F":
        lines.append("kspace_modify slab 4.0")
    return lines + [
        "neigh_modify one 20000 page 400000",
        "compute w all pressure NULL virial",
        "thermo_style custom step pe c_w[1] c_w[2] c_w[3] c_w[4] c_w[5] c_w[6] vol",
        "thermo_modify format float %.16g",
        f"dump f all custom 1 {case}.dump id fx fy fz",
        "dump_modify f sort id format float %.16g",
        "run 0",
    ]


def run_lammps(lmp, folder, case, lines):
    """Energy (eV), virial (eV, order of VOIGT), forces (eV/A), version."""
    (folder / f"{case}.in").write_text("\n".join(lines) + "\n")
    done = subprocess.run([lmp, "-in", f"{case}.in", "-log", f"{case}.log"], cwd=folder, capture_output=True,
                          text=True)
    if done.returncode:
        raise SystemExit(f"{folder}/{case}.log: LAMMPS failed: {done.stdout.strip().splitlines()[-1]}")
    log = (folder / f"{case}.log").read_text().splitlines()
    at = next(k for k, line in enumerate(log) if line.split()[:2] == ["Step", "PotEng"])
    _, energy, xx, yy, zz, xy, xz, yz, volume = map(float, log[at + 1].split())
    virial = [p * volume / models.LAMMPS_NKTV2P for p in (xx, yy, zz, yz, xz, xy)]
    rows = (folder / f"{case}.dump").read_text().splitlines()[9:]
    return energy, virial, [[float(c) for c in row.split()[1:]] for row in rows], log[0].strip()


def slab_virial(s, charges):
    """What LAMMPS leaves out of the virial of a slab: its dipole correction E = 2 pi C M^2/(A h), where area, height
    and dipole follow the strain."""
    area = s.h[0][0] * s.h[1][1]
    dipole = sum(charges(label) * x[2] for label, x in zip(s.labels, s.x))
    energy = 2 * math.pi * models.COULOMB * dipole**2 / (area * 4.0 * s.h[2][2])
    return [energy, energy, -energy, 0, 0, 0]


def run_engine(interlith, path, model):
    command = [interlith, "energy", path, "-p", model, "--forces", "--stress", "--json", "--quiet"]
    if model != "li":
        command += ["--short-cutoff", str(models.SHORT), *EWALD]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    result = json.loads(done.stdout)
    virial = [-c * result["volume_A3"] for c in result["stress_eV_per_A3"]]
    return result["energy_eV"], virial, result["forces_eV_per_A"]


def run_kept(path):
    kept = Structure(path)
    lines = path.read_text().splitlines()[2:]
    return (float(kept.head["energy"]), [float(kept.head[f"virial_{v}_eV"]) for v in VOIGT],
            [[float(c) for c in line.split()[-3:]] for line in lines]), kept


def deviations(a, b):
    """Of energy, forces and virial: the largest difference by the largest value of the second."""
    flat = [[x for row in r[2] for x in row] for r in (a, b)]
    if len(flat[0]) != len(flat[1]):
        raise SystemExit(f"forces on {len(a[2])} atoms beside forces on {len(b[2])}")
    pairs = ([a[0]], [b[0]]), flat, (a[1], b[1])
    return [max(abs(x - y) for x, y in zip(p, q)) / max(map(abs, q)) for p, q in pairs]


def make_cases(interlith, work):
    """name: (model, structure file made by the command, width of the rattle, seed, atoms removed)."""
    made = []

    def call(*words):
        made.append("interlith " + " ".join(str(w) for w in words))
        subprocess.run([interlith, *words, "--quiet"], check=True, capture_output=True, cwd=TOP)

    def relative(*parts):
        return (work / Path(*parts)).as_posix()

    cases = {}

    def case(name, model, path, width, seed, remove=()):
        s = Structure(path)
        for atom in sorted(remove, reverse=True):
            s.remove(atom)
        s.rattle(width, seed)
        cases[name] = (model, s, [line.replace(str(work), "WORK") for line in made]
                       + [f"atoms removed: {list(remove)}; normal rattle of {width} A, Python random.Random({seed})"])
        made.clear()

    call("order", "structures/LGP.cif", "-n", "1", "-o", relative("lgp"))
    case("lgp", "pmmcs", work / "lgp/LGP-001.extxyz", 0.05, 1)
    call("order", "structures/LAGP.cif", "-n", "1", "--seed", "1", "-o", relative("lagp"))
    case("lagp", "pmmcs", work / "lagp/LAGP-001.extxyz", 0.03, 2)
    call("order", "structures/Li.cif", "-n", "1", "--supercell", "5,5,5", "-o", relative("li"))
    case("li-vacancy", "li", work / "li/Li-001.extxyz", 0.1, 3, remove=(124,))
    call("polymer", "--monomer", "dol", "--chains", "10", "--degree", "3", "--seed", "3", "-o", relative("pdol"))
    case("pdol-melt", "pdol", work / "pdol/polymer.extxyz", 0.02, 4)
    call("order", "structures/LAGP.cif", "-n", "1", "--seed", "1", "-o", relative("lagp"))
    call("slab", relative("lagp/LAGP-001.extxyz"), "--miller", "0,0,1", "--layers", "1", "--vacuum", "20",
         "-o", relative("slab"))
    case("lagp-slab", "pmmcs", work / "slab/slab.xyz", 0.03, 5)
    for salt, ratio, seed in (("LiTFSI", "16", "6"), ("LiPF6", "12", "7")):
        call("polymer", "--salt", salt, "--o-li", ratio, "--chains", "6", "--degree", "4", "--seed", seed,
             "-o", relative(salt))
        case("pdol-" + salt.lower(), "pdol-salt", work / salt / "polymer.extxyz", 0.02, int(seed))
    return cases


CHARGES = {"pmmcs": lambda label: models.PMMCS[label][0], "pdol": lambda label: models.OPLS[label][0],
           "pdol-salt": lambda label: {**models.OPLS, **models.SALT}[label][0],
           "li": lambda label: 0.0}


def reference(lmp, work, name, model, s):
    """Run LAMMPS on one case. Its slab correction wants an orthogonal box: a slab is doubled, its results halved."""
    is_slab = s.pbc[2] == "F"
    copies = 2 if is_slab else 1
    s = s.orthogonal() if is_slab else s
    charges = CHARGES[model]
    labels, used = write_data(s, work / f"{name}.data", charges)
    if model == "li":
        models.li_table(work / "li.eam.fs")
        pairs = ["pair_style eam/fs", "pair_coeff * * li.eam.fs Li"]
    else:
        pairs = models.pmmcs(labels) if model == "pmmcs" else models.opls(labels, used)
    lines = lammps_input(name, s, pairs)
    energy, virial, forces, version = run_lammps(lmp, work, name, lines)
    if is_slab:
        virial = [a + b for a, b in zip(virial, slab_virial(s, charges))]
    return (energy / copies, [w / copies for w in virial], forces[:len(forces) // copies]), lines, version


def write_reference(folder, name, model, s, result, lines, version, recipe):
    energy, virial, forces = result
    notes = [f"energy={energy!r}", *(f"virial_{v}_eV={w:.14e}" for v, w in zip(VOIGT, virial)), f"model={model}"]
    s.write(folder / f"{name}.extxyz", forces, notes)
    provenance = {
        "case": name, "program": version, "date": datetime.date.today().isoformat(), "made_by": "make check-peers",
        "structure": recipe, "results": f"{name}.extxyz", "model": model,
        "cutoffs_A": {"short": models.SHORT, "coulomb_real": models.REAL} if model != "li" else {"short": 4.563},
        "units": "eV, angstrom; virial = sum r (x) F, positive under compression, order " + " ".join(VOIGT),
        "pressure_factor": "LAMMPS's pressure over its own 1.6021765e6 bar A^3/eV (8e-8 less than the exact one)",
        "input": lines,
    }
    if model != "li":
        provenance["coulomb_factor"] = (f"{models.COULOMB!r} eV A, CODATA 2018; LAMMPS's 14.399645 is 3.3e-8 less and "
                                        "set right by `dielectric`")
    if s.pbc[2] == "F":
        provenance["slab"] = ("LAMMPS ran the orthogonal box a, a + 2 b of two cells; energy and virial are halved. "
                              "The virial has the part of the dipole correction, which LAMMPS leaves out, added: "
                              "xx, yy, -zz")
    (folder / f"{name}.json").write_text(json.dumps(provenance, indent=2) + "\n")


def check_minimum(interlith, lmp, work):
    """LGP, atoms and cell relaxed by the engine: LAMMPS must find no force and no pressure there."""
    subprocess.run([interlith, "relax", "structures/LGP.cif", "-p", "pmmcs", "--mode", "both", "--fresh", "--quiet",
                    "--force-tolerance", "1e-6", "--stress-tolerance", "1e-8", "--short-cutoff", str(models.SHORT),
                    *EWALD, "-o", work / "minimum"], check=True, capture_output=True, cwd=TOP)
    s = Structure(work / "minimum/relaxed.extxyz")
    (energy, virial, forces), _, _ = reference(lmp, work, "lgp-minimum", "pmmcs", s)
    force = max(abs(c) for row in forces for c in row)
    stress = max(map(abs, virial)) / (s.h[0][0] * s.h[1][1] * s.h[2][2])
    print(f"LGP relaxed by the engine, a {s.h[0][0]:.5f} c {s.h[2][2]:.5f}: LAMMPS finds {energy / 6:.6f} eV per "
          f"formula unit, forces to {force:.1e} eV/A, stress to {stress:.1e} eV/A^3")
    return force <= 1e-4 and stress <= 1e-6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interlith", required=True)
    parser.add_argument("--lmp", required=True)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--store", action="store_true", help="replace tests/ref/lammps")
    parser.add_argument("--only", metavar="CASE")
    o = parser.parse_args()
    o.work = o.work.resolve()
    o.work.mkdir(parents=True, exist_ok=True)
    worst = []
    print(f"{'case':<12}{'atoms':>6}  {'':<22}{'energy':>10}{'forces':>10}{'virial':>10}")
    for name, (model, s, recipe) in make_cases(o.interlith, o.work).items():
        if o.only not in (None, name):
            continue
        result, lines, version = reference(o.lmp, o.work, name, model, s)
        write_reference(o.work, name, model, s, result, lines, version, recipe)
        if o.store:
            KEPT.mkdir(parents=True, exist_ok=True)
            write_reference(KEPT, name, model, s, result, lines, version, recipe)
        rows = [("engine to LAMMPS", run_engine(o.interlith, o.work / f"{name}.extxyz", model), result)]
        kept = KEPT / f"{name}.extxyz"
        if not kept.exists():
            raise SystemExit(f"{kept}: missing; `tools/peers/run forces --store` writes it")
        stored, structure = run_kept(kept)
        if structure.x == s.x and structure.labels == s.labels:
            rows.append(("stored to LAMMPS", stored, result))
        else:  # the builders have changed since: LAMMPS on the stored structure tells whether the files still hold
            again, _, _ = reference(o.lmp, o.work, name + "-stored", model, structure)
            rows.append(("stored, own structure", stored, again))
        for what, a, b in rows:
            d = deviations(a, b)
            worst += d
            print(f"{name:<12}{len(s.x):>6}  {what:<22}" + "".join(f"{c:>10.1e}" for c in d))
    if not worst:
        parser.error(f"there is no case {o.only}")
    print(f"largest relative deviation {max(worst):.1e}, tolerance {TOLERANCE:.0e}; {version}")
    is_minimum = o.only is not None or check_minimum(o.interlith, o.lmp, o.work)
    return 0 if is_minimum and all(d <= TOLERANCE for d in worst) else 1


if __name__ == "__main__":
    sys.exit(main())
