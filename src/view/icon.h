/* The icons on buttons, drawn at any size. */
#ifndef ICON_H
#define ICON_H

#include "keys.h"
#include "paint.h"

/* Into a square with this corner and side. `on`: what it stands for is happening now. */
void icon_draw(struct paint *paint, enum icon icon, int x, int y, int side, SDL_Color ink, bool on);

#endif
