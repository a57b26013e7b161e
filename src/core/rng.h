/* Random numbers: xoshiro256** (Blackman & Vigna 2018), seeded through splitmix64.
 * The whole state is the struct, so that a saved and restored state continues the sequence. One
 * generator belongs to one thread at a time; give each thread, or each sample, its own stream. */
#ifndef RNG_H
#define RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

/* The generator number `stream` of `seed`; different streams are independent. */
struct rng rng_make(uint64_t seed, uint64_t stream);

static inline uint64_t rng_rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

/* Inline, since masks take millions of them. */
static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rng_rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rng_rotate_left(s[3], 45);
    return result;
}

/* Uniform in [0, 1). */
double rng_uniform(struct rng *rng);
/* Uniform in [low, high). */
double rng_between(struct rng *rng, double low, double high);
/* Normal with mean 0 and deviation 1 (Box & Muller 1958). */
double rng_normal(struct rng *rng);
/* Uniform in 0 .. bound-1 without bias; bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);
/* A random permutation of the `count` values (Fisher & Yates 1938, Durstenfeld 1964). */
void rng_shuffle(struct rng *rng, int *values, size_t count);

#endif
