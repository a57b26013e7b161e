/* Codes of patches against a slow and obvious reference in double. */
#include "extract.h"
#include "small_model.h"
#include "testing.h"

enum { V = PATCH_VALUES, MAX_SIDE = 128, MAX_VALUES = 16 * 16 * 2 * 40 };

/* How much patch number `patch` of `count` along an axis gives to position `position` of `grid`. */
static double weight_of(int patch, int count, int position, int grid)
{
    double side = (double)count / grid;
    double distance = fabs(patch + 0.5 - (position + 0.5) * side) / side;
    return fmax(0.0, 1.0 - distance);
}

/* The second half of the atoms are the mirror images of the first. */
static double atom_value(const struct features *p, int atom, int i)
{
    int half = p->atoms / 2;
    return atom < half ? p->dictionary[atom * V + i]
                       : p->dictionary[(atom - half) * V + i / 8 * 8 + 7 - i % 8];
}

/* The product of the patch at (left, top), brought to mean 0 and deviation 1, with an atom. */
static double product_of(const struct features *p, const uint8_t *picture, int left, int top,
                         int atom)
{
    double mean = 0.0, variance = 0.0, product = 0.0;
    for (int i = 0; i < V; i++)
        mean += picture[(top + i / 8) * p->width + left + i % 8] / 64.0;
    for (int i = 0; i < V; i++) {
        double d = picture[(top + i / 8) * p->width + left + i % 8] - mean;
        variance += d * d / 64.0;
        product += d * atom_value(p, atom, i);
    }
    return product / sqrt(variance + 10.0) -
           p->dictionary[p->atoms / 2 * V + atom % (p->atoms / 2)];
}

/* Values before their root is taken. */
static void reference_patches(const struct features *p, const uint8_t *picture, double *values)
{
    int columns = (p->width - 8) / 2 + 1, rows = (p->height - 8) / 2 + 1;
    for (int position = 0; position < p->grid * p->grid; position++)
        for (int atom = 0; atom < p->atoms; atom++) {
            double positive = 0.0, negative = 0.0, weights = 0.0;
            for (int patch = 0; patch < rows * columns; patch++) {
                int x = patch % columns, y = patch / columns;
                if ((x + y) % 2)
                    continue;
                double weight = weight_of(x, columns, position % p->grid, p->grid) *
                                weight_of(y, rows, position / p->grid, p->grid);
                if (weight == 0.0)
                    continue;
                double s = product_of(p, picture, 2 * x, 2 * y, atom);
                positive += weight * fmax(0.0, s - 0.5);
                negative += weight * fmax(0.0, -s - 0.5);
                weights += weight;
            }
            values[position * 2 * p->atoms + atom] = positive / weights;
            values[position * 2 * p->atoms + p->atoms + atom] = negative / weights;
        }
}

/* Noise, a smooth wave, black and white, next to no contrast. */
static void draw(struct rng *rng, int style, int width, int height, uint8_t *picture)
{
    fill_noise(rng, picture, (size_t)(width * height));
    for (int i = 0; i < width * height && style > 0; i++) {
        double wave = 60 * sin(i % width * 0.3 + style) + 60 * cos(i / width * 0.2);
        if (style == 1)
            picture[i] = (uint8_t)(128 + wave);
        else
            picture[i] = style == 2 ? (uint8_t)(picture[i] < 128 ? 0 : 255)
                                    : (uint8_t)(100 + picture[i] % 3);
    }
}

static void check_shape(struct rng *rng, int width, int height, int grid, int atoms, int style)
{
    static uint8_t picture[MAX_SIDE * MAX_SIDE];
    static float values[MAX_VALUES + 1];
    static double expected[MAX_VALUES];
    float *dictionary = random_dictionary(rng, atoms);
    const struct features f = {.kind = FEATURES_PATCHES,
                               .width = width,
                               .height = height,
                               .grid = grid,
                               .atoms = atoms,
                               .dictionary = dictionary};
    struct error error = {.text = ""};
    int count = grid * grid * 2 * atoms;
    assert_true(count <= MAX_VALUES);
    if (features_check(&f, &error) < 0)
        fail_msg("%s", error.text);
    draw(rng, style, width, height, picture);
    values[count] = 17;
    extract(&f, picture, values);
    assert_true(values[count] == 17);
    reference_patches(&f, picture, expected);
    for (int i = 0; i < count; i++) {
        double value = values[i];
        if (!(value >= 0.0 && fabs(value * value - expected[i]) <= 5e-4 * (1.0 + expected[i])))
            fail_msg("%dx%d, grid %d, %d atoms, picture %d: the square of value %d is %g, not %g",
                     width, height, grid, atoms, style, i, value * value, expected[i]);
    }
    free(dictionary);
}

static void codes_agree_with_the_reference(void **state)
{
    (void)state;
    struct rng rng = rng_make(1, 0);
    for (int i = 0; i < 80; i++) {
        int width = between(&rng, 8, i % 8 ? 30 : 64), height = between(&rng, 8, i % 5 ? 30 : 64);
        int shorter = width < height ? width : height, most = shorter < 10 ? 1 : (shorter - 8) / 2;
        int grid = i % 3 ? between(&rng, 1, most < 16 ? most : 16) : most < 16 ? most : 16;
        check_shape(&rng, width, height, grid, 2 * between(&rng, 2, i % 4 ? 4 : 20), i % 4);
    }
    check_shape(&rng, 128, 127, 2, 4, 0);
    check_shape(&rng, 128, 128, 16, 4, 1);
    check_shape(&rng, 9, 128, 1, 4, 0);
}

/* The largest dictionary, and offsets beyond all products: each value is what its offset says. */
static void offsets_alone_decide_where_they_are_large(void **state)
{
    (void)state;
    static float dictionary[PATCHES_MAX_ATOMS / 2 * (V + 1)], values[2 * PATCHES_MAX_ATOMS];
    const struct features f = {.kind = FEATURES_PATCHES,
                               .width = 20,
                               .height = 16,
                               .grid = 1,
                               .atoms = PATCHES_MAX_ATOMS,
                               .dictionary = dictionary};
    uint8_t picture[20 * 16];
    struct rng rng = rng_make(2, 0);
    fill_noise(&rng, picture, sizeof picture);
    const int half = PATCHES_MAX_ATOMS / 2;
    for (int k = 0; k < half; k++)
        dictionary[half * V + k] = (float)(k % 2 ? 100 + k : -100 - k);
    extract(&f, picture, values);
    for (int k = 0; k < PATCHES_MAX_ATOMS; k++) {
        double expected = sqrt(99.5 + k % half);
        expect_close(values[k], k % 2 ? 0.0 : expected, 1e-4, "above the threshold");
        expect_close(values[PATCHES_MAX_ATOMS + k], k % 2 ? expected : 0.0, 1e-4, "below it");
    }
}

static void pictures_without_contrast_stay_finite(void **state)
{
    (void)state;
    static const struct {
        int even, odd; /* grey values of the columns */
    } cases[] = {{0, 0}, {255, 255}, {1, 1}, {128, 128}, {0, 255}, {255, 254}};
    enum { WIDTH = 41, HEIGHT = 30, ATOMS = 8, GRID = 5 };
    struct rng rng = rng_make(3, 0);
    float *dictionary = random_dictionary(&rng, ATOMS);
    const struct features f = {.kind = FEATURES_PATCHES,
                               .width = WIDTH,
                               .height = HEIGHT,
                               .grid = GRID,
                               .atoms = ATOMS,
                               .dictionary = dictionary};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        uint8_t picture[WIDTH * HEIGHT];
        float values[GRID * GRID * 2 * ATOMS];
        for (int i = 0; i < WIDTH * HEIGHT; i++)
            picture[i] = (uint8_t)(i % WIDTH % 2 ? cases[c].odd : cases[c].even);
        extract(&f, picture, values);
        for (int i = 0; i < GRID * GRID * 2 * ATOMS; i++) {
            int atom = i % ATOMS, sign = i / ATOMS % 2 ? 1 : -1;
            assert_true(isfinite(values[i]) && values[i] >= 0.0f);
            if (cases[c].even == cases[c].odd) { /* the product is 0: the offset is all there is */
                double expected =
                    fmax(0.0, sign * (double)dictionary[ATOMS / 2 * V + atom % (ATOMS / 2)] - 0.5);
                expect_close(values[i], sqrt(expected), 1e-4, "of a constant picture");
            }
        }
    }
    free(dictionary);
}

static void normalized_patches_have_mean_0_and_deviation_1(void **state)
{
    (void)state;
    enum { LINE = 13 };
    struct rng rng = rng_make(4, 0);
    for (int i = 0; i < 20; i++) {
        uint8_t picture[LINE * 9];
        float patch[V], sum = 0, squares = 0;
        fill_noise(&rng, picture, sizeof picture);
        patch_normalize(picture + LINE + 3, LINE, patch);
        for (int v = 0; v < V; v++) {
            sum += patch[v];
            squares += patch[v] * patch[v];
            assert_true((patch[v] > patch[0]) ==
                        (picture[LINE + 3 + v / 8 * LINE + v % 8] > picture[LINE + 3]));
        }
        expect_close(sum / V, 0.0, 1e-5, "mean");
        expect_close(squares / V, 1.0, 0.01, "variance");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_agree_with_the_reference),
        cmocka_unit_test(offsets_alone_decide_where_they_are_large),
        cmocka_unit_test(pictures_without_contrast_stay_finite),
        cmocka_unit_test(normalized_patches_have_mean_0_and_deviation_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
