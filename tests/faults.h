/* Faults on purpose. The linker's --wrap leads the calls of the objects under test through here,
 * except those in shared libraries; cJSON's allocations are included through its hooks.
 *
 * What can fail: allocations, and calls of the system (files, threads, processes, zlib). */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>

enum fault {
    FAULT_NONE,
    FAULT_MEMORY,      /* one allocation fails */
    FAULT_MEMORY_LEFT, /* and all that follow */
    FAULT_CALL,        /* one call of the system fails, as a disk that is full or broken would */
    FAULT_SHRINK,      /* the file is cut in its middle before it is read */
    FAULT_TRICKLE,     /* reads and writes take a few bytes each, the last one alone, and are
                          interrupted in between */
    FAULT_LATE,        /* writes come after a child process has ended */
};

/* The call number `number` from here, counted from 1, fails; with FAULT_MEMORY_LEFT all later ones,
 * too. `json`: cJSON's allocations count too. */
void faults_begin(enum fault fault, long number, bool json);

/* Ends the faults. Returns how many calls the fault could have hit. */
long faults_end(void);

/* Allocations that are not freed yet. */
int faults_live(void);

/* What was reported last since faults_begin, while the program went on; "" where nothing was. */
const char *faults_said(void);

#endif
