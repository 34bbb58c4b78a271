#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lithium plating at a protrusion of the metal under a ceramic electrolyte, bare and coated with a polymer,
from an exported set.

    python plating.py [EXPORT_DIR] [-o OUT]

EXPORT_DIR holds what `interlith export RUN.. --to csv` wrote. README.md states the equations and what is
assumed."""

import argparse
import csv
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import norm
from scipy.stats.qmc import LatinHypercube

import figures
from exported import Export
from model import (
    CONFORMAL,
    FARADAY,
    FLAT_FACE,
    NO_LAYER,
    Discretisation,
    Problem,
    Resolution,
    as_thin_layer,
    primary_ratio,
    solve,
    wagner,
)

HERE = Path(__file__).resolve().parent
MICRO = 1e-6  # m
OHM_CM2 = 1e-4  # ohm m2

# name: (default, unit, kind, where it is from)
INPUTS = {
    "temperature": (298.15, "K", "chosen", ""),
    "current": (10.0, "A/m2", "chosen", "1 mA/cm2"),
    "height": (10.0, "um", "chosen", "of the protrusion"),
    "base": (5.0, "um", "chosen", "radius of its base"),
    "layer": (
        15.0,
        "um",
        "assumed",
        "of polymer; no value of the paper was at hand, so 1 to 50 are shown too",
    ),
    "interphase": (
        100.0,
        "ohm cm2",
        "assumed",
        "of Li|LAGP; no value of the paper was at hand, so 1 to 1000 are shown too",
    ),
    "open": (
        0.1,
        "1",
        "assumed",
        "upper part of the protrusion's height without interphase, where that cracked",
    ),
    "coated-interphase": (
        0.0,
        "ohm cm2",
        "assumed",
        "film between Li and polymer; none is the least even case",
    ),
    "exchange-current": (
        70.0,
        "A/m2",
        "literature",
        "Xu et al. 2019, Li in EC:DMC at 1 mol/l; solid contacts may be slower",
    ),
}
INTACT, OPEN, COATED, COATED_FLAT, CLEAN = figures.CASES
CASES = (INTACT, OPEN, COATED)  # of the maps
RESOLUTION, COARSE = Resolution(), Resolution().finer(0.5)


# ---- the exported set --------------------------------------------------------------------------------------


def transport(export, ceramic, polymer, temperature):
    """What the export says at T: {name: Estimate}; sigmas in S/m, D in m2/s, c in mol/m3."""
    share = export.find("transference_number_self", polymer, "Li") or export.require(
        "transference_number", polymer, "Li"
    )
    return {
        "sigma_ceramic": export.require("ionic_conductivity", ceramic).at(temperature),
        "sigma_polymer": export.require("ionic_conductivity", polymer).at(temperature),
        "t_plus": share.mean(),
        "D_polymer": export.require("tracer_diffusivity", polymer, "Li").at(temperature),
        "c_polymer": export.require("concentration", polymer, "Li").mean(),
    }


def draw(estimates, n, seed=1):
    """The middles, then n draws of all estimates from their 95 % intervals: independent, a Latin hypercube,
    so that few will do."""
    normals = norm.ppf(LatinHypercube(len(estimates), rng=np.random.default_rng(seed)).random(n))
    draws = [{k: e.value for k, e in estimates.items()}] + [
        {k: e.draw(x) for (k, e), x in zip(estimates.items(), row)} for row in normals
    ]
    return [dict(values, t_plus=float(np.clip(values["t_plus"], 0.01, 1.0))) for values in draws]


def limiting_current(values, thickness):
    """(8): A/m2, at which the salt is used up at the metal side of a layer of that thickness (m)."""
    return 4 * FARADAY * values["D_polymer"] * values["c_polymer"] / thickness


# ---- cases -------------------------------------------------------------------------------------------------


def problem_of(case, inputs, values, is_steady=True):
    """The contact of that name: inputs as in INPUTS, values as of transport (numbers)."""
    bare = Problem(
        height=inputs["height"] * MICRO,
        base_radius=inputs["base"] * MICRO,
        sigma_ceramic=values["sigma_ceramic"],
        current=inputs["current"],
        exchange_current=inputs["exchange-current"],
        temperature=inputs["temperature"],
    )
    if case == INTACT:
        return replace(bare, interphase=inputs["interphase"] * OHM_CM2)
    if case == CLEAN:
        return bare
    if case == OPEN:
        return replace(bare, interphase=inputs["interphase"] * OHM_CM2, open_height=inputs["open"])
    sigma = values["sigma_polymer"] * (values["t_plus"] if is_steady else 1.0)
    return replace(
        bare,
        layer=CONFORMAL if case == COATED else FLAT_FACE,
        layer_thickness=inputs["layer"] * MICRO,
        sigma_layer=sigma,
        interphase=inputs["coated-interphase"] * OHM_CM2,
    )


def possible(inputs):
    """Cases that these inputs allow: a flat ceramic must be above the protrusion."""
    return [case for case in figures.CASES if case != COATED_FLAT or inputs["layer"] > 1.1 * inputs["height"]]


def ratios(case, inputs, draws, resolution):
    """Tip to flat for each draw; the mesh is made once."""
    discrete = Discretisation(problem_of(case, inputs, draws[0]), resolution)
    return np.array([discrete.solve(problem_of(case, inputs, values)).tip_to_flat() for values in draws])


def interval(samples):
    """2.5 % and 97.5 % quantiles."""
    return tuple(float(q) for q in np.quantile(samples, [0.025, 0.975]))


def sweep(cases, name, values, inputs, draws):
    """Tip to flat against an input: {case: {"x": [..], "middle": [..], "low": [..], "high": [..]}}."""
    out = {}
    for case in cases:
        rows = []
        for x in values:
            changed = dict(inputs, **{name: x})
            if name == "height":  # of the same shape
                changed["base"] = inputs["base"] * x / inputs["height"]
            if case not in possible(changed):
                continue
            r = ratios(case, changed, draws, COARSE)
            rows.append((x, r[0], *interval(r[1:] if r.size > 1 else r)))
        out[case] = dict(
            zip(("x", "middle", "low", "high"), (list(map(float, column)) for column in zip(*rows)))
        )
    return out


def levelling(inputs, values, wagner_numbers):
    """Tip to flat of the bare contact without interphase, at small overpotential, against the Wagner number
    (4)."""
    bare = problem_of(CLEAN, inputs, values)
    discrete = Discretisation(bare, COARSE)
    out = []
    for wa in wagner_numbers:
        j0 = bare.sigma_ceramic * bare.thermal_voltage / (wa * bare.height)
        out.append(discrete.solve(replace(bare, exchange_current=j0, current=1e-3 * j0)).tip_to_flat())
    return out


# ---- report ------------------------------------------------------------------------------------------------


def convergence(inputs, values):
    """Tip to flat of each case on meshes of half, once and twice the elements each way."""
    return {
        case: [
            solve(problem_of(case, inputs, values), RESOLUTION.finer(f)).tip_to_flat() for f in (0.5, 1, 2)
        ]
        for case in possible(inputs)
    }


def contact_cost(solution):
    """Potential (V) that the flat contact costs: kinetics, interphase and polymer."""
    p = solution.problem
    film = 0.0 if p.layer == NO_LAYER else p.layer_thickness / p.sigma_layer
    return solution.metal_potential()[2][-1] + solution.along_metal()[2][-1] * film


def case_row(case, inputs, values, solution, samples):
    """What is said of a case."""
    p, current = solution.problem, solution.along_metal()[2]
    low, high = interval(samples)
    row = {
        "case": case,
        "tip_to_flat": current[0] / current[-1],
        "low_95": low,
        "high_95": high,
        "tip_A_m2": current[0],
        "flat_A_m2": current[-1],
        "flat_contact_V": contact_cost(solution),
        "wagner": wagner(p),
    }
    if p.layer != NO_LAYER:
        limit = limiting_current(values, p.layer_thickness)
        ohmic = solve(problem_of(case, inputs, values, is_steady=False))
        row |= {
            "limiting_A_m2": limit,
            "tip_over_limit": current[0] / limit,
            "tip_to_flat_ohmic": ohmic.tip_to_flat(),
        }
    if case == COATED:
        row["tip_to_flat_thin_layer"] = solve(as_thin_layer(p)).tip_to_flat()
    return row


def parameter_rows(estimates, inputs, ceramic, polymer):
    """Every number that goes in: name, value, interval, unit, kind and source."""
    names = {
        "sigma_ceramic": (f"conductivity of {ceramic}", "S/m"),
        "sigma_polymer": (f"conductivity of {polymer}", "S/m"),
        "t_plus": (f"share of Li in it, {polymer}", "1"),
        "D_polymer": (f"diffusivity of Li, {polymer}", "m2/s"),
        "c_polymer": (f"salt, {polymer}", "mol/m3"),
    }
    rows = [
        {
            "name": names[k][0],
            "value": e.value,
            "low_95": e.low,
            "high_95": e.high,
            "unit": names[k][1],
            "kind": "computed, extrapolated" if e.is_extrapolated else "computed",
            "source": e.source,
        }
        for k, e in estimates.items()
    ]
    return rows + [
        {
            "name": k,
            "value": inputs[k],
            "low_95": None,
            "high_95": None,
            "unit": unit,
            "kind": kind if inputs[k] == default else "given",
            "source": source if inputs[k] == default else "",
        }
        for k, (default, unit, kind, source) in INPUTS.items()
    ]


def parameter_line(row):
    """One number that goes in, as text."""
    band = f" [{row['low_95']:.3g}, {row['high_95']:.3g}]" if row["low_95"] is not None else ""
    source = f": {row['source']}" if row["source"] else ""
    return f"{row['name']:32s} {row['value']:.4g}{band} {row['unit']}, {row['kind']}{source}"


def case_lines(row):
    """What came out for one contact, as lines of text."""
    yield (
        f"{row['case']:36s} tip/flat {row['tip_to_flat']:.3f} [{row['low_95']:.3f}, {row['high_95']:.3f}]"
        f"  tip {row['tip_A_m2']:.3g} A/m2  flat contact {1e3 * row['flat_contact_V']:.3g} mV"
        f"  Wa {row['wagner']:.3g}"
    )
    if "limiting_A_m2" in row:
        yield f"{'':36s} tip/flat at once, before the salt has moved: {row['tip_to_flat_ohmic']:.3f}"
        yield f"{'':36s} tip at {100 * row['tip_over_limit']:.1f} % of the limiting current"
        if row["tip_over_limit"] > 0.3:
            yield f"{'':36s} that is too near it: (2) no longer holds"
    if "tip_to_flat_thin_layer" in row:
        yield f"{'':36s} tip/flat with a resistance for the layer: {row['tip_to_flat_thin_layer']:.3f}"


def print_report(results):
    """The tables of README.md."""
    for row in results["parameters"]:
        print(parameter_line(row))
    for row in results["cases"]:
        print(*case_lines(row), sep="\n")
    for case, (half, once, twice) in results["convergence"].items():
        print(f"mesh, {case:36s} {half:.5f} {once:.5f} {twice:.5f} (half, once, twice the elements)")


def write_along(path, solutions):
    """Current density along the metal of each case as CSV."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "r_m", "z_m", "current_density_A_m2"])
        for case, solution in solutions.items():
            for row in zip(*solution.along_metal()):
                writer.writerow([case, *(f"{x:.8g}" for x in row)])


def study(export, inputs, ceramic, polymer, n_draws):
    """Everything that is reported: (results for JSON, solutions to draw)."""
    estimates = transport(export, ceramic, polymer, inputs["temperature"])
    draws = draw(estimates, n_draws)
    middle = draws[0]
    solutions = {case: solve(problem_of(case, inputs, middle), RESOLUTION) for case in possible(inputs)}
    rows = [
        case_row(case, inputs, middle, s, ratios(case, inputs, draws, COARSE)[1:])
        for case, s in solutions.items()
    ]
    few = draw(estimates, max(8, n_draws // 4))
    wagner_numbers = np.geomspace(1e-3, 1e3, 13)
    results = {
        "parameters": parameter_rows(estimates, inputs, ceramic, polymer),
        "cases": rows,
        "primary_ratio": primary_ratio(inputs["height"], inputs["base"]),
        "convergence": convergence(inputs, middle),
        "height_um": sweep((*CASES, CLEAN), "height", np.geomspace(1, 50, 6), inputs, few),
        "layer_um": sweep(
            (COATED, COATED_FLAT),
            "layer",
            np.array([1, 2, 5, 11.5, 15, 25, 50]) * inputs["height"] / 10,
            inputs,
            few,
        ),
        "interphase_ohm_cm2": sweep((INTACT, OPEN), "interphase", np.geomspace(1, 1000, 7), inputs, few),
        "exchange_current_A_m2": sweep(
            (*CASES, CLEAN), "exchange-current", np.geomspace(1, 300, 6), inputs, draws[:1]
        ),
        "levelling": {
            "wagner": list(map(float, wagner_numbers)),
            "tip_to_flat": levelling(inputs, middle, wagner_numbers),
        },
    }
    return results, solutions


def parse(arguments):
    """Command line, its numbers in the units of INPUTS."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "export",
        nargs="?",
        type=Path,
        default=HERE / "data",
        help="folder of exported CSV files (default: %(default)s)",
    )
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        default=Path("plating-out"),
        help="folder for results (default: %(default)s)",
    )
    parser.add_argument("--ceramic", default="LAGP", help="its material in the export (default: %(default)s)")
    parser.add_argument(
        "--polymer", default="P-DOL", help="its material in the export (default: %(default)s)"
    )
    parser.add_argument(
        "--draws", type=int, default=80, help="draws from the intervals (default: %(default)s)"
    )
    for name, (default, unit, kind, source) in INPUTS.items():
        parser.add_argument(
            f"--{name}",
            type=float,
            default=default,
            metavar="X",
            help=f"{unit}; {kind}{': ' if source else ''}{source} (default: %(default)s)",
        )
    return parser.parse_args(arguments)


def check(inputs, n_draws):
    """ValueError for numbers without a meaning."""
    for name, x in inputs.items():
        may_be_zero = name in ("interphase", "coated-interphase", "open")
        highest = 0.9 if name == "open" else np.inf
        if not (0 <= x <= highest and np.isfinite(x) and (x > 0 or may_be_zero)):
            expected = f"{'from' if may_be_zero else 'above'} 0{' to 0.9' if name == 'open' else ''}"
            raise ValueError(f"--{name} is {x:g}, expected a number {expected}")
    if n_draws < 8:
        raise ValueError(f"--draws is {n_draws}, expected 8 or more for an interval")


def main(arguments=None):
    """Returns the exit code."""
    options = parse(arguments)
    inputs = {name: getattr(options, name.replace("-", "_")) for name in INPUTS}
    start = time.perf_counter()
    try:
        check(inputs, options.draws)
        export = Export.read(options.export)
        results, solutions = study(export, inputs, options.ceramic, options.polymer, options.draws)
    except ValueError as error:
        print(f"plating: {error}", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    write_along(options.out / "along.csv", solutions)
    figures.draw_all(options.out, results, solutions, inputs)
    print_report(results)
    print(f"{time.perf_counter() - start:.0f} s; results, pictures and along.csv are in {options.out}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("plating: interrupted")
