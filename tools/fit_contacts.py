#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Least squares of the cross terms in potentials/li-lagp.yaml and li-pdol.yaml on density-functional contacts.

    python3 tools/fit_contacts.py tests/ref/dft

Needs numpy and scipy; the build needs nothing from here. Both sides of a contact are rigid in the data, so only the
cross terms change with the gap: E(gap) - E(far) and F(gap) - F(far) are sums over metal-other pairs. Minimised is
chi^2 = sum (residual/weight)^2 over the contact energies, the net force along z, and the forces of each side. Forces
on the non-metal are internal polarisation and charge transfer, which no pair term gives, so they weigh little. The
energies weigh more than their stated accuracy (0.15 and 0.05 J/m2) because they alone set the depth; the standard
deviations from (J^T J)^-1 therefore speak of the fit, not of the accuracy of the data.

Oxygen binds lithium metal by donating density to the metal's Finnis-Sinclair sum, E_i = -sqrt(rho_i + sum psi), which
saturates where pair wells add up without limit; rho_i is that of the frame's own metal.

One condition is no datum: the metal is not to dissolve. A lone metal atom on a grid of points between the lowest and the
highest oxygen is held above KEEP_OUT by a quadratic penalty; the fit without it is printed for comparison.
"""
import argparse
import re
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

KCAL = 0.0433641039  # eV per kcal/mol
J_PER_M2 = 16.021766  # per eV/angstrom^2
TAPER = 2.0  # angstrom, as `taper` in the model files

KEEP_OUT = -1.2  # eV; the cohesive energy of the metal is 1.65 eV/atom
KEEP_OUT_WEIGHT = 0.2  # eV

METAL_DENSITY = ((0.4749336612, 4.563), (-0.7916540896, 4.212))  # amplitude, end of phi: potentials/li.yaml

# weights: energy J/m2, net z force eV/A, forces eV/A on the metal and on the other side
WEIGHTS = {"lgp": dict(energy=0.08, net=0.30, metal=0.15, other=0.80),
           "ether": dict(energy=0.005, net=0.15, metal=0.05, other=0.15)}


def read_frames(path):
    """Frames of an extended XYZ file: label [n], side [n], x, contact_forces [n][3], cell [3][3], header."""
    lines, frames, at = path.read_text().splitlines(), [], 0
    while at < len(lines) and lines[at].strip():
        n, head = int(lines[at]), lines[at + 1]
        rows = [line.split() for line in lines[at + 2 : at + 2 + n]]
        at += n + 2
        columns = re.search(r"Properties=(\S+)", head).group(1)
        assert columns == "species:S:1:pos:R:3:side:I:1:contact_forces:R:3:forces:R:3", columns
        numbers = np.array([[float(word) for word in row[1:]] for row in rows])
        cell = np.array(re.search(r'Lattice="([^"]*)"', head).group(1).split(), float).reshape(3, 3)
        info = {k: float(v) for k, v in re.findall(r"(\w+)=(-?[\d.]+(?:[eE][-+]?\d+)?)(?=\s|$)", head)}
        frames.append(dict(label=np.array([row[0] for row in rows]), x=numbers[:, :3], side=numbers[:, 3].astype(int),
                           contact_forces=numbers[:, 4:7], cell=cell, gap=info["gap_A"],
                           energy=info["contact_energy_eV"], dispersion=info["dispersion_eV"]))
    return frames


def born_mayer(p, r):
    strength, rho = p
    e = strength * np.exp(-r / rho)
    return e, -e / rho


def lj(p, r):
    eps, sig = p
    y = (sig / r) ** 6
    return 4 * eps * y * (y - 1), -24 * eps * y * (2 * y - 1) / r


def donated(p, r):
    strength, reach = p
    t = np.maximum(reach - r, 0)
    return strength * t**3, -3 * strength * t**2


def tapered(form, p, r, cutoff):
    """Energy and slope of a form times S(t) = 1 - 10 t^3 + 15 t^4 - 6 t^5 over the last TAPER before the cut-off."""
    e, de = form(p, r)
    t = np.clip((r - cutoff + TAPER) / TAPER, 0, 1)
    s, ds = 1 - t**3 * (10 - 15 * t + 6 * t**2), -30 * (t * (1 - t)) ** 2 / TAPER
    return e * s, de * s + e * ds


class Contact:
    """A rigid contact: the metal side against each element of the other side. The last frame is the far one."""

    def __init__(self, path, metal_side, cutoff):
        self.frames, self.cutoff, self.grid = read_frames(path), cutoff, None
        first = self.frames[0]
        self.metal = first["side"] == metal_side
        self.area = np.linalg.norm(np.cross(first["cell"][0], first["cell"][1]))
        self.pairs = [self.find_pairs(frame["x"]) for frame in self.frames]
        self.rho, self.metal_pairs = self.find_metal()

    def find_pairs(self, x):
        """Per element: metal atom, other atom, vector to it and distance, of all images within the cut-off."""
        cell = self.frames[0]["cell"]
        height = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
        span = x.max(0) - x.min(0)
        reach = [range(-m, m + 1) for m in np.ceil((self.cutoff + np.linalg.norm(span)) / height).astype(int)]
        shifts = np.array(np.meshgrid(*reach, indexing="ij")).reshape(3, -1).T @ cell
        found = {}
        for element in sorted(set(self.frames[0]["label"][~self.metal])):
            a = np.flatnonzero(self.metal)
            b = np.flatnonzero(~self.metal & (self.frames[0]["label"] == element))
            parts = []
            for i in a:
                d = x[b][:, None] + shifts - x[i]
                r = np.linalg.norm(d, axis=2)
                k, m = np.nonzero(r < self.cutoff)
                parts.append((np.full(len(k), i), b[k], d[k, m], r[k, m]))
            found[element] = tuple(np.concatenate(column) for column in zip(*parts))
        return found

    def find_metal(self):
        """The rigid metal: density at each atom (0 at others), and per neighbour: receiver, giver, gradient of phi."""
        frame = self.frames[0]
        x, atoms, rho, rows = frame["x"], np.flatnonzero(self.metal), np.zeros(len(frame["x"])), []
        shifts = np.array(np.meshgrid(*[range(-2, 3)] * 3, indexing="ij")).reshape(3, -1).T @ frame["cell"]
        for i in atoms:
            d = x[atoms][:, None] + shifts - x[i]
            r = np.linalg.norm(d, axis=2)
            phi = sum(a * np.maximum(end - r, 0) ** 3 for a, end in METAL_DENSITY)
            slope = sum(-3 * a * np.maximum(end - r, 0) ** 2 for a, end in METAL_DENSITY)
            k, m = np.nonzero((r > 0) & (phi > 0))
            rho[i] = phi[k, m].sum()
            rows.append((np.full(len(k), i), atoms[k], (slope / np.where(r > 0, r, 1))[k, m][:, None] * d[k, m]))
        return rho, [np.concatenate(column) for column in zip(*rows)]

    def set_grid(self, spacing):
        """A grid of points between the lowest and the highest oxygen; per element, distances of its atoms to each."""
        frame, cell = self.frames[0], self.frames[0]["cell"]
        z = frame["x"][~self.metal & (frame["label"] == "O"), 2]
        steps = [np.arange(n := int(np.ceil(np.linalg.norm(row) / spacing))) / n for row in cell[:2]]
        heights = np.linspace(z.min(), z.max(), int(np.ceil(np.ptp(z) / spacing)) + 1)
        plane = [i * cell[0] + j * cell[1] for i in steps[0] for j in steps[1]]
        points = np.array([p + [0, 0, h] for p in plane for h in heights])
        shifts = np.array([i * cell[0] + j * cell[1] for i in range(-2, 3) for j in range(-2, 3)])
        self.grid = {}
        for element in self.pairs[0]:
            x = (frame["x"][~self.metal & (frame["label"] == element)][:, None] + shifts).reshape(-1, 3)
            self.grid[element] = np.minimum(np.linalg.norm(points[:, None] - x, axis=2), self.cutoff)

    def lone_atom(self, terms):
        """Energy of a lone metal atom at each point of the grid, eV."""
        pairs = sum(tapered(form, p, r, self.cutoff)[0].sum(1) for e, r in self.grid.items() for form, p in terms[e])
        return pairs - np.sqrt(sum(donated(p, self.grid[e])[0].sum(1) for e, p in terms["donors"].items()))

    def total(self, pairs, terms):
        """Energy (eV) and forces [n][3] of the cross terms {element: [(form, parameters)]}."""
        energy, forces = 0.0, np.zeros_like(self.frames[0]["x"])
        for element, (i, j, d, r) in pairs.items():
            for form, p in terms[element]:
                e, de = tapered(form, p, r, self.cutoff)
                pull = (de / r)[:, None] * d
                energy += e.sum()
                np.add.at(forces, i, pull)
                np.add.at(forces, j, -pull)
        return (energy + self.embed(pairs, terms["donors"], forces), forces) if "donors" in terms else (energy, forces)

    def embed(self, pairs, donors, forces):
        """Change of the metal's embedding energy by the donors; adds the forces."""
        psi = {e: donated(p, pairs[e][3]) for e, p in donors.items()}
        rho = self.rho.copy()
        for e, (value, _) in psi.items():
            np.add.at(rho, pairs[e][0], value)
        root, alone = np.sqrt(rho[self.metal]), np.sqrt(self.rho[self.metal])
        slope, change = np.zeros((2, len(rho)))
        slope[self.metal], change[self.metal] = -0.5 / root, 0.5 / alone - 0.5 / root
        i, j, gradient = self.metal_pairs  # the donors change how hard the metal pulls on itself
        pulls = [(i, j, change[i][:, None] * gradient)]
        for e, (_, dpsi) in psi.items():
            i, j, d, r = pairs[e]
            pulls.append((i, j, (slope[i] * dpsi / r)[:, None] * d))
        for i, j, pull in pulls:
            np.add.at(forces, i, pull)
            np.add.at(forces, j, -pull)
        return (alone - root).sum()

    def contact(self, terms):
        """Of every near frame: energy and forces less those of the far frame."""
        far = self.total(self.pairs[-1], terms)
        near = [self.total(pairs, terms) for pairs in self.pairs[:-1]]
        return [(e - far[0], f - far[1]) for e, f in near]

    def residuals(self, terms, w, skip=None, keep_out=True):
        out = []
        if self.grid and keep_out:
            out = [np.maximum(0, KEEP_OUT - self.lone_atom(terms)) / KEEP_OUT_WEIGHT]
        for k, (e, f) in enumerate(self.contact(terms)):
            frame = self.frames[k]
            df = f - frame["contact_forces"]
            part = [[(e - frame["energy"]) / self.area * J_PER_M2 / w["energy"], df[self.metal, 2].sum() / w["net"]],
                    df[self.metal].ravel() / w["metal"], df[~self.metal].ravel() / w["other"]]
            out += [p for p in part if k != skip]
        return np.concatenate(out)

    def report(self, terms):
        rms = lambda v: np.sqrt(np.mean(v**2))
        for frame, (e, f) in zip(self.frames, self.contact(terms)):
            want, m = frame["contact_forces"], self.metal
            print(f"  gap {frame['gap']:.2f} A: energy {e:.6f} of {frame['energy']:.6f} eV"
                  f" = {e / self.area * J_PER_M2:.4f} of {frame['energy'] / self.area * J_PER_M2:.4f} J/m2"
                  f" (dispersion {frame['dispersion'] / self.area * J_PER_M2:.3f});"
                  f" net z {f[m, 2].sum():.2f} of {want[m, 2].sum():.2f} eV/A")
            for side, name in ((m, "metal"), (~m, "other")):
                left, all_of_it = rms((f - want)[side]), rms(want[side])
                print(f"    rms force residual, {name} side: {left:.6f} of {all_of_it:.6f} eV/A")

    def gap_curve(self, terms, gaps):
        first, far = self.frames[0], self.total(self.pairs[-1], terms)[0]
        up = self.metal if self.metal[first["x"][:, 2].argmax()] else ~self.metal
        print("  rigid gap curve (A: J/m2):", end="")
        for gap in gaps:
            x = first["x"].copy()
            x[up, 2] += gap - first["gap"]
            e = self.total(self.find_pairs(x), terms)[0] - far
            print(f" {gap:g}: {e / self.area * J_PER_M2:.3f}", end=";")
        print()


def fit(contact, names, start, lower, terms, weights, tidy, gaps, held=()):
    """Least squares; prints values, standard deviations, correlations, residuals of the rounded values, gap curve,
    and what else could have come out: without one gap, and with other values of what is held."""

    def solve(skip=None, keep_out=True, **other):
        return least_squares(lambda v: contact.residuals(terms(v, **other), weights, skip, keep_out), start,
                             x_scale=np.abs(start), bounds=(lower, np.inf), xtol=1e-10, ftol=1e-10, gtol=1e-10)

    best = solve()
    cov = np.linalg.inv(best.jac.T @ best.jac)
    sd = np.sqrt(np.diag(cov))
    rounded = np.array(tidy(best.x))
    of_data = np.sum(contact.residuals(terms(best.x), weights, keep_out=False) ** 2)
    print(f"  chi^2 {2 * best.cost:.1f}, of the data alone {of_data:.1f}")
    for name, value, deviation, r in zip(names, best.x, sd, rounded):
        print(f"  {name:34s} {value:12.5f} +- {deviation:.5f}   rounded {r:.6g}")
    print("  correlation:", "; ".join(" ".join(f"{c:6.3f}" for c in row) for row in cov / np.outer(sd, sd)))
    contact.report(terms(rounded))
    contact.gap_curve(terms(rounded), gaps)
    if contact.grid:
        print(f"  lone metal atom within the other side: lowest {contact.lone_atom(terms(rounded)).min():.2f} eV")
    for skip in range(len(contact.frames) - 1 if len(contact.frames) > 2 else 0):
        part = solve(skip)
        e, frame = contact.contact(terms(part.x))[skip][0], contact.frames[skip]
        print(f"  fitted without the gap {frame['gap']:g} A, predicted there: {e / contact.area * J_PER_M2:.3f} of"
              f" {frame['energy'] / contact.area * J_PER_M2:.3f} J/m2; parameters", np.round(part.x, 2))
    for other in held:
        part, form = solve(**other), {k: v for k, v in other.items() if k != "keep_out"}
        energies = [e / contact.area * J_PER_M2 for e, _ in contact.contact(terms(part.x, **form))]
        of_data = np.sum(contact.residuals(terms(part.x, **form), weights, keep_out=False) ** 2)
        print(f"  with {other}: chi^2 of the data {of_data:.1f}, parameters", np.round(part.x, 2), "J/m2",
              np.round(energies, 3))
    return rounded


def fit_lgp(folder):
    """Donated density, Born-Mayer walls. Reach, rho and the wall against Li are held: the data do not determine them."""
    print("Li | LiGe2(PO4)3")
    names = ["B", "Li0-O ln repulsion at 2.0 A", "Li0-{Ge,Al,P} ln wall at 2.5 A"]

    def terms(v, reach=4.0, rho_o=0.25, rho=0.20, li=12.0):
        former = [(born_mayer, (np.exp(v[2] + 2.5 / rho), rho))]
        return {"donors": {"O": (v[0], reach)}, "O": [(born_mayer, (np.exp(v[1] + 2.0 / rho_o), rho_o))],
                "Li": [(born_mayer, (float(f"{np.exp(li):.3g}"), 0.20))], "Ge": former, "P": former}

    def tidy(v):  # three digits of A
        return [round(v[0], 2), *(np.log(float(f"{np.exp(u + n):.3g}")) - n for u, n in ((v[1], 8.0), (v[2], 12.5)))]

    contact = Contact(folder / "li111-lgp001-Li-terminated.extxyz", metal_side=1, cutoff=9.0)
    contact.set_grid(0.8)
    got = fit(contact, names, np.array([1.0, 0.5, 1.0]), np.array([0.01, -9, -9]), terms, WEIGHTS["lgp"], tidy,
              (1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5),
              [dict(keep_out=False), dict(reach=3.6), dict(reach=4.25), dict(reach=4.5), dict(rho_o=0.35), dict(rho=0.25)])
    print("  A of Li0-O and of Li0-{Ge,Al,P} (eV):", f"{np.exp(got[1] + 8.0):.6g} {np.exp(got[2] + 12.5):.6g}")


def fit_ether(folder):
    """Li0 as one more Lennard-Jones species of the geometric rule; start: UFF. OPLS-AA epsilon kcal/mol, sigma A."""
    print("Li | ether")
    opls = {"O": (0.140, 2.90), "C": (0.066, 3.50), "H": (0.030, 2.50)}

    def terms(v):
        return {k: [(lj, (KCAL * np.sqrt(v[0] * eps), np.sqrt(v[1] * sig)))] for k, (eps, sig) in opls.items()}

    start = np.array([0.025, 2.1836])
    got = fit(Contact(folder / "li110-ether-flat.extxyz", metal_side=0, cutoff=12.0),
              ["Li0 epsilon (kcal/mol)", "Li0 sigma (A)"], start, start / 20, terms, WEIGHTS["ether"],
              lambda v: np.round(v, 2), (1.6, 1.8, 2, 2.25, 2.5, 2.75, 3, 3.5, 4, 5))
    print("  common factors on the mixed epsilon and sigma of UFF:", np.round(np.sqrt(got / start), 3))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with the two .extxyz files")
    folder = parser.parse_args().folder
    fit_lgp(folder)
    fit_ether(folder)
