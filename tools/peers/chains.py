# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that relax many structures, each beginning where others ended: by the engine, and with LAMMPS as the minimiser.

    chains.py --interlith FILE --lmp FILE --work DIR

Contacts of Li2O on itself and of lithium on Li2O, and one lithium put into LGP. Of every relaxed structure: its
energy in the result is that of the engine; LAMMPS finds the same to 1e-6; the largest force is below the tolerance. Of the answers: two
minimisers that stop in the same minimum with forces f of 3N components are at most 1/2 3N f^2/k apart, k the softest curvature, taken as
SOFT. A film of metal has many minima: there the two may end in different ones, and only the size of that is looked at.
"""
import argparse
import math
from pathlib import Path

from checks import Checks, result

TOP = Path(__file__).resolve().parents[2]
FORCE = 1e-3  # eV/A, of every relaxation
SOFT = 0.05  # eV/A^2
FILE = 1e-9  # relative: structures are written with as many digits
SAME = 1e-6  # relative: the same structure by both engines
MINIMA = 0.05  # J/m^2 between minima of a small contact with metal: the shift of its registries makes more than 1
J_PER_M2 = 16.02176634
TIGHT = ("--coulomb", "ewald", "--coulomb-accuracy", "1e-10")

CONTACTS = {
    "Li2O|Li2O": ("Li2O.cif", "Li2O.cif", "pmmcs", ("--miller-a", "1,1,1", "--miller-b", "1,1,1", "--registries", "2"), None),
    "Li|Li2O": ("Li2O.cif", "Li.cif", "li-lagp", ("--miller-a", "1,1,1", "--max-area", "150", "--max-strain", "10", "--registries", "2"),
                MINIMA),
}


def same_minimum(n_atoms):
    """Largest difference in energy of two minimisers in one minimum, eV."""
    return 0.5 * 3 * n_atoms * FORCE**2 / SOFT


class Chains(Checks):
    def __init__(self, interlith, lmp, work):
        super().__init__()
        self.interlith, self.work = interlith, work
        self.lammps = ("--engine", "lammps", "--lmp", lmp)

    def both(self, name, *words):
        """Results of the engine and of LAMMPS with their folders."""
        made = []
        for kind, more in (("ours", ()), ("lammps", self.lammps)):
            folder = self.work / f"{name.replace('|', '-')}-{kind}"
            made.append((result(self.interlith, *words, *more, "--fresh", "--threads", "1", "-o", folder), folder))
        return made

    def structure(self, what, path, told, words):
        """A relaxed structure: whose energy, a minimum for whom."""
        ours = result(self.interlith, "energy", path, *words, "--forces")
        largest = max(abs(c) for f in ours["forces_eV_per_A"] for c in f)
        self.near(f"{what}: energy told, relative to the engine's", abs(told / ours["energy_eV"] - 1.0), FILE)
        self.near(f"{what}: largest force, eV/A", largest, FORCE * (1.0 + 1e-6))
        exact = [result(self.interlith, "energy", path, *words, *TIGHT, *more)["energy_eV"] for more in ((), self.lammps)]
        self.near(f"{what}: energy by LAMMPS, relative", abs(exact[1] / exact[0] - 1.0), SAME)

    def count(self, name, engine):
        n, here = engine["relaxations"], engine["relaxations_finished_by_interlith"]
        print(f"       {name}: {n} relaxations, {here} finished by the engine")
        self.true(f"{name}: LAMMPS brought most of them to their minimum", n > 0 and 2 * here <= n)

    def contact(self, name):
        a, b, model, options, bound = CONTACTS[name]
        force_field = ("-p", TOP / "potentials" / f"{model}.yaml")
        (ours, _), (theirs, folder) = self.both(
            name, "interface", TOP / "structures" / a, TOP / "structures" / b, *force_field, *options, "--thickness-a", "6",
            "--thickness-b", "6", "--force-tolerance", FORCE)
        x, y = ours["samples"][0], theirs["samples"][0]
        self.count(name, theirs["engine"])
        self.structure(name, folder / "contact-1.extxyz", y["E_AB_eV"], force_field)
        if bound is None:
            n_a, n_b = x["natoms_a"], x["natoms_b"]
            bound = 2.0 * same_minimum(n_a + n_b) * J_PER_M2 / x["area_A2"]
        print(f"       {name}: E_form {x['E_form_J_per_m2']:.5f} by the engine, {y['E_form_J_per_m2']:.5f} J/m2 with LAMMPS")
        self.near(f"{name}: E_form, J/m2", abs(x["E_form_J_per_m2"] - y["E_form_J_per_m2"]), bound)

    def lithiation(self):
        model = TOP / "potentials/lagp-lithiation.yaml"
        cut = ("--short-cutoff", "6", "--coulomb-cutoff", "6", "--coulomb-accuracy", "1e-5")
        made = self.both("lithiation", "lithiate", TOP / "structures/LGP.cif", "-p", model, *cut, "--x", "0.17", "--candidates", "2",
                         "--force-tolerance", FORCE, "--stress-tolerance", "1e-5", "--metal", TOP / "structures/Li.cif",
                         "--metal-model", TOP / "potentials/li.yaml")
        x, y = (m[0]["realisations"][0]["points"] for m in made)
        self.count("lithiation", made[1][0]["engine"])
        for ours, theirs, stem in zip(x, y, ("r1-x0", "r1-x0.1667")):
            what = f"LGP, {theirs['Li_inserted']} Li"
            self.structure(what, made[1][1] / f"{stem}.extxyz", theirs["energy_eV"], ("-p", model, *cut))
            self.near(f"{what}: energy, eV", abs(ours["energy_eV"] - theirs["energy_eV"]),
                      same_minimum(made[0][0]["natoms"] + theirs["Li_inserted"]))
            self.near(f"{what}: volume, relative", abs(theirs["V_A3_per_fu"] / ours["V_A3_per_fu"] - 1.0), 1e-3)
        self.true("a number of every point is finite", all(math.isfinite(p["energy_eV"]) for p in x + y))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--interlith", required=True)
    parser.add_argument("--lmp", required=True)
    parser.add_argument("--work", required=True, type=Path)
    a = parser.parse_args()
    chains = Chains(a.interlith, a.lmp, a.work)
    for name in CONTACTS:
        chains.contact(name)
    chains.lithiation()
    return chains.verdict("chains")


if __name__ == "__main__":
    raise SystemExit(main())
