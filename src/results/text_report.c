#include "text_report.h"

#include "results_form.h"
#include "text.h"
#include "timeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static double percent(const struct expressions_face *face, int label)
{
    return 100 * (double)face->probabilities[label];
}

static void print_bars(FILE *out, const struct expressions_face *face)
{
    enum { WIDTH = 30 };
    for (int i = 0; i < EXPRESSIONS_LABEL_COUNT; i++) {
        long filled = lround(percent(face, i) / 100 * WIDTH);
        fprintf(out, "  %-9s", expressions_label_name(i));
        for (long x = 0; x < WIDTH; x++)
            fputc(x < filled ? '#' : '.', out);
        fprintf(out, " %3.0f %%\n", percent(face, i));
    }
}

static int flushed(FILE *out)
{
    return fflush(out) || ferror(out) ? -1 : 0;
}

int text_report_still(FILE *out, const char *source, const struct frame *frame, bool bars)
{
    if (frame->face_count == 0) {
        if (text_print(out, source))
            return -1;
        fprintf(out, ": no face\n");
    }
    for (int i = 0; i < frame->face_count; i++) {
        struct expressions_box box = frame_clip(frame, &frame->faces[i]);
        char words[FACE_WORDS_SIZE];
        face_words(&frame->faces[i], words);
        if (text_print(out, source))
            return -1;
        fprintf(out, ": %s  (box %d,%d %dx%d)\n", words, box.x, box.y, box.width, box.height);
        if (bars)
            print_bars(out, &frame->faces[i]);
    }
    return flushed(out);
}

int text_report_frame(FILE *out, struct tally *tally, const struct frame *frame,
                      struct progress_bar *bar)
{
    char names[sizeof tally->shown] = "";
    char line[1024] = "";
    size_t name_length = 0;
    size_t line_length = 0;
    tally->frames++;
    tally->faces = tally->faces || frame->face_count > 0;
    for (int i = 0; i < frame->face_count; i++) {
        const struct expressions_face *face = &frame->faces[i];
        char words[FACE_WORDS_SIZE];
        const char *comma = i ? ", " : "";
        tally->seen[face->label] = tally->seen[face->label] || !face->uncertain;
        face_words(face, words);
        if (name_length + 32 < sizeof names) {
            const char *name = face->uncertain ? words : expressions_label_name(face->label);
            name_length += (size_t)sprintf(names + name_length, "%s%s", comma, name);
            line_length += (size_t)sprintf(line + line_length, "%s%s", comma, words);
        }
    }
    if (frame->face_count == 0) {
        strcpy(names, "no face");
        strcpy(line, "no face");
    }
    if (strcmp(names, tally->shown) == 0)
        return 0;
    strcpy(tally->shown, names);
    progress_bar_hide(bar);
    fprintf(out, "%8.2f s  %s\n", frame->time, line);
    return flushed(out);
}

int text_report_summary(FILE *out, const struct tally *tally, double seconds, long dropped)
{
    fprintf(out, "%ld frame%s", tally->frames, tally->frames == 1 ? "" : "s");
    if (seconds > 0)
        fprintf(out, ", %.1f frames a second", (double)tally->frames / seconds);
    if (dropped > 0)
        fprintf(out, ", %ld dropped", dropped);
    fprintf(out, ", seen: ");
    int seen = 0;
    for (int i = 0; i < EXPRESSIONS_LABEL_COUNT; i++) {
        if (tally->seen[i])
            fprintf(out, "%s%s", seen++ ? ", " : "", expressions_label_name(i));
    }
    fprintf(out, "%s\n", seen ? "" : tally->faces ? "uncertain" : "no face");
    return flushed(out);
}

/* ---- As results ------------------------------------------------------------------------------ */

struct words {
    const struct results_of *of;
    bool bars;   /* below each picture's lines */
    bool frames; /* a line for each change, and a summary */
    bool totals; /* at the end, which face showed what for how long */
    struct tally tally;
    struct timeline timeline;
};

static int open_words(void **state, const struct results_of *of, struct error *error)
{
    if (file_set_claim(of->files, "/dev/stdout", error))
        return -1;
    struct words *words = calloc(1, sizeof *words);
    if (!words)
        return error_no_memory(error, "the results");
    words->of = of;
    words->bars = isatty(STDOUT_FILENO) == 1;
    words->frames = of->source && !of->window;
    /* Headless runs and all films end with the totals. */
    words->totals = of->source && !of->quiet && (!of->window || of->film);
    *state = words;
    return 0;
}

static int add(void *state, const char *name, const struct frame *frame, struct error *error)
{
    struct words *words = state;
    if (words->totals && timeline_add(&words->timeline, frame, error))
        return -1;
    int failed = 0;
    if (words->of->pictures)
        failed = text_report_still(stdout, name, frame, words->bars);
    else if (words->frames)
        failed = text_report_frame(stdout, &words->tally, frame, words->of->progress);
    return failed ? error_unwritten(error) : 0;
}

static int close_words(void *state, const struct results_end *end, struct error *error)
{
    struct words *words = state;
    int failed = 0;
    if (end->summarize && words->frames && !words->of->quiet)
        failed = text_report_summary(stdout, &words->tally, end->seconds, end->dropped);
    if (end->summarize && words->totals && !failed)
        failed = timeline_print(stdout, &words->timeline);
    timeline_free(&words->timeline);
    free(words);
    return failed ? error_unwritten(error) : 0;
}

const struct results_form text_form = {
    .wanted = RESULTS_FIELD(words), .open = open_words, .add = add, .close = close_words};
