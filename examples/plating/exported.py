# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what `interlith export RUN.. --to csv` wrote: quantities with their errors at a temperature. Units
are SI, as in the file."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BOLTZMANN = 8.617333262e-5  # eV/K
NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; with `is_log` its logarithm is normal, else it is."""

    value: float
    low: float
    high: float
    is_log: bool
    is_extrapolated: bool
    source: str

    def draw(self, normal):
        """One draw from a standard normal number, of such a width that the 95 % interval is the one
        exported."""
        if self.is_log:
            return self.value * np.exp(np.log(self.high / self.low) / (2 * NORMAL_95) * normal)
        return self.value + (self.high - self.low) / (2 * NORMAL_95) * normal


def number(text):
    """A field of the table; empty: NaN."""
    return float(text) if text else float("nan")


class Quantity:
    """The rows of one quantity of one material (and species)."""

    def __init__(self, name, rows):
        self.name = name
        self.points = [row for row in rows if row["row"] == "point"]
        self.law = {row["row"]: row for row in rows if row["row"].startswith("law_")}
        self.source = f"{rows[0]['method']}; {rows[0]['source']}"

    def at(self, temperature):
        """Of the law at T (K), README (7), else of the sound point at T. ValueError when there is neither."""
        if self.law:
            return self._of_law(temperature)
        for row in self.points:
            if row["sound"] == "true" and abs(number(row["argument_value"]) / temperature - 1) < 1e-6:
                return Estimate(
                    *(number(row[k]) for k in ("value", "low_95", "high_95")), True, False, self.source
                )
        raise ValueError(f"{self.name} has no law and no sound point at {temperature:g} K")

    def _of_law(self, temperature):
        term = {name: number(row["value"]) for name, row in self.law.items()}
        error = {name: number(row["sigma"]) for name, row in self.law.items()}
        at_T = self.law["law_at_T"]
        width = np.log(number(at_T["high_95"]) / number(at_T["value"])) / (
            number(at_T["sigma"]) / number(at_T["value"])
        )
        log_value, variance = (self._vtf if "law_T0" in term else self._arrhenius)(term, error, temperature)
        if self.law["law_ln_prefactor"]["unit"].endswith(".K)"):  # the law is of the quantity times T
            log_value -= np.log(temperature)
        half = width * np.sqrt(max(variance, 0.0))
        is_outside = not term["law_T_low"] <= temperature <= term["law_T_high"]
        return Estimate(
            *np.exp([log_value, log_value - half, log_value + half]).tolist(), True, is_outside, self.source
        )

    @staticmethod
    def _arrhenius(term, error, temperature):
        """ln y and its variance."""
        beta = 1 / (BOLTZMANN * temperature)
        variance = (
            error["law_ln_prefactor"] ** 2 + (beta * error["law_Ea"]) ** 2 - 2 * beta * term["law_covariance"]
        )
        return term["law_ln_prefactor"] - beta * term["law_Ea"], variance

    @staticmethod
    def _vtf(term, error, temperature):
        """The same of a curved law, ln y = ln A - B/(T - T0). ValueError at T0 and below."""
        if temperature <= term["law_T0"]:
            raise ValueError(f"{temperature:g} K is not above the T0 of the law, {term['law_T0']:g} K")
        x = 1 / (temperature - term["law_T0"])
        of_B, of_T0 = -x, -term["law_B"] * x * x
        variance = (
            error["law_ln_prefactor"] ** 2
            + (of_B * error["law_B"]) ** 2
            + (of_T0 * error["law_T0"]) ** 2
            + 2 * of_B * term["law_covariance_ln_prefactor_B"]
            + 2 * of_T0 * term["law_covariance_ln_prefactor_T0"]
            + 2 * of_B * of_T0 * term["law_covariance_B_T0"]
        )
        return term["law_ln_prefactor"] - term["law_B"] * x, variance

    def mean(self):
        """Mean of the sound points, weighted by their 95 % intervals where all have one. ValueError when none
        is sound."""
        sound = [row for row in self.points if row["sound"] == "true"]
        if not sound:
            raise ValueError(f"{self.name} has no sound point")
        y, low, high = (np.array([number(row[k]) for row in sound]) for k in ("value", "low_95", "high_95"))
        if not np.all(high > low):
            return Estimate(y.mean(), y.min(), y.max(), False, False, self.source)
        weight = (high - low) ** -2.0
        mean, half = float(y @ weight / weight.sum()), 0.5 * float(weight.sum() ** -0.5)
        return Estimate(mean, mean - half, mean + half, False, False, self.source)


class Export:
    """All rows of the CSV files of a folder."""

    def __init__(self, rows):
        self.rows = rows

    @classmethod
    def read(cls, folder):
        """Every *.csv under the folder. ValueError when there is none or one that is not of `interlith export
        --to csv`."""
        files = sorted(Path(folder).rglob("*.csv"))
        if not files:
            raise ValueError(f"{folder}: no CSV file, expected those of `interlith export RUN.. --to csv`")
        rows = []
        for path in files:
            with open(path, newline="", encoding="utf-8", errors="replace") as file:
                reader = csv.DictReader(file)
                if not {"quantity", "row", "material", "value", "sound"} <= set(reader.fieldnames or ()):
                    raise ValueError(
                        f"{path}: is no table of `interlith export --to csv`, its first line differs"
                    )
                rows += list(reader)
        return cls(rows)

    def find(self, quantity, material, species=None):
        """Quantity of that name, or None."""
        rows = [
            r
            for r in self.rows
            if r["quantity"] == quantity and r["material"] == material and species in (None, r["species"])
        ]
        return Quantity(f"{quantity} of {material}", rows) if rows else None

    def require(self, quantity, material, species=None):
        """As find; ValueError that names what there is instead."""
        found = self.find(quantity, material, species)
        if found:
            return found
        there = sorted({row["material"] for row in self.rows if row["quantity"] == quantity})
        raise ValueError(
            f"the export has no {quantity} of {material}{f' for {species}' if species else ''}; it has it of "
            f"{', '.join(there) or 'no material'} (options --ceramic, --polymer)"
        )
