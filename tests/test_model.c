/* Models: what is saved comes back, other readers understand it, and answers are as promised.
 * test_model_file.c has the damaged files. */
#include "model.h"

#include "face.h"
#include "labels.h"
#include "safetensors.h"
#include "small_model.h"
#include "verifier.h"

/* ---- Half precision -------------------------------------------------------------------------- */

/* By the definition of IEEE 754's binary16; also for the infinity's pattern: 65536. */
static double half_value(unsigned half)
{
    int exponent = (int)(half >> 10 & 31), fraction = (int)(half & 1023);
    double value = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return half & 0x8000 ? -value : value;
}

static void halves_come_back(void **state)
{
    (void)state;
    for (unsigned half = 0; half < 65536; half++) {
        float value = half_to_float((uint16_t)half);
        unsigned back = half_from_float(value);
        bool special = (half & 0x7c00) == 0x7c00;
        if (special && half & 1023) {
            assert_true(isnan(value));
            assert_true((back & 0x7c00) == 0x7c00 && back & 1023);
            continue;
        }
        assert_int_equal(back, half);
        assert_int_equal(signbit(value) != 0, half >> 15);
        if (special)
            assert_true(isinf(value));
        else
            assert_true((double)value == half_value(half));
    }
}

/* The nearest half by search; of two equally near ones that with an even pattern. */
static unsigned nearest_half(double magnitude)
{
    unsigned low = 0, high = 0x7c00;
    if (magnitude >= half_value(high))
        return high;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        *(half_value(middle) <= magnitude ? &low : &high) = middle;
    }
    double below = magnitude - half_value(low), above = half_value(high) - magnitude;
    return below < above || (below == above && low % 2 == 0) ? low : high;
}

static void expect_nearest_half(float value)
{
    unsigned expected = nearest_half(fabs((double)value)) | (signbit(value) ? 0x8000 : 0);
    if (half_from_float(value) != expected)
        fail_msg("%.9g becomes %04x, expected %04x", (double)value, half_from_float(value),
                 expected);
}

static void halves_round_to_nearest_even(void **state)
{
    (void)state;
    struct rng rng = rng_make(1, 0);
    for (unsigned half = 0; half < 0x7c00; half++) {
        float tie = (float)((half_value(half) + half_value(half + 1)) / 2);
        expect_nearest_half(tie);
        expect_nearest_half(-tie);
        expect_nearest_half(nextafterf(tie, 0.0f));
        expect_nearest_half(nextafterf(tie, INFINITY));
    }
    for (int i = 0; i < 100000; i++)
        expect_nearest_half((float)ldexp(rng_normal(&rng), between(&rng, -40, 20)));
    expect_nearest_half(3e38f);
    expect_nearest_half(1e-45f);
    assert_int_equal(half_from_float(INFINITY), 0x7c00);
    assert_int_equal(half_from_float(-INFINITY), 0xfc00);
}

/* ---- Saving and loading ---------------------------------------------------------------------- */

static void expect_same_mlp(const struct mlp *a, const struct mlp *b)
{
    assert_int_equal(a->parameter_count, b->parameter_count);
    assert_int_equal(a->config.layer_count, b->config.layer_count);
    assert_int_equal(a->config.activation, b->config.activation);
    assert_int_equal(a->config.output, b->config.output);
    for (int i = 0; i < a->config.layer_count; i++) {
        assert_int_equal(a->layers[i].positions, b->layers[i].positions);
        assert_int_equal(a->layers[i].inputs, b->layers[i].inputs);
        assert_int_equal(a->layers[i].outputs, b->layers[i].outputs);
        assert_int_equal(a->layers[i].windows.grid, b->layers[i].windows.grid);
        assert_int_equal(a->layers[i].windows.side, b->layers[i].windows.side);
    }
    for (size_t i = 0; i < a->parameter_count; i++) {
        double value = a->parameters[i];
        expect_close(b->parameters[i], value, fabs(value) / 2048 + 3e-8, "a parameter");
    }
}

static void expect_same_features(const struct features *a, const struct features *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->cell, b->cell);
    assert_int_equal(a->grid, b->grid);
    assert_int_equal(a->atoms, b->atoms);
    for (int i = 0; i < features_dictionary_size(a); i++) {
        double value = a->dictionary[i];
        expect_close(b->dictionary[i], value, fabs(value) / 2048 + 3e-8, "a value of an atom");
    }
}

static void expect_same_model(const struct model *a, const struct model *b)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->class_count, b->class_count);
    assert_memory_equal(a->class_names, b->class_names, sizeof a->class_names);
    assert_memory_equal(a->prior, b->prior, sizeof a->prior);
    assert_int_equal(a->mirror, b->mirror);
    expect_close(b->enlarge, a->enlarge, 1e-6, "the enlargement");
    assert_string_equal(a->notes.training_data, b->notes.training_data);
    assert_string_equal(a->notes.recipe, b->notes.recipe);
    assert_string_equal(a->notes.seed, b->notes.seed);
    assert_string_equal(a->notes.accuracy, b->notes.accuracy);
    assert_string_equal(a->notes.date, b->notes.date);
    assert_string_equal(a->notes.licence, b->notes.licence);
    expect_same_mlp(&a->aligner, &b->aligner);
    expect_same_mlp(&a->verifier, &b->verifier);
    assert_int_equal(a->network_count, b->network_count);
    for (int i = 0; i < a->network_count; i++) {
        expect_same_features(&a->networks[i].features, &b->networks[i].features);
        expect_same_mlp(&a->networks[i].mlp, &b->networks[i].mlp);
    }
}

static struct model saved_and_loaded(const struct model *model)
{
    struct model loaded;
    struct error error = {.code = ERROR_OTHER};
    assert_int_equal(model_save(model, in_folder("model"), &error), 0);
    assert_int_equal(model_load(&loaded, in_folder("model"), &error), 0);
    assert_int_equal(error.code, ERROR_OTHER);
    return loaded;
}

static void predict(const struct model *model, const uint8_t *crops, int count, int capacity,
                    float *probabilities)
{
    struct model_workspace *workspace;
    struct error error;
    assert_int_equal(model_workspace_create(&workspace, model, capacity, &error), 0);
    model_predict(model, workspace, crops, count, probabilities);
    model_workspace_free(&workspace);
    assert_null(workspace);
}

/* Of a single pass of one network, Bayes' theorem gives the new answer from the old one. */
static void prior_follows_bayes(void **state)
{
    (void)state;
    enum { COUNT = 20, K = 3 };
    static const float wanted[K] = {0.1f, 0.7f, 0.2f};
    struct rng rng = rng_make(4, 0);
    struct error error;
    uint8_t crops[COUNT * 64];
    float before[COUNT * K], after[COUNT * K];
    struct model model = small_model(5);
    fill_noise(&rng, crops, sizeof crops);
    predict(&model, crops, COUNT, COUNT, before);
    assert_int_equal(model_set_prior(&model, wanted, "m", &error), 0);
    predict(&model, crops, COUNT, COUNT, after);
    for (int i = 0; i < COUNT * K; i += K) {
        double sum = 0.0;
        for (int k = 0; k < K; k++)
            sum += (double)(before[i + k] * wanted[k] / small_model_prior[k]);
        for (int k = 0; k < K; k++)
            expect_close(after[i + k],
                         (double)(before[i + k] * wanted[k] / small_model_prior[k]) / sum, 1e-5,
                         "a probability");
    }
    struct model loaded = saved_and_loaded(&model);
    assert_memory_equal(loaded.prior, wanted, sizeof wanted);
    model_free(&loaded);
    model.prior[0] = 0.0f;
    assert_int_equal(model_set_prior(&model, wanted, "m", &error), -1);
    expect_text(error.text, "m: ", "prior");
    assert_int_equal(error.code, ERROR_BAD_MODEL);
    model.prior[0] = 0.1f;
    model.networks[0].mlp.config.output = OUTPUT_SIGMOID;
    assert_int_equal(model_set_prior(&model, wanted, "m", &error), -1);
    model_free(&model);
}

static void models_come_back_as_saved(void **state)
{
    (void)state;
    enum { COUNT = 20 };
    struct rng rng = rng_make(2, 0);
    uint8_t crops[COUNT * 64];
    fill_noise(&rng, crops, sizeof crops);
    for (int i = 0; i < 12; i++) {
        struct model model = small_model((uint64_t)i);
        model.mirror = i % 2;
        model.networks[0].mlp.config.activation = (enum activation)(i % 3);
        model.networks[0].mlp.config.output = (enum output_activation)(i / 6);
        if (i % 4 == 0)
            memset(&model.notes, 0, sizeof model.notes);
        struct model loaded = saved_and_loaded(&model);
        float before[COUNT * 3], after[COUNT * 3];
        expect_same_model(&model, &loaded);
        predict(&model, crops, COUNT, COUNT, before);
        predict(&loaded, crops, COUNT, COUNT, after);
        for (int k = 0; k < COUNT * 3; k++)
            expect_close(after[k], before[k], 2e-3, "a probability");
        /* Once rounded, nothing changes any more. */
        struct model again = saved_and_loaded(&loaded);
        assert_memory_equal(again.networks[0].mlp.parameters, loaded.networks[0].mlp.parameters,
                            loaded.networks[0].mlp.parameter_count * sizeof(float));
        model_free(&model);
        model_free(&loaded);
        model_free(&again);
    }
}

static void expect_network_back(const struct mlp_config *config)
{
    struct model model = small_model(3);
    struct rng rng = rng_make(3, 1);
    mlp_free(&model.networks[0].mlp);
    model.networks[0].mlp = random_weights(config, &rng);
    struct model loaded = saved_and_loaded(&model);
    expect_same_model(&model, &loaded);
    model_free(&model);
    model_free(&loaded);
}

/* Windows of 2x2 of the pixels' 8x8, of 3x3 of what these make, and of one position each. */
static void windows_come_back(void **state)
{
    (void)state;
    const struct mlp_config config = {.layer_count = 4,
                                      .units = {64, 49 * 2, 25 * 3, 25, 3},
                                      .windows = {{8, 2}, {7, 3}, {5, 1}}};
    expect_network_back(&config);
}

/* Layers that two positions share, and eight. */
static void shared_layers_come_back(void **state)
{
    (void)state;
    const struct mlp_config config = {
        .layer_count = 3, .units = {64, 16, 6, 3}, .positions = {8, 2}};
    expect_network_back(&config);
}

static void enlargements_come_back(void **state)
{
    (void)state;
    static const float possible[] = {1.0f, 1.5f, MODEL_MAX_ENLARGE};
    for (int i = 0; i < 3; i++) {
        struct model model = full_model(3);
        model.enlarge = possible[i];
        struct model loaded = saved_and_loaded(&model);
        assert_true(loaded.enlarge == possible[i]);
        model_free(&model);
        model_free(&loaded);
    }
}

/* One class may be nearly all there is. */
static void any_prior_comes_back(void **state)
{
    (void)state;
    static const float prior[3] = {1e-30f, 1.0f, 1e-30f};
    struct model model = small_model(3);
    memcpy(model.prior, prior, sizeof prior);
    struct model loaded = saved_and_loaded(&model);
    assert_memory_equal(loaded.prior, prior, sizeof prior);
    model_free(&model);
    model_free(&loaded);
}

static void hog_model_comes_back(void **state)
{
    (void)state;
    struct model model = small_model(3);
    struct mlp_config config = {.layer_count = 2, .units = {3 * 2 * 31, 30, 3}};
    struct rng rng = rng_make(3, 1);
    mlp_free(&model.networks[0].mlp);
    model.width = 12;
    model.networks[0].features =
        (struct features){.kind = FEATURES_HOG, .width = 12, .height = 8, .cell = 4};
    model.networks[0].mlp = random_weights(&config, &rng);
    struct model loaded = saved_and_loaded(&model);
    expect_same_model(&model, &loaded);
    model_free(&model);
    model_free(&loaded);
}

/* Two networks, one of patches with its dictionary, and an aligner. */
static void full_model_comes_back(void **state)
{
    (void)state;
    enum { COUNT = 12 };
    struct model model = full_model(3);
    struct rng rng = rng_make(3, 2);
    uint8_t crops[COUNT * 144];
    float before[COUNT * 3], after[COUNT * 3];
    fill_noise(&rng, crops, sizeof crops);
    struct model loaded = saved_and_loaded(&model);
    expect_same_model(&model, &loaded);
    struct model again = saved_and_loaded(&loaded);
    predict(&loaded, crops, COUNT, COUNT, before);
    predict(&again, crops, COUNT, COUNT, after);
    assert_memory_equal(before, after, sizeof before);
    model_free(&model);
    model_free(&loaded);
    model_free(&again);
}

/* As many networks of as many layers, and as many classes with names as long, as there may be, and
 * all else that a model can have. */
static void the_largest_model_comes_back(void **state)
{
    (void)state;
    enum { ATOMS = 10, IN = 2 * 2 * 2 * ATOMS };
    struct model model = full_model(5);
    struct model given = model; /* whose networks are replaced */
    struct rng rng = rng_make(5, 2);
    const struct mlp_config verifier = {.layer_count = 2,
                                        .units = {verifier_dim(12, 12), 4, 1},
                                        .activation = ACTIVATION_RELU,
                                        .output = OUTPUT_SIGMOID};
    struct mlp_config deepest = {.layer_count = MLP_MAX_LAYERS, .units = {IN}};
    for (int i = 1; i < MLP_MAX_LAYERS; i++)
        deepest.units[i] = 3;
    deepest.units[MLP_MAX_LAYERS] = MODEL_MAX_CLASSES;
    model.verifier = random_weights(&verifier, &rng);
    model.class_count = MODEL_MAX_CLASSES;
    for (int k = 0; k < MODEL_MAX_CLASSES; k++) {
        memset(model.class_names[k], 'a' + k % 26, MODEL_CLASS_NAME_SIZE - 1);
        model.prior[k] = 1.0f / MODEL_MAX_CLASSES;
    }
    model.network_count = MODEL_MAX_NETWORKS;
    for (int i = 0; i < MODEL_MAX_NETWORKS; i++) {
        struct features *f = &model.networks[i].features;
        *f = (struct features){
            .kind = FEATURES_PATCHES, .width = 12, .height = 12, .grid = 2, .atoms = ATOMS};
        f->dictionary = random_dictionary(&rng, ATOMS);
        model.networks[i].mlp = random_weights(&deepest, &rng);
        model.networks[i].mirror_layer = NULL;
    }
    struct model loaded = saved_and_loaded(&model);
    expect_same_model(&model, &loaded);
    struct error error;
    uint8_t crop[12 * 12];
    float probabilities[MODEL_MAX_CLASSES];
    double sum = 0;
    fill_noise(&rng, crop, sizeof crop);
    assert_int_equal(model_set_prior(&loaded, model.prior, "m", &error), 0);
    predict(&loaded, crop, 1, 1, probabilities);
    for (int k = 0; k < MODEL_MAX_CLASSES; k++)
        sum += (double)probabilities[k];
    expect_close(sum, 1, 1e-5, "sum of the probabilities");
    given.aligner = (struct mlp){0};
    model_free(&given);
    model_free(&model);
    model_free(&loaded);
}

/* Half precision ends at 65504; a layer with more keeps single precision. */
static void large_weights_survive(void **state)
{
    (void)state;
    static const float large[] = {65503.0f, 65520.0f, -1e5f, 1e9f};
    static const float fine = 1.0000001f; /* a float also where constants are wider */
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        struct model model = small_model(4);
        model.networks[0].mlp.layers[0].weights[7] = large[i];
        model.networks[0].mlp.layers[1].biases[1] = fine;
        struct model loaded = saved_and_loaded(&model);
        expect_same_model(&model, &loaded);
        assert_true(loaded.networks[0].mlp.layers[1].biases[1] == fine);
        model_free(&model);
        model_free(&loaded);
    }
}

static void save_into_a_missing_folder_fails(void **state)
{
    (void)state;
    struct model model = small_model(5);
    struct error error = {.text = ""};
    assert_int_equal(model_save(&model, in_folder("missing/model"), &error), -1);
    expect_text(error.text, in_folder("missing/model"), "No such file");
    assert_int_equal(count_files(0), 0);
    model_free(&model);
}

/* ---- The file, read by other means ----------------------------------------------------------- */

/* A tensor's place in the data, found in the header's text. */
static const uint8_t *find_tensor(const uint8_t *bytes, const char *entry, size_t size)
{
    size_t header = 0, begin, end;
    for (int i = 7; i >= 0; i--)
        header = header << 8 | bytes[i];
    assert_int_equal(header % 8, 0);
    const char *found = strstr((const char *)bytes + 8, entry);
    assert_non_null(found);
    assert_int_equal(sscanf(found + strlen(entry), "%zu,%zu]}", &begin, &end), 2);
    assert_int_equal(end - begin, size);
    return bytes + 8 + header + begin;
}

static void file_is_safetensors(void **state)
{
    (void)state;
    struct model model = small_model(6);
    struct error error;
    size_t size;
    model.networks[0].mlp.layers[0].biases[0] = 1e6f; /* the weights take 16 bits all the same */
    assert_int_equal(model_save(&model, in_folder("model"), &error), 0);
    uint8_t *bytes = read_bytes(in_folder("model"), &size);
    const uint8_t *weights = find_tensor(
        bytes,
        "\"networks.0.layers.0.weight\":{\"dtype\":\"F16\",\"shape\":[5,64],\"data_offsets\":[",
        640);
    const uint8_t *biases = find_tensor(
        bytes, "\"networks.0.layers.1.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[",
        12);
    for (int i = 0; i < 5 * 64; i++) {
        double value = model.networks[0].mlp.layers[0].weights[i];
        unsigned half = weights[2 * i] + 256u * weights[2 * i + 1];
        expect_close(half_value(half), value, fabs(value) / 2048 + 3e-8, "a weight in the file");
    }
    for (int i = 0; i < 3; i++) {
        uint32_t bits = 0;
        for (int b = 3; b >= 0; b--)
            bits = bits << 8 | biases[4 * i + b];
        assert_memory_equal(&bits, &model.networks[0].mlp.layers[1].biases[i], 4);
    }
    assert_ptr_equal(biases + 12, bytes + size);
    static const char *const facts[] = {
        "\"__metadata__\":{",
        "\"format\":\"expressions-mlp\"",
        "\"format_version\":\"3\"",
        "\"classes\":\"left,right,\303\274ber \\\"all\\\"\"",
        "\"input_size\":\"8x8\"",
        "\"networks\":\"1\"",
        "\"networks.0.features\":\"pixels\"",
        "\"networks.0.layers\":\"64,5,3\"",
        "\"networks.0.activation\":\"relu\"",
        "\"mirror\":\"false\"",
        "\"networks.0.output_activation\":\"softmax\"",
        "\"seed\":\"7\"",
        "\"training_data\":\"64 made-up crops\"",
        "\"recipe\":\"--hidden 5\"",
        "\"accuracy\":\"0.5\"",
        "\"date\":\"2026-11-23\"",
        "\"licence\":\"MIT\"",
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (!strstr((char *)bytes + 8, facts[i]))
            fail_msg("%s is not in %s", facts[i], (char *)bytes + 8);
    free(bytes);
    model_free(&model);
}

/* Other readers take the header for JSON up to its last byte. */
static void header_is_padded_with_spaces(void **state)
{
    (void)state;
    struct model model = small_model(10);
    model.notes.recipe[0] = '\0';
    for (int i = 0; i < 8; i++) {
        struct error error;
        size_t size;
        strcat(model.notes.recipe, "x");
        assert_int_equal(model_save(&model, in_folder("model"), &error), 0);
        uint8_t *bytes = read_bytes(in_folder("model"), &size);
        size_t end = 8 + bytes[0] + 256u * bytes[1];
        assert_int_equal(end % 8, 0);
        while (bytes[end - 1] == ' ')
            end--;
        assert_int_equal(bytes[end - 1], '}');
        free(bytes);
    }
    model_free(&model);
}

/* ---- Answers --------------------------------------------------------------------------------- */

static void mirror_averages_both_sides(void **state)
{
    (void)state;
    enum { COUNT = 7 };
    struct rng rng = rng_make(7, 0);
    uint8_t crops[COUNT * 64], mirrored[COUNT * 64];
    fill_noise(&rng, crops, sizeof crops);
    for (int i = 0; i < COUNT; i++)
        face_mirror(crops + i * 64, 8, 8, mirrored + i * 64);
    for (int output = 0; output < OUTPUT_ACTIVATION_COUNT; output++) {
        struct model model = small_model(7);
        float plain[COUNT * 3], other[COUNT * 3], both[COUNT * 3];
        model.networks[0].mlp.config.output = (enum output_activation)output;
        predict(&model, crops, COUNT, COUNT, plain);
        predict(&model, mirrored, COUNT, COUNT, other);
        model.mirror = true;
        predict(&model, crops, COUNT, COUNT, both);
        for (int k = 0; k < COUNT * 3; k++) {
            expect_close(both[k], (plain[k] + other[k]) / 2, 1e-6, "mean of both sides");
            if (k % 3 == 0) {
                expect_close(plain[k] + plain[k + 1] + plain[k + 2], 1.0, 1e-6, "sum");
                expect_close(both[k] + both[k + 1] + both[k + 2], 1.0, 1e-6, "sum of the means");
            }
        }
        assert_true(fabsf(plain[0] - other[0]) > 1e-3f);
        model_free(&model);
    }
}

static void predict_takes_any_count(void **state)
{
    (void)state;
    enum { COUNT = 11 };
    struct rng rng = rng_make(8, 0);
    struct model model = small_model(8);
    uint8_t crops[COUNT * 64];
    float whole[COUNT * 3], chunked[COUNT * 3 + 1];
    fill_noise(&rng, crops, sizeof crops);
    for (int mirror = 0; mirror < 2; mirror++) {
        model.mirror = mirror;
        predict(&model, crops, COUNT, COUNT, whole);
        for (int capacity = 1; capacity < COUNT + 3; capacity++) {
            chunked[COUNT * 3] = 17;
            predict(&model, crops, COUNT, capacity, chunked);
            for (int k = 0; k < COUNT * 3; k++)
                expect_close(chunked[k], whole[k], 1e-6, "a probability");
            assert_true(chunked[COUNT * 3] == 17);
        }
    }
    chunked[0] = 17;
    predict(&model, crops, 0, 1, chunked);
    assert_true(chunked[0] == 17);
    model_free(&model);
}

/* A single network of the model, which borrows all it has. */
static struct model part_of(const struct model *model, int network)
{
    struct model part = *model;
    part.networks[0] = model->networks[network];
    part.network_count = 1;
    return part;
}

/* The answer is the mean over the networks, and over both sides, of what each of them says to the
 * aligned crop alone. */
static void networks_answer_together(void **state)
{
    (void)state;
    enum { COUNT = 5, SIDE = 12, SIZE = SIDE * SIDE };
    struct model model = full_model(11);
    struct rng rng = rng_make(11, 0);
    uint8_t crops[COUNT * SIZE], faces[COUNT * SIZE], mirrored[COUNT * SIZE];
    float all[COUNT * 3], one[COUNT * 3];
    double expected[COUNT * 3] = {0};
    struct model_workspace *workspace;
    struct error error;
    fill_noise(&rng, crops, sizeof crops);
    assert_int_equal(model_workspace_create(&workspace, &model, 1, &error), 0);
    int moved = 0;
    for (int i = 0; i < COUNT; i++) {
        struct affine face;
        model_align(&model, workspace, crops + i * SIZE, &face);
        warp_picture(&face, crops + i * SIZE, SIDE, SIDE, faces + i * SIZE);
        face_mirror(faces + i * SIZE, SIDE, SIDE, mirrored + i * SIZE);
        moved += memcmp(faces + i * SIZE, crops + i * SIZE, SIZE) != 0;
    }
    assert_int_equal(moved, COUNT);
    model_workspace_free(&workspace);
    model.networks[0].mlp.config.output = OUTPUT_SIGMOID;
    predict(&model, crops, COUNT, 2, all);
    for (int side = 0; side < 2; side++)
        for (int n = 0; n < 2; n++) {
            struct model part = part_of(&model, n);
            part.aligner = (struct mlp){0};
            part.mirror = false;
            predict(&part, side ? mirrored : faces, COUNT, COUNT, one);
            for (int k = 0; k < COUNT * 3; k++)
                expected[k] += one[k] / 4.0;
        }
    for (int k = 0; k < COUNT * 3; k++)
        expect_close(all[k], expected[k], 1e-5, "mean of networks and sides");
    for (int n = 0; n < 2; n++) { /* neither says what the mean says */
        struct model part = part_of(&model, n);
        predict(&part, crops, COUNT, COUNT, one);
        double apart = 0.0;
        for (int k = 0; k < COUNT * 3; k++)
            apart = fmax(apart, fabs((double)one[k] - (double)all[k]));
        assert_true(apart > 0.01);
    }
    model_free(&model);
}

/* Integers multiply where weights are many, but not in a first layer that a mirror layer stands
 * for. */
static void large_layers_are_prepared(void **state)
{
    (void)state;
    enum { ATOMS = 1024 };
    const struct mlp_config config = {
        .layer_count = 3, .units = {4 * 2 * ATOMS, 4 * 32, 512, 3}, .positions = {4}};
    struct rng rng = rng_make(12, 0);
    for (int mirror = 0; mirror < 2; mirror++) {
        struct model model = {
            .width = 12, .height = 12, .network_count = 1, .class_count = 3, .mirror = mirror};
        struct network *n = &model.networks[0];
        struct error error;
        n->features = (struct features){
            .kind = FEATURES_PATCHES, .width = 12, .height = 12, .grid = 2, .atoms = ATOMS};
        n->features.dictionary = random_dictionary(&rng, ATOMS);
        n->mlp = random_weights(&config, &rng);
        assert_int_equal(model_prepare(&model, &error), 0);
        assert_int_equal(n->mirror_layer != NULL, mirror);
        assert_int_equal(n->mlp.layers[0].quantized != NULL, !mirror);
        assert_non_null(n->mlp.layers[1].quantized);
        assert_null(n->mlp.layers[2].quantized);
        model_free(&model);
        const struct model nothing = {0};
        assert_memory_equal(&model, &nothing, sizeof model);
    }
}

static void what_no_verifier_saw_is_a_face(void **state)
{
    (void)state;
    struct model model = small_model(9);
    struct model_workspace *workspace;
    struct error error;
    const uint8_t crop[64] = {0};
    assert_int_equal(model_workspace_create(&workspace, &model, 1, &error), 0);
    assert_true(model_verify(&model, workspace, crop) == 1.0f);
    model_workspace_free(&workspace);
    model_free(&model);
}

/* Sigmoids that all round to 0 still make a distribution. */
static void silent_sigmoids_make_a_distribution(void **state)
{
    (void)state;
    struct model model = small_model(9);
    uint8_t crop[64] = {0};
    float probabilities[3];
    model.networks[0].mlp.config.output = OUTPUT_SIGMOID;
    for (int k = 0; k < 3; k++)
        model.networks[0].mlp.layers[1].biases[k] = -1e4f;
    predict(&model, crop, 1, 1, probabilities);
    for (int k = 0; k < 3; k++)
        expect_close(probabilities[k], 1.0 / 3, 1e-6, "a probability");
    model_free(&model);
}

/* The face that the aligner finds, with more around it where the model says so. */
static void faces_are_enlarged(void **state)
{
    (void)state;
    struct model model = full_model(3);
    struct model_workspace *workspace;
    struct align_workspace *align;
    struct affine found, face;
    struct error error;
    struct rng rng = rng_make(8, 0);
    uint8_t crop[12 * 12];
    fill_noise(&rng, crop, sizeof crop);
    assert_int_equal(align_workspace_create(&align, &model.aligner, 12, 12, &error), 0);
    align_find(&model.aligner, align, crop, &found);
    assert_int_equal(model_workspace_create(&workspace, &model, 1, &error), 0);
    for (int i = 0; i < 2; i++, model.enlarge = 0) {
        struct affine expected = i ? found : align_enlarge(&found, 1.25f, 12, 12);
        model_align(&model, workspace, crop, &face);
        assert_memory_equal(&face, &expected, sizeof face);
    }
    model_workspace_free(&workspace);
    align_workspace_free(&align);
    model_free(&model);
}

static void only_the_seven_expressions_are_faces(void **state)
{
    (void)state;
    struct model good = {.width = FACE_SIDE, .height = FACE_SIDE, .class_count = LABEL_COUNT};
    struct error error;
    for (int i = 0; i < LABEL_COUNT; i++)
        strcpy(good.class_names[i], label_names[i]);
    assert_int_equal(model_check_faces(&good, "m.safetensors", &error), 0);
    for (int fault = 0; fault < 6; fault++) {
        struct model bad = good;
        error.text[0] = '\0';
        if (fault == 0)
            bad.class_count--;
        else if (fault == 1)
            strcpy(bad.class_names[bad.class_count++], "contempt");
        else if (fault == 2)
            strcpy(bad.class_names[6], "calm");
        else if (fault == 3)
            memcpy(bad.class_names, (char[2][32]){"disgust", "angry"}, 64);
        else if (fault == 4)
            bad.width = 64;
        else
            bad.height = 64;
        assert_int_equal(model_check_faces(&bad, "m.safetensors", &error), -1);
        expect_text(error.text, "m.safetensors", "48x48");
        assert_int_equal(error.code, ERROR_BAD_MODEL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_come_back),
        cmocka_unit_test(halves_round_to_nearest_even),
        cmocka_unit_test_teardown(models_come_back_as_saved, empty_folder),
        cmocka_unit_test_teardown(windows_come_back, empty_folder),
        cmocka_unit_test_teardown(shared_layers_come_back, empty_folder),
        cmocka_unit_test_teardown(enlargements_come_back, empty_folder),
        cmocka_unit_test_teardown(any_prior_comes_back, empty_folder),
        cmocka_unit_test_teardown(hog_model_comes_back, empty_folder),
        cmocka_unit_test_teardown(full_model_comes_back, empty_folder),
        cmocka_unit_test_teardown(the_largest_model_comes_back, empty_folder),
        cmocka_unit_test_teardown(large_weights_survive, empty_folder),
        cmocka_unit_test_teardown(save_into_a_missing_folder_fails, empty_folder),
        cmocka_unit_test_teardown(file_is_safetensors, empty_folder),
        cmocka_unit_test_teardown(header_is_padded_with_spaces, empty_folder),
        cmocka_unit_test_teardown(prior_follows_bayes, empty_folder),
        cmocka_unit_test(mirror_averages_both_sides),
        cmocka_unit_test(predict_takes_any_count),
        cmocka_unit_test(networks_answer_together),
        cmocka_unit_test(large_layers_are_prepared),
        cmocka_unit_test(what_no_verifier_saw_is_a_face),
        cmocka_unit_test(silent_sigmoids_make_a_distribution),
        cmocka_unit_test(faces_are_enlarged),
        cmocka_unit_test(only_the_seven_expressions_are_faces),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
