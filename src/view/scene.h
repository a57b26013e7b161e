/* All that a window shows: picture, faces, and what is beside them. view.c decides what that is;
 * it is drawn here. */
#ifndef SCENE_H
#define SCENE_H

#include "drawing.h"
#include "frame.h"
#include "heat.h"
#include "paint.h"
#include "picture_texture.h"
#include "strip.h"
#include "view_request.h"

#include <stdbool.h>

enum { SCENE_LINES = 10, SCENE_LINE_SIZE = 64 };

/* Panels docked at the edges, which move away from faces. */
enum dock { DOCK_LEGEND, DOCK_LINES, DOCK_STRIP, DOCK_BARS, DOCKS };

/* All zeros at first. */
struct scene {
    struct image source;           /* the picture to show; its pixels are not owned */
    bool fresh;                    /* it was not drawn yet */
    int shown_width, shown_height; /* as it was drawn last, pixels */
    bool shown_mirrored;
    struct picture_texture picture;
    struct picture_texture inputs; /* the faces' 48x48 crops, one below the other */
    int width, height;             /* of the picture, pixels */
    int face_count;
    struct expressions_face faces[EXPRESSIONS_MAX_FACES];
    struct drawing drawing;
    bool live, mirrored, help;
    bool no_signal;  /* dims the picture, hides the faces */
    bool statistics; /* shows the lines and the inputs */
    bool has_inputs; /* of these faces */
    int line_count;
    char lines[SCENE_LINES][SCENE_LINE_SIZE];
    char status[32];    /* empty: none */
    char recording[32]; /* empty: nothing is recorded */
    char notice[512];   /* empty: none */
    Uint32 notice_end;  /* SDL ticks when it is gone */
    double notice_opacity;
    struct view_menu menu; /* without a title: none */
    int focus;             /* the choice that Enter takes */
    double density;        /* pixels of a point; 0: one */
    int foot;              /* pixels at the lower edge that something else stands on */
    bool explain;          /* shows the heat map */
    struct heat heat;
    struct strip strip;
    SDL_Rect docks[DOCKS]; /* where each was drawn last */
    SDL_Rect docked_in;    /* in this area */
};

/* Copies the faces; the picture must last until the next call. `time` is in seconds of the source.
 */
void scene_set(struct scene *scene, const struct image *picture,
               const struct expressions_face *faces, int count, double time);
/* Takes over what the network sees of these faces: crops[face_count], each EXPRESSIONS_CROP_PIXELS,
 * or NULL. */
int scene_set_inputs(struct scene *scene, SDL_Renderer *renderer, const uint8_t *const *crops,
                     struct error *error);
/* Stops showing the picture. */
void scene_forget(struct scene *scene);
/* Shows the line for so many milliseconds. */
enum { SCENE_NOTICE = 3000 };
void scene_say(struct scene *scene, const char *text, Uint32 duration);
/* Before the renderer is destroyed. */
void scene_free(struct scene *scene);

/* Whether a lone face fills a still, so that only beside the picture there is room for its bars. */
bool scene_is_tight_portrait(const struct scene *scene);

/* The height of an em of messages that suits the area. */
int scene_message_size(const struct scene *scene, SDL_Rect area);
/* Draws on an area of the renderer's target; `messages`: with status, notice and help too. */
void scene_draw(struct scene *scene, SDL_Renderer *renderer, struct paint *paint, SDL_Rect area,
                bool messages);

/* The choice of the menu at a point of the area; -1 where there is none. */
int scene_choice_at(const struct scene *scene, struct paint *paint, SDL_Rect area, int x, int y);
/* The id of the face at a point of the area; 0 where there is none. */
int scene_face_at(const struct scene *scene, SDL_Rect area, int x, int y);

#endif
