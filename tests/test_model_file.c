/* Damaged model files: each is refused with one line, or loads and gives finite answers. */
#include "model.h"

#include "safetensors.h"
#include "small_model.h"

/* A good model's file: 8 bytes of length, the header, the values. */
struct file_bytes {
    uint8_t *bytes;
    size_t size, header_size;
};

static struct file_bytes good_file(void)
{
    struct model model = small_model(1);
    struct file_bytes file;
    struct error error;
    assert_int_equal(model_save(&model, in_folder("good"), &error), 0);
    model_free(&model);
    file.bytes = read_bytes(in_folder("good"), &file.size);
    file.header_size = file.bytes[0] + 256u * file.bytes[1];
    return file;
}

/* A failed load leaves the model as it was; a successful one gives finite answers. */
static int load(const char *path, struct error *error)
{
    struct model model, before;
    memset(&model, 0x5a, sizeof model);
    before = model;
    error->text[0] = '\0';
    if (model_load(&model, path, error) < 0) {
        assert_memory_equal(&model, &before, sizeof model);
        expect_text(error->text, path, "");
        return -1;
    }
    struct model_workspace *workspace;
    float *probabilities = calloc((size_t)model.class_count, sizeof *probabilities);
    uint8_t *crop = calloc((size_t)model.features.width, (size_t)model.features.height);
    assert_non_null(probabilities);
    assert_non_null(crop);
    crop[0] = 200;
    assert_int_equal(model_workspace_create(&workspace, &model, 1, error), 0);
    model_predict(&model, workspace, crop, 1, probabilities);
    for (int k = 0; k < model.class_count; k++)
        assert_true(probabilities[k] >= 0.0f && probabilities[k] <= 1.0f);
    model_workspace_free(&workspace);
    model_free(&model);
    free(probabilities);
    free(crop);
    return 0;
}

static void expect_refusal(const void *bytes, size_t size, const char *reason)
{
    struct error error;
    write_bytes(in_folder("bad"), bytes, size);
    if (load(in_folder("bad"), &error) == 0)
        fail_msg("not refused, though: %s", reason);
    expect_text(error.text, in_folder("bad"), reason);
}

/* ---- Cut and flipped ------------------------------------------------------------------------- */

static void every_cut_is_refused(void **state)
{
    (void)state;
    struct file_bytes file = good_file();
    for (size_t size = 0; size < file.size; size++)
        expect_refusal(file.bytes, size, ";");
    free(file.bytes);
}

static void every_flipped_header_byte_is_survived(void **state)
{
    (void)state;
    struct file_bytes file = good_file();
    static const uint8_t flips[] = {1, 2, 4, 8, 16, 32, 64, 128, 255, 9, 34, 42};
    int refused = 0;
    for (size_t i = 0; i < 8 + file.header_size; i++) {
        uint8_t byte = file.bytes[i];
        for (size_t f = 0; f < sizeof flips / sizeof *flips; f++) {
            struct error error;
            file.bytes[i] = byte ^ flips[f];
            write_bytes(in_folder("bad"), file.bytes, file.size);
            refused += load(in_folder("bad"), &error) < 0;
        }
        file.bytes[i] = byte;
    }
    assert_true(refused > (int)file.header_size);
    free(file.bytes);
}

/* ---- Headers that lie ------------------------------------------------------------------------ */

/* Writes the good file with `old` in its header replaced; refused with the reason. */
static void refuse_replaced(const struct file_bytes *file, const char *old, const char *new,
                            const char *reason)
{
    const char *header = (const char *)file->bytes + 8, *place = strstr(header, old);
    assert_non_null(place);
    size_t before = (size_t)(place - header), removed = strlen(old), added = strlen(new);
    size_t header_size = file->header_size - removed + added;
    size_t size = file->size - removed + added;
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)header_size >> (8 * i));
    memcpy(bytes + 8, header, before);
    memcpy(bytes + 8 + before, new, added);
    memcpy(bytes + 8 + before + added, place + removed, file->size - 8 - before - removed);
    expect_refusal(bytes, size, reason);
    free(bytes);
}

static void metadata_that_lies_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *reason;
    } cases[] = {
        {"expressions-mlp", "pt", "no model of this program"},
        {"\"format\"", "\"formal\"", "no model of this program"},
        {"\"format_version\":\"1\"", "\"format_version\":\"2\"", "version 2"},
        {"\"format_version\":\"1\"", "\"format_version\":\"1\\n\\u001b[2J\"", "version 1"},
        {"\"format_version\":\"1\"", "\"format_version\":1", "version unknown"},
        {"\"__metadata__\":{", "\"__metadata__\":7,\"x\":{", "tensor \"x\""},
        {"\"mirror\"", "\"mirrow\"", "\"mirror\""},
        {"\"pixels\"", "\"lbp\"", "\"features\""},
        {"\"pixels\"", "\"hog\"", "\"hog_cell\""},
        {"\"pixels\"", "\"hog\",\"hog_cell\":\"0\"", "cells of 0"},
        {"\"pixels\"", "\"hog\",\"hog_cell\":\"2x\"", "\"hog_cell\""},
        {"\"pixels\"", "\"hog\",\"hog_cell\":\"4\"", "64"},
        {"8x8", "8", "\"input_size\""},
        {"8x8", "8x8x8", "\"input_size\""},
        {"8x8", "8,8", "\"input_size\""},
        {"8x8", "x8", "\"input_size\""},
        {"8x8", "-8x8", "\"input_size\""},
        {"8x8", "0x0", "0x0"},
        {"8x8", "7x8", "7x8"},
        {"8x8", "8x9", "64"},
        {"8x8", "4294967304x8", "\"input_size\""},
        {"\"left,right,", "\"left,", "its classes are 2"},
        {"\"left,right,", "\",left,right,", "\"classes\""},
        {"\"left,right,", "\"left,,", "\"classes\""},
        {"\"left,right,", "\"abcdefghijklmnopqrstuvwxyz012345,right,", "\"classes\""},
        {"left,right,\303\274ber \\\"all\\\"", "left", "\"classes\""},
        {"\"classes\"", "\"glasses\"", "\"classes\""},
        {"64,5,3", "63,5,3", "63"},
        {"64,5,3", "64,5,4", "4"},
        {"64,5,3", "64,6,3", "the metadata says 6x64"},
        {"64,5,3", "64,3", "the metadata says 3x64"},
        {"64,5,3", "64,5,5,3", "the metadata says 5x5"},
        {"64,5,3", "64", "\"layers\""},
        {"64,5,3", "", "\"layers\""},
        {"64,5,3", "64,,3", "\"layers\""},
        {"64,5,3", "64,5,3,", "\"layers\""},
        {"64,5,3", "64,5.5,3", "\"layers\""},
        {"64,5,3", "64,99999999999999999999,3", "\"layers\""},
        {"64,5,3", "64,65537,3", "\"layers\""},
        {"64,5,3", "64,0,3", "0 units"},
        {"64,5,3", "64,20,3", "more weights than the file can hold"},
        {"64,5,3", "64,65536,3", "more weights than the file can hold"},
        {"64,5,3", "64,65536,65536,3", "more weights than the file can hold"},
        {"64,5,3", "64,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,3", "\"layers\""},
        {"\"relu\"", "\"gelu\"", "\"activation\""},
        {"\"softmax\"", "\"linear\"", "\"output_activation\""},
    };
    struct file_bytes file = good_file();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse_replaced(&file, cases[i].old, cases[i].new, cases[i].reason);
    /* All sixteen layers as wide as they can be: 2^36 weights. */
    char wide[16 * 6 + 8] = "64";
    for (int i = 0; i < MLP_MAX_LAYERS - 1; i++)
        strcat(wide, ",65536");
    strcat(wide, ",3");
    refuse_replaced(&file, "64,5,3", wide, "more weights than the file can hold");
    char many[2 * (MODEL_MAX_CLASSES - 2) + 1] = ""; /* before the three that are there */
    for (int i = 0; i < MODEL_MAX_CLASSES - 2; i++)
        strcat(many, "a,");
    refuse_replaced(&file, "left,", many, "64"); /* as many as can be, but not three */
    char more[sizeof many + 8] = "left,";
    refuse_replaced(&file, "left,", strcat(more, many), "\"classes\"");
    free(file.bytes);
}

/* The good file's values: [0,640) weights, [640,660) biases, [660,690) weights, [690,702). */
static void entries_that_lie_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *reason;
    } cases[] = {
        {"[640,660]", "[0,20]", "overlaps"},
        {"[640,660]", "[641,661]", "overlaps"},
        {"[640,660]", "[660,640]", "layers.0.bias"},
        {"[640,660]", "[640,659]", "layers.0.bias"},
        {"[640,660]", "[-20,0]", "layers.0.bias"},
        {"[640,660]", "[700,720]", "layers.0.bias"},
        {"[640,660]", "[640.5,660.5]", "layers.0.bias"},
        {"[640,660]", "[1e300,1e300]", "layers.0.bias"},
        {"[640,660]", "[18446744073709551596,0]", "layers.0.bias"},
        {"[640,660]", "[640]", "layers.0.bias"},
        {"[640,660]", "[640,660,680]", "layers.0.bias"},
        {"[640,660]", "[\"640\",\"660\"]", "layers.0.bias"},
        {"[640,660]", "{}", "layers.0.bias"},
        {"[640,660]", "{\"a\":640,\"b\":660}", "layers.0.bias"},
        {"[0,640]", "[\"0\",640]", "layers.0.weight"},
        {"[0,640]", "[null,640]", "layers.0.weight"},
        {"\"F32\",\"shape\":[5]", "\"F32\",\"shape\":[1,1,5]", "layers.0.bias"},
        {"\"F32\",\"shape\":[5]", "\"F16\",\"shape\":[10]", "1x10"},
        {"[5,64]", "{\"a\":5,\"b\":64}", "layers.0.weight"},
        {"[5,64]", "[64,5]", "64x5"},
        {"[5,64]", "[5,64,1]", "layers.0.weight"},
        {"[5,64]", "[]", "layers.0.weight"},
        {"[5,64]", "[320]", "1x320"},
        {"[5,64]", "[0,64]", "layers.0.weight"},
        {"[5,64]", "[4294967301,4294967360]", "layers.0.weight"},
        {"[5,64]", "[4294967296,4294967296]", "layers.0.weight"},
        {"\"F16\"", "\"F32\"", "layers.0.weight"},
        {"\"F16\"", "\"BF16\"", "layers.0.weight"},
        {"\"F16\"", "16", "layers.0.weight"},
        {"\"dtype\"", "\"dtyqe\"", "layers.0.weight"},
        {"\"layers.1.bias\"", "\"layers.2.bias\"", "no tensor \"layers.1.bias\""},
        {"\"layers.1.bias\"", "\"a\\nb\\rc\"", "no tensor \"layers.1.bias\""},
        {"\"layers.0.weight\":{", "\"a\\nb\":1,\"layers.0.weight\":{", "b"},
        {"\"layers.0.weight\":{", "\"12345678901234567890123456789012345678901234567890\":{",
         "1234567890"},
    };
    struct file_bytes file = good_file();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse_replaced(&file, cases[i].old, cases[i].new, cases[i].reason);
    free(file.bytes);
}

static void bytes_beyond_the_tensors_are_refused(void **state)
{
    (void)state;
    struct file_bytes file = good_file();
    /* read_bytes leaves a zero behind the file. */
    expect_refusal(file.bytes, file.size + 1, "703 bytes");
    expect_refusal(file.bytes, file.size - 1, "layers.1.bias");
    file.size++;
    refuse_replaced(&file, "[690,702]", "[690,703]", "layers.1.bias");
    free(file.bytes);
}

static void values_that_are_no_numbers_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t place;
        const char *bytes;
        size_t count;
        const char *name;
    } cases[] = {
        {0, "\x00\x7e", 2, "layers.0.weight"},         /* NaN */
        {638, "\x00\x7c", 2, "layers.0.weight"},       /* infinity */
        {660, "\x00\xfc", 2, "layers.1.weight"},       /* minus infinity */
        {690, "\x00\x00\xc0\x7f", 4, "layers.1.bias"}, /* NaN */
        {656, "\x00\x00\x80\xff", 4, "layers.0.bias"}, /* minus infinity */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file_bytes file = good_file();
        memcpy(file.bytes + 8 + file.header_size + cases[i].place, cases[i].bytes, cases[i].count);
        expect_refusal(file.bytes, file.size, cases[i].name);
        free(file.bytes);
    }
}

/* ---- No model at all ------------------------------------------------------------------------- */

static void refuse_header(uint64_t header_size, const char *header, const char *reason)
{
    uint8_t bytes[256] = {0};
    assert_true(strlen(header) <= sizeof bytes - 8);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(header_size >> (8 * i));
    memcpy(bytes + 8, header, strlen(header));
    expect_refusal(bytes, 8 + strlen(header), reason);
}

static void other_files_are_refused(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(load(in_folder("missing"), &error), -1);
    assert_int_equal(load(test_folder(), &error), -1);
    expect_text(error.text, test_folder(), "folder");
    expect_refusal("", 0, "no safetensors file");
    expect_refusal("\x89PNG\r\n\x1a\n", 8, "no safetensors file");
    refuse_header(0, "{}", "no safetensors file");
    refuse_header(1, "{}", "no safetensors file");
    refuse_header(SAFETENSORS_MAX_HEADER + 1, "{}", "no safetensors file");
    refuse_header(UINT64_C(1) << 63, "{}", "no safetensors file");
    refuse_header(UINT64_MAX, "{}", "no safetensors file");
    refuse_header(UINT64_MAX - 7, "{}", "no safetensors file");
    refuse_header(3, "{}", "cut off");
    refuse_header(2, "{}", "no model of this program");
    refuse_header(2, "[]", "no JSON");
    refuse_header(4, "nullx", "no JSON");
    refuse_header(5, "{\"a\":", "no JSON");
    refuse_header(7, "{\"a\":1}", "tensor \"a\"");
    refuse_header(8, "{\"a\":{}}", "tensor \"a\"");
}

static void endless_headers_are_refused(void **state)
{
    (void)state;
    enum { DEPTH = 100000, TENSORS = SAFETENSORS_MAX_TENSORS + 1 };
    static char text[8 + DEPTH];
    memset(text, '[', sizeof text);
    memcpy(text, "\xa0\x86\x01\x00\x00\x00\x00\x00", 8); /* DEPTH */
    memcpy(text + 8, "{\"a\":", 5);
    expect_refusal(text, sizeof text, "no JSON");

    size_t used = 8;
    for (int i = 0; i < TENSORS; i++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used,
                             "%s\"%d\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[%d,%d]}",
                             i ? "," : "{", i, 2 * i, 2 * i + 2);
    text[used++] = '}';
    for (int i = 0; i < 8; i++)
        text[i] = (char)((used - 8) >> (8 * i) & 0xff);
    memset(text + used, 0, 2 * TENSORS);
    expect_refusal(text, used + 2 * TENSORS, "more than 128 tensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(every_flipped_header_byte_is_survived),
        cmocka_unit_test(metadata_that_lies_is_refused),
        cmocka_unit_test(entries_that_lie_are_refused),
        cmocka_unit_test(bytes_beyond_the_tensors_are_refused),
        cmocka_unit_test(values_that_are_no_numbers_are_refused),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(endless_headers_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
