#define _XOPEN_SOURCE 700 /* tsearch */ /* NOLINT: names of this kind are POSIX's to give */
#include "file_set.h"

#include "file.h"

#include <dirent.h>
#include <search.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct file_identity {
    uint64_t device, inode;
    uint64_t name; /* 0; for a file that does not exist yet, a hash of its name: device and inode
                      are then its folder's */
};

static uint64_t hash_of(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return hash;
}

/* False for what cannot be lost. */
static bool identify(const char *path, struct file_identity *identity)
{
    struct stat status;
    if (stat(path, &status) == 0) {
        *identity = (struct file_identity){status.st_dev, status.st_ino, 0};
        return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode);
    }
    char *followed = file_followed(path), *folder = followed ? file_folder(followed) : NULL;
    bool known = folder && stat(folder, &status) == 0;
    if (known) {
        *identity =
            (struct file_identity){status.st_dev, status.st_ino, hash_of(file_base(followed))};
    }
    free(folder);
    free(followed);
    return known;
}

static int compare(const void *a, const void *b)
{
    const struct file_identity *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

int file_set_add(struct file_set *set, const char *path, struct error *error)
{
    struct file_identity identity;
    if (!path || !identify(path, &identity) || tfind(&identity, &set->root, compare))
        return 0;
    struct file_identity *added = malloc(sizeof *added);
    if (added)
        *added = identity;
    if (!added || !tsearch(added, &set->root, compare)) {
        free(added);
        return error_no_memory(error, "the list of files");
    }
    return 0;
}

int file_set_add_folder(struct file_set *set, const char *path, int depth, struct error *error)
{
    DIR *folder = depth >= 0 ? opendir(path) : NULL;
    const struct dirent *entry;
    int result = 0;
    while (folder && result == 0 && (entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *inside = file_in_folder(path, entry->d_name);
        if (!inside)
            result = error_no_memory(error, "the list of files");
        else if (file_set_add(set, inside, error) ||
                 file_set_add_folder(set, inside, depth - 1, error))
            result = -1;
        free(inside);
    }
    if (folder)
        closedir(folder);
    return result;
}

int file_set_check_output(const struct file_set *set, const char *path, struct error *error)
{
    struct file_identity identity;
    if (!path || !identify(path, &identity) || !tfind(&identity, &set->root, compare))
        return 0;
    return error_set(error, "%s: is already an input or output of this run; choose another name",
                     path);
}

int file_set_claim(struct file_set *set, const char *path, struct error *error)
{
    return file_set_check_output(set, path, error) || file_set_add(set, path, error) ? -1 : 0;
}

void file_set_free(struct file_set *set)
{
    while (set->root) {
        struct file_identity *identity = *(struct file_identity **)set->root;
        tdelete(identity, &set->root, compare);
        free(identity);
    }
}
