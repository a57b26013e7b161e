#define _GNU_SOURCE
/* Memory that runs out, for programs that run with this library in LD_PRELOAD: the call of malloc,
 * calloc, realloc or posix_memalign number FAIL_AT, and all after it, of those that come from one
 * of the objects named in FAIL_IN, fail. FAIL_COUNT names a file that gets the number of such calls
 * at the end. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_long calls;
static long fail_at = -1; /* unknown so far; 0: never */
static char objects[128];

/* "/usr/lib/libcjson.so.1" is of "libcjson". */
static bool is_named(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char text[sizeof objects], *rest = NULL;
    snprintf(text, sizeof text, "%s", objects);
    for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        size_t length = strlen(word);
        if (strncmp(name, word, length) == 0 && (name[length] == '.' || !name[length]))
            return true;
    }
    return false;
}

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("FAIL_AT"), *in = getenv("FAIL_IN");
    snprintf(objects, sizeof objects, "%s", in ? in : "");
    fail_at = at ? atol(at) : 0;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("FAIL_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", atomic_load(&calls));
        fclose(file);
    }
}

static bool fails(const void *caller)
{
    Dl_info info;
    if (fail_at < 0 || !*objects || !dladdr(caller, &info) || !is_named(info.dli_fname))
        return false;
    long call = atomic_fetch_add(&calls, 1) + 1;
    if (fail_at == 0 || call < fail_at)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    void *block = fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
    if (!block)
        return ENOMEM;
    *memory = block;
    return 0;
}
