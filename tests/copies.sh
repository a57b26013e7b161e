#!/bin/sh
# Annotated copies as people can open them: times, length and sound of the film, codecs and sizes that
# browsers play, the index first.
# Usage: copies.sh PROGRAM PICTURES SOURCE_DIR
. "$3/tests/film_tools.sh"

# tones FILM: when sound begins after silence.
tones()
{
    ffmpeg -v info -i "$1" -af silencedetect=noise=-30dB:d=0.3 -f null - 2>&1 </dev/null |
        sed -n 's/.*silence_end: \([0-9.]*\).*/\1/p'
}

# heard FILM SECONDS...: the tones begin then; what follows the last one is silence.
heard()
{
    heard_in=$1
    shift
    tones "$heard_in" >begins
    for begin in "$@"; do
        close_to "$heard_in: a tone" "$(head -n 1 begins)" "$begin"
        sed -i 1d begins
    done
}

# look FILM: what ffprobe sees of it, for `seen` to choose from.
look()
{
    ffprobe -v error -show_entries \
        stream=codec_name,pix_fmt,color_space:format=duration:frame=media_type,best_effort_timestamp_time \
        -of json "$1" >looked
}

seen()
{
    jq -r "$1" looked
}

# The names of an .mp4's boxes, one after the other.
boxes()
{
    python3 - "$1" <<'END'
import struct, sys
data = open(sys.argv[1], "rb").read()
at = 0
while at + 8 <= len(data):
    size, name = struct.unpack(">I4s", data[at:at + 8])
    print(name.decode(), end=" ")
    at += size if size > 1 else len(data)
END
}

tone='0.5*sin(880*t)*between(t\,3\,4)'
make silent.mp4 -frames:v 40 -vf "$uneven" -vsync vfr -enc_time_base 1/1000 -c:v libx264 -pix_fmt yuv420p
make sound.mp4 -f lavfi -i "aevalsrc=$tone:d=6.4" -t 6.4 -vf "$uneven" -vsync vfr \
    -enc_time_base 1/1000 -c:v libx264 -pix_fmt yuv420p -c:a aac

# --- The film's own times and length, without sound and with it
# An earlier copy keeps its mode; what a killed run left of one goes.
(umask 077 && : >sound-copy.mp4)
: >sound-copy.mp4.expressions-0
chmod 1644 sound-copy.mp4.expressions-0
for film in silent sound; do
    film_times $film.mp4 >expected
    length=$(seconds $film.mp4)
    for ending in mp4 mkv webm avi gif; do
        copy=$film-copy.$ending
        run 0 --video $film.mp4 --output $copy --json
        look $copy
        case $ending in
        mp4 | mkv) codecs="aac h264" ;;
        webm) codecs="opus vp9" ;;
        avi) codecs="mjpeg pcm_s16le" ;;
        gif) codecs="gif" ;;
        esac
        [ $film = sound ] || codecs=$(echo "$codecs" | sed 's/aac\|opus\|pcm_s16le//g')
        found=$(seen '[.streams[].codec_name] | sort | join(" ")')
        # shellcheck disable=SC2086,SC2116 # one blank between two words
        [ "$found" = "$(echo $codecs)" ] || fail "$copy holds $found"
        close_to "$copy lasts" "$(seen .format.duration)" "$length"
        case $ending in mp4 | mkv | webm)
            seen '.frames[] | select(.media_type == "video").best_effort_timestamp_time' | from_first >got
            same_times $copy expected got
            seen '.streams[] | select(.pix_fmt) | "\(.pix_fmt) \(.color_space)"' | grep -q '^yuv420p bt709$' ||
                fail "$copy: not yuv420p, bt709"
            ;;
        esac
        [ "$film-$ending" != sound-gif ] || grep -q "^expressions: sound-copy.gif: the sound is left out" err ||
            fail "no word of the sound: $(cat err)"
        [ "$film-$ending" = sound-gif ] || [ ! -s err ] || fail "$copy: $(cat err)"
        [ $film = silent ] || [ $ending = gif ] || heard $copy 3.0
    done
done
command -v python3 >/dev/null && { [ "$(boxes sound-copy.mp4)" = "ftyp moov free mdat " ] ||
    [ "$(boxes sound-copy.mp4)" = "ftyp moov mdat " ] || fail "sound-copy.mp4: $(boxes sound-copy.mp4)"; }
[ "$(stat -c %a sound-copy.mp4)" = 600 ] || fail "sound-copy.mp4 has another mode: $(stat -c %a sound-copy.mp4)"
ls | grep -v '^\(silent\|sound\)\(-copy\)\?\.[a-z0-9]*$' | grep 'copy' && fail "something is left beside the copies"

# Two frames of one time, with sound beside them: neither comes later in the copy
make twins.mkv -f lavfi -i sine=d=3 -t 3 -vf fps=2 -c:v mjpeg -c:a aac
quietly_ffmpeg -i twins.mkv -c copy -bsf:v 'setts=ts=if(eq(N\,1)\,PTS-0.5/TB\,PTS)' twin.mkv
film_times twin.mkv >expected
[ "$(head -n 2 expected | uniq | wc -l)" -eq 1 ] || fail "twin.mkv has no two frames of one time"
for ending in mp4 mkv webm; do
    run 0 --json --video twin.mkv --output twin-copy.$ending
    jq .time out >got
    same_times twin.mkv expected got
    film_times twin-copy.$ending >got
    same_times twin-copy.$ending expected got
    [ "$(uniq got | wc -l)" -eq 6 ] || fail "twin-copy.$ending: two frames of one time: $(cat got)"
done
run 0 --video twin.mkv
grep -q '^face 1, 3\.0 s' out || fail "twin.mkv: a face that is there for 3 s: $(cat out)"

# --- Sound that is not like the pictures
# Before the pictures, in a film that does not begin at 0
quietly_ffmpeg -itsoffset 1 -loop 1 -framerate 10 -i small.bmp -f lavfi \
    -i 'aevalsrc=0.5*sin(880*t)*between(t\,2\,2.5):d=4' -t 4 -c:v libx264 -preset superfast -pix_fmt yuv420p -c:a aac late.mkv
run 0 --video late.mkv --output late-copy.mp4 --json
[ "$(head -n 1 out | jq .time)" = 0 ] || fail "late.mkv: the first time: $(head -n 1 out)"
heard late-copy.mp4 1.0
# By a delay of the encoder's, of which FFmpeg makes another start
make delayed.mkv -f lavfi -i "aevalsrc=0.5*sin(880*t)*between(t\,2\,2.5):d=3" -t 3 -r 10 -c:v libx264 -bf 0 -pix_fmt yuv420p -c:a aac
run 0 --video delayed.mkv --output delayed-copy.mkv --json
film_times delayed.mkv >expected
jq .time out >got
same_times delayed.mkv expected got
heard delayed-copy.mkv 2.0
# After them
quietly_ffmpeg -loop 1 -framerate 25 -t 1 -i small.bmp -f lavfi -i sine=d=4 -c:v libx264 \
    -pix_fmt yuv420p -c:a aac long-sound.mkv
quietly_ffmpeg -i long-sound.mkv -c copy long-sound.mp4
for name in long-sound.mkv long-sound.mp4; do
    run 0 --json --video $name --output long-copy.mp4
    [ ! -s err ] || fail "$name: $(cat err)"
    close_to "a copy of $name" "$(seconds long-copy.mp4)" "$(seconds $name)"
done
# With a hole in it, of other rates and channels from there on, at a clock that has been set
beep='0.5*sin(880*t)*between(t\,0.4\,0.8)'
make first.ts -f lavfi -i "aevalsrc=$beep:d=2:s=48000" -t 2 -c:v mpeg2video -c:a mp2 -ac 1
make second.ts -f lavfi -i "aevalsrc=$beep:d=2:s=44100" -t 2 -c:v mpeg2video -c:a mp2 -ac 2 -output_ts_offset 9000
cat first.ts second.ts >both.ts
run 0 --json --video both.ts --output both-copy.mp4
heard both-copy.mp4 0.4 2.4
close_to "both-copy.mp4 lasts" "$(seconds both-copy.mp4)" 4.0
make hole.mkv -f lavfi -i "aevalsrc=0.5*sin(880*t)*between(t\,6\,7):d=8" -t 8 -r 5 -c:v libx264 -pix_fmt yuv420p \
    -af 'aselect=lt(t\,1)+gt(t\,5.5)' -c:a pcm_s16le
run 0 --json --video hole.mkv --output hole-copy.mkv
heard hole-copy.mkv 6.0
# That nobody can decode
quietly_ffmpeg -i sound.mp4 -c copy -bsf:a 'noise=amount=1' unknown.mkv
python3 - <<'END' || fail "python3"
data = open("unknown.mkv", "rb").read()
assert data.count(b"A_AAC") == 1
open("unknown.mkv", "wb").write(data.replace(b"A_AAC", b"A_XYZ"))
END
run 0 --json --video unknown.mkv --output unknown-copy.mp4
grep -q "unknown-copy.mp4: the sound is left out: " err || fail "unknown sound: $(cat err)"

# --- Sizes: odd ones grow by a pixel
make odd.mkv -frames:v 10 -vf scale=333:251 -c:v ffv1
for ending in mp4 mkv webm avi gif; do
    run 0 --json --video odd.mkv --output odd-copy.$ending
    size=334,252
    [ $ending = gif ] && size=333,251
    ffprobe -v error -show_entries stream=width,height -of csv=p=0 odd-copy.$ending | grep -q "^$size" ||
        fail "odd-copy.$ending: $(ffprobe -v error -show_entries stream=width,height -of csv=p=0 odd-copy.$ending)"
done

# A film whose frames change their size becomes one of the first size, with all of each picture in it
make large.mjpeg -t 0.4 -c:v mjpeg -q:v 3
make small.mjpeg -t 0.4 -vf scale=80:120,setsar=1 -c:v mjpeg -q:v 3
make wide.mjpeg -t 0.4 -vf scale=320:120,setsar=1 -c:v mjpeg -q:v 3
cat large.mjpeg small.mjpeg wide.mjpeg >sizes.mjpeg
# greys FILM: how light four columns are in the middle of the second part, and four rows of the right edge in that of
# the third (a film of no times has 25 frames a second).
greys()
{
    quietly_ffmpeg -i "$1" -filter_complex "split[a][b];
        [a]trim=0.6,scale=4:1:flags=area,format=gray[columns];
        [b]trim=1.0,crop=50:240:270:0,scale=1:4:flags=area,format=gray[rows]" \
        -map '[columns]' -frames:v 1 -f rawvideo columns -map '[rows]' -frames:v 1 -f rawvideo rows
    cat columns rows | od -An -tu1
}
for ending in mp4 mkv webm avi gif; do
    run 0 --json --video sizes.mjpeg --output sizes-copy.$ending
    [ "$(wc -l <out)" -eq 30 ] || fail "sizes.mjpeg: $(wc -l <out) frames"
    echo "expressions: sizes-copy.$ending: frames that are not 320x240 are scaled to fit" | cmp -s - err ||
        fail "sizes-copy.$ending: $(cat err)"
    ffprobe -v error -show_entries frame=width,height -of csv=p=0 sizes-copy.$ending | cut -d, -f1-2 | grep . | sort -u >got
    [ "$(cat got)" = 320,240 ] || fail "sizes-copy.$ending: $(cat got)"
    # The picture in the middle, black on both sides; then above and below, too
    greys sizes-copy.$ending >got
    awk 'NF != 8 { bad = 1 }
        { for (i = 1; i <= 8; i++) if (i % 4 > 1 ? $i <= 40 : $i >= 20) bad = 1 }
        END { exit bad || NR != 1 }' got || fail "sizes-copy.$ending: black, picture, picture, black, twice: $(cat got)"
done
run 0 --video sizes.mjpeg --output - && mv out sizes.y4m
ffprobe -v error -f yuv4mpegpipe -count_frames -show_entries stream=nb_read_frames -of csv=p=0 sizes.y4m | grep -q '^30' ||
    fail "sizes.y4m"

# --- A browser plays them to their end
if command -v chromium >/dev/null; then
    cat >play.html <<'END'
<script>
const films = ["silent-copy.mp4", "sound-copy.mp4", "sound-copy.mkv", "sound-copy.webm", "odd-copy.mp4", "odd-copy.webm"];
async function play(name) {
    const film = document.createElement("video");
    film.playbackRate = 4;
    film.src = name;
    return new Promise(end => {
        film.onerror = () => end("error: " + film.error.message);
        film.onended = () => end(film.videoWidth + "x" + film.videoHeight + ", " + film.duration.toFixed(1) + " s, " +
            film.getVideoPlaybackQuality().totalVideoFrames + " frames");
        film.play().catch(reason => end("error: " + reason));
    });
}
async function all() {
    for (const name of films)
        console.log(name + ": " + await play(name));
    const picture = new Image();
    picture.src = "sound-copy.gif";
    await picture.decode().then(() => console.log("sound-copy.gif: shown"), () => 0);
    console.log("all played");
}
all();
</script>
END
    TMPDIR="$work" chromium --headless --no-sandbox --disable-gpu --autoplay-policy=no-user-gesture-required \
        --allow-file-access-from-files --user-data-dir="$work/profile" --enable-logging=stderr \
        "file://$work/play.html" >played 2>&1 &
    helper=$!
    waited=0
    until grep -q "all played" played || [ $waited -ge 90 ] || ! kill -0 $helper 2>/dev/null; do
        sleep 1
        waited=$((waited + 1))
    done
    kill $helper 2>/dev/null
    wait $helper 2>/dev/null
    for line in "silent-copy.mp4: 320x240, 6.1 s, 40 frames" "sound-copy.mp4: 320x240, 6.4 s, 45 frames" \
        "sound-copy.mkv: 320x240, 6.4 s, 45 frames" "sound-copy.webm: 320x240, 6.4 s, 45 frames" \
        "odd-copy.mp4: 334x252, 0.4 s, 10 frames" "odd-copy.webm: 334x252, 0.4 s, 10 frames" "sound-copy.gif: shown"; do
        grep -q "\"$line\"" played || fail "chromium: no \"$line\": $(grep CONSOLE played)"
    done
else
    echo "chromium: skipped, it is not installed"
fi

conclude
