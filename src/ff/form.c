/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ff/form.h"

#include <string.h>

#define ILI_FORM(name) extern const ili_form ili_form_##name;
#include "ff/potentials.def"
#undef ILI_FORM

static const ili_form *const all_forms[] = {
#define ILI_FORM(name) &ili_form_##name,
#include "ff/potentials.def"
#undef ILI_FORM
    NULL};

const ili_form *const *ili_forms(void) {
    return all_forms;
}

const ili_form *ili_form_find(const char *name) {
    for (const ili_form *const *f = all_forms; *f; f++)
        if (strcmp((*f)->name, name) == 0) return *f;
    return NULL;
}

int ili_form_n_params(const ili_form *form) {
    int n = 0;
    while (form->params[n].name) n++;
    return n;
}
