/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A model file, read and checked: species, terms, and the complete pair matrix. Written in docs/formats.md. */
#ifndef ILI_FF_MODEL_H
#define ILI_FF_MODEL_H

#include "ff/form.h"
#include "system/system.h"

enum { ILI_BONDED_MAX = 6 };

/** How an energy term ends at its cut-off. */
typedef enum ili_truncation { ILI_TRUNCATE_SHIFT, ILI_TRUNCATE_NONE, ILI_TRUNCATE_TAPER } ili_truncation;

typedef struct ili_model_species {
    ili_species base;         /**< name, z, charge (e) */
    double mass;              /**< g/mol */
    char phase[ILI_NAME_MAX]; /**< "metal", "oxide", "polymer", ... */
    bool is_ion;              /**< part of a molecular ion: its charge follows il_ff_options.charge_scale */
    double onsite;            /**< eV, energy that every atom of the species adds by itself */
    char redox_of
        [ILI_NAME_MAX]; /**< rung 0 of the ladder that the species stands on (ff/redox.h); "": it is none above */
    int electrons;      /**< more than redox_of has */
    int n_bonded;       /**< -1: no rule */
    char bonded[ILI_BONDED_MAX]
               [ILI_NAME_MAX]; /**< neighbours an atom must have: element symbols or species names */
} ili_model_species;

/** One interaction: a form, the species it acts between, its parameters in internal units. */
typedef struct ili_model_entry {
    const ili_form *form;
    int32_t species[4]; /**< PAIR, BOND 2 used; ANGLE 3 (centre second); TORSION 4 */
    double p[ILI_PARAM_MAX];
    double cutoff; /**< angstrom, PAIR; NaN: the model's short cut-off */
    ili_truncation truncation;
    double taper;    /**< angstrom, width of the switch before the cut-off */
    double range[2]; /**< radian, ANGLE: acts on angles between when the model is bound; 0, pi: on all */
    int32_t term;    /**< index into model->terms: where it comes from */
    int line;        /**< in the file of its term */
} ili_model_entry;

/** Provenance of the entries of one term. */
typedef struct ili_model_term {
    char model[64];   /**< name of the model file that states it */
    char source[320]; /**< literature */
} ili_model_term;

/** An embedded-atom term; the functions are tabulated or analytic, see ff/eam.h. */
typedef struct ili_eam_functions ili_eam_functions;

/** A file that a model was read from. */
typedef struct ili_model_file {
    char path[1024]; /**< where it was found */
    char name[272];  /**< as the file numbered `from` spells it, with its ending */
    int from;        /**< -1: the model file itself, which is the first */
} ili_model_file;

struct il_model {
    char name[64], title[256], citation[512], doi[128], date[16], path[512], hash[17];
    bool provisional;
    char provisional_note[512]; /**< what was fitted to what; quoted by every result */
    int32_t n_species;
    ili_model_species *species;
    int32_t n_entries;
    ili_model_entry *entries; /**< pair, bond, angle, torsion */
    int32_t n_terms;
    ili_model_term *terms;
    char **no_pair_reason;  /**< [n_species^2] reason that a pair has no short-range term, or NULL */
    ili_eam_functions *eam; /**< NULL: none */
    bool borrows_eam;       /**< they belong to the model that this one was copied from */
    int32_t *eam_kind;      /**< [n_species] kind of the species in eam, -1: not in it; NULL without eam */
    char eam_source[320];   /**< where the functions come from */
    char donor_source[320]; /**< the same of the donors; empty: no donors */
    bool has_coulomb;
    double short_cutoff, coulomb_cutoff, accuracy; /**< defaults */
    double scale14_lj, scale14_coulomb;            /**< 1-4 factors; 1-2 and 1-3 are excluded */
    int n_files;
    ili_model_file *files; /**< what it was read from; none of a model that was made from another */
    size_t cap_species, cap_entries, cap_terms, cap_files;
};

/** Path of a model: a name is looked for in the context's data folder, then in the installed one, then ./potentials;
 *  anything with a slash or a .yaml ending is a path. */
il_status ili_model_path(il_context *ctx, const char *name, char *path, size_t size);
/** Index of a species by name; -1 when there is none. */
int32_t ili_model_species_index(const il_model *model, const char *name);
/** Does a species belong to an ion? */
bool ili_model_has_ions(const il_model *model);
/** The PAIR entries of a pair of species, at most max of them; returns how many there are. */
int ili_model_pair_entries(const il_model *model, int32_t a, int32_t b, const ili_model_entry **entries,
                           int max);

#endif
