/* The room src/train on small made-up data. */
#include "evaluate.h"
#include "lines.h"
#include "loader.h"
#include "trainer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIXELS = FACE_SIDE * FACE_SIDE };

static char folder[] = "/tmp/test_train.XXXXXX";

static char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *write_text(const char *name, const char *text)
{
    char *path = in_folder(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return path;
}

/* "v v v ... v" with `count` numbers; the text is static. */
static const char *pixel_list(int count, const char *value)
{
    static char text[PIXELS * 4 + 64];
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "", value);
    return text;
}

/* ---- Readers --------------------------------------------------------------------------------- */

static void reads_columns_by_name(void **state)
{
    (void)state;
    static char text[4 * PIXELS * 4];
    struct dataset d;
    struct error error;
    size_t used = (size_t)snprintf(text, sizeof text, "\xef\xbb\xbf Usage, emotion , pixels\r\n");
    used += (size_t)snprintf(text + used, sizeof text - used, "Training,3,%s\r\n",
                             pixel_list(PIXELS, "255"));
    used += (size_t)snprintf(text + used, sizeof text - used, "\r\nPublicTest,6,\"%s\"\r\n",
                             pixel_list(PIXELS, "7"));
    snprintf(text + used, sizeof text - used, "PrivateTest,0,%s", pixel_list(PIXELS, "0"));
    assert_int_equal(dataset_load(&d, write_text("good.csv", text), false, "test", &error), 0);
    assert_int_equal(d.count, 3);
    assert_int_equal(d.labels[0], 3);
    assert_int_equal(d.labels[1], 6);
    assert_int_equal(d.splits[1], SPLIT_VALIDATION);
    assert_int_equal(d.splits[2], SPLIT_TEST);
    assert_int_equal(dataset_picture(&d, 0)[PIXELS - 1], 255);
    assert_int_equal(dataset_picture(&d, 1)[0], 7);
    assert_int_equal(dataset_picture(&d, 2)[17], 0);
    assert_string_equal(d.class_names[3], "happy");
    dataset_free(&d);
}

static void refuse_csv(const char *text, const char *expected)
{
    struct dataset d;
    struct error error = {""};
    char *path = in_folder("bad.csv");
    write_text("bad.csv", text);
    if (dataset_load(&d, path, false, "test", &error) != -1)
        fail_msg("not refused, though %s", expected);
    if (!strstr(error.text, expected) || !strstr(error.text, "bad.csv") || strchr(error.text, '\n'))
        fail_msg("expected \"%s\" in: %s", expected, error.text);
}

static void refuses_bad_rows_by_number(void **state)
{
    (void)state;
    static char text[2 * PIXELS * 5];
    static const struct {
        const char *emotion, *usage, *value;
        int count;
        const char *expected;
    } rows[] = {
        {"9", "Training", "1", PIXELS, "line 3: label \"9\""},
        {"-1", "Training", "1", PIXELS, "line 3: label"},
        {"x", "Training", "1", PIXELS, "line 3: label"},
        {"1", "Testing", "1", PIXELS, "line 3: Usage \"Testing\""},
        {"1", "Training", "256", PIXELS, "line 3: pixel 1"},
        {"1", "Training", "-4", PIXELS, "line 3: pixel 1"},
        {"1", "Training", "1.5", PIXELS, "line 3: pixel 1"},
        {"1", "Training", "1", PIXELS - 1, "line 3: 2303 pixels"},
        {"1", "Training", "1", PIXELS + 1, "line 3: 2305 pixels"},
        {"1", "Training", "1", 0, "line 3: 0 pixels"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t used = (size_t)snprintf(text, sizeof text, "emotion,pixels,Usage\n0,%s,Training\n",
                                       pixel_list(PIXELS, "1"));
        snprintf(text + used, sizeof text - used, "%s,%s,%s\n", rows[i].emotion,
                 pixel_list(rows[i].count, rows[i].value), rows[i].usage);
        refuse_csv(text, rows[i].expected);
    }
    refuse_csv("", "is empty");
    refuse_csv("emotion,pixels,Usage\n", "no row");
    refuse_csv("emotion,picture,Usage\n0,1,Training\n", "no column \"pixels\"");
    refuse_csv("emotion,pixels,Usage\n0,1 2 3\n", "line 2: is cut short");
    refuse_csv("\x1f\x8b\x08\x01", "no column \"emotion\"");
}

static void refuses_missing_and_folder(void **state)
{
    (void)state;
    struct dataset d;
    struct error error;
    assert_int_equal(dataset_load(&d, in_folder("none.csv"), false, "test", &error), -1);
    assert_non_null(strstr(error.text, "none.csv: No such file"));
    assert_int_equal(dataset_load(&d, folder, false, "test", &error), -1);
    assert_non_null(strstr(error.text, "is a folder"));
}

static void refuses_endless_line(void **state)
{
    (void)state;
    struct dataset d;
    struct error error;
    FILE *file = fopen(in_folder("long.csv"), "wb");
    assert_non_null(file);
    for (int i = 0; i < LINES_MAX_LENGTH + 1; i++)
        fputc('1', file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(dataset_load(&d, in_folder("long.csv"), false, "test", &error), -1);
    assert_non_null(strstr(error.text, "line 1 is longer than"));
}

/* ---- A made-up data set: class k is a bright disc at one of K places ---------------------------
 */

static void draw_sample(uint8_t *picture, int label, struct rng *rng)
{
    double cx = 12 + 12 * (label % 3), cy = 12 + 12 * (label / 3);
    for (int y = 0; y < FACE_SIDE; y++)
        for (int x = 0; x < FACE_SIDE; x++) {
            double r2 = (x - cx) * (x - cx) + (y - cy) * (y - cy);
            double value = 60 + 150 * exp(-r2 / 30.0) + 12 * rng_normal(rng);
            picture[y * FACE_SIDE + x] = (uint8_t)fmin(fmax(value, 0), 255);
        }
}

static struct dataset make_dataset(int training, int validation)
{
    struct dataset d = {.width = FACE_SIDE,
                        .height = FACE_SIDE,
                        .class_count = LABEL_COUNT,
                        .count = training + validation};
    struct rng rng = rng_make(5, 0);
    size_t count = (size_t)d.count;
    d.pixels = malloc(count * PIXELS);
    d.labels = malloc(count);
    d.splits = malloc(count);
    assert_true(d.pixels && d.labels && d.splits);
    for (int k = 0; k < LABEL_COUNT; k++)
        snprintf(d.class_names[k], sizeof d.class_names[k], "%s", label_names[k]);
    for (int i = 0; i < d.count; i++) {
        d.labels[i] = (uint8_t)(i % LABEL_COUNT);
        d.splits[i] = i < training ? SPLIT_TRAINING : SPLIT_VALIDATION;
        draw_sample(d.pixels + (size_t)i * PIXELS, d.labels[i], &rng);
    }
    return d;
}

static void add_votes(struct dataset *d, int index, const uint8_t votes[LABEL_COUNT], int others)
{
    if (!d->votes)
        d->votes = calloc((size_t)d->count, sizeof *d->votes);
    assert_non_null(d->votes);
    struct votes *v = &d->votes[index];
    v->total = (uint8_t)others;
    for (int k = 0; k < LABEL_COUNT; k++) {
        v->classes[k] = votes[k];
        v->total = (uint8_t)(v->total + votes[k]);
    }
}

static void splits_are_disjoint(void **state)
{
    (void)state;
    struct dataset d = make_dataset(30, 12);
    struct error error;
    int *training, *validation, n, m;
    assert_int_equal(dataset_split(&d, SPLIT_TRAINING, &training, &n, &error), 0);
    assert_int_equal(dataset_split(&d, SPLIT_VALIDATION, &validation, &m, &error), 0);
    assert_int_equal(n, 30);
    assert_int_equal(m, 12);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++)
            assert_int_not_equal(training[i], validation[j]);
    assert_int_equal(dataset_split(&d, SPLIT_TEST, &training, &n, &error), -1);
    assert_non_null(strstr(error.text, "no PrivateTest pictures"));
    free(training);
    free(validation);
    dataset_free(&d);
}

static void targets_mix_label_and_votes(void **state)
{
    (void)state;
    struct dataset d = make_dataset(7, 0);
    float target[LABEL_COUNT], sum = 0;
    struct target_mix mix = {.votes_share = 0.5f, .smoothing = 0.07f};
    add_votes(&d, 2, (uint8_t[]){0, 0, 1, 3, 0, 0, 0}, 6);
    dataset_target(&d, &mix, 2, target);
    for (int k = 0; k < LABEL_COUNT; k++)
        sum += target[k];
    assert_float_equal(sum, 1, 1e-6);
    assert_float_equal(target[2], 0.59125f, 1e-6);
    assert_float_equal(target[3], 0.35875f, 1e-6);
    assert_float_equal(target[0], 0.01, 1e-6);
    /* No vote for a shared class: the label alone. */
    dataset_target(&d, &mix, 3, target);
    assert_float_equal(target[3], 0.94, 1e-6);
    assert_int_equal(votes_majority(&d.votes[2]), -1);
    add_votes(&d, 2, (uint8_t[]){0, 0, 1, 6, 0, 0, 0}, 3);
    assert_int_equal(votes_majority(&d.votes[2]), 3);
    add_votes(&d, 2, (uint8_t[]){0, 0, 1, 5, 0, 0, 0}, 4);
    assert_int_equal(votes_majority(&d.votes[2]), -1);
    dataset_free(&d);
}

#define VOTE_HEADER                                                                                \
    "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"

static void reads_votes_row_for_row(void **state)
{
    (void)state;
    struct dataset d = make_dataset(1, 1);
    struct error error;
    const char *path = write_text("votes.csv", VOTE_HEADER "Training,a,1,2,3,4,0,0,0,0,0,0\n"
                                                           "PublicTest,b,0,0,0,0,5,2,1,1,1,0\n"
                                                           "PublicTest,c,0,0,0,0,5,2,1,1,1,0\n");
    assert_int_equal(dataset_load_votes(&d, path, &error), 0);
    const uint8_t first[] = {0, 0, 0, 2, 4, 3, 1};
    const uint8_t second[] = {5, 2, 1, 0, 0, 0, 0};
    assert_memory_equal(d.votes[0].classes, first, sizeof first);
    assert_memory_equal(d.votes[1].classes, second, sizeof second);
    assert_int_equal(d.votes[1].total, 10);
    static const struct {
        const char *text, *expected;
    } bad[] = {
        {VOTE_HEADER "PublicTest,a,1,2,3,4,0,0,0,0,0,0\n", "line 2: is for PublicTest"},
        {VOTE_HEADER "Training,a,1,2,3,4,0,0,0,0,0,0\n", "has 1 rows, the data set 2"},
        {VOTE_HEADER "Training,a,1,2,3,4,0,0,0\n", "line 2: is cut short"},
        {VOTE_HEADER "Training,a,1,2,3,-4,0,0,0,0,0,0\n", "line 2: \"-4\" is no number"},
        {"Usage,neutral\n", "no column \"anger\""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        path = write_text("bad_votes.csv", bad[i].text);
        assert_int_equal(dataset_load_votes(&d, path, &error), -1);
        if (!strstr(error.text, bad[i].expected))
            fail_msg("expected \"%s\" in: %s", bad[i].expected, error.text);
    }
    assert_memory_equal(d.votes[0].classes, first, sizeof first); /* failure touches nothing */
    dataset_free(&d);
}

static void mean_faces_show_the_classes(void **state)
{
    (void)state;
    struct dataset d = make_dataset(140, 7);
    struct error error;
    static uint8_t faces[LABEL_COUNT * PIXELS];
    assert_int_equal(dataset_mean_faces(&d, 1.0, faces, &error), 0);
    for (int k = 0; k < LABEL_COUNT; k++) {
        int cx = 12 + 12 * (k % 3), cy = 12 + 12 * (k / 3);
        const uint8_t *face = faces + k * PIXELS;
        assert_true(face[cy * FACE_SIDE + cx] > 220);
        for (int y = 0; y < FACE_SIDE; y++)
            for (int x = 0; x < FACE_SIDE; x++)
                if (abs(x - cx) > 12 || abs(y - cy) > 12)
                    assert_true(face[y * FACE_SIDE + x] < 150);
    }
    for (int i = 0; i < d.count; i++)
        d.labels[i] = d.labels[i] == 4 ? 0 : d.labels[i];
    assert_int_equal(dataset_mean_faces(&d, 2.0, faces, &error), -1);
    assert_non_null(strstr(error.text, "\"sad\""));
    dataset_free(&d);
}

/* ---- Augmentation -----------------------------------------------------------------------------
 */

static void augmentation_keeps_within_bounds(void **state)
{
    (void)state;
    uint8_t in[PIXELS], out[PIXELS];
    struct rng draw = rng_make(1, 1), rng = rng_make(2, 2);
    draw_sample(in, 4, &draw);
    struct augment none = {0}, full = {.strength = 1.0f, .flip = true};
    augment_picture(&none, &rng, in, FACE_SIDE, FACE_SIDE, out);
    assert_memory_equal(in, out, PIXELS);
    int mirrored = 0, changed = 0;
    for (int i = 0; i < 400; i++) {
        double sum = 0, x_sum = 0, y_sum = 0;
        augment_picture(&full, &rng, in, FACE_SIDE, FACE_SIDE, out);
        changed += memcmp(in, out, PIXELS) != 0;
        for (int p = 0; p < PIXELS; p++) {
            double weight = out[p] > 130 ? out[p] - 130 : 0;
            sum += weight;
            x_sum += weight * (p % FACE_SIDE);
            y_sum += weight * (p / FACE_SIDE);
        }
        /* The disc at (24, 24) moves by the shift, 4.8 pixels, and next to nothing more. */
        assert_true(fabs(x_sum / sum - 23.5) < 6.5 && fabs(y_sum / sum - 23.5) < 6.5);
    }
    assert_true(changed > 390);
    struct augment flip = {.strength = 0, .flip = true};
    for (int i = 0; i < 400; i++) {
        augment_picture(&flip, &rng, in, FACE_SIDE, FACE_SIDE, out);
        mirrored += out[0] == in[FACE_SIDE - 1] && out[FACE_SIDE - 1] == in[0] &&
                    memcmp(in, out, PIXELS) != 0;
    }
    assert_in_range(mirrored, 150, 250);
}

/* ---- Loader ------------------------------------------------------------------------------------
 */

static struct loader_config loader_of(const struct dataset *d, int workers)
{
    return (struct loader_config){.dataset = d,
                                  .features = features_default(),
                                  .augment = {.strength = 0.5f, .flip = true},
                                  .batch_size = 16,
                                  .seed = 9,
                                  .workers = workers};
}

/* All vectors of one epoch, in the order of their batches. */
static float *load_epoch(struct loader *loader, const int *order, int count, int epoch, int dim)
{
    float *all = malloc((size_t)count * (size_t)dim * sizeof *all);
    struct batch batch;
    int seen = 0;
    assert_non_null(all);
    loader_start(loader, order, count, epoch);
    while (loader_next(loader, &batch)) {
        assert_in_range(batch.count, 2, 16);
        memcpy(all + (size_t)seen * (size_t)dim, batch.inputs,
               (size_t)batch.count * (size_t)dim * sizeof *all);
        seen += batch.count;
    }
    assert_int_equal(seen, count);
    return all;
}

static void loader_is_independent_of_workers(void **state)
{
    (void)state;
    struct dataset d = make_dataset(65, 0); /* one more than four full batches */
    struct features f = features_default();
    struct error error;
    int dim = features_dim(&f), order[65];
    size_t bytes = 65 * (size_t)dim * sizeof(float);
    float *epochs[3][2];
    for (int i = 0; i < 65; i++)
        order[i] = 64 - i;
    for (int workers = 1; workers <= 3; workers++) {
        struct loader_config config = loader_of(&d, workers);
        struct loader *loader;
        assert_int_equal(loader_create(&loader, &config, &error), 0);
        assert_int_equal(loader_batch_count(loader, 65), 5);
        for (int epoch = 0; epoch < 2; epoch++)
            epochs[workers - 1][epoch] = load_epoch(loader, order, 65, epoch, dim);
        loader_free(&loader);
        assert_null(loader);
    }
    assert_memory_equal(epochs[0][0], epochs[1][0], bytes);
    assert_memory_equal(epochs[0][0], epochs[2][0], bytes);
    assert_memory_equal(epochs[0][1], epochs[2][1], bytes);
    assert_memory_not_equal(epochs[0][0], epochs[0][1], bytes); /* other random numbers */
    for (int w = 0; w < 3; w++)
        for (int e = 0; e < 2; e++)
            free(epochs[w][e]);
    dataset_free(&d);
}

static void loader_gives_each_sample_once(void **state)
{
    (void)state;
    struct dataset d = make_dataset(40, 0);
    struct loader_config config = loader_of(&d, 2);
    struct error error;
    struct loader *loader;
    int order[40], dim = features_dim(&config.features), seen[40] = {0};
    config.augment = (struct augment){0};
    for (int i = 0; i < 40; i++)
        order[i] = (i * 7) % 40;
    assert_int_equal(loader_create(&loader, &config, &error), 0);
    float *all = load_epoch(loader, order, 40, 0, dim);
    float *vector = malloc((size_t)dim * sizeof *vector);
    assert_non_null(vector);
    for (int s = 0; s < 40; s++) {
        features_extract(&config.features, dataset_picture(&d, s), vector);
        for (int i = 0; i < 40; i++)
            seen[s] +=
                memcmp(all + (size_t)i * (size_t)dim, vector, (size_t)dim * sizeof *vector) == 0;
        assert_int_equal(seen[s], 1);
    }
    /* Given up in the middle of an epoch. */
    struct batch batch;
    loader_start(loader, order, 40, 1);
    assert_true(loader_next(loader, &batch));
    loader_free(&loader);
    free(all);
    free(vector);
    dataset_free(&d);
}

/* ---- Optimizers against their formulas
 * ----------------------------------------------------------- */

static void optimizers_follow_their_formulas(void **state)
{
    (void)state;
    struct mlp_config config = {.layer_count = 1, .units = {1, 2}};
    for (int kind = 0; kind < OPTIMIZER_COUNT; kind++) {
        struct mlp mlp;
        struct optimizer o;
        struct error error;
        assert_int_equal(mlp_create(&mlp, &config, &error), 0);
        assert_int_equal(optimizer_create(&o, (enum optimizer_kind)kind, 0.1f, 4, &error), 0);
        double w[4] = {0.5, -0.25, 1.0, -2.0}, v[4] = {0}, s[4] = {0};
        for (int i = 0; i < 4; i++)
            mlp.parameters[i] = (float)w[i];
        for (int t = 1; t <= 10; t++) {
            float gradients[4];
            for (int i = 0; i < 4; i++) {
                double g = gradients[i] = (float)(w[i] - 0.3 * t + i);
                double decay = i < 2 ? 0.1 : 0.0; /* two weights, then two biases */
                double step = g + decay * w[i];
                if (kind == OPTIMIZER_MOMENTUM)
                    step = v[i] = 0.9 * v[i] + step;
                if (kind == OPTIMIZER_ADAMW) {
                    v[i] = 0.9 * v[i] + 0.1 * g;
                    s[i] = 0.999 * s[i] + 0.001 * g * g;
                    step = decay * w[i] +
                           v[i] / (1 - pow(0.9, t)) / (sqrt(s[i] / (1 - pow(0.999, t))) + 1e-8);
                }
                w[i] -= 0.05 * step;
            }
            optimizer_update(&o, &mlp, gradients, 0.05f);
            for (int i = 0; i < 4; i++)
                assert_true(fabs(mlp.parameters[i] - w[i]) < 1e-5);
        }
        optimizer_free(&o);
        mlp_free(&mlp);
    }
}

/* ---- Metrics
 * ------------------------------------------------------------------------------------- */

static void metrics_of_a_known_case(void **state)
{
    (void)state;
    struct dataset d = make_dataset(7, 0);
    const uint8_t labels[] = {0, 0, 0, 1, 1, 2, 2};
    const int guesses[] = {0, 0, 1, 1, 1, 0, 2}, indices[] = {0, 1, 2, 3, 4, 5, 6};
    float p[7 * LABEL_COUNT];
    struct metrics m;
    memcpy(d.labels, labels, sizeof labels);
    add_votes(&d, 0, (uint8_t[]){9, 0, 0, 0, 0, 0, 0}, 1); /* angry, as predicted */
    add_votes(&d, 2, (uint8_t[]){8, 0, 0, 0, 0, 0, 0}, 2); /* angry, predicted disgust */
    add_votes(&d, 3, (uint8_t[]){0, 5, 0, 0, 0, 0, 0}, 5); /* no majority */
    for (int i = 0; i < 7; i++)
        for (int k = 0; k < LABEL_COUNT; k++)
            p[i * LABEL_COUNT + k] = k == guesses[i] ? 0.88f : 0.02f;
    metrics_compute(&m, &d, indices, 7, p);
    assert_true(fabs(m.accuracy - (5.0 / 7)) < 1e-9);
    assert_int_equal(m.confusion[0][1], 1);
    assert_int_equal(m.confusion[2][0], 1);
    assert_true(fabs(m.per_class[0].precision - (2.0 / 3)) < 1e-9);
    assert_true(fabs(m.per_class[1].recall - (1.0)) < 1e-9);
    assert_true(fabs(m.per_class[1].f1 - (0.8)) < 1e-9);
    assert_int_equal(m.per_class[2].support, 2);
    assert_true(fabs(m.macro_f1 - ((2.0 / 3 + 0.8 + 2.0 / 3) / 3)) < 1e-9);
    assert_true(fabs(m.ece - (0.88 - 5.0 / 7)) < 1e-6);
    assert_int_equal(m.ferplus_count, 2);
    assert_true(fabs(m.ferplus_accuracy - (0.5)) < 1e-9);
    dataset_free(&d);
}

/* ---- Training
 * ------------------------------------------------------------------------------------- */

static struct recipe small_recipe(void)
{
    struct recipe r = recipe_default();
    r.hidden_count = 1;
    r.hidden[0] = 16;
    r.batch_size = 16;
    r.epochs = 6;
    r.learning_rate = 1e-2f;
    r.augment = (struct augment){.strength = 0.2f};
    r.step.dropout = 0.1f;
    r.threads = 2;
    return r;
}

static char small_model[128], small_checkpoint[128];

static struct model train_small(const struct recipe *recipe, const struct dataset *d)
{
    struct error error = {""};
    struct model model;
    const volatile sig_atomic_t stop = 0;
    const struct training_files files = {small_model, small_checkpoint, NULL};
    if (train(recipe, d, &files, NULL, &stop, &error) < 0 ||
        model_load(&model, small_model, &error) < 0)
        fail_msg("%s", error.text);
    return model;
}

static void training_learns_in_every_descent(void **state)
{
    (void)state;
    struct dataset d = make_dataset(350, 70);
    struct error error;
    for (int descent = 0; descent < DESCENT_COUNT; descent++) {
        struct recipe r = small_recipe();
        r.descent = (enum descent)descent;
        if (descent != DESCENT_MINI_BATCH) {
            r.batch_norm = false;
            r.step.dropout = r.step.input_dropout = 0;
            r.optimizer = descent == DESCENT_STOCHASTIC ? OPTIMIZER_SGD : OPTIMIZER_ADAMW;
            r.epochs = descent == DESCENT_STOCHASTIC ? 6 : 60;
        }
        struct model model = train_small(&r, &d);
        struct evaluation e;
        assert_int_equal(evaluate(&e, &model, &d, SPLIT_VALIDATION, &error), 0);
        if (e.metrics.accuracy < 0.95)
            fail_msg("%s descent: accuracy %.3f", descent_names[descent], e.metrics.accuracy);
        model_free(&model);
    }
    dataset_free(&d);
}

static void same_seed_same_weights(void **state)
{
    (void)state;
    struct dataset d = make_dataset(140, 35);
    struct recipe r = small_recipe();
    r.epochs = 2;
    struct model a = train_small(&r, &d), b = train_small(&r, &d);
    assert_memory_equal(a.mlp.parameters, b.mlp.parameters,
                        a.mlp.parameter_count * sizeof *a.mlp.parameters);
    r.seed = 2;
    struct model c = train_small(&r, &d);
    assert_memory_not_equal(a.mlp.parameters, c.mlp.parameters,
                            a.mlp.parameter_count * sizeof *a.mlp.parameters);
    model_free(&a);
    model_free(&b);
    model_free(&c);
    dataset_free(&d);
}

static void refuses_what_makes_no_sense(void **state)
{
    (void)state;
    struct error error;
    struct recipe r = small_recipe();
    r.descent = DESCENT_STOCHASTIC;
    assert_int_equal(recipe_check(&r, &error), -1);
    assert_non_null(strstr(error.text, "--batch-norm off"));
    r = small_recipe();
    r.patience = 3;
    assert_int_equal(recipe_check(&r, &error), -1);
    r.optimizer = OPTIMIZER_MOMENTUM;
    assert_int_equal(recipe_check(&r, &error), 0);
}

static void stops_at_a_loss_without_end(void **state)
{
    (void)state;
    struct dataset d = make_dataset(70, 14);
    struct recipe r = small_recipe();
    struct error error;
    const volatile sig_atomic_t stop = 0;
    r.batch_norm = false;
    r.optimizer = OPTIMIZER_SGD;
    r.learning_rate = 1e30f;
    const struct training_files files = {small_model, small_checkpoint, NULL};
    unlink(small_model);
    assert_int_equal(train(&r, &d, &files, NULL, &stop, &error), -1);
    assert_non_null(strstr(error.text, "smaller --learning-rate"));
    assert_int_not_equal(access(small_model, F_OK), 0);
    dataset_free(&d);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    strcpy(small_model, in_folder("small.safetensors"));
    strcpy(small_checkpoint, in_folder("small.safetensors.checkpoint"));
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"good.csv",  "bad.csv",       "long.csv",
                                        "votes.csv", "bad_votes.csv", "small.safetensors"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(in_folder(names[i]));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_columns_by_name),
        cmocka_unit_test(refuses_bad_rows_by_number),
        cmocka_unit_test(refuses_missing_and_folder),
        cmocka_unit_test(refuses_endless_line),
        cmocka_unit_test(splits_are_disjoint),
        cmocka_unit_test(targets_mix_label_and_votes),
        cmocka_unit_test(reads_votes_row_for_row),
        cmocka_unit_test(mean_faces_show_the_classes),
        cmocka_unit_test(augmentation_keeps_within_bounds),
        cmocka_unit_test(loader_is_independent_of_workers),
        cmocka_unit_test(loader_gives_each_sample_once),
        cmocka_unit_test(optimizers_follow_their_formulas),
        cmocka_unit_test(metrics_of_a_known_case),
        cmocka_unit_test(training_learns_in_every_descent),
        cmocka_unit_test(same_seed_same_weights),
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(stops_at_a_loss_without_end),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
