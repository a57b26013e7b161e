/* A command line made of bytes: one argument per line. */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WORDS_MAX = 64, WORDS_BYTES = 4096 };

struct words {
    int count;
    char *list[WORDS_MAX + 1]; /* ends with NULL, as argv does */
    char text[WORDS_BYTES];
};

static inline void words_split(struct words *words, const uint8_t *bytes, size_t size)
{
    static char program[] = "program";
    size_t length = size < WORDS_BYTES ? size : WORDS_BYTES - 1;
    memcpy(words->text, bytes, length);
    words->text[length] = '\0';
    words->count = 1;
    words->list[0] = program;
    for (char *word = words->text; word && words->count < WORDS_MAX;) {
        words->list[words->count++] = word;
        word = strchr(word, '\n');
        if (word)
            *word++ = '\0';
    }
    words->list[words->count] = NULL;
}

#endif
