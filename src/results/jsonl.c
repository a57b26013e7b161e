#include "jsonl.h"

#include "results_form.h"

#include "text.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool add_number(cJSON *object, const char *name, double value, int decimals)
{
    char text[32];
    snprintf(text, sizeof text, "%.*f", decimals, value);
    return cJSON_AddRawToObject(object, name, text) != NULL;
}

static bool add_source(cJSON *object, const char *source)
{
    char *name = text_utf8(source);
    bool added = name && cJSON_AddStringToObject(object, "source", name);
    free(name);
    return added;
}

/* Only frames of live sources have one. */
static bool add_clock(cJSON *object, const struct frame *frame)
{
    char text[FRAME_CLOCK_SIZE];
    frame_clock(frame, text);
    return !*text || cJSON_AddStringToObject(object, "clock", text);
}

static bool add_box(cJSON *object, struct expressions_box box)
{
    int values[4] = {box.x, box.y, box.width, box.height};
    cJSON *array = cJSON_CreateIntArray(values, 4);
    if (array && cJSON_AddItemToObject(object, "box", array))
        return true;
    cJSON_Delete(array);
    return false;
}

static bool add_distribution(cJSON *object, const char *name, const float *probabilities)
{
    cJSON *distribution = cJSON_AddObjectToObject(object, name);
    bool added = distribution != NULL;
    for (int i = 0; added && i < EXPRESSIONS_LABEL_COUNT; i++)
        added = add_number(distribution, expressions_label_name(i), probabilities[i], 4);
    return added;
}

static bool add_face(cJSON *array, const struct frame *frame, const struct expressions_face *face)
{
    cJSON *object = cJSON_CreateObject(); /* NULL cannot be added */
    bool added = cJSON_AddItemToArray(array, object) && add_number(object, "id", face->id, 0) &&
                 add_box(object, frame_clip(frame, face)) &&
                 add_number(object, "face", face->score, 4) &&
                 cJSON_AddStringToObject(object, "emotion", expressions_label_name(face->label)) &&
                 cJSON_AddStringToObject(object, "label", face_name(face)) &&
                 add_number(object, "confidence", face->probabilities[face->label], 4);
    return added && add_distribution(object, "emotions", face->probabilities) &&
           (!face->smoothed || add_distribution(object, "raw", face->raw));
}

static char *format(const char *source, const struct frame *frame)
{
    cJSON *object = cJSON_CreateObject();
    bool added = object && add_source(object, source) &&
                 add_number(object, "frame", (double)frame->index, 0) &&
                 add_number(object, "time", frame->time, 3) && add_clock(object, frame) &&
                 add_number(object, "width", frame->width, 0) &&
                 add_number(object, "height", frame->height, 0);
    cJSON *array = added ? cJSON_AddArrayToObject(object, "faces") : NULL;
    added = array != NULL;
    for (int i = 0; added && i < frame->face_count; i++)
        added = add_face(array, frame, &frame->faces[i]);
    char *text = added ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    return text;
}

int jsonl_write(FILE *out, const char *source, const struct frame *frame, struct error *error)
{
    char *text = format(source, frame);
    if (!text)
        return error_no_memory(error, "a result");
    text_print_json(out, text);
    fputc('\n', out);
    cJSON_free(text);
    return fflush(out) || ferror(out) ? error_unwritten(error) : 0;
}

/* ---- As results ------------------------------------------------------------------------------ */

static int open_jsonl(void **state, const struct results_of *of, struct error *error)
{
    *state = stdout;
    return file_set_claim(of->files, "/dev/stdout", error);
}

static int add(void *state, const char *name, const struct frame *frame, struct error *error)
{
    return jsonl_write(state, name, frame, error);
}

static int close_jsonl(void *state, const struct results_end *end, struct error *error)
{
    (void)state;
    (void)end;
    (void)error; /* each line was flushed */
    return 0;
}

const struct results_form jsonl_form = {.option = "--json",
                                        .to_stdout = STDOUT_ALWAYS,
                                        .wanted = RESULTS_FIELD(json),
                                        .open = open_jsonl,
                                        .add = add,
                                        .close = close_jsonl};
