/* Runs a harness over files and over all files of folders; a folder that is missing has none.
 * Usage: HARNESS PATH... */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *input = NULL;
    long size = -1;
    if (file && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    /* Exactly as long as the file, so that a sanitizer sees what is read beyond. */
    if (size >= 0)
        input = malloc(size ? (size_t)size : 1);
    if (!input || fseek(file, 0, SEEK_SET) || fread(input, 1, (size_t)size, file) != (size_t)size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    fprintf(stderr, "%s\n", path); /* the last one named is the one that broke it */
    LLVMFuzzerTestOneInput(input, (size_t)size);
    free(input);
    return 1;
}

static int run_path(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;
    if (!folder) {
        FILE *file = fopen(path, "rb");
        if (!file)
            return 0;
        fclose(file);
        return run_file(path);
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        char inner[4096];
        if (*entry->d_name == '.')
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        count += run_file(inner);
    }
    closedir(folder);
    return count;
}

int main(int argc, char *argv[])
{
    int count = 0;
    for (int i = 1; i < argc; i++)
        count += run_path(argv[i]);
    printf("%d inputs\n", count);
    return count > 0 ? 0 : 1;
}
