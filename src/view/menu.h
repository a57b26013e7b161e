/* The menu of what could be shown, in the middle of an area. */
#ifndef MENU_H
#define MENU_H

#include "paint.h"
#include "view_request.h"

/* `focus`: the choice that stands out. em: the height of an em, pixels. */
void menu_draw(const struct view_menu *menu, int focus, struct paint *paint, SDL_Rect area, int em);
/* The choice at a point; -1 where there is none. */
int menu_at(const struct view_menu *menu, struct paint *paint, SDL_Rect area, int em, int x, int y);

#endif
