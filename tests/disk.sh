#!/bin/sh
# A disk that is full and a folder that is read-only, for all that the programs write: one line that
# says so, status 1, and nothing but whole files. For a file system of its own it needs root or user
# namespaces.
# Usage: disk.sh TRAIN_FER EXPRESSIONS PICTURES SOURCE_DIR
set -u
if [ -z "${DISK_NAMESPACE:-}" ]; then
    unshare --user --map-root-user --mount true 2>/dev/null ||
        { echo "skipped: no file system can be mounted here"; exit 77; }
    DISK_NAMESPACE=1 exec unshare --user --map-root-user --mount sh "$0" "$@"
fi
train_fer=$1 expressions=$2 pictures=$3 source_dir=$4
[ -f "$source_dir/models/expressions.safetensors" ] || { echo "skipped: no model"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
cp "$expressions" "$work/expressions" && ln -s "$source_dir/models" "$work" &&
    cd "$work" && mkdir disk || exit 1
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER
failures=0

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# refuse WORD COMMAND...: status 1, one line on stderr with the word, and no file but `filler`.
refuse()
{
    word=$1
    shift
    timeout 120 "$@" >out 2>err </dev/null
    got=$?
    [ $got -eq 1 ] || fail "$*: status $got: $(cat err)"
    [ "$(wc -l <err)" -eq 1 ] && grep -q "$word" err || fail "$*: $(cat err)"
    left=$(find disk -type f ! -name filler)
    [ -z "$left" ] || fail "$*: left $left"
    rm -rf disk/report disk/pictures
}

# Each way to write a file, into disk/.
refuse_all()
{
    refuse "$1" "$train_fer" --data data.csv --align off --mean-faces disk/faces.png
    refuse "$1" "$train_fer" --export-onnx disk/m.onnx m.safetensors
    refuse "$1" "$train_fer" --evaluate m.safetensors --data data.csv --report disk/report
    refuse "$1" ./expressions --image face.png --headless --output disk/copy.png
    refuse "$1" ./expressions --image folder --headless --output disk/pictures
    refuse "$1" ./expressions --image face.png --headless --csv disk/table.csv
    refuse "$2" ./expressions --demo --headless --output disk/video.mp4
    refuse "$1" ./expressions --demo --headless --max-frames 3 --report disk/report
}

awk -f "$source_dir/tests/made_up.awk" >data.csv
cp "$pictures"/* . && mkdir folder && cp face.png folder || exit 1
"$train_fer" --data data.csv --align off --verifier off --features hog --hidden 8 --ferplus-share 0 --epochs 1 \
    --output m.safetensors >out 2>err || fail "a model: $(cat err)"
mount -t tmpfs -o size=64k none disk || exit 1
head -c 100000 /dev/zero >disk/filler 2>/dev/null
refuse_all "No space left" "are free there"
mount -o remount,ro disk
refuse_all "Read-only file system" "are free there\|Read-only file system"
umount disk

# A disk that fills up in the middle: a table ends with a whole line, a video can be played.
mount -t tmpfs -o size=40k none disk
./expressions --demo --headless --quiet --max-frames 2000 --csv disk/table.csv >out 2>err
[ $? -eq 1 ] && grep -q "No space left on device; free some space" err || fail "a table: $(cat err)"
[ -z "$(tail -c 1 disk/table.csv)" ] && awk -F, 'NF != 29 { exit 1 }' disk/table.csv ||
    fail "a table: a broken row: $(tail -n 1 disk/table.csv)"
umount disk
mount -t tmpfs -o size=16500k none disk
for video in disk/video.mp4 disk/video.avi disk/video.mkv disk/video.webm disk/video.gif; do
    ./expressions --demo --headless --json --max-frames 2000 --output $video >results 2>err
    [ $? -eq 1 ] && grep -q "are free there" err || fail "$video: $(cat err)"
    ./expressions --video $video --headless --json >out 2>err || fail "$video is broken: $(cat err)"
    # The last result has no frame: it did not fit. A .gif leaves out those that come too soon.
    [ ${video%.gif} != $video ] && [ -s out ] || [ $(($(wc -l <out) + 1)) -eq "$(wc -l <results)" ] ||
        fail "$video: $(wc -l <out) frames of $(wc -l <results)"
    rm $video
done
# To standard output, which may be a file there: what was written can be read
./expressions --demo --headless --max-frames 2000 --output - >disk/video.y4m 2>err
[ $? -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "No space left on device; free some space" err || fail "y4m: $(cat err)"
./expressions --video disk/video.y4m --headless --json >out 2>err
[ $? -eq 1 ] && grep -q "ends too early" err && [ -s out ] || fail "y4m, read again: $(cat err)"
# `ulimit -f` is like a full disk; it counts 512 bytes.
(ulimit -f 20; ./expressions --demo --headless --quiet --max-frames 500 --csv table.csv >/dev/null 2>err)
[ $? -eq 1 ] && grep -q "File too large; see .ulimit -f." err || fail "a table with a limit: $(cat err)"
[ -z "$(tail -c 1 table.csv)" ] && awk -F, 'NF != 29 { exit 1 }' table.csv ||
    fail "a table with a limit: a broken row: $(tail -n 1 table.csv)"
(ulimit -f 33000; ./expressions --demo --headless --max-frames 1000 --output video.mp4 >/dev/null 2>err)
[ $? -eq 1 ] && grep -q "video.mp4: .ulimit -f. allows less than 16 MB more" err || fail "a video with a limit: $(cat err)"
./expressions --video video.mp4 --headless --json >out 2>err && [ -s out ] ||
    fail "a video with a limit is broken: $(cat err)"
(ulimit -f 20; "$train_fer" --data data.csv --align off --verifier off --features hog --hidden 64 --ferplus-share 0 \
    --epochs 1 --output limited.safetensors >out 2>err)
[ $? -eq 1 ] && grep -q "limited.safetensors: .ulimit -f. allows files of 0 MB, a checkpoint needs" err ||
    fail "a training with a limit: $(cat err)"
[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
