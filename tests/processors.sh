#!/bin/sh
# The same labels whatever the processor can do: OpenBLAS's kernels for ones with AVX-512, with AVX2
# and without either, as far as this one runs them. Products of two rows go another way with AVX-512.
# Usage: processors.sh TEST_NUMBERS TEST_MLP
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
"$1" labels >"$work/own" || exit 77
kinds=$(sed 1d "$work/own" | cut -d ' ' -f 2 | sort -u | wc -l)
[ "$kinds" -ge 3 ] || { echo "FAILED: only $kinds different labels"; exit 1; }
failures=0 compared=0
for processor in SkylakeX Haswell Sandybridge Nehalem Prescott; do
    OPENBLAS_CORETYPE=$processor "$1" labels >"$work/other" 2>/dev/null || continue
    # Where that kernel is not there, or would not run, OpenBLAS takes its own choice.
    [ "$(head -n 1 "$work/other")" = "$processor" ] || continue
    compared=$((compared + 1))
    sed 1d "$work/own" >"$work/a"
    sed 1d "$work/other" >"$work/b"
    cmp -s "$work/a" "$work/b" || {
        echo "FAILED: $(head -n 1 "$work/own") and $processor differ:"
        diff "$work/a" "$work/b" | head
        failures=$((failures + 1))
    }
    if [ "$processor" = SkylakeX ] &&
        ! OPENBLAS_CORETYPE=$processor OPENBLAS_NUM_THREADS=1 "$2" >"$work/log" 2>&1; then
        echo "FAILED: $2 with $processor's kernels:"
        grep -a 'ERROR\|FAILED' "$work/log"
        failures=$((failures + 1))
    fi
    echo "$processor: $(wc -l <"$work/b") crops"
done
[ "$compared" -ge 2 ] || { echo "skipped: OpenBLAS has one kernel here"; exit 77; }
exit "$((failures > 0))"
