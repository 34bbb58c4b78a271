# SPDX-License-Identifier: GPL-3.0-or-later
# Dynamics: what is written, and that runs which are killed, stopped or refused end as they should.
li="$ROOT/structures/Li.cif -p $ROOT/potentials/li.yaml --repeat 3,3,3 --quiet"
run 0 md $li --time 0.5 -t 350 -o plain --json
is_empty err
for key in stages temperature_K potential_eV pressure_GPa volume_A3 density_g_per_cm3 drift_kT_per_atom_ns drift_removed_m_per_s ns_per_day cell_final files; do
    has out "\"$key\""
done
has out '"stage": "nvt 350 K 0.5 ps"'
has out '"resumed_at_step": null'
for file in md.json final.extxyz md.nc md.thermo.tsv md.ckpt md-temperature.png md-energy.png; do [ -s plain/$file ]; done
[ ! -e plain/md-volume.png ]
[ ! -e plain/md.lock ]
has plain/final.extxyz "velo:R:3"
grep -q '^500	0.5	1	' plain/md.thermo.tsv
# a finished job is read back, another one is refused, and a job file is the same job
cp -r plain kept
run 0 md $li --time 0.5 -t 350 -o plain
has out "finished before"
run 0 md $li --time 0.5 -t 350 -o plain --checkpoint-every 0.1
cmp kept/md.ckpt plain/md.ckpt
cmp kept/final.extxyz plain/final.extxyz
run 2 md $li --time 0.5 -t 351 -o plain
has err "belongs to another job"
run 2 md $li --time 0.5 -t 350 -o plain --seed 2
if grep -q avx2 /proc/cpuinfo; then run 2 md $li --time 0.5 -t 350 -o plain --simd sse2; has err "belongs to another job"; has err "simd"; fi
run 0 md $li --time 0.5 -t 351 -o plain --fresh
if cmp -s kept/final.extxyz plain/final.extxyz; then echo "another temperature, the same end"; false; fi
printf 'task: md\ninputs: %s\nmodel: %s\nrepeat: [3, 3, 3]\ntemperature: 350\ntime: 0.5\n' \
    "$ROOT/structures/Li.cif" "$ROOT/potentials/li.yaml" >job.yaml
run 0 run job.yaml -o kept --quiet
has out "finished before"
# kill -9 at twenty random moments, each sitting with another number of threads; both kinds of trajectory
stages="npt 300-500 K 0.8 ps, npt full mtk nose-hoover 400 K 0.47 ps, nvt langevin 300 K 0.5 ps, nve 0.4 ps"
ends_alike() { # KIND: what the killed run left behind ends as the run that was left alone
    mkdir -p cut
    printf 'half' >cut/md.ckpt.99999999.tmp
    printf 'half' >cut/final.extxyz.1.tmp # of a process whose number another one has now
    run 0 $job --stages "$stages" -o cut --threads 2
    for file in md.$1 md.thermo.tsv md.ckpt final.extxyz; do cmp $1/$file cut/$file; done
    if ls cut | grep tmp; then return 1; fi
    rm -r cut
}
RANDOM=17 # of the waits; where they end is the machine's
for kind in nc extxyz; do
    job="md $li --trajectory $kind --trajectory-every 0.02 --velocities --thermo-every 0.03 --checkpoint-every 0.1"
    run 0 $job --stages "$stages" -o $kind --threads 1
    kills=0
    while [ $kills -lt 10 ]; do
        got=0
        timeout -s KILL 0.$((RANDOM % 150 + 100)) "$INTERLITH" $job --stages "$stages" -o cut --threads $((kills % 3 + 1)) \
            >/dev/null 2>&1 || got=$?
        if [ $got -eq 137 ]; then kills=$((kills + 1)); else [ $got -eq 0 ] && ends_alike $kind; fi
    done
    ends_alike $kind
done
# ctrl-C and the signal of batch systems: a checkpoint, and the same command goes on; two at once in one folder
for signal in INT TERM; do
    "$INTERLITH" md $li --time 1000 -o stopped --json >first 2>said &
    other=$!
    for wait in $(seq 200); do [ -e stopped/md.lock ] && [ -e stopped/md.ckpt ] && break; sleep 0.05; done
    run 2 md $li --time 1000 -o stopped
    has err "another process is running this job"
    kill -$signal $other
    got=0
    wait $other || got=$?
    [ $got -eq 1 ]
    has said "the same command goes on from stopped/md.ckpt"
    has first "interrupted"
    [ -s stopped/md.ckpt ] && [ ! -e stopped/md.json ] && [ ! -e stopped/md.lock ]
done
# refused
run 64 md $li
has err "no length"
run 64 md $li --time 1 --stages "nve 1 ps"
has err "beside ensemble or time"
run 64 md $li --stages "nve 1 ps, npv 300 K 1 ps"
has err "did you mean 'npt'"
printf 'task: md\ninputs: %s\nmodel: li\nstages:\n  - nvt 300 K 1 ps\n  - nvt 300 k 1 ps\n' "$ROOT/structures/Li.cif" >bad.yaml
run 2 run bad.yaml
has err "bad.yaml:6: stage 'nvt 300 k 1 ps': found 'k'"
run 2 md $li --time 1 --tau-t 0.0005
has err "stage 'nvt 300 K 1 ps': "
run 64 md $li --time 1 --trajectory dcd
run 2 md nothing.cif -p $ROOT/potentials/li.yaml --time 1
# the temperature of nve is that of the velocities, and velocities are not dropped in silence
run 0 md plain/final.extxyz -p $ROOT/potentials/li.yaml --ensemble nve --time 0.02 -o from
has out "nve 0.02 ps"
run 0 md plain/final.extxyz -p $ROOT/potentials/li.yaml --ensemble nve --time 0.02 --repeat 1,1,2 -o twice
has err "velocities"
