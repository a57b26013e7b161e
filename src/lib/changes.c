#include "changes.h"

#include <stdlib.h>
#include <string.h>

void changes_free(struct changes *changes)
{
    free(changes->seen);
    free(changes->blocks);
    *changes = (struct changes){0};
}

static int blocks_in(int pixels)
{
    return (pixels + CHANGES_BLOCK - 1) / CHANGES_BLOCK;
}

static int end_of(int block, int pixels)
{
    int end = (block + 1) * CHANGES_BLOCK;
    return end < pixels ? end : pixels;
}

static int begin_changes(struct changes *changes, const struct grey_image *picture,
                         struct error *error)
{
    int across = blocks_in(picture->width), down = blocks_in(picture->height);
    changes_free(changes);
    changes->seen = calloc((size_t)picture->width, (size_t)picture->height);
    changes->blocks = calloc((size_t)across, (size_t)down);
    if (!changes->seen || !changes->blocks) {
        changes_free(changes);
        return error_no_memory(error, "the face detector");
    }
    changes->width = picture->width;
    changes->height = picture->height;
    changes->all = true;
    return 0;
}

static bool differs(const struct changes *changes, const struct grey_image *picture, int column,
                    int row)
{
    int left = column * CHANGES_BLOCK, right = end_of(column, picture->width);
    int top = row * CHANGES_BLOCK, bottom = end_of(row, picture->height), sum = 0;
    for (int y = top; y < bottom; y++) {
        const uint8_t *now = picture->pixels + (size_t)y * picture->stride;
        const uint8_t *then = changes->seen + (size_t)y * (size_t)changes->width;
        for (int x = left; x < right; x++)
            sum += abs(now[x] - then[x]);
    }
    return sum > CHANGES_NOISE * (right - left) * (bottom - top);
}

struct ocv_blocks changes_blocks(const struct changes *changes)
{
    return (struct ocv_blocks){changes->blocks, blocks_in(changes->width),
                               blocks_in(changes->height), CHANGES_BLOCK};
}

int changes_look(struct changes *changes, const struct grey_image *picture, double time,
                 struct error *error)
{
    bool other = picture->width != changes->width || picture->height != changes->height;
    if (other && begin_changes(changes, picture, error))
        return -1;
    double since = time - changes->time;
    bool all = changes->all || since < 0 || since >= CHANGES_LONGEST;
    int any = 0, across = blocks_in(picture->width), down = blocks_in(picture->height);
    for (int row = 0; row < down; row++)
        for (int column = 0; column < across; column++) {
            uint8_t changed = all || differs(changes, picture, column, row);
            changes->blocks[row * across + column] = changed;
            any |= changed;
        }
    if (all)
        changes->time = time;
    return any;
}

void changes_keep(struct changes *changes, const struct grey_image *picture)
{
    int across = blocks_in(changes->width);
    for (int y = 0; y < changes->height; y++) {
        const uint8_t *blocks = changes->blocks + y / CHANGES_BLOCK * across;
        size_t row = (size_t)y * (size_t)changes->width;
        for (int column = 0; column < across; column++) {
            int left = column * CHANGES_BLOCK, right = end_of(column, changes->width);
            if (blocks[column])
                memcpy(changes->seen + row + left,
                       picture->pixels + (size_t)y * picture->stride + left,
                       (size_t)(right - left));
        }
    }
    changes->all = false;
}

void changes_forget(struct changes *changes)
{
    changes->all = true;
}
