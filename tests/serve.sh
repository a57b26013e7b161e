#!/bin/sh
# --serve: what browsers, curl and WebSocket clients get, and what they do not. The page is used in Chromium,
# where that is; its screenshots are left in SCREENSHOTS, to be looked at.
# Usage: serve.sh EXPRESSIONS PICTURES SOURCE_DIR SCREENSHOTS
program=$1
pictures=$2
source_dir=$3
screenshots=$4
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import websockets' 2>/dev/null && break
done
[ "$python" != none ] || { echo "skipped: there is no python3-websockets"; exit 77; }
"$python" -c 'import ctypes; ctypes.CDLL("libmicrohttpd.so.12")' 2>/dev/null ||
    { echo "skipped: there is no libmicrohttpd12"; exit 77; }
. "$source_dir/tests/script_tools.sh"
mkdir -p "$screenshots"
# AddressSanitizer keeps what was freed; memory is measured here.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1"
export OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
"$python" "$source_dir/tests/serve.py" "$work/expressions" "$screenshots" || fail "serve.py"
conclude
