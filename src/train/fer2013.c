/* The readers of fer2013.csv and of FER+'s fer2013new.csv. */
#include "consensus.h"
#include "csv_reader.h"
#include "dataset.h"
#include "readers.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIXELS = FACE_SIDE * FACE_SIDE, MAX_COLUMNS = 16 };

static char *trim(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        text[--length] = '\0';
    return text;
}

/* Takes the quotes from a field that begins with one, in place; two within stand for one. Returns
 * what follows the field, or NULL where the closing quote is missing or is not its end. */
static char *unquote(char *field)
{
    char *from = field + 1, *to = field;
    while (*from && (from[0] != '"' || from[1] == '"')) {
        from += *from == '"';
        *to++ = *from++;
    }
    bool closed = *from == '"';
    *to = '\0';
    from += closed;
    from += strspn(from, " \t");
    return closed && (*from == ',' || *from == '\0') ? from : NULL;
}

/* Splits a row at its commas, trims each field and takes its quotes (RFC 4180). 0 where a quote is
 * not closed. */
static int split_fields(char *row, char **fields)
{
    int count = 0;
    while (row && count < MAX_COLUMNS) {
        row += strspn(row, " \t");
        char *begin = row, *end = *row == '"' ? unquote(row) : row + strcspn(row, ",");
        if (!end)
            return 0;
        row = *end ? end + 1 : NULL;
        if (*end)
            *end = '\0';
        fields[count++] = trim(begin);
    }
    return count;
}

/* columns[i] = the column that the header line calls names[i]. Of the first `needed` none may be
 * missing; of the others a missing one is -1. A byte order mark is skipped. */
static int find_columns(struct csv_reader *reader, const char *path, const char *const *names,
                        int count, int needed, int *columns, struct error *error)
{
    char *line, *fields[MAX_COLUMNS];
    size_t length;
    int got = csv_reader_next(reader, &line, &length, error);
    if (got < 0)
        return -1;
    if (got == 0)
        return error_set(error, "%s: is empty; get the file again", path);
    if (strncmp(line, "\xef\xbb\xbf", 3) == 0)
        line += 3;
    int field_count = split_fields(line, fields);
    for (int i = 0; i < count; i++) {
        columns[i] = -1;
        for (int f = 0; f < field_count; f++)
            if (strcmp(fields[f], names[i]) == 0)
                columns[i] = f;
        if (i < needed && columns[i] < 0)
            return error_set(error,
                             "%s: line 1 names no column \"%s\"; the header must be the original "
                             "file's",
                             path, names[i]);
    }
    return 0;
}

/* A line of spaces, such as the last of some files. */
static bool is_blank(const char *line, size_t length)
{
    return strspn(line, " \t") == length;
}

/* Whole number from 0 to `limit`, or -1. */
static int parse_number(const char *text, int limit)
{
    char *end;
    long value = strtol(text, &end, 10);
    return end == text || *end != '\0' || value < 0 || value > limit ? -1 : (int)value;
}

/* Reads PIXELS numbers separated by white space, of a trimmed field. Returns how many it got, or
 * -1 - n if number n (from 0) is not a grey value. */
static int parse_pixels(const char *text, uint8_t *pixels)
{
    static const char white[] = " \t\r\n";
    int count = 0;
    while (*text) {
        int value = 0, digits = 0;
        for (; *text >= '0' && *text <= '9' && digits < 4; text++, digits++)
            value = value * 10 + (*text - '0');
        if (digits == 0 || value > 255 || (*text && !strchr(white, *text)))
            return -1 - count;
        if (count < PIXELS)
            pixels[count] = (uint8_t)value;
        count++;
        text += strspn(text, white);
    }
    return count;
}

enum column { EMOTION, PIXEL_LIST, USAGE, COLUMN_COUNT };

static int parse_row(const char *path, long number, char **fields, const int *columns,
                     struct dataset *d, struct error *error)
{
    const char *emotion = fields[columns[EMOTION]];
    const char *usage = columns[USAGE] < 0 ? NULL : fields[columns[USAGE]];
    int label = parse_number(emotion, LABEL_COUNT - 1);
    if (label < 0)
        return error_set(error,
                         "%s: line %ld: label \"%.20s\" is not 0 to %d; correct or remove the row",
                         path, number, emotion, LABEL_COUNT - 1);
    int split = 0;
    while (usage && split < SPLIT_COUNT && strcmp(usage, split_names[DATA_FER2013][split]) != 0)
        split++;
    if (split == SPLIT_COUNT)
        return error_set(
            error,
            "%s: line %ld: Usage \"%.20s\" is not Training, PublicTest or PrivateTest; "
            "correct or remove the row",
            path, number, usage);
    int got = parse_pixels(fields[columns[PIXEL_LIST]], d->pixels + (size_t)d->count * PIXELS);
    if (got < 0)
        return error_set(
            error,
            "%s: line %ld: pixel %d is not a grey value from 0 to 255; correct or remove the "
            "row",
            path, number, -got);
    if (got != PIXELS)
        return error_set(error, "%s: line %ld: %d pixels, not %d; correct or remove the row", path,
                         number, got, PIXELS);
    d->labels[d->count] = (uint8_t)label;
    d->splits[d->count] = (uint8_t)split;
    d->count++;
    return 0;
}

static int read_rows(struct csv_reader *reader, const char *path, struct dataset *d,
                     struct error *error)
{
    static const char *const names[COLUMN_COUNT] = {"emotion", "pixels", "Usage"};
    int columns[COLUMN_COUNT], capacity = 0, got, needed = 0;
    if (find_columns(reader, path, names, COLUMN_COUNT, USAGE, columns, error) < 0)
        return -1;
    if (columns[USAGE] < 0)
        d->source = DATA_KAGGLE;
    for (int i = 0; i < COLUMN_COUNT; i++)
        needed = columns[i] + 1 > needed ? columns[i] + 1 : needed;
    char *line;
    size_t length;
    while ((got = csv_reader_next(reader, &line, &length, error)) > 0) {
        char *fields[MAX_COLUMNS];
        if (is_blank(line, length))
            continue;
        if (strlen(line) != length || split_fields(line, fields) < needed)
            return error_set(error, "%s: line %ld: is cut short; get the file again", path,
                             csv_reader_line(reader));
        if (dataset_grow(d, &capacity, error) < 0)
            return -1;
        if (parse_row(path, csv_reader_line(reader), fields, columns, d, error) < 0)
            return -1;
    }
    if (got == 0 && d->count == 0)
        return error_set(error, "%s: holds a header but no row; get the file again", path);
    return got;
}

int fer2013_load(struct dataset *dataset, const char *path, struct error *error)
{
    struct csv_reader *reader;
    if (csv_reader_open(&reader, path, error) < 0)
        return -1;
    dataset->source = DATA_FER2013;
    int result = read_rows(reader, path, dataset, error);
    if (result == 0 && dataset->source == DATA_KAGGLE)
        dataset_hold_out(dataset);
    csv_reader_close(&reader);
    return result;
}

/* ---- FER+ ------------------------------------------------------------------------------------ */

/* The seven shared classes in label order, then the rest, then the split. */
static const char *const vote_columns[] = {"anger",   "disgust",  "fear",    "happiness",
                                           "sadness", "surprise", "neutral", "contempt",
                                           "unknown", "NF",       "Usage"};
enum { VOTE_COUNT = 10, VOTE_COLUMNS = 11 };

static int read_votes(struct csv_reader *reader, const char *path, const struct dataset *d,
                      struct votes *votes, struct error *error)
{
    int columns[VOTE_COLUMNS], row = 0, got = 1;
    if (find_columns(reader, path, vote_columns, VOTE_COLUMNS, VOTE_COLUMNS, columns, error) < 0)
        return -1;
    char *line;
    size_t length;
    while (row < d->count && (got = csv_reader_next(reader, &line, &length, error)) > 0) {
        char *fields[MAX_COLUMNS];
        if (is_blank(line, length))
            continue;
        int field_count = split_fields(line, fields);
        int total = 0;
        for (int i = 0; i < VOTE_COLUMNS; i++)
            if (columns[i] >= field_count)
                return error_set(error, "%s: line %ld: is cut short; get the file again", path,
                                 csv_reader_line(reader));
        if (strcmp(fields[columns[VOTE_COUNT]], split_names[d->source][d->splits[row]]) != 0)
            return error_set(
                error,
                "%s: line %ld: is for %.20s, but picture %d of the data set is for %s; "
                "both files must have their original order",
                path, csv_reader_line(reader), fields[columns[VOTE_COUNT]], row + 1,
                split_names[d->source][d->splits[row]]);
        for (int i = 0; i < VOTE_COUNT; i++) {
            int count = parse_number(fields[columns[i]], 25);
            if (count < 0)
                return error_set(error,
                                 "%s: line %ld: \"%.20s\" is not a number of votes; correct it",
                                 path, csv_reader_line(reader), fields[columns[i]]);
            total += count;
            if (i < LABEL_COUNT)
                votes[row].classes[i] = (uint8_t)count;
        }
        votes[row++].total = (uint8_t)total;
    }
    if (got >= 0 && row < d->count)
        return error_set(error, "%s: has %d rows, the data set %d; get the file again", path, row,
                         d->count);
    return got < 0 ? -1 : 0;
}

int dataset_load_votes(struct dataset *dataset, const char *path, struct error *error)
{
    struct csv_reader *reader;
    if (dataset->source != DATA_FER2013)
        return error_set(error, "%s: FER+ votes are for fer2013.csv alone; leave out --ferplus",
                         path);
    if (csv_reader_open(&reader, path, error) < 0)
        return -1;
    int result;
    float *consensus = NULL;
    struct votes *votes = calloc((size_t)dataset->count, sizeof *votes);
    if (!votes)
        result = error_no_memory(error, "the FER+ votes");
    else
        result = read_votes(reader, path, dataset, votes, error);
    csv_reader_close(&reader);
    if (result == 0)
        result = consensus_fit(dataset, votes, &consensus, error);
    if (result < 0) {
        free(votes);
        return -1;
    }
    free(dataset->votes);
    free(dataset->consensus);
    dataset->votes = votes;
    dataset->consensus = consensus;
    return 0;
}
