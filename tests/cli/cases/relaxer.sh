# SPDX-License-Identifier: GPL-3.0-or-later
# Relaxations of interface and lithiate by LAMMPS, with a stand-in for it that moves nothing or fails: our own minimiser finishes them,
# finished ones are not run again, decks, refusals. tools/peers/chains.py has the real one.
cp "$ROOT/tests/cli/fake_lmp" lmp
by=(--engine lammps --lmp ./lmp)
export FAKE_CALLS=$PWD/calls
: >calls
contact=(interface "$ROOT/structures/LGP.cif" "$ROOT/structures/Li.cif" -p "$ROOT/potentials/li-lagp.yaml" --miller-b 1,1,1 --max-area 80
    --thickness-a 6 --thickness-b 6 --registries 2 --force-tolerance 0.1 --quiet --threads 1)
counts() { grep -E '"relaxations(_finished_by_interlith)?":' "$1" | tr -dc '0-9\n' | xargs; }

# what LAMMPS loses begins anew with our own minimiser, so all is as without it, to the bit
run 0 "${contact[@]}" -o own
FAKE=lost run 0 "${contact[@]}" "${by[@]}" -o lost --json
has out "LAMMPS lost atoms or overflowed in a relaxation"
cmp own/contact-1.extxyz lost/contact-1.extxyz
n=$(wc -l <calls)
[ "$n" -eq 10 ] # two bulks, three slabs, two registries, three parted sides
case $(counts out) in 10\ [1-9]*) ;; *) counts out; false ;; esac # one or the other may begin at a minimum
has out '"version": "1 Apr 2026"'
has out "Interlith's own minimiser goes on"
[ -z "$(find lost -name 'lammps-*')" ]

# nothing moved: finished here; a job broken off goes on with those that are missing, and ends with the same bits
: >calls
run 0 "${contact[@]}" "${by[@]}" -o whole --json
[ "$(wc -l <calls)" -eq 10 ]
cp out whole.json
: >calls
printf '#!/bin/sh\n[ "$1" = -h ] || [ $(wc -l <"$FAKE_CALLS") -ne 5 ] || export FAKE=silent\nexec "%s/lmp" "$@"\n' "$PWD" >fails_once
chmod +x fails_once
run 1 "${contact[@]}" --engine lammps --lmp ./fails_once -o cut
one_line err
has err "see log.lammps-sample-1 and lammps-sample-1.out in cut/lammps-sample-1"
[ -s cut/lammps-sample-1/in.lammps-sample-1 ]
run 0 "${contact[@]}" --engine lammps --lmp ./fails_once -o cut --json
[ "$(wc -l <calls)" -eq 11 ]
cmp whole/contact-1.extxyz cut/contact-1.extxyz
[ "$(counts out)" = "$(counts whole.json)" ]
[ -z "$(find cut -name 'lammps-*')" ]
run 0 "${contact[@]}" "${by[@]}" -o cut --json
[ "$(wc -l <calls)" -eq 11 ]
[ "$(counts out)" = "$(counts whole.json)" ]
run 2 "${contact[@]}" -o cut
has err "belongs to another job"

# shares of a job: a film of two packings, each part by itself, then collected
film=(interface "$ROOT/structures/Li.cif" "$ROOT/structures/dol.yaml" -p "$ROOT/potentials/li-pdol.yaml" --miller-a 1,1,0 --thickness-a 4
    --thickness-b 8 --degree 2 --samples 2 --min-width 10 --force-tolerance 0.8 --quiet --threads 1)
export FAKE=lost
run 0 "${film[@]}" "${by[@]}" -o film --json
cp out film.json
run 0 "${film[@]}" "${by[@]}" -o shares --part 2/2
run 0 "${film[@]}" "${by[@]}" -o shares --part 1/2
: >calls
run 0 "${film[@]}" "${by[@]}" -o shares --json
[ ! -s calls ]
[ "$(counts out)" = "$(counts film.json)" ]
cmp film/contact-2.extxyz shares/contact-2.extxyz

# decks: what is known before anything is relaxed
: >calls
run 0 "${contact[@]}" "${by[@]}" -o decks --deck --json
[ ! -s calls ]
[ ! -e decks/interface.json ]
has out '"decks_meaning"'
for name in slab-a slab-b slab-b-unstrained registry-1 registry-2; do
    has decks/sample-1-$name/in.sample-1-$name "minimize 0 0.099 3000 60000"
done
printf 'task: interface\ninputs: [%s, %s]\nmodel: %s\nmiller-b: [1, 1, 1]\nmax-area: 80\nthickness-a: 6\nthickness-b: 6\nregistries: 1\n' \
    "$ROOT/structures/LGP.cif" "$ROOT/structures/Li.cif" "$ROOT/potentials/li-lagp.yaml" >job.yaml
run 0 export job.yaml --to lammps -o exported
has exported/README.txt "(cd sample-1-registry-1 && mpirun -np 4 lmp -in in.sample-1-registry-1)"
has exported/README.txt "runs the whole chain"

# lithiation: as without it, gone on with, by each method that relaxes
lithiate=(lithiate "$ROOT/structures/LAGP.cif" -p "$ROOT/potentials/lagp-lithiation.yaml" --metal "$ROOT/structures/Li.cif"
    --metal-model "$ROOT/potentials/li.yaml" --short-cutoff 6 --coulomb-cutoff 6 --coulomb-accuracy 1e-3 --force-tolerance 0.05
    --stress-tolerance 1e-3 --quiet)
run 0 "${lithiate[@]}" --x 0.17 --realisations 2 -o lithiated --threads 1
: >calls
run 0 "${lithiate[@]}" --x 0.17 --realisations 2 "${by[@]}" -o by_lammps --threads 2 --json
cmp lithiated/r2-x0.1667.extxyz by_lammps/r2-x0.1667.extxyz
case $(counts out) in $(wc -l <calls)\ [1-9]*) ;; *) counts out; false ;; esac
[ "$(wc -l <calls)" -eq 4 ] # two hosts, each with and without lithium; single ions and what FIRE tries are not for LAMMPS
[ -z "$(find by_lammps -name 'lammps-*')" ]
: >calls
run 0 lithiate whole/contact-1.extxyz -p "$ROOT/potentials/li-lagp-lithiation.yaml" --method contact --x 0.5 --layers 1 --candidates 2 \
    --force-tolerance 0.1 --quiet "${by[@]}" -o slab --json
[ "$(wc -l <calls)" -eq 2 ]
case $(counts out) in 2\ [12]) ;; *) counts out; false ;; esac
FAKE='' run 0 "${lithiate[@]}" --x 0.17 "${by[@]}" --charge-balance spread --json
has out '"converged": true'
run 2 "${lithiate[@]}" --x 0.17 "${by[@]}" --deck -o none
has err "where the one before it ended"
run 2 lithiate "$ROOT/structures/LGP.cif" -p "$ROOT/potentials/lagp-lithiation.yaml" --method gcmc --voltages 3 "${by[@]}"
has err "leave --engine lammps out"
run 64 "${lithiate[@]}" --x 0.17 --mpi 2
