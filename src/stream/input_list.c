#include "input_list.h"

#include "file.h"
#include "picture_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const picture_endings[] = {".jpg", ".jpeg", ".jpe",  ".png",  ".webp", ".bmp",
                                              ".tif", ".tiff", ".jp2",  ".pgm",  ".ppm",  ".pbm",
                                              ".pnm", ".dib",  ".sr",   ".ras",  ".hdr",  ".jfif",
                                              ".gif", ".heic", ".heif", ".avif", ".jxl",  NULL};

static const char *const video_endings[] = {
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi",   ".mpg",  ".mpeg", ".ts",  ".mts", ".m2ts",
    ".vob", ".wmv", ".flv", ".ogv", ".3gp",  ".mjpeg", ".mjpg", ".y4m",  ".gif", NULL};

const struct input_kind picture_files = {"picture", "pictures", picture_endings};
const struct input_kind video_files = {"video", "videos", video_endings};

static bool is_of(const struct input_kind *kind, const char *name)
{
    const char *ending = picture_ending(name);
    const char *const *known = kind->endings;
    while (*known && strcasecmp(ending, *known) != 0)
        known++;
    return *known != NULL;
}

static int append(struct input_list *list, const char *folder, const char *name,
                  struct error *error)
{
    if (list->count == list->capacity) {
        int capacity = list->capacity ? 2 * list->capacity : 64;
        char **paths = realloc(list->paths, (size_t)capacity * sizeof *paths);
        if (!paths)
            return error_no_memory(error, "the list of files");
        list->paths = paths;
        list->capacity = capacity;
    }
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (!path)
        return error_no_memory(error, "the list of files");
    bool slash = *folder && folder[strlen(folder) - 1] != '/';
    snprintf(path, size, "%s%s%s", folder, slash ? "/" : "", name);
    list->paths[list->count++] = path;
    return 0;
}

static int visible(const struct dirent *entry)
{
    return !file_is_litter(entry->d_name);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void skip(struct input_list *list, const char *name)
{
    size_t used = strlen(list->skipped_names), size = sizeof list->skipped_names;
    const char *comma = list->skipped++ ? ", " : "";
    if (used + strlen(comma) + strlen(name) + sizeof ", ..." <= size)
        snprintf(list->skipped_names + used, size - used, "%s%s", comma, name);
    else if (used >= 3 && strcmp(list->skipped_names + used - 3, "...") != 0)
        snprintf(list->skipped_names + used, size - used, "%s...", comma);
}

static int add_folder(struct input_list *list, const char *path, struct error *error)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, visible, by_name), before = list->count;
    if (count < 0)
        return error_set(error, "%s: %s; check the folder", path, strerror(errno));
    int result = 0;
    for (int i = 0; i < count; i++) {
        if (!is_of(list->kind, entries[i]->d_name))
            skip(list, entries[i]->d_name);
        else if (result == 0)
            result = append(list, path, entries[i]->d_name, error);
        free(entries[i]);
    }
    free(entries);
    if (result == 0 && list->count == before)
        return error_set(error, "%s: there is no %s in this folder; name another", path,
                         list->kind->one);
    return result;
}

int input_list_add(struct input_list *list, const char *path, struct error *error)
{
    if (file_is_folder(path)) {
        list->has_folder = true;
        return add_folder(list, path, error);
    }
    return append(list, "", path, error);
}

void input_list_free(struct input_list *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    *list = (struct input_list){.kind = list->kind};
}
