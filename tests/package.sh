#!/bin/sh
# The Debian packages: made, looked into, unpacked, run.
# Usage: package.sh BUILD_DIR SOURCE_DIR
set -u
build=$1
source_dir=$2
for tool in dpkg-shlibdeps file; do
    command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
[ -f "$source_dir/models/expressions.safetensors" ] || { echo "skipped: there is no model"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect PACKAGE FIELD WORD...: the words stand in the field.
expect()
{
    file=$(echo "$1"_*.deb) field=$2
    value=$(dpkg-deb -f "$file" "$field")
    shift 2
    for word in "$@"; do
        case $value in
        *"$word"*) ;;
        *) fail "$file: no $word in $field: $value" ;;
        esac
    done
}

cpack --config "$build/CPackConfig.cmake" -B "$work" >log 2>&1 || { cat log; exit 1; }
[ "$(echo ./*.deb | wc -w)" -eq 4 ] || fail "not four packages: $(echo ./*.deb)"
expect expressions Depends "libexpressions0 (=" libopencv-core libopencv-imgcodecs \
    libavdevice libavfilter libavformat libavcodec libavutil libsdl2 libopenblas \
    libcjson1 libc6 opencv-data fonts-dejavu-core expressions-data
expect libexpressions0 Depends libopencv-objdetect libopenblas libc6 opencv-data
expect libexpressions-dev Depends libexpressions0
expect expressions-data Architecture all
case $(dpkg-deb -f libexpressions0_*.deb Depends) in
*libsdl2* | *libav*) fail "the library needs a window or a camera" ;;
esac

for package in ./*.deb; do
    dpkg-deb -x "$package" root || fail "$package cannot be unpacked"
done
for document in copyright changelog.gz changelog.Debian.gz; do
    [ "$(find root/usr/share/doc -name $document | wc -l)" -eq 4 ] || fail "not in each: $document"
done
gzip -t root/usr/share/man/man1/*.gz || fail "manuals"
LD_LIBRARY_PATH=$(dirname "$(find "$work/root/usr/lib" -name 'libexpressions.so.0')")
export LD_LIBRARY_PATH
for module in pictures videos; do
    [ -s "$LD_LIBRARY_PATH/expressions/$module.so" ] || fail "no $module.so"
done
readelf -d root/usr/bin/expressions | grep -E "RPATH|RUNPATH" && fail "a search path of its own"
root/usr/bin/expressions --demo --headless --quiet --max-frames 45 >out 2>err ||
    fail "unpacked demo: $(cat err)"
root/usr/bin/expressions --model-info | grep -q "^model .*/share/expressions/models/" ||
    fail "which model? $(root/usr/bin/expressions --model-info)"

if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error ./*.deb >out 2>&1 ||
        fail "lintian: $(cat out)"
else
    echo "lintian is not installed: its check is left out"
fi

[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
