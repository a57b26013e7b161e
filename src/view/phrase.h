/* A line of text in any script, drawn as a whole: letters that join, lines from right to left, and
 * letters that the usual font lacks, by Pango with the fonts that the system has. */
#ifndef PHRASE_H
#define PHRASE_H

#include "error.h"

#include <SDL_render.h>

/* All zeros at first. */
struct phrase {
    char *text;           /* NULL: there is none */
    int size;             /* the height of an em, pixels */
    SDL_Texture *texture; /* white */
    int width, height, left;
    int middle; /* from its top to the middle of small Latin letters */
};

struct phrases;

void phrases_free(struct phrases **phrases);

/* The phrase in this size, valid until some others have been asked for. *phrases is made where it
 * is NULL. Bytes that are not UTF-8 appear as U+FFFD. */
int phrases_find(struct phrases **phrases, SDL_Renderer *renderer, int size, const char *text,
                 const struct phrase **phrase, struct error *error);

#endif
