#!/bin/sh
# A long film as phones and screen recorders write them, made by ffmpeg: 720p, frames unevenly spaced,
# sound, one broken packet a minute. It goes through the program to JSON and an annotated copy; the
# times must be ffprobe's to a millisecond, and nothing may be lost but what is broken.
# Usage: film.sh PROGRAM PICTURE [MINUTES [RATE]]; RATE: frames a second on average. The whole run:
#     tests/bench/film.sh ./expressions face.png 60 25
set -eu
program=$(realpath "$1")
picture=$(realpath "$2")
minutes=${3:-1}
rate=${4:-25}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

frames=$((minutes * 60 * rate))
# Each second's frames come in its first three quarters.
ffmpeg -v error -loop 1 -framerate "$rate" -i "$picture" -f lavfi -i "sine=frequency=440:duration=$((minutes * 60))" \
    -frames:v $frames -vf "scale=1280:720,settb=1/90000,setpts=(floor(N/$rate)+0.75*mod(N\\,$rate)/$rate)/TB" -vsync vfr \
    -enc_time_base 1/90000 -c:v libx264 -preset ultrafast -tune stillimage -g $((rate * 2)) -bf 0 -pix_fmt yuv420p \
    -c:a aac whole.mkv </dev/null
# One packet a minute, no key frame, is noise from its first byte on.
ffmpeg -v error -i whole.mkv -c copy -bsf:v "noise=amount=if(eq(mod(n\\,$((rate * 60)))\\,$((rate * 30 + 1)))\\,1\\,0)" \
    film.mkv </dev/null
rm whole.mkv

begin=$(date +%s)
"$program" --headless --json --video film.mkv --output copy.mp4 >lines 2>err
echo "$minutes minutes, $frames frames: $(($(date +%s) - begin)) s; $(cat err)"

sed 's/.*"time":\([0-9.]*\),.*/\1/' lines >got
frame_times()
{
    ffprobe -v quiet -select_streams v -show_entries frame=best_effort_timestamp_time -of csv=p=0 "$1" |
        tr -d , | awk 'NF { if (!n++) first = $1; printf "%.6f\n", $1 - first }'
}
frame_times film.mkv >film
frame_times copy.mp4 >copy
length()
{
    ffprobe -v error -show_entries format=duration -of csv=p=0 "$1"
}
paste got film copy | awk -v frames=$frames -v minutes="$minutes" '
    function far(a, b) { return a - b > 0.00101 || b - a > 0.00101 }
    NF != 3 || far($1, $2) || far($1, $3) { print "differs: " $0; bad++ }
    END { printf "%d frames of %d, %d at other times\n", NR, frames, bad; exit bad > 0 || NR < frames - 2 * minutes }'
echo "the film lasts $(length film.mkv) s, its copy $(length copy.mp4) s"
