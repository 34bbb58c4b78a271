/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Limited-memory quasi-Newton minimiser. */
#ifndef ILI_RELAX_LBFGS_H
#define ILI_RELAX_LBFGS_H

#include "relax/landscape.h"

/** L-BFGS: Nocedal, Math. Comput. 35 (1980) 773, with steps accepted by Armijo's rule or, where the change of
 *  the energy drowns in its rounding, by the slope (Hager and Zhang, SIAM J. Optim. 16 (2005) 170).
 *  Ends at ratio <= 1, after max_steps, or with is_stuck when the enthalpy cannot be lowered beyond
 *  ls->noise. */
il_status ili_lbfgs(ili_landscape *ls);

#endif
