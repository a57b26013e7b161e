#include "paint.h"

#include "phrase.h"

#include <SDL_ttf.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CORNER_SLOTS = 24,
    FONT_SLOTS = 10,
    FIRST_GLYPH = ' ',
    GLYPH_COUNT = '~' - ' ' + 1,
    ATLAS_COLUMNS = 16,
    ATLAS_ROWS = (GLYPH_COUNT + ATLAS_COLUMNS - 1) / ATLAS_COLUMNS
};

/* A disc, or a ring, whose quarters are the corners. */
struct corners {
    int radius, thickness; /* thickness 0: a disc */
    SDL_Texture *texture;  /* 2 radius x 2 radius, white; NULL: free slot */
};

/* The letters of one size in one texture. */
struct atlas {
    int size;
    SDL_Texture *texture; /* NULL: free slot */
    int cell_width, cell_height;
    int middle; /* from a cell's top to the middle of its small letters */
    int width[GLYPH_COUNT], advance[GLYPH_COUNT], bearing[GLYPH_COUNT];
};

struct paint {
    SDL_Renderer *renderer;
    const char *font_path;
    struct corners corners[CORNER_SLOTS];
    int next_corners; /* the slot to reuse next */
    struct atlas atlases[FONT_SLOTS];
    int next_atlas;
    struct phrases *phrases; /* NULL: none was needed yet */
    bool failed;
    struct error failure;
};

/* SDL2_ttf guards neither the count of its users nor the one FreeType library of them all, and
 * films that are looked at side by side are drawn over side by side. */
static pthread_mutex_t fonts = PTHREAD_MUTEX_INITIALIZER;

static int begin_fonts(void)
{
    pthread_mutex_lock(&fonts);
    int code = TTF_Init();
    pthread_mutex_unlock(&fonts);
    return code;
}

static void end_fonts(void)
{
    pthread_mutex_lock(&fonts);
    TTF_Quit();
    pthread_mutex_unlock(&fonts);
}

int paint_create(struct paint **paint, SDL_Renderer *renderer, const char *font_path,
                 struct error *error)
{
    if (begin_fonts())
        return error_set(error, "SDL2_ttf cannot start: %s; install it again", TTF_GetError());
    struct paint *made = calloc(1, sizeof *made);
    if (!made) {
        end_fonts();
        return error_no_memory(error, "drawing");
    }
    made->renderer = renderer;
    made->font_path = font_path;
    paint_note(made, SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_BLEND));
    *paint = made;
    return 0;
}

void paint_free(struct paint **paint)
{
    struct paint *freed = *paint;
    if (!freed)
        return;
    for (int i = 0; i < CORNER_SLOTS; i++) {
        if (freed->corners[i].texture)
            SDL_DestroyTexture(freed->corners[i].texture);
    }
    for (int i = 0; i < FONT_SLOTS; i++) {
        if (freed->atlases[i].texture)
            SDL_DestroyTexture(freed->atlases[i].texture);
    }
    phrases_free(&freed->phrases);
    free(freed);
    end_fonts();
    *paint = NULL;
}

void paint_note(struct paint *paint, int code)
{
    struct error error;
    if (code >= 0)
        return;
    error_set(&error, "cannot draw: %s; try --headless", SDL_GetError());
    paint_fail(paint, &error);
}

void paint_fail(struct paint *paint, const struct error *error)
{
    if (!paint->failed)
        paint->failure = *error;
    paint->failed = true;
}

int paint_check(struct paint *paint, struct error *error)
{
    if (!paint->failed)
        return 0;
    paint->failed = false;
    *error = paint->failure;
    return -1;
}

/* Frees the surface, whether it became a texture or not. */
static SDL_Texture *texture_from(struct paint *paint, SDL_Surface *surface)
{
    SDL_Texture *texture = SDL_CreateTextureFromSurface(paint->renderer, surface);
    SDL_FreeSurface(surface);
    paint_note(paint, texture ? 0 : -1);
    if (texture)
        paint_note(paint, SDL_SetTextureBlendMode(texture, SDL_BLENDMODE_BLEND));
    return texture;
}

static SDL_Surface *create_surface(int width, int height)
{
    return SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_ARGB8888);
}

/* ---- Shapes --------------------------------------------------------------------------------- */

/* The share of the pixel that lies within the disc or ring, by its distance from the centre. */
static double coverage(double distance, int radius, int thickness)
{
    double outer = fmax(radius - distance + 0.5, 0);
    double inner = thickness ? fmin(fmax(distance - (radius - thickness) + 0.5, 0), 1) : 1;
    return fmin(outer, inner);
}

static SDL_Texture *rasterize_corners(struct paint *paint, int radius, int thickness)
{
    SDL_Surface *surface = create_surface(2 * radius, 2 * radius);
    if (!surface) {
        paint_note(paint, -1);
        return NULL;
    }
    for (int y = 0; y < 2 * radius; y++) {
        Uint32 *row = (Uint32 *)(void *)((Uint8 *)surface->pixels + y * surface->pitch);
        for (int x = 0; x < 2 * radius; x++) {
            double distance = hypot(x + 0.5 - radius, y + 0.5 - radius);
            Uint32 alpha = (Uint32)lround(255 * coverage(distance, radius, thickness));
            row[x] = alpha << 24 | 0xFFFFFF;
        }
    }
    return texture_from(paint, surface);
}

static SDL_Texture *find_corners(struct paint *paint, int radius, int thickness)
{
    for (int i = 0; i < CORNER_SLOTS; i++) {
        const struct corners *slot = &paint->corners[i];
        if (slot->texture && slot->radius == radius && slot->thickness == thickness)
            return slot->texture;
    }
    struct corners *slot = &paint->corners[paint->next_corners];
    paint->next_corners = (paint->next_corners + 1) % CORNER_SLOTS;
    if (slot->texture)
        SDL_DestroyTexture(slot->texture);
    *slot = (struct corners){radius, thickness, rasterize_corners(paint, radius, thickness)};
    return slot->texture;
}

static void draw_corners(struct paint *paint, SDL_Rect rect, int radius, int thickness,
                         SDL_Color colour)
{
    SDL_Texture *texture = radius > 0 ? find_corners(paint, radius, thickness) : NULL;
    if (!texture)
        return;
    paint_note(paint, SDL_SetTextureColorMod(texture, colour.r, colour.g, colour.b));
    paint_note(paint, SDL_SetTextureAlphaMod(texture, colour.a));
    for (int i = 0; i < 4; i++) {
        int right = i % 2;
        int bottom = i / 2;
        SDL_Rect from = {right * radius, bottom * radius, radius, radius};
        SDL_Rect to = {right ? rect.x + rect.w - radius : rect.x,
                       bottom ? rect.y + rect.h - radius : rect.y, radius, radius};
        paint_note(paint, SDL_RenderCopy(paint->renderer, texture, &from, &to));
    }
}

static void fill(struct paint *paint, int x, int y, int width, int height)
{
    SDL_Rect rect = {x, y, width, height};
    if (width > 0 && height > 0)
        paint_note(paint, SDL_RenderFillRect(paint->renderer, &rect));
}

static int fitting_radius(SDL_Rect rect, int radius)
{
    int shorter = rect.w < rect.h ? rect.w : rect.h;
    return radius < shorter / 2 ? radius : shorter / 2;
}

SDL_Color paint_colour(uint32_t colour)
{
    return (SDL_Color){(Uint8)(colour >> 16), (Uint8)(colour >> 8), (Uint8)colour, 255};
}

void paint_panel(struct paint *paint, SDL_Rect rect, int radius, SDL_Color colour)
{
    int r = fitting_radius(rect, radius);
    paint_note(paint,
               SDL_SetRenderDrawColor(paint->renderer, colour.r, colour.g, colour.b, colour.a));
    fill(paint, rect.x + r, rect.y, rect.w - 2 * r, r);
    fill(paint, rect.x, rect.y + r, rect.w, rect.h - 2 * r);
    fill(paint, rect.x + r, rect.y + rect.h - r, rect.w - 2 * r, r);
    draw_corners(paint, rect, r, 0, colour);
}

void paint_outline(struct paint *paint, SDL_Rect rect, int radius, int thickness, SDL_Color colour)
{
    int r = fitting_radius(rect, radius);
    int t = thickness < r ? thickness : r;
    if (t <= 0)
        return;
    paint_note(paint,
               SDL_SetRenderDrawColor(paint->renderer, colour.r, colour.g, colour.b, colour.a));
    fill(paint, rect.x + r, rect.y, rect.w - 2 * r, t);
    fill(paint, rect.x + r, rect.y + rect.h - t, rect.w - 2 * r, t);
    fill(paint, rect.x, rect.y + r, t, rect.h - 2 * r);
    fill(paint, rect.x + rect.w - t, rect.y + r, t, rect.h - 2 * r);
    draw_corners(paint, rect, r, t, colour);
}

void paint_picture(struct paint *paint, SDL_Texture *texture, SDL_Rect from, SDL_Rect to)
{
    paint_note(paint, SDL_RenderCopy(paint->renderer, texture, &from, &to));
}

/* ---- Text ----------------------------------------------------------------------------------- */

static int measure_glyphs(struct atlas *atlas, TTF_Font *font)
{
    atlas->cell_width = 1;
    atlas->cell_height = TTF_FontHeight(font);
    for (int i = 0; i < GLYPH_COUNT; i++) {
        const char text[2] = {(char)(FIRST_GLYPH + i), '\0'};
        int low_x = 0, height = 0;
        if (TTF_GlyphMetrics(font, (Uint16)text[0], &low_x, NULL, NULL, NULL, &atlas->advance[i]) ||
            TTF_SizeText(font, text, &atlas->width[i], &height))
            return -1;
        atlas->bearing[i] = low_x < 0 ? low_x : 0;
        if (atlas->width[i] > atlas->cell_width)
            atlas->cell_width = atlas->width[i];
        if (height > atlas->cell_height) /* some are higher than the font says */
            atlas->cell_height = height;
    }
    return 0;
}

/* The middle of the letter x, found in its pixels: hinting moves them off the font's metrics. */
static int find_middle(const struct atlas *atlas, const SDL_Surface *surface)
{
    int i = 'x' - FIRST_GLYPH;
    int left = i % ATLAS_COLUMNS * atlas->cell_width;
    int top = i / ATLAS_COLUMNS * atlas->cell_height;
    int first = atlas->cell_height;
    int last = 0;
    for (int y = 0; y < atlas->cell_height; y++) {
        const Uint8 *row = (const Uint8 *)surface->pixels + (top + y) * surface->pitch;
        const Uint32 *pixels = (const Uint32 *)(const void *)row + left;
        for (int x = 0; x < atlas->width[i]; x++) {
            if (pixels[x] >> 24 > 127) {
                first = y < first ? y : first;
                last = y;
            }
        }
    }
    return (first + last + 1) / 2;
}

static int draw_glyphs(const struct atlas *atlas, TTF_Font *font, SDL_Surface *surface)
{
    const SDL_Color white = {255, 255, 255, 255};
    for (int i = 0; i < GLYPH_COUNT; i++) {
        const char text[2] = {(char)(FIRST_GLYPH + i), '\0'};
        SDL_Surface *glyph = TTF_RenderText_Blended(font, text, white);
        if (!glyph)
            return -1;
        SDL_Rect to = {i % ATLAS_COLUMNS * atlas->cell_width,
                       i / ATLAS_COLUMNS * atlas->cell_height, 0, 0};
        SDL_SetSurfaceBlendMode(glyph, SDL_BLENDMODE_NONE);
        int code = SDL_BlitSurface(glyph, NULL, surface, &to);
        SDL_FreeSurface(glyph);
        if (code < 0)
            return -1;
    }
    return 0;
}

/* All letters, measured and drawn; NULL: SDL knows why not. */
static SDL_Surface *draw_font(struct atlas *atlas, TTF_Font *font)
{
    if (measure_glyphs(atlas, font))
        return NULL;
    SDL_Surface *surface =
        create_surface(ATLAS_COLUMNS * atlas->cell_width, ATLAS_ROWS * atlas->cell_height);
    if (surface && draw_glyphs(atlas, font, surface)) {
        SDL_FreeSurface(surface);
        return NULL;
    }
    return surface;
}

/* The lock is not held where a display could go away. */
static void rasterize_font(struct paint *paint, struct atlas *atlas)
{
    pthread_mutex_lock(&fonts);
    TTF_Font *font = TTF_OpenFont(paint->font_path, atlas->size);
    SDL_Surface *surface = font ? draw_font(atlas, font) : NULL;
    if (font)
        TTF_CloseFont(font);
    pthread_mutex_unlock(&fonts);
    if (!surface) {
        paint_note(paint, -1);
        return;
    }
    atlas->middle = find_middle(atlas, surface);
    atlas->texture = texture_from(paint, surface);
}

static struct atlas *find_atlas(struct paint *paint, int size)
{
    for (int i = 0; i < FONT_SLOTS; i++) {
        if (paint->atlases[i].texture && paint->atlases[i].size == size)
            return &paint->atlases[i];
    }
    struct atlas *slot = &paint->atlases[paint->next_atlas];
    paint->next_atlas = (paint->next_atlas + 1) % FONT_SLOTS;
    if (slot->texture)
        SDL_DestroyTexture(slot->texture);
    *slot = (struct atlas){.size = size};
    rasterize_font(paint, slot);
    return slot;
}

/* Whether the atlas has all of its letters, as of most text, which changes with each frame. */
static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
}

static const struct phrase *find_phrase(struct paint *paint, int size, const char *text)
{
    const struct phrase *phrase;
    struct error error;
    if (phrases_find(&paint->phrases, paint->renderer, size, text, &phrase, &error)) {
        paint_fail(paint, &error);
        return NULL;
    }
    return phrase;
}

static void draw_phrase(struct paint *paint, int x, int middle_y, int size, SDL_Color colour,
                        const char *text)
{
    const struct phrase *phrase = find_phrase(paint, size, text);
    if (!phrase)
        return;
    SDL_Rect to = {x + phrase->left, middle_y - phrase->middle, 0, phrase->height};
    paint_note(paint, SDL_QueryTexture(phrase->texture, NULL, NULL, &to.w, NULL));
    paint_note(paint, SDL_SetTextureColorMod(phrase->texture, colour.r, colour.g, colour.b));
    paint_note(paint, SDL_SetTextureAlphaMod(phrase->texture, colour.a));
    paint_note(paint, SDL_RenderCopy(paint->renderer, phrase->texture, NULL, &to));
}

int paint_text_width(struct paint *paint, int size, const char *text)
{
    int width = 0;
    if (!is_plain(text)) {
        const struct phrase *phrase = find_phrase(paint, size, text);
        return phrase ? phrase->width : 0;
    }
    const struct atlas *atlas = find_atlas(paint, size);
    for (; *text; text++)
        width += atlas->advance[*text - FIRST_GLYPH];
    return width;
}

void paint_text(struct paint *paint, int x, int middle_y, int size, SDL_Color colour,
                const char *text)
{
    if (!is_plain(text)) {
        draw_phrase(paint, x, middle_y, size, colour, text);
        return;
    }
    const struct atlas *atlas = find_atlas(paint, size);
    if (!atlas->texture)
        return;
    paint_note(paint, SDL_SetTextureColorMod(atlas->texture, colour.r, colour.g, colour.b));
    paint_note(paint, SDL_SetTextureAlphaMod(atlas->texture, colour.a));
    for (; *text; text++) {
        int i = *text - FIRST_GLYPH;
        SDL_Rect from = {i % ATLAS_COLUMNS * atlas->cell_width,
                         i / ATLAS_COLUMNS * atlas->cell_height, atlas->width[i],
                         atlas->cell_height};
        SDL_Rect to = {x + atlas->bearing[i], middle_y - atlas->middle, from.w, from.h};
        if (*text != ' ')
            paint_note(paint, SDL_RenderCopy(paint->renderer, atlas->texture, &from, &to));
        x += atlas->advance[i];
    }
}
