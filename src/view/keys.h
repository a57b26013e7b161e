/* The keys of the window. */
#ifndef KEYS_H
#define KEYS_H

#include "view_request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEY_CODES = 3 };

/* The icons on buttons. */
enum icon {
    ICON_NONE,
    ICON_CAMERA,
    ICON_RECORD,
    ICON_SCREENSHOT,
    ICON_EXPLAIN,
    ICON_CALIBRATE,
    ICON_SMOOTH_LESS,
    ICON_SMOOTH_MORE,
    ICON_FULL_SCREEN,
    ICON_HELP
};

struct view;

/* One key: its names and what it does. */
struct key {
    const char *name, *meaning; /* as help shows them */
    int32_t codes[KEY_CODES];   /* SDL_Keycode; unused ones are 0. All are where it is the mouse, or
                                 * keys that the bar and the menu alone obey */
    size_t turns; /* the switch in struct view that it turns on and off: its offset; 0: none */
    /* What the window does itself; NULL: `request` is passed on. */
    enum view_request (*act)(struct view *view);
    enum view_request request;
    /* What the title over a picture calls it, "" where it does not name it; NULL: there, it shows
     * the next picture. */
    const char *still;
    bool hinted; /* a new window names it for a while */
    /* Its button on the bar; ICON_NONE: it has none. */
    enum icon icon;
    const char *caption;
    bool (*is_on)(const struct view *view); /* NULL: as the switch is */
};

enum { KEY_COUNT = 19 };

/* In the order in which help, manual and docs/live.md name them. */
extern const struct key keys[KEY_COUNT];

/* What a press of the key with this index asks for. */
enum view_request keys_press(struct view *view, int index);
bool keys_is_on(const struct view *view, const struct key *key);

#endif
