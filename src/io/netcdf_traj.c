/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trajectories in NetCDF, AMBER convention 1.0, classic format with 64-bit offsets (CDF-2): https://ambermd.org/netcdf/nctraj.xhtml
 *
 * The convention's cell is six numbers: a along x, b in the xy plane. Frames are turned there (x h^-1 h_AMBER), and cell_vectors
 * keeps h, with which they are turned back. Variables of our own name the atoms. The library is not thread-safe, so every entry
 * from outside passes one lock. It grows files only; netcdf_layout.c cuts them, and sees that they are whole. */
#include "io/traj_format.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "io/netcdf_layout.h"
#include "math/units.h"
#include "math/vec.h"
#include "system/element.h"

#include <fcntl.h>
#include <errno.h>
#include <float.h>
#include <netcdf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** Velocities are stored in the unit of AMBER, in which the scale factor to angstrom/ps is this. */
static const float VELOCITY_SCALE = 20.455f;
static const double FS_PER_PS = 1e3, STEP_MAX = 9007199254740992.0; /* 2^53 */
/** Room round the atoms along a direction without a period, angstrom. */
static const double MARGIN = 10.0;

enum variable_id {
    TIME,
    STEP,
    CONTINUOUS,
    LENGTHS,
    ANGLES,
    VECTORS,
    COORDINATES,
    VELOCITIES,
    N_RECORD,
    SPATIAL = N_RECORD,
    CELL_SPATIAL,
    CELL_ANGULAR,
    ATOM_TYPES,
    SPECIES_NAME,
    SPECIES_Z,
    SPECIES_CHARGE,
    ATOM_SPECIES,
    ATOM_CHARGE,
    ATOM_SIDE,
    ATOM_MOLECULE,
    BONDS,
    N_WRITTEN,
    FRAME_TYPES = N_WRITTEN,
    FRAME_IDS,
    N_VARIABLES
};

enum dimension_id {
    D_FRAME,
    D_SPATIAL,
    D_ATOM,
    D_CELL_SPATIAL,
    D_CELL_ANGULAR,
    D_LABEL,
    D_SPECIES,
    D_NAME,
    D_BOND,
    D_PAIR,
    N_DIMENSIONS
};

static const char *const dimension_names[N_DIMENSIONS] = {
    "frame", "spatial", "atom", "cell_spatial", "cell_angular", "label", "species", "name", "bond", "pair"};

/** Every variable, in the order of the file; the last two are of others. */
static const struct row {
    const char *name;
    nc_type type;
    int rank, dims[3];
    const char *units;
} rows[N_VARIABLES] = {
    [SPATIAL] = {"spatial", NC_CHAR, 1, {D_SPATIAL}, NULL},
    [CELL_SPATIAL] = {"cell_spatial", NC_CHAR, 1, {D_CELL_SPATIAL}, NULL},
    [CELL_ANGULAR] = {"cell_angular", NC_CHAR, 2, {D_CELL_ANGULAR, D_LABEL}, NULL},
    [TIME] = {"time", NC_DOUBLE, 1, {D_FRAME}, "picosecond"},
    [LENGTHS] = {"cell_lengths", NC_DOUBLE, 2, {D_FRAME, D_CELL_SPATIAL}, "angstrom"},
    [ANGLES] = {"cell_angles", NC_DOUBLE, 2, {D_FRAME, D_CELL_ANGULAR}, "degree"},
    [COORDINATES] = {"coordinates", NC_FLOAT, 3, {D_FRAME, D_ATOM, D_SPATIAL}, "angstrom"},
    [VELOCITIES] = {"velocities", NC_FLOAT, 3, {D_FRAME, D_ATOM, D_SPATIAL}, "angstrom/picosecond"},
    [STEP] = {"step", NC_DOUBLE, 1, {D_FRAME}, NULL},
    [CONTINUOUS] = {"continuous", NC_INT, 1, {D_FRAME}, NULL},
    [VECTORS] = {"cell_vectors", NC_DOUBLE, 3, {D_FRAME, D_CELL_SPATIAL, D_SPATIAL}, "angstrom"},
    [ATOM_TYPES] = {"atom_types", NC_INT, 1, {D_ATOM}, NULL},
    [SPECIES_NAME] = {"species_name", NC_CHAR, 2, {D_SPECIES, D_NAME}, NULL},
    [SPECIES_Z] = {"species_z", NC_INT, 1, {D_SPECIES}, NULL},
    [SPECIES_CHARGE] = {"species_charge", NC_DOUBLE, 1, {D_SPECIES}, "e"},
    [ATOM_SPECIES] = {"atom_species", NC_INT, 1, {D_ATOM}, NULL},
    [ATOM_CHARGE] = {"atom_charge", NC_DOUBLE, 1, {D_ATOM}, "e"},
    [ATOM_SIDE] = {"atom_side", NC_INT, 1, {D_ATOM}, NULL},
    [ATOM_MOLECULE] = {"atom_molecule", NC_INT, 1, {D_ATOM}, NULL},
    [BONDS] = {"bonds", NC_INT, 2, {D_BOND, D_PAIR}, NULL},
    [FRAME_TYPES] = {"atom_types", NC_INT, 2, {D_FRAME, D_ATOM}, NULL},
    [FRAME_IDS] = {"id", NC_INT, 2, {D_FRAME, D_ATOM}, NULL},
};

typedef struct netcdf {
    int id;
    bool is_open;
    int var[N_VARIABLES];     /**< -1: not in the file */
    double unit[N_VARIABLES]; /**< of the file in ours: angstrom, fs, angstrom/fs */
    int32_t n_atoms;
    int64_t n_frames, next; /**< reading: whole ones; the one to read next */
    bool has_torn_frame;
    bool pbc[3];
    double (*scratch)[3]; /**< [n] turned positions or velocities */
    int *numbers;         /**< [2][n] room to read whole numbers of atoms */
} netcdf;

static il_status check(il_context *ctx, const char *path, int code, const char *doing) {
    if (code == NC_NOERR) return IL_OK;
    /* positive codes are those of the system */
    il_status status = code == NC_ENOMEM ? IL_E_MEMORY : code > 0 ? ili_write_status(code) : IL_E_FILE;
    return ili_fail(ctx, status, "%s: %s: %s", path, doing, nc_strerror(code));
}
/** Forward a failure of the library; needs ctx and path. */
#define NC(call, doing) IL_TRY(check(ctx, path, (call), (doing)))

/* ---- the cell of the convention ---------------------------------------------------------------------- */

static bool is_standard(const ili_cell *cell) {
    const double(*h)[3] = cell->h;
    return h[0][1] == 0.0 && h[0][2] == 0.0 && h[1][2] == 0.0 && h[0][0] > 0.0 && h[1][1] > 0.0 &&
           h[2][2] > 0.0;
}

/** The same cell with a along x and b in the xy plane; of a left-handed one the mirror image, as six numbers cannot tell. */
static void standard_cell(const ili_cell *cell, double h[3][3]) {
    double n[3], a = ili_norm(cell->h[0]), bx = ili_dot(cell->h[1], cell->h[0]) / a;
    ili_cross(cell->h[0], cell->h[1], n);
    double area = ili_norm(n), by = area / a, cx = ili_dot(cell->h[2], cell->h[0]) / a;
    double cy = (ili_dot(cell->h[2], cell->h[1]) - cx * bx) / by, cz = fabs(ili_dot(cell->h[2], n)) / area;
    const double standard[3][3] = {{a, 0, 0}, {bx, by, 0}, {cx, cy, cz}};
    memcpy(h, standard, sizeof standard);
}

/** Turn vectors out of the cell's own frame into the convention's, or back; one that stands there already is left alone, to the bit. */
static void turn(const ili_cell *cell, bool back, int32_t n, double (*a)[3]) {
    double standard[3][3], inverse[3][3], m[3][3];
    if (is_standard(cell)) return;
    standard_cell(cell, standard);
    ili_inverse(back ? standard : cell->h, inverse);
    ili_mat_mul(inverse, back ? cell->h : standard, m);
    for (int32_t i = 0; i < n; i++) ili_vec_mat(a[i], m, a[i]);
}

/* ---- writing ----------------------------------------------------------------------------------------- */

static bool is_written(const ili_traj_writer *w, int v) {
    const il_system *sys = w->sys;
    return v == VELOCITIES      ? w->with_velocities
           : v == ATOM_CHARGE   ? sys->charge != NULL
           : v == ATOM_SIDE     ? sys->side != NULL
           : v == ATOM_MOLECULE ? sys->molecule != NULL
           : v == BONDS         ? sys->n_bonds > 0
                                : v < N_WRITTEN;
}

static il_status put_text(il_context *ctx, const char *path, int id, int var, const char *name,
                          const char *text) {
    NC(nc_put_att_text(id, var, name, strlen(text), text), "the header cannot be written");
    return IL_OK;
}

static il_status define(il_context *ctx, const ili_traj_writer *w, netcdf *nc) {
    const char *path = w->path;
    const il_system *sys = w->sys;
    const size_t lengths[N_DIMENSIONS] = {
        NC_UNLIMITED,         3, (size_t)sys->n_atoms, 3, 3, 5, (size_t)sys->n_species, ILI_NAME_MAX,
        (size_t)sys->n_bonds, 2};
    int dims[N_DIMENSIONS];
    for (int d = 0; d < N_DIMENSIONS; d++)
        if (d < D_BOND || sys->n_bonds)
            NC(nc_def_dim(nc->id, dimension_names[d], lengths[d], &dims[d]), "the header cannot be written");
    for (int v = 0; v < N_VARIABLES; v++) {
        const struct row *row = &rows[v];
        int own[3];
        nc->var[v] = -1;
        if (!is_written(w, v)) continue;
        for (int d = 0; d < row->rank; d++) own[d] = dims[row->dims[d]];
        NC(nc_def_var(nc->id, row->name, row->type, row->rank, own, &nc->var[v]),
           "the header cannot be written");
        if (row->units) IL_TRY(put_text(ctx, path, nc->id, nc->var[v], "units", row->units));
    }
    if (nc->var[VELOCITIES] >= 0)
        NC(nc_put_att_float(nc->id, nc->var[VELOCITIES], "scale_factor", NC_FLOAT, 1, &VELOCITY_SCALE),
           "the header cannot be written");
    const int periodic[3] = {sys->cell.pbc[0], sys->cell.pbc[1], sys->cell.pbc[2]};
    NC(nc_put_att_int(nc->id, nc->var[VECTORS], "periodic", NC_INT, 3, periodic),
       "the header cannot be written");
    IL_TRY(put_text(ctx, path, nc->id, NC_GLOBAL, "Conventions", "AMBER"));
    IL_TRY(put_text(ctx, path, nc->id, NC_GLOBAL, "ConventionVersion", "1.0"));
    IL_TRY(put_text(ctx, path, nc->id, NC_GLOBAL, "program", "Interlith"));
    IL_TRY(put_text(ctx, path, nc->id, NC_GLOBAL, "programVersion", il_version()));
    NC(nc_enddef(nc->id), "the header cannot be written");
    return IL_OK;
}

static il_status put_species(il_context *ctx, const ili_traj_writer *w, const netcdf *nc) {
    const char *path = w->path, *doing = "the species cannot be written";
    const il_system *sys = w->sys;
    for (int32_t s = 0; s < sys->n_species; s++) {
        const size_t at = (size_t)s, start[2] = {at, 0}, count[2] = {1, ILI_NAME_MAX};
        const ili_species *kind = &sys->species[s];
        char name[ILI_NAME_MAX] = "";
        snprintf(name, sizeof name, "%s", kind->name);
        NC(nc_put_vara_text(nc->id, nc->var[SPECIES_NAME], start, count, name), doing);
        NC(nc_put_var1_int(nc->id, nc->var[SPECIES_Z], &at, &kind->z), doing);
        NC(nc_put_var1_double(nc->id, nc->var[SPECIES_CHARGE], &at, &kind->charge), doing);
    }
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        size_t at = (size_t)i;
        NC(nc_put_var1_int(nc->id, nc->var[ATOM_TYPES], &at, &sys->species[sys->type[i]].z), doing);
    }
    NC(nc_put_var_int(nc->id, nc->var[ATOM_SPECIES], sys->type), doing);
    return IL_OK;
}

static il_status put_atoms(il_context *ctx, const ili_traj_writer *w, const netcdf *nc) {
    const char *path = w->path, *doing = "the atoms cannot be written";
    const il_system *sys = w->sys;
    NC(nc_put_var_text(nc->id, nc->var[SPATIAL], "xyz"), doing);
    NC(nc_put_var_text(nc->id, nc->var[CELL_SPATIAL], "abc"), doing);
    NC(nc_put_var_text(nc->id, nc->var[CELL_ANGULAR], "alphabeta gamma"), doing);
    IL_TRY(put_species(ctx, w, nc));
    if (sys->charge) NC(nc_put_var_double(nc->id, nc->var[ATOM_CHARGE], sys->charge), doing);
    if (sys->side) NC(nc_put_var_int(nc->id, nc->var[ATOM_SIDE], sys->side), doing);
    if (sys->molecule) NC(nc_put_var_int(nc->id, nc->var[ATOM_MOLECULE], sys->molecule), doing);
    if (sys->n_bonds) NC(nc_put_var_int(nc->id, nc->var[BONDS], &sys->bonds[0][0]), doing);
    return IL_OK;
}

static il_status put_frame(il_context *ctx, const ili_traj_writer *w, const ili_traj_frame *frame) {
    const netcdf *nc = w->state;
    const char *path = w->path, *doing = "a frame cannot be written";
    const size_t at = (size_t)w->written, start[3] = {at, 0, 0}, cell[3] = {1, 3, 3},
                 atoms[3] = {1, (size_t)frame->n, 3}, bytes = (size_t)frame->n * sizeof *frame->x;
    const double time = frame->time / FS_PER_PS, step = (double)frame->step;
    const int continuous = frame->is_continuous;
    double lengths[3], angles[3];
    ili_cell_parameters(&frame->cell, lengths, angles);
    NC(nc_put_var1_double(nc->id, nc->var[TIME], &at, &time), doing);
    NC(nc_put_var1_double(nc->id, nc->var[STEP], &at, &step), doing);
    NC(nc_put_var1_int(nc->id, nc->var[CONTINUOUS], &at, &continuous), doing);
    NC(nc_put_vara_double(nc->id, nc->var[LENGTHS], start, cell, lengths), doing);
    NC(nc_put_vara_double(nc->id, nc->var[ANGLES], start, cell, angles), doing);
    NC(nc_put_vara_double(nc->id, nc->var[VECTORS], start, cell, &frame->cell.h[0][0]), doing);
    memcpy(nc->scratch, frame->x, bytes);
    turn(&frame->cell, false, frame->n, nc->scratch);
    NC(nc_put_vara_double(nc->id, nc->var[COORDINATES], start, atoms, &nc->scratch[0][0]), doing);
    if (!w->with_velocities) return IL_OK;
    memcpy(nc->scratch, frame->v, bytes);
    turn(&frame->cell, false, frame->n, nc->scratch);
    for (int32_t i = 0; i < frame->n; i++)
        for (int k = 0; k < 3; k++) nc->scratch[i][k] *= FS_PER_PS / (double)VELOCITY_SCALE;
    NC(nc_put_vara_double(nc->id, nc->var[VELOCITIES], start, atoms, &nc->scratch[0][0]), doing);
    return IL_OK;
}

static void close_netcdf(netcdf *nc) {
    if (nc->is_open) nc_close(nc->id);
    nc->is_open = false;
    ili_free(nc->scratch);
    ili_free(nc->numbers);
    ili_free(nc);
}

/* ---- what is in a file ------------------------------------------------------------------------------- */

/** Units that others write, and their size in angstrom, fs and angstrom/fs. */
static const struct unit {
    const char *names;
    double length, time, velocity;
} units[] = {{"angstrom|angstroms|a", 1.0, 0, 0},
             {"nanometer|nm", 10.0, 0, 0},
             {"picosecond|picoseconds|ps", 0, 1e3, 0},
             {"femtosecond|femtoseconds|fs", 0, 1.0, 0},
             {"nanosecond|nanoseconds|ns", 0, 1e6, 0},
             {"angstrom/picosecond|angstrom/ps|a/ps", 0, 0, 1e-3},
             {"angstrom/femtosecond|angstrom/fs|a/fs", 0, 0, 1.0}};

/** nc->unit[v] out of the attributes units (the convention's when there is none) and scale_factor. */
static il_status inquire_unit(il_context *ctx, const char *path, netcdf *nc, int v) {
    char text[64] = "";
    size_t length = 0;
    double scale = 1.0, unit = NAN;
    nc_type type;
    if (nc_inq_att(nc->id, nc->var[v], "units", &type, &length) != NC_NOERR || type != NC_CHAR)
        snprintf(text, sizeof text, "%s", rows[v].units);
    else if (length < sizeof text)
        NC(nc_get_att_text(nc->id, nc->var[v], "units", text), "the units cannot be read");
    for (size_t k = 0; k < sizeof units / sizeof *units; k++)
        if (ili_is_listed(text, units[k].names))
            unit = v == TIME ? units[k].time : v == VELOCITIES ? units[k].velocity : units[k].length;
    if (nc_inq_att(nc->id, nc->var[v], "scale_factor", &type, &length) == NC_NOERR && type != NC_CHAR &&
        length == 1)
        NC(nc_get_att_double(nc->id, nc->var[v], "scale_factor", &scale), "the scale factor cannot be read");
    nc->unit[v] = unit * scale;
    if (nc->unit[v] > 0.0 && isfinite(nc->unit[v])) return IL_OK;
    if (v != TIME)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s: the unit of '%s' is '%s' times %g, expected %s or another that is known", path,
                        rows[v].name, text, scale, rows[v].units);
    ili_warn(ctx, "%s: the unit of time '%s' is not known, so neither are the times", path, text);
    return IL_OK;
}

/** Has the variable its type and dimensions? Sizes that no other variable settles are not looked at. */
static bool fits(const netcdf *nc, int v, size_t n_species) {
    const struct row *row = &rows[v];
    const size_t wanted[N_DIMENSIONS] = {0, 3, (size_t)nc->n_atoms, 3, 3, 0, n_species, ILI_NAME_MAX, 0, 2};
    int rank, dims[NC_MAX_VAR_DIMS], unlimited;
    nc_type type;
    if (nc_inq_unlimdim(nc->id, &unlimited) != NC_NOERR ||
        nc_inq_varndims(nc->id, nc->var[v], &rank) != NC_NOERR || rank != row->rank ||
        nc_inq_var(nc->id, nc->var[v], NULL, &type, NULL, dims, NULL) != NC_NOERR)
        return false;
    bool good = (type == NC_CHAR) == (row->type == NC_CHAR);
    for (int d = 0; d < rank && good; d++) {
        size_t length = 0;
        if (nc_inq_dimlen(nc->id, dims[d], &length) != NC_NOERR) return false;
        good = (row->dims[d] == D_FRAME) == (dims[d] == unlimited);
        if (wanted[row->dims[d]]) good = good && length == wanted[row->dims[d]];
    }
    return good;
}

/** Length of the dimension d of a variable, 0 when there is none. */
static size_t length_of(const netcdf *nc, int v, int d) {
    int rank = 0, dims[NC_MAX_VAR_DIMS];
    size_t length = 0;
    if (nc->var[v] < 0 || nc_inq_varndims(nc->id, nc->var[v], &rank) != NC_NOERR || d >= rank ||
        nc_inq_vardimid(nc->id, nc->var[v], dims) != NC_NOERR ||
        nc_inq_dimlen(nc->id, dims[d], &length) != NC_NOERR)
        return 0;
    return length;
}

/** Find the variables, their shapes and units. Odd ones among those that a frame has are refused, others left alone. */
static il_status inquire(il_context *ctx, const char *path, netcdf *nc) {
    for (int v = 0; v < N_VARIABLES; v++)
        if (nc_inq_varid(nc->id, rows[v].name, &nc->var[v]) != NC_NOERR) nc->var[v] = -1;
    size_t n = length_of(nc, COORDINATES, 1), n_species = length_of(nc, SPECIES_NAME, 0);
    if (n == 0 || n > INT32_MAX)
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: found no variable coordinates(frame, atom, spatial), expected a trajectory in the AMBER "
            "convention",
            path);
    nc->n_atoms = (int32_t)n;
    for (int v = 0; v < N_VARIABLES; v++) {
        if (nc->var[v] < 0) continue;
        bool good = fits(nc, v, n_species);
        if (!good && v < N_RECORD)
            return ili_fail(ctx, IL_E_INPUT,
                            "%s: the variable '%s' has another shape or type than the AMBER convention", path,
                            rows[v].name);
        if (!good)
            nc->var[v] = -1;
        else if (v == TIME || v == LENGTHS || v == COORDINATES || v == VELOCITIES || v == VECTORS)
            IL_TRY(inquire_unit(ctx, path, nc, v));
    }
    int periodic[3] = {0};
    size_t length = 0;
    nc_type type;
    if (nc->var[VECTORS] >= 0) {
        if (nc_inq_att(nc->id, nc->var[VECTORS], "periodic", &type, &length) != NC_NOERR || length != 3 ||
            nc_get_att_int(nc->id, nc->var[VECTORS], "periodic", periodic) != NC_NOERR)
            return ili_fail(ctx, IL_E_INPUT, "%s: cell_vectors says not which directions repeat (periodic)",
                            path);
        for (int k = 0; k < 3; k++) nc->pbc[k] = periodic[k] != 0;
    }
    return IL_OK;
}

/** Open a file for reading, seen to be one that the library can be given. */
static il_status open_netcdf(il_context *ctx, const char *path, netcdf *nc) {
    ili_netcdf_layout layout;
    IL_TRY(ili_netcdf_layout_read(ctx, path, &layout));
    NC(nc_open(path, NC_NOWRITE, &nc->id), "cannot be opened");
    nc->is_open = true;
    nc->n_frames = layout.whole;
    nc->has_torn_frame = layout.claimed > layout.whole;
    IL_TRY(inquire(ctx, path, nc));
    nc->numbers = ili_alloc(2 * (size_t)nc->n_atoms, sizeof *nc->numbers);
    return nc->numbers ? IL_OK : ili_no_memory(ctx, path);
}

/** One species of our own variables; *index is its number in sys. */
static il_status get_species(il_context *ctx, const char *path, const netcdf *nc, size_t s, il_system *sys,
                             int32_t *index) {
    const size_t start[2] = {s, 0}, count[2] = {1, ILI_NAME_MAX};
    const char *doing = "the species cannot be read";
    char name[ILI_NAME_MAX + 1] = "";
    int z;
    double charge = NAN;
    NC(nc_get_vara_text(nc->id, nc->var[SPECIES_NAME], start, count, name), doing);
    NC(nc_get_var1_int(nc->id, nc->var[SPECIES_Z], &s, &z), doing);
    if (nc->var[SPECIES_CHARGE] >= 0)
        NC(nc_get_var1_double(nc->id, nc->var[SPECIES_CHARGE], &s, &charge), doing);
    bool good = ili_element_of(z) && name[0] && strlen(name) < ILI_NAME_MAX;
    for (const char *p = name; *p; p++) good = good && *p > ' ' && *p <= '~';
    if (!good) return ili_fail(ctx, IL_E_INPUT, "%s: the name or number of species %zu is spoiled", path, s);
    IL_TRY(ili_system_species(ctx, sys, name, z, index));
    sys->species[*index].charge = charge;
    return IL_OK;
}

static il_status get_bonds(il_context *ctx, const char *path, const netcdf *nc, il_system *sys) {
    size_t n = length_of(nc, BONDS, 0);
    for (size_t b = 0; b < n; b++) {
        const size_t start[2] = {b, 0}, count[2] = {1, 2};
        int ij[2];
        NC(nc_get_vara_int(nc->id, nc->var[BONDS], start, count, ij), "the bonds cannot be read");
        if (ij[0] < 0 || ij[1] < 0 || ij[0] >= nc->n_atoms || ij[1] >= nc->n_atoms || ij[0] == ij[1])
            return ili_fail(ctx, IL_E_INPUT, "%s: bond %zu joins the atoms %d and %d of %d (counted from 0)",
                            path, b, ij[0], ij[1], nc->n_atoms);
        IL_TRY(ili_system_add_bond(ctx, sys, ij[0], ij[1]));
    }
    return IL_OK;
}

/** The atoms as our own variables describe them. */
static il_status get_own_atoms(il_context *ctx, const char *path, const netcdf *nc, const int *kinds,
                               il_system *sys) {
    const double origin[3] = {0, 0, 0};
    const char *doing = "the atoms cannot be read";
    size_t n_species = length_of(nc, SPECIES_NAME, 0);
    int32_t index = 0, last = -1;
    for (size_t s = 0; s < n_species; s++) {
        IL_TRY(get_species(ctx, path, nc, s, sys, &index));
        if (index != last + 1)
            return ili_fail(ctx, IL_E_INPUT, "%s: species %zu has the name of another one", path, s);
        last = index;
    }
    for (int32_t i = 0; i < nc->n_atoms; i++) {
        if (kinds[i] < 0 || kinds[i] >= sys->n_species)
            return ili_fail(ctx, IL_E_INPUT, "%s: atom %d is of species %d, expected 0 to %d", path, i + 1,
                            kinds[i], sys->n_species - 1);
        IL_TRY(ili_system_add(ctx, sys, kinds[i], origin));
    }
    if (nc->var[ATOM_CHARGE] >= 0) {
        IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, charge));
        NC(nc_get_var_double(nc->id, nc->var[ATOM_CHARGE], sys->charge), doing);
    }
    if (nc->var[ATOM_SIDE] >= 0) {
        IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, side));
        NC(nc_get_var_int(nc->id, nc->var[ATOM_SIDE], sys->side), doing);
    }
    if (nc->var[ATOM_MOLECULE] >= 0) {
        IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, molecule));
        NC(nc_get_var_int(nc->id, nc->var[ATOM_MOLECULE], sys->molecule), doing);
    }
    return get_bonds(ctx, path, nc, sys);
}

/** The atoms by their numbers, as others write them. */
static il_status get_elements(il_context *ctx, const char *path, const netcdf *nc, const int *z,
                              il_system *sys) {
    const double origin[3] = {0, 0, 0};
    for (int32_t i = 0, type; i < nc->n_atoms; i++) {
        if (!ili_element_of(z[i]))
            return ili_fail(
                ctx, IL_E_INPUT,
                "%s: atom_types of atom %d is %d, expected an atomic number from 1 to %d: give the structure "
                "file of the run as topology",
                path, i + 1, z[i], ILI_Z_MAX);
        IL_TRY(ili_system_species(ctx, sys, ili_element_of(z[i])->symbol, z[i], &type));
        IL_TRY(ili_system_add(ctx, sys, type, origin));
    }
    return IL_OK;
}

/** A new system by what the file says; *sys NULL when it says nothing of the atoms. */
static il_status get_system(il_context *ctx, const char *path, const netcdf *nc, il_system **sys) {
    bool is_own = nc->var[ATOM_SPECIES] >= 0 && nc->var[SPECIES_NAME] >= 0 && nc->var[SPECIES_Z] >= 0;
    bool by_frame = !is_own && nc->var[ATOM_TYPES] < 0;
    int var = nc->var[is_own ? ATOM_SPECIES : by_frame ? FRAME_TYPES : ATOM_TYPES];
    const size_t n = (size_t)nc->n_atoms, start[2] = {0, 0}, count[2] = {by_frame ? 1 : n, n};
    il_status status;
    *sys = NULL;
    if (var < 0 || nc->n_frames < 1) return IL_OK;
    IL_GO(ili_system_create(ctx, sys));
    IL_GO(check(ctx, path, nc_get_vara_int(nc->id, var, start, count, nc->numbers),
                "the atoms cannot be read"));
    IL_GO(is_own ? get_own_atoms(ctx, path, nc, nc->numbers, *sys)
                 : get_elements(ctx, path, nc, nc->numbers, *sys));
    memcpy((*sys)->cell.pbc, nc->pbc, sizeof nc->pbc);
out:
    if (status != IL_OK) il_system_destroy(sys);
    return status;
}

/** Elements or ids that a file gives frame by frame must be those of the first one: atoms that change places cannot be followed. */
static il_status check_places(il_context *ctx, const ili_traj_reader *r, int v) {
    const netcdf *nc = r->state;
    const char *path = r->path;
    const size_t n = (size_t)nc->n_atoms, count[2] = {1, n};
    if (nc->var[v] < 0 || r->index == 0) return IL_OK;
    for (size_t k = 0; k < 2; k++) {
        const size_t start[2] = {k ? (size_t)r->index : 0, 0};
        NC(nc_get_vara_int(nc->id, nc->var[v], start, count, nc->numbers + k * n), "a frame cannot be read");
    }
    for (size_t i = 0; i < n; i++)
        if (nc->numbers[i] != nc->numbers[n + i])
            return ili_traj_fail(
                ctx, r,
                "'%s' of atom %zu is %d, and %d in the first frame; expected one order of atoms (LAMMPS: "
                "`dump_modify sort id`)",
                rows[v].name, i + 1, nc->numbers[n + i], nc->numbers[i]);
    return IL_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

/** Directions without a period get room for the atoms. */
static void enclose(const ili_traj_reader *r, double lengths[3], double angles[3], const bool pbc[3]) {
    for (int k = 0; k < 3; k++) {
        double low = INFINITY, high = -INFINITY;
        for (int32_t i = 0; i < r->sys->n_atoms; i++) {
            low = fmin(low, r->x[i][k]);
            high = fmax(high, r->x[i][k]);
        }
        if (pbc[k]) continue;
        lengths[k] = high - low + MARGIN;
        if (!(angles[k] > 0.0 && angles[k] < 180.0)) angles[k] = 90.0;
    }
}

/** The cell of a file of others, by its six numbers; without them the topology's. */
static il_status get_cell(il_context *ctx, ili_traj_reader *r, ili_cell *cell) {
    const netcdf *nc = r->state;
    const char *path = r->path;
    const size_t start[2] = {(size_t)r->index, 0}, count[2] = {1, 3};
    double lengths[3] = {0}, angles[3] = {90, 90, 90};
    bool pbc[3];
    if (nc->var[LENGTHS] >= 0)
        NC(nc_get_vara_double(nc->id, nc->var[LENGTHS], start, count, lengths), "a cell cannot be read");
    if (nc->var[ANGLES] >= 0)
        NC(nc_get_vara_double(nc->id, nc->var[ANGLES], start, count, angles), "a cell cannot be read");
    for (int k = 0; k < 3; k++) {
        pbc[k] = (lengths[k] *= nc->unit[LENGTHS]) > 0.0;
        if (!(lengths[k] >= 0.0)) return ili_traj_fail(ctx, r, "found the cell length %g", lengths[k]);
    }
    if (!pbc[0] && !pbc[1] && !pbc[2] &&
        (r->sys->cell.pbc[0] || r->sys->cell.pbc[1] || r->sys->cell.pbc[2])) {
        *cell = r->sys->cell;
        return IL_OK;
    }
    enclose(r, lengths, angles, pbc);
    if (ili_cell_from_parameters(ctx, lengths, angles, cell) != IL_OK) {
        char sentence[ILI_MESSAGE_MAX / 2];
        snprintf(sentence, sizeof sentence, "%.1000s", il_message(ctx));
        return ili_traj_fail(ctx, r, "%s", sentence);
    }
    memcpy(cell->pbc, pbc, sizeof pbc);
    return IL_OK;
}

static il_status get_moment(il_context *ctx, const ili_traj_reader *r, ili_traj_frame *frame) {
    const netcdf *nc = r->state;
    const char *path = r->path, *doing = "a frame cannot be read";
    const size_t at = (size_t)r->index;
    double time = NAN, step = -1.0;
    int continuous = 0;
    if (nc->var[TIME] >= 0) NC(nc_get_var1_double(nc->id, nc->var[TIME], &at, &time), doing);
    if (nc->var[STEP] >= 0) NC(nc_get_var1_double(nc->id, nc->var[STEP], &at, &step), doing);
    if (nc->var[CONTINUOUS] >= 0) NC(nc_get_var1_int(nc->id, nc->var[CONTINUOUS], &at, &continuous), doing);
    frame->time = isfinite(time) ? time * nc->unit[TIME] : NAN;
    frame->step = step >= 0.0 && step <= STEP_MAX ? (int64_t)step : -1;
    frame->is_continuous = continuous == 1;
    return IL_OK;
}

/** Is the cell fit to be divided by? Frames are checked for good later. */
static bool has_volume(const ili_cell *cell) {
    double volume = ili_cell_volume(cell);
    return volume > 0.0 && isfinite(volume);
}

static il_status get_frame(il_context *ctx, ili_traj_reader *r, ili_traj_frame *frame, bool *more) {
    const netcdf *nc = r->state;
    const char *path = r->path, *doing = "a frame cannot be read";
    const int32_t n = nc->n_atoms;
    const size_t start[3] = {(size_t)r->index, 0, 0}, cell[3] = {1, 3, 3}, atoms[3] = {1, (size_t)n, 3};
    *more = r->index < nc->n_frames;
    r->is_torn = !*more && nc->has_torn_frame;
    if (!*more) return IL_OK;
    IL_TRY(check_places(ctx, r, FRAME_TYPES));
    IL_TRY(check_places(ctx, r, FRAME_IDS));
    IL_TRY(get_moment(ctx, r, frame));
    NC(nc_get_vara_double(nc->id, nc->var[COORDINATES], start, atoms, &r->x[0][0]), doing);
    for (int32_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) r->x[i][k] *= nc->unit[COORDINATES];
    if (nc->var[VELOCITIES] >= 0) {
        NC(nc_get_vara_double(nc->id, nc->var[VELOCITIES], start, atoms, &r->v[0][0]), doing);
        for (int32_t i = 0; i < n; i++)
            for (int k = 0; k < 3; k++) r->v[i][k] *= nc->unit[VELOCITIES];
        frame->v = r->v;
    }
    if (nc->var[VECTORS] < 0) return get_cell(ctx, r, &frame->cell);
    NC(nc_get_vara_double(nc->id, nc->var[VECTORS], start, cell, &frame->cell.h[0][0]), doing);
    memcpy(frame->cell.pbc, nc->pbc, sizeof nc->pbc);
    if (!has_volume(&frame->cell)) return ili_traj_fail(ctx, r, "the cell has no volume");
    turn(&frame->cell, true, n, r->x);
    if (frame->v) turn(&frame->cell, true, n, r->v);
    return IL_OK;
}

static il_status start_reading(il_context *ctx, ili_traj_reader *r, const il_system *topology) {
    netcdf *nc = ili_alloc(1, sizeof *nc);
    il_system *sys = NULL;
    int *z = NULL;
    il_status status;
    r->state = nc;
    if (!nc) return ili_no_memory(ctx, r->path);
    IL_TRY(open_netcdf(ctx, r->path, nc));
    IL_TRY(get_system(ctx, r->path, nc, &sys));
    if (!topology) {
        r->sys = sys;
        if (sys) return IL_OK;
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: the file does not say which elements its %d atoms are: give the structure file of the run "
            "as topology",
            r->path, nc->n_atoms);
    }
    z = ili_alloc((size_t)nc->n_atoms, sizeof *z);
    IL_GO(z ? IL_OK : ili_no_memory(ctx, r->path));
    for (int32_t i = 0; sys && i < nc->n_atoms; i++) z[i] = sys->species[sys->type[i]].z;
    IL_GO(ili_traj_adopt(ctx, r, topology, nc->n_atoms, z));
out:
    ili_free(z);
    il_system_destroy(&sys);
    return status;
}

/* ---- going on with a file ---------------------------------------------------------------------------- */

/** Cut the file to the frames to keep, which must be there, ours, and of the same system. */
static il_status cut(il_context *ctx, const ili_traj_writer *w, int64_t keep_frames) {
    ili_netcdf_layout layout;
    netcdf *nc = ili_alloc(1, sizeof *nc);
    il_system *sys = NULL;
    il_status status;
    IL_GO(nc ? IL_OK : ili_no_memory(ctx, w->path));
    IL_GO(open_netcdf(ctx, w->path, nc));
    IL_GO(get_system(ctx, w->path, nc, &sys));
    if (!sys || nc->var[VECTORS] < 0 || nc->var[STEP] < 0 || nc->var[CONTINUOUS] < 0 || nc->var[TIME] < 0)
        IL_GO(ili_fail(ctx, IL_E_INPUT, "%s: the trajectory there was not written by Interlith", w->path));
    IL_GO(ili_traj_same_system(ctx, w, sys));
    if ((nc->var[VELOCITIES] >= 0) != w->with_velocities) IL_GO(ili_traj_other_kind(ctx, w));
    if (nc->n_frames < keep_frames) IL_GO(ili_traj_too_short(ctx, w, nc->n_frames, keep_frames));
    IL_GO(ili_netcdf_layout_read(ctx, w->path, &layout));
    close_netcdf(nc);
    nc = NULL;
    IL_GO(ili_netcdf_cut(ctx, w->path, &layout, keep_frames));
out:
    if (nc) close_netcdf(nc);
    il_system_destroy(&sys);
    return status;
}

static il_status start_writing(il_context *ctx, ili_traj_writer *w, int64_t keep_frames) {
    const char *path = w->path;
    int old;
    if (keep_frames > 0) IL_TRY(cut(ctx, w, keep_frames));
    netcdf *nc = ili_alloc(1, sizeof *nc);
    w->state = nc;
    if (!nc) return ili_no_memory(ctx, path);
    nc->scratch = ili_alloc((size_t)w->sys->n_atoms, sizeof *nc->scratch);
    if (!nc->scratch) return ili_no_memory(ctx, path);
    if (keep_frames > 0)
        NC(nc_open(path, NC_WRITE, &nc->id), "cannot be opened");
    else
        NC(nc_create(path, NC_CLOBBER | NC_64BIT_OFFSET, &nc->id), "cannot be written");
    nc->is_open = true;
    NC(nc_set_fill(nc->id, NC_NOFILL, &old), "cannot be written");
    if (keep_frames > 0) return inquire(ctx, path, nc);
    IL_TRY(define(ctx, w, nc));
    return put_atoms(ctx, w, nc);
}

static il_status sync_disk(il_context *ctx, const ili_traj_writer *w) {
    const netcdf *nc = w->state;
    const char *path = w->path;
    NC(nc_sync(nc->id), "writing failed");
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool good = file >= 0 && fsync(file) == 0;
    int reason = errno;
    if (file >= 0) close(file);
    return good ? IL_OK : ili_fail(ctx, IL_E_STORAGE, "%s: writing failed: %s", path, strerror(reason));
}

static il_status finish(il_context *ctx, ili_traj_writer *w) {
    netcdf *nc = w->state;
    const char *path = w->path;
    if (!nc) return IL_OK;
    int code = nc->is_open ? nc_close(nc->id) : NC_NOERR;
    nc->is_open = false;
    close_netcdf(nc);
    w->state = NULL;
    NC(code, "writing failed");
    return IL_OK;
}

/* ---- one at a time ----------------------------------------------------------------------------------- */

static il_status create(il_context *ctx, ili_traj_writer *w, int64_t keep_frames) {
    il_status status;
#pragma omp critical(ili_netcdf)
    status = start_writing(ctx, w, keep_frames);
    return status;
}

static il_status append(il_context *ctx, ili_traj_writer *w, const ili_traj_frame *frame) {
    il_status status;
#pragma omp critical(ili_netcdf)
    status = put_frame(ctx, w, frame);
    return status;
}

static il_status sync_file(il_context *ctx, ili_traj_writer *w) {
    il_status status;
#pragma omp critical(ili_netcdf)
    status = sync_disk(ctx, w);
    return status;
}

static il_status close_file(il_context *ctx, ili_traj_writer *w) {
    il_status status;
#pragma omp critical(ili_netcdf)
    status = finish(ctx, w);
    return status;
}

static il_status open_reader(il_context *ctx, ili_traj_reader *r, const il_system *topology) {
    il_status status;
#pragma omp critical(ili_netcdf)
    status = start_reading(ctx, r, topology);
    return status;
}

static il_status next(il_context *ctx, ili_traj_reader *r, ili_traj_frame *frame, bool *more) {
    il_status status;
#pragma omp critical(ili_netcdf)
    status = get_frame(ctx, r, frame, more);
    return status;
}

static il_status rewind_reader(il_context *ctx, ili_traj_reader *r) {
    (void)ctx; /* frames are found by r->index */
    (void)r;
    return IL_OK;
}

static void close_reader(ili_traj_reader *r) {
#pragma omp critical(ili_netcdf)
    if (r->state) close_netcdf(r->state);
    r->state = NULL;
}

const ili_traj_format ili_traj_netcdf = {.name = "AMBER NetCDF",
                                         .endings = "nc|ncdf|nctraj",
                                         .create = create,
                                         .append = append,
                                         .sync = sync_file,
                                         .close = close_file,
                                         .open = open_reader,
                                         .next = next,
                                         .rewind = rewind_reader,
                                         .close_reader = close_reader};
