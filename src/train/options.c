#include "options.h"

#include "arguments.h"
#include "shares.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option_id {
    OPTION_ARGUMENT = 1, /* what getopt_long gives for an argument without an option */
    OPTION_DATA = 256,
    OPTION_FERPLUS,
    OPTION_BACKGROUNDS,
    OPTION_FERPLUS_SHARE,
    OPTION_OUTPUT,
    OPTION_ALIGN,
    OPTION_VERIFIER,
    OPTION_FEATURES,
    OPTION_HIDDEN,
    OPTION_ACTIVATION,
    OPTION_OUTPUT_ACTIVATION,
    OPTION_LOSS,
    OPTION_BATCH_NORM,
    OPTION_DESCENT,
    OPTION_BATCH_SIZE,
    OPTION_OPTIMIZER,
    OPTION_LEARNING_RATE,
    OPTION_EPOCHS,
    OPTION_PATIENCE,
    OPTION_DROPOUT,
    OPTION_INPUT_DROPOUT,
    OPTION_WEIGHT_DECAY,
    OPTION_LABEL_SMOOTHING,
    OPTION_AUGMENT,
    OPTION_WEBCAM,
    OPTION_MIXUP,
    OPTION_CLASS_WEIGHTS,
    OPTION_PRIOR,
    OPTION_SEED,
    OPTION_THREADS,
    OPTION_INIT_ONLY,
    OPTION_MEAN_FACES,
    OPTION_FOLDS,
    OPTION_RESUME,
    OPTION_REPORT,
    OPTION_SKIP_BAD,
    OPTION_EVALUATE,
    OPTION_EXPORT_ONNX,
    OPTION_SPLIT,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct option long_options[] = {
    {"data", required_argument, NULL, OPTION_DATA},
    {"ferplus", required_argument, NULL, OPTION_FERPLUS},
    {"backgrounds", required_argument, NULL, OPTION_BACKGROUNDS},
    {"ferplus-share", required_argument, NULL, OPTION_FERPLUS_SHARE},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"align", required_argument, NULL, OPTION_ALIGN},
    {"verifier", required_argument, NULL, OPTION_VERIFIER},
    {"features", required_argument, NULL, OPTION_FEATURES},
    {"hidden", required_argument, NULL, OPTION_HIDDEN},
    {"activation", required_argument, NULL, OPTION_ACTIVATION},
    {"output-activation", required_argument, NULL, OPTION_OUTPUT_ACTIVATION},
    {"loss", required_argument, NULL, OPTION_LOSS},
    {"batch-norm", required_argument, NULL, OPTION_BATCH_NORM},
    {"descent", required_argument, NULL, OPTION_DESCENT},
    {"batch-size", required_argument, NULL, OPTION_BATCH_SIZE},
    {"optimizer", required_argument, NULL, OPTION_OPTIMIZER},
    {"learning-rate", required_argument, NULL, OPTION_LEARNING_RATE},
    {"epochs", required_argument, NULL, OPTION_EPOCHS},
    {"patience", required_argument, NULL, OPTION_PATIENCE},
    {"dropout", required_argument, NULL, OPTION_DROPOUT},
    {"input-dropout", required_argument, NULL, OPTION_INPUT_DROPOUT},
    {"weight-decay", required_argument, NULL, OPTION_WEIGHT_DECAY},
    {"label-smoothing", required_argument, NULL, OPTION_LABEL_SMOOTHING},
    {"augment", required_argument, NULL, OPTION_AUGMENT},
    {"webcam", required_argument, NULL, OPTION_WEBCAM},
    {"class-weights", required_argument, NULL, OPTION_CLASS_WEIGHTS},
    {"prior", required_argument, NULL, OPTION_PRIOR},
    {"mixup", required_argument, NULL, OPTION_MIXUP},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"init-only", no_argument, NULL, OPTION_INIT_ONLY},
    {"folds", required_argument, NULL, OPTION_FOLDS},
    {"resume", required_argument, NULL, OPTION_RESUME},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"skip-bad", no_argument, NULL, OPTION_SKIP_BAD},
    {"mean-faces", required_argument, NULL, OPTION_MEAN_FACES},
    {"evaluate", required_argument, NULL, OPTION_EVALUATE},
    {"export-onnx", required_argument, NULL, OPTION_EXPORT_ONNX},
    {"split", required_argument, NULL, OPTION_SPLIT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "Usage: train_fer [--data PATH] [--output MODEL] [options]      train\n"
    "       train_fer --evaluate MODEL [--split NAME] [--json] [--report DIR]   measure\n"
    "       train_fer --export-onnx FILE [MODEL]                    convert\n"
    "\n"
    "Trains the network of expressions on FER2013, or measures a trained one. Without\n"
    "options it follows the recipe that made models/expressions.safetensors.\n"
    "\n"
    "Data\n"
    "  --data PATH             fer2013.csv, a folder with train/<class>/ and\n"
    "                          test/<class>/, or one of IDX files such as MNIST's\n"
    "                          (default datasets/fer2013.csv)\n"
    "  --skip-bad              leave out pictures in folders that cannot be read\n"
    "  --ferplus FILE          fer2013new.csv: ten people's votes on each picture\n"
    "                          (default datasets/fer2013new.csv where it exists)\n"
    "  --backgrounds DIR       pictures without faces, for the verifier (default\n"
    "                          datasets/backgrounds where it exists; else made-up scenes\n"
    "                          alone, with which it lets more pass)\n"
    "  --ferplus-share X       share of each target that comes from votes and label\n"
    "                          together; the rest is the label (%g)\n"
    "  --class-weights X       each class counts by its share to the power of -X; 1: all\n"
    "                          classes count alike (%g for softmax with\n"
    "                          cross-entropy, else 0)\n"
    "  --prior P               the classes' shares that answers assume: uniform, training\n"
    "                          (those of the targets), or a number for each class\n"
    "                          (%s; other classes:\n"
    "                          uniform; sigmoid outputs: training)\n"
    "  --augment X             strength of turning, scaling, shifting; 0: none, not\n"
    "                          even mirroring (%g; 0 for IDX files)\n"
    "  --webcam X              share of samples degraded as by a webcam: light, blur,\n"
    "                          noise, JPEG, something before the face (%g; 0 with --augment 0)\n"
    "  --mixup X               alpha of mixup, blends of two samples; 0: none (%g)\n"
    "\n"
    "Network\n"
    "  --align on|off          learn to bring faces upright, to one size and place\n"
    "                          (on for the seven expressions)\n"
    "  --verifier on|off       learn to tell faces from what only looks like one to the\n"
    "                          cascade (on for the seven expressions)\n"
    "  --features LIST         pixels, hog, windows of hog, codes of patches; one\n"
    "                          network for each, averaged (patches)\n"
    "  --hidden LIST           units of each hidden layer, or none; @N: N at each\n"
    "                          place, which share weights; S@N: N for each window\n"
    "                          of SxS places (@64,3@64,512; pixels: 512,256)\n"
    "  --activation NAME       sigmoid, tanh or relu (relu)\n"
    "  --output-activation N   softmax or sigmoid (softmax)\n"
    "  --batch-norm on|off     batch normalization of the hidden layers (on for relu\n"
    "                          in mini-batches)\n"
    "\n"
    "Training\n"
    "  --loss NAME             cross-entropy or mse (cross-entropy)\n"
    "  --descent NAME          mini-batch, stochastic or full (mini-batch)\n"
    "  --batch-size N          samples in a mini-batch (%d)\n"
    "  --optimizer NAME        sgd, momentum or adamw (adamw)\n"
    "  --learning-rate X       at its peak (adamw 0.006, momentum 0.01, sgd 0.1)\n"
    "  --epochs N              passes over the training data (%d)\n"
    "  --patience N            end after N epochs without a better validation\n"
    "                          (0: never)\n"
    "  --dropout X             share of hidden units dropped (%g)\n"
    "  --input-dropout X       share of inputs, @N and S@N units dropped (%g)\n"
    "  --weight-decay X        how fast weights shrink (%g; 0 for sgd and momentum)\n"
    "  --label-smoothing X     share of each target spread over all classes (%g for\n"
    "                          softmax with cross-entropy, else 0)\n"
    "  --seed N                seed of all random numbers (%d)\n"
    "  --threads N             (default: one for each processor)\n"
    "  --output MODEL          where the best model goes\n"
    "                          (models/expressions.safetensors)\n"
    "                          (the checkpoint of each epoch goes beside it)\n";

/* A string of its own: C11 promises room for 4095 characters. */
static const char help_of_others[] =
    "  --resume FILE           go on from a checkpoint, with its own options\n"
    "  --report DIR            summary.json, confusions, calibration and robustness as\n"
    "                          tables and pictures; of a training also log.csv, curves.png\n"
    "  --folds K               measure the recipe instead: K trainings, each without one\n"
    "                          of K parts of the training data, on that part\n"
    "  --init-only             write the untrained network and end\n"
    "\n"
    "Other\n"
    "  --evaluate MODEL        accuracy, figures for each class, confusion matrix\n"
    "  --split NAME            Training, PublicTest or PrivateTest of fer2013.csv;\n"
    "                          train, validation or test of others (PublicTest; test)\n"
    "  --json                  the figures as one JSON object\n"
    "  --export-onnx FILE      write MODEL (models/expressions.safetensors) as ONNX, from\n"
    "                          the input vectors on; FILE ends in .onnx\n"
    "  --mean-faces FILE       write the mean aligned face of each class, seven in one,\n"
    "                          side by side, each one's difference from all faces\n"
    "                          enlarged 1.6 times\n"
    "  --help, --version\n"
    "\n"
    "Examples\n"
    "  train_fer\n"
    "  train_fer --features pixels --hidden 100 --activation sigmoid \\\n"
    "            --output-activation sigmoid --loss mse --optimizer sgd \\\n"
    "            --output mine.safetensors\n"
    "  train_fer --evaluate models/expressions.safetensors --split PublicTest\n";

void options_print_help(FILE *out)
{
    struct recipe r = recipe_default();
    char prior[PRIOR_TEXT_SIZE];
    prior_print(&prior_of_faces, prior, sizeof prior);
    fprintf(out, help, (double)r.targets.votes_share, (double)r.class_weights, prior,
            (double)r.augment.strength, (double)r.augment.webcam, (double)r.mixup, r.batch_size,
            r.epochs, (double)r.step.dropout, (double)r.step.input_dropout, (double)r.weight_decay,
            (double)r.targets.smoothing, (int)r.seed);
    fputs(help_of_others, out);
}

/* ---- Values ---------------------------------------------------------------------------------- */

static int parse_real(const char *name, const char *text, double low, double high, float *value,
                      struct error *error)
{
    char *end;
    errno = 0;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || errno == ERANGE || !(number >= low && number <= high))
        return error_set(error, "--%s %.40s: not a number from %g to %g", name, text, low, high);
    *value = (float)number;
    return 0;
}

static int parse_int(const char *name, const char *text, int low, int high, int *value,
                     struct error *error)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno == ERANGE || number < low || number > high)
        return error_set(error, "--%s %.40s: not a whole number from %d to %d", name, text, low,
                         high);
    *value = (int)number;
    return 0;
}

static int parse_name(const char *name, const char *text, const char *const *names, int count,
                      int *value, struct error *error)
{
    char list[128] = "";
    for (int i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0) {
            *value = i;
            return 0;
        }
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    }
    return error_set(error, "--%s %.40s: must be one of %s", name, text, list);
}

static int parse_switch(const char *name, const char *text, bool *value, struct error *error)
{
    static const char *const names[] = {"off", "on"};
    int on = 0, result = parse_name(name, text, names, 2, &on, error);
    *value = on == 1;
    return result;
}

/* Reads one of the layers, moves *text behind it. */
static int parse_layer(const char **text, struct hidden_layer *layer)
{
    char *end;
    *layer = (struct hidden_layer){0};
    long number = strtol(*text, &end, 10);
    if (*end == '@') {
        bool window = end > *text;
        if (window && (number < 1 || number > MLP_MAX_GRID))
            return -1;
        layer->window = window ? (int)number : 0;
        layer->places = !window;
        *text = end + 1;
        number = strtol(*text, &end, 10);
    }
    if (end == *text || number < 1 || number > MLP_MAX_UNITS)
        return -1;
    layer->units = (int)number;
    *text = end;
    return 0;
}

static int parse_hidden(const char *list, struct recipe *recipe, struct error *error)
{
    const char *text = list;
    recipe->hidden_count = 0;
    if (strcmp(text, "none") == 0)
        return 0;
    while (recipe->hidden_count < MLP_MAX_LAYERS - 1 &&
           parse_layer(&text, &recipe->hidden[recipe->hidden_count]) == 0) {
        recipe->hidden_count++;
        if (*text == '\0')
            return 0;
        if (*text++ != ',')
            break;
    }
    return error_set(error,
                     "--hidden %.40s: give the units of each hidden layer, such as 1024,512 or "
                     "@64,3@64,512, or none",
                     list);
}

static int parse_features(const char *list, struct recipe *recipe, struct error *error)
{
    char text[128], *rest = text;
    int value = 0, count = 0;
    snprintf(text, sizeof text, "%s", list);
    for (char *name; (name = strtok_r(rest, ",", &rest)); count++) {
        if (count == MODEL_MAX_NETWORKS)
            return error_set(error, "--features %.40s: at most %d can be combined", list,
                             MODEL_MAX_NETWORKS);
        if (parse_name("features", name, feature_kind_names, FEATURE_KIND_COUNT, &value, error) < 0)
            return -1;
        recipe->features[count] = (enum feature_kind)value;
    }
    if (count == 0)
        return error_set(error, "--features: name at least one kind, such as hog");
    recipe->network_count = count;
    return 0;
}

static int parse_prior(const char *text, struct prior *prior, struct error *error)
{
    *prior = (struct prior){.kind = PRIOR_UNIFORM};
    while (prior->kind < PRIOR_LIST && strcmp(text, prior_names[prior->kind]) != 0)
        prior->kind++;
    if (prior->kind == PRIOR_LIST)
        prior->count = shares_parse(text, PRIOR_MAX_LIST, prior->list);
    if (prior->kind == PRIOR_LIST && prior->count == 0)
        return error_set(error,
                         "--prior %.60s: give uniform, training, or a number from 1e-6 to 1e6 for "
                         "each class, %d at most, such as 1,1,1,3,1,1,4",
                         text, PRIOR_MAX_LIST);
    return 0;
}

/* ---- The command line ------------------------------------------------------------------------ */

/* What the defaults of others depend on. */
struct given {
    bool hidden, class_weights, prior, learning_rate, batch_norm, dropout, weight_decay, smoothing;
};

static int parse_number_option(int id, const char *text, struct recipe *r, struct given *given,
                               struct error *error)
{
    int value = 0, result;
    switch (id) {
    case OPTION_FERPLUS_SHARE:
        return parse_real("ferplus-share", text, 0, 1, &r->targets.votes_share, error);
    case OPTION_BATCH_SIZE:
        return parse_int("batch-size", text, 1, 8192, &r->batch_size, error);
    case OPTION_LEARNING_RATE:
        given->learning_rate = true;
        return parse_real("learning-rate", text, 1e-9, 1e3, &r->learning_rate, error);
    case OPTION_EPOCHS:
        return parse_int("epochs", text, 1, 1000000, &r->epochs, error);
    case OPTION_PATIENCE:
        return parse_int("patience", text, 0, 1000000, &r->patience, error);
    case OPTION_DROPOUT:
        given->dropout = true;
        return parse_real("dropout", text, 0, 0.95, &r->step.dropout, error);
    case OPTION_INPUT_DROPOUT:
        return parse_real("input-dropout", text, 0, 0.95, &r->step.input_dropout, error);
    case OPTION_WEIGHT_DECAY:
        given->weight_decay = true;
        return parse_real("weight-decay", text, 0, 10, &r->weight_decay, error);
    case OPTION_LABEL_SMOOTHING:
        given->smoothing = true;
        return parse_real("label-smoothing", text, 0, 0.9, &r->targets.smoothing, error);
    case OPTION_AUGMENT:
        result = parse_real("augment", text, 0, 3, &r->augment.strength, error);
        r->augment.flip = r->augment.strength > 0.0f;
        return result;
    case OPTION_WEBCAM:
        return parse_real("webcam", text, 0, 1, &r->augment.webcam, error);
    case OPTION_CLASS_WEIGHTS:
        given->class_weights = true;
        return parse_real("class-weights", text, 0, 1, &r->class_weights, error);
    case OPTION_MIXUP:
        return parse_real("mixup", text, 0, 1, &r->mixup, error);
    case OPTION_SEED:
        result = parse_int("seed", text, 0, INT_MAX, &value, error);
        r->seed = (uint64_t)value;
        return result;
    case OPTION_THREADS:
        return parse_int("threads", text, 1, 256, &r->threads, error);
    default:
        r->epochs = 0; /* --init-only */
        return 0;
    }
}

static int parse_recipe_option(int id, const char *text, struct recipe *r, struct given *given,
                               struct error *error)
{
    int value = 0, result;
    switch (id) {
    case OPTION_FEATURES:
        return parse_features(text, r, error);
    case OPTION_ALIGN:
        return parse_switch("align", text, &r->align, error);
    case OPTION_VERIFIER:
        return parse_switch("verifier", text, &r->verifier, error);
    case OPTION_HIDDEN:
        given->hidden = true;
        return parse_hidden(text, r, error);
    case OPTION_ACTIVATION:
        result = parse_name("activation", text, activation_names, ACTIVATION_COUNT, &value, error);
        r->activation = (enum activation)value;
        return result;
    case OPTION_OUTPUT_ACTIVATION:
        result = parse_name("output-activation", text, output_activation_names,
                            OUTPUT_ACTIVATION_COUNT, &value, error);
        r->output = (enum output_activation)value;
        return result;
    case OPTION_LOSS:
        result = parse_name("loss", text, loss_names, LOSS_COUNT, &value, error);
        r->step.loss = (enum loss)value;
        return result;
    case OPTION_BATCH_NORM:
        given->batch_norm = true;
        return parse_switch("batch-norm", text, &r->batch_norm, error);
    case OPTION_DESCENT:
        result = parse_name("descent", text, descent_names, DESCENT_COUNT, &value, error);
        r->descent = (enum descent)value;
        return result;
    case OPTION_OPTIMIZER:
        result = parse_name("optimizer", text, optimizer_names, OPTIMIZER_COUNT, &value, error);
        r->optimizer = (enum optimizer_kind)value;
        return result;
    case OPTION_PRIOR:
        given->prior = true;
        return parse_prior(text, &r->prior, error);
    default:
        return parse_number_option(id, text, r, given, error);
    }
}

/* So that a model named where the new file belongs is not overwritten. */
static int check_onnx_name(const char *path, struct error *error)
{
    static const char suffix[] = ".onnx";
    size_t length = strlen(path), end = sizeof suffix - 1;
    if (length <= end || strcmp(path + length - end, suffix) != 0)
        return error_set(error, "--export-onnx %.200s: name the file to write, which ends in %s",
                         path, suffix);
    return 0;
}

static int parse_option(int id, const char *text, struct options *o, struct given *given,
                        struct error *error)
{
    switch (id) {
    case OPTION_DATA:
        o->data = text;
        o->data_given = true;
        return 0;
    case OPTION_FERPLUS:
        o->ferplus = text;
        return 0;
    case OPTION_BACKGROUNDS:
        o->backgrounds = text;
        return 0;
    case OPTION_OUTPUT:
        o->output = text;
        o->output_given = true;
        return 0;
    case OPTION_MEAN_FACES:
        o->action = ACTION_MEAN_FACES;
        o->mean_faces = text;
        return 0;
    case OPTION_EVALUATE:
        o->action = ACTION_EVALUATE;
        o->model = text;
        return 0;
    case OPTION_EXPORT_ONNX:
        o->action = ACTION_EXPORT_ONNX;
        o->onnx = text;
        return check_onnx_name(text, error);
    case OPTION_SPLIT:
        o->split = text;
        return 0;
    case OPTION_FOLDS:
        return parse_int("folds", text, MIN_FOLDS, MAX_FOLDS, &o->folds, error);
    case OPTION_RESUME:
        o->resume = text;
        return 0;
    case OPTION_REPORT:
        o->report = text;
        return 0;
    case OPTION_SKIP_BAD:
        o->skip_bad = true;
        return 0;
    case OPTION_JSON:
        o->json = true;
        return 0;
    case OPTION_HELP:
        o->action = ACTION_HELP;
        return 0;
    case OPTION_VERSION:
        o->action = ACTION_VERSION;
        return 0;
    default:
        o->recipe_given = o->recipe_given || id != OPTION_THREADS;
        o->augment_given = o->augment_given || id == OPTION_AUGMENT;
        o->webcam_given = o->webcam_given || id == OPTION_WEBCAM;
        o->align_given = o->align_given || id == OPTION_ALIGN;
        o->verifier_given = o->verifier_given || id == OPTION_VERIFIER;
        o->prior_given = o->prior_given || id == OPTION_PRIOR;
        return parse_recipe_option(id, text, &o->recipe, given, error);
    }
}

/* Fills in the defaults that depend on other options. */
static void complete(struct recipe *r, const struct given *given)
{
    for (int i = 0; i < r->network_count && !given->hidden; i++)
        if (r->features[i] == FEATURES_PIXELS) {
            r->hidden_count = 2;
            r->hidden[0] = (struct hidden_layer){.units = 512};
            r->hidden[1] = (struct hidden_layer){.units = 256};
        }
    if (!given->class_weights && !recipe_weighs(r))
        r->class_weights = 0.0f;
    if (!given->prior && r->output != OUTPUT_SOFTMAX)
        r->prior.kind = PRIOR_TRAINING;
    if (!given->batch_norm)
        r->batch_norm = r->descent == DESCENT_MINI_BATCH && r->activation == ACTIVATION_RELU;
    if (!given->dropout && !r->batch_norm)
        r->step.dropout = r->step.input_dropout = 0.0f;
    if (!given->weight_decay && r->optimizer != OPTIMIZER_ADAMW)
        r->weight_decay = 0.0f;
    if (!given->smoothing && (r->output != OUTPUT_SOFTMAX || r->step.loss != LOSS_CROSS_ENTROPY))
        r->targets.smoothing = 0.0f;
    if (!given->learning_rate)
        r->learning_rate = r->optimizer == OPTIMIZER_ADAMW      ? recipe_default().learning_rate
                           : r->optimizer == OPTIMIZER_MOMENTUM ? 1e-2f
                                                                : 1e-1f;
}

int options_parse(struct options *options, int argc, char **argv, struct error *error)
{
    struct options o = {.recipe = recipe_default(),
                        .data = "datasets/fer2013.csv",
                        .output = "models/expressions.safetensors"};
    struct given given = {0};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    o.recipe.threads = processors < 1 ? 1 : processors > 64 ? 64 : (int)processors;
    opterr = 0;
    optind = 0;                           /* anew, whatever an earlier command line left behind */
    const char *others[2] = {NULL, NULL}; /* arguments that belong to no option */
    int other_count = 0;
    bool finished = false;
    while (!finished) {
        int at = optind ? optind : 1; /* getopt_long itself may stay there, or be one further */
        /* "-": arguments without an option come in their place; ":": a missing value is
         * reported. */
        int id = getopt_long(argc, argv, "-:", long_options, NULL);
        if (id == -1)
            break;
        if (id == ':' || id == '?')
            return arguments_refuse(long_options, id, argv[at], error);
        if (id == OPTION_ARGUMENT && other_count < 2)
            others[other_count++] = optarg;
        else if (id != OPTION_ARGUMENT && parse_option(id, optarg, &o, &given, error) < 0)
            return -1;
        finished = o.action == ACTION_HELP || o.action == ACTION_VERSION;
    }
    while (!finished && optind < argc && other_count < 2)
        others[other_count++] = argv[optind++];
    int used = o.action == ACTION_EXPORT_ONNX && other_count > 0;
    if (o.action == ACTION_EXPORT_ONNX)
        o.model = used ? others[0] : o.output;
    if (!finished && other_count > used)
        return error_set(error, "unexpected argument %s", others[used]);
    complete(&o.recipe, &given);
    if (o.recipe.class_weights > 0.0f && !recipe_weighs(&o.recipe))
        return error_set(error, "--class-weights: only softmax with cross-entropy can weigh "
                                "classes; leave it out");
    if (o.recipe.prior.kind != PRIOR_TRAINING && o.recipe.output != OUTPUT_SOFTMAX)
        return error_set(error, "--prior: sigmoid outputs have no other prior than training; leave "
                                "it out");
    if (o.resume && o.recipe_given)
        return error_set(error,
                         "--resume goes on with the checkpoint's own options; leave out those "
                         "of network and training");
    if (o.folds && (o.resume || o.output_given || o.recipe.epochs == 0 || o.action != ACTION_TRAIN))
        return error_set(error, "--folds keeps no model and starts anew; leave out --output, "
                                "--resume, --init-only and other tasks");
    if (o.action == ACTION_TRAIN && recipe_check(&o.recipe, error) < 0)
        return -1;
    *options = o;
    return 0;
}

int options_parse_recipe(struct recipe *recipe, char *text, struct error *error)
{
    enum { MAX_WORDS = 64 };
    char *words[MAX_WORDS], program[] = "checkpoint", *rest = text;
    int count = 0;
    struct options options;
    words[count++] = program;
    for (char *word; count < MAX_WORDS && (word = strtok_r(rest, " ", &rest));)
        words[count++] = word;
    if (count < MAX_WORDS && options_parse(&options, count, words, error) < 0)
        return -1;
    if (count == MAX_WORDS || options.action != ACTION_TRAIN || options.recipe.epochs == 0)
        return error_set(error, "these are not the options of a training");
    *recipe = options.recipe;
    return 0;
}
