/* Names the expression of every face in pictures, videos and camera frames. */
#include "cameras.h"
#include "log.h"
#include "model.h"
#include "ocv.h"
#include "resources.h"
#include "run.h"
#include "setup.h"

#include <SDL_version.h>
#include <stdio.h>

static void print_camera(const struct camera *camera)
{
    printf("%s  %s\n", camera->path, camera->name);
    if (*camera->lasting)
        printf("    %s\n", camera->lasting);
    for (int i = 0; i < camera->size_count; i++)
        printf("%s%dx%d%s", i ? " " : "    ", camera->widths[i], camera->heights[i],
               i + 1 == camera->size_count ? "\n" : "");
}

static enum exit_status list_cameras(void)
{
    struct camera cameras[CAMERAS_MAX];
    int count = cameras_find(cameras);
    for (int i = 0; i < count; i++)
        print_camera(&cameras[i]);
    if (count == 0)
        log_line(program_name, "no camera here; try ./expressions --demo");
    return STATUS_DONE;
}

static size_t print_mlp(const struct mlp *mlp)
{
    const struct mlp_config *config = &mlp->config;
    printf("%d", config->units[0]);
    for (int i = 0; i < config->layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        printf(" - ");
        if (layer->tokens > 1)
            printf("%d x ", layer->tokens);
        printf("%d", layer->outputs);
    }
    printf(", %s hidden, %s output\n", activation_names[config->activation],
           output_activation_names[config->output]);
    return mlp->parameter_count;
}

static enum exit_status print_model(const struct options *options, struct error *error)
{
    char path[RESOURCE_PATH_SIZE];
    struct model model = {0};
    if (setup_model_path(options, path, sizeof path, error) || model_load(&model, path, error))
        return STATUS_BAD_MODEL;
    printf("model          %s\n", path);
    printf("classes        ");
    for (int i = 0; i < model.class_count; i++)
        printf("%s%s", i ? ", " : "", model.class_names[i]);
    printf("\ninput          %dx%d grey\n", model.width, model.height);
    size_t parameters = 0;
    if (model.aligner.parameters) {
        printf("aligner        ");
        parameters += print_mlp(&model.aligner);
    }
    for (int i = 0; i < model.network_count; i++) {
        printf("network        %s, ", feature_kind_names[model.networks[i].features.kind]);
        parameters += print_mlp(&model.networks[i].mlp);
    }
    printf("parameters     %zu\n", parameters);
    printf("answer         %s\n",
           model.mirror ? "mean over the face and its mirror image" : "one pass over the face");
    const struct model_notes *notes = &model.notes;
    const char *const facts[][2] = {{"training data", notes->training_data},
                                    {"recipe", notes->recipe},
                                    {"seed", notes->seed},
                                    {"accuracy", notes->accuracy},
                                    {"date", notes->date},
                                    {"licence", notes->licence}};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        printf("%-15s%s\n", facts[i][0], *facts[i][1] ? facts[i][1] : "not stated");
    model_free(&model);
    return STATUS_DONE;
}

static void print_version(void)
{
    SDL_version sdl;
    SDL_GetVersion(&sdl);
    printf("expressions %s\nOpenCV %s, SDL %d.%d.%d\n", VERSION, ocv_version(), sdl.major,
           sdl.minor, sdl.patch);
}

static enum exit_status run_command(const struct options *options, struct error *error)
{
    switch (options->command) {
    case COMMAND_HELP:
        options_help(stdout);
        return STATUS_DONE;
    case COMMAND_VERSION:
        print_version();
        return STATUS_DONE;
    case COMMAND_LIST_CAMERAS:
        return list_cameras();
    case COMMAND_MODEL_INFO:
        return print_model(options, error);
    case COMMAND_RUN:
        break;
    }
    ocv_setup(2);
    return options->input == INPUT_IMAGES ? run_stills(options, error) : run_live(options, error);
}

int main(int argc, char *argv[])
{
    struct options options;
    struct error error = {""};
    if (options_parse(&options, argc, argv, &error)) {
        log_line(program_name, "%s; try --help", error.text);
        return STATUS_USAGE;
    }
    enum exit_status status = run_command(&options, &error);
    if (status != STATUS_DONE && error.text[0])
        log_line(program_name, "%s", error.text);
    if (fflush(stdout) && status == STATUS_DONE) {
        log_line(program_name, "stdout cannot be written; check where it goes");
        status = STATUS_FAILED;
    }
    options_free(&options);
    return (int)status;
}
