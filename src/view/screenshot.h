/* Pictures of what a renderer shows. */
#ifndef SCREENSHOT_H
#define SCREENSHOT_H

#include "dated_name.h"
#include "error.h"

#include <SDL_render.h>

/* Writes what has been drawn, before it is presented, to a new file
 * expressions-YYYYMMDD-HHMMSS.png in the current folder, whose name goes into `name`. */
int screenshot_save(SDL_Renderer *renderer, char name[DATED_NAME_SIZE], struct error *error);

#endif
