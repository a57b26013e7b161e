/* Made-up crops that answers are compared on. */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "labels.h"
#include "testing.h"

/* Black, white, grey; ramps; a bright disc that grows; noise, coarse and fine. */
static inline void draw_crop(uint8_t crop[FACE_SIDE * FACE_SIDE], int number)
{
    struct rng rng = rng_make(11, (uint64_t)number);
    uint8_t coarse[FACE_SIDE];
    fill_noise(&rng, coarse, sizeof coarse);
    for (int y = 0; y < FACE_SIDE; y++)
        for (int x = 0; x < FACE_SIDE; x++) {
            int from_centre = (x - 23) * (x - 23) + (y - 20) * (y - 20), value;
            switch (number % 8) {
            case 0:
                value = number / 8 * 127;
                break;
            case 1:
                value = 5 * x;
                break;
            case 2:
                value = 2 * x + 3 * y;
                break;
            case 3:
                value = from_centre < 40 * number ? 200 : 60;
                break;
            case 4:
                value = coarse[x / 8 + y / 8 * 6];
                break;
            case 5:
                value = (int)(rng_next(&rng) & 255);
                break;
            case 6:
                value = coarse[x / 12 * 4 + y / 12] / 2 + (int)(rng_next(&rng) & 127);
                break;
            default:
                value = 120 + (coarse[x / 6 + y / 6] >> 4) - from_centre / 12;
                break;
            }
            crop[y * FACE_SIDE + x] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
}

#endif
