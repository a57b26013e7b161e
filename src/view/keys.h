/* The keys of the live window: what each does, and what the help says about it. */
#ifndef KEYS_H
#define KEYS_H

#include <SDL_keycode.h>

enum key_action {
    KEY_NONE,
    KEY_QUIT,
    KEY_LEAVE, /* full screen, else the program */
    KEY_PAUSE,
    KEY_SCREENSHOT,
    KEY_RECORD,
    KEY_FULL_SCREEN,
    KEY_MIRROR,
    KEY_BARS,
    KEY_SMOOTHER,
    KEY_SHARPER,
    KEY_CALIBRATE,
    KEY_ADAPT,
    KEY_EXPLAIN,
    KEY_NEXT_CAMERA,
    KEY_STATISTICS,
    KEY_HELP
};

enum key_action key_find(SDL_Keycode key);

/* The lines of the help: {key, meaning}, ended by {NULL, NULL}. */
extern const char *const key_help[][2];

#endif
