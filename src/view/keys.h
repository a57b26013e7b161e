/* The keys of the live window. */
#ifndef KEYS_H
#define KEYS_H

#include "view.h"

#include <stdint.h>

enum { KEY_CODES = 3 };

/* One key: its names and what it does. */
struct key {
    const char *name, *meaning; /* as help shows them */
    int32_t codes[KEY_CODES];   /* SDL_Keycode; unused ones are 0 */
    /* What the window does itself; NULL: `request` is passed on. */
    enum view_request (*act)(struct view *view);
    enum view_request request;
};

enum { KEY_COUNT = 18 };

/* In the order in which help, manual and README name them. */
extern const struct key keys[KEY_COUNT];

#endif
