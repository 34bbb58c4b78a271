# SPDX-License-Identifier: GPL-3.0-or-later
unit=$ROOT/structures/dol.yaml model=$ROOT/potentials/pdol.yaml
run 0 polymer --monomer "$unit" --chains 3 --degree 5 --density 1.15 -o box --seed 4
is_empty err
has out "3 chains, 15 repeat units"
has out "density 1.1500 g/cm3"
has box/polymer.json '"chains": 3'
has box/polymer.json '"charge_e": 0.0'
has box/polymer.json '"fnv1a64"'
[ "$(head -1 box/polymer.extxyz)" = 192 ] # 3 x (5 x 11 + 9)
# both files hold the same bonded system for the force field
run 0 energy box/polymer.extxyz -p "$model" --json
mv out extxyz
run 0 energy box/polymer.data -p "$model" --json
for key in bond angle torsion pair_1_4 lj; do
    awk -v key="\"$key\":" '$1 == key { print $2 + 0 }' extxyz out >values
    awk 'NR == 1 { a = $1 } END { exit !(NR == 2 && (a - $1) ^ 2 < 1e-14) }' values
done
# the same bits at any thread count, another sample another place
run 0 polymer --monomer "$unit" --chains 3 --degree 5 --density 1.15 -o again --seed 4 --threads 1 --quiet
cmp box/polymer.extxyz again/polymer.extxyz
run 0 polymer --monomer "$unit" --chains 3 --degree 5 --density 1.15 -o other --seed 4 --sample 1 --quiet
if cmp -s box/polymer.extxyz other/polymer.extxyz; then false; fi
# a film on a slab: slab first, chains above it
run 0 slab "$ROOT/structures/Li2O.cif" --miller 1,1,1 --repeat-a 3 --repeat-b 3 -o slab --quiet
run 0 polymer --monomer "$unit" --on slab/slab.xyz --gap 14 --degree 4 -o film
has film/polymer.json '"film.extxyz"'
has film/film.extxyz 'pbc="T T F"'
run 0 polymer --monomer "$unit" --on slab/slab.xyz --chains 2 --degree 4 -o given
has given/polymer.json '"density_g_per_cm3": 1.2'
# refusals
run 2 polymer --monomer "$unit" --chains 4 --degree 3 --density 5
one_line err
has err "a density of 5 g/cm3"
run 2 polymer --monomer "$unit" --on slab/slab.xyz --gap 1
one_line err
has err "the gap is 1 A high"
run 64 polymer --monomer "$unit" --chains 0
run 64 polymer --monomer "$unit" --degree 0
run 64 polymer --monomer "$unit" --chains 2
has err "give both chains and degree"
run 64 polymer --monomer "$unit" --box 20,20
has err "one or three lengths"
run 64 polymer --monomer "$unit" --box 20 --on slab/slab.xyz
run 64 polymer --monomer "$unit" --box 20 --gap 10
run 2 polymer --monomer no-such-monomer --box 20
has err "no polymer 'no-such-monomer'"
