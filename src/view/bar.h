/* The bar at the lower edge, with a button for each key that has one: it comes with the mouse, or
 * the arrow keys, and goes by itself. */
#ifndef BAR_H
#define BAR_H

#include "view_state.h"

void bar_hide(struct view *view);
/* How much of the lower edge it takes, pixels; 0 while it is hidden. */
int bar_height(struct view *view);
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
