/* Names the expression of every face in pictures, videos and camera frames. */
#include "cameras.h"
#include "log.h"
#include "ocv.h"
#include "process.h"
#include "run.h"
#include "setup.h"
#include "text.h"
#include "view.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void print_camera(const struct camera *camera)
{
    printf("%d  %s  ", camera->number, camera->path);
    text_print(stdout, camera->name);
    printf("\n");
    if (*camera->lasting)
        printf("    %s\n", camera->lasting);
    for (int i = 0; i < camera->size_count; i++)
        printf("%s%dx%d%s", i ? " " : "    ", camera->widths[i], camera->heights[i],
               i + 1 == camera->size_count ? "\n" : "");
}

static enum exit_status list_cameras(void)
{
    struct camera *cameras;
    int count = cameras_find(&cameras);
    for (int i = 0; i < count; i++)
        print_camera(&cameras[i]);
    free(cameras);
    struct error reason;
    if (count == 0 && cameras_is_raw("0", &reason))
        log_line(program_name, "camera 0: %s", reason.text);
    else if (count == 0)
        log_line(program_name, "no camera here; try ./expressions --demo");
    return STATUS_DONE;
}

static enum exit_status print_model(const struct options *options, struct error *error)
{
    static char text[EXPRESSIONS_DESCRIPTION_SIZE];
    struct expressions_model *model = NULL;
    struct expressions_error why;
    enum exit_status status = setup_model(options, &model, error);
    if (status == STATUS_DONE && expressions_model_describe(model, text, &why))
        status = setup_fail(&why, error);
    if (status == STATUS_DONE)
        fputs(text, stdout);
    expressions_model_close(&model);
    return status;
}

static void print_version(void)
{
    char sdl[VIEW_VERSION_SIZE];
    view_sdl_version(sdl);
    printf("expressions %s\nOpenCV %s, SDL %s\n", expressions_version(), ocv_version(), sdl);
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
    /* A handful of faces is too little work to share among threads. */
    if (options->input != INPUT_IMAGES)
        setup_blas(1);
    /* In stills two cascades look at the same time, each in a thread of its own. */
    ocv_setup(options->input == INPUT_IMAGES ? 1 : 2);
    return options->input == INPUT_IMAGES ? run_stills(options, error) : run_live(options, error);
}

int main(int argc, char *argv[])
{
    struct options options;
    struct error error = {.text = ""};
    if (process_prepare())
        return STATUS_FAILED;
    if (options_parse(&options, argc, argv, &error)) {
        log_line(program_name, "%s; try --help", error.text);
        return STATUS_USAGE;
    }
    enum exit_status status = run_command(&options, &error);
    bool enough = error.code == ERROR_CLOSED_PIPE;
    if (enough)
        status = STATUS_DONE;
    else if (status != STATUS_DONE && error.text[0])
        log_line(program_name, "%s", error.text);
    if (!enough && (fflush(stdout) || ferror(stdout)) && status == STATUS_DONE) {
        log_line(program_name, "stdout cannot be written; check where it goes");
        status = STATUS_FAILED;
    }
    options_free(&options);
    return (int)status;
}
