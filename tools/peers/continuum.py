#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `interlith export` writes for cell models, opened by those: the bpx package and PyBaMM.

    continuum.py --interlith FILE --work DIR

Needs bpx and pybamm. Random walks of known diffusivity stand for dynamics: of a salt, of one in a solvent, and of a cation in a framework that stands still.
`interlith diffuse` measures them at three temperatures and `interlith export` writes the files, which bpx must take, which must hold
what was planted within five standard deviations, and which a lithium half-cell of PyBaMM must run on, unedited. Exit code 1 when
something deviates."""
import argparse
import importlib.util
import os
import sys
import warnings
from pathlib import Path

os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"
warnings.filterwarnings("ignore")
import bpx  # noqa: E402
import numpy as np  # noqa: E402
import pybamm  # noqa: E402
from checks import Checks, command  # noqa: E402

K_B, F, R = 8.617333262145179e-05, 96485.33212331001, 8.31446261815324
EDGE, N_IONS, N_FRAMES, FRAME_FS = 46.0, 60, 2000, 1000.0
KELVIN, ROOM = (290.0, 340.0, 390.0), 298.15
PLANTED = {"Li": (1.0e-7, 0.18), "Cl": (4.0e-7, 0.20), "O": None}  # m2/s, eV


def diffusivity(name, kelvin):
    prefactor, energy = PLANTED[name]
    return prefactor * np.exp(-energy / (K_B * kelvin))


def write_walk(path, names, kelvin, rng):
    """Wrapped frames of free walks; names without a planted law stand still."""
    x = {}
    for name in names:
        start = EDGE * rng.random((N_IONS, 3))
        width = np.sqrt(2 * diffusivity(name, kelvin) * 1e5 * FRAME_FS) if PLANTED[name] else 0.0
        x[name] = start + np.cumsum(width * rng.standard_normal((N_FRAMES, N_IONS, 3)), axis=0)
    with open(path, "w", encoding="ascii") as out:
        for k in range(N_FRAMES):
            print(f"{N_IONS * len(names)}\n"
                  f'Lattice="{EDGE} 0 0 0 {EDGE} 0 0 0 {EDGE}" Properties=species:S:1:pos:R:3 pbc="T T T" time={k * FRAME_FS}', file=out)
            for name in names:
                out.writelines(f"{name} {a:.6f} {b:.6f} {c:.6f}\n" for a, b, c in np.mod(x[name][k], EDGE))


def export(interlith, work, label, names, options):
    """Plant, measure, write; returns the folder of the files."""
    rng = np.random.default_rng(1)
    run = work / label
    walks = [work / f"{label}-{kelvin:g}K.extxyz" for kelvin in KELVIN]
    for path, kelvin in zip(walks, KELVIN):
        write_walk(path, names, kelvin, rng)
    command(interlith, "diffuse", "--from", ",".join(map(str, walks)), "--temperatures", ",".join(f"{kelvin:g}" for kelvin in KELVIN),
          "--frame-time", FRAME_FS, "-o", run, "--fresh", "--threads", 1, *options)
    for form in ("bpx", "pybamm"):
        command(interlith, "export", run, "--to", form, "--material", label, "-o", run / "export")
    return run / "export"


def load(folder):
    """The Python file as a module of its own."""
    spec = importlib.util.spec_from_file_location("interlith_pybamm", folder / "interlith_pybamm.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def salt_diffusivity(kelvin):
    plus, minus = diffusivity("Li", kelvin), diffusivity("Cl", kelvin)
    return 2 * plus * minus / (plus + minus)


# ---- numbers -----------------------------------------------------------------------------------------------


def check_planted(checks, module):
    """What the files say against what was planted."""
    salt = N_IONS / (EDGE ** 3 * 1e-30 * 6.02214076e23)
    both = diffusivity("Li", ROOM) + diffusivity("Cl", ROOM)
    wanted = {"Electrolyte conductivity [S.m-1]": F ** 2 * salt * both / (R * ROOM),
              "Electrolyte diffusivity [m2.s-1]": salt_diffusivity(ROOM)}
    for name, value in wanted.items():
        got, sigma = module.parameters[name](1000.0, ROOM), module.uncertainties[name](1000.0, ROOM)
        checks.near(f"{name} is what was planted, in sigmas", abs(got - value) / sigma, 5.0)
        checks.near(f"{name}: its sigma, relative", sigma / got, 0.3)
    at = float(module.data["quantities"][module.electrolytes["salt"]["transference"]]["at"][0])
    got, sigma = (table["Cation transference number"] for table in (module.parameters, module.uncertainties))
    checks.near("Cation transference number is what was planted, in sigmas",
                abs(got - diffusivity("Li", at) / (diffusivity("Li", at) + diffusivity("Cl", at))) / sigma, 5.0)
    checks.near("Initial concentration in electrolyte [mol.m-3], relative",
                abs(module.parameters["Initial concentration in electrolyte [mol.m-3]"] / salt - 1), 1e-12)


def check_solvent(checks, module):
    """Ions that walk freely in oxygen at rest, followed from the centre of mass: t+ is that of the walks relative to the oxygen alone.
    Laws are those of Vogel, Tammann and Fulcher."""
    salt = module.electrolytes["solution"]
    in_run = next(q for q in module.quantities if q["kind"] == "transference_number" and q["species"] == "Li")
    k = salt["transference_point"]
    at = float(module.quantities[salt["transference"]]["at"][k])
    planted = diffusivity("Li", at) / (diffusivity("Li", at) + diffusivity("Cl", at))
    name = "Cation transference number"
    sigma = module.uncertainties[name]
    checks.near("solution: t+ relative to the solvent is what was planted, in sigmas",
                abs(module.parameters[name] - planted) / sigma, 5.0)
    checks.true("solution: t+ relative to the centre of mass is another", abs(in_run["value"][k] - planted) > 5.0 * in_run["sigma"][k])
    checks.true("solution: the words say so", "relative to the solvent" in module.definitions[name])
    checks.true("solution: laws are curved ones", "T0_K" in module.quantities[salt["conductivity"]]["law"])


def check_bpx(checks, folder, module):
    """The package takes the file; its section means the same as the Python file, at room temperature and in its slope there."""
    book = bpx.parse_bpx_file(folder / "interlith.bpx.json")
    section, extra = book.parameterisation.electrolyte, book.parameterisation.user_defined.model_extra
    checks.true("bpx takes the file, with a section Electrolyte", section is not None and book.header.model == "Partial")
    step = 0.01
    for name, number, energy in (("Electrolyte conductivity [S.m-1]", section.conductivity, section.conductivity_activation_energy),
                                 ("Electrolyte diffusivity [m2.s-1]", section.diffusivity, section.diffusivity_activation_energy)):
        y = module.parameters[name]
        checks.near(f"{name} in both files, relative", abs(number / y(1.0, ROOM) - 1), 1e-12)
        slope = R * np.log(y(1.0, ROOM + step) / y(1.0, ROOM - step)) / (1 / (ROOM - step) - 1 / (ROOM + step))
        checks.near("its activation energy [J.mol-1] in both files, relative", abs(slope / energy - 1), 1e-7)
    for key, value in extra.items():
        if isinstance(value, bpx.Function):
            title, unit = key.split(" of T, law")
            number = extra[f"{title} at {ROOM:g} K{unit}"]
            checks.near(f"{title}: the expression and its number", abs(value.to_python_function()(ROOM) / number - 1), 1e-12)
    checks.true("State holds the concentration", book.state.initial_conditions.initial_electrolyte_concentration is not None)


def check_draws(checks, module, n=4000):
    """Draws scatter as the errors say, at every temperature; sqrt(1/(2 n)) is the error of a standard deviation."""
    rng = np.random.default_rng(7)
    draws = [module.sample(rng) for _ in range(n)]
    for name in ("Electrolyte conductivity [S.m-1]", "Electrolyte diffusivity [m2.s-1]"):
        for kelvin in (250.0, ROOM, 390.0):
            y, sigma = module.parameters[name](1.0, kelvin), module.uncertainties[name](1.0, kelvin)
            scatter = np.std(np.log([draw[name](1.0, kelvin) for draw in draws]))
            checks.near(f"{name} of draws at {kelvin:g} K, scatter over sigma - 1", abs(scatter / (sigma / y) - 1), 5 / np.sqrt(2 * n))
    name = "Cation transference number"
    scatter = np.std([draw[name] for draw in draws])
    checks.near(f"{name} of draws, scatter over sigma - 1", abs(scatter / module.uncertainties[name] - 1), 5 / np.sqrt(2 * n))


# ---- PyBaMM ------------------------------------------------------------------------------------------------


def values(module=None, **change):
    made = pybamm.ParameterValues("Xu2019")
    if module:
        module.update(made, **change)
    return made


def solve(parameter_values):
    """Ten minutes of discharge: voltages, and the electrolyte's concentration at the end."""
    model = pybamm.lithium_ion.DFN(options={"working electrode": "positive"})
    solver = pybamm.IDAKLUSolver(rtol=1e-9, atol=1e-9)
    solution = pybamm.Simulation(model, parameter_values=parameter_values, solver=solver).solve([0, 600])
    return solution["Voltage [V]"](np.linspace(0, 600, 21)), solution["Electrolyte concentration [mol.m-3]"].entries[:, -1]


def check_salt_in_pybamm(checks, module):
    book = pybamm.ParameterValues("Xu2019")
    other, _ = solve(book)
    made = values(module)
    parameters = pybamm.LithiumIonParameters({"working electrode": "positive"})
    for name, symbol in (("Electrolyte conductivity [S.m-1]", parameters.kappa_e), ("Electrolyte diffusivity [m2.s-1]", parameters.D_e)):
        for kelvin in (ROOM, 320.0):
            got = made.process_symbol(symbol(pybamm.Scalar(800.0), pybamm.Scalar(kelvin))).evaluate()
            checks.near(f"{name} inside PyBaMM at {kelvin:g} K", abs(got / module.parameters[name](800.0, kelvin) - 1), 1e-12)
    got, c_e = solve(made)
    by_hand = pybamm.ParameterValues("Xu2019")
    for name in ("Electrolyte conductivity [S.m-1]", "Electrolyte diffusivity [m2.s-1]"):
        by_hand[name] = float(module.parameters[name](1000.0, ROOM))
    for name in ("Cation transference number", "Thermodynamic factor", "Initial concentration in electrolyte [mol.m-3]"):
        by_hand[name] = module.parameters[name]
    checks.near("half-cell: voltage as with the numbers put in by hand, V", np.max(np.abs(got - solve(by_hand)[0])), 1e-6)
    checks.true("half-cell: another voltage than with the book's electrolyte", np.max(np.abs(got - other)) > 1e-3)
    checks.true("half-cell: the salt is polarised", np.ptp(c_e) > 1.0)
    rng = np.random.default_rng(3)
    last = [solve(values(module, values=module.sample(rng)))[0][-1] for _ in range(5)]
    print(f"       voltage after 600 s {got[-1]:.5f} V, of five draws {np.mean(last):.5f} +- {np.std(last, ddof=1):.5f} V")
    checks.true("half-cell: draws run, and their voltages differ", np.all(np.isfinite(last)) and np.std(last) > 0)


def check_single_ion(checks, folder, module):
    """A cation in a framework: no salt, no section Electrolyte; in PyBaMM nothing is polarised."""
    book = bpx.parse_bpx_file(folder / "interlith.bpx.json")
    checks.true("single ion: bpx takes the file, without a section Electrolyte", book.parameterisation.electrolyte is None)
    checks.true("single ion: no diffusivity of a salt", "Electrolyte diffusivity [m2.s-1]" not in module.parameters)
    checks.true("single ion: t+ = 1", module.parameters["Cation transference number"] == 1.0)
    voltage, c_e = solve(values(module))
    checks.near("single ion: concentration stays even, mol/m3", np.ptp(c_e), 1e-4)
    checks.true("single ion: half-cell runs", bool(np.all(np.isfinite(voltage))))


def check_host(checks, interlith, work):
    """Lithium put into a ceramic: its tables, and its partial molar volume where a user says which electrode it is."""
    root = Path(__file__).resolve().parents[2]
    run = work / "host"
    command(interlith, "lithiate", root / "structures/LAGP.cif", "-p", root / "potentials/lagp-lithiation.yaml", "--x", "0,0.34,0.67",
          "--realisations", 2, "--short-cutoff", 6, "--coulomb-cutoff", 6, "--coulomb-accuracy", 1e-3, "--force-tolerance", 0.05,
          "--stress-tolerance", 1e-3, "--metal", root / "structures/Li.cif", "--metal-model", root / "potentials/li.yaml",
          "--threads", 1, "-o", run, "--fresh")
    for form in ("bpx", "pybamm"):
        command(interlith, "export", run, "--to", form, "-o", run / "export")
    extra = bpx.parse_bpx_file(run / "export/interlith.bpx.json").parameterisation.user_defined.model_extra
    table, module = extra["LAGP: Li swelling of x, points"], load(run / "export")
    swelling = module.parameters["Interlith: LAGP: Li swelling"]
    checks.near("host: points of both files", np.max(np.abs(swelling(np.array(table.x)) - table.y)), 0.0)
    checks.true("host: not a number beyond its points", np.isnan(swelling(table.x[-1] + 0.1)))
    made = values(module, values=module.select(host="LAGP", domain="Positive electrode"))
    middle = pybamm.FunctionParameter("Interlith: LAGP: Li swelling", {"x": pybamm.Scalar(0.2)})
    checks.near("host: table inside PyBaMM", np.max(np.abs(made.process_symbol(middle).evaluate() - swelling(0.2))), 1e-15)
    omega = pybamm.LithiumIonParameters().p.prim.Omega(pybamm.Scalar(0.5), pybamm.Scalar(ROOM))
    checks.near("host: partial molar volume inside PyBaMM, relative",
                abs(made.process_symbol(omega).evaluate() / extra["LAGP: Li partial molar volume [m3.mol-1]"] - 1), 1e-15)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--interlith", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    salt = export(arguments.interlith, arguments.work, "salt", ("Li", "Cl"), ["--species", "Li,Cl", "--charges", "Li=1,Cl=-1", "--reference", "none"])
    module = load(salt)
    check_planted(checks, module)
    check_bpx(checks, salt, module)
    check_draws(checks, module)
    check_salt_in_pybamm(checks, module)
    solution = export(arguments.interlith, arguments.work, "solution", ("Li", "Cl", "O"),
                      ["--species", "Li,Cl", "--charges", "Li=1,Cl=-1", "--reference", "barycentre", "--law", "vtf"])
    module = load(solution)
    check_solvent(checks, module)
    check_bpx(checks, solution, module)
    check_draws(checks, module)
    ceramic = export(arguments.interlith, arguments.work, "ceramic", ("Li", "O"), ["--species", "Li", "--charges", "Li=1", "--reference", "framework"])
    check_single_ion(checks, ceramic, load(ceramic))
    check_host(checks, arguments.interlith, arguments.work)
    return checks.verdict("continuum")


if __name__ == "__main__":
    sys.exit(main())
