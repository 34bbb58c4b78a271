#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Li-like analytic Finnis-Sinclair (Gupta / second-moment) potential as a setfl file.

E_i = 1/2 sum phi(r_ij) - sqrt(rho_i),  phi = 2A exp(-p(r/r1-1)) s(r),
rho = xi^2 exp(-2q(r/r1-1)) s(r), s a quintic switch from rs to rc.
A and xi follow from the cohesive energy and lattice constant of bcc Li.

usage: li_eam.py out.eam.alloy"""
import sys
import numpy as np

A0, EC, MASS = 3.51, 1.63, 6.94
P, Q, RS, RC = 7.75, 0.90, 6.0, 7.5
R1 = A0 * np.sqrt(3) / 2
N = 2000


def switch(r):
    x = np.clip((r - RS) / (RC - RS), 0, 1)
    return 1 - x ** 3 * (10 - 15 * x + 6 * x * x)


def fphi(r):
    return 2 * np.exp(-P * (r / R1 - 1)) * switch(r)


def frho(r):
    return np.exp(-2 * Q * (r / R1 - 1)) * switch(r)


def shells():
    m = np.arange(-4, 5)
    g = np.array(np.meshgrid(m, m, m)).reshape(3, -1).T
    v = np.vstack([g, g + 0.5])
    d = np.sqrt((v ** 2).sum(1))
    return d[(d > 1e-6)]


def main():
    s = shells()
    def sums(a):
        r = a * s
        return 0.5 * fphi(r).sum(), np.sqrt(frho(r).sum())
    h = 1e-4
    s1, s2 = sums(A0)
    (u1, u2), (l1, l2) = sums(A0 + h), sums(A0 - h)
    M = np.array([[s1, -s2], [(u1 - l1) / (2 * h), -(u2 - l2) / (2 * h)]])
    A, xi = np.linalg.solve(M, [-EC, 0.0])
    e = lambda a: A * sums(a)[0] - xi * sums(a)[1]
    d2 = (e(A0 + 0.01) - 2 * e(A0) + e(A0 - 0.01)) / 1e-4
    B = d2 * 2 / (9 * A0) * 160.2177     # V = a^3/2
    print(f"A={A:.6f} eV xi={xi:.6f} eV  E0={e(A0):.6f}  B={B:.2f} GPa")
    rho0 = xi ** 2 * frho(A0 * s).sum()
    rhomax = 6 * rho0
    nrho, nr = N, N
    drho, dr = rhomax / (nrho - 1), RC / (nr - 1)
    r = np.arange(nr) * dr
    F = -np.sqrt(np.arange(nrho) * drho)
    rp = r * A * fphi(r)
    rho = xi ** 2 * frho(r)
    with open(sys.argv[1], "w") as f:
        f.write("Li-like Finnis-Sinclair potential, analytic (tools/peers/li_eam.py)\n")
        f.write(f"# A={A:.8f} xi={xi:.8f} p={P} q={Q} r1={R1:.6f} switch {RS}-{RC}\n# eV Angstrom\n")
        f.write("1 Li\n")
        f.write(f"{nrho} {drho:.16e} {nr} {dr:.16e} {RC:.16e}\n3 {MASS} {A0} bcc\n")
        for arr in (F, rho, rp):
            for k in range(0, len(arr), 5):
                f.write(" ".join(f"{x:.16e}" for x in arr[k:k + 5]) + "\n")


main()
