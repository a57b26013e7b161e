#include "rng.h"

#include <assert.h>
#include <math.h>

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct rng rng_make(uint64_t seed, uint64_t stream)
{
    uint64_t mix = seed;
    uint64_t start = splitmix64(&mix) ^ stream;
    struct rng rng;
    for (int i = 0; i < 4; i++)
        rng.state[i] = splitmix64(&start);
    return rng;
}

double rng_uniform(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

double rng_between(struct rng *rng, double low, double high)
{
    return low + (high - low) * rng_uniform(rng);
}

double rng_normal(struct rng *rng)
{
    const double two_pi = 6.283185307179586;
    double u = 1.0 - rng_uniform(rng); /* (0, 1], so that the logarithm is finite */
    double v = rng_uniform(rng);
    return sqrt(-2.0 * log(u)) * cos(two_pi * v);
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    assert(bound > 0);
    uint64_t reject = (0 - bound) % bound; /* 2^64 mod bound */
    uint64_t value;
    do
        value = rng_next(rng);
    while (value < reject);
    return value % bound;
}

void rng_shuffle(struct rng *rng, int *values, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)rng_below(rng, i);
        int swap = values[i - 1];
        values[i - 1] = values[j];
        values[j] = swap;
    }
}
