# SPDX-License-Identifier: GPL-3.0-or-later
# What a checkpoint counts on was deleted: said, with the way to get it again. The final structure comes from the checkpoint itself.
md="md $ROOT/structures/Li.cif -p $ROOT/potentials/li.yaml --repeat 2,2,2 --time 0.2 --quiet"
run 0 $md -o kept
cp kept/final.extxyz end.extxyz
rm kept/final.extxyz
run 0 $md -o kept
has out "finished before"
cmp kept/final.extxyz end.extxyz
rm kept/md.nc
run 1 $md -o kept --json
has err "kept/md.nc: gone"
has err "--fresh to make it again"
has out "kept/md.nc: gone"
rm kept/md.thermo.tsv
run 1 $md -o kept
has err "kept/md.nc and kept/md.thermo.tsv: gone"
run 0 $md -o kept --fresh
[ -s kept/md.nc ] && [ -s kept/md.thermo.tsv ]
cmp kept/final.extxyz end.extxyz
# transport is in the checkpoints: a study without its trajectories is read back, with a warning
job="diffuse $ROOT/structures/LAGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 1500 --time 0.3 --equilibrate 0 --dt 2 --frame-time 4
    --trajectory nc"
run 0 $job -o study
rm study/run-1500K-r1-s1/production.nc
run 0 $job -o study --fit sigma
has err "production.nc: gone"
