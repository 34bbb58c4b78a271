#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The three contacts from structure files to formation energies, beside the values of the seed paper.
# INTERLITH: the command; OUT: folder for results. Run by `make demo`.
set -eu
here=$(dirname "$0")
: "${INTERLITH:=$here/../build/interlith}" "${OUT:=$here/../build/demo}"

# Value and sigma of E_form in a result file.
number() {
    awk -v key="$2" '/"E_form_J_per_m2": \{/ { inside = 1 } inside && index($0, "\"" key "\":") {
        gsub(/[",]/, ""); print $2; exit }' "$1"
}

row() { # contact, folder, value of the seed paper
    value=$(number "$OUT/$2/interface.json" value)
    sigma=$(number "$OUT/$2/interface.json" sigma)
    awk -v c="$1" -v v="$value" -v s="$sigma" -v r="$3" -v where="$OUT/$2/contact-1.png" \
        'BEGIN { printf "%-14s %8.2f +- %.2f %12.2f      %s\n", c, v, s, r, where }'
}

for contact in li-pdol li-lagp lagp-pdol; do
    echo "== $contact"
    "$INTERLITH" interface "$here/$contact.yaml" -o "$OUT/$contact" "$@"
done

echo
echo "Formation energies, J/m2, negative = bound; +- standard error over samples"
echo "contact        E_form (here)    seed (DFT)      picture"
row "Li | P-DOL" li-pdol -0.16
row "Li | LAGP" li-lagp -1.14
row "LAGP | P-DOL" lagp-pdol -0.30
cat <<'TEXT'

Seed: J. Li et al., Energy Environ. Sci. 2024, 17, 5521 (density-functional theory; its numbers entered no fit here).
What fixed charges cannot represent: lithium reduces Ge and cleaves P-O bonds, and the metal screens charges. The numbers
above are those of intact, unreacted contacts; the cross terms of the models are provisional, and the polymer is minimised,
not annealed. Errors of the models themselves are not in the +-.
TEXT
