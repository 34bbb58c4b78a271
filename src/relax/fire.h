/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Fast inertial relaxation engine. */
#ifndef ILI_RELAX_FIRE_H
#define ILI_RELAX_FIRE_H

#include "relax/landscape.h"

/** FIRE 2.0: Guenole et al., Comput. Mater. Sci. 175 (2020) 109584, with semi-implicit Euler steps and unit
 *  masses in q. Ends at ratio <= 1, after max_steps, or with is_stuck after many steps uphill. */
il_status ili_fire(ili_landscape *ls);

#endif
