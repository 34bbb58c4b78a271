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
# the matrix names what binds a pair beside its pair forms
cat >contact.xyz <<'END'
5
Lattice="12 0 0 0 12 0 0 0 12" pbc="T T T" Properties=species:S:1:pos:R:3:label:S:1
Li 1 1 1 Li
O 3 1 1 O
Li 5 1 1 Li
Li 3 3.5 1 Li0
Li 3 6.5 1 Li0
END
run 0 energy contact.xyz -p "$ROOT/potentials/li-lagp.yaml" --matrix
grep -q 'born_mayer + donated density' out
grep -Eq 'Li0 +Li0 .* embedded atoms$' out
run 0 energy contact.xyz -p "$ROOT/potentials/li-lagp.yaml" --matrix --json
has out '"many_body": "donated density"'
