#!/bin/sh
# The reference is made without a warning.
# Usage: doxygen.sh SOURCE_DIR
command -v doxygen >/dev/null || { echo "skipped: there is no doxygen"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$1" || exit 1
(cat Doxyfile && echo "OUTPUT_DIRECTORY = $work") | doxygen - || exit 1
grep -q expressions_recognize "$work/html/expressions_8h.html" && echo "all as expected"
