/* SPDX-License-Identifier: GPL-3.0-or-later */
/* interface.json: energies of a contact over its area. */
#include "task/handoff_result.h"

#include "math/fit.h"

#include <math.h>
#include <string.h>

static const struct {
    ili_quantity_kind kind;
    const char *key;
} ROWS[] = {{ILI_Q_formation_energy, "E_form_J_per_m2"},
            {ILI_Q_work_of_adhesion, "W_ad_J_per_m2"},
            {ILI_Q_interfacial_energy, "gamma_J_per_m2"}};
enum { N_ROWS = sizeof ROWS / sizeof *ROWS };

/** Student's interval of a mean over n samples. */
static void widen(ili_value *v, size_t n) {
    const double width = n > 1 ? ili_student_width(0.95, (double)n - 1.0) * v->sigma : NAN;
    v->low = v->value - width;
    v->high = v->value + width;
}

static il_status describe(il_context *ctx, const ili_result *r, size_t n_samples, ili_quantity *q) {
    const char *relaxation;
    double area;
    IL_TRY(ili_result_text(ctx, r, r->root, "relaxation", &relaxation));
    IL_TRY(ili_result_number(ctx, r, r->root, "area_A2", &area));
    ili_result_append(q->method, sizeof q->method, "slabs relaxed at 0 K (%s), %zu sample%s, area %.4g A2",
                      relaxation, n_samples, n_samples == 1 ? "" : "s", area);
    if (r->model[0]) ili_result_append(q->method, sizeof q->method, "; %s", r->model);
    return IL_OK;
}

/** Bonds that changed make it the energy of something else than the contact that was built. */
static il_status warn_of_bonds(il_context *ctx, const ili_result *r, ili_quantity *q) {
    bool is_intact;
    IL_TRY(ili_result_flag(ctx, r, r->root, "intact", &is_intact));
    if (is_intact) return IL_OK;
    ili_value v = {NAN, NAN, NAN, NAN};
    if (q->kind == ILI_Q_formation_energy &&
        ili_json_type_of(r->root, "E_form_intact_J_per_m2") != ILI_JSON_ABSENT)
        IL_TRY(ili_result_estimate(ctx, r, r->root, "E_form_intact_J_per_m2", 1.0, &v));
    if (isfinite(v.value) && isfinite(v.sigma))
        ili_quantity_warn(q, "of intact samples alone %.4g +- %.2g", v.value, v.sigma);
    else if (isfinite(v.value))
        ili_quantity_warn(q, "of the intact sample alone %.4g", v.value);
    ili_quantity_warn(q, "NOT intact: bonds changed or atoms crossed over in some samples");
    return IL_OK;
}

il_status ili_handoff_interface(il_context *ctx, const ili_result *r, ili_handoff *out) {
    const ili_json_view *samples;
    const char *contact;
    bool converged = true;
    IL_TRY(ili_result_text(ctx, r, r->root, "contact", &contact));
    IL_TRY(ili_result_list(ctx, r, r->root, "samples", &samples));
    for (size_t k = 0; k < ili_json_size(samples); k++) {
        bool one;
        IL_TRY(ili_result_flag(ctx, r, ili_json_at(samples, k), "converged", &one));
        converged = converged && one;
    }
    for (int k = 0; k < N_ROWS; k++) {
        ili_quantity *q;
        IL_TRY(ili_result_add(ctx, r, out, ROWS[k].kind, "", ILI_ARG_NONE, 1, &q));
        IL_TRY(ili_result_estimate(ctx, r, r->root, ROWS[k].key, 1.0, &q->y[0]));
        widen(&q->y[0], ili_json_size(samples));
        q->is_sound[0] = converged;
        IL_TRY(describe(ctx, r, ili_json_size(samples), q));
        IL_TRY(warn_of_bonds(ctx, r, q));
        ili_handoff_close_last(out);
    }
    return IL_OK;
}
