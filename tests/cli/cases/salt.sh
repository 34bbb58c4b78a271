# SPDX-License-Identifier: GPL-3.0-or-later
model=$ROOT/potentials/pdol-salt.yaml
run 0 polymer --monomer "$ROOT/structures/dol.yaml" --salt "$ROOT/structures/LiTFSI.yaml" --o-li 14 --chains 3 --degree 4 -o box --seed 2
is_empty err
has out "2 LiTFSI, 27 oxygen atoms of chains: O:Li 13.500 (asked for: 14)"
has box/polymer.json '"o_li": 13.5'
has box/polymer.json '"formula_units": 2'
has box/polymer.json '"charge_e": 0.0'
[ "$(head -1 box/polymer.extxyz)" = 191 ] # 3 x (4 x 11 + 9) + 2 x 16
# every result names scaled charges; charges as published are no news
run 0 energy box/polymer.extxyz -p "$model" --json
is_empty err
has out '"charge_scale": 1.0'
run 0 energy box/polymer.data -p "$model" --charge-scale 0.8 --json
has out '"charge_scale": 0.8'
has err "multiplied by 0.8"
run 0 energy box/polymer.extxyz -p "$model" --charge-scale 0.8
has out "charges of ions times 0.8"
# the model takes it as it is
run 1 relax box/polymer.extxyz -p "$model" --max-steps 20 -o relaxed --charge-scale 0.75
has relaxed/relax.json '"charge_scale": 0.75'
# the same bits at any thread count
run 0 polymer --monomer "$ROOT/structures/dol.yaml" --salt "$ROOT/structures/LiTFSI.yaml" --o-li 14 --chains 3 --degree 4 -o again --seed 2 --threads 1 --quiet
cmp box/polymer.extxyz again/polymer.extxyz
# ions in a film
run 0 slab "$ROOT/structures/Li2O.cif" --miller 1,1,1 --repeat-a 3 --repeat-b 3 -o slab --quiet
run 0 polymer --monomer "$ROOT/structures/dol.yaml" --salt "$ROOT/structures/LiPF6.yaml" --o-li 12 --on slab/slab.xyz --gap 16 --degree 4 -o film
has film/film.extxyz "FPF"
# refusals
run 2 polymer --monomer "$ROOT/structures/dol.yaml" --salt "$ROOT/structures/LiPF6.yaml" --chains 1 --degree 2 --o-li 20
one_line err
has err "have 5 oxygen atoms, too few for one LiPF6"
run 2 polymer --monomer "$ROOT/structures/dol.yaml" --salt LiTSFI --chains 2 --degree 5
has err "did you mean 'LiTFSI'?"
run 2 polymer --monomer "$ROOT/structures/dol.yaml" --salt "$ROOT/structures/LiPF6.yaml" --chains 4 --degree 5 --density 4
has err "is to have 4 g/cm3"
run 64 polymer --monomer "$ROOT/structures/dol.yaml" --salt "$ROOT/structures/LiPF6.yaml" --chains 4 --degree 5 --o-li 0
has err "expected a number from 2 to 1000"
run 64 polymer --monomer "$ROOT/structures/dol.yaml" --chains 4 --degree 5 --o-li 20
has err "add --salt"
run 64 energy box/polymer.extxyz -p "$model" --charge-scale 1.2
run 2 energy box/polymer.extxyz -p "$ROOT/potentials/pdol.yaml" --charge-scale 0.8
one_line err
has err "marks no species as ion"
