#include "strip.h"

#include "overlay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void strip_choose(struct strip *strip, int id)
{
    strip->face = id;
    strip->count = 0;
    strip->next = 0;
}

static const struct expressions_face *find(const struct expressions_face *faces, int count, int id)
{
    for (int i = 0; i < count; i++) {
        if (faces[i].id == id)
            return &faces[i];
    }
    return NULL;
}

static const struct expressions_face *find_largest(const struct expressions_face *faces, int count)
{
    const struct expressions_face *largest = NULL;
    for (int i = 0; i < count; i++) {
        if (!largest || faces[i].box.width > largest->box.width)
            largest = &faces[i];
    }
    return largest;
}

/* Sample `back` before the newest. */
static int index_of(const struct strip *strip, int back)
{
    return (strip->next - 1 - back + STRIP_SAMPLES) % STRIP_SAMPLES;
}

/* Another camera's time begins at 0 again; so does the strip. */
void strip_add(struct strip *strip, const struct expressions_face *faces, int count, double time)
{
    const struct expressions_face *face = find(faces, count, strip->face);
    if (!face && (face = find_largest(faces, count)))
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

SDL_Rect strip_place(SDL_Rect area, int em)
{
    int margin = em * 7 / 10;
    int width = (int)fmin(em * 20, area.w * 0.45);
    int height = em * 5;
    return (SDL_Rect){area.x + margin, area.y + area.h - height - margin, width, height};
}

static void draw_column(const float *probabilities, struct paint *paint, int x, int width,
                        SDL_Rect plot)
{
    double sum = 0;
    int top = plot.y;
    for (int i = 0; i < LABEL_COUNT; i++) {
        sum += (double)probabilities[i];
        int bottom = plot.y + (int)lround(plot.h * fmin(sum, 1));
        SDL_Rect rect = {x, top, width, bottom - top};
        if (rect.h > 0)
            paint_panel(paint, rect, 0, overlay_colour(i));
        top = bottom;
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
}
