/* What is learned without labels: the aligner, on made-up faces whose poses are known, and the
 * dictionary of patches. */
#include "blas.h"
#include "explain.h"
#include "face.h"
#include "fit_aligner.h"
#include "fit_dictionary.h"
#include "fit_verifier.h"
#include "gemm.h"
#include "mlp_training.h"
#include "model.h"
#include "optimizer.h"
#include "progress_bar.h"
#include "terminal.h"
#include "training_steps.h"

/* ---- Made-up faces --------------------------------------------------------------------------- */

enum { SIDE = 32, PIXELS = SIDE * SIDE, FACES = 1024, FRESH = 100 };

static double blob(double x, double y, double cx, double cy, double rx, double ry)
{
    return exp(-pow((x - cx) / rx, 2) - pow((y - cy) / ry, 2));
}

static const double left_eye[2] = {10.5, 12};

/* The grey value at (x, y) of the upright face: an oval with two eyes and a mouth, smooth. */
static double face_at(double x, double y)
{
    double oval = 110 * blob(x, y, 15.5, 15.5, 13, 15);
    double eyes = blob(x, y, left_eye[0], left_eye[1], 2.5, 1.8) +
                  blob(x, y, SIDE - 1 - left_eye[0], left_eye[1], 2.5, 1.8);
    return 60 + oval - 80 * eyes - 70 * blob(x, y, 15.5, 22, 4.5, 1.5);
}

static void move(const struct affine *map, const double from[2], double to[2])
{
    for (int k = 0; k < 2; k++)
        to[k] = (double)map->m[3 * k] * from[0] + (double)map->m[3 * k + 1] * from[1] +
                (double)map->m[3 * k + 2];
}

static void expect_below(double value, double bound, const char *what)
{
    if (!(value < bound))
        fail_msg("%s: %g, not below %g", what, value, bound);
}

/* (x, y) of the crop shows the upright face's map(x, y). */
static void draw_face(const struct affine *map, struct rng *rng, uint8_t *crop)
{
    double contrast = 0.7 + 0.4 * rng_uniform(rng), light = 20 * rng_normal(rng);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const double here[2] = {x, y};
            double there[2];
            move(map, here, there);
            double value = contrast * face_at(there[0], there[1]) + light + 3 * rng_normal(rng);
            crop[y * SIDE + x] = (uint8_t)fmin(fmax(value, 0), 255);
        }
}

/* Turned by up to 20 degrees, scaled by up to 15 %, shifted by up to 2.5 pixels. */
static struct affine random_place(struct rng *rng)
{
    float values[4];
    for (int i = 0; i < 4; i++)
        values[i] = (float)(2 * rng_uniform(rng) - 1);
    return affine_similarity(0.35f * values[0], expf(0.15f * values[1]), 2.5f * values[2],
                             2.5f * values[3], SIDE, SIDE);
}

/* FACES to learn from, then FRESH ones; places[]: where each lies. */
static struct dataset make_faces(struct affine *places)
{
    struct dataset d = {.width = SIDE, .height = SIDE, .class_count = 2, .count = FACES + FRESH};
    struct rng rng = rng_make(1, 0);
    d.pixels = malloc((size_t)d.count * PIXELS);
    assert_non_null(d.pixels);
    for (int i = 0; i < d.count; i++) {
        places[i] = random_place(&rng);
        draw_face(&places[i], &rng, d.pixels + (size_t)i * PIXELS);
    }
    return d;
}

/* How far maps differ from each other: deviations of turn, of size and of the middle's place. */
struct spread {
    double angle, log_scale, x, y;
};

static struct spread spread_of(const struct affine *maps, int count)
{
    double sums[4] = {0}, squares[4] = {0}, deviations[4];
    for (int i = 0; i < count; i++) {
        const float *m = maps[i].m;
        const float middle = 0.5f * (SIDE - 1);
        const double values[4] = {atan2((double)m[3], (double)m[0]),
                                  log(hypot((double)m[0], (double)m[3])),
                                  (double)(m[0] * middle + m[1] * middle + m[2]),
                                  (double)(m[3] * middle + m[4] * middle + m[5])};
        for (int k = 0; k < 4; k++) {
            sums[k] += values[k] / count;
            squares[k] += values[k] * values[k] / count;
        }
    }
    for (int k = 0; k < 4; k++)
        deviations[k] = sqrt(fmax(0, squares[k] - sums[k] * sums[k]));
    return (struct spread){deviations[0], deviations[1], deviations[2], deviations[3]};
}

/* ---- Steps of learning ----------------------------------------------------------------------- */

enum { ROUNDS = 3, EPOCHS = 36, BATCH = 256 };

enum { SHOWN_SEED = 3 };

/* How a learning aligner's pictures are shown to it. */
static struct {
    const struct dataset *dataset; /* NULL: nobody looks */
    struct affine faces[8];
    int orders[EPOCHS][8]; /* which sample came when */
    int mirrored, found;
} shown;

void __real_align_find(const struct mlp *aligner, struct align_workspace *workspace,
                       const uint8_t *crop, struct affine *face);
void __wrap_align_find(const struct mlp *aligner, struct align_workspace *workspace,
                       const uint8_t *crop, struct affine *face);
void __real_progress_bar_update(struct progress_bar *bar, double done, const char *words);
void __wrap_progress_bar_update(struct progress_bar *bar, double done, const char *words);

const float *__wrap_mlp_forward_training(struct mlp *mlp, struct mlp_activations *activations,
                                         const struct mlp_training *training, const float *inputs,
                                         int batch, struct rng *rng)
{
    if (rng) { /* and no heat map is made */
        expect_close(training->input_dropout, 0.05, 1e-6, "share of inputs that are dropped");
        expect_close(training->batch_norm_momentum, 0.1, 1e-6, "weight of a batch");
    }
    return outputs = __real_mlp_forward_training(mlp, activations, training, inputs, batch, rng);
}

static struct pose decode(const float *targets)
{
    const struct pose none = {0}, one = {1, 1, 1, 1};
    float zeros[ALIGN_OUTPUTS], ones[ALIGN_OUTPUTS], values[ALIGN_OUTPUTS];
    align_encode(&none, zeros);
    align_encode(&one, ones);
    for (int k = 0; k < ALIGN_OUTPUTS; k++)
        values[k] = (targets[k] - zeros[k]) / (ones[k] - zeros[k]);
    return (struct pose){values[0], values[1], values[2], values[3]};
}

/* Share by which the vector differs from that of the sample under the pose. */
static double difference(const float *vector, int sample, struct pose pose, bool mirrored)
{
    const struct dataset *d = shown.dataset;
    struct features features = align_features(d->width, d->height);
    uint8_t view[PIXELS], other[PIXELS];
    float own[2000];
    double squares = 0, all = 0;
    void *scratch = malloc(features_scratch(&features));
    assert_true(scratch && features_dim(&features) <= 2000);
    pose = mirrored ? align_mirror(&pose) : pose;
    align_view(&shown.faces[sample], &pose, dataset_picture(d, sample), d->width, d->height, view);
    face_mirror(view, d->width, d->height, other);
    features_extract(&features, scratch, mirrored ? other : view, own);
    for (int i = 0; i < features_dim(&features); i++) {
        squares += pow((double)(own[i] - vector[i]), 2);
        all += pow((double)vector[i], 2);
    }
    free(scratch);
    return sqrt(squares / all);
}

/* Whose view each vector is: of one sample, mirrored or not, under the pose that is to be said. */
static void find_samples(const float *inputs, const float *targets, int batch)
{
    struct features features = align_features(shown.dataset->width, shown.dataset->height);
    assert_true(step_count < EPOCHS);
    for (int i = 0; i < batch; i++) {
        int found = 0;
        for (int candidate = 0; candidate < 2 * shown.dataset->count; candidate++) {
            bool mirrored = candidate % 2;
            if (difference(inputs + (ptrdiff_t)i * features_dim(&features), candidate / 2,
                           decode(targets + i * ALIGN_OUTPUTS), mirrored) > 0.1)
                continue;
            found++;
            shown.orders[step_count][i] = candidate / 2;
            shown.mirrored += mirrored;
            struct rng rng = rng_make(SHOWN_SEED, (uint64_t)62 << 56 | (uint64_t)step_count << 32 |
                                                      (uint32_t)(candidate / 2));
            assert_int_equal(mirrored, rng_uniform(&rng) < 0.5);
        }
        assert_int_equal(found, 1);
    }
}

void __wrap_mlp_backward(const struct mlp *mlp, struct mlp_activations *activations,
                         const struct mlp_training *training, const float *inputs,
                         const float *targets, int batch, int samples, float *gradients,
                         float *d_inputs)
{
    struct step *step = &steps[step_count];
    *step = (struct step){.batch = batch};
    for (int i = 0; gradients && i < batch * ALIGN_OUTPUTS; i++)
        step->error += pow((double)(outputs[i] - targets[i]), 2) / (batch * ALIGN_OUTPUTS);
    if (shown.dataset)
        find_samples(inputs, targets, batch);
    __real_mlp_backward(mlp, activations, training, inputs, targets, batch, samples, gradients,
                        d_inputs);
}

void __wrap_align_find(const struct mlp *aligner, struct align_workspace *workspace,
                       const uint8_t *crop, struct affine *face)
{
    __real_align_find(aligner, workspace, crop, face);
    if (!shown.dataset)
        return;
    ptrdiff_t area = (ptrdiff_t)shown.dataset->width * shown.dataset->height;
    shown.faces[(crop - shown.dataset->pixels) / area] = *face;
    shown.found++;
}

static volatile sig_atomic_t stop_asked;
static int bars, stop_at_bar; /* drawn so far; the one after which Ctrl-C comes, 0: none */

void __wrap_progress_bar_update(struct progress_bar *bar, double done, const char *words)
{
    steps[step_count].done = done;
    steps[step_count].total = bar->total;
    step_count += step_count < MOST_STEPS;
    if (bar->visible)
        return; /* a terminal that nobody reads from takes so much */
    __real_progress_bar_update(bar, done, words);
    bars += bar->visible;
    stop_asked = bars == stop_at_bar;
}

/* As many of each round as have its epochs; in each the rate rises and falls anew. */
static void expect_steps(int of_epoch, int batch)
{
    static const int epochs[ROUNDS] = {6, 6, 24};
    assert_int_equal(step_count, of_epoch * EPOCHS);
    const struct step *step = steps;
    for (int round = 0; round < ROUNDS; round++) {
        int count = epochs[round] * of_epoch;
        for (int i = 0; i < count; i++, step++) {
            assert_int_equal(step->batch, batch);
            expect_close(step->rate, 1e-3 * one_cycle((i + 0.5) / count), 1e-8, "a rate");
            expect_close(step->done, ((double)(step - steps) + 1) / of_epoch, 1e-9, "what is done");
            expect_close(step->total, EPOCHS, 0, "what there is to do");
        }
    }
}

/* What one learned aligner is asked by several tests. */
struct bench {
    struct dataset dataset;
    struct mlp aligner;
    struct affine places[FACES + FRESH], faces[FACES + FRESH];
};

static struct bench bench;

static int learn_aligner(void **state)
{
    (void)state;
    static int samples[FACES];
    const volatile sig_atomic_t stop = 0;
    struct thread_pool *pool;
    struct error error;
    for (int i = 0; i < FACES; i++)
        samples[i] = i;
    bench.dataset = make_faces(bench.places);
    if (thread_pool_create(&pool, 2, &error) < 0)
        return -1;
    step_count = 0;
    int result =
        fit_aligner(&bench.aligner, &bench.dataset, samples, FACES, 1, pool, &stop, &error);
    if (result == 0)
        expect_steps(FACES / BATCH, BATCH);
    if (result == 0)
        result = fit_aligner_apply(&bench.aligner, &bench.dataset, pool, bench.faces, &error);
    thread_pool_free(&pool);
    return result;
}

static int free_bench(void **state)
{
    (void)state;
    free(bench.dataset.pixels);
    mlp_free(&bench.aligner);
    return 0;
}

/* From the upright face that the aligner gives to the one that was drawn: the same for all, if all
 * were brought to lie alike. */
static void aligner_brings_faces_to_lie_alike(void **state)
{
    (void)state;
    struct affine residues[FRESH];
    for (int i = 0; i < FRESH; i++)
        residues[i] = affine_compose(&bench.places[FACES + i], &bench.faces[FACES + i]);
    struct spread before = spread_of(bench.places + FACES, FRESH);
    struct spread after = spread_of(residues, FRESH);
    expect_below(after.angle, before.angle / 4, "turn");
    expect_below(after.log_scale, before.log_scale / 2, "size");
    expect_below(after.x, before.x / 4, "place across");
    expect_below(after.y, before.y / 2, "place down");
}

static void mirrored_face_is_found_mirrored(void **state)
{
    (void)state;
    struct align_workspace *workspace;
    struct error error;
    assert_int_equal(align_workspace_create(&workspace, &bench.aligner, SIDE, SIDE, &error), 0);
    for (int i = FACES; i < FACES + 20; i++) {
        const uint8_t *crop = dataset_picture(&bench.dataset, i);
        uint8_t mirrored[PIXELS], face[PIXELS], other[PIXELS], expected[PIXELS];
        struct affine place;
        align_find(&bench.aligner, workspace, crop, &place);
        assert_memory_equal(&place, &bench.faces[i], sizeof place);
        warp_picture(&place, crop, SIDE, SIDE, face);
        face_mirror(face, SIDE, SIDE, expected);
        face_mirror(crop, SIDE, SIDE, mirrored);
        align_find(&bench.aligner, workspace, mirrored, &place);
        warp_picture(&place, mirrored, SIDE, SIDE, other);
        for (int p = 0; p < PIXELS; p++)
            assert_in_range(other[p] + 4, expected[p], expected[p] + 8); /* rounding */
    }
    align_workspace_free(&workspace);
}

/* As the aligner that is learned from them says, for the mean faces. */
static void pictures_are_replaced_by_faces(void **state)
{
    (void)state;
    enum { COUNT = 6, LEARNED = 4 };
    static uint8_t pixels[COUNT * PIXELS], splits[COUNT], face[PIXELS];
    const int samples[LEARNED] = {0, 1, 2, 3};
    const volatile sig_atomic_t stop = 0, stopped = 1;
    struct dataset d = {.width = SIDE, .height = SIDE, .class_count = 2, .count = COUNT};
    struct affine faces[COUNT];
    struct thread_pool *pool;
    struct mlp aligner;
    struct error error;
    d.pixels = pixels;
    d.splits = splits;
    memcpy(pixels, bench.dataset.pixels, sizeof pixels);
    memset(splits, SPLIT_TRAINING, LEARNED);
    memset(splits + LEARNED, SPLIT_VALIDATION, COUNT - LEARNED);
    assert_int_equal(thread_pool_create(&pool, 2, &error), 0);
    assert_int_equal(fit_aligner(&aligner, &d, samples, LEARNED, 3, pool, &stop, &error), 0);
    assert_int_equal(fit_aligner_apply(&aligner, &d, pool, faces, &error), 0);
    assert_int_equal(fit_aligner_replace(&d, 3, 2, &stopped, &error), -1);
    expect_text(error.text, "stopped while the aligner was learned", "nothing was written");
    assert_memory_equal(pixels, bench.dataset.pixels, sizeof pixels);
    assert_int_equal(fit_aligner_replace(&d, 3, 2, &stop, &error), 0);
    for (int i = 0; i < COUNT; i++) {
        warp_picture(&faces[i], dataset_picture(&bench.dataset, i), SIDE, SIDE, face);
        assert_memory_equal(dataset_picture(&d, i), face, PIXELS);
        assert_memory_not_equal(face, dataset_picture(&bench.dataset, i), PIXELS);
    }
    thread_pool_free(&pool);
    mlp_free(&aligner);
}

/* Pictures that are not square; the last of them is no sample. */
static struct dataset make_wide_pictures(int count, uint8_t *pixels)
{
    struct dataset d = {.width = 24, .height = 16, .class_count = 2, .count = count};
    struct rng rng = rng_make(6, 0);
    d.pixels = pixels;
    for (int i = 0; i < count; i++) {
        double cx = d.width * rng_uniform(&rng), cy = d.height * rng_uniform(&rng);
        for (int y = 0; y < d.height; y++)
            for (int x = 0; x < d.width; x++) {
                double bright = 230 * blob(x, y, cx, cy, 4 + 2 * (i % 3), 4);
                *pixels++ = (uint8_t)(bright + between(&rng, 0, 20));
            }
    }
    return d;
}

/* Each once in an epoch and in another order, half of them mirrored; from the second round on as
 * the aligner of the round before says that they lie. */
static void samples_are_shown_in_poses_to_be_said(void **state)
{
    (void)state;
    enum { COUNT = 6, AREA = 24 * 16 };
    static uint8_t pixels[(COUNT + 1) * AREA], face[AREA], before[sizeof pixels];
    const int samples[COUNT] = {0, 1, 2, 3, 4, 5};
    const volatile sig_atomic_t stop = 0;
    struct dataset d = make_wide_pictures(COUNT + 1, pixels);
    uint8_t splits[COUNT + 1] = {[COUNT] = SPLIT_TEST};
    struct affine faces[COUNT + 1];
    struct align_workspace *workspace;
    struct mlp aligner = {0};
    struct error error;
    int alike = 0;
    d.splits = splits;
    shown.dataset = &d;
    for (int i = 0; i <= COUNT; i++)
        shown.faces[i] = affine_identity;
    step_count = shown.found = shown.mirrored = 0;
    assert_int_equal(fit_aligner(&aligner, &d, samples, COUNT, SHOWN_SEED, NULL, &stop, &error), 0);
    shown.dataset = NULL;
    expect_steps(1, COUNT);
    assert_int_equal(shown.found, 2 * (COUNT + 1));
    assert_in_range(shown.mirrored, EPOCHS * COUNT * 35 / 100, EPOCHS * COUNT * 65 / 100);
    for (int e = 0; e < EPOCHS; e++) {
        int times[COUNT + 1] = {0};
        for (int i = 0; i < COUNT; i++)
            times[shown.orders[e][i]]++;
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(times[i], 1);
        alike += e > 0 && !memcmp(shown.orders[e], shown.orders[e - 1], COUNT * sizeof(int));
    }
    assert_in_range(alike, 0, 2);
    /* And replaced. */
    memcpy(before, pixels, sizeof pixels);
    assert_int_equal(fit_aligner_apply(&aligner, &d, NULL, faces, &error), 0);
    assert_int_equal(align_workspace_create(&workspace, &aligner, d.width, d.height, &error), 0);
    for (int i = 0; i <= COUNT; i++) {
        struct affine place;
        align_find(&aligner, workspace, dataset_picture(&d, i), &place);
        assert_memory_equal(&place, &faces[i], sizeof place);
    }
    align_workspace_free(&workspace);
    assert_int_equal(fit_aligner_replace(&d, 3, 1, &stop, &error), 0);
    for (int i = 0; i <= COUNT; i++) {
        warp_picture(&faces[i], before + (size_t)i * AREA, d.width, d.height, face);
        assert_memory_equal(dataset_picture(&d, i), face, AREA);
    }
    mlp_free(&aligner);
}

static void expect_network(const struct mlp *found, struct mlp_config expected)
{
    assert_int_equal(found->config.layer_count, expected.layer_count);
    for (int i = 0; i <= expected.layer_count; i++)
        assert_int_equal(found->config.units[i], expected.units[i]);
    assert_true(found->config.output == expected.output);
}

/* Those of the models that come with the programs. */
static void networks_are_as_they_were(void **state)
{
    (void)state;
    static const char *const models[] = {SOURCE_DIR "/models/expressions.safetensors",
                                         SOURCE_DIR "/models/fer2013.safetensors"};
    for (int i = 0; i < 2; i++) {
        struct model model;
        struct error error;
        if (model_load(&model, models[i], &error) < 0)
            fail_msg("%s", error.text);
        const struct dataset d = {.width = model.width, .height = model.height};
        expect_network(&model.aligner, fit_aligner_network(&d));
        expect_network(&model.verifier, fit_verifier_network(&d));
        model_free(&model);
    }
}

/* A network that looks at the left eye of the upright face: wherever the eye is in the crop, there
 * the map is. */
static void heat_map_follows_the_eye(void **state)
{
    (void)state;
    const struct mlp_config config = {
        .layer_count = 1, .units = {PIXELS, 2}, .output = OUTPUT_SOFTMAX};
    struct model model = {.width = SIDE,
                          .height = SIDE,
                          .aligner = bench.aligner,
                          .network_count = 1,
                          .class_count = 2};
    struct explainer *explainer;
    struct error error;
    double eyes[FRESH][2], moved = 0, at[2] = {0};
    for (int i = 0; i < FRESH; i++) { /* in the crops; and on average in the upright faces */
        struct affine to_crop = affine_invert(&bench.places[FACES + i]);
        struct affine to_face = affine_invert(&bench.faces[FACES + i]);
        move(&to_crop, left_eye, eyes[i]);
        double upright[2];
        move(&to_face, eyes[i], upright);
        at[0] += upright[0] / FRESH;
        at[1] += upright[1] / FRESH;
    }
    model.networks[0].features = features_default(FEATURES_PIXELS, SIDE, SIDE);
    assert_int_equal(mlp_create(&model.networks[0].mlp, &config, &error), 0);
    model.networks[0].mlp.layers[0].weights[lrint(at[1]) * SIDE + lrint(at[0])] = 1;
    assert_int_equal(explainer_create(&explainer, &model, &error), 0);
    for (int i = 0; i < FRESH; i++) {
        float map[PIXELS];
        double sum = 0, x = 0, y = 0;
        explainer_run(explainer, dataset_picture(&bench.dataset, FACES + i), 0, map);
        for (int p = 0; p < PIXELS; p++) {
            double weight = fabs((double)map[p]);
            sum += weight;
            x += weight * (p % SIDE);
            y += weight * (double)(p / SIDE);
        }
        assert_true(sum > 0);
        expect_below(hypot(x / sum - eyes[i][0], y / sum - eyes[i][1]), 2.5, "way to the eye");
        moved = fmax(moved, hypot(eyes[i][0] - left_eye[0], eyes[i][1] - left_eye[1]));
    }
    assert_true(moved > 4); /* else nothing was to be followed */
    explainer_free(&explainer);
    mlp_free(&model.networks[0].mlp);
}

static void stop_ends_the_learning(void **state)
{
    (void)state;
    const int samples[] = {0, 1};
    const volatile sig_atomic_t stop = 1;
    struct mlp aligner = {0};
    struct error error = {.text = ""};
    int result = fit_aligner(&aligner, &bench.dataset, samples, 2, 1, NULL, &stop, &error);
    assert_int_equal(result, 1);
    assert_string_equal(error.text, "");
    assert_null(aligner.parameters);
}

/* ---- What is said ---------------------------------------------------------------------------- */

/* On a terminal, whose bars go away. */
static void each_round_is_told(void **state)
{
    (void)state;
    enum { COUNT = 4 };
    static const int last_steps[ROUNDS] = {5, 11, 35};
    const int samples[COUNT] = {0, 1, 2, 3};
    struct dataset d = bench.dataset;
    struct thread_pool *pool;
    struct error error;
    d.count = COUNT;
    assert_int_equal(thread_pool_create(&pool, 1, &error), 0);
    for (stop_at_bar = 0; stop_at_bar <= ROUNDS; stop_at_bar++) {
        static struct terminal terminal;
        struct mlp aligner = {0};
        int rounds = stop_at_bar > 0 ? stop_at_bar - 1 : ROUNDS;
        bars = stop_asked = step_count = 0;
        terminal_open(&terminal);
        int result = fit_aligner(&aligner, &d, samples, COUNT, 1, pool, &stop_asked, &error);
        terminal_close(&terminal);
        assert_int_equal(result, stop_at_bar > 0);
        const char *said = terminal.screen, *bar = terminal.sent;
        for (int round = 1; round <= ROUNDS && round <= rounds + 1; round++) {
            char words[64], line[200];
            snprintf(words, sizeof words, "%%  aligner, round %d of %d  ", round, ROUNDS);
            bar = strstr(bar, words);
            assert_non_null(bar);
            if (round > rounds)
                break; /* stopped */
            const char *number = strstr(said, "place ");
            assert_non_null(number);
            expect_close(strtod(number + strlen("place "), NULL),
                         100 * sqrt(steps[last_steps[round - 1]].error), 0.06, "the error");
            snprintf(line, sizeof line,
                     "aligner, round %d of %d: error of turn, size and place %.1f %% of their "
                     "range\n",
                     round, ROUNDS, strtod(number + strlen("place "), NULL));
            assert_int_equal(strncmp(said, line, strlen(line)), 0);
            said += strlen(line);
        }
        assert_string_equal(said, "");
        mlp_free(&aligner);
    }
    thread_pool_free(&pool);
}

/* Also where the standard output is no terminal. */
static void rounds_are_told_as_they_end(void **state)
{
    (void)state;
    const int samples[] = {0, 1, 2}, kept = dup(STDOUT_FILENO);
    const volatile sig_atomic_t stop = 0;
    struct mlp aligner = {0};
    struct error error;
    told = tmpfile();
    assert_true(told && kept >= 0);
    fflush(stdout);
    assert_true(dup2(fileno(told), STDOUT_FILENO) >= 0);
    setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
    step_count = 0;
    int result = fit_aligner(&aligner, &bench.dataset, samples, 3, 1, NULL, &stop, &error);
    fflush(stdout);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    assert_true(dup2(kept, STDOUT_FILENO) >= 0);
    close(kept);
    fclose(told);
    told = NULL;
    mlp_free(&aligner);
    assert_int_equal(result, 0);
    expect_steps(1, 3);
    for (int i = 0; i < EPOCHS; i++)
        assert_int_equal(steps[i].said > 0, i >= 6);
    assert_true(steps[11].said == steps[6].said && steps[12].said > steps[11].said);
}

/* Which batch normalization would make a network of no numbers. */
static void one_picture_is_too_few(void **state)
{
    (void)state;
    const int sample = 0;
    const volatile sig_atomic_t stop = 0;
    struct mlp aligner = {0};
    struct error error = {.text = ""};
    int result = fit_aligner(&aligner, &bench.dataset, &sample, 1, 1, NULL, &stop, &error);
    assert_int_equal(result, -1);
    expect_text(error.text, "2 training pictures", "--align off");
    assert_null(aligner.parameters);
}

/* ---- Dictionary ------------------------------------------------------------------------------ */

enum { PICTURES = 40, USED = 20, TEXTURE = 24, ATOMS = 16, DRAWN = 100000 };

/* Waves of any direction in noise, all brighter to the right: neighbouring pixels are alike, and
 * the mean patch is none without contrast. */
static struct dataset make_textures(void)
{
    struct dataset d = {.width = TEXTURE, .height = TEXTURE, .count = PICTURES};
    struct rng rng = rng_make(3, 0);
    d.pixels = malloc((size_t)PICTURES * TEXTURE * TEXTURE);
    assert_non_null(d.pixels);
    for (int i = 0; i < PICTURES; i++) {
        double a = 0.5 * rng_normal(&rng), b = 0.5 * rng_normal(&rng), phase = 6 * rng_normal(&rng);
        for (int p = 0; p < TEXTURE * TEXTURE; p++) {
            int x = p % TEXTURE, y = p / TEXTURE;
            double value = 60 + 5 * x + 20 * sin(a * x + b * y + phase) + 10 * rng_normal(&rng);
            d.pixels[i * TEXTURE * TEXTURE + p] = (uint8_t)fmin(fmax(value, 0), 255);
        }
    }
    return d;
}

static float *learn_dictionary(const struct dataset *d, uint64_t seed)
{
    struct features f = {.kind = FEATURES_PATCHES,
                         .width = d->width,
                         .height = d->height,
                         .grid = 3,
                         .atoms = ATOMS};
    struct error error;
    int samples[USED];
    for (int i = 0; i < USED; i++)
        samples[i] = 2 * i;
    assert_int_equal(fit_dictionary(&f, d, samples, USED, seed, &error), 0);
    free(f.pairs);
    return f.dictionary;
}

/* Every patch of the pictures that were learned from, against every atom. */
static void products_of(const struct dataset *d, const float *dictionary, double mean[ATOMS],
                        double deviation[ATOMS])
{
    const float *offsets = dictionary + (ptrdiff_t)ATOMS / 2 * PATCH_VALUES;
    int count = 0;
    memset(mean, 0, ATOMS * sizeof *mean);
    memset(deviation, 0, ATOMS * sizeof *deviation);
    for (int i = 0; i < 2 * USED; i += 2)
        for (int y = 0; y + PATCH_SIDE <= d->height; y++)
            for (int x = 0; x + PATCH_SIDE <= d->width; x++, count++) {
                float patch[PATCH_VALUES];
                patch_normalize(dataset_picture(d, i) + y * d->width + x, d->width, patch);
                for (int k = 0; k < ATOMS / 2; k++) {
                    double s = -(double)offsets[k];
                    for (int v = 0; v < PATCH_VALUES; v++)
                        s += (double)dictionary[k * PATCH_VALUES + v] * (double)patch[v];
                    mean[k] += s;
                    deviation[k] += s * s;
                }
            }
    for (int k = 0; k < ATOMS / 2; k++) {
        mean[k] /= count;
        deviation[k] = sqrt(deviation[k] / count - mean[k] * mean[k]);
    }
}

static struct {
    bool on;
    long count;                           /* of patches, in each round again */
    double means[PATCH_VALUES];           /* of all, whitened */
    float sums[ATOMS / 2][PATCH_VALUES];  /* of those that go to an atom in the first round */
    float moved[ATOMS / 2][PATCH_VALUES]; /* the atoms of the second */
} rounds;

void __real_gemm(struct thread_pool *pool, enum gemm_form form, int m, int n, int k, const float *a,
                 const float *b, float beta, float *c);
void __wrap_gemm(struct thread_pool *pool, enum gemm_form form, int m, int n, int k, const float *a,
                 const float *b, float beta, float *c);
void __wrap_gemm(struct thread_pool *pool, enum gemm_form form, int m, int n, int k, const float *a,
                 const float *b, float beta, float *c)
{
    __real_gemm(pool, form, m, n, k, a, b, beta, c);
    if (!rounds.on)
        return;
    assert_true(form == GEMM_ABT && n == ATOMS / 2 && k == PATCH_VALUES);
    if (rounds.count == DRAWN)
        memcpy(rounds.moved, b, sizeof rounds.moved);
    for (int i = 0; i < m && rounds.count < DRAWN; i++) {
        const float *products = c + (ptrdiff_t)i * n;
        int best = 0;
        for (int j = 1; j < n; j++)
            best = fabsf(products[j]) > fabsf(products[best]) ? j : best;
        for (int v = 0; v < k; v++) {
            rounds.sums[best][v] += products[best] * a[i * k + v];
            rounds.means[v] += (double)a[i * k + v] / DRAWN;
        }
    }
    rounds.count += m;
}

/* The products of the patches that were drawn with an atom have the mean 0 and, but for what the
 * smoothing takes off, the deviation 1. */
static void expect_whitened(const struct dataset *d, const float *dictionary, uint64_t seed)
{
    const float *offsets = dictionary + (ptrdiff_t)ATOMS / 2 * PATCH_VALUES;
    double means[ATOMS / 2] = {0}, squares[ATOMS / 2] = {0};
    struct rng rng = rng_make(seed, (uint64_t)61 << 56);
    for (int i = 0; i < DRAWN; i++) {
        float patch[PATCH_VALUES];
        int sample = 2 * (int)rng_below(&rng, USED);
        int x = (int)rng_below(&rng, TEXTURE - PATCH_SIDE + 1);
        int y = (int)rng_below(&rng, TEXTURE - PATCH_SIDE + 1);
        patch_normalize(dataset_picture(d, sample) + y * TEXTURE + x, TEXTURE, patch);
        for (int k = 0; k < ATOMS / 2; k++) {
            double s = -(double)offsets[k];
            for (int v = 0; v < PATCH_VALUES; v++)
                s += (double)dictionary[k * PATCH_VALUES + v] * (double)patch[v];
            means[k] += s / DRAWN;
            squares[k] += s * s / DRAWN;
        }
    }
    for (int k = 0; k < ATOMS / 2; k++) {
        double taken = 0;
        for (int v = 0; v < PATCH_VALUES; v++)
            taken += 0.1 * pow((double)dictionary[k * PATCH_VALUES + v], 2);
        expect_close(means[k], 0, 3e-6, "mean of the products with an atom");
        expect_close(squares[k] + taken, 1, 5e-6, "their variance, and what was taken off it");
    }
}

/* Whitened patches have mean 0 and the identity as covariance: so have their products with any
 * direction of length 1. In each round an atom becomes the direction of the sum of its patches. */
static void dictionary_whitens_patches(void **state)
{
    (void)state;
    struct dataset d = make_textures();
    memset(&rounds, 0, sizeof rounds);
    rounds.on = true;
    float *dictionary = learn_dictionary(&d, 1);
    rounds.on = false;
    assert_int_equal(rounds.count, 12L * DRAWN);
    for (int k = 0; k < ATOMS / 2; k++) {
        double squares = 0;
        for (int v = 0; v < PATCH_VALUES; v++)
            squares += pow((double)rounds.sums[k][v], 2);
        for (int v = 0; v < PATCH_VALUES; v++)
            expect_close(rounds.moved[k][v], (double)rounds.sums[k][v] / sqrt(squares), 1e-5,
                         "a value of an atom after one round");
    }
    for (int v = 0; v < PATCH_VALUES; v++)
        expect_close(rounds.means[v], 0, 1e-6, "mean of whitened values");
    expect_whitened(&d, dictionary, 1);
    free(dictionary);
    free(d.pixels);
}

/* Pictures of one patch each, in which the first pixel alone changes: whitened patches lie on one
 * line, which an atom finds, and whose products no other direction reaches. */
static void an_atom_finds_the_only_change(void **state)
{
    (void)state;
    enum { AREA = PATCH_SIDE * PATCH_SIDE };
    uint8_t pixels[PICTURES * AREA];
    struct dataset d = {
        .width = PATCH_SIDE, .height = PATCH_SIDE, .count = PICTURES, .pixels = pixels};
    for (int i = 0; i < PICTURES * AREA; i++)
        pixels[i] = (uint8_t)(i % AREA > 0 ? 60 + i % AREA % 3 * 50 : i / AREA % 4 ? 50 : 200);
    float dark[PATCH_VALUES], bright[PATCH_VALUES];
    patch_normalize(dataset_picture(&d, 0), PATCH_SIDE, bright);
    patch_normalize(dataset_picture(&d, 2), PATCH_SIDE, dark);
    double variance = 0, most = 0, mean[ATOMS], deviation[ATOMS];
    for (int v = 0; v < PATCH_VALUES; v++)
        variance += pow((double)(bright[v] - dark[v]) / 2, 2);
    float *dictionary = learn_dictionary(&d, 1);
    products_of(&d, dictionary, mean, deviation);
    for (int k = 0; k < ATOMS / 2; k++) {
        assert_true(isfinite(mean[k]));
        for (int other = 0; other < k; other++) /* those without patches are by chance */
            assert_memory_not_equal(dictionary + k * PATCH_VALUES,
                                    dictionary + other * PATCH_VALUES,
                                    PATCH_VALUES * sizeof *dictionary);
        most = fmax(most, deviation[k]);
    }
    expect_close(most, sqrt(variance / (variance + 0.1)), 1e-3, "deviation of the atom's products");
    free(dictionary);
}

static void dictionary_follows_seed_and_samples(void **state)
{
    (void)state;
    const size_t size = (size_t)(ATOMS / 2) * (PATCH_VALUES + 1) * sizeof(float);
    struct dataset d = make_textures();
    float *first = learn_dictionary(&d, 1), *other = learn_dictionary(&d, 2);
    for (int i = 1; i < PICTURES; i += 2) /* not among the samples */
        memset(d.pixels + (size_t)i * TEXTURE * TEXTURE, 7, TEXTURE * TEXTURE);
    float *again = learn_dictionary(&d, 1);
    assert_memory_equal(first, again, size);
    assert_memory_not_equal(first, other, size);
    free(first);
    free(other);
    free(again);
    free(d.pixels);
}

/* Of each atom the offset, and the sum of its values without their signs. */
static void dictionary_is_as_it_was(void **state)
{
    (void)state;
    static const double expected[ATOMS / 2][2] = {
        {-0.2147, 5.5600}, {-3.2582, 5.2566}, {-0.3414, 6.2485}, {-0.0043, 4.7848},
        {0.0543, 5.4691},  {0.2106, 4.2565},  {0.1887, 4.9084},  {-0.0237, 5.5608}};
    struct dataset d = make_textures();
    float *dictionary = learn_dictionary(&d, 1);
    for (int k = 0; k < ATOMS / 2; k++) {
        double sum = 0;
        for (int v = 0; v < PATCH_VALUES; v++)
            sum += fabs((double)dictionary[k * PATCH_VALUES + v]);
        expect_close(dictionary[ATOMS / 2 * PATCH_VALUES + k], expected[k][0], 1e-3, "an offset");
        expect_close(sum, expected[k][1], 1e-3, "an atom's size");
    }
    free(dictionary);
    free(d.pixels);
}

int main(void)
{
    terminal_prepare();
    blas_use_one_thread();
    const struct CMUnitTest aligner[] = {
        cmocka_unit_test(aligner_brings_faces_to_lie_alike),
        cmocka_unit_test(mirrored_face_is_found_mirrored),
        cmocka_unit_test(pictures_are_replaced_by_faces),
        cmocka_unit_test(samples_are_shown_in_poses_to_be_said),
        cmocka_unit_test(networks_are_as_they_were),
        cmocka_unit_test(heat_map_follows_the_eye),
        cmocka_unit_test(stop_ends_the_learning),
        cmocka_unit_test(each_round_is_told),
        cmocka_unit_test(rounds_are_told_as_they_end),
        cmocka_unit_test(one_picture_is_too_few),
    };
    const struct CMUnitTest dictionary[] = {
        cmocka_unit_test(dictionary_whitens_patches),
        cmocka_unit_test(an_atom_finds_the_only_change),
        cmocka_unit_test(dictionary_follows_seed_and_samples),
        cmocka_unit_test(dictionary_is_as_it_was),
    };
    int failures = cmocka_run_group_tests(aligner, learn_aligner, free_bench);
    return failures + cmocka_run_group_tests(dictionary, NULL, NULL);
}
