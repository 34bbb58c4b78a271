/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What cell models ask of an electrolyte, put together from the quantities of one diffusion run: conductivity, transference number,
 *  diffusivity of the salt. */
#ifndef ILI_TASK_ELECTROLYTE_H
#define ILI_TASK_ELECTROLYTE_H

#include "io/report.h"
#include "task/handoff.h"

/** Pointers go into the handoff. What is not known is NULL or NaN, and `missing` says why. */
typedef struct ili_electrolyte {
    const char *material;
    const ili_quantity *conductivity; /**< with a law, or a sound point at T */
    const ili_quantity *
        transference; /**< of the cation, relative to the solvent where the run tells; its sound point nearest to T */
    const ili_quantity *cation,
        *anion; /**< tracer diffusivities, with a law or a sound point at T; of a binary electrolyte */
    const ili_quantity
        *concentration; /**< of the cation, which is that of a salt of single charges; else NULL */
    int transference_point, concentration_point; /**< which point is taken */
    bool is_single_ion;                          /**< only the cation moves: there is no salt to diffuse */
    ili_value sigma, t_plus, D_salt;             /**< at T, SI */
    double E_sigma, E_salt;                      /**< J/mol: -R d ln y/d(1/T) at T; NaN without laws */
    char missing[512]; /**< what standard sets of parameters lack, in words; "" nothing */
} ili_electrolyte;

/** The k-th material that has an ionic conductivity, at T (K). false: there are not so many.
 *  eq.     theory.md (14.8)-(14.10) */
bool ili_electrolyte_at(const ili_handoff *handoff, int k, double T, ili_electrolyte *out);

/** Its definitions of transference number and diffusivity of the salt, where it has them. */
enum { ILI_WORDS_MAX = 512 };
const char *ili_electrolyte_words_of_t(const ili_electrolyte *e, char words[ILI_WORDS_MAX]);
const char *ili_electrolyte_words_of_D(const ili_electrolyte *e, char words[ILI_WORDS_MAX]);
/** The first that has all that a cell model asks, a single-ion conductor without a salt among them; -1: none. A set that is not whole
 *  would be mixed with numbers of another electrolyte. */
int ili_electrolyte_choose(const ili_handoff *handoff, double T);

/** Say in the report whose parameters stand in a standard set (k-th, -1: nobody's), and what the materials lack. */
void ili_electrolyte_report(il_report *report, const ili_handoff *handoff, int k, double T);

/** "LAGP: Li tracer diffusivity", and " [m2.s-1]" or "" for a number. */
enum { ILI_TITLE_MAX = 256, ILI_UNIT_MAX = 32 };
const char *ili_quantity_title(const ili_quantity *quantity, char title[ILI_TITLE_MAX]);
const char *ili_quantity_unit(const ili_quantity *quantity, char unit[ILI_UNIT_MAX]);
/** Points that the run itself calls sound and that are finite. */
int ili_quantity_sound(const ili_quantity *quantity);
bool ili_quantity_is_sound(const ili_quantity *quantity, int k);
/** IL_E_INPUT when nothing but concentrations is sound: files would hold no result. */
il_status ili_handoff_needs_sound(il_context *ctx, const ili_handoff *handoff);
/** "Arrhenius law of 3 temperatures, 400 to 500 K; 298.15 K is extrapolated", "7 of 7 points sound, x = 0 to 6", ...; T (K): where
 *  constants are taken. */
enum { ILI_RANGE_MAX = 256 };
const char *ili_quantity_range(const ili_quantity *quantity, double T, char range[ILI_RANGE_MAX]);

#endif
