/* SPDX-License-Identifier: GPL-3.0-or-later */
#define KERNEL ili_bonded_run_avx2
#include "ff/bonded_body.h"
