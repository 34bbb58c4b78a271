# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file that the command writes, read by ASE, MDAnalysis and OVITO.

    files.py --interlith FILE --work DIR

Small runs of all verbs that write structures, trajectories and tables, and conversions between all formats. Each file is opened by
each reader; elements, positions, cell, periods, velocities, charges, bonds and times are compared with what we read in it. What a
reader does not take is listed below with the reason, and tried all the same: a reader that has learnt it fails here, so that the
list stays true. Ends with a table of what was compared. Exit code 1 when something deviates or is refused unexpectedly.
"""
import argparse
import collections
import os
import shlex
import shutil
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # OVITO draws nothing here
warnings.filterwarnings("ignore")

import ase.io  # noqa: E402
import MDAnalysis  # noqa: E402
from ase import units  # noqa: E402
from ase.data import atomic_masses, chemical_symbols  # noqa: E402
from ase.geometry import cell_to_cellpar, cellpar_to_cell  # noqa: E402

try:
    from ovito.io import import_file
except ImportError as trouble:
    sys.exit(f"files: OVITO's Python package does not start ({trouble}); Debian: apt-get install libegl1 libgl1 libopengl0 libxkbcommon0 libdbus-1-3 libfontconfig1")

from checks import Checks, command  # noqa: E402

TOP = Path(__file__).resolve().parents[2]
FLOAT, EPS = 2.0 ** -24, 2.0 ** -52
FORMATS = {".extxyz": "extxyz", ".xyz": "extxyz", ".poscar": "POSCAR", ".cif": "CIF", ".data": "LAMMPS data", ".nc": "NetCDF",
           ".tsv": "table"}
PS, AMBER = 1e-3, 20.455e-3  # angstrom/fs in angstrom/ps, and in the unit of the numbers in an AMBER file


@dataclass
class Frame:
    """What a reader says; None: it says nothing."""
    x: np.ndarray                # angstrom
    cell: np.ndarray = None      # rows, angstrom
    elements: list = None
    labels: list = None
    pbc: list = None
    v: np.ndarray = None         # angstrom/fs
    q: np.ndarray = None         # e
    bonds: set = None            # pairs from 0, lower first
    time: float = None           # fs
    forces: np.ndarray = None    # eV/angstrom


def pairs(bonds):
    return {(min(i, j), max(i, j)) for i, j in ((int(i), int(j)) for i, j in bonds)}


def text_pairs(text):
    return pairs(bond.split("-") for bond in str(text).split()) if text else None


def element_of_mass(mass):
    return chemical_symbols[int(np.nanargmin(np.abs(atomic_masses - mass)))]


# ---- ours ---------------------------------------------------------------------------------------------------------------------

def read_ours(path):
    """Frames of our extended XYZ, word by word."""
    frames, lines = [], iter(Path(path).read_text().splitlines())
    for count in lines:
        head = dict(word.split("=", 1) for word in shlex.split(next(lines)) if "=" in word)
        fields, at, where = head["Properties"].split(":"), 0, {}
        for name, width in zip(fields[0::3], map(int, fields[2::3])):
            where[name] = slice(at, at + width)
            at += width
        rows = np.array([next(lines).split() for _ in range(int(count))])

        def column(name):
            return np.squeeze(rows[:, where[name]].astype(float), 1) if name == "charge" else rows[:, where[name]].astype(float)
        elements = list(rows[:, where["species"]][:, 0])
        frames.append(Frame(column("pos"), np.array(head["Lattice"].split(), float).reshape(3, 3), elements,
                            list(rows[:, where["label"]][:, 0]) if "label" in where else elements,
                            [word == "T" for word in head["pbc"].split()], column("velo") if "velo" in where else None,
                            column("charge") if "charge" in where else None, text_pairs(head.get("bonds")),
                            float(head["Time"]) if "Time" in head else None, column("forces") if "forces" in where else None))
    return frames


def ours(args, path):
    """What we read in one of our files."""
    if FORMATS[path.suffix] == "extxyz":
        return read_ours(path)
    command(args.interlith, "convert", path, args.work / "ours.extxyz")
    return read_ours(args.work / "ours.extxyz")


# ---- theirs -------------------------------------------------------------------------------------------------------------------

def ase_frame(form, a):
    f = Frame(a.positions, np.array(a.cell), list(a.symbols), pbc=list(a.pbc))
    if form == "extxyz":
        f.v = a.arrays.get("velo")  # ASE knows momenta only; interlith_ase.read sets them
        f.q, f.forces = ((a.calc.results if a.calc else {}).get(name) for name in ("charges", "forces"))
        f.labels = [str(s) for s in a.arrays.get("label", a.symbols)]
        f.bonds, f.time = text_pairs(a.info.get("bonds")), a.info.get("Time")
    elif form == "LAMMPS data":
        f.v = a.get_velocities() * units.fs if a.has("momenta") else None
        f.q = a.get_initial_charges() if a.has("initial_charges") else None
        f.bonds = a.arrays.get("bonds")
        if f.bonds is not None:
            f.bonds = pairs((i, word.split("(")[0]) for i, text in enumerate(f.bonds) for word in text.split(",") if word != "_")
    elif form == "NetCDF":
        f.v = a.get_velocities() * PS if a.has("momenta") else None  # ASE takes angstrom/ps for its own unit
        f.q, f.time = a.arrays.get("atom_charge"), a.info["time"] / PS
    return f


def read_ase(path, form, _):
    names = {"extxyz": "extxyz", "POSCAR": "vasp", "CIF": "cif", "LAMMPS data": "lammps-data", "NetCDF": "netcdftrajectory"}
    options = {"units": "metal"} if form == "LAMMPS data" else {}
    if form == "table":
        return ase.io.read(path)
    return [ase_frame(form, a) for a in ase.io.read(path, index=":", format=names[form], **options)]


def read_mda(path, form, frames):
    if form == "LAMMPS data":
        style = path.read_text().split("atom_style ", 1)[1].split(",", 1)[0]
        u = MDAnalysis.Universe(str(path), atom_style={
            "atomic": "id type x y z", "charge": "id type charge x y z", "molecular": "id resid type x y z",
            "full": "id resid type charge x y z"}[style])
    elif form == "NetCDF":  # bare coordinates: atoms come from somewhere else
        u = MDAnalysis.Universe.empty(len(frames[0].x), trajectory=False)
        u.load_new(str(path), format="NCDF")
    elif form == "extxyz":
        u = MDAnalysis.Universe(str(path), topology_format="XYZ", format="XYZ")
    else:
        u = MDAnalysis.Universe(str(path))
    read = []
    for step in u.trajectory:
        f = Frame(u.atoms.positions.astype(float))
        if step.dimensions is not None:
            f.cell = cellpar_to_cell(step.dimensions.astype(float))
        if hasattr(u.atoms, "elements"):
            f.elements = list(u.atoms.elements)
        if form == "LAMMPS data":
            f.elements = [element_of_mass(m) for m in u.atoms.masses]
            f.q = u.atoms.charges.astype(float) if hasattr(u.atoms, "charges") else None
            f.bonds = pairs(b.indices for b in u.bonds) if hasattr(u, "bonds") else None
        if step.has_velocities:  # data files are taken for units real
            f.v = u.atoms.velocities.astype(float) * PS * (PS if form == "LAMMPS data" else 1)
        if form == "NetCDF":
            f.time = step.time / PS
        read.append(f)
    return read


def ovito_frame(form, d):
    p, kinds = d.particles, d.particles.particle_types
    f = Frame(np.array(p.positions), np.array(d.cell[...])[:, :3].T, pbc=list(d.cell.pbc))
    if form == "NetCDF":  # kinds are bare numbers: the atomic ones
        f.elements = [chemical_symbols[z] for z in kinds[...]]
        f.v = np.array(p["Velocity"]) * AMBER if "Velocity" in p else None  # numbers as they stand, scale_factor left aside
        f.q = np.array(p["atom_charge"]) if "atom_charge" in p else None
    else:
        names = [kinds.type_by_id(k).name for k in kinds[...]]
        f.labels, f.elements = (names, None) if form == "LAMMPS data" else (None, names)
        f.v = np.array(p["Velocity"]) * (PS if form == "LAMMPS data" else 1) if "Velocity" in p else None
        f.q = np.array(p["Charge"]) if "Charge" in p else None
    f.time = d.attributes.get("Time")
    if form == "extxyz":
        f.forces = np.array(p["Force"]) if "Force" in p else None
        f.labels = [str(name) for name in p["label"][...]] if "label" in p else f.elements
    if form == "LAMMPS data":
        f.elements = [element_of_mass(kinds.type_by_id(k).mass) for k in kinds[...]]
        f.bonds = pairs(p.bonds.topology[...]) if p.bonds else None
    elif "bonds" in d.attributes:
        f.bonds = text_pairs(d.attributes["bonds"])
    return f


def read_ovito(path, form, _):
    pipeline = import_file(str(path))
    return [ovito_frame(form, pipeline.compute(k)) for k in range(pipeline.source.num_frames)]


READERS = {"ASE": read_ase, "MDAnalysis": read_mda, "OVITO": read_ovito}
# What each must find where the file has it: Elements, Labels, X, Cell, Periods, Velocities, charge Q, Bonds, Time,
# Forces. Beside it, what to know, and why the rest is missing.
GIVES = {
    ("ASE", "extxyz"): ("ELXCPVQBTF", "velocities as the array `velo`, bonds as info"),
    ("ASE", "POSCAR"): ("EXCP", ""),
    ("ASE", "CIF"): ("EXCP", ""),
    ("ASE", "LAMMPS data"): ("EXCVQB", "takes all directions for periodic"),
    ("ASE", "NetCDF"): ("EXCVQT", "velocities are angstrom/ps, not ASE's unit; takes all directions for periodic"),
    ("MDAnalysis", "extxyz"): ("EX", "its XYZ reader stops at the element and x y z"),
    ("MDAnalysis", "LAMMPS data"): ("EXCVQB", "atom_style must be said; velocities a thousandfold, for it takes units real"),
    ("MDAnalysis", "NetCDF"): ("XCVT", "coordinates only: a topology, such as the data or XYZ file, names the atoms"),
    ("OVITO", "extxyz"): ("ELXCPVQBTF", "bonds as an attribute"),
    ("OVITO", "POSCAR"): ("EXCP", ""),
    ("OVITO", "CIF"): ("EXCP", "atoms wrapped into the cell"),
    ("OVITO", "LAMMPS data"): ("ELXCVQB", "takes all directions for periodic"),
    ("OVITO", "NetCDF"): ("EXCVQ", "types are atomic numbers; velocities over 20.455, for it leaves scale_factor aside; no times"),
}
REFUSES = {
    ("MDAnalysis", "POSCAR"): "has no reader for it",
    ("MDAnalysis", "CIF"): "reads macromolecular CIF only",
    ("ASE", "table"): "no structure in it", ("MDAnalysis", "table"): "no structure in it", ("OVITO", "table"): "no structure in it",
}


LETTERS = "ELXCPVQBTF"


@dataclass
class Entry:
    """What one reader has read of one format."""
    good: dict = field(default_factory=dict)  # letter: agreed in all files
    files: set = field(default_factory=set)


# ---- the comparison -----------------------------------------------------------------------------------------------------------

def deviations(reader, form, a, b):
    """Letter, deviation and bound of everything that both frames have; a is ours."""
    size = max(1.0, np.abs(a.x).max(), np.abs(a.cell).max())
    rough = reader == "MDAnalysis"  # stores floats
    one = EPS * 64 + (FLOAT if rough or form == "NetCDF" else 0.0)
    found = [(letter, float(mine != its), 0.0) for letter, mine, its in (
        ("E", a.elements, b.elements), ("L", a.labels, b.labels), ("P", a.pbc, b.pbc), ("B", a.bonds, b.bonds))
        if mine is not None and its is not None]
    if b.cell is None:
        found.append(("X", np.abs(a.x - b.x).max(), size * one))
    else:  # the cell may stand otherwise
        turn = np.linalg.solve(b.cell, a.cell)
        digits = 1e-12 * 4 * size if form == "CIF" else 0.0
        d = (b.x - a.x @ np.linalg.inv(turn)) @ np.linalg.inv(b.cell)
        d -= np.rint(d) if form == "CIF" else 0.0
        found.append(("X", np.abs(d @ b.cell).max(), size * one * 8 + digits))
        found.append(("C", np.abs(cell_to_cellpar(a.cell) - cell_to_cellpar(b.cell)).max(), 256 * FLOAT if rough else 1e-9))
        if a.v is not None and b.v is not None:
            found.append(("V", np.abs(b.v @ turn - a.v).max() / np.abs(a.v).max(), 8 * one))
    if a.q is not None and b.q is not None:
        found.append(("Q", np.abs(a.q - b.q).max(), 2 * one * np.abs(a.q).max()))
    if a.time is not None and b.time is not None:
        found.append(("T", abs(a.time - b.time), 1e-9))
    if a.forces is not None and b.forces is not None:
        found.append(("F", np.abs(a.forces - b.forces).max(), one * np.abs(a.forces).max()))
    return found


def compare(checks, reader, path, form, frames, table):
    """One file in one reader."""
    what = f"{reader}, {path.parent.name}/{path.name}"
    try:
        read = READERS[reader](path, form, frames)
    except Exception as trouble:
        reason = REFUSES.get((reader, form))
        if not reason:
            checks.true(f"{what}: {type(trouble).__name__}: {trouble}", False)
        return
    if (reader, form) in REFUSES:
        checks.true(f"{what}: is read, though the list says that it {REFUSES[reader, form]}", False)
        return
    wanted = set(GIVES[reader, form][0])
    if len(read) != len(frames) or any(len(a.x) != len(b.x) for a, b in zip(frames, read)):
        checks.true(f"{what}: frames and numbers of atoms", False)
        return
    worst = {}
    for k, (a, b) in enumerate(zip(frames, read)):
        has = {letter for letter, mine in zip(LETTERS, (a.elements, a.labels, a.x, a.cell, a.pbc, a.v, a.q, a.bonds, a.time, a.forces))
               if mine is not None} - ({"B", "Q"} if k else set())  # those stand in the first frame alone
        found = deviations(reader, form, a, b)
        for letter in (wanted & has) - {letter for letter, _, _ in found}:
            checks.true(f"{what}: {letter} is missing in frame {k}", False)
        for letter, deviation, bound in found:
            worst[letter] = max(worst.get(letter, (0.0, 0.0)), (deviation - bound, deviation))
    entry = table[form, reader]
    for letter, (excess, deviation) in worst.items():
        good = excess <= 0.0
        if letter in wanted and not good:
            checks.true(f"{what}: {letter} deviates by {deviation:.2e}", False)
        entry.good[letter] = entry.good.get(letter, True) and good
    entry.files.add(path)


def check_table(checks, path):
    """A table is numbers under one line of names."""
    lines = path.read_text().splitlines()
    names = [line for line in lines if line.startswith("#")][-1].lstrip("# ").split("\t")
    rows = np.loadtxt(path, comments="#", delimiter="\t", ndmin=2, usecols=range(len(names)))
    checks.true(f"NumPy, {path.parent.name}/{path.name}: {len(rows)} rows of {len(names)} columns",
                len(rows) == sum(not line.startswith("#") for line in lines) and rows.shape[1] == len(names))


# ---- what is read -------------------------------------------------------------------------------------------------------------

def make_rich(path, pbc, labels):
    """A structure with everything: a cell that stands in no special direction, charges, velocities, sides, bonds."""
    rng = np.random.default_rng(4)
    n, cell = 24, np.array([[9.0, 1.0, -0.5], [-1.0, 8.0, 2.0], [0.3, -2.0, 11.0]])
    symbols, x = rng.choice(["Li", "O", "P", "Ge"], n), rng.uniform(-0.2, 1.2, (n, 3)) @ cell
    lattice = " ".join(repr(float(c)) for c in cell.ravel())
    kinds = "label:S:1:" if labels else ""
    with open(path, "w", encoding="ascii") as out:
        out.write(f'{n}\nLattice="{lattice}" Properties=species:S:1:pos:R:3:{kinds}charge:R:1:side:I:1:velo:R:3 pbc="{pbc}" '
                  'bonds="0-1 1-2 4-7"\n')
        for i in range(n):
            label = [f"{symbols[i]}{i % 2}"] if labels else []
            numbers = [repr(float(c)) for c in x[i]], repr(float(rng.normal())), [repr(float(c)) for c in rng.normal(size=3) * 0.004]
            out.write(" ".join([symbols[i], *numbers[0], *label, numbers[1], str(i % 2), *numbers[2]]) + "\n")


def make_runs(args):
    """Folders of every verb that writes such files."""
    data, work = TOP / "structures", args.work
    coarse = ["--short-cutoff", 6, "--coulomb-cutoff", 6, "--coulomb-accuracy", 1e-3]
    runs = {
        "order": ["order", data / "LAGP.cif", "-n", 1], "order-cif": ["order", data / "LAGP.cif", "-n", 1, "--format", "cif"],
        "slab": ["slab", data / "LGP.cif", "--miller", "0,0,1"],
        "polymer": ["polymer", "--chains", 2, "--degree", 3, "--salt", "LiTFSI", "--o-li", 8],
        "relax": ["relax", data / "LGP.cif", "-p", "pmmcs", "--force-tolerance", 0.05, *coarse],
        "interface": ["interface", data / "LGP.cif", data / "Li.cif", "-p", "li-lagp", "--miller-b", "1,1,1", "--max-area", 80,
                      "--thickness-a", 6, "--thickness-b", 6, "--registries", 1, "--force-tolerance", 0.2],
        "md": ["md", data / "Li.cif", "-p", "li", "--repeat", "3,3,3", "--time", 0.1, "-t", 300, "--trajectory-every", 0.02,
               "--velocities"],
        "md-npt": ["md", work / "polymer/polymer.extxyz", "-p", "pdol-salt", "--relax-first", "--ensemble", "npt", "-t", 300, "--time", 0.02, "--dt", 1,
                   "--compressibility", 0.3, "--trajectory", "extxyz", "--trajectory-every", 0.005, "--velocities", *coarse],
        "diffuse": ["diffuse", data / "LAGP.cif", "-p", "pmmcs", "--temperatures", "1200,1600", "--time", 0.6, "--equilibrate", 0.1,
                    "--dt", 2, "--frame-time", 6, "--trajectory", "nc", "--trajectory-every", 0.1, "--velocities", "--observe",
                    "rdf,vacf,profile", *coarse],
        "deck": ["energy", data / "LGP.cif", "-p", "pmmcs", "--engine", "lammps", "--deck"],
        "deck-slab": ["energy", TOP / "tests/ref/lammps/lagp-slab.extxyz", "-p", "pmmcs", "--engine", "lammps", "--deck"],
        "deck-polymer": ["energy", work / "polymer/polymer.extxyz", "-p", "pdol-salt", "--engine", "lammps", "--deck"],
        "deck-md": ["md", work / "md-npt/final.extxyz", "-p", "pdol-salt", "--time", 0.01, "--dt", 1, "--engine", "lammps", "--deck"],
        "lithiate": ["lithiate", data / "LAGP.cif", "-p", "lagp-lithiation", "--x", "0,0.34", *coarse, "--force-tolerance", 0.05,
                     "--stress-tolerance", 1e-3],
    }
    for name, words in runs.items():
        command(args.interlith, *words, "-o", work / name)
    turned = work / "convert"
    turned.mkdir()
    for name, pbc, labels in ("rich", "T T T", False), ("slab", "T T F", True):
        make_rich(turned / f"{name}.extxyz", pbc, labels)
    shutil.copy(work / "md-npt/final.extxyz", turned / "polymer.extxyz")
    for source in sorted(turned.glob("*.extxyz")):
        for ending in "poscar", "cif", "data", "nc":
            command(args.interlith, "convert", source, source.with_suffix(f".{ending}"))
    command(args.interlith, "convert", next((work / "md").glob("*.nc")), turned / "trajectory.extxyz")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interlith", required=True)
    parser.add_argument("--work", required=True, type=Path)
    args = parser.parse_args()
    shutil.rmtree(args.work, ignore_errors=True)
    args.work.mkdir(parents=True)
    args.work = args.work.resolve()
    make_runs(args)
    checks, table = Checks(), collections.defaultdict(Entry)
    files = [path for path in sorted(args.work.rglob("*")) if path.suffix in FORMATS and path.name != "ours.extxyz"]
    for path in files:
        form = FORMATS[path.suffix]
        if form == "table":
            check_table(checks, path)
        frames = None if form == "table" else ours(args, path)
        for reader in READERS:
            compare(checks, reader, path, form, frames, table)
    print("\nfiles read, and what was compared: Elements Labels X Cell Periods Velocities charge-Q Bonds Time Forces")
    for form in dict.fromkeys(FORMATS.values()):
        n = sum(FORMATS[path.suffix] == form for path in files)
        checks.true(f"{form}: {n} files", n > 0)
        for reader in READERS:
            if (reader, form) in REFUSES:
                print(f"    {reader:12s} cannot: {REFUSES[reader, form]}")
                continue
            entry, (given, note) = table[form, reader], GIVES[reader, form]
            agreed = "".join(c for c in LETTERS if entry.good.get(c))
            checks.true(f"{reader:12s} {agreed:10s} {note}", set(agreed) == set(given) and len(entry.files) == n)
    return checks.verdict("files")


if __name__ == "__main__":
    sys.exit(main())
