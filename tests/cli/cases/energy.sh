# SPDX-License-Identifier: GPL-3.0-or-later
model=$ROOT/potentials/pmmcs.yaml
run 0 energy "$ROOT/structures/Li.cif" -p "$ROOT/potentials/li.yaml" --forces --stress
is_empty err
has out "-1.64800028 eV per atom"
has out "2 Li, 2 atoms"
has out "GPa"
run 0 energy "$ROOT/structures/Li2O.cif" -p "$model" --matrix --json
is_empty err
has out '"terms_eV"'
has out '"pair_matrix"'
has out '"fnv1a64"'
run 0 energy "$ROOT/structures/Li2O.cif" -p "$ROOT/potentials/li-lagp.yaml"
has err "provisional"
run 64 energy "$ROOT/structures/Li2O.cif"
has err "-p NAME"
run 64 energy "$ROOT/structures/Li2O.cif" -p "$model" --coulomb-accuracy 2
has err "from 1e-12 to 0.1"
run 2 energy none.cif -p "$model"
one_line err
run 2 energy "$ROOT/structures/Li2O.cif" -p none.yaml
one_line err
printf '2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\nLi 0 0 0\nLi 8.9 0 0\n' >twice.xyz
run 2 energy twice.xyz -p "$ROOT/potentials/li.yaml"
one_line err
has err "twice.xyz"
has err "1"
# the hash of a model is that of what it includes, too; the options of a run stand in its result
cp "$ROOT"/potentials/*.yaml .
run 0 energy $ROOT/structures/Li.cif -p ./li-pdol.yaml --json --coulomb-cutoff 9
has out '"coulomb-cutoff": 9.0'
has out '"short-cutoff": null'
grep fnv1a64 out >before
echo '# another li' >>li.yaml
run 0 energy $ROOT/structures/Li.cif -p ./li-pdol.yaml --json
grep fnv1a64 out >after
[ "$(diff before after | grep -c '^<')" -eq 1 ]
