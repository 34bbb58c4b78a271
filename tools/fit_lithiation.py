#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fitted numbers of potentials/lagp-lithiation*.yaml and ltp-lithiation.yaml, from the engine itself.

    python3 tools/fit_lithiation.py radii  MODEL ION LENGTH   r0 of ION-O that gives the length in an oxide
    python3 tools/fit_lithiation.py onsite MODEL              steps from rung to rung of Ge, their volumes, Ge-O by rung
    python3 tools/fit_lithiation.py end    MODEL [RUNG]       LAGP with all Ge on a rung (Ge0): volume, mean voltage
    python3 tools/fit_lithiation.py ltp    MODEL              Li3Ti2(PO4)3, the on-site energy of Ti3

Needs numpy; INTERLITH names the command (build/interlith). The oxide of `radii` is rock salt for Ge2, corundum for Ti3
and rutile for Ge (a check: nothing of Ge4+ was fitted). `onsite` puts lithium into LiGe2(PO4)3 (6 formula units) one by
one beside one Ge that takes up an electron each time; of TRIALS places near it, drawn from the voids of the crystal, the
one with the lowest relaxed energy stays. On-site energies make all these steps cost the same, so that only one number
is left, which `end` sets: the mean voltage of Li1.5Al0.5Ge1.5(PO4)3 (6 formula units, 36 Li in the largest voids, annealed) with
all Ge reduced is that of the datum, which is a decomposition to Ge as well:

    on(k) = k s - sum_j<=k [E(j) - E(j-1)],   s from -[E(end) - E(host) + sum on]/n_Li + E(Li, bcc) = V
"""
import argparse
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
COMMAND = os.environ.get("INTERLITH", str(ROOT / "build/interlith"))
E_LI = -1.6480  # eV, bcc in potentials/li.yaml
ONSET = 2.70  # V, reduction of LAGP to Ge, GeO2, Li4P2O7, AlPO4: Zhu, He, Mo 2015
PLATEAU = 2.48  # V, LiTi2(PO4)3 to Li3Ti2(PO4)3: Delmas, Nadiri, Soubeyroux 1988
TRIALS = 12
FCC = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])


class Bench:
    """A folder for one model and the structures that are relaxed with it."""

    def __init__(self, model):
        self.folder = Path(tempfile.mkdtemp(prefix="interlith-fit-"))
        self.text = Path(model).read_text()
        self.parent = Path(model).resolve().parent
        self.write(self.text)

    def write(self, text):
        """On-site energies are taken off: the classical part alone is wanted."""
        for name in set(re.findall(r"model: (\w[\w-]*)", text)):
            text = text.replace(f"model: {name}", f"model: {self.parent / name}.yaml")
        (self.folder / "model.yaml").write_text(re.sub(r"onsite: [-\d.]+, ", "", text))

    def relax(self, structure, mode="both", force="1e-3"):
        """Result of `interlith relax`, cell [3][3], labels, positions [n][3]."""
        done = subprocess.run([COMMAND, "relax", str(structure), "-p", str(self.folder / "model.yaml"), "--mode", mode,
                               "--force-tolerance", force, "--max-steps", "4000", "--json", "--quiet", "--fresh", "-o",
                               str(self.folder / "out")], capture_output=True, text=True)
        if done.returncode > 1:
            raise SystemExit(done.stderr)
        result = json.loads(done.stdout)
        if not result["converged"]:
            print("not converged:", result["verdict"])
        return (result, *read_xyz(self.folder / "out/relaxed.extxyz"))

    def put(self, cell, labels, x):
        lattice = " ".join(f"{v:.12g}" for v in np.ravel(cell))
        rows = [f"{re.match('[A-Z][a-z]?', name)[0]} {name} {p[0]:.10f} {p[1]:.10f} {p[2]:.10f}" for name, p in zip(labels, x)]
        path = self.folder / "in.extxyz"
        path.write_text(f'{len(rows)}\nLattice="{lattice}" Properties=species:S:1:label:S:1:pos:R:3\n' + "\n".join(rows) + "\n")
        return path


def read_xyz(path):
    lines = path.read_text().splitlines()
    words = re.search(r"Properties=(\S+)", lines[1])[1].split(":")
    first = dict(zip(words[::3], np.cumsum([0] + [int(n) for n in words[2::3]])))  # column where each property begins
    rows = [line.split() for line in lines[2 : 2 + int(lines[0])]]
    name, at = first.get("label", first["species"]), first["pos"]
    cell = np.array(re.search('Lattice="([^"]*)"', lines[1])[1].split(), float).reshape(3, 3)
    return cell, [row[name] for row in rows], np.array([[float(v) for v in row[at : at + 3]] for row in rows])


def distances(cell, p, x):
    d = (x - p) @ np.linalg.inv(cell)
    return np.linalg.norm((d - np.round(d)) @ cell, axis=-1)


def shell(cell, labels, x, i, n, other="O"):
    """Mean of the n shortest distances, over all images, from atom i to the other element."""
    d = (x[np.array([name == other for name in labels])] - x[i]) @ np.linalg.inv(cell)
    images = np.array(np.meshgrid(*[[-1, 0, 1]] * 3)).reshape(3, -1).T
    return np.sort(np.linalg.norm(((d - np.round(d))[:, None] + images) @ cell, axis=-1).ravel())[:n].mean()


def oxide(ion):
    """Cell, labels and positions of the simplest oxide with this ion on six oxygens."""
    if ion == "Ge2":
        return np.eye(3) * 4.26, ["Ge2"] * 4 + ["O"] * 4, np.vstack([FCC, FCC + [0.5, 0, 0]]) * 4.26
    if ion == "Ge":
        cell, u = np.diag([4.4066, 4.4066, 2.8619]), 0.306
        frac = [[0, 0, 0], [0.5] * 3, [u, u, 0], [-u, -u, 0], [0.5 + u, 0.5 - u, 0.5], [0.5 - u, 0.5 + u, 0.5]]
        return cell, ["Ge"] * 2 + ["O"] * 4, np.array(frac) @ cell
    a, c, z, u = 5.158, 13.611, 0.3447, 0.3130  # Ti2O3
    cell = np.array([[a, 0, 0], [-a / 2, a * 3**0.5 / 2, 0], [0, 0, c]])
    metal = [[0, 0, s * z + t] for s in (1, -1) for t in (0, 0.5)]
    oxygen = [[u, 0, 0.25], [0, u, 0.25], [-u, -u, 0.25], [-u, 0, 0.75], [0, -u, 0.75], [u, u, 0.75]]
    frac = [np.array(p) + s for p in metal + oxygen for s in ([0, 0, 0], [2 / 3, 1 / 3, 1 / 3], [1 / 3, 2 / 3, 2 / 3])]
    return cell, [ion] * 12 + ["O"] * 18, np.array(frac) @ cell


def radii(bench, ion, length):
    def found(r0):
        bench.write(re.sub(rf"({ion}-O: .*?r0: )[\d.]+", rf"\g<1>{r0:.9f}", bench.text) if r0 else bench.text)
        _, cell, labels, x = bench.relax(bench.put(*oxide(ion)), force="1e-5")
        return shell(cell, labels, x, 0, 6)

    if ion == "Ge":
        return print(f"rutile GeO2: Ge-O {found(None):.4f} A")
    stated = float(re.search(rf"{ion}-O: .*?r0: ([\d.]+)", bench.text)[1])
    low, high = stated - 0.15, stated + 0.15
    for _ in range(20):
        r0 = (low + high) / 2
        low, high = (r0, high) if found(r0) < length else (low, r0)
    print(f"{ion}-O r0 {r0:.4f}: mean of six {found(r0):.4f} A")


def voids(cell, x, labels):
    """Points of a grid with an oxygen no nearer than 1.75 A and cations no nearer than 2.3 A."""
    steps = [np.arange(n) / n for n in np.ceil(np.linalg.norm(cell, axis=1) / 0.43).astype(int)]
    points = np.stack(np.meshgrid(*steps, indexing="ij"), -1).reshape(-1, 3) @ cell
    is_oxygen = np.array([name == "O" for name in labels])
    keep = [distances(cell, p, x[is_oxygen]).min() > 1.75 and distances(cell, p, x[~is_oxygen]).min() > 2.3 for p in points]
    return points[keep]


def onsite(bench):
    result, cell, labels, x = bench.relax(ROOT / "structures/LGP.cif")
    places, target, rng = voids(cell, x, labels), labels.index("Ge"), np.random.default_rng(1)
    places = places[distances(cell, x[target], places) < 4.6]
    added, energy, volume, total = np.empty((0, 3)), result["energy_eV"], np.linalg.det(cell), 0.0
    print(f"x=0: {energy:.4f} eV, {volume / 6:.3f} A3/f.u., Ge-O {shell(cell, labels, x, target, 6):.3f} A")
    for k in range(1, 5):
        here, best = list(labels), None
        here[target] = f"Ge{4 - k}"
        for _ in range(TRIALS):
            free = [p for p in places if not len(added) or distances(cell, p, added).min() > 2.3]
            tried = np.vstack([added, free[rng.integers(len(free))]])
            found = bench.relax(bench.put(cell, here + ["Li"] * k, np.vstack([x, tried])), force="5e-3")
            if best is None or found[0]["energy_eV"] < best[0]["energy_eV"]:
                best, kept = found, tried
        added, step = kept, best[0]["energy_eV"] - energy
        energy, total = best[0]["energy_eV"], total - step
        mean = shell(best[1], best[2], best[3], target, 6)
        print(f"Ge{4 - k}: classical step {step:.4f} eV, their sum with other sign {total:.3f} eV, dV {np.linalg.det(best[1]) - volume:.2f} A3, "
              f"Ge-O {mean:.3f} A (six), {shell(best[1], best[2], best[3], target, 3):.3f} A (three)")


def end(bench, rung):
    order = [COMMAND, "order", str(ROOT / "structures/LAGP.cif"), "-n", "1", "--quiet", "-o", str(bench.folder)]
    subprocess.run(order, check=True, stdout=subprocess.DEVNULL)
    first, cell, labels, x = bench.relax(bench.folder / "LAGP-001.extxyz", force="5e-3")
    volume, electrons = np.linalg.det(cell), 4 - int(rung[2:])
    n_ge, labels = labels.count("Ge"), [rung if name == "Ge" else name for name in labels]
    is_oxygen = np.array([name == "O" for name in labels])
    steps = [np.arange(n) / n for n in np.ceil(np.linalg.norm(cell, axis=1) / 0.5).astype(int)]
    points = np.stack(np.meshgrid(*steps, indexing="ij"), -1).reshape(-1, 3) @ cell
    room = np.array([min(distances(cell, p, x[~is_oxygen]).min(), 1.25 * distances(cell, p, x[is_oxygen]).min()) for p in points])
    added = []
    for _ in range(electrons * n_ge):
        added.append(points[np.argmax(room)])
        room = np.minimum(room, distances(cell, added[-1], points))
    start = bench.put(cell, labels + ["Li"] * len(added), np.vstack([x, added]))
    subprocess.run([COMMAND, "md", str(start), "-p", str(bench.folder / "model.yaml"), "--stages",
                    "npt full 1200 K 5 ps, npt full 1200-300 K 3 ps", "--relax-first", "--trajectory", "none", "--quiet",
                    "--fresh", "--compressibility", "0.01", "-o", str(bench.folder / "md")], check=True, stdout=subprocess.DEVNULL)
    onsite = float(re.search(rf"{rung}: .*?onsite: ([-\d.]+)", bench.text)[1])
    for name, path in (("relaxed", start), ("annealed", bench.folder / "md/final.extxyz")):
        result, cell, labels, x = bench.relax(path, force="5e-3")
        voltage = E_LI - ((result["energy_eV"] - first["energy_eV"]) + n_ge * onsite) / len(added)
        print(f"{name}: V/V0 {np.linalg.det(cell) / volume:.4f}, mean voltage {voltage:.3f} V (on-site {onsite} eV; "
              f"{onsite + electrons * (voltage - ONSET):.3f} gives {ONSET} V)")


def rhombohedral(p):
    """Fractional orbit of a general position of R-3, hexagonal axes."""
    a, b, c = p
    orbit = [np.array([s * u, s * v, s * c]) for s in (1, -1) for u, v in ((a, b), (-b, a - b), (b - a, -a))]
    return [q + t for q in orbit for t in ([0, 0, 0], [2 / 3, 1 / 3, 1 / 3], [1 / 3, 2 / 3, 2 / 3])]


def ltp(bench, out):
    """All lithium of Li3Ti2(PO4)3 on one general position of R-3: the best of those that leave Li 2.5 A apart."""
    first, cell, labels, x = bench.relax(ROOT / "structures/LTP.cif")
    framework = np.array([name != "Li" for name in labels])
    names = [{"Ti": "Ti3"}.get(name, name) for name in np.array(labels)[framework]]
    inverse, best = np.linalg.inv(cell), None
    points = [p for p in voids(cell, x[framework], [name for name in labels if name != "Li"]) @ inverse
              if 0 <= p[2] < 1 / 3]
    tried = []
    for p in points:
        orbit = np.array(rhombohedral(p)) @ cell
        if min(np.sort(distances(cell, orbit[0], orbit))[1:]) < 2.5:
            continue
        if any(distances(cell, orbit[0], q).min() < 0.9 for q in tried):
            continue
        tried.append(orbit)
        found = bench.relax(bench.put(cell, names + ["Li"] * 18, np.vstack([x[framework], orbit])), force="2e-3")
        if best is None or found[0]["energy_eV"] < best[0]["energy_eV"]:
            best = found
    for result, c in ((first, cell), (best[0], best[1])):
        a = np.linalg.norm(c, axis=1)
        print(f"{result['energy_eV'] / 6:.4f} eV/f.u., a {a[0]:.4f} b {a[1]:.4f} c {a[2]:.4f} A, V {np.linalg.det(c) / 6:.3f} A3/f.u.")
    step = (best[0]["energy_eV"] - first["energy_eV"]) / 12
    print(f"{len(tried)} starts; classical step {step:.4f} eV per Li, on-site of Ti3 {-PLATEAU + E_LI - step:.3f} eV")
    if out:
        Path(out).write_text(bench.put(*best[1:]).read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["radii", "onsite", "end", "ltp"])
    parser.add_argument("model")
    parser.add_argument("ion", nargs="?", choices=["Ge", "Ge3", "Ge2", "Ge1", "Ge0", "Ti3"])
    parser.add_argument("length", nargs="?", type=float)
    parser.add_argument("-o", "--out", help="file for the relaxed Li3Ti2(PO4)3, extended XYZ")
    given = parser.parse_args()
    bench = Bench(given.model)
    {"radii": lambda: radii(bench, given.ion, given.length), "onsite": lambda: onsite(bench), "end": lambda: end(bench, given.ion or "Ge0"),
     "ltp": lambda: ltp(bench, given.out)}[given.what]()


if __name__ == "__main__":
    main()
