/* Texts from outside, such as file names and addresses, on their way to people and to files. A
 * terminal must not obey them, and they must not give a password away. */
#ifndef TEXT_H
#define TEXT_H

#include <stdio.h>

/* A copy in which each byte that is not UTF-8 has become U+FFFD, for results, which are UTF-8. The
 * caller frees it; NULL without memory. */
char *text_utf8(const char *text);

/* In place: the passwords of addresses, behind a name and a colon or behind password=, become
 * `*`. */
void text_hide_passwords(char *text);

/* Reduces an address to scheme and host, such as rtsp://camera.local, since any other part may be a
 * secret; other names stay as they are. */
void text_cut_address(const char *name, char *text, size_t size);

/* In place: the same as text_hide_passwords, and control characters become `?`: C0, DEL, C1, ends
 * of lines and paragraphs, and what turns the direction of text. */
void text_tame(char *text);

/* Prints what text_tame makes of the text. -1, and nothing is printed, where there is no memory for
 * that: `errno` says so. */
int text_print(FILE *out, const char *text);

/* Prints JSON with the control characters that its maker left unescaped, all but C0, escaped as
 * well: the same JSON. */
void text_print_json(FILE *out, const char *json);

#endif
