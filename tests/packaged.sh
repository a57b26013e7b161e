#!/bin/sh
# What a user does with the installed packages, on a system that has nothing else: each output, Python,
# and, where there is Xvfb, the window. Run as root on a system that may be thrown away; see .ci/release.
# Usage: packaged.sh
set -eu
cd "$(mktemp -d)"

fail()
{
    echo "FAILED: $*"
    exit 1
}

demo()
{
    expressions --demo --headless --quiet --max-frames "$@"
}

# --- Every output, from one run
demo 60 --json --csv table.csv --report report --output copy.mp4 --osc 127.0.0.1:9000 >lines
[ "$(grep -c '"faces":\[{' lines)" -ge 50 ] || fail "faces in $(wc -l <lines) lines: $(head -c 500 lines)"
[ "$(wc -l <table.csv)" -ge 50 ] || fail "table.csv: $(head -n 3 table.csv)"
for file in copy.mp4 report/timeline.csv report/summary.csv report/timeline.png; do
    [ -s "$file" ] || fail "no $file"
done
expressions --video copy.mp4 --headless --quiet --json | grep -q '"faces":\[{' || fail "copy.mp4 shows no face"
demo 5 --lsl mood 2>err >lines && fail "--lsl without liblsl"
grep -q liblsl err || fail "--lsl without liblsl: $(cat err)"

# --- The server and its page, events, and the end
expressions --demo --headless --quiet --max-frames 100000 --serve 8765 2>told >lines &
program=$!
python3 - <<'END' || fail "--serve: $(cat told)"
import time, urllib.request
for attempt in range(100):
    try:
        page = urllib.request.urlopen("http://127.0.0.1:8765/", timeout=10).read()
        break
    except OSError:
        time.sleep(0.2)
assert b"<title>" in page, page[:200]
events = urllib.request.urlopen("http://127.0.0.1:8765/events", timeout=10)
while not events.readline().startswith(b"data: {"):
    pass
END
kill -INT $program
wait $program || fail "--serve: status $?"

# --- Python
python3 - <<'END' || fail "python3-expressions"
import expressions, numpy
assert expressions.Recognizer().recognize(numpy.full((64, 64), 90, numpy.uint8)) == []
assert any(frame.faces for frame in expressions.video("copy.mp4"))
END

# --- Both models, and the trainer
for model in expressions fer2013; do
    expressions --model-info --model "/usr/share/expressions/models/$model.safetensors" | grep -q '^accuracy' ||
        fail "no $model"
done
train_fer --help | grep -q -e --evaluate || fail "train_fer"

# --- The window
if command -v xvfb-run >/dev/null && command -v xauth >/dev/null; then
    xvfb-run --auto-servernum expressions --demo --quiet --max-frames 30 >lines || fail "the window: status $?"
fi
echo "all as expected"
