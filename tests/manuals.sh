#!/bin/sh
# The manuals say what the programs and the header say, both ways; so does completion.
# Usage: manuals.sh EXPRESSIONS TRAIN_FER SOURCE_DIR
set -u
expressions=$1
train_fer=$2
source_dir=$3
pages=$source_dir/src/package
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# The options that a manual page has an entry for, with their values as --help names them.
entries()
{
    sed 's/\\-/-/g; s/\\f[BIPR]//g; s/"//g' "$1" | grep -A1 '^\.TP' | sed -n 's/^\.B[A-Z]* \(--.*\)/\1/p' |
        tr -s ' ' | sort
}

compare()
{
    "$1" --help | sed -n 's/^  \(--[a-z-]*\( [^ ][^ ]*\)\{0,1\}\).*/\1/p' | sort >help
    entries "$2" >manual
    [ -s help ] || fail "$1 --help names no option"
    cmp -s help manual || fail "$2 (>) against --help (<): $(diff help manual)"
    "$1" --help | awk 'length > 80' >long
    [ ! -s long ] || fail "$1 --help has lines longer than 80 columns: $(cat long)"
}

compare "$expressions" "$pages/expressions.1.in"
compare "$train_fer" "$pages/train_fer.1.in"

# --- Keys: help, manual and docs/live.md name the same in one order
"$expressions" --help | sed -n '/^Keys in/,/^Over/s/^  \([^ ]*\) *\(.*\)/\1 \2/p' >help
[ "$(wc -l <help)" -ge 10 ] || fail "--help names no keys"
sed -n '/^\.SH KEYS/,/^\.fi/s/^\\fB\(.*\)\\fR *\(.*\)/\1 \2/p' "$pages/expressions.1.in" |
    sed "s/\\\\-/-/g; s/\\\\(aq/'/g" >manual
cmp -s help manual || fail "the keys of expressions(1): $(diff help manual)"
cut -d' ' -f1 help >names
sed -n 's/^| `\([A-Za-z+-]*\)` | .*/\1/p' "$source_dir/docs/live.md" | sed -n '/^q$/,/^h$/p' >live
cmp -s names live || fail "the keys of docs/live.md: $(diff names live)"
pictures=$("$expressions" --help | sed -n 's/^Over a picture.*: //p')
[ -n "$pictures" ] || fail "--help names no keys over a picture"
grep -qxF ".B $pictures" "$pages/expressions.1.in" || fail "expressions(1) has other keys over a picture than $pictures"
grep -qF " key than $pictures ends" "$source_dir/docs/live.md" ||
    fail "docs/live.md has other keys over a picture than $pictures"

# --- Exit statuses: error.c, help, manual and docs/live.md name the same
sed -n '/int statuses/,/};/p' "$source_dir/src/base/error.c" | grep -o '= [0-9]' | tr -dc '0-9\n' | sort -u >made
"$expressions" --help | sed -n '/^Exit status/,/^$/p' | grep -o '[0-9] ' | tr -d ' ' >help
sed -n '/^\.SH EXIT STATUS/,/^\.SH FILES/s/^\.B \([0-9]\)$/\1/p' "$pages/expressions.1.in" >manual
sed -n 's/^| \([0-9]\) | .*/\1/p' "$source_dir/docs/live.md" >live
for where in help manual live; do
    [ -s made ] && cmp -s made $where || fail "exit statuses, $where: $(diff made $where)"
done

cat "$source_dir"/include/*.h | sed -n '/EXPRESSIONS_API/,/;/p' |
    grep -o 'expressions_[a-z_]*(' | tr -d '(' | sort >declared
grep -A1 '^\.TP' "$pages/libexpressions.3.in" | grep -o 'expressions_[a-z_]*' | sort >manual
[ -s declared ] && cmp -s declared manual || fail "libexpressions(3): $(diff declared manual)"

# --- README.md's line of JSON has the form of the program's
form()
{
    tr -d ' \n' | sed 's/"clock":"[^"]*",//; s/:"[^"]*"/:""/g; s/[0-9]/0/g; s/\([,:[]\)0*0/\10/g'
}
"$expressions" --demo --headless --json --max-frames 1 2>/dev/null | form >line
sed -n '/^    {"source"/,/^$/p' "$source_dir/README.md" | form >manual
[ -s line ] && cmp -s line manual || fail "README.md's line of JSON: $(cat manual), not $(cat line)"

# --- The models: --model-info, the card and the README say one figure
column=3
for model in expressions fer2013; do
    "$expressions" --model-info --model "$source_dir/models/$model.safetensors" | sed -n 's/^accuracy *//p' >noted
    for truth in label majority; do
        sed -n "s/.*by FER[^|]*$truth |/|/p" "$source_dir/models/README.md" | head -n 1 | cut -d'|' -f$((column - 1)) |
            tr -d ' *' >card
        sed -n "s/.*\(^\|, \)\([0-9.]* %\) by [^,]*$truth,.*/\2/p" noted | tr -d ' ' >info
        [ -s info ] && cmp -s info card ||
            fail "$model, by $truth: --model-info $(cat info), models/README.md $(cat card)"
    done
    column=$((column + 1))
done

grep -q "$("$expressions" --model-info --model "$source_dir/models/expressions.safetensors" |
    sed -n "s/^accuracy.* \([0-9.]* %\) by FER+.*/\1/p")" "$source_dir/README.md" ||
    fail "README.md has not the figure of --model-info"

cd "$source_dir" || exit 1
# --- README.md's figure has all rooms
for room in src/*/; do
    grep -q "^    .*${room%/}\>" README.md || fail "README.md's figure has no ${room%/}"
done

# --- What the texts link to is there, and so is the heading
for text in *.md docs/*.md models/*.md tests/*.md datasets/*.md; do
    grep -o '](\([^)]*\))\|src="[^"]*"' "$text" | sed 's/^](//; s/)$//; s/^src="//; s/"$//' | grep -v '^http' >"$work/links"
    while IFS='#' read -r file anchor; do
        target=$(dirname "$text")/$file
        [ -n "$file" ] || target=$text
        [ -e "$target" ] || fail "$text links to $file, which is not there"
        [ -z "$anchor" ] || sed -n 's/^##* //p' "$target" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-' | grep -qx -- "$anchor" ||
            fail "$text links to #$anchor, which $target has not"
    done <"$work/links"
done
cd "$work" || exit 1

# --- Completion
if command -v bash >/dev/null; then
    for program in "$expressions" "$train_fer"; do
        "$program" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u >help
        bash -c '. "$1"; _expressions "$2" -- ""; printf "%s\n" "${COMPREPLY[@]}"' \
            bash "$pages/expressions.bash" "$program" | sort -u >completed
        cmp -s help completed || fail "completion of $program: $(diff help completed)"
    done
    # bash_completes OPTION WORD EXPECTED: what it offers train_fer for a value that begins with WORD.
    bash_completes()
    {
        values=$(bash -c '. "$1"; _expressions "$2" "$3" "$4" 2>/dev/null; echo "${COMPREPLY[@]}"' \
            bash "$pages/expressions.bash" "$train_fer" "$2" "$1")
        [ "$values" = "$3" ] || fail "completion of $1 $2: $values"
    }
    mkdir files
    cd files || exit 1
    : >model.onnx
    bash_completes --optimizer s sgd
    bash_completes --prior '' 'uniform training'
    bash_completes --resume m model.onnx
    bash_completes --seed '' ''
    bash_completes --json '' ''
    cd ..
fi
if command -v zsh >/dev/null; then
    # zsh_completes WORD...: what it offers for the last of them.
    zsh_completes()
    {
        zsh -f -c 'compadd() { print -l -- "${(@P)2}"; }; _values() { echo "$*"; }
            read_in() { . "$1"; }; file=$1; shift; words=("$@"); CURRENT=$#; read_in "$file"' \
            zsh "$pages/_expressions" "$@" 2>&1
    }
    for program in "$expressions" "$train_fer"; do
        "$program" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u >help
        zsh_completes "$program" -- >completed
        cmp -s help completed || fail "zsh: completion of $program: $(diff help completed)"
    done
    values=$(zsh_completes "$train_fer" --optimizer s)
    [ "$values" = "value sgd momentum adamw" ] || fail "zsh: completion of --optimizer: $values"
fi

[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
