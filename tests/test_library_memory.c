/* libexpressions with every allocation of its own failing in turn, and with OpenCV failing: each
 * call that fails says so, loses no memory, and leaves handles that can be used and closed. */
#include "faults.h"
#include "small_face_model.h"

#include "library.h"

enum { SIDE = 120, SMALL_SIDE = 80 /* for cascades, which look long at noise */ };

static uint8_t pixels[SIDE * SIDE * 3];
static const struct expressions_box boxes[] = {{10, 12, 60, 60}, {50, 40, 64, 64}};

static struct expressions_picture noise(void)
{
    struct rng rng = rng_make(3, 0);
    fill_noise(&rng, pixels, sizeof pixels);
    return (struct expressions_picture){pixels, SIDE, SIDE, SIDE * 3, EXPRESSIONS_BGR};
}

/* Each of these opens, uses and closes; the first failure ends it. */

static enum expressions_status recognize(void)
{
    static float map[EXPRESSIONS_CROP_PIXELS], vector[1 << 17];
    static const uint8_t label;
    struct expressions_evaluation evaluation;
    static char text[EXPRESSIONS_DESCRIPTION_SIZE];
    struct expressions_picture picture = noise();
    struct expressions_face faces[2] = {{.box = boxes[0]}, {.box = boxes[1]}};
    enum expressions_status status =
        expressions_model_open(&model, in_folder("faces.safetensors"), NULL, &error);
    if (status == EXPRESSIONS_OK)
        status = expressions_model_describe(model, text, &error);
    if (status == EXPRESSIONS_OK)
        status = expressions_recognizer_open(&recognizer, model, &error);
    if (status == EXPRESSIONS_OK)
        status = expressions_recognize(recognizer, &picture, faces, 2, &error);
    const uint8_t *crop = expressions_latest_crop(recognizer, 0);
    if (status == EXPRESSIONS_OK)
        status = expressions_explain(recognizer, crop, 3, map, &error);
    assert_in_range(expressions_vector_size(model, 0), 0, sizeof vector / sizeof *vector);
    if (status == EXPRESSIONS_OK)
        status = expressions_vectors(recognizer, 0, 1, crop, 1, vector, &error);
    if (status == EXPRESSIONS_OK)
        status = expressions_evaluate(recognizer, crop, &label, 1, &evaluation, &error);
    expressions_recognizer_close(&recognizer);
    expressions_model_close(&model);
    return status;
}

static enum expressions_status detect(void)
{
    struct expressions_picture picture = noise();
    picture.width = picture.height = SMALL_SIDE;
    struct expressions_face faces[EXPRESSIONS_MAX_FACES];
    struct expressions_tracker *tracker = NULL;
    int count = 0;
    enum expressions_status status = expressions_detector_open(&detector, NULL, &error);
    if (status == EXPRESSIONS_OK)
        status =
            expressions_detect(detector, &picture, faces, EXPRESSIONS_MAX_FACES, &count, &error);
    if (status == EXPRESSIONS_OK)
        status = open_tracker(&tracker, detector);
    for (int i = 0; i < 3 && status == EXPRESSIONS_OK; i++)
        status = expressions_track(tracker, &picture, i / 30.0, NULL, 0, faces,
                                   EXPRESSIONS_MAX_FACES, &count, &error);
    expressions_tracker_close(&tracker);
    expressions_detector_close(&detector);
    return status;
}

static enum expressions_status follow(void)
{
    struct expressions_picture picture = noise();
    struct expressions_face faces[EXPRESSIONS_MAX_FACES];
    struct expressions_tracker *tracker = NULL;
    struct expressions_smoother *smoother = NULL;
    int count = 0;
    enum expressions_status status = open_tracker(&tracker, NULL);
    if (status == EXPRESSIONS_OK)
        status = open_smoother(&smoother, 0.5);
    if (status == EXPRESSIONS_OK)
        status = expressions_track(tracker, &picture, 0, boxes, 2, faces, EXPRESSIONS_MAX_FACES,
                                   &count, &error);
    if (status == EXPRESSIONS_OK)
        status = expressions_smooth(smoother, 0, faces, count, &error);
    expressions_smoother_close(&smoother);
    expressions_tracker_close(&tracker);
    return status;
}

static void try_all(const char *name, enum expressions_status (*use)(void), enum fault fault)
{
    expect_ok(use()); /* what stays for ever is there from now on */
    int before = faults_live();
    faults_begin(fault, 1000000, false);
    expect_ok(use());
    long calls = faults_end();
    assert_true(calls > 0);
    assert_int_equal(faults_live(), before);
    for (long n = 1; n <= calls; n++) {
        int live = faults_live();
        error = (struct expressions_error){0};
        faults_begin(fault, n, false);
        enum expressions_status status = use();
        faults_end();
        if (status != EXPRESSIONS_NO_MEMORY || error.status != status)
            fail_msg("%s, allocation %ld of %ld: status %d, %d: %s", name, n, calls, status,
                     error.status, error.text);
        expect_text(error.text, "memory", "");
        if (faults_live() != live)
            fail_msg("%s, allocation %ld of %ld: %d blocks lost", name, n, calls,
                     faults_live() - live);
        assert_true(!model && !recognizer && !detector);
    }
    expect_ok(use());
}

static void no_memory_is_a_status(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum expressions_status (*use)(void);
    } uses[] = {{"recognize", recognize}, {"detect", detect}, {"follow", follow}};
    save_small_face_model(in_folder("faces.safetensors"));
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        try_all(uses[i].name, uses[i].use, FAULT_MEMORY);
        try_all(uses[i].name, uses[i].use, FAULT_MEMORY_LEFT);
    }
}

static bool refuses;

enum ocv_code __real_ocv_shrink_grey(struct grey_image picture, uint8_t *out, int width, int height,
                                     struct error *why);
enum ocv_code __wrap_ocv_shrink_grey(struct grey_image picture, uint8_t *out, int width, int height,
                                     struct error *why);

/* A picture without rows, on demand, on which OpenCV throws. */
enum ocv_code __wrap_ocv_shrink_grey(struct grey_image picture, uint8_t *out, int width, int height,
                                     struct error *why)
{
    picture.height = refuses ? 0 : picture.height;
    return __real_ocv_shrink_grey(picture, out, width, height, why);
}

static void opencv_fails(void **state)
{
    (void)state;
    struct expressions_picture picture = noise();
    struct expressions_face face;
    struct expressions_tracker *tracker = NULL;
    int count = 77;
    expect_ok(expressions_detector_open(&detector, NULL, &error));
    expect_ok(open_tracker(&tracker, detector));
    refuses = true;
    expect_failure(expressions_detect(detector, &picture, &face, 1, &count, &error),
                   EXPRESSIONS_FAILED, "OpenCV: ");
    expect_failure(expressions_track(tracker, &picture, 1, NULL, 0, &face, 1, &count, &error),
                   EXPRESSIONS_FAILED, "OpenCV: ");
    assert_int_equal(count, 77);
    refuses = false;
    expect_ok(expressions_detect(detector, &picture, &face, 1, &count, &error));
    expect_ok(expressions_track(tracker, &picture, 0, NULL, 0, &face, 1, &count, &error));
    expressions_tracker_close(&tracker);
    expressions_detector_close(&detector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_memory_is_a_status),
                                       cmocka_unit_test(opencv_fails)};
    return run_library_tests(tests, sizeof tests / sizeof *tests);
}
