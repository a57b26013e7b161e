#!/bin/sh
# Optimized code and code as it stands answer alike to 1e-5, aligned or not, on this processor.
# Usage: builds.sh TEST_ANSWERS TEST_ANSWERS_UNOPTIMIZED
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
"$1" print | tr -d 'f,' | tr ' ' '\n' >"$work/a" || exit 1
"$2" print | tr -d 'f,' | tr ' ' '\n' >"$work/b" || exit 1
paste "$work/a" "$work/b" | awk '
    NF == 2 { d = $1 - $2; if (d < 0) d = -d; if (d > most) most = d; count++ }
    END { print count " answers, " most + 0 " apart at most"; exit !(count == 336 && most <= 1e-5) }'
