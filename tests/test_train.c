/* The room src/train on small made-up data; its readers are in test_readers.c, the
 * evaluation in test_evaluate.c. */
#include "calibration.h"
#include "consensus.h"
#include "evaluate.h"
#include "extract.h"
#include "face.h"
#include "loader.h"
#include "made_up.h"
#include "training.h"
#include "validation.h"

#ifdef __linux__
#include <sys/resource.h>
#endif

static struct augment_scratch scratch;

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

static void targets_mix_label_and_consensus(void **state)
{
    (void)state;
    struct dataset d = make_dataset(7, 0);
    float target[LABEL_COUNT], sum = 0;
    const struct target_mix mix = {.votes_share = 0.5f, .smoothing = 0.07f};
    dataset_target(&d, &mix, 2, target);
    assert_float_equal(target[2], 0.94, 1e-6); /* without FER+ the label alone */
    d.consensus = calloc(7 * LABEL_COUNT, sizeof *d.consensus);
    assert_non_null(d.consensus);
    d.consensus[2 * LABEL_COUNT + 2] = 0.25f;
    d.consensus[2 * LABEL_COUNT + 3] = 0.75f;
    dataset_target(&d, &mix, 2, target);
    for (int k = 0; k < LABEL_COUNT; k++)
        sum += target[k];
    assert_float_equal(sum, 1, 1e-6);
    assert_float_equal(target[2], 0.59125f, 1e-6);
    assert_float_equal(target[3], 0.35875f, 1e-6);
    assert_float_equal(target[0], 0.01, 1e-6);
    add_votes(&d, 2, (uint8_t[]){0, 0, 1, 6, 0, 0, 0}, 3);
    assert_int_equal(votes_majority(&d.votes[2]), 3);
    add_votes(&d, 2, (uint8_t[]){0, 0, 1, 5, 0, 0, 0}, 4);
    assert_int_equal(votes_majority(&d.votes[2]), -1);
    add_votes(&d, 2, (uint8_t[]){6, 0, 0, 0, 0, 0, 0}, 4);
    assert_int_equal(votes_majority(&d.votes[2]), 0);
    dataset_free(&d);
}

/* Each source has names of its own. */
static void splits_go_by_their_names(void **state)
{
    (void)state;
    struct dataset d = {0};
    for (int source = 0; source < DATA_SOURCE_COUNT; source++) {
        struct error error = {.text = ""};
        enum split split = SPLIT_NONE;
        d.source = (enum data_source)source;
        for (int s = 0; s < SPLIT_COUNT; s++) {
            assert_int_equal(dataset_find_split(&d, split_names[source][s], &split, &error), 0);
            assert_int_equal(split, s);
        }
        const char *unknown = source == DATA_FER2013 ? "train" : "Training";
        assert_int_equal(dataset_find_split(&d, unknown, &split, &error), -1);
        assert_int_equal(error.code, ERROR_USAGE);
        expect_text(error.text, data_source_names[source], unknown);
    }
}

/* Labels that are wrong one time in three, and ten voters who take every third fear for surprise:
 * what was shown is found out again, better than by label or majority, and the voters' doubts are.
 */
static void consensus_finds_what_was_shown(void **state)
{
    (void)state;
    enum { COUNT = 7000, FEAR = 2, SURPRISE = 5 };
    struct dataset d = make_dataset(COUNT, 0);
    struct error error;
    struct rng rng = rng_make(11, 0);
    int by_label = 0, by_votes = 0, by_consensus = 0;
    for (int i = 0; i < COUNT; i++) {
        uint8_t votes[LABEL_COUNT] = {0};
        int shown = i % LABEL_COUNT;
        for (int v = 0; v < 3; v++) {
            double chance = rng_uniform(&rng);
            int seen = shown == FEAR && chance < 0.6 ? SURPRISE : shown;
            votes[chance > 0.8 ? (int)rng_below(&rng, LABEL_COUNT) : seen]++;
        }
        if (rng_uniform(&rng) < 1.0 / 3.0)
            d.labels[i] = (uint8_t)rng_below(&rng, LABEL_COUNT);
        add_votes(&d, i, votes, 0);
    }
    assert_int_equal(consensus_fit(&d, d.votes, &d.consensus, &error), 0);
    for (int i = 0; i < COUNT; i++) {
        const float *consensus = d.consensus + (size_t)i * LABEL_COUNT;
        float sum = 0.0f;
        for (int k = 0; k < LABEL_COUNT; k++)
            sum += consensus[k];
        assert_float_equal(sum, 1, 1e-5);
        by_label += d.labels[i] == i % LABEL_COUNT;
        by_votes += votes_majority(&d.votes[i]) == i % LABEL_COUNT;
        by_consensus += predicted_class(consensus, LABEL_COUNT) == i % LABEL_COUNT;
    }
    if (by_consensus < by_label + COUNT / 35 || by_consensus < by_votes + COUNT / 35)
        fail_msg("right: labels %d, majorities %d, consensus %d", by_label, by_votes, by_consensus);
    dataset_free(&d);
}

/* Voters who take every fear for surprise do not make it vanish: its labels keep most of it. */
static void consensus_keeps_what_voters_overlook(void **state)
{
    (void)state;
    enum { COUNT = 2100, FEAR = 2, SURPRISE = 5 };
    struct dataset d = make_dataset(COUNT, 0);
    struct error error;
    struct rng rng = rng_make(12, 0);
    double labelled = 0.0, kept = 0.0;
    for (int i = 0; i < COUNT; i++) {
        uint8_t votes[LABEL_COUNT] = {0};
        int shown = i % LABEL_COUNT;
        votes[shown == FEAR ? SURPRISE : shown] = 10;
        if (rng_uniform(&rng) < 0.5)
            d.labels[i] = (uint8_t)rng_below(&rng, LABEL_COUNT);
        add_votes(&d, i, votes, 0);
    }
    assert_int_equal(consensus_fit(&d, d.votes, &d.consensus, &error), 0);
    for (int i = 0; i < COUNT; i++)
        if (d.labels[i] == FEAR) {
            labelled += 1.0;
            kept += (double)d.consensus[i * LABEL_COUNT + FEAR];
        }
    if (kept < 0.6 * labelled)
        fail_msg("%.0f labels of fear keep %.1f", labelled, kept);
    dataset_free(&d);
}

static void mean_faces_show_the_classes(void **state)
{
    (void)state;
    struct dataset d = make_dataset(140, 7);
    struct error error;
    static const double plain[LABEL_COUNT] = {1, 1, 1, 1, 1, 1, 1};
    static uint8_t faces[LABEL_COUNT * PIXELS];
    assert_int_equal(dataset_mean_faces(&d, plain, faces, &error), 0);
    for (int k = 0; k < LABEL_COUNT; k++) {
        int cx = 12 + 12 * (k % 3), cy = 12 + 12 * (k / 3);
        const uint8_t *face = faces + k * PIXELS;
        assert_true(face[cy * FACE_SIDE + cx] > 220);
        for (int y = 0; y < FACE_SIDE; y++)
            for (int x = 0; x < FACE_SIDE; x++)
                if (abs(y - cy) > 12 || (abs(x - cx) > 12 && abs(FACE_SIDE - 1 - x - cx) > 12))
                    assert_true(face[y * FACE_SIDE + x] < 150);
    }
    for (int i = 0; i < d.count; i++)
        d.labels[i] = d.labels[i] == 4 ? 0 : d.labels[i];
    assert_int_equal(dataset_mean_faces(&d, plain, faces, &error), -1);
    assert_non_null(strstr(error.text, "\"sad\""));
    dataset_free(&d);
}

/* ---- Augmentation ---------------------------------------------------------------------------- */

static void augmentation_keeps_within_bounds(void **state)
{
    (void)state;
    uint8_t in[PIXELS], out[PIXELS];
    struct rng draw = rng_make(1, 1), rng = rng_make(2, 2);
    draw_sample(in, 4, &draw);
    struct augment none = {0}, full = {.strength = 1.0f, .flip = true};
    augment_picture(&none, &rng, &affine_identity, in, FACE_SIDE, FACE_SIDE, &scratch, out);
    assert_memory_equal(in, out, PIXELS);
    int mirrored = 0, changed = 0;
    for (int i = 0; i < 400; i++) {
        double sum = 0, x_sum = 0, y_sum = 0;
        augment_picture(&full, &rng, &affine_identity, in, FACE_SIDE, FACE_SIDE, &scratch, out);
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
        augment_picture(&flip, &rng, &affine_identity, in, FACE_SIDE, FACE_SIDE, &scratch, out);
        mirrored += out[0] == in[FACE_SIDE - 1] && out[FACE_SIDE - 1] == in[0] &&
                    memcmp(in, out, PIXELS) != 0;
    }
    assert_in_range(mirrored, 150, 250);
}

/* What is varied is the face: without variation it is the aligned crop, mirrored or not, and the
 * disc stays within the bounds around its place in the face. */
static void augmentation_takes_the_place_of_the_face(void **state)
{
    (void)state;
    uint8_t in[PIXELS], out[PIXELS], aligned[PIXELS], mirrored[PIXELS];
    struct rng draw = rng_make(1, 1), rng = rng_make(2, 2);
    const struct affine face = affine_similarity(0.3f, 1, 7, -5, FACE_SIDE, FACE_SIDE);
    const struct augment none = {0}, flip = {.flip = true}, full = {.strength = 1.0f};
    draw_sample(in, 4, &draw);
    warp_picture(&face, in, FACE_SIDE, FACE_SIDE, aligned);
    face_mirror(aligned, FACE_SIDE, FACE_SIDE, mirrored);
    augment_picture(&none, &rng, &face, in, FACE_SIDE, FACE_SIDE, &scratch, out);
    assert_memory_equal(out, aligned, PIXELS);
    int plain = 0;
    for (int i = 0; i < 40; i++) {
        const uint8_t *expected = mirrored;
        augment_picture(&flip, &rng, &face, in, FACE_SIDE, FACE_SIDE, &scratch, out);
        if (out[0] == aligned[0] && out[FACE_SIDE - 1] == aligned[FACE_SIDE - 1]) {
            expected = aligned;
            plain++;
        }
        for (int p = 0; p < PIXELS; p++)
            assert_in_range(out[p] + 1, expected[p], expected[p] + 2);
    }
    assert_in_range(plain, 5, 35);
    /* The disc lies at (24, 24) of the crop, so at the inverse map of that in the face. */
    struct affine back = affine_invert(&face);
    double x = 24 * (double)(back.m[0] + back.m[1]) + (double)back.m[2];
    double y = 24 * (double)(back.m[3] + back.m[4]) + (double)back.m[5];
    for (int i = 0; i < 100; i++) {
        double sum = 0, x_sum = 0, y_sum = 0;
        augment_picture(&full, &rng, &face, in, FACE_SIDE, FACE_SIDE, &scratch, out);
        for (int p = 0; p < PIXELS; p++) {
            double weight = out[p] > 130 ? out[p] - 130 : 0;
            sum += weight;
            x_sum += weight * (p % FACE_SIDE);
            y_sum += weight * (p / FACE_SIDE);
        }
        /* The shift, 4.8 pixels, enlarged by 15 %, and 9 pixels turned and scaled. */
        assert_true(hypot(x_sum / sum - x, y_sum / sum - y) < 8 + 4);
    }
}

/* ---- Loader ---------------------------------------------------------------------------------- */

/* Crops taken as they are. */
static const struct affine *whole_crops(int count)
{
    static struct affine faces[80];
    assert_true(count <= (int)(sizeof faces / sizeof *faces));
    for (int i = 0; i < count; i++)
        faces[i] = affine_identity;
    return faces;
}

static struct loader_config loader_of(const struct dataset *d, int workers)
{
    return (struct loader_config){
        .dataset = d,
        .faces = whole_crops(d->count),
        .feature_count = 1,
        .features = {features_default(FEATURES_HOG, FACE_SIDE, FACE_SIDE)},
        .augment = {.strength = 0.5f, .flip = true},
        .views = 1,
        .batch_size = 16,
        .seed = 9,
        .workers = workers};
}

/* All vectors of one kind of one epoch, in the order of their batches. */
static float *load_epoch(struct loader *loader, const int *order, int count, int epoch, int feature,
                         int dim)
{
    float *all = malloc((size_t)count * (size_t)dim * sizeof *all);
    struct batch batch;
    int seen = 0;
    assert_non_null(all);
    loader_start(loader, order, count, epoch, 0);
    while (loader_next(loader, &batch)) {
        assert_in_range(batch.count, 2, 16);
        memcpy(all + (size_t)seen * (size_t)dim, batch.inputs[feature],
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
    struct features f = features_default(FEATURES_HOG, FACE_SIDE, FACE_SIDE);
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
            epochs[workers - 1][epoch] = load_epoch(loader, order, 65, epoch, 0, dim);
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

/* What two partners share between them stays, whatever the share. */
static void expect_shared(const float *plain, const float *mixed, int dim, int a, int b)
{
    for (int j = 0; j < dim; j += 97) {
        double before = (double)plain[a * dim + j] + (double)plain[b * dim + j];
        double after = (double)mixed[a * dim + j] + (double)mixed[b * dim + j];
        expect_close(after, before, 1e-4, "sum of two partners");
    }
}

static void mixup_blends_within_the_batch(void **state)
{
    (void)state;
    struct dataset d = make_dataset(64, 0);
    struct loader_config plain = loader_of(&d, 1), mixed = loader_of(&d, 2);
    struct error error;
    struct loader *a, *b;
    struct batch x, y;
    int order[64], dims[2], blended = 0;
    plain.features[plain.feature_count++] = features_default(FEATURES_PIXELS, FACE_SIDE, FACE_SIDE);
    for (int f = 0; f < 2; f++) {
        mixed.features[f] = plain.features[f];
        dims[f] = features_dim(&plain.features[f]);
    }
    mixed.feature_count = 2;
    mixed.mixup = 0.4f;
    for (int i = 0; i < 64; i++)
        order[i] = i;
    assert_int_equal(loader_create(&a, &plain, &error), 0);
    assert_int_equal(loader_create(&b, &mixed, &error), 0);
    loader_start(a, order, 64, 0, 0);
    loader_start(b, order, 64, 0, 0);
    while (loader_next(a, &x) && loader_next(b, &y)) {
        for (int i = 0; i < x.count; i++) {
            double target = 0;
            for (int k = 0; k < LABEL_COUNT; k++)
                target += y.targets[i * LABEL_COUNT + k];
            expect_close(target, 1.0, 1e-5, "sum of a blended target");
            int partner = x.count - 1 - i;
            double share = y.targets[i * LABEL_COUNT + i % LABEL_COUNT];
            blended += share > 0.02 && share < 0.98;
            expect_shared(x.inputs[0], y.inputs[0], dims[0], i, partner);
            expect_shared(x.inputs[1], y.inputs[1], dims[1], i, partner);
        }
    }
    assert_true(blended > 10);
    loader_free(&a);
    loader_free(&b);
    dataset_free(&d);
}

/* Both vectors of the epoch's only batch, one behind the other, and its targets. */
static float *load_batch(const struct loader_config *config, const int *order, int count,
                         float *targets)
{
    struct loader *loader;
    struct batch batch;
    struct error error;
    size_t rows = (size_t)count, dims[2];
    for (int f = 0; f < 2; f++)
        dims[f] = (size_t)features_dim(&config->features[f]);
    float *all = malloc(rows * (dims[0] + dims[1]) * sizeof *all);
    assert_non_null(all);
    assert_int_equal(loader_create(&loader, config, &error), 0);
    loader_start(loader, order, count, 3, 0);
    assert_true(loader_next(loader, &batch));
    assert_int_equal(batch.count, count);
    memcpy(all, batch.inputs[0], rows * dims[0] * sizeof *all);
    memcpy(all + rows * dims[0], batch.inputs[1], rows * dims[1] * sizeof *all);
    memcpy(targets, batch.targets, rows * LABEL_COUNT * sizeof *all);
    assert_false(loader_next(loader, &batch));
    loader_free(&loader);
    return all;
}

enum { PAIRED = 15 }; /* samples of one batch; that in the middle has no partner */

static struct loader_config loader_of_pairs(const struct dataset *d)
{
    struct loader_config config = loader_of(d, 1);
    config.augment = (struct augment){0};
    config.features[config.feature_count++] =
        features_default(FEATURES_PIXELS, FACE_SIDE, FACE_SIDE);
    return config;
}

/* By which shares depends on the seed, whatever compiler draws them: what is learned depends on
 * them. Vectors are blended as the targets are. */
static void shares_of_mixup_are_as_they_were(void **state)
{
    (void)state;
    static const double expected[PAIRED / 2] = {0.81863, 0.21173, 0.35549, 0.5605,
                                                0.00846, 0.9794,  0.7872};
    struct dataset d = make_dataset(PAIRED, 0);
    struct loader_config config = loader_of_pairs(&d);
    float targets[PAIRED * LABEL_COUNT];
    int order[PAIRED];
    for (int i = 0; i < PAIRED; i++) {
        order[i] = PAIRED - 1 - i;
        d.labels[i] = i > PAIRED / 2; /* of the batch's first half */
    }
    float *plain = load_batch(&config, order, PAIRED, targets);
    config.mixup = 0.4f;
    float *mixed = load_batch(&config, order, PAIRED, targets);
    const float *a = plain, *b = mixed;
    for (int f = 0; f < 2; f++) {
        int dim = features_dim(&config.features[f]);
        for (int i = 0; i < PAIRED; i++) {
            int partner = PAIRED - 1 - i;
            double own = targets[i * LABEL_COUNT + (i < PAIRED / 2)];
            if (i < PAIRED / 2)
                expect_close(own, expected[i], 1e-4, "a share");
            for (int j = 0; j < dim; j++)
                expect_close(b[i * dim + j],
                             own * (double)a[i * dim + j] +
                                 (1 - own) * (double)a[partner * dim + j],
                             1e-4, "a blended value");
        }
        a += PAIRED * dim;
        b += PAIRED * dim;
    }
    free(plain);
    free(mixed);
    dataset_free(&d);
}

/* A share of each vector becomes nothing, after samples were blended; the rest makes up for it. */
static void inputs_are_dropped(void **state)
{
    (void)state;
    struct dataset d = make_dataset(PAIRED, 0);
    struct loader_config config = loader_of_pairs(&d);
    float targets[PAIRED * LABEL_COUNT];
    int order[PAIRED];
    for (int i = 0; i < PAIRED; i++)
        order[i] = i;
    for (int mixes = 0; mixes < 2; mixes++) {
        config.mixup = mixes ? 0.4f : 0;
        config.input_dropout = 0;
        float *plain = load_batch(&config, order, PAIRED, targets);
        config.input_dropout = 0.25f;
        float *dropped = load_batch(&config, order, PAIRED, targets);
        const float *a = plain, *b = dropped;
        for (int row = 0; row < 2 * PAIRED; row++) {
            int dim = features_dim(&config.features[row / PAIRED]), values = 0, gone = 0;
            for (int j = 0; j < dim; j++) {
                values += a[j] != 0;
                gone += a[j] != 0 && b[j] == 0;
                if (b[j] != 0)
                    expect_close(b[j], (double)a[j] / 0.75, 1e-5, "what is left of a vector");
            }
            assert_in_range(gone, values * 15 / 100, values * 35 / 100);
            a += dim;
            b += dim;
        }
        free(plain);
        free(dropped);
    }
    dataset_free(&d);
}

/* Nothing is left of the epoch before, also where it had the same batches. */
static void epochs_are_made_anew(void **state)
{
    (void)state;
    enum { COUNT = 8, EPOCHS = 20 };
    struct dataset d = make_dataset(COUNT, 0);
    struct loader_config config = loader_of(&d, 1);
    struct error error;
    struct loader *loader, *fresh;
    int order[COUNT], dim = features_dim(&config.features[0]);
    for (int i = 0; i < COUNT; i++)
        order[i] = i;
    assert_int_equal(loader_create(&loader, &config, &error), 0);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        assert_int_equal(loader_create(&fresh, &config, &error), 0);
        float *expected = load_epoch(fresh, order, COUNT, epoch, 0, dim);
        float *vectors = load_epoch(loader, order, COUNT, epoch, 0, dim);
        assert_memory_equal(vectors, expected, (size_t)COUNT * (size_t)dim * sizeof *vectors);
        loader_free(&fresh);
        free(expected);
        free(vectors);
    }
    loader_free(&loader);
    dataset_free(&d);
}

#ifdef __linux__
/* What makes batches gives way to what learns from them. */
static void workers_give_way(void **state)
{
    (void)state;
    struct dataset d = make_dataset(8, 0);
    struct loader_config config = loader_of(&d, 1);
    struct loader *loader;
    struct batch batch;
    struct error error;
    int order[8] = {0, 1, 2, 3, 4, 5, 6, 7}, giving_way = 0;
    int nice = getpriority(PRIO_PROCESS, 0), given = nice + 2 < 19 ? nice + 2 : 19;
    assert_int_equal(loader_create(&loader, &config, &error), 0);
    loader_start(loader, order, 8, 0, 0);
    assert_true(loader_next(loader, &batch)); /* whoever made it has begun */
    DIR *threads = opendir("/proc/self/task");
    assert_non_null(threads);
    for (struct dirent *entry; (entry = readdir(threads));) {
        long thread = strtol(entry->d_name, NULL, 10);
        giving_way += thread > 0 && getpriority(PRIO_PROCESS, (id_t)thread) == given;
    }
    closedir(threads);
    assert_int_equal(giving_way, nice < 19 ? 1 : 2);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), nice);
    loader_free(&loader);
    dataset_free(&d);
}
#endif

/* Each sample comes once, with a vector of every kind, all of the face where it was said to lie. */
static void loader_gives_each_sample_once(void **state)
{
    (void)state;
    struct dataset d = make_dataset(40, 0);
    struct loader_config config = loader_of(&d, 2);
    struct error error;
    struct loader *loader;
    struct affine faces[40];
    int order[40];
    config.augment = (struct augment){0};
    config.faces = faces;
    config.features[config.feature_count++] =
        features_default(FEATURES_PIXELS, FACE_SIDE, FACE_SIDE);
    for (int i = 0; i < 40; i++) {
        order[i] = (i * 7) % 40;
        faces[i] = affine_similarity(0.02f * (float)i, 1, (float)(i % 5), 0, FACE_SIDE, FACE_SIDE);
    }
    assert_int_equal(loader_create(&loader, &config, &error), 0);
    for (int f = 0; f < 2; f++) {
        size_t dim = (size_t)features_dim(&config.features[f]), size = dim * sizeof(float);
        float *all = load_epoch(loader, order, 40, f, f, (int)dim), *vector = malloc(size);
        uint8_t face[PIXELS];
        int seen[40] = {0};
        assert_non_null(vector);
        for (int s = 0; s < 40; s++) {
            warp_picture(&faces[s], dataset_picture(&d, s), FACE_SIDE, FACE_SIDE, face);
            extract(&config.features[f], face, vector);
            for (size_t i = 0; i < 40; i++)
                seen[s] += memcmp(all + i * dim, vector, size) == 0;
            assert_int_equal(seen[s], 1);
        }
        free(all);
        free(vector);
    }
    /* Given up in the middle of an epoch. */
    struct batch batch;
    loader_start(loader, order, 40, 2, 0);
    assert_true(loader_next(loader, &batch));
    loader_free(&loader);
    dataset_free(&d);
}

/* How many first and second views of 40 samples a webcam changed, where it took such a share of
 * all: the others are the vectors of the pictures as they are. */
static void count_changed(float webcam, int changed[2])
{
    struct dataset d = make_dataset(40, 0);
    struct loader_config config = loader_of(&d, 2);
    struct loader *loader;
    struct batch batch;
    struct error error;
    int order[40], seen = 0, dim = features_dim(&config.features[0]);
    float *vector = malloc((size_t)dim * sizeof *vector), target[LABEL_COUNT];
    assert_non_null(vector);
    config.views = 2;
    config.augment = (struct augment){.webcam = webcam};
    for (int i = 0; i < 40; i++)
        order[i] = 39 - i;
    assert_int_equal(loader_create(&loader, &config, &error), 0);
    assert_int_equal(loader_batch_count(loader, 40), 5);
    loader_start(loader, order, 40, 0, 0);
    assert_int_equal(loader_seen(loader), 0);
    changed[0] = changed[1] = 0;
    while (loader_next(loader, &batch)) {
        assert_int_equal(batch.count, 16);
        for (int row = 0; row < batch.count; row++) {
            int sample = order[seen + row / 2];
            extract(&config.features[0], dataset_picture(&d, sample), vector);
            changed[row % 2] += memcmp(batch.inputs[0] + (size_t)row * (size_t)dim, vector,
                                       (size_t)dim * sizeof *vector) != 0;
            dataset_target(&d, &config.targets, sample, target);
            assert_memory_equal(batch.targets + row * LABEL_COUNT, target, sizeof target);
        }
        seen += batch.count / 2;
        assert_int_equal(loader_seen(loader), seen);
    }
    assert_int_equal(seen, 40);
    assert_int_equal(loader_seen(loader), 40);
    loader_free(&loader);
    free(vector);
    dataset_free(&d);
}

static void second_views_are_those_of_webcams(void **state)
{
    (void)state;
    int changed[2];
    count_changed(0.0f, changed);
    assert_int_equal(changed[0], 0);
    assert_int_equal(changed[1], 0);
    count_changed(0.25f, changed);
    assert_int_equal(changed[0], 0);
    assert_in_range(changed[1], 10, 30);
    count_changed(0.5f, changed);
    assert_int_equal(changed[0], 0);
    assert_in_range(changed[1], 38, 40); /* some change nothing that can be seen */
    count_changed(0.75f, changed);
    assert_in_range(changed[0], 10, 30);
    assert_in_range(changed[1], 38, 40);
}

/* Of two samples with weights 1 and 2. */
static void views_are_to_be_their_mean_and_the_target(void **state)
{
    (void)state;
    static const float answers[] = {0.75f, 0.25f, 0.25f, 0.75f, 1.0f, 0.0f, 0.5f, 0.5f};
    static const float targets[] = {1.0f, 0.0f, 1.0f, 0.0f, 0.5f, 1.5f, 0.5f, 1.5f};
    static const float once[] = {0.75f, 0.25f, 0.75f, 0.25f, 1.0f, 1.0f, 1.0f, 1.0f};
    static const float thrice[] = {0.625f, 0.375f, 0.625f, 0.375f, 1.25f, 0.75f, 1.25f, 0.75f};
    float agreed[8];
    training_agree(answers, targets, 4, 2, 1.0f, agreed);
    assert_memory_equal(agreed, once, sizeof once);
    training_agree(answers, targets, 4, 2, 3.0f, agreed);
    assert_memory_equal(agreed, thrice, sizeof thrice);
}

/* A picture of a class that comes half as often counts double. */
static void weights_follow_rarity(void **state)
{
    (void)state;
    enum { COUNT = 14 };
    struct dataset d = make_dataset(COUNT, 0);
    struct recipe r = recipe_default();
    float weights[COUNT], prior[LABEL_COUNT], sum = 0.0f;
    int *samples, count;
    struct error error;
    d.labels[0] = d.labels[7] = 1; /* 0 is gone, 1 comes four times */
    assert_int_equal(dataset_split(&d, SPLIT_TRAINING, &samples, &count, &error), 0);
    r.class_weights = 1.0f;
    calibration_weigh(&r, &d, samples, count, weights, prior);
    for (int i = 0; i < COUNT; i++)
        sum += weights[i];
    assert_float_equal(sum, COUNT, 1e-5);
    assert_float_equal(weights[2], 2.0f * weights[1], 1e-5);

    /* The loader multiplies by them. */
    struct loader_config config = loader_of(&d, 1);
    struct affine faces[COUNT];
    struct loader *loader;
    struct batch batch;
    config.weights = weights;
    config.faces = faces;
    for (int i = 0; i < COUNT; i++)
        faces[i] = affine_identity;
    assert_int_equal(loader_create(&loader, &config, &error), 0);
    loader_start(loader, samples, COUNT, 0, 0);
    assert_true(loader_next(loader, &batch));
    for (int i = 0; i < batch.count; i++) {
        float all = 0.0f;
        for (int k = 0; k < LABEL_COUNT; k++)
            all += batch.targets[i * LABEL_COUNT + k];
        assert_float_equal(all, weights[samples[i]], 1e-5);
    }
    loader_free(&loader);
    dataset_free(&d);
    free(samples);
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

/* ---- Training
 * ------------------------------------------------------------------------------------- */

static struct recipe small_recipe(void)
{
    struct recipe r = recipe_default();
    r.align = r.verifier = false;
    r.network_count = 1;
    r.features[0] = FEATURES_HOG;
    r.hidden_count = 1;
    r.hidden[0] = (struct hidden_layer){.units = 16};
    r.batch_size = 16;
    r.epochs = 6;
    r.learning_rate = 1e-2f;
    r.augment = (struct augment){.strength = 0.2f};
    r.step.dropout = 0.1f;
    r.threads = 2;
    return r;
}

static char small_model[2 * TEST_PATH_SIZE], small_checkpoint[3 * TEST_PATH_SIZE];

static struct model train_small(const struct recipe *recipe, const struct dataset *d)
{
    struct error error = {.text = ""};
    struct model model = {0};
    const volatile sig_atomic_t stop = 0;
    const struct training_files files = {"test", small_model, small_checkpoint, NULL, NULL};
    if (train(recipe, d, &files, NULL, &stop, &error) < 0 ||
        model_load(&model, small_model, &error) < 0)
        fail_msg("%s", error.text);
    return model;
}

static void training_learns_with_every_batching(void **state)
{
    (void)state;
    struct dataset d = make_dataset(350, 70);
    struct error error;
    for (int batching = 0; batching < BATCHING_COUNT; batching++) {
        struct recipe r = small_recipe();
        r.batching = (enum batching)batching;
        if (batching != BATCHING_MINI_BATCH) {
            r.batch_norm = false;
            r.step.dropout = r.step.input_dropout = 0;
            r.optimizer = batching == BATCHING_STOCHASTIC ? OPTIMIZER_SGD : OPTIMIZER_ADAMW;
            r.epochs = batching == BATCHING_STOCHASTIC ? 6 : 60;
        }
        struct model model = train_small(&r, &d);
        struct evaluation e;
        assert_int_equal(evaluate(&e, &model, &d, SPLIT_VALIDATION, &error), 0);
        if (e.metrics.accuracy < 0.95)
            fail_msg("%s descent: accuracy %.3f", batching_names[batching], e.metrics.accuracy);
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
    r.network_count = 2;
    r.features[1] = FEATURES_PIXELS;
    struct model a = train_small(&r, &d), b = train_small(&r, &d);
    r.seed++;
    struct model c = train_small(&r, &d);
    for (int n = 0; n < 2; n++) {
        const struct mlp *x = &a.networks[n].mlp, *y = &b.networks[n].mlp, *z = &c.networks[n].mlp;
        assert_memory_equal(x->parameters, y->parameters,
                            x->parameter_count * sizeof *x->parameters);
        assert_memory_not_equal(x->parameters, z->parameters,
                                x->parameter_count * sizeof *x->parameters);
    }
    model_free(&a);
    model_free(&b);
    model_free(&c);
    dataset_free(&d);
}

static void expect_answers(const struct model *a, const struct model *b, const struct dataset *d)
{
    struct model_workspace *workspace;
    struct error error;
    float x[MODEL_MAX_CLASSES], y[MODEL_MAX_CLASSES];
    for (int i = 0; i < d->count; i += 7) {
        assert_int_equal(model_workspace_create(&workspace, a, 1, &error), 0);
        model_predict(a, workspace, dataset_picture(d, i), 1, x);
        model_workspace_free(&workspace);
        assert_int_equal(model_workspace_create(&workspace, b, 1, &error), 0);
        model_predict(b, workspace, dataset_picture(d, i), 1, y);
        model_workspace_free(&workspace);
        for (int k = 0; k < d->class_count; k++)
            expect_close(x[k], y[k], 1e-4, "a probability");
    }
}

/* A prior that is given later does what it would have done in the training. */
static void priors_can_be_given_later(void **state)
{
    (void)state;
    struct dataset d = make_dataset(140, 35);
    struct recipe r = small_recipe();
    struct error error;
    r.epochs = 2;
    r.prior = (struct prior){PRIOR_LIST, {1, 2, 3, 4, 5, 6, 7}, LABEL_COUNT};
    struct model listed = train_small(&r, &d);
    r.prior = (struct prior){.kind = PRIOR_UNIFORM};
    struct model uniform = train_small(&r, &d);
    for (int k = 0; k < LABEL_COUNT; k++) {
        expect_close(uniform.prior[k], 1.0 / LABEL_COUNT, 1e-6, "a share");
        expect_close(listed.prior[k], (1 + k) / 28.0, 1e-6, "a share");
    }
    assert_int_equal(model_set_prior(&uniform, listed.prior, small_model, &error), 0);
    expect_answers(&listed, &uniform, &d);
    r.prior.kind = PRIOR_TRAINING;
    struct model plain = train_small(&r, &d);
    int counts[LABEL_COUNT] = {0}, all = 0;
    for (int i = 0; i < d.count; i++)
        if (d.splits[i] == SPLIT_TRAINING) {
            counts[d.labels[i]]++;
            all++;
        }
    for (int k = 0; k < LABEL_COUNT; k++)
        expect_close(plain.prior[k], (double)counts[k] / all, 1e-6, "a share");
    model_free(&listed);
    model_free(&uniform);
    model_free(&plain);
    dataset_free(&d);
}

static void refuses_what_makes_no_sense(void **state)
{
    (void)state;
    struct error error;
    struct recipe r = small_recipe();
    r.batching = BATCHING_STOCHASTIC;
    assert_int_equal(recipe_check(&r, &error), -1);
    assert_non_null(strstr(error.text, "--batch-norm off"));
    r = small_recipe();
    r.batch_size = 2; /* of an odd number, one would be alone */
    assert_int_equal(recipe_check(&r, &error), -1);
    assert_non_null(strstr(error.text, "3 or more samples per batch"));
    r.batch_size = 3;
    assert_int_equal(recipe_check(&r, &error), 0);
    r = small_recipe();
    r.patience = 3;
    assert_int_equal(recipe_check(&r, &error), -1);
    r.optimizer = OPTIMIZER_MOMENTUM;
    assert_int_equal(recipe_check(&r, &error), 0);
}

/* Batches of any size over any number of samples: none of a single sample, which batch
 * normalization makes nothing of, and the model's answers are finite numbers. */
static void small_batches_stay_finite(void **state)
{
    (void)state;
    struct recipe r = small_recipe();
    r.epochs = 1;
    for (int count = 2; count <= 11; count += 3)
        for (r.batch_size = 3; r.batch_size <= 5; r.batch_size++) {
            struct dataset d = make_dataset(count, 7);
            struct model model = train_small(&r, &d);
            const struct mlp *mlp = &model.networks[0].mlp;
            for (size_t i = 0; i < mlp->parameter_count; i++)
                assert_true(isfinite(mlp->parameters[i]));
            model_free(&model);
            dataset_free(&d);
        }
    struct dataset d = make_dataset(1, 7);
    struct error error;
    const volatile sig_atomic_t stop = 0;
    const struct training_files files = {"test", small_model, small_checkpoint, NULL, NULL};
    assert_int_equal(train(&r, &d, &files, NULL, &stop, &error), -1);
    assert_non_null(strstr(error.text, "2 training pictures"));
    dataset_free(&d);
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
    const struct training_files files = {"test", small_model, small_checkpoint, NULL, NULL};
    unlink(small_model);
    assert_int_equal(train(&r, &d, &files, NULL, &stop, &error), -1);
    assert_non_null(strstr(error.text, "smaller --learning-rate"));
    assert_int_not_equal(access(small_model, F_OK), 0);
    dataset_free(&d);
}

static int name_files(void **state)
{
    if (make_folder(state) < 0)
        return -1;
    snprintf(small_model, sizeof small_model, "%s", in_folder("small.safetensors"));
    snprintf(small_checkpoint, sizeof small_checkpoint, "%s.checkpoint", small_model);
    return 0;
}

/* Of two networks with answers of their own. */
static void lean_is_what_lies_beyond_the_shares(void **state)
{
    (void)state;
    enum { COUNT = 200, CLASSES = 3 };
    static const float shares[CLASSES] = {0.6f, 0.3f, 0.1f};
    struct dataset dataset = {.class_count = CLASSES};
    struct recipe recipe = {.network_count = 2};
    float outputs[2][COUNT * CLASSES];
    struct rng rng = rng_make(3, 0);
    for (int n = 0; n < 2; n++)
        for (int i = 0; i < COUNT; i++) {
            float *row = outputs[n] + i * CLASSES, sum = 0.0f;
            for (int k = 0; k < CLASSES; k++)
                sum += row[k] = (float)(rng_uniform(&rng) * (1 + k + n));
            for (int k = 0; k < CLASSES; k++)
                row[k] /= sum;
        }
    const struct validation validation = {.dataset = &dataset,
                                          .recipe = &recipe,
                                          .count = COUNT,
                                          .outputs = {outputs[0], outputs[1]}};
    double offsets[CLASSES], means[CLASSES] = {0};
    validation_logit_offsets(&validation, shares, offsets);
    for (int i = 0; i < 2 * COUNT; i++) {
        const float *row = outputs[i / COUNT] + i % COUNT * CLASSES;
        double powers[CLASSES], sum = 0.0;
        for (int k = 0; k < CLASSES; k++)
            sum += powers[k] = (double)row[k] * exp(-offsets[k]);
        for (int k = 0; k < CLASSES; k++)
            means[k] += powers[k] / sum / (2 * COUNT);
    }
    for (int k = 0; k < CLASSES; k++)
        assert_float_equal(means[k], shares[k], 1e-6);
}

static void expect_met(struct validation *v, const struct mlp *mlps,
                       const struct features *features, uint64_t seed, const float *expected,
                       bool same)
{
    const struct mlp none = {0};
    struct error error;
    size_t dim = (size_t)features_dim(features);
    assert_int_equal(validation_meet(v, mlps, features, &none, seed, &error), 0);
    for (size_t i = 0; i < (size_t)v->count; i++) {
        bool equal = !memcmp(v->vectors[0] + i * dim, expected + i * dim, dim * sizeof *expected);
        assert_int_equal(equal, same || i % 2 == 1);
    }
}

/* Every second picture changes, in a way that the seed says; the mirror images are answered, too.
 */
static void webcams_change_what_validation_sees(void **state)
{
    (void)state;
    struct dataset d = make_dataset(14, 35);
    struct recipe r = small_recipe();
    struct features features = recipe_features(&r, &d, 0);
    struct affine faces[49];
    struct validation v;
    struct error error;
    struct mlp mlp;
    struct mlp_config config = recipe_network(&r, &d, 0);
    config.batch_norm = false; /* folded, as answers want it */
    r.augment.webcam = 0.3f;
    r.augment.flip = true;
    for (int i = 0; i < d.count; i++)
        faces[i] = affine_identity;
    assert_int_equal(mlp_create(&mlp, &config, &error), 0);
    struct rng rng = rng_make(1, 0);
    mlp_init(&mlp, &rng);
    assert_int_equal(validation_create(&v, &r, &d, &features, faces, &error), 0);
    size_t size = 35 * (size_t)features_dim(&features) * sizeof(float);
    float *before = malloc(size);
    assert_non_null(before);
    memcpy(before, v.vectors[0], size);
    expect_met(&v, &mlp, &features, 1, before, false);
    memcpy(before, v.vectors[0], size);
    expect_met(&v, &mlp, &features, 2, before, false);
    expect_met(&v, &mlp, &features, 1, before, true);
    void *rooms = malloc(features_scratch(&features));
    assert_non_null(rooms);
    for (int i = 1; i < 35; i += 2) {
        float answer[LABEL_COUNT],
            *vector = v.vectors[0] + (size_t)i * (size_t)features_dim(&features);
        uint8_t mirrored[FACE_SIDE * FACE_SIDE];
        face_mirror(dataset_picture(&d, v.indices[i]), d.width, d.height, mirrored);
        features_extract(&features, rooms, mirrored, vector);
        mlp_forward(&mlp, v.workspaces[0], vector, 1, answer);
        for (int k = 0; k < LABEL_COUNT; k++)
            assert_float_equal(v.mirrored[0][i * LABEL_COUNT + k], answer[k], 1e-6);
    }
    free(rooms);
    free(before);
    mlp_free(&mlp);
    validation_free(&v);
    dataset_free(&d);
}

/* How far the answers to pictures move where a webcam takes them, on average over the classes. */
static double moved_by_webcams(float agreement, const struct dataset *d)
{
    struct recipe r = small_recipe();
    const struct augment webcam = {.webcam = 1.0f};
    struct augment_scratch room;
    double moved = 0.0;
    r.augment.webcam = 0.5f;
    r.agreement = agreement;
    r.epochs = 12;
    struct model model = train_small(&r, d);
    struct model_workspace *workspace;
    struct error error;
    assert_int_equal(model_workspace_create(&workspace, &model, 1, &error), 0);
    for (int i = 0; i < d->count; i++) {
        float clean[LABEL_COUNT], taken[LABEL_COUNT];
        uint8_t picture[PIXELS];
        struct rng rng = rng_make(3, (uint64_t)i);
        augment_picture(&webcam, &rng, &affine_identity, dataset_picture(d, i), FACE_SIDE,
                        FACE_SIDE, &room, picture);
        model_predict(&model, workspace, dataset_picture(d, i), 1, clean);
        model_predict(&model, workspace, picture, 1, taken);
        for (int k = 0; k < LABEL_COUNT; k++)
            moved += fabs((double)(taken[k] - clean[k])) / (d->count * LABEL_COUNT);
    }
    model_workspace_free(&workspace);
    model_free(&model);
    return moved;
}

static void views_come_to_agree(void **state)
{
    (void)state;
    struct dataset d = make_dataset(140, 70);
    double alone = moved_by_webcams(0.0f, &d), agreed = moved_by_webcams(4.0f, &d);
    if (!(agreed < 0.75 * alone))
        fail_msg("answers move by %.4f, without agreement by %.4f", agreed, alone);
    dataset_free(&d);
}

static double mean_confidence(const struct recipe *recipe, const struct dataset *d)
{
    struct model model = train_small(recipe, d);
    struct evaluation e;
    struct error error;
    double sum = 0;
    assert_int_equal(evaluate(&e, &model, d, SPLIT_VALIDATION, &error), 0);
    for (int b = 0; b < CALIBRATION_BINS; b++)
        sum += e.metrics.bins[b].count * e.metrics.bins[b].confidence;
    model_free(&model);
    return sum / e.metrics.count;
}

/* A share of webcams so small that it changes no picture makes the same weights. */
static void confidence_is_what_webcams_leave(void **state)
{
    (void)state;
    struct dataset d = make_dataset(140, 70);
    struct recipe r = small_recipe();
    for (int i = 0; i < d.count; i += 5) /* wrong, so that certainty is a mistake */
        d.labels[i] = (uint8_t)((d.labels[i] + 1) % LABEL_COUNT);
    r.augment.strength = 0;
    double clean = mean_confidence(&r, &d);
    r.augment.webcam = 1e-9f;
    double met = mean_confidence(&r, &d);
    if (!(met < clean - 0.002))
        fail_msg("confidence %.3f, as on clean pictures (%.3f)", met, clean);
    dataset_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_are_disjoint),
        cmocka_unit_test(targets_mix_label_and_consensus),
        cmocka_unit_test(splits_go_by_their_names),
        cmocka_unit_test(consensus_finds_what_was_shown),
        cmocka_unit_test(consensus_keeps_what_voters_overlook),
        cmocka_unit_test(mean_faces_show_the_classes),
        cmocka_unit_test(augmentation_keeps_within_bounds),
        cmocka_unit_test(augmentation_takes_the_place_of_the_face),
        cmocka_unit_test(loader_is_independent_of_workers),
        cmocka_unit_test(loader_gives_each_sample_once),
        cmocka_unit_test(second_views_are_those_of_webcams),
        cmocka_unit_test(views_are_to_be_their_mean_and_the_target),
        cmocka_unit_test(weights_follow_rarity),
        cmocka_unit_test(mixup_blends_within_the_batch),
        cmocka_unit_test(shares_of_mixup_are_as_they_were),
        cmocka_unit_test(inputs_are_dropped),
        cmocka_unit_test(epochs_are_made_anew),
#ifdef __linux__
        cmocka_unit_test(workers_give_way),
#endif
        cmocka_unit_test(optimizers_follow_their_formulas),
        cmocka_unit_test(training_learns_with_every_batching),
        cmocka_unit_test(same_seed_same_weights),
        cmocka_unit_test(priors_can_be_given_later),
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(small_batches_stay_finite),
        cmocka_unit_test(stops_at_a_loss_without_end),
        cmocka_unit_test(lean_is_what_lies_beyond_the_shares),
        cmocka_unit_test(webcams_change_what_validation_sees),
        cmocka_unit_test(views_come_to_agree),
        cmocka_unit_test(confidence_is_what_webcams_leave),
    };
    return cmocka_run_group_tests(tests, name_files, remove_folder);
}
