#!/bin/sh
# Films as they really are, made here by ffmpeg: their own times, packets that are broken, ends that
# are missing, pixels that are not square.
# Usage: films.sh PROGRAM MAKE_PICTURES SOURCE_DIR
set -u
make_pictures=$2
source_dir=$3
command -v ffmpeg >/dev/null || { echo "skipped: there is no ffmpeg"; exit 77; }
command -v jq >/dev/null || { echo "skipped: there is no jq"; exit 77; }
[ -f "$source_dir/models/expressions.safetensors" ] || { echo "skipped: no model"; exit 77; }
work=$(mktemp -d) || exit 1
server=
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
cp "$1" "$work/expressions" && ln -s "$source_dir/models" "$work" || exit 1
cd "$work" || exit 1
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER
"$make_pictures" . || exit 1
failures=0

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# run STATUS ARGUMENT...: the program, which has to end with this status.
run()
{
    expected=$1
    shift
    timeout 120 ./expressions --headless "$@" >out 2>err </dev/null
    got=$?
    [ "$got" -eq "$expected" ] || fail "$*: status $got, not $expected: $(cat err)"
}

# make NAME OPTION...: a film of the face, by ffmpeg.
make()
{
    name=$1
    shift
    ffmpeg -v error -y -loop 1 -framerate 25 -i face.png "$@" "$name" </dev/null ||
        fail "ffmpeg cannot make $name"
}

# The times of a film's frames, by ffprobe, from the first one on.
film_times()
{
    ffprobe -v error -select_streams v -show_entries frame=best_effort_timestamp_time -of csv=p=0 "$1" |
        tr -d , | awk 'NF { if (!n++) first = $1; printf "%.6f\n", $1 - first }'
}

# same_times WHAT A B: two lists that differ by a millisecond at most.
same_times()
{
    paste "$2" "$3" | awk 'NF != 2 || $1 - $2 > 0.00101 || $2 - $1 > 0.00101 { bad = 1; print }
        END { exit bad || NR == 0 }' >differ || fail "$1: other times: $(head -n 5 differ)"
}

seconds()
{
    ffprobe -v error -show_entries format=duration -of csv=p=0 "$1"
}

# close_to WHAT A B: two numbers that differ by a frame at most.
close_to()
{
    awk -v a="$2" -v b="$3" 'BEGIN { exit !(a - b < 0.05 && b - a < 0.05 && a != "" && b != "") }' ||
        fail "$1: $2, not $3"
}

rises()
{
    awk '$1 != $1 + 0 || $1 < last { exit 1 } { last = $1 }' "$1" || fail "$2: time runs backwards"
}

# --- Time is the film's own: quick at first, then one frame a second, then quick again
uneven='setpts=(if(lt(N\,20)\,N*0.02\,if(lt(N\,25)\,0.4+(N-20)\,5.4+(N-25)*0.05)))/TB'
for name in uneven.mp4 uneven.mkv uneven.webm uneven.ts; do
    case $name in
    *.webm) codec=libvpx ;;
    *) codec=libx264 ;;
    esac
    make $name -frames:v 40 -vf "$uneven" -vsync vfr -enc_time_base 1/1000 -c:v $codec -pix_fmt yuv420p
    run 0 --json --video $name
    film_times $name >expected
    jq .time out >got
    [ "$(wc -l <got)" -eq 40 ] || fail "$name: $(wc -l <got) frames"
    same_times $name expected got
    rises got $name
done
run 0 --video uneven.mp4 --csv table.csv
awk -F, 'NR > 1 { print $3 }' table.csv >got
film_times uneven.mp4 >expected
same_times "the table" expected got
run 0 --video uneven.mp4
grep -q '^face 1, 6\.1 s' out || fail "a face that is there for 6.12 s: $(tail -n 2 out)"

# A copy keeps the times, and lasts as long; with sound, too
for copy in copy.mp4 copy.mkv copy.webm; do
    run 0 --video uneven.mp4 --output $copy --json
    film_times uneven.mp4 >expected
    film_times $copy >got
    same_times $copy expected got
    close_to "$copy lasts" "$(seconds $copy)" "$(seconds uneven.mp4)"
done
run 0 --video uneven.mp4 --output copy.avi --json
close_to "copy.avi lasts" "$(seconds copy.avi)" "$(seconds uneven.mp4)"
make sound.mp4 -f lavfi -i 'aevalsrc=0.5*sin(880*t)*between(t\,3\,4):d=6.4' -t 6.4 -vf "$uneven" -vsync vfr \
    -enc_time_base 1/1000 -c:v libx264 -pix_fmt yuv420p -c:a aac
for copy in sound-copy.mp4 sound-copy.mkv sound-copy.webm sound-copy.avi; do
    run 0 --video sound.mp4 --output $copy --json
    [ "$(ffprobe -v error -show_entries stream=codec_type -of csv=p=0 $copy | sort | tr '\n' ' ')" = "audio video " ] ||
        fail "$copy: not picture and sound"
    close_to "$copy lasts" "$(seconds $copy)" "$(seconds sound.mp4)"
    # The tone is heard when it was.
    ffmpeg -v info -i $copy -af silencedetect=noise=-30dB:d=0.5 -f null - 2>&1 </dev/null |
        sed -n 's/.*silence_end: \([0-9.]*\).*/\1/p' | head -n 1 >begin
    close_to "$copy: the tone" "$(cat begin)" 3.0
done
# Sound that begins before the pictures, in a film that does not begin at 0
ffmpeg -v error -y -itsoffset 1 -loop 1 -framerate 25 -i face.png -f lavfi \
    -i 'aevalsrc=0.5*sin(880*t)*between(t\,2\,2.5):d=4' -t 4 -c:v libx264 -pix_fmt yuv420p -c:a aac late.mkv </dev/null
run 0 --video late.mkv --output late-copy.mp4 --json
[ "$(head -n 1 out | jq .time)" = 0 ] || fail "late.mkv: the first time: $(head -n 1 out)"
ffmpeg -v info -i late-copy.mp4 -af silencedetect=noise=-30dB:d=0.5 -f null - 2>&1 </dev/null |
    sed -n 's/.*silence_end: \([0-9.]*\).*/\1/p' | head -n 1 >begin
close_to "late.mkv: the tone" "$(cat begin)" 1.0

# Two recordings one after the other, the second of which begins at 0 again: time goes on
make one.ts -t 1 -c:v mpeg2video
cat one.ts one.ts >two.ts
run 0 --json --video two.ts
jq .time out >got
rises got two.ts
[ "$(wc -l <got)" -ge 49 ] || fail "two.ts: $(wc -l <got) frames"
awk 'END { exit !($1 > 1.8 && $1 < 2.2) }' got || fail "two.ts ends at $(tail -n 1 got)"

# --- Every frame, or a word: packet 5 of a film is garbage
make broken.avi -frames:v 25 -c:v mjpeg -q:v 3
grep -abo 00dc broken.avi | sed -n 6p | cut -d: -f1 >offset
head -c 3000 /dev/zero | dd of=broken.avi bs=1 seek=$(($(cat offset) + 8)) conv=notrunc status=none
run 0 --json --video broken.avi
[ "$(wc -l <out)" -eq 24 ] || fail "broken.avi: $(wc -l <out) frames"
grep -q "broken.avi: 1 frame could not be decoded and is left out" err || fail "broken.avi: $(cat err)"

# A film that is cut short: what is there is reported, and told
make whole.mp4 -t 4 -c:v libx264 -g 5 -pix_fmt yuv420p -movflags +faststart
make whole.mkv -t 4 -c:v libx264 -g 5 -pix_fmt yuv420p
make whole.avi -t 4 -c:v mjpeg -q:v 3
for name in whole.mp4 whole.mkv whole.avi; do
    run 0 --json --video $name
    [ ! -s err ] || fail "$name: $(cat err)"
    head -c $(($(stat -c %s $name) * 6 / 10)) $name >cut-$name
    run 1 --json --video cut-$name
    grep -q "cut-$name: ends too early: [0-9.]*\( of 4.0\)* s could be read" err || fail "cut-$name: $(cat err)"
    [ "$(wc -l <out)" -ge 20 ] && [ "$(wc -l <out)" -lt 90 ] || fail "cut-$name: $(wc -l <out) frames"
done
run 1 --video cut-whole.mp4 --report report --output cut-copy.mp4
grep -q '^face 1, ' out || fail "a cut film: no summary: $(cat out)"
[ -s report/summary.csv ] || fail "a cut film: no report"
run 0 --video cut-copy.mp4
# Sound that goes on after the pictures is no cut
ffmpeg -v error -y -loop 1 -framerate 25 -t 1 -i face.png -f lavfi -i sine=d=4 -c:v libx264 \
    -pix_fmt yuv420p -c:a aac long-sound.mkv </dev/null
for name in long-sound.mkv long-sound.mp4; do
    [ -e $name ] || ffmpeg -v error -i long-sound.mkv -c copy $name </dev/null
    run 0 --json --video $name --output long-copy.mp4
    [ ! -s err ] || fail "$name: $(cat err)"
    close_to "a copy of $name" "$(seconds long-copy.mp4)" "$(seconds $name)"
done

# --- Pixels as they are shown: 64:45 as in PAL, upright faces in a film that lies on its side
make pal.mp4 -frames:v 10 -vf scale=450:480,setsar=64/45 -c:v libx264 -pix_fmt yuv420p
run 0 --json --video pal.mp4 --output pal-copy.mp4
[ "$(grep -c '"width":640,"height":480,"faces":\[{"id":1,' out)" -eq 10 ] || fail "pal.mp4: $(tail -n 1 out)"
ffprobe -v error -select_streams v -show_entries stream=width,height,sample_aspect_ratio -of csv=p=0 pal-copy.mp4 >got
grep -q '^640,480,\(1:1\|N/A\)' got || fail "pal-copy.mp4: $(cat got)"

[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
