/* What a program needs of its process before it begins. */
#ifndef PROCESS_H
#define PROCESS_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>

/* First of all. Occupies descriptors 0 to 2 where the caller has closed them, so that no file that
 * is opened later takes their places and gets what is printed; what is read or written there then
 * fails. A file that reaches the limit of `ulimit -f` fails its write, and does not end the
 * process. -1 where the descriptors cannot be occupied; nothing can be told then. */
int process_prepare(void);

/* From now on, writing to a pipe whose reader has ended fails, and does not end the process. */
void process_outlive_readers(void);

/* Whether standard output is a pipe whose reader has ended. */
bool process_reader_ended(void);

/* Whether standard input or output is a pipe: another program is at its other end. */
bool process_is_piped(void);

/* Fails where nothing can be piped in: standard input is a terminal, closed or a folder. */
int process_check_input(struct error *error);

/* Whether the stack may grow as far as the deepest calls go; the error says what to allow. */
int process_check_stack(struct error *error);

/* Whether `bytes` more of memory could be mapped now. */
bool process_can_map(size_t bytes);

/* Bytes that the process has mapped, 0 where that is unknown. */
size_t process_mapped(void);

#endif
