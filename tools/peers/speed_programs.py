# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs whose speed is compared: how each is started, and what its output tells."""
import json
import math
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import speed_files as files
from checks import result
from peers import TOP

TICK = os.sysconf("SC_CLK_TCK")
CPUS = sorted(os.sched_getaffinity(0))[:2]
CORES = 2


def busy():
    """Processor seconds of the whole machine so far, those that a host took away included."""
    v = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(v) - v[3] - v[4]) / TICK


def timed(command, cwd, env=None, log=None, pinned=()):
    """Run it, or with cores in pinned a copy on each of them at once: `{core}` in a word is then the core. Processor seconds of others per
    second, peak memory in bytes of the largest process. SystemExit: it failed, or was interrupted, and is then ended."""
    log = log or cwd / "out.txt"
    with open(log, "w", encoding="utf-8") as out:
        before, start, mine, peak, failed = busy(), time.monotonic(), 0.0, 0, False
        children = [subprocess.Popen([str(word).replace("{core}", str(core)) for word in command], cwd=cwd, env={**os.environ, **(env or {})},
                                     stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                     preexec_fn=(lambda core=core: os.sched_setaffinity(0, {core})) if pinned else None)
                    for core in pinned or (0,)]
        try:
            for child in children:
                _, child.returncode, used = os.wait4(child.pid, 0)
                mine, peak = mine + used.ru_utime + used.ru_stime, max(peak, 1024 * used.ru_maxrss)
                failed = failed or child.returncode != 0
        finally:
            for child in children:
                if child.returncode is None:
                    child.terminate()
        wall = time.monotonic() - start
    if failed:
        raise SystemExit(f"{' '.join(map(str, command))}: failed\n{log.read_text()[-2000:]}")
    return max(0.0, busy() - before - mine) / wall, peak


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
    """The command and the bench program, which times steps and computes the force error of what it times."""

    def __init__(self, interlith, bench, work):
        self.interlith, self.program, self.work, self.length = interlith, bench, work, {}
        work.mkdir(parents=True, exist_ok=True)

    def converged(self, structure, model, cutoff):
        """Energy and forces, eV, by analytic functions and an Ewald sum in double precision."""
        extra = ["--coulomb", "ewald", "--coulomb-accuracy", 1e-8, "--coulomb-cutoff", cutoff] if cutoff else []
        r = result(self.interlith, "energy", structure, "-p", files.DATA / f"{model}.yaml", "--forces", "--threads", CORES, *extra)
        return r["energy_eV"], r["forces_eV_per_A"]

    def bench(self, name, threads, *more, pinned=()):
        """What the bench program found, a result for each pinned core when there are any, and the load of others."""
        out = self.work / "bench-{core}.json"
        command = [self.program, "-w", name, "-t", threads, "-r", 1, *more, "-o", out]
        foreign, _ = timed(command, TOP, log=self.work / "out.txt", pinned=pinned)
        names = pinned or (0,)
        found = [json.loads(Path(str(out).replace("{core}", str(core))).read_text()) for core in names]
        return (found if pinned else found[0]), foreign

    def error(self, name, accuracy):
        """Relative RMS force error of a workload at the accuracy asked for."""
        return self.bench(name, CORES, "-n", 1, "-a", accuracy)[0]["force_error"][name]

    def steps(self, name, threads, seconds, accuracy=0, copies=False):
        """A row; with copies the summed rate of one on each core, each a process of its own."""
        key = name, threads, accuracy
        length = ["-n", self.length[key]] if key in self.length else ["-s", seconds]
        found, foreign = self.bench(name, threads, "-q", "-a", accuracy, *length, pinned=CPUS if copies else ())
        rows = [one["workloads"][0] for one in (found if copies else [found])]
        row = {"foreign": foreign, "atoms": rows[0].get("atoms", 5328), "row": rows[0]}
        if "relax_s" in rows[0]:
            return {**row, "rate": 1 / rows[0]["relax_s"], "seconds": rows[0]["relax_s"], "evaluations": rows[0]["evaluations"]}
        self.length[key] = rows[0]["steps"]
        return {**row, "rate": sum(r["steps_per_s"] for r in rows)}


class Gromacs:
    def __init__(self, gmx, work):
        self.gmx, self.work = gmx, work
        work.mkdir(parents=True, exist_ok=True)

    def write(self, name, of, setting, forces=False):
        """The input `name`: the ether or the ions; setting: spacing of the mesh, nm, its order and ewald-rtol."""
        kelvin, reach = {"ether": (363, 1.0), "ions": (600, 0.6)}[of]
        files.write_mdp(self.work / f"{name}.mdp", kelvin, reach, *setting, *((0, 1) if forces else ()))
        out = subprocess.run([self.gmx, "grompp", "-quiet", "-f", f"{name}.mdp", "-c", f"{of}.gro", "-p", f"{of}.top", "-o", f"{name}.tpr",
                              "-po", "out.mdp", "-maxwarn", "9"], cwd=self.work, capture_output=True, text=True, check=False)
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
