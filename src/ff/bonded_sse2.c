/* SPDX-License-Identifier: GPL-3.0-or-later */
#define KERNEL ili_bonded_run_sse2
#include "ff/bonded_body.h"
