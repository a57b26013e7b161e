/* Numbers stay numbers: pictures of one colour and of noise, from 1x1 to 8K, with faces at every
 * border, in the shipped model. With `labels` it prints what that model answers to made-up crops.
 */
#include "answers.h"
#include "blas.h"
#include "expressions.h"
#include "metrics.h"
#include "model.h"
#include "ocv.h"

#include <cblas.h>

static const char shipped[] = SOURCE_DIR "/models/expressions.safetensors";

static void expect_distribution(const float probabilities[LABEL_COUNT])
{
    double sum = 0;
    for (int k = 0; k < LABEL_COUNT; k++) {
        if (!(probabilities[k] >= 0 && probabilities[k] <= 1))
            fail_msg("%g is not a probability", (double)probabilities[k]);
        sum += (double)probabilities[k];
    }
    expect_close(sum, 1, 1e-4, "sum of the probabilities");
}

/* Faces inside, at and beyond every border and corner, and larger than the picture; how many. */
static int place_faces(int width, int height, struct expressions_face faces[EXPRESSIONS_MAX_FACES])
{
    int side = width < height ? width : height, count = 0;
    side = side > 400 ? 400 : side;
    memset(faces, 0, EXPRESSIONS_MAX_FACES * sizeof *faces);
    for (int across = 0; across < 5; across++)
        for (int down = 0; down < 5; down++) {
            int x = -side + across * (width + side) / 4, y = -side + down * (height + side) / 4;
            faces[count++].box = (struct expressions_box){x, y, side, side};
        }
    faces[count++].box = (struct expressions_box){0, 0, width, height};
    faces[count++].box = (struct expressions_box){-width / 2, -height / 2, 2 * width, 2 * height};
    faces[count++].box = (struct expressions_box){width / 2, height / 2, 1, 1};
    return count;
}

enum { BLACK, WHITE, GREY, NOISE, CONTENTS };

static void fill(uint8_t *pixels, size_t size, int content)
{
    struct rng rng = rng_make(5, 0);
    memset(pixels, content == WHITE ? 255 : content == GREY ? 127 : 0, size);
    for (size_t i = 0; i + 8 <= size && content == NOISE; i += 8) {
        uint64_t bits = rng_next(&rng);
        memcpy(pixels + i, &bits, sizeof bits);
    }
}

static void pictures_of_every_size_get_answers(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1},     {2, 1},       {1, 500},     {47, 48},
                                   {640, 480}, {1920, 1080}, {3840, 2160}, {7680, 4320}};
    struct expressions_model *model = NULL;
    struct expressions_recognizer *recognizer = NULL;
    struct expressions_detector *detector = NULL;
    struct expressions_error error;
    struct expressions_face faces[EXPRESSIONS_MAX_FACES];
    ocv_setup(TEST_OPENCV_THREADS);
    if (access(shipped, F_OK) != 0)
        skip();
    assert_int_equal(expressions_model_open(&model, shipped, NULL, &error), 0);
    assert_int_equal(expressions_recognizer_open(&recognizer, model, &error), 0);
    assert_int_equal(expressions_detector_open(&detector, NULL, &error), 0);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int content = 0; content < CONTENTS; content++) {
            int width = sizes[s][0], height = sizes[s][1], count;
            size_t line = 3 * (size_t)width;
            uint8_t *pixels = malloc(line * (size_t)height);
            assert_non_null(pixels);
            fill(pixels, line * (size_t)height, content);
            const struct expressions_picture picture = {pixels, width, height, line,
                                                        EXPRESSIONS_BGR};
            if (expressions_detect(detector, &picture, faces, EXPRESSIONS_MAX_FACES, &count,
                                   &error))
                fail_msg("%s", error.text);
            for (int pass = 0; pass < 2; pass++) {
                if (expressions_recognize(recognizer, &picture, faces, count, &error))
                    fail_msg("%s", error.text);
                for (int i = 0; i < count; i++)
                    expect_distribution(faces[i].probabilities);
                count = place_faces(width, height, faces);
            }
            free(pixels);
        }
    expressions_detector_close(&detector);
    expressions_recognizer_close(&recognizer);
    expressions_model_close(&model);
}

static int print_labels(void)
{
    enum { CROPS = 200 };
    struct model model;
    struct model_workspace *workspace;
    struct error error;
    uint8_t crop[FACE_SIDE * FACE_SIDE];
    float probabilities[LABEL_COUNT];
    blas_use_one_thread();
    if (model_load(&model, shipped, &error) ||
        model_workspace_create(&workspace, &model, 1, &error))
        return 77;
    printf("%s\n", openblas_get_corename());
    for (int i = 0; i < CROPS; i++) {
        draw_crop(crop, i);
        model_predict(&model, workspace, crop, 1, probabilities);
        printf("%d %s\n", i, label_names[predicted_class(probabilities, LABEL_COUNT)]);
    }
    model_workspace_free(&workspace);
    model_free(&model);
    return 0;
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_of_every_size_get_answers),
    };
    if (argc > 1 && strcmp(argv[1], "labels") == 0)
        return print_labels();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
