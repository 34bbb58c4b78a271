# SPDX-License-Identifier: GPL-3.0-or-later
# Diffusion in one command: same bits at any thread count and after kill -9; keys, files, refusals.
job="diffuse $ROOT/structures/LAGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 1200,1600 --time 0.6
    --equilibrate 0.1 --dt 2 --frame-time 6 --checkpoint-every 0.1 --quiet"
run 0 $job --threads 1 -o one --json
for key in runs T_K seed realisation D_tracer_m2_per_s D_charge_m2_per_s sigma_S_per_m haven window_ps diffusive Ea_eV \
    sigma_298K_S_per_m extrapolated onsager_mol2_per_J_m_s sigma_NE_S_per_m t_self definitions temperatures drift_removed_m_per_s; do
    has out "\"$key\""
done
for file in diffuse.json diffuse.tsv run-1200K-r1-s1/msd.tsv run-1600K-r1-s1/final.extxyz run-1600K-r1-s1/production.ckpt; do
    [ -s one/$file ]
done
[ ! -e one/run-1200K-r1-s1/production.nc ]
# the numbers: everything but who ran it and the time it took
numbers() { awk '/"provenance": \{/ { exit } { print }' "$1"; }
numbers one/diffuse.json >one.txt
run 0 $job --threads 4 -o four
numbers four/diffuse.json | cmp - one.txt
# killed FILE ARGS...: kill -9 as soon as FILE is there and again has changed
killed() {
    local file=$1 seen
    shift
    seen=$(stat -c %i "$file" 2>/dev/null || true) # a checkpoint is renamed into place: a new one is another file
    "$INTERLITH" "$@" >/dev/null 2>&1 &
    while kill -0 $! 2>/dev/null && [ "$(stat -c %i "$file" 2>/dev/null || true)" = "$seen" ]; do sleep 0.01; done
    kill -9 $! 2>/dev/null || true
    wait $! 2>/dev/null || true
}
killed cut/run-1200K-r1-s1/equilibrate.ckpt $job --threads 2 -o cut
killed cut/run-1200K-r1-s1/production.ckpt $job --threads 1 -o cut
killed cut/run-1600K-r1-s1/production.ckpt $job --threads 2 -o cut
run 0 $job -o cut
numbers cut/diffuse.json | cmp - one.txt
cmp one/run-1600K-r1-s1/final.extxyz cut/run-1600K-r1-s1/final.extxyz
cmp one/run-1200K-r1-s1/msd.tsv cut/run-1200K-r1-s1/msd.tsv
# another temperature joins the ones that are there; another job is refused
run 0 $job --temperatures 1200,1400,1600 -o cut
has cut/diffuse.tsv "1400"
cmp one/run-1200K-r1-s1/msd.tsv cut/run-1200K-r1-s1/msd.tsv
run 2 $job --seed 5 -o cut
has err "belongs to another job"
run 2 $job --time 0.5 -o cut
# a job file
printf 'task: diffuse\ninputs: %s\nmodel: %s\ntemperatures: [1500]\ntime: 0.3\nequilibrate: 0\ndt: 2\nframe-time: 4\nspecies: Li\nrealisations: 2\n' \
    "$ROOT/structures/LAGP.cif" "$ROOT/potentials/pmmcs.yaml" >job.yaml
run 0 diffuse job.yaml -o two
has out "2 structures, 2 runs"
[ "$(sort two/run-1500K-r1-s1/final.extxyz | sum)" != "$(sort two/run-1500K-r2-s1/final.extxyz | sum)" ]
has out "relative to the centre of mass of the framework"
has err "one temperature gives no activation energy"
# refused
run 64 diffuse
run 64 diffuse $ROOT/structures/LGP.cif -p $ROOT/potentials/pmmcs.yaml
has err "--temperatures"
run 64 diffuse $ROOT/structures/LGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 600,hot
run 64 diffuse $ROOT/structures/LGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 600 --ensemble nph
run 2 diffuse $ROOT/structures/LGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 600 --species K
run 2 diffuse --from $ROOT/structures/LGP.cif --temperatures 600
one_line err
run 64 diffuse $ROOT/structures/LGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 600 --observe site
has err "did you mean 'sites'"
run 64 diffuse $ROOT/structures/LGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 600 --layers 5,5
has err "rising heights"
# further observables are kept in the checkpoints too
observed="diffuse $ROOT/structures/LAGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 1500 --time 0.4 --equilibrate 0 --dt 2
    --frame-time 4 --checkpoint-every 0.1 --observe rdf,van-hove,vacf,profile,sites --layers 0,10,20.6 --quiet"
run 0 $observed --threads 1 -o seen
has out "Li1-6b: 6 sites"
has out "resistance of the stack"
for table in rdf van-hove vacf profile; do [ -s seen/run-1500K-r1-s1/$table.tsv ]; done
killed seen-cut/run-1500K-r1-s1/production.ckpt $observed -o seen-cut
killed seen-cut/run-1500K-r1-s1/production.ckpt $observed -o seen-cut
run 0 $observed -o seen-cut --threads 2
numbers seen/diffuse.json >seen.txt
numbers seen-cut/diffuse.json | cmp - seen.txt
for table in rdf van-hove vacf profile; do cmp seen/run-1500K-r1-s1/$table.tsv seen-cut/run-1500K-r1-s1/$table.tsv; done
# what the production would refuse is refused before the equilibration
late="diffuse $ROOT/structures/LGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 900 --equilibrate 1e6"
run 2 $late --layers 0,400
has err "the cell repeats after 20.47 A"
run 2 $late --observe sites
has err "--repeat"
# options that would do nothing, and samples that are none
run 64 $late --skip 1
run 64 diffuse --from a.nc,b.nc,a.nc --temperatures 900
has err "stands there twice"
# an interval that was not seen to end is its bound, and too few frames are not a lack of charges
run 0 $observed -o seen
if grep -qE "(^| )inf( |\$)" out; then false; fi
if grep -qE "(^| )nan( |\$)" out; then false; fi
run 0 diffuse $ROOT/structures/LGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 900 --equilibrate 0 --time 0.1 --frame-time 4
has out "charge: not diffusive: too few frames to tell"
printf '1\nLattice="9 0 0 0 9 0 0 0 9" Time=0\nLi 0 0 0\n1\nLattice="9 0 0 0 9 0 0 0 9" Time=-5\nLi 0 0 0\n' >back.xyz
run 2 diffuse --from back.xyz --temperatures 900 --species Li
has err "expected times that rise"
# a run that never came to its temperature says so, however short it is
run 0 diffuse $ROOT/structures/Li.cif -p $ROOT/potentials/li.yaml --species Li --repeat 5,5,5 --temperatures 400 \
    --equilibrate 0 --time 0.1 --frame-time 2 --tau-t 1e3
has err "its mean temperature is"
# a slab has the volume of its cell
sed '2s/pbc="T T T"/pbc="T T F"/' one/run-1600K-r1-s1/final.extxyz >slab.xyz
run 0 diffuse slab.xyz -p $ROOT/potentials/pmmcs.yaml --temperatures 900 --equilibrate 0 --time 0.1 --frame-time 4
has err "vacuum included"
run 0 diffuse one/run-1600K-r1-s1/final.extxyz -p $ROOT/potentials/pmmcs.yaml --temperatures 900 --equilibrate 0 --time 0.1 --frame-time 4
if grep -q vacuum err; then false; fi
