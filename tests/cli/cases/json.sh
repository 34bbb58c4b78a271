# SPDX-License-Identifier: GPL-3.0-or-later
printf '1\nLattice="4 0 0 0 4 0 0 0 4" charge=1 Properties=species:S:1:pos:R:3:charge:R:1\nLi 0 0 0 1\n' >a.xyz
run 0 convert a.xyz b.vasp --json -o res --seed 18446744073709551615
has err "does not keep the charges"
python3 - <<'P' || { command -v python3 >/dev/null || exit 0; exit 1; }
import json
r = json.load(open('out'))
p = r['provenance']
assert r['natoms'] == 1 and r['status'] == 'done', r
assert p['verb'] == 'convert' and p['version'] == '0.1.0' and 'a.xyz' in p['command']
assert p['inputs'][0]['path'] == 'a.xyz' and len(p['inputs'][0]['fnv1a64']) == 16
assert len(p['warnings']) == 1 and p['seed'] == '18446744073709551615'
assert json.load(open('res/convert.json')) == r
P
run 2 convert none.xyz b.xyz --json
one_line err
has out '"error": "none.xyz'
run 0 convert a.xyz b.vasp --quiet
is_empty err
