#!/bin/sh
# What `cmake --install` lays down, used as a stranger would: programs, library, package files.
# Usage: install.sh BUILD_DIR SOURCE_DIR CC CXX
set -u
build=$1
source_dir=$2
cc=$3
cxx=$4
[ -f "$source_dir/models/expressions.safetensors" ] || { echo "skipped: there is no model"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
failures=0
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER
export OPENBLAS_NUM_THREADS=1

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

cmake --install "$build" --prefix "$prefix" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cd "$work" || exit 1
# The tree may be moved: nothing in it knows where it was put.
mv prefix moved && prefix=$work/moved
library=$(find "$prefix" -name libexpressions.so)
[ -n "$library" ] || { echo "FAILED: no libexpressions.so"; exit 1; }
libdir=$(dirname "$library")
export LD_LIBRARY_PATH="$libdir" PKG_CONFIG_PATH="$libdir/pkgconfig"

# --- Files
for file in bin/expressions bin/train_fer include/expressions.h share/man/man1/expressions.1 \
    share/man/man1/train_fer.1 share/man/man3/libexpressions.3 \
    share/bash-completion/completions/expressions share/bash-completion/completions/train_fer \
    share/applications/expressions.desktop share/icons/hicolor/scalable/apps/expressions.svg \
    share/metainfo/expressions.metainfo.xml share/expressions/models/expressions.safetensors \
    share/expressions/models/fer2013.safetensors; do
    [ -s "$prefix/$file" ] || fail "no $file"
done
for file in libexpressions.a libexpressions.so.0 pkgconfig/expressions.pc expressions/pictures.so \
    expressions/videos.so; do
    [ -s "$libdir/$file" ] || fail "no $file in $libdir"
done
grep -rlI "$work/prefix" "$prefix" && fail "these files name the prefix"

# --- The programs
LD_LIBRARY_PATH='' "$prefix/bin/expressions" --demo --headless --quiet --max-frames 45 >out 2>err ||
    fail "installed demo: $(cat err)"
grep -q ' [0-9]* %' out || fail "installed demo saw nothing: $(cat out)"
LD_LIBRARY_PATH='' "$prefix/bin/train_fer" --help >out || fail "installed train_fer"

readelf -d "$prefix/bin/expressions" >dynamic
grep -q 'NEEDED.*libexpressions\.so\.0' dynamic || fail "the program does not use the library"

# --- What pictures and videos need is loaded late; where it is missing or unfit, a message says so
modules=$libdir/expressions
for program in expressions train_fer; do
    readelf -d "$prefix/bin/$program" | grep -E 'NEEDED.*(libav|imgcodecs)' &&
        fail "$program starts with all of FFmpeg or OpenCV"
done
# without MODULE STATUS TEXT ARGUMENT...
without()
{
    module=$modules/$1 status=$2 text=$3
    shift 3
    "$prefix/bin/expressions" "$@" >out 2>err
    [ "$?" -eq "$status" ] || fail "without $module: $*: not status $status: $(cat err)"
    [ -z "$text" ] || { [ "$(wc -l <err)" -eq 1 ] && grep -q "^expressions:.* $module: $text" err; } ||
        fail "without $module: $*: $(cat err)"
}
faces=$source_dir/models/demo.png
mv "$modules/videos.so" videos.so
without videos.so 1 'cannot open.*; install Expressions again$' --camera 0 --headless
without videos.so 1 'cannot open.*; install Expressions again$' --video "$faces" --headless
without videos.so 0 '' --demo --headless --max-frames 3
echo no module >"$modules/videos.so"
without videos.so 1 '.*; install Expressions again$' --camera 0 --headless
cp "$modules/pictures.so" "$modules/videos.so"
without videos.so 1 'not of this version; install Expressions again$' --camera 0 --headless
version=$("$prefix/bin/expressions" --version | sed -n '1s/.* //p')
LC_ALL=C sed "s/$version/$(echo "$version" | tr 0-9 1-90)/g" videos.so >"$modules/videos.so"
without videos.so 1 'not of this version; install Expressions again$' --camera 0 --headless
mv videos.so "$modules/videos.so"
{ printf 'P5\n40 40\n255\n' && head -c 1600 /dev/zero; } >grey.pgm
mv "$modules/pictures.so" pictures.so
without pictures.so 1 'cannot open.*; install Expressions again$' --image grey.pgm --headless
without pictures.so 1 'cannot open.*; install Expressions again$' --image "$faces" --headless \
    --output out.png
without pictures.so 6 '' --image grey.pgm --headless --model "$faces"
without pictures.so 0 '' --image "$faces" --headless
without pictures.so 0 '' --demo --headless --max-frames 3
without pictures.so 0 '' --help
without pictures.so 0 '' --version
mv pictures.so "$modules/pictures.so"

# --- The library exports what its header declares, nothing else
# tidy: what a compiler puts between the words, and no other spaces.
tidy()
{
    sed 's/__attribute__((visibility("default")))//g; s/[[:space:]]\{1,\}/ /g
        s/ *\([][(){};,]\) */\1/g; s/^ //; s/,/, /g'
}
echo '#include <expressions_research.h>' >headers.c
$cc -I"$prefix/include" -E -P headers.c | tr '\n' ' ' | tidy | sed 's/[;{]/&\
/g' | sed -n '/expressions_/,$p' >declarations
$cc -I"$prefix/include" -E -dM headers.c | sed -n '/define EXPRESSIONS_.*_DEFAULTS/p' | tidy |
    sort >>declarations
sed -n 's/.*[ *]\(expressions_[a-z_]*\)(.*/\1/p' declarations | sort >declared
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >exported
[ -s declared ] && cmp -s declared exported || fail "exported: $(diff declared exported)"
nm -g --defined-only "$libdir/libexpressions.a" 2>/dev/null |
    awk 'NF == 3 && $3 !~ /^(_Z|DW\.ref\.)/ { print $3 }' | sort >exported
cmp -s declared exported || fail "the static library's names: $(diff declared exported)"
readelf -d "$library" | grep -q 'SONAME.*\[libexpressions\.so\.0\]' || fail "SONAME"
readelf -d "$library" | grep -E 'NEEDED.*(SDL|libav|imgcodecs)' && fail "it needs too much"

# --- pkg-config
model=$(pkg-config --variable=model expressions)
[ -s "$model" ] || fail "pkg-config: model=$model"
strict='-Wall -Wextra -Wpedantic -Werror'
outside=$source_dir/tests/outside
# shellcheck disable=SC2046,SC2086 # several words each
$cc -std=c11 $strict "$outside/outside.c" -o shared $(pkg-config --cflags --libs expressions) &&
    ./shared "$model" >shared.txt || fail "pkg-config"
grep -q ': 0 faces, [a-z]* [01]\.[0-9]*$' shared.txt || fail "answer: $(cat shared.txt)"
# shellcheck disable=SC2046,SC2086
$cxx -std=c++17 $strict "$outside/outside.cpp" -o plus_plus \
    $(pkg-config --cflags --libs expressions) && ./plus_plus >out ||
    fail "pkg-config, C++: $(cat out)"
grep -q '^missing.safetensors: ' out || fail "C++: $(cat out)"
# shellcheck disable=SC2046,SC2086
$cc -std=c11 $strict "$outside/outside.c" -o static $(pkg-config --cflags expressions) \
    "$libdir/libexpressions.a" $(pkg-config --static --libs-only-l expressions |
        sed 's/-lexpressions//') && LD_LIBRARY_PATH='' ./static "$model" >static.txt ||
    fail "pkg-config --static"
cmp -s shared.txt static.txt || fail "static: $(cat static.txt)"

# --- The interface is that of the SONAME: declarations as above, sizes, places, values
# shellcheck disable=SC2046,SC2086
$cc -std=c11 $strict "$outside/abi.c" -o abi $(pkg-config --cflags expressions) || fail "abi.c"
{ cat declarations && ./abi; } >abi.txt
[ "$(getconf LONG_BIT)" -ne 64 ] || cmp -s "$source_dir/src/lib/abi.txt" abi.txt ||
    fail "the interface is another: see Release in CONTRIBUTING.md for the SONAME, then" \
        "write it down in src/lib/abi.txt: $(diff "$source_dir/src/lib/abi.txt" abi.txt)"

# --- The example, on the demo's video
example=$(find "$prefix" -name faces.c)
# shellcheck disable=SC2046,SC2086
$cc -std=c11 $strict "$example" -o faces $(pkg-config --cflags --libs expressions) ||
    fail "the example does not build"
"$prefix/bin/expressions" --demo --headless --quiet --max-frames 150 --output - 2>err | ./faces "$model" >out ||
    fail "the example: $(cat err)"
grep -q '^ *[0-9.]* s  face 1: [a-z]*$' out || fail "the example: $(cat out)"
echo "not this" | ./faces 2>err && fail "the example takes anything"
grep -q '^faces: not YUV4MPEG2' err || fail "the example: $(cat err)"

# --- The manual's example
{
    printf '#include <expressions.h>\n#include <stdio.h>\nint main(void)\n{\n'
    printf 'static uint8_t pixels[64 * 64];\nint width = 64, height = 64;\nsize_t stride = 64;\n'
    sed -n '/^\.SH EXAMPLE/,/^\.fi/p' "$prefix/share/man/man3/libexpressions.3" |
        sed '/^\./d; s/\\-/-/g; s/\\e/\\/g'
    printf 'return 0;\n}\n'
} >example.c
# shellcheck disable=SC2046,SC2086
$cc -std=c11 $strict example.c -o example $(pkg-config --cflags --libs expressions) ||
    fail "libexpressions(3)'s example"
sed -n '/^## C$/,/^## Python/p' "$source_dir/docs/library.md" | sed -n 's/^    //p' |
    sed -n '/^#include/,/^}/p' >library.c
# shellcheck disable=SC2046,SC2086
[ -s library.c ] && $cc -std=c11 $strict -c library.c -o library.o $(pkg-config --cflags expressions) ||
    fail "the example of docs/library.md"

# --- find_package
cmake -S "$outside" -B outside -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_CXX_COMPILER="$cxx" >log 2>&1 && cmake --build outside >>log 2>&1 ||
    fail "find_package: $(cat log)"
for kind in shared static; do
    outside/$kind "$model" >out && cmp -s out shared.txt || fail "find_package, $kind: $(cat out)"
done
outside/plus_plus >out || fail "find_package, C++"

# --- What manual readers say, where they are installed
if command -v man >/dev/null; then
    for page in "$prefix"/share/man/man*/*; do
        warnings=$(LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l "$page" 2>&1 >/dev/null)
        [ -z "$warnings" ] || fail "$page: $warnings"
    done
fi

[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
