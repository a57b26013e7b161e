/* train_fer: trains the network on FER2013, or measures a trained one. */
#include "evaluate.h"
#include "log.h"
#include "ocv.h"
#include "options.h"
#include "trainer.h"

#include "file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char program[] = "train_fer";
static const char default_ferplus[] = "datasets/fer2013new.csv";
static const double mean_face_exaggeration = 2.0;

enum exit_status { EXIT_USAGE = 2, EXIT_BAD_MODEL = 6 };

static volatile sig_atomic_t stop;

static void request_stop(int signal_number)
{
    (void)signal_number;
    stop = 1;
}

/* The first Ctrl-C ends the training in order, the second at once. */
static void listen_for_stop(void)
{
    struct sigaction action = {.sa_handler = request_stop, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static int load_data(const struct options *o, struct dataset *dataset, struct error *error)
{
    const char *ferplus = o->ferplus;
    if (!ferplus && access(default_ferplus, F_OK) == 0)
        ferplus = default_ferplus;
    if (dataset_load(dataset, o->data, error) < 0)
        return -1;
    if (ferplus && dataset_load_votes(dataset, ferplus, error) < 0) {
        dataset_free(dataset);
        return -1;
    }
    if (!ferplus && o->action == ACTION_TRAIN && o->recipe.targets.votes_share > 0.0f)
        log_line(program, "no FER+ votes at %s (see --ferplus): training on FER2013's labels alone",
                 default_ferplus);
    return 0;
}

static void print_summary(const struct options *o, const struct dataset *dataset)
{
    struct mlp_config network = recipe_network(&o->recipe, dataset);
    size_t parameters = 0;
    printf("%s: %d pictures; threads: %d\n", o->data, dataset->count, o->recipe.threads);
    printf("%s features, layers %d", feature_kind_names[o->recipe.features.kind], network.units[0]);
    for (int i = 0; i < network.layer_count; i++) {
        printf("-%d", network.units[i + 1]);
        parameters += ((size_t)network.units[i] + 1) * (size_t)network.units[i + 1];
    }
    printf(", %zu weights and biases (%.1f MB in the file)\n", parameters,
           2e-6 * (double)parameters);
    fflush(stdout);
}

static int run_training(const struct options *o, const struct dataset *dataset, struct error *error)
{
    print_summary(o, dataset);
    listen_for_stop();
    if (train(&o->recipe, dataset, o->output, &stop, error) < 0)
        return EXIT_FAILURE;
    if (!stop)
        printf("%s\n", o->output);
    return EXIT_SUCCESS;
}

static int run_evaluation(const struct options *o, const struct model *model,
                          const struct dataset *dataset, struct error *error)
{
    struct evaluation evaluation;
    if (evaluate(&evaluation, model, dataset, o->split, error) < 0)
        return EXIT_FAILURE;
    if (o->json)
        return evaluation_print_json(&evaluation, dataset, o->model, stdout, error) < 0
                   ? EXIT_FAILURE
                   : EXIT_SUCCESS;
    evaluation_print(&evaluation, dataset, o->model, stdout);
    return EXIT_SUCCESS;
}

static int append(void *writer, const void *bytes, size_t size)
{
    file_writer_append(writer, bytes, size);
    return 0;
}

/* The faces side by side, as one picture. */
static int run_mean_faces(const struct options *o, const struct dataset *dataset,
                          struct error *error)
{
    size_t side = FACE_SIDE, width = (size_t)dataset->class_count * side;
    uint8_t faces[LABEL_COUNT * FACE_SIDE * FACE_SIDE], picture[sizeof faces];
    if (dataset_mean_faces(dataset, mean_face_exaggeration, faces, error) < 0)
        return EXIT_FAILURE;
    for (size_t y = 0; y < side; y++)
        for (size_t x = 0; x < width; x++)
            picture[y * width + x] = faces[(x / side * side + y) * side + x % side];
    struct grey_image image = {picture, (int)width, (int)side, width};
    struct file_writer *writer;
    struct ocv_error failure;
    if (file_writer_open(&writer, o->mean_faces, error) < 0)
        return EXIT_FAILURE;
    if (ocv_encode_grey(image, ".png", append, writer, &failure) != OCV_OK) {
        file_writer_discard(&writer);
        error_set(error, "%s: %s", o->mean_faces, failure.text);
        return EXIT_FAILURE;
    }
    return file_writer_commit(&writer, error) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(const struct options *o, struct error *error)
{
    struct dataset dataset;
    struct model model;
    if (o->action == ACTION_EVALUATE && model_load(&model, o->model, error) < 0)
        return EXIT_BAD_MODEL;
    int status = EXIT_FAILURE;
    if (load_data(o, &dataset, error) == 0) {
        switch (o->action) {
        case ACTION_EVALUATE:
            status = run_evaluation(o, &model, &dataset, error);
            break;
        case ACTION_MEAN_FACES:
            status = run_mean_faces(o, &dataset, error);
            break;
        default:
            status = run_training(o, &dataset, error);
            break;
        }
        dataset_free(&dataset);
    }
    if (o->action == ACTION_EVALUATE)
        model_free(&model);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct error error = {""};
    if (options_parse(&options, argc, argv, &error) < 0) {
        log_line(program, "%s", error.text);
        return EXIT_USAGE;
    }
    if (options.action == ACTION_HELP) {
        options_print_help(stdout);
        return EXIT_SUCCESS;
    }
    if (options.action == ACTION_VERSION) {
        printf("%s %s\n", program, VERSION);
        return EXIT_SUCCESS;
    }
    ocv_setup(1);
    int status = run(&options, &error);
    if (error.text[0])
        log_line(program, "%s", error.text);
    if (status == EXIT_SUCCESS && fflush(stdout) != 0) {
        log_line(program, "cannot write to the standard output; check where it goes");
        return EXIT_FAILURE;
    }
    return status;
}
