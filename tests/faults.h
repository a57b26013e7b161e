/* Faults on purpose. The linker's --wrap leads the calls of the objects under test through here,
 * those in shared libraries excepted: cJSON's allocations come along by its hooks.
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
    FAULT_TRICKLE,     /* reads and writes take a few bytes each and are interrupted in between */
    FAULT_LATE,        /* writes come after a child process has ended */
};

/* Call number `number` from now on, from 1, fails, and of FAULT_MEMORY_LEFT all from there on.
 * `json`: cJSON's allocations count too. */
void faults_begin(enum fault fault, long number, bool json);

/* From now on nothing fails. How many calls there were that the fault could have met. */
long faults_end(void);

/* Allocations that are not freed yet. */
int faults_live(void);

#endif
