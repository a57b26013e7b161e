#include "picture_list.h"

#include "file.h"
#include "picture.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *picture_list_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int append(struct picture_list *list, const char *folder, const char *name,
                  struct error *error)
{
    if (list->count == list->capacity) {
        int capacity = list->capacity ? 2 * list->capacity : 64;
        char **paths = realloc(list->paths, (size_t)capacity * sizeof *paths);
        if (!paths)
            return error_no_memory(error, "the list of pictures");
        list->paths = paths;
        list->capacity = capacity;
    }
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (!path)
        return error_no_memory(error, "the list of pictures");
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

static void skip(struct picture_list *list, const char *name)
{
    size_t used = strlen(list->skipped_names), size = sizeof list->skipped_names;
    const char *comma = list->skipped++ ? ", " : "";
    if (used + strlen(name) + sizeof ", ..." < size)
        snprintf(list->skipped_names + used, size - used, "%s%s", comma, name);
    else if (used >= 3 && strcmp(list->skipped_names + used - 3, "...") != 0)
        snprintf(list->skipped_names + used, size - used, "%s...", comma);
}

static int add_folder(struct picture_list *list, const char *path, struct error *error)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, visible, by_name), before = list->count;
    if (count < 0)
        return error_set(error, "%s: %s; check the folder", path, strerror(errno));
    int result = 0;
    for (int i = 0; i < count; i++) {
        if (!picture_has_name(entries[i]->d_name))
            skip(list, entries[i]->d_name);
        else if (result == 0)
            result = append(list, path, entries[i]->d_name, error);
        free(entries[i]);
    }
    free(entries);
    if (result == 0 && list->count == before)
        return error_set(error, "%s: there is no picture in this folder; name another", path);
    return result;
}

int picture_list_add(struct picture_list *list, const char *path, struct error *error)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        list->has_folder = true;
        return add_folder(list, path, error);
    }
    return append(list, "", path, error);
}

void picture_list_free(struct picture_list *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    *list = (struct picture_list){0};
}
