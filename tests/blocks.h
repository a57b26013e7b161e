/* Whether every block of memory is given back, and nothing is written behind its end. Once in a
 * program, which is linked with --wrap of malloc, calloc, realloc and free; what others allocate,
 * such as the C library, is passed over. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "testing.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *bytes, size_t size);
void *__wrap_realloc(void *bytes, size_t size);
void __real_free(void *bytes);
void __wrap_free(void *bytes);

/* AddressSanitizer sees more behind a block's end. */
#ifdef __SANITIZE_ADDRESS__
enum { FENCE_SIZE = 0 };
#else
enum { FENCE_SIZE = 128 };
#endif

enum { FENCE = 0x5a, BLOCK_ROWS = 1 << 14, BLOCKS_IN_ROW = 16 };

static struct block {
    uint8_t *bytes;
    size_t size;
} blocks[BLOCK_ROWS][BLOCKS_IN_ROW]; /* by their addresses */
static atomic_flag blocks_taken = ATOMIC_FLAG_INIT;
static atomic_int block_count;

static void take_blocks(void)
{
    while (atomic_flag_test_and_set(&blocks_taken))
        sched_yield();
}

/* The place of the block, or a free one for it; NULL: there is none. */
static struct block *find_block(const void *bytes, bool known)
{
    struct block *row = blocks[(uintptr_t)bytes / 16 % BLOCK_ROWS];
    for (int i = 0; i < BLOCKS_IN_ROW; i++) {
        if (row[i].bytes == (known ? bytes : NULL))
            return &row[i];
    }
    return NULL;
}

static void *note_block(void *bytes, size_t size)
{
    if (!bytes)
        return NULL;
    memset((uint8_t *)bytes + size, FENCE, FENCE_SIZE);
    take_blocks();
    struct block *place = find_block(bytes, true); /* of one that others have freed */
    block_count += place == NULL;
    place = place ? place : find_block(bytes, false);
    block_count -= place == NULL;
    if (place)
        *place = (struct block){bytes, size};
    atomic_flag_clear(&blocks_taken);
    return bytes;
}

static void forget_block(void *bytes)
{
    struct block block = {0};
    take_blocks();
    struct block *place = bytes ? find_block(bytes, true) : NULL;
    if (place) {
        block = *place;
        *place = (struct block){0};
        block_count--;
    }
    atomic_flag_clear(&blocks_taken);
    for (int i = 0; block.bytes && i < FENCE_SIZE; i++) {
        if (block.bytes[block.size + (size_t)i] != FENCE) {
            fprintf(stderr, "something was written behind a block of %zu bytes\n", block.size);
            abort();
        }
    }
}

/* What malloc and calloc do where they do not fail. */
static void *allocate(size_t size)
{
    return note_block(__real_malloc(size + FENCE_SIZE), size);
}

static void *allocate_zeros(size_t count, size_t size)
{
    return note_block(__real_calloc(1, count * size + FENCE_SIZE), count * size);
}

void *__wrap_realloc(void *bytes, size_t size)
{
    forget_block(bytes);
    return note_block(__real_realloc(bytes, size + FENCE_SIZE), size);
}

void __wrap_free(void *bytes)
{
    forget_block(bytes);
    __real_free(bytes);
}

/* Threads that were let go may still have some. */
static void expect_blocks(int before)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    for (int i = 0; i < 5000 && block_count > before; i++)
        nanosleep(&moment, NULL);
    if (block_count > before)
        fail_msg("%d blocks of memory are not given back", block_count - before);
}

#endif
