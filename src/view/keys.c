#include "keys.h"

#include <stddef.h>

static const struct {
    SDL_Keycode key;
    enum key_action action;
} keys[] = {
    {SDLK_q, KEY_QUIT},           {SDLK_ESCAPE, KEY_LEAVE},     {SDLK_SPACE, KEY_PAUSE},
    {SDLK_s, KEY_SCREENSHOT},     {SDLK_r, KEY_RECORD},         {SDLK_f, KEY_FULL_SCREEN},
    {SDLK_m, KEY_MIRROR},         {SDLK_p, KEY_BARS},           {SDLK_PLUS, KEY_SMOOTHER},
    {SDLK_EQUALS, KEY_SMOOTHER},  {SDLK_KP_PLUS, KEY_SMOOTHER}, {SDLK_MINUS, KEY_SHARPER},
    {SDLK_KP_MINUS, KEY_SHARPER}, {SDLK_c, KEY_CALIBRATE},      {SDLK_a, KEY_ADAPT},
    {SDLK_e, KEY_EXPLAIN},        {SDLK_TAB, KEY_NEXT_CAMERA},  {SDLK_i, KEY_STATISTICS},
    {SDLK_h, KEY_HELP},           {SDLK_QUESTION, KEY_HELP},    {SDLK_SLASH, KEY_HELP},
};

const char *const key_help[][2] = {
    {"Space", "pause, go on"},
    {"s", "screenshot"},
    {"r", "record, end the recording"},
    {"f", "full screen"},
    {"m", "mirror"},
    {"p", "probability bars"},
    {"+  -", "smoothing"},
    {"click", "choose a face for timeline, c and e"},
    {"c", "calibrate to a neutral face, undo"},
    {"a", "adapt to resting faces, or not"},
    {"e", "explain: what speaks for it, what against"},
    {"Tab", "next camera"},
    {"i", "statistics and the model's input"},
    {"h  ?", "this help"},
    {"Esc", "leave full screen, else quit"},
    {"q", "quit"},
    {NULL, NULL},
};

enum key_action key_find(SDL_Keycode key)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i].key == key)
            return keys[i].action;
    }
    return KEY_NONE;
}
