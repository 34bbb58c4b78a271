# SPDX-License-Identifier: GPL-3.0-or-later
printf '3\nLattice="4 0 0 -2 3.4 0 0 0 20" pbc="T T F" Properties=species:S:1:pos:R:3:label:S:1:charge:R:1 bonds="0-1"\nO 0.1 0 0 OS -0.5\nC 1.3 0 0 CO 0.25\nO 2 2 2 OS 0.25\n' >a.xyz
run 0 convert a.xyz b.data
is_empty err
run 0 convert b.data c.xyz
cmp <(sed 1,2d a.xyz | tr -s ' ') <(sed 1,2d c.xyz | tr -s ' ')
has c.xyz 'pbc="T T F"'
has c.xyz 'bonds="0-1"'
run 0 convert a.xyz POSCAR
has err "does not keep the bonds"
run 0 convert POSCAR d.cif
run 0 convert d.cif e.xyz
has e.xyz "O "
run 2 convert a.xyz a.xyz
has err "is the input itself"
run 2 convert a.xyz a.unknown
has err "known are"
run 64 convert POSCAR f.xyz --frame 1
run 2 convert a.xyz g.xyz --frame 1
has err "a.xyz:"
run 2 convert a.xyz no/such/folder/g.xyz
one_line err
head -c 3000 /dev/urandom >r.xyz
run 2 convert r.xyz g.xyz
: >r.data
run 2 convert r.data g.xyz
run 2 convert . g.xyz
[ ! -e g.xyz ]
