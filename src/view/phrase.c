#include "phrase.h"

#include "text.h"

#include <pango/pangoft2.h>

#include <SDL_error.h>
#include <SDL_surface.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 24 };

static const char font_name[] = "DejaVu Sans"; /* as for all else; others where it lacks letters */
static const double small_letters = 0.547;     /* their height in this font, in ems */

struct phrases {
    PangoFontMap *fonts;
    PangoContext *context;
    struct phrase slots[SLOTS];
    int next; /* the slot to reuse next */
};

static struct phrases *create(void)
{
    struct phrases *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->fonts = pango_ft2_font_map_new();
    made->context = pango_font_map_create_context(made->fonts);
    return made;
}

static void clear(struct phrase *phrase)
{
    if (phrase->texture)
        SDL_DestroyTexture(phrase->texture);
    free(phrase->text);
    *phrase = (struct phrase){0};
}

void phrases_free(struct phrases **phrases)
{
    struct phrases *freed = *phrases;
    if (!freed)
        return;
    for (int i = 0; i < SLOTS; i++)
        clear(&freed->slots[i]);
    g_object_unref(freed->context);
    g_object_unref(freed->fonts);
    free(freed);
    *phrases = NULL;
}

static PangoLayout *lay_out(const struct phrases *phrases, int size, const char *text)
{
    PangoLayout *layout = pango_layout_new(phrases->context);
    PangoFontDescription *font = pango_font_description_from_string(font_name);
    pango_font_description_set_absolute_size(font, (double)size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, text, -1);
    pango_font_description_free(font);
    return layout;
}

/* White, as opaque as the letters cover the pixels. */
static SDL_Surface *draw(PangoLayout *layout, PangoRectangle area)
{
    FT_Bitmap letters = {.rows = (unsigned)area.height,
                         .width = (unsigned)area.width,
                         .pitch = area.width,
                         .num_grays = 256,
                         .pixel_mode = FT_PIXEL_MODE_GRAY};
    letters.buffer = calloc((size_t)area.width, (size_t)area.height);
    SDL_Surface *surface =
        SDL_CreateRGBSurfaceWithFormat(0, area.width, area.height, 32, SDL_PIXELFORMAT_ARGB8888);
    if (letters.buffer && surface) {
        pango_ft2_render_layout(&letters, layout, -area.x, -area.y);
        for (int y = 0; y < area.height; y++) {
            Uint32 *row = (Uint32 *)(void *)((Uint8 *)surface->pixels + y * surface->pitch);
            for (int x = 0; x < area.width; x++)
                row[x] = (Uint32)letters.buffer[y * area.width + x] << 24 | 0xFFFFFF;
        }
    } else {
        SDL_FreeSurface(surface);
        surface = NULL;
    }
    free(letters.buffer);
    return surface;
}

static PangoRectangle unite(PangoRectangle a, PangoRectangle b)
{
    int left = a.x < b.x ? a.x : b.x, top = a.y < b.y ? a.y : b.y;
    int right = (int)fmax(a.x + a.width, b.x + b.width);
    int bottom = (int)fmax(a.y + a.height, b.y + b.height);
    return (PangoRectangle){left, top, (int)fmax(1, right - left), (int)fmax(1, bottom - top)};
}

static int fill(const struct phrases *phrases, SDL_Renderer *renderer, struct phrase *phrase,
                const char *text, struct error *error)
{
    PangoRectangle ink, logical;
    PangoLayout *layout = lay_out(phrases, phrase->size, text);
    pango_layout_get_pixel_extents(layout, &ink, &logical);
    PangoRectangle area = unite(ink, logical);
    SDL_Surface *surface = draw(layout, area);
    int baseline = PANGO_PIXELS(pango_layout_get_baseline(layout));
    g_object_unref(layout);
    phrase->width = logical.width;
    phrase->left = area.x - logical.x;
    phrase->height = area.height;
    phrase->middle = baseline - area.y - (int)lround(small_letters * phrase->size / 2);
    phrase->texture = surface ? SDL_CreateTextureFromSurface(renderer, surface) : NULL;
    SDL_FreeSurface(surface);
    if (!phrase->texture || SDL_SetTextureBlendMode(phrase->texture, SDL_BLENDMODE_BLEND) < 0)
        return error_set(error, "a line of text cannot be drawn: %s; try --headless",
                         SDL_GetError());
    return 0;
}

int phrases_find(struct phrases **phrases, SDL_Renderer *renderer, int size, const char *text,
                 const struct phrase **phrase, struct error *error)
{
    if (!*phrases && !(*phrases = create()))
        return error_no_memory(error, "a line of text");
    for (int i = 0; i < SLOTS; i++) {
        struct phrase *slot = &(*phrases)->slots[i];
        *phrase = slot;
        if (slot->text && slot->size == size && strcmp(slot->text, text) == 0)
            return 0;
    }
    struct phrase *slot = &(*phrases)->slots[(*phrases)->next];
    (*phrases)->next = ((*phrases)->next + 1) % SLOTS;
    clear(slot);
    char *clean = text_utf8(text);
    slot->text = strdup(text);
    slot->size = size;
    int result = !clean || !slot->text ? error_no_memory(error, "a line of text")
                                       : fill(*phrases, renderer, slot, clean, error);
    free(clean);
    if (result)
        clear(slot);
    *phrase = slot;
    return result;
}
