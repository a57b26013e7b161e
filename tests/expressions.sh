#!/bin/sh
# expressions from the outside, without a window: results, exit statuses, messages, bad input.
# Usage: expressions.sh PROGRAM PICTURES SOURCE_DIR
program=$1
pictures=$2
source_dir=$3
model=$source_dir/models/expressions.safetensors
. "$source_dir/tests/script_tools.sh"

# expect STATUS TEXT ARGUMENT...: the exit status, and TEXT in what it prints.
expect()
{
    status=$1 text=$2
    shift 2
    ./expressions "$@" >out 2>err </dev/null
    got=$?
    [ "$got" -eq "$status" ] || fail "$*: status $got, not $status: $(cat err)"
    [ -z "$text" ] || grep -qF -e "$text" out err || fail "$*: no \"$text\" in: $(cat out err)"
}

# The same for a failure: nothing on stdout, one line on stderr.
expect_error()
{
    expect "$@"
    shift 2
    [ -s out ] && fail "$*: printed results: $(cat out)"
    [ "$(wc -l <err)" -eq 1 ] || fail "$*: not one line on stderr: $(cat err)"
}

expect_lines()
{
    [ "$(wc -l <out)" -eq "$1" ] || fail "$1 lines expected: $(wc -l <out)"
}

# await_lines COUNT: until the running program has printed so many.
await_lines()
{
    while [ "$(wc -l <out)" -lt "$1" ] && kill -0 "$running" 2>/dev/null; do
        sleep 0.2
    done
}

# --- Stills
expect 0 "face.png: " --image face.png --headless
grep -q '(box [0-9]*,[0-9]* [0-9]*x[0-9]*)' out || fail "no box: $(cat out)"
expect 0 "no display" --image face.png
expect 0 '{"source":"face.png","frame":0,"time":0.000,"width":640,"height":480,"faces":[{"id":1,"box":[' \
    --image face.png --headless --json
[ -s err ] && fail "stderr: $(cat err)"
number='[01]\.[0-9]*'
grep -q "\"emotions\":{\"angry\":$number,\"disgust\":$number,\"fear\":$number,\"happy\":$number,\"sad\":$number,\"surprise\":$number,\"neutral\":$number}}\]}\$" out ||
    fail "emotions: $(cat out)"
grep -Eq '"emotion":"([a-z]+)","label":"(\1|uncertain)","confidence":' out || fail "label: $(cat out)"
sum=$(sed 's/.*"emotions"//; s/[^0-9.,]//g' out | awk -F, '{ for (i = 1; i <= 7; i++) s += $i; print (s > 0.999 && s < 1.001) }')
[ "$sum" = 1 ] || fail "probabilities: $(cat out)"
expect 3 "" --image blank.png dot.png --headless --json
expect_lines 2
expect 0 "" --image blank.png face.png --headless --json
expect_lines 2

# --- Annotated copies
expect 0 "" --image face.png --output copy.jpg --headless
[ -s copy.jpg ] || fail "no copy.jpg"
expect 0 "" --image face.png blank.png --output copies --headless
[ -s copies/face.png ] && [ -s copies/blank.png ] || fail "copies: $(ls copies)"
cmp -s copies/blank.png copies/face.png && fail "copies are the same"
mkdir folder && cp face.png folder && echo text >folder/notes.txt
expect 0 "folder/face.png" --image folder --output copies2 --headless
[ "$(ls copies2)" = face.png ] || fail "copies2: $(ls copies2)"
grep -qF 'skipped in folders, not pictures by their names: notes.txt (1)' err ||
    fail "what was passed over in a folder is not told: $(cat err)"
mkdir mixed && cp face.png mixed && echo text >mixed/notes.txt && mkdir mixed/more &&
    touch mixed/Thumbs.db mixed/.DS_Store && printf 'GIF89a......' >mixed/moves.gif
expect 1 "mixed/moves.gif: a GIF, which is read as a film; name it with --video" --image mixed --headless --json
expect_lines 1
grep -qF 'names: more, notes.txt (2)' err || fail "passed over: $(cat err)"
expect_error 2 "copy.nonsense: not a picture extension" --image face.png --output copy.nonsense --headless
cp face.png same.png
expect 1 "same.png: is already an input or output" --image same.png --output same.png --headless
cmp -s face.png same.png || fail "the input was overwritten"
expect 1 "no/copy.png" --image face.png --output no/copy.png --headless

# --- Labels over time
expect 0 '"label":"' --demo --headless --json --max-frames 5 --adapt on
expect_error 2 "--adapt takes off or on" --demo --headless --adapt maybe

# --- Tables
expect 0 "" --image face.png blank.png --headless --csv stills.csv
[ "$(wc -l <stills.csv)" -eq 2 ] || fail "stills.csv: $(cat stills.csv)"
expect 0 "" --demo --headless --max-frames 40 --csv demo.csv
[ "$(awk -F, 'NF == 29 && $1 == "\"demo\"" && $6 == 1' demo.csv | wc -l)" -eq 40 ] || fail "demo.csv"
cp face.png table.png
for by in table.png ./table.png linked.png "$work/table.png"; do
    ln -sf table.png linked.png
    expect_error 1 "$by: is already an input or output" --image table.png --headless --csv "$by"
    cmp -s face.png table.png || fail "the table was written over the picture"
done
cp "$model" own.safetensors
expect_error 1 "own.safetensors: is already" --image face.png --model own.safetensors --csv own.safetensors
cmp -s "$model" own.safetensors || fail "the table was written over the model"
cp folder/face.png table.png
expect_error 1 "folder/face.png: is already" --image folder --headless --csv folder/face.png
mkdir others && cp face.png others/a.bin && cp blank.png others/a.png
expect 1 "others/a.png: is already" --image others/a.bin others/a.png --output others --headless
cmp -s blank.png others/a.png || fail "a copy was written over an input"
cp face.png copied.png.expressions-0
expect 0 "" --image copied.png.expressions-0 --headless --output copied.png
cmp -s face.png copied.png.expressions-0 || fail "an input named like a temporary file is lost"
mkdir pair pair-copies && cp face.png pair/a.png && cp blank.png pair/b.png
for link in -s -sf -f; do
    [ "$link" = -s ] || cp blank.png pair-copies/b.png
    ln "$link" "$([ "$link" = -f ] && echo pair-copies/)b.png" pair-copies/a.png
    expect 1 "pair-copies/b.png: is already an input or output" --image pair --output pair-copies --headless
done
cmp -s blank.png pair-copies/b.png || fail "a copy was written although another one leads to it"
mkdir twice && cp face.png twice/a.png
expect_error 2 "others/a.bin and twice/a.png would get the same output name" --image others/a.bin twice/a.png --output none --headless
[ ! -e none ] || fail "a folder was made for copies that cannot be"
./expressions --image face.png --headless --json --csv both.jsonl >both.jsonl 2>err &&
    fail "a table over the lines of standard output"
grep -q "is already an input or output" err || fail "one file for two: $(cat err)"
expect_error 1 "new.mkv: is already" --demo --headless --csv new.mkv --output ./new.mkv
grep -q "^source," new.mkv || fail "the table is gone"
# A run that fails before its first frame leaves an earlier table as it was.
mkdir folder.mp4 && ln -s missing/new.mp4 astray.mp4 && ln -s circle.mp4 circle.mp4 || exit 1
for by in "--demo --output folder.mp4" "--demo --output astray.mp4" "--demo --output circle.mp4" "--demo --output new.nonsense" "--demo --output missing/new.mp4" "--demo --output kept.csv" "--demo --report face.png" \
    "--demo --serve 99999" "--demo --osc nowhere" "--image missing.jpg" "--image face.png --output new.nonsense" \
    "--video missing.mp4 --video blank.png"; do
    echo earlier >kept.csv
    ./expressions $by --headless --csv kept.csv >out 2>err && fail "$by: status 0"
    [ "$(cat kept.csv)" = earlier ] || fail "$by: the earlier table is lost: $(cat err)"
done
for by in "--json --csv kept.csv" "--csv /dev/stdout"; do
    ./expressions --image face.png --headless $by >>kept.csv 2>err && fail "$by: status 0"
    [ "$(cat kept.csv)" = earlier ] || fail "$by: the earlier table is lost: $(cat err)"
done
expect 3 "" --image blank.png --headless --csv kept.csv
[ "$(cut -c 1-13 kept.csv)" = source,frame, ] || fail "a table without a face: $(cat kept.csv)"
ln -s led-to.mp4 leads.mp4 && ln -s leads.mp4 leads-on.mp4
expect 0 "" --demo --headless --max-frames 3 --output leads-on.mp4
[ -s led-to.mp4 ] || fail "a link that leads to no file yet is not followed"
null=/dev/null
! mknod null c 1 3 2>err || ! true 2>err >null || null=null
expect 0 "" --image face.png --headless --csv $null --output copy.png
expect_error 1 "no/table.csv" --demo --headless --csv no/table.csv

# --- Bad pictures: each is named in one line, the others are done
: >empty.png
head -c 2000 face.png >cut.png
echo hello >text.jpg
mkdir none
printf 'P4\n20000 20000\n' >huge.pbm
head -c 50000000 /dev/zero >>huge.pbm
for bad in empty.png cut.png text.jpg missing.jpg none huge.pbm; do
    expect_error 1 "$bad" --image "$bad" --headless --json
    expect 1 '"source":"face.png"' --image "$bad" face.png --headless --json
    expect_lines 1
    expect_error 1 "$bad" --image "$bad" --output "from-$bad.png" --headless
    [ -e "from-$bad.png" ] && fail "left from-$bad.png"
done

# --- Several at once: the same bytes in the same order, whatever takes long and whatever fails
set --
for _ in 1 2 3; do
    set -- "$@" face.png dot.png cut.png blank.png missing.jpg text.jpg folder
done
for threads in 1 4; do
    ./expressions --threads $threads --headless --json --csv many$threads.csv --image "$@" \
        >many$threads.out 2>many$threads.err
    echo $? >>many$threads.out
done
for kind in out err csv; do
    cmp many1.$kind many4.$kind || fail "--threads 4 says something else: $(diff many1.$kind many4.$kind)"
done
[ "$(wc -l <many4.out)" -eq 13 ] && [ "$(tail -n 1 many4.out)" = 1 ] || fail "--threads 4: $(cat many4.out)"
mkdir many && for i in 1 2 3 4 5 6 7; do cp face.png many/$i.png && cp dot.png many/$i-dot.png; done
for threads in 1 4; do
    expect 0 "" --threads $threads --headless --image many --output copies-of-$threads
done
diff -r copies-of-1 copies-of-4 || fail "copies of --threads 4 are others"
expect 0 "" --threads 4 --headless --json --image many --max-frames 5
expect_lines 5
expect_error 2 "--threads takes a whole number from 1 to 64" --threads 0 --image face.png
# Stopped, they end with what was told until then
set --
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    set -- "$@" many
done
./expressions --threads 4 --headless --json --image "$@" >out 2>err &
running=$!
await_lines 6
kill -TERM $running
wait $running
got=$?
[ $got -eq 0 ] || fail "pictures that were stopped: status $got: $(cat err)"
[ "$(wc -l <out)" -lt 280 ] || fail "pictures went on behind SIGTERM"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    ls many/*
done >order
sed 's/{"source":"\([^"]*\)".*/\1/' out | cmp - order 2>&1 | grep -q "EOF on -" ||
    fail "pictures that were stopped are not the first: $(head -n 3 out)"

# --- Demo and video
expect 0 "" --demo --headless --json --csv all.csv --report said
expect_lines 462
[ "$(grep -c '"faces":\[{"id":1,[^]]*\][^]]*}\]}$' out)" -eq 462 ] || fail "demo: not one face a frame"
seconds=$(sed 's/.*"label":"\([^"]*\)".*/\1/' out | uniq -c | awk 'NF == 2 && $1 >= 30 { printf "%s ", $2 }')
[ "$seconds" = "happy surprise fear sad neutral disgust angry " ] || fail "demo: for a second each: $seconds"
grep -q '"frame":30,"time":1.000' out || fail "demo: time"
jq -r '.frame as $frame | .faces[] | ([.emotions[]] | max) as $most |
    select(.confidence != $most or .emotions[.emotion] != $most or
        .label != (if $most < 0.5 then "uncertain" else .emotion end)) | "\($frame) \(.label)"' out >other &&
    [ ! -s other ] || fail "demo: other labels than the probabilities say: $(cat other)"
jq -r '.faces[] | [.emotion, .label] | join(",")' out >named
sed 1d all.csv | cut -d , -f 12,13 | cmp - named || fail "demo: JSON and CSV name other expressions"
awk -F, 'NR == FNR { frames[$2]++; next } FNR > 1 { frames[$4] -= 30 * ($3 - $2) }
    END { for (name in frames) if (frames[name] > 0.1 || frames[name] < -0.1) print name, frames[name] }' \
    named said/timeline.csv >other
[ -s other ] && fail "demo: the report's labels are not those of the frames: $(cat other)"
expect 0 "160 frames, " --demo --max-frames 160
grep -qE ' s  [a-z]* ([5-9].|100) %$' out || fail "demo: no readable line: $(cat out)"
grep -E ' s  [a-z]* (.|[0-4].) %$' out && fail "demo: a label of less than one half is named alone"
expect 0 "" --demo --max-frames 40 --output demo.avi --json
expect_lines 40
expect 0 '"source":"demo.avi","frame":39,' --video demo.avi --headless --json
expect_lines 40
expect 0 "7 frames, " --video demo.avi --headless --max-frames 7
cp demo.avi again.avi
expect_error 1 "again.avi" --video again.avi --output again.avi --headless
cmp -s demo.avi again.avi || fail "the video was overwritten"
expect_error 2 "copy.png" --demo --output copy.png --headless
expect_error 1 "text.jpg" --video text.jpg --headless
expect_error 1 "missing.mp4" --video missing.mp4 --headless
expect_error 1 "none" --video none --headless

# --- After a video
expect 0 "face 1, " --video demo.avi --headless --report report
[ -s report/timeline.csv ] && [ -s report/summary.csv ] || fail "report: $(ls report)"
[ -s report/timeline.png ] || ! command -v gnuplot >/dev/null || fail "report: no picture"
expect_error 2 "--report" --image face.png --report report
expect_error 1 "face.png" --video demo.avi --headless --report face.png

# --- Cameras, models, command line
expect_error 4 "camera /dev/video-none: " --camera /dev/video-none --headless
grep -q 'cameras here: .*--demo' err || fail "camera: $(cat err)"
expect 0 "" --list-cameras
head -c 1000 "$model" >cut.safetensors
expect_error 6 "cut.safetensors" --demo --model cut.safetensors
expect_error 6 "missing.safetensors" --image face.png --model missing.safetensors
expect_error 6 "text.jpg" --model-info --model text.jpg
expect_error 1 "text.jpg" --demo --cascade text.jpg
expect 0 "angry, disgust, fear, happy, sad, surprise, neutral" --model-info
expect_error 2 "seven numbers above 0" --demo --prior 1,1,1
expect_error 2 "seven numbers above 0" --demo --prior 1,1,1,0,1,1,1
expect_error 2 "--help" --nonsense
expect_error 2 "unknown option -camera (did you mean --camera?)" -camera 0
expect_error 2 "unknown option -lead.jpg" --image face.png -lead.jpg
expect_error 2 "--help"
expect_error 2 "only one" --demo --camera 0
expect 0 "Usage: expressions" --help
expect 0 "" --version
sed -n 's/^project(expressions VERSION \([0-9.]*\) .*/expressions \1/p' "$source_dir/CMakeLists.txt" >version
head -n 1 out | cmp -s - version || fail "--version: $(cat out)"
sed '1d; s/^OpenCV [3-9]\.[0-9][^ ,]*, SDL 2\.[0-9.]*$/as they are/' out | grep -qx "as they are" ||
    fail "--version: $(cat out)"

# --- Signals end cleanly, with complete results; a full disk is reported
: >out
timeout --foreground -s KILL 60 ./expressions --demo --json --headless --max-frames 1000000 --output long.avi >out 2>err &
running=$!
await_lines 30
kill -INT "$running"
wait "$running"
got=$?
[ "$got" -eq 0 ] || fail "interrupted: status $got: $(cat err)"
tail -n 1 out | grep -q '}$' || fail "interrupted: the last line is not complete"
expect 0 "" --video long.avi --headless --json --max-frames 3
expect_lines 3
# A killed program leaves what it has written, where the container allows it.
: >out
"$work/expressions" --demo --json --headless --max-frames 1000000 --output killed.mkv >out 2>err &
running=$!
await_lines 150
kill -KILL "$running"
wait "$running" 2>/dev/null
expect 0 "" --video killed.mkv --headless --json --max-frames 10
expect_lines 10
if [ -c /dev/full ]; then
    ./expressions --demo --headless --json >/dev/full 2>err
    [ $? -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] || fail "full disk: $(cat err)"
    ln -s /dev/full full.csv
    expect_error 1 "full.csv: cannot be written" --demo --headless --csv full.csv
    ln -s /dev/full full.mp4
    expect 1 "" --demo --headless --max-frames 3 --output full.mp4
    [ -h full.csv ] && [ -h full.mp4 ] || fail "a device was removed"
fi

# --- Wrong values are all that is said, with no display either
for wrong in "2 --serve 80x" "1 --serve 1.2.3.4:80" "2 --osc nowhere" "2 --output copy.nonsense" \
    "1 --csv nowhere/table" "1 --report face.png/report" "6 --model nowhere" "1 --cascade nowhere"; do
    # shellcheck disable=SC2086 # three words
    set -- $wrong
    expect_error "$1" "" --demo --max-frames 2 "$2" "$3"
done
expect_error 4 "camera 99: " --camera 99
expect_error 2 "--camera needs a value" --camera ""
expect_error 1 "none.png: " --image none.png
expect_error 1 "none.avi: " --video none.avi

# --- A display that does not answer counts as none (the drawing libraries that SDL tries and leaves again leak)
ASAN_OPTIONS=detect_leaks=0 DISPLAY=:4711 ./expressions --demo --max-frames 3 >out 2>err </dev/null || fail "no display: $?"
grep -q "display cannot be reached\|no window can be opened" err || fail "no display: $(cat err)"
grep -q "3 frames" out || fail "no display: $(cat out)"

conclude
