#!/bin/sh
# The package for Python: its wheel is built and unpacked elsewhere, and tested there with pytest; then
# the examples of the texts.
# Usage: python.sh BUILD_DIR PICTURES SOURCE_DIR
set -u
build=$1
pictures=$2
source_dir=$3
[ -f "$source_dir/models/expressions.safetensors" ] || { echo "skipped: there is no model"; exit 77; }
# The first that has what is needed; Debian's is not always the first in PATH.
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import numpy, pytest, setuptools, wheel' 2>/dev/null && break
done
[ "$python" != none ] || {
    echo "skipped: there is no python3-numpy, python3-pytest, python3-setuptools or python3-wheel"
    exit 77
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER PYTHONPATH LD_LIBRARY_PATH
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1

fail()
{
    echo "FAILED: $*"
    exit 1
}

mkdir "$work/src" "$work/made" "$work/site" && cp -r "$source_dir/src/python" "$work/src" &&
    cp "$source_dir/CMakeLists.txt" "$work" && cp "$pictures"/* "$work/made" || exit 1
cd "$work/src/python" || exit 1

# --- Without a build, one line says what to do
EXPRESSIONS_BUILD=$work "$python" setup.py -q build >"$work/out" 2>&1 && fail "a wheel of nothing"
tail -n 1 "$work/out" | grep -q "there is no build; run ./setup.sh" || fail "$(cat "$work/out")"

# --- The wheel, as pip asks for it
EXPRESSIONS_BUILD=$build "$python" -c 'from setuptools.build_meta import build_wheel
build_wheel("../../made")' >"$work/out" 2>&1 || fail "no wheel: $(cat "$work/out")"
wheel=$(echo "$work"/made/expressions-*-py3-none-linux_*.whl)
[ -f "$wheel" ] || fail "which wheel? $(ls "$work/made")"
"$python" -c 'import sys, zipfile
for file in (wheel := zipfile.ZipFile(sys.argv[1])).infolist():
    wheel.extract(file, sys.argv[2])
    print(oct(file.external_attr >> 16)[-3:], file.filename)' "$wheel" "$work/site" >"$work/list"
grep -q '^7.5 expressions/bundle/bin/expressions$' "$work/list" || fail "the program: $(cat "$work/list")"
chmod +x "$work/site/expressions/bundle/bin/expressions" # as pip does, from what was just seen
[ "$(grep -c 'libexpressions' "$work/list")" -eq 1 ] || fail "one library: $(cat "$work/list")"
grep -q 'expressions/py.typed' "$work/list" || fail "types are not marked: $(cat "$work/list")"

# --- The tests, far from the source
cd "$work" || exit 1
mv src/python/expressions gone
export PYTHONPATH="$work/site" PATH="$work/site/expressions/bundle/bin:$PATH" SOURCE_DIR="$source_dir" \
    FACE="$work/made/face.pgm"
"$python" -m pytest -q -p no:cacheprovider --basetemp="$work/pytest" -rs "$source_dir/tests/python" || exit 1

# --- The examples of docs/library.md and README.md, as they stand there
cd "$work/made" || exit 1
sed -n '/^## Python$/,/^## [^P]/p' "$source_dir/docs/library.md" | sed -n 's/^    //p; s/^$//p' >library.py
sed -n '/^    import expressions$/,/^$/s/^    //p' "$source_dir/README.md" | sed 's/camera(0)/video("film.mp4")/' >readme.py
grep -q "import expressions" library.py && [ "$(wc -l <readme.py)" -eq 3 ] || fail "there is no example"
# Of OpenCV it needs one function, which Pillow has too.
"$python" -c 'import cv2' 2>/dev/null || cat >cv2.py <<'END'
import numpy, PIL.Image

def imread(name):
    return numpy.asarray(PIL.Image.open(name).convert("RGB"))[:, :, ::-1]
END
if "$python" -c 'import cv2' 2>/dev/null && command -v ffmpeg >/dev/null; then
    ffmpeg -v error -i face.png me.jpg && ffmpeg -v error -loop 1 -i face.png -frames:v 5 film.mp4 || exit 1
    PYTHONPATH=$PYTHONPATH:. "$python" library.py >out 2>err || fail "the example of docs/library.md: $(cat err)"
    [ "$(wc -l <out)" -eq 6 ] && grep -q "^happy 0\." out || fail "the example of docs/library.md: $(cat out)"
    "$python" readme.py >out 2>err && [ "$(grep -c "^0\..*(1, '" out)" -eq 5 ] ||
        fail "the README's example: $(cat out err)"
else
    echo "the examples are left out: there is no python3-opencv or python3-pil, or no ffmpeg"
fi

echo "all as expected"
