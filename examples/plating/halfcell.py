#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lithium half-cell of PyBaMM discharged with its own electrolyte and with the one that was exported.

    python halfcell.py [EXPORT_DIR] [-o OUT]

EXPORT_DIR holds interlith_pybamm.py of `interlith export RUN.. --to pybamm`, which is used as it is.
README.md says what this shows."""

import os

os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"  # before PyBaMM is imported

import argparse  # noqa: E402
import csv  # noqa: E402
import importlib.util  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import pybamm  # noqa: E402

import figures  # noqa: E402

HERE = Path(__file__).resolve().parent
SET = "Xu2019"  # NMC against lithium metal, LiPF6 in EC:DMC


def load(folder):
    """The exported module. ValueError when it is not in the folder."""
    path = Path(folder) / "interlith_pybamm.py"
    if not path.is_file():
        raise ValueError(
            f"{path}: there is no such file, expected that of `interlith export RUN.. --to pybamm`"
        )
    spec = importlib.util.spec_from_file_location("interlith_pybamm", path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a damaged file raises
        raise ValueError(f"{path}: does not run: {error}") from error
    return module


def discharge(values, rate):
    """Discharge capacity (mA h) and voltage (V) at a C-rate, from full down to the lower cut-off."""
    model = pybamm.lithium_ion.DFN({"working electrode": "positive"})
    seconds = np.linspace(0, 2 * 3600 / rate, 401)
    solution = pybamm.Simulation(model, parameter_values=values, C_rate=rate).solve(seconds)
    return 1e3 * solution["Discharge capacity [A.h]"].entries, solution["Voltage [V]"].entries


def study(exported, rates, n_draws, seed=1):
    """{rate: {"own": curve, "exported": curve, "draws": [curve]}}"""
    rng = np.random.default_rng(seed)
    draws = [exported.sample(rng) for _ in range(n_draws)]
    return {
        rate: {
            "own": discharge(pybamm.ParameterValues(SET), rate),
            "exported": discharge(exported.update(pybamm.ParameterValues(SET)), rate),
            "draws": [discharge(exported.update(pybamm.ParameterValues(SET), draw), rate) for draw in draws],
        }
        for rate in rates
    }


def write_table(path, results):
    """All curves as CSV."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["C_rate", "curve", "capacity_mA_h", "voltage_V"])
        for rate, curves in results.items():
            named = [("own", curves["own"]), ("exported", curves["exported"])]
            for name, (capacity, voltage) in named + [
                (f"draw {k}", c) for k, c in enumerate(curves["draws"], 1)
            ]:
                writer.writerows([rate, name, f"{x:.6g}", f"{y:.6g}"] for x, y in zip(capacity, voltage))


def main(arguments=None):
    """Returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "export", nargs="?", type=Path, default=HERE / "data" / "P-DOL", help="folder of interlith_pybamm.py"
    )
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        default=Path("plating-out"),
        help="folder for results (default: %(default)s)",
    )
    parser.add_argument("--draws", type=int, default=12, help="draws from the errors (default: %(default)s)")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.2, 1.0], help="C-rates (default: 0.2 1)")
    options = parser.parse_args(arguments)
    try:
        if options.draws < 1 or not all(0 < rate <= 20 for rate in options.rates):
            raise ValueError("expected one draw or more, and C-rates above 0, 20 at most")
        exported = load(options.export)
        if not exported.ELECTROLYTE:
            lacks = "; ".join(f"{name} lacks {one['missing']}" for name, one in exported.electrolytes.items())
            raise ValueError(f"{options.export}: no electrolyte is whole: {lacks or 'none was exported'}")
        results = study(exported, options.rates, options.draws)
    except (ValueError, pybamm.SolverError) as error:
        print(f"halfcell: {error}", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    write_table(options.out / "halfcell.csv", results)
    figures.draw_halfcell(options.out, results, SET, exported.ELECTROLYTE)
    for rate, curves in results.items():
        own, computed = curves["own"][0][-1], curves["exported"][0][-1]
        ends = [capacity[-1] for capacity, _ in curves["draws"]]
        print(
            f"{rate:g} C: {own:.3f} mA h with the electrolyte of {SET}, {computed:.3f} with the exported "
            f"one, {min(ends):.3f} to {max(ends):.3f} in {len(ends)} draws"
        )
    print(f"curves and picture are in {options.out}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("halfcell: interrupted")
