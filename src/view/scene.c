#include "scene.h"

#include "hud.h"
#include "menu.h"
#include "overlay.h"

#include <math.h>
#include <stdio.h>
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

void scene_say(struct scene *scene, const char *text, Uint32 duration)
{
    snprintf(scene->notice, sizeof scene->notice, "%.500s", text);
    scene->notice_end = SDL_GetTicks() + duration;
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
    return scene->live && scene->drawing.bars && scene->strip.count > 0 && scene->foot == 0;
}

static struct overlay make_overlay(const struct scene *scene, SDL_Rect area)
{
    bool inputs = scene->statistics && scene->has_inputs;
    return (struct overlay){.em = text_size(scene, area),
                            .area = {area.x, area.y, area.w, area.h - scene->foot},
                            .picture = fit_picture(scene, area),
                            .source_width = scene->width,
                            .mirrored = scene->mirrored,
                            .drawing = scene->drawing,
                            .chosen = scene->strip.face,
                            .inputs = inputs ? scene->inputs.texture : NULL};
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
    if (*scene->status && !scene->help) {
        hud_chip(paint, x, y, em, 1, scene->status);
        x += hud_chip_width(paint, em, scene->status) + margin;
    }
    if (*scene->recording)
        hud_recording(paint, x, y, em, scene->recording);
    if (*scene->menu.title && !scene->help)
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

static SDL_RendererFlip flip_of(const struct scene *scene)
{
    return scene->mirrored ? SDL_FLIP_HORIZONTAL : SDL_FLIP_NONE;
}

/* Places what stands at the edges, clear of faces and messages; anew when the bar comes or goes. */
static void place_docks(struct scene *scene, struct paint *paint, SDL_Rect whole,
                        struct overlay *overlay, const SDL_Rect sizes[DOCKS])
{
    static const enum layout_corner corners[DOCKS] = {[DOCK_LEGEND] = LAYOUT_LOWER_RIGHT,
                                                      [DOCK_LINES] = LAYOUT_UPPER_LEFT,
                                                      [DOCK_STRIP] = LAYOUT_LOWER_LEFT};
    struct layout *layout = &overlay->layout;
    int em = message_size(overlay->em), margin = em * 7 / 10;
    SDL_Rect chips = {whole.x, whole.y, chips_width(scene, paint, em), em * 5 / 2};
    if (chips.w > margin)
        layout_block_text(layout, chips);
    if (*scene->notice)
        layout_block_text(layout, place_notice(scene, paint, whole));
    if (!SDL_RectEquals(&scene->docked_in, &overlay->area))
        memset(scene->docks, 0, sizeof scene->docks);
    scene->docked_in = overlay->area;
    for (int i = 0; i < DOCK_BARS; i++) {
        SDL_Rect area = overlay->area;
        int below = i == DOCK_LINES ? chips.h : 0; /* the messages, not beside them */
        area.y += below;
        area.h -= below;
        if (sizes[i].w > 0)
            layout_dock(layout, area, corners[i], sizes[i], margin, &scene->docks[i]);
    }
}

/* Faces and panels, where nothing is dimmed. */
static void draw_faces(struct scene *scene, SDL_Renderer *renderer, struct paint *paint,
                       SDL_Rect area, struct overlay *overlay)
{
    int em = message_size(overlay->em);
    int line_size = em * 9 / 10;
    const char *lines[SCENE_LINES];
    const SDL_Rect strip = strip_size(overlay->area, em);
    SDL_Rect sizes[DOCKS] = {{0}};
    const SDL_Rect *docks = scene->docks;
    const struct expressions_face *explained =
        scene->explain ? faces_find(scene->faces, scene->face_count, scene->heat.face) : NULL;
    const char *label = explained ? expressions_label_name(explained->label) : NULL;
    int line_count = scene->statistics ? scene->line_count : 0;
    for (int i = 0; i < line_count; i++)
        lines[i] = scene->lines[i];
    if (line_count > 0)
        sizes[DOCK_LINES] = hud_lines_size(paint, line_size, lines, line_count);
    if (label)
        sizes[DOCK_LEGEND] = hud_legend_size(paint, em, label);
    if (has_strip(scene))
        sizes[DOCK_STRIP] = strip;
    overlay->dock = &scene->docks[DOCK_BARS];
    overlay->dock_height = strip.h;
    overlay_block(overlay, scene->faces, scene->face_count);
    place_docks(scene, paint, area, overlay, sizes);
    if (explained) {
        SDL_Rect box = overlay_place(overlay, explained->box);
        paint_note(paint, SDL_RenderCopyEx(renderer, scene->heat.texture, NULL, &box, 0, NULL,
                                           flip_of(scene)));
    }
    overlay_draw(paint, overlay, scene->faces, scene->face_count);
    if (line_count > 0)
        hud_lines(paint, docks[DOCK_LINES], line_size, lines, line_count);
    if (label)
        hud_legend(paint, docks[DOCK_LEGEND], em, label);
    if (has_strip(scene))
        strip_draw(&scene->strip, paint, docks[DOCK_STRIP], em);
}

/* The picture with its faces. */
static void draw_picture(struct scene *scene, SDL_Renderer *renderer, struct paint *paint,
                         SDL_Rect area, bool messages)
{
    struct overlay overlay = make_overlay(scene, area);
    struct error error;
    if (update_picture(scene, renderer, overlay.picture, &error)) {
        paint_fail(paint, &error);
        return;
    }
    paint_note(paint,
               SDL_RenderCopyEx(renderer, scene->picture.texture, NULL, &overlay.picture, 0, NULL,
                                scene->picture.mirrored ? SDL_FLIP_NONE : flip_of(scene)));
    if ((scene->help || scene->menu.count) && messages)
        hud_dim(paint, area);
    else if (scene->no_signal)
        hud_no_signal(paint, area, scene_message_size(scene, area));
    else
        draw_faces(scene, renderer, paint, area, &overlay);
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
