#!/bin/sh
# Runs the harnesses, as many at once as there are processors, from the seeds and from what earlier runs
# kept; a broken promise, a leak, a hang or too much memory ends one. What is found belongs into
# tests/fuzz/found/.
# Usage: run.sh BUILD_DIR LIMIT [HARNESS...], LIMIT such as -max_total_time=5 or -runs=10000000
set -u
build=$1 limit=$2
shift 2
CDPATH=''
here=$(cd "$(dirname "$0")" && pwd) || exit 1
programs=$build/tests/fuzz
corpora=$build/corpora
mkdir -p "$corpora" "$build/found" || exit 1
corpora=$(cd "$corpora" && pwd) programs=$(cd "$programs" && pwd) found=$(cd "$build/found" && pwd)
"$programs/make_seeds" "$programs/seeds" || exit 1
export OPENBLAS_NUM_THREADS=1
export ASAN_OPTIONS=quarantine_size_mb=16:allocator_may_return_null=1:detect_leaks=1
# The longest input: room for a few of what the reader reads, no more.
longest()
{
    case $1 in
    model | checkpoint) echo 12000 ;;
    fer2013 | picture | folders) echo 6000 ;;
    crop | expressions_options | train_options) echo 300 ;;
    *) echo 1000 ;;
    esac
}

# fuzz NAME: what it has to say goes beside its corpus.
fuzz()
{
    mkdir -p "$corpora/$1" "$here/found/$1"
    "$programs/fuzz_$1" "$limit" -max_len="$(longest "$1")" -timeout=10 \
        -rss_limit_mb=2048 -malloc_limit_mb=1024 -print_final_stats=1 -verbosity=1 \
        -artifact_prefix="$found/$1-" \
        "$corpora/$1" "$programs/seeds/$1" "$here/found/$1" >"$corpora/$1.log" 2>&1
}

[ $# -gt 0 ] || set -- model checkpoint fer2013 votes idx folders picture cascade expressions_options \
    train_options results crop
at_once=$(getconf _NPROCESSORS_ONLN)
failures=0
while [ $# -gt 0 ]; do
    running=
    for name; do
        fuzz "$name" &
        running="$running $!:$name"
        shift
        [ "$(echo "$running" | wc -w)" -lt "$at_once" ] || break
    done
    for one in $running; do
        name=${one#*:}
        wait "${one%%:*}"
        status=$?
        printf '\n-- %s\n' "$name"
        if [ $status -ne 0 ]; then
            echo "FAILED: $name"
            failures=$((failures + 1))
            tail -n 60 "$corpora/$name.log"
        fi
        grep -E '^#[0-9]+.*(DONE|INITED)|^stat::(number_of|average|peak)' "$corpora/$name.log"
    done
done
[ "$failures" -eq 0 ] && printf '\nall as expected\n'
exit "$((failures > 0))"
