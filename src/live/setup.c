#include "setup.h"

#include "log.h"
#include "resources.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char program_name[] = "expressions";

int setup_model_path(const struct options *options, char *path, size_t size, struct error *error)
{
    char found[RESOURCE_PATH_SIZE];
    if (!options->model && resource_find("models/expressions.safetensors", found, error))
        return -1;
    const char *chosen = options->model ? options->model : found;
    if (strlen(chosen) >= size)
        return error_set(error, "%.100s...: the name is too long; use a shorter path", chosen);
    strcpy(path, chosen);
    return 0;
}

enum exit_status setup_vision(const struct options *options, struct recognizer **recognizer,
                              struct detector **detector, struct error *error)
{
    char model[RESOURCE_PATH_SIZE];
    if (setup_model_path(options, model, sizeof model, error) ||
        recognizer_open(recognizer, model, error))
        return STATUS_BAD_MODEL;
    const char *cascade = options->cascade ? options->cascade : resource_cascade();
    if (detector_open(detector, cascade, error)) {
        recognizer_close(recognizer);
        return STATUS_FAILED;
    }
    if (options->verbose)
        log_line(program_name, "model %s, cascade %s", model, cascade);
    return STATUS_DONE;
}

int setup_csv(const struct options *options, struct csv **csv, struct error *error)
{
    *csv = NULL;
    if (!options->csv)
        return 0;
    if (options->input == INPUT_VIDEO && setup_check_output(options->source, options->csv, error))
        return -1;
    for (int i = 0; i < options->image_count; i++) {
        if (setup_check_output(options->images[i], options->csv, error))
            return -1;
    }
    return csv_open(csv, options->csv, error);
}

void setup_view(const struct options *options, const char *title, bool live, struct view **view)
{
    *view = NULL;
    if (options->headless)
        return;
    struct error error;
    if (view_possible()) {
        struct view_settings settings = {.title = title,
                                         .font_path = resource_font(),
                                         .mirrored = options->mirror,
                                         .live = live};
        if (view_open(view, &settings, &error) == 0)
            return;
    } else {
        error_set(&error, "there is no display: going on without a window, as with --headless");
    }
    if (!options->quiet)
        log_line(program_name, "%s", error.text);
}

int setup_check_output(const char *input, const char *output, struct error *error)
{
    struct stat in, out;
    if (stat(input, &in) || stat(output, &out) || in.st_dev != out.st_dev ||
        in.st_ino != out.st_ino)
        return 0;
    return error_set(error, "%s: is the input itself; choose another name", output);
}
