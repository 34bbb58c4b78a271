# SPDX-License-Identifier: GPL-3.0-or-later
# A pipe without a writer is no input: refused at once, not waited for.
mkfifo pipe.cif pipe.extxyz pipe.yaml pipe.nc
run 2 info pipe.cif
has err "is a pipe"
run 2 energy pipe.extxyz -p "$ROOT/potentials/pmmcs.yaml"
has err "is a pipe"
run 2 energy "$ROOT/structures/LGP.cif" -p ./pipe.yaml
has err "is a pipe"
run 2 diffuse --from pipe.nc --temperatures 300
has err "is a pipe"
run 2 run pipe.yaml
has err "is a pipe"
