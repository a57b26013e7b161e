#!/bin/sh
# The Debian packages: built from debian/ in a copy of the source, looked into, unpacked, run.
# Usage: package.sh SOURCE_DIR [FOLDER for what was built]
set -u
source_dir=$1
# It builds everything once more.
[ "${DEEP:-}" = true ] || [ $# -gt 1 ] || { echo "skipped: DEEP=true makes it run"; exit 77; }
for tool in git dpkg-buildpackage dh dh_python3; do
    command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
[ -f "$source_dir/models/expressions.safetensors" ] || { echo "skipped: there is no model"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER PYTHONPATH

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect PACKAGE FIELD WORD...: the words are in the field.
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

mkdir "$work/source" && cd "$source_dir" || exit 1
git ls-files -z --cached --others --exclude-standard >"$work/files" ||
    { echo "skipped: the source is not a git repository"; exit 77; }
xargs -0 sh -c 'for file; do [ ! -e "$file" ] || cp -P --parents "$file" "$0" || exit 1; done' \
    "$work/source" <"$work/files" || exit 1
cd "$work/source" || exit 1
DEB_BUILD_OPTIONS="parallel=$(getconf _NPROCESSORS_ONLN) noautodbgsym" \
    dpkg-buildpackage -us -uc >../log 2>&1 || { tail -n 40 ../log; exit 1; }
for program in expressions train_fer; do
    [ -e $program ] && fail "a build for packages leaves $program in the source"
done
cd "$work" || exit 1
ls ./*.dsc >/dev/null || fail "no source package"
[ "$(echo ./*.deb | wc -w)" -eq 5 ] || fail "not five packages: $(echo ./*.deb)"
expect expressions Depends "libexpressions0 (>=" libopencv-core libopencv-imgcodecs \
    libavdevice libavfilter libavformat libavcodec libavutil libsdl2 libopenblas \
    libcjson1 libc6 opencv-data fonts-dejavu-core expressions-data
expect libexpressions0 Depends libopencv-imgproc libopenblas libc6 opencv-data
expect libexpressions-dev Depends libexpressions0
expect expressions-data Architecture all
expect python3-expressions Depends python3-numpy libexpressions0 python3:any
case $(dpkg-deb -f libexpressions0_*.deb Depends) in
*libsdl2* | *libav*) fail "the library needs a window or a camera" ;;
esac

for package in ./*.deb; do
    dpkg-deb -x "$package" root || fail "$package cannot be unpacked"
done
for document in copyright changelog.gz; do
    [ "$(find root/usr/share/doc -name $document | wc -l)" -eq 5 ] || fail "not in each: $document"
done
gzip -t root/usr/share/man/man1/*.gz || fail "manuals"
for file in applications/expressions.desktop metainfo/expressions.metainfo.xml \
    expressions/models/fer2013.safetensors; do
    [ -s "root/usr/share/$file" ] || fail "no $file"
done
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
# Debian's own Python, for which the package is.
if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    PATH=$work/root/usr/bin:$PATH PYTHONPATH=$work/root/usr/lib/python3/dist-packages /usr/bin/python3 -c '
import expressions, numpy
model = expressions.Model("root/usr/share/expressions/models/fer2013.safetensors")
assert expressions.Recognizer(model).recognize(numpy.full((64, 64), 90, numpy.uint8)) == []
' >out 2>&1 || fail "python3-expressions: $(cat out)"
fi

if command -v lintian >/dev/null; then
    lintian --allow-root --pedantic --fail-on error,warning,pedantic ./*.changes >out 2>&1 &&
        [ ! -s out ] || fail "lintian: $(cat out)"
else
    echo "lintian is not installed: its check is left out"
fi
if [ $# -gt 1 ]; then
    cp ./*.deb ./*.dsc ./*.tar.* ./*.changes ./*.buildinfo "$2" || fail "no place in $2"
fi

[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
