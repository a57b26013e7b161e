#!/bin/sh
# Runs the harnesses one after the other from the seeds and from what earlier runs kept; a broken
# promise, a leak, a hang or too much memory ends it. What is found belongs into tests/fuzz/found/.
# Usage: run.sh BUILD_DIR LIMIT [HARNESS...], LIMIT such as -max_total_time=5 or -runs=10000000
set -u
build=$1 limit=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd) || exit 1
programs=$build/tests/fuzz
corpora=$build/corpora
mkdir -p "$corpora" "$build/found" || exit 1
corpora=$(cd "$corpora" && pwd) programs=$(cd "$programs" && pwd) found=$(cd "$build/found" && pwd)
"$programs/make_seeds" "$programs/seeds" || exit 1
export OPENBLAS_NUM_THREADS=1
export ASAN_OPTIONS=quarantine_size_mb=16:allocator_may_return_null=1:detect_leaks=1
failures=0

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

[ $# -gt 0 ] || set -- model checkpoint fer2013 votes idx folders picture cascade expressions_options \
    train_options results crop
for name; do
    printf '\n-- %s\n' "$name"
    mkdir -p "$corpora/$name" "$here/found/$name"
    if ! "$programs/fuzz_$name" "$limit" -max_len="$(longest "$name")" -timeout=10 \
        -rss_limit_mb=2048 -malloc_limit_mb=1024 -print_final_stats=1 -verbosity=1 \
        -artifact_prefix="$found/$name-" \
        "$corpora/$name" "$programs/seeds/$name" "$here/found/$name" >"$corpora/$name.log" 2>&1; then
        echo "FAILED: $name"
        failures=$((failures + 1))
        tail -n 60 "$corpora/$name.log"
    fi
    grep -E '^#[0-9]+.*(DONE|INITED)|^stat::(number_of|average|peak)' "$corpora/$name.log"
done
[ "$failures" -eq 0 ] && printf '\nall as expected\n'
exit "$((failures > 0))"
