# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of plating.py: maps around the protrusion, current along the metal, what tip/flat depends on."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.collections import PolyCollection  # noqa: E402
from matplotlib.colors import LogNorm, Normalize  # noqa: E402
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator  # noqa: E402
from matplotlib.tri import Triangulation  # noqa: E402

from model import FARADAY  # noqa: E402

MICRO = 1e-6  # m
CASES = (
    "bare, interphase intact",
    "bare, interphase cracked at the tip",
    "coated, layer of even thickness",
    "coated, flat ceramic",
    "bare, no interphase",
)
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000")  # Okabe and Ito: told apart by all eyes
MARKERS, DASHES = ("o", "s", "^", "D", "x"), ("-", "--", "-.", ":", (0, (1, 1)))
METAL = "0.82"
plt.rcParams.update(
    {
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "svg.hashsalt": "interlith",
        "svg.fonttype": "none",
    }
)


def _save(figure, folder, name):
    for ending in ("png", "svg"):
        figure.savefig(
            folder / f"{name}.{ending}",
            dpi=160,
            metadata={"Date": None} if ending == "svg" else {"Software": None},
        )
    plt.close(figure)


# ---- maps --------------------------------------------------------------------------------------------------


def _cells(solution):
    """Corners [2 * cells, 4, 2] of the cells on both sides of the axis, um."""
    corners = solution.discrete.mesh.p[:, solution.discrete.mesh.t].transpose(2, 1, 0) / MICRO
    return np.concatenate([corners * [-1, 1], corners])


def _paint(axes, solution, values, norm, colours):
    quads = PolyCollection(
        _cells(solution),
        array=np.tile(values, 2),
        norm=norm,
        cmap=colours,
        linewidths=0,
        antialiased=False,
        rasterized=True,
    )
    axes.add_collection(quads)
    return quads


def _potential_drop(solution):
    """Potential at the vertices, mV, above that of the electrolyte at the flat metal."""
    vertices = solution.phi[solution.discrete.basis.nodal_dofs[0]]
    return 1e3 * (vertices - solution.metal_potential()[2][-1])


def _triangles(solution, side):
    """The cells cut into triangles, um, on one side of the axis: what the drawings of nodal values take."""
    mesh = solution.discrete.mesh
    r, z = mesh.p[:, : solution.discrete.basis.nodal_dofs.shape[1]] / MICRO
    return Triangulation(side * r, z, np.hstack([mesh.t[[0, 1, 2]], mesh.t[[0, 2, 3]]]).T)


def _equipotentials(axes, solution):
    """Lines 1 mV apart."""
    for side in (-1, 1):
        axes.tricontour(
            _triangles(solution, side),
            _potential_drop(solution),
            levels=np.arange(-40, 80),
            colors="white",
            linewidths=0.7,
            linestyles="solid",
        )


def _outline(axes, solution, width, label):
    """Metal in grey, the face between polymer and ceramic as a line, words for the parts."""
    p, (r, z, _) = solution.problem, solution.metal_potential()
    r, z = np.concatenate([-r[::-1], r]) / MICRO, np.concatenate([z[::-1], z]) / MICRO
    axes.fill_between(r, -100, z, color=METAL, zorder=2, linewidth=0)
    axes.plot(r, z, color="black", linewidth=1, zorder=3)
    if p.layer_thickness > 0:
        face = solution.discrete.layer_face() / MICRO
        axes.plot(
            np.concatenate([-face[0, ::-1], face[0]]),
            np.concatenate([face[1, ::-1], face[1]]),
            color="white",
            linewidth=1.6,
            linestyle=(0, (4, 2)),
            zorder=3,
        )
    if p.open_height > 0:
        on_cap = z > p.height / MICRO * (1 - p.open_height) * (1 - 1e-9)
        axes.plot(r[on_cap], z[on_cap], color=COLOURS[1], linewidth=3, zorder=4, solid_capstyle="butt")
    axes.text(0.5, 0.03, "Li metal", transform=axes.transAxes, ha="center", zorder=5)
    axes.set_title(label, fontsize=9)
    axes.set_xlim(-width, width)
    axes.set_ylim(-0.22 * width, 1.45 * width)
    axes.set_aspect("equal")
    axes.set_xlabel("r / µm")


def _flux_row(row, solutions, inputs, width):
    """Maps of the flux with equipotentials; returns what the colour bar is of."""
    norm = LogNorm(0.5, 50)
    for axes, (case, solution) in zip(row, solutions.items()):
        painted = _paint(axes, solution, solution.flux() / inputs["current"], norm, "viridis")
        _equipotentials(axes, solution)
        _outline(axes, solution, width, case)
    row[0].set_ylabel("z / µm")
    return painted


def draw_maps(folder, solutions, inputs):
    """Potential, field and flux of the cases, each row on one scale."""
    width = 3 * inputs["height"]
    figure, grid = plt.subplots(
        3, len(solutions), figsize=(9.6, 7.6), layout="constrained", sharex=True, sharey=True
    )
    for axes, (case, solution) in zip(grid[0], solutions.items()):
        for side in (-1, 1):
            painted = axes.tripcolor(
                _triangles(solution, side),
                _potential_drop(solution),
                norm=Normalize(-8, 16),
                cmap="cividis",
                shading="gouraud",
                rasterized=True,
            )
        _equipotentials(axes, solution)
        _outline(axes, solution, width, case)
    figure.colorbar(painted, ax=grid[0], extend="both", label="potential above that at\nthe flat metal / mV")
    for axes, (case, solution) in zip(grid[1], solutions.items()):
        painted = _paint(axes, solution, np.hypot(*solution.field()), LogNorm(100, 1e4), "inferno")
        _outline(axes, solution, width, "")
    figure.colorbar(painted, ax=grid[1], extend="both", label="field / V m$^{-1}$")
    for axes, (case, solution) in zip(grid[2], solutions.items()):
        scale = 0.5 * inputs["current"] / FARADAY
        painted = _paint(axes, solution, solution.flux() / FARADAY, LogNorm(scale, 100 * scale), "viridis")
        _outline(axes, solution, width, "")
    figure.colorbar(painted, ax=grid[2], extend="both", label="Li$^+$ flux / mol m$^{-2}$ s$^{-1}$")
    for axes in grid[:, 0]:
        axes.set_ylabel("z / µm")
    for axes in grid[:2].flat:
        axes.set_xlabel("")
    _save(figure, folder, "maps")


def _plain_log(axis, numbers=(1, 2, 5)):
    """A logarithmic axis with numbers written out."""
    axis.set_major_locator(LogLocator(subs=numbers))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))


# ---- lines -------------------------------------------------------------------------------------------------


def _along(axes, solutions, inputs):
    """Current density along the metal, distance counted from the tip."""
    for case, solution in solutions.items():
        colour, dash = COLOURS[CASES.index(case)], DASHES[CASES.index(case)]
        r, z, current = solution.along_metal()
        s = np.concatenate([[0], np.cumsum(np.hypot(np.diff(r), np.diff(z)))]) / MICRO
        axes.plot(s, current / inputs["current"], color=colour, linestyle=dash, label=case)
    base = s[np.argmin(z > 0)]
    axes.axvline(base, color="0.6", linewidth=0.8)
    axes.text(base, 1.0, " base", transform=axes.get_xaxis_transform(), va="top", color="0.35", fontsize=8)
    axes.set_yscale("log")
    _plain_log(axes.yaxis)
    axes.set_xlim(0, 4 * base)
    axes.set_xlabel("distance from the tip along the metal / µm")
    axes.set_ylabel("current density / mean")


def _sweep(axes, curves, xlabel, is_log_y=True):
    """Tip/flat with its band for each case of a sweep."""
    for case, curve in curves.items():
        k = CASES.index(case)
        axes.fill_between(
            curve["x"],
            curve["low"],
            curve["high"],
            color=COLOURS[k],
            alpha=0.2 if k < 4 else 0.1,
            linewidth=0,
        )
        axes.plot(
            curve["x"],
            curve["middle"],
            color=COLOURS[k],
            linestyle=DASHES[k],
            marker=MARKERS[k],
            markersize=4,
            label=case,
        )
    axes.set_xscale("log")
    widest = max(curve["x"][-1] / curve["x"][0] for curve in curves.values())
    _plain_log(axes.xaxis, (1, 2, 5) if widest < 200 else (1,))
    if is_log_y:
        axes.set_yscale("log")
        highest = max(max(curve["high"]) for curve in curves.values())
        _plain_log(axes.yaxis, (1, 2, 5) if highest < 200 else (1,))
    axes.set_xlabel(xlabel)
    axes.set_ylabel("current density, tip / flat")


def draw_along(folder, solutions, inputs):
    """Current along the metal."""
    figure, axes = plt.subplots(figsize=(5, 3.4), layout="constrained")
    _along(axes, solutions, inputs)
    axes.legend()
    _save(figure, folder, "along")


def draw_dependence(folder, results):
    """Tip/flat against height, layer, interphase, exchange current and Wagner number."""
    figure, grid = plt.subplots(2, 3, figsize=(10.5, 6), layout="constrained")
    _sweep(grid[0, 0], results["height_um"], "height of the protrusion / µm")
    _sweep(grid[0, 1], results["layer_um"], "thickness of the polymer / µm", is_log_y=False)
    _sweep(grid[0, 2], results["interphase_ohm_cm2"], "resistance of the interphase / $\\Omega$ cm$^2$")
    _sweep(grid[1, 0], results["exchange_current_A_m2"], "exchange current density / A m$^{-2}$")
    axes, curve = grid[1, 1], results["levelling"]
    axes.plot(curve["wagner"], curve["tip_to_flat"], color="black")
    axes.axhline(results["primary_ratio"], color="0.5", linestyle=":")
    axes.text(
        curve["wagner"][-1],
        results["primary_ratio"],
        "metal an equipotential",
        ha="right",
        va="bottom",
        fontsize=8,
        color="0.3",
    )
    axes.set_xscale("log")
    axes.set_xlabel("Wagner number, bare, no interphase")
    axes.set_ylabel("current density, tip / flat")
    handles = {h.get_label(): h for a in grid.flat for h in a.get_lines() if h.get_label() in CASES}
    grid[1, 2].axis("off")
    grid[1, 2].legend(
        handles=[handles[c] for c in CASES if c in handles],
        loc="center",
        title="bands: 95 % from the exported\nconductivities alone",
    )
    _save(figure, folder, "dependence")


def draw_summary(folder, results, solutions, inputs):
    """The picture of the README: flux maps, current along the metal, tip/flat against height."""
    figure = plt.figure(figsize=(9.6, 6.2), layout="constrained")
    upper, lower = figure.subfigures(2, 1, height_ratios=[1.1, 1])
    row = upper.subplots(1, len(solutions), sharey=True)
    upper.colorbar(
        _flux_row(row, solutions, inputs, 3 * inputs["height"]),
        ax=row,
        extend="both",
        label="Li$^+$ flux / mean",
        shrink=0.9,
    )
    left, right = lower.subplots(1, 2)
    _along(left, solutions, inputs)
    shown = {case: curve for case, curve in results["height_um"].items() if case in solutions}
    _sweep(right, shown, "height of the protrusion / µm")
    right.text(
        0.02,
        0.45,
        "bands: 95 %, from the exported\nconductivities alone",
        transform=right.transAxes,
        fontsize=8,
        color="0.3",
    )
    left.legend()
    _save(figure, folder, "plating")


def draw_all(folder, results, solutions, inputs):
    """All pictures; those with maps show the first three cases."""
    shown = {case: solutions[case] for case in CASES[:3]}
    draw_maps(folder, shown, inputs)
    draw_along(folder, solutions, inputs)
    draw_dependence(folder, results)
    draw_summary(folder, results, shown, inputs)


def draw_halfcell(folder, results, own, exported):
    """Voltage against capacity of halfcell.py, one panel for each rate."""
    figure, row = plt.subplots(
        1, len(results), figsize=(4.4 * len(results), 3.4), layout="constrained", sharey=True, squeeze=False
    )
    for axes, (rate, curves) in zip(row[0], results.items()):
        for k, draw in enumerate(curves["draws"]):
            axes.plot(
                *draw,
                color=COLOURS[1],
                alpha=0.35,
                linewidth=0.8,
                label=f"{len(curves['draws'])} draws from its errors" if k == 0 else None,
            )
        axes.plot(
            *curves["own"], color=COLOURS[0], linestyle=DASHES[0], label=f"electrolyte of {own} (liquid)"
        )
        axes.plot(*curves["exported"], color=COLOURS[1], linestyle=DASHES[1], label=f"exported: {exported}")
        axes.set_title(f"{rate:g} C", fontsize=9)
        axes.set_xlabel("capacity / mA h")
    row[0, 0].set_ylabel("voltage / V")
    row[0, 0].legend(fontsize=8)
    _save(figure, folder, "halfcell")
