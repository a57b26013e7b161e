#include "arguments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_NAME = 32, TYPING_ERRORS = 2 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein distance: how many letters have to be put in, left out or changed. */
static size_t distance(const char *a, size_t length, const char *b)
{
    size_t row[LONGEST_NAME + 1], width = least(strlen(b), LONGEST_NAME);
    for (size_t i = 0; i <= width; i++)
        row[i] = i;
    for (size_t y = 1; y <= length; y++) {
        size_t diagonal = row[0];
        row[0] = y;
        for (size_t x = 1; x <= width; x++) {
            size_t changed = diagonal + (a[y - 1] != b[x - 1]);
            diagonal = row[x];
            row[x] = least(changed, least(row[x], row[x - 1]) + 1);
        }
    }
    return row[width];
}

/* The options that begin with the name, or else those most like it: "--video, --version". Returns
 * how many, and whether one of them has just that name. */
static int list_meant(const struct option *options, const char *name, size_t length, bool *exact,
                      char *list, size_t size)
{
    int count = 0;
    size_t used = 0, nearest = TYPING_ERRORS;
    bool begins = false;
    *exact = false;
    *list = '\0';
    if (length == 0 || length > LONGEST_NAME)
        return 0;
    for (const struct option *o = options; o->name; o++) {
        begins = begins || strncmp(o->name, name, length) == 0;
        *exact = *exact || (strncmp(o->name, name, length) == 0 && !o->name[length]);
        nearest = least(nearest, distance(name, length, o->name));
    }
    for (const struct option *o = options; o->name && used < size; o++) {
        bool meant = *exact ? strlen(o->name) == length && !strncmp(o->name, name, length)
                     : begins
                         ? strncmp(o->name, name, length) == 0
                         : length > TYPING_ERRORS && distance(name, length, o->name) == nearest;
        if (meant)
            used +=
                (size_t)snprintf(list + used, size - used, "%s--%s", count++ ? ", " : "", o->name);
    }
    return count;
}

int arguments_refuse(const struct option *options, int code, const char *word, struct error *error)
{
    if (code == ':')
        return error_set(error, "%s needs a value", word);
    char list[256];
    bool exact, is_long = strncmp(word, "--", 2) == 0;
    const char *name = word + strspn(word, "-");
    int count = list_meant(options, name, strcspn(name, "="), &exact, list, sizeof list);
    bool begins = count > 0 && strncmp(list + 2, name, strcspn(name, "=")) == 0;
    if (is_long && begins && (exact || count == 1))
        return error_set(error, "%s: %s takes no value", word, list);
    if (is_long && begins)
        return error_set(error, "%s is short for several options: %s", word, list);
    if (count > 0)
        return error_set(error, "unknown option %s, where %s may be meant", word, list);
    if (!is_long)
        return error_set(error, "unknown option %s; a file of that name is ./%s", word, word);
    return error_set(error, "unknown option %s", word);
}
