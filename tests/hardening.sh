#!/bin/sh
# That programs and library are built to withstand what slips through.
# Usage: hardening.sh PROGRAM... LIBRARY MODULE..., the last ones called */expressions/*
set -u
command -v readelf >/dev/null || { echo "skipped: there is no readelf"; exit 77; }
failures=0

# lacks TEXT WHAT FILE ARGUMENT...: fails where readelf does not print TEXT.
lacks()
{
    text=$1 what=$2 file=$3
    shift 3
    readelf -W "$@" "$file" | grep -q -e "$text" && return
    echo "FAILED: $file: $what"
    failures=$((failures + 1))
}

# Control-flow protection cannot be seen here: Debian's own start files are without it.
for file; do
    case $file in
    *.so*) ;;
    *) lacks 'FLAGS_1.*PIE' "no PIE" "$file" -d ;;
    esac
    lacks 'Type: *DYN' "has a fixed address" "$file" -h
    lacks 'GNU_RELRO' "no RELRO" "$file" -l
    lacks 'FLAGS_1.* NOW' "symbols are bound later" "$file" -d
    lacks 'GNU_STACK.* RW  *0x' "the stack can be executed" "$file" -l
    # Of what they watch, the modules have too little: no call to fortify, one of them no array.
    case $file in
    */expressions/pictures.so) ;;
    *) lacks '__stack_chk_fail' "no stack protector" "$file" -s ;;
    esac
    case $file in
    */expressions/*.so) ;;
    *) lacks '_chk@' "no fortified function" "$file" -s ;;
    esac
    readelf -W -d "$file" | sed -n '/R.*PATH/{s/.*\[//; s/\].*//; p;}' | tr : '\n' | grep -qv '^[/$]' && {
        echo "FAILED: $file: looks for libraries in the folder that it is started in"
        failures=$((failures + 1))
    }
    readelf -W -d "$file" | grep -q TEXTREL && {
        echo "FAILED: $file: changes its own code"
        failures=$((failures + 1))
    }
done
[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
