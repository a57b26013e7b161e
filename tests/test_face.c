/* From a box to a crop, against a slow and obvious reference. */
#include "face.h"
#include "testing.h"

#include <limits.h>

enum { SIDE = FACE_SIDE, PIXELS = SIDE * SIDE };

/* How much whole source pixel `pixel` gives to target pixel `index` of one axis. */
static double axis_weight(int index, int origin, int side, int pixel)
{
    double scale = (double)side / SIDE;
    if (side >= SIDE) {
        double low = fmax(origin + index * scale, pixel);
        double high = fmin(origin + (index + 1) * scale, pixel + 1);
        return fmax(0.0, high - low) / scale;
    }
    double centre = origin + (index + 0.5) * scale;
    return fmax(0.0, 1.0 - fabs(centre - (pixel + 0.5)));
}

static double cropped_value(const struct grey_image *image, struct box box, int x, int y)
{
    double sum = 0.0;
    for (int row = box.y - 2; row < box.y + box.height + 2; row++) {
        double share = axis_weight(y, box.y, box.height, row);
        int inside_row = row < 0 ? 0 : row >= image->height ? image->height - 1 : row;
        for (int column = box.x - 2; share > 0.0 && column < box.x + box.width + 2; column++) {
            int inside = column < 0 ? 0 : column >= image->width ? image->width - 1 : column;
            sum += share * axis_weight(x, box.x, box.width, column) *
                   image->pixels[(size_t)inside_row * image->stride + (size_t)inside];
        }
    }
    return sum;
}

static void expect_crop(const struct grey_image *image, struct box box)
{
    uint8_t crop[PIXELS];
    face_crop(image, box, crop);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double expected = cropped_value(image, box, x, y);
            if (fabs(crop[y * SIDE + x] - expected) > 0.501)
                fail_msg("box %d,%d %dx%d of %dx%d at %d,%d: %d, expected %.4f", box.x, box.y,
                         box.width, box.height, image->width, image->height, x, y,
                         crop[y * SIDE + x], expected);
        }
}

/* A picture without a byte to spare at its end, so that sanitizers see a step too far. */
static struct grey_image noise_image(struct rng *rng, int width, int height, int padding)
{
    size_t stride = (size_t)(width + padding);
    size_t size = stride * (size_t)(height - 1) + (size_t)width;
    uint8_t *pixels = malloc(size);
    assert_non_null(pixels);
    fill_noise(rng, pixels, size);
    return (struct grey_image){pixels, width, height, stride};
}

static void free_image(struct grey_image *image)
{
    free((void *)(uintptr_t)image->pixels);
}

static void crop_agrees_with_the_reference(void **state)
{
    (void)state;
    struct rng rng = rng_make(1, 0);
    for (int i = 0; i < 40; i++) {
        struct grey_image image =
            noise_image(&rng, between(&rng, 1, 120), between(&rng, 1, 120), between(&rng, 0, 9));
        int x = between(&rng, -60, image.width), y = between(&rng, -60, image.height);
        expect_crop(&image, (struct box){x, y, between(&rng, 1, 130), between(&rng, 1, 130)});
        free_image(&image);
    }
}

static void crop_repeats_the_edge_beyond_the_picture(void **state)
{
    (void)state;
    struct rng rng = rng_make(2, 0);
    struct grey_image image = noise_image(&rng, 20, 10, 3), dot = noise_image(&rng, 1, 1, 0);
    static const struct box boxes[] = {
        {-100, 2, 60, 5},     {50, 2, 60, 5},   {4, -90, 9, 60},    {4, 40, 9, 90},
        {-200, -200, 96, 96}, {99, 99, 48, 48}, {-30, -30, 80, 70}, {-1, -1, 22, 12},
        {-3, -3, 1, 1},       {19, 9, 1, 1},    {0, 0, 20, 10},
    };
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        uint8_t crop[PIXELS], expected[PIXELS];
        expect_crop(&image, boxes[i]);
        face_crop(&dot, boxes[i], crop);
        memset(expected, dot.pixels[0], PIXELS);
        assert_memory_equal(crop, expected, PIXELS);
    }
    free_image(&image);
    free_image(&dot);
}

static void crop_of_48_pixels_is_a_copy(void **state)
{
    (void)state;
    struct rng rng = rng_make(3, 0);
    struct grey_image image = noise_image(&rng, 70, 60, 5);
    uint8_t crop[PIXELS];
    face_crop(&image, (struct box){13, 7, SIDE, SIDE}, crop);
    for (int y = 0; y < SIDE; y++)
        assert_memory_equal(crop + y * SIDE, image.pixels + (size_t)(7 + y) * image.stride + 13,
                            SIDE);
    free_image(&image);
}

/* However far or large a box is, it costs no more than the picture has pixels. */
static void crop_of_any_box(void **state)
{
    (void)state;
    static const struct box boxes[] = {{INT_MAX, INT_MAX, INT_MAX, INT_MAX},
                                       {INT_MIN, INT_MIN, INT_MAX, INT_MAX},
                                       {INT_MIN, INT_MIN, 1, 1},
                                       {-(1 << 30), -(1 << 30), INT_MAX, INT_MAX}};
    static const uint8_t pixels[] = {10, 20, 30, 40};
    const struct grey_image image = {pixels, 2, 2, 2};
    static const int corners[][4] = {
        {40, 40, 40, 40}, {10, 10, 10, 10}, {10, 10, 10, 10}, {10, 20, 30, 40}}; /* of the crops */
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        uint8_t crop[PIXELS];
        face_crop(&image, boxes[i], crop);
        assert_int_equal(crop[0], corners[i][0]);
        assert_int_equal(crop[SIDE - 1], corners[i][1]);
        assert_int_equal(crop[PIXELS - SIDE], corners[i][2]);
        assert_int_equal(crop[PIXELS - 1], corners[i][3]);
    }
}

/* White stays white and black black, at every size: nothing runs over or is lost in rounding. */
static void crop_keeps_constant_pictures(void **state)
{
    (void)state;
    static uint8_t pixels[200 * 200];
    const struct grey_image image = {pixels, 200, 200, 200};
    static const int values[] = {0, 1, 254, 255};
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        memset(pixels, values[v], sizeof pixels);
        for (int side = 1; side < 300; side += side < 60 ? 1 : 17) {
            uint8_t crop[PIXELS];
            face_crop(&image, (struct box){3 - side / 3, 5, side, 301 - side}, crop);
            for (int i = 0; i < PIXELS; i++)
                assert_int_equal(crop[i], values[v]);
        }
    }
}

static void mirror_twice_is_the_picture(void **state)
{
    (void)state;
    struct rng rng = rng_make(4, 0);
    for (int i = 0; i < 20; i++) {
        int width = between(&rng, 1, 50), height = between(&rng, 1, 50);
        uint8_t in[50 * 50], once[50 * 50], twice[50 * 50];
        size_t count = (size_t)(width * height);
        fill_noise(&rng, in, count);
        face_mirror(in, width, height, once);
        face_mirror(once, width, height, twice);
        assert_memory_equal(twice, in, count);
        int x = between(&rng, 0, width - 1), y = between(&rng, 0, height - 1);
        assert_int_equal(once[y * width + x], in[y * width + width - 1 - x]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crop_agrees_with_the_reference),
        cmocka_unit_test(crop_repeats_the_edge_beyond_the_picture),
        cmocka_unit_test(crop_of_any_box),
        cmocka_unit_test(crop_of_48_pixels_is_a_copy),
        cmocka_unit_test(crop_keeps_constant_pictures),
        cmocka_unit_test(mirror_twice_is_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
