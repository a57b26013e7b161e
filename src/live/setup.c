#include "setup.h"

#include "beside.h"
#include "blas.h"
#include "cascade_files.h"
#include "library_error.h"
#include "log.h"
#include "ocv.h"
#include "process.h"
#include "resources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char program_name[] = "expressions";

void setup_blas(int threads)
{
    struct error error;
    if (blas_setup(threads, &error) == 0)
        return;
    log_line(program_name, "%s", error.text);
    _exit(EXIT_FAILURE);
}

int setup_threads(const struct options *options, int count)
{
    int others = process_spare_files(SETUP_FILES * options->threads) / SETUP_FILES;
    int threads = options->threads < others + 1 ? options->threads : others + 1;
    return threads < count ? threads : count;
}

/* The user's, or the one that comes with the program; NULL: that is missing. */
static const char *model_of(const struct options *options, char found[RESOURCE_PATH_SIZE],
                            struct error *error)
{
    if (options->model)
        return options->model;
    return resource_find("models/expressions.safetensors", found, error) ? NULL : found;
}

int setup_model(const struct options *options, struct expressions_model **model,
                struct error *error)
{
    char found[RESOURCE_PATH_SIZE];
    struct expressions_error why;
    const char *path = model_of(options, found, error);
    if (!path)
        return error_failed_with(error, ERROR_BAD_MODEL);
    struct expressions_model_settings settings = EXPRESSIONS_MODEL_DEFAULTS;
    settings.prior = options->prior_chosen ? options->prior : NULL;
    if (expressions_model_open(model, path, &settings, &why))
        return library_failed(error, &why);
    if (options->verbose)
        log_line(program_name, "model %s", path);
    return 0;
}

/* The detector, which is opened while the model is read. */
struct detector_opening {
    const char *cascade;
    struct vision *vision;
    struct expressions_error why;
    bool failed;
};

static const char *cascade_of(const struct options *options)
{
    return options->cascade ? options->cascade : cascade_files[CASCADE_FIRST];
}

static void open_detector(void *context)
{
    struct detector_opening *opening = context;
    struct expressions_detector_settings settings = EXPRESSIONS_DETECTOR_DEFAULTS;
    settings.cascade = opening->cascade;
    opening->failed = expressions_detector_open(&opening->vision->detector, &settings,
                                                &opening->why) != EXPRESSIONS_OK;
}

static void load_videos(void *context)
{
    ocv_video_prepare(context);
}

static int open_recognizer(const struct options *options, struct vision *vision,
                           struct error *error)
{
    struct expressions_error why;
    if (setup_model(options, &vision->model, error))
        return -1;
    return expressions_recognizer_open(&vision->recognizer, vision->model, &why)
               ? library_failed(error, &why)
               : 0;
}

int setup_vision(const struct options *options, struct vision *vision, struct error *error)
{
    bool moving = options->input == INPUT_CAMERA || options->input == INPUT_VIDEO;
    struct detector_opening opening = {cascade_of(options), vision, .failed = false};
    struct error unloaded = {.text = ""};
    struct beside detector, videos;
    if (moving)
        beside_begin(&videos, load_videos, &unloaded);
    beside_begin(&detector, open_detector, &opening);
    int result = open_recognizer(options, vision, error);
    beside_end(&detector);
    if (moving)
        beside_end(&videos);
    if (result)
        return -1;
    if (opening.failed)
        return library_failed(error, &opening.why);
    if (options->verbose)
        log_line(program_name, "cascade %s", opening.cascade);
    if (unloaded.text[0]) {
        *error = unloaded;
        return -1;
    }
    struct expressions_error why;
    return expressions_detector_set_verifier(vision->detector, vision->model, &why)
               ? library_failed(error, &why)
               : 0;
}

bool setup_another(const struct options *options, struct vision *vision)
{
    struct detector_opening opening = {cascade_of(options), vision, .failed = false};
    struct expressions_error ignored;
    open_detector(&opening);
    return !opening.failed &&
           !expressions_detector_set_verifier(vision->detector, vision->model, &ignored) &&
           !expressions_recognizer_open(&vision->recognizer, vision->model, &ignored);
}

void setup_end_vision(struct vision *vision)
{
    expressions_detector_close(&vision->detector);
    expressions_recognizer_close(&vision->recognizer);
    expressions_model_close(&vision->model);
}

_Noreturn void setup_end_at_once(const char *reason, int status, const struct error *failure)
{
    bool failed = *failure->text;
    if (failed)
        status = error_exit_status(failure->code);
    if (!failed || status)
        log_line(program_name, "%s", failed ? failure->text : reason);
    fflush(stdout);
    _Exit(status);
}

_Noreturn void setup_end_without_display(const struct error *failure)
{
    setup_end_at_once("the display has gone away; everything recorded until then has been saved",
                      EXIT_FAILURE, failure);
}

int setup_list(const struct options *options, struct input_list *list)
{
    int result = 0;
    for (int i = 0; i < options->input_count; i++) {
        struct error error;
        if (input_list_add(list, options->inputs[i], &error) == 0)
            continue;
        log_line(program_name, "%s", error.text);
        result = -1;
    }
    return result;
}

void setup_report_skipped(const struct options *options, const struct input_list *list)
{
    if (list->skipped > 0 && !options->quiet)
        log_line(program_name, "skipped in folders, not %s by their names: %s (%d)",
                 list->kind->many, list->skipped_names, list->skipped);
}

const char *setup_input(const char *path)
{
    return strcmp(path, "-") == 0 ? "/dev/stdin" : path;
}

int setup_files(const struct options *options, struct file_set *files, struct error *error)
{
    char found[RESOURCE_PATH_SIZE];
    struct error ignored; /* whatever needs a missing file reports it */
    const char *model = model_of(options, found, &ignored);
    const char *source = options->source ? setup_input(options->source) : NULL;
    if (options->input == INPUT_CAMERA && source == options->source)
        source = NULL; /* a device, or an address */
    if (file_set_add(files, model, error) || file_set_add(files, source, error) ||
        file_set_add(files, cascade_of(options), error))
        return -1;
    return 0;
}

void setup_view(const struct options *options, const char *title, bool live, struct view **view,
                struct error *missing)
{
    if (options->headless)
        return;
    struct error error;
    if (view_possible()) {
        struct view_settings settings = {
            .title = title, .drawing = options->drawing, .mirrored = options->mirror, .live = live};
        if (view_open(view, &settings, &error) == 0)
            return;
    } else {
        error_set(&error, "there is no display: continuing without a window, as with --headless");
    }
    if (!options->quiet)
        *missing = error;
}

void setup_report_missing(struct error *missing)
{
    if (*missing->text)
        log_line(program_name, "%s", missing->text);
    *missing->text = '\0';
}
