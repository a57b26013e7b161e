/* How models are measured, on made-up data: metrics, two truths, changed pictures, the report. */
#include "evaluation_report.h"
#include "inspect.h"
#include "made_up.h"
#include "ocv.h"
#include "report.h"
#include "training.h"
#include "webcam.h"

/* ---- Metrics --------------------------------------------------------------------------------- */

static void metrics_of_a_known_case(void **state)
{
    (void)state;
    const int truths[] = {0, 0, 0, 1, -1, 1, 2, 2}, guesses[] = {0, 0, 1, 1, 3, 1, 0, 2};
    float p[8 * LABEL_COUNT];
    struct metrics m;
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < LABEL_COUNT; k++)
            p[i * LABEL_COUNT + k] = k == guesses[i] ? 0.88f : 0.02f;
    metrics_compute(&m, LABEL_COUNT, truths, 8, p);
    assert_int_equal(m.count, 7);
    expect_close(m.accuracy, 5.0 / 7, 1e-9, "accuracy");
    assert_int_equal(m.confusion[0][1], 1);
    assert_int_equal(m.confusion[2][0], 1);
    expect_close(m.per_class[0].precision, 2.0 / 3, 1e-9, "precision");
    expect_close(m.per_class[1].recall, 1.0, 1e-9, "recall");
    expect_close(m.per_class[1].f1, 0.8, 1e-9, "F1");
    assert_int_equal(m.per_class[2].support, 2);
    expect_close(m.macro_f1, (2.0 / 3 + 0.8 + 2.0 / 3) / 3, 1e-9, "macro F1");
    expect_close(m.macro_recall, (2.0 / 3 + 1.0 + 0.5) / 3, 1e-9, "macro recall");
    expect_close(m.log_loss, -(5 * log(0.88) + 2 * log(0.02)) / 7, 1e-6, "log loss");
    const float never[] = {0, 1};
    metrics_compute(&m, 2, (const int[]){0}, 1, never);
    expect_close(m.log_loss, -log(1e-7), 1e-6, "log loss of what was given nothing");
    metrics_compute(&m, LABEL_COUNT, truths, 8, p);
    const int answers[] = {3, 3, 1, 0, 0, 0, 0};
    for (int k = 0; k < LABEL_COUNT; k++)
        assert_int_equal(metrics_answers(&m, k), answers[k]);
}

/* Of no truth at all, and of one that was told once. */
static void metrics_of_next_to_nothing(void **state)
{
    (void)state;
    const int truths[] = {-1, 2};
    const float p[2][3] = {{0.2f, 0.7f, 0.1f}, {0.1f, 0.2f, 0.7f}};
    struct metrics m;
    for (int count = 1; count <= 2; count++) {
        const double right = count - 1;
        metrics_compute(&m, 3, truths, count, p[0]);
        assert_int_equal(m.count, count - 1);
        expect_close(m.accuracy, right, 1e-9, "accuracy");
        expect_close(m.macro_f1, right, 1e-9, "macro F1");
        expect_close(m.macro_recall, right, 1e-9, "macro recall");
        expect_close(m.log_loss, -right * log((double)p[1][2]), 1e-6, "log loss");
        expect_close(m.ece, right * (1 - (double)p[1][2]), 1e-6, "calibration error");
        for (int k = 0; k < 2; k++) {
            expect_close(m.per_class[k].precision, 0, 0, "precision");
            expect_close(m.per_class[k].recall, 0, 0, "recall");
            expect_close(m.per_class[k].f1, 0, 0, "F1");
        }
    }
}

static void calibration_of_a_known_case(void **state)
{
    (void)state;
    /* Confidences 0.90, 0.92, 1.00 and 0.45: two in bin 13, one in the last, one in bin 6. */
    const int truths[] = {0, 0, 0, 1};
    const float p[4][2] = {{0.90f, 0.10f}, {0.08f, 0.92f}, {1.0f, 0.0f}, {0.40f, 0.45f}};
    struct metrics m;
    metrics_compute(&m, 2, truths, 4, &p[0][0]);
    for (int b = 0; b < CALIBRATION_BINS; b++)
        assert_int_equal(m.bins[b].count, b == 13 ? 2 : b == 14 || b == 6);
    expect_close(m.bins[13].confidence, 0.91, 1e-6, "confidence of bin 13");
    expect_close(m.bins[13].accuracy, 0.5, 1e-9, "accuracy of bin 13");
    expect_close(m.bins[14].confidence, 1.0, 1e-9, "confidence of the last bin");
    expect_close(m.ece, (2 * 0.41 + 0.0 + 0.55) / 4, 1e-6, "calibration error");
}

/* ---- A trained network ----------------------------------------------------------------------- */

enum { MEASURED = 28 };

/* One that names the made-up classes. */
static struct model trained_model(const struct dataset *d)
{
    struct error error = {.text = ""};
    struct model model = {0};
    const volatile sig_atomic_t stop = 0;
    char path[2 * TEST_PATH_SIZE], checkpoint[2 * TEST_PATH_SIZE];
    snprintf(path, sizeof path, "%s", in_folder("m.safetensors"));
    snprintf(checkpoint, sizeof checkpoint, "%s", in_folder("m.checkpoint"));
    const struct training_files files = {"test", path, checkpoint, NULL, NULL};
    struct recipe r = recipe_default();
    r.hidden_count = 1;
    r.hidden[0] = (struct hidden_layer){.units = 16};
    r.network_count = 1;
    r.features[0] = FEATURES_HOG;
    r.align = r.verifier = false;
    r.batch_size = 16;
    r.epochs = 6;
    r.learning_rate = 1e-2f;
    r.augment.strength = 0.0f;
    r.threads = 1;
    if (train(&r, d, &files, NULL, &stop, &error) < 0 || model_load(&model, path, &error) < 0)
        fail_msg("%s", error.text);
    return model;
}

static void evaluation_has_two_truths(void **state)
{
    (void)state;
    struct dataset d = make_dataset(350, MEASURED);
    struct model model = trained_model(&d);
    struct evaluation by_label, both;
    struct error error;
    assert_int_equal(evaluate(&by_label, &model, &d, SPLIT_VALIDATION, &error), 0);
    assert_int_equal(by_label.metrics.count, MEASURED);
    assert_int_equal(by_label.ferplus.count, 0);
    /* The votes agree with the first five answers, but with none of the next three. */
    struct model_workspace *workspace;
    float p[LABEL_COUNT];
    assert_int_equal(model_workspace_create(&workspace, &model, 1, &error), 0);
    for (int i = 0; i < 8; i++) {
        uint8_t votes[LABEL_COUNT] = {0};
        model_predict(&model, workspace, dataset_picture(&d, 350 + i), 1, p);
        votes[(predicted_class(p, LABEL_COUNT) + (i < 5 ? 0 : 1)) % LABEL_COUNT] = 6;
        add_votes(&d, 350 + i, votes, 4);
    }
    model_workspace_free(&workspace);
    add_votes(&d, 350 + 8, (uint8_t[]){1, 2, 0, 2, 0, 0, 0}, 5); /* no majority */
    assert_int_equal(evaluate(&both, &model, &d, SPLIT_VALIDATION, &error), 0);
    assert_memory_equal(&both.metrics, &by_label.metrics, sizeof both.metrics);
    assert_int_equal(both.ferplus.count, 8);
    expect_close(both.ferplus.accuracy, 5.0 / 8, 1e-9, "accuracy by FER+");
    char *text = evaluation_json(&both, &d, "m", "--options");
    assert_non_null(text);
    const char *const keys[] = {"{\"model\":\"m\"",
                                ",\"split\":\"PublicTest\"",
                                ",\"count\":28",
                                ",\"accuracy\":",
                                ",\"macro_f1\":",
                                ",\"ece\":",
                                ",\"per_class\":{\"angry\"",
                                ",\"confusion\":[[",
                                ",\"ferplus_count\":8",
                                ",\"ferplus_accuracy\":0.6250",
                                ",\"ferplus_ece\":",
                                ",\"ferplus_per_class\":{\"angry\"",
                                ",\"ferplus_confusion\":[[",
                                ",\"answers\":{\"angry\":",
                                ",\"duplicates\":0,\"unique\":{\"label\":{\"count\":28",
                                ",\"macro_recall\":",
                                ",\"log_loss\":",
                                ",\"per_class\":{\"angry\"",
                                ",\"confusion\":[[",
                                ",\"ferplus\":{\"count\":8",
                                ",\"agreed\":{\"count\":",
                                ",\"options\":\"--options\"}"};
    const char *at = text;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *next = strstr(at, keys[i]);
        if (!next)
            fail_msg("no %s in its place: %s", keys[i], text);
        at = next + 1;
    }
    free(text);
    model_free(&model);
    dataset_free(&d);
}

/* As one by one, with the mirror image and without. */
static void evaluation_is_as_in_use_and_of_the_crop(void **state)
{
    (void)state;
    struct dataset d = make_dataset(350, MEASURED);
    struct model model = trained_model(&d);
    struct evaluation e;
    struct error error;
    struct model_workspace *workspace;
    assert_true(model.mirror);
    assert_int_equal(model_workspace_create(&workspace, &model, 1, &error), 0);
    for (int mirror = 1; mirror >= 0; mirror--) {
        int hits[2] = {0}; /* of the crop alone, with its mirror image */
        double loss = 0;
        model.mirror = mirror;
        for (int i = 350; i < d.count; i++)
            for (int both = 0; both <= mirror; both++) {
                float p[LABEL_COUNT];
                model_workspace_set_mirror(workspace, both);
                model_predict(&model, workspace, dataset_picture(&d, i), 1, p);
                hits[both] += predicted_class(p, LABEL_COUNT) == d.labels[i];
                loss -= both == mirror ? log(fmax((double)p[d.labels[i]], 1e-7)) : 0;
            }
        assert_int_equal(evaluate(&e, &model, &d, SPLIT_VALIDATION, &error), 0);
        assert_int_equal(e.split, SPLIT_VALIDATION);
        expect_close(e.plain_accuracy, (double)hits[0] / MEASURED, 1e-9, "accuracy of crops");
        expect_close(e.metrics.accuracy, (double)hits[mirror] / MEASURED, 1e-9, "accuracy");
        expect_close(e.metrics.log_loss, loss / MEASURED, 1e-4, "log loss");
    }
    model_workspace_free(&workspace);
    model_free(&model);
    dataset_free(&d);
}

static void copy_picture(struct dataset *d, int from, int to)
{
    memcpy(d->pixels + (size_t)to * PIXELS, dataset_picture(d, from), PIXELS);
}

/* Each picture's own answer, asked one by one, and the figures that follow from them. */
static void evaluation_leaves_out_duplicates(void **state)
{
    (void)state;
    struct dataset d = make_dataset(350, MEASURED);
    for (int i = 0; i < 5; i++)
        copy_picture(&d, 10 + i, 350 + 2 * i);
    copy_picture(&d, 353, 351); /* twice in PublicTest alone: no duplicate */
    struct model model = trained_model(&d);
    if (!strstr(model.notes.training_data, "PublicTest 23 for validation"))
        fail_msg("%s", model.notes.training_data);
    for (int i = 350; i < d.count; i++) { /* the votes are against every third label */
        uint8_t votes[LABEL_COUNT] = {0};
        votes[(d.labels[i] + (i % 3 == 0)) % LABEL_COUNT] = 9;
        add_votes(&d, i, votes, 1);
    }
    struct evaluation e;
    struct error error;
    assert_int_equal(evaluate(&e, &model, &d, SPLIT_VALIDATION, &error), 0);
    struct model_workspace *workspace;
    assert_int_equal(model_workspace_create(&workspace, &model, 1, &error), 0);
    int hits[TRUTH_COUNT] = {0}, counts[TRUTH_COUNT] = {0};
    double loss = 0;
    for (int i = 350; i < d.count; i++) {
        float p[LABEL_COUNT];
        int label = d.labels[i], majority = (label + (i % 3 == 0)) % LABEL_COUNT;
        if (i % 2 == 0 && i < 360)
            continue;
        model_predict(&model, workspace, dataset_picture(&d, i), 1, p);
        int answer = predicted_class(p, LABEL_COUNT);
        hits[TRUTH_LABEL] += answer == label;
        hits[TRUTH_FERPLUS] += answer == majority;
        hits[TRUTH_AGREED] += answer == label && i % 3 != 0;
        counts[TRUTH_LABEL]++;
        counts[TRUTH_FERPLUS]++;
        counts[TRUTH_AGREED] += i % 3 != 0;
        loss -= log(fmax((double)p[label], 1e-7));
    }
    assert_int_equal(e.duplicates, 5);
    for (int t = 0; t < TRUTH_COUNT; t++) {
        assert_int_equal(e.unique[t].count, counts[t]);
        expect_close(e.unique[t].accuracy, (double)hits[t] / counts[t], 1e-9, truth_keys[t]);
    }
    assert_true(hits[TRUTH_FERPLUS] < hits[TRUTH_LABEL] && counts[TRUTH_AGREED] < 20);
    expect_close(e.unique[TRUTH_LABEL].log_loss, loss / 23, 1e-4, "log loss");
    assert_int_equal(evaluate(&e, &model, &d, SPLIT_TRAINING, &error), 0);
    assert_int_equal(e.duplicates, 0);
    assert_int_equal(e.unique[TRUTH_LABEL].count, 350);
    model_workspace_free(&workspace);
    model_free(&model);
    dataset_free(&d);
}

/* A truth table has no other rows than those that it teaches. */
static void training_may_have_nothing_else_to_choose_by(void **state)
{
    (void)state;
    struct dataset d = make_dataset(70, 7);
    for (int i = 0; i < 7; i++)
        copy_picture(&d, i, 70 + i);
    struct model model = trained_model(&d);
    if (!strstr(model.notes.training_data, "PublicTest 7 for validation"))
        fail_msg("%s", model.notes.training_data);
    struct evaluation e;
    struct error error;
    assert_int_equal(evaluate(&e, &model, &d, SPLIT_VALIDATION, &error), 0);
    char *text = evaluation_json(&e, &d, "m", NULL);
    assert_non_null(text);
    expect_text(text, "\"duplicates\":7,\"unique\":{\"label\":{\"count\":0,\"accuracy\":null,", "");
    free(text);
    model_free(&model);
    dataset_free(&d);
}

static void evaluation_refuses_other_data(void **state)
{
    (void)state;
    struct dataset d = make_dataset(70, 7);
    struct model model = trained_model(&d);
    struct evaluation evaluation;
    struct error error;
    snprintf(d.class_names[1], sizeof d.class_names[1], "fear");
    assert_int_equal(evaluate(&evaluation, &model, &d, SPLIT_VALIDATION, &error), -1);
    expect_text(error.text, "class number 2 is disgust, that of the data fear", "");
    snprintf(d.class_names[1], sizeof d.class_names[1], "disgust");
    snprintf(d.class_names[0], sizeof d.class_names[0], "fear");
    assert_int_equal(evaluate(&evaluation, &model, &d, SPLIT_VALIDATION, &error), -1);
    expect_text(error.text, "class number 1 is angry, that of the data fear", "");
    snprintf(d.class_names[0], sizeof d.class_names[0], "angry");
    d.width = 24;
    assert_int_equal(evaluate(&evaluation, &model, &d, SPLIT_VALIDATION, &error), -1);
    expect_text(error.text, "48x48", "24x48");
    d.width = 48;
    d.height = 24;
    assert_int_equal(evaluate(&evaluation, &model, &d, SPLIT_VALIDATION, &error), -1);
    expect_text(error.text, "48x48", "48x24");
    d.height = 48;
    d.class_count = 6;
    assert_int_equal(evaluate(&evaluation, &model, &d, SPLIT_VALIDATION, &error), -1);
    expect_text(error.text, "answers with 7 classes", "the data have 6");
    d.class_count = LABEL_COUNT;
    struct robustness rows[ROBUSTNESS_CHANGES];
    assert_int_equal(evaluate(&evaluation, &model, &d, SPLIT_TEST, &error), -1);
    expect_text(error.text, "no PrivateTest pictures", "--split");
    assert_int_equal(robustness_measure(rows, &model, &d, SPLIT_TEST, &error), -1);
    expect_text(error.text, "no PrivateTest pictures", "--split");
    model_free(&model);
    dataset_free(&d);
}

/* FNV-1a over pictures, labels, splits and votes. */
static void data_are_known_by_all_of_their_bytes(void **state)
{
    (void)state;
    struct dataset d = make_dataset(7, 3);
    for (int votes = 0; votes < 2; votes++) {
        if (votes)
            add_votes(&d, 9, (uint8_t[LABEL_COUNT]){1, 2, 3}, 4);
        const struct {
            uint8_t *bytes;
            size_t size;
        } parts[] = {{d.pixels, 10 * PIXELS},
                     {d.labels, 10},
                     {d.splits, 10},
                     {(uint8_t *)d.votes, votes ? 10 * sizeof *d.votes : 0}};
        uint64_t expected = 0xcbf29ce484222325;
        for (int i = 0; i < 4; i++)
            for (size_t at = 0; at < parts[i].size; at++)
                expected = (expected ^ parts[i].bytes[at]) * 0x100000001b3;
        assert_true(inspect_fingerprint(&d) == expected);
        for (int i = 0; i < 4; i++)
            for (size_t at = 0; at < parts[i].size; at += parts[i].size - 1) {
                parts[i].bytes[at] ^= 1;
                assert_true(inspect_fingerprint(&d) != expected);
                parts[i].bytes[at] ^= 1;
            }
    }
    dataset_free(&d);
}

/* ---- Changed pictures ------------------------------------------------------------------------ */

static int change_named(const char *name)
{
    for (int i = 0; i < ROBUSTNESS_CHANGES; i++)
        if (strcmp(robustness_name(i), name) == 0)
            return i;
    fail_msg("no change is called %s", name);
    return -1;
}

/* The bright spot's middle and its width, after the change. */
static struct spot {
    double x, y, width;
} spot_after(const char *name, double x, double y)
{
    uint8_t in[PIXELS], out[PIXELS];
    struct error error;
    double sum = 0, sx = 0, sy = 0, sxx = 0;
    for (int p = 0; p < PIXELS; p++) {
        double dx = p % FACE_SIDE - x, dy = p / FACE_SIDE - y;
        in[p] = (uint8_t)(20 + 100 * exp(-(dx * dx + dy * dy) / 18.0));
    }
    if (robustness_change(change_named(name), in, FACE_SIDE, FACE_SIDE, out, &error) < 0)
        fail_msg("%s", error.text);
    for (int p = 0; p < PIXELS; p++) {
        double w = out[p] > 30 ? out[p] - 20 : 0;
        sum += w;
        sx += w * (p % FACE_SIDE);
        sy += w * (p / FACE_SIDE); /* NOLINT(bugprone-integer-division): the row */
        sxx += w * (p % FACE_SIDE) * (p % FACE_SIDE);
    }
    return (struct spot){sx / sum, sy / sum, sqrt(sxx / sum - sx / sum * sx / sum)};
}

static void expect_spot(const char *name, double x, double y, double new_x, double new_y,
                        double wider)
{
    struct spot before = spot_after("none", x, y), after = spot_after(name, x, y);
    expect_close(after.x, new_x, 0.3, name);
    expect_close(after.y, new_y, 0.3, name);
    expect_close(after.width / before.width, wider, 0.05, name);
}

static void changes_are_what_they_are_called(void **state)
{
    (void)state;
    expect_spot("none", 20, 30, 20, 30, 1);
    expect_spot("10 % larger", 20, 30, 23.5 - 3.85, 23.5 + 7.15, 1.1);
    expect_spot("10 % smaller", 20, 30, 23.5 - 3.15, 23.5 + 5.85, 0.9);
    expect_spot("10 % to the left", 20, 30, 15.2, 30, 1);
    expect_spot("10 % to the right", 20, 30, 24.8, 30, 1);
    expect_spot("10 % up", 20, 30, 20, 25.2, 1);
    expect_spot("10 % down", 20, 30, 20, 34.8, 1);
    /* A spot at the top goes to the left, and with the same turn one at the right goes up. */
    const double s = sin(15 * 3.14159265 / 180), c = cos(15 * 3.14159265 / 180);
    expect_spot("turned by 15 degrees to the left", 23.5, 11.5, 23.5 - 12 * s, 23.5 - 12 * c, 1);
    expect_spot("turned by 15 degrees to the left", 35.5, 23.5, 23.5 + 12 * c, 23.5 - 12 * s, 1);
    expect_spot("turned by 15 degrees to the right", 23.5, 11.5, 23.5 + 12 * s, 23.5 - 12 * c, 1);
    expect_spot("mirrored", 20, 30, 27, 30, 1);
}

static void changes_of_brightness_and_quality(void **state)
{
    (void)state;
    uint8_t in[PIXELS], out[PIXELS];
    struct rng rng = rng_make(4, 0);
    struct error error;
    fill_noise(&rng, in, PIXELS);
    in[0] = 200, in[1] = 100, in[2] = 0;
    assert_int_equal(
        robustness_change(change_named("double brightness"), in, FACE_SIDE, FACE_SIDE, out, &error),
        0);
    assert_true(out[0] == 255 && out[1] == 200 && out[2] == 0);
    assert_int_equal(
        robustness_change(change_named("half brightness"), in, FACE_SIDE, FACE_SIDE, out, &error),
        0);
    assert_true(out[0] == 100 && out[1] == 50 && out[2] == 0);
    /* Neither coarse JPEG nor fewer pixels can hold noise; both keep what is flat. */
    const char *const losses[] = {"JPEG quality 30", "40 pixels wide"};
    for (int i = 0; i < 2; i++) {
        int change = change_named(losses[i]), distance = 0;
        assert_int_equal(robustness_change(change, in, FACE_SIDE, FACE_SIDE, out, &error), 0);
        for (int p = 0; p < PIXELS; p++)
            distance += abs(out[p] - in[p]);
        assert_in_range(distance / PIXELS, 10, 70);
        uint8_t flat[PIXELS];
        memset(flat, 90, sizeof flat);
        assert_int_equal(robustness_change(change, flat, FACE_SIDE, FACE_SIDE, out, &error), 0);
        for (int p = 0; p < PIXELS; p++)
            assert_in_range(out[p], 88, 92);
    }
}

static void changes_of_webcams(void **state)
{
    (void)state;
    uint8_t in[PIXELS], out[PIXELS], again[PIXELS];
    struct error error;
    memset(in, 100, sizeof in);
    int light = change_named("light from the left"), noise = change_named("noise of deviation 12");
    int blur = change_named("motion blur of 10 % to the side");
    assert_int_equal(robustness_change(light, in, FACE_SIDE, FACE_SIDE, out, &error), 0);
    assert_true(out[0] == 170 && out[FACE_SIDE - 1] == 30 && out[PIXELS - FACE_SIDE] == 170);
    assert_int_equal(robustness_change(noise, in, FACE_SIDE, FACE_SIDE, out, &error), 0);
    assert_int_equal(robustness_change(noise, in, FACE_SIDE, FACE_SIDE, again, &error), 0);
    assert_memory_equal(out, again, PIXELS);
    in[0] = 101; /* another picture, another noise */
    assert_int_equal(robustness_change(noise, in, FACE_SIDE, FACE_SIDE, again, &error), 0);
    assert_memory_not_equal(out + 1, again + 1, PIXELS - 1);
    for (int y = 0; y < FACE_SIDE; y++)
        memset(in + y * FACE_SIDE, y % 2 ? 200 : 0, FACE_SIDE);
    in[10 * FACE_SIDE + 24] = 255;
    assert_int_equal(robustness_change(blur, in, FACE_SIDE, FACE_SIDE, out, &error), 0);
    assert_true(out[10 * FACE_SIDE + 24] < 60 && out[10 * FACE_SIDE + 22] > 30);
    assert_true(out[11 * FACE_SIDE + 24] == 200 && out[12 * FACE_SIDE + 24] == 0);
    /* Of the mean faces, the eyes lie around row 17 of 48, the mouth around row 36. */
    static const struct {
        const char *name;
        int row, other;
    } bars[] = {{"a bar over the eyes", 17, 36}, {"a bar over the mouth", 36, 17}};
    memset(in, 100, sizeof in);
    for (int i = 0; i < 2; i++) {
        int bar = change_named(bars[i].name), covered = 0;
        assert_int_equal(robustness_change(bar, in, FACE_SIDE, FACE_SIDE, out, &error), 0);
        for (int p = 0; p < PIXELS; p++)
            covered += out[p] == 0;
        assert_in_range(covered, 9 * FACE_SIDE, 10 * FACE_SIDE);
        for (int x = 0; x < FACE_SIDE; x++)
            for (int y = -3; y <= 3; y++) {
                assert_int_equal(out[(bars[i].row + y) * FACE_SIDE + x], 0);
                assert_int_equal(out[(bars[i].other + y) * FACE_SIDE + x], 100);
            }
    }
}

/* As strong as they are said to be. */
static void changes_are_as_strong_as_they_are_called(void **state)
{
    (void)state;
    static struct webcam_scratch scratch;
    enum { FEW = 40 };
    uint8_t in[PIXELS], expected[5][PIXELS], few[FEW * FEW];
    const struct grey_crop crop = {in, FACE_SIDE, FACE_SIDE};
    const struct grey_image picture = {in, FACE_SIDE, FACE_SIDE, FACE_SIDE};
    const struct grey_image small = {few, FEW, FEW, FEW};
    static const char *const names[] = {"light from the left", "motion blur of 10 % to the side",
                                        "noise of deviation 12", "JPEG quality 30",
                                        "40 pixels wide"};
    struct rng rng = rng_make(4, 0);
    struct error error;
    uint64_t sum = 0;
    draw_sample(in, 3, &rng);
    for (int p = 0; p < PIXELS; p++)
        sum = 31 * sum + in[p];
    rng = rng_make(0, sum);
    webcam_side_light(crop, 3.141592653589793, 0.7, expected[0]);
    webcam_motion_blur(crop, 0, 4.8, &scratch, expected[1]);
    webcam_noise(crop, 12, &rng, expected[2]);
    assert_int_equal(ocv_jpeg_grey(picture, 30, expected[3], &error), OCV_OK);
    assert_int_equal(ocv_resize_grey(picture, few, FEW, FEW, &error), OCV_OK);
    assert_int_equal(ocv_resize_grey(small, expected[4], FACE_SIDE, FACE_SIDE, &error), OCV_OK);
    for (int i = 0; i < 5; i++) {
        uint8_t out[PIXELS];
        assert_int_equal(
            robustness_change(change_named(names[i]), in, FACE_SIDE, FACE_SIDE, out, &error), 0);
        if (memcmp(out, expected[i], PIXELS) != 0)
            fail_msg("%s is something else", names[i]);
    }
}

static void changed_pictures_need_not_be_square(void **state)
{
    (void)state;
    enum { WIDTH = 30, HEIGHT = 20, AREA = WIDTH * HEIGHT, FEW = 40 };
    static const struct {
        const char *name;
        int dx, dy;
    } moves[] = {{"none", 0, 0}, {"10 % to the right", 3, 0}, {"10 % down", 0, 2}};
    uint8_t in[AREA], out[AREA], few[FEW * FEW], expected[AREA];
    const struct grey_image picture = {in, WIDTH, HEIGHT, WIDTH}, small = {few, FEW, FEW, FEW};
    struct rng rng = rng_make(6, 0);
    struct error error;
    fill_noise(&rng, in, AREA);
    for (int i = 0; i < 3; i++) {
        int change = change_named(moves[i].name), from = moves[i].dy * WIDTH + moves[i].dx;
        assert_int_equal(robustness_change(change, in, WIDTH, HEIGHT, out, &error), 0);
        for (int p = from; p < AREA; p++)
            if (p % WIDTH >= moves[i].dx)
                expect_close(out[p], in[p - from], 1, moves[i].name);
    }
    int mirror = change_named("mirrored"), dark = change_named("half brightness");
    assert_int_equal(robustness_change(mirror, in, WIDTH, HEIGHT, out, &error), 0);
    for (int p = 0; p < AREA; p++)
        assert_int_equal(out[p], in[p / WIDTH * WIDTH + WIDTH - 1 - p % WIDTH]);
    assert_int_equal(robustness_change(dark, in, WIDTH, HEIGHT, out, &error), 0);
    for (int p = 0; p < AREA; p++)
        assert_int_equal(out[p], (in[p] + 1) / 2);
    assert_int_equal(
        robustness_change(change_named("40 pixels wide"), in, WIDTH, HEIGHT, out, &error), 0);
    assert_int_equal(ocv_resize_grey(picture, few, FEW, FEW, &error), OCV_OK);
    assert_int_equal(ocv_resize_grey(small, expected, WIDTH, HEIGHT, &error), OCV_OK);
    assert_memory_equal(out, expected, AREA);
}

static void robustness_counts_what_differs(void **state)
{
    (void)state;
    struct dataset d = make_dataset(350, MEASURED);
    struct model model = trained_model(&d);
    struct robustness rows[ROBUSTNESS_CHANGES];
    struct model_workspace *workspace;
    struct error error;
    int majority[14]; /* the label, and of the last ones another */
    for (int i = 0; i < 14; i++) {
        uint8_t votes[LABEL_COUNT] = {0};
        majority[i] = (d.labels[350 + i] + (i < 10 ? 0 : 1)) % LABEL_COUNT;
        votes[majority[i]] = 6;
        add_votes(&d, 350 + i, votes, 4);
    }
    assert_int_equal(robustness_measure(rows, &model, &d, SPLIT_VALIDATION, &error), 0);
    assert_int_equal(model_workspace_create(&workspace, &model, 1, &error), 0);
    int differing_in_all = 0;
    for (int change = 0; change < ROBUSTNESS_CHANGES; change++) {
        int hits = 0, ferplus = 0, differing = 0;
        for (int i = 350; i < d.count; i++) {
            uint8_t crop[PIXELS];
            float p[LABEL_COUNT], q[LABEL_COUNT];
            assert_int_equal(robustness_change(change, dataset_picture(&d, i), FACE_SIDE, FACE_SIDE,
                                               crop, &error),
                             0);
            model_predict(&model, workspace, dataset_picture(&d, i), 1, p);
            model_predict(&model, workspace, crop, 1, q);
            hits += predicted_class(q, LABEL_COUNT) == d.labels[i];
            ferplus += i < 364 && predicted_class(q, LABEL_COUNT) == majority[i - 350];
            differing += predicted_class(q, LABEL_COUNT) != predicted_class(p, LABEL_COUNT);
        }
        expect_close(rows[change].accuracy, (double)hits / MEASURED, 1e-9, "accuracy");
        expect_close(rows[change].ferplus_accuracy, ferplus / 14.0, 1e-9, "accuracy by FER+");
        expect_close(rows[change].differing, (double)differing / MEASURED, 1e-9, "differing");
        differing_in_all += differing;
    }
    assert_true(differing_in_all > 0);
    expect_close(rows[0].differing, 0.0, 0.0, "differing without a change");
    model_workspace_free(&workspace);
    model_free(&model);
    dataset_free(&d);
}

/* ---- Report ---------------------------------------------------------------------------------- */

static void expect_lines(const char *name, int expected, const char *line)
{
    size_t size;
    int lines = 0;
    char *text = (char *)read_bytes(in_folder(name), &size);
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    if (lines != expected || !strstr(text, line))
        fail_msg("%s: %d lines, expected %d with \"%s\": %s", name, lines, expected, line, text);
    free(text);
}

/* The columns have the names that the JSON object's keys have. */
static void expect_names(const char *name, const char *header)
{
    size_t size;
    char *text = (char *)read_bytes(in_folder(name), &size);
    if (strncmp(text, header, strlen(header)) != 0)
        fail_msg("%s begins: %.60s", name, text);
    free(text);
}

static void report_holds_the_figures(void **state)
{
    (void)state;
    struct dataset d = make_dataset(7, 0);
    struct evaluation e = {.split = SPLIT_TRAINING};
    struct robustness rows[ROBUSTNESS_CHANGES] = {{0.5, 0.25, 0.0}, {0.4, 0.2, 0.125}};
    const int truths[] = {0, 0, 1, 2}, majority[] = {-1, 1, -1, -1};
    struct error error;
    float p[4 * LABEL_COUNT];
    for (int i = 0; i < 4 * LABEL_COUNT; i++)
        p[i] = i % LABEL_COUNT == 1 ? 0.7f : 0.05f; /* always disgust */
    metrics_compute(&e.metrics, LABEL_COUNT, truths, 4, p);
    metrics_compute(&e.unique[TRUTH_LABEL], LABEL_COUNT, truths, 4, p);
    int result = evaluation_report(test_folder(), &e, &d, "m", NULL, NULL, &error);
    bool drawn = system("gnuplot --version >/dev/null 2>&1") == 0;
    assert_int_equal(result == 0, drawn);
    if (!drawn)
        expect_text(error.text, test_folder(), "gnuplot");
    expect_lines("confusion.csv", 1 + 49, "angry,disgust,2,1.0000\n");
    expect_lines("calibration.csv", 1 + CALIBRATION_BINS, "0.6667,0.7333,4,1.0000,0.7000,0.2500\n");
    expect_lines("classes.csv", 1 + LABEL_COUNT, "label,disgust,0.2500,1.0000,0.4000,1\n");
    expect_names("confusion.csv", "true,predicted,count,share\n");
    expect_names("calibration.csv", "low,high,count,share,confidence,accuracy\n");
    expect_names("classes.csv", "truth,class,precision,recall,f1,support\n");
    assert_int_not_equal(access(in_folder("confusion_ferplus.csv"), F_OK), 0);
    assert_int_not_equal(access(in_folder("robustness.csv"), F_OK), 0);

    metrics_compute(&e.ferplus, LABEL_COUNT, majority, 4, p);
    e.unique[TRUTH_FERPLUS] = e.ferplus;
    metrics_compute(&e.unique[TRUTH_AGREED], LABEL_COUNT, (const int[]){-1, -1, -1, -1}, 4, p);
    result = evaluation_report(test_folder(), &e, &d, "m", NULL, rows, &error);
    assert_int_equal(result == 0, drawn);
    expect_lines("confusion_ferplus.csv", 1 + 49, "disgust,disgust,1,1.0000\n");
    expect_lines("calibration_ferplus.csv", 1 + CALIBRATION_BINS, ",1,1.0000,0.7000,1.0000\n");
    expect_lines("robustness.csv", 1 + ROBUSTNESS_CHANGES, "10 % smaller,0.4000,0.2000,0.1250\n");
    expect_lines("classes.csv", 1 + 3 * LABEL_COUNT, "ferplus,disgust,1.0000,1.0000,1.0000,1\n");
    expect_lines("classes.csv", 1 + 3 * LABEL_COUNT, "agreed,disgust,,,,0\n");
    const char *const pictures[] = {"confusion.png", "calibration.png", "classes.png",
                                    "robustness.png"};
    for (int i = 0; i < 4 && drawn; i++) {
        size_t size;
        uint8_t *bytes = read_bytes(in_folder(pictures[i]), &size);
        assert_true(size > 1000 && memcmp(bytes, "\211PNG", 4) == 0);
        free(bytes);
    }
    dataset_free(&d);
}

/* ---- All that is said ------------------------------------------------------------------------ */

static FILE *scripts; /* gets gnuplot's scripts, of which no pictures are drawn then */

int __real_gnuplot_draw(const char *folder, const char *script, const char *name,
                        struct error *error);
int __wrap_gnuplot_draw(const char *folder, const char *script, const char *name,
                        struct error *error);

int __wrap_gnuplot_draw(const char *folder, const char *script, const char *name,
                        struct error *error)
{
    if (!scripts)
        return __real_gnuplot_draw(folder, script, name, error);
    fprintf(scripts, "==> %s\n%s", name, script);
    return 0;
}

enum { SHOWN = 24 };

/* Of three classes; *d has no pictures. `seen` of SHOWN answers have a majority of votes. */
static void make_evaluation(struct evaluation *e, struct dataset *d, enum data_source source,
                            int seen)
{
    static const char *const names[] = {"angry", "disgust", "fear"};
    int labels[SHOWN], majority[SHOWN], unique[SHOWN], agreed[SHOWN];
    float p[SHOWN * 3];
    *d = (struct dataset){.source = source, .class_count = 3};
    for (int k = 0; k < 3; k++)
        snprintf(d->class_names[k], sizeof d->class_names[k], "%s", names[k]);
    for (int i = 0; i < SHOWN; i++) {
        labels[i] = i % 5 % 3;
        majority[i] = i < seen ? i * i % 3 : -1;
        unique[i] = i % 7 ? labels[i] : -1;
        agreed[i] = majority[i] == labels[i] ? labels[i] : -1;
        for (int k = 0; k < 3; k++)
            p[i * 3 + k] = k == i / 2 % 3 ? 0.405f + 0.02f * (float)i : 0.295f - 0.01f * (float)i;
    }
    memset(e, 0, sizeof *e);
    e->split = SPLIT_VALIDATION;
    e->plain_accuracy = 0.375;
    metrics_compute(&e->metrics, 3, labels, SHOWN, p);
    metrics_compute(&e->ferplus, 3, majority, SHOWN, p);
    metrics_compute(&e->unique[TRUTH_LABEL], 3, unique, SHOWN, p);
    metrics_compute(&e->unique[TRUTH_FERPLUS], 3, majority, SHOWN, p);
    metrics_compute(&e->unique[TRUTH_AGREED], 3, agreed, SHOWN, p);
}

static void copy_file(const char *name, FILE *out)
{
    size_t size;
    uint8_t *text = read_bytes(in_folder(name), &size);
    fprintf(out, "==> %s\n%s", name, (const char *)text);
    free(text);
}

static void say_evaluation(const struct evaluation *e, const struct dataset *d, const char *options,
                           const struct robustness *rows, FILE *out)
{
    static const char *const tables[] = {
        "summary.json",    "confusion.csv",           "confusion_ferplus.csv",
        "calibration.csv", "calibration_ferplus.csv", "classes.csv",
        "robustness.csv"};
    struct error error;
    empty_folder(NULL);
    evaluation_print(e, d, "a model", out);
    scripts = out;
    assert_int_equal(evaluation_report(test_folder(), e, d, "a model", options, rows, &error), 0);
    scripts = NULL;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (access(in_folder(tables[i]), F_OK) == 0)
            copy_file(tables[i], out);
}

static void say_all(FILE *out)
{
    struct dataset d;
    struct evaluation e;
    struct error error;
    struct robustness rows[ROBUSTNESS_CHANGES];
    for (int i = 0; i < ROBUSTNESS_CHANGES; i++)
        rows[i] = (struct robustness){0.9 - 0.02 * i, 0.8 - 0.03 * i, 0.01 * i};
    make_evaluation(&e, &d, DATA_FER2013, SHOWN - 2);
    e.duplicates = 4;
    say_evaluation(&e, &d, "--epochs 3", rows, out);
    make_evaluation(&e, &d, DATA_FER2013, 1); /* a vote against the label */
    e.unique[TRUTH_LABEL] = e.unique[TRUTH_AGREED] = (struct metrics){.class_count = 3};
    say_evaluation(&e, &d, NULL, NULL, out);
    make_evaluation(&e, &d, DATA_FOLDERS, 0);
    say_evaluation(&e, &d, NULL, rows, out);

    static const struct epoch_result history[] = {{1.5, 0.25, 1.75, 0.5, 2},
                                                  {1, 0.5, 1.25, 0.75, 3}};
    assert_int_equal(report_log(test_folder(), history, 2, &error), 0);
    copy_file("log.csv", out);
    scripts = out;
    assert_int_equal(report_curves(test_folder(), &error), 0);
    scripts = NULL;

    static const enum data_source sources[] = {DATA_FER2013, DATA_FER2013, DATA_IDX, DATA_FOLDERS};
    for (int i = 0; i < 4; i++) { /* some, all, none and the first are also in Training */
        d = make_dataset(16, 8);
        d.source = sources[i];
        for (int k = 0; k < 8 && i < 2; k += 2 - i)
            copy_picture(&d, k, 16 + k);
        d.splits[23] = d.splits[22] = i % 2 == 0 ? SPLIT_TEST : SPLIT_VALIDATION;
        if (i == 3) {
            copy_picture(&d, 1, 0);
            d.splits[0] = SPLIT_VALIDATION;
        }
        if (i == 1)
            add_votes(&d, 0, (uint8_t[LABEL_COUNT]){0}, 1);
        assert_int_equal(inspect_print(&d, out, &error), 0);
        dataset_free(&d);
    }
}

/* Every figure in its place. */
static void all_is_said_as_it_was(void **state)
{
    (void)state;
    char *said = NULL;
    size_t size, expected_size;
    FILE *out = open_memstream(&said, &size);
    assert_non_null(out);
    say_all(out);
    assert_int_equal(fclose(out), 0);
    uint8_t *expected = read_bytes(SOURCE_DIR "/tests/golden/report.txt", &expected_size);
    size_t at = 0, line = 1;
    for (; at < size && said[at] == (char)expected[at]; at++)
        line += said[at] == '\n';
    if (size != expected_size || at < size)
        fail_msg("line %zu is another than it was: %.60s; where that is meant: test_evaluate print "
                 ">tests/golden/report.txt",
                 line, said + at);
    free(said);
    free(expected);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_of_a_known_case),
        cmocka_unit_test(metrics_of_next_to_nothing),
        cmocka_unit_test(calibration_of_a_known_case),
        cmocka_unit_test_teardown(evaluation_has_two_truths, empty_folder),
        cmocka_unit_test_teardown(evaluation_is_as_in_use_and_of_the_crop, empty_folder),
        cmocka_unit_test_teardown(evaluation_leaves_out_duplicates, empty_folder),
        cmocka_unit_test_teardown(training_may_have_nothing_else_to_choose_by, empty_folder),
        cmocka_unit_test_teardown(evaluation_refuses_other_data, empty_folder),
        cmocka_unit_test(data_are_known_by_all_of_their_bytes),
        cmocka_unit_test(changes_are_what_they_are_called),
        cmocka_unit_test(changes_are_as_strong_as_they_are_called),
        cmocka_unit_test(changes_of_brightness_and_quality),
        cmocka_unit_test(changes_of_webcams),
        cmocka_unit_test(changed_pictures_need_not_be_square),
        cmocka_unit_test_teardown(robustness_counts_what_differs, empty_folder),
        cmocka_unit_test_teardown(report_holds_the_figures, empty_folder),
        cmocka_unit_test_teardown(all_is_said_as_it_was, empty_folder),
    };
    if (argc > 1 && strcmp(argv[1], "print") == 0) {
        if (make_folder(NULL) < 0)
            return 1;
        say_all(stdout);
        return remove_folder(NULL);
    }
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
