# SPDX-License-Identifier: GPL-3.0-or-later
"""What speed.py found, as Markdown."""
import statistics

HEAD = ("workload", "atoms", "program, mode", "steps/s", "spread %", "n", "ours, 2 threads, is times as fast", "ns/day", "10^6 atom-steps/s",
        "RMS force error", "load of others (cores)")


def median(rows):
    return statistics.median(r["rate"] for r in rows)


def error_of(errors, w, mode):
    fits = [v for k, v in errors.get(w.replace("small", "").replace("big", ""), {}).items() if mode.startswith(k)]
    return f"{fits[0]:.1e}" if fits else "-"


def rows_of(w, modes, errors):
    """Rows of one workload, fastest first, with ratios to our two threads."""
    ours = median(modes["Interlith, 2 threads"])
    for mode, rows in sorted(modes.items(), key=lambda item: -median(item[1])):
        rate, atoms = median(rows), rows[0]["atoms"]
        spread = (max(r["rate"] for r in rows) - min(r["rate"] for r in rows)) / rate
        speed, days, work = f"{rate:.1f}", f"{0.0864 * rate:.2f}", f"{1e-6 * atoms * rate:.2f}"
        if w == "W5":
            speed, days, work = f"{1 / rate:.2f} s, {rows[-1]['evaluations']} evaluations", "", ""
        yield [w, f"{atoms:,}", mode, speed, f"{100 * spread:.0f}", str(len(rows)), f"{ours / rate:.2f}", days, work,
               error_of(errors, w, mode), f"{max(r['foreign'] for r in rows):.2f}"]


def stages_of(w, modes, commit):
    one, two = median(modes["Interlith, 1 thread"]), median(modes["Interlith, 2 threads"])
    stages = modes["Interlith, 2 threads"][-1]["row"].get("stages_ms_per_step") or {}
    named = ", ".join(f"{k} {v:.3f}" for k, v in stages.items() if v > 5e-4)
    return f"{w} ({commit}): two threads against one {two / one:.2f}" + (f"; at two threads, ms a step: {named}" if named else "") + ".  "


def notes(found):
    """Lines below the table: cost by atom, memory, the demo."""
    sizes = sorted((modes["Interlith, 2 threads"][0]["atoms"], median(modes["Interlith, 2 threads"]))
                   for w, modes in found["speed"].items() if w.startswith("W1"))
    if len(sizes) > 1:
        yield "W1, nanoseconds a step and atom: " + ", ".join(f"{1e9 / n / rate:.0f} ({n:,} atoms)" for n, rate in sizes) + "."
    memory = found.get("errors", {}).get("memory")
    if memory:
        yield ("Memory of W1 (slope between 10,656 and 21,312 atoms): "
               + ", ".join(f"{k} {v:.0f} bytes an atom" for k, v in memory.items()) + ".")
    if "million" in found:
        m = found["million"]
        yield (f"{m['atoms']:,} atoms of LAGP: {m['peak_GiB']:.2f} GiB at most, {m['ms_per_step']:.0f} ms a step, {m['wall_s']:.0f} s with "
               "reading and setting up.")
    if "demo" in found:
        d = found["demo"]
        yield f"`make demo`: {d['seconds']:.0f} s; of commit {d['before']}: {d['seconds_before']:.0f} s."


def render(found):
    speed = sorted(found["speed"].items())
    out = [f"Measured {found['date']} on {found['machine']}, by `make bench-peers{found['arguments']}`; {found['peers']}.", "",
           "| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    out += ["| " + " | ".join(row) + " |" for w, modes in speed for row in rows_of(w, modes, found.get("errors", {}))]
    out += ["", "Commit, speed-up by the second thread and stages:", ""]
    out += [stages_of(w, modes, found.get("commits", {}).get(w, "unknown")) for w, modes in speed]
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
