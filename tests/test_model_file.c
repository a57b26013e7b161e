/* Damaged model files: each is refused with one line, or loads and gives finite answers. */
#include "model.h"

#include "safetensors.h"
#include "small_model.h"
#include "verifier.h"

#include <errno.h>
#include <float.h>

/* A good model's file: 8 bytes of length, the header, the values. */
struct file_bytes {
    uint8_t *bytes;
    size_t size, header_size;
};

static struct file_bytes file_of(struct model model)
{
    struct file_bytes file;
    struct error error;
    assert_int_equal(model_save(&model, in_folder("good"), &error), 0);
    model_free(&model);
    file.bytes = read_bytes(in_folder("good"), &file.size);
    file.header_size = file.bytes[0] + 256u * file.bytes[1];
    return file;
}

static struct file_bytes good_file(void)
{
    return file_of(small_model(1));
}

static struct file_bytes full_file(void)
{
    return file_of(full_model(1));
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
    uint8_t *crop = calloc((size_t)model.width, (size_t)model.height);
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
    file = full_file();
    for (size_t size = file.size - 1; size > 0; size -= size < 11 ? size : 11)
        expect_refusal(file.bytes, size, ";");
    free(file.bytes);
}

static void flip_header_bytes(struct file_bytes file, const uint8_t *flips, size_t count)
{
    int refused = 0;
    for (size_t i = 0; i < 8 + file.header_size; i++) {
        uint8_t byte = file.bytes[i];
        for (size_t f = 0; f < count; f++) {
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

static void every_flipped_header_byte_is_survived(void **state)
{
    (void)state;
    static const uint8_t flips[] = {1, 2, 4, 8, 16, 32, 64, 128, 255, 9, 34, 42};
    flip_header_bytes(good_file(), flips, sizeof flips);
    flip_header_bytes(full_file(), flips, 3);
}

/* One changed bit anywhere, in a weight as well; except in the name of the checksum, without which
 * the file is like those of other programs. */
static void every_changed_bit_is_seen(void **state)
{
    (void)state;
    struct file_bytes file = good_file();
    struct error error;
    const char *key = strstr((const char *)file.bytes + 8, "\"crc32\":");
    assert_non_null(key);
    size_t name = (size_t)(key - (const char *)file.bytes) + 1;
    for (size_t i = 0; i < file.size; i++) {
        file.bytes[i] ^= (uint8_t)(1 << i % 8);
        write_bytes(in_folder("bad"), file.bytes, file.size);
        if (load(in_folder("bad"), &error) == 0 && (i < name || i >= name + strlen("crc32")))
            fail_msg("byte %zu: a changed bit is not seen", i);
        file.bytes[i] ^= (uint8_t)(1 << i % 8);
    }
    file.bytes[file.size - 1] ^= 1;
    expect_refusal(file.bytes, file.size, "has changed since it was written");
    memcpy(file.bytes + name, "crc33", 5);
    write_bytes(in_folder("bad"), file.bytes, file.size);
    assert_int_equal(load(in_folder("bad"), &error), 0);
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
        {"0.5,0.3", "0.5,-0.3", "\"prior\""},
        {"0.5,0.3", "0.5", "\"prior\""},
        {"expressions-mlp", "pt", "not a model of this program"},
        {"\"format\"", "\"formal\"", "not a model of this program"},
        {"\"format_version\":\"3\"", "\"format_version\":\"1\"", "version 1"},
        {"\"format_version\":\"3\"", "\"format_version\":\"3\\n\\u001b[2J\"", "version 3"},
        {"\"format_version\":\"3\"", "\"format_version\":3", "version unknown"},
        {"\"__metadata__\":{", "\"__metadata__\":7,\"x\":{", "tensor \"x\""},
        {"\"mirror\"", "\"mirrow\"", "\"mirror\""},
        {"\"mirror\":\"false\"", "\"mirror\":\"no\"", "\"mirror\""},
        {"\"crc32\":", "\"crc32\" :", "has changed since it was written"},
        {"\"pixels\"", "\"nose\"", "\"networks.0.features\""},
        {"\"networks.0.features\"", "\"networks.0.feature\"", "\"networks.0.features\""},
        {"\"pixels\"", "\"hog\"", "\"networks.0.cell\""},
        {"\"pixels\"", "\"hog\",\"networks.0.cell\":\"0\"", "cells of 0"},
        {"\"pixels\"", "\"hog\",\"networks.0.cell\":\"2x\"", "\"networks.0.cell\""},
        {"\"pixels\"", "\"hog\",\"networks.0.cell\":\"4\"", "64"},
        {"\"pixels\"", "\"windows\"", "\"networks.0.cell\""},
        {"\"pixels\"", "\"windows\",\"networks.0.cell\":\"4\"", "cells of 4"},
        {"\"pixels\"", "\"windows\",\"networks.0.cell\":\"2\"", "its features have 496"},
        {"\"pixels\"", "\"patches\"", "\"networks.0.grid\""},
        {"\"networks\":\"1\"", "\"network\":\"1\"", "\"networks\""},
        {"\"networks\":\"1\"", "\"networks\":\"0\"", "\"networks\""},
        {"\"networks\":\"1\"", "\"networks\":\"5\"", "\"networks\""},
        {"\"networks\":\"1\"", "\"networks\":\"-1\"", "\"networks\""},
        {"\"networks\":\"1\"", "\"networks\":\"1.0\"", "\"networks\""},
        {"\"networks\":\"1\"", "\"networks\":1", "\"networks\""},
        {"\"networks\":\"1\"", "\"networks\":\"2\"", "\"networks.1.features\""},
        {"8x8", "8", "\"input_size\""},
        {"8x8", "8x8x8", "\"input_size\""},
        {"8x8", "8,8", "\"input_size\""},
        {"8x8", "x8", "\"input_size\""},
        {"8x8", "-8x8", "\"input_size\""},
        {"8x8", "0x0", "0x0"},
        {"8x8", "7x8", "7x8"},
        {"8x8", "8x9", "64"},
        {"8x8", "4294967304x8", "\"input_size\""},
        {"\"left,right,", "\"left,", "there are 2 classes"},
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
        {"64,5,3", "64", "networks.0.layers"},
        {"64,5,3", "", "networks.0.layers"},
        {"64,5,3", "64,,3", "networks.0.layers"},
        {"64,5,3", "64,5,3,", "networks.0.layers"},
        {"64,5,3", "64,5.5,3", "networks.0.layers"},
        {"64,5,3", "64,99999999999999999999,3", "networks.0.layers"},
        {"64,5,3", "64,131073,3", "networks.0.layers"},
        {"64,5,3", "64,0,3", "networks.0.layers"},
        {"64,5,3", "64,20,3", "more weights than the file can hold"},
        {"64,5,3", "64,65536,3", "more weights than the file can hold"},
        {"64,5,3", "64,65536,65536,3", "more weights than the file can hold"},
        {"64,5,3", "64,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,3", "networks.0.layers"},
        {"64,5,3", "64,170000,3", "networks.0.layers"},
        {"64,5,3", "64,-5,3", "networks.0.layers"},
        {"64,5,3", "64,1,3", "the metadata says 1x64"},
        {"64,5,3", "64,9,3", "the metadata says 9x64"},
        {"64,5,3", "64,1x6,3", "the metadata says 6x64"},
        {"64,5,3", "64,512x256,3", "shared by 512 positions"},
        {"64,5,3", "64,3@32x2,3", "900 windows"},
        {"64,5,3", "64,400x,3", "networks.0.layers"},
        {"64,5,3", "64,2@8x1,3", "the metadata says 49x4"},
        {"64,5,3", "64,8@8x5,4", "there are 3 classes"},
        {"64,5,3", "64,3@5x2,3", "64 inputs and 18 outputs, 9 windows"},
        {"64,5,3", "64,9@8x2,3", "networks.0.layers"},
        {"64,5,3", "64,3@33x2,3", "networks.0.layers"},
        {"64,5,3", "64,0@8x2,3", "networks.0.layers"},
        {"64,5,3", "64,@8x2,3", "networks.0.layers"},
        {"64,5,3", "64,2@8,3", "networks.0.layers"},
        {"64,5,3", "64,2@8x,3", "networks.0.layers"},
        {"64,5,3", "64,2@8x2x2,3", "networks.0.layers"},
        {"64,5,3", "64,2@x2,3", "networks.0.layers"},
        {"64,5,3", "64,2@8x9999,3", "networks.0.layers"},
        {"64,5,3", "1@8x1,5,3", "networks.0.layers"},
        {"64,5,3", "64,5,1@1x3", "neither the last"},
        {"64,5,3", "64,x5,3", "networks.0.layers"},
        {"64,5,3", "64,0x5,3", "networks.0.layers"},
        {"64,5,3", "64,5x0,3", "networks.0.layers"},
        {"64,5,3", "64,2x2x5,3", "networks.0.layers"},
        {"64,5,3", "8x8,5,3", "networks.0.layers"},
        {"64,5,3", "64,513x256,3", "networks.0.layers"},
        {"64,5,3", "64,65536x65536,3", "networks.0.layers"},
        {"64,5,3", "64,3x5,3", "shared by 3 positions"},
        {"64,5,3", "64,65536x1,3", "shared by 65536 positions"},
        {"64,5,3", "64,5,3x1", "the last layer is shared by none"},
        {"64,5,3", "64,2x5,3", "the metadata says 5x32"},
        {"\"networks.0.layers\"", "\"networks.0.lairs\"", "networks.0.layers"},
        {"\"networks.0.activation\"", "\"activation\"", "\"networks.0.activation\""},
        {"\"networks.0.output_activation\"", "\"output_activation\"",
         "\"networks.0.output_activation\""},
        {"\"relu\"", "\"gelu\"", "\"networks.0.activation\""},
        {"\"softmax\"", "\"linear\"", "\"networks.0.output_activation\""},
    };
    struct file_bytes file = good_file();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse_replaced(&file, cases[i].old, cases[i].new, cases[i].reason);
    /* All sixteen layers as wide as they can be: 2^38 weights. */
    char wide[16 * 7 + 8] = "64";
    for (int i = 0; i < MLP_MAX_LAYERS - 1; i++)
        strcat(wide, ",131072");
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

/* What a model can have beyond one network: each part missing, of another kind or shape. */
static void parts_that_lie_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *reason;
    } cases[] = {
        {"\"networks\":\"2\"", "\"networks\":\"3\"", "\"networks.2.features\""},
        {"\"patches\"", "\"pixels\"", "its features have 144"},
        {"\"patches\"", "\"hog\"", "\"networks.0.cell\""},
        {"\"windows\"", "\"patches\"", "\"networks.1.grid\""},
        {"\"windows\"", "\"hog\"", "its features have 1116"},
        {"\"windows\"", "\"glasses\"", "\"networks.1.features\""},
        {"\"networks.1.cell\"", "\"networks.1.sell\"", "\"networks.1.cell\""},
        {"\"networks.1.cell\":\"2\"", "\"networks.1.cell\":\"4\"", "cells of 4"},
        {"\"networks.0.grid\"", "\"networks.0.gird\"", "\"networks.0.grid\""},
        {"\"networks.0.grid\":\"2\"", "\"networks.0.grid\":\"0\"", "1 to 2 fit"},
        {"\"networks.0.grid\":\"2\"", "\"networks.0.grid\":\"3\"", "1 to 2 fit"},
        {"\"networks.0.grid\":\"2\"", "\"networks.0.grid\":\"131073\"", "\"networks.0.grid\""},
        {"\"networks.0.grid\":\"2\"", "\"networks.0.grid\":\"1\"", "its features have 20"},
        {"\"networks.0.atoms\"", "\"networks.0.atom\"", "\"networks.0.atoms\""},
        {"\"networks.0.atoms\":\"10\"", "\"networks.0.atoms\":\"0\"", "a dictionary of 0 patches"},
        {"\"networks.0.atoms\":\"10\"", "\"networks.0.atoms\":\"1025\"",
         "a dictionary of 1025 patches"},
        {"\"networks.0.atoms\":\"10\"", "\"networks.0.atoms\":\"1026\"",
         "a dictionary of 1026 patches"},
        {"\"networks.0.atoms\":\"10\"", "\"networks.0.atoms\":\"11\"", "even numbers"},
        {"\"networks.0.atoms\":\"10\"", "\"networks.0.atoms\":\"2\"", "a dictionary of 2 patches"},
        {"\"networks.0.atoms\":\"10\"", "\"networks.0.atoms\":\"10 \"", "\"networks.0.atoms\""},
        {"\"networks.0.atoms\":\"10\"", "\"networks.0.atoms\":\"8\"", "its features have 64"},
        {"\"10\",\"networks.0.layers\":\"80", "\"12\",\"networks.0.layers\":\"96",
         "the metadata says 6x64"},
        {"\"10\",\"networks.0.layers\":\"80", "\"1024\",\"networks.0.layers\":\"8192",
         "more weights than the file can hold"},
        {"80,4x4,6,3", "80,4x5,6,3", "networks.0.layers.0.weight"},
        {"80,4x4,6,3", "80,2x4,6,3", "networks.0.layers.0.weight"},
        {"80,4x4,6,3", "80,3x4,6,3", "shared by 3 positions"},
        {"80,4x4,6,3", "80,4x4,5x1,3", "shared by 5 positions"},
        {"80,4x4,6,3", "80,4x4,4x1,3", "the metadata says 1x4"},
        {"80,4x4,6,3", "80,4,6,3", "the metadata says 4x80"},
        {"1984,4x2,3", "1984,4x2,4", "there are 3 classes"},
        {"1984,4x2,3", "1984,4x9999,3", "more weights than the file can hold"},
        {"\"networks.0.dictionary.atoms\"", "\"networks.0.dictionary\"",
         "no tensor \"networks.0.dictionary.atoms\""},
        {"\"networks.0.dictionary.offsets\"", "\"networks.1.dictionary.offsets\"",
         "no tensor \"networks.0.dictionary.offsets\""},
        {"[5,64]", "[64,5]", "networks.0.dictionary.atoms"},
        {"[5,64]", "[320]", "networks.0.dictionary.atoms"},
        {"\"F32\",\"shape\":[5]", "\"F32\",\"shape\":[5,1]", "networks.0.dictionary.offsets"},
        {"\"aligner.layers\":\"124,6,4\"", "\"aligner.layers\":\"\"", "\"aligner.layers\""},
        {"\"aligner.layers\":\"124,6,4\"", "\"aligner.layers\":\"124\"", "\"aligner.layers\""},
        {"\"aligner.layers\":\"124,6,4\"", "\"aligner.layers\":\"125,6,4\"",
         "an aligner with 125 inputs and 4 sigmoid outputs"},
        {"\"aligner.layers\":\"124,6,4\"", "\"aligner.layers\":\"124,6,3\"",
         "an aligner with 124 inputs and 3 sigmoid outputs"},
        {"\"aligner.layers\":\"124,6,4\"", "\"aligner.layers\":\"124,7,4\"",
         "the metadata says 7x124"},
        {"\"aligner.layers\":\"124,6,4\"", "\"aligner.layers\":\"124,65536,4\"",
         "more weights than the file can hold"},
        {"\"aligner.layers\":\"124,6,4\"", "\"aligner.layers\":\"124,8x6,4\"",
         "shared by 8 positions"},
        {"\"enlarge\":\"1.25\"", "\"enlarge\":\"0.99\"", "\"enlarge\""},
        {"\"enlarge\":\"1.25\"", "\"enlarge\":\"2.01\"", "\"enlarge\""},
        {"\"enlarge\":\"1.25\"", "\"enlarge\":\"nan\"", "\"enlarge\""},
        {"\"enlarge\":\"1.25\"", "\"enlarge\":\"\"", "\"enlarge\""},
        {"\"enlarge\":\"1.25\"", "\"enlarge\":\"1.25x\"", "\"enlarge\""},
        {"\"sigmoid\"", "\"softmax\"", "an aligner with 124 inputs and 4 softmax outputs"},
        {"\"sigmoid\"", "\"sine\"", "\"aligner.output_activation\""},
        {"\"aligner.activation\"", "\"aligner.action\"", "\"aligner.activation\""},
        {"\"aligner.output_activation\"", "\"aligner.output\"", "\"aligner.output_activation\""},
        {"\"aligner.layers.0.weight\"", "\"aligner.layers.2.weight\"",
         "no tensor \"aligner.layers.0.weight\""},
        {"\"aligner.layers.1.bias\"", "\"aligner.layers.2.bias\"",
         "no tensor \"aligner.layers.1.bias\""},
        {"[4,6]", "[6,4]", "aligner.layers.1.weight"},
    };
    struct file_bytes file = full_file();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse_replaced(&file, cases[i].old, cases[i].new, cases[i].reason);
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
        {"[5],\"data_offsets\":[640,660]", "[0],\"data_offsets\":[640,640]",
         "has a type, shape or place"},
        {"[5,64]", "[4294967301,4294967360]", "layers.0.weight"},
        {"[5,64]", "[4294967296,4294967296]", "layers.0.weight"},
        {"\"F16\"", "\"F32\"", "layers.0.weight"},
        {"\"F16\"", "\"BF16\"", "layers.0.weight"},
        {"\"F16\"", "16", "layers.0.weight"},
        {"\"dtype\"", "\"dtyqe\"", "layers.0.weight"},
        {"\"networks.0.layers.1.bias\"", "\"networks.0.layers.2.bias\"",
         "no tensor \"networks.0.layers.1.bias\""},
        {"\"networks.0.layers.1.bias\"", "\"a\\nb\\rc\"", "no tensor \"networks.0.layers.1.bias\""},
        {"\"networks.0.layers.0.weight\":{", "\"a\\nb\":1,\"networks.0.layers.0.weight\":{", "b"},
        {"\"networks.0.layers.0.weight\":{",
         "\"12345678901234567890123456789012345678901234567890\":{", "1234567890"},
        {"\"networks.0.layers.0.weight\":{",
         "\"123456789012345678901234567890123456789012345678\":{", "tensor \"1234567890"},
        {"\"networks.0.layers.0.weight\":{",
         "\"12345678901234567890123456789012345678901234567\":{",
         "no tensor \"networks.0.layers.0.weight\""},
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

/* Finite weights can still lead to infinite values, and their differences are not numbers. */
static void weights_that_lead_to_no_numbers_are_refused(void **state)
{
    (void)state;
    const struct mlp_layer *layer;
    struct model model = small_model(1);
    layer = &model.networks[0].mlp.layers[0];
    layer->weights[7] = 3e38f;
    struct file_bytes file = file_of(model);
    expect_refusal(file.bytes, file.size, "the answers would not be numbers");
    free(file.bytes);
    /* Each layer alone is small enough. */
    model = small_model(1);
    layer = model.networks[0].mlp.layers;
    for (int i = 0; i < layer[0].inputs * layer[0].outputs; i++)
        layer[0].weights[i] = 1e17f;
    for (int i = 0; i < layer[1].inputs * layer[1].outputs; i++)
        layer[1].weights[i] = 1e17f;
    file = file_of(model);
    expect_refusal(file.bytes, file.size, "the answers would not be numbers");
    free(file.bytes);
    model = full_model(1);
    model.networks[0].features.dictionary[3] = 3e38f;
    file = file_of(model);
    expect_refusal(file.bytes, file.size, "the answers would not be numbers");
    free(file.bytes);
    model = full_model(1);
    model.aligner.layers[1].biases[0] = 3e38f;
    file = file_of(model);
    expect_refusal(file.bytes, file.size, "the answers would not be numbers");
    free(file.bytes);
    /* No layer is too large, but what deviations are made of, the squares of the codes. */
    model = full_model(1);
    for (int i = 0; i < 5 * PATCH_VALUES; i++)
        model.networks[0].features.dictionary[i] = 1e35f;
    for (size_t i = 0; i < model.networks[0].mlp.parameter_count; i++)
        model.networks[0].mlp.parameters[i] = 0.0f;
    file = file_of(model);
    expect_refusal(file.bytes, file.size, "the answers would not be numbers");
    free(file.bytes);
}

/* What a layer adds up to from inputs of at most 1, as hyperbolic tangents are; and a verifier's
 * first layer, of inputs of at most 6. */
static void sums_just_within_the_range_are_taken(void **state)
{
    (void)state;
    struct error error;
    struct model model = full_model(1);
    model.networks[0].mlp.layers[1].weights[0] = 0.9e30f;
    struct file_bytes file = file_of(model);
    write_bytes(in_folder("good"), file.bytes, file.size);
    if (load(in_folder("good"), &error))
        fail_msg("%s", error.text);
    free(file.bytes);
    const struct mlp_config verifier = {
        .layer_count = 1, .units = {verifier_dim(12, 12), 1}, .output = OUTPUT_SIGMOID};
    for (int large = 0; large < 2; large++) {
        model = full_model(1);
        assert_int_equal(mlp_create(&model.verifier, &verifier, &error), 0);
        model.verifier.parameters[0] = large ? 0.2e30f : 0.1e30f;
        file = file_of(model);
        write_bytes(in_folder("bad"), file.bytes, file.size);
        assert_int_equal(load(in_folder("bad"), &error), large ? -1 : 0);
        free(file.bytes);
    }
}

/* What a layer makes small again leads to numbers, however large it was, or is made then. */
static void large_values_that_shrink_again_are_taken(void **state)
{
    (void)state;
    static const float cases[][3] = {{1e25f, 1e-25f, 1e20f}, {1.0f, 1e-25f, 1e31f}};
    const struct mlp_config config = {
        .layer_count = 3, .units = {64, 5, 4, 3}, .activation = ACTIVATION_RELU};
    struct rng rng = rng_make(1, 2);
    for (int c = 0; c < 2; c++) {
        struct model model = small_model(1);
        struct error error;
        mlp_free(&model.networks[0].mlp);
        model.networks[0].mlp = random_weights(&config, &rng);
        for (int i = 0; i < config.layer_count; i++) {
            const struct mlp_layer *layer = &model.networks[0].mlp.layers[i];
            for (int k = 0; k < layer->inputs * layer->outputs; k++)
                layer->weights[k] *= cases[c][i];
            for (int k = 0; k < layer->outputs; k++)
                layer->biases[k] *= fminf(cases[c][i], 1.0f);
        }
        struct file_bytes file = file_of(model);
        write_bytes(in_folder("good"), file.bytes, file.size);
        if (load(in_folder("good"), &error))
            fail_msg("case %d: %s", c, error.text);
        free(file.bytes);
    }
}

/* A part that the metadata do not name any more is not silently left out. */
static void tensors_that_nobody_reads_are_refused(void **state)
{
    (void)state;
    static const char reason[] = "that its metadata does not mention";
    struct file_bytes file = full_file();
    refuse_replaced(&file, "\"aligner.layers\"", "\"aligner.lairs\"", reason);
    free(file.bytes);
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
    expect_refusal("", 0, "not a safetensors file");
    expect_refusal("\x89PNG\r\n\x1a\n", 8, "not a safetensors file");
    refuse_header(0, "{}", "not a safetensors file");
    refuse_header(1, "{}", "not a safetensors file");
    refuse_header(SAFETENSORS_MAX_HEADER, "{}", "cut off");
    refuse_header(SAFETENSORS_MAX_HEADER + 1, "{}", "not a safetensors file");
    refuse_header(UINT64_C(1) << 63, "{}", "not a safetensors file");
    refuse_header(UINT64_MAX, "{}", "not a safetensors file");
    refuse_header(UINT64_MAX - 7, "{}", "not a safetensors file");
    refuse_header(3, "{}", "cut off");
    refuse_header(5, "", "cut off");
    refuse_header(2, "{}", "not a model of this program");
    refuse_header(2, "[]", "not JSON");
    refuse_header(4, "nullx", "not JSON");
    errno = ENOMEM; /* from before */
    refuse_header(5, "{\"a\":", "not JSON");
    refuse_header(7, "{\"a\":1}", "tensor \"a\"");
    refuse_header(8, "{\"a\":{}}", "tensor \"a\"");
}

/* Brackets within a name do not count. */
static void nested_headers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header, *reason;
    } cases[] = {
        {"{\"a\":[[[[[[[0]]]]]]]}", "tensor \"a\""},
        {"{\"a\":[[[[[[[{}]]]]]]]}", "not JSON"},
        {"{\"a\":[[[[[[[[0]]]]]]]]}", "not JSON"},
        {"{\"[[[[[[[[[\":1}", "tensor \"[[[[[[[[[\""},
        {"{\"\\\"[[[[[[[[[\":1}", "tensor \"\"[[[[[[[[[\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse_header(strlen(cases[i].header), cases[i].header, cases[i].reason);
}

static void endless_headers_are_refused(void **state)
{
    (void)state;
    enum { DEPTH = 100000, TENSORS = SAFETENSORS_MAX_TENSORS + 1 };
    static char text[8 + DEPTH];
    memset(text, '[', sizeof text);
    memcpy(text, "\xa0\x86\x01\x00\x00\x00\x00\x00", 8); /* DEPTH */
    memcpy(text + 8, "{\"a\":", 5);
    expect_refusal(text, sizeof text, "not JSON");

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
    expect_refusal(text, used + 2 * TENSORS, "more than 256 tensors");
}

/* ---- Written --------------------------------------------------------------------------------- */

static void expect_no_save(const struct model *model, const char *reason)
{
    struct error error;
    struct model earlier = small_model(1);
    assert_int_equal(model_save(&earlier, in_folder("kept"), &error), 0);
    model_free(&earlier);
    if (model_save(model, in_folder("kept"), &error) == 0)
        fail_msg("saved, though: %s", reason);
    expect_text(error.text, in_folder("kept"), reason);
    assert_int_equal(load(in_folder("kept"), &error), 0);
}

/* An earlier model is not lost for one that cannot be loaded. */
static void what_cannot_be_loaded_is_not_saved(void **state)
{
    (void)state;
    struct model model = full_model(1);
    model.aligner.layers[0].weights[3] = NAN;
    expect_no_save(&model, "aligner.layers.0.weight");
    model.aligner.layers[0].weights[3] = 0.0f;
    model.networks[1].mlp.layers[1].biases[0] = INFINITY;
    expect_no_save(&model, "networks.1.layers.1.bias");
    model.networks[1].mlp.layers[1].biases[0] = 0.0f;
    model.networks[0].features.dictionary[0] = NAN;
    expect_no_save(&model, "networks.0.dictionary.atoms");
    model_free(&model);

    model = small_model(2);
    model.prior[1] = 0.0f;
    expect_no_save(&model, "0 is no prior of right");
    static const float wrong[] = {NAN, 1.5f, -0.5f, FLT_MIN};
    for (int i = 0; i < 4; i++) {
        memcpy(model.prior, small_model_prior, sizeof small_model_prior);
        model.prior[2] = wrong[i];
        expect_no_save(&model, "no prior of \303\274ber");
    }
    memcpy(model.prior, small_model_prior, sizeof small_model_prior);
    model.prior[0] = 1.5f;
    expect_no_save(&model, "1.5 is no prior of left");
    model_free(&model);
}

/* Two bytes a weight, or four in a layer with large ones: 202 MB, then 269 MB. */
static void models_are_so_large_at_most(void **state)
{
    (void)state;
    const struct mlp_config config = {.layer_count = 4, .units = {64, 8192, 4096, 8192, 3}};
    struct model model = small_model(2);
    struct error error;
    mlp_free(&model.networks[0].mlp);
    assert_int_equal(mlp_create(&model.networks[0].mlp, &config, &error), 0);
    for (int large = 1; large <= 2; large++) {
        model.networks[0].mlp.layers[large].weights[0] = 1e5f;
        assert_int_equal(model_save(&model, in_folder("missing/model"), &error), -1);
        expect_text(error.text, in_folder("missing/model"),
                    large < 2 ? "No such file" : "larger than 256 MB");
    }
    model_free(&model);
}

/* The least share that --prior leads to. */
static void rare_classes_are_loaded(void **state)
{
    (void)state;
    struct model model = small_model(3);
    struct error error;
    model.prior[2] = 3e-14f;
    assert_int_equal(model_save(&model, in_folder("rare"), &error), 0);
    model_free(&model);
    assert_int_equal(load(in_folder("rare"), &error), 0);
}

/* ---- Memory that ends ------------------------------------------------------------------------ */

static int array_calls, failing_call; /* 0: none */

void *__real_large_array_alloc(size_t size);
void *__wrap_large_array_alloc(size_t size);

void *__wrap_large_array_alloc(size_t size)
{
    return ++array_calls == failing_call ? NULL : __real_large_array_alloc(size);
}

/* For the file, the weights, and what is laid out anew: the dictionary's pairs, the layers'
 * integers. */
static void models_need_memory_for_arrays(void **state)
{
    (void)state;
    struct model model = full_model(3), loaded;
    struct error error;
    assert_int_equal(model_save(&model, in_folder("arrays.safetensors"), &error), 0);
    model_free(&model);
    array_calls = 0;
    assert_int_equal(model_load(&loaded, in_folder("arrays.safetensors"), &error), 0);
    model_free(&loaded);
    int calls = array_calls;
    assert_true(calls > 1);
    for (failing_call = 1; failing_call <= calls; failing_call++) {
        array_calls = 0;
        error.text[0] = '\0';
        assert_int_equal(model_load(&loaded, in_folder("arrays.safetensors"), &error), -1);
        expect_text(error.text, "", "memory");
        assert_int_equal(error.code, ERROR_NO_MEMORY);
    }
    failing_call = 0;
    remove(in_folder("arrays.safetensors"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(every_flipped_header_byte_is_survived),
        cmocka_unit_test(every_changed_bit_is_seen),
        cmocka_unit_test(metadata_that_lies_is_refused),
        cmocka_unit_test(parts_that_lie_are_refused),
        cmocka_unit_test(entries_that_lie_are_refused),
        cmocka_unit_test(bytes_beyond_the_tensors_are_refused),
        cmocka_unit_test(values_that_are_no_numbers_are_refused),
        cmocka_unit_test(weights_that_lead_to_no_numbers_are_refused),
        cmocka_unit_test(sums_just_within_the_range_are_taken),
        cmocka_unit_test(large_values_that_shrink_again_are_taken),
        cmocka_unit_test(tensors_that_nobody_reads_are_refused),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(nested_headers_are_refused),
        cmocka_unit_test(endless_headers_are_refused),
        cmocka_unit_test(what_cannot_be_loaded_is_not_saved),
        cmocka_unit_test(models_are_so_large_at_most),
        cmocka_unit_test(rare_classes_are_loaded),
        cmocka_unit_test(models_need_memory_for_arrays),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
