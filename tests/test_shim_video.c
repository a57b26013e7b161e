/* Films: written, read, cut short; cameras that are not there. */
#include "shim_testing.h"

#include <time.h>

/* ---- Video --------------------------------------------------------------------------------- */

enum { VIDEO_FRAMES = 12 };

static const struct ocv_patience patient;
static const struct ocv_sound silent;

/* Frame i is the made-up picture seen through a window that wanders by 2 pixels a frame. */
static struct bgr_image window(struct bgr_image wide, int width, int i)
{
    return (struct bgr_image){wide.pixels + i * 6, width, wide.height, wide.stride};
}

static void write_video(const char *path, int width, int height)
{
    uint8_t *memory;
    const struct bgr_image wide = made_up(width + 2 * VIDEO_FRAMES, height, 0, &memory);
    struct ocv_writer *writer = NULL;
    assert_int_equal(ocv_writer_open(&writer, path, width, height, 12.5, silent, NULL), OCV_OK);
    for (int i = 0; i < VIDEO_FRAMES; i++)
        assert_int_equal(ocv_writer_write(writer, window(wide, width, i), i / 12.5, 1 / 12.5, NULL),
                         OCV_OK);
    struct error error = {.text = ""};
    assert_int_equal(ocv_writer_close(&writer, 1, &error), OCV_OK);
    assert_null(writer);
    assert_int_equal(ocv_writer_close(&writer, 1, NULL), OCV_OK);
    free(memory);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The newest frame's colours; free .pixels through `memory`. */
static struct bgr_image shown(const struct ocv_video *video, uint8_t **memory)
{
    const struct ocv_shot shot = ocv_video_shot(video);
    const size_t stride = (size_t)shot.picture.width * 3;
    *memory = malloc(stride * (size_t)shot.picture.height);
    assert_non_null(*memory);
    assert_int_equal(ocv_image_to_bgr(&shot.picture, *memory, stride, NULL), OCV_OK);
    return (struct bgr_image){*memory, shot.picture.width, shot.picture.height, stride};
}

/* How far the newest frame's grey lies from that of these colours, in the mean. */
static double grey_distance(const struct ocv_video *video, struct bgr_image expected)
{
    const struct ocv_shot shot = ocv_video_shot(video);
    const size_t width = (size_t)shot.picture.width, height = (size_t)shot.picture.height;
    double sum = 0;
    uint8_t *grey = malloc(width * height);
    assert_non_null(grey);
    assert_int_equal(ocv_image_to_grey(&shot.picture, grey, width, NULL), OCV_OK);
    for (int y = 0; y < expected.height; y++)
        for (int x = 0; x < expected.width; x++) {
            const uint8_t *bgr = at(expected, x, y);
            sum += fabs(grey[(size_t)y * width + (size_t)x] -
                        (0.114 * bgr[0] + 0.587 * bgr[1] + 0.299 * bgr[2]));
        }
    free(grey);
    return sum / expected.width / expected.height;
}

static void video_round_trip(const char *path, int width, int height)
{
    write_video(path, width, height);
    uint8_t *memory, *copy;
    const struct bgr_image wide = made_up(width + 2 * VIDEO_FRAMES, height, 0, &memory);
    struct ocv_video *video = NULL;
    assert_int_equal(ocv_video_open(&video, path, patient, NULL), OCV_OK);
    assert_null(ocv_video_shot(video).picture.planes[0]);
    assert_true(fabs(ocv_video_fps(video) - 12.5) < 0.01);
    assert_int_equal(ocv_video_frame_count(video), VIDEO_FRAMES);
    for (int i = 0; i < VIDEO_FRAMES; i++) {
        const double before = now();
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
        assert_true(ocv_video_shot(video).grabbed >= before &&
                    ocv_video_shot(video).grabbed <= now());
        const struct bgr_image view = shown(video, &copy);
        assert_int_equal(view.width, width + width % 2);
        assert_int_equal(view.height, height + height % 2);
        const struct bgr_image inside = {view.pixels, width, height, view.stride};
        assert_in_range(largest_difference(window(wide, width, i), inside), 0, 40);
        assert_true(grey_distance(video, window(wide, width, i)) < 2);
        free(copy);
    }
    struct error error = {.text = ""};
    assert_int_equal(ocv_video_read(video, &error), OCV_END);
    assert_int_equal(error.code, ERROR_OTHER);
    assert_int_equal(ocv_video_read(video, NULL), OCV_END);
    ocv_video_close(&video);
    assert_null(video);
    ocv_video_close(&video);
    free(memory);
    unlink(path);
}

static void test_videos_come_back(void **state)
{
    (void)state;
    const int here = open(".", O_RDONLY);
    assert_true(here >= 0);
    assert_int_equal(chdir(folder), 0); /* a colon is special only in a relative path */
    video_round_trip("even.mp4", 96, 64);
    video_round_trip("even.mkv", 96, 64);
    video_round_trip("even.AVI", 96, 64);
    video_round_trip("wide.mp4", 1280, 64); /* BT.709 */
    video_round_trip("wide.avi", 1280, 64);
    video_round_trip("odd.mp4", 33, 17);
    video_round_trip("odd.mkv", 33, 17);
    video_round_trip("odd.avi", 33, 17);
    video_round_trip("pixel.mp4", 1, 1);
    video_round_trip("http:colon.mp4", 32, 32);
    assert_int_equal(fchdir(here), 0);
    close(here);
}

/* Gives the video of `file` a display matrix {a, b, c, d} and looks at the first frame, which is
 * 96x64 as stored: the pixel that must stand at (4, 4) is the one stored at (x, y). */
static void turn_and_compare(struct bytes file, const int matrix[4], int width, int x, int y)
{
    char path[256];
    size_t header = 0; /* of the track: its matrix stands 44 bytes after its name */
    while (header + 80 < file.size && memcmp(file.data + header, "tkhd", 4) != 0)
        header++;
    assert_true(header + 80 < file.size);
    uint8_t bytes[36] = {[32] = 0x40};
    for (int i = 0; i < 4; i++) {
        bytes[(i + i / 2) * 4] = matrix[i] < 0 ? 0xFF : 0;
        bytes[(i + i / 2) * 4 + 1] = (uint8_t)matrix[i];
    }
    memcpy(file.data + header + 44, bytes, sizeof bytes);
    write_file(in_folder(path, "turned.mp4"), file.data, file.size);
    struct ocv_video *video = NULL;
    assert_int_equal(ocv_video_open(&video, path, patient, NULL), OCV_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
    uint8_t *memory;
    const struct bgr_image view = shown(video, &memory);
    assert_int_equal(view.width, width);
    assert_int_equal(view.height, 96 + 64 - width);
    for (int c = 0; c < 3; c++)
        assert_true(abs(at(view, 4, 4)[c] - smooth(x + 4, y, c)) < 25);
    free(memory);
    ocv_video_close(&video);
    unlink(path);
}

static void test_video_rotation_is_honoured(void **state)
{
    (void)state;
    char path[256];
    write_video(in_folder(path, "stored.mp4"), 96, 64);
    struct bytes file = read_file(path);
    turn_and_compare(file, (const int[]){1, 0, 0, 1}, 96, 4, 4);
    turn_and_compare(file, (const int[]){0, 1, -1, 0}, 64, 4, 59);
    turn_and_compare(file, (const int[]){-1, 0, 0, -1}, 96, 91, 59);
    turn_and_compare(file, (const int[]){0, -1, 1, 0}, 64, 91, 4);
    /* Mirrored, as front cameras write. */
    turn_and_compare(file, (const int[]){-1, 0, 0, 1}, 96, 91, 4);
    turn_and_compare(file, (const int[]){1, 0, 0, -1}, 96, 4, 59);
    turn_and_compare(file, (const int[]){0, 1, 1, 0}, 64, 4, 4);
    turn_and_compare(file, (const int[]){0, -1, -1, 0}, 64, 91, 59);
    free(file.data);
    unlink(path);
}

static void refuse_writer(const char *path, int width, const char *hint)
{
    struct ocv_writer *writer = NULL;
    struct error error = {.text = ""};
    assert_int_equal(ocv_writer_open(&writer, path, width, 16, 25, silent, &error), OCV_CANNOT);
    assert_null(writer);
    assert_non_null(strstr(error.text, hint));
    assert_int_not_equal(access(path, F_OK), 0);
}

/* That frames of other sizes were fitted into a film is noted once. */
static void test_other_sizes_are_noted_once(void **state)
{
    (void)state;
    char path[256];
    uint8_t *memory;
    struct bgr_image wide = made_up(64, 48, 0, &memory), high = wide;
    struct ocv_writer *writer = NULL;
    high.width = 32;
    in_folder(path, "sizes.mkv");
    assert_int_equal(ocv_writer_open(&writer, path, 64, 48, 25, silent, NULL), OCV_OK);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(ocv_writer_write(writer, i % 2 ? high : wide, i / 25.0, 1 / 25.0, NULL),
                         OCV_OK);
        if (i == 0)
            assert_null(ocv_writer_note(writer));
        else
            assert_string_equal(ocv_writer_note(writer),
                                "frames that are not 64x48 are scaled to fit");
    }
    assert_int_equal(ocv_writer_close(&writer, 1, NULL), OCV_OK);
    assert_int_equal(remove(path), 0);
    free(memory);
}

/* A film of one picture, shown at these times, opened again. */
static struct ocv_video *film_of(const char *path, struct bgr_image picture, const double *times,
                                 int count)
{
    struct ocv_writer *writer = NULL;
    struct ocv_video *video = NULL;
    assert_int_equal(
        ocv_writer_open(&writer, path, picture.width, picture.height, 25, silent, NULL), OCV_OK);
    for (int i = 0; i < count; i++)
        assert_int_equal(ocv_writer_write(writer, picture, times[i], 0.04, NULL), OCV_OK);
    assert_int_equal(ocv_writer_close(&writer, 1, NULL), OCV_OK);
    assert_int_equal(ocv_video_open(&video, path, patient, NULL), OCV_OK);
    return video;
}

/* Frames at one time, and one from before, stay: each comes as soon as it can. */
static void test_frames_at_one_time(void **state)
{
    (void)state;
    static const double times[] = {0, 0.5, 0.5, 0.5, 0.5, 0.25, 1};
    enum { COUNT = sizeof times / sizeof *times };
    char path[256];
    uint8_t *memory;
    const struct bgr_image picture = made_up(64, 48, 0, &memory);
    in_folder(path, "times.mkv");
    struct ocv_video *video = film_of(path, picture, times, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
        assert_true(fabs(ocv_video_shot(video).time - fmax(times[i], i > 1 ? 0.5 : 0)) < 0.01);
    }
    assert_int_equal(ocv_video_read(video, NULL), OCV_END);
    ocv_video_close(&video);
    assert_int_equal(remove(path), 0);
    free(memory);
}

/* At one rate, a picture is repeated until the next one, and one that comes before the last one's
 * end is left out; a GIF leaves out what comes too soon. */
static void test_which_picture_is_shown_when(void **state)
{
    (void)state;
    static const double times[] = {0, 0.2, 0.21, 0.25, 0.52};
    static const uint8_t greys[] = {40, 120, 200, 80, 240};
    static const struct {
        const char *name, *shown; /* frames of 0.04 s, or those that are there */
        bool steady;
    } rows[] = {{"when.avi", "aaaaabdddddddeee", true},
                {"when.mkv", "abcde", false},
                {"when.gif", "abde", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[256];
        uint8_t pixels[64 * 48 * 3], *copy;
        const struct bgr_image picture = {pixels, 64, 48, 64 * 3};
        struct ocv_writer *writer = NULL;
        struct ocv_video *video = NULL;
        in_folder(path, rows[i].name);
        assert_int_equal(ocv_writer_open(&writer, path, 64, 48, 25, silent, NULL), OCV_OK);
        for (int k = 0; k < 5; k++) {
            memset(pixels, greys[k], sizeof pixels);
            assert_int_equal(ocv_writer_write(writer, picture, times[k], 0.12, NULL), OCV_OK);
        }
        assert_int_equal(ocv_writer_close(&writer, 1, NULL), OCV_OK);
        assert_int_equal(ocv_video_open(&video, path, patient, NULL), OCV_OK);
        for (int k = 0; rows[i].shown[k]; k++) {
            const int which = rows[i].shown[k] - 'a';
            assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
            const int grey = shown(video, &copy).pixels[0];
            const double time = ocv_video_shot(video).time;
            if (abs(grey - greys[which]) > 4 ||
                fabs(time - (rows[i].steady ? k / 25.0 : times[which])) > 1e-6)
                fail_msg("%s: at %g, grey is %d", rows[i].name, time, grey);
            free(copy);
        }
        assert_int_equal(ocv_video_read(video, NULL), OCV_END);
        ocv_video_close(&video);
        assert_int_equal(remove(path), 0);
    }
}

/* From the first picture on; and a GIF's sides may be odd. */
static void test_pictures_that_come_too_soon(void **state)
{
    (void)state;
    static const double times[] = {0, 0.03, 0.05}, shown_at[] = {0, 0.05};
    char path[256];
    uint8_t *memory;
    const struct bgr_image picture = made_up(33, 17, 0, &memory);
    in_folder(path, "soon.gif");
    struct ocv_video *video = film_of(path, picture, times, 3);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
        const struct ocv_shot shot = ocv_video_shot(video);
        assert_true(fabs(shot.time - shown_at[i]) < 1e-6);
        assert_true(shot.picture.width == 33 && shot.picture.height == 17);
    }
    assert_int_equal(ocv_video_read(video, NULL), OCV_END);
    ocv_video_close(&video);
    assert_int_equal(remove(path), 0);
    free(memory);
}

/* What makes the sides even is not to be seen: it repeats the edge. */
static void test_edges_are_repeated(void **state)
{
    (void)state;
    enum { WIDTH = 35, HEIGHT = 19, ROW = WIDTH * 3 };
    char path[256];
    uint8_t pixels[HEIGHT * ROW], *memory;
    const struct bgr_image picture = {pixels, WIDTH, HEIGHT, ROW};
    const double once = 0;
    memset(pixels, 60, sizeof pixels);
    memset(pixels + (HEIGHT - 1) * ROW, 200, ROW);
    for (int y = 0; y < HEIGHT; y++)
        memset(pixels + y * ROW + ROW - 3, 200, 3);
    in_folder(path, "edges.avi");
    struct ocv_video *video = film_of(path, picture, &once, 1);
    assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
    const struct bgr_image view = shown(video, &memory);
    assert_true(view.width == WIDTH + 1 && view.height == HEIGHT + 1);
    for (int y = 0; y <= HEIGHT; y++)
        for (int x = 0; x <= WIDTH; x++) {
            const int expected = x < WIDTH - 1 && y < HEIGHT - 1 ? 60 : 200;
            for (int c = 0; c < 3; c++)
                if (abs(at(view, x, y)[c] - expected) > 40)
                    fail_msg("%d at (%d, %d)", at(view, x, y)[c], x, y);
        }
    free(memory);
    ocv_video_close(&video);
    assert_int_equal(remove(path), 0);
}

/* The last picture of a film is shown as long as was said. */
static void test_last_pictures_last(void **state)
{
    (void)state;
    char path[256];
    uint8_t *memory;
    const struct bgr_image picture = made_up(64, 48, 0, &memory);
    struct ocv_writer *writer = NULL;
    struct ocv_video *video = NULL;
    in_folder(path, "last.mp4");
    assert_int_equal(ocv_writer_open(&writer, path, 64, 48, 25, silent, NULL), OCV_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ocv_writer_write(writer, picture, i * 0.04, i < 2 ? 0.04 : 0.5, NULL),
                         OCV_OK);
    assert_int_equal(ocv_writer_close(&writer, 1, NULL), OCV_OK);
    assert_int_equal(ocv_video_open(&video, path, patient, NULL), OCV_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
        assert_true(fabs(ocv_video_shot(video).duration - (i < 2 ? 0.04 : 0.5)) < 1e-3);
    }
    assert_int_equal(ocv_video_read(video, NULL), OCV_END);
    ocv_video_close(&video);
    assert_int_equal(remove(path), 0);
    free(memory);
}

static void test_videos_that_cannot_be_written(void **state)
{
    (void)state;
    char path[256];
    refuse_writer(in_folder(path, "film.txt"), 16, ".mp4, .mkv, .webm, .avi or .gif");
    refuse_writer(in_folder(path, "film"), 16, ".mp4, .mkv, .webm, .avi or .gif");
    refuse_writer(in_folder(path, "missing/film.mp4"), 16,
                  "No such file or directory; check the name");
    refuse_writer(in_folder(path, "film.mp4"), 100000, "size");
    struct ocv_writer *writer = NULL;
    assert_int_equal(ocv_writer_open(&writer, path, 16, 16, 0, silent, NULL), OCV_FAILED);
}

static void refuse_video(const char *path, const char *hint)
{
    struct ocv_video *video = NULL;
    struct error error = {.text = ""};
    assert_int_equal(ocv_video_open(&video, path, patient, &error), OCV_CANNOT);
    assert_null(video);
    assert_non_null(strstr(error.text, hint));
}

static void test_videos_that_cannot_be_read(void **state)
{
    (void)state;
    char path[256];
    refuse_video(in_folder(path, "missing.mp4"), "No such file or directory; check the name");
    refuse_video(folder, "directory");
    write_file(in_folder(path, "text.mp4"), "this is a text\n", 15);
    refuse_video(path, "not a video");
    write_file(path, "", 0);
    refuse_video(path, "not a video");
    write_video(in_folder(path, "text.mp4"), 96, 64);
    struct bytes file = read_file(path);
    write_file(path, file.data, 200);
    refuse_video(path, "not a video");
    free(file.data);
    unlink(path);
}

static void refuse_camera(const char *id)
{
    struct ocv_video *video = NULL;
    struct error error = {.text = ""};
    assert_int_equal(
        ocv_camera_open(&video, id, (struct ocv_camera_options){1280, 720, 30, 0}, patient, &error),
        OCV_CANNOT);
    assert_null(video);
    assert_true(strlen(error.text) > 10);
}

/* That is free: what was opened has been closed. */
static int lowest_descriptor(void)
{
    const int found = dup(STDERR_FILENO);
    assert_true(found >= 0);
    close(found);
    return found;
}

/* Containers of which nothing, or not much, can be shown: those that end within a part are cut, by
 * the sizes that they state; the others are damaged. Between the beginning and the end there may be
 * more bytes than are searched. */
static void expect_cut(bool cut, const void *begin, size_t size, size_t between, const char *end,
                       size_t end_size)
{
    char path[256];
    struct bytes file = {NULL, 0}, filling = {calloc(between + 1, 1), between};
    struct ocv_video *video = NULL;
    struct error error = {.text = ""};
    append(&file, begin, size);
    append(&file, filling.data, filling.size);
    append(&file, end, end_size);
    write_file(in_folder(path, "part"), file.data, file.size);
    const int next = lowest_descriptor();
    bool told;
    if (ocv_video_open(&video, path, patient, &error) == OCV_OK) {
        while (ocv_video_read(video, NULL) == OCV_OK)
            continue;
        told = ocv_video_losses(video).cut;
        ocv_video_close(&video);
    } else {
        told = strstr(error.text, "ends too early") != NULL;
    }
    if (told != cut)
        fail_msg("%.20s", error.text);
    assert_int_equal(lowest_descriptor(), next);
    unlink(path);
    free(filling.data);
    free(file.data);
}

#define ENDS(cut, text) expect_cut(cut, text, sizeof text - 1, 0, "", 0)
#define ENDS_FAR(cut, begin, between, end)                                                         \
    expect_cut(cut, begin, sizeof begin - 1, between, end, sizeof end - 1)

static void test_boxes_that_are_cut(void **state)
{
    (void)state;
#define FTYP "\0\0\0\20ftypisom\0\0\0\0"
#define MOOF "\0\0\0\x09moof."
    /* What the first one may be; their ends; sizes of 64 bits */
    ENDS(true, FTYP "\0\0\0\x09mdat");
    ENDS(false, FTYP "\0\0\0\x08mdat");
    ENDS(true, "\0\0\0\x20mdat....");
    ENDS(true, "\0\0\0\x08wide\0\0\0\x20mdat....");
    ENDS(true, "\0\0\0\40free....");
    ENDS(true, "\0\0\0\x20skip....");
    ENDS(false, FTYP "\0\0\0\x01mdat\0\0\0\0\0\0\0\x18........");
    ENDS(true, FTYP "\0\0\0\x01mdat\0\0\0\0\0\0\0\x19........");
    ENDS(false, FTYP "\0\0\0\x01mdat\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF........");
    /* What follows the last box: no part of a whole film, damage between fragments, unless it is
     * what a file system filled up */
    ENDS(false, FTYP "\0\0\0\x08mdat\0\0\0\x03........");
    ENDS(true, FTYP MOOF "\0\0\0\x08mdat\0\0\0\x03........");
    ENDS(true, FTYP MOOF "\0\0\0\x08mdat\0\0\0\x03\0\0\0\0\0\0\0\0");
    ENDS(true, FTYP MOOF "\0\0\0\x01mdat\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0");
    ENDS(true, FTYP MOOF "\0\0\0\x08mdat\0\0\0\0............");
    ENDS(true, FTYP MOOF "\0\0\0\x08mdat\0\0\0\0\0\0\0\0\0.......");
    ENDS(false, FTYP MOOF "\0\0\0\x08mdat\0\0\0\0....\0\0\0\0\0\0\0\0");
    ENDS(false, FTYP MOOF "\0\0\0\x08mdat\0\0\0\0\0\0\0\0\0\0\0\0");
}

static void test_elements_and_chunks_that_are_cut(void **state)
{
    (void)state;
#define EBML "\x1A\x45\xDF\xA3\x80"
    /* Elements, also those of which the size is not known yet */
    ENDS(false, EBML "\x18\x53\x80\x67\x82..");
    ENDS(true, EBML "\x18\x53\x80\x67\x83..");
    ENDS(false, EBML "\x18\x53\x80\x67\x40\x02..");
    ENDS(true, EBML "\x18\x53\x80\x67\x40\x03..");
    ENDS(false, EBML "\x18\x53\x80\x67\x01\0\0\0\0\0\0\x02..");
    ENDS(true, EBML "\x18\x53\x80\x67\x01\0\0\0\0\0\0\x03..");
    ENDS(false, EBML "\x18\x53\x80\x67\xFF\xEC\x81.");
    ENDS(true, EBML "\x18\x53\x80\x67\xFF\xEC\x82.");
    ENDS(false, EBML "\x18\x53\x80\x67\x82..\0.");
    ENDS(false, EBML "\x18\x53\x80\x67\0\0\0\0\0\0\0\0");
    /* Chunks, which a recorder that was killed left at 0 */
    ENDS(true, "RIFF\x05\0\0\0AVI ");
    ENDS(false, "RIFF\x04\0\0\0AVI ");
    ENDS(false, "RIFF\0\0\0\0AVI ");
    ENDS(false, "RIFF\x04\0\0\0AVI RIFF\x04\0\0\0AVIX");
    ENDS(true, "RIFF\x04\0\0\0AVI RIFF\x05\0\0\0AVIX");
    ENDS_FAR(false, "RIFF\4\1\0\0AVI ", 256, "");
    ENDS_FAR(true, "RIFF\5\1\0\0AVI ", 256, "");
}

static void test_asf_that_is_cut(void **state)
{
    (void)state;
#define ASF        "\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\0\xAA\0\x62\xCE\x6C"
#define PROPERTIES "\xA1\xDC\xAB\x8C\x47\xA9\xCF\x11\x8E\xE4\0\xC0\x0C\x20\x53\x65"
#define ZEROS_16   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define FACTS(size, flags)                                                                         \
    PROPERTIES "\x68\0\0\0\0\0\0\0" ZEROS_16 size "\0\0\0\0\0\0\0" ZEROS_16 ZEROS_16               \
               "\0\0\0\0\0\0\0\0" flags "\0\0\0............"
    /* The size of the whole file, unless it was broadcast: 134 bytes are there */
    ENDS(true, ASF "\x86\0\0\0\0\0\0\0\1\0\0\0\1\2" FACTS("\x87", "\2"));
    ENDS(false, ASF "\x86\0\0\0\0\0\0\0\1\0\0\0\1\2" FACTS("\x86", "\2"));
    ENDS(false, ASF "\x86\0\0\0\0\0\0\0\1\0\0\0\1\2" FACTS("\x87", "\3"));
    /* Behind an object of another kind, one of no size, one that is too long, and the header */
    ENDS(true,
         ASF "\x9E\0\0\0\0\0\0\0\1\0\0\0\1\2" ZEROS_16 "\x18\0\0\0\0\0\0\0" FACTS("\xFF", "\2"));
    ENDS(false,
         ASF "\xFF\0\0\0\0\0\0\0\1\0\0\0\1\2" ZEROS_16 "\0\0\0\0\0\0\0\0" FACTS("\xFF", "\2"));
    ENDS(false, ASF "\xFF\0\0\0\0\0\0\0\1\0\0\0\1\2" ZEROS_16 ZEROS_16);
    ENDS(false, ASF "\x1E\0\0\0\0\0\0\0\1\0\0\0\1\2" FACTS("\xFF", "\2"));
    ENDS(true, ASF "\x36\0\0\0\0\0\0\0\1\0\0\0\1\2" FACTS("\xFF", "\2"));
}

static void test_pictures_in_a_row_that_are_cut(void **state)
{
    (void)state;
#define GIF "GIF89a\1\0\1\0\0\0\0"
    ENDS(false, GIF ";");
    ENDS(false, GIF ";\0\0\0");
    ENDS(true, GIF);
    ENDS(true, GIF ";,");
    ENDS(true, GIF ";,\0\0");
    struct bytes jpeg = encoded(32, 32, ".jpg");
    expect_cut(false, jpeg.data, jpeg.size, 0, "", 0);
    expect_cut(false, jpeg.data, jpeg.size, 0, "\r\n\r\n", 4);
    expect_cut(true, jpeg.data, jpeg.size, 0, "\r\n\xFF\xD8\xFF", 5);
    expect_cut(true, jpeg.data, jpeg.size, 0, "\xFF\xD8\xFF\r\n", 5);
    free(jpeg.data);
    ENDS(true, "\xFF\xD8\xFF");
    ENDS(false, "\xFF\xD8\xFF\xD9");
}

static void test_packets_that_are_cut(void **state)
{
    (void)state;
    /* Those of broadcasts are of one size, and marked; with a time before each, the mark follows */
    static const size_t sizes[] = {188, 192, 204};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        enum { PACKETS = 4 };
        char packets[PACKETS * 204 + 1] = "";
        for (size_t packet = 0; packet < PACKETS; packet++)
            packets[packet * sizes[i] + (sizes[i] == 192 ? 4 : 0)] = 'G';
        expect_cut(false, packets, PACKETS * sizes[i], 0, "", 0);
        expect_cut(true, packets, PACKETS * sizes[i], 0, "G", 1);
        packets[(PACKETS - 1) * sizes[i] + (sizes[i] == 192 ? 4 : 0)] = 'g';
        expect_cut(false, packets, PACKETS * sizes[i], 0, "G", 1);
    }
    /* Packets of a broadcast's multiplex, and the pack before them */
#define PACK "\0\0\1\xBA\x44\0\4\0\4\1\0\3"
    ENDS(true, "\0\0\1\xBA");
    ENDS(true, "\0\0\1\xBA\x44\0\4\0");
    ENDS(true, "\0\0\1\xBA\x44\0\4\0\4\1\0");
    ENDS(false, PACK);
    ENDS(true, PACK "\0\0\1\xE0\0\5....");
    ENDS(false, PACK "\0\0\1\xE0\0\4....");
    ENDS(true, PACK "\0\0\1\xBB\0\5....");
    ENDS(false, PACK "\0\0\1\xE0\0\5....\0\0\1\xB9");
    ENDS(false, PACK "\0\0\1\xE0\0\x9....\0\0\1\xB9");
    ENDS(true, PACK "\0\0\1\xE0");
    ENDS(true, PACK "\0\0\1\xE0\0\5.\0\0\1");
    ENDS(true, PACK "\0\0\1\xE0\0\5\0\0\1\xB8");
    /* What looks like the beginning of a packet is none */
    ENDS(false, PACK "\0\0\1\xE0\0\6.\0\1\xE0\xFF\xFF");
    ENDS(false, PACK "\0\0\1\xE0\0\6\0.\1\xE0\xFF\xFF");
    ENDS(false, PACK "\0\0\1\xE0\0\6\0\0.\xE0\xFF\xFF");
    ENDS_FAR(true, PACK, 70000, "\0\0\1\xE0\0\5....");
    ENDS_FAR(false, PACK, 70000, "\0\0\1\xE0\0\4....");
    ENDS_FAR(false, PACK, 70000, ".");
    /* A page: the sizes of its segments */
#define PAGE "OggS\0\2" ZEROS_16 "\0\0\0\0\2"
    ENDS(false, PAGE "\2\3.....");
    ENDS(true, PAGE "\2\3....");
    ENDS(true, PAGE "\2\3....." PAGE "\2\3....");
    ENDS(true, PAGE "\2");
    ENDS_FAR(true, PAGE, 70000, PAGE "\2\3....");
    ENDS_FAR(false, PAGE, 70000, PAGE "\2\3.....");
    ENDS_FAR(false, PAGE "\2\3....", 70000, "");
    /* The largest one, behind another. */
    enum { FIRST = 27 + 7, LARGEST = 255 };
    char pages[FIRST + 27 + LARGEST] = PAGE "\2\3....." PAGE;
    memset(pages + FIRST + 26, LARGEST, 1 + LARGEST);
    expect_cut(false, pages, sizeof pages, LARGEST * LARGEST, "", 0);
    expect_cut(true, pages, sizeof pages, LARGEST * LARGEST - 1, "", 0);
}

static void test_cameras_that_are_not_there(void **state)
{
    (void)state;
    refuse_camera("97");
    refuse_camera("99999999999999999999");
    refuse_camera("/dev/video97");
    refuse_camera("/dev/null");
    refuse_camera(folder);
    refuse_camera("");
    refuse_camera("rtsp://127.0.0.1:1/none");
    refuse_camera("http://127.0.0.1:1/none");
}

static void test_every_frame_of_a_clip(void **state)
{
    (void)state;
    struct ocv_video *video = NULL;
    assert_int_equal(ocv_video_open(&video, real("clips/one-face.mp4"), patient, NULL), OCV_OK);
    const long stated = ocv_video_frame_count(video);
    assert_true(stated > 10);
    long frames = 0;
    while (ocv_video_read(video, NULL) == OCV_OK)
        frames++;
    assert_true(labs(frames - stated) <= 2);
    ocv_video_close(&video);
}

static void provoke_messages(void)
{
    test_videos_that_cannot_be_read(NULL);
    test_videos_that_cannot_be_written(NULL);
    test_cameras_that_are_not_there(NULL);
}

static void test_libraries_print_nothing(void **state)
{
    (void)state;
    expect_silence(provoke_messages);
}

int main(void)
{
    ocv_setup(2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_videos_come_back),
        cmocka_unit_test(test_video_rotation_is_honoured),
        cmocka_unit_test(test_other_sizes_are_noted_once),
        cmocka_unit_test(test_frames_at_one_time),
        cmocka_unit_test(test_which_picture_is_shown_when),
        cmocka_unit_test(test_pictures_that_come_too_soon),
        cmocka_unit_test(test_edges_are_repeated),
        cmocka_unit_test(test_last_pictures_last),
        cmocka_unit_test(test_videos_that_cannot_be_written),
        cmocka_unit_test(test_videos_that_cannot_be_read),
        cmocka_unit_test(test_boxes_that_are_cut),
        cmocka_unit_test(test_elements_and_chunks_that_are_cut),
        cmocka_unit_test(test_asf_that_is_cut),
        cmocka_unit_test(test_pictures_in_a_row_that_are_cut),
        cmocka_unit_test(test_packets_that_are_cut),
        cmocka_unit_test(test_cameras_that_are_not_there),
        cmocka_unit_test(test_libraries_print_nothing),
        cmocka_unit_test(test_every_frame_of_a_clip),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
