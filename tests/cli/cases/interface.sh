# SPDX-License-Identifier: GPL-3.0-or-later
# Contacts of each kind from files; same bits at any thread count; a killed run goes on from its journals.
contact="interface $ROOT/structures/LGP.cif $ROOT/structures/Li.cif -p $ROOT/potentials/li-lagp.yaml --miller-b 1,1,1 --max-area 80
    --thickness-a 6 --thickness-b 6 --registries 2 --force-tolerance 0.1 --quiet"
run 0 $contact --threads 1 -o one --json
for key in contact E_form_J_per_m2 E_form_free_J_per_m2 W_ad_J_per_m2 gamma_J_per_m2 area_A2 n_interfaces strain samples budget intact; do
    has out "\"$key\""
done
has out '"provisional": true'
has out "the rigid energy is lowest at the least gap" # of the scan: the model pulls lithium into this face
awk '/"E_form_J_per_m2": \{/ { inside = 1 } inside && /"value"/ { gsub(/,/, ""); exit !($2 < 0 && $2 > -30) }' out
awk '/"area_A2"/ { gsub(/,/, ""); exit !($2 > 60 && $2 < 68) }' out
[ -s one/contact-1.extxyz ] && [ "$(head -c 4 one/contact-1.png | tail -c 3)" = PNG ]
has one/contact-1.extxyz "Li0"
run 0 $contact --threads 4 -o four
cmp one/contact-1.extxyz four/contact-1.extxyz
# kill -9 at several moments, the last one leaves a torn record behind
for after in 0.05 0.2 0.4; do
    timeout -s KILL $after "$INTERLITH" $contact -o cut >/dev/null 2>&1 || true
done
for journal in cut/bulk-a.journal cut/sample-1.journal; do [ ! -s $journal ] || printf 'torn' >>$journal; done
run 0 $contact -o cut
cmp one/contact-1.extxyz cut/contact-1.extxyz
# samples that are all there need no crystals any more
rm cut/bulk-a.journal
run 0 $contact -o cut
cmp one/contact-1.extxyz cut/contact-1.extxyz
[ ! -e cut/bulk-a.journal ]
# ctrl-C: what is there is kept, and it says so
"$INTERLITH" $contact --force-tolerance 1e-3 -o stopped >/dev/null 2>said &
other=$!
for wait in $(seq 200); do [ ! -s stopped/sample-1.journal ] || break; sleep 0.05; done
kill -INT $other
got=0
wait $other || got=$?
[ $got -eq 1 ]
has said "the same command goes on from stopped"
run 2 $contact -o cut --seed 5
has err "belongs to another job"
run 0 $contact -o cut --seed 5 --fresh
# a crystal on itself costs nothing
run 0 interface $ROOT/structures/Li2O.cif $ROOT/structures/Li2O.cif -p $ROOT/potentials/pmmcs.yaml --miller-a 1,1,1 --miller-b 1,1,1 \
    --force-tolerance 2e-4 --registries 2 --quiet --json
if grep -q "least gap" out; then false; fi
awk '/"gamma_J_per_m2": \{/ { inside = 1 } inside && /"value"/ { gsub(/,/, ""); exit !($2 > -1e-4 && $2 < 1e-4) }' out
# the metal may be named first
run 0 interface $ROOT/structures/Li.cif $ROOT/structures/LGP.cif -p $ROOT/potentials/li-lagp.yaml --miller-a 1,1,1 --miller-b 0,0,1 \
    --max-area 80 --thickness-a 6 --thickness-b 6 --registries 2 --force-tolerance 0.1 --quiet -o turned
cmp one/contact-1.extxyz turned/contact-1.extxyz
# energy of straining the metal by 11 % is no surface energy: Li(110) has 0.327 J/m2, and gamma follows from it
run 0 interface $ROOT/structures/Li.cif $ROOT/structures/Li.cif -p $ROOT/potentials/li.yaml --miller-b 1,1,0 --max-strain 15 \
    --max-area 40 --thickness-a 12 --registries 1 --quiet --json
awk '{ gsub(/[",:]/, "") } $1 ~ /surface_energy_[ab]/ { sum += $2 } $1 ~ /surface_energy_b/ { b = $2 } $1 ~ /^(E_form|gamma)_J/ && NF == 2 { v[$1] = $2 }
    END { off = v["gamma_J_per_m2"] - v["E_form_J_per_m2"] - sum; exit !(b > 0.30 && b < 0.33 && off < 1e-12 && off > -1e-12) }' out
# a polymer on the metal
run 0 interface $ROOT/structures/Li.cif $ROOT/structures/dol.yaml -p $ROOT/potentials/li-pdol.yaml --miller-a 1,1,0 --thickness-a 4 \
    --thickness-b 8 --degree 2 --samples 2 --min-width 10 --force-tolerance 0.1 --quiet --json -o film
has out '"polymer"'
has out '"relaxation": "ions"'
has out '"intact": true'
awk '/"sigma":/ && !seen { seen = 1; gsub(/,/, ""); exit !($2 >= 0) }' out
# the polymer may be named first: face and thickness are those of the file they were given for
run 0 interface $ROOT/structures/dol.yaml $ROOT/structures/Li.cif -p $ROOT/potentials/li-pdol.yaml --miller-b 1,1,0 --thickness-b 4 \
    --thickness-a 8 --degree 2 --samples 2 --min-width 10 --force-tolerance 0.1 --quiet -o film-first
cmp film/contact-2.extxyz film-first/contact-2.extxyz
# refused
run 2 interface $ROOT/structures/LGP.cif $ROOT/structures/Li.cif -p $ROOT/potentials/li-lagp.yaml --max-area 20
has err "area"
run 2 interface $ROOT/structures/dol.yaml $ROOT/structures/dol.yaml -p $ROOT/potentials/pdol.yaml
has err "both polymers"
run 2 interface $ROOT/structures/LGP.cif $ROOT/structures/Li.cif -p $ROOT/potentials/pmmcs.yaml
run 64 interface $ROOT/structures/LGP.cif -p $ROOT/potentials/li-lagp.yaml
run 64 interface $ROOT/structures/LGP.cif $ROOT/structures/Li.cif
run 2 interface $ROOT/structures/LGP.cif nothing.cif -p $ROOT/potentials/li-lagp.yaml
