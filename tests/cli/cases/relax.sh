# SPDX-License-Identifier: GPL-3.0-or-later
model=$ROOT/potentials/pmmcs.yaml
run 0 relax "$ROOT/structures/Li2O.cif" -p "$model" --mode both --short-cutoff 12 -o made
is_empty err
has out "converged in"
has made/relax.json '"converged": true'
has made/relaxed.extxyz "energy="
run 0 energy made/relaxed.cif -p "$model" --short-cutoff 12 --json
awk -F'[:,]' '/"energy_eV":/ { exit !($2 > -50.31197 && $2 < -50.31195) }' out
run 0 relax made/relaxed.extxyz -p "$model" --mode both --short-cutoff 12
has out "converged in 0 steps"
# the same bits at any thread count
for n in 1 4; do
    run 0 relax "$ROOT/structures/Li3PO4.cif" -p "$model" --mode both --coulomb mesh --threads $n -o t$n
done
cmp t1/relaxed.extxyz t4/relaxed.extxyz
run 1 relax "$ROOT/structures/Li3PO4.cif" -p "$model" --max-steps 2 -o early --json
has out '"converged": false'
has err "not converged in 2 steps: largest force"
has early/relax.json '"verdict"'
[ -s early/relaxed.extxyz ]
# a tolerance below the noise of floats
run 1 relax "$ROOT/structures/LGP.cif" -p "$model" --precision mixed --force-tolerance 1e-7
has err "no step lowers the energy by more than its noise"
has err "; --precision double has less noise"
run 1 relax "$ROOT/structures/LGP.cif" -p "$model" --precision mixed --max-steps 2
if grep -q -e "--precision double has less" err; then false; fi
run 64 relax "$ROOT/structures/Li2O.cif" -p "$model" --mode all
has err "expected one of atoms, cell, both, z"
run 64 relax "$ROOT/structures/Li2O.cif" -p "$model" --pressure-GPa 1
has err "mode relaxes the atoms only"
printf '2\nLattice="3.51 0 0 0 3.51 0 0 0 20" pbc="T T F" Properties=species:S:1:pos:R:3\nLi 0 0 5\nLi 1.755 1.755 6.755\n' >slab.xyz
run 2 relax slab.xyz -p "$ROOT/potentials/li.yaml" --mode z
has err "open there"
run 0 relax slab.xyz -p "$ROOT/potentials/li.yaml" --mode both --method fire -o slab
[ ! -e slab/relaxed.cif ]
has slab/relaxed.extxyz 'pbc="T T F"'
