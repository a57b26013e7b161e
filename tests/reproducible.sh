#!/bin/sh
# Two builds of the same source, in folders of other names and lengths, install the same bytes.
# Usage: reproducible.sh SOURCE_DIR
set -eu
source_dir=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for place in a/b second/place/of/another/length; do
    mkdir -p "$work/$place"
    (cd "$source_dir" && git ls-files -z | xargs -0 cp --parents -t "$work/$place")
    cmake -S "$work/$place" -B "$work/$place/built" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF \
        -DCMAKE_INSTALL_PREFIX=/usr >"$work/log"
    cmake --build "$work/$place/built" --parallel "$(getconf _NPROCESSORS_ONLN)" >"$work/log"
    DESTDIR=$work/$place/installed cmake --install "$work/$place/built" >"$work/log"
    (cd "$work/$place/installed" && find . -type f -exec sha256sum {} + | sort -k 2) >"$work/$(basename "$place")"
    if grep -rl "$work" "$work/$place/installed"; then
        echo "FAILED: the build's folder is in these files"
        exit 1
    fi
done
diff "$work/b" "$work/length" || { echo "FAILED: these files differ"; exit 1; }
echo "$(wc -l <"$work/b") files, the same in both"
