# SPDX-License-Identifier: GPL-3.0-or-later
"""The ASE calculator of tools/ase, installed by pip and driven by ASE, beside the command.

    ase_calculator.py --interlith FILE --work DIR

The library is the one beside FILE. Exit code 1 when a number deviates by more than its bound, or wrong input is not refused.
"""
import argparse
import copy
import os
import pickle
import re
import shutil
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import ase.build
import ase.io
import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import CalculationFailed, CalculatorSetupError, PropertyNotImplementedError
from ase.filters import FrechetCellFilter
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary
from ase.md.verlet import VelocityVerlet
from ase.optimize import BFGS, FIRE

from checks import Checks, command, result

TOP = Path(__file__).resolve().parents[2]
KEPT = TOP / "tests/ref/lammps"
EPS = np.finfo(float).eps
FORCE_UNIT = 14.3996  # eV/angstrom: what the Coulomb accuracy is relative to
ACCURACY, REACH = 1e-10, 12.0  # of the Coulomb sum where energies are differentiated; no cut-off is longer, angstrom
SOFT = 0.25           # eV/angstrom^2: no curvature of these crystals is smaller than this (asserted below where it is used)


def install(work):
    """tools/ase as pip installs it, from a copy: pip builds in the folder that it is given."""
    copied, site = work / "source", work / "site"
    for old in copied, site:
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(TOP / "tools/ase", copied, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, copied], check=True)
    sys.path.insert(0, str(site))


def check_header(checks):
    """What the calculator declares is what interlith.h says."""
    import interlith_ase
    text = re.sub(r"/\*.*?\*/", "", (TOP / "include/interlith.h").read_text(), flags=re.S)
    checks.true("header: version", f'"{interlith_ase.HEADER_VERSION}"' in re.search(r"#define IL_VERSION .*", text)[0])
    for name, (_, arguments) in interlith_ase._PROTOTYPES.items():
        found = re.search(rf"IL_API[^;]*?\b{name}\((.*?)\)?\);|IL_API[^;]*?\b{name}\(([^;]*)\)", text, flags=re.S)
        words = re.sub(r"\s+", " ", found[1] or found[2])
        wanted = 0 if words == "void" else words.count(",") + 1
        if wanted != len(arguments):
            checks.true(f"header: {name} takes {wanted} arguments", False)
    fields = re.search(r"typedef struct il_ff_options \{(.*?)\}", text, flags=re.S)[1]
    found = [(name, kind) for kind, names in re.findall(r"(double|int)\s+([^;]+);", fields) for name in re.split(r"[,\s]+", names)]
    ours = [(name, kind.__name__.removeprefix("c_")) for name, kind in interlith_ase._Options._fields_]
    checks.true("header: fields of il_ff_options", found == ours)


def contact(work):
    """A slab of lithium metal below one of LAGP, species named by labels, one vacuum."""
    slab = ase.io.read(KEPT / "lagp-slab.extxyz")
    a, b = slab.cell.lengths()[:2]
    metal = ase.build.bcc100("Li", (2, 2, 4), a=3.51)
    metal.set_cell([a, b, metal.cell[2, 2] or 10.0], scale_atoms=False)
    metal.positions[:, :2] = metal.get_scaled_positions()[:, :2] @ np.array(slab.cell)[:2, :2]
    metal.positions[:, 2] += slab.positions[:, 2].min() - 2.5 - metal.positions[:, 2].max()
    both = Atoms(list(metal.symbols) + list(slab.symbols), np.vstack([metal.positions, slab.positions]), cell=slab.cell,
                 pbc=[True, True, False])
    both.set_array("label", np.array(["Li0"] * len(metal) + list(slab.symbols), dtype="<U8"))
    both.write(work / "contact.extxyz")
    return work / "contact.extxyz"


def crystal(args):
    """LiGe2(PO4)3 in the order of the command's atoms."""
    path = args.work / "LGP.extxyz"
    if not path.exists():
        command(args.interlith, "convert", TOP / "structures/LGP.cif", path)
    return ase.io.read(path)


def check_energies(args, checks):
    """Energies, forces and stress are those of the command, for structures whose species and bonds ASE carries."""
    from interlith_ase import Interlith
    crystal(args)
    for path, model in ((args.work / "LGP.extxyz", "pmmcs"), (KEPT / "lagp.extxyz", "pmmcs"), (KEPT / "lagp-slab.extxyz", "pmmcs"),
                        (KEPT / "li-vacancy.extxyz", "li"), (KEPT / "pdol-melt.extxyz", "pdol"),
                        (KEPT / "pdol-litfsi.extxyz", "pdol-salt"), (contact(args.work), "li-lagp")):
        atoms = ase.io.read(path)
        again = args.work / "again.extxyz"
        atoms.calc = None
        atoms.write(again)  # through ASE and back
        for name, file in (path.stem, path), (f"{path.stem}, written by ASE", again):
            wanted = result(args.interlith, "energy", file, "-p", model, "--forces", "--stress")
            atoms = ase.io.read(file)
            atoms.calc = Interlith(model, analytic=True)
            size = abs(wanted["energy_eV"])
            checks.near(f"{name}: energy, relative", abs(atoms.get_potential_energy() / wanted["energy_eV"] - 1), 1e-12)
            scale = max(1.0, np.abs(atoms.get_forces()).max())
            checks.near(f"{name}: forces", np.abs(atoms.get_forces() - wanted["forces_eV_per_A"]).max() / scale, 1e-12)
            checks.near(f"{name}: stress", np.abs(atoms.get_stress() - wanted["stress_eV_per_A3"]).max(), 1e-12)
        exact = atoms.get_potential_energy()
        atoms.calc = Interlith(model)
        checks.near(f"{path.stem}: tables to formulas, relative", abs(atoms.get_potential_energy() - exact) / size, 1e-9)
        total = atoms.get_potential_energies()
        checks.near(f"{path.stem}: sum over atoms", abs(total.sum() - atoms.get_potential_energy()),
                    64 * len(atoms) * EPS * np.abs(total).sum())


def derivative(energy, step):
    """Central differences of energy(s) at 0, extrapolated from two steps, and the bound of their error."""
    one, two = ((energy(k * step) - energy(-k * step)) / (2 * k * step) for k in (1, 2))
    return (4 * one - two) / 3, abs(one - two)


def check_differences(args, checks):
    """Forces and stress through the calculator are derivatives of its energy."""
    from interlith_ase import Interlith
    rng = np.random.default_rng(3)
    for name, atoms, model in (("LGP", crystal(args), "pmmcs"), ("P-DOL", ase.io.read(KEPT / "pdol-melt.extxyz"), "pdol"),
                               ("Li on LAGP", ase.io.read(contact(args.work)), "li-lagp")):
        atoms.rattle(0.02, seed=1)
        atoms.calc = Interlith(model, accuracy=ACCURACY)
        forces, stress = atoms.get_forces(), atoms.get_stress(voigt=False)
        rounding = 64 * EPS * np.abs(atoms.get_potential_energies()).sum()
        positions, cell, volume = atoms.get_positions(), np.array(atoms.cell), atoms.get_volume()
        shell = 4 * np.pi * REACH ** 2 * len(atoms) / volume  # neighbours at the cut-off, an angstrom of its width

        def noise(pairs):
            """Energy that comes and goes as pairs cross the cut-off of the real-space sum, with either sign; and rounding."""
            return rounding + np.sqrt(max(pairs, 1.0)) * ACCURACY * FORCE_UNIT
        worst = bound = 0.0
        for i, k in zip(rng.integers(len(atoms), size=8), rng.integers(3, size=8)):
            def displaced(s):
                atoms.positions[i, k] = positions[i, k] + s
                value = atoms.get_potential_energy()
                atoms.positions[:] = positions
                return value
            d, error = derivative(displaced, 1e-3)
            worst, bound = max(worst, abs(d + forces[i, k])), max(bound, error)
        checks.near(f"{name}: forces against differences, eV/A", worst, bound + noise(shell * 4e-3) / 1e-3)
        worst = bound = 0.0
        for i, j in (0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1):
            def strained(s):
                strain = np.eye(3)
                strain[i, j] += s / 2
                strain[j, i] += s / 2
                atoms.set_cell(cell @ strain)
                atoms.positions[:] = positions @ strain
                value = atoms.get_potential_energy()
                atoms.set_cell(cell)
                atoms.positions[:] = positions
                return value
            d, error = derivative(strained, 1e-4)
            worst, bound = max(worst, abs(d / volume - stress[i, j])), max(bound, error / volume)
        checks.near(f"{name}: stress against differences, eV/A^3", worst,
                    bound + noise(len(atoms) / 2 * shell * REACH * 4e-4) / 1e-4 / volume)


def check_relaxation(args, checks):
    """ASE's minimisers end where `interlith relax` ends. Near a minimum E - Emin is at most |g|^2/(2 k) with the least curvature k."""
    from interlith_ase import Interlith
    rough = ase.build.bulk("Li", "bcc", a=3.4, cubic=True) * (2, 2, 2)
    rough.rattle(0.05, seed=2)
    lgp = crystal(args)
    lgp.rattle(0.03, seed=4)
    for name, atoms, model, mode in (("LGP", lgp, "pmmcs", "atoms"), ("LGP", lgp, "pmmcs", "both"), ("Li", rough, "li", "both")):
        file, folder = args.work / f"relax-{name}-{mode}.extxyz", args.work / f"relax-{name}-{mode}"
        atoms.write(file)
        ours = result(args.interlith, "relax", file, "-p", model, "--mode", mode, "--force-tolerance", 1e-4, "--stress-tolerance",
                      1e-6, "--fresh", "-o", folder)
        for minimiser in FIRE, BFGS:
            work = atoms.copy()
            work.calc = Interlith(model)
            target = FrechetCellFilter(work) if mode == "both" else work
            converged = minimiser(target, logfile=None).run(fmax=1e-3, steps=2000)
            checks.true(f"{name}, {mode}, {minimiser.__name__}: converged", converged)
            slack = sum((np.square(g) / (2 * SOFT)).sum() for g in (target.get_forces(), np.full((len(atoms), 3), 1e-4)))
            checks.near(f"{name}, {mode}, {minimiser.__name__}: energy to that of relax, eV",
                        abs(work.get_potential_energy() - ours["energy_eV"]), slack)
    checks.near("Li: energy an atom to the model's paper, eV", abs(work.get_potential_energy() / len(work) + 1.6480003), 1e-6)


def check_dynamics(args, checks):
    """Velocity Verlet conserves energy: its error falls as the square of the step, which no drift and no jump would do. The ratio
    is 4 to some (omega dt)^2, with the highest omega 0.1 of a step here, and to what 0.2 ps of one trajectory leave."""
    from interlith_ase import Interlith
    for name, start, model, kelvin, longest in (("Li", ase.build.bulk("Li", "bcc", a=3.51, cubic=True) * (3, 3, 3), "li", 300, 4.0),
                                                ("LGP", crystal(args), "pmmcs", 300, 2.0)):
        MaxwellBoltzmannDistribution(start, temperature_K=2 * kelvin, rng=np.random.default_rng(5))
        Stationary(start)
        spread = []
        for step in longest, longest / 2:
            atoms = start.copy()
            atoms.calc = Interlith(model)
            run, total = VelocityVerlet(atoms, timestep=step * units.fs), []
            run.attach(lambda a=atoms, t=total: t.append(a.get_total_energy()), interval=1)
            run.run(round(400 / step))
            spread.append(np.std(total[len(total) // 2:]))
        checks.near(f"{name}: error of the energy at {longest:g} over {longest / 2:g} fs to 4, relative", abs(spread[0] / spread[1] / 4 - 1), 0.25)


def check_velocities(args, checks):
    """Velocities of a run of ours are those of the column, and make its temperature."""
    import interlith_ase
    run = result(args.interlith, "md", TOP / "structures/Li.cif", "-p", "li", "--repeat", "3,3,3", "--time", 0.1, "-t", 300, "--fresh",
                 "-o", args.work / "md")
    atoms = interlith_ase.read(args.work / "md/final.extxyz")
    raw = ase.io.read(args.work / "md/final.extxyz").arrays["velo"]
    checks.near("velocities of a run, relative", np.abs(atoms.get_velocities() * units.fs - raw).max() / np.abs(raw).max(), 8 * EPS)
    table = np.loadtxt(args.work / "md/md.thermo.tsv", ndmin=2)[-1]
    names = [line for line in (args.work / "md/md.thermo.tsv").read_text().splitlines() if line.startswith("#")][-1].split("\t")
    kelvin = [value for name, value in zip(names, table) if name.startswith("temperature")][0]
    ours = 2 * atoms.get_kinetic_energy() / (3 * (len(atoms) - 1) * units.kB)
    checks.near("temperature of a run, relative", abs(ours / kelvin - 1), 1e-6)
    checks.true("run: done", run["status"] == "done")


def check_species_and_bonds(args, checks):
    """Bonds from a file, from info, from distances; labels change the answer."""
    from interlith_ase import Interlith
    file = KEPT / "pdol-melt.extxyz"
    whole = ase.io.read(file)
    bare = Atoms(whole.symbols, whole.positions, cell=whole.cell, pbc=True)
    wanted = result(args.interlith, "energy", file, "-p", "pdol")["energy_eV"]
    for name, atoms, topology in (("info", whole, None), ("topology", bare, file), ("distances", bare.copy(), None)):
        atoms.calc = Interlith("pdol", topology=topology, analytic=True)
        checks.near(f"P-DOL, bonds by {name}: energy, relative", abs(atoms.get_potential_energy() / wanted - 1), 1e-12)
        checks.true(f"P-DOL, bonds by {name}: species", atoms.calc.species(atoms) == list(whole.arrays["label"]))
    bare.wrap()
    checks.near("P-DOL, wrapped: energy, relative", abs(bare.get_potential_energy() / wanted - 1), 1e-10)
    bare.positions *= 1.02
    bare.set_cell(bare.cell * 1.02)
    bare.get_potential_energy()
    checks.true("P-DOL: bonds stay when atoms move", bare.calc.species(bare) == list(whole.arrays["label"]))
    bare = Atoms(whole.symbols, whole.positions, cell=whole.cell, pbc=True)
    bare.calc = pickle.loads(pickle.dumps(whole.calc))
    checks.true("P-DOL: species of a calculator that has not computed", bare.calc.species(bare) == list(whole.arrays["label"]))
    metal = ase.io.read(contact(args.work))
    metal.calc = Interlith("li-lagp")
    first = metal.get_potential_energy()
    at = int(np.flatnonzero(metal.arrays["label"] == "Li")[0])
    swapped = metal.copy()
    swapped.arrays["label"][[0, at]] = swapped.arrays["label"][[at, 0]]
    swapped.calc = metal.calc
    checks.true("Li on LAGP: another label is another energy", abs(swapped.get_potential_energy() - first) > 1e-3)
    checks.true("Li on LAGP: and back", metal.get_potential_energy() == first)


def check_periods(args, checks):
    from interlith_ase import Interlith
    slab = ase.io.read(KEPT / "lagp-slab.extxyz")
    slab.calc = Interlith("pmmcs")
    energy = slab.get_potential_energy()
    thin = slab.copy()
    thin.cell[2] = 0
    thin.calc = Interlith("pmmcs")
    checks.near("slab without a third vector: energy, relative", abs(thin.get_potential_energy() / energy - 1), 1e-12)
    refused(checks, "no stress without a volume", PropertyNotImplementedError, "stress", thin.get_stress)
    cluster = ase.build.bulk("Li", "bcc", a=3.51, cubic=True) * (2, 2, 2)
    cluster.rattle(0.1, seed=1)
    boxed = cluster.copy()
    cluster.cell, cluster.pbc = None, False
    boxed.cell, boxed.pbc = np.eye(3) * 40, True
    for atoms in cluster, boxed:
        atoms.calc = Interlith("li")
    checks.near("cluster without a cell: energy to that in a wide one, eV",
                abs(cluster.get_potential_energy() - boxed.get_potential_energy()), 64 * EPS * len(cluster))
    wire = cluster.copy()
    wire.calc, wire.cell, wire.pbc = Interlith("li"), [0, 0, 7.02], [False, False, True]
    checks.true("wire along c: bound more", wire.get_potential_energy() < cluster.get_potential_energy())


def check_reuse(args, checks):
    """One plan through large changes of the cell against a new one at each: two Coulomb sums, each within its accuracy."""
    from interlith_ase import Interlith
    atoms = crystal(args)
    kept = Interlith("pmmcs", accuracy=1e-6)
    for scale in 1.0, 0.75, 1.3, 1.0:
        moved = atoms.copy()
        moved.set_cell(atoms.cell * scale, scale_atoms=True)
        moved.calc = kept
        forces, plan = moved.get_forces(), kept._engine.plan.value
        new = moved.copy()
        new.calc = Interlith("pmmcs", accuracy=1e-6)
        checks.near(f"plan kept, cell times {scale:g}: rms of forces to a new plan, eV/A",
                    np.sqrt(np.square(forces - new.get_forces()).sum(1).mean()), 2 * 1e-6 * FORCE_UNIT)
        checks.true("  the plan is the same", kept._engine.plan.value == plan)
    one = Interlith("pmmcs")
    atoms.calc = one
    energy = atoms.get_potential_energy()
    for name, other in (("copy", copy.deepcopy(one)), ("pickle", pickle.loads(pickle.dumps(one)))):
        twin = atoms.copy()
        twin.calc = other
        checks.true(f"{name}: the same bits", twin.get_potential_energy() == energy)
    found = []
    threads = [threading.Thread(target=lambda a=crystal(args): (setattr(a, "calc", Interlith("pmmcs", threads=1)),
                                                                found.append(a.get_potential_energy()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    checks.true("four calculators in four threads: the same bits", found == [energy] * 4)
    atoms.calc = Interlith("pmmcs", threads=4)
    atoms.get_potential_energy()
    child = os.fork()
    if child == 0:
        atoms.positions[0, 0] += 1e-9
        atoms.get_potential_energy()
        atoms.positions[0, 0] -= 1e-9
        os._exit(0 if abs(atoms.get_potential_energy() / energy - 1) < 1e-12 else 1)
    checks.true("a forked child computes", os.waitpid(child, 0)[1] == 0)


def refused(checks, what, kind, sentence, call):
    try:
        call()
    except kind as trouble:
        checks.true(f"refused, {what}: {trouble}", sentence in str(trouble))
    except Exception as trouble:
        checks.true(f"refused, {what}: {type(trouble).__name__}: {trouble}", False)
    else:
        checks.true(f"refused, {what}", False)


def check_refusals(args, checks):
    """Wrong input ends with a sentence and the right exception."""
    from interlith_ase import Interlith

    def energy_of(atoms, model="pmmcs", **parameters):
        atoms = atoms.copy()
        atoms.calc = Interlith(model, **parameters)
        return atoms.get_potential_energy
    lgp, melt = crystal(args), ase.io.read(KEPT / "pdol-melt.extxyz")
    salt = ase.build.bulk("NaCl", "rocksalt", a=5.6)
    close, short, lost = lgp.copy(), melt.copy(), melt.copy()
    either = ase.io.read(contact(args.work))
    del either.arrays["label"]
    close.positions[1] = close.positions[0]
    del short[-1]
    lost.info["bonds"] = lost.info["bonds"].split(" ", 1)[1]
    flat = lgp.copy()
    flat.cell[2] = 0
    fast = lgp.copy()
    fast.positions[3, 1] = np.nan
    order = Atoms(melt.symbols, melt.positions, cell=melt.cell, pbc=True)[::-1]
    few = order[:-1]
    molecule = Atoms(melt.symbols, melt.positions)
    charged = lgp.copy()
    del charged[0]
    for what, kind, sentence, call in (
            ("unknown model", CalculatorSetupError, "no-such-model", energy_of(lgp, "no-such-model")),
            ("unknown parameter", CalculatorSetupError, "cutoff", lambda: Interlith("pmmcs", cutoff=3)),
            ("wrong kind of value", CalculatorSetupError, "accuracy", lambda: Interlith("pmmcs", accuracy="high")),
            ("out of range", CalculatorSetupError, "accuracy", energy_of(lgp, accuracy=0.5)),
            ("unknown method", CalculatorSetupError, "coulomb", lambda: Interlith("pmmcs", coulomb="pppm")),
            ("unknown species", CalculatorSetupError, "Cl", energy_of(salt)),
            ("metal without its labels", CalculatorSetupError, "charge", energy_of(either, "li-lagp")),
            ("net charge", CalculatorSetupError, "charge", energy_of(charged)),
            ("no atoms", CalculatorSetupError, "atoms", energy_of(Atoms())),
            ("molecule with charges", CalculatorSetupError, "periodic", energy_of(molecule, "pdol")),
            ("missing vector", CalculatorSetupError, "along c", energy_of(flat)),
            ("position that is no number", CalculatorSetupError, "atom 4", energy_of(fast)),
            ("bonds of other atoms", CalculatorSetupError, "bond", energy_of(short, "pdol")),
            ("a bond lost", CalculatorSetupError, "bonded to", energy_of(lost, "pdol")),
            ("a repeated cell with old bonds", CalculatorSetupError, "bonded to", energy_of(melt * (2, 1, 1), "pdol")),
            ("topology in another order", CalculatorSetupError, "order", energy_of(order, "pdol", topology=KEPT / "pdol-melt.extxyz")),
            ("topology of more atoms", CalculatorSetupError, "420", energy_of(few, "pdol", topology=KEPT / "pdol-melt.extxyz")),
            ("no topology there", CalculatorSetupError, "nowhere", energy_of(melt, "pdol", topology="nowhere.extxyz")),
            ("no library there", CalculatorSetupError, "make python", energy_of(lgp, library="nowhere.so")),
            ("a library of others", CalculatorSetupError, "not Interlith", energy_of(lgp, library="libc.so.6")),
            ("atoms on one place", CalculationFailed, "atom", energy_of(close))):
        refused(checks, what, kind, sentence, call)
    moved = lgp.copy()
    moved.calc = Interlith("pmmcs")
    energy, kept = moved.get_potential_energy(), moved.get_positions()
    moved.positions[1] = moved.positions[0]
    refused(checks, "atoms moved onto one place", CalculationFailed, "atom", moved.get_potential_energy)
    moved.positions = kept
    checks.true("and goes on after it", moved.get_potential_energy() == energy)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interlith", required=True, type=lambda path: Path(path).resolve())
    parser.add_argument("--work", required=True, type=Path)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    args.work = args.work.resolve()
    os.environ["INTERLITH_LIBRARY"] = str(args.interlith.parent / "libinterlith.so")
    install(args.work)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    checks = Checks()
    check_header(checks)
    for check in (check_energies, check_differences, check_species_and_bonds, check_periods, check_velocities,
                  check_relaxation, check_dynamics,
                  check_reuse, check_refusals):
        check(args, checks)
    return checks.verdict("ase_calculator")


if __name__ == "__main__":
    sys.exit(main())
