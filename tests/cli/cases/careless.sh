# SPDX-License-Identifier: GPL-3.0-or-later
# What a new user does by mistake: each of these once passed in silence or was refused for the wrong reason.
li="$ROOT/structures/Li.cif"
# one atom more than the first line says
printf '1\n\nLi 0 0 0\nLi 1 1 1\n' >more.xyz
run 2 info more.xyz
has err "more.xyz:4: found 'Li'"
has err "more atoms than the first line says"
printf '1\n\nLi 0 0 0\r\n\r\n \n' >blank.xyz
run 0 info blank.xyz
has out "1 atom"
# an atom lost in space is wrong input, not a run that failed
printf '2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\nLi 1 1 1\nLi 1e9 1 1\n' >lost.extxyz
run 2 energy lost.extxyz -p "$ROOT/potentials/li.yaml"
has err "lost.extxyz: atom 2 is at (1e+09, 1, 1) A"
# a byte order mark before the first key
printf '\xef\xbb\xbftask: info\ninputs: [blank.xyz]\n' >mark.yaml
run 0 run mark.yaml
# a job that its own input forbids leaves no journal behind that would refuse the corrected command
contact="interface $li $li -p $ROOT/potentials/li.yaml --miller-b 1,1,0 --max-area 200 --registries 1 --max-steps 5 --quiet -o contact"
run 2 $contact --miller-a 0,0,0
has err "names no plane"
[ ! -e contact/interface.journal ]
run 1 $contact --miller-a 1,0,0
has err "did not reach"
[ -s contact/interface.journal ]
run 2 $contact --miller-a 0,0,0
has err "belongs to another job"
[ -s contact/interface.journal ]
# a short option with '='
run 0 slab "$li" -m=1,1,0 --list
has out "plane 1,1,0"
# elements that are none, or stand behind a space
run 64 slab "$li" --units Xx
has err "'Xx' is no symbol"
run 64 slab "$li" --units "P, S"
run 0 slab "$li" --units - --list
# a number of the space group that contradicts its name
printf '%s\n' data_x _cell_length_{a,b,c}' 5' _cell_angle_{alpha,beta,gamma}' 90' '_symmetry_Int_Tables_number 225' \
    "_symmetry_space_group_name_H-M 'P 1'" loop_ _atom_site_label _atom_site_fract_{x,y,z} 'Li 0 0 0' >two.cif
run 0 info two.cif
has err "two.cif:8: space group number 225 is not that of 'P 1' (1)"
# lengths that no cell has
sed 's/_cell_length_a .*/_cell_length_a 1e30/' "$li" >huge.cif
run 2 info huge.cif
has err "expected 0.001 to 1e7"
# an option of the verb and of all verbs is explained once
run 0 interface --help
[ "$(grep -c -- --fresh out)" -eq 1 ]
