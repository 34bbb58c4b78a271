#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare `interlith diffuse --from` with kinisi 2 (McCluskey, Coles & Morgan) on planted walks: D, its error, and conductivity.

Needs numpy, ase and kinisi:  python3 -m venv ENV && ENV/bin/pip install kinisi ase && ENV/bin/python kinisi_peer.py
Both read the same wrapped frames; kinisi starts its fit where ours does, as it has no rule of its own."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np

warnings.filterwarnings("ignore")
import scipp as sc  # noqa: E402
from ase import Atoms  # noqa: E402
from kinisi.analyze import ConductivityAnalyzer, DiffusionAnalyzer  # noqa: E402

EDGE, FRAME_FS, KELVIN = 20.0, 20.0, 300.0


def free(rng, n, frames):
    """Gaussian steps of variance 0.04 A^2 a frame and component: D = 1e-3 A^2/fs."""
    return np.cumsum(0.2 * rng.normal(size=(frames, n, 3)), axis=0), 1e-3, 1e-3


def jumps(rng, n, frames):
    """Jumps of 2 A with probability 0.3 a frame, straight back with 0.3: f = 0.54; rattling of 0.2 A."""
    x, last, steps = np.zeros((n, 3)), -np.ones(n, int), []
    for _ in range(frames):
        for i in np.flatnonzero(rng.random(n) < 0.3):
            last[i] = last[i] ^ 1 if last[i] >= 0 and rng.random() < 0.3 else rng.integers(6)
            x[i, last[i] // 2] += 2.0 - 4.0 * (last[i] % 2)
        steps.append(x + 0.2 * rng.normal(size=x.shape))
    d = 0.3 * 4.0 / 6.0 * 0.7 / 1.3 / FRAME_FS
    return np.array(steps), d, d


def pairs(rng, n, frames):
    """Two and two move as one: the charge diffuses twice as fast as the tracer."""
    x, d, _ = free(rng, n // 2, frames)
    return np.repeat(x, 2, axis=1), d, 2 * d


def write(path, x):
    with open(path, "w", encoding="ascii") as out:
        for frame, row in enumerate(np.mod(x + 10.0, EDGE)):
            print(len(row), file=out)
            print(f'Lattice="{EDGE} 0 0 0 {EDGE} 0 0 0 {EDGE}" Properties=species:S:1:pos:R:3 pbc="T T T" '
                  f"time={frame * FRAME_FS}", file=out)
            out.writelines(f"Li {a:.8f} {b:.8f} {c:.8f}\n" for a, b, c in row)


def ours(command, path):
    done = subprocess.run([command, "diffuse", "--from", path, "--temperatures", str(KELVIN), "--species", "Li", "--charges",
                           "Li=1", "--reference", "none", "--frame-time", str(FRAME_FS), "--json", "--quiet", "--threads", "1"],
                          capture_output=True, text=True, check=False)
    if not done.stdout:
        sys.exit(f"kinisi_peer: interlith failed: {done.stderr}")
    return json.loads(done.stdout)["runs"][0]


def theirs(x, start_fs):
    frames = [Atoms(f"Li{len(f)}", positions=np.mod(f + 10.0, EDGE), cell=[EDGE] * 3, pbc=True) for f in x]
    how = {"specie": "Li", "time_step": sc.scalar(FRAME_FS, unit="fs"), "step_skip": sc.scalar(1, unit="dimensionless"),
           "progress": False}
    start = sc.scalar(start_fs, unit="fs")
    random = np.random.RandomState(1)
    tracer = DiffusionAnalyzer.from_ase(frames, **how)
    tracer.diffusion(start_dt=start, progress=False, random_state=random)
    charge = ConductivityAnalyzer.from_ase(frames, ionic_charge=sc.scalar(1, unit="e"), **how)
    charge.conductivity(start_dt=start, temperature=sc.scalar(KELVIN, unit="K"), progress=False, random_state=random)
    d = tracer.D.to(unit="m^2/s").values
    s = charge.sigma.to(unit="S/m").values
    return d.mean(), d.std(ddof=1), s.mean(), s.std(ddof=1)


def conductivity(d_charge, n):
    e, kb = 1.602176634e-19, 1.380649e-23
    return n * e * e * d_charge * 1e-5 / (kb * KELVIN * EDGE**3 * 1e-30)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interlith", default=os.environ.get("INTERLITH", "build/interlith"))
    parser.add_argument("--work", help="taken as every script here takes it; the walks need a moment's folder only")
    parser.add_argument("--walks", type=int, default=4)
    args = parser.parse_args()
    n, frames, failed = 16, 512, 0
    print("walk      planted D, 1e-9 m2/s   interlith          kinisi             sigma, S/m: planted  interlith     kinisi")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "walk.extxyz")
        for kind in (free, jumps, pairs):
            for seed in range(args.walks):
                x, d, d_charge = kind(np.random.default_rng(seed), n, frames)
                write(path, x)
                run = ours(args.interlith, path)
                mine, cond = run["D_tracer_m2_per_s"]["Li"], run["sigma_S_per_m"]
                start = 1e3 * run["species"]["Li"]["window_ps"][0]
                peer = theirs(x, start)
                print(f"{kind.__name__:9s} {d * 1e4:10.2f} {mine['value'] * 1e9:16.2f} +- {mine['sigma'] * 1e9:5.2f} "
                      f"{peer[0] * 1e9:10.2f} +- {peer[1] * 1e9:5.2f} {conductivity(d_charge, n):16.0f} "
                      f"{cond['value']:8.0f} +- {cond['sigma']:4.0f} {peer[2]:8.0f} +- {peer[3]:4.0f}")
                # both estimates come from the same data, but not from the same lags of it
                gap = abs(mine["value"] - peer[0]) / np.hypot(mine["sigma"], peer[1])
                charge_gap = abs(cond["value"] - peer[2]) / np.hypot(cond["sigma"], peer[3])
                if not (gap < 3.0 and charge_gap < 3.0):
                    failed += 1
                    print("  failed: they differ by more than three standard deviations")
    print(f"kinisi_peer: {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
