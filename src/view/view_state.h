/* What view.c and keys.c share, and nobody else. */
#ifndef VIEW_STATE_H
#define VIEW_STATE_H

#include "paint.h"
#include "scene.h"
#include "view.h"
#include "window.h"

#include <SDL_events.h>

/* The bar: all zeros while it is hidden. */
struct bar {
    bool shown;
    Uint32 end; /* SDL ticks when it goes */
    int focus;  /* the number of the button that stands out; -1: none */
};

struct view {
    struct window window;
    struct paint *paint;
    struct scene scene;
    bool shown, paused;
    double interval; /* smoothed seconds between frames; 0 at first */
    Uint64 last_frame;
    Uint32 notice_end; /* SDL ticks when the notice is gone */
    double recording;  /* for how many seconds; negative: not at all */
    Uint32 wake_event;
    struct bar bar;
    int choice;    /* the last one of the menu */
    char *dropped; /* a path of SDL's; NULL: none */
};

/* What can be drawn on, pixels. */
SDL_Rect view_area(struct view *view);

/* What an event asks for. */
enum view_request view_handle(struct view *view, const SDL_Event *event);

#endif
