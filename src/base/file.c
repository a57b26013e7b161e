#define _XOPEN_SOURCE 700 /* realpath */ /* NOLINT: names of this kind are POSIX's to give */
#include "file.h"

#include "large_array.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

static int fail(struct error *error, const char *path, int code)
{
    return error_set(error, "%s: %s; %s", path, strerror(code), file_advice(code));
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int read_all(int fd, const char *path, size_t limit, size_t expected, uint8_t **bytes,
                    size_t *size, struct error *error)
{
    size_t capacity = expected + 1;
    size_t used = 0;
    uint8_t *buffer = large_array_alloc(capacity);
    if (!buffer)
        return error_no_memory(error, path);
    for (;;) {
        if (used == capacity) {
            uint8_t *larger = realloc(buffer, capacity * 2);
            if (!larger) {
                free(buffer);
                return error_no_memory(error, path);
            }
            buffer = larger;
            capacity *= 2;
        }
        ssize_t got = read(fd, buffer + used, capacity - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int code = errno;
            free(buffer);
            return fail(error, path, code);
        }
        if (got == 0)
            break;
        used += (size_t)got;
        if (used > limit) {
            free(buffer);
            return error_set(error, "%s: larger than %zu MB; check that it is the right file", path,
                             limit >> 20);
        }
    }
    *bytes = buffer;
    *size = used;
    return 0;
}

int file_read(const char *path, size_t limit, uint8_t **bytes, size_t *size, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail(error, path, errno);
    struct stat status;
    int result;
    if (fstat(fd, &status) < 0)
        result = fail(error, path, errno);
    else if (S_ISDIR(status.st_mode))
        result = error_set(error, "%s: is a folder; name a file in it", path);
    else if (!S_ISREG(status.st_mode))
        result = error_set(error, "%s: is not a regular file; name one", path);
    else if (status.st_size < 0 || (uintmax_t)status.st_size > limit)
        result = error_set(error, "%s: larger than %zu MB; check that it is the right file", path,
                           limit >> 20);
    else
        result = read_all(fd, path, limit, (size_t)status.st_size, bytes, size, error);
    close(fd);
    return result;
}

int file_read_input(size_t limit, uint8_t **bytes, size_t *size, struct error *error)
{
    return read_all(STDIN_FILENO, "-", limit, 0, bytes, size, error);
}

bool file_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool file_is_litter(const char *name)
{
    static const char *const known[] = {"Thumbs.db", "desktop.ini", "__MACOSX", "@eaDir"};
    bool litter = name[0] == '.';
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        litter = litter || strcasecmp(name, known[i]) == 0;
    return litter;
}

const char *file_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *file_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    char *folder = malloc(length + 2);
    if (folder) {
        memcpy(folder, path, length);
        memcpy(folder + length, slash ? "/" : ".", 2);
    }
    return folder;
}

char *file_in_folder(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

/* What `path`, a link, leads to; NULL if it is none. */
static char *target_of(const char *path)
{
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);
    char *folder = length > 0 ? file_folder(path) : NULL;
    if (!folder)
        return NULL;
    target[length] = '\0';
    char *followed = *target == '/' ? strdup(target) : file_in_folder(folder, target);
    free(folder);
    return followed;
}

char *file_followed(const char *path)
{
    enum { MOST_LINKS = 40 }; /* as Linux has it */
    char *followed = strdup(path), *target;
    for (int i = 0; i < MOST_LINKS && followed && (target = target_of(followed)); i++) {
        free(followed);
        followed = target;
    }
    return followed;
}

/* ---- Writing --------------------------------------------------------------------------------- */

int file_open_fifo(const char *path)
{
    static const struct timespec moment = {.tv_nsec = 20000000};
    struct stat status;
    int fd;
    if (stat(path, &status) < 0 || !S_ISFIFO(status.st_mode)) {
        errno = ESPIPE;
        return -1;
    }
    while ((fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0 && errno == ENXIO) {
        if (process_stopping()) {
            errno = EINTR;
            return -1;
        }
        nanosleep(&moment, NULL);
    }
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_WRONLY);
    return fd;
}

struct file_writer {
    int fd;
    int failure; /* errno of the first failure, 0 so far */
    char *path;
    char *temporary; /* NULL for a device, which is written to directly */
    mode_t mode;     /* what file_writer_set_mode asked for, else 0 */
};

static void free_writer(struct file_writer *writer)
{
    free(writer->path);
    free(writer->temporary);
    free(writer);
}

enum { TEMPORARIES = 100 };

/* NULL without memory. A long name is cut, so that what is added fits into a folder's entry. */
static char *temporary_name(const char *path, int number)
{
    enum { LONGEST = NAME_MAX - sizeof ".expressions-99" };
    const char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    int kept = (int)(folder + strnlen(path + folder, LONGEST));
    size_t size = (size_t)kept + 32;
    char *name = malloc(size);
    if (name)
        snprintf(name, size, "%.*s.expressions-%d", kept, path, number);
    return name;
}

/* A temporary file is marked by its sticky bit, which means nothing on a file. No other program
 * sets it but one that gives a whole folder the mode 1777; such a file can be run, too. Where a
 * file system keeps no such bit, nothing is swept. */
static bool is_marked(const struct stat *status)
{
    const mode_t runs = S_IXUSR | S_IXGRP | S_IXOTH;
    return S_ISREG(status->st_mode) && (status->st_mode & (S_ISVTX | runs)) == S_ISVTX;
}

static void unmark(const struct file_writer *writer)
{
    struct stat status;
    if (fstat(writer->fd, &status) == 0)
        fchmod(writer->fd, (status.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO)) | writer->mode);
}

/* Removes a temporary file whose writer was killed: while it lives, it holds a lock, and it gives
 * none up before the file has lost its mark or its name, which may be another's by then. */
static void sweep(const char *temporary)
{
    struct stat status;
    int fd = open(temporary, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &status) == 0 && is_marked(&status) &&
        status.st_nlink > 0)
        unlink(temporary);
    close(fd);
}

/* Creates and locks it; errno of the failure, or 0. */
static int create_locked(const char *temporary, int *created)
{
    struct stat status;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666 | S_ISVTX);
    if (fd < 0)
        return errno;
    flock(fd, LOCK_EX); /* where a file system has no locks, nothing is swept either */
    *created = fd;
    if (fstat(fd, &status) == 0 && status.st_nlink > 0)
        return 0;
    close(fd); /* swept before it was locked */
    return EEXIST;
}

/* Beside `path`, with the mode that the umask grants. */
static int make_temporary(struct file_writer *made)
{
    int code = EEXIST;
    for (int i = 0; i < TEMPORARIES && code == EEXIST; i++) {
        free(made->temporary);
        made->temporary = temporary_name(made->path, i);
        if (!made->temporary)
            return ENOMEM;
        code = create_locked(made->temporary, &made->fd);
        if (code == EEXIST)
            sweep(made->temporary);
    }
    return code;
}

/* `path` becomes the writer's. */
static int open_writer(struct file_writer **writer, char *path, bool is_device, struct error *error)
{
    struct file_writer *made = path ? calloc(1, sizeof *made) : NULL;
    if (!made) {
        free(path);
        return error_no_memory(error, "a file to be written");
    }
    made->path = path;
    int code = is_device ? 0 : make_temporary(made);
    if (is_device && (made->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)) < 0)
        code = errno;
    if (code) {
        int result = code == ENOMEM ? error_no_memory(error, path) : fail(error, path, code);
        free_writer(made);
        return result;
    }
    *writer = made;
    return 0;
}

static int refuse_kind(const char *path, const struct stat *status, struct error *error)
{
    if (S_ISDIR(status->st_mode))
        return error_set(error, "%s: is a folder; name a file in it", path);
    return error_set(error, "%s: exists and is not a regular file; choose another name", path);
}

int file_writer_open(struct file_writer **writer, const char *path, struct error *error)
{
    struct stat itself, target;
    bool exists = lstat(path, &itself) == 0;
    if (!exists)
        return open_writer(writer, strdup(path), false, error);
    if (stat(path, &target) < 0)
        return fail(error, path, errno); /* a link that leads nowhere */
    if (!S_ISREG(target.st_mode) && !S_ISCHR(target.st_mode))
        return refuse_kind(path, &target, error);
    char *followed = S_ISLNK(itself.st_mode) ? realpath(path, NULL) : strdup(path);
    return open_writer(writer, followed, S_ISCHR(target.st_mode), error);
}

int file_writer_open_in_folder(struct file_writer **writer, const char *path, struct error *error)
{
    struct stat status;
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode))
        return refuse_kind(path, &status, error);
    return open_writer(writer, strdup(path), false, error);
}

int file_check_output(const char *path, struct error *error)
{
    struct stat status;
    if (stat(path, &status) == 0) {
        if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode) && !S_ISFIFO(status.st_mode))
            return refuse_kind(path, &status, error);
        return access(path, W_OK) ? fail(error, path, errno) : 0;
    }
    if (errno != ENOENT)
        return fail(error, path, errno);
    char *followed = file_followed(path), *folder = followed ? file_folder(followed) : NULL;
    free(followed);
    if (!folder)
        return error_no_memory(error, path);
    int code = access(folder, W_OK | X_OK) ? errno : 0;
    free(folder);
    return code ? fail(error, path, code) : 0;
}

const char *file_writer_temporary(const struct file_writer *writer)
{
    return writer->temporary;
}

int file_writer_set_mode(struct file_writer *writer, mode_t mode)
{
    const mode_t runs = S_IXUSR | S_IXGRP | S_IXOTH;
    writer->mode = mode;
    return fchmod(writer->fd, (mode & ~runs) | S_ISVTX) && fchmod(writer->fd, mode) ? -1 : 0;
}

void file_writer_append(struct file_writer *writer, const void *bytes, size_t size)
{
    const uint8_t *next = bytes;
    while (size > 0 && writer->failure == 0) {
        ssize_t put = write(writer->fd, next, size);
        if (put < 0) {
            if (errno != EINTR)
                writer->failure = errno;
            continue;
        }
        next += put;
        size -= (size_t)put;
    }
}

uint64_t file_limit(void)
{
    struct rlimit limit;
    bool limited = getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    return limited ? limit.rlim_cur : UINT64_MAX;
}

uint64_t file_space(const char *path)
{
    struct statvfs status;
    char *folder = file_folder(path);
    bool known = folder && statvfs(folder, &status) == 0;
    free(folder);
    return known ? (uint64_t)status.f_bavail * status.f_frsize : UINT64_MAX;
}

/* The folder's entry reaches the disk too; where a file system cannot do that, nothing is lost. */
static void sync_folder(const char *path)
{
    char *folder = file_folder(path);
    if (!folder)
        return;
    int fd = open(folder, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
}

static void release(struct file_writer **writer, bool remove_temporary)
{
    struct file_writer *ended = *writer;
    if (remove_temporary && ended->temporary)
        unlink(ended->temporary);
    close(ended->fd);
    free_writer(ended);
    *writer = NULL;
}

int file_writer_commit(struct file_writer **writer, struct error *error)
{
    struct file_writer *w = *writer;
    if (w->failure == 0 && w->temporary && fsync(w->fd) < 0)
        w->failure = errno;
    /* An error that only close reports is known before the rename, and the lock is kept until after
     * it. */
    int copy = dup(w->fd);
    if ((copy < 0 || close(copy) < 0) && w->failure == 0)
        w->failure = errno;
    if (w->failure == 0 && w->temporary && rename(w->temporary, w->path) < 0)
        w->failure = errno;
    int result = 0;
    if (w->failure != 0)
        result = fail(error, w->path, w->failure);
    else if (w->temporary) {
        unmark(w); /* not earlier: killed in between, the run would leave what is not swept */
        sync_folder(w->path);
    }
    release(writer, result != 0);
    return result;
}

void file_writer_discard(struct file_writer **writer)
{
    if (*writer)
        release(writer, true);
}

void file_remove(const char *path)
{
    unlink(path);
    for (int i = 0; i < TEMPORARIES; i++) {
        char *temporary = temporary_name(path, i);
        if (temporary)
            sweep(temporary);
        free(temporary);
    }
}

int file_write(const char *path, const void *bytes, size_t size, struct error *error)
{
    struct file_writer *writer;
    if (file_writer_open_in_folder(&writer, path, error) < 0)
        return -1;
    file_writer_append(writer, bytes, size);
    return file_writer_commit(&writer, error);
}
