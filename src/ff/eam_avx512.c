/* SPDX-License-Identifier: GPL-3.0-or-later */
#define EAM_KERNEL ili_eam_avx512
#include "ff/eam_body.h"
