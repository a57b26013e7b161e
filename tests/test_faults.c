/* Faults on purpose: each operation of core and train with every allocation, and every call of the
 * system, failing in turn. Whatever fails, the operation ends with one line that says so, or with
 * the very result it has without the fault; it touches no output on failure, loses no memory and no
 * open file, and leaves whole files only. */
#include "faults.h"

#include "blas.h"
#include "cross_validation.h"
#include "evaluation_report.h"
#include "explain.h"
#include "fit_aligner.h"
#include "fit_dictionary.h"
#include "fit_verifier.h"
#include "inspect.h"
#include "made_up.h"
#include "ocv.h"
#include "onnx.h"
#include "readers.h"
#include "report.h"
#include "small_model.h"
#include "thread_pool.h"
#include "training.h"

#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <zlib.h>

static const char before[] = "what stood there before";

/* What an operation comes to: the same each time. */
static uint64_t add_to(uint64_t digest, const void *bytes, size_t size)
{
    const uint8_t *next = bytes;
    for (size_t i = 0; i < size; i++)
        digest = (digest ^ next[i]) * 0x100000001b3u;
    return digest;
}

struct operation {
    const char *name;
    void (*prepare)(void); /* makes its files anew */
    int (*run)(uint64_t *digest, struct error *error);
    const char *output; /* holds `before` at first, and after a failure; NULL: none */
    bool leaves_files;  /* other files may stand there after a failure: each is whole */
    bool contains;      /* operations that are tried by themselves: not all of their calls again */
};

/* ---- One fault ------------------------------------------------------------------------------- */

/* Temporary files end in six random letters, pictures that are not finished in .part. */
static void expect_whole_files(const char *what)
{
    DIR *folder = opendir(test_folder());
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        const char *dot = strrchr(entry->d_name, '.');
        static const char *const whole[] = {".safetensors", ".checkpoint", ".csv", ".json",
                                            ".png",         ".onnx",       ".gz"};
        bool known = !dot || !dot[1];
        for (size_t i = 0; !known && i < sizeof whole / sizeof *whole; i++)
            known = strcmp(dot, whole[i]) == 0;
        if (!known)
            fail_msg("%s: left %s", what, entry->d_name);
    }
    closedir(folder);
}

static void expect_untouched(const struct operation *o, const char *what)
{
    struct model model;
    struct error error;
    size_t size;
    uint8_t *bytes = read_bytes(in_folder(o->output), &size);
    bool same = size == strlen(before) && memcmp(bytes, before, size) == 0;
    free(bytes);
    if (same)
        return;
    /* A training may have written a model before it failed. */
    if (!o->leaves_files || model_load(&model, in_folder(o->output), &error) < 0)
        fail_msg("%s: %s is neither as it was nor whole", what, o->output);
    model_free(&model);
}

/* Whether it failed. */
static bool try_fault(const struct operation *o, enum fault fault, long number, uint64_t expected)
{
    char what[128];
    snprintf(what, sizeof what, "%s, fault %d at call %ld", o->name, fault, number);
    o->prepare();
    if (o->output)
        write_bytes(in_folder(o->output), before, strlen(before));
    struct error error = {.text = ""};
    uint64_t digest = 0;
    int live = faults_live(), files = count_own("fd");
    faults_begin(fault, number, !o->contains);
    int result = o->run(&digest, &error);
    faults_end();
    if (faults_live() != live)
        fail_msg("%s: %d allocations lost: %s", what, faults_live() - live, error.text);
    if (count_own("fd") != files)
        fail_msg("%s: files left open: %s", what, error.text);
    expect_whole_files(what);
    if (result == 0 && digest != expected)
        fail_msg("%s: ended well, but with another result", what);
    if (result != 0 && (!*error.text || strpbrk(error.text, "\r\n")))
        fail_msg("%s: result %d, text \"%s\"", what, result, error.text);
    if (result != 0 && o->output)
        expect_untouched(o, what);
    return result != 0;
}

/* How far it is to the next call that is to fail. What an operation contains is tried by itself: of
 * its calls, all are tried that end the operation, with memory, and one in three of those that it
 * can do without. */
static long next_call(const struct operation *o, enum fault fault, long calls, bool failed)
{
    if (!o->contains || (fault == FAULT_MEMORY && failed))
        return 1;
    return fault == FAULT_MEMORY ? 3 : 1 + calls / 40;
}

static void try_all(const struct operation *o)
{
    static const enum fault kinds[] = {FAULT_MEMORY, FAULT_MEMORY_LEFT, FAULT_CALL, FAULT_SHRINK};
    uint64_t expected = 0;
    struct error error = {.text = ""};
    o->prepare();
    if (o->run(&expected, &error) != 0)
        fail_msg("%s: fails without a fault: %s", o->name, error.text);
    assert_false(try_fault(o, FAULT_NONE, 0, expected));
    assert_false(try_fault(o, FAULT_TRICKLE, 0, expected));
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        uint64_t ignored = 0;
        o->prepare();
        faults_begin(kinds[k], LONG_MAX, !o->contains);
        int result = o->run(&ignored, &error);
        long calls = faults_end(), failures = 0;
        assert_int_equal(result, 0);
        for (long n = 1; n <= calls;) {
            bool failed = try_fault(o, kinds[k], n, expected);
            failures += failed;
            n += next_call(o, kinds[k], calls, failed);
        }
        fprintf(stderr, "%s, fault %d: %ld calls, %ld failures\n", o->name, kinds[k], calls,
                failures);
        if (calls > 0)
            assert_true(failures > 0);
        else
            assert_true(kinds[k] >= FAULT_CALL);
    }
    count_files(1);
}

/* ---- Models ---------------------------------------------------------------------------------- */

static struct model made;
static uint8_t *model_bytes;
static size_t model_size;

static void prepare_model(void)
{
    write_bytes(in_folder("in.safetensors"), model_bytes, model_size);
}

static void nothing(void)
{
}

static int answer(const struct model *model, uint64_t *digest, struct error *error)
{
    uint8_t crop[12 * 12];
    float probabilities[3];
    struct model_workspace *workspace;
    for (int i = 0; i < 12 * 12; i++)
        crop[i] = (uint8_t)(i * 37 % 251);
    if (model_workspace_create(&workspace, model, 2, error) < 0)
        return -1;
    model_predict(model, workspace, crop, 1, probabilities);
    model_workspace_free(&workspace);
    *digest = add_to(*digest, probabilities, sizeof probabilities);
    return 0;
}

static int load_and_answer(uint64_t *digest, struct error *error)
{
    struct model model, untouched;
    memset(&model, 0x5a, sizeof model);
    untouched = model;
    if (model_load(&model, in_folder("in.safetensors"), error) < 0) {
        assert_memory_equal(&model, &untouched, sizeof model);
        return -1;
    }
    int result = answer(&model, digest, error);
    model_free(&model);
    return result;
}

static int explain(uint64_t *digest, struct error *error)
{
    uint8_t crop[12 * 12] = {0, 200, 7};
    float map[12 * 12];
    struct explainer *explainer = NULL;
    if (explainer_create(&explainer, &made, error) < 0) {
        assert_null(explainer);
        return -1;
    }
    explainer_run(explainer, crop, 1, map);
    explainer_free(&explainer);
    *digest = add_to(*digest, map, sizeof map);
    return 0;
}

static uint64_t digest_of(const char *name)
{
    size_t size;
    faults_end(); /* reading it back is not what is tested */
    uint8_t *bytes = read_bytes(in_folder(name), &size);
    uint64_t digest = add_to(1, bytes, size);
    free(bytes);
    return digest;
}

static int save(uint64_t *digest, struct error *error)
{
    if (model_save(&made, in_folder("out.safetensors"), error) < 0)
        return -1;
    *digest = digest_of("out.safetensors");
    return 0;
}

static int export(uint64_t *digest, struct error *error)
{
    if (onnx_export(&made, in_folder("out.onnx"), error) < 0)
        return -1;
    *digest = digest_of("out.onnx");
    return 0;
}

static void task(void *context, int part, int parts)
{
    (void)parts;
    ((int *)context)[part] = part + 1;
}

static int work_together(uint64_t *digest, struct error *error)
{
    int parts[3] = {0};
    struct thread_pool *pool = NULL;
    if (thread_pool_create(&pool, 3, error) < 0) {
        assert_null(pool);
        return -1;
    }
    thread_pool_run(pool, task, parts);
    thread_pool_free(&pool);
    *digest = add_to(*digest, parts, sizeof parts);
    return 0;
}

static void models(void **state)
{
    (void)state;
    struct error error;
    made = full_model(3);
    assert_int_equal(model_save(&made, in_folder("in.safetensors"), &error), 0);
    model_bytes = read_bytes(in_folder("in.safetensors"), &model_size);
    static const struct operation operations[] = {
        {"load and answer", prepare_model, load_and_answer, NULL, false, false},
        {"explain", nothing, explain, NULL, false, false},
        {"save", nothing, save, "out.safetensors", false, false},
        {"export", nothing, export, "out.onnx", false, false},
        {"thread pool", nothing, work_together, NULL, false, false},
    };
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        try_all(&operations[i]);
    free(model_bytes);
    model_free(&made);
}

/* ---- Data sets ------------------------------------------------------------------------------- */

enum { TRAINING = 14, VALIDATION = 7 };

time_t __wrap_time(time_t *now);

/* Midnight would change the date in a model. */
time_t __wrap_time(time_t *now)
{
    (void)now;
    return 0;
}

static struct dataset pictures;
static char path[2 * TEST_PATH_SIZE];

static void prepare_csv(void)
{
    static const char *const usages[] = {"Training", "PublicTest"};
    FILE *file = fopen(in_folder("data.csv"), "w");
    assert_non_null(file);
    fprintf(file, "emotion,pixels,Usage\n");
    for (int i = 0; i < pictures.count; i++) {
        fprintf(file, "%d,", pictures.labels[i]);
        for (int p = 0; p < PIXELS; p++)
            fprintf(file, p ? " %d" : "%d", dataset_picture(&pictures, i)[p]);
        fprintf(file, ",%s\n", usages[pictures.splits[i]]);
    }
    assert_int_equal(fclose(file), 0);
    file = fopen(in_folder("votes.csv"), "w");
    assert_non_null(file);
    fprintf(file, "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,"
                  "unknown,NF\n");
    for (int i = 0; i < pictures.count; i++)
        fprintf(file, "%s,x,0,%d,0,0,6,0,0,0,1,0\n", usages[pictures.splits[i]], i % 4);
    assert_int_equal(fclose(file), 0);
}

static void write_number(gzFile file, uint32_t number)
{
    const uint8_t bytes[] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
                             (uint8_t)(number >> 8), (uint8_t)number};
    assert_int_equal(gzwrite(file, bytes, 4), 4);
}

/* "wT" writes without compression. */
static void write_idx(const char *ending, const char *mode)
{
    static const char *const names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                        "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", names[i], ending);
        remove(in_folder(name));
        gzFile file = gzopen(in_folder(name), mode);
        assert_non_null(file);
        write_number(file, i % 2 ? 0x801 : 0x803);
        write_number(file, TRAINING);
        if (i % 2) {
            assert_int_equal(gzwrite(file, pictures.labels, TRAINING), TRAINING);
        } else {
            write_number(file, FACE_SIDE);
            write_number(file, FACE_SIDE);
            assert_int_equal(gzwrite(file, pictures.pixels, TRAINING * PIXELS), TRAINING * PIXELS);
        }
        assert_int_equal(gzclose(file), Z_OK);
    }
}

static void prepare_idx(void)
{
    write_idx("", "wT");
}

static void prepare_compressed_idx(void)
{
    write_idx(".gz", "w");
}

static const char *const parts[] = {"train", "test"}, *const classes[] = {"happy", "sad"};

static void prepare_folders(void)
{
    for (int i = 0; i < 8; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s", parts[i % 2]);
        mkdir(in_folder(name), 0777);
        snprintf(name, sizeof name, "%s/%s", parts[i % 2], classes[i / 2 % 2]);
        mkdir(in_folder(name), 0777);
        snprintf(name, sizeof name, "%s/%s/%d.pgm", parts[i % 2], classes[i / 2 % 2], i);
        FILE *file = fopen(in_folder(name), "w");
        assert_non_null(file);
        fprintf(file, "P5\n%d %d\n255\n", FACE_SIDE, FACE_SIDE);
        fwrite(dataset_picture(&pictures, i), 1, PIXELS, file);
        assert_int_equal(fclose(file), 0);
    }
}

static void remove_folders(void)
{
    char name[64];
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "%s/%s/%d.pgm", parts[i % 2], classes[i / 2 % 2], i);
        remove(in_folder(name));
    }
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s/%s", parts[i % 2], classes[i / 2]);
        rmdir(in_folder(name));
    }
}

static bool skip_bad;

static int load_data(const char *name, bool votes, uint64_t *digest, struct error *error)
{
    struct dataset d, untouched;
    memset(&d, 0x5a, sizeof d);
    untouched = d;
    snprintf(path, sizeof path, "%s", in_folder(name));
    if (dataset_load(&d, path, skip_bad, "test", error) < 0) {
        assert_memory_equal(&d, &untouched, sizeof d);
        return -1;
    }
    int result = votes ? dataset_load_votes(&d, in_folder("votes.csv"), error) : 0;
    if (result == 0)
        *digest = inspect_fingerprint(&d);
    else
        assert_null(d.votes);
    dataset_free(&d);
    return result;
}

static int load_csv(uint64_t *digest, struct error *error)
{
    return load_data("data.csv", true, digest, error);
}

static int load_folder(uint64_t *digest, struct error *error)
{
    return load_data(".", false, digest, error);
}

static int mean_faces(uint64_t *digest, struct error *error)
{
    static const double exaggeration[LABEL_COUNT] = {1, 1, 1, 1, 1, 1, 1};
    uint8_t faces[LABEL_COUNT * PIXELS];
    if (dataset_mean_faces(&pictures, exaggeration, faces, error) < 0)
        return -1;
    *digest = add_to(*digest, faces, sizeof faces);
    return 0;
}

static int inspect(uint64_t *digest, struct error *error)
{
    *digest = 1;
    return inspect_print(&pictures, stdout, error);
}

/* A picture for which there is no memory is not a bad one. */
static void leave_out_bad_pictures(const struct operation *o)
{
    uint64_t expected = 0;
    struct error error;
    long number = 1;
    skip_bad = true;
    o->prepare();
    assert_int_equal(o->run(&expected, &error), 0);
    while (try_fault(o, FAULT_MEMORY, number, expected))
        number++;
    assert_true(number > 8);
    skip_bad = false;
}

static void data_sets(void **state)
{
    (void)state;
    static const struct operation operations[] = {
        {"fer2013.csv and votes", prepare_csv, load_csv, NULL, false, false},
        {"IDX", prepare_idx, load_folder, NULL, false, false},
        {"compressed IDX", prepare_compressed_idx, load_folder, NULL, false, false},
        {"folders", prepare_folders, load_folder, NULL, false, false},
        {"mean faces", nothing, mean_faces, NULL, false, false},
        {"inspect", nothing, inspect, NULL, false, false},
    };
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (operations[i].prepare == prepare_folders) {
            struct operation o = operations[i];
            o.prepare();
            try_all(&o);
            leave_out_bad_pictures(&o);
            remove_folders();
            continue;
        }
        try_all(&operations[i]);
    }
}

/* ---- Training -------------------------------------------------------------------------------- */

static volatile sig_atomic_t stop;
static bool stop_after_epoch;
static struct recipe recipe;
static uint8_t *checkpoint_bytes;
static size_t checkpoint_size;

int __real_report_log(const char *folder, const struct epoch_result *history, int epochs,
                      struct error *error);
int __wrap_report_log(const char *folder, const struct epoch_result *history, int epochs,
                      struct error *error);

int __wrap_report_log(const char *folder, const struct epoch_result *history, int epochs,
                      struct error *error)
{
    stop = stop_after_epoch;
    return __real_report_log(folder, history, epochs, error);
}

static int train_it(bool resume, uint64_t *digest, struct error *error)
{
    static char model[2 * TEST_PATH_SIZE], checkpoint[2 * TEST_PATH_SIZE],
        saved[2 * TEST_PATH_SIZE];
    snprintf(model, sizeof model, "%s", in_folder("m.safetensors"));
    snprintf(checkpoint, sizeof checkpoint, "%s", in_folder("m.checkpoint"));
    snprintf(saved, sizeof saved, "%s", in_folder("saved.checkpoint"));
    const struct training_files files = {"test", model, checkpoint, test_folder(), NULL};
    stop = 0;
    int result = train(&recipe, &pictures, &files, resume ? saved : NULL, &stop, error);
    if (result == 0 && !stop)
        *digest = digest_of("m.safetensors");
    return result < 0 ? result : 0;
}

static int train_anew(uint64_t *digest, struct error *error)
{
    return train_it(false, digest, error);
}

static int go_on(uint64_t *digest, struct error *error)
{
    return train_it(true, digest, error);
}

static void prepare_training(void)
{
    remove(in_folder("m.checkpoint"));
}

static void prepare_checkpoint(void)
{
    remove(in_folder("m.checkpoint"));
    write_bytes(in_folder("saved.checkpoint"), checkpoint_bytes, checkpoint_size);
}

static struct recipe small_recipe(void)
{
    struct recipe r = recipe_default();
    r.align = r.verifier = false;
    r.network_count = 1;
    r.features[0] = FEATURES_HOG;
    r.hidden_count = 1;
    r.hidden[0] = (struct hidden_layer){.units = 6};
    r.epochs = 2;
    r.batch_size = 10;
    r.threads = 2;
    return r;
}

/* Into checkpoint_bytes, after the first epoch. */
static void make_checkpoint(void)
{
    uint64_t ignored;
    struct error error;
    prepare_training();
    stop_after_epoch = true;
    assert_int_equal(train_anew(&ignored, &error), 0);
    stop_after_epoch = false;
    checkpoint_bytes = read_bytes(in_folder("m.checkpoint"), &checkpoint_size);
}

static void training(void **state)
{
    (void)state;
    recipe = small_recipe();
    make_checkpoint();
    static const struct operation operations[] = {
        {"train", prepare_training, train_anew, "m.safetensors", true, true},
        {"resume", prepare_checkpoint, go_on, "m.safetensors", true, true},
    };
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        try_all(&operations[i]);
    free(checkpoint_bytes);
}

/* The same with all that is learned before the first epoch. */
static void training_of_all(void **state)
{
    (void)state;
    recipe = small_recipe();
    recipe.align = recipe.verifier = true;
    recipe.network_count = 2;
    recipe.features[0] = FEATURES_PATCHES;
    recipe.features[1] = FEATURES_WINDOWS;
    recipe.hidden[0].shared = true;
    make_checkpoint();
    static const struct operation operation = {
        "resume all", prepare_checkpoint, go_on, "m.safetensors", true, true};
    try_all(&operation);
    free(checkpoint_bytes);
}

/* ---- What is learned before the first epoch -------------------------------------------------- */

static struct thread_pool *pool;

/* With the memory for the picture and the scene. */
static int load_backgrounds(struct error *error)
{
    struct backgrounds backgrounds;
    int result = backgrounds_load(&backgrounds, in_folder("."), 1, 1, pool, &stop, error);
    if (result == 0)
        backgrounds_free(&backgrounds);
    return result;
}

static int learn_verifier(struct error *error)
{
    static uint8_t grey[64 * 64], hard[PIXELS];
    struct grey_image picture = {grey, 64, 64, 64};
    const struct backgrounds backgrounds = {
        .pictures = &picture, .count = 1, .hard = hard, .hard_count = 1};
    int samples[TRAINING];
    struct mlp verifier = {0};
    for (int i = 0; i < TRAINING; i++)
        samples[i] = i;
    int result =
        fit_verifier(&verifier, &pictures, samples, TRAINING, &backgrounds, 1, pool, &stop, error);
    mlp_free(&verifier);
    return result;
}

static int learn_dictionary(struct error *error)
{
    struct features features = {
        .kind = FEATURES_PATCHES, .width = FACE_SIDE, .height = FACE_SIDE, .grid = 3, .atoms = 2};
    const int sample = 0;
    int result = fit_dictionary(&features, &pictures, &sample, 1, 1, error);
    features_free(&features);
    return result;
}

static int align_all(struct error *error)
{
    return fit_aligner_replace(&pictures, 1, 1, &stop, error);
}

/* Each allocation that a first run makes, up to `most` of them, fails in turn. */
static void try_memory(const char *name, int (*run)(struct error *error), long most)
{
    for (long n = 1; n <= most; n++) {
        struct error error = {.text = ""};
        int live = faults_live(), files = count_own("fd");
        faults_begin(FAULT_MEMORY, n, false);
        int result = run(&error);
        long calls = faults_end();
        if (faults_live() != live || count_own("fd") != files)
            fail_msg("%s, allocation %ld: memory or files are lost", name, n);
        if (calls >= n && result != -1)
            fail_msg("%s: does without allocation %ld", name, n);
        if (calls >= n)
            expect_text(error.text, "", "memory");
    }
}

static void learning(void **state)
{
    (void)state;
    struct error error;
    stop = 0;
    assert_int_equal(thread_pool_create(&pool, 1, &error), 0);
    FILE *file = fopen(in_folder("a.pgm"), "w");
    assert_non_null(file);
    fprintf(file, "P5\n64 64\n255\n%*s", 64 * 64, "");
    assert_int_equal(fclose(file), 0);
    try_memory("backgrounds", load_backgrounds, 13); /* the next only gives memory back */
    try_memory("verifier", learn_verifier, 40);
    try_memory("dictionary", learn_dictionary, 5);
    try_memory("aligned pictures", align_all, 36);
    remove(in_folder("a.pgm"));
    thread_pool_free(&pool);
}

/* ---- Measuring ------------------------------------------------------------------------------- */

static struct model trained;

static int measure(uint64_t *digest, struct error *error)
{
    struct evaluation evaluation;
    struct robustness rows[ROBUSTNESS_CHANGES];
    if (evaluate(&evaluation, &trained, &pictures, SPLIT_VALIDATION, error) < 0 ||
        robustness_measure(rows, &trained, &pictures, SPLIT_VALIDATION, error) < 0 ||
        report_open(in_folder("."), error) < 0 ||
        evaluation_report(test_folder(), &evaluation, &pictures, "m", NULL, rows, error) < 0)
        return -1;
    *digest = digest_of("robustness.csv");
    return 0;
}

static int write_json(uint64_t *digest, struct error *error)
{
    static struct evaluation evaluation;
    evaluation.metrics = (struct metrics){.class_count = 3, .count = 2};
    evaluation.ferplus = evaluation.metrics;
    char *text = evaluation_json(&evaluation, &pictures, "m", "--options");
    if (!text)
        return error_no_memory(error, "the JSON result");
    *digest = add_to(*digest, text, strlen(text));
    free(text);
    return 0;
}

static int cross_validate_it(uint64_t *digest, struct error *error)
{
    stop = 0;
    int result = cross_validate(&recipe, &pictures, 2, "test", test_folder(), &stop, error);
    if (result == 0)
        *digest = digest_of("folds.csv");
    return result;
}

static void measuring(void **state)
{
    (void)state;
    uint64_t ignored;
    struct error error;
    recipe = small_recipe();
    assert_int_equal(train_anew(&ignored, &error), 0);
    assert_int_equal(model_load(&trained, in_folder("m.safetensors"), &error), 0);
    static const struct operation operations[] = {
        {"evaluate and report", nothing, measure, NULL, true, true},
        {"cross-validate", nothing, cross_validate_it, NULL, true, true},
        {"JSON", nothing, write_json, NULL, false, false},
    };
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        try_all(&operations[i]);
    model_free(&trained);
}

/* ---- gnuplot --------------------------------------------------------------------------------- */

int __real_gnuplot_draw(const char *folder, const char *script, const char *name,
                        struct error *error);

/* One that is missing, and has ended before it is written to. */
static void drawing_program_gone(void **state)
{
    (void)state;
    char path_before[4096];
    struct error error = {.text = ""};
    snprintf(path_before, sizeof path_before, "%s", getenv("PATH"));
    setenv("PATH", test_folder(), 1);
    faults_begin(FAULT_LATE, 0, false);
    int result = __real_gnuplot_draw(test_folder(), "plot x\n", "x.png", &error);
    faults_end();
    setenv("PATH", path_before, 1);
    assert_int_equal(result, -1);
    expect_text(error.text, "gnuplot did not draw", "install");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(learning, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(models, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(data_sets, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(training, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(training_of_all, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(measuring, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(drawing_program_gone, make_folder, remove_folder),
    };
    ocv_setup(1);
    blas_use_one_thread();
    /* What a training prints is not of interest. */
    if (!freopen("/dev/null", "w", stdout))
        return 1;
    pictures = make_dataset(TRAINING, VALIDATION);
    for (int i = 0; i < pictures.count; i++) {
        uint8_t votes[LABEL_COUNT] = {0};
        votes[pictures.labels[i]] = 5;
        add_votes(&pictures, i, votes, i % 3);
    }
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    dataset_free(&pictures);
    return failures;
}
