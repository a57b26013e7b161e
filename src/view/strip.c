#include "strip.h"

#include "labels.h"
#include "overlay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void strip_choose(struct strip *strip, int id)
{
    strip->face = id;
    strip->count = 0;
}

/* Sample `back` before the newest. */
static int index_of(const struct strip *strip, int back)
{
    return (strip->next - 1 - back + STRIP_SAMPLES) % STRIP_SAMPLES;
}

/* Another camera's time begins at 0 again; so does the strip. */
void strip_add(struct strip *strip, const struct expressions_face *faces, int count, double time)
{
    const struct expressions_face *face = faces_find(faces, count, strip->face);
    if (!face && (face = faces_largest(faces, count)))
        strip_choose(strip, face->id);
    if (!face)
        return;
    if (strip->count > 0 && time < strip->times[index_of(strip, 0)])
        strip_choose(strip, strip->face);
    strip->times[strip->next] = time;
    memcpy(strip->probabilities[strip->next], face->probabilities, sizeof face->probabilities);
    strip->next = (strip->next + 1) % STRIP_SAMPLES;
    strip->count += strip->count < STRIP_SAMPLES;
}

const float *strip_at(const struct strip *strip, double age)
{
    double latest = strip->count ? strip->times[index_of(strip, 0)] - age : 0;
    int low = 0;
    int high = strip->count; /* the answer lies in low .. high; high: none */
    while (low < high) {
        int middle = (low + high) / 2;
        if (strip->times[index_of(strip, middle)] <= latest)
            high = middle;
        else
            low = middle + 1;
    }
    return low < strip->count ? strip->probabilities[index_of(strip, low)] : NULL;
}

SDL_Rect strip_size(SDL_Rect area, int em)
{
    return (SDL_Rect){0, 0, (int)fmin(em * 20, area.w * 0.42), em * 5};
}

static void draw_column(const float *probabilities, struct paint *paint, int x, int width,
                        SDL_Rect plot)
{
    double sum = 0;
    int top = plot.y;
    for (int i = 0; i < EXPRESSIONS_LABEL_COUNT; i++) {
        sum += (double)probabilities[i];
        int bottom = plot.y + (int)lround(plot.h * sum);
        paint_panel(paint, (SDL_Rect){x, top, width, bottom - top}, 0, overlay_colour(i));
        top = bottom;
    }
}

/* Where the band of a label lies in a column. */
static SDL_Rect band_of(const float *probabilities, int label, SDL_Rect plot)
{
    double above = 0;
    for (int i = 0; i < label; i++)
        above += (double)probabilities[i];
    int top = plot.y + (int)lround(plot.h * above);
    int bottom = plot.y + (int)lround(plot.h * (above + (double)probabilities[label]));
    return (SDL_Rect){plot.x, top, plot.w, bottom - top};
}

/* The name of a label on its band, from `begin` to `end`, where there is room for it. */
static void name_band(const struct strip *strip, struct paint *paint, SDL_Rect plot, int text,
                      int label, int begin, int end)
{
    int width = paint_text_width(paint, text, expressions_label_name(label));
    int middle = (begin + end) / 2;
    const float *sample = strip_at(strip, STRIP_SECONDS * (plot.w - middle) / plot.w);
    if (!sample || width + text > end - begin)
        return;
    SDL_Rect band = band_of(sample, label, plot);
    if (band.h >= text * 12 / 10)
        paint_text(paint, plot.x + middle - width / 2, band.y + band.h / 2, text,
                   (SDL_Color){0, 0, 0, 200}, expressions_label_name(label));
}

/* Names the band that leads, for each time that one does. */
static void name_bands(const struct strip *strip, struct paint *paint, SDL_Rect plot, int text)
{
    int leader = -1, begin = 0;
    for (int x = 0; x <= plot.w; x++) {
        const float *sample =
            x < plot.w ? strip_at(strip, STRIP_SECONDS * (plot.w - x) / plot.w) : NULL;
        int leads = sample ? predicted_class(sample, EXPRESSIONS_LABEL_COUNT) : -1;
        if (leads == leader)
            continue;
        if (leader >= 0)
            name_band(strip, paint, plot, text, leader, begin, x);
        leader = leads;
        begin = x;
    }
}

/* Every five seconds, at both edges: between them are the bands' names. */
static void draw_ticks(struct paint *paint, SDL_Rect plot, int length)
{
    enum { STEP = 5 };
    static const SDL_Color outside = {255, 255, 255, 210}, inside = {0, 0, 0, 140};
    int width = length / 3 > 1 ? length / 3 : 1;
    for (int ago = STEP; ago < STRIP_SECONDS; ago += STEP) {
        int x = plot.x + (int)lround(plot.w * (1 - ago / STRIP_SECONDS)) - width / 2;
        paint_panel(paint, (SDL_Rect){x, plot.y - length, width, length}, 0, outside);
        paint_panel(paint, (SDL_Rect){x, plot.y, width, length}, 0, inside);
        paint_panel(paint, (SDL_Rect){x, plot.y + plot.h - length, width, length}, 0, inside);
    }
}

void strip_draw(const struct strip *strip, struct paint *paint, SDL_Rect place, int em)
{
    enum { COLUMN = 2 }; /* pixels */
    int text = em * 8 / 10;
    int padding = em / 2;
    char title[48];
    snprintf(title, sizeof title, "face %d, last %.0f s", strip->face, STRIP_SECONDS);
    paint_panel(paint, place, padding, overlay_backdrop());
    paint_text(paint, place.x + padding, place.y + padding + text / 2, text,
               (SDL_Color){255, 255, 255, 210}, title);
    SDL_Rect plot = {place.x + padding, place.y + padding + text * 3 / 2, place.w - 2 * padding, 0};
    plot.h = place.y + place.h - padding - plot.y;
    for (int x = 0; x < plot.w; x += COLUMN) {
        const float *sample = strip_at(strip, STRIP_SECONDS * (plot.w - x - COLUMN) / plot.w);
        int width = plot.w - x < COLUMN ? plot.w - x : COLUMN;
        if (sample)
            draw_column(sample, paint, plot.x + x, width, plot);
    }
    draw_ticks(paint, plot, text / 3);
    name_bands(strip, paint, plot, text * 9 / 10);
}
