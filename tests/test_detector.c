/* What the detector asks of the cascades, and what it and the tracker make of the answers: all of
 * it, call by call, against golden/detector.txt. The cascades are made up and find bright squares;
 * how a picture is resized is made up, too, so that the same lines come on every computer.
 *
 * A square's brightness is 200 plus ten times how sure the verifier is of it, 0 .. 5 of 5; those of
 * an odd brightness are seen by the second cascade alone, from 230 on by that of profiles, too. */
#include "testing.h"

#include "beside.h"
#include "candidates.h"
#include "cascade_files.h"
#include "detector.h"
#include "face.h"
#include "ocv.h"
#include "tracker.h"

#include <stdatomic.h>

enum { BRIGHT = 200, MAX_SIDE = 1100, MOST_CALLS = 100000 };

static struct {
    char *lines; /* all calls and answers, a line each */
    size_t used, room;
    bool silent;       /* no line for calls */
    bool failed;       /* the broken one was called */
    int agree;         /* neighbours of a box, for each pixel of its width; 0: few */
    int calls, broken; /* how many calls there were, and which of them fails; 0: none */
    uint32_t sum;      /* of all lines of calls */
} world;

static struct error error;

/* ---- Lines ----------------------------------------------------------------------------------- */

static void add_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add_line(const char *format, ...)
{
    va_list arguments;
    if (world.room - world.used < 400) {
        world.room = 2 * world.room + 4000;
        world.lines = realloc(world.lines, world.room);
        assert_non_null(world.lines);
    }
    va_start(arguments, format);
    world.used +=
        (size_t)vsnprintf(world.lines + world.used, world.room - world.used, format, arguments);
    va_end(arguments);
}

static unsigned sum_of_picture(struct grey_image picture)
{
    uint32_t sum = CHECKSUM_OF_NOTHING;
    for (int y = 0; y < picture.height; y++)
        sum = checksum(sum, picture.pixels + (size_t)y * picture.stride, (size_t)picture.width);
    return sum;
}

/* Notes a call; whether it has to fail. */
static bool note_call(struct error *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool note_call(struct error *why, const char *format, ...)
{
    char line[300];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    assert_in_range(length, 1, sizeof line - 1);
    world.sum = checksum(world.sum, line, (size_t)length);
    if (!world.silent)
        add_line("  %s\n", line);
    if (++world.calls != world.broken)
        return false;
    world.failed = true;
    error_set(why, "made up");
    return true;
}

/* ---- The shim, made up ----------------------------------------------------------------------- */

struct ocv_detector {
    char letter; /* d(efault), a(lt2), p(rofile) */
};

enum ocv_code __wrap_ocv_detector_open(struct ocv_detector **detector, const char *cascade_path,
                                       struct error *why);
enum ocv_code __wrap_ocv_detector_detect(struct ocv_detector *detector, struct grey_image picture,
                                         const struct ocv_detection *how,
                                         const struct ocv_blocks *only, struct box *boxes,
                                         int capacity, int *count, struct error *why);
enum ocv_code __wrap_ocv_detector_weigh(struct ocv_detector *detector, struct grey_image picture,
                                        const struct ocv_detection *how, struct box *boxes,
                                        int *neighbours, int capacity, int *count,
                                        struct error *why);
void __wrap_ocv_detector_close(struct ocv_detector **detector);
enum ocv_code __wrap_ocv_resize_grey(struct grey_image picture, uint8_t *out, int width, int height,
                                     struct error *why);
enum ocv_code __wrap_ocv_shrink_grey(struct grey_image picture, uint8_t *out, int width, int height,
                                     struct error *why);
enum ocv_code __wrap_ocv_warp_grey(struct grey_image picture, const double map[6], uint8_t *out,
                                   int width, int height, struct error *why);
enum ocv_code __wrap_ocv_pad_grey(struct grey_image picture, int top, int bottom, int left,
                                  int right, uint8_t *out, struct error *why);
void __wrap_beside_begin(struct beside *beside, void (*work)(void *context), void *context);
float __wrap_verifier_score(const struct mlp *verifier, struct verifier_workspace *workspace,
                            const uint8_t *crop);
int __wrap_verifier_workspace_create(struct verifier_workspace **workspace,
                                     const struct mlp *verifier, int width, int height,
                                     struct error *why);
void __wrap_verifier_workspace_free(struct verifier_workspace **workspace);

static atomic_int open_cascades, workspaces;

enum ocv_code __wrap_ocv_detector_open(struct ocv_detector **detector, const char *cascade_path,
                                       struct error *why)
{
    const char *slash = strrchr(cascade_path, '/'), *name = slash ? slash + 1 : cascade_path;
    const char *last = strrchr(name, '_');
    if (note_call(why, "open %s", name))
        return OCV_CANNOT;
    *detector = calloc(1, sizeof **detector);
    assert_non_null(*detector);
    (*detector)->letter = last ? last[1] : *name;
    open_cascades++;
    return OCV_OK;
}

void __wrap_ocv_detector_close(struct ocv_detector **detector)
{
    open_cascades -= *detector != NULL;
    free(*detector);
    *detector = NULL;
}

static bool is_seen(char letter, uint8_t level)
{
    return letter == 'd' ? level % 2 == 0 : letter == 'a' || level >= BRIGHT + 30;
}

/* The square around a bright spot, whose pixels are taken out. */
static struct box take_spot(uint8_t *seen, int width, int height, int x, int y)
{
    static int stack[MAX_SIDE * MAX_SIDE];
    int left = x, right = x, top = y, bottom = y, used = 0;
    uint8_t level = seen[y * width + x];
    stack[used++] = y * width + x;
    seen[y * width + x] = 0;
    while (used > 0) {
        static const int steps[][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
        int at = stack[--used], column = at % width, row = at / width;
        left = column < left ? column : left;
        right = column > right ? column : right;
        top = row < top ? row : top;
        bottom = row > bottom ? row : bottom;
        for (int i = 0; i < 4; i++) {
            int nx = column + steps[i][0], ny = row + steps[i][1];
            if (nx < 0 || ny < 0 || nx >= width || ny >= height || seen[ny * width + nx] != level)
                continue;
            seen[ny * width + nx] = 0;
            stack[used++] = ny * width + nx;
        }
    }
    int side = right - left > bottom - top ? right - left + 1 : bottom - top + 1;
    return (struct box){left, top, side, side};
}

static bool is_touched(const struct ocv_blocks *only, struct box box)
{
    for (int y = box.y / only->side; y <= (box.y + box.height - 1) / only->side; y++)
        for (int x = box.x / only->side; x <= (box.x + box.width - 1) / only->side; x++)
            if (x < only->across && y < only->down && only->marked[y * only->across + x])
                return true;
    return false;
}

static int find_squares(char letter, struct grey_image picture, const struct ocv_detection *how,
                        const struct ocv_blocks *only, struct box *boxes, int capacity)
{
    static uint8_t seen[MAX_SIDE * MAX_SIDE];
    int count = 0;
    assert_true(picture.width <= MAX_SIDE && picture.height <= MAX_SIDE);
    for (int y = 0; y < picture.height; y++)
        memcpy(seen + y * picture.width, picture.pixels + (size_t)y * picture.stride,
               (size_t)picture.width);
    for (int i = 0; i < picture.width * picture.height && count < capacity; i++) {
        uint8_t level = seen[i];
        if (level < BRIGHT)
            continue;
        struct box box =
            take_spot(seen, picture.width, picture.height, i % picture.width, i / picture.width);
        if (box.width >= how->min_side && (how->max_side == 0 || box.width <= how->max_side) &&
            is_seen(letter, level) && (!only || is_touched(only, box)))
            boxes[count++] = box;
    }
    return count;
}

static bool note_search(const char *what, const struct ocv_detector *detector,
                        struct grey_image picture, const struct ocv_detection *how,
                        const struct ocv_blocks *only, int capacity, struct error *why)
{
    char blocks[100] = "";
    int marked = 0;
    for (int i = 0; only && i < only->across * only->down; i++)
        marked += only->marked[i];
    if (only)
        snprintf(blocks, sizeof blocks, ", %d of %dx%d blocks of %d", marked, only->across,
                 only->down, only->side);
    return note_call(why, "%s %c %dx%d %08x, by %g, %d agree, %d .. %d, %d at most%s", what,
                     detector->letter, picture.width, picture.height, sum_of_picture(picture),
                     how->scale_factor, how->min_neighbours, how->min_side, how->max_side, capacity,
                     blocks);
}

enum ocv_code __wrap_ocv_detector_detect(struct ocv_detector *detector, struct grey_image picture,
                                         const struct ocv_detection *how,
                                         const struct ocv_blocks *only, struct box *boxes,
                                         int capacity, int *count, struct error *why)
{
    if (note_search("detect", detector, picture, how, only, capacity, why))
        return OCV_FAILED;
    *count = find_squares(detector->letter, picture, how, only, boxes, capacity);
    return OCV_OK;
}

enum ocv_code __wrap_ocv_detector_weigh(struct ocv_detector *detector, struct grey_image picture,
                                        const struct ocv_detection *how, struct box *boxes,
                                        int *neighbours, int capacity, int *count,
                                        struct error *why)
{
    if (note_search("weigh", detector, picture, how, NULL, capacity, why))
        return OCV_FAILED;
    *count = find_squares(detector->letter, picture, how, NULL, boxes, capacity);
    for (int i = 0; i < *count; i++)
        neighbours[i] = world.agree ? world.agree * boxes[i].width : 1 + boxes[i].width % 7;
    return OCV_OK;
}

/* The nearest pixels. */
static void resize(struct grey_image picture, uint8_t *out, int width, int height)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            out[y * width + x] =
                picture
                    .pixels[(size_t)((2 * y + 1) * picture.height / (2 * height)) * picture.stride +
                            (size_t)((2 * x + 1) * picture.width / (2 * width))];
}

enum ocv_code __wrap_ocv_resize_grey(struct grey_image picture, uint8_t *out, int width, int height,
                                     struct error *why)
{
    if (note_call(why, "resize %dx%d to %dx%d", picture.width, picture.height, width, height))
        return OCV_FAILED;
    resize(picture, out, width, height);
    return OCV_OK;
}

enum ocv_code __wrap_ocv_shrink_grey(struct grey_image picture, uint8_t *out, int width, int height,
                                     struct error *why)
{
    assert_true(width <= picture.width && height <= picture.height);
    if (note_call(why, "shrink %dx%d to %dx%d", picture.width, picture.height, width, height))
        return OCV_FAILED;
    resize(picture, out, width, height);
    return OCV_OK;
}

static int within(long value, int size)
{
    return value < 0 ? 0 : value >= size ? size - 1 : (int)value;
}

enum ocv_code __wrap_ocv_warp_grey(struct grey_image picture, const double map[6], uint8_t *out,
                                   int width, int height, struct error *why)
{
    if (note_call(why, "warp %dx%d to %dx%d by %.4f %.4f %.2f, %.4f %.4f %.2f", picture.width,
                  picture.height, width, height, map[0], map[1], map[2], map[3], map[4], map[5]))
        return OCV_FAILED;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            /* A little off, so that nothing lies in the middle between two pixels. */
            int column = within(lround(map[0] * x + map[1] * y + map[2] + 1e-3), picture.width);
            int row = within(lround(map[3] * x + map[4] * y + map[5] + 1e-3), picture.height);
            out[y * width + x] = picture.pixels[(size_t)row * picture.stride + (size_t)column];
        }
    return OCV_OK;
}

enum ocv_code __wrap_ocv_pad_grey(struct grey_image picture, int top, int bottom, int left,
                                  int right, uint8_t *out, struct error *why)
{
    if (note_call(why, "pad %dx%d by %d %d %d %d", picture.width, picture.height, top, bottom, left,
                  right))
        return OCV_FAILED;
    for (int y = 0; y < top + picture.height + bottom; y++)
        for (int x = 0; x < left + picture.width + right; x++)
            out[y * (left + picture.width + right) + x] =
                picture.pixels[(size_t)within(y - top, picture.height) * picture.stride +
                               (size_t)within(x - left, picture.width)];
    return OCV_OK;
}

/* The work is done after the caller's, in the same order each time. */
void __wrap_beside_begin(struct beside *beside, void (*work)(void *context), void *context)
{
    assert_true(beside->work == work && beside->context == context);
    world.sum = checksum(world.sum, "beside", strlen("beside"));
    if (!world.silent)
        add_line("  beside\n");
}

int __wrap_verifier_workspace_create(struct verifier_workspace **workspace,
                                     const struct mlp *verifier, int width, int height,
                                     struct error *why)
{
    assert_non_null(verifier->parameters);
    if (note_call(why, "verifier for %dx%d", width, height))
        return -1;
    *workspace = calloc(1, 1);
    assert_non_null(*workspace);
    workspaces++;
    return 0;
}

void __wrap_verifier_workspace_free(struct verifier_workspace **workspace)
{
    workspaces -= *workspace != NULL;
    free(*workspace);
    *workspace = NULL;
}

/* By the crop's middle: 0.01, 0.02, 0.5, 0.8, 0.85 or 0.95; not a square: 0.6, dark: 0. */
float __wrap_verifier_score(const struct mlp *verifier, struct verifier_workspace *workspace,
                            const uint8_t *crop)
{
    static const float scores[] = {0.01f, 0.02f, 0.5f, 0.8f, 0.85f, 0.95f};
    assert_true(verifier && workspace);
    int middle = crop[FACE_SIDE / 2 * FACE_SIDE + FACE_SIDE / 2];
    world.sum = checksum(world.sum, crop, FACE_SIDE * FACE_SIDE);
    return middle < 100 ? 0 : middle < BRIGHT ? 0.6f : scores[(middle - BRIGHT) / 10 % 6];
}

/* ---- Scenes ---------------------------------------------------------------------------------- */

static uint8_t pixels[MAX_SIDE * MAX_SIDE];

static struct grey_image scene(int width, int height)
{
    for (int i = 0; i < width * height; i++)
        pixels[i] = (uint8_t)(20 + (i % width * 5 + i / width * 3) % 50);
    return (struct grey_image){pixels, width, height, (size_t)width};
}

static void draw(struct grey_image picture, struct box box, int level)
{
    struct box inside = box_clip(box, picture.width, picture.height);
    for (int y = inside.y; y < inside.y + inside.height; y++)
        memset(pixels + (size_t)y * picture.stride + inside.x, level, (size_t)inside.width);
}

static void draw_faces(struct grey_image picture, struct rng *rng, int count, int most)
{
    for (int i = 0; i < count; i++) {
        int side = between(rng, most / 8, most), x = between(rng, -side / 4, picture.width);
        int y = between(rng, 0, picture.height), level = BRIGHT + between(rng, 0, 55);
        draw(picture, (struct box){x, y, side, side}, level);
    }
}

static const float parameter = 1;
static struct mlp verifier = {.parameters = (float *)(uintptr_t)&parameter};

static struct detector *open_detector(bool verified)
{
    struct detector *detector = NULL;
    assert_int_equal(detector_open(&detector, cascade_files[CASCADE_FIRST], &error), 0);
    if (verified)
        assert_int_equal(detector_set_verifier(detector, &verifier, &error), 0);
    assert_int_equal(detector_has_verifier(detector), verified);
    return detector;
}

static void close_detector(struct detector **detector)
{
    detector_close(detector);
    assert_null(*detector);
    detector_close(detector);
    assert_int_equal(open_cascades, 0);
    assert_int_equal(workspaces, 0);
}

static void add_boxes(const char *what, const struct grey_frame *frame)
{
    add_line("%s:", what);
    for (int i = 0; i < frame->box_count; i++)
        add_line(" %d,%d %dx%d %.2f", frame->boxes[i].x, frame->boxes[i].y, frame->boxes[i].width,
                 frame->boxes[i].height, (double)frame->scores[i]);
    add_line("\n");
}

/* The calls' sum stands for their lines. */
static void add_sum(void)
{
    add_line("  %d calls, %08x\n", world.calls, world.sum);
    world.calls = 0;
    world.sum = CHECKSUM_OF_NOTHING;
}

static void scan_all(struct detector *detector, struct grey_frame *frame)
{
    for (int range = 0; range < DETECTOR_RANGES; range++)
        assert_int_equal(detector_scan(detector, frame, range, &error), 0);
}

static void play_scans(void)
{
    for (int verified = 0; verified < 2; verified++) {
        struct detector *detector = open_detector(verified);
        struct grey_frame frame = {.grey = scene(640, 480)};
        add_line("scans, %s verifier\n", verified ? "with a" : "without");
        for (int step = 0; step < 6; step++) {
            frame.time = step * 0.1;
            if (step == 2) /* with each score, of all sizes */
                for (int i = 0; i < 12; i++)
                    draw(frame.grey,
                         (struct box){i % 4 * 150 + 20, i / 4 * 160 + 5, 25 + 11 * i, 25 + 11 * i},
                         BRIGHT + 5 * i / 2 * 2);
            if (step == 4) /* the known ones stay */
                frame.box_count = frame.box_count > 3 ? 3 : frame.box_count;
            else
                frame.box_count = 0;
            scan_all(detector, &frame);
            add_boxes("scan", &frame);
        }
        close_detector(&detector);
    }
    static const int sizes[][2] = {{23, 60},  {60, 23},   {24, 24},  {1, 1},
                                   {280, 90}, {383, 200}, {1000, 30}};
    struct detector *detector = open_detector(false);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct grey_frame frame = {.grey = scene(sizes[i][0], sizes[i][1])};
        scan_all(detector, &frame);
    }
    close_detector(&detector);
}

/* Another cascade, and the default one in a folder of its own, search alone. */
static void play_lone_cascades(void)
{
    static const char *const paths[] = {"/a.xml", "/no/such/folder/of_default.xml",
                                        "/no/such/folder/haarcascade_frontalface_default.xml"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct detector *detector = NULL;
        struct grey_frame frame = {.grey = scene(640, 480)};
        draw(frame.grey, (struct box){200, 150, 100, 100}, BRIGHT + 40);
        assert_int_equal(detector_open(&detector, paths[i], &error), 0);
        assert_int_equal(detector_find(detector, &frame, &error), 0);
        add_boxes(paths[i], &frame);
        close_detector(&detector);
    }
}

static void play_looks(void)
{
    static const struct box expected[] = {
        {200, 150, 100, 100}, {195, 158, 104, 104}, {210, 150, 80, 80}, {250, 150, 100, 100},
        {-30, 400, 90, 90},   {600, 440, 60, 60},   {700, 100, 50, 50}, {100, 900, 50, 50},
        {400, 20, 20, 20},    {300, 250, 220, 220}, {10, 10, 40, 40},
    };
    struct grey_frame frame = {.grey = scene(640, 480)};
    draw(frame.grey, (struct box){200, 150, 100, 100}, BRIGHT);
    draw(frame.grey, (struct box){-20, 405, 84, 84}, BRIGHT + 10);
    draw(frame.grey, (struct box){590, 430, 66, 66}, BRIGHT + 20);
    draw(frame.grey, (struct box){398, 24, 30, 30}, BRIGHT + 30);
    draw(frame.grey, (struct box){310, 255, 200, 200}, BRIGHT + 40);
    draw(frame.grey, (struct box){14, 12, 37, 37}, BRIGHT + 50);
    for (int verified = 0; verified < 2; verified++) {
        struct detector *detector = open_detector(verified);
        add_line("looks, %s verifier\n", verified ? "with a" : "without");
        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
            add_line("at %d,%d %dx%d: %.2f\n", expected[i].x, expected[i].y, expected[i].width,
                     expected[i].height, (double)detector_verify(detector, &frame, expected[i]));
            frame.box_count = 0;
            assert_int_equal(detector_look(detector, &frame, expected[i], &error), 0);
            add_boxes("look", &frame);
            frame.box_count = 0;
            assert_int_equal(detector_confirm(detector, &frame, expected[i], &error), 0);
            add_boxes("confirm", &frame);
        }
        close_detector(&detector);
    }
}

static void play_stills(void)
{
    struct rng rng = rng_make(11, 0);
    for (int verified = 0; verified < 2; verified++) {
        struct detector *detector = open_detector(verified);
        struct grey_frame frame = {.grey = scene(640, 480)};
        add_line("stills, %s verifier\n", verified ? "with a" : "without");
        assert_int_equal(detector_find(detector, &frame, &error), 0);
        add_boxes("nothing", &frame);
        draw(frame.grey, (struct box){200, 150, 100, 100}, BRIGHT + 40);
        draw(frame.grey, (struct box){400, 300, 70, 70}, BRIGHT + 50);
        draw(frame.grey, (struct box){500, 20, 40, 40}, BRIGHT + 20);
        assert_int_equal(detector_find(detector, &frame, &error), 0);
        add_boxes("find", &frame);
        frame.box_count = 0;
        assert_int_equal(detector_find_sure(detector, &frame, &error), 0);
        add_boxes("find sure", &frame);
        world.silent = true;
        for (int i = 0; i < 12; i++) {
            static const int sizes[][2] = {{640, 480}, {300, 400}, {1024, 256}, {80, 60}};
            frame.grey = scene(sizes[i % 4][0], sizes[i % 4][1]);
            draw_faces(frame.grey, &rng, i % 9, frame.grey.height * (i % 3 + 1) / 3);
            assert_int_equal(detector_find(detector, &frame, &error), 0);
            add_boxes("find", &frame);
            frame.box_count = 0;
            assert_int_equal(detector_find_sure(detector, &frame, &error), 0);
            add_boxes("find sure", &frame);
            add_sum();
        }
        world.silent = false;
        close_detector(&detector);
    }
}

/* Two as large as each other, and just as large as counts where none is sure; one half as large as
 * another, which is not too small to be looked for beside that. */
static void play_exact_sizes(void)
{
    struct detector *detector = open_detector(true);
    struct grey_frame frame = {.grey = scene(200, 200)};
    draw(frame.grey, (struct box){30, 20, 40, 40}, BRIGHT + 20);
    draw(frame.grey, (struct box){120, 110, 40, 40}, BRIGHT + 20);
    assert_int_equal(detector_find(detector, &frame, &error), 0);
    add_boxes("a fifth of the picture", &frame);
    frame.grey = scene(640, 480);
    draw(frame.grey, (struct box){200, 150, 100, 100}, BRIGHT + 50);
    draw(frame.grey, (struct box){420, 300, 50, 50}, BRIGHT + 50);
    assert_int_equal(detector_find(detector, &frame, &error), 0);
    add_boxes("half as large", &frame);
    close_detector(&detector);
}

/* Some seconds of a stream: faces that move, come, go, jump and are hidden; cuts; another size. */
static void play_stream(bool verified)
{
    enum { MOVING = 7, FRAMES = 120 };
    struct follower follower = {.detector = open_detector(verified)};
    struct rng rng = rng_make(12, 0);
    struct expressions_face faces[EXPRESSIONS_MAX_FACES];
    double x[MOVING] = {0}, y[MOVING] = {0}, speed[MOVING] = {0}, time = 0;
    add_line("a stream, %s verifier\n", verified ? "with a" : "without");
    world.silent = true;
    for (int i = 0; i < FRAMES; i++) {
        bool cut = i % 40 == 0;
        struct grey_frame frame = {.grey = scene(i < 80 ? 640 : 320, i < 80 ? 480 : 400)};
        if (i / 40 % 2)
            draw(frame.grey, (struct box){0, 0, 200, 400}, 150);
        for (int k = 0; k < MOVING; k++) {
            if (cut || between(&rng, 0, 60) == 0) {
                x[k] = between(&rng, 0, frame.grey.width);
                y[k] = between(&rng, 0, frame.grey.height);
                speed[k] = between(&rng, -40, 40) / 8.0;
            }
            x[k] += speed[k];
            y[k] += speed[(k + 1) % MOVING] / 2;
            int side = 30 + 13 * k + i % 3;
            if ((i + 20 * k) % 90 > 12 * (k % 3) && (i < 80 || i > 84)) /* an empty scene first */
                draw(frame.grey, (struct box){(int)lround(x[k]), (int)lround(y[k]), side, side},
                     BRIGHT + 10 * (between(&rng, 0, 9) ? 5 : between(&rng, 0, 5)));
        }
        frame.time = time;
        assert_int_equal(follower_run(&follower, &frame, &error), 0);
        int count = tracker_faces(&follower.tracker, frame.grey.width, frame.grey.height,
                                  time + i % 4 * 0.1, faces, i % 5 ? EXPRESSIONS_MAX_FACES : 2);
        add_line("%.3f:", time);
        for (int k = 0; k < count; k++)
            add_line(" %d%s %d,%d %d", faces[k].id, faces[k].held ? " held" : "", faces[k].box.x,
                     faces[k].box.y, faces[k].box.width);
        add_line("\n");
        add_sum();
        time += i % 30 == 29 ? 0.7 : i % 7 ? 1 / 30.0 : 0.1;
    }
    world.silent = false;
    close_detector(&follower.detector);
}

static void play(void)
{
    world.used = 0;
    world.sum = CHECKSUM_OF_NOTHING;
    world.calls = world.broken = 0;
    play_scans();
    play_lone_cascades();
    play_looks();
    play_stills();
    play_exact_sizes();
    play_stream(false);
    play_stream(true);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void all_is_as_it_was(void **state)
{
    (void)state;
    size_t size;
    char *known = (char *)read_bytes(SOURCE_DIR "/tests/golden/detector.txt", &size);
    play();
    int line = 1;
    for (const char *a = known, *b = world.lines; *a || *b; line++) {
        size_t length = strcspn(a, "\n"), other = strcspn(b, "\n");
        if (length != other || memcmp(a, b, length) != 0)
            fail_msg("line %d is \"%.*s\", was \"%.*s\"; where that is meant: "
                     "test_detector print >tests/golden/detector.txt",
                     line, (int)other, b, (int)length, a);
        a += length + (a[length] != '\0');
        b += other + (b[other] != '\0');
    }
    free(known);
}

/* Each call of the shim fails in turn: that is said, and nothing is found. */
static void each_failure_is_told(void **state)
{
    (void)state;
    enum { FIND, SURE, SCAN, LOOK, CONFIRM, FOLLOW, FOLLOW_DOUBTFUL, WAYS };
    world.silent = true;
    for (int way = 0; way < WAYS; way++) {
        int calls = MOST_CALLS;
        for (int broken = 0; broken <= calls; broken++) {
            struct detector *detector = open_detector(true);
            struct follower follower = {.detector = detector};
            struct grey_frame frame = {.grey = scene(640, 480), .box_count = way < SCAN ? 1 : 0};
            struct box box = {200, 150, 100, 100};
            draw(frame.grey, box, way < FOLLOW_DOUBTFUL ? BRIGHT + 40 : BRIGHT + 10);
            if (way == LOOK || way == CONFIRM)
                frame.grey = scene(640, 480);
            world.calls = 0;
            world.broken = broken;
            world.failed = false;
            error = (struct error){.text = ""};
            int result = way == FIND      ? detector_find(detector, &frame, &error)
                         : way == SURE    ? detector_find_sure(detector, &frame, &error)
                         : way == SCAN    ? detector_scan(detector, &frame, 1, &error)
                         : way == LOOK    ? detector_look(detector, &frame, box, &error)
                         : way == CONFIRM ? detector_confirm(detector, &frame, box, &error)
                                          : follower_run(&follower, &frame, &error);
            if (broken == 0)
                calls = world.calls;
            assert_int_equal(result, broken ? -1 : 0);
            assert_int_equal(world.failed, broken > 0);
            if (broken) {
                assert_int_equal(way >= FOLLOW ? follower.tracker.count : frame.box_count, 0);
                assert_non_null(strstr(error.text, "made up"));
                if (way >= SCAN && way < FOLLOW) /* a still has two parts, which both end */
                    assert_int_equal(world.calls, broken);
            }
            world.broken = 0;
            close_detector(&detector);
        }
        assert_in_range(calls, 1, 200);
    }
    world.silent = false;
}

/* One box for each face, in the picture, and as many as there is room for. */
static void boxes_are_added(void **state)
{
    (void)state;
    static const struct box outside[] = {
        {640, 9, 9, 9}, {9, 480, 9, 9}, {-9, 9, 9, 9}, {9, -9, 9, 9}, {9, 9, 0, 0}};
    struct grey_frame frame = {.grey = scene(640, 480)};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        detector_add(&frame, outside[i], 1);
    assert_int_equal(frame.box_count, 0);
    for (int i = 0; i < 2 * EXPRESSIONS_MAX_FACES; i++)
        for (int twice = 0; twice < 2; twice++)
            detector_add(&frame, (struct box){i % 16 * 20, i / 16 * 20, 20, 20}, (float)i);
    assert_int_equal(frame.box_count, EXPRESSIONS_MAX_FACES);
    for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++) {
        assert_true(frame.boxes[i].x == i % 16 * 20 && frame.boxes[i].y == i / 16 * 20);
        expect_close((double)frame.scores[i], i, 0, "score");
    }
    frame.box_count = 0;
    detector_add(&frame, (struct box){639, 479, 9, 9}, 0.5f);
    assert_int_equal(frame.box_count, 1);
}

/* Squares of which none touches another of its level, at corners neither. */
static void draw_board(struct grey_image picture, int left, int top, int columns, int rows,
                       int side)
{
    for (int i = 0; i < columns * rows; i++) {
        int column = i % columns, row = i / columns;
        draw(picture, (struct box){left + column * side, top + row * side, side, side},
             BRIGHT + 10 * (column % 2 + 2 * (row % 2)));
    }
}

/* Small squares, of which both cascades see each and which are not sure, and larger ones, which are
 * where both see them: for the second cascade's answers to these there is no room, or just for two.
 */
static void answers_find_room(void **state)
{
    (void)state;
    struct detector *detector = open_detector(false);
    world.silent = true;
    for (int room = 0; room < 2; room++) {
        struct grey_frame frame = {.grey = scene(768, 768)};
        draw_board(frame.grey, 6, 6, 27, 18, 28);
        draw_board(frame.grey, 12, 513, 13, 4, 54);
        if (room)
            draw(frame.grey, (struct box){6, 6, 28, 28}, 0);
        assert_int_equal(detector_find(detector, &frame, &error), 0);
        assert_int_equal(frame.box_count > 0, room);
    }
    world.silent = false;
    close_detector(&detector);
}

/* The others are found beside the first cascade where its path names no folder, too. */
static void cascades_of_this_folder(void **state)
{
    (void)state;
    const char *path = cascade_files[CASCADE_FIRST], *slash = strrchr(path, '/');
    char folder[200], here[1000];
    struct detector *detector = NULL;
    struct grey_frame frame = {.grey = scene(640, 480)};
    draw(frame.grey, (struct box){200, 150, 100, 100}, BRIGHT + 41); /* for the second alone */
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    world.silent = true;
    assert_int_equal(detector_open(&detector, slash + 1, &error), 0);
    assert_int_equal(detector_find(detector, &frame, &error), 0);
    world.silent = false;
    assert_int_equal(chdir(here), 0);
    assert_int_equal(frame.box_count, 1);
    close_detector(&detector);
}

/* What lies on each other adds up, with the box of the lowest rank; the rest is ordered by
 * strength, then from above, from the left, and by size. */
static void candidates_are_chosen(void **state)
{
    (void)state;
    const struct box a = {0, 0, 100, 20};
    assert_false(candidates_collide(a, (struct box){65, 0, 100, 20}));
    assert_true(candidates_collide(a, (struct box){64, 0, 100, 20}));
    for (int more = 0; more < 2; more++) {
        struct candidate half[] = {{{20, 0, 40, 20}, 1, 3, 0.5f, 2},
                                   {{0, 0, 40, 20}, 0, 2, 0.4f, 1}};
        assert_int_equal(candidates_choose(half, 2, 5 + 0.01 * more), !more);
        assert_true(half[0].box.x == 0 && half[0].neighbours == 3);
        expect_close((double)half[0].score, 0.5, 1e-6, "the better score");
    }
    struct candidate many[] = {{{200, 100, 20, 20}, 0, 5, 0, 1}, {{100, 100, 20, 20}, 1, 5, 0, 1},
                               {{300, 50, 20, 20}, 0, 5, 0, 1},  {{0, 400, 30, 30}, 0, 5, 0, 1},
                               {{0, 400, 50, 50}, 0, 5, 0, 1},   {{500, 500, 9, 9}, 2, 6, 0, 1},
                               {{600, 10, 9, 9}, 0, 4.9, 0, 1}};
    static const int order[] = {500, 300, 100, 200, 0};
    assert_int_equal(candidates_choose(many, 7, 5), 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(many[i].box.x, order[i]);
    assert_int_equal(many[4].box.width, 50);
}

/* What the verifier likes best counts for less than what it likes well and more agree on; what it
 * likes least is a face all the same where very many do. */
static void odds_have_bounds(void **state)
{
    (void)state;
    struct detector *detector = open_detector(true);
    struct grey_frame frame = {.grey = scene(640, 480)};
    world.silent = true;
    world.agree = 1;
    draw(frame.grey, (struct box){200, 100, 240, 240}, BRIGHT + 30);
    draw(frame.grey, (struct box){370, 100, 140, 140}, BRIGHT + 50); /* lies half on the other */
    assert_int_equal(detector_find(detector, &frame, &error), 0);
    assert_int_equal(frame.box_count, 1);
    assert_int_equal(frame.boxes[0].x, 200);

    frame.grey = scene(640, 480);
    draw(frame.grey, (struct box){200, 150, 180, 180}, BRIGHT);
    draw(frame.grey, (struct box){260, 210, 60, 60}, 0);
    for (int many = 0; many < 2; many++) {
        world.agree = many ? 100000 : 1;
        assert_int_equal(detector_find(detector, &frame, &error), 0);
        assert_int_equal(frame.box_count, many);
    }
    world.agree = 0;
    world.silent = false;
    close_detector(&detector);
}

/* Of a verifier nothing is kept that could not be made, and the one before stays. */
static void no_verifier_is_told(void **state)
{
    (void)state;
    struct detector *detector = open_detector(true);
    for (int broken = 1; broken <= 2; broken++) {
        world.calls = 0;
        world.broken = broken;
        assert_int_equal(detector_set_verifier(detector, &verifier, &error), -1);
        assert_string_equal(error.text, "made up");
        assert_int_equal(workspaces, 2);
        assert_true(detector_has_verifier(detector));
    }
    world.broken = 0;
    assert_int_equal(detector_set_verifier(detector, NULL, &error), 0);
    assert_int_equal(workspaces, 0);
    static const struct mlp none = {.parameters = NULL};
    assert_int_equal(detector_set_verifier(detector, &verifier, &error), 0);
    assert_int_equal(workspaces, 2);
    assert_int_equal(detector_set_verifier(detector, &none, &error), 0);
    assert_false(detector_has_verifier(detector));
    assert_int_equal(workspaces, 0);
    close_detector(&detector);
}

static void no_cascade_is_told(void **state)
{
    (void)state;
    struct detector *detector = NULL;
    world.calls = 0;
    world.broken = 1;
    assert_int_equal(detector_open(&detector, "/a/b.xml", &error), -1);
    assert_null(detector);
    assert_string_equal(error.text, "/a/b.xml: made up");
    assert_int_equal(error.code, ERROR_BAD_CASCADE);
    assert_int_equal(open_cascades, 0);
    world.broken = 0;
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_as_it_was),     cmocka_unit_test(each_failure_is_told),
        cmocka_unit_test(no_cascade_is_told),   cmocka_unit_test(no_verifier_is_told),
        cmocka_unit_test(boxes_are_added),      cmocka_unit_test(odds_have_bounds),
        cmocka_unit_test(answers_find_room),    cmocka_unit_test(cascades_of_this_folder),
        cmocka_unit_test(candidates_are_chosen)};
    if (argc > 1 && strcmp(argv[1], "print") == 0) {
        play();
        fputs(world.lines, stdout);
        return 0;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(world.lines);
    return failed;
}
