/* From a crop to the network's input vector, against slow and obvious references. */
#include "face.h"
#include "feature_vector.h"
#include "testing.h"

enum {
    SIDE = FACE_SIDE,
    PIXELS = SIDE * SIDE,
    CELL_VALUES = 31, /* 18 signed, 9 unsigned orientations, 4 texture energies */
    MAX_DIM = FEATURES_MAX_CELLS * FEATURES_MAX_CELLS * CELL_VALUES,
    MAX_SIDE = FEATURES_MAX_SIDE
};

static const struct features pixels_48 = {.kind = FEATURES_PIXELS, .width = SIDE, .height = SIDE};

static void features_know_their_length(void **state)
{
    (void)state;
    struct error error;
    const struct features hog = features_default();
    const struct features odd = {.width = 50, .height = 31, .cell = 7};
    assert_int_equal(features_check(&hog, &error), 0);
    assert_int_equal(features_check(&odd, &error), 0);
    assert_int_equal(features_check(&pixels_48, &error), 0);
    assert_int_equal(features_dim(&hog), 8 * 8 * 31);
    assert_int_equal(features_dim(&odd), 7 * 4 * 31);
    assert_int_equal(features_dim(&pixels_48), 48 * 48);
    assert_string_equal(feature_kind_names[FEATURES_HOG], "hog");
    assert_string_equal(feature_kind_names[FEATURES_PIXELS], "pixels");
}

static void features_refuse_what_they_cannot_make(void **state)
{
    (void)state;
    static const struct features bad[] = {
        {.width = 7, .height = 48, .cell = 6},
        {.width = 48, .height = 129, .cell = 12},
        {.width = 48, .height = 48, .cell = 0},
        {.width = 48, .height = 48, .cell = 1},
        {.width = 48, .height = 48, .cell = 2},
        {.width = 48, .height = 48, .cell = -6},
        {.width = 48, .height = 48, .cell = 25},
        {.width = 128, .height = 48, .cell = 7},
        {.width = -48, .height = -48, .cell = 6},
        {FEATURES_PIXELS, 0, 48, 0},
        {FEATURES_PIXELS, 48, 7, 0},
        {FEATURES_PIXELS, 129, 48, 0},
        {FEATURE_KIND_COUNT, 48, 48, 6},
        {.width = 16, .height = 16, .cell = 1},
        {.width = 8, .height = 48, .cell = 5},
        {.width = 48, .height = 8, .cell = 5},
        {.width = 48, .height = 128, .cell = 7},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error error = {""};
        if (features_check(&bad[i], &error) != -1)
            fail_msg("case %zu passes", i);
        expect_text(error.text, "", "");
        assert_true(error.text[0] != '\0');
    }
}

static void features_of_any_crop_are_finite_and_bounded(void **state)
{
    (void)state;
    struct rng rng = rng_make(5, 0);
    const struct features kinds[] = {features_default(), pixels_48};
    for (int i = 0; i < 12; i++) {
        uint8_t crop[PIXELS];
        static const int constants[] = {0, 255, 1, 128};
        fill_noise(&rng, crop, PIXELS);
        if (i < 4)
            memset(crop, constants[i], PIXELS);
        for (int p = 0; i > 7 && p < PIXELS; p++) /* hard black and white, and one stray pixel */
            crop[p] = i == 8 ? (p == 777) * 255 : crop[p] & (1 << (i - 8)) ? 255 : 0;
        for (size_t k = 0; k < 2; k++) {
            static float vector[MAX_DIM];
            /* HOG: half of four values clipped at 1/4; texture: 18 of them by 1/sqrt(18). */
            float low = k ? -48.0f : 0.0f, high = k ? 48.0f : 1.1f;
            for (int d = 0; d < MAX_DIM; d++)
                vector[d] = NAN;
            features_extract(&kinds[k], crop, vector);
            for (int d = 0; d < features_dim(&kinds[k]); d++) {
                assert_true(vector[d] >= low && vector[d] <= high);
                if (i < 4)
                    assert_true(vector[d] == 0.0f);
            }
            assert_true(isnan(vector[features_dim(&kinds[k])]));
        }
    }
}

static void pixels_have_mean_0_and_deviation_1(void **state)
{
    (void)state;
    struct rng rng = rng_make(6, 0);
    for (int i = 0; i < 6; i++) {
        uint8_t crop[PIXELS];
        float vector[PIXELS];
        double sum = 0.0, squares = 0.0;
        int range = i % 2 ? 2 : 256, base = between(&rng, 0, 256 - range);
        for (int p = 0; p < PIXELS; p++)
            crop[p] = (uint8_t)(base + between(&rng, 0, range - 1));
        features_extract(&pixels_48, crop, vector);
        for (int p = 0; p < PIXELS; p++) {
            sum += vector[p];
            squares += (double)vector[p] * vector[p];
            assert_true((vector[p] > vector[0]) == (crop[p] > crop[0]));
        }
        expect_close(sum / PIXELS, 0.0, 1e-4, "mean");
        expect_close(squares / PIXELS, 1.0, 1e-4, "variance");
    }
}

/* ---- HOG ------------------------------------------------------------------------------------- */

struct histogram {
    double bins[18];
};

static double root_at(const struct features *f, const uint8_t *crop, int x, int y)
{
    x = x < 0 ? 0 : x >= f->width ? f->width - 1 : x;
    y = y < 0 ? 0 : y >= f->height ? f->height - 1 : y;
    return sqrt(crop[y * f->width + x] / 255.0);
}

/* Scatters each pixel's gradient over two orientations and up to four cells. */
static void reference_histograms(const struct features *f, const uint8_t *crop,
                                 struct histogram *cells)
{
    int columns = f->width / f->cell, rows = f->height / f->cell;
    memset(cells, 0, (size_t)(rows * columns) * sizeof *cells);
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++) {
            double dx = root_at(f, crop, x + 1, y) - root_at(f, crop, x - 1, y);
            double dy = root_at(f, crop, x, y + 1) - root_at(f, crop, x, y - 1);
            double turn = atan2(dy, dx) / (2 * acos(-1.0));
            double bin = 18 * (turn < 0 ? turn + 1 : turn);
            double u = (x + 0.5) / f->cell - 0.5, v = (y + 0.5) / f->cell - 0.5;
            for (int corner = 0; corner < 8; corner++) {
                int column = (int)floor(u) + (corner & 1), row = (int)floor(v) + (corner >> 1 & 1);
                int k = (int)floor(bin) + (corner >> 2);
                double share = (1 - fabs(u - column)) * (1 - fabs(v - row)) * (1 - fabs(bin - k));
                if (column >= 0 && column < columns && row >= 0 && row < rows)
                    cells[row * columns + column].bins[k % 18] += share * hypot(dx, dy);
            }
        }
}

static double block_energy(const struct features *f, const struct histogram *cells, int row,
                           int column)
{
    int columns = f->width / f->cell, rows = f->height / f->cell;
    double energy = 0.0;
    for (int i = 0; i < 4; i++) {
        int r = row + i / 2, c = column + i % 2;
        r = r < 0 ? 0 : r >= rows ? rows - 1 : r;
        c = c < 0 ? 0 : c >= columns ? columns - 1 : c;
        const double *bins = cells[r * columns + c].bins;
        for (int k = 0; k < 9; k++)
            energy += (bins[k] + bins[k + 9]) * (bins[k] + bins[k + 9]);
    }
    return energy;
}

static void reference_hog(const struct features *f, const uint8_t *crop, double *vector)
{
    static struct histogram cells[FEATURES_MAX_CELLS * FEATURES_MAX_CELLS];
    int columns = f->width / f->cell, rows = f->height / f->cell;
    reference_histograms(f, crop, cells);
    memset(vector, 0, (size_t)features_dim(f) * sizeof *vector);
    for (int cell = 0; cell < rows * columns; cell++)
        for (int block = 0; block < 4; block++) {
            const double *bins = cells[cell].bins;
            double *out = vector + cell * CELL_VALUES;
            /* The block's top left cell: the cell itself, or its neighbour above or to the left. */
            double energy = block_energy(f, cells, cell / columns - 1 + block / 2,
                                         cell % columns - 1 + block % 2);
            double norm = 1 / sqrt(energy + 1e-3);
            for (int k = 0; k < 27; k++) {
                double value = k < 18 ? bins[k] : bins[k - 18] + bins[k - 9];
                double clipped = fmin(value * norm, 0.25);
                out[k] += clipped / 2;
                out[27 + block] += k < 18 ? clipped / sqrt(18) : 0.0;
            }
        }
}

static void hog_agrees_with_the_reference(void **state)
{
    (void)state;
    static const struct features shapes[] = {
        {.width = 48, .height = 48, .cell = 6},  {.width = 48, .height = 48, .cell = 8},
        {.width = 50, .height = 31, .cell = 7},  {.width = 8, .height = 9, .cell = 3},
        {.width = 128, .height = 64, .cell = 8}, {.width = 33, .height = 128, .cell = 8},
        {.width = 48, .height = 48, .cell = 5},  {.width = 17, .height = 8, .cell = 4},
    };
    static uint8_t crop[MAX_SIDE * MAX_SIDE];
    static float vector[MAX_DIM];
    static double expected[MAX_DIM];
    struct rng rng = rng_make(7, 0);
    struct error error;
    for (int i = 0; i < 24; i++) {
        const struct features *f = &shapes[i % 8];
        assert_int_equal(features_check(f, &error), 0);
        fill_noise(&rng, crop, sizeof crop);
        for (int p = 0; i >= 8 && p < f->width * f->height;
             p++) { /* smooth, then of little contrast */
            double wave = sin(p % f->width * 0.21 + i) + cos(p / f->width * 0.13 - i);
            crop[p] = (uint8_t)(128 + (i < 16 ? 50 : 2) * wave + crop[p] % 3);
        }
        features_extract(f, crop, vector);
        reference_hog(f, crop, expected);
        for (int d = 0; d < features_dim(f); d++)
            if (!(fabs(vector[d] - expected[d]) <= 1e-4))
                fail_msg("%dx%d by %d, crop %d, cell %d, value %d: %g, expected %g", f->width,
                         f->height, f->cell, i, d / CELL_VALUES, d % CELL_VALUES, vector[d],
                         expected[d]);
    }
}

static void hog_does_not_change_with_brightness(void **state)
{
    (void)state;
    const struct features hog = features_default();
    struct rng rng = rng_make(8, 0);
    uint8_t dark[PIXELS], bright[PIXELS];
    static float a[MAX_DIM], b[MAX_DIM];
    for (int p = 0; p < PIXELS; p++) {
        dark[p] = (uint8_t)between(&rng, 20, 63);
        bright[p] = (uint8_t)(4 * dark[p]);
    }
    features_extract(&hog, dark, a);
    features_extract(&hog, bright, b);
    for (int d = 0; d < features_dim(&hog); d++)
        expect_close(a[d], b[d], 2e-3, "value under four times the light");
}

static void edges_fall_into_their_orientation(void **state)
{
    (void)state;
    static const struct {
        int dx, dy;        /* direction in which the picture grows brighter */
        int first, second; /* the bins around its angle, in units of 20 degrees */
    } edges[] = {{1, 0, 0, 0}, {0, 1, 4, 5},  {-1, 0, 9, 9},    {0, -1, 13, 14},
                 {1, 1, 2, 3}, {-1, 1, 6, 7}, {-1, -1, 11, 12}, {1, -1, 15, 16}};
    const struct features hog = features_default();
    for (size_t e = 0; e < sizeof edges / sizeof *edges; e++) {
        uint8_t crop[PIXELS];
        static float vector[MAX_DIM];
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                crop[y * SIDE + x] = edges[e].dx * (x - 24) + edges[e].dy * (y - 24) > 0 ? 200 : 50;
        features_extract(&hog, crop, vector);
        const float *cell = vector + (3 * 8 + 3) * CELL_VALUES; /* the edge runs through or by it */
        for (int k = 0; k < 27; k++) {
            int first = edges[e].first % (k < 18 ? 18 : 9);
            int second = edges[e].second % (k < 18 ? 18 : 9);
            int bin = k < 18 ? k : k - 18;
            if (bin == first || bin == second)
                assert_true(cell[k] > 0.1f);
            else
                expect_close(cell[k], 0.0, 1e-3, "a bin across the edge");
        }
    }
}

/* Mirroring turns an angle t into 180 degrees - t: bin k becomes 9 - k. The blocks to the left of a
 * cell become those to its right. */
static void hog_of_the_mirrored_crop_is_mirrored(void **state)
{
    (void)state;
    const struct features hog = features_default();
    struct rng rng = rng_make(9, 0);
    uint8_t crop[PIXELS], mirrored[PIXELS];
    static float a[MAX_DIM], b[MAX_DIM];
    fill_noise(&rng, crop, PIXELS);
    face_mirror(crop, SIDE, SIDE, mirrored);
    features_extract(&hog, crop, a);
    features_extract(&hog, mirrored, b);
    for (int cell = 0; cell < 64; cell++) {
        const float *here = a + cell * CELL_VALUES;
        const float *there = b + (cell / 8 * 8 + 7 - cell % 8) * CELL_VALUES;
        for (int k = 0; k < 18; k++)
            expect_close(there[(27 - k) % 18], here[k], 1e-4, "signed orientation");
        for (int k = 0; k < 9; k++)
            expect_close(there[18 + (9 - k) % 9], here[18 + k], 1e-4, "unsigned orientation");
        for (int k = 0; k < 4; k++)
            expect_close(there[27 + (k ^ 1)], here[27 + k], 1e-4, "texture energy");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_know_their_length),
        cmocka_unit_test(features_refuse_what_they_cannot_make),
        cmocka_unit_test(features_of_any_crop_are_finite_and_bounded),
        cmocka_unit_test(pixels_have_mean_0_and_deviation_1),
        cmocka_unit_test(hog_agrees_with_the_reference),
        cmocka_unit_test(hog_does_not_change_with_brightness),
        cmocka_unit_test(edges_fall_into_their_orientation),
        cmocka_unit_test(hog_of_the_mirrored_crop_is_mirrored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
