# SPDX-License-Identifier: GPL-3.0-or-later
"""The published models once more, in the words of LAMMPS (units metal).

The parameters are written here a second time on purpose, from the sources that potentials/*.yaml name: a slip in a
model file, in its reader or in a kernel then shows as a deviation.
"""
import math
from itertools import combinations_with_replacement

E, AVOGADRO, EPS0 = 1.602176634e-19, 6.02214076e23, 8.8541878128e-12  # CODATA 2018
COULOMB = E / (4 * math.pi * EPS0) * 1e10                             # eV angstrom
KJ_MOL = 1e3 / (AVOGADRO * E)                                         # eV
LAMMPS_QQR2E, LAMMPS_NKTV2P = 14.399645, 1.6021765e6                  # src/update.cpp, units metal
MASS = {"H": 1.008, "Li": 6.94, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "Al": 26.982, "P": 30.974,
        "S": 32.06, "Ge": 72.63}
SHORT, REAL = 12.0, 12.0                                              # cut-offs, angstrom

# LAMMPS's Coulomb constant is 14.399645; `dielectric` divides it, so this makes it the CODATA 2018 value. The Ewald
# accuracy is relative to 14.4 eV/A. The real-space part comes from a table of 2^20 points from 0.8 A on, because the
# polynomial that LAMMPS otherwise uses for erfc is only good to 1.5e-7.
LONG_RANGE = [
    f"dielectric {LAMMPS_QQR2E / COULOMB:.15f}",
    "kspace_style ewald 1e-10",
    "pair_modify table 20 tabinner 0.8",
]

# Pedone 2006, table 1: with O: D (eV), a (1/A), r0 (A), C (eV A^12).
PMMCS = {
    "Li": (0.6, 0.001114, 3.429506, 2.681360, 1.0),
    "Al": (1.8, 0.361581, 1.900442, 2.164818, 0.9),
    "Ge": (2.4, 0.158118, 2.294230, 2.261313, 5.0),
    "P": (3.0, 0.831326, 2.585833, 1.800790, 1.0),
    "O": (-1.2, 0.042395, 1.379316, 3.618701, 22.0),
}

# OPLS-AA: charge (e), epsilon (kJ/mol), sigma (nm).
OPLS = {
    "OS": (-0.40, 0.585760, 0.290), "CO": (0.20, 0.276144, 0.350), "CT": (0.14, 0.276144, 0.350),
    "CE": (0.11, 0.276144, 0.350), "HCO": (0.10, 0.125520, 0.250), "HCT": (0.03, 0.125520, 0.250),
    "HCE": (0.03, 0.125520, 0.250),
}
# CL&P (il.ff) and Li+ of Aqvist, in the same units.
SALT = {
    "Li+": (1.0, 0.0764793, 0.212645), "NTF": (-0.66, 0.71128, 0.325), "STF": (1.02, 1.04600, 0.355),
    "OTF": (-0.53, 0.83736, 0.315), "CTF": (0.35, 0.27614, 0.350), "FTF": (-0.16, 0.25540, 0.3118),
    "PPF": (1.34, 0.83680, 0.374), "FPF": (-0.39, 0.25520, 0.312),
}
# GROMACS atom types of those, for the bonded tables (oplsaa.ff, ffbonded.itp): kJ/mol, nm, degree.
BONDED = {"OS": "OS", "CO": "CO", "CT": "CT", "CE": "CT", "HCO": "HC", "HCT": "HC", "HCE": "HC"}
BONDED.update({label: label for label in SALT})
BONDS = {"CO-OS": (267776.0, 0.1380), "CT-OS": (267776.0, 0.1410), "CT-CT": (224262.4, 0.1529),
         "CO-HC": (284512.0, 0.1090), "CT-HC": (284512.0, 0.1090),
         "CTF-FTF": (369800.0, 0.1323), "CTF-STF": (195000.0, 0.1818), "STF-OTF": (533100.0, 0.1437),
         "NTF-STF": (313700.0, 0.1570), "PPF-FPF": (310000.0, 0.1606)}
ANGLES = {"OS-CO-OS": (774.876, 111.55), "CT-OS-CO": (502.080, 109.5), "CO-OS-CO": (502.080, 109.5),
          "CT-OS-CT": (502.080, 109.5), "CT-CT-OS": (418.400, 109.5), "HC-CO-OS": (292.880, 109.5),
          "HC-CT-OS": (292.880, 109.5), "CT-CT-HC": (313.800, 110.7), "HC-CT-HC": (276.144, 107.8),
          "HC-CO-HC": (276.144, 109.5),
          "FTF-CTF-FTF": (781.0, 107.1), "FTF-CTF-STF": (694.0, 111.7), "OTF-STF-OTF": (969.0, 118.5),
          "CTF-STF-OTF": (870.0, 102.6), "NTF-STF-OTF": (789.0, 113.6), "NTF-STF-CTF": (764.0, 103.5),
          "STF-NTF-STF": (671.0, 125.6), "FPF-PPF-FPF": (1165.0, 90.0)}
CIS = {"FPF-PPF-FPF"}  # angles of an octahedron: straight ones have no term
TORSIONS = {
    "CT-OS-CO-OS": (-6.45801, 0.80961, 5.68187, -0.03347), "CO-OS-CO-OS": (-6.45801, 0.80961, 5.68187, -0.03347),
    "OS-CT-CT-OS": (-1.15060, 1.15060, 0, 0), "CO-OS-CT-CT": (1.71544, 2.84512, 1.04600, -5.60656),
    "CT-OS-CT-CT": (1.71544, 2.84512, 1.04600, -5.60656), "CT-OS-CO-HC": (1.58992, 4.76976, 0, -6.35968),
    "CO-OS-CO-HC": (1.58992, 4.76976, 0, -6.35968), "CO-OS-CT-HC": (1.58992, 4.76976, 0, -6.35968),
    "CT-OS-CT-HC": (1.58992, 4.76976, 0, -6.35968), "HC-CT-CT-OS": (0.97905, 2.93716, 0, -3.91622),
    "HC-CT-CT-HC": (0.62760, 1.88280, 0, -2.51040),
}
# V1, V2, V3 (kJ/mol) of V1/2 (1 + cos p) + V2/2 (1 - cos 2p) + V3/2 (1 + cos 3p).
OPLS_TORSIONS = {"OTF-STF-CTF-FTF": (0, 0, 1.4510), "NTF-STF-CTF-FTF": (0, 0, 1.3220),
                 "OTF-STF-NTF-STF": (0, 0, -0.0150), "STF-NTF-STF-CTF": (32.7730, -10.4200, -3.1950)}
TORSIONS.update({row: None for row in OPLS_TORSIONS})

# Nichol and Ackland 2016: sums of amplitude (end - r)^3, a join exp(B0 + B1 r + B2 r^2 + B3 r^3), ZBL.
LI_DENSITY = [(0.4749336612, 4.563), (-0.7916540896, 4.212)]
LI_PAIR = [(-0.2252606406, 4.563), (1.2183017995, 4.2822), (-1.7351449931, 4.0365), (0.9144187534, 3.7206),
           (-0.3418446603, 3.3345), (-0.0712060163, 3.039748)]
LI_JOIN, LI_R_JOIN, LI_R_ZBL = (5.4220832658, -4.2270293351, 0.4974099465, 0.0196565240), 3.0, 1.0
ZBL = [(0.18175, 3.19980), (0.50986, 0.94229), (0.28022, 0.40290), (0.02817, 0.20162)]


def cubics(terms, r):
    return sum(a * (end - r) ** 3 for a, end in terms if r < end)


def li_pair(r):
    if r >= LI_R_JOIN:
        return cubics(LI_PAIR, r)
    if r >= LI_R_ZBL:
        return math.exp(sum(b * r**k for k, b in enumerate(LI_JOIN)))
    length = 0.46850 / (2 * 3**0.23)
    return COULOMB * 9 / r * sum(c * math.exp(-d * r / length) for c, d in ZBL)


def li_table(path, n=50001):
    """The functions as an eam/fs file: the error of LAMMPS's cubic splines falls with the fourth power of the step."""
    end, rho_end = 4.5632, 100.0
    dr, drho = end / (n - 1), rho_end / (n - 1)
    r = [k * dr for k in range(n)]
    rows = ([-math.sqrt(k * drho) for k in range(n)], [cubics(LI_DENSITY, x) for x in r],
            [x * li_pair(x) if x else 0.0 for x in r])
    with open(path, "w") as file:
        file.write("Nichol and Ackland 2016\n\n\n1 Li\n")
        file.write(f"{n} {drho:.17g} {n} {dr:.17g} {end:.17g}\n3 6.94 3.51 bcc\n")
        for row in rows:
            file.writelines(f"{value:.17g}\n" for value in row)


def key_of(table, labels):
    """The row of a bonded table that names these labels, read in either direction."""
    names = [BONDED[label] for label in labels]
    for order in names, names[::-1]:
        if "-".join(order) in table:
            return "-".join(order)
    raise SystemExit(f"OPLS-AA table has no row for {'-'.join(labels)}")


def pmmcs(labels):
    lines = [f"pair_style hybrid/overlay coul/long {REAL} pedone {SHORT}", "pair_coeff * * coul/long"]
    o = labels.index("O") + 1
    for k, label in enumerate(labels, 1):
        _, d, a, r0, c = PMMCS[label]
        lines.append(f"pair_coeff {min(k, o)} {max(k, o)} pedone {d!r} {a!r} {r0!r} {c!r}")
    return lines + ["pair_modify shift yes"] + LONG_RANGE


def opls(labels, used):
    """`used`: the rows of the three bonded tables that the structure has, in the order of their LAMMPS types."""
    lines = [f"pair_style lj/cut/coul/long {SHORT} {REAL}", "pair_modify shift yes mix geometric",
             "special_bonds lj/coul 0 0 0.5"]
    atoms, is_hybrid = {**OPLS, **SALT}, any(row in OPLS_TORSIONS for row in used[2])
    for (i, a), (j, b) in combinations_with_replacement(list(enumerate(labels, 1)), 2):
        eps, sigma = (math.sqrt(atoms[a][k] * atoms[b][k]) for k in (1, 2))
        lines.append(f"pair_coeff {i} {j} {eps * KJ_MOL:.17g} {10 * sigma:.17g}")
    for n, row in enumerate(used[0], 1):
        k, r0 = BONDS[row]
        lines.append(f"bond_coeff {n} {k * KJ_MOL / 200:.17g} {10 * r0:.17g}")
    for n, row in enumerate(used[1], 1):
        k, theta0 = ANGLES[row]
        lines.append(f"angle_coeff {n} {k * KJ_MOL / 2:.17g} {theta0!r}")
    for n, row in enumerate(used[2], 1):  # Ryckaert-Bellemans counts its angle from trans: odd powers change sign
        if row in OPLS_TORSIONS:
            lines.append(f"dihedral_coeff {n} opls " + " ".join(f"{v * KJ_MOL:.17g}" for v in OPLS_TORSIONS[row]) + " 0")
            continue
        c = [c * KJ_MOL * (-1) ** m for m, c in enumerate(TORSIONS[row])]
        style = "multi/harmonic " if is_hybrid else ""
        lines.append(f"dihedral_coeff {n} {style}" + " ".join(f"{x:.17g}" for x in c) + " 0")
    return lines + LONG_RANGE
