#include "scene.h"

#include "hud.h"
#include "labels.h"
#include "menu.h"
#include "overlay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- What there is to show ------------------------------------------------------------------- */

void scene_set(struct scene *scene, const struct image *picture,
               const struct expressions_face *faces, int count, double time)
{
    scene->source = *picture;
    scene->fresh = true;
    scene->width = picture->width;
    scene->height = picture->height;
    scene->face_count = count;
    memcpy(scene->faces, faces, (size_t)count * sizeof *faces);
    strip_add(&scene->strip, faces, count, time);
    scene->has_inputs = false;
}

void scene_forget(struct scene *scene)
{
    scene->width = 0;
    scene->height = 0;
    scene->face_count = 0;
    scene->has_inputs = false;
    strip_choose(&scene->strip, 0);
}

int scene_set_inputs(struct scene *scene, SDL_Renderer *renderer, const uint8_t *const *crops,
                     struct error *error)
{
    const size_t size = (size_t)EXPRESSIONS_CROP_PIXELS * 3;
    size_t count = (size_t)scene->face_count;
    uint8_t *pixels = calloc(count + 1, size);
    if (!pixels)
        return error_no_memory(error, "the statistics");
    for (size_t i = 0; i < count; i++)
        for (int p = 0; crops[i] && p < EXPRESSIONS_CROP_PIXELS; p++)
            memset(pixels + i * size + p * 3, crops[i][p], 3);
    struct image all = image_of((struct bgr_image){pixels, EXPRESSIONS_CROP_SIDE,
                                                   EXPRESSIONS_CROP_SIDE * scene->face_count,
                                                   (size_t)EXPRESSIONS_CROP_SIDE * 3});
    int result = count > 0 ? picture_texture_set(&scene->inputs, renderer, &all, all.width,
                                                 all.height, false, error)
                           : 0;
    free(pixels);
    scene->has_inputs = result == 0;
    return result;
}

void scene_free(struct scene *scene)
{
    picture_texture_free(&scene->picture);
    picture_texture_free(&scene->inputs);
    heat_free(&scene->heat);
}

bool scene_is_tight_portrait(const struct scene *scene)
{
    return !scene->live && scene->face_count == 1 &&
           scene->faces[0].box.height > scene->height / 2 && scene->width < scene->height * 3 / 2;
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static SDL_Rect fit_picture(const struct scene *scene, SDL_Rect area)
{
    double scale = fmin((double)area.w / scene->width, (double)area.h / scene->height);
    int width = (int)fmax(1, round(scene->width * scale));
    int height = (int)fmax(1, round(scene->height * scale));
    int left = scene_is_tight_portrait(scene) ? 0 : (area.w - width) / 2;
    return (SDL_Rect){left, (area.h - height) / 2, width, height};
}

/* Messages are a little smaller than labels. */
static int message_size(int em)
{
    return (em * 9 + 5) / 10;
}

static int text_size(const struct scene *scene, SDL_Rect area)
{
    return overlay_text_size(area, scene->density > 0 ? scene->density : 1);
}

int scene_message_size(const struct scene *scene, SDL_Rect area)
{
    return message_size(text_size(scene, area));
}

static bool has_strip(const struct scene *scene)
{
    return scene->live && scene->bars && scene->strip.count > 0 && scene->foot == 0;
}

static struct overlay make_overlay(const struct scene *scene, SDL_Rect area)
{
    SDL_Rect free = {area.x, area.y, area.w, area.h - scene->foot};
    struct overlay overlay = {.em = text_size(scene, area),
                              .area = free,
                              .picture = fit_picture(scene, area),
                              .source_width = scene->width,
                              .mirrored = scene->mirrored,
                              .bars = scene->bars,
                              .chosen = scene->strip.face};
    if (scene->statistics && scene->has_inputs)
        overlay.inputs = scene->inputs.texture;
    if (*scene->status) {
        int em = scene_message_size(scene, area);
        overlay.reserved[2] = (SDL_Rect){area.x, area.y, em * 6, em * 5 / 2};
    }
    if (has_strip(scene))
        overlay.reserved[0] =
            strip_place(free, scene_message_size(scene, area), scene->strip.corner);
    return overlay;
}

/* How much of the faces a panel would hide, pixels. */
static double hidden_by(const struct scene *scene, const struct overlay *overlay, SDL_Rect panel)
{
    SDL_Rect common;
    double sum = 0;
    for (int i = 0; i < scene->face_count; i++) {
        SDL_Rect box = overlay_place(overlay, scene->faces[i].box);
        if (SDL_IntersectRect(&box, &panel, &common))
            sum += (double)common.w * common.h;
    }
    return sum;
}

static double hidden_by_strip(const struct scene *scene, const struct overlay *overlay, int corner)
{
    return hidden_by(scene, overlay, strip_place(overlay->area, message_size(overlay->em), corner));
}

/* The strip leaves its corner where a face comes there, for one without. */
static void choose_corner(struct scene *scene, struct overlay *overlay)
{
    if (!has_strip(scene) || hidden_by_strip(scene, overlay, scene->strip.corner) <= 0)
        return;
    for (int corner = 0; corner < STRIP_CORNERS; corner++) {
        bool taken = corner == 1 && scene->explain; /* by what the colours mean */
        if (!taken && hidden_by_strip(scene, overlay, corner) <= 0) {
            scene->strip.corner = corner;
            overlay->reserved[0] = strip_place(overlay->area, message_size(overlay->em), corner);
            return;
        }
    }
}

/* The statistics' panel: under the status, or where it hides less of the faces. */
static SDL_Rect place_lines(const struct scene *scene, struct paint *paint,
                            const struct overlay *overlay, int em, const char *const *lines)
{
    SDL_Rect area = overlay->area;
    int left = area.x + em * 8 / 10, top = area.y + em * 4;
    SDL_Rect place = hud_lines_place(paint, left, top, em, lines, scene->line_count);
    SDL_Rect right = place, low;
    right.x = area.x + area.w - place.w - em * 8 / 10;
    low = right;
    low.y = area.y + area.h - place.h - em * 4; /* above what the colours of a heat map mean */
    double hidden = hidden_by(scene, overlay, place);
    if (hidden_by(scene, overlay, right) < hidden)
        hidden = hidden_by(scene, overlay, place = right);
    return hidden_by(scene, overlay, low) < hidden ? low : place;
}

/* The width of status and recording, with the margins around them. */
static int chips_width(const struct scene *scene, struct paint *paint, int em)
{
    int margin = em * 7 / 10;
    int width = margin;
    if (*scene->status)
        width += hud_chip_width(paint, em, scene->status) + margin;
    if (*scene->recording)
        width += hud_recording_width(paint, em, scene->recording) + margin;
    return width;
}

static SDL_Rect place_notice(const struct scene *scene, struct paint *paint, SDL_Rect area)
{
    int em = scene_message_size(scene, area);
    return hud_notice_place(paint, area, em, chips_width(scene, paint, em), scene->notice);
}

static void draw_messages(struct scene *scene, struct paint *paint, SDL_Rect area)
{
    int em = scene_message_size(scene, area);
    int margin = em * 7 / 10;
    int x = area.x + margin;
    int y = area.y + margin;
    if (*scene->status) {
        hud_chip(paint, x, y, em, 1, scene->status);
        x += hud_chip_width(paint, em, scene->status) + margin;
    }
    if (*scene->recording)
        hud_recording(paint, x, y, em, scene->recording);
    if (scene->help)
        hud_help(paint, (SDL_Rect){area.x, area.y, area.w, area.h - scene->foot}, em);
    else if (scene->menu.count)
        menu_draw(&scene->menu, scene->focus, paint, area, em);
    if (*scene->notice)
        hud_notice(paint, place_notice(scene, paint, area), em, scene->notice_opacity,
                   scene->notice);
}

/* A window that has changed its size, or was mirrored, shows the same picture anew. */
static int update_picture(struct scene *scene, SDL_Renderer *renderer, SDL_Rect place,
                          struct error *error)
{
    bool same = scene->shown_width == place.w && scene->shown_height == place.h &&
                scene->shown_mirrored == scene->mirrored;
    if (same && !scene->fresh)
        return 0;
    scene->fresh = false;
    scene->shown_width = place.w;
    scene->shown_height = place.h;
    scene->shown_mirrored = scene->mirrored;
    return picture_texture_set(&scene->picture, renderer, &scene->source, place.w, place.h,
                               scene->mirrored, error);
}

/* Faces and panels, where nothing is dimmed. */
static void draw_faces(struct scene *scene, SDL_Renderer *renderer, struct paint *paint,
                       struct overlay *overlay, SDL_RendererFlip flip)
{
    SDL_Rect area = overlay->area;
    int em = message_size(overlay->em);
    int line_size = em * 9 / 10;
    const char *lines[SCENE_LINES];
    for (int i = 0; i < scene->line_count; i++)
        lines[i] = scene->lines[i];
    if (scene->statistics)
        overlay->reserved[1] = place_lines(scene, paint, overlay, line_size, lines);
    const struct expressions_face *explained =
        scene->explain ? faces_find(scene->faces, scene->face_count, scene->heat.face) : NULL;
    const char *label = explained ? label_names[explained->label] : NULL;
    if (explained) {
        SDL_Rect box = overlay_place(overlay, explained->box);
        overlay->reserved[4] = hud_legend_place(paint, area, em, label);
        paint_note(paint,
                   SDL_RenderCopyEx(renderer, scene->heat.texture, NULL, &box, 0, NULL, flip));
    }
    overlay_draw(paint, overlay, scene->faces, scene->face_count);
    if (scene->statistics && scene->line_count > 0)
        hud_lines(paint, overlay->reserved[1], line_size, lines, scene->line_count);
    if (label)
        hud_legend(paint, overlay->reserved[4], em, label);
    if (has_strip(scene))
        strip_draw(&scene->strip, paint, overlay->reserved[0], em);
}

/* The picture with its faces. */
static void draw_picture(struct scene *scene, SDL_Renderer *renderer, struct paint *paint,
                         SDL_Rect area, bool messages)
{
    struct overlay overlay = make_overlay(scene, area);
    struct error error;
    choose_corner(scene, &overlay);
    if (update_picture(scene, renderer, overlay.picture, &error)) {
        paint_fail(paint, &error);
        return;
    }
    SDL_RendererFlip flip = scene->mirrored ? SDL_FLIP_HORIZONTAL : SDL_FLIP_NONE;
    paint_note(paint, SDL_RenderCopyEx(renderer, scene->picture.texture, NULL, &overlay.picture, 0,
                                       NULL, scene->picture.mirrored ? SDL_FLIP_NONE : flip));
    if (messages && *scene->notice)
        overlay.reserved[3] = place_notice(scene, paint, area);
    if ((scene->help || scene->menu.count) && messages)
        hud_dim(paint, area);
    else if (scene->no_signal)
        hud_no_signal(paint, area, scene_message_size(scene, area));
    else
        draw_faces(scene, renderer, paint, &overlay, flip);
}

void scene_draw(struct scene *scene, SDL_Renderer *renderer, struct paint *paint, SDL_Rect area,
                bool messages)
{
    paint_note(paint, SDL_SetRenderDrawColor(renderer, 24, 25, 28, 255));
    paint_note(paint, SDL_RenderClear(renderer));
    if (area.w <= 0 || area.h <= 0)
        return;
    if (scene->width > 0)
        draw_picture(scene, renderer, paint, area, messages);
    if (messages)
        draw_messages(scene, paint, area);
}

int scene_choice_at(const struct scene *scene, struct paint *paint, SDL_Rect area, int x, int y)
{
    return menu_at(&scene->menu, paint, area, scene_message_size(scene, area), x, y);
}

int scene_face_at(const struct scene *scene, SDL_Rect area, int x, int y)
{
    if (scene->width == 0)
        return 0;
    struct overlay overlay = make_overlay(scene, area);
    SDL_Point point = {x, y};
    for (int i = 0; i < scene->face_count; i++) {
        SDL_Rect box = overlay_place(&overlay, scene->faces[i].box);
        if (SDL_PointInRect(&point, &box))
            return scene->faces[i].id;
    }
    return 0;
}
