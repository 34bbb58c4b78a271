#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the plating example: limits that are known without a mesh. Equations (n) are those of README.md.
python test_plating.py"""

import unittest
from dataclasses import replace
from pathlib import Path

import numpy as np

import plating
from exported import Export, Quantity
from model import (
    CONFORMAL,
    FLAT_FACE,
    NO_LAYER,
    Discretisation,
    Problem,
    Resolution,
    as_thin_layer,
    flat_top_potential,
    interphase_at,
    overpotential,
    plating_current,
    primary_ratio,
    solve,
)

BASE = Problem(
    height=1e-5,
    base_radius=5e-6,
    sigma_ceramic=0.033,
    current=10.0,
    exchange_current=70.0,
    temperature=298.15,
)
LAYERS = {
    NO_LAYER: {},
    CONFORMAL: {"layer_thickness": 15e-6, "sigma_layer": 0.05},
    FLAT_FACE: {"layer_thickness": 15e-6, "sigma_layer": 0.05},
}
DATA = Path(__file__).resolve().parent / "data"


def with_layer(problem, layer):
    return replace(problem, layer=layer, **LAYERS[layer])


class Kinetics(unittest.TestCase):
    def test_current_solves_its_equation(self):
        phi = np.concatenate([np.linspace(-2, 2, 41), [1e-9, 50.0]])
        for resistance in (0.0, 1e-4, 1.0):
            phi_in = (
                phi if resistance else phi[np.abs(phi) < 1]
            )  # a volt without a film is more than a double holds well
            current, conductance = plating_current(phi_in, 70.0, np.full(phi_in.size, resistance), 0.0257)
            back = overpotential(current, 70.0, resistance, 0.0257)
            np.testing.assert_allclose(back, phi_in, rtol=1e-11, atol=1e-15)
            h = 1e-6
            slope = (
                plating_current(phi_in + h, 70.0, np.full(phi_in.size, resistance), 0.0257)[0]
                - plating_current(phi_in - h, 70.0, np.full(phi_in.size, resistance), 0.0257)[0]
            ) / (2 * h)
            np.testing.assert_allclose(conductance, slope, rtol=1e-6)

    def test_small_overpotential_is_linear(self):
        current, _ = plating_current(np.array([1e-6]), 70.0, np.array([2e-4]), 0.0257)
        self.assertAlmostEqual(current[0] * (2e-4 + 0.0257 / 70.0) / 1e-6, 1.0, places=9)


class Limits(unittest.TestCase):
    def test_equipotential_metal_has_the_analytic_ratio(self):
        """Half a sphere 3, half ellipsoids by the depolarisation factor; the finite cell adds what goes as
        its size to minus three."""
        self.assertEqual(primary_ratio(1.0, 1.0), 3.0)
        self.assertAlmostEqual(primary_ratio(1.0, 1.0 - 1e-4), 3.0, places=3)
        errors = {}
        for height, base in ((1e-5, 1e-5), (1e-5, 5e-6), (3e-5, 1e-5), (5e-6, 1e-5)):
            for n in (6, 12):
                fast = replace(
                    BASE,
                    height=height,
                    base_radius=base,
                    exchange_current=1e9,
                    cell_radius=n * max(height, base),
                )
                errors[n] = solve(fast).tip_to_flat() / primary_ratio(height, base) - 1
            self.assertLess(abs(errors[12]), 0.0015)
            if height == base:
                self.assertLess(abs(errors[6] / errors[12] / 8 - 1), 0.1)

    def test_slow_kinetics_make_the_current_even(self):
        slow = replace(BASE, exchange_current=1e-3, current=1e-4)
        self.assertLess(abs(solve(slow).tip_to_flat() - 1), 1e-4)

    def test_flat_contact_is_one_dimensional(self):
        """A protrusion of 1 nm on a cell of 100 um: (6), with layer, interphase and kinetics."""
        for layer in LAYERS:
            flat = with_layer(
                replace(BASE, height=1e-9, base_radius=1e-5, cell_radius=1e-4, interphase=1e-3), layer
            )
            solution = solve(flat)
            self.assertLess(abs(solution.mean_top_potential() / flat_top_potential(flat) - 1), 1e-6)
            self.assertLess(abs(solution.tip_to_flat() - 1), 1e-3)

    def test_one_material_hides_its_layer(self):
        """A layer of what is around it changes nothing but the mesh."""
        bare = solve(replace(BASE, cell_radius=1.2e-4, ceramic_height=1.35e-4))
        for layer in (CONFORMAL, FLAT_FACE):
            same = replace(with_layer(BASE, layer), sigma_layer=BASE.sigma_ceramic, cell_radius=1.2e-4)
            self.assertLess(abs(solve(same).tip_to_flat() / bare.tip_to_flat() - 1), 1e-3)

    def test_thin_layer_is_a_resistance(self):
        """The difference between a resolved layer of given d/sigma and that resistance goes to zero as d, the
        curvature."""
        errors = []
        for thickness in (2e-7, 5e-8):
            layer = replace(BASE, layer=CONFORMAL, layer_thickness=thickness, sigma_layer=thickness / 2e-4)
            errors.append(abs(solve(layer).tip_to_flat() / solve(as_thin_layer(layer)).tip_to_flat() - 1))
        self.assertLess(errors[1], 0.015)
        self.assertLess(abs(errors[0] / errors[1] / 4 - 1), 0.2)


class Conservation(unittest.TestCase):
    def test_what_goes_in_comes_out(self):
        for layer in LAYERS:
            for film in ({}, {"interphase": 1e-2}, {"interphase": 1e-2, "open_height": 0.1}):
                problem = replace(with_layer(BASE, layer), **film)
                solution = solve(problem)
                total = problem.current * np.pi * problem.radius**2
                self.assertLess(abs(solution.total_at_metal() / total - 1), 1e-9)
                self.assertLess(
                    abs(solution.total_at_top() / total - 1), 2e-5
                )  # of the gradient: converges, see below
        finer = solve(BASE, Resolution().finer(4))
        self.assertLess(abs(finer.total_at_top() / (BASE.current * np.pi * BASE.radius**2) - 1), 1e-6)

    def test_nothing_crosses_the_axis_and_the_wall(self):
        solution = solve(BASE)
        corners = solution.discrete.mesh.p[0][solution.discrete.mesh.t]
        slope = np.abs(solution.field()[0]) / np.abs(solution.field()[1]).max()
        self.assertLess(slope[corners.max(0) > BASE.radius * (1 - 1e-9)].max(), 0.02)
        self.assertLess(slope[corners.min(0) < 1e-12].max(), 0.06)

    def test_cells_are_not_turned_over(self):
        points = np.array(np.meshgrid(*[np.linspace(0.02, 0.98, 5)] * 2)).reshape(2, -1)
        for layer in LAYERS:
            for height, base in ((1e-5, 5e-6), (1e-5, 1e-5), (5e-6, 1e-5), (1.3e-5, 4e-6)):
                mesh = Discretisation(with_layer(replace(BASE, height=height, base_radius=base), layer)).mesh
                volume = mesh.mapping().detDF(points)
                self.assertTrue((volume > 0).all() or (volume < 0).all(), (layer, height, base))

    def test_mesh_is_fine_enough(self):
        for film in ({}, {"interphase": 1e-2, "open_height": 0.1}):
            for layer in LAYERS:
                problem = replace(with_layer(BASE, layer), **film)
                half, once, twice = (solve(problem, Resolution().finer(f)).tip_to_flat() for f in (0.5, 1, 2))
                self.assertLess(abs(half / twice - 1), 0.005)
                self.assertLess(abs(once / twice - 1), 0.001)

    def test_open_part_has_no_interphase(self):
        problem = replace(BASE, interphase=1e-2, open_height=0.1)
        np.testing.assert_array_equal(
            interphase_at(problem, np.array([1e-5, 0.91e-5, 0.89e-5, 0.0])), [0, 0, 1e-2, 1e-2]
        )


class ExportedSet(unittest.TestCase):
    def test_law_is_the_one_of_the_export(self):
        """(7) at the temperature at which the export evaluated it, with its interval."""
        for name, material, species in (
            ("ionic_conductivity", "LAGP", None),
            ("ionic_conductivity", "P-DOL", None),
            ("tracer_diffusivity", "P-DOL", "Li"),
        ):
            quantity = Export.read(DATA).require(name, material, species)
            row, estimate = quantity.law["law_at_T"], quantity.at(298.15)
            got, wanted = (estimate.value, estimate.low, estimate.high), [
                float(row[k]) for k in ("value", "low_95", "high_95")
            ]
            np.testing.assert_allclose(got, wanted, rtol=1e-6)
            self.assertTrue(estimate.is_extrapolated)
            self.assertFalse(quantity.at(float(quantity.law["law_T_low"]["value"])).is_extrapolated)

    def test_curved_law_by_hand(self):
        """ln y = -2 - 900/(T - 200) at 350 K: slopes 1, -1/150, -0.04; variance 0.01 + 400/22500 + 0.0064 -
        0.004."""
        values = {
            "ln_prefactor": (-2, 0.1),
            "B": (900, 20),
            "T0": (200, 2),
            "covariance_ln_prefactor_B": (0.3, ""),
            "covariance_ln_prefactor_T0": (0, ""),
            "covariance_B_T0": (0, ""),
            "T_low": (330, ""),
            "T_high": (400, ""),
        }
        rows = [
            {"row": "law_" + name, "value": str(value), "sigma": str(sigma), "unit": "ln(S.m-1)"}
            for name, (value, sigma) in values.items()
        ]
        rows.append({"row": "law_at_T", "value": "1", "sigma": "0.1", "high_95": str(np.exp(0.2)), "unit": ""})
        estimate = Quantity("made up", [row | {"method": "", "source": ""} for row in rows]).at(350)
        half = 2 * np.sqrt(0.01 + 400 / 22500 + 0.0064 - 0.004)
        np.testing.assert_allclose(
            np.log([estimate.value, estimate.low, estimate.high]), [-8, -8 - half, -8 + half], rtol=1e-12
        )
        self.assertFalse(estimate.is_extrapolated)

    def test_intervals_are_drawn(self):
        """Half of 2 x 2.5 % lie outside the exported interval."""
        estimate = Export.read(DATA).require("ionic_conductivity", "LAGP").at(298.15)
        rng = np.random.default_rng(3)
        draws = np.array([estimate.draw(rng.standard_normal()) for _ in range(4000)])
        outside = np.mean((draws < estimate.low) | (draws > estimate.high))
        self.assertLess(abs(outside - 0.05), 0.02)  # 5.8 standard deviations of 4000 draws
        self.assertLess(abs(np.median(draws) / estimate.value - 1), 0.3)

    def test_unknown_material_is_told(self):
        with self.assertRaisesRegex(ValueError, "LLZO.*LAGP"):
            Export.read(DATA).require("ionic_conductivity", "LLZO")
        with self.assertRaisesRegex(ValueError, "no CSV"):
            Export.read(DATA / "nowhere")

    def test_cases_run_on_it(self):
        inputs = {name: default for name, (default, *_) in plating.INPUTS.items()}
        estimates = plating.transport(Export.read(DATA), "LAGP", "P-DOL", 298.15)
        values = plating.draw(estimates, 0)[0]
        intact, opened, coated = (
            solve(plating.problem_of(case, inputs, values)).tip_to_flat() for case in plating.CASES
        )
        self.assertLess(intact, coated)
        self.assertLess(coated, opened)


if __name__ == "__main__":
    unittest.main()
