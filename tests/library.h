/* What the tests of libexpressions share: handles on the shipped model, and the demo's pictures. */
#ifndef LIBRARY_H
#define LIBRARY_H

#include "testing.h"

#include "demo.h"
#include "expressions.h"
#include "expressions_research.h"
#include "ocv.h"

static const char model_path[] = SOURCE_DIR "/models/expressions.safetensors";

static struct demo *demo;
static struct expressions_model *model;
static struct expressions_recognizer *recognizer;
static struct expressions_detector *detector;
static struct expressions_error error;

static inline void expect_ok(enum expressions_status status)
{
    if (status != EXPRESSIONS_OK)
        fail_msg("%s: %s", expressions_status_text(status), error.text);
}

/* The status is this one, and so is the error's, whose text is one line with `word`. */
static inline void expect_failure(enum expressions_status got, enum expressions_status status,
                                  const char *word)
{
    assert_int_equal(got, status);
    assert_int_equal(error.status, status);
    expect_text(error.text, word, "");
}

static inline struct expressions_picture as_picture(struct bgr_image image)
{
    return (struct expressions_picture){image.pixels, image.width, image.height, image.stride,
                                        EXPRESSIONS_BGR};
}

/* The demo's next picture; it lives until the next call. */
static inline struct expressions_picture next_picture(double *time)
{
    return as_picture(demo_next(demo, time));
}

/* The same in grey, without colours; it lives until the next call. */
static inline struct grey_image to_grey_image(const struct expressions_picture *picture)
{
    static uint8_t grey[DEMO_WIDTH * DEMO_HEIGHT];
    struct bgr_image bgr = {picture->pixels, picture->width, picture->height, picture->stride};
    assert_int_equal(ocv_bgr_to_grey(bgr, grey, DEMO_WIDTH, NULL), OCV_OK);
    return (struct grey_image){grey, DEMO_WIDTH, DEMO_HEIGHT, DEMO_WIDTH};
}

static inline enum expressions_status open_tracker(struct expressions_tracker **tracker,
                                                   struct expressions_detector *finder)
{
    struct expressions_tracker_settings settings = EXPRESSIONS_TRACKER_DEFAULTS;
    settings.detector = finder;
    return expressions_tracker_open(tracker, &settings, &error);
}

static inline enum expressions_status open_smoother(struct expressions_smoother **smoother,
                                                    double seconds)
{
    struct expressions_smoother_settings settings = EXPRESSIONS_SMOOTHER_DEFAULTS;
    settings.seconds = seconds;
    return expressions_smoother_open(smoother, &settings, &error);
}

static inline int open_all(void **state)
{
    (void)state;
    struct error why;
    int failed = demo_open(&demo, &why);
    failed = failed || expressions_model_open(&model, model_path, NULL, &error);
    failed = failed || expressions_recognizer_open(&recognizer, model, &error);
    failed = failed || expressions_detector_open(&detector, NULL, &error);
    if (failed)
        print_error("%s\n", error.text);
    return failed ? -1 : 0;
}

static inline int close_all(void **state)
{
    (void)state;
    expressions_detector_close(&detector);
    expressions_recognizer_close(&recognizer);
    expressions_model_close(&model);
    demo_close(&demo);
    return detector || recognizer || model ? -1 : 0;
}

/* Runs the tests of a program; skips them where there is no model. */
static inline int run_library_tests(const struct CMUnitTest *tests, size_t count)
{
    if (access(model_path, R_OK) != 0) {
        printf("skipped: there is no %s\n", model_path);
        return 77;
    }
    ocv_setup(TEST_OPENCV_THREADS);
    return _cmocka_run_group_tests("tests", tests, count, make_folder, remove_folder);
}

#endif
