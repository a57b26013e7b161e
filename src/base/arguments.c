#include "arguments.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 32, TYPING_ERRORS = 2, MOST_OPTIONS = 64, FIRST_CODE = 256 };
enum { HELP_WIDTH = 80, HELP_COLUMN = 24, VALUE_SIZE = 384 };

const char *const argument_switch[2] = {"off", "on"};

/* ---- Wrong words ----------------------------------------------------------------------------- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein distance: how many letters have to be put in, left out or changed. */
static size_t distance(const char *a, size_t length, const char *b)
{
    size_t row[LONGEST_NAME + 1], width = least(strlen(b), LONGEST_NAME);
    for (size_t i = 0; i <= width; i++)
        row[i] = i;
    for (size_t y = 1; y <= length; y++) {
        size_t diagonal = row[0];
        row[0] = y;
        for (size_t x = 1; x <= width; x++) {
            size_t changed = diagonal + (a[y - 1] != b[x - 1]);
            diagonal = row[x];
            row[x] = least(changed, least(row[x], row[x - 1]) + 1);
        }
    }
    return row[width];
}

/* The options that begin with the name, or else those most like it: "--video, --version". Returns
 * how many, and whether one of them has just that name. */
static int list_meant(const struct option *options, const char *name, size_t length, bool *exact,
                      char *list, size_t size)
{
    int count = 0;
    size_t used = 0, nearest = TYPING_ERRORS;
    bool begins = false;
    *exact = false;
    if (length == 0)
        return count;
    for (const struct option *o = options; o->name; o++) {
        begins = begins || strncmp(o->name, name, length) == 0;
        *exact = *exact || (strncmp(o->name, name, length) == 0 && !o->name[length]);
        nearest = least(nearest, distance(name, length, o->name));
    }
    for (const struct option *o = options; o->name && used < size; o++) {
        bool meant = *exact ? strlen(o->name) == length && !strncmp(o->name, name, length)
                     : begins
                         ? strncmp(o->name, name, length) == 0
                         : length > TYPING_ERRORS && distance(name, length, o->name) == nearest;
        if (meant)
            used +=
                (size_t)snprintf(list + used, size - used, "%s--%s", count++ ? ", " : "", o->name);
    }
    return count;
}

/* Names `word`, the argument that getopt_long was at, the option that may have been meant, and why
 * it was refused. `code` is what getopt_long returned, ':' or '?'. */
static int refuse(const struct option *options, int code, const char *word, struct error *error)
{
    if (code == ':')
        return error_set(error, "%s needs a value", word);
    char list[256];
    bool exact, is_long = strncmp(word, "--", 2) == 0;
    const char *name = word + strspn(word, "-");
    int count = list_meant(options, name, strcspn(name, "="), &exact, list, sizeof list);
    bool begins = count > 0 && strncmp(list + 2, name, strcspn(name, "=")) == 0;
    if (is_long && begins && (exact || count == 1))
        return error_set(error, "%s: %s takes no value", word, list);
    if (is_long && begins)
        return error_set(error, "%s is ambiguous: %s", word, list);
    if (count > 0)
        return error_set(error, "unknown option %s (did you mean %s?)", word, list);
    if (!is_long)
        return error_set(error, "unknown option %s; a file of that name is ./%s", word, word);
    return error_set(error, "unknown option %s", word);
}

/* ---- Values ---------------------------------------------------------------------------------- */

static void store(const struct argument *row, void *target, double value)
{
    void *field = (char *)target + row->at;
    if (row->kind == ARGUMENT_NUMBER && row->size == sizeof(float))
        *(float *)field = (float)value;
    else if (row->kind == ARGUMENT_NUMBER)
        *(double *)field = value;
    else if (row->size == sizeof(bool))
        *(bool *)field = value != 0;
    else if (row->size == sizeof(int))
        *(int *)field = (int)value;
    else
        *(uint64_t *)field = (uint64_t)value;
}

static double load(const struct argument *row, const void *target)
{
    const void *field = (const char *)target + row->at;
    if (row->kind == ARGUMENT_NUMBER)
        return row->size == sizeof(float) ? (double)*(const float *)field : *(const double *)field;
    if (row->size == sizeof(bool))
        return *(const bool *)field;
    return row->size == sizeof(int) ? *(const int *)field : (double)*(const uint64_t *)field;
}

static int read_number(const struct argument *row, const char *text, void *target,
                       struct error *error)
{
    char *end;
    errno = 0;
    bool whole = row->kind == ARGUMENT_WHOLE;
    double value = whole ? (double)strtol(text, &end, 10) : strtod(text, &end);
    if (end == text || *end || errno || !(value >= row->low && value <= row->high))
        return error_set(error, "--%s takes a %s from %.10g to %.10g, not \"%.60s\"", row->name,
                         whole ? "whole number" : "number", row->low, row->high, text);
    store(row, target, value);
    return 0;
}

/* "a, b or c", or with "|" between them. */
static void list_names(const struct argument *row, bool sentence, char *list, size_t size)
{
    size_t used = 0;
    int count = (int)row->high;
    for (int i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(list + used, size - used, "%s%s",
                                 i == 0          ? ""
                                 : !sentence     ? "|"
                                 : i + 1 < count ? ", "
                                                 : " or ",
                                 row->names[i]);
}

int arguments_choose(const struct argument *row, const char *text, struct error *error)
{
    char list[VALUE_SIZE];
    for (int i = 0; i < (int)row->high; i++)
        if (strcmp(text, row->names[i]) == 0)
            return i;
    list_names(row, true, list, sizeof list);
    return error_set(error, "--%s takes %s, not \"%.60s\"", row->name, list, text);
}

static int read_choice(const struct argument *row, const char *text, void *target,
                       struct error *error)
{
    int chosen = arguments_choose(row, text, error);
    if (chosen < 0)
        return -1;
    store(row, target, chosen);
    return 0;
}

static int read_value(const struct argument *row, char *text, void *target, struct error *error)
{
    switch (row->kind) {
    case ARGUMENT_OWN:
        return row->read(row, text, target, error);
    case ARGUMENT_SET:
        store(row, target, row->low);
        return 0;
    case ARGUMENT_TEXT:
        if (*text == '\0')
            return error_set(error, "--%s needs a value: %s", row->name, row->value);
        *(const char **)(void *)((char *)target + row->at) = text;
        return 0;
    case ARGUMENT_WHOLE:
    case ARGUMENT_NUMBER:
        return read_number(row, text, target, error);
    case ARGUMENT_CHOICE:
        break;
    }
    return read_choice(row, text, target, error);
}

void arguments_print_number(double number, bool single, char text[ARGUMENT_NUMBER_SIZE])
{
    /* Not as 3e+01. */
    if (number == floor(number) && fabs(number) < 1e15) {
        snprintf(text, ARGUMENT_NUMBER_SIZE, "%.0f", number);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, ARGUMENT_NUMBER_SIZE, "%.*g", digits, number);
        if (single ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number)
            break;
    }
}

static void print_value(const struct argument *row, const void *target, char *text, size_t size)
{
    char number[ARGUMENT_NUMBER_SIZE];
    if (row->kind == ARGUMENT_OWN) {
        row->print(target, text, size);
    } else if (row->kind == ARGUMENT_TEXT) {
        snprintf(text, size, "%s",
                 *(const char *const *)(const void *)((const char *)target + row->at));
    } else if (row->kind == ARGUMENT_CHOICE) {
        snprintf(text, size, "%s", row->names[(int)load(row, target)]);
    } else {
        arguments_print_number(load(row, target), row->size == sizeof(float), number);
        snprintf(text, size, "%s", number);
    }
}

/* ---- The command line ------------------------------------------------------------------------ */

static bool takes_value(const struct argument *row)
{
    return row->value || row->names;
}

int arguments_parse(struct argument_table *tables, int count, int argc, char **argv,
                    int (*other)(void *target, char *word, struct error *error),
                    struct error *error)
{
    struct option options[MOST_OPTIONS + 1] = {{0}};
    int used = 0;
    for (int t = 0; t < count; t++)
        for (int i = 0; i < tables[t].count; i++)
            if (tables[t].rows[i].name) {
                assert(used < MOST_OPTIONS);
                options[used++] =
                    (struct option){tables[t].rows[i].name, takes_value(&tables[t].rows[i]), NULL,
                                    FIRST_CODE + t * MOST_OPTIONS + i};
            }
    optind = 0; /* anew, whatever an earlier command line left behind */
    for (bool rest = false;;) {
        int at = optind ? optind : 1; /* getopt_long itself may stay there, or be one further */
        /* "-": arguments without an option come in their place, with code 1; ":": a missing value
         * is told from an unknown option, and nothing is printed. */
        int code = rest ? -1 : getopt_long(argc, argv, "-:", options, NULL);
        bool named = code >= FIRST_CODE;
        rest = code == -1; /* all that follows "--" */
        if (code == '?' || code == ':')
            return refuse(options, code, argv[at], error);
        if (rest && optind >= argc)
            return 0;
        char *word = rest ? argv[optind++] : optarg;
        if (!named && !other)
            return error_set(error, "unexpected argument %.200s", word);
        if (!named && other(tables->target, word, error))
            return -1;
        if (!named)
            continue;
        struct argument_table *table = &tables[(code - FIRST_CODE) / MOST_OPTIONS];
        int index = (code - FIRST_CODE) % MOST_OPTIONS;
        table->given |= UINT64_C(1) << index;
        if (read_value(&table->rows[index], word, table->target, error))
            return -1;
        if (table->rows[index].ends)
            return 0;
    }
}

bool arguments_given(const struct argument_table *table, size_t at)
{
    for (int i = 0; i < table->count; i++)
        if (table->rows[i].name && table->rows[i].at == at && table->given >> i & 1)
            return true;
    return false;
}

/* ---- Texts ----------------------------------------------------------------------------------- */

/* The entry, and the words of `text` beside or below it. */
static void print_wrapped(FILE *out, const char *entry, const char *text)
{
    int column = HELP_COLUMN;
    bool beside = strlen(entry) + 2 <= HELP_COLUMN;
    fprintf(out, "%-*s", beside ? column : 0, entry);
    for (bool begins = !beside, first = true; *text; first = begins = false) {
        int length = (int)strcspn(text, " ");
        begins = begins || column + 1 + length > HELP_WIDTH;
        if (begins)
            fprintf(out, "\n%*s", column = HELP_COLUMN, "");
        column += fprintf(out, "%s%.*s", begins || first ? "" : " ", length, text);
        text += length + (int)strspn(text + length, " ");
    }
    putc('\n', out);
}

static void print_row(const struct argument *row, const void *target, FILE *out)
{
    char value[VALUE_SIZE] = "", entry[VALUE_SIZE + 64], text[1024];
    size_t before = strcspn(row->help, "%");
    if (!row->value && row->names)
        list_names(row, false, value, sizeof value);
    snprintf(entry, sizeof entry, "  --%s%s%s", row->name, takes_value(row) ? " " : "",
             row->value ? row->value : value);
    if (row->help[before])
        print_value(row, target, value, sizeof value);
    snprintf(text, sizeof text, "%.*s%s%s", (int)before, row->help, row->help[before] ? value : "",
             row->help[before] ? row->help + before + 1 : "");
    print_wrapped(out, entry, text);
}

void arguments_help(const struct argument_table *tables, int count, FILE *out)
{
    for (int t = 0; t < count; t++)
        for (const struct argument *row = tables[t].rows; row < tables[t].rows + tables[t].count;
             row++) {
            if (row->name)
                print_row(row, tables[t].target, out);
            else
                fprintf(out, "\n%s:\n", row->help);
        }
}

void arguments_print(const struct argument_table *table, char *text, size_t size)
{
    size_t used = 0;
    for (const struct argument *row = table->rows; row < table->rows + table->count; row++) {
        char value[VALUE_SIZE];
        if (!row->name || row->kind == ARGUMENT_SET || row->kind == ARGUMENT_TEXT)
            continue;
        print_value(row, table->target, value, sizeof value);
        if (used < size)
            used += (size_t)snprintf(text + used, size - used, "%s--%s %s", used ? " " : "",
                                     row->name, value);
    }
}
