/* What webcams do to pictures: each change against its formula, JPEG against the library's. */
#include "augment.h"
#include "means.h"
#include "ocv.h"
#include "testing.h"
#include "webcam.h"

static struct augment_scratch scratch;

enum { SIDE = 48, AREA = SIDE * SIDE };

/* A bright ellipse with dark spots on a slope of grey. */
static struct grey_crop draw_face(uint8_t *pixels)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double grey = 60 + x;
            if (hypot(x - 24, 0.8 * (y - 24)) < 17)
                grey = 180 - y;
            if (hypot(x - 16, y - 17) < 3 || hypot(x - 32, y - 17) < 3 ||
                (abs(y - 36) < 2 && abs(x - 24) < 8))
                grey = 40;
            pixels[y * SIDE + x] = (uint8_t)grey;
        }
    return (struct grey_crop){pixels, SIDE, SIDE};
}

static double mean_of(const uint8_t *pixels)
{
    double sum = 0;
    for (int i = 0; i < AREA; i++)
        sum += pixels[i];
    return sum / AREA;
}

static double mean_difference(const uint8_t *a, const uint8_t *b)
{
    double sum = 0;
    for (int i = 0; i < AREA; i++)
        sum += abs(a[i] - b[i]);
    return sum / AREA;
}

/* Mean squared difference between neighbours in a row. */
static double roughness(const uint8_t *pixels)
{
    double sum = 0;
    for (int i = 0; i + 1 < AREA; i++)
        sum += i % SIDE < SIDE - 1 ? pow(pixels[i + 1] - pixels[i], 2) : 0;
    return sum / AREA;
}

static void light_follows_its_formula(void **state)
{
    (void)state;
    uint8_t in[AREA], out[AREA];
    struct grey_crop face = draw_face(in);
    webcam_expose(face, 1, 1, out);
    assert_memory_equal(out, in, AREA);
    webcam_expose(face, 1.5, 0.8, out);
    for (int i = 0; i < AREA; i++) {
        double expected = fmin(255 * 1.5 * pow(in[i] / 255.0, 0.8), 255);
        expect_close(out[i], expected, 0.51, "exposure");
    }
    memset(in, 100, AREA);
    webcam_side_light(face, 0, 0.5, out);
    assert_int_equal(out[0], 50);
    assert_int_equal(out[SIDE - 1], 150);
    assert_int_equal(out[AREA - SIDE], 50);
    webcam_side_light(face, 3.14159265 / 2, 0.5, out);
    assert_int_equal(out[SIDE - 1], 50);
    assert_int_equal(out[AREA - 1], 150);
    face.width = face.height = 1; /* neither end */
    webcam_side_light(face, 0, 0.5, out);
    assert_int_equal(out[0], 100);
}

static void lenses_spread_what_is_there(void **state)
{
    (void)state;
    uint8_t in[AREA], out[AREA];
    struct grey_crop face = {in, SIDE, SIDE};
    memset(in, 0, AREA);
    in[24 * SIDE + 24] = 250;
    webcam_blur(face, 1.0, &scratch.webcam, out);
    expect_close(out[24 * SIDE + 24], 250 / 6.2832, 2, "the middle of a blurred point");
    expect_close(out[24 * SIDE + 25], 250 / 6.2832 * exp(-0.5), 2, "one pixel beside it");
    expect_close(out[25 * SIDE + 24], 250 / 6.2832 * exp(-0.5), 2, "one pixel below it");
    webcam_motion_blur(face, 0, 5, &scratch.webcam, out);
    for (int x = 22; x <= 26; x++)
        expect_close(out[24 * SIDE + x], 50, 1, "a point that moves to the right");
    assert_int_equal(out[24 * SIDE + 20] + out[24 * SIDE + 28] + out[25 * SIDE + 24], 0);
    webcam_motion_blur(face, 3.14159265 / 2, 5, &scratch.webcam, out);
    expect_close(out[22 * SIDE + 24], 50, 1, "a point that moves down");
    assert_int_equal(out[24 * SIDE + 25], 0);
    webcam_motion_blur(face, 0, 32, &scratch.webcam, out); /* of 16 points, not of 32 */
    for (int x = 9; x < 40; x++)
        expect_close(out[24 * SIDE + x], x % 2 ? 250.0 / 16 : 0, 1, "a point that moves far");
    webcam_motion_blur(face, 0, 0, &scratch.webcam, out);
    assert_memory_equal(out, in, AREA);
    draw_face(in);
    webcam_blur(face, 1.2, &scratch.webcam, out);
    expect_close(mean_of(out), mean_of(in), 1, "brightness of a blurred face");
    assert_true(roughness(out) < 0.8 * roughness(in));
    webcam_sharpen(face, 0.8, &scratch.webcam, out);
    assert_true(roughness(out) > 1.2 * roughness(in));
}

static void small_faces_lose_detail_and_stay_in_place(void **state)
{
    (void)state;
    uint8_t in[AREA], out[AREA], mirrored[AREA], back[AREA];
    struct grey_crop face = draw_face(in);
    webcam_upscale(face, SIDE, &scratch.webcam, out);
    assert_memory_equal(out, in, AREA);
    webcam_upscale(face, 24, &scratch.webcam, out);
    assert_true(roughness(out) < 0.95 * roughness(in));
    assert_true(mean_difference(in, out) < 8);
    /* Neither to the left nor to the right: the same from the mirror image. */
    for (int i = 0; i < AREA; i++)
        mirrored[i] = in[i / SIDE * SIDE + SIDE - 1 - i % SIDE];
    face.pixels = mirrored;
    webcam_upscale(face, 24, &scratch.webcam, back);
    for (int i = 0; i < AREA; i++)
        expect_close(back[i], out[i / SIDE * SIDE + SIDE - 1 - i % SIDE], 1, "mirrored");
}

static void noise_has_its_deviation(void **state)
{
    (void)state;
    uint8_t in[AREA], out[AREA], again[AREA];
    struct rng rng = rng_make(1, 1), same = rng;
    struct grey_crop grey = {in, SIDE, SIDE};
    memset(in, 128, AREA);
    webcam_noise(grey, 10, &rng, out);
    webcam_noise(grey, 10, &same, again);
    assert_memory_equal(out, again, AREA);
    double squares = 0, neighbours = 0;
    for (int i = 0; i < AREA; i++) {
        squares += (out[i] - 128.0) * (out[i] - 128.0);
        neighbours += i % 2 ? (out[i] - 128.0) * (out[i - 1] - 128.0) : 0;
    }
    expect_close(mean_of(out), 128, 1, "mean");
    expect_close(sqrt(squares / AREA), 10, 0.5, "deviation");
    expect_close(neighbours / squares, 0, 0.05, "what neighbours have in common");
}

/* libjpeg calculates in whole numbers, so that a coefficient next to the middle between two steps
 * may fall on the other side. */
static void jpeg_is_what_the_library_makes_of_it(void **state)
{
    (void)state;
    static const int qualities[] = {1, 20, 30, 50, 60, 90};
    uint8_t in[AREA], noise[AREA], ours[AREA], theirs[AREA];
    struct grey_crop face = draw_face(in), steep = {noise, SIDE, SIDE};
    struct rng rng = rng_make(3, 3);
    webcam_noise(face, 6, &rng, in);
    fill_noise(&rng, noise, AREA);
    struct error error;
    for (size_t q = 0; q < sizeof qualities / sizeof *qualities; q++)
        for (int k = 0; k < 2; k++) {
            struct grey_crop crop = k ? steep : face; /* in noise, no frequency is 0 */
            struct grey_image picture = {crop.pixels, SIDE, SIDE, SIDE};
            webcam_jpeg(crop, qualities[q], 0, 0, ours);
            assert_int_equal(ocv_jpeg_grey(picture, qualities[q], theirs, &error), OCV_OK);
            assert_true(mean_difference(crop.pixels, ours) > 2);
            expect_close(mean_difference(ours, theirs), 0, 0.7, "against libjpeg");
        }
    struct grey_image picture = {in, SIDE, SIDE, SIDE};
    webcam_jpeg(face, 100, 0, 0, ours);
    assert_int_equal(ocv_jpeg_grey(picture, 100, theirs, &error), OCV_OK);
    expect_close(mean_difference(ours, theirs), 0, 0.7, "against libjpeg, at its best");
    uint8_t moved[AREA];
    webcam_jpeg(face, 20, 0, 0, ours);
    webcam_jpeg(face, 20, 3, 5, moved);
    assert_true(mean_difference(ours, moved) > 1);
    expect_close(mean_difference(moved, in), mean_difference(ours, in), 1, "blocks elsewhere");
}

static void covers_have_their_shape(void **state)
{
    (void)state;
    uint8_t in[AREA], out[AREA], before[AREA];
    struct grey_crop face = draw_face(in);
    draw_face(before);
    struct occlusion bar = {
        .x = 23.5, .y = 16.5, .half_width = SIDE, .half_height = 3.6, .grey = 7};
    webcam_occlude(face, bar, out);
    for (int i = 0; i < AREA; i++)
        assert_int_equal(out[i], i / SIDE >= 13 && i / SIDE <= 20 ? 7 : before[i]);
    struct occlusion card = {.x = 20, .y = 30, .half_width = 9, .half_height = 4, .grey = 7};
    webcam_occlude(face, card, out);
    for (int i = 0; i < AREA; i++) {
        bool covered = abs(i % SIDE - 20) <= 9 && abs(i / SIDE - 30) <= 4;
        assert_int_equal(out[i], covered ? 7 : before[i]);
    }
    struct occlusion hand = {.x = 10, .y = 30, .half_width = 8, .half_height = 4, .round = true};
    webcam_occlude(face, hand, out);
    assert_int_equal(out[30 * SIDE + 17], 0);
    assert_int_equal(out[33 * SIDE + 10], 0);
    assert_int_equal(out[33 * SIDE + 16], in[33 * SIDE + 16]);
    hand.angle = 3.14159265 / 2;
    webcam_occlude(face, hand, out);
    assert_int_equal(out[37 * SIDE + 10], 0);
    assert_int_equal(out[30 * SIDE + 17], in[30 * SIDE + 17]);
    hand.angle = 3.14159265 / 4; /* from the upper left to the lower right */
    webcam_occlude(face, hand, out);
    assert_int_equal(out[35 * SIDE + 15], 0);
    assert_int_equal(out[25 * SIDE + 15], in[25 * SIDE + 15]);
}

/* Any size, in place or not, by the draws alone. */
static void chance_is_repeatable(void **state)
{
    (void)state;
    static const int sides[][2] = {{1, 1}, {1, 9}, {48, 48}, {31, 17}, {128, 128}};
    static uint8_t in[WEBCAM_MAX_SIDE * WEBCAM_MAX_SIDE], place[sizeof in];
    static uint8_t out[sizeof in + 1]; /* with a byte that nothing may touch */
    struct rng noise = rng_make(5, 5);
    fill_noise(&noise, in, sizeof in);
    for (size_t s = 0; s < sizeof sides / sizeof *sides; s++) {
        struct grey_crop crop = {in, sides[s][0], sides[s][1]};
        size_t area = (size_t)crop.width * (size_t)crop.height;
        int changed = 0;
        for (unsigned i = 0; i < 200; i++) {
            struct rng a = rng_make(9, i), b = a;
            memset(out, 99, sizeof out);
            webcam_picture(crop, &a, &scratch.webcam, out);
            assert_int_equal(out[area], 99);
            memcpy(place, in, area);
            webcam_picture((struct grey_crop){place, crop.width, crop.height}, &b, &scratch.webcam,
                           place);
            assert_memory_equal(out, place, area);
            changed += memcmp(out, in, area) != 0;
        }
        assert_true(changed > 100);
    }
}

static void augmentation_spoils_its_share(void **state)
{
    (void)state;
    uint8_t in[AREA], out[AREA];
    struct rng rng = rng_make(7, 7), untouched = rng;
    int changed = 0;
    draw_face(in);
    const struct augment none = {0}, some = {.webcam = 0.25f};
    augment_picture(&none, &rng, &affine_identity, in, SIDE, SIDE, &scratch, out);
    assert_memory_equal(out, in, AREA);
    assert_int_equal(rng_next(&rng), rng_next(&untouched));
    for (int i = 0; i < 1000; i++) {
        augment_picture(&some, &rng, &affine_identity, in, SIDE, SIDE, &scratch, out);
        changed += memcmp(in, out, AREA) != 0;
    }
    assert_in_range(changed, 190, 280); /* of these, a few meet with no change at all */
}

enum { MADE = 100, MADE_WIDTH = 48, MADE_HEIGHT = 40 };
static const struct means made_means[MADE] = {
#include "golden/webcam.inc"
};

/* A face or noise, turned, moved, mirrored and taken by chance. */
static struct means measure_made(int number)
{
    static const struct augment all = {.strength = 0.5f, .flip = true, .webcam = 0.9f};
    uint8_t in[AREA], out[MADE_WIDTH * MADE_HEIGHT];
    struct rng rng = rng_make(11, (uint64_t)number);
    draw_face(in);
    if (number % 2)
        fill_noise(&rng, in, AREA);
    augment_picture(&all, &rng, &affine_identity, in, MADE_WIDTH, MADE_HEIGHT, &scratch, out);
    return means_of(out, MADE_WIDTH * MADE_HEIGHT);
}

/* Whatever compiler made them: what is learned depends on them. */
static void made_pictures_are_as_they_were(void **state)
{
    (void)state;
    for (int i = 0; i < MADE; i++)
        expect_means(measure_made(i), made_means[i], i, "test_webcam", "webcam.inc");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(light_follows_its_formula),
        cmocka_unit_test(lenses_spread_what_is_there),
        cmocka_unit_test(small_faces_lose_detail_and_stay_in_place),
        cmocka_unit_test(noise_has_its_deviation),
        cmocka_unit_test(jpeg_is_what_the_library_makes_of_it),
        cmocka_unit_test(covers_have_their_shape),
        cmocka_unit_test(chance_is_repeatable),
        cmocka_unit_test(augmentation_spoils_its_share),
        cmocka_unit_test(made_pictures_are_as_they_were),
    };
    if (argc > 1 && strcmp(argv[1], "print") == 0) {
        for (int i = 0; i < MADE; i++)
            print_means(measure_made(i), i);
        return 0;
    }
    ocv_setup(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
