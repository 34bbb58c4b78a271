# SPDX-License-Identifier: GPL-3.0-or-later
# One structure given twice is no second sample: its standard error would be zero.
host="$ROOT/structures/LGP.cif"
job="-p $ROOT/potentials/lagp-lithiation.yaml --quiet --x 0,0.2"
run 64 lithiate "$host" "$host" $job -o twice
has err "stands there twice"
[ ! -e twice/lithiate.json ]
