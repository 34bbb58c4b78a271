# SPDX-License-Identifier: GPL-3.0-or-later
"""What speed.py found, as Markdown."""
import statistics

HEAD = ("workload", "atoms", "program, mode", "steps/s", "spread %", "n", "RMS force error", "ours, 2 threads, is times as fast", "ns/day",
        "10^6 atom-steps/s", "load of others (cores)")
RELAX = ("relaxation", "atoms", "program, minimiser", "force evaluations", "times ours", "seconds", "energy at the end, eV",
         "largest force at the end, eV/A", "it stopped because")
ONE, TWO, COPIES = "Interlith, 1 thread", "Interlith, 2 threads", "Interlith, two copies of 1 thread"
LEVELS = ("fine", "tighter", "tightest", "coarser", "FIRE")
ROUNDED = 1.02      # errors that differ by less are equal


def group(mode):
    """Program and accuracy of a mode."""
    words = mode.replace(",", "").split()
    return " ".join(words[:2] if words[1:2] and words[1] in LEVELS else words[:1])


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"] + ["| " + " | ".join(row) + " |" for row in rows]


def median(rows):
    return statistics.median(r["rate"] for r in rows)


def fastest(rows):
    return max(r["rate"] for r in rows)


def error_of(found, w, mode):
    """That of the longest beginning of the mode's name; None: it was not computed, as the physics is another or is exact."""
    errors = found.get("errors", {}).get(w.replace("small", "").replace("big", ""), {})
    fits = [k for k in errors if mode.startswith(k)]
    return errors[max(fits, key=len)] if fits and "LJ for" not in mode else None


def rival(found, w, modes, mode):
    """Our fastest mode of two threads that is at least as accurate as `mode`, or as the workload asks for where that is less."""
    error, ours = error_of(found, w, mode), [m for m in modes if m.startswith("Interlith") and m.endswith("2 threads")]
    if error is None or w == "W5":
        return TWO
    bound = ROUNDED * max(error, found.get("fine", {}).get(w[:2], 0.0))
    good = [m for m in ours if error_of(found, w, m) <= bound]
    return max(good, key=lambda m: median(modes[m])) if good else None


def rows_of(found, w, modes):
    """Rows of one workload, fastest first, with ratios to ours at the same accuracy."""
    for mode, rows in sorted(modes.items(), key=lambda item: -median(item[1])):
        rate, atoms, error, other = median(rows), rows[0]["atoms"], error_of(found, w, mode), rival(found, w, modes, mode)
        spread = (fastest(rows) - min(r["rate"] for r in rows)) / rate
        speed, days, work = f"{rate:.1f}", f"{0.0864 * rate:.2f}", f"{1e-6 * atoms * rate:.2f}"
        if w == "W5":
            speed, days, work = f"{1 / rate:.2f} s, {rows[-1]['evaluations']} evaluations", "", ""
        ratio = f"{median(modes[other]) / rate:.2f}" if other else "-"
        if other and other != TWO and not mode.startswith("Interlith"):
            ratio += f" ({other.split(',')[0].split()[1]})"
        yield [w, f"{atoms:,}", mode, speed, f"{100 * spread:.0f}", str(len(rows)), f"{error:.1e}" if error and w != "W5" else "-", ratio, days, work,
               f"{max(r['foreign'] for r in rows):.2f}"]


def scaling_of(found, w, modes):
    """One row: what the second thread brings, beside what the machine gives to two copies that share nothing."""
    def ratio(mode):
        if mode not in modes:
            return ["-", "-"]
        return [f"{of(modes[mode]) / of(modes[ONE]):.2f}" for of in (median, fastest)]
    two, copies = ratio(TWO), ratio(COPIES)
    share = f"{100 * float(two[1]) / float(copies[1]):.0f}" if copies[1] != "-" else "-"
    return [w, *two, *copies, share, str(len(modes[TWO])), found.get("commits", {}).get(w, "unknown")]


SCALING = ("workload", "2 threads against 1, medians", "fastest runs", "two copies against one, medians", "fastest runs",
           "share of what two copies give, %", "n", "commit")


def stages_of(w, modes):
    stages = modes[TWO][-1]["row"].get("stages_ms_per_step") or {}
    named = ", ".join(f"{k} {v:.3f}" for k, v in stages.items() if v > 5e-4)
    return f"{w}: {named}.  "


def relax_rows(relaxations):
    """A row a minimiser; ours comes first, and the others are counted against it."""
    for case in relaxations.values():
        ours = case["runs"]["Interlith"]["evaluations"]
        for name, r in case["runs"].items():
            yield [case["title"], f"{case['atoms']:,}", name, str(r["evaluations"]), f"{r['evaluations'] / ours:.1f}", f"{r['seconds']:.2f}",
                   f"{r['energy']:.3f}", f"{r['force']:.1e}", r["why"]]


def notes(found):
    """Lines below the tables: cost by atom, memory, the demo."""
    for threads, mode in ((1, ONE), (2, TWO)):
        cost = sorted((modes[mode][0]["atoms"], 1e9 / modes[mode][0]["atoms"] / median(modes[mode]))
                      for w, modes in found["speed"].items() if w.startswith("W1"))
        if len(cost) > 1:
            flat = max(c for _, c in cost) / min(c for _, c in cost)
            yield (f"W1, nanoseconds an atom and step on {threads} thread{'s' * (threads > 1)}: "
                   + ", ".join(f"{c:.0f} ({n:,} atoms)" for n, c in cost) + f"; largest over smallest {flat:.2f}.")
    if "memory" in found:
        yield ("Memory of W1 (slope between 10,656 and 21,312 atoms): "
               + ", ".join(f"{k} {v:.0f} bytes an atom" for k, v in found["memory"].items()) + ".")
    if "million" in found:
        m = found["million"]
        yield (f"{m['atoms']:,} atoms of LAGP: {m['peak_GiB']:.2f} GiB at most, {m['ms_per_step']:.0f} ms a step, {m['wall_s']:.0f} s with "
               "reading and setting up.")
    if "demo" in found:
        d = found["demo"]
        yield f"`make demo`: {d['seconds']:.0f} s; of commit {d['before']}: {d['seconds_before']:.0f} s."


def render(found):
    speed = sorted((w, modes) for w, modes in found["speed"].items() if TWO in modes and ONE in modes)
    out = [f"Measured {found['date']} on {found['machine']}, by `make bench-peers{found['arguments']}`, {found.get('repeats', 'no repeat')} whole "
           f"(ours twice in each); {found['peers']}.", ""]
    out += table(HEAD, [row for w, modes in speed for row in rows_of(found, w, modes)])
    out += ["", "What the second thread brings, beside two copies of ours at once, each a process of one thread on its own core:", ""]
    out += table(SCALING, [scaling_of(found, w, modes) for w, modes in speed])
    if "relaxations" in found:
        out += ["", "Relaxations from the same start to the same largest force, 1e-3 eV/A:", "",
                *table(RELAX, relax_rows(found["relaxations"]))]
    out += ["", "Stages at two threads, ms a step:", ""] + [stages_of(w, modes) for w, modes in speed if w != "W5"]
    for note in notes(found):
        out += ["", note]
    return "\n".join(out) + "\n"


def put(path, text):
    """Between the marks of a Markdown file, or the whole of another one."""
    begin, end = "<!-- bench-peers: begin -->\n", "<!-- bench-peers: end -->\n"
    old = path.read_text() if path.exists() else ""
    if begin in old:
        text = old[:old.index(begin) + len(begin)] + text + old[old.index(end):]
    path.write_text(text)
