#include "frame.h"

#include "ocv.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int reserve(uint8_t **pixels, size_t *capacity, size_t size, struct error *error)
{
    if (size <= *capacity)
        return 0;
    uint8_t *made = malloc(size);
    if (!made)
        return error_no_memory(error, "a picture");
    free(*pixels);
    *pixels = made;
    *capacity = size;
    return 0;
}

static int set_size(struct frame *frame, int width, int height, struct error *error)
{
    assert(width > 0 && height > 0);
    frame->face_count = 0;
    if (reserve(&frame->grey, &frame->grey_capacity, (size_t)width * (size_t)height, error))
        return -1;
    frame->width = width;
    frame->height = height;
    return 0;
}

int frame_set_grey(struct frame *frame, const struct image *picture, struct error *error)
{
    if (set_size(frame, picture->width, picture->height, error))
        return -1;
    return ocv_image_to_grey(picture, frame->grey, (size_t)picture->width, error) ? -1 : 0;
}

/* Bytes of a row, and rows, of one of the picture's planes. */
static size_t plane_size(const struct image *picture, int plane, size_t *rows)
{
    size_t width = (size_t)picture->width, half = (width + 1) / 2;
    *rows = (size_t)picture->height;
    if (plane > 0)
        *rows = (*rows + 1) / 2;
    switch (picture->form) {
    case IMAGE_I420:
        return plane > 0 ? half : width;
    case IMAGE_NV12:
        return plane > 1 ? 0 : plane > 0 ? 2 * half : width;
    case IMAGE_YUYV:
        return plane > 0 ? 0 : 4 * half;
    default:
        return plane > 0 ? 0 : 3 * width;
    }
}

static int copy_planes(struct frame *frame, const struct image *picture, struct error *error)
{
    size_t size = 0, rows;
    for (int i = 0; i < IMAGE_PLANES; i++) {
        size_t row = plane_size(picture, i, &rows);
        size += row * rows;
    }
    if (reserve(&frame->pixels, &frame->pixel_capacity, size, error))
        return -1;
    frame->picture = *picture;
    uint8_t *to = frame->pixels;
    for (int i = 0; i < IMAGE_PLANES; i++) {
        size_t row = plane_size(picture, i, &rows);
        frame->picture.planes[i] = to;
        frame->picture.strides[i] = row;
        for (size_t y = 0; row > 0 && y < rows; y++, to += row)
            memcpy(to, picture->planes[i] + y * picture->strides[i], row);
    }
    return 0;
}

int frame_set(struct frame *frame, const struct image *picture, struct error *error)
{
    return frame_set_grey(frame, picture, error) || copy_planes(frame, picture, error) ? -1 : 0;
}

int frame_copy_grey(struct frame *frame, const struct frame *from, struct error *error)
{
    if (set_size(frame, from->width, from->height, error))
        return -1;
    memcpy(frame->grey, from->grey, (size_t)from->width * (size_t)from->height);
    frame->time = from->time;
    return 0;
}

void frame_swap(struct frame *a, struct frame *b)
{
    struct frame swapped = *a;
    *a = *b;
    *b = swapped;
}

void frame_free(struct frame *frame)
{
    free(frame->pixels);
    free(frame->grey);
    *frame = (struct frame){0};
}

struct expressions_picture frame_grey(const struct frame *frame)
{
    return (struct expressions_picture){frame->grey, frame->width, frame->height,
                                        (size_t)frame->width, EXPRESSIONS_GREY};
}

void frame_clock(const struct frame *frame, char text[FRAME_CLOCK_SIZE])
{
    long long milliseconds = llround(frame->clock * 1000);
    time_t seconds = (time_t)(milliseconds / 1000);
    struct tm parts;
    char date[32], zone[8]; /* +0100, as strftime writes it */
    text[0] = '\0';
    if (frame->clock <= 0 || !localtime_r(&seconds, &parts) ||
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts) == 0 ||
        strftime(zone, sizeof zone, "%z", &parts) != 5)
        return;
    snprintf(text, FRAME_CLOCK_SIZE, "%s.%03d%.3s:%s", date, (int)(milliseconds % 1000), zone,
             zone + 3);
}

struct expressions_box frame_clip(const struct frame *frame, const struct expressions_face *face)
{
    return expressions_clip(face->box, frame->width, frame->height);
}

const struct expressions_face *faces_find(const struct expressions_face *faces, int count, int id)
{
    for (int i = 0; i < count; i++)
        if (faces[i].id == id)
            return &faces[i];
    return NULL;
}

const struct expressions_face *faces_largest(const struct expressions_face *faces, int count)
{
    const struct expressions_face *largest = NULL;
    for (int i = 0; i < count; i++)
        if (!largest || faces[i].box.width > largest->box.width)
            largest = &faces[i];
    return largest;
}

const char *face_name(const struct expressions_face *face)
{
    return face->uncertain ? "uncertain" : expressions_label_name(face->label);
}

void face_words(const struct expressions_face *face, char words[FACE_WORDS_SIZE])
{
    if (face->uncertain)
        snprintf(words, FACE_WORDS_SIZE, "%s or %s?", expressions_label_name(face->label),
                 expressions_label_name(face->second));
    else
        snprintf(words, FACE_WORDS_SIZE, "%s %.0f %%", expressions_label_name(face->label),
                 100 * (double)face->probabilities[face->label]);
}
