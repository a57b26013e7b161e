/* Cross-validation: crops of one photograph are known, stay in one fold, and teach nothing about
 * it. */
#include "blas.h"
#include "cross_validation.h"
#include "face.h"
#include "made_up.h"
#include "photographs.h"
#include "webcam.h"

enum { CROPS = 3 }; /* of each photograph */

/* What stands for a face: random, with detail of every size. */
static void draw_photograph(uint8_t *picture, struct rng *rng)
{
    static struct webcam_scratch scratch;
    uint8_t noise[PIXELS];
    fill_noise(rng, noise, PIXELS);
    struct grey_crop crop = {noise, FACE_SIDE, FACE_SIDE};
    webcam_blur(crop, 1.5, &scratch, picture);
    crop.pixels = picture;
    webcam_sharpen(crop, 2, &scratch, picture);
}

/* Cut elsewhere, compressed anew, in other light. */
static void crop_again(const uint8_t *picture, int number, uint8_t *crop)
{
    static const float shifts[CROPS + 1][2] = {{0, 0}, {3, -2}, {-2, 3}, {1, 2}};
    struct affine map = affine_similarity(0, number == 2 ? 1.02f : 1, shifts[number][0],
                                          shifts[number][1], FACE_SIDE, FACE_SIDE);
    struct grey_crop c = {crop, FACE_SIDE, FACE_SIDE};
    warp_picture(&map, picture, FACE_SIDE, FACE_SIDE, crop);
    if (number == 0)
        return;
    webcam_jpeg(c, 40, number, 0, crop);
    webcam_expose(c, 0.8, 1.2, crop);
}

/* Crop i is of photograph i % photographs, whose label is by chance. One further crop of each is in
 * the validation split, so that what remembers most is chosen. */
static struct dataset make_crops(int photographs)
{
    struct dataset d = make_dataset(CROPS * photographs, photographs);
    struct rng rng = rng_make(8, 8);
    uint8_t photograph[PIXELS];
    for (int i = 0; i < photographs; i++) {
        int label = (int)rng_below(&rng, LABEL_COUNT);
        draw_photograph(photograph, &rng);
        for (int k = 0; k <= CROPS; k++) {
            int at = k * photographs + i;
            d.labels[at] = (uint8_t)label;
            crop_again(photograph, k, d.pixels + (size_t)at * PIXELS);
        }
    }
    return d;
}

enum { PHOTOGRAPHS = 70, ALL = CROPS * PHOTOGRAPHS };

static void crops_of_one_photograph_are_known(void **state)
{
    (void)state;
    struct dataset d = make_crops(PHOTOGRAPHS);
    struct error error;
    int samples[ALL], found[ALL];
    for (int i = 0; i < ALL; i++)
        samples[i] = i;
    assert_int_equal(photographs_find(found, &d, samples, ALL, NULL, &error), 0);
    for (int i = 0; i < ALL; i++)
        assert_int_equal(found[i], i % PHOTOGRAPHS);
    /* In another order, and with one left out. */
    for (int i = 0; i < ALL - 1; i++)
        samples[i] = ALL - 1 - i;
    assert_int_equal(photographs_find(found, &d, samples, ALL - 1, NULL, &error), 0);
    for (int i = 0; i < ALL - 1; i++)
        assert_int_equal(found[i], i % PHOTOGRAPHS);
    d.source = DATA_IDX; /* each digit is its own */
    assert_int_equal(photographs_find(found, &d, samples, ALL, NULL, &error), 0);
    for (int i = 0; i < ALL; i++)
        assert_int_equal(found[i], i);
    dataset_free(&d);
}

/* Each pixel of half the size is the mean of four: what they differ by from it does not count. */
static void pictures_are_compared_at_half_size(void **state)
{
    (void)state;
    enum { COUNT = 40, LARGEST = 100 };
    struct dataset d = make_dataset(2 * COUNT, 0);
    struct rng rng = rng_make(9, 9);
    struct error error;
    int samples[2 * COUNT], found[2 * COUNT];
    for (int i = 0; i < COUNT; i++)
        for (int y = 0; y < FACE_SIDE; y += 2)
            for (int x = 0; x < FACE_SIDE; x += 2) {
                uint8_t *smooth = d.pixels + (size_t)i * PIXELS + y * FACE_SIDE + x;
                uint8_t *rough = smooth + (ptrdiff_t)COUNT * PIXELS;
                int mean = between(&rng, 118, 138), by[4] = {0};
                for (int k = 0; k < 2; k++) {
                    by[k] = between(&rng, -LARGEST, LARGEST);
                    by[3 - k] = -by[k];
                }
                for (int k = 0; k < 4; k++) {
                    int at = k / 2 * FACE_SIDE + k % 2;
                    smooth[at] = (uint8_t)mean;
                    rough[at] = (uint8_t)(mean + by[k]);
                }
            }
    for (int i = 0; i < 2 * COUNT; i++)
        samples[i] = i;
    assert_int_equal(photographs_find(found, &d, samples, 2 * COUNT, NULL, &error), 0);
    for (int i = 0; i < 2 * COUNT; i++)
        assert_int_equal(found[i], i % COUNT);
    dataset_free(&d);
}

static void folds_are_even_and_keep_photographs_whole(void **state)
{
    (void)state;
    enum { FOLDS = 5 };
    struct dataset d = make_dataset(ALL, 0);
    struct error error;
    int samples[ALL], photographs[ALL], folds[ALL], again[ALL];
    for (int i = 0; i < ALL; i++) {
        samples[i] = ALL - 1 - i;
        photographs[i] = i < 60 ? i % 20 : i; /* twenty with three crops, the others with one */
    }
    assert_int_equal(folds_assign(folds, FOLDS, &d, samples, photographs, ALL, &error), 0);
    int counts[FOLDS][LABEL_COUNT] = {{0}};
    for (int i = 0; i < ALL; i++) {
        assert_in_range(folds[i], 0, FOLDS - 1);
        assert_int_equal(folds[i], folds[photographs[i]]);
        counts[folds[i]][d.labels[samples[i]]]++;
    }
    for (int f = 0; f < FOLDS; f++)
        for (int k = 0; k < LABEL_COUNT; k++)
            assert_in_range(counts[f][k], 5, 7); /* of 30 pictures a class */
    assert_int_equal(folds_assign(again, FOLDS, &d, samples, photographs, ALL, &error), 0);
    assert_memory_equal(folds, again, sizeof folds);
    for (int i = 0; i < ALL; i++)
        photographs[i] = i % 4;
    assert_int_equal(folds_assign(folds, FOLDS, &d, samples, photographs, ALL, &error), -1);
    expect_text(error.text, "5 folds", "--folds");
    dataset_free(&d);
}

static struct recipe memorizing_recipe(void)
{
    struct recipe r = recipe_default();
    r.align = r.verifier = false;
    r.network_count = 1;
    r.features[0] = FEATURES_HOG;
    r.hidden_count = 1;
    r.hidden[0] = (struct hidden_layer){.units = 64};
    r.step.dropout = r.step.input_dropout = 0;
    r.augment = (struct augment){0};
    r.batch_size = 32;
    r.learning_rate = 1e-2f;
    r.epochs = 12;
    r.threads = 1;
    return r;
}

/* The figure's mean, standard error and folds. */
static void read_figure(const char *name, int folds, double *values)
{
    size_t size;
    char *text = (char *)read_bytes(in_folder("folds.csv"), &size), line[64];
    snprintf(line, sizeof line, "\n%s,", name);
    char *at = strstr(text, line);
    assert_non_null(at);
    at += strlen(line);
    for (int i = 0; i < 2 + folds; i++, at++)
        values[i] = strtod(at, &at);
    free(text);
}

/* The test's folder is where temporary files go. */
static char parent[TEST_PATH_SIZE];

static int make_temporary(void **state)
{
    if (make_folder(state) < 0)
        return -1;
    return setenv("TMPDIR", test_folder(), 1);
}

static int remove_temporary(void **state)
{
    int result = parent[0] ? setenv("TMPDIR", parent, 1) : unsetenv("TMPDIR");
    return remove_folder(state) < 0 ? -1 : result;
}

/* Random labels: a network that knows the held-out fold has seen it. */
static void held_out_photographs_are_unknown(void **state)
{
    (void)state;
    enum { FOLDS = 3 };
    const volatile sig_atomic_t stop = 0;
    struct dataset d = make_crops(PHOTOGRAPHS);
    struct recipe recipe = memorizing_recipe();
    struct error error = {.text = ""};
    double v[2 + FOLDS];
    if (cross_validate(&recipe, &d, FOLDS, "test", test_folder(), &stop, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(count_files(0), 1); /* no model is left */
    read_figure("accuracy", FOLDS, v);
    assert_true(v[0] < 0.3);
    double mean = (v[2] + v[3] + v[4]) / 3, squares = 0;
    for (int f = 2; f < 5; f++)
        squares += (v[f] - mean) * (v[f] - mean);
    expect_close(v[0], mean, 1e-4, "mean");
    expect_close(v[1], sqrt(squares / 2 / 3), 1e-4, "standard error");
    /* The same network knows crops of what it has seen: the bound above is not just a weakness of
     * the network. */
    d.source = DATA_IDX; /* whose pictures are not looked at for photographs */
    if (cross_validate(&recipe, &d, FOLDS, "test", test_folder(), &stop, &error) < 0)
        fail_msg("%s", error.text);
    read_figure("accuracy", FOLDS, v);
    assert_true(v[0] > 0.5);
    dataset_free(&d);
}

static void a_stop_leaves_nothing(void **state)
{
    (void)state;
    const volatile sig_atomic_t stop = 1;
    struct dataset d = make_crops(PHOTOGRAPHS);
    struct recipe recipe = memorizing_recipe();
    struct error error;
    assert_int_equal(cross_validate(&recipe, &d, 3, "test", test_folder(), &stop, &error), 0);
    assert_int_equal(count_files(0), 0);
    setenv("TMPDIR", in_folder("missing"), 1);
    assert_int_equal(cross_validate(&recipe, &d, 3, "test", NULL, &stop, &error), -1);
    expect_text(error.text, "missing", "TMPDIR");
    dataset_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crops_of_one_photograph_are_known),
        cmocka_unit_test(pictures_are_compared_at_half_size),
        cmocka_unit_test(folds_are_even_and_keep_photographs_whole),
        cmocka_unit_test_setup_teardown(held_out_photographs_are_unknown, make_temporary,
                                        remove_temporary),
        cmocka_unit_test_setup_teardown(a_stop_leaves_nothing, make_temporary, remove_temporary),
    };
    const char *place = getenv("TMPDIR");
    snprintf(parent, sizeof parent, "%s", place ? place : "");
    blas_use_one_thread();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
