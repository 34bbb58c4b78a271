# SPDX-License-Identifier: GPL-3.0-or-later
"""The models of Interlith as an ASE calculator, through its shared library.

    from interlith_ase import Interlith
    atoms.calc = Interlith("pmmcs")

Energies eV, forces eV/angstrom, stress eV/angstrom^3 (xx yy zz yz xz xy, positive = tension). See README.md for where the library
is looked for, how atoms get their species and bonds, and what is refused.
"""
import ctypes
import ctypes.util
import math
import os
import sys
import threading
import warnings
from pathlib import Path

import ase.io
import numpy as np
from ase import units
from ase.calculators.calculator import CalculationFailed, Calculator, CalculatorSetupError, all_changes
from ase.data import chemical_symbols
from ase.geometry import complete_cell

__all__ = ["Interlith", "read"]
__version__ = "0.1.0"

HEADER_VERSION = "0.1.0"  # IL_VERSION of the interlith.h that the declarations below repeat
OK, COULOMB, PRECISION = 0, {"auto": 0, "ewald": 1, "mesh": 2}, {"double": 0, "mixed": 1}

_started_in = os.getpid()  # in a child of this process OpenMP has lost its threads, see _Engine


class _Options(ctypes.Structure):
    """il_ff_options"""
    _fields_ = [("short_cutoff", ctypes.c_double), ("coulomb_cutoff", ctypes.c_double), ("accuracy", ctypes.c_double),
                ("coulomb", ctypes.c_int), ("analytic", ctypes.c_int), ("skin", ctypes.c_double),
                ("charge_scale", ctypes.c_double), ("precision", ctypes.c_int)]


_P, _REF, _INT, _TEXT = ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_char_p
_PROTOTYPES = {  # name: result, arguments; arrays of numbers are addresses
    "il_version": (_TEXT, []),
    "il_context_create": (_P, []),
    "il_context_destroy": (None, [_REF]),
    "il_message": (_TEXT, [_P]),
    "il_set_threads": (None, [_P, _INT]),
    "il_set_data_dir": (None, [_P, _TEXT]),
    "il_warning_count": (_INT, [_P]),
    "il_warning": (_TEXT, [_P, _INT]),
    "il_system_read": (_INT, [_P, _TEXT, _REF]),
    "il_system_create": (_INT, [_P, _INT, ctypes.POINTER(_TEXT), _P, _P, _P, _P, _REF]),
    "il_system_bond": (_INT, [_P, _P, _INT, _INT]),
    "il_system_destroy": (None, [_REF]),
    "il_system_size": (_INT, [_P]),
    "il_system_name": (_TEXT, [_P, _INT]),
    "il_system_element": (_INT, [_P, _INT]),
    "il_system_bonds": (_INT, [_P, _REF]),
    "il_model_read": (_INT, [_P, _TEXT, _REF]),
    "il_model_destroy": (None, [_REF]),
    "il_ff_options_default": (None, [ctypes.POINTER(_Options)]),
    "il_ff_create": (_INT, [_P, _P, _P, ctypes.POINTER(_Options), _REF]),
    "il_ff_destroy": (None, [_REF]),
    "il_ff_compute": (_INT, [_P, _P, _P, _P, _P, _P, _P]),
    "il_ff_atom_energies": (_INT, [_P, _P, _P, _P, _P]),
    "il_ff_species": (_TEXT, [_P, _INT]),
    "il_ff_charges": (_P, [_P]),
}


def _library_places(given):
    """Where the shared library may be; what the user names is the only place."""
    named = given or os.environ.get("INTERLITH_LIBRARY")
    if named:
        return [Path(named)]
    places = [Path(__file__).resolve().parents[2] / "build/libinterlith.so"]
    places += [Path(prefix) / "lib/libinterlith.so" for prefix in (sys.prefix, "/usr/local", "/usr")]
    return places + [Path(ctypes.util.find_library("interlith") or "libinterlith.so")]


def _load(given):
    """The library, checked, and where it was found."""
    places = _library_places(given)
    path = next((p for p in places if p.exists()), places[-1])
    try:
        library = ctypes.CDLL(str(path))
    except OSError as trouble:
        raise CalculatorSetupError(
            f"the library of Interlith cannot be loaded ({trouble}); looked for {', '.join(map(str, places))}. Build it with "
            "`make python` and name it by library=... or the environment variable INTERLITH_LIBRARY") from None
    try:
        for name, (result, arguments) in _PROTOTYPES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except AttributeError as trouble:
        raise CalculatorSetupError(f"{path} is too old or is not Interlith: {trouble}") from None
    version = library.il_version().decode()
    if version != HEADER_VERSION:
        raise CalculatorSetupError(f"{path} is Interlith {version}, interlith_ase was written for {HEADER_VERSION}")
    return library, path


def _data_dir(path):
    """The folder with potentials/ that belongs to a library, or None."""
    folder = path.resolve().parent.parent
    return next((p for p in (folder, folder / "share/interlith") if (p / "potentials").is_dir()), None)


def _address(array):
    return None if array is None else array.ctypes.data


class _Engine:
    """One context of the library with a model, and the plan for the atoms it met last."""

    def __init__(self, parameters):
        self.pid = os.getpid()
        self.context, self.model, self.plan = (ctypes.c_void_p() for _ in range(3))
        self.topology = None  # (names, numbers, bonds) of the file
        self.bound = None     # what the plan was made for
        self.n_warned = 0
        self.library, path = _load(parameters["library"])
        self.context = ctypes.c_void_p(self.library.il_context_create())
        if not self.context:
            raise CalculationFailed("memory ran out")
        # after a fork only the forking thread lives on; results do not depend on the number of threads
        self.library.il_set_threads(self.context, parameters["threads"] if self.pid == _started_in else 1)
        data = parameters["data_dir"] or _data_dir(path)
        if data:
            self.library.il_set_data_dir(self.context, os.fsencode(data))
        self.options = self._options(parameters)
        try:
            self.setup("il_model_read", os.fsencode(parameters["model"]), ctypes.byref(self.model))
            if parameters["topology"]:
                self.topology = self._read(parameters["topology"])
        except CalculatorSetupError:
            self.close()
            raise

    def _options(self, parameters):
        options = _Options()
        self.library.il_ff_options_default(ctypes.byref(options))
        for name, _ in _Options._fields_:
            if parameters[name] is not None:
                setattr(options, name, parameters[name])
        return options

    def close(self):
        """Give everything back; in a child of the process that made it, it is the parent's."""
        if self.pid == os.getpid():
            for kind, handle in (("ff", self.plan), ("model", self.model), ("context", self.context)):
                getattr(self.library, f"il_{kind}_destroy")(ctypes.byref(handle))

    def call(self, function, *arguments):
        """Status and sentence of a function of the library; its warnings go to Python's."""
        status = getattr(self.library, function)(self.context, *arguments)
        sentence = self.library.il_message(self.context).decode(errors="replace") if status != OK else ""
        for k in range(self.n_warned, self.library.il_warning_count(self.context)):
            warnings.warn(self.library.il_warning(self.context, k).decode(errors="replace"), stacklevel=2)
            self.n_warned = k + 1
        return status, sentence

    def setup(self, function, *arguments):
        status, sentence = self.call(function, *arguments)
        if status != OK:
            raise CalculatorSetupError(sentence)

    def _read(self, path):
        """Names of species, atomic numbers and bonds of a structure file."""
        lib, file, first = self.library, ctypes.c_void_p(), ctypes.c_void_p()
        self.setup("il_system_read", os.fsencode(path), ctypes.byref(file))
        n, count = lib.il_system_size(file), lib.il_system_bonds(file, ctypes.byref(first))
        names = [lib.il_system_name(file, i).decode() for i in range(n)]
        numbers = [lib.il_system_element(file, i) for i in range(n)]
        bonds = (ctypes.c_int * (2 * count)).from_address(first.value) if count else []
        bonds = np.array(bonds, dtype=np.intc).reshape(-1, 2)
        lib.il_system_destroy(ctypes.byref(file))
        return names, numbers, bonds

    def kinds(self, atoms):
        """Names of species and bonds of the atoms, from the topology when there is one."""
        if not self.topology:
            return _labels(atoms), _bonds(atoms)
        names, numbers, bonds = self.topology
        if len(names) != len(atoms):
            raise CalculatorSetupError(f"the topology has {len(names)} atoms, the structure has {len(atoms)}; expected as many")
        for i, (name, wanted, z, label) in enumerate(zip(names, numbers, atoms.numbers, _labels(atoms)), 1):
            if wanted != z:
                raise CalculatorSetupError(f"atom {i} is {chemical_symbols[wanted]} in the topology and {chemical_symbols[z]} in the "
                                           "structure; expected the same order")
            if "label" in atoms.arrays and label != name:
                raise CalculatorSetupError(
                    f"atom {i} is {name} in the topology, but its label is {label}: the order or one of the two is wrong")
        return names, bonds

    def bind(self, atoms):
        """Make a plan for these atoms unless the last one still serves; returns their cell, completed."""
        for axis, is_missing in zip("abc", atoms.pbc & ~atoms.cell.any(1)):
            if is_missing:
                raise CalculatorSetupError(f"the structure is periodic along {axis}, but its cell has no vector there")
        cell = np.ascontiguousarray(complete_cell(atoms.cell), dtype=float)
        wanted = _identity(atoms)
        if self.plan and wanted == self.bound:
            return cell
        self.unbind()
        names, bonds = self.kinds(atoms)
        system = ctypes.c_void_p()
        texts = (ctypes.c_char_p * len(names))(*(name.encode() for name in names))
        numbers, pbc = atoms.numbers.astype(np.intc), atoms.pbc.astype(np.intc)
        x = np.ascontiguousarray(atoms.positions, dtype=float)
        self.setup("il_system_create", len(names), texts, _address(numbers), _address(cell), _address(pbc), _address(x),
                   ctypes.byref(system))
        try:
            for i, j in bonds.tolist():
                self.setup("il_system_bond", system, i, j)
            self.setup("il_ff_create", self.model, system, ctypes.byref(self.options), ctypes.byref(self.plan))
        finally:
            self.library.il_system_destroy(ctypes.byref(system))
        self.bound = wanted
        return cell

    def unbind(self):
        self.library.il_ff_destroy(ctypes.byref(self.plan))
        self.bound = None

    def compute(self, atoms, by_atom):
        """Results for the atoms by the names of ASE."""
        n, cell = len(atoms), self.bind(atoms)
        x = np.ascontiguousarray(atoms.positions, dtype=float)
        energy, forces, stress, energies = np.zeros(1), np.zeros((n, 3)), np.zeros(6), np.zeros(n)
        status, sentence = self.call("il_ff_compute", self.plan, _address(cell), _address(x), _address(energy), _address(forces),
                                     _address(stress))
        if status == OK and by_atom:
            status, sentence = self.call("il_ff_atom_energies", self.plan, _address(cell), _address(x), _address(energies))
        if status != OK:
            self.unbind()
            raise CalculationFailed(sentence)
        charges = (ctypes.c_double * n).from_address(self.library.il_ff_charges(self.plan))
        results = {"energy": float(energy[0]), "free_energy": float(energy[0]), "forces": forces, "charges": np.array(charges)}
        if atoms.cell.rank == 3:
            results["stress"] = stress
        if by_atom:
            results["energies"] = energies
        return results


def _identity(atoms):
    """What a plan depends on: elements, species, bonds, periods."""
    label = atoms.arrays.get("label")
    return atoms.numbers.tobytes(), atoms.pbc.tobytes(), None if label is None else label.tolist(), str(atoms.info.get("bonds", ""))


def _labels(atoms):
    """Names of species: the array `label` of our extended XYZ, else symbols."""
    return [str(s) for s in atoms.arrays["label"]] if "label" in atoms.arrays else atoms.get_chemical_symbols()


def _bonds(atoms):
    """Pairs of atoms from the info `bonds` of our extended XYZ, [n, 2]; none when it is not there."""
    text = str(atoms.info.get("bonds", ""))
    try:
        pairs = [[int(word) for word in bond.split("-")] for bond in text.replace(",", " ").split()]
        return np.array(pairs, dtype=np.intc).reshape(len(pairs), 2)
    except (ValueError, OverflowError):
        raise CalculatorSetupError(f"info['bonds'] is '{text:.60s}', expected pairs of atoms from 0 such as '0-1 0-2'") from None


class Interlith(Calculator):
    """Energies and forces of a model of Interlith.

    model         a name in potentials/ ("pmmcs", "li", "pdol", ..) or the path of a model file
    topology      a structure file with the same atoms in the same order: names their species and bonds
    short_cutoff, coulomb_cutoff (angstrom), accuracy, coulomb ("auto", "ewald", "mesh"), charge_scale (0.5 to 1)
                  as for the command; what is not given comes from the model file
    analytic      pair functions by their formulas, as `interlith energy`, instead of tables within 1e-9 of them
    skin          angstrom, of the neighbour lists
    precision     "double", or "mixed": pairs and mesh in single precision, sums in double
    threads       0: all cores; results do not depend on it
    library       path of libinterlith.so;  data_dir: folder that holds potentials/
    """
    name = "interlith"
    implemented_properties = ["energy", "free_energy", "energies", "forces", "stress", "charges"]
    default_parameters = {"topology": None, "short_cutoff": None, "coulomb_cutoff": None, "accuracy": None, "coulomb": "auto",
                          "charge_scale": None, "analytic": False, "skin": None, "precision": "double", "threads": 0, "library": None,
                          "data_dir": None}
    ignored_changes = {"initial_charges", "initial_magmoms"}
    discard_results_on_any_change = True

    def __init__(self, model, **parameters):
        self._engine, self._lock = None, threading.Lock()
        super().__init__(model=model, **parameters)

    def set(self, **parameters):
        for key, value in parameters.items():
            if key not in ("model", *self.default_parameters):
                raise CalculatorSetupError(f"there is no parameter '{key}'; there are model, {', '.join(self.default_parameters)}")
            _check(key, value)
            if isinstance(value, os.PathLike):
                parameters[key] = os.fspath(value)
        changed = super().set(**parameters)
        if changed:
            self._drop()
        return changed

    def check_state(self, atoms, tol=1e-15):
        """ASE compares what every structure has; species and bonds count here too."""
        changes = super().check_state(atoms, tol)
        if self.atoms is not None and not changes and _identity(atoms) != _identity(self.atoms):
            changes = ["label"]
        return changes

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        if self.atoms is None or len(self.atoms) == 0:
            raise CalculatorSetupError("there are no atoms")
        with self._lock:
            self.results = self._running().compute(self.atoms, "energies" in properties)

    def reset_plan(self):
        """Forget atoms and plan: the next energy is that of a calculator just made."""
        self.reset()
        self._drop()

    def species(self, atoms):
        """Name of the species of the model that each atom is taken for."""
        with self._lock:
            engine = self._running()
            engine.bind(atoms)
            return [engine.library.il_ff_species(engine.plan, i).decode() for i in range(len(atoms))]

    def _running(self):
        """The engine of this process; a forked child needs one of its own."""
        if self._engine is None or self._engine.pid != os.getpid():
            self._engine = _Engine({**self.parameters, "coulomb": COULOMB[self.parameters["coulomb"]],
                                    "precision": PRECISION[self.parameters["precision"]]})
        return self._engine

    def _drop(self):
        if self._engine is not None:
            self._engine.close()
        self._engine = None

    def __del__(self):
        try:
            self._drop()
        except Exception:  # the interpreter is going down
            pass

    def __getstate__(self):
        return {key: value for key, value in self.__dict__.items() if key not in ("_engine", "_lock")}

    def __setstate__(self, state):
        self.__dict__.update(state, _engine=None, _lock=threading.Lock())


def _check(key, value):
    """Refuse values that the library could not even be given."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value > 0
    good = {"model": isinstance(value, (str, os.PathLike)) and str(value) != "", "coulomb": isinstance(value, str) and value in COULOMB,
            "precision": isinstance(value, str) and value in PRECISION,
            "analytic": isinstance(value, (bool, np.bool_)), "threads": isinstance(value, int) and 0 <= value <= 4096}
    for name in "topology", "library", "data_dir":
        good[name] = value is None or isinstance(value, (str, os.PathLike))
    if not good.get(key, value is None or number or (key == "skin" and value == 0)):
        raise CalculatorSetupError(f"the parameter {key} cannot be {value!r}; see the documentation of Interlith")


def read(path, index=-1):
    """ase.io.read of one of our extended XYZ files, with its velocities (column `velo`, angstrom/fs) where ASE looks for them."""
    frames = ase.io.read(path, index=index, format="extxyz")
    for atoms in frames if isinstance(frames, list) else [frames]:
        if "velo" in atoms.arrays:
            atoms.set_velocities(atoms.arrays.pop("velo") / units.fs)
    return frames
