#include "augment.h"

static const double max_degrees = 15.0, max_scale = 0.15, max_shift = 0.10;

static float symmetric(struct rng *rng, double bound)
{
    return (float)rng_between(rng, -bound, bound);
}

void augment_picture(const struct augment *augment, struct rng *rng, const struct affine *face,
                     const uint8_t *in, int width, int height, struct augment_scratch *scratch,
                     uint8_t *out)
{
    struct affine map = *face;
    if (augment->webcam > 0.0f && rng_uniform(rng) < (double)augment->webcam) {
        webcam_picture((struct grey_crop){in, width, height}, rng, &scratch->webcam,
                       scratch->taken);
        in = scratch->taken;
    }
    bool flip = augment->flip && rng_uniform(rng) < 0.5;
    if (augment->strength > 0.0f) {
        double strength = augment->strength;
        float angle = symmetric(rng, strength * max_degrees * (3.141592653589793 / 180.0));
        float scale = 1.0f + symmetric(rng, strength * max_scale);
        float dx = symmetric(rng, strength * max_shift) * (float)width;
        float dy = symmetric(rng, strength * max_shift) * (float)height;
        struct affine moved = affine_similarity(angle, 1.0f / scale, dx, dy, width, height);
        map = affine_compose(&map, &moved);
    }
    if (flip) {
        const struct affine mirror = {{-1, 0, (float)(width - 1), 0, 1, 0}};
        map = affine_compose(&map, &mirror);
    }
    warp_picture(&map, in, width, height, out);
}
