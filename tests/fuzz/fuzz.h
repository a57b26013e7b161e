/* What the harnesses share. Each defines LLVMFuzzerTestOneInput and is built twice: with libFuzzer
 * by the preset `fuzz`, and with replay.c, which runs files that are known, in every other build.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "error.h"

#include <stddef.h>
#include <stdint.h>

/* Returns 0. Whatever breaks a promise aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A promise of the code under test; says which one was broken. */
#define EXPECT(promise) fuzz_expect(promise, #promise)
void fuzz_expect(int kept, const char *promise);

/* A failure must say something. */
void fuzz_expect_text(const struct error *error);

enum { FUZZ_FILES = 4 };

/* The path of a file, one of FUZZ_FILES, that holds these bytes in memory until the next call. */
const char *fuzz_file(int number, const void *bytes, size_t size);

/* A new folder, removed at the end of the program, and in it a name for such a file; `name` may
 * begin with folders of its own, such as train/happy/1.png. */
const char *fuzz_folder(void);
void fuzz_link(int number, const char *name);

#endif
