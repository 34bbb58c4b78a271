/* SPDX-License-Identifier: GPL-3.0-or-later */
#define TESTS ili_cluster_tests_avx2
#include "neigh/clusters_near_body.h"
