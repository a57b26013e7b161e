#!/bin/sh
# Films as they really are, made here by ffmpeg: their own times, packets that are broken, ends that
# are missing, pixels as players show them.
# Usage: films.sh PROGRAM PICTURES SOURCE_DIR
. "$3/tests/film_tools.sh"

rises()
{
    awk '$1 != $1 + 0 || $1 < last { exit 1 } { last = $1 }' "$1" || fail "$2: time runs backwards"
}

# odd_times FILM FRAMES END: reads them all, at times that never run backwards, and ends at END.
odd_times()
{
    run 0 --json --video "$1"
    jq .time out >got
    rises got "$1"
    [ "$(wc -l <got)" -eq "$2" ] || fail "$1: $(wc -l <got) frames, not $2"
    close_to "$1: the last time" "$(tail -n 1 got)" "$3"
}

# --- Time is the film's own: quick at first, then one frame a second, then quick again
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

# Times that a player does not believe either. A film that begins before 0; MPEG's clock of 33 bits,
# which begins again after 26.5 hours; two recordings one after the other, the second of which begins
# at 0 again, or hours later; one packet, or all that follow, ten days later; no times at all.
make even.mkv -t 2 -c:v mjpeg
quietly_ffmpeg -i even.mkv -c copy -bsf:v 'setts=ts=PTS-1/TB' -avoid_negative_ts disabled early.mkv
ffprobe -v error -show_entries stream=start_time -of csv=p=0 early.mkv | grep -q '^-1' || fail "early.mkv does not begin early"
odd_times early.mkv 50 1.96
make wrapped.ts -t 2 -c:v libx264 -bf 2 -pix_fmt yuv420p -output_ts_offset 95442.717
odd_times wrapped.ts 50 1.96
make one.ts -t 1 -c:v mpeg2video
cat one.ts one.ts >again.ts
odd_times again.ts 50 1.96
make later.ts -t 1 -c:v mpeg2video -output_ts_offset 20000
cat one.ts later.ts >set.ts
odd_times set.ts 50 1.96
quietly_ffmpeg -i even.mkv -c copy -bsf:v 'setts=pts=if(eq(N\,10)\,900000/TB\,PTS):dts=DTS' absurd.nut
odd_times absurd.nut 50 1.96
quietly_ffmpeg -i even.mkv -c copy -bsf:v 'setts=ts=if(gt(N\,10)\,PTS+900000/TB\,PTS)' absurd.mkv
odd_times absurd.mkv 50 1.96
quietly_ffmpeg -i even.mkv -c copy -bsf:v 'setts=pts=if(eq(mod(N\,10)\,5)\,PTS-0.2/TB\,PTS):dts=DTS-1/TB' \
    -avoid_negative_ts disabled back.nut
odd_times back.nut 50 1.96
# By less than a step that is doubted
quietly_ffmpeg -i even.mkv -c copy -bsf:v 'setts=pts=if(eq(mod(N\,10)\,5)\,PTS-0.06/TB\,PTS):dts=DTS-1/TB' \
    -avoid_negative_ts disabled back.mkv
odd_times back.mkv 50 1.96
make none.h264 -t 2 -c:v libx264 -bf 2 -pix_fmt yuv420p
odd_times none.h264 50 1.96
# What was read of such a film is known by the frames alone.
head -c -300 none.h264 >cut-none.h264
run 1 --video cut-none.h264
grep -q "cut-none.h264: ends too early: [12]\.[0-9] s could be read" err || fail "cut-none.h264: $(cat err)"

# A film that begins later by its own clock, which is no loss, and what an editor cut off by a list, which
# players decode and do not show
make edges.mp4 -t 2 -c:v libx264 -g 25 -bf 2 -pix_fmt yuv420p
for name in begins.mp4 begins.mkv begins.nut; do
    quietly_ffmpeg -i edges.mp4 -c copy -output_ts_offset 30 $name
    odd_times $name 50 1.96
    [ ! -s err ] || fail "$name: $(cat err)"
done
make begins.wmv -t 2 -c:v wmv2 -output_ts_offset 30
run 0 --json --video begins.wmv --output begins-copy.mkv
[ ! -s err ] || fail "begins.wmv: $(cat err)"
close_to "begins-copy.mkv lasts" "$(seconds begins-copy.mkv)" 2.0
for begin in 0.5 1.3; do
    quietly_ffmpeg -ss $begin -i edges.mp4 -c copy edited.mp4
    run 0 --json --video edited.mp4
    film_times edited.mp4 >expected
    jq .time out >got
    same_times "edited.mp4 from $begin" expected got
done

# --- Every frame, or a word: packet 5 of a film is garbage
make broken.avi -frames:v 25 -c:v mjpeg -q:v 3
grep -abo 00dc broken.avi | sed -n 6p | cut -d: -f1 >offset
head -c 3000 /dev/zero | dd of=broken.avi bs=1 seek=$(($(cat offset) + 8)) conv=notrunc status=none
run 0 --json --video broken.avi
[ "$(wc -l <out)" -eq 24 ] || fail "broken.avi: $(wc -l <out) frames"
grep -q "broken.avi: 1 frame could not be decoded and was left out" err || fail "broken.avi: $(cat err)"

# Of a film whose first packet is garbage, the others come when they are due
quietly_ffmpeg -i even.mkv -c copy -bsf:v 'noise=amount=if(eq(n\,0)\,1\,0)' headless.mkv
run 0 --json --video headless.mkv
[ "$(wc -l <out)" -eq 49 ] && [ "$(head -n 1 out | jq .time)" = 0.04 ] || fail "headless.mkv: $(wc -l <out) frames from $(head -n 1 out)"

# A key frame that is lost takes those that build on it with it
make keys.mkv -t 2 -c:v libx264 -g 25 -bf 0 -pix_fmt yuv420p
quietly_ffmpeg -i keys.mkv -c copy -bsf:v 'noise=drop=eq(n\,0)' keyless.mkv
run 0 --json --video keyless.mkv
[ "$(wc -l <out)" -eq 25 ] || fail "keyless.mkv: $(wc -l <out) frames"
grep -q "keyless.mkv: 24 frames could not be decoded and were left out" err || fail "keyless.mkv: $(cat err)"

# What a decoder repairs is used, and counted; what the container cannot find again is told
make noisy.mkv -t 2 -vf noise=alls=10:allf=t -c:v libx264 -g 25 -bf 0 -pix_fmt yuv420p
quietly_ffmpeg -i noisy.mkv -c copy -bsf:v 'noise=amount=if(eq(mod(n\,10)\,5)\,500\,0)' mended.mkv
run 0 --json --video mended.mkv
[ "$(wc -l <out)" -eq 50 ] || fail "mended.mkv: $(wc -l <out) frames"
grep -Eq "mended.mkv: ([0-9]+ frames are|1 frame is) damaged; what could be decoded of (them|it) is used" err || fail "mended.mkv: $(cat err)"
quietly_ffmpeg -i noisy.mkv -c copy -cluster_time_limit 100 clusters.mkv
quietly_ffmpeg -i noisy.mkv -c copy clusters.ts
for name in clusters.mkv clusters.ts; do
    cp $name "hole-$name"
    size=$(stat -c %s $name)
    head -c $((size / 5)) /dev/zero | dd of="hole-$name" bs=1 seek=$((size * 2 / 5)) conv=notrunc status=none
    run 0 --json --video "hole-$name"
    grep -q "hole-$name: a part of the file is damaged; frames may be missing there" err || fail "hole-$name: $(cat err)"
done
# Of a hole that begins behind the head of a packet, none tells that it is corrupt. Spoilt frames of a film without
# an index may have hidden others; a recording that begins where nothing can be decoded yet is not damaged.
make steady.ts -frames:v 40 -c:v libx264 -pix_fmt yuv420p
ffprobe -v error -select_streams v -show_entries packet=pos -of csv=p=0 steady.ts | tr -d , | awk 'NF' >places
at=$(($(sed -n 12p places) + 26))
cp steady.ts hole-steady.ts
head -c $(($(sed -n 15p places) - at)) /dev/zero | dd of=hole-steady.ts bs=1 seek=$at conv=notrunc status=none
quietly_ffmpeg -i noisy.mkv -c copy -bsf:v 'noise=amount=if(eq(mod(n\,10)\,5)\,500\,0)' mended.ts
for name in hole-steady.ts mended.ts; do
    run 0 --json --video $name
    grep -q "$name: a part of the file is damaged; frames may be missing there" err || fail "$name: $(wc -l <out) frames: $(cat err)"
done
tail -c +$((188 * ($(stat -c %s clusters.ts) / 188 / 4) + 1)) clusters.ts >tuned-in.ts
run 0 --json --video tuned-in.ts
[ "$(wc -l <out)" -eq 25 ] && ! grep -q damaged err || fail "tuned-in.ts: $(wc -l <out) frames: $(cat err)"

# Pictures one after the other, which FFmpeg by itself takes for something else
make row.mjpeg -t 2 -c:v mjpeg -q:v 3
run 0 --json --video row.mjpeg
[ "$(wc -l <out)" -eq 50 ] || fail "row.mjpeg: $(wc -l <out) frames: $(cat err)"

# What a camera recorded, with an empty part and one of garbage
make pictures.jpg -frames:v 1 -q:v 3
{
    for number in 1 2 3 4 5 6 7 8 9 10; do
        for part in pictures.jpg $([ $number -eq 4 ] && echo /dev/null) $([ $number -eq 7 ] && echo expressions); do
            head -c 9000 "$part" >part
            [ "$part" = pictures.jpg ] && cp pictures.jpg part
            printf -- '--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' "$(wc -c <part)"
            cat part
            printf '\r\n'
        done
    done
} >parts.mjpg
run 0 --json --video parts.mjpg
[ "$(wc -l <out)" -eq 10 ] || fail "parts.mjpg: $(wc -l <out) frames: $(cat err)"

# A film that is cut short: what is there is reported, and told
make whole.mp4 -t 4 -c:v libx264 -g 5 -pix_fmt yuv420p -movflags +faststart
make whole.mkv -t 4 -c:v libx264 -g 5 -pix_fmt yuv420p
make whole.avi -t 4 -c:v mjpeg -q:v 3
make whole.webm -t 4 -c:v libvpx -g 5 -deadline realtime
make whole.ts -t 4 -c:v mpeg2video -g 5
for name in whole.mp4 whole.mkv whole.avi whole.webm; do
    run 0 --json --video $name
    [ ! -s err ] || fail "$name: $(cat err)"
    head -c $(($(stat -c %s $name) * 6 / 10)) $name >cut-$name
    run 1 --json --video cut-$name
    grep -q "cut-$name: ends too early: [0-9.]*\( of 4.0\)* s could be read" err || fail "cut-$name: $(cat err)"
    [ "$(wc -l <out)" -ge 20 ] && [ "$(wc -l <out)" -lt 90 ] || fail "cut-$name: $(wc -l <out) frames"
done
# Between two packets, so that each is whole: by the length that is stated, or by the film's own table,
# also where the part of the pictures goes on to the file's end, whatever that is
# packet FILM NUMBER: where it begins.
packet()
{
    ffprobe -v error -select_streams v -show_entries packet=pos -of csv=p=0 "$1" | tr -d , | sed -n "$2p"
}
make whole.flv -t 4 -c:v flv -g 5
head -c "$(packet whole.flv 60)" whole.flv >between.flv
head -c "$(packet whole.mp4 94)" whole.mp4 >between.mp4
printf '\0\0\0\0' | dd of=between.mp4 bs=1 seek=$(($(grep -abo mdat whole.mp4 | head -n 1 | cut -d: -f1) - 4)) conv=notrunc status=none
run 0 --json --video whole.flv
for name in between.flv between.mp4; do
    run 1 --json --video $name
    grep -q "$name: ends too early: " err || fail "$name: $(cat err)"
done
# Within the last second, which the time of the film does not tell
quietly_ffmpeg -i keys.mkv -c copy -movflags frag_keyframe+empty_moov whole-parts.mp4
# Each container takes a second: a change of a day tries two of them.
late="whole.ts whole-parts.mp4"
if [ "${DEEP:-}" = true ]; then
    make whole.mpg -t 2 -c:v mpeg2video -g 5
    make whole.ogv -t 2 -c:v libtheora -g 5
    make whole.wmv -t 2 -c:v wmv2 -g 5
    make whole.gif -t 2
    cp row.mjpeg whole.mjpeg
    late="$late whole.mp4 whole.mkv whole.avi whole.webm whole.mpg whole.ogv whole.wmv whole.gif whole.mjpeg"
fi
for name in $late; do
    run 0 --json --video $name
    [ ! -s err ] || fail "$name: $(cat err)"
    head -c $(($(stat -c %s $name) * 93 / 100 + 1)) $name >cut-$name
    run 1 --json --video cut-$name
    grep -q "cut-$name: ends too early: [0-9.]*\( of [0-9.]*\)* s could be read" err || fail "cut-$name: $(cat err)"
    grep -q "a part of the file" err && fail "cut-$name: said twice: $(cat err)"
    [ -s out ] || fail "cut-$name: no frames"
done
# Nothing can be read where the index was to come last
quietly_ffmpeg -i whole.mkv -c copy index-last.mp4
head -c 30000 index-last.mp4 >cut-index.mp4
run 1 --json --video cut-index.mp4
grep -q "cut-index.mp4: ends too early: nothing of it can be read" err || fail "cut-index.mp4: $(cat err)"
run 1 --video cut-whole.mp4 --report report --output cut-copy.mp4
grep -q '^face 1, ' out || fail "a cut film: no summary: $(cat out)"
[ -s report/summary.csv ] || fail "a cut film: no report"
run 0 --video cut-copy.mp4
# --- Pixels as they are shown: 64:45 as in PAL, upright faces in a film that lies on its side
make pal.mp4 -frames:v 10 -vf scale=450:480,setsar=64/45 -c:v libx264 -pix_fmt yuv420p
run 0 --json --video pal.mp4 --output pal-copy.mp4
[ "$(grep -c '"width":640,"height":480,"faces":\[{"id":1,' out)" -eq 10 ] || fail "pal.mp4: $(tail -n 1 out)"
ffprobe -v error -select_streams v -show_entries stream=width,height,sample_aspect_ratio -of csv=p=0 pal-copy.mp4 >got
grep -q '^640,480,\(1:1\|N/A\)' got || fail "pal-copy.mp4: $(cat got)"


# Luma and chroma as decoders give them: the same face, and a copy of the same colours
while read -r format codec ending; do
    make forms.$ending -frames:v 2 -vf 'drawbox=c=0xA01E1E:t=fill:w=80:h=80' -pix_fmt "$format" -c:v "$codec"
    run 0 --json --video forms.$ending --output forms-copy.avi
    [ "$(grep -c '"faces":\[{"id":1,' out)" -eq 2 ] || fail "$format: $(tail -n 1 out)"
    quietly_ffmpeg -i forms-copy.avi -frames:v 1 -vf crop=40:40:20:20,scale=1:1 -f rawvideo -pix_fmt rgb24 pixel
    od -An -tu1 pixel | awk '{ exit !($1 > 150 && $1 < 170 && $2 > 20 && $2 < 40 && $3 > 20 && $3 < 40) }' ||
        fail "$format: the copy's colour is$(od -An -tu1 pixel)"
done <<FORMS
yuv420p libx264 mp4
yuvj422p mjpeg avi
yuv422p ffv1 mkv
yuyv422 rawvideo avi
nv12 rawvideo nut
yuv444p ffv1 mkv
yuv420p10le ffv1 mkv
FORMS

# Interlaced film: each picture is two, taken one after the other; the copy has no combs
quietly_ffmpeg -loop 1 -framerate 50 -t 1 -i face.png -vf 'scale=720:576,scroll=h=0.01,tinterlace=interleave_top,fieldorder=tff' \
    -c:v mpeg2video -q:v 2 -flags +ildct+ilme -aspect 4:3 combs.mpg
run 0 --video combs.mpg --output smooth.mkv --json
grep -q '"width":768,"height":576' out || fail "combs.mpg: $(head -c 200 out)"
[ "$(wc -l <out)" -eq 25 ] || fail "combs.mpg: $(wc -l <out) frames"
# combed FILM: how many of its frames ffmpeg takes for interlaced
combed()
{
    ffmpeg -v info -i "$1" -vf idet -f null - 2>&1 </dev/null |
        sed -n 's/.*Single frame detection: TFF: *\([0-9]*\) BFF: *\([0-9]*\) .*/\1 \2/p' | awk '{ n = $1 + $2 } END { print n }'
}
[ "$(combed combs.mpg)" -ge 15 ] || fail "combs.mpg has no combs: $(combed combs.mpg)"
[ "$(combed smooth.mkv)" -le 2 ] || fail "combs in the copy: $(combed smooth.mkv)"

# Colours: of each way to write them, what comes out is what went in
colour()
{
    ffmpeg -v error -i "$1" -frames:v 1 -vf crop=64:64:300:200,scale=1:1,format=rgb24 -f rawvideo - </dev/null | od -An -tu1
}
for way in "bt601 tv yuv420p 640x480" "bt601 pc yuv420p 640x480" "bt709 tv yuv420p 640x480" \
    "bt709 pc yuv420p 640x480" "bt709 tv yuv420p10le 640x480" "bt2020 tv yuv420p10le 640x480" \
    "none tv yuv420p 640x480" "none tv yuv420p 1280x720"; do
    # shellcheck disable=SC2086 # four words
    set -- $way
    matrix=$1
    case $4-$1 in
    640x480-none) matrix=bt601 ;;
    1280x720-none) matrix=bt709 ;;
    esac
    tags="-colorspace $1"
    [ "$1" = bt601 ] && tags="-colorspace smpte170m"
    [ "$1" = bt2020 ] && tags="-colorspace bt2020nc"
    [ "$1" = none ] && tags=
    # shellcheck disable=SC2086 # several words
    quietly_ffmpeg -f lavfi -i "color=c=0xC86432:s=$4:r=5:d=1,format=gbrp" \
        -vf "scale=out_color_matrix=$matrix:out_range=$2,format=$3" -color_range "$2" $tags \
        -c:v libx264 -qp 4 colour.mkv
    run 0 --video colour.mkv --output colour-copy.mp4 --json
    colour colour-copy.mp4 | awk -v want="200 100 50" '{ split(want, w, " ")
        for (i = 1; i <= 3; i++) if ($i - w[i] > 4 || w[i] - $i > 4) exit 1 }' ||
        fail "$way: the colour is $(colour colour-copy.mp4), not 200 100 50"
done

# HDR, as phones film: red is twice green and green twice blue on a usual screen, and by far less in the
# film's own numbers
from="scale=out_color_matrix=bt709:out_range=tv,format=yuv444p,zscale=min=709:tin=709:pin=709:rin=tv"
for light in smpte2084 arib-std-b67; do
    for said in bt2020:colorspace=bt2020nc unknown:colorspace=unknown; do
        quietly_ffmpeg -f lavfi -i color=c=0xC86432:s=640x480:r=5:d=1 -vf \
            "$from:m=2020_ncl:p=2020:t=$light:r=tv:npl=100,format=yuv420p10le,setparams=color_primaries=$said" \
            -color_trc $light -c:v libx264 -qp 4 hdr.mkv
        run 0 --video hdr.mkv --output hdr-copy.mp4 --json
        colour hdr-copy.mp4 | awk '$1 < 1.8 * $2 || $2 < 1.8 * $3 || $1 < 100 { exit 1 }' ||
            fail "$light, $said: the colour is $(colour hdr-copy.mp4)"
    done
done

# --- Streams: a part that is no picture is no loss; times are those at which pictures came
command -v python3 >/dev/null || { echo "streams: skipped, there is no python3"; conclude; }
# watch KIND PORT: such a camera, until it ends.
watch()
{
    python3 "$source_dir/tests/mjpeg_camera.py" "$2" pictures.jpg "$1" >"$1.listens" 2>&1 &
    camera=$!
    for attempt in $(seq 300); do
        [ -s "$1.listens" ] && break
        sleep 0.1
    done
    TZ=XYZ-5:30 timeout 120 ./expressions --headless --json --csv "$1.csv" --exit-on-loss \
        --camera "http://127.0.0.1:$2/" >"$1.out" 2>"$1.err" </dev/null
    echo $? >"$1.status"
    kill $camera 2>/dev/null
}
# All at once: most of the time they wait for the next picture.
kinds="empty garbage half text none"
port=$((20000 + $$ % 20000))
watchers=
for kind in $kinds; do
    port=$((port + 1))
    watch $kind $port &
    watchers="$watchers $!"
done
# shellcheck disable=SC2086 # several words
wait $watchers
for kind in $kinds; do
    [ "$(cat $kind.status)" -eq 5 ] && tail -n 1 $kind.out | jq -e '.time > 3.5' >/dev/null ||
        fail "a camera with parts that are $kind: status $(cat $kind.status): $(tail -n 1 $kind.out): $(cat $kind.err)"
done
# The second of silence is one in the results, and the clocks of the results agree
jq -r '[.time, (.clock | .[0:19] + "Z" | fromdate) + (.clock[19:23] | tonumber)] | @tsv' none.out >clocks
awk 'NR == 1 { first = $2 - $1 } $1 < last { exit 1 } $1 - last > gap { gap = $1 - last } { last = $1 }
    ($2 - $1) - first > 0.003 || first - ($2 - $1) > 0.003 { exit 1 }
    END { exit !(gap > 0.9 && gap < 2.5 && NR > 20) }' clocks || fail "times of a stream: $(cat clocks)"
now=$(date +%s)
awk -v now="$now" 'END { off = now - ($2 - 19800); exit !(off > -2 && off < 30) }' clocks ||
    fail "the clock: $(tail -n 1 clocks), now $now"
tail -n 1 none.out | grep -q '"clock":"20[0-9-]*T[0-9:.]*+05:30"' || fail "no clock: $(tail -n 1 none.out)"
awk -F, 'NR == 1 { exit $NF != "clock" }' none.csv || fail "none.csv has no clock"
[ "$(tail -n 1 none.csv | sed 's/.*,//')" = "$(tail -n 1 none.out | jq -r .clock)" ] || fail "none.csv: $(tail -n 1 none.csv)"

conclude
