/* Stands in for liblsl, with the functions of its lsl_c.h: writes what it is asked for, a line a
 * call, to the file $FAKE_LSL. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT_SIZE = 100 };

struct stream {
    char name[TEXT_SIZE], type[TEXT_SIZE], labels[TEXT_SIZE];
    int32_t channels;
};

void *lsl_create_streaminfo(const char *name, const char *type, int32_t channels, double rate,
                            int format, const char *source_id);
void *lsl_get_desc(void *info);
void *lsl_append_child(void *element, const char *name);
void *lsl_append_child_value(void *element, const char *name, const char *value);
void *lsl_create_outlet(void *info, int32_t chunk_size, int32_t max_buffered);
int32_t lsl_push_sample_ftp(void *outlet, const float *data, double time, int32_t through);
int32_t lsl_push_sample_strtp(void *outlet, const char **data, double time, int32_t through);
double lsl_local_clock(void);
void lsl_destroy_outlet(void *outlet);
void lsl_destroy_streaminfo(void *info);

static FILE *written(void)
{
    static FILE *file;
    const char *path = getenv("FAKE_LSL");
    if (!file)
        file = fopen(path ? path : "/dev/null", "w");
    if (!file)
        abort();
    setvbuf(file, NULL, _IOLBF, 0);
    return file;
}

void *lsl_create_streaminfo(const char *name, const char *type, int32_t channels, double rate,
                            int format, const char *source_id)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream || !*source_id)
        abort();
    snprintf(stream->name, TEXT_SIZE, "%s", name);
    snprintf(stream->type, TEXT_SIZE, "%s", type);
    stream->channels = channels;
    fprintf(written(), "stream %s %s channels %d rate %g format %d\n", name, type, channels, rate,
            format);
    return stream;
}

/* All of the description is one element here. */
void *lsl_get_desc(void *info)
{
    return info;
}

void *lsl_append_child(void *element, const char *name)
{
    (void)name;
    return element;
}

void *lsl_append_child_value(void *element, const char *name, const char *value)
{
    struct stream *stream = element;
    size_t used = strlen(stream->labels);
    if (strcmp(name, "label") == 0)
        snprintf(stream->labels + used, TEXT_SIZE - used, " %s", value);
    return element;
}

void *lsl_create_outlet(void *info, int32_t chunk_size, int32_t max_buffered)
{
    struct stream *outlet = malloc(sizeof *outlet);
    if (!outlet)
        abort();
    memcpy(outlet, info, sizeof *outlet); /* liblsl copies it, too */
    fprintf(written(), "outlet %s chunk %d buffered %d labels%s\n", outlet->name, chunk_size,
            max_buffered, outlet->labels);
    return outlet;
}

int32_t lsl_push_sample_ftp(void *outlet, const float *data, double time, int32_t through)
{
    const struct stream *stream = outlet;
    fprintf(written(), "%s %.6f ago %.6f through %d:", stream->name, time, lsl_local_clock() - time,
            through);
    for (int32_t i = 0; i < stream->channels; i++)
        fprintf(written(), " %.4f", (double)data[i]);
    fprintf(written(), "\n");
    return 0;
}

int32_t lsl_push_sample_strtp(void *outlet, const char **data, double time, int32_t through)
{
    const struct stream *stream = outlet;
    fprintf(written(), "%s %.6f ago %.6f through %d: %s\n", stream->name, time,
            lsl_local_clock() - time, through, data[0]);
    return 0;
}

/* Another clock than the program's. */
double lsl_local_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec + 5000;
}

void lsl_destroy_outlet(void *outlet)
{
    fprintf(written(), "end %s\n", ((struct stream *)outlet)->name);
    free(outlet);
}

void lsl_destroy_streaminfo(void *info)
{
    free(info);
}
