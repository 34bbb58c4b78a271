# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs of the workloads of tests/bench for LAMMPS and GROMACS, from the same structures and parameters."""
import math
from pathlib import Path

from peers import TOP, Structure, chains

DATA = TOP / "tests/bench/data"
E2 = 14.399645  # eV angstrom, as LAMMPS has it
KCAL = 4.184    # kJ
IONS = {"Li": (3, 0.6, 6.94), "Ge": (32, 2.4, 72.63), "P": (15, 3.0, 30.974), "O": (8, -1.2, 15.999),
        "Al": (13, 1.8, 26.982)}
TYPES = list(IONS)
PMMCS = {("Li", "O"): (0.001114, 3.429506, 2.681360, 1.0), ("Ge", "O"): (0.158118, 2.294230, 2.261313, 5.0),
         ("P", "O"): (0.831326, 2.585833, 1.800790, 1.0), ("O", "O"): (0.042395, 1.379316, 3.618701, 22.0),
         ("O", "Al"): (0.361581, 1.900442, 2.164818, 0.9)}
BONDLENGTH = {("Li", "O"): 2.05, ("Ge", "O"): 1.86, ("P", "O"): 1.52, ("O", "O"): 2.55, ("O", "Al"): 1.86}
SHORT = 6.0
# ethers: charge, mass, epsilon (kcal/mol), sigma (angstrom); LAMMPS' K without the half
ETHER = {"C3": (0.11, 12.011, 0.066, 3.5), "C2": (0.14, 12.011, 0.066, 3.5), "O": (-0.40, 15.999, 0.14, 2.9),
         "H": (0.03, 1.008, 0.03, 2.5)}
BONDS = {"CC": (268.0, 1.529), "CH": (340.0, 1.09), "CO": (320.0, 1.41)}
ANGLES = {"CCO": (50.0, 109.5), "COC": (60.0, 109.5), "HCH": (33.0, 107.8), "CCH": (37.5, 110.7), "HCO": (35.0, 109.5)}
TORSIONS = {"CCOC": (0.650, -0.250, 0.670, 0.0), "OCCO": (-0.550, 0.0, 0.0, 0.0), "COCH": (0.0, 0.0, 0.760, 0.0),
            "HCCH": (0.0, 0.0, 0.318, 0.0), "HCCO": (0.0, 0.0, 0.468, 0.0)}


# ---- structures ----

def ether_types(s):
    """C3 (end) and C2 by the number of hydrogens."""
    hydrogens = [0] * len(s.x)
    for i, j in s.bonds:
        hydrogens[i] += s.elements[j] == "H"
        hydrogens[j] += s.elements[i] == "H"
    return [f"C{hydrogens[i]}" if e == "C" else e for i, e in enumerate(s.elements)]


def tuples(s):
    """Bonds, angles and torsions with the key of their row."""
    out = []
    for items, rows in zip((s.bonds, *chains(s.bonds, len(s.x))), (BONDS, ANGLES, TORSIONS)):
        named = []
        for atoms in items:
            word = "".join(s.elements[i] for i in atoms)
            named.append((atoms, word if word in rows else word[::-1]))
        out.append((named, list(rows)))
    return out


def write_data(s, path, bonded=False):
    types = list(ETHER) if bonded else TYPES
    of_atom = ether_types(s) if bonded else s.elements
    table = {k: (v[0], v[1]) for k, v in ETHER.items()} if bonded else {k: (v[1], v[2]) for k, v in IONS.items()}
    groups = tuples(s) if bonded else []
    out = ["interlith, tests/bench", "", f"{len(s.x)} atoms", f"{len(types)} atom types"]
    for word, (items, rows) in zip(("bond", "angle", "dihedral"), groups):
        out += [f"{len(items)} {word}s", f"{len(rows)} {word} types"]
    out += [f"0 {s.h[k][k]!r} {c}lo {c}hi" for k, c in enumerate("xyz")]
    out += ["", "Masses", ""] + [f"{k} {table[t][1]}" for k, t in enumerate(types, 1)]
    out += ["", "Atoms", ""]
    for i, x in enumerate(s.x):
        words = [i + 1] + ([0] if bonded else []) + [types.index(of_atom[i]) + 1, table[of_atom[i]][0], *x]
        out.append(" ".join(map(str, words)))
    for word, (items, rows) in zip(("Bonds", "Angles", "Dihedrals"), groups):
        out += ["", word, ""] + [f"{n} {rows.index(key) + 1} " + " ".join(str(i + 1) for i in atoms)
                                 for n, (atoms, key) in enumerate(items, 1)]
    Path(path).write_text("\n".join(out) + "\n")


# of LAMMPS on W1, W4 and W5. Real-space cut-off; g: splitting that the mesh is told; bits of a table's index; points of its file. The fine
# table costs little more a step; the coarser one misses 1e-5 by the forces of pairs about the cut-off of 6 A, which its entries smear.
STYLES = {"table": {"cutoff": 9.0, "g": 0.374, "bits": 12, "points": 8000},
          "fine table": {"cutoff": 9.0, "g": 0.38, "bits": 17, "points": 32000},
          "pedone": {"cutoff": 8.0}, "exact": {"cutoff": 12.0}}


def write_pair_table(path, style):
    """Pedone, with an energy that ends at zero, and real-space Ewald of every pair of types in one table each: LAMMPS' fastest way to W1."""
    cutoff, g, points = (STYLES[style][key] for key in ("cutoff", "g", "points"))
    r = [0.9 + (cutoff - 0.9) * k / (points - 1) for k in range(points)]
    screen = [(math.erfc(g * x), 2 * g / math.sqrt(math.pi) * math.exp(-(g * x) ** 2)) for x in r]

    def pedone(p, x):
        y = math.exp(-p[1] * (x - p[2]))
        return p[0] * (y * y - 2 * y) + p[3] / x ** 12, 2 * p[0] * p[1] * (y * y - y) + 12 * p[3] / x ** 13
    with open(path, "w", encoding="ascii") as out:
        for i, a in enumerate(TYPES):
            for b in TYPES[i:]:
                qq, p = E2 * IONS[a][1] * IONS[b][1], PMMCS.get((a, b))
                end = pedone(p, SHORT)[0] if p else 0.0
                out.write(f"{a}{b}\nN {points} R {r[0]:.10g} {cutoff:.10g}\n\n")
                for k, x in enumerate(r):
                    e, f = qq * screen[k][0] / x, qq * (screen[k][0] / x ** 2 + screen[k][1] / x)
                    if p and x <= SHORT:
                        short = pedone(p, x)
                        e, f = e + short[0] - end, f + short[1]
                    out.write(f"{k + 1} {x:.12g} {e:.12g} {f:.12g}\n")
                out.write("\n")


# ---- decks of LAMMPS ----

def task_lines(task, kelvin, steps, dt, damp, start):
    """Forces of the start, dynamics, or a minimisation to 1e-3 eV/A (fire or cg)."""
    if task == "forces":
        return ["thermo_style custom pe", 'thermo_modify format float "%.15g"',
                "dump f all custom 1 forces.dump id fx fy fz",
                'dump_modify f sort id format float "%.12g"', "run 0"]
    if task in ("fire", "cg"):
        return ["thermo_style custom step pe fmax", "thermo 100", "timestep 0.001", f"min_style {task}",
                "min_modify norm max dmax 0.1", "minimize 0.0 1e-3 20000 100000"]
    return [f"velocity all create {start} 4711 mom yes rot no dist gaussian loop all",
            f"fix 1 all nvt temp {kelvin} {kelvin} {damp}", f"timestep {dt}", "thermo 100", "run 20", f"run {steps}"]


def lagp_deck(data, style, task, repeat=(1, 1, 1), slab=False, steps=100, table=None, accuracy=1e-5):
    """style: a table, pedone (analytic pairs), exact (Ewald sum; a table of 2^16 entries has the better erfc than LAMMPS' formula, which
    is good to 1.5e-7). Analytic pairs of a crystal have the fastest mesh, `diff ad`; with a slab that makes its forces along z three times too
    large, the factor of the padding (LAMMPS of July 2025), so that slabs have `diff ik`."""
    way, lines = STYLES[style], ["units metal", "atom_style charge", f"boundary p p {'f' if slab else 'p'}", f"read_data {data}",
                                 "replicate " + " ".join(map(str, repeat))]
    if table:
        lines.append(f"pair_style table bitmap {way['bits']} pppm")
        lines += [f"pair_coeff {i + 1} {j + 1} {table} {a}{TYPES[j]}"
                  for i, a in enumerate(TYPES) for j in range(i, len(TYPES))]
    else:
        lines += [f"pair_style hybrid/overlay pedone {SHORT} coul/long {way['cutoff']}", "pair_coeff * * coul/long"]
        lines += [f"pair_coeff {TYPES.index(a) + 1} {TYPES.index(b) + 1} pedone " + " ".join(map(str, p))
                  for (a, b), p in PMMCS.items()]
    relaxes = task in ("fire", "cg")
    lines += ["pair_modify pair pedone shift yes"] * (relaxes and not table)
    lines += ["pair_modify pair coul/long table 16 tabinner 1.2", "kspace_style ewald 1e-8"] if style == "exact" else [
        f"kspace_style pppm {accuracy!r}", f"kspace_modify order 7 diff {'ik' if table or slab else 'ad'}"]
    lines += ["kspace_modify slab 3.0"] * slab + ([f"kspace_modify gewald {way['g']}"] if table else [])
    lines += ["neighbor 0.75 bin", f"neigh_modify delay 0 every {1 if relaxes else 2} check yes"]
    return lines + task_lines(task, 600.0, steps, 0.001, 0.1, 600.0)


def ether_deck(data, style, task, steps=100, accuracy=1e-4):
    lines = ["units real", "atom_style full", "boundary p p p", "special_bonds lj/coul 0.0 0.0 0.5",
             "pair_style lj/cut/coul/long 10.0", "pair_modify mix geometric" + " table 16" * (style == "exact"),
             "bond_style harmonic", "angle_style harmonic", "dihedral_style opls", f"read_data {data}"]
    lines += [f"pair_coeff {k} {k} {v[2]} {v[3]}" for k, v in enumerate(ETHER.values(), 1)]
    for word, rows in ("bond", BONDS), ("angle", ANGLES), ("dihedral", TORSIONS):
        lines += [f"{word}_coeff {k} " + " ".join(map(str, v)) for k, v in enumerate(rows.values(), 1)]
    lines += ["kspace_style ewald 1e-8"] if style == "exact" else [f"kspace_style pppm {accuracy!r}", "kspace_modify order 5"]
    lines += ["neighbor 1.5 bin", "neigh_modify delay 0 every 2 check yes"]
    return lines + task_lines(task, 363.0, steps, 1.0, 100.0, 363.0)


def metal_deck(n, task, steps=100, data=None):
    lines = ["units metal", "atom_style atomic"]
    lines += [f"read_data {data}"] if data else [
        "lattice bcc 3.51", f"region box block 0 {n} 0 {n} 0 {n}", "create_box 1 box", "create_atoms 1 box"]
    lines += ["pair_style eam/alloy", f"pair_coeff * * {DATA / 'metal.eam.alloy'} Li", "neighbor 0.75 bin",
              "neigh_modify delay 0 every 2 check yes"]
    return lines + task_lines(task, 300.0, steps, 0.001, 0.1, 600.0)


# ---- GROMACS ----

def write_gro(path, s, names, repeat=(1, 1, 1)):
    """Positions to 1e-5 nm: those of the structure files, unrounded."""
    copies = [(a, b, c) for a in range(repeat[0]) for b in range(repeat[1]) for c in range(repeat[2])]
    rows = [(names[i], [v + m * s.h[k][k] for k, (v, m) in enumerate(zip(x, copy))])
            for i, x in enumerate(s.x) for copy in copies]
    if len(copies) > 1:
        rows.sort(key=lambda row: list(IONS).index(row[0]))
    out = ["interlith", str(len(rows))]
    out += [f"{(i + 1) % 100000:5d}{name:<5s}{name:>5s}{(i + 1) % 100000:5d}" + "".join(f"{v / 10:11.6f}" for v in x)
            for i, (name, x) in enumerate(rows)]
    out.append(" ".join(f"{s.h[k][k] * repeat[k] / 10:.7f}" for k in range(3)))
    Path(path).write_text("\n".join(out) + "\n")
    return [name for name, _ in rows]


def write_ether_topology(path, s):
    types = ether_types(s)
    pairs = {tuple(sorted((t[0], t[3]))) for t, _ in tuples(s)[2][0]}
    near = {tuple(sorted(b)) for b in s.bonds} | {tuple(sorted((a[0], a[2]))) for a, _ in tuples(s)[1][0]}
    out = ["[ defaults ]", "1 3 yes 0.5 0.5", "[ atomtypes ]"]
    number = {"C": 6, "O": 8, "H": 1}
    out += [f"{t} {number[t[0]]} {m} {q} A {sigma / 10:.6f} {eps * KCAL:.8f}" for t, (q, m, eps, sigma) in ETHER.items()]
    out += ["[ moleculetype ]", "melt 3", "[ atoms ]"]
    out += [f"{i + 1} {t} 1 melt {t} {i + 1} {ETHER[t][0]} {ETHER[t][1]}" for i, t in enumerate(types)]
    (bonds, _), (angles, _), (torsions, _) = tuples(s)
    out += ["[ bonds ]"] + [f"{a + 1} {b + 1} 1 {BONDS[k][1] / 10:.6f} {200 * BONDS[k][0] * KCAL:.4f}" for (a, b), k in bonds]
    out += ["[ pairs ]"] + [f"{a + 1} {b + 1} 1" for a, b in sorted(pairs - near)]
    out += ["[ angles ]"] + [" ".join(str(i + 1) for i in t) + f" 1 {ANGLES[k][1]} {2 * ANGLES[k][0] * KCAL:.6f}"
                             for t, k in angles]
    out += ["[ dihedrals ]"] + [" ".join(str(i + 1) for i in t) + " 5 " + " ".join(f"{v * KCAL:.6f}" for v in TORSIONS[k])
                                for t, k in torsions]
    out += ["[ system ]", "melt", "[ molecules ]", "melt 1"]
    Path(path).write_text("\n".join(out) + "\n")


def write_ion_topology(path, names):
    """The ions of W1 with a repulsive r^-12 of the force of PMMCS at the bond lengths: not its physics, its speed."""
    out = ["[ defaults ]", "1 1 no 1.0 1.0", "[ atomtypes ]"]
    out += [f"{t} {z} {m} {q} A 0.0 0.0" for t, (z, q, m) in IONS.items()]
    out.append("[ nonbond_params ]")
    for (a, b), (d, alpha, r0, c) in PMMCS.items():
        r = BONDLENGTH[a, b]
        y = math.exp(-alpha * (r - r0))
        force = 2 * d * alpha * (y * y - y) + 12 * c / r ** 13
        out.append(f"{a} {b} 1 0.0 {force * r ** 13 / 12 * 96.4853e-12:.8e}")
    for t, (_, q, m) in IONS.items():
        out += ["[ moleculetype ]", f"{t} 1", "[ atoms ]", f"1 {t} 1 {t} {t} 1 {q} {m}"]
    out += ["[ system ]", "ions", "[ molecules ]"] + [f"{t} {names.count(t)}" for t in IONS]
    Path(path).write_text("\n".join(out) + "\n")


def write_mdp(path, kelvin, reach, spacing, order, rtol, steps=100000, every=0):
    """reach: of Lennard-Jones, nm. every: forces into the trajectory."""
    Path(path).write_text(f"""integrator = md
dt = 0.001
nsteps = {steps}
cutoff-scheme = Verlet
nstlist = 20
verlet-buffer-tolerance = 0.005
coulombtype = PME
rcoulomb = 1.0
fourierspacing = {spacing}
pme-order = {order}
ewald-rtol = {rtol}
vdwtype = Cut-off
vdw-modifier = None
rvdw = {reach}
DispCorr = no
tcoupl = nose-hoover
tc-grps = System
tau-t = 0.5
ref-t = {kelvin}
gen-vel = yes
gen-temp = {kelvin}
gen-seed = 4711
constraints = none
nstcalcenergy = 100
nstenergy = 1000
nstlog = 1000
nstfout = {every}
comm-mode = Linear
""")


def structures():
    return {name: Structure(DATA / f"{name}.extxyz") for name in ("lagp", "ether", "slab", "slab-displaced")}
