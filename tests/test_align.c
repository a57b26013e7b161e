/* Affine maps of pictures, and what finds a face in a crop. test_fit.c has how that is learned. */
#include "align.h"
#include "face.h"
#include "testing.h"

enum { WIDTH = 37, HEIGHT = 30, PIXELS = WIDTH * HEIGHT };

/* Smooth, and unlike its mirror image. */
static void draw_pattern(uint8_t *picture, int width, int height)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            picture[y * width + x] =
                (uint8_t)(128 + 60 * sin(0.31 * x + 0.1 * y) + 60 * cos(0.05 * x - 0.27 * y));
}

/* ---- Maps ------------------------------------------------------------------------------------ */

static void apply(const struct affine *map, double x, double y, double *u, double *v)
{
    *u = (double)map->m[0] * x + (double)map->m[1] * y + (double)map->m[2];
    *v = (double)map->m[3] * x + (double)map->m[4] * y + (double)map->m[5];
}

static struct affine random_map(struct rng *rng)
{
    float angle = (float)(2 * rng_uniform(rng) - 1), scale = (float)(0.5 + rng_uniform(rng));
    float dx = (float)(10 * rng_normal(rng)), dy = (float)(10 * rng_normal(rng));
    return affine_similarity(angle, scale, dx, dy, WIDTH, HEIGHT);
}

static void expect_identity(const struct affine *map, const char *what)
{
    static const double corners[4][2] = {{0, 0}, {WIDTH - 1, 0}, {0, HEIGHT - 1}, {20, 17}};
    for (int i = 0; i < 4; i++) {
        double u, v;
        apply(map, corners[i][0], corners[i][1], &u, &v);
        expect_close(u, corners[i][0], 1e-4, what);
        expect_close(v, corners[i][1], 1e-4, what);
    }
}

static void maps_compose_and_invert(void **state)
{
    (void)state;
    struct rng rng = rng_make(1, 0);
    for (int i = 0; i < 50; i++) {
        struct affine a = random_map(&rng), b = random_map(&rng);
        struct affine back = affine_invert(&a), both = affine_compose(&a, &b);
        struct affine there = affine_compose(&a, &back), here = affine_compose(&back, &a);
        double u, v, expected_u, expected_v, x = between(&rng, 0, 36), y = between(&rng, 0, 29);
        expect_identity(&there, "a map after its inverse");
        expect_identity(&here, "a map before its inverse");
        apply(&b, x, y, &u, &v);
        apply(&a, u, v, &expected_u, &expected_v);
        apply(&both, x, y, &u, &v);
        expect_close(u, expected_u, 1e-4, "x of one map after the other");
        expect_close(v, expected_v, 1e-4, "y of one map after the other");
    }
    expect_identity(&affine_identity, "the identity");
}

/* The middle moves by the shift alone; a step to the right becomes one that is turned and scaled.
 */
static void similarity_turns_about_the_middle(void **state)
{
    (void)state;
    const double angle = 0.5, scale = 1.3, dx = 2.5, dy = -4;
    struct affine map =
        affine_similarity((float)angle, (float)scale, (float)dx, (float)dy, WIDTH, HEIGHT);
    double u, v;
    apply(&map, 18, 14.5, &u, &v);
    expect_close(u, 18 + dx, 1e-4, "x of the middle");
    expect_close(v, 14.5 + dy, 1e-4, "y of the middle");
    apply(&map, 28, 14.5, &u, &v);
    expect_close(u, 18 + dx + 10 * scale * cos(angle), 1e-4, "x to the right of it");
    expect_close(v, 14.5 + dy + 10 * scale * sin(angle), 1e-4, "y to the right of it");
    apply(&map, 18, 24.5, &u, &v);
    expect_close(u, 18 + dx - 10 * scale * sin(angle), 1e-4, "x below it");
    expect_close(v, 14.5 + dy + 10 * scale * cos(angle), 1e-4, "y below it");
}

/* ---- Pictures -------------------------------------------------------------------------------- */

static void identity_gives_the_same_bytes(void **state)
{
    (void)state;
    static const int sizes[][2] = {{WIDTH, HEIGHT}, {8, 8}, {128, 128}, {48, 48}, {1, 1}, {128, 9}};
    static uint8_t in[128 * 128], out[128 * 128 + 1];
    struct rng rng = rng_make(2, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int width = sizes[i][0], height = sizes[i][1];
        fill_noise(&rng, in, sizeof in);
        out[width * height] = 17;
        warp_picture(&affine_identity, in, width, height, out);
        assert_memory_equal(in, out, (size_t)(width * height));
        assert_int_equal(out[width * height], 17);
    }
}

/* Every pixel against bilinear interpolation in double, whole pixels' shifts and views from far
 * outside included. */
static void warp_agrees_with_the_reference(void **state)
{
    (void)state;
    struct rng rng = rng_make(3, 0);
    uint8_t in[PIXELS], out[PIXELS];
    for (int i = 0; i < 40; i++) {
        struct affine map = random_map(&rng);
        if (i % 4 == 0)
            map = (struct affine){{1, 0, (float)between(&rng, -99, 99), 0, 1, (float)(i - 20)}};
        fill_noise(&rng, in, PIXELS);
        warp_picture(&map, in, WIDTH, HEIGHT, out);
        for (int p = 0; p < PIXELS; p++) {
            double u, v;
            apply(&map, p % WIDTH, p / WIDTH, &u, &v);
            u = fmin(fmax(u, 0), WIDTH - 1);
            v = fmin(fmax(v, 0), HEIGHT - 1);
            int left = (int)u, top = (int)v, right = left < WIDTH - 1 ? left + 1 : left;
            int bottom = top < HEIGHT - 1 ? top + 1 : top;
            double fx = u - left, fy = v - top;
            double upper = (1 - fx) * in[top * WIDTH + left] + fx * in[top * WIDTH + right];
            double lower = (1 - fx) * in[bottom * WIDTH + left] + fx * in[bottom * WIDTH + right];
            expect_close(out[p], (1 - fy) * upper + fy * lower, 0.51, "a pixel");
        }
    }
}

/* A dot at map(x, y) of the picture is at (x, y) of the warped one. */
static void dots_move_where_expected(void **state)
{
    (void)state;
    static const double dots[][2] = {{24, 24}, {30, 20}, {18, 27}, {24, 34}};
    enum { SIDE = 48 };
    struct affine map = affine_similarity(0.4f, 1.2f, 3, -2, SIDE, SIDE);
    struct affine back = affine_invert(&map);
    for (size_t i = 0; i < sizeof dots / sizeof *dots; i++) {
        uint8_t in[SIDE * SIDE], out[SIDE * SIDE];
        double sum = 0, x_sum = 0, y_sum = 0, x, y;
        for (int p = 0; p < SIDE * SIDE; p++)
            in[p] = (uint8_t)(200 *
                              exp(-(pow(p % SIDE - dots[i][0], 2) + pow(p / SIDE - dots[i][1], 2)) /
                                  4));
        warp_picture(&map, in, SIDE, SIDE, out);
        for (int p = 0; p < SIDE * SIDE; p++) {
            sum += out[p];
            x_sum += (double)out[p] * (p % SIDE);
            y_sum += (double)out[p] * (p / SIDE);
        }
        apply(&back, dots[i][0], dots[i][1], &x, &y);
        expect_close(x_sum / sum, x, 0.1, "x of the dot");
        expect_close(y_sum / sum, y, 0.1, "y of the dot");
    }
}

/* ---- Poses and the aligner ------------------------------------------------------------------- */

static struct mlp random_aligner(struct rng *rng, int width, int height)
{
    struct features features = align_features(width, height);
    struct mlp_config config = {.layer_count = 2,
                                .units = {features_dim(&features), 10, ALIGN_OUTPUTS},
                                .activation = ACTIVATION_TANH,
                                .output = OUTPUT_SIGMOID};
    struct error error;
    struct mlp mlp;
    assert_int_equal(align_check(&config, width, height, &error), 0);
    assert_int_equal(mlp_create(&mlp, &config, &error), 0);
    for (size_t i = 0; i < mlp.parameter_count; i++)
        mlp.parameters[i] = (float)(0.3 * rng_normal(rng));
    return mlp;
}

static void aligners_of_another_shape_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct mlp_config config;
        int width, height;
        const char *reason;
    } cases[] = {
        {{.layer_count = 1, .units = {1984, 4}, .output = OUTPUT_SIGMOID}, 48, 48, ""},
        {{.layer_count = 1, .units = {1984, 4}, .output = OUTPUT_SIGMOID},
         48,
         47,
         "1736 inputs and 4 sigmoid outputs"},
        {{.layer_count = 1, .units = {1984, 5}, .output = OUTPUT_SIGMOID},
         48,
         48,
         "5 sigmoid outputs"},
        {{.layer_count = 1, .units = {1984, 4}, .output = OUTPUT_SOFTMAX},
         48,
         48,
         "4 softmax outputs"},
        {{.layer_count = 0, .units = {1984, 4}, .output = OUTPUT_SIGMOID}, 48, 48, "0 layers"},
        {{.layer_count = 1, .units = {31, 4}, .output = OUTPUT_SIGMOID}, 8, 8, "crops of 8x8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {.text = ""};
        int result = align_check(&cases[i].config, cases[i].width, cases[i].height, &error);
        assert_int_equal(result, i ? -1 : 0);
        expect_text(error.text, cases[i].reason, "");
    }
}

static void poses_fit_into_the_outputs(void **state)
{
    (void)state;
    struct rng rng = rng_make(4, 0);
    double least[4] = {1, 1, 1, 1}, most[4] = {0};
    for (int i = 0; i < 4000; i++) {
        struct pose pose = align_random_pose(&rng), mirrored = align_mirror(&pose);
        float outputs[ALIGN_OUTPUTS], others[ALIGN_OUTPUTS];
        align_encode(&pose, outputs);
        align_encode(&mirrored, others);
        for (int k = 0; k < ALIGN_OUTPUTS; k++) {
            least[k] = fmin(least[k], outputs[k]);
            most[k] = fmax(most[k], outputs[k]);
            /* Mirroring turns turn and shift to the side around and leaves size and height. */
            expect_close(others[k], k % 2 ? outputs[k] : 1 - outputs[k], 1e-6, "mirrored output");
        }
    }
    for (int k = 0; k < ALIGN_OUTPUTS; k++) { /* 4/5 of the range, all of it used */
        expect_close(least[k], 0.1, 0.002, "least output");
        expect_close(most[k], 0.9, 0.002, "greatest output");
    }
}

/* The view of a mirrored crop, moved by the mirrored pose, is the mirrored view. */
static void mirrored_poses_show_mirrored_views(void **state)
{
    (void)state;
    struct rng rng = rng_make(5, 0);
    uint8_t crop[PIXELS], mirrored[PIXELS], view[PIXELS], other[PIXELS], expected[PIXELS];
    draw_pattern(crop, WIDTH, HEIGHT);
    face_mirror(crop, WIDTH, HEIGHT, mirrored);
    for (int i = 0; i < 20; i++) {
        struct pose pose = align_random_pose(&rng), opposite = align_mirror(&pose);
        align_view(&affine_identity, &pose, crop, WIDTH, HEIGHT, view);
        align_view(&affine_identity, &opposite, mirrored, WIDTH, HEIGHT, other);
        face_mirror(view, WIDTH, HEIGHT, expected);
        for (int p = 0; p < PIXELS; p++)
            assert_in_range(other[p] + 1, expected[p], expected[p] + 2);
    }
}

/* Whatever the aligner finds, a mirrored crop gets the mirrored face. */
static void mirrored_crops_get_mirrored_faces(void **state)
{
    (void)state;
    struct rng rng = rng_make(6, 0);
    uint8_t crop[PIXELS], mirrored[PIXELS];
    const struct affine mirror = {{-1, 0, WIDTH - 1, 0, 1, 0}};
    draw_pattern(crop, WIDTH, HEIGHT);
    face_mirror(crop, WIDTH, HEIGHT, mirrored);
    double farthest = 0;
    for (int i = 0; i < 10; i++) {
        struct mlp aligner = random_aligner(&rng, WIDTH, HEIGHT);
        struct align_workspace *workspace;
        struct affine face, again, other, expected;
        struct error error;
        assert_int_equal(align_workspace_create(&workspace, &aligner, WIDTH, HEIGHT, &error), 0);
        align_find(&aligner, workspace, crop, &face);
        align_find(&aligner, workspace, mirrored, &other);
        align_find(&aligner, workspace, crop, &again);
        assert_memory_equal(&face, &again, sizeof face);
        expected = affine_compose(&mirror, &face);
        expected = affine_compose(&expected, &mirror);
        for (int p = 0; p < PIXELS; p += WIDTH + 1) {
            double u, v, expected_u, expected_v;
            apply(&other, p % WIDTH, p / WIDTH, &u, &v);
            apply(&expected, p % WIDTH, p / WIDTH, &expected_u, &expected_v);
            expect_close(u, expected_u, 0.05, "x of the mirrored face");
            expect_close(v, expected_v, 0.05, "y of the mirrored face");
            farthest = fmax(farthest, fabs(u - p % WIDTH));
        }
        align_workspace_free(&workspace);
        assert_null(workspace);
        mlp_free(&aligner);
    }
    assert_true(farthest > 3); /* they found something */
}

/* An aligner that always says that faces are this much larger finds one so three times, each time
 * rounded to an 8192nd. */
static void sizes_are_found_in_three_steps(void **state)
{
    (void)state;
    struct features features = align_features(WIDTH, HEIGHT);
    const struct mlp_config config = {.layer_count = 1,
                                      .units = {features_dim(&features), ALIGN_OUTPUTS},
                                      .output = OUTPUT_SIGMOID};
    uint8_t crop[PIXELS];
    struct align_workspace *workspace;
    struct error error;
    struct mlp aligner;
    draw_pattern(crop, WIDTH, HEIGHT);
    assert_int_equal(mlp_create(&aligner, &config, &error), 0);
    assert_int_equal(align_workspace_create(&workspace, &aligner, WIDTH, HEIGHT, &error), 0);
    static const double sizes[] = {800.4, 799.6, 800.1};
    for (int i = 0; i < 3; i++) {
        const struct pose pose = {.log_scale = (float)(sizes[i] / 8192)};
        struct affine face;
        float outputs[ALIGN_OUTPUTS];
        align_encode(&pose, outputs);
        for (int k = 0; k < ALIGN_OUTPUTS; k++)
            aligner.layers[0].biases[k] = logf(outputs[k] / (1 - outputs[k]));
        align_find(&aligner, workspace, crop, &face);
        expect_close((double)face.m[0], exp(3 * 800 / 8192.0), 1e-5, "the size");
        expect_close((double)face.m[4], exp(3 * 800 / 8192.0), 1e-5, "the size");
    }
    align_workspace_free(&workspace);
    mlp_free(&aligner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_compose_and_invert),
        cmocka_unit_test(similarity_turns_about_the_middle),
        cmocka_unit_test(identity_gives_the_same_bytes),
        cmocka_unit_test(warp_agrees_with_the_reference),
        cmocka_unit_test(dots_move_where_expected),
        cmocka_unit_test(aligners_of_another_shape_are_refused),
        cmocka_unit_test(poses_fit_into_the_outputs),
        cmocka_unit_test(mirrored_poses_show_mirrored_views),
        cmocka_unit_test(mirrored_crops_get_mirrored_faces),
        cmocka_unit_test(sizes_are_found_in_three_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
