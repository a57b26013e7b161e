#include "text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- UTF-8 ----------------------------------------------------------------------------------- */

/* The length of the UTF-8 sequence at `text`, 0 where there is none (RFC 3629). */
static size_t sequence_length(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    size_t length = *c < 0x80 ? 1 : *c < 0xC2 ? 0 : *c < 0xE0 ? 2 : *c < 0xF0 ? 3 : 4;
    if (*c > 0xF4)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xC0) != 0x80)
            return 0;
    }
    if ((*c == 0xE0 && c[1] < 0xA0) || (*c == 0xED && c[1] >= 0xA0) ||
        (*c == 0xF0 && c[1] < 0x90) || (*c == 0xF4 && c[1] >= 0x90))
        return 0;
    return length;
}

char *text_utf8(const char *text)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    char *out = malloc(3 * strlen(text) + 1);
    if (!out)
        return NULL;
    size_t used = 0;
    while (*text) {
        size_t length = sequence_length(text);
        memcpy(out + used, length ? text : replacement, length ? length : 3);
        used += length ? length : 3;
        text += length ? length : 1;
    }
    out[used] = '\0';
    return out;
}

/* ---- Control characters ---------------------------------------------------------------------- */

/* What ends a line (U+2028, U+2029) or turns the direction of what follows (Unicode Standard Annex
 * 9): a name could then be read as another one. */
static bool turns_text(int c)
{
    return c == 0x61C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

/* The control character at `text`, or -1; `length` is sequence_length's. C1 controls count in UTF-8
 * and as bare bytes. */
static int control_at(const char *text, size_t length)
{
    const unsigned char *c = (const unsigned char *)text;
    if (c[0] < 0x20 || c[0] == 0x7F || (length == 0 && c[0] < 0xA0))
        return c[0];
    int code = length == 2   ? (c[0] & 0x1F) << 6 | (c[1] & 0x3F)
               : length == 3 ? (c[0] & 0x0F) << 12 | (c[1] & 0x3F) << 6 | (c[2] & 0x3F)
                             : -1;
    return (length == 2 && code < 0xA0) || turns_text(code) ? code : -1;
}

/* Writes the text with a `?` for each control character over itself; it may grow shorter. */
static void hide_controls(char *text)
{
    char *to = text;
    while (*text) {
        size_t length = sequence_length(text), step = length ? length : 1;
        if (control_at(text, length) >= 0)
            *to++ = '?';
        else
            for (size_t i = 0; i < step; i++)
                *to++ = text[i];
        text += step;
    }
    *to = '\0';
}

void text_print_json(FILE *out, const char *json)
{
    while (*json) {
        size_t length = sequence_length(json), step = length ? length : 1;
        int control = control_at(json, length);
        if (control >= 0x7F)
            fprintf(out, "\\u%04x", (unsigned)control);
        else
            fwrite(json, 1, step, out);
        json += step;
    }
}

/* ---- Passwords ------------------------------------------------------------------------------- */

/* What stands from `from` to `end` becomes one star. */
static void star(char *from, const char *end)
{
    if (end == from)
        return;
    *from = '*';
    memmove(from + 1, end, strlen(end) + 1);
}

/* name:password@host, at `text`. A password may hold anything, a slash too; but what begins like
 * the port of a host without a name, 554/, is none. */
static void hide_password(char *text)
{
    char *colon = text + strcspn(text, ":/?#@"), *at = strchr(colon, '@');
    if (*colon != ':' || !at)
        return;
    const char *port_end = colon + 1 + strspn(colon + 1, "0123456789");
    if (port_end > colon + 1 && strchr("/?#", *port_end))
        return;
    for (char *next; (next = strchr(at + 1, '@')) && next < at + strcspn(at, "/?# ");)
        at = next;
    star(colon + 1, at);
}

static bool names_secret(const char *key, size_t length)
{
    static const char *const names[] = {"pas", "pw",   "psw", "token",     "secret",
                                        "key", "auth", "sig", "credential"};
    for (size_t at = 0; at < length; at++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strncasecmp(key + at, names[i], strlen(names[i])) == 0)
                return true;
    return false;
}

/* password=value, anywhere behind `text`. */
static void hide_values(char *text)
{
    for (char *equals; (equals = strchr(text, '=')); text = equals + 1) {
        const char *key = equals;
        while (key > text && isalpha((unsigned char)key[-1]))
            key--;
        if (names_secret(key, (size_t)(equals - key)))
            star(equals + 1, equals + 1 + strcspn(equals + 1, "&;/#\" "));
    }
}

void text_hide_passwords(char *text)
{
    for (char *scheme; (scheme = strstr(text, "://")); text = scheme + 3) {
        hide_password(scheme + 3);
        hide_values(scheme + 3);
    }
}

void text_tame(char *text)
{
    text_hide_passwords(text);
    hide_controls(text);
}

int text_print(FILE *out, const char *text)
{
    char *tamed = strdup(text);
    if (!tamed)
        return -1;
    text_tame(tamed);
    fputs(tamed, out);
    free(tamed);
    return 0;
}

void text_cut_address(const char *name, char *text, size_t size)
{
    const char *rest = strstr(name, "://");
    snprintf(text, size, "%s", name);
    if (!rest)
        return;
    rest += 3;
    const char *at = strrchr(rest, '@'), *host = at ? at + 1 : rest;
    const char *end = rest + strcspn(rest, "/?#");
    if (host > end) /* does the @ end a name before the host, or is it behind it? */
        snprintf(text, size, "%.*s*", (int)(rest - name), name);
    else
        snprintf(text, size, "%.*s%.*s", (int)(rest - name), name, (int)(end - host), host);
}
