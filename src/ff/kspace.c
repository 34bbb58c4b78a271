/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Budget of the accuracy asked for: squares of the shares of the real-space part (alpha) and of the reciprocal part sum to less than
 * one, and the latter is planned lower so that the cell can stretch by about 3 % before the plan is remade. alpha never changes after create:
 * the pair kernel works with it. What is remade (waves, mesh, summed length of a slab) moves the energy by less than
 * the accuracy; between two remakes forces and virial are exact derivatives of the energy.
 *
 * A slab on a mesh is summed without images (ff/mesh_slab.h). By Ewald waves it is summed as a crystal whose third vector is
 * the plane's normal times slab_length: thickness + reserve + gap.
 * The gap makes the images' decaying fields smaller than the budget; their dipole field is taken out by
 *     E = 2 pi C/V (M^2 - Q sum_i q_i z_i^2 - Q^2 L^2/12) = -pi C/V sum_ij q_i q_j (z_ij^2 + L^2/6),  M = sum_i q_i z_i
 * (Yeh and Berkowitz 1999; Ballenegger, Arnold and Cerda 2009 for Q != 0, where it gives the energy of the charges
 * alone, without background, in the convention that the plane-averaged potential of a charge sheet is -2 pi sigma |z|).
 * The whole then does not depend on L, so L may strain along and the virial needs no more than E (1 - 2 n n). */
#include "ff/kspace.h"

#include "base/alloc.h"
#include "ff/ewald.h"
#include "ff/kspace_tune.h"
#include "ff/mesh.h"
#include "ff/mesh_slab.h"
#include "ff/slab_tune.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

/** AUTO takes the mesh above, and for slabs wherever it is cheaper. */
enum { EWALD_MAX_ATOMS = 500 };
static const double IMAGE_SHARE = 0.1, IMAGE_MAX = 1e-7, SMALL_STRAIN = 0.02;
/** Planes of a slab's mesh beyond its charges, and the cut-off, angstrom, when costs are estimated. */
static const double STENCIL_ROOM = 8.0, USUAL_CUTOFF = 10.0;
static const double HEIGHT_STEP = 1.0; /* angstrom */

struct ili_kspace {
    ili_kspace_plan plan; /**< method and alpha resolved */
    ili_charge_sums sums;
    ili_charge_sums dense; /**< the same for the estimates, ili_charge_sums_gathered */
    double *q;             /**< [n] */
    bool is_slab;
    double h_plan[3][3]; /**< cell summed over when the plan was made */
    double k_cut;
    ili_ewald *ewald; /**< one of these three */
    ili_mesh *mesh;
    ili_mesh_slab *slab;
    ili_slab_grid grid; /**< of the slab's mesh */
    double real_error;  /**< estimate for the pair kernel's part */
    ili_kspace_info info;
};

/** Where the charges lie along the normal of a slab. */
typedef struct slab_extent {
    double normal[3], low, high;
} slab_extent;

/** Refuses positions that are not finite; the heights of a crystal stay 0. */
static il_status measure_extent(il_context *ctx, const ili_cell *cell, int32_t n, const double (*x)[3],
                                slab_extent *s) {
    enum { WORTH_THREADS = 4096 };
    double normal[3], low = INFINITY, high = -INFINITY, zero = 0.0; /* stays 0 as long as all are finite */
    ili_cross(cell->h[0], cell->h[1], normal);
    const double area = ili_norm(normal);
    for (int c = 0; c < 3; c++) normal[c] /= area;
#pragma omp parallel for schedule(static) num_threads(ctx->n_threads) reduction(min : low)                   \
    reduction(max : high) reduction(+ : zero) if (n > WORTH_THREADS)
    for (int32_t i = 0; i < n; i++) {
        const double z = ili_dot(x[i], normal);
        low = z < low ? z : low;
        high = z > high ? z : high;
        zero += 0.0 * (x[i][0] + x[i][1] + x[i][2]);
    }
    const bool is_slab = !cell->pbc[2] && n > 0;
    *s = (slab_extent){.normal = {normal[0], normal[1], normal[2]},
                       .low = is_slab ? low : 0.0,
                       .high = is_slab ? high : 0.0};
    if (zero == 0.0) return IL_OK;
    int32_t bad = 0;
    while (isfinite(x[bad][0] + x[bad][1] + x[bad][2])) bad++;
    return ili_fail(ctx, IL_E_NONFINITE, "Coulomb sum: the position of atom %d is not finite", bad + 1);
}

/** Charges that fill less than half of a crystal's cell count as dense as they lie; those of slabs fill their volume. */
static il_status measure_density(il_context *ctx, ili_kspace *k, const ili_cell *cell, const double (*x)[3]) {
    double filled = 1.0;
    if (!k->is_slab) IL_TRY(ili_filled_part(ctx, cell, k->sums.n, x, &filled));
    k->dense = filled < 0.5 ? ili_charge_sums_gathered(&k->sums, filled) : k->sums;
    return IL_OK;
}

/** Slabs on a mesh are summed without a third vector. */
static bool is_open(const ili_kspace *k) {
    return k->is_slab && k->info.method == ILI_KSPACE_MESH;
}

/** The cell that is summed over: the crystal's own, or the slab's with its third vector replaced. */
static void summed_cell(const ili_kspace *k, const ili_cell *cell, const slab_extent *s, double h[3][3]) {
    memcpy(h, cell->h, sizeof cell->h);
    for (int c = 0; c < 3 && k->is_slab; c++) h[2][c] = k->info.slab_length * s->normal[c];
}

static void drop_sum(ili_kspace *k) {
    ili_ewald_destroy(&k->ewald);
    ili_mesh_destroy(&k->mesh);
    ili_mesh_slab_destroy(&k->slab);
}

static double image_target(const ili_kspace *k) {
    return fmin(IMAGE_SHARE * k->plan.accuracy, IMAGE_MAX);
}

/** Length that a slab is summed in: room for its charges to move, and a gap that keeps the images away. */
static double slab_length(const ili_kspace *k, const ili_cell *cell, const slab_extent *s) {
    double thickness = s->high - s->low;
    return thickness + fmax(1.0, 0.03 * thickness) + ili_tune_gap(&k->sums, cell->h, image_target(k));
}

/** Volume of the charges, for the error of the real-space part. */
static double charged_volume(const ili_kspace *k, const ili_cell *cell, const slab_extent *s) {
    return k->is_slab ? ili_cell_area(cell) * fmax(s->high - s->low, 1.0) : ili_cell_volume(cell);
}

/** Error of the waves or the mesh in the cell h. */
static double sum_error(const ili_kspace *k, const double h[3][3]) {
    if (is_open(k)) return ili_slab_error(&k->sums, h, k->plan.alpha, &k->grid);
    if (k->info.method == ILI_KSPACE_MESH)
        return ili_tune_mesh_error(&k->dense, h, k->plan.alpha, k->info.mesh, k->info.order);
    return ili_tune_wave_error(&k->dense, fabs(ili_det(h)), k->plan.alpha,
                               k->k_cut / ili_tune_stretch(k->h_plan, h));
}

/** Make waves or mesh for the cell h. */
static il_status make_waves(il_context *ctx, ili_kspace *k, const double h[3][3]) {
    const double share = k->info.method == ILI_KSPACE_MESH ? ILI_MESH_PLANNED : ILI_WAVE_PLANNED;
    double volume = fabs(ili_det(h)), target = share * k->plan.accuracy, alpha = k->plan.alpha;
    ili_kspace_info *info = &k->info;
    memcpy(k->h_plan, h, sizeof k->h_plan);
    drop_sum(k);
    if (info->method == ILI_KSPACE_MESH) {
        IL_TRY(ili_tune_mesh(ctx, &k->dense, h, alpha, target, info->is_single, info->mesh, &info->order));
        const ili_mesh_plan plan = {.alpha = alpha,
                                    .size = {info->mesh[0], info->mesh[1], info->mesh[2]},
                                    .order = info->order,
                                    .is_single = info->is_single};
        return ili_mesh_create(ctx, &plan, k->sums.n, k->q, &k->mesh);
    }
    k->k_cut = ili_tune_wave_cutoff(&k->dense, volume, alpha, target);
    IL_TRY(ili_ewald_create(ctx, k->sums.n, k->q, h, alpha, k->k_cut, &k->ewald));
    info->n_waves = ili_ewald_n_waves(k->ewald);
    return IL_OK;
}

/** Make waves or mesh, and say how good they are. */
static il_status make_sum(il_context *ctx, ili_kspace *k, const double h[3][3]) {
    IL_TRY(make_waves(ctx, k, h));
    k->info.estimated_error = hypot(k->real_error, sum_error(k, h));
    return IL_OK;
}

/** Whether waves or mesh still serve the cell h. The estimate of a mesh takes a while, so small strains go without. */
static bool sum_is_good(const ili_kspace *k, const double h[3][3]) {
    if (k->info.method == ILI_KSPACE_MESH && ili_tune_stretch(k->h_plan, h) < 1.0 + SMALL_STRAIN &&
        fabs(ili_det(h)) > (1.0 - 3.0 * SMALL_STRAIN) * fabs(ili_det(k->h_plan)))
        return true;
    return sum_error(k, h) <= ILI_WAVE_SHARE * k->plan.accuracy;
}

/** What a slab's mesh is for, with room for its atoms to move and for its plane to stretch. Heights go in steps, so that it is
 *  seldom another one. */
static ili_slab_task slab_task(const ili_kspace *k, const double h[3][3], const slab_extent *s) {
    const double room = fmax(0.5, 0.015 * (s->high - s->low));
    return (ili_slab_task){.h = h,
                           .alpha = k->plan.alpha,
                           .low = floor((s->low - room) / HEIGHT_STEP) * HEIGHT_STEP,
                           .high = ceil((s->high + room) / HEIGHT_STEP) * HEIGHT_STEP,
                           .target = ILI_MESH_PLANNED * k->plan.accuracy,
                           .images = image_target(k),
                           .stretch = 1.0 + SMALL_STRAIN,
                           .is_single = k->info.is_single};
}

/** Make the mesh of a slab. */
static il_status make_slab(il_context *ctx, ili_kspace *k, const double h[3][3], const slab_extent *s) {
    const ili_slab_task task = slab_task(k, h, s);
    ili_kspace_info *info = &k->info;
    memcpy(k->h_plan, h, sizeof k->h_plan);
    drop_sum(k);
    IL_TRY(ili_slab_tune(ctx, &k->sums, &task, &k->grid));
    IL_TRY(ili_mesh_slab_create(ctx, &k->grid, k->plan.alpha, info->is_single, h, k->sums.n, k->q, &k->slab));
    for (int d = 0; d < 3; d++) info->mesh[d] = k->grid.size[(d + 1) % 3];
    info->order = k->grid.order;
    info->slab_length = k->grid.spacing * k->grid.size[0];
    info->estimated_error = hypot(k->real_error, sum_error(k, h));
    return IL_OK;
}

/** The plane of a slab and its normal. */
static void plane_and_normal(const ili_cell *cell, const slab_extent *s, double h[3][3]) {
    memcpy(h, cell->h, sizeof cell->h);
    memcpy(h[2], s->normal, sizeof s->normal);
}

/** The same as update_plan for a slab on a mesh. */
static il_status update_slab(il_context *ctx, ili_kspace *k, const double h[3][3], const slab_extent *s) {
    bool is_good = k->slab && s->low >= k->grid.low && s->high <= k->grid.high &&
                   ili_tune_stretch(k->h_plan, h) < 1.0 + SMALL_STRAIN &&
                   fabs(ili_det(h)) > (1.0 - 2.0 * SMALL_STRAIN) * fabs(ili_det(k->h_plan));
    return is_good ? IL_OK : make_slab(ctx, k, h, s);
}

/** Remake what no longer meets the accuracy; the first call makes it. */
static il_status update_plan(il_context *ctx, ili_kspace *k, const ili_cell *cell, const slab_extent *s) {
    double h[3][3];
    bool is_good = k->ewald || k->mesh;
    if (is_open(k)) {
        plane_and_normal(cell, s, h);
        return update_slab(ctx, k, h, s);
    }
    if (k->is_slab) {
        double thickness = s->high - s->low, target = image_target(k);
        is_good = is_good &&
                  ili_tune_image_error(&k->sums, cell->h, k->info.slab_length - thickness) <= 1.01 * target;
        if (!is_good) k->info.slab_length = slab_length(k, cell, s);
    }
    summed_cell(k, cell, s, h);
    if (is_good && sum_is_good(k, h)) return IL_OK;
    return make_sum(ctx, k, h);
}

static il_status check_plan(il_context *ctx, const ili_kspace_plan *plan, const ili_cell *cell) {
    if (!(plan->accuracy >= 1e-12 && plan->accuracy <= 1e-1))
        return ili_fail(ctx, IL_E_INPUT, "the Coulomb accuracy is %g, expected a number from 1e-12 to 0.1",
                        plan->accuracy);
    if (!(plan->cutoff >= 0.0 && isfinite(plan->cutoff)))
        return ili_fail(ctx, IL_E_INPUT,
                        "the Coulomb cut-off is %g angstrom, expected a positive number, or 0 to choose",
                        plan->cutoff);
    if (!(plan->alpha >= 0.0 && isfinite(plan->alpha)))
        return ili_fail(ctx, IL_E_INPUT,
                        "the Coulomb splitting parameter is %g 1/angstrom, expected a positive number or 0",
                        plan->alpha);
    if (!cell->pbc[0] || !cell->pbc[1])
        return ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "the Coulomb sum needs a cell that is periodic along a and b (and c, unless it is a slab); "
            "use a large periodic cell for molecules and wires");
    return ili_cell_check(ctx, cell, "Coulomb sum");
}

/** Whether a slab's mesh is cheaper than the waves of its Ewald sum, at the same cut-off. */
static bool slab_wants_mesh(const ili_kspace *k, const ili_cell *cell, const slab_extent *s) {
    ili_kspace trial = *k;
    ili_slab_grid grid;
    const double volume = ili_cell_area(cell) * slab_length(k, cell, s), accuracy = k->plan.accuracy,
                 cutoff = k->plan.cutoff > 0.0 ? k->plan.cutoff : USUAL_CUTOFF;
    if (trial.plan.alpha == 0.0)
        trial.plan.alpha =
            ili_tune_alpha(&k->sums, charged_volume(k, cell, s), cutoff, ILI_REAL_SHARE * accuracy);
    const ili_slab_task task = slab_task(&trial, cell->h, s);
    return ili_slab_cheapest(&k->sums, &task, &grid) <
           ili_tune_wave_cost(&k->sums, volume, trial.plan.alpha, ILI_WAVE_PLANNED * accuracy);
}

static bool wants_mesh(const ili_kspace *k, const ili_cell *cell, const slab_extent *s) {
    return k->sums.n > EWALD_MAX_ATOMS || (k->is_slab && slab_wants_mesh(k, cell, s));
}

/** Method, precision and, where they are left open, cut-off and splitting parameter of a plan for charges in the volume that the
 *  extent leaves them. */
static void resolve_plan(ili_kspace *k, const ili_cell *cell, const slab_extent *s) {
    ili_kspace_plan *p = &k->plan;
    double volume = charged_volume(k, cell, s), h[3][3];
    if (p->method == ILI_KSPACE_AUTO) p->method = wants_mesh(k, cell, s) ? ILI_KSPACE_MESH : ILI_KSPACE_EWALD;
    k->info.method = p->method;
    k->info.is_single = p->is_single && p->method == ILI_KSPACE_MESH && p->accuracy >= ILI_SINGLE_ACCURACY;
    if (k->is_slab)
        k->info.slab_length = is_open(k) ? s->high - s->low + STENCIL_ROOM : slab_length(k, cell, s);
    summed_cell(k, cell, s, h);
    if (p->cutoff == 0.0)
        p->cutoff = ili_tune_cutoff(&k->dense, (const double(*)[3])h, volume, p->accuracy,
                                    p->method == ILI_KSPACE_MESH, k->info.is_single);
    if (p->alpha == 0.0)
        p->alpha = ili_tune_alpha(&k->dense, volume, p->cutoff, ILI_REAL_SHARE * p->accuracy);
    k->info.cutoff = p->cutoff;
    k->info.alpha = p->alpha;
    k->real_error = ili_tune_real_error(&k->dense, volume, p->cutoff, p->alpha);
}

il_status ili_kspace_choose_cutoff(il_context *ctx, const ili_kspace_plan *plan, int32_t n, const double *q,
                                   const ili_cell *cell, const double (*x)[3], double *cutoff) {
    IL_TRY(check_plan(ctx, plan, cell));
    ili_kspace k = {.plan = *plan, .is_slab = !cell->pbc[2], .sums = ili_charge_sums_of(n, q)};
    slab_extent s;
    IL_TRY(measure_extent(ctx, cell, n, x, &s));
    IL_TRY(measure_density(ctx, &k, cell, x));
    resolve_plan(&k, cell, &s);
    *cutoff = k.info.cutoff;
    return IL_OK;
}

il_status ili_kspace_create(il_context *ctx, const ili_kspace_plan *plan, int32_t n, const double *q,
                            const ili_cell *cell, const double (*x)[3], ili_kspace **out) {
    *out = NULL;
    IL_TRY(check_plan(ctx, plan, cell));
    ili_kspace *k = ili_alloc(1, sizeof *k);
    if (!k) return ili_no_memory(ctx, "the Coulomb sum");
    il_status status = IL_OK;
    slab_extent s;
    k->plan = *plan;
    k->is_slab = !cell->pbc[2];
    k->sums = ili_charge_sums_of(n, q);
    k->q = ili_alloc((size_t)n, sizeof *k->q);
    if (!k->q) IL_GO(ili_no_memory(ctx, "the Coulomb sum"));
    memcpy(k->q, q, (size_t)n * sizeof *q);
    IL_GO(measure_extent(ctx, cell, n, x, &s));
    IL_GO(measure_density(ctx, k, cell, x));
    resolve_plan(k, cell, &s);
    IL_GO(update_plan(ctx, k, cell, &s));
    if (fabs(k->sums.total) > 1e-6)
        ili_warn(ctx, "the cell has a net charge of %+.6g e; %s", k->sums.total,
                 k->is_slab
                     ? "energies of charged slabs have no meaning by themselves, only their differences at "
                       "equal charge"
                     : "a uniform background neutralises it, and energies depend on the size of the cell");
    *out = k;
    k = NULL;
out:
    ili_kspace_destroy(&k);
    return status;
}

void ili_kspace_destroy(ili_kspace **kspace) {
    ili_kspace *k = *kspace;
    if (!k) return;
    drop_sum(k);
    ili_free(k->q);
    ili_free(k);
    *kspace = NULL;
}

/** Whether a mesh made now would be the one there is, and not for more threads. */
static bool is_current(const il_context *ctx, const ili_kspace *k, const ili_cell *cell,
                       const slab_extent *s) {
    double h[3][3];
    if (k->mesh) return memcmp(k->h_plan, cell->h, sizeof k->h_plan) == 0;
    if (!k->slab || ili_mesh_slab_threads(k->slab) < ctx->n_threads) return false;
    plane_and_normal(cell, s, h);
    const ili_slab_task task = slab_task(k, h, s);
    return task.low == k->grid.low && task.high == k->grid.high && memcmp(k->h_plan, h, sizeof h) == 0;
}

il_status ili_kspace_refresh(il_context *ctx, ili_kspace *k, const ili_cell *cell, const double (*x)[3]) {
    slab_extent s;
    IL_TRY(ili_cell_check(ctx, cell, "Coulomb sum"));
    IL_TRY(measure_extent(ctx, cell, k->sums.n, x, &s));
    if (is_current(ctx, k, cell, &s)) return IL_OK;
    drop_sum(k);
    return update_plan(ctx, k, cell, &s);
}

ili_kspace_info ili_kspace_get_info(const ili_kspace *kspace) {
    return kspace->info;
}

/** Self term and, but for a slab without images, neutralising background: -C alpha/sqrt(pi) sum q^2 and -C pi Q^2/(2 V alpha^2). */
static void add_constants(const ili_kspace *k, double volume, ili_kspace_energy *energy, ili_accum *acc) {
    double self = -ILI_COULOMB * k->plan.alpha / sqrt(ILI_PI), total = k->sums.total;
    double background =
        k->slab ? 0.0 : -ILI_COULOMB * ILI_PI * total / (2.0 * volume * k->plan.alpha * k->plan.alpha);
    energy->self = self * k->sums.q2;
    energy->background = background * total;
    for (int c = 0; c < 3; c++) acc->w[c] += energy->background;
    for (int32_t i = 0; i < k->sums.n && acc->e_atom; i++)
        acc->e_atom[i] += (self * k->q[i] + background) * k->q[i];
}

/** The slab correction of the head comment; heights are taken from the middle, for the sake of rounding. */
static void add_slab(const ili_kspace *k, double volume, const slab_extent *s, const double (*x)[3],
                     ili_kspace_energy *energy, ili_accum *acc) {
    const double *n = s->normal;
    double middle = 0.5 * (s->low + s->high), m = 0.0, m2 = 0.0, total = k->sums.total;
    double scale = ILI_PI * ILI_COULOMB / volume, l2 = k->info.slab_length * k->info.slab_length / 6.0;
    for (int32_t i = 0; i < k->sums.n; i++) {
        double z = ili_dot(x[i], n) - middle;
        m += k->q[i] * z;
        m2 += k->q[i] * z * z;
    }
    energy->slab = scale * (2.0 * m * m - total * (2.0 * m2 + total * l2));
    for (int32_t i = 0; i < k->sums.n; i++) {
        double z = ili_dot(x[i], n) - middle, f = -4.0 * scale * k->q[i] * (m - total * z);
        for (int c = 0; c < 3; c++) acc->f[i][c] += f * n[c];
        if (acc->e_atom) acc->e_atom[i] -= scale * k->q[i] * (total * (z * z + l2) - 2.0 * z * m + m2);
    }
    acc->w[0] += energy->slab * (1.0 - 2.0 * n[0] * n[0]);
    acc->w[1] += energy->slab * (1.0 - 2.0 * n[1] * n[1]);
    acc->w[2] += energy->slab * (1.0 - 2.0 * n[2] * n[2]);
    acc->w[3] -= energy->slab * 2.0 * n[1] * n[2];
    acc->w[4] -= energy->slab * 2.0 * n[0] * n[2];
    acc->w[5] -= energy->slab * 2.0 * n[0] * n[1];
}

il_status ili_kspace_compute(il_context *ctx, ili_kspace *k, const ili_cell *cell, const double (*x)[3],
                             ili_kspace_energy *energy, ili_accum *acc) {
    double h[3][3];
    slab_extent s;
    memset(energy, 0, sizeof *energy);
    IL_TRY(ili_cell_check(ctx, cell, "Coulomb sum"));
    IL_TRY(measure_extent(ctx, cell, k->sums.n, x, &s));
    IL_TRY(update_plan(ctx, k, cell, &s));
    summed_cell(k, cell, &s, h);
    double volume = fabs(ili_det(h));
    if (k->slab)
        IL_TRY(ili_mesh_slab_compute(ctx, k->slab, h, x, &energy->reciprocal, acc));
    else if (k->mesh)
        IL_TRY(ili_mesh_compute(ctx, k->mesh, h, x, &energy->reciprocal, acc));
    else
        ili_ewald_compute(ctx, k->ewald, h, x, &energy->reciprocal, acc);
    add_constants(k, volume, energy, acc);
    if (k->is_slab && !k->slab) add_slab(k, volume, &s, x, energy, acc);
    if (!isfinite(energy->reciprocal + energy->slab))
        return ili_fail(ctx, IL_E_NONFINITE, "Coulomb sum: the reciprocal energy is not finite");
    return IL_OK;
}
