#include "options.h"

#include "arguments.h"
#include "blas.h"
#include "keys.h"
#include "resources.h"
#include "results.h"
#include "shares.h"

#include <stdlib.h>
#include <string.h>

/* The labels in their order, in one text. */
enum { LABEL_LIST_SIZE = 100 };
static const char *list_labels(char list[LABEL_LIST_SIZE])
{
    size_t used = 0;
    for (int i = 0; i < EXPRESSIONS_LABEL_COUNT; i++)
        used += (size_t)snprintf(list + used, LABEL_LIST_SIZE - used, "%s%s", i ? ", " : "",
                                 expressions_label_name(i));
    return list;
}

static bool takes_several(enum input input)
{
    return input == INPUT_IMAGES || input == INPUT_VIDEO;
}

static int add_input(void *target, char *path, struct error *error)
{
    struct options *options = target;
    if (!takes_several(options->input))
        return error_set(error,
                         "unexpected argument \"%s\"; put pictures after --image and videos after "
                         "--video",
                         path);
    bool pictures = options->input == INPUT_IMAGES;
    if (*path == '\0')
        return error_set(error, "%s needs the name of a %s or folder",
                         pictures ? "--image" : "--video", pictures ? "picture" : "video");
    options->inputs[options->input_count++] = path;
    return 0;
}

/* --camera, --image, --video and --demo. */
static int read_input(const struct argument *row, char *text, void *target, struct error *error)
{
    struct options *options = target;
    enum input input = (enum input)row->low;
    bool more = takes_several(input) && options->input == input;
    if (options->input != INPUT_NONE && !more)
        return error_set(error, "only one of --camera, --image, --video and --demo can be used");
    options->input = input;
    if (input == INPUT_CAMERA && *text == '\0')
        return error_set(error, "--%s needs a value: %s", row->name, row->help);
    if (!more)
        options->source = text;
    return takes_several(input) ? add_input(options, text, error) : 0;
}

static int read_size(const struct argument *row, char *text, void *target, struct error *error)
{
    int used = 0, width, height;
    bool matched = sscanf(text, "%5dx%5d%n", &width, &height, &used) == 2 && !text[used];
    if (!matched || width < row->low || width > row->high || height < row->low ||
        height > row->high)
        return error_set(error,
                         "--size takes WIDTHxHEIGHT such as 640x480, each %g to %g, not \"%s\"",
                         row->low, row->high, text);
    ((struct options *)target)->camera.width = width;
    ((struct options *)target)->camera.height = height;
    return 0;
}

static void print_size(const void *target, char *text, size_t size)
{
    const struct options *options = target;
    snprintf(text, size, "%dx%d", options->camera.width, options->camera.height);
}

static int read_prior(const struct argument *row, char *text, void *target, struct error *error)
{
    struct options *options = target;
    char list[LABEL_LIST_SIZE];
    (void)row;
    for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++)
        options->prior[k] = 1.0f;
    if (strcmp(text, "uniform") != 0 && shares_parse(text, EXPRESSIONS_LABEL_COUNT, SHARES_LEAST,
                                                     options->prior) != EXPRESSIONS_LABEL_COUNT)
        return error_set(error,
                         "--prior %.60s: give uniform or seven numbers above 0, such as "
                         "1,1,1,3,1,1,4, of %s",
                         text, list_labels(list));
    return 0;
}

#define AT(field)      ARGUMENT_AT(struct options, field)
#define TEXT(field)    ARGUMENT_TEXT, AT(field)
#define FLAG(field)    ARGUMENT_SET, AT(field), .low = true
#define COMMAND(which) ARGUMENT_SET, AT(command), .low = (which)
#define INPUT(which)   ARGUMENT_OWN, .low = (which), .read = read_input

/* clang-format off */
static const struct argument rows[] = {
    {.help = "Where faces come from"},
    {"camera", "ID", "camera by number (0), device path or stream URL", INPUT(INPUT_CAMERA)},
    {"image", "PATH...", "picture files, or folders of them", INPUT(INPUT_IMAGES)},
    {"video", "PATH...", "video files, every frame, or folders of them; ID or PATH may be -, standard "
     "input", INPUT(INPUT_VIDEO)},
    {"demo", NULL, "a drawn face shows all seven; needs no camera", INPUT(INPUT_DEMO)},
    {.help = "Results"},
    {"json", NULL, "JSON Lines on stdout: one object per picture or frame", FLAG(results.json)},
    {"csv", "FILE", "the same as a table: one row per face (-: stdout)", TEXT(results.csv)},
    {"output", "PATH", "annotated copy: a picture for one --image, a folder for several pictures or videos, else a "
     "video (.mp4, .mkv, .webm, .avi, .gif); - writes a video to stdout, as y4m", TEXT(results.output)},
    {"report", "DIR", "which face showed what, and when: tables and a picture",
     TEXT(results.report)},
    {"osc", "HOST:PORT", "Open Sound Control: one bundle per frame, over UDP", TEXT(results.osc)},
    {"lsl", "NAME", "Lab Streaming Layer: a stream of the seven probabilities and one of label "
     "changes", TEXT(results.lsl)},
    {"serve", "[HOST:]PORT", "a web page with bars and timeline, and JSON for programs, at "
     "http://127.0.0.1:PORT/ or for others (HOST: 0.0.0.0)", TEXT(results.serve)},
    {"serve-video", NULL, "also serve the pictures; without it none leaves the program",
     FLAG(results.serve_video)},
    {"smooth", "SECONDS", "how long a clear expression takes to change the label; short flickers do "
     "not (default %; 0: no smoothing)", ARGUMENT_NUMBER, AT(smooth), 0, 60},
    {"adapt", NULL, "remove what a face seems to show at rest, once it has been seen for ten "
     "seconds (default %)", ARGUMENT_CHOICE, AT(adapt), .names = argument_switch, .high = 2},
    {"threads", "N", "pictures or videos to work on at once (default: one per processor)", ARGUMENT_WHOLE,
     AT(threads), 1, BLAS_MAX_THREADS},
    {"headless", NULL, "never open a window", FLAG(headless)},
    {"quiet", NULL, "print only errors on stderr", FLAG(quiet)},
    {"verbose", NULL, "print the files used and timing statistics", FLAG(verbose)},
    {.help = "Camera and window"},
    {"size", "WxH", "picture size to ask the camera for (default %)", ARGUMENT_OWN,
     .low = 16, .high = 16384, .read = read_size, .print = print_size},
    {"fps", "N", "frames per second to ask the camera for", ARGUMENT_NUMBER, AT(camera.fps), 1,
     1000},
    {"follow", NULL, "the stream's address may lead to others: by redirects, playlists (HLS) or session "
     "descriptions (SDP)", FLAG(camera.follow)},
    {"max-frames", "N", "stop after N frames", ARGUMENT_WHOLE, AT(max_frames), 1, 1000000000},
    {"mirror", NULL, "show the window as a mirror (default with --camera)", FLAG(mirror)},
    {"no-mirror", NULL, "show it as the camera sees it", ARGUMENT_SET, AT(mirror), false},
    {"eco", NULL, "look for faces five times a second only, to save power; in between they move on "
     "as expected", FLAG(eco)},
    {"exit-on-loss", NULL, "end with status 5 when the camera goes away, instead of waiting for it",
     FLAG(exit_on_loss)},
    {.help = "Model and cascade"},
    {"model", "FILE", "model other than models/expressions.safetensors", TEXT(model)},
    {"prior", "uniform|LIST", "how frequent each expression is assumed to be: seven numbers in the "
     "order above, such as 1,1,1,3,1,1,4, or uniform (default: the model's)", ARGUMENT_OWN, AT(prior),
     .read = read_prior},
    {"cascade", "FILE", "other Haar cascade", TEXT(cascade)},
    {.help = "Print and end"},
    {"list-cameras", NULL, "the cameras of this computer", COMMAND(COMMAND_LIST_CAMERAS)},
    {"model-info", NULL, "what the model is and where it comes from", COMMAND(COMMAND_MODEL_INFO)},
    {"help", NULL, "this", COMMAND(COMMAND_HELP), .ends = true},
    {"version", NULL, "the versions of the program and its libraries", COMMAND(COMMAND_VERSION),
     .ends = true},
};
/* clang-format on */

/* Standard input and output have one use each. */
static int check_standard(struct options *options, struct error *error)
{
    int piped = 0;
    for (int i = 0; i < options->input_count; i++)
        piped += strcmp(options->inputs[i], "-") == 0;
    if (piped > 1)
        return error_set(error, "%s -: standard input is a single %s; give it once",
                         options->input == INPUT_IMAGES ? "--image" : "--video",
                         options->input == INPUT_IMAGES ? "picture" : "video");
    bool video = options->results.output && strcmp(options->results.output, "-") == 0;
    if (video && options->input == INPUT_IMAGES)
        return error_set(error, "--output - is for videos; give pictures a file or folder");
    bool taken;
    if (results_check_stdout(&options->results, &taken, error))
        return -1;
    options->results.words = !taken;
    return 0;
}

static int check(struct options *options, struct error *error)
{
    if (options->command != COMMAND_RUN)
        return 0;
    if (options->input == INPUT_NONE)
        return error_set(error, "no input: give --camera, --image, --video or --demo");
    const char *moving = results_moving(&options->results);
    if (moving && options->input == INPUT_IMAGES)
        return error_set(error, "%s needs a camera, a video or the demo, not pictures", moving);
    if (results_check(&options->results, error))
        return -1;
    if (options->results.serve_video && !options->results.serve)
        return error_set(error, "--serve-video needs --serve, which says where");
    if (!options->mirror_chosen)
        options->mirror = options->input == INPUT_CAMERA;
    return check_standard(options, error);
}

/* The options as they are before a command line is read. */
static struct argument_table set_defaults(struct options *options)
{
    static const struct expressions_smoother_settings smoothing = EXPRESSIONS_SMOOTHER_DEFAULTS;
    *options = (struct options){.camera = {.width = 640, .height = 480},
                                .drawing = {resource_font(), .bars = true},
                                .smooth = smoothing.seconds,
                                .adapt = smoothing.adapt};
    options->threads = blas_usual_threads();
    return (struct argument_table){rows, sizeof rows / sizeof *rows, options, 0};
}

int options_parse(struct options *options, int argc, char *argv[], struct error *error)
{
    struct argument_table table = set_defaults(options);
    options->inputs = calloc((size_t)argc, sizeof *options->inputs); /* with room to spare */
    if (!options->inputs)
        return error_no_memory(error, "the command line");
    int result = arguments_parse(&table, 1, argc, argv, add_input, error);
    options->prior_chosen = arguments_given(&table, offsetof(struct options, prior));
    options->mirror_chosen = arguments_given(&table, offsetof(struct options, mirror));
    if (result == 0)
        result = check(options, error);
    if (result)
        options_free(options);
    return result;
}

void options_free(struct options *options)
{
    free(options->inputs);
    *options = (struct options){0};
}

void options_help(FILE *out)
{
    struct options options;
    struct argument_table table = set_defaults(&options);
    char list[LABEL_LIST_SIZE];
    fprintf(out,
            "Usage: expressions --camera ID | --image PATH... | --video PATH... | --demo\n"
            "                   [options]\n"
            "\n"
            "Finds faces and names the expression of each:\n%s.\n",
            list_labels(list));
    arguments_help(&table, 1, out);
    fputs("\nKeys in the window:\n", out);
    for (int i = 0; i < KEY_COUNT; i++)
        fprintf(out, "  %-20s  %s\n", keys[i].name, keys[i].meaning);
    fputs("Over a picture any other key than these shows the next one:", out);
    for (int i = 0; i < KEY_COUNT; i++) {
        if (keys[i].still)
            fprintf(out, " %s", keys[i].name);
    }
    fputs("\n", out);
    fputs("\n"
          "Exit status: 0 done, 1 failure, 2 wrong options, 3 no face in any picture,\n"
          "      4 no such camera, 5 camera lost, 6 bad model file\n"
          "\n"
          "Examples:\n"
          "  expressions --demo\n"
          "  expressions --camera 0\n"
          "  expressions --image face.jpg --output annotated.png\n"
          "  expressions --image holiday/ --headless --json > faces.jsonl\n"
          "  expressions --video party.mp4 --headless --output annotated.mp4\n"
          "  expressions --video interviews/ --headless --csv interviews.csv\n"
          "  expressions --camera 0 --output - | ffplay -\n",
          out);
}
