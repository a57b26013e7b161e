/* What is said of a face over time. */
#include "testing.h"

#include "resting.h"
#include "smoother.h"

enum { ANGRY, HAPPY = 3, SAD, SURPRISE, NEUTRAL };

/* `top` for the label, the rest in equal parts. */
static struct expressions_face answer(int id, int label, float top)
{
    struct expressions_face face = {.id = id};
    for (int k = 0; k < LABEL_COUNT; k++)
        face.raw[k] = k == label ? top : (1 - top) / (LABEL_COUNT - 1);
    return face;
}

/* Two labels share all but a little. */
static struct expressions_face between_two(int a, float share, int b)
{
    struct expressions_face face = answer(1, a, 0.9f * share);
    float rest = 0.02f;
    for (int k = 0; k < LABEL_COUNT; k++)
        face.raw[k] = k == a ? 0.9f * share : k == b ? 0.9f * (1 - share) : rest;
    return face;
}

static void expect_distribution(const struct expressions_face *face)
{
    double sum = 0;
    for (int k = 0; k < LABEL_COUNT; k++)
        sum += (double)face->probabilities[k];
    expect_close(sum, 1, 1e-5, "sum");
    assert_true(face->second != face->label && face->second >= 0 && face->second < LABEL_COUNT);
}

/* The bars say what the words say: a label that is named alone has one half, of two candidates the
 * first has less, and both have more than the others. */
static void expect_agreement(const struct expressions_face *face)
{
    const float *p = face->probabilities;
    expect_distribution(face);
    assert_int_equal(face->uncertain, p[face->label] < 0.5f);
    for (int k = 0; k < LABEL_COUNT; k++)
        assert_true(p[k] <= (k == face->label ? 1 : p[face->label]));
    for (int k = 0; face->uncertain && k < LABEL_COUNT; k++)
        assert_true(k == face->label || p[k] <= p[face->second]);
}

/* Whatever is seen, at the end what was taken in is this label's. */
static double run(struct smoother *smoother, int label, float top, double begin, double end,
                  double fps, struct expressions_face *face)
{
    double time = begin;
    for (; time < end; time += 1 / fps) {
        *face = answer(1, label, top);
        smoother_run(smoother, face, 1, time);
    }
    return time;
}

/* Unmistakable answers change the label within the time that was asked for, at any frame rate, and
 * what is shown changes with it. */
static void test_plain_change(void **state)
{
    (void)state;
    static const double times[] = {0.1, 0.2, 0.3, 0.5, 1, 2};
    static const double rates[] = {10, 24, 30, 60, 240};
    for (int i = 0; i < 30; i++) {
        double seconds = times[i / 5];
        double fps = rates[i % 5];
        struct smoother smoother = {.seconds = seconds};
        struct expressions_face face;
        double begin = run(&smoother, SAD, 0.97f, 0, 5, fps, &face);
        double time = begin;
        assert_int_equal(face.label, SAD);
        do {
            face = answer(1, HAPPY, 0.97f);
            smoother_run(&smoother, &face, 1, time);
            expect_agreement(&face);
            time += 1 / fps;
        } while (face.label == SAD && time < begin + 10);
        double delay = time - begin; /* until the next frame */
        if (delay > fmax(seconds * 1.1, 3 / fps) + 1.01 / fps || delay < seconds * 0.6)
            fail_msg("%g s at %g fps: changed after %g s", seconds, fps, delay);
        assert_int_equal(face.label, HAPPY);
        assert_false(face.uncertain);
        assert_true(face.probabilities[HAPPY] > 0.6f);
    }
}

/* One frame of anything changes nothing, at 24 frames a second or more. */
static void test_stray_frames(void **state)
{
    (void)state;
    struct smoother smoother = {.seconds = 0.2};
    for (int n = 0; n < 24 * 60; n++) {
        struct expressions_face face = answer(1, HAPPY, 0.9f);
        if (n % 6 == 5)
            face = answer(1, n / 6 % LABEL_COUNT, 0.99f);
        smoother_run(&smoother, &face, 1, n / 24.0);
        assert_int_equal(face.label, HAPPY);
        assert_false(face.uncertain);
    }
}

/* Weak answers that fluctuate change nothing; once they agree, they do. */
static void test_wavering(void **state)
{
    (void)state;
    struct smoother smoother = {.seconds = 0.2};
    struct rng rng = rng_make(5, 0);
    struct expressions_face face;
    double time = run(&smoother, HAPPY, 0.8f, 0, 2, 30, &face);
    for (int n = 0; n < 30 * 60; n++, time += 1 / 30.0) {
        face = between_two(HAPPY, 0.6f + 0.003f * (float)between(&rng, -100, 100), SAD);
        smoother_run(&smoother, &face, 1, time);
        assert_int_equal(face.label, HAPPY);
    }
    for (int n = 0; n < 90; n++, time += 1 / 30.0) {
        face = between_two(HAPPY, 0.25f, SAD);
        smoother_run(&smoother, &face, 1, time);
    }
    assert_int_equal(face.label, SAD);
}

/* A mouth that opens and closes five times a second, and is open for more than half of the time,
 * is no surprise; one that stays open is. */
static void test_speech(void **state)
{
    (void)state;
    struct smoother smoother = {.seconds = 0.2};
    struct expressions_face face;
    double time = run(&smoother, HAPPY, 0.9f, 0, 2, 30, &face);
    for (int n = 0; n < 300; n++, time += 1 / 30.0) {
        face = n % 7 < 4 ? answer(1, SURPRISE, 0.9f) : answer(1, HAPPY, 0.9f);
        smoother_run(&smoother, &face, 1, time);
        assert_int_equal(face.label, HAPPY);
        assert_false(face.uncertain);
    }
    assert_true(face.probabilities[HAPPY] > 0.5f);
    run(&smoother, SURPRISE, 0.9f, time, time + 1.5, 30, &face);
    assert_int_equal(face.label, SURPRISE);
}

/* Whatever the answers are, nothing that is said lasts for less than 0.4 s, and as long as it lasts
 * nothing contradicts it. */
static void test_no_short_words(void **state)
{
    (void)state;
    struct smoother smoother = {.seconds = 0.1};
    struct rng rng = rng_make(7, 0);
    int words[3] = {-1, -1, -1};
    int changes = 0;
    double since = 0;
    for (int n = 0; n < 30000; n++) {
        static struct expressions_face held;
        double time = n / 30.0;
        if (n % 8 == 0)
            held = answer(1, between(&rng, 0, 6), (float)between(&rng, 20, 99) / 100);
        struct expressions_face face = held;
        smoother_run(&smoother, &face, 1, time);
        expect_agreement(&face);
        int said[3] = {face.uncertain, face.label, face.uncertain ? face.second : 0};
        if (memcmp(said, words, sizeof said) == 0)
            continue;
        if (n > 0 && time - since < BELIEF_SHORTEST - 1e-9)
            fail_msg("said for %g s, until %g s", time - since, time);
        memcpy(words, said, sizeof said);
        since = time;
        changes++;
    }
    assert_true(changes > 100);
}

/* A steady answer is named from one half on; below, the best two are. */
static void test_uncertain(void **state)
{
    (void)state;
    for (int percent = 30; percent <= 70; percent += 8) {
        struct smoother smoother = {.seconds = 0.2};
        struct expressions_face face;
        double time = run(&smoother, ANGRY, 0.95f, 0, 2, 30, &face);
        for (int n = 0; n < 900; n++, time += 1 / 30.0) {
            face = answer(1, SAD, (float)percent / 100);
            face.raw[ANGRY] -= 0.04f;
            face.raw[NEUTRAL] += 0.04f;
            smoother_run(&smoother, &face, 1, time);
        }
        assert_int_equal(face.uncertain, percent < 50);
        assert_int_equal(face.label, SAD);
        assert_int_equal(face.second, NEUTRAL);
        expect_close((double)face.probabilities[SAD], percent / 100.0, 0.02, "what is shown");
    }
}

/* Of the two candidates the better one is named first, even if it was the second before. */
static void test_candidates_change_places(void **state)
{
    (void)state;
    struct smoother smoother = {.seconds = 0.2};
    struct expressions_face face;
    for (int n = 0; n < 240; n++) {
        face = between_two(ANGRY, n < 120 ? 0.53f : 0.46f, NEUTRAL);
        smoother_run(&smoother, &face, 1, n / 30.0);
        if (n % 120 == 119) {
            assert_true(face.uncertain);
            assert_int_equal(face.label, n < 120 ? ANGRY : NEUTRAL);
            assert_int_equal(face.second, n < 120 ? NEUTRAL : ANGRY);
        }
    }
}

/* Small faces and such as move fast count less; a box that does not sit well costs less than half.
 */
static void test_badly_seen(void **state)
{
    (void)state;
    static const struct {
        int side, step;
        float score;
    } faces[] = {{200, 0, 1}, {9, 0, 1}, {200, 100, 1}, {200, 0, 0.05f}};
    double delays[4];
    for (int i = 0; i < 4; i++) {
        struct smoother smoother = {.seconds = 1};
        double change = -1;
        for (int n = 0; n < 300; n++) {
            struct expressions_face face = answer(1, n < 150 ? SAD : HAPPY, 0.97f);
            face.score = faces[i].score;
            face.box = (struct expressions_box){n * faces[i].step, 0, faces[i].side, faces[i].side};
            smoother_run(&smoother, &face, 1, n / 30.0);
            if (change < 0 && face.label == HAPPY)
                change = n / 30.0 - 5;
        }
        delays[i] = change;
    }
    assert_true(delays[1] > 1.4 * delays[0]);
    assert_true(delays[2] > 1.8 * delays[0]);
    assert_true(delays[3] > 1.4 * delays[0]);
    assert_true(delays[3] < 2.0 * delays[0]);
}

static void test_raw(void **state)
{
    (void)state;
    struct smoother smoother = {0};
    struct rng rng = rng_make(3, 0);
    for (int n = 0; n < 100; n++) {
        int label = between(&rng, 0, 6);
        float top = n % 10 ? (float)between(&rng, 30, 90) / 100 : n % 20 ? 0.5f : 0.49995f;
        struct expressions_face face = answer(1, label, top);
        smoother_run(&smoother, &face, 1, n * 0.001);
        assert_memory_equal(face.probabilities, face.raw, sizeof face.raw);
        assert_int_equal(face.label, label);
        assert_int_equal(face.second, label == 0); /* the first of the others */
        assert_int_equal(face.uncertain, top < 0.5f);
        assert_false(face.smoothed);
        expect_agreement(&face);
    }
}

/* Each face keeps its own history, wherever it stands in the list; a held one keeps its values. */
static void test_histories(void **state)
{
    (void)state;
    struct smoother smoother = {.seconds = 10};
    struct expressions_face faces[2] = {answer(1, 0, 1), answer(2, 3, 1)};
    faces[0].score = 0.75f;
    smoother_run(&smoother, faces, 2, 0);
    struct expressions_face swapped[2] = {answer(2, 3, 1), answer(1, 0, 1)};
    swapped[1].score = 0.5f;
    smoother_run(&smoother, swapped, 2, 0.1);
    expect_close((double)swapped[0].probabilities[3], 1, 1e-6, "second face");
    expect_close((double)swapped[1].probabilities[0], 1, 1e-6, "first face");
    struct expressions_face held = {.id = 1, .held = true};
    smoother_run(&smoother, &held, 1, 0.2);
    expect_close((double)held.probabilities[0], 1, 1e-6, "held");
    assert_int_equal(held.label, 0);
    expect_close((double)held.raw[0], 1, 0, "the network's own answer");
    expect_close((double)held.score, 0.5, 0, "its score");
    struct expressions_face back = answer(2, 5, 1);
    smoother_run(&smoother, &back, 1, 0.3);
    expect_close((double)back.probabilities[5], 1, 1e-6, "forgotten");
    struct expressions_face unknown = {.id = 9, .held = true};
    smoother_run(&smoother, &unknown, 1, 0.4);
    assert_true(unknown.uncertain);
    for (int k = 0; k < LABEL_COUNT; k++)
        expect_close((double)unknown.probabilities[k], 1.0 / LABEL_COUNT, 1e-6, "unknown");
    /* The same time again, or an earlier one, brings nothing. */
    struct expressions_face again = answer(2, 5, 1);
    smoother_run(&smoother, &again, 1, 0.5);
    struct expressions_face late = answer(2, 1, 1);
    smoother_run(&smoother, &late, 1, 0.5);
    assert_memory_equal(late.probabilities, again.probabilities, sizeof late.probabilities);
}

/* From 18 pixels on a face counts in full, however large; below that it counts less. */
static void test_size(void **state)
{
    (void)state;
    static const int sides[] = {18, 36, 400, 9};
    float first[LABEL_COUNT];
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        struct smoother smoother = {.seconds = 0.5};
        struct expressions_face face;
        for (int n = 0; n < 12; n++) {
            face = answer(1, n < 6 ? HAPPY : SAD, 0.7f);
            face.box.width = face.box.height = sides[i];
            smoother_run(&smoother, &face, 1, n / 30.0);
        }
        if (i == 0)
            memcpy(first, face.probabilities, sizeof first);
        bool same = memcmp(first, face.probabilities, sizeof first) == 0;
        assert_int_equal(same, sides[i] >= 18);
    }
}

/* A face that comes nearer grows around its middle, and has not moved. */
static void test_growing(void **state)
{
    (void)state;
    struct smoother smoothers[2] = {{.seconds = 0.5}, {.seconds = 0.5}};
    for (int n = 0; n < 20; n++) {
        struct expressions_face faces[2];
        for (int grows = 0; grows < 2; grows++) {
            int by = grows ? 3 * n : 0;
            faces[grows] = answer(1, n < 10 ? HAPPY : SAD, 0.7f);
            faces[grows].box =
                (struct expressions_box){100 - by, 200 - by, 40 + 2 * by, 40 + 2 * by};
            smoother_run(&smoothers[grows], &faces[grows], 1, n / 30.0);
        }
        assert_memory_equal(faces[1].probabilities, faces[0].probabilities,
                            sizeof faces[0].probabilities);
    }
}

/* As many faces as there may be, and nothing behind them is read or written. */
static void test_as_many_as_there_may_be(void **state)
{
    (void)state;
    static struct {
        struct smoother smoother;
        uint8_t behind[sizeof(struct smoother_slot)];
    } guarded = {.smoother = {.seconds = 0.2}};
    static struct expressions_face faces[EXPRESSIONS_MAX_FACES];
    uint8_t before[sizeof guarded.behind];
    memset(guarded.behind, 0x5a, sizeof guarded.behind);
    memcpy(before, guarded.behind, sizeof before);
    for (int n = 0; n < 2; n++) {
        for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++)
            faces[i] = answer(i + 1 + n * EXPRESSIONS_MAX_FACES, i % LABEL_COUNT, 0.9f);
        smoother_adapt(&guarded.smoother, true);
        smoother_run(&guarded.smoother, faces, EXPRESSIONS_MAX_FACES, n);
        for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++)
            assert_int_equal(faces[i].label, i % LABEL_COUNT);
        assert_int_equal(smoother_calibrate(&guarded.smoother, 0x5a5a5a5a, true), -1);
    }
    assert_memory_equal(guarded.behind, before, sizeof before);
}

/* ---- Belief ---------------------------------------------------------------------------------- */

/* A mouth seems open above one half and closed below one quarter. What comes no later than the
 * last answer changes nothing. */
static void test_mouth(void **state)
{
    (void)state;
    static const struct {
        double time;
        float surprise;
        bool open;
    } answers[] = {{0, 0.5f, false}, {1, 0.5f, false}, {2, 0.51f, true}, {2, 0.1f, true},
                   {1, 0.1f, true},  {3, 0.25f, true}, {4, 0.24f, false}};
    struct belief belief = {.begun = false};
    const struct expressions_face wide = answer(1, SURPRISE, 0.51f);
    belief_take(&belief, wide.raw, 1, 0, 0.2);
    assert_true(belief.open && belief.openings <= 0); /* from the beginning: it has not opened */
    belief.begun = false;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct expressions_face face = answer(1, SURPRISE, answers[i].surprise);
        struct belief before = belief;
        belief_take(&belief, face.raw, 1, answers[i].time, 0.2);
        assert_int_equal(belief.open, answers[i].open);
        if (i > 0 && answers[i].time <= before.time)
            assert_memory_equal(&belief, &before, sizeof belief);
    }
}

/* However long nothing came, an answer is worth one look. */
static void test_one_look(void **state)
{
    (void)state;
    struct belief belief = {.begun = true};
    struct expressions_face face = answer(1, SAD, 0.7f);
    for (int k = 0; k < BELIEF_STATES; k++)
        belief.state[k] = 1.0 / BELIEF_STATES;
    belief_take(&belief, face.raw, 1, 100, 0.2);
    for (int k = 0; k < BELIEF_STATES; k++) {
        double likelihood = k == BELIEF_NONE ? 0.3 : (double)face.raw[k];
        expect_close(belief.state[k] / belief.state[SAD], (likelihood + 0.02) / 0.72, 1e-6, "odds");
    }
}

/* What is said stays for BELIEF_SHORTEST and no longer: a label, one of two candidates, and which
 * of them comes first. */
static void test_words_change_in_time(void **state)
{
    (void)state;
    static const struct {
        float first[LABEL_COUNT], then[LABEL_COUNT];
        int before[3], after[3]; /* label, second, uncertain */
    } changes[] = {
        {{0.45f, 0.02f, 0.02f, 0.45f, 0.02f, 0.02f, 0.02f}, {0, 0, 0, 1}, {0, 3, 1}, {3, 0, 0}},
        {{0.45f, 0.3f, 0.05f, 0.05f, 0.05f, 0.05f, 0.05f},
         {0.45f, 0.02f, 0.45f, 0.02f, 0.02f, 0.02f, 0.02f},
         {0, 1, 1},
         {0, 2, 1}},
        {{0.45f, 0.4f, 0.03f, 0.03f, 0.03f, 0.03f, 0.03f},
         {0.3f, 0.48f, 0.05f, 0.05f, 0.04f, 0.04f, 0.04f},
         {0, 1, 1},
         {1, 0, 1}},
        {{0.45f, 0.3f, 0.05f, 0.05f, 0.05f, 0.05f, 0.05f},
         {0.1f, 0.082f, 0.49f, 0.082f, 0.082f, 0.082f, 0.082f},
         {0, 1, 1},
         {2, 0, 1}}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        for (int late = 0; late < 2; late++) {
            struct smoother smoother = {.seconds = 0.2};
            struct expressions_face face = {.id = 1};
            memcpy(face.raw, changes[i].first, sizeof face.raw);
            smoother_run(&smoother, &face, 1, 0);
            memcpy(face.raw, changes[i].then, sizeof face.raw);
            smoother_run(&smoother, &face, 1, late ? BELIEF_SHORTEST : 0.99 * BELIEF_SHORTEST);
            const int said[] = {face.label, face.second, face.uncertain};
            assert_memory_equal(said, late ? changes[i].after : changes[i].before, sizeof said);
        }
}

/* ---- Resting faces --------------------------------------------------------------------------- */

/* Neutral, but sad to the network. */
static struct expressions_face sad_at_rest(float sad)
{
    return between_two(SAD, sad, NEUTRAL);
}

/* After calibration neutral is read as neutral, and a smile is still a smile. */
static void test_calibration(void **state)
{
    (void)state;
    struct smoother smoother = {0};
    struct expressions_face face;
    assert_int_equal(smoother_calibrate(&smoother, 1, true), -1);
    for (int n = 0; n <= 90; n++) {
        double time = n / 30.0;
        face = answer(1, SAD, 0.5f);
        face.raw[NEUTRAL] += 0.02f;
        face.raw[SAD] -= 0.02f;
        smoother_run(&smoother, &face, 1, time);
        if (n == 10)
            assert_int_equal(smoother_calibrate(&smoother, 1, true), 0);
        int expected = n <= 10  ? EXPRESSIONS_PLAIN
                       : n < 70 ? EXPRESSIONS_COLLECTING
                                : EXPRESSIONS_CALIBRATED;
        assert_int_equal(face.calibration, expected);
        assert_int_equal(face.label, n < 70 ? SAD : NEUTRAL);
    }
    assert_true(face.smoothed);
    expect_close((double)face.raw[SAD], 0.48, 1e-6, "the network's own answer");
    expect_distribution(&face);
    expect_close((double)face.probabilities[NEUTRAL], 0.7, 0.05, "neutral");
    for (int k = 0; k < NEUTRAL; k++)
        expect_close((double)face.probabilities[k], 0.05, 0.02, "the others, in equal parts");
    face = answer(1, HAPPY, 0.9f);
    smoother_run(&smoother, &face, 1, 4);
    assert_int_equal(face.label, HAPPY);

    /* Rested on what is nothing like neutral: nothing is made more than e^2 times as probable, or
     * less. */
    assert_int_equal(smoother_calibrate(&smoother, 1, true), 0);
    for (int n = 0; n <= 70; n++) {
        face = answer(1, SAD, 1);
        smoother_run(&smoother, &face, 1, 4.5 + n / 30.0);
    }
    assert_int_equal(face.calibration, EXPRESSIONS_CALIBRATED);
    face = between_two(SAD, 0.99f, NEUTRAL);
    for (int n = 0; n < 60; n++) {
        face = between_two(SAD, 0.99f, NEUTRAL);
        smoother_run(&smoother, &face, 1, 7 + n / 30.0);
    }
    expect_close((double)(face.probabilities[SAD] / face.probabilities[NEUTRAL]), 99 * exp(-4), 0.1,
                 "odds");

    assert_int_equal(smoother_calibrate(&smoother, 1, false), 0);
    face = answer(1, SAD, 0.5f);
    smoother_run(&smoother, &face, 1, 10);
    assert_int_equal(face.label, SAD);
    assert_int_equal(face.calibration, EXPRESSIONS_PLAIN);
}

/* After ten seconds of rest and some more a lean to sadness is gone, smiles in between or not; a
 * plain sadness and a smile are what they were; another person begins anew. */
static void test_adaptation(void **state)
{
    (void)state;
    struct smoother smoother = {.seconds = 0.2};
    struct expressions_face face;
    smoother_adapt(&smoother, true);
    for (int n = 0; n < 30 * 40; n++) {
        face = n % 120 < 30 ? answer(1, HAPPY, 0.9f) : sad_at_rest(0.6f);
        smoother_run(&smoother, &face, 1, n / 30.0);
        if (n < 30 * RESTING_CALM)
            assert_int_equal(face.calibration, EXPRESSIONS_PLAIN);
        if (n % 120 == 119)
            assert_int_equal(face.label, n < 300 ? SAD : n < 900 ? face.label : NEUTRAL);
        if (n % 120 == 29)
            assert_int_equal(face.label, HAPPY);
    }
    assert_int_equal(face.calibration, EXPRESSIONS_ADAPTED);
    double time = 40;
    for (int n = 0; n < 60; n++, time += 1 / 30.0) {
        face = sad_at_rest(0.68f); /* a little more than at rest */
        smoother_run(&smoother, &face, 1, time);
    }
    assert_int_equal(face.label, SAD);
    assert_true(face.probabilities[SAD] > 0.6f);
    for (int n = 0; n < 300; n++, time += 1 / 30.0) {
        face = sad_at_rest(0.6f);
        face.id = 2;
        smoother_run(&smoother, &face, 1, time);
    }
    assert_int_equal(face.label, SAD);
    assert_int_equal(face.calibration, EXPRESSIONS_PLAIN);
}

/* A gap counts as half a second, however long it is. */
static void test_adaptation_after_a_gap(void **state)
{
    (void)state;
    struct resting resting[2] = {{0}};
    for (int i = 0; i < 2; i++) {
        double time = 0;
        for (int n = 0; n < 600; n++, time += 1 / 30.0) {
            struct expressions_face face = sad_at_rest(n < 500 ? 0.6f : 0.5f);
            double dt = n == 400 || n == 550 ? (i ? 3600 : 0.5) : 1 / 30.0;
            resting_correct(&resting[i], face.probabilities, time, dt, true);
        }
    }
    assert_memory_equal(&resting[0], &resting[1], sizeof resting[0]);
    assert_int_equal(resting_state(&resting[0]), EXPRESSIONS_ADAPTED);
}

/* However long a plain sadness, or a smile, lasts: it is believed. */
static void test_adaptation_is_bounded(void **state)
{
    (void)state;
    struct smoother smoother = {.seconds = 0.2};
    struct expressions_face faces[3];
    smoother_adapt(&smoother, true);
    for (int n = 0; n < 30 * 300; n++) {
        faces[0] = answer(1, SAD, 0.85f);
        faces[1] = answer(2, HAPPY, 0.55f);
        faces[2] = sad_at_rest(0.8f); /* the whole of the correction would hide it */
        faces[2].id = 3;
        smoother_run(&smoother, faces, 3, n / 30.0);
        assert_int_equal(faces[0].label, SAD);
        assert_int_equal(faces[1].label, HAPPY);
        assert_int_equal(faces[2].label, SAD);
        assert_true(!faces[0].uncertain && !faces[1].uncertain && !faces[2].uncertain);
        assert_int_equal(faces[1].calibration, EXPRESSIONS_PLAIN);
    }
}

/* Off, nothing is learned; switched off, nothing is kept. A calibration comes first. */
static void test_adaptation_switched(void **state)
{
    (void)state;
    struct smoother smoother = {.seconds = 0.2};
    struct expressions_face face;
    for (int n = 0; n < 30 * 120; n++) {
        if (n == 30 * 30 || n == 30 * 90)
            smoother_adapt(&smoother, n == 30 * 30);
        if (n == 30 * 70)
            assert_int_equal(smoother_calibrate(&smoother, 1, true), 0);
        if (n == 30 * 80)
            assert_int_equal(smoother_calibrate(&smoother, 1, false), 0);
        face = sad_at_rest(0.6f);
        smoother_run(&smoother, &face, 1, n / 30.0);
        int second = n / 30;
        int expected = second < 40   ? EXPRESSIONS_PLAIN
                       : second < 70 ? EXPRESSIONS_ADAPTED
                       : second < 72 ? EXPRESSIONS_COLLECTING
                       : second < 80 ? EXPRESSIONS_CALIBRATED
                       : second < 90 ? EXPRESSIONS_ADAPTED
                                     : EXPRESSIONS_PLAIN;
        if (second % 10 > 2 || n == 30 * 71)
            assert_int_equal(face.calibration, expected);
        if (second == 29 || second == 119)
            assert_int_equal(face.label, SAD);
        if (second == 69)
            assert_int_equal(face.label, NEUTRAL);
    }
}

/* ---- All of it ------------------------------------------------------------------------------- */

/* What is said in the end, of answers and boxes of every kind, depends on each number of the
 * method: whoever changes one on purpose writes these anew. */
static void test_as_it_was(void **state)
{
    (void)state;
    enum { FRAMES = 1500, EVERY = 150, ROWS = FRAMES / EVERY };
    static const double expected[ROWS][LABEL_COUNT] = {
        {0.020000, 0.020000, 0.020000, 0.020000, 0.540000, 0.020000, 0.360000},
        {0.020000, 0.020000, 0.020000, 0.020000, 0.540000, 0.020000, 0.360000},
        {0.034172, 0.034172, 0.034172, 0.034172, 0.214049, 0.034172, 0.615092},
        {0.500000, 0.057839, 0.057839, 0.057839, 0.032796, 0.194787, 0.098900},
        {0.602531, 0.026379, 0.026379, 0.080248, 0.006817, 0.047650, 0.209997},
        {0.574551, 0.022490, 0.022490, 0.090715, 0.007051, 0.029974, 0.252728},
        {0.136774, 0.020494, 0.020494, 0.544626, 0.005802, 0.021053, 0.250757},
        {0.422319, 0.044076, 0.044076, 0.154691, 0.039934, 0.152191, 0.142713},
        {0.492063, 0.027990, 0.027990, 0.203359, 0.016072, 0.063975, 0.168552},
        {0.487660, 0.022916, 0.022916, 0.158551, 0.008903, 0.035032, 0.264023}};
    static const int words[ROWS][3] = {{4, 6, 0}, {4, 6, 0}, {6, 4, 0}, {0, 5, 0}, {0, 6, 0},
                                       {0, 6, 0}, {3, 6, 0}, {0, 3, 1}, {0, 3, 1}, {0, 6, 1}};
    struct smoother smoother = {.seconds = 0.25, .adapt = true};
    struct rng rng = rng_make(11, 0);
    double time = 0;
    for (int n = 0; n < FRAMES; n++) {
        struct expressions_face face = sad_at_rest(0.6f);
        int part = n / EVERY;
        if (part == 3 || part == 7)
            face = n % 7 < 4 ? answer(1, SURPRISE, 0.8f) : answer(1, ANGRY, 0.6f);
        else if (part > 3)
            face = between_two(n / 60 * 3 % NEUTRAL, (float)between(&rng, 40, 99) / 100, NEUTRAL);
        face.id = 1;
        face.held = n % 50 == 49;
        face.score = part % 2 ? (float)between(&rng, 0, 100) / 100 : 0;
        face.box = (struct expressions_box){n * part, n % 30 * part, 12 + part, 12 + part};
        time += between(&rng, 20, 50) / 1000.0;
        smoother_run(&smoother, &face, 1, time);
        expect_agreement(&face);
        if (n % EVERY < EVERY - 1)
            continue;
        for (int k = 0; k < LABEL_COUNT; k++)
            expect_close((double)face.probabilities[k], expected[part][k], 2e-6, "probability");
        assert_int_equal(face.label, words[part][0]);
        assert_int_equal(face.second, words[part][1]);
        assert_int_equal(face.uncertain, words[part][2]);
    }
}

/* The median takes the first answer as it is, and then steps that grow smaller for a minute: 2 nats
 * a second at first, a thirtieth of a nat at last. */
static void test_median_steps(void **state)
{
    (void)state;
    struct resting resting = {0};
    float raw[LABEL_COUNT];
    double before = 0;
    for (int n = 0; n < 600; n++) {
        double odds = n % 200 == 1 ? 2 : -1, dt = n == 0 ? 0 : 0.25, calm = 0.25 * n;
        double sum = exp(odds) + LABEL_COUNT - 1;
        for (int k = 0; k < LABEL_COUNT; k++)
            raw[k] = (float)((k == SAD ? exp(odds) : 1) / sum);
        resting_correct(&resting, raw, calm, dt, true);
        double most = 2 * dt / fmin(fmax(calm, 1), 60), way = odds - before;
        if (n > 0)
            odds = before + (way < 0 ? fmax(way, -most) : fmin(way, most));
        expect_close(resting.median[SAD], odds, 1e-6, "the median of sad over neutral");
        expect_close(resting.median[HAPPY], 0, 0, "that of happy");
        before = resting.median[SAD];
    }
    expect_close(resting.calm, 0.25 * 599, 1e-5, "seconds of calm");
    for (int k = 0; k < LABEL_COUNT; k++)
        raw[k] = 1.0f / LABEL_COUNT;
    resting_correct(&resting, raw, 1000, 850, true);
    expect_close(resting.calm, 0.25 * 599 + 0.5, 1e-5, "after a gap");
}

/* What lies behind the labels is neither looked at nor changed. */
static void test_labels_and_no_more(void **state)
{
    (void)state;
    struct {
        struct resting resting;
        double beyond;
    } it = {.beyond = 17};
    float answer[LABEL_COUNT + 1];
    for (int k = 0; k < LABEL_COUNT; k++)
        answer[k] = 1.0f / LABEL_COUNT;
    answer[LABEL_COUNT] = 17;
    assert_int_equal(resting_state(&it.resting), EXPRESSIONS_PLAIN);
    resting_calibrate(&it.resting, true, 0);
    resting_correct(&it.resting, answer, RESTING_CALIBRATION, 0.1, false);
    assert_int_equal(resting_state(&it.resting), EXPRESSIONS_CALIBRATED);
    resting_calibrate(&it.resting, false, 0);
    assert_int_equal(resting_state(&it.resting), EXPRESSIONS_PLAIN);
    assert_true(answer[LABEL_COUNT] == 17 && it.beyond == 17);
}

/* So many answers of which sad is this much more probable than neutral. */
static void rest(struct resting *resting, int count, double odds, double dt)
{
    for (int n = 0; n < count; n++) {
        float raw[LABEL_COUNT];
        double sum = exp(odds) + LABEL_COUNT - 1;
        for (int k = 0; k < LABEL_COUNT; k++)
            raw[k] = (float)((k == SAD ? exp(odds) : 1) / sum);
        resting_correct(resting, raw, 0, dt, true);
    }
}

/* It takes RESTING_CALM until a lean is followed; who is forgotten begins anew. An earlier answer
 * moves nothing. */
static void test_calm_begins_anew(void **state)
{
    (void)state;
    struct resting resting = {0};
    for (int anew = 0; anew < 2; anew++) {
        rest(&resting, 39, anew ? 0.5 : 1, 0.25);
        expect_close(resting.median[SAD], anew ? 0.5 : 1, 1e-6, "the median");
        expect_close(resting.lean[SAD], 0, 0, "no lean yet");
        rest(&resting, 1, 2, -5);
        expect_close(resting.median[SAD], anew ? 0.5 : 1, 1e-6, "the median");
        resting.calm = 39 * 0.25;
        rest(&resting, 1, anew ? 0.5 : 1, 0.25);
        expect_close(resting.calm, RESTING_CALM, 0, "seconds of calm");
        assert_true(resting.lean[SAD] > 0);
        resting_forget(&resting);
    }
}

/* What is calm: answers that give smile and surprise together no more than one half. A label that
 * has nothing counts as one with a ten-thousandth. */
static void test_what_is_calm(void **state)
{
    (void)state;
    static const struct {
        float happy, surprise;
        bool calm;
    } answers[] = {{0.25f, 0.25f, true}, {0.3f, 0.25f, false}, {0.5f, 0.5f, false}, {0, 0, true}};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct resting resting = {0};
        float raw[LABEL_COUNT] = {[HAPPY] = answers[i].happy, [SURPRISE] = answers[i].surprise};
        raw[SAD] = 1 - raw[HAPPY] - raw[SURPRISE];
        double odds = log((double)raw[SAD] / 1e-4);
        resting_correct(&resting, raw, 0, 0.25, true);
        expect_close(resting.calm, answers[i].calm ? 0.25 : 0, 0, "seconds of calm");
        expect_close(resting.median[SAD], answers[i].calm ? odds : 0, 1e-4, "the median");
        expect_close(resting.median[HAPPY], 0, 0, "that of happy");
    }
}

/* A second calibration knows nothing of the first. */
static void test_calibrated_twice(void **state)
{
    (void)state;
    struct resting twice = {0}, once = {0};
    for (int n = 0; n < 40; n++) {
        struct expressions_face first = answer(1, HAPPY, 0.3f), then = answer(1, SAD, 0.4f);
        double time = n / 10.0;
        if (n == 0 || n == 15)
            resting_calibrate(&twice, true, time);
        if (n == 15)
            resting_calibrate(&once, true, time);
        resting_correct(&twice, n < 15 ? first.raw : then.raw, time, 0.1, false);
        if (n >= 15) {
            then = answer(1, SAD, 0.4f);
            resting_correct(&once, then.raw, time, 0.1, false);
        }
    }
    assert_int_equal(resting_state(&twice), EXPRESSIONS_CALIBRATED);
    assert_memory_equal(twice.offset, once.offset, sizeof once.offset);
    assert_int_equal(twice.collected, once.collected);
    expect_close(twice.calm, 0, 0, "seconds of calm");
}

/* Boxes tell how well a face was seen: without one the answer counts in full, whichever of two
 * answers lacks it. */
static void test_faces_without_box(void **state)
{
    (void)state;
    for (int with = 0; with < 4; with++) {
        struct smoother whole = {.seconds = 0.3}, some = {.seconds = 0.3};
        for (int n = 0; n < 40; n++) {
            struct expressions_face face = answer(1, n < 20 ? SAD : HAPPY, 0.8f), other = face;
            face.box.width = face.box.height = 100;
            if (with == 3 || (with > 0 && n % 2 == with - 1))
                other.box = face.box;
            smoother_run(&whole, &face, 1, n / 25.0);
            smoother_run(&some, &other, 1, n / 25.0);
            assert_memory_equal(other.probabilities, face.probabilities, sizeof face.probabilities);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_change),
        cmocka_unit_test(test_stray_frames),
        cmocka_unit_test(test_wavering),
        cmocka_unit_test(test_speech),
        cmocka_unit_test(test_no_short_words),
        cmocka_unit_test(test_uncertain),
        cmocka_unit_test(test_candidates_change_places),
        cmocka_unit_test(test_badly_seen),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_histories),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_growing),
        cmocka_unit_test(test_as_many_as_there_may_be),
        cmocka_unit_test(test_mouth),
        cmocka_unit_test(test_one_look),
        cmocka_unit_test(test_words_change_in_time),
        cmocka_unit_test(test_calibration),
        cmocka_unit_test(test_adaptation),
        cmocka_unit_test(test_adaptation_after_a_gap),
        cmocka_unit_test(test_adaptation_is_bounded),
        cmocka_unit_test(test_adaptation_switched),
        cmocka_unit_test(test_median_steps),
        cmocka_unit_test(test_labels_and_no_more),
        cmocka_unit_test(test_calm_begins_anew),
        cmocka_unit_test(test_what_is_calm),
        cmocka_unit_test(test_calibrated_twice),
        cmocka_unit_test(test_faces_without_box),
        cmocka_unit_test(test_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
