# SPDX-License-Identifier: GPL-3.0-or-later
"""Trajectories of the engine read by ASE and MDAnalysis, and theirs read by the engine.

    trajectories.py --interlith FILE --work DIR [--lmp FILE]

Makes a run with numbers drawn at random, in a cell that stands in no special direction, breathes, and has no period along c;
`interlith convert` carries it from format to format. With LAMMPS, a run of its own is dumped in every way that positions can be
written, and each must give the same continuous positions. Exit code 1 when something deviates by more than rounding.
"""
import argparse
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np

from checks import Checks, command

warnings.filterwarnings("ignore")

FLOAT = 2.0 ** -24
N_ATOMS, N_FRAMES = 40, 6

LAMMPS = """units metal
boundary p p p
lattice fcc 4.2
region r prism 0 3 0 3 0 3 1 -1 1
create_box 2 r
create_atoms 1 region r basis 2 2 basis 3 2
mass 1 6.94
mass 2 15.999
pair_style lj/cut 6
pair_coeff * * 0.02 2.6
velocity all create 3000 12345
fix 1 all npt temp 3000 3000 0.1 tri 2000 2000 1.0 fixedpoint 1 2 3 flip no
timestep 0.002
dump 1 all custom 50 flags.dump id type element x y z ix iy iz vx vy vz
dump 2 all custom 50 unwrapped.dump id type element xu yu zu
dump 3 all custom 50 scaled.dump type id mass xs ys zs ix iy iz
dump 4 all custom 50 scaledunwrapped.dump type id element xsu ysu zsu
dump 5 all custom 50 wrapped.dump id mass x y z
dump_modify 1 element Li O units yes time yes format float %.12g
dump_modify 2 element Li O format float %.12g
dump_modify 3 format float %.12g
dump_modify 4 element Li O format float %.12g
dump_modify 5 format float %.12g
run 1000
"""


def convert(args, *words):
    command(args.interlith, "convert", *words)


def read_xyz(path):
    """Frames of one of our own extended XYZ trajectories, as ASE reads them."""
    from ase.io import read
    return read(path, index=":", format="extxyz")


def distances(x):
    return np.linalg.norm(x[:, None] - x[None], axis=-1)


def make_run(path):
    """An extended XYZ trajectory; frames as ASE has them."""
    rng = np.random.default_rng(4)
    h0 = np.array([[9.0, 1.0, -0.5], [-1.0, 8.0, 2.0], [0.3, -2.0, 11.0]])
    symbols = rng.choice(["Li", "O", "P", "Ge"], N_ATOMS)
    x = rng.uniform(size=(N_ATOMS, 3)) @ h0
    with open(path, "w") as out:
        for k in range(N_FRAMES):
            h = h0 * (1 + 0.01 * k)
            v = rng.normal(size=(N_ATOMS, 3)) * 0.004
            cell = " ".join(repr(float(c)) for c in h.ravel())
            out.write(f'{N_ATOMS}\nLattice="{cell}" Properties=species:S:1:pos:R:3:velo:R:3 pbc="T T F" '
                      f"Step={50 * k} Time={75.0 * k} continuous=T\n")
            for s, p, w in zip(symbols, x, v):
                out.write(s + "".join(f" {float(c)!r}" for c in (*p, *w)) + "\n")
            x = x + rng.normal(size=x.shape) * 2
    return read_xyz(path)


def check_ours(args, checks):
    """Our NetCDF in ASE and MDAnalysis."""
    from ase.io.netcdftrajectory import NetCDFTrajectory
    from MDAnalysis.coordinates.TRJ import NCDFReader
    run = args.work / "run.extxyz"
    frames = make_run(run)
    convert(args, run, args.work / "run.nc")
    convert(args, args.work / "run.nc", args.work / "back.extxyz")
    ase, mda = NetCDFTrajectory(args.work / "run.nc", "r"), NCDFReader(str(args.work / "run.nc"))
    checks.true("all read all frames", len(ase) == mda.n_frames == N_FRAMES == len(frames))
    error = {name: 0.0 for name in ("ASE", "MDAnalysis", "ASE cell", "MDAnalysis cell", "velocities", "times", "back")}
    size = max(np.abs(f.positions).max() for f in frames)
    for k, (ours, back) in enumerate(zip(frames, read_xyz(args.work / "back.extxyz"))):
        a, m, d = ase[k], mda[k], distances(ours.positions)
        checks.true(f"elements of frame {k}", (a.numbers == ours.numbers).all())
        error["ASE"] = max(error["ASE"], np.abs(distances(a.positions) - d).max())
        error["MDAnalysis"] = max(error["MDAnalysis"], np.abs(distances(m.positions.astype(float)) - d).max())
        cell = ours.cell.cellpar()
        error["ASE cell"] = max(error["ASE cell"], np.abs(a.cell.cellpar() - cell).max())
        error["MDAnalysis cell"] = max(error["MDAnalysis cell"], np.abs(m.dimensions - cell).max())
        speed = np.linalg.norm(ours.arrays["velo"], axis=1) * 1e3
        for v in a.get_velocities(), m.velocities:
            error["velocities"] = max(error["velocities"], np.abs(np.linalg.norm(v, axis=1) / speed - 1).max())
        error["times"] = max(error["times"], abs(m.time - 0.075 * k))
        error["back"] = max(error["back"], np.abs(back.positions - ours.positions).max())
    for name in "ASE", "MDAnalysis":
        checks.near(f"distances of atoms in {name}, A", error[name], 8 * size * FLOAT)
    checks.near("cell in ASE, A or degree", error["ASE cell"], 1e-10)
    checks.near("cell in MDAnalysis (floats), A or degree", error["MDAnalysis cell"], 256 * FLOAT)
    checks.near("speeds, relative", error["velocities"], 8 * FLOAT)
    checks.near("times, ps", error["times"], 1e-12)
    checks.near("positions there and back, A", error["back"], 4 * size * FLOAT)


def check_theirs(args, checks):
    """NetCDF of ASE and MDAnalysis, read by us."""
    import MDAnalysis
    from ase.io.netcdftrajectory import NetCDFTrajectory
    frames = read_xyz(args.work / "run.extxyz")
    for f in frames:  # ASE writes the cell's six numbers alone: stand it as they do, periods all
        f.pbc = True
        f.set_cell(f.cell.standard_form()[0], scale_atoms=True)
    out = NetCDFTrajectory(args.work / "ase.nc", "w")
    for k, f in enumerate(frames):
        out.write(f, time=0.075 * k)
    out.close()
    u = MDAnalysis.Universe.empty(N_ATOMS, trajectory=True, velocities=True)
    with MDAnalysis.Writer(str(args.work / "mda.ncdf"), n_atoms=N_ATOMS, velocities=True) as writer:
        for k, f in enumerate(frames):
            u.atoms.positions, u.trajectory.ts.velocities = f.positions, f.arrays["velo"] * 1e3
            u.trajectory.ts.dimensions, u.trajectory.ts.frame = f.cell.cellpar(), k
            u.trajectory.ts.data["time"] = 0.075 * k
            writer.write(u.atoms)
    size = max(np.abs(f.positions).max() for f in frames)
    convert(args, args.work / "ase.nc", args.work / "ase.extxyz")
    convert(args, args.work / "mda.ncdf", args.work / "mda.extxyz", "--topology", args.work / "run.extxyz")
    for name in "ase", "mda":
        read = read_xyz(args.work / f"{name}.extxyz")
        checks.true(f"{name}: frames, elements", len(read) == N_FRAMES and
                    all((a.numbers == b.numbers).all() for a, b in zip(read, frames)))
        error = max(np.abs(a.positions - b.positions).max() for a, b in zip(read, frames))
        checks.near(f"{name}: positions, A", error, 2 * size * FLOAT)
        error = max(np.abs(a.cell.cellpar() - b.cell.cellpar()).max() for a, b in zip(read, frames))
        checks.near(f"{name}: cell, A or degree", error, 256 * FLOAT)
        error = max(abs(a.info["Time"] - b.info["Time"]) for a, b in zip(read, frames))
        checks.near(f"{name}: times, fs", error, 375 * FLOAT)
    error = max(np.abs(a.arrays["velo"] - b.arrays["velo"]).max() for a, b in zip(read, frames))
    checks.near("mda: velocities, A/fs", error, 0.02 * 4 * FLOAT)


def check_dumps(args, checks):
    """Every way in which LAMMPS writes positions."""
    (args.work / "in.lmp").write_text(LAMMPS)
    subprocess.run([args.lmp, "-in", "in.lmp", "-screen", "none"], cwd=args.work, check=True)
    convert(args, args.work / "flags.dump", args.work / "flags.extxyz")
    frames = read_xyz(args.work / "flags.extxyz")
    checks.true("dumps: time and step", frames[-1].info["Time"] == 2000 and frames[-1].info["Step"] == 1000)
    mass = frames[-1].get_masses() * 1.03642697e2  # eV fs^2/A^2
    kelvin = (mass[:, None] * frames[-1].arrays["velo"] ** 2).sum() / (3 * (len(mass) - 1) * 8.617333e-5)
    log = [line.split() for line in (args.work / "log.lammps").read_text().splitlines()]
    wanted = [float(words[1]) for words in log if len(words) == 7 and words[0] == "1000"][0]
    checks.near("dumps: temperature of the velocities, relative", abs(kelvin / wanted - 1), 1e-4)
    for name in "unwrapped", "scaled", "scaledunwrapped", "wrapped":
        convert(args, args.work / f"{name}.dump", args.work / f"{name}.extxyz", "--topology", args.work / "flags.extxyz")
        read = read_xyz(args.work / f"{name}.extxyz")
        error = 0.0
        for a, b in zip(read, frames):
            d = a.positions - b.positions
            if name == "wrapped":
                s = d @ np.linalg.inv(b.cell[:])
                d = (s - np.rint(s)) @ b.cell[:]
            error = max(error, np.abs(d).max())
        checks.near(f"dumps: {name} against image flags, A", error, 1e-9)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interlith", required=True)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--lmp")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    for old in args.work.glob("*.*"):
        old.unlink()
    checks = Checks()
    check_ours(args, checks)
    check_theirs(args, checks)
    if args.lmp:
        check_dumps(args, checks)
    return checks.verdict("trajectories")


if __name__ == "__main__":
    sys.exit(main())
