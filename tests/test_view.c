/* Parts of the window alone, each by what it draws or by the place it gives: on a surface, and in
 * SDL's dummy window. */
#include "testing.h"

#include "canvas.h"
#include "dated_name.h"
#include "heat.h"
#include "hud.h"
#include "keys.h"
#include "layout.h"
#include "menu.h"
#include "ocv.h"
#include "overlay.h"
#include "paint.h"
#include "picture_file.h"
#include "resources.h"
#include "screenshot.h"
#include "strip.h"
#include "view.h"
#include "view_state.h"

#include <SDL.h>
#include <SDL_ttf.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WIDTH = 400, HEIGHT = 120 };

static const SDL_Color white = {255, 255, 255, 255};
static SDL_Surface *surface;
static SDL_Renderer *renderer;
static struct paint *paint;

/* ---- A renderer of which the tests say what it can do ---------------------------------------- */

static SDL_RendererInfo pretended; /* no name: the renderer speaks for itself */

int __real_SDL_GetRendererInfo(SDL_Renderer *of, SDL_RendererInfo *info);
int __wrap_SDL_GetRendererInfo(SDL_Renderer *of, SDL_RendererInfo *info);

int __wrap_SDL_GetRendererInfo(SDL_Renderer *of, SDL_RendererInfo *info)
{
    if (!pretended.name)
        return __real_SDL_GetRendererInfo(of, info);
    *info = pretended;
    return 0;
}

/* ---- Calls of which one fails ---------------------------------------------------------------- */

static int until;          /* so many calls from here, one fails; 0: none */
static const char *failed; /* what did */
static int textures; /* that there are: SDL frees with the renderer what nobody has freed before */

static bool fails(const char *call)
{
    if (until == 1)
        failed = call;
    return until > 0 && --until == 0 && SDL_SetError("refused") < 0;
}

#define WRAP(type, none, name, parameters, arguments)                                              \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails(#name) ? none : __real_##name arguments;                                      \
    }

/* The same, where what is made has to be given back. */
#define WRAP_KEPT(type, name, parameters, arguments)                                               \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return keep(fails(#name) ? NULL : __real_##name arguments);                                \
    }
#define WRAP_GIVEN(name, parameters, arguments, given)                                             \
    void __real_##name parameters;                                                                 \
    void __wrap_##name parameters;                                                                 \
    void __wrap_##name parameters                                                                  \
    {                                                                                              \
        give_back(given);                                                                          \
        __real_##name arguments;                                                                   \
    }

static void *kept[4000];
static int kept_count, locked; /* and textures that are locked */

static void *keep(void *made)
{
    if (made && kept_count < (int)(sizeof kept / sizeof *kept))
        kept[kept_count++] = made;
    return made;
}

static void give_back(const void *given)
{
    for (int i = kept_count - 1; i >= 0; i--) {
        if (kept[i] == given) {
            kept[i] = kept[--kept_count];
            return;
        }
    }
}

WRAP_KEPT(void *, malloc, (size_t size), (size))
WRAP_KEPT(void *, calloc, (size_t count, size_t size), (count, size))
WRAP_KEPT(char *, strdup, (const char *text), (text))
WRAP_GIVEN(free, (void *memory), (memory), memory)
WRAP_KEPT(SDL_Surface *, SDL_CreateRGBSurfaceWithFormat,
          (Uint32 flags, int width, int height, int depth, Uint32 format),
          (flags, width, height, depth, format))
WRAP_GIVEN(SDL_FreeSurface, (SDL_Surface * made), (made), made)
WRAP_KEPT(TTF_Font *, TTF_OpenFont, (const char *path, int size), (path, size))
WRAP_GIVEN(TTF_CloseFont, (TTF_Font * font), (font), font)
WRAP(SDL_Renderer *, NULL, SDL_CreateSoftwareRenderer, (SDL_Surface * on), (on))
WRAP(int, -1, SDL_SetTextureBlendMode, (SDL_Texture * texture, SDL_BlendMode mode), (texture, mode))
WRAP(int, -1, SDL_SetTextureScaleMode, (SDL_Texture * texture, SDL_ScaleMode mode), (texture, mode))
WRAP(int, -1, SDL_SetRenderDrawBlendMode, (SDL_Renderer * of, SDL_BlendMode mode), (of, mode))
WRAP(int, -1, SDL_UpdateTexture,
     (SDL_Texture * texture, const SDL_Rect *rect, const void *pixels, int pitch),
     (texture, rect, pixels, pitch))
WRAP(int, -1, SDL_RenderReadPixels,
     (SDL_Renderer * of, const SDL_Rect *rect, Uint32 format, void *pixels, int pitch),
     (of, rect, format, pixels, pitch))
WRAP(int, -1, SDL_GetRendererOutputSize, (SDL_Renderer * of, int *width, int *height),
     (of, width, height))

int __real_SDL_LockTexture(SDL_Texture *texture, const SDL_Rect *rect, void **pixels, int *pitch);
int __wrap_SDL_LockTexture(SDL_Texture *texture, const SDL_Rect *rect, void **pixels, int *pitch);
void __real_SDL_UnlockTexture(SDL_Texture *texture);
void __wrap_SDL_UnlockTexture(SDL_Texture *texture);

int __wrap_SDL_LockTexture(SDL_Texture *texture, const SDL_Rect *rect, void **pixels, int *pitch)
{
    const int result =
        fails("SDL_LockTexture") ? -1 : __real_SDL_LockTexture(texture, rect, pixels, pitch);
    locked += result == 0;
    return result;
}

void __wrap_SDL_UnlockTexture(SDL_Texture *texture)
{
    locked--;
    __real_SDL_UnlockTexture(texture);
}

SDL_Texture *__real_SDL_CreateTexture(SDL_Renderer *of, Uint32 format, int access, int w, int h);
SDL_Texture *__wrap_SDL_CreateTexture(SDL_Renderer *of, Uint32 format, int access, int w, int h);
SDL_Texture *__real_SDL_CreateTextureFromSurface(SDL_Renderer *of, SDL_Surface *from);
SDL_Texture *__wrap_SDL_CreateTextureFromSurface(SDL_Renderer *of, SDL_Surface *from);
void __real_SDL_DestroyTexture(SDL_Texture *texture);
void __wrap_SDL_DestroyTexture(SDL_Texture *texture);

SDL_Texture *__wrap_SDL_CreateTexture(SDL_Renderer *of, Uint32 format, int access, int w, int h)
{
    SDL_Texture *made =
        fails("SDL_CreateTexture") ? NULL : __real_SDL_CreateTexture(of, format, access, w, h);
    textures += made != NULL;
    return made;
}

SDL_Texture *__wrap_SDL_CreateTextureFromSurface(SDL_Renderer *of, SDL_Surface *from)
{
    SDL_Texture *made = fails("SDL_CreateTextureFromSurface")
                            ? NULL
                            : __real_SDL_CreateTextureFromSurface(of, from);
    textures += made != NULL;
    return made;
}

void __wrap_SDL_DestroyTexture(SDL_Texture *texture)
{
    textures--;
    __real_SDL_DestroyTexture(texture);
}

/* ---- How many of Pango's objects there are: much that knows of them stays until the end -------
 */

static int objects;

#define COUNTED(name, parameters, arguments)                                                       \
    void *__real_##name parameters;                                                                \
    void *__wrap_##name parameters;                                                                \
    void *__wrap_##name parameters                                                                 \
    {                                                                                              \
        objects++;                                                                                 \
        return __real_##name arguments;                                                            \
    }

COUNTED(pango_ft2_font_map_new, (void), ())
COUNTED(pango_font_map_create_context, (void *map), (map))
COUNTED(pango_layout_new, (void *context), (context))

void __real_g_object_unref(void *object);
void __wrap_g_object_unref(void *object);

void __wrap_g_object_unref(void *object)
{
    objects--;
    __real_g_object_unref(object);
}

/* ---- A library of letters of which the tests say what fails ---------------------------------- */

static enum call { NO_CALL, STARTING, MEASURING, RENDERING } refused;

int __real_TTF_Init(void);
int __wrap_TTF_Init(void);
int __real_TTF_GlyphMetrics(TTF_Font *font, Uint16 letter, int *left, int *right, int *low,
                            int *high, int *advance);
int __wrap_TTF_GlyphMetrics(TTF_Font *font, Uint16 letter, int *left, int *right, int *low,
                            int *high, int *advance);
SDL_Surface *__real_TTF_RenderText_Blended(TTF_Font *font, const char *text, SDL_Color colour);
SDL_Surface *__wrap_TTF_RenderText_Blended(TTF_Font *font, const char *text, SDL_Color colour);

int __wrap_TTF_Init(void)
{
    return refused == STARTING ? TTF_SetError("refused") : __real_TTF_Init();
}

int __wrap_TTF_GlyphMetrics(TTF_Font *font, Uint16 letter, int *left, int *right, int *low,
                            int *high, int *advance)
{
    if (refused == MEASURING)
        return TTF_SetError("refused");
    return __real_TTF_GlyphMetrics(font, letter, left, right, low, high, advance);
}

SDL_Surface *__wrap_TTF_RenderText_Blended(TTF_Font *font, const char *text, SDL_Color colour)
{
    if (refused != RENDERING)
        return keep(__real_TTF_RenderText_Blended(font, text, colour));
    TTF_SetError("refused");
    return NULL;
}

static int begin(void **state)
{
    (void)state;
    struct error error;
    surface = SDL_CreateRGBSurfaceWithFormat(0, WIDTH, HEIGHT, 32, SDL_PIXELFORMAT_ARGB8888);
    renderer = SDL_CreateSoftwareRenderer(surface);
    return renderer ? paint_create(&paint, renderer, resource_font(), &error) : -1;
}

static int end(void **state)
{
    (void)state;
    struct error error;
    int result = paint_check(paint, &error);
    paint_free(&paint);
    SDL_DestroyRenderer(renderer);
    SDL_FreeSurface(surface);
    pretended.name = NULL;
    return result || textures != 0 || objects != 0 || locked != 0;
}

static int end_files(void **state)
{
    return end(state) || empty_folder(state);
}

static void black(void)
{
    SDL_SetRenderDrawColor(renderer, 0, 0, 0, 255);
    SDL_RenderClear(renderer);
}

static const Uint32 *row_of(int y)
{
    return (const Uint32 *)(const void *)((Uint8 *)surface->pixels + y * surface->pitch);
}

/* The smallest rectangle around all that is not black. */
static SDL_Rect drawn(void)
{
    SDL_Rect all = {0, 0, 0, 0};
    SDL_RenderFlush(renderer);
    for (int y = 0; y < HEIGHT; y++) {
        const Uint32 *row = row_of(y);
        for (int x = 0; x < WIDTH; x++) {
            SDL_Rect pixel = {x, y, 1, 1};
            if (row[x] & 0xFFFFFF)
                SDL_UnionRect(&all, &pixel, &all);
        }
    }
    return all;
}

static void expect_rect(SDL_Rect got, int x, int y, int w, int h)
{
    SDL_Rect wanted = {x, y, w, h};
    if (!SDL_RectEquals(&got, &wanted))
        fail_msg("%d,%d %dx%d instead of %d,%d %dx%d", got.x, got.y, got.w, got.h, x, y, w, h);
}

/* ---- Shapes and text ------------------------------------------------------------------------- */

static void test_shapes(void **state)
{
    (void)state;
    const SDL_Rect place = {20, 10, 60, 40};
    for (int radius = 0; radius < 100; radius += 9) {
        black();
        paint_panel(paint, place, radius, white);
        expect_rect(drawn(), 20, 10, 60, 40);
        black();
        paint_outline(paint, place, radius + 1, 2, white);
        expect_rect(drawn(), 20, 10, 60, 40);
    }
    black();
    paint_outline(paint, place, 8, 0, white);
    expect_rect(drawn(), 0, 0, 0, 0);
}

/* How much of a pixel, this far from its centre, lies within a disc, or a ring of this thickness.
 */
static double covered(double distance, int radius, int thickness)
{
    double outer = fmin(fmax(radius - distance + 0.5, 0), 1);
    return thickness ? fmin(outer, fmin(fmax(distance - radius + thickness + 0.5, 0), 1)) : outer;
}

static void expect_round(int radius, int thickness)
{
    const SDL_Rect place = {30, 15, 2 * radius, 2 * radius};
    black();
    if (thickness)
        paint_outline(paint, place, radius, thickness, white);
    else
        paint_panel(paint, place, radius, white);
    SDL_RenderFlush(renderer);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            double distance = hypot(x - 29.5 - radius, y - 14.5 - radius);
            int level = (int)(row_of(y)[x] & 0xFF);
            if (fabs(level - 255 * covered(distance, radius, thickness)) > 2)
                fail_msg("radius %d, thickness %d: %d at %d,%d", radius, thickness, level, x, y);
        }
}

/* Corners are parts of discs and rings, to the pixel, however many others there were. */
static void test_round_corners(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int radius = 1; radius < 32; radius++)
            expect_round(radius, 0);
        for (int thickness = 0; thickness < 4; thickness++)
            expect_round(16, thickness);
    }
}

/* How opaque the letter is there, or how bright what was drawn. */
static int ink_at(const SDL_Surface *letter, int x, int y, int shift)
{
    if (x < 0 || y < 0 || x >= letter->w || y >= letter->h)
        return 0;
    const Uint8 *row = (const Uint8 *)letter->pixels + y * letter->pitch;
    return (int)(((const Uint32 *)(const void *)row)[x] >> shift & 0xFF);
}

/* The rows of what is bright or opaque. */
static void find_rows(const SDL_Surface *letter, int shift, int *first, int *last)
{
    *first = letter->h;
    *last = 0;
    for (int i = 0; i < letter->w * letter->h; i++)
        if (ink_at(letter, i % letter->w, i / letter->w, shift) > 127) {
            *first = i / letter->w < *first ? i / letter->w : *first;
            *last = i / letter->w;
        }
}

/* Each letter is drawn as the font has it, on one line with the others; the middle of an x is
 * exactly where it has to be. */
static void test_letters(void **state)
{
    (void)state;
    TTF_Font *font = TTF_OpenFont(resource_font(), 40);
    int line = 0, top, foot;
    assert_non_null(font);
    for (int i = 0; i <= '~' - '!'; i++) {
        const char letter = (char)('!' + ('x' - '!' + i) % ('~' - '!' + 1)), text[] = {letter, 0};
        int left = 0, wide = 0;
        SDL_Surface *expected = TTF_RenderText_Blended(font, text, white);
        assert_int_equal(TTF_GlyphMetrics(font, (Uint16)letter, &left, NULL, NULL, NULL, &wide), 0);
        assert_int_equal(paint_text_width(paint, 40, text), wide);
        black();
        paint_text(paint, 50, 60, 40, white, text);
        SDL_RenderFlush(renderer);
        if (i == 0) { /* the x gives the line */
            find_rows(expected, 24, &top, &foot);
            find_rows(surface, 0, &line, &foot);
            line -= top;
        }
        left = left < 0 ? left : 0;
        for (int p = 0; p < WIDTH * HEIGHT; p++) {
            int x = p % WIDTH, y = p / WIDTH;
            int ink = ink_at(expected, x - 50 - left, y - line, 24);
            if (abs(ink_at(surface, x, y, 0) - ink) > 2)
                fail_msg("%s at %d,%d: not %d", text, x, y, ink);
        }
        SDL_FreeSurface(expected);
    }
    TTF_CloseFont(font);
    for (int size = 8; size < 60; size++) {
        black();
        paint_text(paint, 50, 60, size, white, "x");
        SDL_RenderFlush(renderer);
        find_rows(surface, 0, &top, &foot);
        assert_int_equal((top + foot + 1) / 2, 60);
    }
}

/* Text beyond ASCII takes another way: it stands as high, begins at the same place, and has its
 * colour. */
static void test_text(void **state)
{
    (void)state;
    const SDL_Color red = {255, 0, 0, 255};
    black();
    paint_text(paint, 50, 60, 40, white, "xo");
    SDL_Rect plain = drawn();
    black();
    paint_text(paint, 50, 60, 40, red, "xö");
    SDL_Rect dotted = drawn();
    expect_close(dotted.x, plain.x, 1, "left");
    expect_close(dotted.w, plain.w, 2, "width");
    expect_close(dotted.y + dotted.h, plain.y + plain.h, 1, "foot");
    assert_true(dotted.y < plain.y - 3);
    expect_close(plain.y + plain.h / 2.0, 60, 1.5, "middle");
    for (int y = 0; y < HEIGHT; y++) {
        const Uint32 *row = row_of(y);
        for (int x = 0; x < WIDTH; x++)
            assert_int_equal(row[x] & 0xFFFF, 0);
    }
}

/* Both kinds of text have the colour that is asked for. */
static void test_text_colour(void **state)
{
    (void)state;
    static const char *const texts[] = {"lll", "lll é"};
    const SDL_Color orange = {240, 120, 30, 255};
    for (int i = 0; i < 2; i++) {
        Uint32 strongest = 0;
        black();
        paint_text(paint, 50, 60, 40, orange, texts[i]);
        SDL_RenderFlush(renderer);
        for (int y = 0; y < HEIGHT; y++) {
            const Uint32 *row = row_of(y);
            for (int x = 0; x < WIDTH; x++)
                strongest = (row[x] & 0xFFFFFF) > strongest ? row[x] & 0xFFFFFF : strongest;
        }
        expect_close(strongest >> 16, orange.r, 2, "red");
        expect_close(strongest >> 8 & 0xFF, orange.g, 2, "green");
        expect_close(strongest & 0xFF, orange.b, 2, "blue");
    }
}

/* An arc that leaves its letter is drawn as a whole. */
static void test_text_that_overhangs(void **state)
{
    (void)state;
    black();
    paint_text(paint, 50, 60, 40, white, "\u0361i\u0361");
    const SDL_Rect all = drawn();
    assert_true(all.x + all.w > 50 + paint_text_width(paint, 40, "\u0361i\u0361") + 5);
    paint_text(paint, 50, 60, 40, white, "\u200b"); /* nothing, without width */
    for (int i = 0; i < 2; i++) {                   /* a j begins left of its place */
        black();
        paint_text(paint, 50, 60, 40, white, i ? "j\u00e9" : "j");
        assert_in_range(drawn().x, 44, 49);
    }
}

/* Letters that cannot be drawn are an error: text is not just left out. */
static void test_text_fails(void **state)
{
    (void)state;
    for (int call = MEASURING; call <= RENDERING; call++) {
        struct error error = {.text = ""};
        refused = (enum call)call;
        paint_text(paint, 50, 60, 10 + call, white, "xo");
        refused = NO_CALL;
        assert_int_equal(paint_check(paint, &error), -1);
        expect_text(error.text, "refused", "--headless");
        assert_int_equal(paint_check(paint, &error), 0);
    }
    /* Of several failures the first is told. */
    struct error failures[] = {{.text = "the first"}, {.text = "the second"}}, told;
    for (int i = 0; i < 2; i++)
        paint_fail(paint, &failures[i]);
    assert_int_equal(paint_check(paint, &told), -1);
    assert_string_equal(told.text, "the first");
}

/* Whatever call fails, the same text is drawn when it is asked for again. */
static void test_text_after_a_failure(void **state)
{
    (void)state;
    static const char *const texts[] = {"e", "\303\251"};
    for (int kind = 0; kind < 2; kind++) {
        bool done = false;
        for (int call = 1; !done; call++) {
            struct error error = {.text = ""};
            const int size = 10 + 2 * call;
            SDL_Rect again;
            until = call;
            paint_text(paint, 50, 60, size, white, texts[kind]);
            done = until > 0;
            until = 0;
            assert_int_equal(paint_check(paint, &error), done ? 0 : -1);
            black();
            paint_text(paint, 50, 60, size, white, texts[kind]);
            assert_int_equal(paint_check(paint, &error), 0);
            again = drawn();
            assert_true(again.w > size / 4 && again.h > size / 3);
            assert_in_range(call, 1, 20);
        }
    }
}

/* Both kinds of text, in many sizes, again after others had their place. */
static void test_text_kept(void **state)
{
    (void)state;
    int first[40];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++) {
            char text[16];
            snprintf(text, sizeof text, i % 2 ? "é %d" : "e %d", 10 + i);
            int width = paint_text_width(paint, 10 + i, text);
            assert_true(width > 10);
            if (round == 0)
                first[i] = width;
            assert_int_equal(width, first[i]);
        }
    }
    for (int i = 2; i < 40; i++)
        assert_true(first[i] > first[i - 2]);
}

/* A word that the line has no room for stands in the next one, as does the rest of a long one. */
static void test_menu_text(void **state)
{
    (void)state;
    const SDL_Rect area = {0, 0, WIDTH, HEIGHT};
    struct view_menu menu = {.title = "t", .text = "mmmmmm"};
    SDL_Rect one, two;
    black();
    menu_draw(&menu, 0, paint, area, 8);
    one = drawn();
    snprintf(menu.text, sizeof menu.text, "mmmmmm mmmmmmmmmmmmmmmmmm");
    black();
    menu_draw(&menu, 0, paint, area, 8);
    two = drawn();
    assert_true(two.h > one.h);
    expect_rect(two, one.x, two.y, one.w, two.h);
    memset(menu.text, 'm', 200); /* longer than any line */
    black();
    menu_draw(&menu, 0, paint, area, 8);
    assert_int_equal(drawn().h, two.h);
}

/* A notice stands in the middle of the first line, or beside what is there already, or else in a
 * line of its own; it never leaves the window. */
static void test_notice_place(void **state)
{
    (void)state;
    enum { EM = 10, MARGIN = 7, CHIP = 17 };
    const int full = hud_chip_width(paint, EM, "mmmmm");
    assert_int_equal(full, paint_text_width(paint, EM, "mmmmm") + 12);
    for (int width = 30; width < 260; width++)
        for (int beside = MARGIN; beside < 120; beside += 7) {
            const SDL_Rect area = {3, 4, width, 100};
            const SDL_Rect place = hud_notice_place(paint, area, EM, beside, "mmmmm");
            const bool fits = beside + full + MARGIN <= width;
            const int w = full < width - 2 * MARGIN ? full : width - 2 * MARGIN;
            const int middle = (width - w) / 2;
            expect_rect(place, 3 + (fits && middle < beside ? beside : middle),
                        4 + MARGIN + (fits ? 0 : CHIP + MARGIN), w, CHIP);
        }
}

/* A still of one face that fills it is shown at the left, where bars have room beside it. */
static void test_tight_portrait(void **state)
{
    (void)state;
    static const struct {
        bool live;
        int width, faces, side, tight;
    } rows[] = {{false, 299, 1, 101, 1}, {false, 299, 1, 100, 0}, {false, 300, 1, 101, 0},
                {false, 299, 2, 101, 0}, {false, 299, 0, 101, 0}, {true, 299, 1, 101, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene = {.live = rows[i].live,
                              .width = rows[i].width,
                              .height = 200,
                              .face_count = rows[i].faces,
                              .faces = {{.box = {5, 5, rows[i].side, rows[i].side}}}};
        assert_int_equal(scene_is_tight_portrait(&scene), rows[i].tight);
    }
}

/* Where the first choice is below a text of so many lines. */
static int choice_below(int lines)
{
    const SDL_Rect area = {0, 0, 400, 2000};
    struct view_menu menu = {.title = "t", .count = 1, .choices = {"c"}};
    for (int i = 0; i < lines; i++)
        strcat(menu.text, i ? " mmmmmmmmmmmm" : "mmmmmmmmmmmm");
    for (int y = 0; y < area.h; y++)
        if (menu_at(&menu, paint, area, 16, area.w / 2, y) == 0)
            return y - area.h / 2;
    fail_msg("there is no choice");
    return 0;
}

/* Eight lines are shown, and no more are kept. */
static void test_long_menu_text(void **state)
{
    (void)state;
    const int step = choice_below(8) - choice_below(7);
    assert_int_equal(step, 16 * 3 / 2 / 2);
    assert_int_equal(choice_below(8) - choice_below(6), 2 * step);
    assert_int_equal(choice_below(9), choice_below(8));
    assert_int_equal(choice_below(70), choice_below(8));
}

/* ---- The strip ------------------------------------------------------------------------------- */

static void test_strip(void **state)
{
    (void)state;
    static struct strip strip;
    struct expressions_face face = {.id = 7, .label = 3, .probabilities = {[3] = 1}};
    strip_choose(&strip, 7);
    for (int i = 0; i <= 200; i++)
        strip_add(&strip, &face, 1, i * 0.1);
    const SDL_Rect place = {30, 20, 300, 70};
    black();
    strip_draw(&strip, paint, place, 14);
    SDL_Rect all = drawn();
    SDL_Rect both;
    SDL_UnionRect(&all, &place, &both);
    assert_true(SDL_RectEquals(&both, &place));
    expect_rect(strip_size((SDL_Rect){0, 0, 2000, 900}, 20), 0, 0, 400, 100);
    expect_rect(strip_size((SDL_Rect){0, 0, 400, 300}, 20), 0, 0, 168, 100);
}

/* Whatever was asked and however many samples there were, the newest that is old enough is found.
 */
static void test_strip_samples(void **state)
{
    (void)state;
    static struct strip strip;
    static double times[3 * STRIP_SAMPLES];
    struct rng rng = rng_make(5, 0);
    int count = 0;
    strip_choose(&strip, 7);
    for (; count < 3 * STRIP_SAMPLES; count++) {
        struct expressions_face face = {.id = 7, .probabilities = {(float)count}};
        times[count] = count ? times[count - 1] + between(&rng, 0, 3) / 8.0 : 0;
        strip_add(&strip, &face, 1, times[count]);
        int oldest = count < STRIP_SAMPLES ? 0 : count - STRIP_SAMPLES + 1;
        for (int ask = 0; ask < 4; ask++) {
            double age = ask ? between(&rng, 0, 9 << (3 * ask)) / 16.0 : 0;
            int sample = count;
            while (sample >= oldest && times[sample] > times[count] - age)
                sample--;
            const float *found = strip_at(&strip, age);
            if (sample < oldest)
                assert_null(found);
            else
                assert_int_equal((int)*found, sample);
        }
    }
    struct expressions_face late = {.id = 7, .probabilities = {-1}};
    strip_add(&strip, &late, 1, 0); /* another camera's time */
    assert_int_equal(strip.count, 1);
    assert_int_equal((int)*strip_at(&strip, 0), -1);
    assert_null(strip_at(&strip, 0.01));
}

/* ---- Places ---------------------------------------------------------------------------------- */

static void test_docks(void **state)
{
    (void)state;
    const SDL_Rect area = {100, 50, 600, 400}, size = {0, 0, 200, 90};
    static const struct {
        enum layout_corner corner;
        int x, y;
    } corners[] = {{LAYOUT_LOWER_LEFT, 110, 350},
                   {LAYOUT_LOWER_RIGHT, 490, 350},
                   {LAYOUT_UPPER_LEFT, 110, 60},
                   {LAYOUT_LOWER_RIGHT | LAYOUT_UPPER_LEFT, 490, 60}};
    for (size_t i = 0; i < sizeof corners / sizeof *corners; i++) {
        struct layout layout = {.count = 0};
        SDL_Rect place = {0, 0, 0, 0};
        expect_close(layout_dock(&layout, area, corners[i].corner, size, 10, &place), 0, 0, "cost");
        expect_rect(place, corners[i].x, corners[i].y, 200, 90);
    }
    /* What is larger than the area begins where that does. */
    struct layout layout = {.count = 0};
    SDL_Rect place = {0, 0, 0, 0};
    layout_dock(&layout, area, LAYOUT_UPPER_LEFT, (SDL_Rect){0, 0, 900, 700}, 10, &place);
    expect_rect(place, 110, 60, 900, 700);
    place = (SDL_Rect){0, 0, 0, 0};
    layout_dock(&layout, area, LAYOUT_LOWER_LEFT, (SDL_Rect){0, 0, 900, 700}, 10, &place);
    expect_rect(place, 110, 60, 900, 700);
    /* What has another size is placed anew. */
    place = (SDL_Rect){110, 60, 200, 50};
    layout_dock(&layout, area, LAYOUT_LOWER_LEFT, size, 10, &place);
    expect_rect(place, 110, 350, 200, 90);
}

/* Two rows of faces that leave no edge free: the bars of one come over labels, which give way. */
static void test_crowd_labels(void **state)
{
    (void)state;
    enum { CROWD = 10 };
    struct expressions_face faces[CROWD];
    SDL_Rect dock = {0, 0, 0, 0};
    struct overlay overlay = {.em = 15,
                              .area = {0, 0, 640, 409},
                              .picture = {0, 0, 640, 480},
                              .source_width = 640,
                              .drawing.bars = true,
                              .chosen = 2,
                              .dock = &dock,
                              .dock_height = 70};
    for (int i = 0; i < CROWD; i++)
        faces[i] = (struct expressions_face){.id = i + 1,
                                             .box = {8 + i % 5 * 131, i < 5 ? 88 : 272, 118, 118}};
    overlay_block(&overlay, faces, CROWD);
    overlay_draw(paint, &overlay, faces, CROWD);
    int labels = 0;
    const struct layout *layout = &overlay.layout;
    for (int i = 0; i < layout->count; i++) {
        bool text = i >= CROWD && layout->weight[i] > 0;
        bool bars = SDL_RectEquals(&layout->blocked[i], &dock);
        labels += text && !bars;
        assert_false(text && !bars && SDL_HasIntersection(&layout->blocked[i], &dock));
    }
    assert_int_equal(labels, CROWD);
}

/* Ten names in a small window can all be read: none touches another. */
static void test_names_apart(void **state)
{
    (void)state;
    enum { CROWD = 10 };
    struct expressions_face faces[CROWD];
    SDL_Rect dock = {0, 0, 0, 0};
    struct overlay overlay = {.em = 11,
                              .area = {0, 0, 320, 240},
                              .picture = {0, 0, 320, 240},
                              .source_width = 320,
                              .chosen = 2,
                              .dock = &dock};
    for (int i = 0; i < CROWD; i++)
        faces[i] = (struct expressions_face){
            .id = i + 1,
            .label = i % EXPRESSIONS_LABEL_COUNT,
            .box = {8 + i % 5 * 62, (i < 5 ? 60 : 145) + i % 2 * 8, 37, 37}};
    overlay_block(&overlay, faces, CROWD);
    overlay_draw(paint, &overlay, faces, CROWD);
    assert_int_equal(overlay.layout.count, 2 * CROWD);
    for (int i = CROWD; i < 2 * CROWD; i++) {
        SDL_Rect a = overlay.layout.blocked[i];
        SDL_Rect around = {a.x - 2, a.y - 2, a.w + 4, a.h + 4};
        for (int k = CROWD; k < i; k++)
            assert_false(SDL_HasIntersection(&around, &overlay.layout.blocked[k]));
    }
}

/* A face with free room on one side only has its bars there. */
static void test_bars_by_side(void **state)
{
    (void)state;
    const SDL_Rect area = {0, 0, 640, 480}, box = {250, 190, 140, 120}, size = {0, 0, 100, 80};
    const SDL_Rect label = {250, 160, 90, 24};
    const SDL_Rect left = {0, 0, 244, 480}, right = {396, 0, 244, 480}, above = {0, 0, 640, 154},
                   below = {0, 316, 640, 164};
    const SDL_Rect all[] = {left, right, above, below};
    for (int beside = 0; beside < 2; beside++) {
        for (int open = 0; open < 4; open++) {
            struct layout layout = {.count = 0};
            SDL_Rect place;
            layout_block_face(&layout, box);
            layout_block_text(&layout, label);
            for (int i = 0; i < 4; i++) {
                SDL_Rect shut = all[i];
                if (i >= 2 && open < 2) { /* not where they cross */
                    shut.x = open == 0 ? 244 : 0;
                    shut.w = 396;
                } else if (i < 2 && open >= 2) {
                    shut.y = open == 2 ? 154 : 0;
                    shut.h = open == 2 ? 326 : 316;
                }
                if (i != open)
                    layout_block_text(&layout, shut);
            }
            double cost = layout_panel(&layout, area, box, label, size, 6, 0, beside, &place);
            SDL_Rect within;
            SDL_UnionRect(&all[open], &place, &within);
            if (cost > 0 || !SDL_RectEquals(&within, &all[open]))
                fail_msg("beside %d, open %d: %d,%d, cost %g", beside, open, place.x, place.y,
                         cost);
        }
    }
}

/* The bars of a lone face show numbers where they take no large part of the window. */
static void test_bars_by_window(void **state)
{
    (void)state;
    static const int heights[] = {HEIGHT, 4 * HEIGHT};
    const struct expressions_face face = {.id = 1, .box = {20, 30, 50, 50}};
    int widths[2];
    for (int i = 0; i < 2; i++) {
        struct overlay overlay = {.em = 8,
                                  .area = {0, 0, WIDTH, heights[i]},
                                  .picture = {0, 0, WIDTH, heights[i]},
                                  .source_width = WIDTH,
                                  .drawing.bars = true};
        black();
        overlay_draw(paint, &overlay, &face, 1);
        widths[i] = drawn().w;
    }
    assert_true(widths[1] > widths[0] + paint_text_width(paint, 9, "100 %"));
}

/* ---- Pictures on their way to a graphics card ------------------------------------------------ */

static void expect_texture(struct picture_texture *texture, const struct image *picture, int limit,
                           int width, int height, Uint32 format)
{
    struct error error = {.text = ""};
    pretended = (SDL_RendererInfo){.name = "card", .max_texture_width = limit};
    if (picture_texture_set(texture, renderer, picture, 64, 48, true, &error))
        fail_msg("%s", error.text);
    int w, h;
    Uint32 as;
    assert_int_equal(SDL_QueryTexture(texture->texture, &as, NULL, &w, &h), 0);
    assert_int_equal(w, width);
    assert_int_equal(h, height);
    assert_int_equal(as, format);
    assert_int_equal(SDL_GetYUVConversionMode(), texture->colours);
    assert_false(texture->mirrored);
}

/* A card gets the picture in its own size and form, unless it takes no such form or size. */
static void test_textures(void **state)
{
    (void)state;
    enum { W = 320, H = 240 };
    static uint8_t pixels[W * H * 3];
    struct picture_texture texture = {.texture = NULL};
    memset(pixels, 90, sizeof pixels);
    struct image picture = {.form = IMAGE_I420,
                            .width = W,
                            .height = H,
                            .planes = {pixels, pixels + W * H, pixels + W * H * 5 / 4},
                            .strides = {W, W / 2, W / 2}};
    expect_texture(&texture, &picture, 0, W, H, SDL_PIXELFORMAT_IYUV);
    assert_int_equal(texture.colours, SDL_YUV_CONVERSION_BT601);
    SDL_Texture *first = texture.texture;
    expect_texture(&texture, &picture, W, W, H, SDL_PIXELFORMAT_IYUV);
    assert_ptr_equal(texture.texture, first);
    picture.height = H / 2;
    expect_texture(&texture, &picture, W, W, H / 2, SDL_PIXELFORMAT_IYUV);
    picture.height = H;
    expect_texture(&texture, &picture, 160, 160, 120, SDL_PIXELFORMAT_BGRA32);
    picture.bt709 = true;
    expect_texture(&texture, &picture, 0, W, H, SDL_PIXELFORMAT_IYUV);
    assert_int_equal(texture.colours, SDL_YUV_CONVERSION_BT709);
    picture.full = true;
    expect_texture(&texture, &picture, 0, W, H, SDL_PIXELFORMAT_BGRA32);
    picture.bt709 = false;
    expect_texture(&texture, &picture, 0, W, H, SDL_PIXELFORMAT_IYUV);
    assert_int_equal(texture.colours, SDL_YUV_CONVERSION_JPEG);
    picture.form = IMAGE_NV12;
    picture.strides[1] = W;
    expect_texture(&texture, &picture, 0, W, H, SDL_PIXELFORMAT_NV12);
    picture.form = IMAGE_YUYV;
    picture.strides[0] = 2 * W;
    expect_texture(&texture, &picture, 0, W, H, SDL_PIXELFORMAT_YUY2);
    picture = image_of((struct bgr_image){pixels, W, H, W * 3});
    expect_texture(&texture, &picture, 0, W, H, SDL_PIXELFORMAT_BGRA32);
    static const int sizes[][4] = {
        {8192, 3, 4096, 1}, {8192, 1, 4096, 1}, {1, 8192, 1, 4096}, {4096, 2, 4096, 2}};
    for (int i = 0; i < 4; i++) {
        picture =
            image_of((struct bgr_image){pixels, sizes[i][0], sizes[i][1], (size_t)sizes[i][0] * 3});
        expect_texture(&texture, &picture, 0, sizes[i][2], sizes[i][3], SDL_PIXELFORMAT_BGRA32);
    }
    picture_texture_free(&texture);
    assert_null(texture.texture);
}

/* A copy is as large as its picture, one after the other, and looks as the window does: letters
 * too.
 */
static void test_copies(void **state)
{
    (void)state;
    enum { MOST = 640 * 480 };
    static const int sizes[][2] = {{64, 48}, {64, 32}, {48, 32}, {640, 480}};
    static uint8_t pixels[MOST * 3];
    static const struct expressions_face face = {.id = 1, .box = {200, 150, 160, 160}};
    const struct drawing drawing = {resource_font(), .bars = true};
    struct rng rng = rng_make(6, 0);
    struct canvas *canvas;
    struct bgr_image copy;
    struct error error = {.text = ""};
    assert_int_equal(canvas_create(&canvas, &drawing, &error), 0);
    for (int i = 0; i < 4; i++) {
        const int width = sizes[i][0], height = sizes[i][1];
        const struct image picture =
            image_of((struct bgr_image){pixels, width, height, (size_t)width * 3});
        fill_noise(&rng, pixels, sizeof pixels);
        assert_int_equal(canvas_draw(canvas, &picture, &face, 0, &copy, &error), 0);
        assert_int_equal(copy.width, width);
        assert_int_equal(copy.height, height);
        for (int y = 0; y < height; y++)
            assert_memory_equal(copy.pixels + (size_t)y * copy.stride, pixels + y * width * 3,
                                (size_t)width * 3);
    }
    memset(pixels, 0, sizeof pixels);
    const struct image dark = image_of((struct bgr_image){pixels, 640, 480, 640 * 3});
    assert_int_equal(canvas_draw(canvas, &dark, &face, 1, &copy, &error), 0);
    struct overlay overlay = {.em = 15,
                              .area = {0, 0, 640, 480},
                              .picture = {0, 0, 640, 480},
                              .source_width = 640,
                              .drawing = drawing};
    SDL_Surface *window = SDL_CreateRGBSurfaceWithFormat(0, 640, 480, 32, SDL_PIXELFORMAT_BGRA32);
    SDL_Renderer *on = SDL_CreateSoftwareRenderer(window);
    struct paint *own;
    assert_int_equal(paint_create(&own, on, drawing.font_path, &error), 0);
    SDL_SetRenderDrawColor(on, 0, 0, 0, 255);
    SDL_RenderClear(on);
    overlay_block(&overlay, &face, 1);
    overlay_draw(own, &overlay, &face, 1);
    SDL_RenderFlush(on);
    for (int i = 0; i < MOST; i++) {
        const uint8_t *pixel =
            (const uint8_t *)window->pixels + i / 640 * window->pitch + i % 640 * 4;
        assert_memory_equal(copy.pixels + (size_t)(i / 640) * copy.stride + i % 640 * 3, pixel, 3);
    }
    paint_free(&own);
    SDL_DestroyRenderer(on);
    SDL_FreeSurface(window);
    canvas_free(&canvas);
    assert_null(canvas);
}

/* ---- The window ------------------------------------------------------------------------------ */

static int press(const char *name)
{
    for (int i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].name, name) == 0)
            return i;
    fail_msg("there is no key %s", name);
    return -1;
}

/* The screenshot of what is drawn now: how bright it is left or right of its middle. */
static int brightness(struct view *view, bool right)
{
    char name[DATED_NAME_SIZE];
    struct frame saved = {0};
    struct error error = {.text = ""};
    assert_int_equal(view_draw(view, &error), 0);
    assert_int_equal(keys_press(view, press("s")), VIEW_REDRAW);
    assert_int_equal(sscanf(view->scene.notice, "saved %63s", name), 1);
    if (picture_read(name, &saved, NULL, &error))
        fail_msg("%s", error.text);
    const int at = saved.height / 2 * saved.width + saved.width * (right ? 3 : 1) / 4;
    const int value = saved.picture.planes[0][at * 3];
    frame_free(&saved);
    return value;
}

/* The screenshot has the picture, and neither the line nor the bar, and is called by the day. */
static void test_window(void **state)
{
    (void)state;
    enum { W = 640, H = 480 };
    static uint8_t pixels[W * H * 3];
    const struct view_settings settings = {
        .title = "test", .drawing = {resource_font(), .bars = true}, .live = true};
    static const struct expressions_face nobody;
    struct view *view;
    struct error error = {.text = ""};
    char before[TEST_PATH_SIZE], name[DATED_NAME_SIZE];
    memset(pixels, 200, sizeof pixels);
    struct image picture = image_of((struct bgr_image){pixels, W, H, W * 3});
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(test_folder()), 0);
    if (view_open(&view, &settings, &error))
        fail_msg("%s", error.text);
    scene_set(&view->scene, &picture, &nobody, 0, 0);
    view_say(view, "a line that is not in the picture");
    view->bar.shown = true;
    view->bar.end = SDL_GetTicks() + 100000;
    assert_int_equal(view_draw(view, &error), 0);
    assert_int_equal(keys_press(view, press("s")), VIEW_REDRAW);
    assert_int_equal(sscanf(view->scene.notice, "saved %63s", name), 1);
    assert_int_equal(strncmp(name, "expressions-20", 14), 0);
    assert_string_equal(name + strlen(name) - 4, ".png");
    assert_int_equal(strlen(name), strlen("expressions-YYYYMMDD-HHMMSS.png"));
    struct frame saved = {0};
    if (picture_read(name, &saved, NULL, &error))
        fail_msg("%s", error.text);
    SDL_Rect area = view_area(view);
    assert_int_equal(saved.width, area.w);
    assert_int_equal(saved.height, area.h);
    int others = 0;
    for (int i = 0; i < area.w * area.h * 3; i++)
        others += saved.picture.planes[0][i] != 200;
    frame_free(&saved);
    assert_int_equal(others, 0);
    assert_int_equal(scene_face_at(&view->scene, area, 5, 5), 0);

    /* The next picture; mirrored, and as it was */
    for (int i = 0; i < W * H * 3; i++)
        pixels[i] = i / 3 % W < W / 2 ? 10 : 200;
    scene_set(&view->scene, &picture, &nobody, 0, 0);
    for (int presses = 0; presses < 3; presses++) {
        expect_close(brightness(view, presses % 2 == 1), 10, 2, "dark half");
        keys_press(view, press("m"));
    }
    assert_int_equal(mkdir("gone", 0700), 0);
    assert_int_equal(chdir("gone"), 0);
    assert_int_equal(rmdir("../gone"), 0);
    assert_int_equal(keys_press(view, press("s")), VIEW_REDRAW);
    assert_int_equal(strncmp(view->scene.notice, "not saved: ", 11), 0);

    assert_int_equal(window_set_full_screen(&view->window, true, &error), 0);
    assert_true(window_is_full_screen(&view->window));
    assert_int_equal(window_set_full_screen(&view->window, false, &error), 0);
    assert_false(window_is_full_screen(&view->window));
    view_close(&view);
    assert_int_equal(chdir(before), 0);
}

/* A menu without choices says what is awaited; the first picture takes its place and gives the
 * window its size, which stays. */
static void test_waiting(void **state)
{
    (void)state;
    enum { W = 320, H = 480 };
    static uint8_t pixels[W * H * 3];
    static const struct view_menu menu = {.title = "one moment", .text = "It is being opened."};
    const struct view_settings settings = {
        .title = "test", .drawing = {resource_font(), .bars = true}, .live = true};
    struct image tall = image_of((struct bgr_image){pixels, W, H, W * 3});
    struct image square = image_of((struct bgr_image){pixels, W, W, W * 3});
    static const struct expressions_face nobody;
    struct view *view;
    struct error error = {.text = ""};
    int widths[4], heights[4];
    if (view_open(&view, &settings, &error))
        fail_msg("%s", error.text);
    view_show_menu(view, &menu);
    SDL_Window *window = view->window.window;
    SDL_GetWindowSize(window, &widths[0], &heights[0]);
    assert_true(SDL_GetWindowFlags(window) & SDL_WINDOW_SHOWN);
    expect_close(widths[0] * 3, heights[0] * 4, 4, "4:3 at first");
    assert_false(view_has_menu(view));
    assert_int_equal(view_draw(view, &error), 0);
    Uint32 corner, middle;
    SDL_Rect place = {0, 0, 1, 1}, area = view_area(view);
    SDL_RenderReadPixels(view->window.renderer, &place, SDL_PIXELFORMAT_ARGB8888, &corner, 4);
    place = (SDL_Rect){area.w / 2, area.h / 2, 1, 1};
    SDL_RenderReadPixels(view->window.renderer, &place, SDL_PIXELFORMAT_ARGB8888, &middle, 4);
    assert_int_not_equal(corner, middle);
    const Uint32 bare = corner;

    view_set_picture(view, &tall, &nobody, 0, 0);
    assert_string_equal(view->scene.menu.title, "");
    assert_string_equal(view->scene.notice, "q quit   Space pause or resume   s screenshot   "
                                            "f full screen   h help");
    SDL_GetWindowSize(window, &widths[1], &heights[1]);
    expect_close(widths[1] * 3, heights[1] * 2, 4, "the picture's size");
    view_set_picture(view, &square, &nobody, 0, 0);
    SDL_GetWindowSize(window, &widths[2], &heights[2]);
    assert_true(widths[2] == widths[1] && heights[2] == heights[1]);

    /* A picture that is forgotten is not shown. */
    area = view_area(view);
    for (int forgotten = 0; forgotten < 2; forgotten++) {
        if (forgotten)
            view_forget_picture(view);
        assert_int_equal(view_draw(view, &error), 0);
        place = (SDL_Rect){area.w / 2, area.h / 2, 1, 1};
        SDL_RenderReadPixels(view->window.renderer, &place, SDL_PIXELFORMAT_ARGB8888, &corner, 4);
        assert_int_equal(corner == bare, forgotten);
    }
    view_close(&view);
}

/* The rate is that of frames that follow each other, and of no others: it begins anew after a
 * silence, and with another source. */
static void test_rate(void **state)
{
    (void)state;
    enum { W = 64, H = 48 };
    static uint8_t pixels[W * H * 3];
    static const struct expressions_face nobody;
    const struct view_settings settings = {
        .title = "test", .drawing = {resource_font(), .bars = true}, .live = true};
    const struct image picture = image_of((struct bgr_image){pixels, W, H, W * 3});
    struct view *view;
    struct error error = {.text = ""};
    if (view_open(&view, &settings, &error))
        fail_msg("%s", error.text);
    for (int round = 0; round < 3; round++) {
        expect_close(view_rate(view), 0, 0, "no frame");
        view_set_picture(view, &picture, &nobody, 0, 0);
        expect_close(view_rate(view), 0, 0, "one frame");
        for (int i = 0; i < 3; i++) {
            SDL_Delay(20);
            view_set_picture(view, &picture, &nobody, 0, 0);
            assert_true(view_rate(view) > 0 && view_rate(view) <= 50);
        }
        if (round == 0) {
            view_set_signal(view, false);
            view_set_signal(view, true);
        } else {
            view_forget_picture(view);
        }
    }
    view_close(&view);
}

/* A face that has gone is not there to be clicked at, and a key that is let go, or repeats itself
 * while it is held, is not pressed. */
static void test_what_is_no_input(void **state)
{
    (void)state;
    enum { W = 640, H = 480 };
    static uint8_t pixels[W * H * 3];
    static const struct expressions_face faces[] = {{.id = 1, .box = {20, 20, 100, 100}},
                                                    {.id = 2, .box = {420, 300, 100, 100}}};
    const struct view_settings settings = {
        .title = "test", .drawing = {resource_font(), .bars = true}, .live = true};
    const struct image picture = image_of((struct bgr_image){pixels, W, H, W * 3});
    struct view *view;
    struct error error = {.text = ""};
    if (view_open(&view, &settings, &error))
        fail_msg("%s", error.text);
    view_set_picture(view, &picture, faces, 2, 0);
    const SDL_Rect area = view_area(view);
    const int x = 470 * area.w / W, y = 350 * area.h / H;
    assert_int_equal(scene_face_at(&view->scene, area, x, y), 2);
    view_set_picture(view, &picture, faces, 1, 0.1);
    assert_int_equal(scene_face_at(&view->scene, area, x, y), 0);

    SDL_Event event = {.key = {.type = SDL_KEYUP, .keysym.sym = SDLK_q}};
    assert_int_equal(view_handle(view, &event), VIEW_NOTHING);
    event.key.type = SDL_KEYDOWN;
    event.key.repeat = 1;
    assert_int_equal(view_handle(view, &event), VIEW_NOTHING);
    event.key.repeat = 0;
    assert_int_equal(view_handle(view, &event), VIEW_QUIT);
    view_close(&view);
}

/* What stands at the edges gives way to a face and stays when that has gone on, until the bar has
 * come and gone. */
static void test_docks_are_placed_anew(void **state)
{
    (void)state;
    enum { W = 640, H = 480 };
    static uint8_t pixels[W * H * 3];
    static const struct expressions_face away = {.id = 1, .box = {420, 40, 160, 160}},
                                         near = {.id = 1, .box = {20, 300, 160, 160}};
    const struct expressions_face *faces[] = {&away, &near, &away, &away, &away};
    enum { SHOTS = sizeof faces / sizeof *faces, BAR = 3 };
    const struct view_settings settings = {
        .title = "test", .drawing = {resource_font(), .bars = true}, .live = true};
    const struct image picture = image_of((struct bgr_image){pixels, W, H, W * 3});
    struct view *view;
    struct error error = {.text = ""};
    SDL_Rect places[SHOTS];
    if (view_open(&view, &settings, &error))
        fail_msg("%s", error.text);
    for (int i = 0; i < SHOTS; i++) {
        view->bar.shown = i == BAR;
        view->bar.end = SDL_GetTicks() + 100000;
        view_set_picture(view, &picture, faces[i], 1, 0.1 * i);
        assert_int_equal(view_draw(view, &error), 0);
        places[i] = view->scene.docks[DOCK_STRIP];
    }
    assert_false(SDL_RectEquals(&places[0], &places[1]));
    assert_true(SDL_RectEquals(&places[2], &places[1]));
    assert_true(SDL_RectEquals(&places[BAR + 1], &places[0]));
    view_close(&view);
}

/* Smooth pictures are as large as the screen has room for, and no larger than they look well. */
static void test_window_size(void **state)
{
    (void)state;
    struct window window = {.window = NULL};
    struct error error;
    SDL_Rect screen;
    int width, height;
    assert_int_equal(window_open(&window, "test", true, &error), 0);
    assert_int_equal(SDL_GetDisplayUsableBounds(0, &screen), 0);
    window_show(&window, 160, 120);
    SDL_GetWindowSize(window.window, &width, &height);
    double scale = fmin(720.0 / 120, 0.85 * fmin(screen.w / 160.0, screen.h / 120.0));
    expect_close(width, 160 * scale, 1, "width");
    expect_close(height, 120 * scale, 1, "height");
    window_show(&window, 4 * screen.w, 100);
    SDL_GetWindowSize(window.window, &width, &height);
    expect_close(width, 0.85 * screen.w, 1, "width");
    assert_int_equal(height, 240);
    window_show(&window, 100, 4 * screen.h);
    SDL_GetWindowSize(window.window, &width, &height);
    assert_int_equal(width, 320);
    expect_close(height, 0.85 * screen.h, 1, "height");
    window_close(&window);
    assert_null(window.window);
}

/* The strongest value is drawn strongest, wherever it is, and others by their share of it. */
static void test_heat(void **state)
{
    (void)state;
    const int strong = (int)lround(0.72 * (HEAT_AGAINST & 0xFF)),
              weak = (int)lround(0.18 * (HEAT_FOR >> 16));
    struct heat heat = {.texture = NULL};
    struct error error;
    for (int last = 0; last < 2; last++) {
        float map[EXPRESSIONS_CROP_PIXELS];
        for (int i = 0; i < EXPRESSIONS_CROP_PIXELS; i++)
            map[i] = 1;
        map[last ? EXPRESSIONS_CROP_PIXELS - 1 : 0] = -4;
        assert_int_equal(heat_set(&heat, renderer, 1, map, &error), 0);
        black();
        SDL_RenderCopy(renderer, heat.texture, NULL,
                       &(SDL_Rect){0, 0, EXPRESSIONS_CROP_SIDE, EXPRESSIONS_CROP_SIDE});
        SDL_RenderFlush(renderer);
        const int end = EXPRESSIONS_CROP_SIDE - 1;
        expect_close(row_of(last ? end : 0)[last ? end : 0] & 0xFF, strong, 2, "the strongest");
        expect_close(row_of(last ? 0 : end)[last ? 0 : end] >> 16 & 0xFF, weak, 2, "another");
    }
    /* Each value in its place. */
    struct rng rng = rng_make(8, 0);
    float map[EXPRESSIONS_CROP_PIXELS];
    for (int i = 0; i < EXPRESSIONS_CROP_PIXELS; i++)
        map[i] = (float)between(&rng, -100, 100);
    map[77] = 100;
    assert_int_equal(heat_set(&heat, renderer, 5, map, &error), 0);
    assert_int_equal(heat.face, 5);
    black();
    SDL_RenderCopy(renderer, heat.texture, NULL,
                   &(SDL_Rect){0, 0, EXPRESSIONS_CROP_SIDE, EXPRESSIONS_CROP_SIDE});
    SDL_RenderFlush(renderer);
    for (int i = 0; i < EXPRESSIONS_CROP_PIXELS; i++) {
        Uint32 pixel = row_of(i / EXPRESSIONS_CROP_SIDE)[i % EXPRESSIONS_CROP_SIDE];
        Uint32 colour = map[i] > 0 ? HEAT_FOR : HEAT_AGAINST;
        double alpha = 0.72 * fabs((double)map[i]) / 100;
        for (int shift = 0; shift < 24; shift += 8)
            expect_close(pixel >> shift & 0xFF, alpha * (colour >> shift & 0xFF), 2, "a value");
    }
    heat_free(&heat);
}

/* What the network sees: one crop below the other, black for a face that was not looked at. */
static void test_inputs(void **state)
{
    (void)state;
    enum { SIDE = EXPRESSIONS_CROP_SIDE, FACES = 3 };
    uint8_t first[EXPRESSIONS_CROP_PIXELS], last[EXPRESSIONS_CROP_PIXELS];
    const uint8_t *crops[FACES] = {first, NULL, last};
    struct scene scene = {.face_count = FACES};
    struct error error;
    memset(first, 100, sizeof first);
    memset(last, 200, sizeof last);
    assert_int_equal(scene_set_inputs(&scene, renderer, crops, &error), 0);
    assert_true(scene.has_inputs);
    SDL_Texture *texture = scene.inputs.texture;
    int width, height;
    SDL_QueryTexture(texture, NULL, NULL, &width, &height);
    assert_int_equal(width, SIDE);
    assert_int_equal(height, FACES * SIDE);
    static const int expected[] = {100, 0, 200};
    for (int face = 0; face < FACES; face++) {
        black();
        SDL_RenderCopy(renderer, texture, &(SDL_Rect){0, face * SIDE, SIDE, SIDE},
                       &(SDL_Rect){0, 0, SIDE, SIDE});
        SDL_RenderFlush(renderer);
        for (int i = 0; i < EXPRESSIONS_CROP_PIXELS; i++)
            assert_int_equal(row_of(i / SIDE)[i % SIDE] & 0xFFFFFF, expected[face] * 0x010101);
    }
    /* They are of these faces, and of no others. */
    static uint8_t pixels[8 * 8 * 3];
    const struct image picture = image_of((struct bgr_image){pixels, 8, 8, 24});
    scene_set(&scene, &picture, scene.faces, 1, 0);
    assert_false(scene.has_inputs);
    assert_int_equal(scene_set_inputs(&scene, renderer, crops, &error), 0);
    assert_true(scene.has_inputs);
    scene_forget(&scene);
    assert_true(!scene.has_inputs && scene.face_count == 0 && scene.width + scene.height == 0);
    assert_int_equal(scene.strip.face, 0);
    scene_free(&scene);
}

/* Where something that it takes to draw is missing, nothing is opened, and it is said why. */
static void test_nothing_to_draw_with(void **state)
{
    (void)state;
    static uint8_t pixels[8 * 8 * 3];
    static const float map[EXPRESSIONS_CROP_PIXELS];
    static const struct expressions_face nobody;
    const struct view_settings settings = {.title = "test",
                                           .drawing = {resource_font(), .bars = true}};
    const struct image picture = image_of((struct bgr_image){pixels, 8, 8, 24});
    struct view *view = NULL;
    struct canvas *canvas = NULL;
    struct bgr_image annotated;
    struct heat heat = {.texture = NULL};
    struct error error = {.text = ""};
    refused = STARTING;
    assert_int_equal(view_open(&view, &settings, &error), -1);
    assert_null(view);
    expect_text(error.text, "SDL2_ttf cannot start", "install it again");
    assert_int_equal(canvas_create(&canvas, &settings.drawing, &error), 0);
    error.text[0] = '\0';
    assert_int_equal(canvas_draw(canvas, &picture, &nobody, 0, &annotated, &error), -1);
    expect_text(error.text, "SDL2_ttf cannot start", "install it again");
    refused = NO_CALL;
    assert_int_equal(canvas_draw(canvas, &picture, &nobody, 0, &annotated, &error), 0);
    canvas_free(&canvas);
    assert_int_equal(heat_set(&heat, NULL, 1, map, &error), -1);
    expect_text(error.text, "the heat map cannot be shown", "--headless");
}

/* All that takes memory, textures or letters: a scene, its screenshot, an annotated copy. */
static int draw_all(struct error *error)
{
    enum { SIDE = 64 };
    static uint8_t pixels[SIDE * SIDE * 3];
    static const uint8_t crop[EXPRESSIONS_CROP_PIXELS];
    static const float map[EXPRESSIONS_CROP_PIXELS] = {1};
    static const struct expressions_face face = {.id = 1, .box = {20, 20, 20, 20}};
    static const uint8_t *const crops[] = {crop};
    const struct drawing drawing = {resource_font(), .bars = true};
    const struct image picture = image_of((struct bgr_image){pixels, SIDE, SIDE, SIDE * 3});
    const SDL_Rect area = {0, 0, WIDTH, HEIGHT};
    struct scene scene = {.drawing = drawing, .explain = true, .statistics = true, .live = true};
    struct paint *own = NULL;
    struct canvas *canvas = NULL;
    struct bgr_image annotated;
    char name[DATED_NAME_SIZE];
    scene_say(&scene, "é", 1000);
    scene.line_count = 1;
    snprintf(scene.lines[0], sizeof scene.lines[0], "1 fps");
    scene_set(&scene, &picture, &face, 1, 0);
    int result = paint_create(&own, renderer, drawing.font_path, error);
    result = result ? result : scene_set_inputs(&scene, renderer, crops, error);
    result = result ? result : heat_set(&scene.heat, renderer, 1, map, error);
    if (result == 0)
        scene_draw(&scene, renderer, own, area, true);
    result = result ? result : paint_check(own, error);
    result = result ? result : screenshot_save(renderer, name, error);
    result = result ? result : canvas_create(&canvas, &drawing, error);
    result = result ? result : canvas_draw(canvas, &picture, &face, 1, &annotated, error);
    canvas_free(&canvas);
    scene_free(&scene);
    paint_free(&own);
    return result;
}

/* One line of statistics has its place too, and none has none. */
static void test_lines(void **state)
{
    (void)state;
    static uint8_t pixels[64 * 64 * 3];
    static const struct expressions_face nobody;
    const struct image picture = image_of((struct bgr_image){pixels, 64, 64, 64 * 3});
    for (int lines = 0; lines < 2; lines++) {
        struct scene scene = {
            .statistics = true, .live = true, .line_count = lines, .lines = {"1"}};
        scene_set(&scene, &picture, &nobody, 0, 0);
        scene_draw(&scene, renderer, paint, (SDL_Rect){0, 0, WIDTH, HEIGHT}, true);
        assert_int_equal(scene.docks[DOCK_LINES].w > 0, lines);
        scene_free(&scene);
    }
}

/* Each of these calls fails in turn: that is said, and nothing is left behind. One may: a file is
 * there even where its folder's name, to have it written to the disk, finds no memory. */
static void test_failures(void **state)
{
    (void)state;
    const int before = textures;
    int calls = 0, all_the_same = 0;
    char back[TEST_PATH_SIZE];
    struct error none;
    assert_non_null(getcwd(back, sizeof back));
    assert_int_equal(chdir(test_folder()), 0);
    assert_int_equal(draw_all(&none), 0); /* what stays for ever is there from now on */
    const int kept_before = kept_count, started = TTF_WasInit();
    for (bool done = false; !done; calls++) {
        struct error error = {.text = ""};
        until = calls + 1;
        const int result = draw_all(&error);
        done = until > 0;
        until = 0;
        all_the_same += !done && result == 0;
        if ((done && result) || all_the_same > 1)
            fail_msg("call %d, of %s: %d", calls, failed, result);
        if (result)
            expect_text(error.text, "", "");
        assert_true(!result || *error.text);
        assert_int_equal(textures, before);
        assert_int_equal(kept_count, kept_before);
        assert_int_equal(TTF_WasInit(), started);
    }
    assert_in_range(calls, 80, 200);
    assert_int_equal(chdir(back), 0);
}

/* What a window took is given back when it is closed. */
static void test_nothing_is_kept(void **state)
{
    (void)state;
    static uint8_t pixels[64 * 48 * 3];
    static const struct expressions_face face = {.id = 1, .box = {20, 20, 20, 20}};
    const struct view_settings settings = {
        .title = "test", .drawing = {resource_font(), .bars = true}, .live = true};
    const struct image picture = image_of((struct bgr_image){pixels, 64, 48, 64 * 3});
    int counts[2], of_sdl[2];
    for (int i = 0; i < 2; i++) {
        struct view *view;
        struct error error = {.text = ""};
        if (view_open(&view, &settings, &error))
            fail_msg("%s", error.text);
        view_set_title(view, "another");
        view_set_picture(view, &picture, &face, 1, 0);
        assert_int_equal(view_draw(view, &error), 0);
        for (int drops = 0; drops < 3; drops++) {
            SDL_Event event = {.drop = {.type = SDL_DROPFILE, .file = SDL_strdup("a.mp4")}};
            assert_int_equal(view_handle(view, &event), VIEW_DROP);
        }
        view_close(&view);
        assert_null(view);
        counts[i] = kept_count;
        of_sdl[i] = SDL_GetNumAllocations();
        assert_int_equal(TTF_WasInit(), 0);
    }
    assert_int_equal(counts[1], counts[0]);
    assert_int_equal(of_sdl[1], of_sdl[0]);
}

/* Nor is there a window without memory. */
static void test_no_memory(void **state)
{
    (void)state;
    struct view *view = NULL;
    struct canvas *canvas = NULL;
    struct error error = {.text = ""};
    until = 1;
    assert_int_equal(view_open(&view, &(struct view_settings){.title = "test"}, &error), -1);
    assert_null(view);
    expect_text(error.text, "the window", "memory");
    view_close(&view);
    until = 1;
    assert_int_equal(canvas_create(&canvas, &(struct drawing){resource_font(), true}, &error), -1);
    assert_null(canvas);
    canvas_free(&canvas);
}

int main(void)
{
#define DRAWN(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        DRAWN(test_shapes),
        DRAWN(test_round_corners),
        DRAWN(test_letters),
        DRAWN(test_text),
        DRAWN(test_text_colour),
        DRAWN(test_text_that_overhangs),
        DRAWN(test_text_fails),
        DRAWN(test_text_after_a_failure),
        DRAWN(test_text_kept),
        DRAWN(test_menu_text),
        DRAWN(test_notice_place),
        cmocka_unit_test(test_tight_portrait),
        DRAWN(test_long_menu_text),
        DRAWN(test_strip),
        cmocka_unit_test(test_strip_samples),
        DRAWN(test_heat),
        DRAWN(test_inputs),
        cmocka_unit_test(test_docks),
        DRAWN(test_crowd_labels),
        DRAWN(test_names_apart),
        cmocka_unit_test(test_bars_by_side),
        DRAWN(test_bars_by_window),
        DRAWN(test_textures),
        DRAWN(test_copies),
        DRAWN(test_lines),
        cmocka_unit_test_setup_teardown(test_failures, begin, end_files),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_nothing_is_kept),
        cmocka_unit_test_setup_teardown(test_window, empty_folder, empty_folder),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_what_is_no_input),
        cmocka_unit_test(test_docks_are_placed_anew),
        cmocka_unit_test(test_window_size),
        cmocka_unit_test(test_nothing_to_draw_with),
    };
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    setenv("SDL_RENDER_DRIVER", "software", 1);
    ocv_setup(1);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
