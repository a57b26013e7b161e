/* Folders of pictures, one for each class. */
#include "readers.h"

#include "dataset.h"
#include "file.h"
#include "log.h"
#include "ocv.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { MAX_PICTURE_BYTES = 64 << 20 };

/* Other words that data sets use for the seven. */
static const struct {
    const char *name;
    int label;
} synonyms[] = {
    {"anger", 0},   {"disgusted", 1}, {"fearful", 2}, {"happiness", 3},
    {"sadness", 4}, {"surprised", 5}, {"suprise", 5},
};

static int class_of(const char *name)
{
    for (int k = 0; k < LABEL_COUNT; k++)
        if (strcasecmp(name, label_names[k]) == 0)
            return k;
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (strcasecmp(name, synonyms[i].name) == 0)
            return synonyms[i].label;
    return -1;
}

static int visible(const struct dirent *entry)
{
    return !file_is_litter(entry->d_name);
}

static void free_names(struct dirent **names, int count)
{
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static int list_folder(const char *path, struct dirent ***names, struct error *error)
{
    int count = scandir(path, names, visible, alphasort);
    return count < 0 ? error_set(error, "%s: %s; check the folder", path, strerror(errno)) : count;
}

/* Decodes a file into the place of sample number dataset->count. */
static int read_picture(struct dataset *d, const char *path, struct error *error)
{
    uint8_t *bytes;
    size_t size;
    struct ocv_picture *picture;
    if (file_read(path, MAX_PICTURE_BYTES, &bytes, &size, error) < 0)
        return -1;
    enum ocv_code code = ocv_picture_decode(&picture, bytes, size, error);
    free(bytes);
    if (code == OCV_OK) {
        struct bgr_image colour = ocv_picture_view(picture);
        size_t width = (size_t)colour.width;
        uint8_t *grey = malloc(width * (size_t)colour.height);
        if (!grey) {
            ocv_picture_close(&picture);
            return error_no_memory(error, path);
        }
        code = ocv_bgr_to_grey(colour, grey, width, error);
        if (code == OCV_OK)
            code = ocv_resize_grey((struct grey_image){grey, colour.width, colour.height, width},
                                   d->pixels + (size_t)d->count * FACE_SIDE * FACE_SIDE, FACE_SIDE,
                                   FACE_SIDE, error);
        free(grey);
        ocv_picture_close(&picture);
    }
    return code == OCV_OK ? 0 : error_of(error, path);
}

struct reading {
    struct dataset *dataset;
    int capacity, skipped;
    bool skip_bad;
    const char *program;
    enum split split;
};

/* Adds a picture, or passes over it. */
static int add_picture(struct reading *r, const char *path, int label, struct error *error)
{
    struct dataset *d = r->dataset;
    struct error why = {.text = ""};
    if (dataset_grow(d, &r->capacity, error) < 0)
        return -1;
    if (read_picture(d, path, &why) == 0) {
        d->labels[d->count] = (uint8_t)label;
        d->splits[d->count++] = (uint8_t)r->split;
    } else if (r->skip_bad && why.code != ERROR_NO_MEMORY) {
        log_line(r->program, "%s; left out", why.text);
        r->skipped++;
    } else {
        return error_set_code(error, why.code, "%.900s; remove it or add --skip-bad", why.text);
    }
    return 0;
}

static int read_class(struct reading *r, const char *folder, int label, struct error *error)
{
    struct dirent **names;
    int count = list_folder(folder, &names, error), result = count < 0 ? -1 : 0;
    for (int i = 0; result == 0 && i < count; i++) {
        char *path = file_in_folder(folder, names[i]->d_name);
        result = path ? add_picture(r, path, label, error) : error_no_memory(error, folder);
        free(path);
    }
    if (count >= 0)
        free_names(names, count);
    return result;
}

static int read_split(struct reading *r, const char *folder, struct error *error)
{
    struct dirent **names;
    int count = list_folder(folder, &names, error), result = count < 0 ? -1 : 0;
    for (int i = 0; result == 0 && i < count; i++) {
        char *path = file_in_folder(folder, names[i]->d_name);
        struct stat status;
        int label = class_of(names[i]->d_name);
        bool folder_too = path && (stat(path, &status) != 0 || S_ISDIR(status.st_mode));
        if (!path)
            result = error_no_memory(error, folder);
        else if (folder_too && label < 0)
            result =
                error_set(error, "%s: no class of that name; the folders are " LABEL_LIST, path);
        else if (folder_too)
            result = read_class(r, path, label, error);
        free(path);
    }
    if (count >= 0)
        free_names(names, count);
    return result;
}

int folders_load(struct dataset *dataset, const char *path, bool skip_bad, const char *program,
                 struct error *error)
{
    static const struct {
        const char *name;
        enum split split;
    } parts[] = {{"train", SPLIT_TRAINING},
                 {"test", SPLIT_TEST},
                 {"validation", SPLIT_VALIDATION},
                 {"valid", SPLIT_VALIDATION},
                 {"val", SPLIT_VALIDATION}};
    struct reading r = {.dataset = dataset, .skip_bad = skip_bad, .program = program};
    int found = 0;
    bool validates = false;
    dataset->source = DATA_FOLDERS;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *part = file_in_folder(path, parts[i].name);
        struct stat status;
        int result = part ? 0 : error_no_memory(error, path);
        if (part && stat(part, &status) == 0) {
            r.split = parts[i].split;
            found++;
            validates = validates || r.split == SPLIT_VALIDATION;
            result = read_split(&r, part, error);
        }
        free(part);
        if (result < 0)
            return -1;
    }
    if (found == 0)
        return error_set(
            error,
            "%s: holds neither train/ and test/ nor IDX files; name fer2013.csv or such "
            "a folder",
            path);
    if (dataset->count == 0)
        return error_set(error, "%s: holds no picture; put them in train/<class>/", path);
    if (r.skipped)
        log_line(program, "%s: %d pictures left out of %d", path, r.skipped,
                 r.skipped + dataset->count);
    if (!validates)
        dataset_hold_out(dataset);
    return 0;
}
