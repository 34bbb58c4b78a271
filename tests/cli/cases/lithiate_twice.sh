# SPDX-License-Identifier: GPL-3.0-or-later
# One structure given twice is no second sample: its standard error would be zero.
host="$ROOT/structures/LGP.cif"
job="-p $ROOT/potentials/lagp-lithiation.yaml --quiet --x 0,0.2"
run 64 lithiate "$host" "$host" $job -o twice
has err "stands there twice"
[ ! -e twice/lithiate.json ]
# a strain of the plane that stands there twice; a slab where a crystal is wanted
run 0 convert "$host" slab.extxyz
sed -i '2s/pbc="T T T"/pbc="T T F"/' slab.extxyz
run 64 lithiate slab.extxyz -p "$ROOT/potentials/li-lagp-lithiation.yaml" --quiet --method contact --x 1 --lateral-strain 0,0.01,0
has err "stands there twice"
run 2 lithiate slab.extxyz $job
has err "does not repeat in all three directions"
