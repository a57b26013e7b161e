#include "faults.h"

#include "file.h"

#include <cjson/cJSON.h>
#include <zlib.h>

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_LIVE = 1 << 14, MOUTHFUL = 7 /* bytes a call, of FAULT_TRICKLE */ };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static enum fault fault;
static long number, calls, trickles;
static void *live[MOST_LIVE];
static int live_count; /* the first of live[] */
static char said[1000];

/* ---- Which call fails ------------------------------------------------------------------------ */

static bool fails(enum fault kind, int code)
{
    pthread_mutex_lock(&mutex);
    bool met = fault == kind || (kind == FAULT_MEMORY && fault == FAULT_MEMORY_LEFT);
    bool failing = met && (++calls == number || (fault == FAULT_MEMORY_LEFT && calls > number));
    pthread_mutex_unlock(&mutex);
    if (failing)
        errno = code;
    return failing;
}

void faults_begin(enum fault kind, long which, bool json)
{
    cJSON_Hooks hooks = {malloc, free};
    cJSON_InitHooks(json ? &hooks : NULL);
    pthread_mutex_lock(&mutex);
    fault = kind;
    number = which;
    calls = trickles = 0;
    *said = '\0';
    pthread_mutex_unlock(&mutex);
}

long faults_end(void)
{
    pthread_mutex_lock(&mutex);
    long seen = calls;
    fault = FAULT_NONE;
    pthread_mutex_unlock(&mutex);
    return seen;
}

/* ---- Memory ---------------------------------------------------------------------------------- */

int faults_live(void)
{
    pthread_mutex_lock(&mutex);
    int count = live_count;
    pthread_mutex_unlock(&mutex);
    return count;
}

static void *remember(void *block)
{
    pthread_mutex_lock(&mutex);
    assert(live_count < MOST_LIVE);
    if (block)
        live[live_count++] = block;
    pthread_mutex_unlock(&mutex);
    return block;
}

/* What a library has allocated is not known here. */
static void forget(const void *block)
{
    pthread_mutex_lock(&mutex);
    int i = live_count - 1;
    while (i >= 0 && live[i] != block)
        i--;
    if (i >= 0)
        live[i] = live[--live_count];
    pthread_mutex_unlock(&mutex);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__real_large_array_alloc(size_t size);
void *__wrap_large_array_alloc(size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
void __real_free(void *block);
void __wrap_free(void *block);

void *__wrap_malloc(size_t size)
{
    return fails(FAULT_MEMORY, ENOMEM) ? NULL : remember(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(FAULT_MEMORY, ENOMEM) ? NULL : remember(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (fails(FAULT_MEMORY, ENOMEM))
        return NULL;
    forget(block);
    return remember(__real_realloc(block, size));
}

/* With values that are not numbers, so that an array that has to begin with zeros shows it. */
void *__wrap_large_array_alloc(size_t size)
{
    void *array = fails(FAULT_MEMORY, ENOMEM) ? NULL : __real_large_array_alloc(size);
    if (array)
        memset(array, 0xff, size);
    return remember(array);
}

char *__wrap_strdup(const char *text)
{
    return fails(FAULT_MEMORY, ENOMEM) ? NULL : remember(__real_strdup(text));
}

void __wrap_free(void *block)
{
    forget(block);
    __real_free(block);
}

FILE *__real_fdopen(int fd, const char *mode);
FILE *__wrap_fdopen(int fd, const char *mode);
FILE *__real_open_memstream(char **bytes, size_t *size);
FILE *__wrap_open_memstream(char **bytes, size_t *size);
int __real_scandir(const char *path, struct dirent ***names, int (*choose)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **));
int __wrap_scandir(const char *path, struct dirent ***names, int (*choose)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **));

FILE *__wrap_fdopen(int fd, const char *mode)
{
    return fails(FAULT_MEMORY, ENOMEM) ? NULL : __real_fdopen(fd, mode);
}

FILE *__wrap_open_memstream(char **bytes, size_t *size)
{
    return fails(FAULT_MEMORY, ENOMEM) ? NULL : __real_open_memstream(bytes, size);
}

int __wrap_scandir(const char *path, struct dirent ***names, int (*choose)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **))
{
    int count = fails(FAULT_MEMORY, ENOMEM) ? -1 : __real_scandir(path, names, choose, compare);
    for (int i = 0; i < count; i++)
        remember((*names)[i]);
    if (count >= 0)
        remember(*names);
    return count;
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* Before it is read for the first time. */
static void shrink(int fd)
{
    struct stat status;
    char name[64], path[4096];
    if (!fails(FAULT_SHRINK, 0) || fstat(fd, &status) < 0)
        return;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path - 1);
    assert(length > 0);
    path[length] = '\0';
    int cut = truncate(path, status.st_size / 2);
    assert(cut == 0);
    (void)cut;
}

/* How much of `size` goes through; every other call is interrupted, and 0 then. */
static size_t mouthful(size_t size)
{
    if (fault != FAULT_TRICKLE)
        return size;
    if (trickles++ % 2 == 0)
        return 0;
    return size > MOUTHFUL ? MOUTHFUL : size > 1 ? size - 1 : size;
}

static int interrupted(void)
{
    errno = EINTR;
    return -1;
}

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
ssize_t __real_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at);
FILE *__real_tmpfile(void);
FILE *__wrap_tmpfile(void);
gzFile __real_gzopen(const char *path, const char *mode);
gzFile __wrap_gzopen(const char *path, const char *mode);
int __real_gzread(gzFile file, void *bytes, unsigned size);
int __wrap_gzread(gzFile file, void *bytes, unsigned size);

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    shrink(fd);
    size_t part = mouthful(size);
    if (size > 0 && part == 0)
        return interrupted();
    return fails(FAULT_CALL, EIO) ? -1 : __real_read(fd, bytes, part);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    siginfo_t ended;
    if (fault == FAULT_LATE)
        waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT);
    size_t part = mouthful(size);
    if (size > 0 && part == 0)
        return interrupted();
    return fails(FAULT_CALL, ENOSPC) ? -1 : __real_write(fd, bytes, part);
}

ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at)
{
    size_t part = mouthful(size);
    if (size > 0 && part == 0)
        return interrupted();
    return fails(FAULT_CALL, EIO) ? -1 : __real_pread(fd, bytes, part, at);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    size_t part = mouthful(size);
    if (size > 0 && part == 0)
        return interrupted();
    return fails(FAULT_CALL, ENOSPC) ? -1 : __real_pwrite(fd, bytes, part, at);
}

FILE *__wrap_tmpfile(void)
{
    return fails(FAULT_CALL, EMFILE) ? NULL : __real_tmpfile();
}

/* Without O_CREAT in what is tested. */
int __wrap_open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return fails(FAULT_CALL, flags & O_CREAT ? EROFS : EMFILE) ? -1
                                                               : __real_open(path, flags, mode);
}

int __wrap_fsync(int fd)
{
    return fails(FAULT_CALL, EIO) ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    return fails(FAULT_CALL, ENOSPC) ? -1 : __real_rename(from, to);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return fails(FAULT_CALL, ENOSPC) ? -1 : __real_mkdir(path, mode);
}

gzFile __wrap_gzopen(const char *path, const char *mode)
{
    return fails(FAULT_CALL, EMFILE) || fails(FAULT_MEMORY, ENOMEM) ? NULL
                                                                    : __real_gzopen(path, mode);
}

/* zlib itself reads a part where a file is cut. */
int __wrap_gzread(gzFile file, void *bytes, unsigned size)
{
    if (fails(FAULT_CALL, EIO))
        return -1;
    return __real_gzread(file, bytes, fault == FAULT_TRICKLE && size > MOUTHFUL ? MOUTHFUL : size);
}

/* ---- Threads, processes, messages ------------------------------------------------------------ */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context);
int __wrap_gnuplot_draw(const char *folder, const char *script, const char *name,
                        struct error *error);
void __wrap_log_line(const char *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context)
{
    return fails(FAULT_CALL, EAGAIN) ? EAGAIN
                                     : __real_pthread_create(thread, attributes, run, context);
}

/* In its place: a file of that name. */
int __wrap_gnuplot_draw(const char *folder, const char *script, const char *name,
                        struct error *error)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fails(FAULT_CALL, ENOENT) ? error_set(error, "%s: not drawn", path)
                                     : file_write(path, script, strlen(script), error);
}

const char *faults_said(void)
{
    return said;
}

/* What is reported while the program goes on. */
void __wrap_log_line(const char *program, const char *format, ...)
{
    va_list arguments;
    (void)program;
    va_start(arguments, format);
    pthread_mutex_lock(&mutex);
    vsnprintf(said, sizeof said, format, arguments);
    pthread_mutex_unlock(&mutex);
    va_end(arguments);
}
