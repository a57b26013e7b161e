#!/bin/sh
# The rooms of the code: every C header compiles alone with no room in sight but those that its own
# may know, no include goes around that, and neither includes nor calls go in a circle. The public header also
# compiles as older C and C++. Files and functions are of a size that one can read.
# Usage: style.sh SOURCE_DIR CC CXX BUILD_DIR
set -u
cd "$1" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cc=$2
cxx=$3
build=$4
sdl=
strict='-Wall -Wextra -Wpedantic -Wundef -Werror -fsyntax-only'
failures=0

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# room FOLDER VISIBLE...: the folder's files include no others than those; its headers, each alone.
room()
{
    folder=$1
    ls "$@" | sed 's/.*/"&"/' >"$work/visible"
    grep '^#include "' "$folder"/*.[ch]* | grep -vFf "$work/visible" && fail "$folder must not see these"
    shift
    paths=
    for visible in "$folder" "$@"; do
        paths="$paths -I$visible"
    done
    for header in "$folder"/*.h; do
        # shellcheck disable=SC2086 # several words each
        printf '#include "%s"\n#include "%s"\nextern int unit;\n' "${header##*/}" "${header##*/}" |
            $cc -std=c11 $strict -D_POSIX_C_SOURCE=200809L $paths $sdl -x c - 2>&1 ||
            fail "$header does not compile alone"
    done
}

room include
room src/base
room src/core src/base
room shim src/base
room src/train src/core src/base shim
room src/lib include src/core src/base shim
room src/stream include src/base shim
room src/results include src/view src/stream src/base shim
room src/live include src/results src/view src/stream src/base shim
sdl=$(pkg-config --cflags sdl2 SDL2_ttf)
room src/view include src/stream src/base shim

grep -n '#include <SDL' $(ls src/*/*.[ch] shim/* | grep -v '^src/view/') && fail "SDL outside of the view"
grep -n '#include <opencv' src/*/*.[ch] shim/*.h && fail "OpenCV outside of the shim"

same=$(find src shim include -name '*.[ch]' -o -name '*.[ch]pp' | sed 's,.*/,,' | sort | uniq -d)
[ -z "$same" ] || fail "several files have the name $same"

# Neither do includes or calls of files form a circle, which tsort would name; a file is its .c and its .h.
grep -o '^#include "[^".]*' src/*/*.[ch] shim/* | sed 's,.*/\([a-z0-9_]*\)\..*"\(.*\),\1 \2,' |
    grep -v ' expressions$' >"$work/includes" # the public header is no part of src/live/expressions.c
nm -AgP "$build"/*.a "$build"/src/lib/*.a | sed 's,.*[[]\([a-z0-9_]*\)[a-z.]*\]: ,\1 ,' | awk '
    $3 ~ /[TDBR]/ { home[$2] = $1 }
    $3 == "U" { user[NR] = $1; used[NR] = $2 }
    END { for (i in user) if (used[i] in home) print user[i], home[used[i]] }' >"$work/calls"
for way in includes calls; do
    [ -s "$work/$way" ] || fail "no $way are found"
    tsort "$work/$way" >/dev/null 2>"$work/circle" || fail "a circle of $way: $(cat "$work/circle")"
done

for standard in c99 c11 c17; do
    # shellcheck disable=SC2086
    $cc -std=$standard $strict -x c include/expressions_research.h || fail "the library's headers in $standard"
done
for standard in c++11 c++17 c++20; do
    # shellcheck disable=SC2086
    $cxx -std=$standard $strict -x c++ include/expressions_research.h || fail "the library's headers in $standard"
done

# The house's measure is 60 lines a function, and one subject a file; these are the outer bounds.
long=$(awk -v file=700 -v body=80 '
    FNR == 1 { start = 0 }
    FNR == file + 1 { print FILENAME " is longer than " file " lines" }
    /^{/ { start = FNR }
    /^}$/ && start {
        if (FNR - start - 1 > body)
            print FILENAME ":" start ": a function of " FNR - start - 1 " lines"
        start = 0
    }' src/*/*.[ch] include/* shim/*)
[ -z "$long" ] || fail "$long"

# Python: types all through, and the same sizes.
if command -v mypy >/dev/null; then
    MYPYPATH=src/python:tests/python mypy --strict --explicit-package-bases --cache-dir "$work/mypy" \
        src/python/expressions src/package/sbom.py tests/python >"$work/types" 2>&1 || fail "$(cat "$work/types")"
else
    echo "mypy is not installed: its check of Python is left out"
fi
python3 - src/python/*.py src/python/*/*.py src/package/*.py tests/python/*.py >"$work/long" <<'END'
import ast, sys

for path in sys.argv[1:]:
    text = open(path).read()
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > 100:
            print(f"{path}:{number}: longer than 100 characters")
    if text.count("\n") > 700:
        print(f"{path} is longer than 700 lines")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno > 60:
            print(f"{path}:{node.lineno}: a function of {node.end_lineno - node.lineno} lines")
END
[ -s "$work/long" ] && fail "$(cat "$work/long")"

# The format check does not pass where its tool is missing.
mkdir "$work/tools" && printf '#!/bin/sh\necho clang-format version 15.0.0\n' >"$work/tools/clang-format"
chmod +x "$work/tools/clang-format"
ln -s "$work/tools/clang-format" "$work/tools/clang-format-14"
PATH=$work/tools:$PATH .ci/format 2>"$work/err" && fail "the format is not checked, and nobody says so"
grep -q "no clang-format 14" "$work/err" || fail "format: $(cat "$work/err")"

[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
