/* Results for the Lab Streaming Layer (Kothe et al. 2025): a stream of seven probabilities, and one
 * of markers where the label changes, both of one face, stamped with the time at which the frame
 * was taken. liblsl, which the user installs, sends them from threads of its own. */
#include "loaded_library.h"
#include "monotonic.h"
#include "results_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What liblsl's lsl_c.h declares. */
enum { FLOAT32 = 1, STRING = 3 };
static struct liblsl {
    void *(*create_streaminfo)(const char *name, const char *type, int32_t channels, double rate,
                               int format, const char *source_id);
    void *(*get_desc)(void *info);
    void *(*append_child)(void *element, const char *name);
    void *(*append_child_value)(void *element, const char *name, const char *value);
    void *(*create_outlet)(void *info, int32_t chunk_size, int32_t max_buffered);
    int32_t (*push_sample_ftp)(void *outlet, const float *data, double time, int32_t through);
    int32_t (*push_sample_strtp)(void *outlet, const char **data, double time, int32_t through);
    double (*local_clock)(void);
    void (*destroy_outlet)(void *outlet);
    void (*destroy_streaminfo)(void *info);
} lsl;

enum { NAME_SIZE = 256 };

struct outlets {
    void *emotions, *labels;
    int face;          /* id of the one that is followed; 0: none */
    const char *shown; /* the latest marker */
};

static int load(struct error *error)
{
    static const char *const names[] = {"liblsl.so",   "liblsl.so.2",  "liblsl.so.1",
                                        "liblsl64.so", "liblsl.dylib", NULL};
    const struct loaded_function functions[] = {
        {"lsl_create_streaminfo", &lsl.create_streaminfo},
        {"lsl_get_desc", &lsl.get_desc},
        {"lsl_append_child", &lsl.append_child},
        {"lsl_append_child_value", &lsl.append_child_value},
        {"lsl_create_outlet", &lsl.create_outlet},
        {"lsl_push_sample_ftp", &lsl.push_sample_ftp},
        {"lsl_push_sample_strtp", &lsl.push_sample_strtp},
        {"lsl_local_clock", &lsl.local_clock},
        {"lsl_destroy_outlet", &lsl.destroy_outlet},
        {"lsl_destroy_streaminfo", &lsl.destroy_streaminfo},
    };
    return loaded_library_open(names, functions, sizeof functions / sizeof *functions,
                               "install it from github.com/sccn/liblsl, or name its folder in "
                               "LD_LIBRARY_PATH",
                               error)
               ? error_of(error, "--lsl")
               : 0;
}

/* The same on this computer for the same stream, so that a recorder reconnects after a restart. */
static void name_source(char text[NAME_SIZE], const char *name, const char *what)
{
    char host[65] = "";
    gethostname(host, sizeof host - 1);
    snprintf(text, NAME_SIZE, "expressions-%s-%.100s-%s", host, name, what);
}

static void *open_emotions(const char *name)
{
    char source[NAME_SIZE];
    name_source(source, name, "emotions");
    /* Rate 0: cameras are irregular, and each sample has its own time. */
    void *info =
        lsl.create_streaminfo(name, "Expressions", EXPRESSIONS_LABEL_COUNT, 0, FLOAT32, source);
    if (!info)
        return NULL;
    void *channels = lsl.append_child(lsl.get_desc(info), "channels");
    for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++) {
        void *channel = lsl.append_child(channels, "channel");
        lsl.append_child_value(channel, "label", expressions_label_name(k));
        lsl.append_child_value(channel, "unit", "probability");
        lsl.append_child_value(channel, "type", "Expression");
    }
    void *outlet = lsl.create_outlet(info, 0, 360);
    lsl.destroy_streaminfo(info);
    return outlet;
}

static void *open_labels(const char *name)
{
    char source[NAME_SIZE], full[NAME_SIZE];
    name_source(source, name, "labels");
    snprintf(full, sizeof full, "%.200s-labels", name);
    void *info = lsl.create_streaminfo(full, "Markers", 1, 0, STRING, source);
    void *outlet = info ? lsl.create_outlet(info, 0, 360) : NULL;
    if (info)
        lsl.destroy_streaminfo(info);
    return outlet;
}

static int close_lsl(void *state, const struct results_end *end, struct error *error)
{
    struct outlets *outlets = state;
    (void)end;
    (void)error;
    if (outlets->labels)
        lsl.destroy_outlet(outlets->labels);
    if (outlets->emotions)
        lsl.destroy_outlet(outlets->emotions);
    free(outlets);
    return 0;
}

static int open_lsl(void **state, const struct results_of *of, struct error *error)
{
    const char *name = of->options->lsl;
    if (load(error))
        return -1;
    struct outlets *outlets = calloc(1, sizeof *outlets);
    if (!outlets)
        return error_no_memory(error, "the streams");
    outlets->emotions = open_emotions(name);
    outlets->labels = outlets->emotions ? open_labels(name) : NULL;
    if (!outlets->labels) {
        close_lsl(outlets, NULL, NULL);
        return error_set(
            error, "--lsl %.200s: liblsl cannot create the streams; see its messages above", name);
    }
    *state = outlets;
    return 0;
}

/* The face that is followed for as long as it is there, then the largest; NULL: none. */
static const struct expressions_face *choose(struct outlets *outlets, const struct frame *frame)
{
    const struct expressions_face *chosen =
        faces_find(frame->faces, frame->face_count, outlets->face);
    if (!chosen)
        chosen = faces_largest(frame->faces, frame->face_count);
    outlets->face = chosen ? chosen->id : 0;
    return chosen;
}

static int add(void *state, const char *name, const struct frame *frame, struct error *error)
{
    struct outlets *outlets = state;
    (void)name;
    (void)error;
    const struct expressions_face *face = choose(outlets, frame);
    double time = lsl.local_clock() - (monotonic_now() - frame->grabbed);
    const char *label = face ? face_name(face) : "no face";
    if (face)
        lsl.push_sample_ftp(outlets->emotions, face->probabilities, time, 1);
    if (!outlets->shown || strcmp(label, outlets->shown) != 0)
        lsl.push_sample_strtp(outlets->labels, &label, time, 1);
    outlets->shown = label;
    return 0;
}

const struct results_form lsl_form = {.option = "--lsl",
                                      .sources = SOURCES_ONE_LIVE,
                                      .wanted = RESULTS_FIELD(lsl),
                                      .open = open_lsl,
                                      .add = add,
                                      .close = close_lsl};
