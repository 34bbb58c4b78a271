# SPDX-License-Identifier: GPL-3.0-or-later
# Pages of run folders: well-formed, nothing from elsewhere, the numbers of the result rounded to their errors, hostile names, refusals.
# tags FILE: every element that is opened is closed, in order, and nothing is left of an unescaped sign.
tags() {
    tr '\n' ' ' <"$1" | sed 's/<style>[^<]*<\/style>//; s/<!DOCTYPE html>//' | grep -o '<[^>]*>' | awk '
        /\/>$/ { next }
        /^<\// { gsub(/[<\/>]/, ""); if (stack[n--] != $0) { print "closed out of order: " $0; exit 1 }; next }
        { gsub(/[<>]/, ""); stack[++n] = $1 }
        END { if (n) { print "left open: " stack[n]; exit 1 } }'
    command -v xmllint >/dev/null || return 0
    xmllint --noout "$1"
}
# says FILE TEXT: as has, without printing the page.
says() {
    grep -qF -- "$2" "$1" && return 0
    echo "$1 does not say '$2'"
    return 1
}
alone() {
    tags "$1"
    ! grep -qiE '<script|<link|<iframe|@import|url\(|(src|href)="[^d#]' "$1"
    says "$1" '<html lang="en">'
    says "$1" 'name="viewport"'
}
cp "$ROOT/structures/LGP.cif" "a<b>&'c\".cif"
run 0 md "a<b>&'c\".cif" -p "$ROOT/potentials/pmmcs.yaml" --time 0.3 --short-cutoff 6 --coulomb-cutoff 6 --coulomb-accuracy 1e-3 --quiet -o md
run 0 report md
alone md/report.html
has out "written: md/report.html"
says md/report.html 'Molecular dynamics of a&lt;b&gt;&amp;&#39;c&quot;'
[ "$(grep -c 'src="data:image/svg+xml;base64,' md/report.html)" -ge 2 ]
for file in md-trace-temperature.png md-trace-energy.svg final.svg final.png; do [ -s md/$file ]; done

# a page elsewhere takes its pictures along and leaves the run alone
run 0 diffuse "$ROOT/structures/LAGP.cif" -p "$ROOT/potentials/pmmcs.yaml" --temperatures 1200,1600 --time 0.6 --equilibrate 0.1 --dt 2 \
    --frame-time 6 --quiet -o walk
ls walk >before
run 0 report walk -o page --json
ls walk | cmp - before
alone page/report.html
for file in report.html report.json msd.png msd.svg diffuse-trace-energy.svg; do [ -s page/$file ]; done
has out '"verb": "diffuse"'
says page/report.html '<code>temperatures 1200,1600</code> K'
says page/report.html "$(sed -n 's/.*"fnv1a64": "\(.*\)".*/\1/p' walk/diffuse.json | head -n 1)"

# rounded to the error, what is null said so, bonds and failures in plain words
mkdir contact
cat >contact/interface.json <<'J'
{"contact": "LAGP|Li", "E_form_J_per_m2": {"value": -3.359309482358675, "sigma": 0.18196784315058015},
 "W_ad_J_per_m2": {"value": 4.0383039421829645, "sigma": null}, "gamma_J_per_m2": {"value": null, "sigma": null}, "intact": false,
 "samples": [{"sample": 1, "E_form_J_per_m2": -3.35, "intact": false, "converged": true, "atoms_entered": 2,
              "bonds": [{"kind": "P-O", "before": 72, "broken": 3, "made": 1}]}],
 "budget": {"realisations": 0.5146827, "terminations": null, "meaning": "null: not evaluated in this run"},
 "status": "an iteration ended before it reached its goal", "error": "sample 1: <b>no</b> minimum",
 "provenance": {"verb": "interface", "command": "interlith interface \u001b & co", "warnings": ["a <warning>"]}}
J
run 0 report contact
alone contact/report.html
nb=$'\xc2\xa0' # a blank that does not break
says contact/report.html "−3.36<span class=\"error\">$nb±${nb}0.18</span> <span class=\"unit\">J/m<sup>2</sup></span>"
says contact/report.html 'Its uncertainty is not known.'
says contact/report.html '<span class="none">not evaluated</span>'
says contact/report.html 'NOT intact: 0 of 1 samples kept their bonds and sides.'
says contact/report.html '3 bonds broke and 1 were made, and 2 atoms'
says contact/report.html '<strong>FAILED</strong> an iteration ended'
says contact/report.html 'sample 1: &lt;b&gt;no&lt;/b&gt; minimum'
says contact/report.html '<li>a &lt;warning&gt;</li>'
has out "interface FAILED: sample 1"

mkdir still
cat >still/diffuse.json <<'J'
{"temperatures": [{"T_K": 400, "runs": 1, "D_tracer_m2_per_s": {"Li<+": {"value": 1.3368619928138474e-09, "sigma": 2.3826936213433276e-10, "diffusive": false}}}],
 "runs": [{"name": "../../etc", "D_tracer_m2_per_s": {"Li<+": {"value": 1e-9, "sigma": null}}}],
 "Ea_eV": {"value": null, "sigma": null}, "Ea_of": "D of Li", "sigma_298K_S_per_m": {"value": 0.1, "sigma": 0.9, "low_95": 1e-9, "high_95": 1e3},
 "status": "done"}
J
run 0 report still
alone still/report.html
says still/report.html "(1.34<span class=\"error\">$nb±${nb}0.24</span>)$nb×${nb}10<sup>−9</sup> <span class=\"unit\">m<sup>2</sup>/s</span>"
says still/report.html 'NOT diffusive: the motion did not pass'
says still/report.html 'Li&lt;+ is NOT diffusive at 400 K'
says still/report.html 'It takes two diffusive temperatures.'
says still/report.html 'spans 12 powers of ten'
says still/report.html '± not known'

# several results of one folder; keys of other types and pictures that are none
cp contact/interface.json md
printf 'not a picture' >md/msd.png
run 0 report md
alone md/report.html
says md/report.html '<h2>Contact of LAGP and Li</h2>'
mkdir odd
printf '{"runs": 7, "temperatures": [null, [], {"T_K": "hot"}], "Ea_eV": [], "fits": {"": 1}, "options": {"time": {}}, "files": [{}, "../x"]}' >odd/diffuse.json
printf 'not a picture' >odd/msd.png
mkfifo odd/msd.svg
run 0 report odd
alone odd/report.html
has err "no whole picture"

# refused
run 2 report nothing
has err "is not there"
run 2 report page/report.html
has err "expected the folder of a run"
mkdir empty
run 2 report empty
has err "interface.json, diffuse.json, lithiate.json or md.json"
printf '{"runs": [' >empty/diffuse.json
run 2 report empty
has err "empty/diffuse.json:1"
printf '[]' >empty/diffuse.json
run 2 report empty
has err "expected the object"
printf '{"provenance": {"verb": "lithiate"}}' >empty/diffuse.json
run 2 report empty
has err "a result of \`lithiate\`, expected one of \`diffuse\`"
ln -sf diffuse.json empty/diffuse.json
run 2 report empty
has err "Too many levels of symbolic links"
printf '{"runs": [], "status": null}' >odd/diffuse.json
run 0 report odd
has out "diffuse FAILED: the result does not say how the run ended"
run 64 report
