#define _GNU_SOURCE /* memfd_create */
#include "fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 512 };

void fuzz_expect(int kept, const char *promise)
{
    if (kept)
        return;
    fprintf(stderr, "broken: %s\n", promise);
    abort();
}

void fuzz_expect_text(const struct error *error)
{
    EXPECT(error->text[0] && memchr(error->text, '\0', sizeof error->text));
}

struct memory_file {
    int fd; /* 0: not made yet */
    char path[32];
};

static struct memory_file *memory_file(int number)
{
    static struct memory_file files[FUZZ_FILES];
    struct memory_file *file = &files[number];
    if (file->fd == 0) {
        file->fd = memfd_create("fuzz", MFD_CLOEXEC);
        EXPECT(file->fd > 0);
        snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
    }
    return file;
}

const char *fuzz_file(int number, const void *bytes, size_t size)
{
    const struct memory_file *file = memory_file(number);
    EXPECT(pwrite(file->fd, bytes, size, 0) == (ssize_t)size);
    EXPECT(ftruncate(file->fd, (off_t)size) == 0);
    return file->path;
}

static char folder[PATH_SIZE];

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
    if (!*folder) {
        const char *parent = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/fuzz.XXXXXX", parent ? parent : "/tmp");
        EXPECT(mkdtemp(folder) != NULL);
        atexit(remove_folder);
    }
    return folder;
}

void fuzz_link(int number, const char *name)
{
    char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0700);
    }
    EXPECT(symlink(memory_file(number)->path, path) == 0);
}
