/* Files have one byte order, whatever the machine has: the bytes are spelled out here, written and
 * read as they stand, and with their order swapped. */
#include "testing.h"

#include "safetensors.h"

static const char header[] = "{\"half\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
                             "\"wide\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]},"
                             "\"__metadata__\":{\"key\":\"value\"}}   ";
static const float half[2] = {1.0f, -2.0f}, wide[2] = {1.0f, -2.5f};
static const uint8_t values[12] = {0x00, 0x3c, 0x00, 0xc0,  /* half */
                                   0x00, 0x00, 0x80, 0x3f,  /* wide[0] */
                                   0x00, 0x00, 0x20, 0xc0}; /* wide[1] */
enum { HEADER = sizeof header - 1, SIZE = 8 + HEADER + sizeof values };

static void spell_out(uint8_t bytes[SIZE])
{
    memset(bytes, 0, 8);
    bytes[0] = (uint8_t)(HEADER % 256);
    bytes[1] = (uint8_t)(HEADER / 256);
    memcpy(bytes + 8, header, HEADER);
    memcpy(bytes + 8 + HEADER, values, sizeof values);
}

static void swap(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t first = bytes[i];
        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = first;
    }
}

static void read_both(const uint8_t *bytes, float halves[2], float wides[2])
{
    struct safetensors *file;
    struct error error;
    if (safetensors_parse(&file, bytes, SIZE, "made-up", &error) ||
        safetensors_read(file, "half", 1, 2, halves, &error) ||
        safetensors_read(file, "wide", 1, 2, wides, &error))
        fail_msg("%s", error.text);
    safetensors_free(&file);
}

static void little_endian_values_are_read(void **state)
{
    (void)state;
    uint8_t bytes[SIZE];
    float halves[2], wides[2];
    spell_out(bytes);
    read_both(bytes, halves, wides);
    for (int i = 0; i < 2; i++) {
        assert_true(halves[i] == half[i]);
        assert_true(wides[i] == wide[i]);
    }
}

/* All of a file's values may be one tensor's, with one or two dimensions. */
static void one_tensor_may_be_all(void **state)
{
    (void)state;
    static const char *const shapes[] = {"[2]", "[1,2]", "[2,1]"};
    for (int i = 0; i < 3; i++) {
        char text[128];
        const size_t length = (size_t)snprintf(
            text + 8, sizeof text - 8,
            "{\"all\":{\"dtype\":\"F16\",\"shape\":%s,\"data_offsets\":[0,4]}}", shapes[i]);
        struct safetensors *file;
        struct error error;
        float halves[2];
        memset(text, 0, 8);
        text[0] = (char)length;
        memcpy(text + 8 + length, values, 4);
        if (safetensors_parse(&file, (const uint8_t *)text, 8 + length + 4, "made-up", &error) ||
            safetensors_read(file, "all", i == 2 ? 2 : 1, i == 2 ? 1 : 2, halves, &error))
            fail_msg("%s: %s", shapes[i], error.text);
        assert_memory_equal(halves, half, sizeof half);
        safetensors_free(&file);
    }
}

/* 1 and -2.5 swapped are 0x0000803f and 0x000020c0; 1 and -2 in half precision 0x003c, 0x00c0. */
static void swapped_values_are_other_values(void **state)
{
    (void)state;
    uint8_t bytes[SIZE];
    float halves[2], wides[2];
    spell_out(bytes);
    for (int i = 0; i < 2; i++) {
        swap(bytes + 8 + HEADER + 2 * i, 2);
        swap(bytes + 8 + HEADER + 4 + 4 * i, 4);
    }
    read_both(bytes, halves, wides);
    expect_close((double)halves[0], ldexp(0x3c, -24), 1e-12, "0x003c");
    expect_close((double)halves[1], ldexp(0xc0, -24), 1e-12, "0x00c0");
    expect_close((double)wides[0], ldexp(0x803f, -149), 1e-46, "0x0000803f");
    expect_close((double)wides[1], ldexp(0x20c0, -149), 1e-46, "0x000020c0");
}

static void swapped_length_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[SIZE];
    struct safetensors *file;
    struct error error;
    spell_out(bytes);
    swap(bytes, 8);
    assert_int_equal(safetensors_parse(&file, bytes, SIZE, "made-up", &error), -1);
    expect_text(error.text, "made-up", "");
}

static void written_bytes_are_little_endian(void **state)
{
    (void)state;
    const struct tensor tensors[] = {{"half", TENSOR_F16, 0, 2, half},
                                     {"wide", TENSOR_F32, 0, 2, wide}};
    const struct metadata_entry metadata[] = {{"key", "value"}};
    struct error error;
    size_t size;
    assert_int_equal(safetensors_write(in_folder("file"), tensors, 2, metadata, 1, &error), 0);
    uint8_t *bytes = read_bytes(in_folder("file"), &size);
    size_t length = bytes[0] + 256u * bytes[1];
    for (int i = 2; i < 8; i++)
        assert_int_equal(bytes[i], 0);
    assert_int_equal(size, 8 + length + sizeof values);
    assert_memory_equal(bytes + 8 + length, values, sizeof values);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(little_endian_values_are_read),
        cmocka_unit_test(one_tensor_may_be_all),
        cmocka_unit_test(swapped_values_are_other_values),
        cmocka_unit_test(swapped_length_is_refused),
        cmocka_unit_test(written_bytes_are_little_endian),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
