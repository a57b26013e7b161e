/* Names the expression of every face in pictures, videos and camera frames. */
#include "cameras.h"
#include "file.h"
#include "library_error.h"
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

static int list_cameras(void)
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
    return 0;
}

static int print_model(const struct options *options, struct error *error)
{
    static char text[EXPRESSIONS_DESCRIPTION_SIZE];
    struct expressions_model *model = NULL;
    struct expressions_error why;
    int result = setup_model(options, &model, error);
    if (result == 0 && expressions_model_describe(model, text, &why))
        result = library_failed(error, &why);
    if (result == 0)
        fputs(text, stdout);
    expressions_model_close(&model);
    return result;
}

static void print_version(void)
{
    char sdl[VIEW_VERSION_SIZE];
    view_sdl_version(sdl);
    printf("expressions %s\nOpenCV %s, SDL %s\n", expressions_version(), ocv_version(), sdl);
}

static int run_command(const struct options *options, struct error *error)
{
    switch (options->command) {
    case COMMAND_HELP:
        options_help(stdout);
        return 0;
    case COMMAND_VERSION:
        print_version();
        return 0;
    case COMMAND_LIST_CAMERAS:
        return list_cameras();
    case COMMAND_MODEL_INFO:
        return print_model(options, error);
    case COMMAND_RUN:
        break;
    }
    if (options->input == INPUT_VIDEO &&
        (options->input_count > 1 || file_is_folder(options->source)))
        return run_films(options, error);
    /* A handful of faces is too little work to share among threads. */
    if (options->input != INPUT_IMAGES)
        setup_blas(1);
    return options->input == INPUT_IMAGES ? run_stills(options, error) : run_live(options, error);
}

int main(int argc, char *argv[])
{
    struct options options;
    struct error error = {.text = ""};
    if (process_prepare())
        return EXIT_FAILURE;
    if (options_parse(&options, argc, argv, &error)) {
        bool usage = error.code != ERROR_NO_MEMORY;
        log_line(program_name, usage ? "%s; try --help" : "%s", error.text);
        return error_exit_status(usage ? ERROR_USAGE : error.code);
    }
    int status = run_command(&options, &error) ? error_exit_status(error.code) : 0;
    if (status && error.text[0])
        log_line(program_name, "%s", error.text);
    if (error.code != ERROR_CLOSED_PIPE && (fflush(stdout) || ferror(stdout)) && status == 0) {
        log_line(program_name, "stdout cannot be written; check where it goes");
        status = EXIT_FAILURE;
    }
    options_free(&options);
    return status;
}
