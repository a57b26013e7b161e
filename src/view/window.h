/* The window itself: opening, size and place, full screen, waiting. Main thread only, except
 * window_wake. */
#ifndef WINDOW_H
#define WINDOW_H

#include "error.h"

#include <SDL_events.h>
#include <SDL_render.h>
#include <stdbool.h>

/* All zeros at first. */
struct window {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Rect before; /* where it was before full screen */
};

/* Whether there is a display to open a window on. */
bool window_possible(void);

/* Starts SDL and makes a hidden window. `live`: keeps the screen saver away. */
int window_open(struct window *window, const char *title, bool live, struct error *error);
/* As SDL_WaitEventTimeout; negative: without limit. */
bool window_wait(SDL_Event *event, int longest);
/* Gives the event to window_wait. Any thread. */
void window_wake(SDL_Event *event);
/* As view_on_loss. */
void window_on_loss(void (*ends)(void *context), void *context);
/* Ends SDL, whether the window was opened or not. */
void window_close(struct window *window);

/* Shows it in a size that suits pictures of width x height pixels: most of the screen, but not much
 * more than they have to show. */
void window_show(struct window *window, int width, int height);

bool window_is_full_screen(const struct window *window);
int window_set_full_screen(struct window *window, bool full, struct error *error);

#endif
