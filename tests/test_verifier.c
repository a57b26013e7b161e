/* The verifier: its score, its place in model files, learning it, and what it does to detection. */
#include "backgrounds.h"
#include "blas.h"
#include "cascade_files.h"
#include "demo.h"
#include "detector.h"
#include "face.h"
#include "fit_verifier.h"
#include "made_up.h"
#include "means.h"
#include "mlp_training.h"
#include "ocv.h"
#include "optimizer.h"
#include "progress_bar.h"
#include "scenes.h"
#include "small_model.h"
#include "terminal.h"
#include "training_steps.h"

enum { SIDE = FACE_SIDE };

static const volatile sig_atomic_t no_stop;

static struct mlp_config network(void)
{
    return (struct mlp_config){.layer_count = 2,
                               .units = {verifier_dim(SIDE, SIDE), 4, 1},
                               .activation = ACTIVATION_RELU,
                               .output = OUTPUT_SIGMOID};
}

static float score_of(const struct mlp *verifier, const uint8_t *crop)
{
    struct verifier_workspace *workspace;
    struct error error;
    assert_int_equal(verifier_workspace_create(&workspace, verifier, SIDE, SIDE, &error), 0);
    float score = verifier_score(verifier, workspace, crop);
    verifier_workspace_free(&workspace);
    assert_null(workspace);
    return score;
}

/* One that answers `score` whatever it sees. */
static struct mlp constant(float score)
{
    struct mlp_config config = network();
    struct mlp mlp;
    struct error error;
    assert_int_equal(mlp_create(&mlp, &config, &error), 0);
    mlp.layers[1].biases[0] = logf(score / (1 - score));
    return mlp;
}

/* ---- The score ------------------------------------------------------------------------------- */

static void a_face_and_its_mirror_image_score_alike(void **state)
{
    (void)state;
    struct mlp_config config = network();
    struct rng rng = rng_make(1, 0);
    struct mlp verifier = random_weights(&config, &rng);
    uint8_t crop[PIXELS], mirrored[PIXELS];
    for (int run = 0; run < 20; run++) {
        fill_noise(&rng, crop, PIXELS);
        face_mirror(crop, SIDE, SIDE, mirrored);
        float score = score_of(&verifier, crop);
        assert_true(score >= 0 && score <= 1);
        expect_close(score_of(&verifier, mirrored), score, 1e-4, "score of the mirror image");
    }
    mlp_free(&verifier);
}

/* HOG forgets how strong gradients are; the vector's last value does not. */
static void the_vector_tells_faint_structure(void **state)
{
    (void)state;
    int dim = verifier_dim(SIDE, SIDE);
    float *vector = malloc((size_t)dim * sizeof *vector), before = 100;
    void *scratch = malloc(verifier_scratch(SIDE, SIDE));
    assert_true(vector && scratch);
    double bound = verifier_bound(SIDE, SIDE);
    static const int contrasts[] = {120, 30, 8, 2, 0};
    for (int i = 0; i < 5; i++) {
        uint8_t crop[PIXELS];
        struct rng rng = rng_make(2, 0);
        for (int p = 0; p < PIXELS; p++)
            crop[p] = (uint8_t)(128 + between(&rng, -contrasts[i], contrasts[i]));
        verifier_vector(scratch, crop, SIDE, SIDE, vector);
        for (int v = 0; v < dim; v++)
            assert_true(fabs((double)vector[v]) <= bound);
        assert_true(vector[dim - 1] < before || vector[dim - 1] <= -6);
        before = vector[dim - 1];
    }
    free(vector);
    free(scratch);
}

/* The last value, behind those of HOG. */
static float strength_of(const uint8_t *crop, int width, int height)
{
    struct features hog = features_default(FEATURES_HOG, width, height);
    int dim = verifier_dim(width, height);
    float *vector = malloc((size_t)dim * sizeof *vector);
    void *scratch = malloc(verifier_scratch(width, height));
    assert_true(vector && scratch);
    verifier_vector(scratch, crop, width, height, vector);
    float strength = vector[dim - 1], *expected = malloc((size_t)dim * sizeof *expected);
    assert_non_null(expected);
    features_extract(&hog, scratch, crop, expected);
    assert_memory_equal(vector, expected, (size_t)(dim - 1) * sizeof *expected);
    free(expected);
    free(vector);
    free(scratch);
    return strength;
}

static void crops_need_not_be_square(void **state)
{
    (void)state;
    enum { WIDTH = 24, HEIGHT = 12 };
    uint8_t wide[WIDTH * HEIGHT], tall[WIDTH * HEIGHT];
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            wide[y * WIDTH + x] = tall[x * HEIGHT + y] = (uint8_t)(10 * x);
    expect_close(strength_of(tall, HEIGHT, WIDTH), strength_of(wide, WIDTH, HEIGHT), 1e-4,
                 "strength of the gradients, transposed");
}

/* Stripes, two pixels wide, have the same step beside each pixel. */
static void strength_follows_its_formula(void **state)
{
    (void)state;
    for (int grey = 0; grey < 256; grey += 15) {
        uint8_t crop[30 * 20];
        for (int i = 0; i < 30 * 20; i++)
            crop[i] = i % 30 / 2 % 2 ? (uint8_t)grey : 0;
        double strength = (log(sqrt(grey / 255.0) + 1e-6) + 2.38) / 0.3;
        expect_close(strength_of(crop, 30, 20), fmin(fmax(strength, -6), 4), 1e-4, "strength");
    }
}

static void only_verifiers_are_accepted(void **state)
{
    (void)state;
    struct error error;
    struct mlp_config good = network(), two = good, narrow = good, softmax = good;
    two.units[2] = 2;
    narrow.units[0]--;
    softmax.units[2] = 2;
    softmax.output = OUTPUT_SOFTMAX;
    assert_int_equal(verifier_check(&good, SIDE, SIDE, &error), 0);
    assert_int_equal(verifier_check(&two, SIDE, SIDE, &error), -1);
    expect_text(error.text, "verifier", "1 sigmoid output");
    assert_int_equal(verifier_check(&narrow, SIDE, SIDE, &error), -1);
    assert_int_equal(verifier_check(&softmax, SIDE, SIDE, &error), -1);
    assert_int_equal(verifier_check(&good, SIDE, SIDE + 6, &error), -1);
    assert_int_equal(verifier_check(&good, FEATURES_MIN_SIDE - 1, SIDE, &error), -1);
    struct mlp_config none = good;
    none.layer_count = 0;
    assert_int_equal(verifier_check(&none, SIDE, SIDE, &error), -1);
}

static void model_files_hold_it(void **state)
{
    (void)state;
    struct model model = full_model(3), read;
    struct model_workspace *workspace;
    struct rng rng = rng_make(4, 0);
    struct error error;
    uint8_t crop[12 * 12];
    struct mlp_config config = {.layer_count = 2,
                                .units = {verifier_dim(12, 12), 5, 1},
                                .activation = ACTIVATION_RELU,
                                .output = OUTPUT_SIGMOID};
    fill_noise(&rng, crop, sizeof crop);
    for (int with = 0; with < 2; with++) {
        if (with)
            model.verifier = random_weights(&config, &rng);
        assert_int_equal(model_save(&model, in_folder("v.safetensors"), &error), 0);
        assert_int_equal(model_load(&read, in_folder("v.safetensors"), &error), 0);
        assert_int_equal(read.verifier.parameter_count, model.verifier.parameter_count);
        assert_int_equal(model_workspace_create(&workspace, &read, 1, &error), 0);
        float score = model_verify(&read, workspace, crop);
        if (with) {
            model_workspace_free(&workspace);
            assert_int_equal(model_workspace_create(&workspace, &model, 1, &error), 0);
            expect_close(model_verify(&model, workspace, crop), score, 1e-2, "score");
            assert_true(score < 1);
        } else {
            expect_close(score, 1, 0, "score without a verifier");
        }
        model_workspace_free(&workspace);
        model_free(&read);
    }
    model_free(&model);
}

/* ---- Backgrounds ----------------------------------------------------------------------------- */

static void load(struct backgrounds *backgrounds, const char *folder, int faces, int threads)
{
    struct thread_pool *pool;
    struct error error;
    assert_int_equal(thread_pool_create(&pool, threads, &error), 0);
    if (backgrounds_load(backgrounds, folder, faces, 7, pool, &no_stop, &error))
        fail_msg("%s", error.text);
    thread_pool_free(&pool);
}

static void scenes_are_the_same_for_any_number_of_threads(void **state)
{
    (void)state;
    struct backgrounds one, three;
    load(&one, NULL, 350, 1);
    load(&three, NULL, 350, 3);
    assert_int_equal(one.found, 0);
    assert_in_range(one.count, 10, 20);
    assert_int_equal(one.count, three.count);
    assert_true(one.hard_count > 0);
    assert_int_equal(one.hard_count, three.hard_count);
    assert_memory_equal(one.hard, three.hard, (size_t)one.hard_count * PIXELS);
    for (int i = 0; i < one.hard_count; i++) { /* each shows something */
        const uint8_t *window = one.hard + (size_t)i * PIXELS;
        assert_memory_not_equal(window, window + 1, PIXELS - 1);
    }
    uint8_t first[PIXELS], second[PIXELS];
    for (int i = 0; i < 100; i++) {
        struct rng a = rng_make(8, (uint64_t)i), b = a;
        backgrounds_window(&one, &a, first);
        backgrounds_window(&three, &b, second);
        assert_memory_equal(first, second, PIXELS);
    }
    backgrounds_free(&one);
    backgrounds_free(&three);
    assert_null(three.pictures);
}

enum { SCENES = 60, SCENE_SIDE = 96 };
static const struct means scene_means[SCENES] = {
#include "golden/scenes.inc"
};

static struct means measure_scene(int number)
{
    static uint8_t scene[SCENE_SIDE * SCENE_SIDE];
    struct rng rng = rng_make(17, (uint64_t)number);
    scene_make(&rng, SCENE_SIDE, scene);
    return means_of(scene, SCENE_SIDE * SCENE_SIDE);
}

/* Whatever compiler made them: what a verifier learns depends on them. */
static void scenes_are_as_they_were(void **state)
{
    (void)state;
    for (int i = 0; i < SCENES; i++)
        expect_means(measure_scene(i), scene_means[i], i, "test_verifier scenes", "scenes.inc");
}

static void print_scenes(void)
{
    for (int i = 0; i < SCENES; i++)
        print_means(measure_scene(i), i);
}

static void write_picture(const char *path, const uint8_t *pixels, int width, int height)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fprintf(file, "P5\n%d %d\n255\n", width, height);
    fwrite(pixels, 1, (size_t)width * (size_t)height, file);
    fclose(file);
}

/* A picture of noise. */
static void write_noise(const char *path, int width, int height)
{
    static uint8_t pixels[1000 * 1000];
    for (int i = 0; i < width * height; i++)
        pixels[i] = (uint8_t)(i * 37 % 256);
    write_picture(path, pixels, width, height);
}

/* ---- What is read ---------------------------------------------------------------------------- */

static int
    crowd; /* a folder's entries, all of one name, of files that cannot be read; 0: as it is */
static int reads;        /* files so far */
static int stop_at_read; /* of these, by number; 0: none */
static size_t read_limit;
static volatile sig_atomic_t stop_now;
static bool scenes_skipped;
static int scenes_made; /* of those skipped */

int __real_scandir(const char *path, struct dirent ***names, int (*choose)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **));
int __wrap_scandir(const char *path, struct dirent ***names, int (*choose)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **));
int __wrap_scandir(const char *path, struct dirent ***names, int (*choose)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **))
{
    if (crowd == 0)
        return __real_scandir(path, names, choose, compare);
    *names = malloc((size_t)crowd * sizeof **names);
    assert_non_null(*names);
    for (int i = 0; i < crowd; i++) {
        (*names)[i] = calloc(1, sizeof ***names);
        assert_non_null((*names)[i]);
        strcpy((*names)[i]->d_name, "a.pgm");
    }
    return crowd;
}

int __real_file_read(const char *path, size_t limit, uint8_t **bytes, size_t *size,
                     struct error *error);
int __wrap_file_read(const char *path, size_t limit, uint8_t **bytes, size_t *size,
                     struct error *error);
int __wrap_file_read(const char *path, size_t limit, uint8_t **bytes, size_t *size,
                     struct error *error)
{
    read_limit = limit;
    stop_now = ++reads == stop_at_read;
    return crowd ? error_set(error, "%s: not read", path)
                 : __real_file_read(path, limit, bytes, size, error);
}

void __real_scene_make(struct rng *rng, int side, uint8_t *scene);
void __wrap_scene_make(struct rng *rng, int side, uint8_t *scene);
void __wrap_scene_make(struct rng *rng, int side, uint8_t *scene)
{
    if (scenes_skipped)
        scenes_made++;
    else
        __real_scene_make(rng, side, scene);
}

/* Those below 64 pixels are left out, also once they are shrunk to 400. */
static void folders_are_read_to_the_bottom(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int width, height, found_width, found_height;
    } files[] = {{"a.pgm", 100, 80, 100, 80},   {"b.pgm", 64, 64, 64, 64},
                 {"c.pgm", 63, 90, 0, 0},       {"d.pgm", 90, 63, 0, 0},
                 {"e.pgm", 500, 500, 400, 400}, {"f.pgm", 1000, 160, 400, 64},
                 {"g.pgm", 157, 1000, 0, 0},    {"h.txt", 0, 0, 0, 0}};
    enum { FILES = sizeof files / sizeof *files };
    struct backgrounds backgrounds;
    struct thread_pool *pool;
    struct error error;
    char inner[2 * TEST_PATH_SIZE], path[2 * TEST_PATH_SIZE + 16];
    assert_int_equal(thread_pool_create(&pool, 1, &error), 0);
    assert_int_equal(
        backgrounds_load(&backgrounds, in_folder("none"), 70, 1, pool, &no_stop, &error), -1);
    expect_text(error.text, "none", "No such file");
    snprintf(inner, sizeof inner, "%s", in_folder("inner"));
    assert_int_equal(mkdir(inner, 0777), 0);
    assert_int_equal(backgrounds_load(&backgrounds, inner, 70, 1, pool, &no_stop, &error), -1);
    expect_text(error.text, "inner", "holds no picture of 64 pixels or more");
    assert_null(backgrounds.pictures);
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/%s", inner, files[i].name);
        write_noise(path, files[i].width, files[i].height);
    }
    snprintf(path, sizeof path, "%s/link.pgm", inner);
    assert_int_equal(symlink("a.pgm", path), 0); /* which is passed over */
    assert_int_equal(backgrounds_load(&backgrounds, test_folder(), 55, 1, pool, &no_stop, &error),
                     0);
    int found = 0;
    for (int i = 0; i < FILES; i++)
        if (files[i].found_width > 0) {
            const struct grey_image *picture = &backgrounds.pictures[found++];
            assert_int_equal(picture->width, files[i].found_width);
            assert_int_equal(picture->height, files[i].found_height);
            assert_int_equal(picture->stride, files[i].found_width);
        }
    assert_int_equal(backgrounds.found, found);
    assert_int_equal(backgrounds.skipped, FILES - found);
    assert_int_equal(backgrounds.pictures[0].pixels[3], 111);
    assert_int_equal(backgrounds.count - found, 2); /* scenes for 28 faces each */
    for (int i = found; i < backgrounds.count; i++)
        assert_true(backgrounds.pictures[i].width == 256 && backgrounds.pictures[i].height == 256);
    backgrounds_free(&backgrounds);
    const volatile sig_atomic_t stop = 1;
    assert_int_equal(backgrounds_load(&backgrounds, inner, 1, 1, pool, &stop, &error), 1);
    assert_null(backgrounds.pictures);
    assert_int_equal(backgrounds_load(&backgrounds, NULL, 1, 1, pool, &stop, &error), 1);
    assert_null(backgrounds.hard);
    reads = 0;
    stop_at_read = 2;
    assert_int_equal(backgrounds_load(&backgrounds, inner, 1, 1, pool, &stop_now, &error), 1);
    assert_int_equal(reads, 2);
    assert_null(backgrounds.pictures);
    stop_at_read = 0;
    thread_pool_free(&pool);
    remove(path);
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/%s", inner, files[i].name);
        remove(path);
    }
}

static void backgrounds_are_so_many_at_most(void **state)
{
    (void)state;
    enum { MOST_FILES = 20000, MOST_SCENES = 1000 };
    const volatile sig_atomic_t stop = 1;
    struct backgrounds backgrounds;
    struct error error;
    write_noise(in_folder("a.pgm"), 64, 64);
    crowd = MOST_FILES + 1;
    reads = 0;
    int result = backgrounds_load(&backgrounds, test_folder(), 1, 1, NULL, &no_stop, &error);
    crowd = 0;
    assert_int_equal(result, -1); /* none can be read */
    assert_int_equal(reads, MOST_FILES);
    assert_int_equal(read_limit, 64 << 20);
    scenes_skipped = true;
    scenes_made = 0;
    result = backgrounds_load(&backgrounds, NULL, 1000000, 1, NULL, &stop, &error);
    scenes_skipped = false;
    assert_int_equal(result, 1);
    assert_int_equal(scenes_made, MOST_SCENES);
}

/* A quarter turn clockwise. */
static void turn(const uint8_t *in, int width, int height, uint8_t *out)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            out[x * height + height - 1 - y] = in[y * width + x];
}

/* Of a picture whose sides are next to those of a face, each window can be told: all of them come,
 * and a quarter turned. */
static void windows_lie_anywhere(void **state)
{
    (void)state;
    enum { LEAST = 24, SHORT = 26, LONG = 30, DRAWN = 4000, MOST = 40 };
    static uint8_t pixels[SHORT * LONG], crops[MOST][4][PIXELS];
    struct rng rng = rng_make(12, 0);
    fill_noise(&rng, pixels, sizeof pixels);
    for (int wide = 0; wide < 2; wide++) {
        const int width = wide ? LONG : SHORT, height = wide ? SHORT : LONG;
        struct grey_image picture = {pixels, width, height, (size_t)width};
        const struct backgrounds b = {.pictures = &picture, .count = 1};
        int count = 0, drawn[MOST] = {0}, turned[4] = {0};
        for (int side = LEAST; side < SHORT; side++)
            for (int y = 0; y <= height - side; y++)
                for (int x = 0; x <= width - side; x++, count++) {
                    face_crop(&picture, (struct box){x, y, side, side}, crops[count][0]);
                    for (int k = 1; k < 4; k++)
                        turn(crops[count][k - 1], SIDE, SIDE, crops[count][k]);
                }
        for (int i = 0; i < DRAWN; i++) {
            uint8_t crop[PIXELS];
            int at = 0;
            backgrounds_window(&b, &rng, crop);
            while (at < 4 * count && memcmp(crops[at / 4][at % 4], crop, PIXELS) != 0)
                at++;
            assert_in_range(at, 0, 4 * count - 1);
            drawn[at / 4]++;
            turned[at % 4]++;
        }
        for (int i = 0; i < count; i++)
            assert_in_range(drawn[i], DRAWN / 100, DRAWN / 10);
        for (int k = 1; k < 4; k++)
            assert_in_range(turned[k], DRAWN / 12 * 8 / 10, DRAWN / 12 * 12 / 10);
    }
}

/* ---- What the cascades are shown ------------------------------------------------------------- */

enum { MOST_VIEWS = 64, MOST_BOXES = 60, VIEW_SIDE = 400 };

/* In their place, while it is on. */
static struct {
    bool on;
    int first, others; /* how many boxes the first look finds, and each other one */
    int count;         /* looks so far, */
    struct {
        int width, height;
        uint8_t pixels[VIEW_SIDE * VIEW_SIDE];
    } views[MOST_VIEWS];                        /* what they showed, */
    uint8_t crops[MOST_VIEWS][PIXELS];          /* and of each its first box */
    uint8_t boxes_of_first[MOST_BOXES][PIXELS]; /* all of the first */
} watch;

static enum ocv_code look(struct grey_image picture, struct box *boxes, int *count)
{
    int n = watch.count++;
    assert_true(n < MOST_VIEWS && picture.width <= VIEW_SIDE && picture.height <= VIEW_SIDE);
    watch.views[n].width = picture.width;
    watch.views[n].height = picture.height;
    assert_int_equal(picture.stride, picture.width);
    memcpy(watch.views[n].pixels, picture.pixels, picture.stride * (size_t)picture.height);
    *count = n ? watch.others : watch.first;
    for (int i = 0; i < *count; i++) {
        boxes[i] = (struct box){1 + 5 * i, 2, 20, 20};
        if (i == 0)
            face_crop(&picture, boxes[i], watch.crops[n]);
        if (n == 0)
            face_crop(&picture, boxes[i], watch.boxes_of_first[i]);
    }
    return OCV_OK;
}

/* ---- What the cascades take memory for ------------------------------------------------------- */

static int calls, failing; /* of these, by number; 0: none fails */

static bool fails(void)
{
    return ++calls == failing;
}

enum ocv_code __real_ocv_detector_open(struct ocv_detector **detector, const char *path,
                                       struct error *error);
enum ocv_code __wrap_ocv_detector_open(struct ocv_detector **detector, const char *path,
                                       struct error *error);
enum ocv_code __wrap_ocv_detector_open(struct ocv_detector **detector, const char *path,
                                       struct error *error)
{
    if (!fails())
        return __real_ocv_detector_open(detector, path, error);
    error_no_memory(error, path);
    return OCV_NO_MEMORY;
}

enum ocv_code __real_ocv_detector_detect(struct ocv_detector *detector, struct grey_image picture,
                                         const struct ocv_detection *how,
                                         const struct ocv_blocks *only, struct box *boxes,
                                         int capacity, int *count, struct error *error);
enum ocv_code __wrap_ocv_detector_detect(struct ocv_detector *detector, struct grey_image picture,
                                         const struct ocv_detection *how,
                                         const struct ocv_blocks *only, struct box *boxes,
                                         int capacity, int *count, struct error *error);
enum ocv_code __wrap_ocv_detector_detect(struct ocv_detector *detector, struct grey_image picture,
                                         const struct ocv_detection *how,
                                         const struct ocv_blocks *only, struct box *boxes,
                                         int capacity, int *count, struct error *error)
{
    if (fails())
        return OCV_NO_MEMORY;
    return watch.on ? look(picture, boxes, count)
                    : __real_ocv_detector_detect(detector, picture, how, only, boxes, capacity,
                                                 count, error);
}

enum ocv_code __real_ocv_shrink_grey(struct grey_image picture, uint8_t *out, int width, int height,
                                     struct error *error);
enum ocv_code __wrap_ocv_shrink_grey(struct grey_image picture, uint8_t *out, int width, int height,
                                     struct error *error);
enum ocv_code __wrap_ocv_shrink_grey(struct grey_image picture, uint8_t *out, int width, int height,
                                     struct error *error)
{
    return fails() ? OCV_NO_MEMORY : __real_ocv_shrink_grey(picture, out, width, height, error);
}

/* Fewer windows would make another verifier. */
static void nothing_is_left_out_for_want_of_memory(void **state)
{
    (void)state;
    struct backgrounds backgrounds;
    struct thread_pool *pool;
    struct error error;
    assert_int_equal(thread_pool_create(&pool, 2, &error), 0);
    int result, cascades = 2 * CASCADE_COUNT, looks = 4 * (1 + CASCADE_COUNT);
    for (failing = 1;; failing++) {
        calls = 0;
        result = backgrounds_load(&backgrounds, NULL, 1, 1, pool, &no_stop, &error);
        if (calls < failing)
            break;
        assert_int_equal(result, -1);
        assert_int_equal(error.code, ERROR_NO_MEMORY);
        assert_null(backgrounds.hard);
    }
    assert_int_equal(result, 0);
    assert_int_equal(calls, cascades + looks);
    failing = 0;
    backgrounds_free(&backgrounds);
    thread_pool_free(&pool);
}

static void watch_load(struct backgrounds *backgrounds, int first, int others)
{
    watch.on = true;
    watch.count = 0;
    watch.first = first;
    watch.others = others;
    load(backgrounds, test_folder(), 1, 1);
    watch.on = false;
}

/* Whether the look showed this, mirrored or not. */
static bool is_mirrored(int n, const uint8_t *pixels, int width, int height)
{
    static uint8_t mirrored[VIEW_SIDE * VIEW_SIDE];
    size_t area = (size_t)width * (size_t)height;
    face_mirror(pixels, width, height, mirrored);
    assert_int_equal(watch.views[n].width, width);
    assert_int_equal(watch.views[n].height, height);
    bool plain = memcmp(watch.views[n].pixels, pixels, area) == 0;
    if (!plain)
        assert_memory_equal(watch.views[n].pixels, mirrored, area);
    return !plain;
}

/* Each smaller than the last and a quarter further, until it is too small for a face; mirrored by
 * chance. */
static void cascades_are_shown_all_sides(void **state)
{
    (void)state;
    static const int sizes[][3] = {{70, 100, 4}, {69, 130, 3}, {100, 69, 3}, {256, 256, 4}};
    static uint8_t shrunk[VIEW_SIDE * VIEW_SIDE], turned[VIEW_SIDE * VIEW_SIDE];
    char names[3][8] = {"a.pgm", "b.pgm", "c.pgm"}, mirrored[MOST_VIEWS] = "";
    struct backgrounds backgrounds;
    struct rng rng = rng_make(13, 0);
    int looks = 0;
    for (int i = 0; i < 3; i++) {
        fill_noise(&rng, shrunk, sizeof shrunk);
        write_picture(in_folder(names[i]), shrunk, sizes[i][0], sizes[i][1]);
    }
    watch_load(&backgrounds, 1, 1);
    assert_int_equal(backgrounds.count, 4);
    for (int i = 0; i < 4; i++) {
        double scale = 1;
        for (int k = 0; k < sizes[i][2]; k++, scale *= 0.7) {
            int width = (int)(sizes[i][0] * scale), height = (int)(sizes[i][1] * scale);
            assert_int_equal(ocv_shrink_grey(backgrounds.pictures[i], shrunk, width, height, NULL),
                             OCV_OK);
            for (int turns = 0; turns < k; turns++) {
                int across = width;
                turn(shrunk, width, height, turned);
                memcpy(shrunk, turned, sizeof shrunk);
                width = height;
                height = across;
            }
            for (int c = 0; c < CASCADE_COUNT; c++) {
                bool other_way = is_mirrored(looks++, shrunk, width, height);
                if (c == 0)
                    append_text(mirrored, sizeof mirrored, "%d", other_way);
            }
        }
    }
    assert_int_equal(looks, watch.count);
    assert_string_equal(mirrored, "11100001011011"); /* what is learned depends on it */
    assert_int_equal(backgrounds.hard_count, looks);
    assert_memory_equal(backgrounds.hard, watch.crops, (size_t)looks * PIXELS);
    backgrounds_free(&backgrounds);
}

/* 48 of a look, by chance; 128 of a picture. */
static void windows_are_so_many_at_most(void **state)
{
    (void)state;
    enum { WIDTH = 360, HEIGHT = 64 };
    static uint8_t pixels[WIDTH * HEIGHT];
    struct backgrounds backgrounds;
    int taken[MOST_BOXES] = {0}, late = 0;
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        pixels[i] = (uint8_t)(i % WIDTH * 255 / WIDTH);
    write_picture(in_folder("a.pgm"), pixels, WIDTH, HEIGHT);
    watch_load(&backgrounds, MOST_BOXES, 0);
    assert_int_equal(backgrounds.hard_count, 48);
    for (int i = 0; i < 48; i++) {
        int box = 0;
        while (box < MOST_BOXES - 1 && memcmp(backgrounds.hard + (size_t)i * PIXELS,
                                              watch.boxes_of_first[box], PIXELS) != 0)
            box++;
        assert_int_equal(taken[box]++, 0);
        late += box >= 48;
    }
    assert_in_range(late, 1, MOST_BOXES - 48);
    backgrounds_free(&backgrounds);
    watch_load(&backgrounds, MOST_BOXES, MOST_BOXES);
    assert_int_equal(backgrounds.hard_count, 2 * 128);
    backgrounds_free(&backgrounds);
}

/* The first picture of the demo. */
static struct grey_frame picture_of_face(void)
{
    static uint8_t grey[DEMO_WIDTH * DEMO_HEIGHT];
    struct demo *demo;
    struct error error;
    double time;
    assert_int_equal(demo_open(&demo, &error), 0);
    assert_int_equal(ocv_bgr_to_grey(demo_next(demo, &time), grey, DEMO_WIDTH, NULL), OCV_OK);
    demo_close(&demo);
    return (struct grey_frame){.grey = {grey, DEMO_WIDTH, DEMO_HEIGHT, DEMO_WIDTH}};
}

/* A picture on its side shows the cascades as much as an upright one. */
static void pictures_are_looked_at_from_all_sides(void **state)
{
    (void)state;
    struct grey_frame frame = picture_of_face();
    int width = frame.grey.width, height = frame.grey.height, windows[2];
    for (int turned = 0; turned < 2; turned++) {
        struct backgrounds backgrounds;
        FILE *file = fopen(in_folder("face.pgm"), "wb");
        assert_non_null(file);
        fprintf(file, "P5\n%d %d\n255\n", turned ? height : width, turned ? width : height);
        for (int i = 0; i < width * height; i++)
            fputc(frame.grey.pixels[turned ? (height - 1 - i % height) * width + i / height : i],
                  file);
        fclose(file);
        load(&backgrounds, test_folder(), 1, 1);
        assert_int_equal(backgrounds.found, 1);
        windows[turned] = backgrounds.hard_count;
        backgrounds_free(&backgrounds);
    }
    struct backgrounds scene;
    load(&scene, NULL, 1, 1);
    assert_true(windows[0] >= scene.hard_count + 10);
    assert_in_range(windows[1], windows[0] * 2 / 3, windows[0] * 3 / 2);
    backgrounds_free(&scene);
}

/* ---- Learning it ----------------------------------------------------------------------------- */

/* "Faces": a dark pair above a bright bar, in noise, a little different each time. */
static void draw_face(uint8_t *crop, struct rng *rng)
{
    int eyes = between(rng, 15, 19), mouth = between(rng, 33, 37);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            int across = abs(x - SIDE / 2);
            bool eye = abs(y - eyes) < 4 && abs(across - 11) < 5;
            bool bar = abs(y - mouth) < 3 && across < 10;
            crop[y * SIDE + x] = (uint8_t)(150 - 90 * eye + 70 * bar + between(rng, -8, 8));
        }
}

/* ---- Steps of learning ----------------------------------------------------------------------- */

enum { ROUNDS = 4, EPOCHS = 24 };

const float *__wrap_mlp_forward_training(struct mlp *mlp, struct mlp_activations *activations,
                                         const struct mlp_training *training, const float *inputs,
                                         int batch, struct rng *rng)
{
    expect_close(training->dropout, 0.2, 1e-6, "share of hidden units that are dropped");
    expect_close(training->input_dropout, 0.1, 1e-6, "share of inputs that are dropped");
    expect_close(training->batch_norm_momentum, 0.1, 1e-6, "weight of a batch");
    return outputs = __real_mlp_forward_training(mlp, activations, training, inputs, batch, rng);
}

void __wrap_mlp_backward(const struct mlp *mlp, struct mlp_activations *activations,
                         const struct mlp_training *training, const float *inputs,
                         const float *targets, int batch, int samples, float *gradients,
                         float *d_inputs)
{
    struct step *step = &steps[step_count];
    *step = (struct step){.batch = batch};
    for (int i = 0; i < batch; i++) {
        step->missed += targets[i] == 1 && outputs[i] <= 0.5f;
        step->passed += targets[i] == 0 && outputs[i] > 0.5f;
    }
    __real_mlp_backward(mlp, activations, training, inputs, targets, batch, samples, gradients,
                        d_inputs);
}

/* Faces, misplaced ones, fresh windows, those that cascades let pass, and from round to round more
 * of those most like faces, in batches of one size. */
static void expect_steps(int faces, int hard)
{
    int samples = faces + faces / 3 + hard + 1 + faces / 4;
    const struct step *step = steps;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        samples += epoch > 0 && epoch % 6 == 0 ? 2 * faces / 10 : 0;
        int batches = (samples + 255) / 256, shown_now = 0;
        for (int b = 0; b < batches; b++, step++) {
            assert_in_range(step->batch, samples / batches, samples / batches + 1);
            shown_now += step->batch;
            expect_close(step->rate, 1e-3 * one_cycle((epoch + (b + 0.5) / batches) / EPOCHS), 1e-8,
                         "a rate");
            expect_close(step->done, epoch + (b + 1.0) / batches, 1e-9, "what is done");
            expect_close(step->total, EPOCHS, 0, "what there is to do");
        }
        assert_int_equal(shown_now, samples);
    }
    assert_int_equal(step - steps, step_count);
}

/* ---- Made-up windows ------------------------------------------------------------------------- */

enum { SHOWING = 99, JUDGED = 2 * SHOWING, KEPT = JUDGED / 10 };

/* Windows of two greys, which by these are more or less like faces, while it is on. */
static struct {
    bool on;
    int judged[ROUNDS * JUDGED], judged_count;
    int kept[ROUNDS * KEPT], kept_count, left; /* that are to come in this round */
    int times[ROUNDS * KEPT][ROUNDS];          /* that each was shown in each round */
} play;

/* Where a face is placed, these pixels keep the greys. */
static int greys_of(const uint8_t *crop)
{
    return crop[2 * SIDE + SIDE / 2] << 8 | crop[(SIDE - 3) * SIDE + SIDE / 2];
}

void __real_backgrounds_window(const struct backgrounds *b, struct rng *rng, uint8_t *crop);
void __wrap_backgrounds_window(const struct backgrounds *b, struct rng *rng, uint8_t *crop);
void __wrap_backgrounds_window(const struct backgrounds *b, struct rng *rng, uint8_t *crop)
{
    if (!play.on) {
        __real_backgrounds_window(b, rng, crop);
        return;
    }
    memset(crop, (int)rng_below(rng, 256), PIXELS / 2);
    memset(crop + PIXELS / 2, (int)rng_below(rng, 256), PIXELS / 2);
    if (play.left > 0 && play.kept_count < ROUNDS * KEPT) {
        play.kept[play.kept_count++] = greys_of(crop);
        play.left--;
    }
}

float __real_verifier_score(const struct mlp *verifier, struct verifier_workspace *workspace,
                            const uint8_t *crop);
float __wrap_verifier_score(const struct mlp *verifier, struct verifier_workspace *workspace,
                            const uint8_t *crop);
float __wrap_verifier_score(const struct mlp *verifier, struct verifier_workspace *workspace,
                            const uint8_t *crop)
{
    if (!play.on)
        return __real_verifier_score(verifier, workspace, crop);
    assert_true(play.judged_count < ROUNDS * JUDGED);
    int greys = play.judged[play.judged_count++] = greys_of(crop);
    play.left = play.judged_count % JUDGED ? 0 : KEPT;
    return (float)greys / 65536.0f;
}

static void note_play(const uint8_t *crop)
{
    int greys = greys_of(crop);
    for (int i = 0; i < play.kept_count; i++)
        play.times[i][play.judged_count / JUDGED] += play.kept[i] == greys;
}

static int falling(const void *a, const void *b)
{
    return *(const int *)b - *(const int *)a;
}

/* Those of a round are the first of all that were judged after it, and are shown in each epoch from
 * then on, but for what a webcam makes of every fourth. */
static void expect_kept(int round)
{
    const int *judged = play.judged + round * JUDGED, *kept = play.kept + round * KEPT;
    int first[JUDGED], own[KEPT];
    memcpy(first, judged, sizeof first);
    memcpy(own, kept, sizeof own);
    qsort(first, JUDGED, sizeof *first, falling);
    qsort(own, KEPT, sizeof *own, falling);
    assert_memory_equal(own, first, sizeof own);
    for (int i = round * KEPT; i < (round + 1) * KEPT; i++)
        for (int later = round + 1; later < ROUNDS; later++)
            assert_in_range(play.times[i][later], 1, 6);
    if (round > 0)
        assert_memory_not_equal(judged, judged - JUDGED, sizeof first);
}

/* What a learning verifier is shown: of its first samples, the means. */
enum { SAMPLES = 120 };
static const struct means sample_means[SAMPLES] = {
#include "golden/samples.inc"
};
static struct means shown[SAMPLES];
static int shown_count = SAMPLES; /* from here on nothing is noted */
static volatile sig_atomic_t seen_enough;

void __real_verifier_vector(void *scratch, const uint8_t *crop, int width, int height,
                            float *vector);
void __wrap_verifier_vector(void *scratch, const uint8_t *crop, int width, int height,
                            float *vector);

void __wrap_verifier_vector(void *scratch, const uint8_t *crop, int width, int height,
                            float *vector)
{
    if (play.on)
        note_play(crop);
    if (shown_count < SAMPLES)
        shown[shown_count++] = means_of(crop, width * height);
    seen_enough = shown_count == SAMPLES;
    __real_verifier_vector(scratch, crop, width, height, vector);
}

void __real_progress_bar_update(struct progress_bar *bar, double done, const char *words);
void __wrap_progress_bar_update(struct progress_bar *bar, double done, const char *words);

void __wrap_progress_bar_update(struct progress_bar *bar, double done, const char *words)
{
    steps[step_count].done = done;
    steps[step_count].total = bar->total;
    step_count += step_count < MOST_STEPS;
    if (!bar->visible) /* a terminal that nobody reads from takes so much */
        __real_progress_bar_update(bar, done, words);
}

static struct terminal terminal;

/* Faces, misplaced ones, windows of a scene, and in place of what cascades let pass, which is not
 * the same with every OpenCV, stripes. */
static void show_samples(void)
{
    enum { FACES = 60, HARD = 15 };
    struct dataset d = make_dataset(FACES, 7);
    struct backgrounds backgrounds;
    struct thread_pool *pool;
    struct mlp none = {0};
    struct error error;
    int *samples, count;
    load(&backgrounds, NULL, 1, 1);
    backgrounds.hard = realloc(backgrounds.hard, (size_t)HARD * PIXELS);
    backgrounds.hard_count = HARD;
    for (int i = 0; i < HARD * PIXELS; i++)
        backgrounds.hard[i] = (uint8_t)(i % SIDE % (3 + i / PIXELS) * 30);
    assert_int_equal(dataset_split(&d, SPLIT_TRAINING, &samples, &count, &error), 0);
    assert_int_equal(thread_pool_create(&pool, 1, &error), 0);
    shown_count = seen_enough = 0;
    terminal_open(&terminal);
    int result =
        fit_verifier(&none, &d, samples, count, &backgrounds, 5, pool, &seen_enough, &error);
    terminal_close(&terminal);
    assert_int_equal(result, 1);
    assert_int_equal(shown_count, SAMPLES);
    thread_pool_free(&pool);
    free(samples);
    backgrounds_free(&backgrounds);
    dataset_free(&d);
}

static void samples_are_as_they_were(void **state)
{
    (void)state;
    show_samples();
    assert_non_null(strstr(terminal.sent, "verifier, round 1 of 4"));
    assert_string_equal(terminal.screen, ""); /* no bar is left by a stop */
    for (int i = 0; i < SAMPLES; i++)
        expect_means(shown[i], sample_means[i], i, "test_verifier samples", "samples.inc");
}

static void print_samples(void)
{
    show_samples();
    for (int i = 0; i < SAMPLES; i++)
        print_means(shown[i], i);
}

/* What the rounds said: each shows every face, and more of the windows most like faces; and a bar,
 * which goes away. */
static void expect_rounds(int faces, int hard)
{
    const char *bar = terminal.sent;
    FILE *said = fmemopen(terminal.screen, strlen(terminal.screen), "r");
    assert_non_null(said);
    int kept = 2 * faces / 10, others = faces / 3 + hard + 1 + faces / 4;
    double missed = 100, passed = 100;
    for (int round = 1; round <= ROUNDS; round++, others += kept) {
        char line[200], expected[200], drawn[64];
        snprintf(drawn, sizeof drawn, "%%  verifier, round %d of %d  ", round, ROUNDS);
        bar = strstr(bar, drawn);
        assert_non_null(bar);
        assert_non_null(fgets(line, sizeof line, said));
        const char *numbers = strchr(strchr(line, ':') + 1, ',');
        assert_int_equal(sscanf(numbers, ", %lf %% missed; %*d others, %lf", &missed, &passed), 2);
        snprintf(
            expected, sizeof expected,
            "verifier, round %d of %d: %d faces, %.1f %% missed; %d others, %.1f %% let pass\n",
            round, ROUNDS, faces, missed, others, passed);
        assert_string_equal(line, expected);
    }
    assert_int_equal(fgetc(said), EOF);
    fclose(said);
    assert_true(missed < 5 && passed < 5);
}

/* Told in a file, as each ends. */
static void expect_told(void)
{
    char line[200], expected[200];
    rewind(told);
    for (int round = 1; round <= ROUNDS; round++) {
        const struct step *last = &steps[6 * round - 1];
        int others = SHOWING / 3 + 1 + SHOWING / 4 + (round - 1) * KEPT;
        assert_non_null(fgets(line, sizeof line, told));
        snprintf(
            expected, sizeof expected,
            "verifier, round %d of %d: %d faces, %.1f %% missed; %d others, %.1f %% let pass\n",
            round, ROUNDS, SHOWING, 100.0 * last->missed / SHOWING, others,
            100.0 * last->passed / others);
        assert_string_equal(line, expected);
    }
    assert_null(fgets(line, sizeof line, told));
    for (int i = 1; i < EPOCHS; i++)
        assert_int_equal(steps[i].said > steps[i - 1].said, i % 6 == 0);
}

/* Of the faces one shows none, by most taggers. */
static void windows_most_like_faces_are_kept(void **state)
{
    (void)state;
    struct dataset d = make_dataset(SHOWING + 1, 7);
    const struct backgrounds backgrounds = {.count = 1};
    const int kept_output = dup(STDOUT_FILENO);
    struct mlp verifier = {0};
    struct error error;
    int *samples, count;
    for (int i = 0; i < d.count; i++)
        add_votes(&d, i, (uint8_t[LABEL_COUNT]){i == 1 ? 4 : 5}, i == 1 ? 6 : 5);
    d.votes[2] = (struct votes){0}; /* nobody was asked */
    assert_int_equal(dataset_split(&d, SPLIT_TRAINING, &samples, &count, &error), 0);
    told = tmpfile();
    assert_true(told && kept_output >= 0);
    fflush(stdout);
    assert_true(dup2(fileno(told), STDOUT_FILENO) >= 0);
    setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
    step_count = 0;
    memset(&play, 0, sizeof play);
    play.on = true;
    int result =
        fit_verifier(&verifier, &d, samples, count, &backgrounds, 5, NULL, &no_stop, &error);
    play.on = false;
    fflush(stdout);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    assert_true(dup2(kept_output, STDOUT_FILENO) >= 0);
    close(kept_output);
    assert_int_equal(result, 0);
    expect_steps(SHOWING, 0);
    expect_told();
    fclose(told);
    told = NULL;
    assert_int_equal(play.judged_count, (ROUNDS - 1) * JUDGED);
    assert_int_equal(play.kept_count, (ROUNDS - 1) * KEPT);
    for (int round = 0; round < ROUNDS - 1; round++)
        expect_kept(round);
    mlp_free(&verifier);
    free(samples);
    dataset_free(&d);
}

/* 255 samples in the first round, 257 in the second. */
static void batches_are_as_large_as_can_be(void **state)
{
    (void)state;
    enum { FACES = 12, HARD = 235 };
    static uint8_t hard[HARD * PIXELS], scene[64 * 64];
    struct dataset d = make_dataset(FACES, 0);
    struct grey_image picture = {scene, 64, 64, 64};
    struct backgrounds backgrounds = {
        .pictures = &picture, .count = 1, .hard = hard, .hard_count = HARD};
    struct rng rng = rng_make(14, 0);
    struct mlp verifier = {0};
    struct error error;
    int *samples, count;
    fill_noise(&rng, hard, sizeof hard);
    fill_noise(&rng, scene, sizeof scene);
    assert_int_equal(dataset_split(&d, SPLIT_TRAINING, &samples, &count, &error), 0);
    step_count = 0;
    assert_int_equal(
        fit_verifier(&verifier, &d, samples, count, &backgrounds, 5, NULL, &no_stop, &error), 0);
    expect_steps(FACES, HARD);
    mlp_free(&verifier);
    free(samples);
    dataset_free(&d);
}

static void it_learns_faces_from_others(void **state)
{
    (void)state;
    enum { FACES = 280 };
    struct dataset d = make_dataset(FACES, 7);
    struct rng rng = rng_make(11, 0);
    struct backgrounds backgrounds;
    struct mlp first = {0}, second = {0};
    struct thread_pool *pool;
    struct error error;
    int *samples, count;
    for (int i = 0; i < d.count; i++)
        draw_face(d.pixels + (size_t)i * PIXELS, &rng);
    load(&backgrounds, NULL, FACES, 2);
    assert_int_equal(dataset_split(&d, SPLIT_TRAINING, &samples, &count, &error), 0);
    for (int threads = 1; threads <= 2; threads++) {
        assert_int_equal(thread_pool_create(&pool, threads, &error), 0);
        terminal_open(&terminal);
        step_count = 0;
        int result = fit_verifier(threads == 1 ? &first : &second, &d, samples, count, &backgrounds,
                                  5, pool, &no_stop, &error);
        terminal_close(&terminal);
        assert_int_equal(result, 0);
        thread_pool_free(&pool);
        expect_rounds(FACES, backgrounds.hard_count);
        expect_steps(FACES, backgrounds.hard_count);
    }
    uint8_t crop[PIXELS], upside_down[PIXELS], scene[SIDE * SIDE];
    int found = 0, passed = 0, turned = 0;
    enum { TRIES = 200 };
    for (int i = 0; i < TRIES; i++) {
        draw_face(crop, &rng);
        for (int p = 0; p < PIXELS; p++)
            upside_down[p] = crop[PIXELS - 1 - p];
        scene_make(&rng, SIDE, scene);
        found += score_of(&first, crop) > 0.5f;
        turned += score_of(&first, upside_down) > 0.5f;
        passed += score_of(&first, scene) > 0.5f;
        expect_close(score_of(&second, crop), score_of(&first, crop), 1e-2, "two threads");
    }
    assert_in_range(found, TRIES * 95 / 100, TRIES);
    assert_in_range(turned, 0, TRIES * 10 / 100);
    assert_in_range(passed, 0, TRIES * 10 / 100);
    const volatile sig_atomic_t stop = 1;
    struct mlp none = {0};
    assert_int_equal(fit_verifier(&none, &d, samples, count, &backgrounds, 5, NULL, &stop, &error),
                     1);
    assert_null(none.parameters);
    /* Taggers saw no face in any. */
    static const uint8_t nothing[LABEL_COUNT] = {0};
    for (int i = 0; i < d.count; i++)
        add_votes(&d, i, nothing, 10);
    assert_int_equal(
        fit_verifier(&none, &d, samples, count, &backgrounds, 5, NULL, &no_stop, &error), -1);
    expect_text(error.text, "no faces", "--verifier off");
    mlp_free(&first);
    mlp_free(&second);
    backgrounds_free(&backgrounds);
    free(samples);
    dataset_free(&d);
}

/* ---- Detection ------------------------------------------------------------------------------- */

static void it_has_the_last_word(void **state)
{
    (void)state;
    struct grey_frame frame = picture_of_face();
    struct mlp yes = constant(0.9f), no = constant(0.01f);
    struct detector *detector;
    struct error error;
    assert_int_equal(detector_open(&detector, cascade_files[CASCADE_FIRST], &error), 0);
    assert_false(detector_has_verifier(detector));
    assert_int_equal(detector_find(detector, &frame, &error), 0);
    assert_int_equal(frame.box_count, 1);
    expect_close(frame.scores[0], 1, 0, "score without a verifier");
    const struct box face = frame.boxes[0];
    assert_int_equal(detector_set_verifier(detector, &yes, &error), 0);
    assert_int_equal(detector_find(detector, &frame, &error), 0);
    bool still = false; /* beside what only now counts as a face */
    for (int i = 0; i < frame.box_count; i++) {
        still = still || memcmp(&frame.boxes[i], &face, sizeof face) == 0;
        expect_close(frame.scores[i], 0.9, 1e-5, "score");
    }
    assert_true(still);
    expect_close(detector_verify(detector, &frame, face), 0.9, 1e-5, "score of a box");
    assert_int_equal(detector_set_verifier(detector, &no, &error), 0);
    assert_int_equal(detector_find(detector, &frame, &error), 0);
    assert_int_equal(frame.box_count, 0);
    assert_int_equal(detector_confirm(detector, &frame, face, &error), 0);
    assert_int_equal(frame.box_count, 0);
    assert_int_equal(detector_look(detector, &frame, face, &error), 0);
    assert_int_equal(frame.box_count, 0);
    assert_int_equal(detector_set_verifier(detector, NULL, &error), 0);
    assert_int_equal(detector_look(detector, &frame, face, &error), 0);
    assert_int_equal(frame.box_count, 1);
    detector_close(&detector);
    mlp_free(&yes);
    mlp_free(&no);
}

typedef int (*find_function)(struct detector *, struct grey_frame *, struct error *);

/* How many faces are found where the verifier scores everything alike: the demo's is brought to
 * this share of a grey picture of its size, and turned. */
static int found_by(find_function find, float score, double share, double degrees)
{
    enum { MARGIN = 160, WIDTH = DEMO_WIDTH + 2 * MARGIN, HEIGHT = DEMO_HEIGHT + 2 * MARGIN };
    static uint8_t pixels[WIDTH * HEIGHT];
    struct grey_frame frame = picture_of_face();
    struct grey_image whole = frame.grey;
    struct mlp verifier = constant(score);
    struct detector *detector;
    struct error error;
    double angle = degrees * 3.14159265 / 180, c = cos(angle) / share, s = sin(angle) / share;
    double x = 0.5 * WIDTH, y = 0.5 * HEIGHT;
    const double map[] = {c, -s, 0.42 * DEMO_WIDTH - c * x + s * y,
                          s, c,  0.45 * DEMO_HEIGHT - s * x - c * y};
    assert_int_equal(ocv_warp_grey(whole, map, pixels, WIDTH, HEIGHT, NULL), OCV_OK);
    frame.grey = (struct grey_image){pixels, WIDTH, HEIGHT, WIDTH};
    assert_int_equal(detector_open(&detector, cascade_files[CASCADE_FIRST], &error), 0);
    assert_int_equal(detector_set_verifier(detector, &verifier, &error), 0);
    assert_int_equal(find(detector, &frame, &error), 0);
    detector_close(&detector);
    mlp_free(&verifier);
    return frame.box_count;
}

static int found_with(float score, double share, double degrees)
{
    return found_by(detector_find, score, share, degrees);
}

/* A small part of a picture that looks a little like a face is rather none. */
static void small_faces_must_be_sure(void **state)
{
    (void)state;
    assert_int_equal(found_with(0.7f, 0.4, 0), 0);
    assert_true(found_with(0.9f, 0.4, 0) > 0);
    assert_true(found_with(0.7f, 1, 0) > 0);
}

/* What a new scene shows is sought in all sizes but the smallest, and has to be sure. */
static void new_scenes_show_faces_of_many_sizes(void **state)
{
    (void)state;
    static const double shares[] = {0.25, 0.4, 1};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        assert_int_equal(found_by(detector_find_sure, 0.9f, shares[i], 0), 1);
        assert_int_equal(found_by(detector_find_sure, 0.5f, shares[i], 0), 0);
    }
}

/* Where the verifier rather says no, the cascades have to agree: they do on faces, turned until
 * they stand upright. */
static void neighbours_count_more_in_turned_pictures(void **state)
{
    (void)state;
    assert_true(found_with(0.1f, 1, 30) > 0);
    assert_int_equal(found_with(0.01f, 1, 30), 0);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_face_and_its_mirror_image_score_alike),
        cmocka_unit_test(the_vector_tells_faint_structure),
        cmocka_unit_test(crops_need_not_be_square),
        cmocka_unit_test(strength_follows_its_formula),
        cmocka_unit_test(only_verifiers_are_accepted),
        cmocka_unit_test_teardown(model_files_hold_it, empty_folder),
        cmocka_unit_test(scenes_are_the_same_for_any_number_of_threads),
        cmocka_unit_test(scenes_are_as_they_were),
        cmocka_unit_test_teardown(folders_are_read_to_the_bottom, empty_folder),
        cmocka_unit_test_teardown(backgrounds_are_so_many_at_most, empty_folder),
        cmocka_unit_test(windows_lie_anywhere),
        cmocka_unit_test_teardown(cascades_are_shown_all_sides, empty_folder),
        cmocka_unit_test_teardown(windows_are_so_many_at_most, empty_folder),
        cmocka_unit_test(nothing_is_left_out_for_want_of_memory),
        cmocka_unit_test_teardown(pictures_are_looked_at_from_all_sides, empty_folder),
        cmocka_unit_test(samples_are_as_they_were),
        cmocka_unit_test(windows_most_like_faces_are_kept),
        cmocka_unit_test(batches_are_as_large_as_can_be),
        cmocka_unit_test(it_learns_faces_from_others),
        cmocka_unit_test(it_has_the_last_word),
        cmocka_unit_test(small_faces_must_be_sure),
        cmocka_unit_test(new_scenes_show_faces_of_many_sizes),
        cmocka_unit_test(neighbours_count_more_in_turned_pictures),
    };
    terminal_prepare();
    ocv_setup(TEST_OPENCV_THREADS);
    blas_use_one_thread();
    if (argc > 2 && strcmp(argv[2], "print") == 0) {
        if (strcmp(argv[1], "scenes") == 0)
            print_scenes();
        else
            print_samples();
        return 0;
    }
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
