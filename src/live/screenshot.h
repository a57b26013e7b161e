/* Pictures of what a renderer shows. */
#ifndef SCREENSHOT_H
#define SCREENSHOT_H

#include "error.h"

#include <SDL_render.h>

enum { SCREENSHOT_NAME_SIZE = 64 };

/* Writes what has been drawn, before it is presented, to a new file
 * expressions-YYYYMMDD-HHMMSS.png in the current folder, whose name goes into `name`. */
int screenshot_save(SDL_Renderer *renderer, char name[SCREENSHOT_NAME_SIZE], struct error *error);

#endif
