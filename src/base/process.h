/* What a program needs of its process before it begins. */
#ifndef PROCESS_H
#define PROCESS_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>

/* To be called first. Occupies descriptors 0 to 2 if the caller has closed them, so that no file
 * opened later takes their place and receives what is printed; reading or writing them then fails.
 * A write beyond the limit of `ulimit -f` fails instead of ending the process. Returns -1 if the
 * descriptors cannot be occupied; nothing can be printed then. */
int process_prepare(void);

/* After this, writing to a pipe whose reader has ended fails instead of ending the process. */
void process_outlive_readers(void);

/* Whether a signal has asked for an orderly end: whatever waits gives up. False at first. */
void process_set_stopping(bool stopping);
bool process_stopping(void);

/* Whether standard output is a pipe whose reader has ended. */
bool process_reader_ended(void);

/* If the reader of stdout is stalled, makes all later writes fail instead of block (one already
 * blocked stays so), and returns true. */
bool process_leave_stalled_reader(void);

/* Whether standard input or output is a pipe: another program is at its other end. */
bool process_is_piped(void);

/* Asks for a higher priority for this thread and those it starts from now on, as far as the user
 * may (RLIMIT_NICE). Nothing changes where the user may not, or where threads have no priority of
 * their own. */
void process_ask_for_priority(void);

/* Fails if nothing can be piped in: standard input is a terminal, closed or a folder. */
int process_check_input(struct error *error);

/* Fails if fewer files may be open than are needed, or if the stack may not grow as far as the
 * deepest calls need; the error says what to allow. */
int process_check_limits(struct error *error);

/* How many files may be open besides those that every run needs, `most` at most. */
int process_spare_files(int most);

/* Whether `bytes`, 64 GB at most, more of memory could be mapped now. */
bool process_can_map(size_t bytes);

/* Bytes of the process, 0 where that is unknown. */
struct process_memory {
    size_t mapped, resident; /* resident: held in RAM */
};

struct process_memory process_memory(void);

#endif
