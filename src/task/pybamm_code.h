/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The half of interlith_pybamm.py that is the same in every export: Python that makes parameters, errors and draws of `data`. */
#ifndef ILI_TASK_PYBAMM_CODE_H
#define ILI_TASK_PYBAMM_CODE_H

extern const char ili_pybamm_code[];

#endif
