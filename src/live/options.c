#include "options.h"

#include "arguments.h"
#include "keys.h"
#include "shares.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option_code {
    OPTION_ARGUMENT = 1, /* what getopt_long gives for an argument without an option */
    OPTION_CAMERA = 256,
    OPTION_IMAGE,
    OPTION_VIDEO,
    OPTION_DEMO,
    OPTION_HEADLESS,
    OPTION_JSON,
    OPTION_CSV,
    OPTION_REPORT,
    OPTION_OSC,
    OPTION_LSL,
    OPTION_SERVE,
    OPTION_SERVE_VIDEO,
    OPTION_OUTPUT,
    OPTION_THREADS,
    OPTION_MODEL,
    OPTION_PRIOR,
    OPTION_CASCADE,
    OPTION_SMOOTH,
    OPTION_ADAPT,
    OPTION_SIZE,
    OPTION_FPS,
    OPTION_MAX_FRAMES,
    OPTION_MIRROR,
    OPTION_NO_MIRROR,
    OPTION_ECO,
    OPTION_EXIT_ON_LOSS,
    OPTION_LIST_CAMERAS,
    OPTION_MODEL_INFO,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_HELP,
    OPTION_VERSION
};

enum { MOST_THREADS = 64 };

static const struct option long_options[] = {
    {"camera", required_argument, NULL, OPTION_CAMERA},
    {"image", required_argument, NULL, OPTION_IMAGE},
    {"video", required_argument, NULL, OPTION_VIDEO},
    {"demo", no_argument, NULL, OPTION_DEMO},
    {"headless", no_argument, NULL, OPTION_HEADLESS},
    {"json", no_argument, NULL, OPTION_JSON},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"osc", required_argument, NULL, OPTION_OSC},
    {"lsl", required_argument, NULL, OPTION_LSL},
    {"serve", required_argument, NULL, OPTION_SERVE},
    {"serve-video", no_argument, NULL, OPTION_SERVE_VIDEO},
    {"csv", required_argument, NULL, OPTION_CSV},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"model", required_argument, NULL, OPTION_MODEL},
    {"prior", required_argument, NULL, OPTION_PRIOR},
    {"cascade", required_argument, NULL, OPTION_CASCADE},
    {"smooth", required_argument, NULL, OPTION_SMOOTH},
    {"adapt", required_argument, NULL, OPTION_ADAPT},
    {"size", required_argument, NULL, OPTION_SIZE},
    {"fps", required_argument, NULL, OPTION_FPS},
    {"max-frames", required_argument, NULL, OPTION_MAX_FRAMES},
    {"mirror", no_argument, NULL, OPTION_MIRROR},
    {"no-mirror", no_argument, NULL, OPTION_NO_MIRROR},
    {"eco", no_argument, NULL, OPTION_ECO},
    {"exit-on-loss", no_argument, NULL, OPTION_EXIT_ON_LOSS},
    {"list-cameras", no_argument, NULL, OPTION_LIST_CAMERAS},
    {"model-info", no_argument, NULL, OPTION_MODEL_INFO},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"verbose", no_argument, NULL, OPTION_VERBOSE},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static int choose_input(struct options *options, enum input input, const char *source,
                        struct error *error)
{
    bool more_images = input == INPUT_IMAGES && options->input == INPUT_IMAGES;
    if (options->input != INPUT_NONE && !more_images)
        return error_set(error, "only one of --camera, --image, --video and --demo can be used");
    options->input = input;
    options->source = source;
    return 0;
}

static int add_image(struct options *options, char *path, struct error *error)
{
    if (options->input != INPUT_IMAGES)
        return error_set(error, "unexpected argument \"%s\"; put pictures after --image", path);
    if (*path == '\0')
        return error_set(error, "--image needs the name of a picture or folder");
    options->images[options->image_count++] = path;
    return 0;
}

static int parse_long(const char *name, const char *text, long low, long high, long *value,
                      struct error *error)
{
    char *end;
    errno = 0;
    long parsed = strtol(text, &end, 10);
    if (end == text || *end || errno || parsed < low || parsed > high)
        return error_set(error, "%s takes a whole number from %ld to %ld, not \"%s\"", name, low,
                         high, text);
    *value = parsed;
    return 0;
}

static int parse_number(const char *name, const char *text, double low, double high, double *value,
                        struct error *error)
{
    char *end;
    double parsed = strtod(text, &end);
    if (end == text || *end || !isfinite(parsed) || parsed < low || parsed > high)
        return error_set(error, "%s takes a number from %g to %g, not \"%s\"", name, low, high,
                         text);
    *value = parsed;
    return 0;
}

static int parse_size(const char *text, int *width, int *height, struct error *error)
{
    int used = 0;
    int parsed[2];
    bool matched = sscanf(text, "%5dx%5d%n", &parsed[0], &parsed[1], &used) == 2 && !text[used];
    for (int i = 0; i < 2; i++)
        matched = matched && parsed[i] >= 16 && parsed[i] <= 16384;
    if (!matched)
        return error_set(error,
                         "--size takes WIDTHxHEIGHT such as 640x480, each 16 to 16384, not "
                         "\"%s\"",
                         text);
    *width = parsed[0];
    *height = parsed[1];
    return 0;
}

static int parse_prior(const char *text, struct options *options, struct error *error)
{
    options->prior_chosen = true;
    for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++)
        options->prior[k] = 1.0f;
    if (strcmp(text, "uniform") != 0 &&
        shares_parse(text, EXPRESSIONS_LABEL_COUNT, options->prior) != EXPRESSIONS_LABEL_COUNT)
        return error_set(error,
                         "--prior %.60s: give uniform or seven numbers above 0, such as "
                         "1,1,1,3,1,1,4, of angry, disgust, fear, happy, sad, surprise, neutral",
                         text);
    return 0;
}

static int parse_switch(const char *name, const char *text, bool *value, struct error *error)
{
    *value = strcmp(text, "on") == 0;
    if (*value || strcmp(text, "off") == 0)
        return 0;
    return error_set(error, "%s takes on or off, not \"%s\"", name, text);
}

static void apply_result(struct results_options *results, enum option_code code,
                         const char *argument)
{
    if (code == OPTION_JSON)
        results->json = true;
    else if (code == OPTION_CSV)
        results->csv = argument;
    else if (code == OPTION_OUTPUT)
        results->output = argument;
    else if (code == OPTION_REPORT)
        results->report = argument;
    else if (code == OPTION_OSC)
        results->osc = argument;
    else if (code == OPTION_LSL)
        results->lsl = argument;
    else if (code == OPTION_SERVE)
        results->serve = argument;
    else if (code == OPTION_SERVE_VIDEO)
        results->serve_video = true;
}

static int apply(struct options *options, int code, char *argument, struct error *error)
{
    switch ((enum option_code)code) {
    case OPTION_ARGUMENT:
        return add_image(options, argument, error);
    case OPTION_CAMERA:
        return choose_input(options, INPUT_CAMERA, argument, error);
    case OPTION_IMAGE:
        return choose_input(options, INPUT_IMAGES, NULL, error) ||
                       add_image(options, argument, error)
                   ? -1
                   : 0;
    case OPTION_VIDEO:
        return choose_input(options, INPUT_VIDEO, argument, error);
    case OPTION_DEMO:
        return choose_input(options, INPUT_DEMO, NULL, error);
    case OPTION_HEADLESS:
        options->headless = true;
        return 0;
    case OPTION_JSON:
    case OPTION_CSV:
    case OPTION_OUTPUT:
    case OPTION_REPORT:
    case OPTION_OSC:
    case OPTION_LSL:
    case OPTION_SERVE:
    case OPTION_SERVE_VIDEO:
        apply_result(&options->results, (enum option_code)code, argument);
        return 0;
    case OPTION_THREADS:
        return parse_long("--threads", argument, 1, MOST_THREADS, &options->threads, error);
    case OPTION_MODEL:
        options->model = argument;
        return 0;
    case OPTION_PRIOR:
        return parse_prior(argument, options, error);
    case OPTION_CASCADE:
        options->cascade = argument;
        return 0;
    case OPTION_SIZE:
        return parse_size(argument, &options->camera.width, &options->camera.height, error);
    case OPTION_FPS:
        return parse_number("--fps", argument, 1, 1000, &options->camera.fps, error);
    case OPTION_SMOOTH:
        return parse_number("--smooth", argument, 0, 60, &options->smooth, error);
    case OPTION_ADAPT:
        return parse_switch("--adapt", argument, &options->adapt, error);
    case OPTION_MAX_FRAMES:
        return parse_long("--max-frames", argument, 1, 1000000000, &options->max_frames, error);
    case OPTION_MIRROR:
    case OPTION_NO_MIRROR:
        options->mirror = code == OPTION_MIRROR;
        options->mirror_chosen = true;
        return 0;
    case OPTION_ECO:
        options->eco = true;
        return 0;
    case OPTION_EXIT_ON_LOSS:
        options->exit_on_loss = true;
        return 0;
    case OPTION_LIST_CAMERAS:
        options->command = COMMAND_LIST_CAMERAS;
        return 0;
    case OPTION_MODEL_INFO:
        options->command = COMMAND_MODEL_INFO;
        return 0;
    case OPTION_QUIET:
        options->quiet = true;
        return 0;
    case OPTION_VERBOSE:
        options->verbose = true;
        return 0;
    case OPTION_HELP:
        options->command = COMMAND_HELP;
        return 0;
    case OPTION_VERSION:
        options->command = COMMAND_VERSION;
        return 0;
    }
    return 0;
}

/* Standard input and output have one use each. */
static int check_standard(struct options *options, struct error *error)
{
    int pictures = 0;
    for (int i = 0; i < options->image_count; i++)
        pictures += strcmp(options->images[i], "-") == 0;
    if (pictures > 1)
        return error_set(error, "--image -: standard input has one picture; name it once");
    bool video = options->results.output && strcmp(options->results.output, "-") == 0;
    if (video && options->input == INPUT_IMAGES)
        return error_set(error, "--output - is for videos; give pictures a file or folder");
    if (video && options->results.json)
        return error_set(error, "--json and --output - would mix on standard output; name a file "
                                "for the video");
    bool table = options->results.csv && strcmp(options->results.csv, "-") == 0;
    if (table && (video || options->results.json))
        return error_set(error,
                         "--csv - and %s would mix on standard output; name a file for the "
                         "table",
                         video ? "--output -" : "--json");
    options->results.words = !video && !table && !options->results.json;
    return 0;
}

static int check(struct options *options, struct error *error)
{
    if (options->command != COMMAND_RUN)
        return 0;
    if (options->input == INPUT_NONE)
        return error_set(error, "no input: give --camera, --image, --video or --demo");
    if (options->results.output && *options->results.output == '\0')
        return error_set(error, "--output needs the name of a file or folder");
    if (options->results.report &&
        (*options->results.report == '\0' || options->input == INPUT_IMAGES))
        return error_set(error, "--report needs the name of a folder, and no --image");
    bool live = options->results.osc || options->results.lsl || options->results.serve;
    if (live && options->input == INPUT_IMAGES)
        return error_set(error, "--osc, --lsl and --serve need a camera, a video or the demo, "
                                "not pictures");
    if (options->results.serve_video && !options->results.serve)
        return error_set(error, "--serve-video needs --serve, which says where");
    if (options->results.lsl && *options->results.lsl == '\0')
        return error_set(error, "--lsl needs the name of a stream");
    if (options->results.csv && *options->results.csv == '\0')
        return error_set(error, "--csv needs the name of a file");
    if (!options->mirror_chosen)
        options->mirror = options->input == INPUT_CAMERA;
    return check_standard(options, error);
}

int options_parse(struct options *options, int argc, char *argv[], struct error *error)
{
    static const struct expressions_smoother_settings smoothing = EXPRESSIONS_SMOOTHER_DEFAULTS;
    *options = (struct options){.camera = {.width = 640, .height = 480},
                                .smooth = smoothing.seconds,
                                .adapt = smoothing.adapt};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    options->threads = processors < 1 ? 1 : processors > MOST_THREADS ? MOST_THREADS : processors;
    options->images = calloc((size_t)argc + 1, sizeof *options->images);
    if (!options->images)
        return error_no_memory(error, "the command line");
    opterr = 0;
    optind = 0;
    int result = 0;
    bool finished = false;
    while (result == 0 && !finished) {
        int at = optind ? optind : 1; /* getopt_long itself may stay there, or be one further */
        /* "-": arguments without an option come in their place; ":": a missing value is
         * reported. */
        int code = getopt_long(argc, argv, "-:", long_options, NULL);
        if (code == -1)
            break;
        result = code == '?' || code == ':' ? arguments_refuse(long_options, code, argv[at], error)
                                            : apply(options, code, optarg, error);
        finished = options->command == COMMAND_HELP || options->command == COMMAND_VERSION;
    }
    for (int i = optind; result == 0 && !finished && i < argc; i++)
        result = add_image(options, argv[i], error);
    if (result == 0)
        result = check(options, error);
    if (result)
        options_free(options);
    return result;
}

void options_free(struct options *options)
{
    free(options->images);
    *options = (struct options){0};
}

int options_help(FILE *out)
{
    static const char text[] =
        "Usage: expressions --camera ID | --image PATH... | --video FILE | --demo\n"
        "                   [options]\n"
        "\n"
        "Finds faces and names the expression of each: angry, disgust, fear, happy, sad,\n"
        "surprise or neutral.\n"
        "\n"
        "Where faces come from:\n"
        "  --camera ID         camera by number (0), device path or stream URL\n"
        "  --image PATH...     picture files, or folders of them\n"
        "  --video FILE        video file, every frame\n"
        "                      - as ID, PATH or FILE: standard input\n"
        "  --demo              a drawn face shows all seven; needs no camera\n"
        "\n"
        "Results:\n"
        "  --json              JSON Lines on stdout: one object per picture or frame\n"
        "  --csv FILE          the same as a table: one row per face (-: stdout)\n"
        "  --output PATH       annotated copy: a picture for one --image, a folder for\n"
        "                      several, else a video (.mp4, .mkv, .webm, .avi, .gif);\n"
        "                      - writes a video to stdout, as y4m\n"
        "  --report DIR        which face showed what, and when: tables and a picture\n"
        "  --osc HOST:PORT     Open Sound Control: one bundle per frame, over UDP\n"
        "  --lsl NAME          Lab Streaming Layer: a stream of the seven probabilities\n"
        "                      and one of label changes\n"
        "  --serve [HOST:]PORT a web page with bars and timeline, and JSON for programs,\n"
        "                      at http://127.0.0.1:PORT/ or for others (HOST: 0.0.0.0)\n"
        "  --serve-video       also serve the pictures; without it none leaves the\n"
        "                      program\n"
        "  --smooth SECONDS    how long a clear expression takes to change the label;\n"
        "                      short flickers do not (default 0.2; 0: no smoothing)\n"
        "  --adapt on|off      remove what a face seems to show at rest, once it has\n"
        "                      been seen for ten seconds (default off)\n"
        "  --threads N         pictures to work on at once (default: one per processor)\n"
        "  --headless          never open a window\n"
        "  --quiet             errors only on stderr\n"
        "  --verbose           print the files used and timing statistics\n"
        "\n"
        "Camera and window:\n"
        "  --size WxH          picture size to ask the camera for (default 640x480)\n"
        "  --fps N             frames per second to ask the camera for\n"
        "  --max-frames N      stop after N frames\n"
        "  --mirror            show the window as a mirror (default with --camera)\n"
        "  --no-mirror         show it as the camera sees it\n"
        "  --eco               look for faces five times a second only, to save power;\n"
        "                      in between they move on as expected\n"
        "  --exit-on-loss      end with status 5 when the camera goes away, instead of\n"
        "                      waiting for it\n"
        "\n"
        "Model and cascade:\n"
        "  --model FILE        model other than models/expressions.safetensors\n"
        "  --prior LIST        how frequent each expression is assumed to be: seven\n"
        "                      numbers, such as 1,1,1,3,1,1,4 (angry, disgust, fear,\n"
        "                      happy, sad, surprise, neutral), or uniform (default:\n"
        "                      the model's)\n"
        "  --cascade FILE      other Haar cascade\n"
        "\n"
        "Print and end:\n"
        "  --list-cameras      the cameras of this computer\n"
        "  --model-info        what the model is and where it comes from\n"
        "  --help, --version\n"
        "\n"
        "Keys in the window:\n";
    static const char end[] =
        "\n"
        "Exit status: 0 done, 1 failure, 2 wrong options, 3 no face in any picture,\n"
        "      4 no such camera, 5 camera lost, 6 bad model file\n"
        "\n"
        "Examples:\n"
        "  expressions --demo\n"
        "  expressions --camera 0\n"
        "  expressions --image face.jpg --output annotated.png\n"
        "  expressions --image holiday/ --headless --json > faces.jsonl\n"
        "  expressions --video party.mp4 --headless --output annotated.mp4\n"
        "  expressions --camera 0 --output - | ffplay -\n";
    fputs(text, out);
    for (int i = 0; i < KEY_COUNT; i++)
        fprintf(out, "  %-18s  %s\n", keys[i].name, keys[i].meaning);
    return fputs(end, out);
}
