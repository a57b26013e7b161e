/* What the programs write about a file with any name: JSON Lines, the table, lines for a terminal.
 * Input: box, size and probabilities, then the name. */
#include "fuzz.h"

#include "csv.h"
#include "jsonl.h"
#include "text.h"
#include "text_report.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 6, HEAD = 4 * NUMBERS + EXPRESSIONS_LABEL_COUNT, NAME_SIZE = 1024 };

struct result {
    char name[NAME_SIZE], *utf8;
    struct frame frame;
};

static int number(const uint8_t *bytes)
{
    int32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static void make_result(struct result *result, const uint8_t *bytes, size_t size)
{
    size_t length = size - HEAD < NAME_SIZE ? size - HEAD : NAME_SIZE - 1;
    memcpy(result->name, bytes + HEAD, length);
    result->name[length] = '\0';
    result->utf8 = text_utf8(result->name);
    EXPECT(result->utf8 != NULL);
    result->frame = (struct frame){.width = number(bytes) & 0x3fff,
                                   .height = number(bytes + 4) & 0x3fff,
                                   .index = number(bytes),
                                   .face_count = 1};
    struct expressions_face *face = &result->frame.faces[0];
    *face = (struct expressions_face){.id = number(bytes + 4) & 0xffff, .smoothed = bytes[0] & 1};
    face->box =
        (struct expressions_box){number(bytes + 8), number(bytes + 12),
                                 number(bytes + 16) & 0x7fffffff, number(bytes + 20) & 0x7fffffff};
    for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++)
        face->probabilities[k] = face->raw[k] = (float)bytes[4 * NUMBERS + k] / 255.0f;
}

/* No byte that a terminal would obey: C0, DEL, and the C1 controls in UTF-8. */
static bool is_harmless(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i],
                      next = i + 1 < size ? (unsigned char)text[i + 1] : 0;
        if ((c < 0x20 && c != '\n') || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0))
            return false;
    }
    return true;
}

static void write_json(const struct result *result)
{
    char *text = NULL;
    size_t size;
    struct error error;
    FILE *out = open_memstream(&text, &size);
    EXPECT(out && jsonl_write(out, result->name, &result->frame, &error) == 0);
    fclose(out);
    EXPECT(is_harmless(text, size) && strchr(text, '\n') == text + size - 1);
    cJSON *object = cJSON_Parse(text);
    EXPECT(object != NULL);
    const char *source = cJSON_GetStringValue(cJSON_GetObjectItem(object, "source"));
    EXPECT(source && strcmp(source, result->utf8) == 0);
    cJSON_Delete(object);
    free(text);
}

/* The first field of the second row, by the rules of RFC 4180, is the name, tamed. */
static void write_table(const struct result *result)
{
    static char text[8 * NAME_SIZE], name[4 * NAME_SIZE];
    struct error error;
    struct csv *csv;
    const char *path = fuzz_file(0, "", 0);
    EXPECT(csv_open(&csv, path, &error) == 0);
    EXPECT(csv_write(csv, result->name, &result->frame, &error) == 0);
    csv_close(&csv);
    FILE *file = fopen(path, "r");
    size_t size = fread(text, 1, sizeof text - 1, file), used = 0;
    fclose(file);
    text[size] = '\0';
    const char *at = strchr(text, '\n') + 1;
    EXPECT(is_harmless(text, size) && strchr(at, '\n') == text + size - 1);
    EXPECT(*at++ == '"');
    for (; *at && (*at != '"' || at[1] == '"'); at++) {
        at += *at == '"';
        name[used++] = *at;
    }
    name[used] = '\0';
    EXPECT(at[0] == '"' && at[1] == ',');
    char *tame = text_utf8(result->name);
    EXPECT(tame != NULL);
    text_tame(tame);
    bool prefixed = strncmp(name, "./", 2) == 0 && strncmp(tame, "./", 2) != 0;
    EXPECT(!strchr("=+-@", *name) || !*name);
    EXPECT(strcmp(name + (prefixed ? 2 : 0), tame) == 0);
    free(tame);
}

static void write_lines(const struct result *result)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    EXPECT(out && text_report_still(out, result->name, &result->frame, false) == 0);
    fclose(out);
    EXPECT(is_harmless(text, size) && strchr(text, '\n') == text + size - 1);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct result result;
    if (size < HEAD)
        return 0;
    make_result(&result, bytes, size);
    write_json(&result);
    write_table(&result);
    write_lines(&result);
    free(result.utf8);
    return 0;
}
