/* The window's states, drawn without a display in five sizes and compared with the pictures in
 * tests/states: what changes there has to be looked at.
 *
 *     test_states                 compares
 *     test_states write FOLDER    writes the pictures anew, small as they are compared
 *     test_states show FOLDER     writes them in full size, to be looked at
 */
#include "testing.h"

#include "demo.h"
#include "icon.h"
#include "ocv.h"
#include "overlay.h"
#include "picture_file.h"
#include "resources.h"
#include "view.h"
#include "view_state.h"

#include <SDL.h>

enum { SIZES = 5, REFERENCE_WIDTH = 160, MAX_HEIGHT = 120 };

static struct size {
    int width, height;
} sizes[SIZES] = {{320, 240}, {640, 480}, {1280, 720}, {1920, 1080}, {3840, 2160}};

/* A channel of a pixel may be off by so much, and so many pixels in a thousand by more: letters
 * are not the same with every version of FreeType. */
static const int tolerance = 16;
static const double outliers = 0.5;

/* ---- Pictures -------------------------------------------------------------------------------- */

enum { PICTURE_WIDTH = 1280, PICTURE_HEIGHT = 720, CROWD = 10 };

static uint8_t demo_pixels[DEMO_WIDTH * DEMO_HEIGHT * 3];
static uint8_t crowd_pixels[PICTURE_WIDTH * PICTURE_HEIGHT * 3];
static struct expressions_face crowd[CROWD];
static const struct image demo_picture = {.width = DEMO_WIDTH,
                                          .height = DEMO_HEIGHT,
                                          .planes = {demo_pixels},
                                          .strides = {DEMO_WIDTH * 3}};
static const struct image crowd_picture = {.width = PICTURE_WIDTH,
                                           .height = PICTURE_HEIGHT,
                                           .planes = {crowd_pixels},
                                           .strides = {PICTURE_WIDTH * 3}};
static const struct expressions_box demo_face = {148, 76, 282, 282};

/* A face of the demo in a square of the crowd's picture. */
static void draw_in_crowd(struct expressions_box box)
{
    for (int y = -box.height / 4; y < box.height * 5 / 4; y++) {
        for (int x = -box.width / 6; x < box.width * 7 / 6; x++) {
            int column = demo_face.x + x * demo_face.width / box.width;
            int row = demo_face.y + y * demo_face.height / box.height;
            int to_x = box.x + x, to_y = box.y + y;
            if (column < 0 || row < 0 || column >= DEMO_WIDTH || row >= DEMO_HEIGHT || to_x < 0 ||
                to_y < 0 || to_x >= PICTURE_WIDTH || to_y >= PICTURE_HEIGHT)
                continue;
            memcpy(crowd_pixels + (to_y * PICTURE_WIDTH + to_x) * 3,
                   demo_pixels + (row * DEMO_WIDTH + column) * 3, 3);
        }
    }
}

static struct expressions_face make_face(int id, struct expressions_box box, int label)
{
    struct expressions_face face = {
        .id = id, .box = box, .label = label, .second = (label + 2) % 7};
    for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++)
        face.probabilities[k] = k == label ? 0.82f : 0.03f;
    return face;
}

/* The demo's first frame, which takes a while, is made once. */
static void make_demo(void)
{
    struct demo *demo = NULL;
    struct error error;
    double time;
    assert_int_equal(demo_open(&demo, &error), 0);
    memcpy(demo_pixels, demo_next(demo, &time).pixels, sizeof demo_pixels);
    demo_close(&demo);
}

static void make_crowd(int count)
{
    memset(crowd_pixels, 70, sizeof crowd_pixels);
    for (int i = 0; i < count; i++) {
        int side = count < 3 ? 300 : 150;
        struct expressions_box box = {count < 3 ? 180 + i * 480 : 40 + i % 5 * 250,
                                      count < 3 ? 200 : 90 + i / 5 * 340 + i % 2 * 30, side, side};
        draw_in_crowd(box);
        crowd[i] = make_face(i + 1, box, i % EXPRESSIONS_LABEL_COUNT);
    }
    crowd[4].uncertain = true;
}

/* ---- States ---------------------------------------------------------------------------------- */

static const struct view_menu no_camera = {
    .title = "no camera",
    .text = "camera 0: there is no such camera; plug it in or name another",
    .count = 3,
    .choices = {"try again", "play the demo", "open a video..."},
    .stays = true};
static const struct view_menu sources = {
    .title = "what to show",
    .count = 4,
    .choices = {"Integrated Webcam  (shown)", "HD USB Camera", "play the demo", "open a video..."}};

/* Ten seconds of a face that changes, of which the last is shown. */
static void show_demo(struct view *view)
{
    static const int labels[] = {6, 3, 3, 5, 4};
    for (int i = 0; i <= 100; i++) {
        struct expressions_face face = make_face(1, demo_face, labels[i * 4 / 100]);
        scene_set(&view->scene, &demo_picture, &face, 1, i * 0.1);
    }
    view->interval = 1 / 30.0;
}

static void show_label(struct view *view, int label, bool uncertain)
{
    struct expressions_face face = make_face(1, demo_face, label);
    face.uncertain = uncertain;
    if (uncertain)
        face.probabilities[face.second] = 0.41f, face.probabilities[label] = 0.44f;
    scene_set(&view->scene, &demo_picture, &face, 1, 10.1);
}

static void show_crowd(struct view *view, int count)
{
    make_crowd(count);
    scene_set(&view->scene, &crowd_picture, crowd, count, 0);
    strip_choose(&view->scene.strip, 2);
    scene_set(&view->scene, &crowd_picture, crowd, count, 0.1);
    view->interval = 1 / 30.0;
}

static void explain(struct view *view)
{
    struct error error;
    float map[EXPRESSIONS_CROP_PIXELS];
    for (int i = 0; i < EXPRESSIONS_CROP_PIXELS; i++) {
        double x = (i % EXPRESSIONS_CROP_SIDE - 24) / 24.0,
               y = (i / EXPRESSIONS_CROP_SIDE - 24) / 24.0;
        map[i] = (float)(exp(-8 * (x * x + (y - 0.5) * (y - 0.5))) -
                         0.7 * exp(-9 * (x * x + (y + 0.4) * (y + 0.4))));
    }
    view->scene.explain = true;
    assert_int_equal(view_set_explanation(view, 1, map, &error), 0);
}

static void say(struct view *view, const char *text)
{
    snprintf(view->scene.notice, sizeof view->scene.notice, "%s", text);
    view->scene.notice_end = SDL_GetTicks() + 100000;
}

static void show_bar(struct view *view, int focus)
{
    view->bar = (struct bar){.shown = true, .end = SDL_GetTicks() + 100000, .focus = focus};
}

enum state {
    STATE_NO_CAMERA,
    STATE_FACE,
    STATE_BAR,
    STATE_EXPLAIN,
    STATE_MENU,
    STATE_HELP,
    STATE_NO_SIGNAL,
    STATE_STATISTICS,
    STATE_TWO,
    STATE_CROWD,
    STATE_STILL,
    STATES,
    /* Without a picture: a face at the left edge, and the same with statistics. */
    STATE_LEFT = STATES,
    STATE_LEFT_STATISTICS
};

static const char statistics[] = "29.9 fps, 0 dropped\nlatency 21 ms\n95 % under 30 ms\n"
                                 "detection 11.2 ms\nrecognition 1.1 ms\ndrawing 2.0 ms\n"
                                 "memory 82 MB\nsmoothing 0.2 s";
static const struct expressions_box left_face = {40, 100, 200, 200};

static const char *const state_names[STATES] = {"no-camera", "face",  "bar",       "explain",
                                                "menu",      "help",  "no-signal", "statistics",
                                                "two",       "crowd", "still"};

static void prepare(struct view *view, enum state state)
{
    if (state == STATE_NO_CAMERA) {
        view->scene.menu = no_camera;
        return;
    }
    view->scene.live = state != STATE_STILL;
    if (state >= STATES) {
        struct expressions_face face = make_face(1, left_face, 3);
        scene_set(&view->scene, &demo_picture, &face, 1, 0);
        view->scene.statistics = state == STATE_LEFT_STATISTICS;
        view_set_statistics(view, statistics);
        return;
    }
    if (state == STATE_CROWD || state == STATE_TWO)
        show_crowd(view, state == STATE_CROWD ? CROWD : 2);
    else
        show_demo(view);
    if (state == STATE_STILL || state == STATE_EXPLAIN) {
        show_label(view, 3, false);
        explain(view);
    } else if (state == STATE_BAR) {
        show_bar(view, 4);
        view->recording = 65;
        say(view, "smoothing 0.3 s");
    } else if (state == STATE_MENU) {
        view->scene.menu = sources;
        view->scene.focus = 1;
    } else if (state == STATE_HELP) {
        view->scene.help = true;
    } else if (state == STATE_NO_SIGNAL) {
        view->scene.no_signal = true;
    } else if (state == STATE_STATISTICS) {
        show_label(view, 5, true);
        view->scene.statistics = true;
        view_set_statistics(view, statistics);
    }
}

/* ---- Drawing and comparing ------------------------------------------------------------------- */

/* The caller frees it. */
static SDL_Surface *draw(enum state state, int width, int height)
{
    struct view *view = calloc(1, sizeof *view);
    struct error error = {.text = ""};
    SDL_Surface *surface =
        SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_ARGB8888);
    assert_non_null(view);
    assert_non_null(surface);
    view->window.renderer = SDL_CreateSoftwareRenderer(surface);
    assert_non_null(view->window.renderer);
    assert_int_equal(paint_create(&view->paint, view->window.renderer, resource_font(), &error), 0);
    view->scene.drawing.bars = true;
    view->recording = -1;
    view->shown = true;
    prepare(view, state);
    if (view_draw(view, &error))
        fail_msg("%s", error.text);
    paint_free(&view->paint);
    scene_free(&view->scene);
    SDL_DestroyRenderer(view->window.renderer);
    free(view);
    return surface;
}

static struct bgr_image bgr_of(const SDL_Surface *surface, uint8_t *pixels)
{
    assert_int_equal(SDL_ConvertPixels(surface->w, surface->h, SDL_PIXELFORMAT_ARGB8888,
                                       surface->pixels, surface->pitch, SDL_PIXELFORMAT_BGR24,
                                       pixels, surface->w * 3),
                     0);
    return (struct bgr_image){pixels, surface->w, surface->h, (size_t)surface->w * 3};
}

/* Each pixel the mean of those that it stands for. */
static struct bgr_image shrink(struct bgr_image from, uint8_t *pixels)
{
    int by = from.width / REFERENCE_WIDTH;
    int width = from.width / by, height = from.height / by;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width * 3; x++) {
            int sum = 0;
            for (int i = 0; i < by * by; i++)
                sum += from.pixels[(size_t)(y * by + i / by) * from.stride +
                                   (size_t)(x / 3 * by + i % by) * 3 + (size_t)x % 3];
            pixels[(size_t)(y * width * 3 + x)] = (uint8_t)(sum / (by * by));
        }
    }
    return (struct bgr_image){pixels, width, height, (size_t)width * 3};
}

static void compare(struct bgr_image picture, const char *path)
{
    struct frame expected = {0};
    struct error error;
    int off = 0;
    if (picture_read(path, &expected, NULL, &error))
        fail_msg("%s", error.text);
    assert_int_equal(expected.width, picture.width);
    assert_int_equal(expected.height, picture.height);
    for (int i = 0; i < picture.width * picture.height; i++) {
        bool same = true;
        for (int c = 0; c < 3; c++)
            same = same && abs(expected.picture.planes[0][i * 3 + c] - picture.pixels[i * 3 + c]) <=
                               tolerance;
        off += !same;
    }
    double share = 1000.0 * off / (picture.width * picture.height);
    frame_free(&expected);
    if (share > outliers)
        fail_msg(
            "%s: %.1f pixels of 1000 are others; look at test_states show FOLDER, and where all "
            "is well, test_states write tests/states",
            path, share);
}

static const char *job, *folder;

/* Writes the picture or compares it, as the program was asked to. */
static void treat(struct bgr_image picture, const char *name, int size)
{
    char path[1200];
    struct error error;
    snprintf(path, sizeof path, "%s/%s-%d.png", folder, name, size);
    if (!job)
        compare(picture, path);
    else if (picture_write(path, picture, &error))
        fail_msg("%s", error.text);
}

/* All states in the window's size that *state points to. */
static void test_size(void **state)
{
    static uint8_t pixels[3840 * 2160 * 3], small[REFERENCE_WIDTH * MAX_HEIGHT * 3];
    const struct size *size = *state;
    for (int i = 0; i < STATES; i++) {
        SDL_Surface *surface = draw((enum state)i, size->width, size->height);
        struct bgr_image picture = bgr_of(surface, pixels);
        SDL_FreeSurface(surface);
        if (!job || strcmp(job, "write") == 0)
            picture = shrink(picture, small);
        treat(picture, state_names[i], size->width);
    }
}

/* The signs on buttons, off and on, as large as their parts can be told apart. */
static void test_icons(void **state)
{
    (void)state;
    enum { SIDE = 48, WIDTH = ICON_HELP * SIDE, HEIGHT = 2 * SIDE };
    static uint8_t pixels[WIDTH * HEIGHT * 3];
    const SDL_Color white = {255, 255, 255, 255};
    SDL_Surface *surface =
        SDL_CreateRGBSurfaceWithFormat(0, WIDTH, HEIGHT, 32, SDL_PIXELFORMAT_ARGB8888);
    SDL_Renderer *renderer = SDL_CreateSoftwareRenderer(surface);
    struct paint *paint = NULL;
    struct error error = {.text = ""};
    assert_int_equal(paint_create(&paint, renderer, resource_font(), &error), 0);
    SDL_RenderClear(renderer);
    for (int i = 0; i < 2 * ICON_HELP; i++)
        icon_draw(paint, (enum icon)(1 + i / 2), i / 2 * SIDE, i % 2 * SIDE, SIDE, white, i % 2);
    SDL_RenderFlush(renderer);
    if (paint_check(paint, &error))
        fail_msg("%s", error.text);
    treat(bgr_of(surface, pixels), "icons", SIDE);
    paint_free(&paint);
    SDL_DestroyRenderer(renderer);
    SDL_FreeSurface(surface);
}

/* The statistics keep off a face while there is room elsewhere. */
static void test_statistics(void **state)
{
    (void)state;
    SDL_Surface *with = draw(STATE_LEFT_STATISTICS, 640, 480);
    SDL_Surface *without = draw(STATE_LEFT, 640, 480);
    int inside = 0, others = 0;
    for (int y = 0; y < 480; y++) {
        const Uint32 *a = (const Uint32 *)(const void *)((Uint8 *)with->pixels + y * with->pitch);
        const Uint32 *b =
            (const Uint32 *)(const void *)((Uint8 *)without->pixels + y * without->pitch);
        for (int x = 0; x < 640; x++) {
            SDL_Point point = {x, y};
            SDL_Rect box = {left_face.x, left_face.y, left_face.width, left_face.height};
            others += a[x] != b[x];
            inside += a[x] != b[x] && SDL_PointInRect(&point, &box);
        }
    }
    SDL_FreeSurface(with);
    SDL_FreeSurface(without);
    assert_true(others > 1000);
    assert_int_equal(inside, 0);
}

/* Draws text on black at the left edge; the caller frees it. */
static SDL_Surface *draw_text(const char *text, int *width)
{
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, 400, 60, 32, SDL_PIXELFORMAT_ARGB8888);
    SDL_Renderer *renderer = SDL_CreateSoftwareRenderer(surface);
    struct paint *paint = NULL;
    struct error error;
    assert_int_equal(paint_create(&paint, renderer, resource_font(), &error), 0);
    SDL_RenderClear(renderer);
    *width = paint_text_width(paint, 30, text);
    paint_text(paint, 0, 30, 30, (SDL_Color){255, 255, 255, 255}, text);
    SDL_RenderFlush(renderer);
    if (paint_check(paint, &error))
        fail_msg("%s", error.text);
    paint_free(&paint);
    SDL_DestroyRenderer(renderer);
    return surface;
}

static int width_of(const char *text)
{
    int width;
    SDL_FreeSurface(draw_text(text, &width));
    return width;
}

/* Whether the two have the same pixels in their first columns, some of which are bright. */
static bool begin_alike(const SDL_Surface *a, const SDL_Surface *b, int columns)
{
    int bright = 0, others = 0;
    for (int y = 0; y < a->h; y++) {
        const Uint32 *of_a = (const Uint32 *)(const void *)((Uint8 *)a->pixels + y * a->pitch);
        const Uint32 *of_b = (const Uint32 *)(const void *)((Uint8 *)b->pixels + y * b->pitch);
        for (int x = 0; x < columns; x++) {
            bright += (of_a[x] & 0xFF) > 128;
            others += (of_a[x] & 0xFF) != (of_b[x] & 0xFF);
        }
    }
    return bright > 20 && others == 0;
}

/* Letters that join, lines from right to left, letters beyond ASCII, and bytes that are not
 * text. */
static void test_scripts(void **state)
{
    (void)state;
    assert_true(width_of("سلام") < width_of("س") + width_of("ل") + width_of("ا") + width_of("م"));
    expect_close(width_of("é"), width_of("e"), 1, "an accent");
    assert_true(width_of("Ελένη") > 4 * width_of("ι"));
    assert_true(width_of("a\xFF\xFE.mp4") > width_of("a.mp4"));
    int width, last_width;
    SDL_Surface *word = draw_text("אב", &width);
    SDL_Surface *last = draw_text("ב", &last_width);
    assert_true(last_width < width);
    assert_true(begin_alike(word, last, last_width - 1));
    SDL_FreeSurface(word);
    SDL_FreeSurface(last);
}

static int make_pictures(void **state)
{
    (void)state;
    make_demo();
    return 0;
}

int main(int argc, char *argv[])
{
    struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_size, &sizes[0]),
        cmocka_unit_test_prestate(test_size, &sizes[1]),
        cmocka_unit_test_prestate(test_size, &sizes[2]),
        cmocka_unit_test_prestate(test_size, &sizes[3]),
        cmocka_unit_test_prestate(test_size, &sizes[4]),
        cmocka_unit_test(test_icons),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_scripts),
    };
    static char names[SIZES][12];
    job = argc > 2 ? argv[1] : NULL;
    folder = argc > 2 ? argv[2] : SOURCE_DIR "/tests/states";
    for (int i = 0; i < SIZES; i++) {
        snprintf(names[i], sizeof names[i], "%d", sizes[i].width);
        tests[i].name = names[i];
    }
    ocv_setup(1);
    return cmocka_run_group_tests(tests, make_pictures, NULL);
}
