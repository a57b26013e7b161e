#include "text_report.h"

#include "labels.h"
#include "text.h"

#include <math.h>
#include <string.h>

static double percent(const struct expressions_face *face, int label)
{
    return 100 * (double)face->probabilities[label];
}

static void print_bars(FILE *out, const struct expressions_face *face)
{
    enum { WIDTH = 30 };
    for (int i = 0; i < LABEL_COUNT; i++) {
        long filled = lround(percent(face, i) / 100 * WIDTH);
        fprintf(out, "  %-9s", label_names[i]);
        for (long x = 0; x < WIDTH; x++)
            fputc(x < filled ? '#' : '.', out);
        fprintf(out, " %3.0f %%\n", percent(face, i));
    }
}

static int flushed(FILE *out)
{
    return fflush(out) || ferror(out) ? -1 : 0;
}

int text_report_still(FILE *out, const char *source, const struct frame *frame,
                      const struct expressions_face *faces, bool bars)
{
    if (frame->face_count == 0) {
        text_print(out, source);
        fprintf(out, ": no face\n");
    }
    for (int i = 0; i < frame->face_count; i++) {
        struct expressions_box box = frame_clip(frame, &faces[i]);
        char words[FACE_WORDS_SIZE];
        face_words(&faces[i], words);
        text_print(out, source);
        fprintf(out, ": %s  (box %d,%d %dx%d)\n", words, box.x, box.y, box.width, box.height);
        if (bars)
            print_bars(out, &faces[i]);
    }
    return flushed(out);
}

int text_report_frame(FILE *out, struct tally *tally, const struct frame *frame,
                      const struct expressions_face *faces, struct progress_bar *bar)
{
    char names[sizeof tally->shown] = "";
    char line[1024] = "";
    size_t name_length = 0;
    size_t line_length = 0;
    tally->frames++;
    for (int i = 0; i < frame->face_count; i++) {
        const struct expressions_face *face = &faces[i];
        char words[FACE_WORDS_SIZE];
        const char *comma = i ? ", " : "";
        tally->seen[face->label] = tally->seen[face->label] || !face->uncertain;
        face_words(face, words);
        if (name_length + 32 < sizeof names && line_length + 32 < sizeof line) {
            const char *name = face->uncertain ? words : label_names[face->label];
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
    for (int i = 0; i < LABEL_COUNT; i++) {
        if (tally->seen[i])
            fprintf(out, "%s%s", seen++ ? ", " : "", label_names[i]);
    }
    fprintf(out, "%s\n", seen ? "" : "no face");
    return flushed(out);
}
