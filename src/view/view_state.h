/* What view.c, bar.c and keys.c share, and nobody else. */
#ifndef VIEW_STATE_H
#define VIEW_STATE_H

#include "paint.h"
#include "scene.h"
#include "window.h"

#include <SDL_events.h>

/* The bar at the lower edge, with a button for each key that has one: it comes with the mouse, or
 * the arrow keys, and goes by itself. All zeros while it is hidden. */
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
    bool waiting;    /* for the first picture, under a menu without choices */
    double interval; /* smoothed seconds between frames; 0 at first */
    Uint64 last_frame;
    double recording; /* for how many seconds; negative: not at all */
    Uint32 wake_event;
    struct bar bar;
    int choice;    /* the last one of the menu */
    char *dropped; /* a path of SDL's; NULL: none */
};

/* What can be drawn on, pixels. */
SDL_Rect view_area(struct view *view);

/* What an event asks for. */
enum view_request view_handle(struct view *view, const SDL_Event *event);

void bar_hide(struct view *view);
/* How much of the lower edge it takes, pixels; 0 while it is hidden. */
int bar_height(struct view *view);
/* Draws it, and help, which shows all keys. */
void bar_draw(struct view *view);

/* How long it will still be there, milliseconds; 0: it has to go now; negative: it is hidden. */
int bar_left(const struct view *view);

/* The mouse is there: the button under it stands out. */
enum view_request bar_point(struct view *view, SDL_Point point);
/* Presses the button there; VIEW_IDLE where there is none. */
enum view_request bar_press(struct view *view, SDL_Point point);
/* The arrows and Enter; VIEW_IDLE: the key means nothing to the bar. */
enum view_request bar_key(struct view *view, SDL_Keycode key);

#endif
