/* The room src/train on small made-up data; its readers are in test_readers.c, the
 * evaluation in test_evaluate.c. */
#include "calibration.h"
#include "consensus.h"
#include "evaluate.h"
#include "extract.h"
#include "face.h"
#include "fit_aligner.h"
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
    expect_close((double)target[2], 0.94, 1e-6, "a target"); /* without FER+ the label alone */
    d.consensus = calloc(7 * LABEL_COUNT, sizeof *d.consensus);
    assert_non_null(d.consensus);
    d.consensus[2 * LABEL_COUNT + 2] = 0.25f;
    d.consensus[2 * LABEL_COUNT + 3] = 0.75f;
    dataset_target(&d, &mix, 2, target);
    for (int k = 0; k < LABEL_COUNT; k++)
        sum += target[k];
    expect_close((double)sum, 1, 1e-6, "a target");
    expect_close((double)target[2], 0.59125, 1e-6, "a target");
    expect_close((double)target[3], 0.35875, 1e-6, "a target");
    expect_close((double)target[0], 0.01, 1e-6, "a target");
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
        expect_close((double)sum, 1, 1e-5, "a consensus");
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

enum { JUDGED = 60, TAUGHT = 48 /* of them, the first */ };

static void take_shares(double counts[LABEL_COUNT][LABEL_COUNT])
{
    for (int t = 0; t < LABEL_COUNT; t++) {
        double sum = 0;
        for (int k = 0; k < LABEL_COUNT; k++)
            sum += counts[t][k] += 1;
        for (int k = 0; k < LABEL_COUNT; k++)
            counts[t][k] /= sum;
    }
}

/* One round: what the consensus says of labeller and voters, and that of the consensus. */
static void judge_again(const struct dataset *d, double consensus[][LABEL_COUNT])
{
    double prior[LABEL_COUNT] = {0}, labels[LABEL_COUNT][LABEL_COUNT] = {{0}},
           votes[LABEL_COUNT][LABEL_COUNT] = {{0}};
    for (int i = 0; i < TAUGHT; i++)
        for (int t = 0; t < LABEL_COUNT; t++) {
            prior[t] += consensus[i][t];
            labels[t][d->labels[i]] += consensus[i][t];
            for (int k = 0; k < LABEL_COUNT; k++)
                votes[t][k] += consensus[i][t] * d->votes[i].classes[k];
        }
    take_shares(labels);
    take_shares(votes);
    for (int i = 0; i < JUDGED; i++) {
        double sum = 0;
        for (int t = 0; t < LABEL_COUNT; t++) {
            double likely = (prior[t] + 1) / (TAUGHT + LABEL_COUNT) * labels[t][d->labels[i]];
            for (int k = 0; k < LABEL_COUNT; k++)
                likely *= pow(sqrt(votes[t][k]), d->votes[i].classes[k]);
            sum += consensus[i][t] = likely;
        }
        for (int t = 0; t < LABEL_COUNT; t++)
            consensus[i][t] /= sum;
    }
}

/* Labels that overlook nothing give back what the voters take from a class. */
static void give_back(const struct dataset *d, double consensus[][LABEL_COUNT])
{
    double labelled[LABEL_COUNT] = {0}, agreed[LABEL_COUNT] = {0};
    for (int i = 0; i < TAUGHT; i++) {
        labelled[d->labels[i]]++;
        for (int k = 0; k < LABEL_COUNT; k++)
            agreed[k] += consensus[i][k];
    }
    for (int i = 0; i < JUDGED; i++) {
        int label = d->labels[i];
        double kept = labelled[label] > 0 ? fmax(1 - agreed[label] / labelled[label], 0) : 0;
        for (int k = 0; k < LABEL_COUNT; k++)
            consensus[i][k] = consensus[i][k] * (1 - kept) + (k == label ? kept : 0);
    }
}

/* Fifteen rounds, from the mean of label and votes. */
static void consensus_follows_its_formulas(void **state)
{
    (void)state;
    enum { FEAR = 2, SURPRISE = 5, NEUTRAL = 6 };
    struct dataset d = make_dataset(TAUGHT, JUDGED - TAUGHT);
    struct error error;
    struct rng rng = rng_make(13, 0);
    double expected[JUDGED][LABEL_COUNT];
    for (int i = 0; i < JUDGED; i++) {
        uint8_t votes[LABEL_COUNT] = {0};
        int cast = i % 5 ? 4 : 0, shown = d.labels[i];
        for (int v = 0; v < cast; v++)
            votes[rng_uniform(&rng) < 0.4 ? (int)rng_below(&rng, LABEL_COUNT)
                                          : (shown == FEAR ? SURPRISE : shown)]++;
        if (rng_uniform(&rng) < 0.3)
            d.labels[i] = (uint8_t)rng_below(&rng, LABEL_COUNT);
        if (i < TAUGHT && d.labels[i] == NEUTRAL)
            d.labels[i] = 0; /* of which no label is known */
        add_votes(&d, i, votes, 1);
        for (int k = 0; k < LABEL_COUNT; k++)
            expected[i][k] = (cast ? votes[k] / 8.0 : 0) + (k != d.labels[i] ? 0 : cast ? 0.5 : 1);
    }
    for (int round = 0; round < 15; round++)
        judge_again(&d, expected);
    give_back(&d, expected);
    assert_int_equal(consensus_fit(&d, d.votes, &d.consensus, &error), 0);
    for (int i = 0; i < JUDGED; i++)
        for (int k = 0; k < LABEL_COUNT; k++)
            expect_close((double)d.consensus[i * LABEL_COUNT + k], expected[i][k], 1e-5,
                         "a share of the consensus");
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

/* What chance decides, in this order: whether there is a webcam, what it does, whether the face is
 * mirrored, how far it is turned, scaled and shifted. */
static void augmentation_follows_its_draws(void **state)
{
    (void)state;
    const double turn = 15 * 3.141592653589793 / 180;
    const struct augment how = {.strength = 0.5f, .flip = true, .webcam = 0.4f};
    const struct affine face = affine_similarity(0.2f, 1, 3, -2, FACE_SIDE, FACE_SIDE);
    const struct affine mirror = {{-1, 0, FACE_SIDE - 1, 0, 1, 0}};
    uint8_t in[PIXELS], taken[PIXELS], expected[PIXELS], out[PIXELS];
    struct rng draw = rng_make(1, 1), rng = rng_make(6, 6), same = rng;
    draw_sample(in, 5, &draw);
    for (int i = 0; i < 50; i++) {
        bool webcam = rng_uniform(&same) < 0.4;
        if (webcam)
            webcam_picture((struct grey_crop){in, FACE_SIDE, FACE_SIDE}, &same, &scratch.webcam,
                           taken);
        bool mirrored = rng_uniform(&same) < 0.5;
        double angle = rng_between(&same, -0.5 * turn, 0.5 * turn);
        double scale = 1 + rng_between(&same, -0.075, 0.075);
        double dx = rng_between(&same, -0.05, 0.05) * FACE_SIDE;
        double dy = rng_between(&same, -0.05, 0.05) * FACE_SIDE;
        struct affine moved = affine_similarity((float)angle, (float)(1 / scale), (float)dx,
                                                (float)dy, FACE_SIDE, FACE_SIDE);
        struct affine map = affine_compose(&face, &moved);
        if (mirrored)
            map = affine_compose(&map, &mirror);
        warp_picture(&map, webcam ? taken : in, FACE_SIDE, FACE_SIDE, expected);
        augment_picture(&how, &rng, &face, in, FACE_SIDE, FACE_SIDE, &scratch, out);
        for (int p = 0; p < PIXELS; p++)
            assert_in_range(out[p] + 1, expected[p], expected[p] + 2);
        assert_memory_equal(&rng, &same, sizeof rng);
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

/* The first two vectors of the epoch's only batch, one behind the other, and its targets. */
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

enum { PAIRED = 16 }; /* samples of one batch */

static struct loader_config loader_of_pairs(const struct dataset *d)
{
    struct loader_config config = loader_of(d, 1);
    config.augment = (struct augment){0};
    while (config.feature_count < MODEL_MAX_NETWORKS)
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
                                                0.00846, 0.9794,  0.7872,  0.83064};
    struct dataset d = make_dataset(PAIRED, 0);
    struct loader_config config = loader_of_pairs(&d);
    float targets[PAIRED * LABEL_COUNT];
    int order[PAIRED];
    for (int i = 0; i < PAIRED; i++) {
        order[i] = PAIRED - 1 - i;
        d.labels[i] = i >= PAIRED / 2; /* of the batch's first half */
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
    free(mixed);
    config.mixup = 0.001f; /* most draws are too small for a number */
    mixed = load_batch(&config, order, PAIRED, targets);
    for (int i = 0; i < PAIRED * LABEL_COUNT; i++)
        assert_true(isfinite(targets[i]));
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
    float targets[PAIRED * LABEL_COUNT], same[PAIRED * LABEL_COUNT];
    int order[PAIRED];
    for (int i = 0; i < PAIRED; i++)
        order[i] = i;
    for (int mixes = 0; mixes < 2; mixes++) {
        config.mixup = mixes ? 0.4f : 0;
        config.input_dropout = 0;
        float *plain = load_batch(&config, order, PAIRED, targets);
        config.input_dropout = 0.25f;
        float *dropped = load_batch(&config, order, PAIRED, same);
        assert_memory_equal(same, targets, sizeof targets);
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

/* What lies in memory behind them is not theirs. */
static void full_batches_drop_their_own_inputs(void **state)
{
    (void)state;
    enum { FULL = 4 };
    struct dataset d = make_dataset(PAIRED, 0);
    struct loader_config config = loader_of_pairs(&d);
    struct loader *loader;
    struct batch batch;
    struct error error;
    int order[PAIRED], batches = 0;
    for (int i = 0; i < PAIRED; i++)
        order[i] = i;
    config.mixup = 0.4f;
    config.input_dropout = 0.25f;
    config.batch_size = FULL;
    assert_int_equal(loader_create(&loader, &config, &error), 0);
    loader_start(loader, order, PAIRED, 0, 0);
    for (; loader_next(loader, &batch); batches++)
        assert_int_equal(batch.count, FULL);
    assert_int_equal(batches, PAIRED / FULL);
    loader_free(&loader);
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

/* One behind the other they take a sample's random numbers, of which nothing else takes any. */
static void views_share_random_numbers(void **state)
{
    (void)state;
    enum { COUNT = 8, EPOCH = 3 };
    struct dataset d = make_dataset(COUNT, 0);
    struct loader_config config = loader_of(&d, 1);
    struct loader *loader;
    struct batch batch;
    struct error error;
    size_t dim = (size_t)features_dim(&config.features[0]);
    float *vector = malloc(dim * sizeof *vector);
    int order[COUNT];
    assert_non_null(vector);
    config.views = 2;
    for (int i = 0; i < COUNT; i++)
        order[i] = i;
    assert_int_equal(loader_create(&loader, &config, &error), 0);
    loader_start(loader, order, COUNT, EPOCH, 0);
    assert_true(loader_next(loader, &batch));
    assert_int_equal(batch.count, 2 * COUNT);
    for (int i = 0; i < COUNT; i++) {
        struct rng rng = rng_make(config.seed, (uint64_t)EPOCH << 32 | (uint32_t)i);
        for (int row = 2 * i; row < 2 * i + 2; row++) {
            uint8_t face[PIXELS];
            augment_picture(&config.augment, &rng, &config.faces[i], dataset_picture(&d, i),
                            FACE_SIDE, FACE_SIDE, &scratch, face);
            extract(&config.features[0], face, vector);
            assert_memory_equal(batch.inputs[0] + (size_t)row * dim, vector, dim * sizeof *vector);
        }
    }
    loader_free(&loader);
    free(vector);
    dataset_free(&d);
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
    expect_close((double)sum, COUNT, 1e-5, "all weights");
    expect_close((double)weights[2], 2 * (double)weights[1], 1e-5, "a weight");
    for (int k = 0; k < LABEL_COUNT; k++) /* a class that is gone counts as if it had come once */
        expect_close((double)prior[k], (k ? k == 1 ? 4 : 2 : 1) / 15.0, 1e-6, "a share");
    r.class_weights = 0.5f;
    calibration_weigh(&r, &d, samples, count, weights, prior);
    expect_close((double)weights[2], sqrt(2) * (double)weights[1], 1e-5, "a weight");
    r.step.loss = LOSS_MSE; /* which cannot weigh */
    calibration_weigh(&r, &d, samples, count, weights, prior);
    for (int i = 0; i < COUNT; i++)
        expect_close((double)weights[i], 1, 1e-6, "a weight");
    /* What is not the label's counts as much for other classes. */
    d.consensus = calloc((size_t)COUNT * LABEL_COUNT, sizeof *d.consensus);
    assert_non_null(d.consensus);
    for (int i = 0; i < COUNT; i++)
        d.consensus[i * LABEL_COUNT + (i == 2 ? 0 : d.labels[i])] = 1;
    r.step.loss = LOSS_CROSS_ENTROPY;
    r.class_weights = 1.0f;
    r.targets.votes_share = 0.5f;
    calibration_weigh(&r, &d, samples, count, weights, prior);
    expect_close((double)prior[0], 1 / 14.5, 1e-6, "a share");
    expect_close((double)prior[2], 1.5 / 14.5, 1e-6, "a share");
    expect_close((double)(weights[2] / weights[3]), 0.5 * 2 / 1.5 + 0.5 * 2, 1e-5, "a weight");

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
        expect_close((double)all, (double)weights[samples[i]], 1e-5, "a weight");
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

/* As large as the model's weights, but for their rounding. */
static void expect_same_network(const struct recipe *a, const struct recipe *b,
                                const struct dataset *d)
{
    struct recipe untrained = *a;
    untrained.epochs = 0;
    struct model x = train_small(a, d), y = train_small(b, d), z = train_small(&untrained, d);
    const float *p = x.networks[0].mlp.parameters, *q = y.networks[0].mlp.parameters,
                *start = z.networks[0].mlp.parameters;
    size_t count = x.networks[0].mlp.parameter_count;
    double moved = 0, apart = 0;
    for (size_t i = 0; i < count; i++) {
        moved += fabs((double)(p[i] - start[i]));
        apart += fabs((double)(p[i] - q[i]));
    }
    if (!(moved > 0 && apart < 0.01 * moved))
        fail_msg("%s descent: moved by %.4g, apart by %.4g", batching_names[a->batching], moved,
                 apart);
    model_free(&x);
    model_free(&y);
    model_free(&z);
}

/* Full descent is that of one batch with all samples, though it takes them in parts; stochastic
 * descent that of batches of one. */
static void descents_differ_by_their_batches_alone(void **state)
{
    (void)state;
    struct dataset d = make_dataset(300, 14);
    struct recipe r = small_recipe(), other;
    r.batch_norm = r.step.bfloat16 = false;
    r.step.dropout = r.step.input_dropout = 0;
    r.augment = (struct augment){0};
    r.optimizer = OPTIMIZER_SGD;
    r.weight_decay = 0;
    r.epochs = 5;
    other = r;
    r.batching = BATCHING_FULL;
    r.learning_rate = 0.5f;
    other.batch_size = 300;
    other.learning_rate = r.learning_rate;
    expect_same_network(&r, &other, &d);
    r.epochs = other.epochs = 1;
    r.batching = BATCHING_STOCHASTIC;
    r.learning_rate = 0.01f;
    other.batch_size = 1;
    other.learning_rate = r.learning_rate;
    expect_same_network(&r, &other, &d);
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
        expect_close((double)means[k], (double)shares[k], 1e-6, "a share");
}

/* ---- Calibration ----------------------------------------------------------------------------- */

enum { SEEN = 60, KINDS = 3 };

/* What it costs to answer with all logits less their offsets over the temperature. */
static double cost_of(const struct validation *v, const double *offsets, double temperature)
{
    double cost = 0;
    for (int i = 0; i < v->count; i++) {
        double right = 0;
        for (int n = 0; n < 4; n++) {
            const float *all = n % 2 ? v->mirrored[n / 2] : v->outputs[n / 2];
            double powers[KINDS], sum = 0;
            if (!all)
                continue;
            for (int k = 0; k < KINDS; k++)
                sum += powers[k] =
                    pow((double)all[i * KINDS + k] * exp(-offsets[k]), 1 / temperature);
            right += powers[v->truth[i]] / sum;
        }
        cost -= log(right);
    }
    return cost;
}

/* Tried one by one, at last in steps of a 5000th. */
static double best_temperature(const struct validation *v, const double *offsets)
{
    double best = 0.2, step = 0.05;
    for (int i = 0; i < 3; i++, step /= 15) {
        double low = fmax(best - 20 * step, 0.2), high = fmin(best + 20 * step, 3);
        if (i == 0)
            high = 3;
        for (double t = low; t <= high; t += step)
            if (cost_of(v, offsets, t) < cost_of(v, offsets, best))
                best = t;
    }
    return best;
}

/* Of two networks, with mirror images and without; answers that are far too sure, or not sure
 * enough, end at the bounds. */
static void temperature_is_that_of_the_least_cost(void **state)
{
    (void)state;
    struct dataset dataset = {.class_count = KINDS};
    struct recipe recipe = {.network_count = 2};
    static float answers[4][SEEN * KINDS];
    static const double offsets[KINDS] = {0.3, -0.2, 0.1};
    int truth[SEEN];
    struct validation v = {.dataset = &dataset,
                           .recipe = &recipe,
                           .count = SEEN,
                           .outputs = {answers[0], answers[2]},
                           .truth = truth};
    for (int seed = 0; seed < 12; seed++) {
        struct rng rng = rng_make((uint64_t)seed, 4);
        double deviation = seed < 10 ? 1 + seed % 4 : 0.5, sure = seed < 10 ? 1.2 : 3;
        for (int i = 0; i < SEEN; i++) {
            truth[i] = i % KINDS;
            for (int n = 0; n < 4; n++) {
                float *row = answers[n] + i * KINDS, sum = 0;
                for (int k = 0; k < KINDS; k++)
                    sum += row[k] =
                        expf((float)(deviation * rng_normal(&rng) + (k == truth[i] ? sure : 0)));
                for (int k = 0; k < KINDS; k++)
                    row[k] /= sum;
            }
            truth[i] = seed == 11 ? (truth[i] + 1) % KINDS : truth[i];
        }
        v.mirrored[0] = seed % 2 ? answers[1] : NULL;
        v.mirrored[1] = seed % 2 ? answers[3] : NULL;
        double best = best_temperature(&v, offsets);
        assert_true(seed < 10 || best < 0.21 || best > 2.99);
        expect_close(validation_temperature(&v, offsets), best, 0.0019, "a temperature");
    }
}

/* Two networks, and what is known of the data. */
struct calibrated {
    struct dataset d;
    struct recipe r;
    struct training_state s;
    struct affine faces[140];
    float weights[140], prior[MODEL_MAX_CLASSES];
};

static void make_networks(const struct calibrated *c, struct mlp *mlps)
{
    for (int n = 0; n < 2; n++) {
        struct mlp_config config = recipe_network(&c->r, &c->d, n);
        struct rng rng = rng_make(5, (uint64_t)n);
        struct error error;
        config.batch_norm = false; /* folded, as answers want it */
        assert_int_equal(mlp_create(&mlps[n], &config, &error), 0);
        mlp_init(&mlps[n], &rng);
        for (size_t i = 0; i < mlps[n].parameter_count; i++)
            mlps[n].parameters[i] *= 3; /* surer than they should be */
    }
}

static void make_calibrated(struct calibrated *c)
{
    int *samples, count;
    struct error error;
    *c = (struct calibrated){.d = make_dataset(98, 42), .r = small_recipe()};
    for (int i = 0; i < c->d.count; i++) {
        c->faces[i] = affine_identity;
        c->d.labels[i] = c->d.labels[i] > 3 && i % 2 ? 1 : c->d.labels[i];
    }
    c->r.network_count = 2;
    c->r.features[1] = FEATURES_PIXELS;
    c->r.augment.webcam = 0.3f;
    c->r.augment.flip = true;
    assert_int_equal(dataset_split(&c->d, SPLIT_TRAINING, &samples, &count, &error), 0);
    calibration_weigh(&c->r, &c->d, samples, count, c->weights, c->prior);
    for (int n = 0; n < 2; n++)
        c->s.features[n] = recipe_features(&c->r, &c->d, n);
    make_networks(c, c->s.best);
    free(samples);
}

static void free_calibrated(struct calibrated *c)
{
    mlp_free(&c->s.best[0]);
    mlp_free(&c->s.best[1]);
    dataset_free(&c->d);
}

/* `leans`: whether what the answers lean to is to be taken off. */
static void expect_calibrated(struct calibrated *c, bool leans, const float *wanted)
{
    struct validation before, after;
    struct mlp mlps[2];
    struct error error;
    double loss, accuracy, offsets[LABEL_COUNT] = {0};
    float prior[MODEL_MAX_CLASSES];
    memcpy(prior, c->prior, sizeof prior);
    make_networks(c, mlps);
    const struct features *features = c->s.features;
    assert_int_equal(validation_create(&before, &c->r, &c->d, features, c->faces, &error), 0);
    assert_int_equal(validation_create(&after, &c->r, &c->d, features, c->faces, &error), 0);
    validation_run(&before, mlps, &loss, &accuracy);
    if (leans)
        validation_logit_offsets(&before, prior, offsets);
    const struct mlp none = {0};
    assert_int_equal(validation_meet(&before, mlps, features, &none, c->r.seed, &error), 0);
    double temperature = validation_temperature(&before, offsets);
    assert_int_equal(calibrate(&c->s, &after, prior, &error), 0);
    validation_run(&after, c->s.best, &loss, &accuracy);
    for (int n = 0; n < 2; n++)
        for (int i = 0; i < after.count; i++) {
            const float *p = before.outputs[n] + i * LABEL_COUNT,
                        *q = after.outputs[n] + i * LABEL_COUNT;
            double powers[LABEL_COUNT], sum = 0;
            for (int k = 0; k < LABEL_COUNT; k++)
                sum += powers[k] = pow((double)p[k] * exp(-offsets[k]), 1 / temperature) *
                                   (double)wanted[k] / (double)c->prior[k];
            for (int k = 0; k < LABEL_COUNT; k++)
                expect_close((double)q[k], powers[k] / sum, 1e-4, "a calibrated probability");
        }
    for (int k = 0; k < LABEL_COUNT; k++)
        expect_close((double)prior[k], (double)wanted[k], 1e-6, "a share of the prior");
    validation_free(&before);
    validation_free(&after);
    mlp_free(&mlps[0]);
    mlp_free(&mlps[1]);
}

/* Their logits less what they lean to, over the temperature, and towards the wanted prior. */
static void calibration_moves_the_last_layers(void **state)
{
    (void)state;
    static const struct {
        struct prior prior;
        float class_weights;
        enum loss loss;
        bool leans;
    } cases[] = {
        {{PRIOR_LIST, {1, 2, 3, 4, 5, 6, 7}, LABEL_COUNT}, 0.5f, LOSS_CROSS_ENTROPY, true},
        {{.kind = PRIOR_UNIFORM}, 0.0f, LOSS_CROSS_ENTROPY, true},
        {{.kind = PRIOR_TRAINING}, 0.5f, LOSS_CROSS_ENTROPY, true},
        {{.kind = PRIOR_TRAINING}, 0.0f, LOSS_CROSS_ENTROPY, false},
        {{.kind = PRIOR_TRAINING}, 0.5f, LOSS_MSE, false},
    };
    struct calibrated *c = malloc(sizeof *c);
    assert_non_null(c);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float wanted[LABEL_COUNT];
        make_calibrated(c);
        c->r.prior = cases[i].prior;
        c->r.class_weights = cases[i].class_weights;
        c->r.step.loss = cases[i].loss;
        for (int k = 0; k < LABEL_COUNT; k++)
            wanted[k] = c->r.prior.kind == PRIOR_LIST      ? (float)(k + 1) / 28.0f
                        : c->r.prior.kind == PRIOR_UNIFORM ? 1.0f / LABEL_COUNT
                                                           : c->prior[k];
        expect_calibrated(c, cases[i].leans, wanted);
        free_calibrated(c);
    }
    free(c);
}

/* Pictures in two full batches, each warped to its face: what a network says of it alone. */
static void validation_is_of_each_picture(void **state)
{
    (void)state;
    enum { COUNT = 512, FIRST = 7 };
    struct dataset d = make_dataset(FIRST, COUNT);
    struct recipe r = small_recipe();
    struct features features = recipe_features(&r, &d, 0);
    struct mlp_config config = recipe_network(&r, &d, 0);
    static struct affine faces[FIRST + COUNT];
    struct validation v;
    struct error error;
    struct mlp mlp;
    struct rng rng = rng_make(1, 0);
    double loss, accuracy, expected_loss = 0;
    int hits = 0;
    config.batch_norm = false;
    for (int i = 0; i < d.count; i++)
        faces[i] = affine_similarity(0.01f * (float)(i % 9), 1, (float)(i % 4), 1, 48, 48);
    assert_int_equal(mlp_create(&mlp, &config, &error), 0);
    mlp_init(&mlp, &rng);
    assert_int_equal(validation_create(&v, &r, &d, &features, faces, &error), 0);
    validation_run(&v, &mlp, &loss, &accuracy);
    float *vector = malloc((size_t)features_dim(&features) * sizeof *vector);
    assert_non_null(vector);
    for (int i = 0; i < COUNT; i++) {
        float answer[LABEL_COUNT];
        uint8_t face[PIXELS];
        warp_picture(&faces[FIRST + i], dataset_picture(&d, FIRST + i), 48, 48, face);
        extract(&features, face, vector);
        mlp_forward(&mlp, v.workspaces[0], vector, 1, answer);
        for (int k = 0; k < LABEL_COUNT; k++)
            expect_close((double)v.probabilities[i * LABEL_COUNT + k], (double)answer[k], 1e-5,
                         "an answer");
        hits += predicted_class(answer, LABEL_COUNT) == d.labels[FIRST + i];
        expected_loss -= log((double)answer[d.labels[FIRST + i]]) / COUNT;
    }
    expect_close(accuracy, (double)hits / COUNT, 1e-9, "accuracy");
    expect_close(loss, expected_loss, 1e-4, "loss");
    free(vector);
    mlp_free(&mlp);
    validation_free(&v);
    dataset_free(&d);
}

/* Number i of the pictures as it is met: by a webcam, a little off, where it is even, and then
 * aligned anew. */
static void meet_one(const struct dataset *d, int index, int i, bool webcam, uint64_t seed,
                     const struct mlp *aligner, uint8_t *face)
{
    const struct augment off = {.strength = 0.5f, .webcam = 1.0f}, none = {0};
    struct rng rng = rng_make(seed, (uint64_t)54 << 56 | (uint64_t)i);
    uint8_t met[PIXELS];
    struct affine map;
    struct align_workspace *workspace;
    struct error error;
    augment_picture(webcam && i % 2 == 0 ? &off : &none, &rng, &affine_identity,
                    dataset_picture(d, index), d->width, d->height, &scratch, met);
    assert_int_equal(align_workspace_create(&workspace, aligner, d->width, d->height, &error), 0);
    align_find(aligner, workspace, met, &map);
    align_workspace_free(&workspace);
    map = align_enlarge(&map, RECIPE_ENLARGE, d->width, d->height);
    warp_picture(&map, met, d->width, d->height, face);
}

static void expect_all_met(struct validation *v, const struct features *features,
                           const struct mlp *mlp, const struct mlp *aligner, bool webcam)
{
    size_t dim = (size_t)features_dim(features);
    float *vector = malloc(dim * sizeof *vector), answer[LABEL_COUNT];
    assert_non_null(vector);
    for (int i = 0; i < v->count; i++) {
        uint8_t face[PIXELS], mirrored[PIXELS];
        meet_one(v->dataset, v->indices[i], i, webcam, 8, aligner, face);
        extract(features, face, vector);
        assert_memory_equal(v->vectors[0] + (size_t)i * dim, vector, dim * sizeof *vector);
        face_mirror(face, v->dataset->width, v->dataset->height, mirrored);
        for (int side = 0; side < 2; side++) {
            const float *said = side ? v->mirrored[0] : v->outputs[0];
            extract(features, side ? mirrored : face, vector);
            mlp_forward(mlp, v->workspaces[0], vector, 1, answer);
            for (int k = 0; k < LABEL_COUNT && said; k++)
                expect_close((double)said[i * LABEL_COUNT + k], (double)answer[k], 1e-5,
                             "an answer");
        }
    }
    free(vector);
}

static void faces_are_validated_as_they_are_met(void **state)
{
    (void)state;
    struct dataset d = make_dataset(14, 14);
    struct recipe r = small_recipe();
    struct features features = recipe_features(&r, &d, 0);
    struct mlp_config configs[] = {fit_aligner_network(&d), recipe_network(&r, &d, 0)};
    struct mlp mlps[2];
    struct affine faces[28];
    struct error error;
    for (int i = 0; i < 28; i++)
        faces[i] = affine_identity;
    for (int n = 0; n < 2; n++) {
        struct rng rng = rng_make(3, (uint64_t)n);
        configs[n].batch_norm = false;
        assert_int_equal(mlp_create(&mlps[n], &configs[n], &error), 0);
        mlp_init(&mlps[n], &rng);
    }
    for (int i = 0; i < 4; i++) {
        struct validation v;
        r.augment.webcam = i % 2 ? 0.3f : 0.0f;
        r.augment.flip = i < 2;
        assert_int_equal(validation_create(&v, &r, &d, &features, faces, &error), 0);
        assert_int_equal(validation_meet(&v, &mlps[1], &features, &mlps[0], 8, &error), 0);
        assert_int_equal(v.mirrored[0] != NULL, r.augment.flip);
        expect_all_met(&v, &features, &mlps[1], &mlps[0], i % 2);
        validation_free(&v);
    }
    mlp_free(&mlps[0]);
    mlp_free(&mlps[1]);
    dataset_free(&d);
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
            expect_close((double)v.mirrored[0][i * LABEL_COUNT + k], (double)answer[k], 1e-6,
                         "an answer");
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
    struct recipe r = small_recipe();
    r.epochs = 1;
    r.agreement = 1e-9f; /* next to none */
    struct model hardly = train_small(&r, &d);
    r.agreement = 1.0f;
    struct model agreeing = train_small(&r, &d);
    const struct mlp *a = &hardly.networks[0].mlp, *b = &agreeing.networks[0].mlp;
    assert_memory_not_equal(a->parameters, b->parameters,
                            a->parameter_count * sizeof *a->parameters);
    model_free(&hardly);
    model_free(&agreeing);
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
        cmocka_unit_test(consensus_follows_its_formulas),
        cmocka_unit_test(mean_faces_show_the_classes),
        cmocka_unit_test(augmentation_keeps_within_bounds),
        cmocka_unit_test(augmentation_takes_the_place_of_the_face),
        cmocka_unit_test(augmentation_follows_its_draws),
        cmocka_unit_test(loader_is_independent_of_workers),
        cmocka_unit_test(loader_gives_each_sample_once),
        cmocka_unit_test(second_views_are_those_of_webcams),
        cmocka_unit_test(views_share_random_numbers),
        cmocka_unit_test(views_are_to_be_their_mean_and_the_target),
        cmocka_unit_test(weights_follow_rarity),
        cmocka_unit_test(mixup_blends_within_the_batch),
        cmocka_unit_test(shares_of_mixup_are_as_they_were),
        cmocka_unit_test(inputs_are_dropped),
        cmocka_unit_test(full_batches_drop_their_own_inputs),
        cmocka_unit_test(epochs_are_made_anew),
#ifdef __linux__
        cmocka_unit_test(workers_give_way),
#endif
        cmocka_unit_test(optimizers_follow_their_formulas),
        cmocka_unit_test(training_learns_with_every_batching),
        cmocka_unit_test(descents_differ_by_their_batches_alone),
        cmocka_unit_test(same_seed_same_weights),
        cmocka_unit_test(priors_can_be_given_later),
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(small_batches_stay_finite),
        cmocka_unit_test(stops_at_a_loss_without_end),
        cmocka_unit_test(lean_is_what_lies_beyond_the_shares),
        cmocka_unit_test(temperature_is_that_of_the_least_cost),
        cmocka_unit_test(calibration_moves_the_last_layers),
        cmocka_unit_test(validation_is_of_each_picture),
        cmocka_unit_test(faces_are_validated_as_they_are_met),
        cmocka_unit_test(webcams_change_what_validation_sees),
        cmocka_unit_test(views_come_to_agree),
        cmocka_unit_test(confidence_is_what_webcams_leave),
    };
    return cmocka_run_group_tests(tests, name_files, remove_folder);
}
