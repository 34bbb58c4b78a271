#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A random start for melting a lithium silicate: atoms put at random, none too near, in a cube of the density asked for.

    glass_start.py SIO2 LI2O DENSITY SEED > start.extxyz        formula units of both, g/cm3

docs/results/lithiation.md gives the run that melts and quenches it.
"""
import random
import sys

MASS = {"Li": 6.94, "Si": 28.085, "O": 15.999}  # g/mol
NEAREST, NEAREST_BOND = 1.7, 1.5  # angstrom; Si-O
G_PER_CM3 = 0.602214076  # g/mol per angstrom^3


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sio2, li2o, seed = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[4])
    counts = {"Si": sio2, "O": 2 * sio2 + li2o, "Li": 2 * li2o}
    length = (sum(MASS[e] * n for e, n in counts.items()) / (float(sys.argv[3]) * G_PER_CM3)) ** (1 / 3)
    draw, atoms = random.Random(seed), []
    for element in (e for e, n in counts.items() for _ in range(n)):
        while True:
            x = [draw.random() * length for _ in range(3)]
            if all(sum(((a - b + length / 2) % length - length / 2) ** 2 for a, b in zip(x, y))
                   >= (NEAREST_BOND if {element, other} == {"Si", "O"} else NEAREST) ** 2 for other, y in atoms):
                break
        atoms.append((element, x))
    print(f'{len(atoms)}\nLattice="{length} 0 0 0 {length} 0 0 0 {length}" Properties=species:S:1:pos:R:3 pbc="T T T"')
    for element, x in atoms:
        print(element, *x)


main()
