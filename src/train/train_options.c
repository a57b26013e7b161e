#include "train_options.h"

#include "blas.h"

#include <string.h>

#define AT(field)     ARGUMENT_AT(struct train_options, field)
#define TEXT(field)   ARGUMENT_TEXT, AT(field)
#define FLAG(field)   ARGUMENT_SET, AT(field), .low = true
#define ACTION(which) ARGUMENT_SET, AT(action), .low = (which), .ends = true

/* clang-format off */
static const struct argument data_rows[] = {
    {.help = "Data"},
    {"data", "PATH", "fer2013.csv, a folder with train/<class>/ and test/<class>/, or one of IDX "
     "files such as MNIST's (default %)", TEXT(data)},
    {"skip-bad", NULL, "leave out pictures in folders that cannot be read", FLAG(skip_bad)},
    {"ferplus", "FILE", "fer2013new.csv: ten people's votes on each picture (default "
     "datasets/fer2013new.csv where it exists)", TEXT(ferplus)},
    {"backgrounds", "DIR", "pictures without faces, for the verifier (default datasets/backgrounds "
     "where it exists; else made-up scenes alone, with which it lets more pass)", TEXT(backgrounds)},
};

static const struct argument other_rows[] = {
    {"output", "MODEL", "where the best model goes; the checkpoint of each epoch goes beside it "
     "(default %)", TEXT(output)},
    {"resume", "FILE", "go on from a checkpoint, with its own options", TEXT(resume)},
    {"report", "DIR", "summary.json, confusions, calibration and robustness as tables and pictures; "
     "of a training also log.csv, curves.png", TEXT(report)},
    {.help = "Other"},
    {"folds", "K", "cross-validate the recipe instead: K trainings, each measured on one of K parts of "
     "the training data and trained on the others", ARGUMENT_WHOLE, AT(folds), MIN_FOLDS, MAX_FOLDS},
    {"evaluate", "MODEL", "accuracy, figures for each class, confusion matrix", TEXT(model)},
    {"split", "Training|PublicTest|PrivateTest|train|validation|test", "the first three "
     "are fer2013.csv's, the others those of other data (PublicTest; test)", TEXT(split)},
    {"json", NULL, "the figures as one JSON object", FLAG(json)},
    {"export-onnx", "FILE", "write a model (its name may follow; else --output's) as ONNX, from the "
     "input vectors on; FILE ends in .onnx", TEXT(onnx)},
    {"mean-faces", "FILE", "write the mean aligned face of each class, seven in one, side by side, "
     "each one's difference from all faces enlarged 1.6 times", TEXT(mean_faces)},
    {"help", NULL, "this", ACTION(ACTION_HELP)},
    {"version", NULL, "the version", ACTION(ACTION_VERSION)},
};
/* clang-format on */

/* The options as they are before a command line is read. */
static void set_defaults(struct train_options *o, struct argument_table tables[3])
{
    *o = (struct train_options){.recipe = recipe_default(),
                                .data = "datasets/fer2013.csv",
                                .output = "models/expressions.safetensors"};
    o->recipe.threads = blas_usual_threads();
    tables[0] = (struct argument_table){data_rows, sizeof data_rows / sizeof *data_rows, o, 0};
    tables[1] = recipe_table(&o->recipe);
    tables[2] = (struct argument_table){other_rows, sizeof other_rows / sizeof *other_rows, o, 0};
}

void train_options_print_help(FILE *out)
{
    struct train_options options;
    struct argument_table tables[3];
    set_defaults(&options, tables);
    options.recipe.prior = prior_of_faces;
    fputs("Usage: train_fer [--data PATH] [--output MODEL] [options]      train\n"
          "       train_fer --evaluate MODEL [--split NAME] [--json]      measure\n"
          "       train_fer --export-onnx FILE [MODEL]                    convert\n"
          "\n"
          "Trains the network of expressions on FER2013, or measures a trained one. Without\n"
          "options it follows the recipe that made models/expressions.safetensors.\n",
          out);
    arguments_help(tables, 3, out);
    fputs("\n"
          "Examples:\n"
          "  train_fer\n"
          "  train_fer --features pixels --hidden 100 --activation sigmoid \\\n"
          "            --output-activation sigmoid --loss mse --optimizer sgd \\\n"
          "            --output mine.safetensors\n"
          "  train_fer --evaluate models/expressions.safetensors --split PublicTest\n",
          out);
}

/* An argument that belongs to no option: the model of --export-onnx. */
static int take_word(void *target, char *word, struct error *error)
{
    struct train_options *o = target;
    if (o->word)
        return error_set(error, "unexpected argument %.200s", word);
    o->word = word;
    return 0;
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

static int check(struct train_options *o, struct error *error)
{
    if ((o->model != NULL) + (o->onnx != NULL) + (o->mean_faces != NULL) > 1)
        return error_set(error,
                         "only one of --evaluate, --export-onnx and --mean-faces can be used");
    if (o->word && !o->onnx)
        return error_set(error, "unexpected argument %.200s", o->word);
    o->action = o->model        ? ACTION_EVALUATE
                : o->onnx       ? ACTION_EXPORT_ONNX
                : o->mean_faces ? ACTION_MEAN_FACES
                                : ACTION_TRAIN;
    if (o->onnx)
        o->model = o->word ? o->word : o->output;
    if (o->onnx && check_onnx_name(o->onnx, error) < 0)
        return -1;
    if (o->resume && o->recipe_given)
        return error_set(error,
                         "--resume goes on with the checkpoint's own options; leave out those "
                         "of network and training");
    if (o->folds &&
        (o->resume || o->output_given || o->recipe.epochs == 0 || o->action != ACTION_TRAIN))
        return error_set(error, "--folds keeps no model and starts anew; leave out --output, "
                                "--resume, --init-only and other tasks");
    return o->action == ACTION_TRAIN ? recipe_check(&o->recipe, error) : 0;
}

static int refuse(struct error *error)
{
    const struct error why = *error;
    return error_set_code(error, ERROR_USAGE, "%.900s; try --help", why.text);
}

#define GIVEN(table, type, field) arguments_given(&tables[table], offsetof(struct type, field))

int train_options_parse(struct train_options *o, int argc, char **argv, struct error *error)
{
    struct argument_table tables[3];
    set_defaults(o, tables);
    if (arguments_parse(tables, 3, argc, argv, take_word, error) < 0)
        return refuse(error);
    if (o->action != ACTION_TRAIN) /* --help, --version */
        return 0;
    recipe_complete(&tables[1]);
    o->recipe_given = recipe_given(&tables[1]);
    o->data_given = GIVEN(0, train_options, data);
    o->output_given = GIVEN(2, train_options, output);
    o->augment_given = GIVEN(1, recipe, augment.strength);
    o->webcam_given = GIVEN(1, recipe, augment.webcam);
    o->align_given = GIVEN(1, recipe, align);
    o->verifier_given = GIVEN(1, recipe, verifier);
    o->prior_given = GIVEN(1, recipe, prior);
    return check(o, error) < 0 ? refuse(error) : 0;
}
