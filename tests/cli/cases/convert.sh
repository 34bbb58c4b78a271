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

# trajectories
printf '2\nLattice="4 0 0 -2 3 0 0 0 9" Properties=species:S:1:pos:R:3:label:S:1:velo:R:3 Step=%d Time=%d continuous=T\nO 0.5 %d 0 OS 0.25 0 0\nLi 1 -2 7.5 Li 0 0.125 0\n' \
    0 0 1 50 25 2 100 50 3 >t.xyz
run 0 convert t.xyz t.nc
has out "3 frames"
run 0 convert t.nc u.xyz
cmp <(grep -v = u.xyz | tr -s ' ' | cut -d ' ' -f 1-5) <(grep -v = t.xyz | cut -d ' ' -f 1-5)
has u.xyz 'Step=100 Time=50 continuous=T'
run 0 convert u.xyz u.nc
cmp t.nc u.nc
# the first of several frames is not taken in silence, and a failed copy leaves nothing
run 0 convert t.xyz v.xyz
has err "holds several frames"
run 0 convert t.xyz v.xyz --frame 0
is_empty err
sed 's/^O 0.5 3 /O half 3 /' t.xyz >torn.xyz
run 2 convert torn.xyz torn.nc
[ ! -e torn.nc ]
run 0 convert t.nc f.xyz --frame 2
tr -s ' ' <f.xyz >f
has f "O 0.5 3 0 OS"
run 2 convert t.nc f.xyz --frame 3
has err "ends before frame 3"
run 2 convert t.nc f.dump
has err "can be written"
cat >t.dump <<'EOF'
ITEM: TIMESTEP
7
ITEM: NUMBER OF ATOMS
2
ITEM: BOX BOUNDS pp pp pp
0 4
0 4
0 9
ITEM: ATOMS id type xs ys zs ix iy iz
2 2 0.25 0 0.5 0 1 0
1 1 0.5 0 0 0 0 -1
EOF
run 2 convert t.dump d.xyz
has err "topology"
run 0 convert t.dump d.xyz --topology t.xyz
tr -s ' ' <d.xyz >d
has d "O 2 0 -9 OS"
has d "Li 1 4 4.5 Li"
has d.xyz "Step=7 continuous=T"
run 2 convert t.dump e.xyz --topology a.xyz
has err "3"
run 64 convert a.xyz e.xyz --topology t.xyz
head -c 300 t.nc >s.nc
run 2 convert s.nc e.xyz
one_line err
