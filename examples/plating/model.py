# SPDX-License-Identifier: GPL-3.0-or-later
"""Current around a protrusion of lithium metal: axisymmetric finite elements, kinetics at the metal.
Equations (n) are those of README.md.

Units: m, V, A, S, K throughout. r is the distance from the axis, z points from the metal into the
electrolyte; the protrusion is half an ellipsoid of height h and base radius a on a flat floor z = 0.
Potentials are those of a lithium reference electrode, so that the metal is at 0 and a positive potential of
the electrolyte plates lithium. A current density is positive when it plates."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse.linalg import splu
from skfem import Basis, BilinearForm, ElementQuad2, FacetBasis, LinearForm, MeshQuad, MeshQuad2, asm
from skfem.helpers import dot, grad

GAS, FARADAY = 8.31446261815324, 96485.33212331  # J/(mol K), C/mol
NO_LAYER, CONFORMAL, FLAT_FACE = "none", "conformal", "flat face"


@dataclass(frozen=True)
class Problem:
    """One contact: what its shape is and what its parts conduct."""

    height: float  # m, of the protrusion
    base_radius: float  # m
    sigma_ceramic: float  # S/m
    current: float  # A/m2, mean over the cross-section
    exchange_current: float  # A/m2, of the metal
    temperature: float  # K
    layer: str = NO_LAYER  # of polymer between metal and ceramic: NO_LAYER, CONFORMAL or FLAT_FACE
    layer_thickness: float = 0.0  # m, over the flat metal
    sigma_layer: float = 1.0  # S/m
    interphase: float = 0.0  # ohm m2, area-specific resistance on the metal
    open_height: float = 0.0  # 0 to 1: upper part of the protrusion without interphase
    cell_radius: float = 0.0  # m, half the distance between protrusions; 0: twelve times the protrusion
    ceramic_height: float = 0.0  # m, of ceramic that is modelled above the layer; 0: as cell_radius

    @property
    def thermal_voltage(self):
        """RT/F, V."""
        return GAS * self.temperature / FARADAY

    @property
    def radius(self):
        """Outer radius of the modelled cell, m."""
        return self.cell_radius or 12 * max(self.height, self.base_radius)


@dataclass(frozen=True)
class Resolution:
    """Elements along and across; `finer` multiplies all."""

    arc: int = 24  # along the protrusion
    floor: int = 28
    layer: int = 8
    ceramic: int = 28

    def finer(self, factor):
        """The same with factor times as many elements in each direction."""
        return Resolution(*(int(round(n * factor)) for n in (self.arc, self.floor, self.layer, self.ceramic)))


# ---- kinetics ----------------------------------------------------------------------------------------------


def plating_current(phi, exchange_current, resistance, thermal_voltage):
    """Current density j (A/m2) and dj/dphi (S/m2) of (3): phi = j R + (2 RT/F) asinh(j/(2 j0)), solved for j
    by Newton.

    phi [n] V, resistance [n] ohm m2. With x = asinh(j/(2 j0)) the equation is convex for phi > 0, and both
    starting values tried are above the root, so that the iteration comes down to it without a search."""
    size, sign = np.abs(phi), np.sign(phi)
    slope = 2 * resistance * exchange_current
    x = size / (2 * thermal_voltage)
    with_film = slope > 0
    x = np.where(with_film, np.minimum(x, np.arcsinh(size / np.where(with_film, slope, 1.0))), x)
    for _ in range(60):
        step = (slope * np.sinh(x) + 2 * thermal_voltage * x - size) / (
            slope * np.cosh(x) + 2 * thermal_voltage
        )
        x = x - step
        if np.max(np.abs(step)) < 1e-13 * (1 + np.max(x)):
            break
    conductance = 1 / (resistance + thermal_voltage / (exchange_current * np.cosh(x)))
    return sign * 2 * exchange_current * np.sinh(x), conductance


def overpotential(current, exchange_current, resistance, thermal_voltage):
    """The potential (V) at which that current density (A/m2) plates: (3) forwards."""
    return current * resistance + 2 * thermal_voltage * np.arcsinh(current / (2 * exchange_current))


# ---- mesh --------------------------------------------------------------------------------------------------


def _graded(n, ratio):
    """n + 1 numbers from 0 to 1 whose last step is about `ratio` times the first."""
    steps = np.geomspace(1.0, ratio, n)
    return np.concatenate([[0.0], np.cumsum(steps) / steps.sum()])


def _share_of_length(curve):
    """How far along a polyline [2, n] its points are, 0 to 1."""
    length = np.cumsum(np.hypot(*np.diff(curve, axis=1)))
    return np.concatenate([[0.0], length / length[-1]])


def _along(curve, shares):
    """Points at these shares of the length of a polyline."""
    return np.array([np.interp(shares, _share_of_length(curve), x) for x in curve])


def metal_line(problem, resolution):
    """Nodes [2, arc + floor + 1] along the metal from the tip to the outer wall, m."""
    theta = np.linspace(0, np.pi / 2, resolution.arc + 1)
    if problem.open_height > 0:  # a node where the interphase ends
        edge = np.arccos(1 - problem.open_height)
        n = 2 * max(2, int(round(resolution.arc * edge / np.pi)))  # even: an edge of a cell of make_mesh
        theta = np.concatenate(
            [np.linspace(0, edge, n + 1), np.linspace(edge, np.pi / 2, resolution.arc - n + 1)[1:]]
        )
    arc = np.array([problem.base_radius * np.sin(theta), problem.height * np.cos(theta)])
    arc[0, 0] = arc[1, -1] = 0.0
    r = problem.base_radius + (problem.radius - problem.base_radius) * _graded(resolution.floor, 30)[1:]
    return np.hstack([arc, [r, 0 * r]])


def layer_line(problem, metal, n_arc):
    """Nodes of the face between polymer and ceramic, one for each node of the metal, m."""
    d, radius = problem.layer_thickness, problem.radius
    if problem.layer == FLAT_FACE:
        if d <= problem.height:
            raise ValueError(
                f"a flat face {d:g} m above the metal must be above the protrusion of {problem.height:g} m"
            )
        over_base = problem.base_radius + 0.5 * d
        before, after = np.array([[0, over_base], [d, d]]), np.array([[over_base, radius], [d, d]])
    else:
        theta = np.linspace(0, np.pi / 2, 4001)
        a, h = problem.base_radius, problem.height
        normal = np.array([np.sin(theta) / a, np.cos(theta) / h])
        before = np.array([a * np.sin(theta), h * np.cos(theta)]) + d * normal / np.hypot(*normal)
        before = before[:, before[1] > d]
        before[0, 0] = 0.0
        before = np.hstack([before, [[before[0, -1]], [d]]])  # where it meets the face over the floor
        after = np.array([[before[0, -1], radius], [d, d]])
    arc, floor = _share_of_length(metal[:, : n_arc + 1]), _share_of_length(metal[:, n_arc:])
    return np.hstack([_along(before, arc), _along(after, floor[1:])])


def grid_points(problem, resolution):
    """Points [2, across, along] of a grid of lines between metal and top, and how many of its rows lie below
    the ceramic."""
    metal = metal_line(problem, resolution)
    lower, rows = metal, [metal]
    if problem.layer != NO_LAYER:
        lower = layer_line(problem, metal, resolution.arc)
        rows += [(1 - v) * metal + v * lower for v in np.linspace(0, 1, resolution.layer + 1)[1:]]
    n_below = len(rows) - 1
    top = lower[1, -1] + (problem.ceramic_height or problem.radius)
    fan = problem.radius * _share_of_length(lower) ** 0.6  # the lines open out above the protrusion
    rows += [
        (1 - v) * lower + v * np.array([fan, np.full(fan.size, top)])
        for v in _graded(resolution.ceramic, 40)[1:]
    ]
    return np.stack(rows, axis=1), n_below


def make_mesh(problem, resolution):
    """Curved quadrilaterals [MeshQuad2] with boundaries 'metal', 'top' and subdomains 'layer', 'ceramic'.

    The grid is made with half the spacing: every other line gives the edges of the cells, those between bend
    them."""
    points, n_below = grid_points(problem, resolution.finer(2))
    n_across, n_along = (points.shape[1] + 1) // 2, (points.shape[2] + 1) // 2
    logical = MeshQuad.init_tensor(np.arange(n_along, dtype=float), np.arange(n_across, dtype=float))
    curved = MeshQuad2.from_mesh(logical)
    along, across = np.rint(2 * curved.doflocs).astype(int)
    row = np.floor(logical.p[1, logical.t].mean(0))
    middle = logical.p[1, logical.facets].mean(0)
    return (
        replace(curved, doflocs=np.ascontiguousarray(points[:, across, along]))
        .with_boundaries({"metal": np.nonzero(middle == 0)[0], "top": np.nonzero(middle == n_across - 1)[0]})
        .with_subdomains(
            {"layer": np.nonzero(row < n_below // 2)[0], "ceramic": np.nonzero(row >= n_below // 2)[0]}
        )
    )


# ---- weak form ---------------------------------------------------------------------------------------------


@BilinearForm
def _laplace(u, v, w):
    return 2 * np.pi * w.x[0] * dot(grad(u), grad(v))


@BilinearForm
def _kinetics_tangent(u, v, w):
    return 2 * np.pi * w.x[0] * w.conductance * u * v


@LinearForm
def _kinetics(v, w):
    return 2 * np.pi * w.x[0] * w.current * v


@LinearForm
def _area(v, w):
    return 2 * np.pi * w.x[0] * v


@dataclass
class Solution:
    """Potential and what follows from it."""

    problem: Problem
    discrete: "Discretisation"
    phi: np.ndarray  # [dofs] V

    def metal_potential(self):
        """r, z (m) and potential (V) at the nodes of the metal, from the tip to the wall."""
        dofs = self.discrete.metal_dofs
        return (*self.discrete.basis.doflocs[:, dofs], self.phi[dofs])

    def along_metal(self):
        """r, z (m) of the same nodes, and their current density (A/m2)."""
        r, z, phi = self.metal_potential()
        p = self.problem
        return r, z, plating_current(phi, p.exchange_current, interphase_at(p, z), p.thermal_voltage)[0]

    def tip_to_flat(self):
        """Current density at the tip over that at the outer wall."""
        current = self.along_metal()[2]
        return current[0] / current[-1]

    def tip_to_mean(self):
        """Current density at the tip over the mean over the cross-section."""
        return self.along_metal()[2][0] / self.problem.current

    def total_at_metal(self):
        """Current into the metal, A, by quadrature of (3)."""
        current, _ = self.discrete.kinetics(self.problem, self.phi)
        return _kinetics.assemble(self.discrete.metal, current=current).sum()

    def total_at_top(self):
        """Current through the top, A, from the gradient of the potential there, (2)."""
        facets = FacetBasis(
            self.discrete.mesh, ElementQuad2(), facets=self.discrete.mesh.boundaries["top"], intorder=4
        )
        slope = facets.interpolate(self.phi).grad[1]
        return _kinetics.assemble(facets, current=self.problem.sigma_ceramic * slope).sum()

    def mean_top_potential(self):
        """Mean potential of the top, V: what the electrolyte modelled and the contact cost."""
        return self.discrete.top_area @ self.phi / self.discrete.top_area.sum()

    def field(self):
        """Gradient of the potential at the centres of the cells, [2, cells], V/m."""
        centre = Basis(
            self.discrete.mesh, ElementQuad2(), quadrature=(np.array([[0.5], [0.5]]), np.array([1.0]))
        )
        return centre.interpolate(self.phi).grad[:, :, 0]

    def flux(self):
        """Size of the current density at the centres of the cells, A/m2."""
        return np.hypot(*self.field()) * self.discrete.sigma(self.problem)


def interphase_at(problem, z):
    """Resistance of the interphase (ohm m2) where the metal is at height z (m): none on the upper, open
    part."""
    is_open = z > problem.height * (1 - problem.open_height) * (1 + 1e-9)
    return np.where(is_open & (problem.open_height > 0), 0.0, problem.interphase)


class Discretisation:
    """Mesh and matrices of one geometry; conductivities, kinetics and current may change between calls of
    solve."""

    def __init__(self, problem, resolution=Resolution()):
        self.geometry = problem
        self.mesh = make_mesh(problem, resolution)
        element = ElementQuad2()
        self.basis = Basis(self.mesh, element, intorder=4)
        self.metal = FacetBasis(self.mesh, element, facets=self.mesh.boundaries["metal"], intorder=4)
        top = FacetBasis(self.mesh, element, facets=self.mesh.boundaries["top"], intorder=4)
        self.stiffness = {
            name: asm(_laplace, Basis(self.mesh, element, elements=cells, intorder=4))
            for name, cells in self.mesh.subdomains.items()
            if len(cells)
        }
        self.top_area = asm(_area, top)
        dofs = np.unique(self.metal.get_dofs(self.mesh.boundaries["metal"]).flatten())
        r, z = self.basis.doflocs[:, dofs]
        self.metal_dofs = dofs[np.lexsort((r, -z))]
        self.metal_height = np.asarray(self.metal.global_coordinates())[1]

    def sigma(self, problem):
        """Conductivity of each cell, S/m."""
        sigma = np.full(self.mesh.nelements, problem.sigma_ceramic)
        sigma[self.mesh.subdomains["layer"]] = problem.sigma_layer
        return sigma

    def layer_face(self):
        """r, z [2, n] (m) of the face between polymer and ceramic."""
        shared = np.intersect1d(
            self.mesh.t[:, self.mesh.subdomains["layer"]], self.mesh.t[:, self.mesh.subdomains["ceramic"]]
        )
        face = self.mesh.p[:, shared]
        return face[:, np.argsort(face[0])]

    def kinetics(self, problem, phi):
        """(3) at the quadrature points of the metal: current density and its derivative."""
        at = np.asarray(self.metal.interpolate(phi))
        return plating_current(
            at, problem.exchange_current, interphase_at(problem, self.metal_height), problem.thermal_voltage
        )

    def solve(self, problem, tolerance=1e-11):
        """Newton on (1)-(3) from the potential of the flat contact, until a step changes no potential by more
        than this share of the largest. ValueError when it does not converge."""
        stiffness = problem.sigma_ceramic * self.stiffness["ceramic"]
        if "layer" in self.stiffness:
            stiffness = stiffness + problem.sigma_layer * self.stiffness["layer"]
        load = problem.current * self.top_area
        flat = overpotential(
            problem.current, problem.exchange_current, problem.interphase, problem.thermal_voltage
        )
        beyond = (
            self.basis.zeros()
        )  # what is added to the constant: so its rounding is not that of a large constant
        for _ in range(80):
            current, conductance = self.kinetics(problem, flat + beyond)
            residual = stiffness @ beyond + _kinetics.assemble(self.metal, current=current) - load
            tangent = stiffness + _kinetics_tangent.assemble(self.metal, conductance=conductance)
            step = splu(tangent.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(
                residual
            )
            beyond = beyond - step
            if np.abs(step).max() < tolerance * max(np.abs(beyond).max(), flat):
                return Solution(problem, self, flat + beyond)
        raise ValueError(f"Newton did not converge for {problem}")


def solve(problem, resolution=Resolution()):
    """Mesh, matrices and solution in one call."""
    return Discretisation(problem, resolution).solve(problem)


# ---- what is known without a mesh --------------------------------------------------------------------------


def flat_top_potential(problem):
    """Potential of the top (V) over a flat contact, (6)."""
    thickness = problem.ceramic_height or problem.radius
    film = 0.0 if problem.layer == NO_LAYER else problem.layer_thickness / problem.sigma_layer
    return problem.current * (thickness / problem.sigma_ceramic + film) + overpotential(
        problem.current, problem.exchange_current, problem.interphase, problem.thermal_voltage
    )


def primary_ratio(height, base_radius):
    """Tip to flat of half an ellipsoid when the metal is an equipotential, (5): one over the depolarisation
    factor of its axis."""
    q = height / base_radius
    if abs(q - 1) < 1e-6:
        return 3.0
    if q > 1:
        e = np.sqrt(1 - 1 / q**2)
        return 1 / ((1 - e**2) / e**3 * (np.arctanh(e) - e))
    e = np.sqrt(1 / q**2 - 1)
    return 1 / ((1 + e**2) / e**3 * (e - np.arctan(e)))


def wagner(problem):
    """(4): slope of the overpotential at the mean current times conductivity next to the metal, over the
    height."""
    cosh = np.sqrt(1 + (problem.current / (2 * problem.exchange_current)) ** 2)
    slope = problem.interphase + problem.thermal_voltage / (problem.exchange_current * cosh)
    sigma = problem.sigma_ceramic if problem.layer == NO_LAYER else problem.sigma_layer
    return sigma * slope / problem.height


def as_thin_layer(problem):
    """A conformal layer as a resistance d/sigma on the metal instead of a domain."""
    return replace(
        problem, layer=NO_LAYER, interphase=problem.interphase + problem.layer_thickness / problem.sigma_layer
    )
