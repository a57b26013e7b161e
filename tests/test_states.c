/* The window's states, drawn without a display in five sizes and compared with the pictures in
 * tests/states: what changes there has to be looked at. What is asked of SDL for these, and for
 * scenes made up at random, is compared to the pixel by the checksums in tests/states/calls.txt.
 *
 *     test_states                 compares
 *     test_states write FOLDER    writes pictures and checksums anew, small as they are compared
 *     test_states show FOLDER     writes the pictures in full size, and the calls, to be looked at
 */
#include "testing.h"

#include "demo.h"
#include "file.h"
#include "icon.h"
#include "layout.h"
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

/* ---- The calls, written down instead of done ------------------------------------------------- */

static FILE *calls; /* NULL: they are done */

int __real_SDL_RenderClear(SDL_Renderer *renderer);
int __wrap_SDL_RenderClear(SDL_Renderer *renderer);
int __real_SDL_RenderFillRect(SDL_Renderer *renderer, const SDL_Rect *rect);
int __wrap_SDL_RenderFillRect(SDL_Renderer *renderer, const SDL_Rect *rect);
int __real_SDL_RenderCopy(SDL_Renderer *renderer, SDL_Texture *texture, const SDL_Rect *from,
                          const SDL_Rect *to);
int __wrap_SDL_RenderCopy(SDL_Renderer *renderer, SDL_Texture *texture, const SDL_Rect *from,
                          const SDL_Rect *to);
int __real_SDL_RenderCopyEx(SDL_Renderer *renderer, SDL_Texture *texture, const SDL_Rect *from,
                            const SDL_Rect *to, double angle, const SDL_Point *centre,
                            SDL_RendererFlip flip);
int __wrap_SDL_RenderCopyEx(SDL_Renderer *renderer, SDL_Texture *texture, const SDL_Rect *from,
                            const SDL_Rect *to, double angle, const SDL_Point *centre,
                            SDL_RendererFlip flip);
int __real_paint_text_width(struct paint *paint, int size, const char *text);
int __wrap_paint_text_width(struct paint *paint, int size, const char *text);
void __real_paint_text(struct paint *paint, int x, int middle_y, int size, SDL_Color colour,
                       const char *text);
void __wrap_paint_text(struct paint *paint, int x, int middle_y, int size, SDL_Color colour,
                       const char *text);

static void note(const char *call, SDL_Color colour, const SDL_Rect *rect)
{
    fprintf(calls, "%s #%02x%02x%02x%02x", call, colour.r, colour.g, colour.b, colour.a);
    if (rect)
        fprintf(calls, " %dx%d%+d%+d", rect->w, rect->h, rect->x, rect->y);
}

static void note_fill(const char *call, SDL_Renderer *renderer, const SDL_Rect *rect)
{
    SDL_Color colour;
    SDL_GetRenderDrawColor(renderer, &colour.r, &colour.g, &colour.b, &colour.a);
    note(call, colour, rect);
    fputc('\n', calls);
}

static void note_copy(SDL_Texture *texture, const SDL_Rect *from, const SDL_Rect *to, int flip)
{
    SDL_Color colour;
    int width, height;
    SDL_GetTextureColorMod(texture, &colour.r, &colour.g, &colour.b);
    SDL_GetTextureAlphaMod(texture, &colour.a);
    SDL_QueryTexture(texture, NULL, NULL, &width, &height);
    note("copy", colour, to);
    fprintf(calls, " of %dx%d flip %d", width, height, flip);
    if (from)
        fprintf(calls, " %dx%d%+d%+d", from->w, from->h, from->x, from->y);
    fputc('\n', calls);
}

int __wrap_SDL_RenderClear(SDL_Renderer *renderer)
{
    if (!calls)
        return __real_SDL_RenderClear(renderer);
    note_fill("clear", renderer, NULL);
    return 0;
}

int __wrap_SDL_RenderFillRect(SDL_Renderer *renderer, const SDL_Rect *rect)
{
    if (!calls)
        return __real_SDL_RenderFillRect(renderer, rect);
    note_fill("fill", renderer, rect);
    return 0;
}

int __wrap_SDL_RenderCopy(SDL_Renderer *renderer, SDL_Texture *texture, const SDL_Rect *from,
                          const SDL_Rect *to)
{
    if (!calls)
        return __real_SDL_RenderCopy(renderer, texture, from, to);
    note_copy(texture, from, to, SDL_FLIP_NONE);
    return 0;
}

int __wrap_SDL_RenderCopyEx(SDL_Renderer *renderer, SDL_Texture *texture, const SDL_Rect *from,
                            const SDL_Rect *to, double angle, const SDL_Point *centre,
                            SDL_RendererFlip flip)
{
    if (!calls)
        return __real_SDL_RenderCopyEx(renderer, texture, from, to, angle, centre, flip);
    note_copy(texture, from, to, (int)flip);
    return 0;
}

/* All letters have one width, whatever FreeType says. */
int __wrap_paint_text_width(struct paint *paint, int size, const char *text)
{
    return calls ? (int)strlen(text) * size * 3 / 5 : __real_paint_text_width(paint, size, text);
}

void __wrap_paint_text(struct paint *paint, int x, int middle_y, int size, SDL_Color colour,
                       const char *text)
{
    if (!calls) {
        __real_paint_text(paint, x, middle_y, size, colour, text);
        return;
    }
    note("text", colour, NULL);
    fprintf(calls, " %d%+d%+d %s\n", size, x, middle_y, text);
}

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
    STATE_LEFT_STATISTICS,
    STATE_RANDOM /* and those that follow */
};

static const char statistics[] = "29.9 fps, 0 dropped\nlatency 21 ms\n95 % under 30 ms\n"
                                 "detection 11.2 ms\nrecognition 1.1 ms\ndrawing 2.0 ms\n"
                                 "memory 82 MB\nsmoothing 0.2 s";
static const struct expressions_box left_face = {40, 100, 200, 200};

static const char *const state_names[STATES] = {"no-camera", "face",  "bar",       "explain",
                                                "menu",      "help",  "no-signal", "statistics",
                                                "two",       "crowd", "still"};

/* ---- Scenes made up at random ---------------------------------------------------------------- */

static bool perhaps(struct rng *rng, int percent)
{
    return between(rng, 1, 100) <= percent;
}

/* The faces look otherwise, up to so many pixels beside where they were. */
static void move_crowd(struct rng *rng, int count, int far, bool stills)
{
    for (int i = 0; i < count; i++) {
        struct expressions_face *face = &crowd[i];
        face->box.x += between(rng, -far, far);
        face->box.y += between(rng, -far, far);
        face->held = !stills && perhaps(rng, 20);
        face->uncertain = perhaps(rng, 20);
        face->label = between(rng, 0, EXPRESSIONS_LABEL_COUNT - 1);
        face->second = (face->label + between(rng, 1, 6)) % EXPRESSIONS_LABEL_COUNT;
        face->calibration = between(rng, EXPRESSIONS_PLAIN, EXPRESSIONS_ADAPTED);
        int left = 64; /* sixty-fourths: their sum is exact */
        for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++) {
            int part = k == EXPRESSIONS_LABEL_COUNT - 1 ? left : between(rng, 0, left);
            face->probabilities[k] = (float)part / 64;
            left -= part;
        }
    }
}

static void dice_faces(struct rng *rng, int count)
{
    int largest = perhaps(rng, 50) ? 400 : 150;
    for (int i = 0; i < count; i++) {
        int side = between(rng, 40, largest);
        crowd[i] = (struct expressions_face){.id = i + 1,
                                             .box = {between(rng, -30, PICTURE_WIDTH - side),
                                                     between(rng, -30, PICTURE_HEIGHT - side), side,
                                                     side}};
    }
}

static void dice_messages(struct rng *rng, struct view *view)
{
    struct scene *scene = &view->scene;
    view->paused = perhaps(rng, 20);
    view->interval = perhaps(rng, 80) ? between(rng, 10, 200) / 1000.0 : 0;
    view->recording = perhaps(rng, 30) ? between(rng, 0, 700) : -1;
    scene->no_signal = perhaps(rng, 5);
    scene->help = perhaps(rng, 10);
    if (perhaps(rng, 40))
        say(view, perhaps(rng, 50) ? "smoothing 0.3 s" : no_camera.text);
    if (perhaps(rng, 30))
        show_bar(view, between(rng, -1, 8));
    if (perhaps(rng, 15)) {
        scene->menu = perhaps(rng, 50) ? sources : no_camera;
        scene->focus = between(rng, 0, scene->menu.count - 1);
    }
    if (perhaps(rng, 10))
        scene->menu = (struct view_menu){.title = "one moment", .text = "It is being opened."};
}

static void dice_frame(struct rng *rng, struct view *view, int count, int far, double time)
{
    static const uint8_t crop[EXPRESSIONS_CROP_PIXELS];
    const uint8_t *crops[CROWD];
    struct error error;
    move_crowd(rng, count, far, !view->scene.live);
    scene_set(&view->scene, &crowd_picture, crowd, count, time);
    for (int i = 0; i < count; i++)
        crops[i] = crowd[i].held ? NULL : crop;
    if (view->scene.statistics)
        assert_int_equal(scene_set_inputs(&view->scene, view->window.renderer, crops, &error), 0);
}

static int dice_scene(struct rng *rng, struct view *view)
{
    struct scene *scene = &view->scene;
    int count = perhaps(rng, 40) ? between(rng, 0, 2) : between(rng, 3, CROWD);
    scene->live = perhaps(rng, 80);
    scene->drawing.bars = perhaps(rng, 85);
    scene->mirrored = perhaps(rng, 30);
    scene->density = between(rng, 0, 2);
    scene->statistics = perhaps(rng, 40);
    view_set_statistics(view, statistics);
    dice_faces(rng, count);
    if (scene->live)
        dice_messages(rng, view);
    if (perhaps(rng, 30))
        explain(view);
    for (int i = 0; i < 50; i++)
        dice_frame(rng, view, count, 0, i * 0.3);
    if (perhaps(rng, 60))
        scene->strip.face = between(rng, 0, count);
    return count;
}

/* ---- States, put together -------------------------------------------------------------------- */

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

/* What the mouse finds at points all over the window. */
static void note_finds(struct view *view)
{
    const SDL_Rect area = view_area(view);
    for (int y = -5; y < area.h + 10; y += 29)
        for (int x = -5; x < area.w + 10; x += 61) {
            int choice = scene_choice_at(&view->scene, view->paint, area, x, y);
            int face = scene_face_at(&view->scene, area, x, y);
            bar_point(view, (SDL_Point){x, y});
            if (choice >= 0 || face > 0 || view->bar.focus >= 0)
                fprintf(calls, "at %d,%d: choice %d, face %d, button %d\n", x, y, choice, face,
                        view->bar.focus);
        }
}

/* A random scene has four frames. The caller frees the surface. */
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
    struct rng rng = rng_make((uint64_t)state, 0);
    int faces = 0;
    if (state < STATE_RANDOM)
        prepare(view, state);
    else
        faces = dice_scene(&rng, view);
    for (int i = 0; i < (state < STATE_RANDOM ? 1 : 4); i++) {
        if (i > 0)
            dice_frame(&rng, view, faces, 40, 15 + i);
        if (view_draw(view, &error))
            fail_msg("%s", error.text);
    }
    if (calls)
        note_finds(view);
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

static void write_file(const char *name, const char *text)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Adds a line for a text, which is freed: its name, lines, and checksum. */
static void add_sum(FILE *sums, const char *name, char *text)
{
    unsigned lines = 0;
    uint32_t sum = checksum(CHECKSUM_OF_NOTHING, text, strlen(text));
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    fprintf(sums, "%s %u %08x\n", name, lines, sum);
    if (job && strcmp(job, "show") == 0) {
        char file[64];
        snprintf(file, sizeof file, "%s.txt", name);
        write_file(file, text);
    }
    free(text);
}

static void add_calls(FILE *sums, enum state state, const char *state_name, struct size size)
{
    char *text = NULL, name[48];
    size_t length = 0;
    calls = open_memstream(&text, &length);
    SDL_FreeSurface(draw(state, size.width, size.height));
    fclose(calls);
    calls = NULL;
    snprintf(name, sizeof name, "%s-%dx%d", state_name, size.width, size.height);
    add_sum(sums, name, text);
}

static SDL_Rect dice_rect(struct rng *rng, int width, int height)
{
    SDL_Rect rect = {0, 0, between(rng, 1, width), between(rng, 1, height)};
    rect.x = between(rng, -width / 8, width);
    rect.y = between(rng, -height / 8, height);
    return rect;
}

/* Where layouts put what they are asked to, in areas so small that the edges count. */
static void add_places(FILE *sums)
{
    char *text = NULL;
    size_t length = 0;
    FILE *places = open_memstream(&text, &length);
    struct rng rng = rng_make(7, 0);
    for (int i = 0; i < 2000; i++) {
        struct layout layout = {.count = 0};
        SDL_Rect area = {between(&rng, 0, 9), between(&rng, 0, 9), between(&rng, 20, 120),
                         between(&rng, 20, 90)};
        SDL_Rect box = dice_rect(&rng, area.w * 2 / 3, area.h * 2 / 3), size, dock = {0, 0, 0, 0};
        SDL_Rect label = {0, 0, 0, 0}, panel = label;
        int gap = between(&rng, 1, 5), others = between(&rng, 0, 4);
        double hidden[3];
        layout_block_face(&layout, box);
        for (int k = 0; k < others; k++) {
            SDL_Rect other = dice_rect(&rng, area.w / 2, area.h / 2);
            if (k % 2)
                layout_block_text(&layout, other);
            else
                layout_block_face(&layout, other);
        }
        size = (SDL_Rect){0, 0, between(&rng, 5, 40), between(&rng, 3, 15)};
        layout_label(&layout, area, box, size, gap, &label);
        size = (SDL_Rect){0, 0, between(&rng, 5, 40), between(&rng, 5, 30)};
        hidden[0] = layout_panel(&layout, area, box, label, size, gap, between(&rng, 0, 3),
                                 perhaps(&rng, 60), &panel);
        size = (SDL_Rect){0, 0, between(&rng, 5, 60), between(&rng, 5, 30)};
        for (int k = 1; k < 3; k++) {
            int before = layout.count;
            hidden[k] = layout_dock(&layout, area, (enum layout_corner)(i % 4), size, gap, &dock);
            layout.count = before;
            layout_block_face(&layout, dice_rect(&rng, area.w / 2, area.h / 2));
        }
        layout_block_text(&layout, dock);
        layout_move_label(&layout, area, box, gap, &label);
        fprintf(places, "%d: hides %.1f %.1f %.1f\n", i, hidden[0], hidden[1], hidden[2]);
        for (int k = 0; k < layout.count; k++)
            fprintf(places, "%dx%d%+d%+d %.0f\n", layout.blocked[k].w, layout.blocked[k].h,
                    layout.blocked[k].x, layout.blocked[k].y, layout.weight[k]);
    }
    fclose(places);
    add_sum(sums, "places", text);
}

static void compare_sums(const char *got, const char *path)
{
    uint8_t *bytes;
    size_t size;
    struct error error;
    if (file_read(path, 1 << 20, &bytes, &size, &error))
        fail_msg("%s", error.text);
    size_t same = 0; /* up to the line that differs */
    for (size_t i = 0; i < size && got[i] && bytes[i] == got[i]; i++)
        same = got[i] == '\n' ? i + 1 : same;
    bool equal = size == strlen(got) && memcmp(bytes, got, size) == 0;
    free(bytes);
    if (!equal)
        fail_msg("%s: not as drawn now: %.*s; compare what test_states show FOLDER writes before "
                 "and after a change, and where all is well, test_states write tests/states",
                 path, (int)strcspn(got + same, "\n"), got + same);
}

static void test_calls(void **state)
{
    (void)state;
    enum { FEW = 3, SCENES = 60 };
    char *text = NULL, name[24], path[1200];
    size_t length = 0;
    FILE *sums = open_memstream(&text, &length);
    for (int i = 0; i < STATES * FEW; i++)
        add_calls(sums, (enum state)(i / FEW), state_names[i / FEW], sizes[i % FEW]);
    for (int i = 0; i < SCENES; i++) {
        struct rng rng = rng_make((uint64_t)i, 1);
        struct size size = {between(&rng, 250, 1400), between(&rng, 200, 900)};
        snprintf(name, sizeof name, "random-%d", i);
        add_calls(sums, (enum state)(STATE_RANDOM + i), name, size);
    }
    add_places(sums);
    fclose(sums);
    snprintf(path, sizeof path, "%s/calls.txt", folder);
    if (job)
        write_file("calls.txt", text);
    else
        compare_sums(text, path);
    free(text);
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
        cmocka_unit_test(test_calls),
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
