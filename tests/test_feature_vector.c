/* From a crop to the network's input vector, against slow and obvious references. */
#include "extract.h"
#include "face.h"
#include "feature_vector.h"
#include "testing.h"

enum {
    SIDE = FACE_SIDE,
    PIXELS = SIDE * SIDE,
    CELL_VALUES = 31,                   /* 18 signed, 9 unsigned orientations, 4 texture energies */
    MAX_CELLS = 16,                     /* along a side */
    MAX_DIM = 7 * 7 * 16 * CELL_VALUES, /* of windows of 16x16 cells */
    MAX_SIDE = FEATURES_MAX_SIDE
};

static const struct features pixels_48 = {.kind = FEATURES_PIXELS, .width = SIDE, .height = SIDE};
static const struct features hog_48 = {
    .kind = FEATURES_HOG, .width = SIDE, .height = SIDE, .cell = 6};

static void features_know_their_length(void **state)
{
    (void)state;
    static const struct {
        struct features features;
        int positions, values, dictionary;
    } cases[] = {
        {{.width = 48, .height = 48, .cell = 6}, 8 * 8, 31, 0},
        {{.width = 50, .height = 31, .cell = 7}, 7 * 4, 31, 0},
        {{.kind = FEATURES_WINDOWS, .width = 48, .height = 48, .cell = 4}, 5 * 5, 16 * 31, 0},
        {{.kind = FEATURES_WINDOWS, .width = 63, .height = 39, .cell = 7}, 3 * 1, 16 * 31, 0},
        {{.kind = FEATURES_WINDOWS, .width = 8, .height = 8, .cell = 2}, 1, 16 * 31, 0},
        {{.kind = FEATURES_PATCHES, .width = 48, .height = 48, .grid = 7, .atoms = 400},
         49,
         800,
         200 * 65},
        {{.kind = FEATURES_PATCHES, .width = 9, .height = 64, .grid = 1, .atoms = 4}, 1, 8, 2 * 65},
        {{.kind = FEATURES_PATCHES, .width = 128, .height = 40, .grid = 16, .atoms = 1024},
         256,
         2048,
         512 * 65},
        {{.kind = FEATURES_PIXELS, .width = 48, .height = 50}, 48 * 50, 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct features *f = &cases[i].features;
        struct error error = {.text = ""};
        if (features_check(f, &error) < 0)
            fail_msg("case %zu: %s", i, error.text);
        assert_int_equal(features_positions(f), cases[i].positions);
        assert_int_equal(features_dim(f), cases[i].positions * cases[i].values);
        assert_int_equal(features_dictionary_size(f), cases[i].dictionary);
    }
    assert_string_equal(feature_kind_names[FEATURES_HOG], "hog");
    assert_string_equal(feature_kind_names[FEATURES_WINDOWS], "windows");
    assert_string_equal(feature_kind_names[FEATURES_PATCHES], "patches");
    assert_string_equal(feature_kind_names[FEATURES_PIXELS], "pixels");
}

static void defaults_are_as_documented(void **state)
{
    (void)state;
    static const int dims[FEATURE_KIND_COUNT] = {[FEATURES_HOG] = 64 * 31,
                                                 [FEATURES_WINDOWS] = 25 * 16 * 31,
                                                 [FEATURES_PATCHES] = 81 * 1280,
                                                 [FEATURES_PIXELS] = 48 * 48};
    struct error error;
    for (int k = 0; k < FEATURE_KIND_COUNT; k++) {
        struct features f = features_default((enum feature_kind)k, 48, 48);
        assert_int_equal(features_check(&f, &error), 0);
        assert_int_equal(features_dim(&f), dims[k]);
        assert_null(f.dictionary);
    }
    /* The finest grid that fits where the picture is small. */
    for (int side = 8; side <= 128; side++) {
        struct features f = features_default(FEATURES_PATCHES, side, 48);
        int positions = side < 10 ? 1 : (side - 8) / 2;
        assert_int_equal(features_check(&f, &error), 0);
        assert_int_equal(f.grid, positions < 9 ? positions : 9);
    }
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
        {.kind = FEATURES_PIXELS, .width = 0, .height = 48},
        {.kind = FEATURES_PIXELS, .width = 48, .height = 7},
        {.kind = FEATURES_PIXELS, .width = 129, .height = 48},
        {.kind = FEATURE_KIND_COUNT, .width = 48, .height = 48, .cell = 6},
        {.width = 16, .height = 16, .cell = 1},
        {.width = 8, .height = 48, .cell = 5},
        {.width = 48, .height = 8, .cell = 5},
        {.width = 48, .height = 128, .cell = 7},
        {.kind = FEATURES_WINDOWS, .width = 48, .height = 48, .cell = 0},
        {.kind = FEATURES_WINDOWS, .width = 48, .height = 48, .cell = 2},
        {.kind = FEATURES_WINDOWS, .width = 48, .height = 48, .cell = 13},
        {.kind = FEATURES_WINDOWS, .width = 15, .height = 48, .cell = 4},
        {.kind = FEATURES_WINDOWS, .width = 48, .height = 15, .cell = 4},
        {.kind = FEATURES_WINDOWS, .width = 48, .height = 129, .cell = 12},
        {.kind = FEATURES_PATCHES, .width = 48, .height = 48, .grid = 0, .atoms = 8},
        {.kind = FEATURES_PATCHES, .width = 48, .height = 48, .grid = -1, .atoms = 8},
        {.kind = FEATURES_PATCHES, .width = 128, .height = 128, .grid = 17, .atoms = 8},
        {.kind = FEATURES_PATCHES, .width = 9, .height = 48, .grid = 2, .atoms = 8},
        {.kind = FEATURES_PATCHES, .width = 48, .height = 9, .grid = 2, .atoms = 8},
        {.kind = FEATURES_PATCHES, .width = 7, .height = 48, .grid = 1, .atoms = 8},
        {.kind = FEATURES_PATCHES, .width = 48, .height = 129, .grid = 1, .atoms = 8},
        {.kind = FEATURES_PATCHES, .width = 48, .height = 48, .grid = 1, .atoms = 0},
        {.kind = FEATURES_PATCHES, .width = 48, .height = 48, .grid = 1, .atoms = 2},
        {.kind = FEATURES_PATCHES, .width = 48, .height = 48, .grid = 1, .atoms = 9},
        {.kind = FEATURES_PATCHES, .width = 48, .height = 48, .grid = 1, .atoms = 1026},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error error = {.text = ""};
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
    static float dictionary[10 * 65]; /* offsets 0 */
    for (int i = 0; i < 10 * 64; i++)
        dictionary[i] = (float)(0.25 * (2 * rng_uniform(&rng) - 1));
    struct features kinds[FEATURE_KIND_COUNT];
    for (int k = 0; k < FEATURE_KIND_COUNT; k++)
        kinds[k] = features_default((enum feature_kind)k, SIDE, SIDE);
    kinds[FEATURES_PATCHES].atoms = 20;
    kinds[FEATURES_PATCHES].dictionary = dictionary;
    for (int i = 0; i < 12; i++) {
        uint8_t crop[PIXELS];
        static const int constants[] = {0, 255, 1, 128};
        fill_noise(&rng, crop, PIXELS);
        if (i < 4)
            memset(crop, constants[i], PIXELS);
        for (int p = 0; i > 7 && p < PIXELS; p++) /* hard black and white, and one stray pixel */
            crop[p] = i == 8 ? (p == 777) * 255 : crop[p] & (1 << (i - 8)) ? 255 : 0;
        for (size_t k = 0; k < FEATURE_KIND_COUNT; k++) {
            static float vector[MAX_DIM];
            /* HOG: half of four values clipped at 1/4; texture: 18 of them by 1/sqrt(18). Patches:
             * the root of a product of two vectors, of a length of 8 and 2 at most. */
            static const float low[FEATURE_KIND_COUNT] = {[FEATURES_PIXELS] = -48},
                               high[FEATURE_KIND_COUNT] = {[FEATURES_HOG] = 1.1f,
                                                           [FEATURES_WINDOWS] = 1.1f,
                                                           [FEATURES_PATCHES] = 4,
                                                           [FEATURES_PIXELS] = 48};
            for (int d = 0; d < MAX_DIM; d++)
                vector[d] = NAN;
            extract(&kinds[k], crop, vector);
            for (int d = 0; d < features_dim(&kinds[k]); d++) {
                assert_true(vector[d] >= low[k] && vector[d] <= high[k]);
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
        extract(&pixels_48, crop, vector);
        for (int p = 0; p < PIXELS; p++) {
            sum += vector[p];
            squares += (double)vector[p] * vector[p];
            assert_true((vector[p] > vector[0]) == (crop[p] > crop[0]));
        }
        expect_close(sum / PIXELS, 0.0, 1e-4, "mean");
        expect_close(squares / PIXELS, 1.0, 1e-4, "variance");
    }
    uint8_t crop[PIXELS] = {0};
    float vector[PIXELS];
    for (int different = 1; different <= 3; different += 2) { /* pixels: a contrast from three on */
        memset(crop, 1, (size_t)different);
        extract(&pixels_48, crop, vector);
        assert_int_equal(vector[0] != 0.0f, different == 3);
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
    static struct histogram cells[MAX_CELLS * MAX_CELLS];
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
        extract(f, crop, vector);
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
    const struct features hog = hog_48;
    struct rng rng = rng_make(8, 0);
    uint8_t dark[PIXELS], bright[PIXELS];
    static float a[MAX_DIM], b[MAX_DIM];
    for (int p = 0; p < PIXELS; p++) {
        dark[p] = (uint8_t)between(&rng, 20, 63);
        bright[p] = (uint8_t)(4 * dark[p]);
    }
    extract(&hog, dark, a);
    extract(&hog, bright, b);
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
    const struct features hog = hog_48;
    for (size_t e = 0; e < sizeof edges / sizeof *edges; e++) {
        uint8_t crop[PIXELS];
        static float vector[MAX_DIM];
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                crop[y * SIDE + x] = edges[e].dx * (x - 24) + edges[e].dy * (y - 24) > 0 ? 200 : 50;
        extract(&hog, crop, vector);
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

/* ---- Windows --------------------------------------------------------------------------------- */

/* A window is 4x4 cells of HOG, row by row; the next begins two cells on. */
static void windows_gather_the_cells_of_hog(void **state)
{
    (void)state;
    static const struct features shapes[] = {
        {.kind = FEATURES_WINDOWS, .width = 48, .height = 48, .cell = 4},
        {.kind = FEATURES_WINDOWS, .width = 50, .height = 31, .cell = 7},
        {.kind = FEATURES_WINDOWS, .width = 31, .height = 50, .cell = 7},
        {.kind = FEATURES_WINDOWS, .width = 8, .height = 9, .cell = 2},
        {.kind = FEATURES_WINDOWS, .width = 64, .height = 39, .cell = 4},
        {.kind = FEATURES_WINDOWS, .width = 128, .height = 128, .cell = 8},
    };
    static uint8_t crop[MAX_SIDE * MAX_SIDE];
    static float cells[MAX_DIM], vector[MAX_DIM];
    struct rng rng = rng_make(10, 0);
    struct error error;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct features plain = shapes[i];
        int columns = plain.width / plain.cell, rows = plain.height / plain.cell, seen = 0;
        assert_int_equal(features_check(&shapes[i], &error), 0);
        fill_noise(&rng, crop, sizeof crop);
        plain.kind = FEATURES_HOG;
        extract(&plain, crop, cells);
        extract(&shapes[i], crop, vector);
        for (int top = 0; top + 4 <= rows; top += 2)
            for (int left = 0; left + 4 <= columns; left += 2)
                for (int y = 0; y < 4; y++)
                    for (int x = 0; x < 4; x++)
                        for (int k = 0; k < CELL_VALUES; k++) {
                            int cell = (top + y) * columns + left + x;
                            assert_true(vector[seen++] == cells[cell * CELL_VALUES + k]);
                        }
        assert_int_equal(seen, features_dim(&shapes[i]));
    }
}

/* ---- Mirror images --------------------------------------------------------------------------- */

/* Where the mirrored crop's vector is the crop's in another order, it is that of the mirrored crop;
 * where it is not, nothing happens. */
static void mirrored_vectors_are_of_the_mirrored_crop(void **state)
{
    (void)state;
    static float dictionary[3 * (PATCH_VALUES + 1)];
    const struct {
        struct features features;
        bool possible;
    } cases[] = {
        {{.width = 48, .height = 48, .cell = 6}, true},
        {{.width = 30, .height = 44, .cell = 5}, true},
        {{.width = 47, .height = 48, .cell = 6}, false},
        {{.kind = FEATURES_WINDOWS, .width = 48, .height = 48, .cell = 4}, true},
        {{.kind = FEATURES_WINDOWS, .width = 40, .height = 26, .cell = 5}, true},
        {{.kind = FEATURES_WINDOWS, .width = 36, .height = 48, .cell = 4}, false},
        {{.kind = FEATURES_WINDOWS, .width = 46, .height = 48, .cell = 4}, false},
        {{.kind = FEATURES_PIXELS, .width = 48, .height = 48}, true},
        {{.kind = FEATURES_PIXELS, .width = 31, .height = 20}, true},
        {{FEATURES_PATCHES, 48, 48, 0, 7, 6, dictionary, NULL}, true},
        {{FEATURES_PATCHES, 32, 21, 0, 4, 6, dictionary, NULL}, true},
        {{FEATURES_PATCHES, 8, 31, 0, 1, 6, dictionary, NULL}, true},
        {{FEATURES_PATCHES, 30, 32, 0, 4, 6, dictionary, NULL}, false},
        {{FEATURES_PATCHES, 31, 30, 0, 4, 6, dictionary, NULL}, false},
    };
    static float vector[MAX_DIM], expected[MAX_DIM], mirrored[MAX_DIM];
    struct rng rng = rng_make(11, 0);
    struct error error;
    for (int i = 0; i < 3 * (PATCH_VALUES + 1); i++)
        dictionary[i] = (float)(0.3 * rng_normal(&rng));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct features *f = &cases[i].features;
        uint8_t crop[PIXELS], other[PIXELS];
        assert_int_equal(features_check(f, &error), 0);
        fill_noise(&rng, crop, PIXELS);
        face_mirror(crop, f->width, f->height, other);
        extract(f, crop, vector);
        extract(f, other, expected);
        for (int d = 0; d < MAX_DIM; d++)
            mirrored[d] = 17;
        assert_int_equal(features_mirror(f, vector, mirrored), cases[i].possible);
        int apart = 0;
        for (int d = 0; d < features_dim(f); d++) {
            expect_close(mirrored[d], cases[i].possible ? expected[d] : 17, 1e-3, "mirrored value");
            apart += fabsf(vector[d] - expected[d]) > 0.01f;
        }
        assert_true(apart > features_dim(f) / 4);
        assert_true(mirrored[features_dim(f)] == 17);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_know_their_length),
        cmocka_unit_test(defaults_are_as_documented),
        cmocka_unit_test(features_refuse_what_they_cannot_make),
        cmocka_unit_test(features_of_any_crop_are_finite_and_bounded),
        cmocka_unit_test(pixels_have_mean_0_and_deviation_1),
        cmocka_unit_test(hog_agrees_with_the_reference),
        cmocka_unit_test(hog_does_not_change_with_brightness),
        cmocka_unit_test(edges_fall_into_their_orientation),
        cmocka_unit_test(windows_gather_the_cells_of_hog),
        cmocka_unit_test(mirrored_vectors_are_of_the_mirrored_crop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
