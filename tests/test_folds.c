/* Cross-validation: crops of one photograph are known, stay in one fold, and teach nothing about
 * it. */
#include "blas.h"
#include "cross_validation.h"
#include "evaluate.h"
#include "face.h"
#include "gemm.h"
#include "made_up.h"
#include "photographs.h"
#include "training.h"
#include "webcam.h"

#include <fcntl.h>

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

/* More pictures than are compared with all others at once, crops of one photograph side by side:
 * those of the last are not among the first. */
static void crops_are_known_among_many(void **state)
{
    (void)state;
    enum { MANY = 175 };
    struct dataset d = make_crops(MANY);
    struct error error;
    int samples[CROPS * MANY], found[CROPS * MANY], known = 0;
    for (int i = 0; i < CROPS * MANY; i++)
        samples[i] = i % CROPS * MANY + i / CROPS;
    assert_int_equal(photographs_find(found, &d, samples, CROPS * MANY, NULL, &error), 0);
    for (int i = 0; i < CROPS * MANY; i++)
        known += found[i] == i / CROPS * CROPS;
    assert_in_range(known, CROPS * MANY - 3, CROPS * MANY); /* the more there are, the harder */
    for (int i = CROPS * (MANY - 5); i < CROPS * MANY; i++)
        assert_int_equal(found[i], i / CROPS * CROPS);
    dataset_free(&d);
}

enum { HALF = FACE_SIDE / 2, AREA = HALF * HALF, HASHED = 20, HASH = 24 };

static float hashes[HASHED * HASH]; /* that were compared with all others */
static int hash_count = HASHED;     /* from here on nothing is noted */

void __real_gemm(struct thread_pool *pool, enum gemm_form form, int m, int n, int k, const float *a,
                 const float *b, float beta, float *c);
void __wrap_gemm(struct thread_pool *pool, enum gemm_form form, int m, int n, int k, const float *a,
                 const float *b, float beta, float *c);
void __wrap_gemm(struct thread_pool *pool, enum gemm_form form, int m, int n, int k, const float *a,
                 const float *b, float beta, float *c)
{
    if (hash_count < HASHED) {
        assert_true(m == HASHED && n == HASHED && k == HASH);
        memcpy(hashes, b, sizeof hashes);
        hash_count = n;
    }
    __real_gemm(pool, form, m, n, k, a, b, beta, c);
}

static void halve(const uint8_t *picture, double *half)
{
    for (int i = 0; i < AREA; i++) {
        const uint8_t *p = picture + (ptrdiff_t)(i / HALF) * 2 * FACE_SIDE + 2 * (i % HALF);
        half[i] = (p[0] + p[1] + p[FACE_SIDE] + p[FACE_SIDE + 1]) / 4.0;
    }
}

static void bring_to_length_1(double *values)
{
    double squares = 0;
    for (int i = 0; i < HASH; i++)
        squares += values[i] * values[i];
    for (int i = 0; i < HASH; i++)
        values[i] /= sqrt(squares);
}

/* The lowest five frequencies of the cosine transform across and down, without the mean. */
static void hash_of(const uint8_t *picture, double *hash)
{
    double half[AREA], unit = 3.14159265358979 / (2 * HALF);
    halve(picture, half);
    for (int i = 0; i < HASH; i++) {
        int across = (i + 1) % 5, down = (i + 1) / 5;
        hash[i] = 0;
        for (int y = 0; y < HALF; y++)
            for (int x = 0; x < HALF; x++)
                hash[i] += half[y * HALF + x] * cos((2 * x + 1) * across * unit) *
                           cos((2 * y + 1) * down * unit);
    }
    bring_to_length_1(hash);
}

/* All frequencies count alike. */
static void hashes_are_whitened_frequencies(void **state)
{
    (void)state;
    struct dataset d = make_dataset(HASHED, 0);
    struct rng rng = rng_make(11, 11);
    struct error error;
    double expected[HASHED][HASH];
    int samples[HASHED], found[HASHED];
    for (int n = 0; n < HASHED; n++) {
        samples[n] = n;
        draw_photograph(d.pixels + (size_t)n * PIXELS, &rng);
        hash_of(dataset_picture(&d, n), expected[n]);
    }
    for (int i = 0; i < HASH; i++) {
        double mean = 0, squares = 0;
        for (int n = 0; n < HASHED; n++)
            mean += expected[n][i] / HASHED;
        for (int n = 0; n < HASHED; n++)
            squares += pow(expected[n][i] - mean, 2) / HASHED;
        for (int n = 0; n < HASHED; n++)
            expected[n][i] = (expected[n][i] - mean) / sqrt(squares);
    }
    hash_count = 0;
    assert_int_equal(photographs_find(found, &d, samples, HASHED, NULL, &error), 0);
    assert_int_equal(hash_count, HASHED);
    for (int n = 0; n < HASHED; n++) {
        bring_to_length_1(expected[n]);
        for (int i = 0; i < HASH; i++)
            expect_close(hashes[n * HASH + i], expected[n][i], 1e-3, "a value of a hash");
    }
    dataset_free(&d);
}

/* What a pixel differs by from the mean of the 25 around it, as far as they are in the picture. */
static void edges_of(const uint8_t *picture, double *edges)
{
    double half[AREA];
    halve(picture, half);
    for (int y = 0; y < HALF; y++)
        for (int x = 0; x < HALF; x++) {
            double sum = 0, pixels = 0;
            for (int v = y > 2 ? y - 2 : 0; v < HALF && v <= y + 2; v++)
                for (int u = x > 2 ? x - 2 : 0; u < HALF && u <= x + 2; u++, pixels++)
                    sum += half[v * HALF + u];
            edges[y * HALF + x] = half[y * HALF + x] - sum / pixels;
        }
}

/* The largest cosine of the first one's middle and a part of the second one. */
static double likeness(const double *middle, const double *other)
{
    enum { REACH = 3, WINDOW = HALF - 2 * REACH };
    double most = -1;
    for (int dy = 0; dy <= 2 * REACH; dy++)
        for (int dx = 0; dx <= 2 * REACH; dx++) {
            double product = 0, squares = 0, others = 0;
            for (int i = 0; i < WINDOW * WINDOW; i++) {
                double a = middle[(i / WINDOW + REACH) * HALF + i % WINDOW + REACH];
                double b = other[(i / WINDOW + dy) * HALF + i % WINDOW + dx];
                product += a * b;
                squares += a * a;
                others += b * b;
            }
            most = fmax(most, product / sqrt(squares * others));
        }
    return most;
}

/* Where seven tenths are alike, of the one in the other or the other way round. */
static void crops_are_told_by_their_edges(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    struct dataset d = make_dataset(2 * COUNT, 0);
    struct rng rng = rng_make(12, 12);
    struct error error;
    double edges[2][AREA];
    int samples[2 * COUNT], found[2 * COUNT], alike = 0, doubtful = 0;
    for (int i = 0; i < COUNT; i++) {
        uint8_t *picture = d.pixels + (size_t)i * PIXELS, *other = picture + COUNT * PIXELS;
        int most = i * 50 / COUNT;
        draw_photograph(picture, &rng);
        for (int p = 0; p < PIXELS; p++)
            picture[p] = (uint8_t)(96 + picture[p] / 4);
        for (int k = 0; k < AREA; k++) {
            int noise = between(&rng, -most, most), at = k / HALF * 2 * FACE_SIDE + k % HALF * 2;
            for (int j = 0; j < 4; j++)
                other[at + j / 2 * FACE_SIDE + j % 2] =
                    (uint8_t)(picture[at + j / 2 * FACE_SIDE + j % 2] + noise);
        }
        samples[i] = i;
        samples[COUNT + i] = COUNT + i;
    }
    assert_int_equal(photographs_find(found, &d, samples, 2 * COUNT, NULL, &error), 0);
    for (int i = 0; i < COUNT; i++) {
        edges_of(dataset_picture(&d, i), edges[0]);
        edges_of(dataset_picture(&d, COUNT + i), edges[1]);
        double most = fmax(likeness(edges[0], edges[1]), likeness(edges[1], edges[0]));
        alike += most > 0.7;
        doubtful += fabs(most - 0.7) < 0.002;
        if (fabs(most - 0.7) >= 0.002)
            assert_int_equal(found[COUNT + i], most > 0.7 ? i : COUNT + i);
    }
    assert_in_range(alike, COUNT / 4, COUNT * 3 / 4);
    assert_in_range(doubtful, 0, 3);
    dataset_free(&d);
}

/* By up to six pixels in both directions, no further. */
static void crops_may_be_shifted_a_little(void **state)
{
    (void)state;
    enum { COUNT = 12 };
    static const int shifts[][3] = {{6, 6, 1}, {-6, 6, 1}, {6, -6, 1}, {-6, -6, 1},
                                    {8, 0, 0}, {-8, 0, 0}, {0, 8, 0},  {0, -8, 0}};
    struct dataset d = make_dataset(2 * COUNT, 0);
    struct rng rng = rng_make(10, 10);
    struct error error;
    int samples[2 * COUNT], found[2 * COUNT];
    for (int i = 0; i < 2 * COUNT; i++)
        samples[i] = i;
    for (size_t s = 0; s < sizeof shifts / sizeof *shifts; s++) {
        int known = 0;
        for (int i = 0; i < COUNT; i++) {
            uint8_t *picture = d.pixels + (size_t)i * PIXELS;
            struct affine map = affine_similarity(0, 1, (float)shifts[s][0], (float)shifts[s][1],
                                                  FACE_SIDE, FACE_SIDE);
            draw_photograph(picture, &rng);
            warp_picture(&map, picture, FACE_SIDE, FACE_SIDE, picture + (ptrdiff_t)COUNT * PIXELS);
        }
        assert_int_equal(photographs_find(found, &d, samples, 2 * COUNT, NULL, &error), 0);
        for (int i = 0; i < COUNT; i++)
            known += found[COUNT + i] == i;
        assert_in_range(known, shifts[s][2] ? COUNT / 2 : 0, shifts[s][2] ? COUNT : 0);
    }
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
    /* And as ever, so that recipes can be compared with what was measured before. */
    uint8_t bytes[ALL];
    for (int i = 0; i < ALL; i++)
        bytes[i] = (uint8_t)folds[i];
    assert_int_equal(checksum(CHECKSUM_OF_NOTHING, bytes, sizeof bytes), 0xcd1716dd);
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

/* ---- All folds, where trainings and measurements are played ---------------------------------- */

enum { FOLDS = 3, TWICE = ALL + 5, TESTED = ALL + 9 };

static struct {
    const struct dataset *whole; /* NULL: all is real */
    const char *place;           /* where temporary folders go */
    volatile sig_atomic_t stop;
    int stop_in, fail_in; /* the fold, from 1, in which that happens; 0: none */
    int trained, measured;
    int folds[ALL]; /* in which each picture is measured */
} played;

int __real_train(const struct recipe *recipe, const struct dataset *dataset,
                 const struct training_files *files, const char *resume,
                 const volatile sig_atomic_t *stop, struct error *error);
int __wrap_train(const struct recipe *recipe, const struct dataset *dataset,
                 const struct training_files *files, const char *resume,
                 const volatile sig_atomic_t *stop, struct error *error);
int __real_evaluate(struct evaluation *evaluation, const struct model *model,
                    const struct dataset *dataset, enum split split, struct error *error);
int __wrap_evaluate(struct evaluation *evaluation, const struct model *model,
                    const struct dataset *dataset, enum split split, struct error *error);
int __real_model_load(struct model *model, const char *path, struct error *error);
int __wrap_model_load(struct model *model, const char *path, struct error *error);

static void expect_splits(const struct dataset *d)
{
    for (int i = 0; i < ALL; i++) {
        if (played.whole->splits[i] == SPLIT_TEST) {
            assert_int_equal(d->splits[i], SPLIT_NONE);
            continue;
        }
        assert_true(d->splits[i] == SPLIT_TRAINING || d->splits[i] == SPLIT_TEST);
        if (d->splits[i] == SPLIT_TRAINING)
            continue;
        assert_int_equal(played.folds[i], -1);
        played.folds[i] = played.trained;
    }
    for (int i = ALL; i < d->count; i++)
        assert_int_equal(d->splits[i], i == TWICE || i == TESTED ? SPLIT_NONE : SPLIT_VALIDATION);
}

int __wrap_train(const struct recipe *recipe, const struct dataset *dataset,
                 const struct training_files *files, const char *resume,
                 const volatile sig_atomic_t *stop, struct error *error)
{
    if (!played.whole)
        return __real_train(recipe, dataset, files, resume, stop, error);
    char begin[2 * TEST_PATH_SIZE];
    snprintf(begin, sizeof begin, "%s/train_fer-", played.place);
    assert_memory_equal(files->output, begin, strlen(begin));
    assert_string_equal(files->program, "test");
    assert_true(!files->report && !files->backgrounds && !resume && !recipe->verifier);
    expect_splits(dataset);
    write_bytes(files->output, "", 0);
    write_bytes(files->checkpoint, "", 0);
    played.stop = ++played.trained == played.stop_in;
    assert_int_equal(*stop, played.stop);
    return played.trained == played.fail_in ? error_set(error, "played") : played.stop;
}

int __wrap_model_load(struct model *model, const char *path, struct error *error)
{
    if (!played.whole)
        return __real_model_load(model, path, error);
    *model = (struct model){0};
    return access(path, F_OK);
}

/* Figure number n is n times 0.04 in the first fold, 0.05 in the second, 0.08 in the third. */
int __wrap_evaluate(struct evaluation *evaluation, const struct model *model,
                    const struct dataset *dataset, enum split split, struct error *error)
{
    if (!played.whole)
        return __real_evaluate(evaluation, model, dataset, split, error);
    double once = 0.04 + 0.01 * played.measured * played.measured;
    struct metrics *m = evaluation->unique;
    assert_int_equal(split, SPLIT_TEST);
    memset(evaluation, 0, sizeof *evaluation);
    m[TRUTH_LABEL].accuracy = once;
    m[TRUTH_LABEL].macro_recall = 2 * once;
    m[TRUTH_LABEL].log_loss = 3 * once;
    m[TRUTH_FERPLUS].accuracy = 4 * once;
    m[TRUTH_FERPLUS].macro_recall = 5 * once;
    m[TRUTH_AGREED].accuracy = 6 * once;
    m[TRUTH_AGREED].macro_recall = 7 * once;
    for (int k = 0; k < LABEL_COUNT; k++)
        m[TRUTH_LABEL].per_class[k].recall = (8 + k) * once;
    played.measured++;
    return 0;
}

/* What cross_validate returns; what it prints is in the file "said". */
static int play(const struct dataset *d, const char *place, int stop_in, int fail_in)
{
    struct recipe recipe = memorizing_recipe();
    struct error error;
    recipe.verifier = true;
    memset(&played, 0, sizeof played);
    for (int i = 0; i < ALL; i++)
        played.folds[i] = -1;
    played.whole = d;
    played.place = place;
    played.stop_in = stop_in;
    played.fail_in = fail_in;
    fflush(stdout);
    int kept = dup(STDOUT_FILENO), file = creat(in_folder("said"), 0600);
    assert_true(kept >= 0 && file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    int result = cross_validate(&recipe, d, FOLDS, "test", test_folder(), &played.stop, &error);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(file);
    played.whole = NULL;
    return result;
}

/* A row of each figure, printed and in the table. */
static void expect_figures(const struct dataset *d)
{
    static const char *const names[] = {"accuracy",
                                        "macro recall",
                                        "log loss",
                                        "accuracy by FER+ majority",
                                        "macro recall by FER+ majority",
                                        "accuracy where both agree",
                                        "macro recall where both agree"};
    char said[4096] = "", table[4096] = "";
    append_text(said, sizeof said,
                "3 folds of 210 pictures, which are crops of 70 photographs\n"
                "\nfold 1 of 3\n\nfold 2 of 3\n\nfold 3 of 3\n\n%31s     mean    error   folds\n",
                "");
    append_text(table, sizeof table, "figure,mean,standard_error,fold_1,fold_2,fold_3\n");
    for (int n = 1; n <= 7 + LABEL_COUNT; n++) {
        char name[64];
        double mean = n * 0.17 / 3, deviation = n * sqrt(26e-4 / 3 / 2 / FOLDS);
        if (n > 3 && n < 8 && !d->votes)
            continue;
        snprintf(name, sizeof name, "%s%s", n < 8 ? names[n - 1] : "recall of ",
                 n < 8 ? "" : label_names[n - 8]);
        append_text(said, sizeof said, "%-31s %8.4f %8.4f   %.4f %.4f %.4f\n", name, mean,
                    deviation, n * 0.04, n * 0.05, n * 0.08);
        append_text(table, sizeof table, "%s,%.4f,%.4f,%.4f,%.4f,%.4f\n", name, mean, deviation,
                    n * 0.04, n * 0.05, n * 0.08);
    }
    append_text(said, sizeof said,
                "error: standard error of the mean; smaller differences mean nothing\n");
    expect_file("said", said);
    expect_file("folds.csv", table);
}

static void each_fold_is_left_out_once(void **state)
{
    (void)state;
    struct dataset d = make_crops(PHOTOGRAPHS);
    /* Also in Training. */
    memcpy(d.pixels + (size_t)TWICE * PIXELS, dataset_picture(&d, 1), PIXELS);
    d.splits[TESTED] = SPLIT_TEST;
    for (int votes = 0; votes < 2; votes++) {
        if (votes)
            add_votes(&d, 0, (uint8_t[LABEL_COUNT]){1}, 0);
        assert_int_equal(play(&d, test_folder(), 0, 0), 0);
        assert_int_equal(played.trained, FOLDS);
        for (int i = 0; i < ALL; i++)
            assert_true(played.folds[i] >= 0 && played.folds[i] == played.folds[i % PHOTOGRAPHS]);
        expect_figures(&d);
        assert_int_equal(count_files(1), 2);
    }
    /* Stopped, or failed, in the second fold; the first picture is for another test. */
    d.splits[0] = SPLIT_TEST;
    assert_int_equal(play(&d, test_folder(), 2, 0), 0);
    expect_file("said", "3 folds of 209 pictures, which are crops of 70 photographs\n"
                        "\nfold 1 of 3\n\nfold 2 of 3\n"
                        "stopped before all folds were measured\n");
    assert_true(played.trained == 2 && played.measured == 1);
    assert_int_equal(count_files(1), 1);
    assert_int_equal(play(&d, test_folder(), 0, 2), -1);
    assert_true(played.trained == 2 && played.measured == 1);
    assert_int_equal(count_files(1), 1);
    setenv("TMPDIR", "", 1);
    assert_int_equal(play(&d, "/tmp", 0, 0), 0);
    unsetenv("TMPDIR");
    assert_int_equal(play(&d, "/tmp", 0, 0), 0);
    dataset_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crops_of_one_photograph_are_known),
        cmocka_unit_test(crops_are_known_among_many),
        cmocka_unit_test(hashes_are_whitened_frequencies),
        cmocka_unit_test(crops_are_told_by_their_edges),
        cmocka_unit_test(crops_may_be_shifted_a_little),
        cmocka_unit_test(pictures_are_compared_at_half_size),
        cmocka_unit_test(folds_are_even_and_keep_photographs_whole),
        cmocka_unit_test_setup_teardown(held_out_photographs_are_unknown, make_temporary,
                                        remove_temporary),
        cmocka_unit_test_setup_teardown(a_stop_leaves_nothing, make_temporary, remove_temporary),
        cmocka_unit_test_setup_teardown(each_fold_is_left_out_once, make_temporary,
                                        remove_temporary),
    };
    const char *place = getenv("TMPDIR");
    snprintf(parent, sizeof parent, "%s", place ? place : "");
    blas_use_one_thread();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
