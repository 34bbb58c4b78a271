# SPDX-License-Identifier: GPL-3.0-or-later
# LAMMPS as the engine, with a stand-in for it: found, run, read back, failing, interrupted. tools/peers/engine.py has the real one.
mkdir "my programs"
cp "$ROOT/tests/cli/fake_lmp" "my programs/lmp"
lmp="$PWD/my programs/lmp"
li="$ROOT/structures/Li.cif -p $ROOT/potentials/li.yaml"
by=(--engine lammps --lmp "$lmp" --quiet)

# end_by SIGNAL ARGS...: run the command with a program that does not end, send it the signal once that is under way, and want all of it gone
end_by() {
    local signal=$1 pid
    shift
    rm -f pids
    FAKE=slow FAKE_PID=$PWD/pids "$INTERLITH" "$@" >out 2>err &
    pid=$!
    for k in $(seq 200); do [ "$(cat pids 2>/dev/null | wc -l)" -lt 2 ] || break; sleep 0.1; done
    [ "$(wc -l <pids)" -eq 2 ]
    kill -"$signal" $pid
    wait $pid && code=0 || code=$?
    for pid in $(cat pids); do
        for k in $(seq 100); do
            if [ ! -e /proc/$pid ] || grep -q '^State:.Z' /proc/$pid/status 2>/dev/null; then continue 2; fi
            sleep 0.1
        done
        echo "process $pid is left"
        return 1
    done
}

# options without a meaning, and a program that is not there
run 64 energy $li --mpi 2
has err "add --engine lammps"
run 64 energy $li --engine lammps --lmp "$PWD/none" --precision mixed
has err "--precision mixed is of our own engine"
run 64 energy $li --engine lammps --deck
has err "-o DIR"
run 2 energy $li --engine lammps --lmp "$PWD/none"
one_line err
run 2 energy $li --engine lammps --lmp /bin/false
has err "does not answer -h as LAMMPS does: it ended with exit code 1"
printf '#!/bin/sh\nkill -SEGV $$\n' >dies
chmod +x dies
run 2 energy $li --engine lammps --lmp ./dies
has err "it was ended by signal 11 (Segmentation fault)"
PATH=/usr/bin:/bin run 2 energy $li --engine lammps --lmp no-such-lammps
has err "--lmp PATH"
printf 'task: slab\ninputs: a.cif\nengine: lammps\n' >other.yaml
run 2 run other.yaml
has err '`energy`, `relax`, `interface`, `md`, `diffuse`, `lithiate`'

# an energy: units, frame and keys
run 0 energy $li "${by[@]}" --forces --stress --json -o "a folder"
is_empty err
has out '"energy_eV": -2.5'
has out '"version": "1 Apr 2026"'
has out '"substituted": []'
python=$(tr -d ' \n' <out)
case $python in *'"forces_eV_per_A":[[0.25,0.5,-0.75],[0.25,0.5,-0.75]]'*) ;; *) echo "forces: $python"; false ;; esac
case $python in *'"stress_eV_per_A3":[-0.000624151'*) ;; *) echo "stress: $python"; false ;; esac # 1000 bar
[ -s "a folder/energy/in.energy" ]
[ -s "a folder/energy.json" ]
run 0 energy $li "${by[@]}"

# ranks: mpirun beside the program, and one of another MPI
printf '#!/bin/sh\necho "$@" >"%s/ranks"\nshift 2\nexec "$@"\n' "$PWD" >"my programs/mpirun"
chmod +x "my programs/mpirun"
FAKE_GRID=3 run 0 energy $li "${by[@]}" --mpi 3 --json
has ranks "-np 3 $lmp -in in.energy"
has out '"ranks": 3'
FAKE_GRID=1 run 2 energy $li "${by[@]}" --mpi 3
has err "another MPI"
[ "$(id -u)" -ne 0 ] || { printf '#!/bin/sh\n[ "$OMPI_ALLOW_RUN_AS_ROOT$OMPI_ALLOW_RUN_AS_ROOT_CONFIRM" = 11 ] || exit 9\nshift 2\nexec "$@"\n' \
    >"my programs/mpirun"; FAKE_GRID=2 run 0 energy $li "${by[@]}" --mpi 2; }

# failures: the last word of the program, one sentence
for fake in lost silent signal full nothing torn nan; do
    FAKE=$fake run 1 energy $li "${by[@]}" --forces -o failed
    one_line err
    cp err err.$fake
done
has err.lost "ERROR: Lost atoms: original 54 current 53"
FAKE=lost run 1 energy $li "${by[@]}"
has err "with -o DIR its log and deck are kept"
has err.silent "exit code 3"
has err.signal "signal 11"
has err.full "No space left"
has err.torn "energy.forces: LAMMPS ended, but this file is not there"
has err.nan "not finite"
[ ! -e failed/energy.json ]

# a relaxation that did not reach the force asked for, and one that did
run 1 relax $li "${by[@]}" -o relaxed --json
has err "largest force component 0.75 eV/A (asked for 0.001)"
has out '"converged": false'
run 0 relax $li "${by[@]}" -o relaxed --json --force-tolerance 0.8
has out '"converged": true'
[ -s relaxed/relaxed.extxyz ]
run 0 relax $li "${by[@]}" -o relaxed --mode both --stress-tolerance 1e-3 --deck
has relaxed/relax/in.relax "fix box all box/relax tri 0 vmax 0.002"
has relaxed/relax/in.relax "(abs(pyz-(0))>1441.95885)" # 0.9 of 1e-3 eV/A^3 in bar

# dynamics: the files of our own engine, a finished run is read back, another job is refused
export FAKE_CALLS=$PWD/calls
job=(md $li --repeat 3,3,3 --stages 'nvt langevin 300 K 0.1 ps, nve 0.05 ps' --trajectory extxyz --trajectory-every 0.05 --thermo-every 0.02)
run 0 "${job[@]}" "${by[@]}" -o dynamics --json
for key in stages temperature_K potential_eV pressure_GPa volume_A3 drift_kT_per_atom_ns cell_final files engine; do has out "\"$key\""; done
has calls "md 1"
for file in md.json final.extxyz md.extxyz md.thermo.tsv md/in.md md/system.data; do [ -s dynamics/$file ]; done
[ ! -e dynamics/md/md.dump ]
[ "$(grep -c Lattice dynamics/md.extxyz)" -eq 4 ]
[ "$(grep -vc '^#' dynamics/md.thermo.tsv)" -eq 8 ]
grep -q '^100	0.1	1	300	-2.5	0.5	-2	' dynamics/md.thermo.tsv
grep -q '^Li .* 0.00025  *0.0005  *-0.00075$' dynamics/final.extxyz # A/ps there, A/fs here
FAKE_CALLS= run 0 md $li --repeat 3,3,3 --ensemble nve --time 0.1 --dt 2 --trajectory extxyz --trajectory-every 0.05 "${by[@]}" -o steps
has steps/md.extxyz "Step=25 Time=50 "
has dynamics/md/in.md "fix bath all langevin 300 300 0.2 "
run 0 "${job[@]}" "${by[@]}" -o dynamics --mpi 1 --json
has out '"ns_per_day": null'
[ "$(wc -l <calls)" -eq 1 ]
# samples that were cut, or are no numbers
cp dynamics/md/md.samples-1 whole
head -n 4 whole >dynamics/md/md.samples-1
run 1 "${job[@]}" "${by[@]}" -o dynamics
has err "md.samples-1: has "
sed 's/ 300 / nan /' whole >dynamics/md/md.samples-1
run 1 "${job[@]}" "${by[@]}" -o dynamics
has err "is not finite"
head -c -3 whole >dynamics/md/md.samples-1 # a number cut in two
run 1 "${job[@]}" "${by[@]}" -o dynamics
has err "md.samples-1: has "
cp whole dynamics/md/md.samples-1
run 2 "${job[@]}" "${by[@]}" -o dynamics --seed 7
has err "belongs to another job"
run 0 "${job[@]}" "${by[@]}" -o dynamics --seed 7 --fresh
[ "$(wc -l <calls)" -eq 2 ]
[ -e dynamics/md.json ]
FAKE=lost run 1 "${job[@]}" "${by[@]}" -o dynamics --seed 8 --fresh
[ ! -e dynamics/md.json ] # it was that of another job
run 2 "${job[@]}" -o dynamics --quiet --engine lammps --lmp "$lmp" --repeat 3,3,2
# the start is that of our own engine: same velocities
run 0 md $li --repeat 3,3,3 --time 0.001 --ensemble nve --trajectory extxyz --trajectory-every 0.001 --velocities -o ours --quiet
run 0 md $li --repeat 3,3,3 --time 0.001 --ensemble nve "${by[@]}" -o theirs --deck
awk 'NR == 3 { printf "%.12f\n", $5 * 1000 }' ours/md.extxyz >first
awk '/^Velocities/ { getline; getline; print $2; exit }' theirs/md/system.data >second
paste first second | awk '{ d = $1 - $2; exit !(d < 1e-9 && d > -1e-9 && $1 != 0) }'

# a study: a run that is finished is not run again; a deck that was run elsewhere is taken up; the dumps can be analysed alone
: >calls
study=(diffuse $li --repeat 3,3,3 --temperatures 300,400 --time 0.5 --equilibrate 0.1 --frame-time 20 --species Li --charges Li=1 --reference none)
end_by INT "${study[@]}" "${by[@]}" -o study --threads 1
[ $code -eq 1 ]
has err "the same command"
: >calls
run 0 "${study[@]}" "${by[@]}" -o study
[ "$(wc -l <calls)" -eq 2 ]
for file in diffuse.json run-300K-r1-s1/msd.tsv run-300K-r1-s1/production.thermo.tsv run-400K-r1-s1/final.extxyz; do [ -s study/$file ]; done
run 0 "${study[@]}" "${by[@]}" -o study
[ "$(wc -l <calls)" -eq 2 ]
rm study/run-400K-r1-s1/run-400K-r1-s1.done
run 0 "${study[@]}" "${by[@]}" -o study
[ "$(wc -l <calls)" -eq 3 ]
run 2 "${study[@]}" -o study --quiet
has err "belongs to another job"
rm study/run-400K-r1-s1/run-400K-r1-s1.dump
run 1 "${study[@]}" "${by[@]}" -o study
has err "--fresh"
FAKE=short run 1 "${study[@]}" "${by[@]}" -o cut
has err "13 frames, expected 26"
FAKE=short run 1 "${job[@]}" "${by[@]}" -o cut2
has err "expected 4"
: >calls
printf 'task: diffuse\ninputs: %s\nmodel: %s\nrepeat: [3, 3, 3]\ntemperatures: [300, 400]\ntime: 0.5\nequilibrate: 0.1\nframe-time: 20\nspecies: Li\ncharges: Li=1\nreference: none\n' \
    "$ROOT/structures/Li.cif" "$ROOT/potentials/li.yaml" >job.yaml
run 0 export job.yaml --to lammps -o decks
has decks/README.txt "(cd run-300K-r1-s1 && mpirun -np 4 lmp -in in.run-300K-r1-s1)"
has decks/README.txt "interlith run job.yaml --engine lammps -o decks"
cp job.yaml "job's.yaml"
run 0 export "job's.yaml" --to lammps -o "more decks"
has "more decks/README.txt" "interlith run 'job'\\''s.yaml' --engine lammps -o 'more decks'"
[ ! -e decks/diffuse.json ]
for name in run-300K-r1-s1 run-400K-r1-s1; do (cd decks/$name && "$lmp" -in in.$name); done
[ "$(wc -l <calls)" -eq 2 ]
run 0 run job.yaml "${by[@]}" -o decks
[ "$(wc -l <calls)" -eq 2 ]
[ -s decks/diffuse.json ]
back=$(sed -n 's/^    interlith diffuse //p' decks/README.txt)
(cd decks && "$INTERLITH" diffuse $back --quiet --json >back.json)
has decks/back.json '"frames": 26'
run 2 export other.yaml --to lammps -o no-decks
[ ! -e no-decks ]

# decks: what stands in them
run 0 md $li "${by[@]}" --deck -o d1 --stages 'npt 300-500 K 1 ps, npt mtk full 400 K 1 ps, nvt nose-hoover 300 K 1 ps' --pressure-GPa 1
has d1/md/in.md "fix move all npt temp 300 500 0.2 iso 9999.99916"
has d1/md/in.md "fix move all npt temp 400 400 0.2 tri"
has d1/md/in.md "change_box all triclinic"
has d1/md/in.md "fix move all nvt temp 300 300 0.2"
has d1/md/in.md "fix npt (Nose-Hoover chain"
has out "the same ensemble"
[ ! -e d1/md.json ]
run 0 diffuse $li "${by[@]}" --repeat 3,3,3 --temperatures 300 --time 0.5 --equilibrate 0.2 --frame-time 20 --species Li --reference none --deck -o d2 --json
has out '"hand_back"'
has d2/run-300K-r1-s1/in.run-300K-r1-s1 "fix cell all ave/time 10 1 10 v_lx v_ly v_lz v_xy v_xz v_yz ave running start 110"
has d2/run-300K-r1-s1/in.run-300K-r1-s1 "change_box all x final 0 \${mean_lx}"
has d2/run-300K-r1-s1/in.run-300K-r1-s1 "dump frames all custom 20 run-300K-r1-s1.dump id element xu yu zu"

# stopped by Ctrl-C, and killed: nothing of it is left running
end_by INT energy $li "${by[@]}" -o stopped
[ $code -eq 1 ]
has err "LAMMPS was stopped"
one_line err
end_by KILL energy $li "${by[@]}" -o stopped
