/* train_fer: trains the network on FER2013, or measures a trained one. */
#define _XOPEN_SOURCE 700 /* realpath */ /* NOLINT: names of this kind are POSIX's to give */
#include "blas.h"
#include "checkpoint.h"
#include "cross_validation.h"
#include "evaluation_report.h"
#include "file.h"
#include "file_set.h"
#include "fit_aligner.h"
#include "inspect.h"
#include "log.h"
#include "model_file.h"
#include "ocv.h"
#include "onnx.h"
#include "process.h"
#include "readers.h"
#include "report.h"
#include "report_folder.h"
#include "text.h"
#include "train_options.h"
#include "training.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char program[] = "train_fer";
static const char face_model[] = "expressions.safetensors";
static const char default_ferplus[] = "datasets/fer2013new.csv";
static const char default_backgrounds[] = "datasets/backgrounds";
/* In label order: the least that makes the classes distinguishable. */
static const double mean_face_exaggeration[LABEL_COUNT] = {1.6, 1.6, 1.6, 1.6, 1.6, 1.6, 1.6};

static volatile sig_atomic_t stop;

static void request_stop(int signal_number)
{
    (void)signal_number;
    stop = 1;
}

/* The first Ctrl-C, or a closed terminal, ends the training in good order, the second at once. */
static void listen_for_stop(void)
{
    struct sigaction action = {.sa_handler = request_stop, .sa_flags = (int)SA_RESETHAND}, before;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, NULL, &before);
    if (before.sa_handler != SIG_IGN) /* as nohup wants it */
        sigaction(SIGHUP, &action, NULL);
}

/* Whether the file is there, and inside the folder. */
static bool lies_in(const char *path, const char *folder)
{
    char *file = realpath(path, NULL), *inside = realpath(folder, NULL);
    size_t length = inside ? strlen(inside) : 0;
    bool lies = file && inside && strncmp(file, inside, length) == 0 && file[length] == '/';
    free(file);
    free(inside);
    return lies;
}

/* Where pictures without faces are, or NULL. */
static const char *find_backgrounds(const struct train_options *o)
{
    bool there = access(default_backgrounds, F_OK) == 0;
    return o->backgrounds ? o->backgrounds : there ? default_backgrounds : NULL;
}

static int claim_output(const struct train_options *o, const char *path, struct file_set *files,
                        struct error *error)
{
    const char *backgrounds = find_backgrounds(o);
    if (path && (lies_in(path, o->data) || (backgrounds && lies_in(path, backgrounds))))
        return error_set(error, "%s: is part of the data; choose another name", path);
    return file_set_claim(files, path, error);
}

/* What is read is not written over, nor one output over another. `output` and `checkpoint` are a
 * training's, else NULL. */
static int check_outputs(const struct train_options *o, const char *output, const char *checkpoint,
                         struct error *error)
{
    static const char *const report[] = {
        "summary.json",    "confusion.csv",   "confusion_ferplus.csv",
        "confusion.png",   "calibration.csv", "calibration_ferplus.csv",
        "calibration.png", "classes.csv",     "classes.png",
        "robustness.csv",  "robustness.png",  "log.csv",
        "curves.png",      "folds.csv"};
    enum { SPLIT_AND_CLASS = 2 }; /* folders of pictures */
    const char *ferplus = o->ferplus ? o->ferplus : default_ferplus;
    struct file_set files = {0};
    int result =
        file_set_add(&files, o->data, error) || file_set_add(&files, ferplus, error) ||
                file_set_add(&files, o->model, error) ||
                file_set_add_folder(&files, o->data, SPLIT_AND_CLASS, error) ||
                claim_output(o, checkpoint, &files, error) ||
                file_set_add(&files, o->resume, error) || /* may be that checkpoint */
                claim_output(o, output, &files, error) || claim_output(o, o->onnx, &files, error) ||
                claim_output(o, o->mean_faces, &files, error) ||
                (o->report && report_folder_claim(o->report, report, sizeof report / sizeof *report,
                                                  &files, error))
            ? -1
            : 0;
    file_set_free(&files);
    return result;
}

/* Says that the usual data set is missing, or still packed as it was fetched. */
static int miss_data(const char *path, struct error *error)
{
    static const char *const packed[] = {"datasets/*.csv.*", "datasets/*.zip", "datasets/*.tar*",
                                         "datasets/*.tgz"};
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
        glob_t found;
        if (glob(packed[i], 0, NULL, &found) != 0)
            continue;
        error_set(error, "%s: is not there, but %.200s is; unpack it first", path,
                  found.gl_pathv[0]);
        globfree(&found);
        return -1;
    }
    return error_set(error,
                     "%s: is not there; datasets/README.md says where to get it, --data names "
                     "others",
                     path);
}

static int load_data(const struct train_options *o, struct dataset *dataset, struct error *error)
{
    const char *ferplus = o->ferplus;
    if (!o->data_given && access(o->data, F_OK) < 0)
        return miss_data(o->data, error);
    if (dataset_load(dataset, o->data, o->skip_bad, program, error) < 0)
        return -1;
    bool fer2013 = dataset->source == DATA_FER2013;
    if (!ferplus && fer2013 && access(default_ferplus, F_OK) == 0)
        ferplus = default_ferplus;
    if (ferplus && dataset_load_votes(dataset, ferplus, error) < 0) {
        dataset_free(dataset);
        return -1;
    }
    if (!ferplus && fer2013 && o->action == ACTION_TRAIN && !o->resume &&
        o->recipe.targets.votes_share > 0.0f)
        log_line(program, "no FER+ votes at %s (see --ferplus): training on FER2013's labels alone",
                 default_ferplus);
    return 0;
}

static void print_network(const struct recipe *recipe, const struct dataset *dataset, int index)
{
    struct mlp_config network = recipe_network(recipe, dataset, index);
    struct mlp sized;
    mlp_measure(&sized, &network);
    printf("\n%dx%d pixels -> %s vector of %d\n", dataset->width, dataset->height,
           feature_kind_names[recipe->features[index]], network.units[0]);
    for (int i = 0; i < network.layer_count; i++) {
        bool last = i == network.layer_count - 1;
        const struct mlp_layer *layer = &sized.layers[i];
        int times = layer->positions * layer->window_count;
        char places[16] = "";
        if (times > 1)
            snprintf(places, sizeof places, "%d x", times);
        printf("  layer %d  %5s %5d -> %-5d  %-7s %-20s %9zu parameters\n", i + 1, places,
               layer->fan_in, layer->outputs / layer->window_count,
               last ? output_activation_names[network.output]
                    : activation_names[network.activation],
               network.batch_norm && !last ? "batch normalization" : "",
               ((size_t)layer->fan_in + 1) * (size_t)layer->outputs);
    }
    printf("  %zu parameters, %.1f MB in the model file\n", sized.parameter_count,
           2e-6 * (double)sized.parameter_count);
}

static void print_networks(const struct recipe *recipe, const struct dataset *dataset)
{
    for (int i = 0; i < recipe->network_count; i++)
        print_network(recipe, dataset, i);
    printf("%s descent, %s, %s, %d threads\n\n", batching_names[recipe->batching],
           optimizer_names[recipe->optimizer], loss_names[recipe->step.loss], recipe->threads);
    fflush(stdout);
}

static bool names_expressions(const struct dataset *dataset)
{
    bool same = dataset->class_count == LABEL_COUNT;
    for (int i = 0; same && i < LABEL_COUNT; i++)
        same = strcmp(dataset->class_names[i], label_names[i]) == 0;
    return same;
}

/* Whether the recipe suits the data; adds up the networks' weights. */
static int check_recipe(const struct recipe *recipe, const struct dataset *dataset,
                        size_t *parameters, struct error *error)
{
    if (recipe->prior.kind == PRIOR_LIST && recipe->prior.count != dataset->class_count)
        return error_set(error, "--prior: %d numbers for %d classes; give as many as there are",
                         recipe->prior.count, dataset->class_count);
    for (int i = 0; i < recipe->network_count; i++) {
        struct features features = recipe_features(recipe, dataset, i);
        struct error why;
        if (features_check(&features, &why) < 0)
            return error_set(error, "--features %s: %.800s; choose other features",
                             feature_kind_names[features.kind], why.text);
        struct mlp_config network = recipe_network(recipe, dataset, i);
        if (mlp_config_check(&network, &why) < 0)
            return error_set(error, "--hidden: %.800s", why.text);
        *parameters += mlp_parameter_count(&network);
    }
    return 0;
}

/* The recipe as it is for these data, or that of the checkpoint. */
static int settle_recipe(const struct train_options *o, const struct dataset *dataset,
                         struct recipe *recipe, struct error *error)
{
    *recipe = o->recipe;
    if (o->resume) {
        char text[RECIPE_TEXT_SIZE];
        if (checkpoint_recipe(o->resume, text, error) < 0)
            return -1;
        if (recipe_parse(recipe, text, error) < 0)
            return error_of(error, o->resume);
    } else {
        if (dataset->source == DATA_IDX && !o->augment_given)
            recipe->augment.strength = 0.0f;
        if (recipe->augment.strength == 0.0f && !o->webcam_given)
            recipe->augment.webcam = 0.0f;
        if (!o->align_given)
            recipe->align = names_expressions(dataset);
        if (!o->verifier_given)
            recipe->verifier = names_expressions(dataset);
        if (!o->prior_given && recipe->prior.kind == PRIOR_UNIFORM && names_expressions(dataset))
            recipe->prior = prior_of_faces;
    }
    /* Digits are no longer themselves in a mirror; faces are. */
    recipe->augment.flip = recipe->augment.strength > 0.0f && dataset->source != DATA_IDX;
    size_t parameters = 0;
    if (check_recipe(recipe, dataset, &parameters, error) < 0) {
        if (!o->resume)
            return error_failed_with(error, ERROR_USAGE);
        return error_of(error, o->resume);
    }
    if (o->resume)
        return checkpoint_check_size(o->resume, parameters, error);
    if (parameters > MODEL_FILE_MAX_WEIGHTS)
        return error_set_code(error, ERROR_USAGE,
                              "--hidden: %zu million weights, a model has %d million at most; use "
                              "fewer units",
                              (parameters + 999999) / 1000000, MODEL_FILE_MAX_WEIGHTS / 1000000);
    return 0;
}

/* models/x.safetensors.checkpoint belongs to models/x.safetensors. */
static const char checkpoint_suffix[] = ".checkpoint";

struct file_names {
    char output[PATH_MAX], checkpoint[PATH_MAX];
};

/* A network that is not for faces takes neither the face model's name nor its place, to which a
 * link may lead. */
static int check_name(const char *output, struct error *error)
{
    char *followed = file_followed(output);
    if (!followed)
        return error_no_memory(error, output);
    const char *paths[] = {output, followed};
    bool taken = false;
    for (int i = 0; i < 2; i++)
        taken = taken || strcmp(file_base(paths[i]), face_model) == 0;
    free(followed);
    return taken ? error_set(error,
                             "%s: is a name for the model of the seven expressions, which these "
                             "data do not have; choose another name with --output",
                             output)
                 : 0;
}

static int name_files(const struct train_options *o, const struct dataset *dataset,
                      struct file_names *names, struct error *error)
{
    char *output = names->output;
    size_t suffix = sizeof checkpoint_suffix - 1, length = o->resume ? strlen(o->resume) : 0;
    bool beside = !o->output_given && length > suffix &&
                  strcmp(o->resume + length - suffix, checkpoint_suffix) == 0;
    int written = beside ? snprintf(output, PATH_MAX, "%.*s", (int)(length - suffix), o->resume)
                         : snprintf(output, PATH_MAX, "%s", o->output);
    if (written >= PATH_MAX ||
        snprintf(names->checkpoint, PATH_MAX, "%s%s", output, checkpoint_suffix) >= PATH_MAX ||
        (access(names->checkpoint, F_OK) < 0 && errno == ENAMETOOLONG))
        return error_set_code(error, ERROR_USAGE,
                              "--output: the path is too long; use a shorter one");
    if (!names_expressions(dataset) && check_name(output, error) < 0)
        return -1;
    return check_outputs(o, output, names->checkpoint, error);
}

/* Robustness is measured for faces only. */
static int write_report(const struct train_options *o, const struct model *model,
                        const char *model_path, const struct evaluation *evaluation,
                        const struct dataset *dataset, const char *recipe, struct error *error)
{
    struct robustness rows[ROBUSTNESS_CHANGES];
    bool faces = dataset->source != DATA_IDX;
    if (faces && robustness_measure(rows, model, dataset, evaluation->split, error) < 0)
        return -1;
    return evaluation_report(o->report, evaluation, dataset, model_path, recipe,
                             faces ? rows : NULL, error);
}

/* A model and what it is worth: more than belongs on a stack. */
struct judged {
    struct model model;
    struct evaluation evaluation;
};

static struct judged *make_judged(struct error *error)
{
    struct judged *made = calloc(1, sizeof *made);
    if (!made)
        error_no_memory(error, "the model");
    return made;
}

static void free_judged(struct judged *judged)
{
    if (judged)
        model_free(&judged->model);
    free(judged);
}

/* What --evaluate says of the model, for --model-info. */
static void note_accuracy(struct judged *j, const struct dataset *dataset)
{
    const struct evaluation *e = &j->evaluation;
    char votes[64] = "";
    if (e->ferplus.count > 0)
        snprintf(votes, sizeof votes, " by label, %.1f %% by FER+'s majority,",
                 100.0 * e->ferplus.accuracy);
    snprintf(j->model.notes.accuracy, MODEL_NOTE_SIZE, "%.1f %%%s on %s",
             100.0 * e->metrics.accuracy, votes, split_names[dataset->source][SPLIT_VALIDATION]);
}

/* Measures the model that was trained, states the result in its file, and writes the report. */
static int judge_training(const struct train_options *o, const char *model_path,
                          const struct dataset *dataset, const struct recipe *recipe,
                          struct error *error)
{
    char text[RECIPE_TEXT_SIZE];
    struct judged *j = make_judged(error);
    int result = j ? model_load(&j->model, model_path, error) : -1;
    if (result == 0)
        result = evaluate(&j->evaluation, &j->model, dataset, SPLIT_VALIDATION, error);
    if (result == 0) {
        note_accuracy(j, dataset);
        result = model_save(&j->model, model_path, error);
    }
    recipe_print(recipe, text, sizeof text);
    if (result == 0 && o->report)
        result = write_report(o, &j->model, model_path, &j->evaluation, dataset, text, error);
    if (result == 0 && o->report)
        result = report_curves(o->report, error);
    free_judged(j);
    return result;
}

static void print_resume(const struct train_options *o, const char *checkpoint)
{
    printf("resume with: train_fer --resume ");
    text_print(stdout, checkpoint);
    printf(" --data ");
    text_print(stdout, o->data);
    if (o->ferplus) {
        printf(" --ferplus ");
        text_print(stdout, o->ferplus);
    }
    putchar('\n');
}

static int train_and_report(const struct train_options *o, const struct dataset *dataset,
                            struct file_names *names, struct error *error)
{
    struct recipe recipe;
    const char *output = names->output, *checkpoint = names->checkpoint;
    if (settle_recipe(o, dataset, &recipe, error) < 0 || name_files(o, dataset, names, error) < 0 ||
        (o->report && report_open(o->report, error) < 0) ||
        inspect_print(dataset, stdout, error) < 0)
        return -1;
    listen_for_stop();
    print_networks(&recipe, dataset);
    if (o->folds)
        return cross_validate(&recipe, dataset, o->folds, program, o->report, &stop, error);
    struct training_files files = {program, output, checkpoint, o->report, find_backgrounds(o)};
    int stopped = train(&recipe, dataset, &files, o->resume, &stop, error);
    if (stopped > 0) {
        if (access(checkpoint, F_OK) == 0)
            print_resume(o, checkpoint);
        return 0;
    }
    if (stopped < 0 || judge_training(o, output, dataset, &recipe, error) < 0)
        return -1;
    text_print(stdout, output);
    putchar('\n');
    return 0;
}

static int run_training(const struct train_options *o, const struct dataset *dataset,
                        struct error *error)
{
    struct file_names *names = malloc(sizeof *names);
    int result =
        names ? train_and_report(o, dataset, names, error) : error_no_memory(error, "the training");
    free(names);
    return result;
}

static int run_evaluation(const struct train_options *o, struct judged *judged,
                          const struct dataset *dataset, struct error *error)
{
    const struct model *model = &judged->model;
    struct evaluation *evaluation = &judged->evaluation;
    enum split split = dataset->source == DATA_FER2013 ? SPLIT_VALIDATION : SPLIT_TEST;
    if ((o->split && dataset_find_split(dataset, o->split, &split, error) < 0) ||
        (o->report && report_open(o->report, error) < 0) ||
        evaluate(evaluation, model, dataset, split, error) < 0 ||
        (o->report && write_report(o, model, o->model, evaluation, dataset, NULL, error) < 0))
        return -1;
    if (!o->json) {
        evaluation_print(evaluation, dataset, o->model, stdout);
        return 0;
    }
    char *text = evaluation_json(evaluation, dataset, o->model, NULL);
    if (!text)
        return error_no_memory(error, "the JSON result");
    text_print_json(stdout, text);
    putchar('\n');
    free(text);
    return 0;
}

static int append(void *writer, const void *bytes, size_t size)
{
    file_writer_append(writer, bytes, size);
    return 0;
}

/* The faces, one after the other, side by side as one picture; picture[] is scratch for it. */
static int write_mean_faces(const char *path, const uint8_t *faces, int count, uint8_t *picture,
                            struct error *error)
{
    size_t side = FACE_SIDE, width = (size_t)count * side;
    for (size_t y = 0; y < side; y++)
        for (size_t x = 0; x < width; x++)
            picture[y * width + x] = faces[(x / side * side + y) * side + x % side];
    struct grey_image image = {picture, (int)width, (int)side, width};
    struct file_writer *writer;
    if (file_writer_open(&writer, path, error) < 0)
        return -1;
    if (ocv_encode_grey(image, ".png", append, writer, error) != OCV_OK) {
        file_writer_discard(&writer);
        return error_of(error, path);
    }
    return file_writer_commit(&writer, error);
}

static int run_mean_faces(const struct train_options *o, struct dataset *dataset,
                          struct error *error)
{
    if (dataset->source == DATA_IDX)
        return error_set(error, "%s: holds no faces; name fer2013.csv", o->data);
    if (o->recipe.align &&
        fit_aligner_replace(dataset, o->recipe.seed, o->recipe.threads, &stop, error) < 0)
        return -1;
    size_t pixels = (size_t)dataset->class_count * FACE_SIDE * FACE_SIDE;
    uint8_t *faces = malloc(2 * pixels);
    int result = faces ? dataset_mean_faces(dataset, mean_face_exaggeration, faces, error)
                       : error_no_memory(error, "the mean faces");
    if (result == 0)
        result =
            write_mean_faces(o->mean_faces, faces, dataset->class_count, faces + pixels, error);
    free(faces);
    return result;
}

static int run_on_data(const struct train_options *o, struct judged *judged, struct error *error)
{
    struct dataset dataset = {0};
    if (load_data(o, &dataset, error) < 0)
        return -1;
    int result = o->action == ACTION_EVALUATE     ? run_evaluation(o, judged, &dataset, error)
                 : o->action == ACTION_MEAN_FACES ? run_mean_faces(o, &dataset, error)
                                                  : run_training(o, &dataset, error);
    dataset_free(&dataset);
    return result;
}

static int run_with_model(const struct train_options *o, struct error *error)
{
    struct judged *judged = make_judged(error);
    int result = judged ? model_load(&judged->model, o->model, error) : -1;
    if (result == 0)
        result = o->action == ACTION_EVALUATE ? run_on_data(o, judged, error)
                                              : onnx_export(&judged->model, o->onnx, error);
    free_judged(judged);
    return result;
}

static int run_action(const struct train_options *o, struct error *error)
{
    if (blas_setup(o->recipe.threads, error) < 0) {
        log_line(program, "%s", error->text);
        _exit(error_exit_status(error->code));
    }
    ocv_setup(1);
    if (o->action == ACTION_TRAIN)
        return run_on_data(o, NULL, error);
    if (check_outputs(o, NULL, NULL, error) < 0)
        return -1;
    return o->action == ACTION_MEAN_FACES ? run_on_data(o, NULL, error) : run_with_model(o, error);
}

static int run(int argc, char **argv, struct error *error)
{
    struct train_options options;
    if (train_options_parse(&options, argc, argv, error) < 0)
        return -1;
    switch (options.action) {
    case ACTION_HELP:
        train_options_print_help(stdout);
        return 0;
    case ACTION_VERSION:
        printf("%s %s\n", program, VERSION);
        return 0;
    default:
        return run_action(&options, error);
    }
}

/* Fails unless what was printed has arrived, or its reader has seen enough. */
static int flush_results(struct error *error)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || process_reader_ended())
        return 0;
    return error_set(error, "cannot write to the standard output; check where it goes");
}

int main(int argc, char **argv)
{
    struct error error;
    if (process_prepare() < 0)
        return EXIT_FAILURE;
    process_outlive_readers();
    if (run(argc, argv, &error) == 0 && flush_results(&error) == 0)
        return EXIT_SUCCESS;
    log_line(program, "%s", error.text);
    return error_exit_status(error.code);
}
