#define _XOPEN_SOURCE 700 /* S_ISVTX */ /* NOLINT: names of this kind are POSIX's to give */
/* What src/base asks of the system, call by call: files on their way to the disk, known by what
 * they are, and written over by none; work beside; pipes. Texts and numbers are in test_core.c. */
#include "beside.h"
#include "blas.h"
#include "dated_name.h"
#include "error.h"
#include "file.h"
#include "file_set.h"
#include "gnuplot.h"
#include "joined.h"
#include "monotonic.h"
#include "null_device.h"
#include "process.h"
#include "report_folder.h"
#include "shares.h"
#include "testing.h"
#include "text.h"

#include <cblas.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>

/* ---- Calls of the system --------------------------------------------------------------------- */

static char calls[512];     /* in order, each with a comma */
static const char *failing; /* the call that fails; NULL: none */

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_close(int fd);
int __wrap_close(int fd);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_large_array_alloc(size_t size);
void *__wrap_large_array_alloc(size_t size);
void *__wrap_realloc(void *block, size_t size);
int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_statvfs(const char *path, struct statvfs *status);
pid_t __real_waitpid(pid_t child, int *status, int options);
pid_t __wrap_waitpid(pid_t child, int *status, int options);
pid_t __real_fork(void);
pid_t __wrap_fork(void);
int __real_chdir(const char *path);
int __wrap_chdir(const char *path);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
int __real_nanosleep(const struct timespec *length, struct timespec *left);
int __wrap_nanosleep(const struct timespec *length, struct timespec *left);
time_t __real_time(time_t *now);
time_t __wrap_time(time_t *now);
long __real_sysconf(int name);
long __wrap_sysconf(int name);
int __wrap_getpriority(int which, id_t who);
int __wrap_setpriority(int which, id_t who, int nice);
void *__real_blas_memory_alloc(int place);
void *__wrap_blas_memory_alloc(int place);
void __real_blas_memory_free(void *buffer);
void __wrap_blas_memory_free(void *buffer);

static bool fails(const char *what)
{
    return failing && strcmp(failing, what) == 0;
}

/* Whether it shall fail. */
static bool note(const char *call, int fd)
{
    char name[32];
    struct stat status;
    const char *of = fd < 0                                                      ? ""
                     : __real_fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) ? " folder"
                                                                                 : " file";
    snprintf(name, sizeof name, "%s%s", call, of);
    if (strlen(calls) + strlen(name) + 2 < sizeof calls) {
        strcat(calls, name);
        strcat(calls, ",");
    }
    errno = EIO;
    return fails(name);
}

int __wrap_fsync(int fd)
{
    return note("fsync", fd) ? -1 : __real_fsync(fd);
}

static int closed_nothing; /* how often what is closed was not open */

int __wrap_close(int fd)
{
    bool failed = note("close", fd);
    int result = __real_close(fd);
    closed_nothing += result < 0 && errno == EBADF;
    return failed ? -1 : result;
}

static int unlinked; /* how many of the next files have lost their name */

int __wrap_fstat(int fd, struct stat *status)
{
    errno = EIO;
    int result = fails("fstat") ? -1 : __real_fstat(fd, status);
    if (result == 0 && unlinked > 0) {
        status->st_nlink = 0;
        unlinked--;
    }
    return result;
}

int __wrap_rename(const char *from, const char *to)
{
    int result = note("rename", -1) ? -1 : __real_rename(from, to);
    if (fails("another"))
        close(open(from, O_WRONLY | O_CREAT, 0600));
    return result;
}

/* "read" fails at once; "interrupted" once, and then goes on by single bytes. */
ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    static int count;
    bool slow = fails("interrupted");
    errno = slow ? EINTR : EIO;
    if ((slow && count++ % 2 == 0) || fails("read"))
        return -1;
    return __real_read(fd, bytes, slow && size > 1 ? 1 : size);
}

/* Three blocks for everybody, and four more for the administrator. */
int __wrap_statvfs(const char *path, struct statvfs *status)
{
    *status = (struct statvfs){.f_bsize = 4096, .f_frsize = 512, .f_bavail = 3, .f_bfree = 7};
    return note("statvfs", -1) || strcmp(path, "some/") != 0 ? -1 : 0;
}

/* "interrupted" once, and then waits. */
pid_t __wrap_waitpid(pid_t child, int *status, int options)
{
    static int count;
    errno = EINTR;
    if (fails("interrupted") && count++ % 2 == 0)
        return -1;
    return __real_waitpid(child, status, options);
}

static void (*at_fork)(void); /* NULL: nothing */

pid_t __wrap_fork(void)
{
    if (at_fork)
        at_fork();
    errno = EAGAIN;
    return fails("fork") ? -1 : __real_fork();
}

int __wrap_chdir(const char *path)
{
    return fails("chdir") ? -1 : __real_chdir(path);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    return fails("fopen") ? NULL : __real_fopen(path, mode);
}

static int allowance; /* allocations before memory is lacking */
static size_t asked;  /* of the latest malloc */

static bool lacks_memory(void)
{
    return fails("memory") && allowance-- <= 0;
}

static struct {
    bool are;
    int count;
    size_t least, all;
} pieces; /* of an address space that malloc counts, but does not take */

void *__wrap_malloc(size_t size)
{
    asked = size;
    if (pieces.are) {
        pieces.count++;
        pieces.least = size < pieces.least ? size : pieces.least;
        pieces.all += size;
        size = 1;
    }
    return lacks_memory() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return lacks_memory() ? NULL : __real_calloc(count, size);
}

void *__wrap_large_array_alloc(size_t size)
{
    return lacks_memory() ? NULL : __real_large_array_alloc(size);
}

/* To another place each time, so that no one who keeps the old one goes unnoticed. */
void *__wrap_realloc(void *block, size_t size)
{
    size_t before = block ? malloc_usable_size(block) : 0;
    void *moved = lacks_memory() || fails("more memory") ? NULL : __real_malloc(size);
    if (!moved || !block)
        return moved;
    memcpy(moved, block, before < size ? before : size);
    memset(block, 0xDD, before);
    free(block);
    return moved;
}

/* ---- What the system says -------------------------------------------------------------------- */

static void (*at_nap)(void); /* in place of sleeping; NULL: sleeps */
static time_t today;         /* what time it is; 0: not known before */
static long processors;      /* 0: as many as there are */

int __wrap_nanosleep(const struct timespec *length, struct timespec *left)
{
    if (!at_nap)
        return __real_nanosleep(length, left);
    at_nap();
    return 0;
}

time_t __wrap_time(time_t *now)
{
    return today ? today : __real_time(now);
}

long __wrap_sysconf(int name)
{
    return name == _SC_NPROCESSORS_ONLN && processors ? processors : __real_sysconf(name);
}

static int priority, highest_allowed; /* as `nice` counts */
static bool of_another;               /* whose priority was asked for, or changed */

int __wrap_getpriority(int which, id_t who)
{
    of_another = of_another || which != PRIO_PROCESS || who != 0;
    return priority;
}

int __wrap_setpriority(int which, id_t who, int nice)
{
    of_another = of_another || which != PRIO_PROCESS || who != 0;
    if (nice < highest_allowed)
        return -1;
    priority = nice;
    return 0;
}

static int buffers_taken, buffers_held;

/* "buffers": waits in vain, for as many seconds as were granted. */
void *__wrap_blas_memory_alloc(int place)
{
    if (fails("buffers")) {
        unsigned granted = alarm(0);
        if (granted >= 1 && granted <= 10)
            raise(SIGALRM);
        _exit(9);
    }
    buffers_taken++;
    buffers_held++;
    return __real_blas_memory_alloc(place);
}

void __wrap_blas_memory_free(void *buffer)
{
    buffers_held--;
    __real_blas_memory_free(buffer);
}

/* ---- Files on their way to the disk ---------------------------------------------------------- */

static int write_new(struct error *error)
{
    *calls = '\0';
    return file_write(in_folder("file"), "new", 3, error);
}

static bool is_there(const char *name)
{
    struct stat status;
    return lstat(in_folder(name), &status) == 0;
}

static void make_file(const char *name)
{
    int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && close(fd) == 0);
}

/* As a killed run leaves it: marked, and held by nobody. */
static void make_leftover(const char *name)
{
    make_file(name);
    assert_int_equal(chmod(in_folder(name), S_ISVTX | 0644), 0);
}

/* A temporary file that nobody holds is what a killed run has left; one that is held, or is not a
 * file, stays. */
static void what_killed_runs_left_is_swept(void **state)
{
    (void)state;
    struct error error;
    make_leftover("file.expressions-0");
    assert_int_equal(mkdir(in_folder("file.expressions-1"), 0700), 0);
    assert_int_equal(write_new(&error), 0);
    assert_true(is_there("file"));
    assert_false(is_there("file.expressions-0"));

    struct file_writer *writer;
    assert_int_equal(file_writer_open(&writer, in_folder("file"), &error), 0);
    assert_true(is_there("file.expressions-0"));
    assert_int_equal(write_new(&error), 0);
    assert_true(is_there("file.expressions-0"));
    assert_true(is_there("file.expressions-1"));
    assert_int_equal(file_writer_commit(&writer, &error), 0);

    make_leftover("file.expressions-0");
    make_leftover("file.expressions-7");
    file_remove(in_folder("file"));
    assert_false(is_there("file"));
    assert_false(is_there("file.expressions-0"));
    assert_false(is_there("file.expressions-7"));
    assert_true(is_there("file.expressions-1"));
    assert_int_equal(rmdir(in_folder("file.expressions-1")), 0);
}

/* Nor is a file one of ours for its name alone, nor for a mode that a whole folder was given. */
static void what_a_user_named_alike_stays(void **state)
{
    (void)state;
    struct error error;
    struct stat status;
    mode_t mask = umask(027);
    make_file("file.expressions-0");
    make_file("file.expressions-1");
    assert_int_equal(chmod(in_folder("file.expressions-1"), S_ISVTX | 0777), 0);
    assert_int_equal(write_new(&error), 0);
    umask(mask);
    assert_int_equal(stat(in_folder("file"), &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0640); /* the mark is not left on what is whole */
    assert_int_equal(count_files(0), 3);
    file_remove(in_folder("file"));
    assert_int_equal(count_files(0), 2);
}

/* What a temporary file's name adds is no reason to refuse a name. */
static void a_name_is_as_long_as_a_folder_takes(void **state)
{
    (void)state;
    struct error error;
    char longest[NAME_MAX + 1] = "";
    memset(longest, 'x', NAME_MAX);
    assert_int_equal(file_write(in_folder(longest), "new", 3, &error), 0);
    assert_true(is_there(longest));
    file_remove(in_folder(longest));
    assert_false(is_there(longest));
}

/* Nothing lies before the first character of such a path; sanitizers see who looks there. */
static void the_root_folder_is_one_like_others(void **state)
{
    (void)state;
    char *path = strdup("/no file of test_base");
    assert_non_null(path);
    file_remove(path);
    free(path);
}

/* The name is free once the file has its own; another run may take it at once. */
static void what_others_write_is_left_alone(void **state)
{
    (void)state;
    struct error error;
    failing = "another";
    int result = write_new(&error);
    failing = NULL;
    assert_int_equal(result, 0);
    assert_true(is_there("file.expressions-0"));
}

/* A hundred names for temporary files, and no more. */
static void temporaries_have_so_many_names(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    struct error error = {.text = ""};
    char name[32];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "file.expressions-%d", i);
        assert_int_equal(mkdir(in_folder(name), 0700), 0);
    }
    assert_int_equal(write_new(&error), -1);
    expect_text(error.text, in_folder("file"), "File exists; check the path");
    assert_int_equal(rmdir(in_folder("file.expressions-99")), 0);
    assert_int_equal(write_new(&error), 0);
    make_leftover("file.expressions-99");
    make_leftover("file.expressions-100");
    file_remove(in_folder("file"));
    assert_true(is_there("file.expressions-100"));
    assert_int_equal(count_files(0), COUNT);
}

/* Another run may sweep a file before it is locked; what has lost its name is not swept by it,
 * which may be another's. */
static void what_is_swept_is_made_anew(void **state)
{
    (void)state;
    struct error error;
    unlinked = 1;
    assert_int_equal(write_new(&error), 0);
    assert_int_equal(unlinked, 0);
    assert_string_equal(calls, "close file,close file,fsync file,close file,rename,fsync folder,"
                               "close folder,close file,");
    expect_file("file", "new");
    assert_int_equal(count_files(0), 1);
    make_leftover("file.expressions-0");
    unlinked = 1;
    assert_int_equal(write_new(&error), 0);
    assert_int_equal(unlinked, 0);
    assert_true(is_there("file.expressions-0"));
    assert_int_equal(count_files(0), 2);
}

/* From the beginning, while the mark shows whose it is. */
static void permissions_are_given(void **state)
{
    (void)state;
    struct error error;
    struct stat status;
    struct file_writer *writer;
    assert_int_equal(file_writer_open(&writer, in_folder("file"), &error), 0);
    assert_string_equal(file_writer_temporary(writer), in_folder("file.expressions-0"));
    assert_int_equal(file_writer_set_mode(writer, 0751), 0);
    assert_int_equal(stat(file_writer_temporary(writer), &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | S_ISVTX | 0640);
    assert_int_equal(file_writer_commit(&writer, &error), 0);
    assert_int_equal(stat(in_folder("file"), &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0751);
}

/* Where standard input was closed, the next descriptor is 0, which is as good as another. */
static void descriptor_0_is_one_like_others(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    struct rlimit before, none;
    uint8_t *bytes = NULL;
    size_t size = 0;
    const char *device = null_device(test_folder());
    int kept = dup(STDIN_FILENO);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    *calls = '\0';
    make_leftover("file.expressions-0"); /* a killed run's */
    close(STDIN_FILENO);
    int written = write_new(&error), read = file_read(in_folder("file"), 9, &bytes, &size, &error);
    char seen[sizeof calls];
    memcpy(seen, calls, sizeof seen);
    struct file_writer *writer = NULL;
    int opened = file_writer_open(&writer, device, &error);
    file_writer_discard(&writer);
    int next = dup(kept);
    close(next);
    setrlimit(RLIMIT_NOFILE, &none);
    int refused = process_prepare();
    setrlimit(RLIMIT_NOFILE, &before);
    int prepared = process_prepare(), mode = fcntl(STDIN_FILENO, F_GETFL) & O_ACCMODE;
    dup2(kept, STDIN_FILENO);
    close(kept);
    assert_int_equal(written, 0);
    assert_int_equal(read, 0);
    assert_int_equal(size, 3);
    free(bytes);
    assert_int_equal(opened, 0);
    assert_int_equal(next, 0); /* nothing was left open */
    assert_string_equal(seen, "close file,fsync file,close file,rename,fsync folder,close folder,"
                              "close file,close file,");
    assert_false(is_there("file.expressions-0"));
    assert_int_equal(refused, -1);
    assert_int_equal(prepared, 0);
    assert_int_equal(mode, O_WRONLY); /* what reads there is told so */
}

/* Whichever of them the caller has closed: reading what is printed there fails, and the like. */
static void standard_descriptors_are_occupied(void **state)
{
    (void)state;
    static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
    int found[3];
    fflush(stdout);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int kept = dup(fd);
        close(fd);
        int result = process_prepare();
        found[fd] = result ? result : fcntl(fd, F_GETFL) & O_ACCMODE;
        dup2(kept, fd);
        close(kept);
    }
    assert_memory_equal(found, modes, sizeof modes);
}

static int naps, reader = -1;

static void begin_to_read(void)
{
    if (++naps == 3)
        reader = open(in_folder("fifo"), O_RDONLY | O_NONBLOCK);
}

static void ask_to_stop(void)
{
    process_set_stopping(++naps == 3);
}

/* Until then one can still be asked to stop. */
static void a_fifo_is_opened_once_it_is_read(void **state)
{
    (void)state;
    static const char *const others[] = {"file", "missing"};
    make_file("file");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        errno = 0;
        assert_int_equal(file_open_fifo(in_folder(others[i])), -1);
        assert_int_equal(errno, ESPIPE);
    }
    assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
    naps = 0;
    at_nap = ask_to_stop;
    int stopped = file_open_fifo(in_folder("fifo")), code = errno, asked_after = naps;
    process_set_stopping(false);
    naps = 0;
    at_nap = begin_to_read;
    int fd = file_open_fifo(in_folder("fifo"));
    at_nap = NULL;
    assert_int_equal(stopped, -1);
    assert_int_equal(code, EINTR);
    assert_int_equal(asked_after, 3);
    assert_true(fd >= 0);
    assert_int_equal(naps, 3);
    assert_int_equal(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_WRONLY); /* it may wait now */
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
    close(reader);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static void names_are_taken_apart(void **state)
{
    (void)state;
    static const char *const parts[][3] = {{"name", ".", "name"},
                                           {"/name", "/", "name"},
                                           {"a/b.c", "a/", "b.c"},
                                           {"/a/b/", "/a/b/", ""}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *folder = file_folder(parts[i][0]);
        assert_true(strlen(folder) < asked);
        assert_string_equal(folder, parts[i][1]);
        assert_string_equal(file_base(parts[i][0]), parts[i][2]);
        free(folder);
    }
    char *path = file_in_folder("a/b", "c.d");
    assert_true(strlen(path) < asked);
    assert_string_equal(path, "a/b/c.d");
    free(path);
}

static void litter_is_known_by_its_name(void **state)
{
    (void)state;
    static const char *const litter[] = {".a.png",      ".",        "Thumbs.db", "thumbs.DB",
                                         "desktop.ini", "__macosx", "@eaDir"};
    static const char *const others[] = {"a.png",   "Thumbs.db2", "humbs.db",
                                         "desktop", "eaDir.",     ""};
    for (size_t i = 0; i < sizeof litter / sizeof *litter; i++)
        if (!file_is_litter(litter[i]))
            fail_msg("no litter: %s", litter[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (file_is_litter(others[i]))
            fail_msg("litter: %s", others[i]);
    make_file("file");
    assert_true(file_is_folder(test_folder()));
    assert_false(file_is_folder(in_folder("file")));
    assert_false(file_is_folder(in_folder("missing")));
}

static void expect_followed(const char *name, const char *expected)
{
    char path[2 * TEST_PATH_SIZE];
    snprintf(path, sizeof path, "%s", in_folder(name));
    char *followed = file_followed(path);
    assert_non_null(followed);
    char *to = followed;
    for (const char *c = followed; *c; c++) /* several slashes are as one */
        if (c[0] != '/' || c[1] != '/')
            *to++ = *c;
    *to = '\0';
    assert_string_equal(followed, in_folder(expected));
    free(followed);
}

/* Also where nothing is there yet; no further than Linux goes, and however long they are. */
static void links_are_followed(void **state)
{
    (void)state;
    enum { LINKS = 45, LONGEST = PATH_MAX - 1 };
    static char target[PATH_MAX];
    char from[16], to[16];
    for (int i = 0; i < LINKS; i++) {
        snprintf(from, sizeof from, "%d", i);
        snprintf(to, sizeof to, "%d", i + 1);
        assert_int_equal(symlink(to, in_folder(from)), 0);
    }
    memset(target, '/', LONGEST);
    memcpy(target + LONGEST - 12, "no such file", 12);
    if (symlink(target, in_folder("far")) == 0) { /* not every file system takes it */
        char *followed = file_followed(in_folder("far"));
        assert_string_equal(followed, target);
        free(followed);
    }
    expect_followed("45", "45");
    expect_followed("44", "45");
    expect_followed("5", "45");
    expect_followed("4", "44");
    expect_followed("0", "40");
}

/* ---- Checks ---------------------------------------------------------------------------------- */

/* Without a trace; what is written to directly needs no more than to be there. */
static void a_path_is_checked_before_it_is_written_to(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    make_file("file");
    assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
    assert_int_equal(mkdir(in_folder("folder"), 0700), 0);
    assert_int_equal(symlink("new", in_folder("to_new")), 0);
    assert_int_equal(symlink("missing/new", in_folder("astray")), 0);
    assert_int_equal(symlink("circle", in_folder("circle")), 0);
    assert_int_equal(file_check_output(null_device(test_folder()), &error), 0);
    static const char *const good[] = {"file", "fifo", "new", "to_new"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(file_check_output(in_folder(good[i]), &error), 0);
    static const char *const bad[][2] = {{"folder", "is a folder"},
                                         {"astray", "No such file"},
                                         {"file/new", "Not a directory"},
                                         {"circle", "Too many levels"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(file_check_output(in_folder(bad[i][0]), &error), -1);
        expect_text(error.text, in_folder(bad[i][0]), bad[i][1]);
    }
    assert_false(is_there("new"));
    assert_int_equal(rmdir(in_folder("folder")), 0);
}

/* `ulimit -f` is like a disk that is full. */
static void a_limit_on_files_is_told(void **state)
{
    (void)state;
    struct error error;
    struct rlimit before, limit;
    assert_int_equal(process_prepare(), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(file_limit() == before.rlim_cur); /* or none, and both the largest number */
    limit = before;
    limit.rlim_cur = 2;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int result = write_new(&error);
    uint64_t allowed = file_limit();
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(result, -1);
    assert_non_null(strstr(error.text, "File too large; see `ulimit -f`"));
    assert_false(is_there("file"));
    assert_int_equal(allowed, 2);
}

static void free_space_is_what_a_user_may_fill(void **state)
{
    (void)state;
    assert_true(file_space("some/file") == 3 * 512);
    assert_true(file_space("none/file") == UINT64_MAX);
}

/* The bytes, then the name, then the folder that has the name: a power cut leaves one file or the
 * other. */
static void what_is_written_reaches_the_disk(void **state)
{
    (void)state;
    struct error error;
    struct file_writer *writer;
    assert_int_equal(write_new(&error), 0);
    assert_string_equal(calls,
                        "fsync file,close file,rename,fsync folder,close folder,close file,");
    const char *device = null_device(test_folder());
    *calls = '\0';
    assert_int_equal(file_writer_open(&writer, device, &error), 0);
    file_writer_append(writer, "new", 3);
    assert_int_equal(file_writer_commit(&writer, &error), 0);
    assert_string_equal(calls, "close file,close file,");
    assert_int_equal(file_writer_open(&writer, in_folder("other"), &error), 0);
    *calls = '\0';
    file_writer_discard(&writer);
    assert_string_equal(calls, "close file,");
}

static void a_call_that_fails_is_told(void **state)
{
    (void)state;
    static const char *const those[] = {"fsync file", "close file", "rename", "fsync folder"};
    for (size_t i = 0; i < sizeof those / sizeof *those; i++) {
        struct error error = {.text = ""};
        size_t size;
        write_bytes(in_folder("file"), "old", 3);
        failing = those[i];
        int result = write_new(&error);
        failing = NULL;
        bool harmless = strcmp(those[i], "fsync folder") == 0; /* the file stands there */
        assert_int_equal(result, harmless ? 0 : -1);
        if (!harmless)
            expect_text(error.text, in_folder("file"), "Input/output error");
        uint8_t *bytes = read_bytes(in_folder("file"), &size);
        assert_string_equal(bytes, harmless ? "new" : "old");
        free(bytes);
        assert_int_equal(count_files(0), 1);
    }
}

static void reading_that_fails_is_told(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    uint8_t *bytes = NULL;
    size_t size = 0;
    write_bytes(in_folder("file"), "old", 3);
    failing = "read";
    int result = file_read(in_folder("file"), 3, &bytes, &size, &error);
    failing = NULL;
    assert_int_equal(result, -1);
    assert_null(bytes);
    expect_text(error.text, in_folder("file"), "Input/output error; check the path");
    failing = "fstat";
    result = file_read(in_folder("file"), 3, &bytes, &size, &error);
    bool piped = process_is_piped();
    failing = NULL;
    assert_int_equal(result, -1);
    expect_text(error.text, in_folder("file"), "Input/output error; check the path");
    assert_true(!bytes && !piped);
    failing = "interrupted";
    result = file_read(in_folder("file"), 3, &bytes, &size, &error);
    failing = NULL;
    assert_int_equal(result, 0);
    assert_int_equal(size, 3);
    assert_memory_equal(bytes, "old", 3);
    free(bytes);
}

/* That the path names no file is told at once, or in the end. */
static void paths_without_a_name_are_refused(void **state)
{
    (void)state;
    const char *paths[] = {in_folder("none/"), ""};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct file_writer *writer = NULL;
        struct error error = {.text = ""};
        int opened = file_writer_open(&writer, paths[i], &error);
        assert_int_equal(opened ? opened : file_writer_commit(&writer, &error), -1);
        expect_text(error.text, paths[i], "No such file or directory");
        assert_null(writer);
    }
}

static void no_memory_is_told(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    struct file_set set = {0};
    write_bytes(in_folder("file"), "old", 3);
    failing = "memory";
    char *text = text_utf8("a"), *folder = file_folder("a/b"), *path = file_in_folder("a", "b");
    int added = file_set_add(&set, in_folder("file"), &error);
    struct error of_check = {.text = ""};
    int checked = file_check_output(in_folder("new"), &of_check);
    struct error of_writer = {.text = ""}, of_reader = {.text = ""};
    struct file_writer *writer = NULL;
    uint8_t *bytes = NULL;
    size_t size;
    int opened = file_writer_open(&writer, in_folder("new"), &of_writer);
    struct error of_name = {.text = ""};
    allowance = 1; /* for the writer, not for the temporary file's name */
    int named = file_writer_open(&writer, in_folder("new"), &of_name);
    int read = file_read(in_folder("file"), 3, &bytes, &size, &of_reader);
    failing = NULL;
    assert_true(opened == -1 && read == -1 && !writer && !bytes);
    assert_int_equal(checked, -1);
    expect_text(of_check.text, in_folder("new"), "no memory");
    expect_text(of_writer.text, "a file to be written", "no memory");
    assert_int_equal(named, -1);
    expect_text(of_name.text, in_folder("new"), "no memory");
    expect_text(of_reader.text, in_folder("file"), "no memory");
    assert_true(!text && !folder && !path);
    assert_int_equal(added, -1);
    expect_text(error.text, "the list of files", "no memory");
    assert_null(set.root);
    file_set_free(&set);
}

/* Files of the kernel state no size; they are read like others, in ever larger pieces. */
static void what_states_no_size_is_read_whole(void **state)
{
    (void)state;
    enum { SIZE = 5000 };
    struct error error = {.text = ""};
    uint8_t *bytes = NULL;
    size_t size = 0;
    int ends[2], kept = dup(STDIN_FILENO);
    uint8_t sent[SIZE];
    for (int i = 0; i < SIZE; i++)
        sent[i] = (uint8_t)(i * 7 + i / 256);
    for (int limit = SIZE - 1; limit <= SIZE; limit++) {
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], sent, SIZE), SIZE);
        close(ends[1]);
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        int result = file_read_input((size_t)limit, &bytes, &size, &error);
        dup2(kept, STDIN_FILENO);
        assert_int_equal(result, limit < SIZE ? -1 : 0);
    }
    close(kept);
    expect_text(error.text, "-: larger than 0 MB", "the right file");
    assert_int_equal(size, SIZE);
    assert_memory_equal(bytes, sent, SIZE);
    free(bytes);
}

static int read_from(int input, size_t limit, uint8_t **bytes, struct error *error)
{
    size_t size;
    int kept = dup(STDIN_FILENO);
    dup2(input, STDIN_FILENO);
    close(input);
    int result = file_read_input(limit, bytes, &size, error);
    dup2(kept, STDIN_FILENO);
    close(kept);
    return result;
}

static void what_is_too_large_is_told(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    uint8_t *bytes = NULL;
    size_t size;
    int ends[2];
    make_file("file");
    assert_int_equal(truncate(in_folder("file"), (3 << 20) + 1), 0);
    assert_int_equal(file_read(in_folder("file"), 3 << 20, &bytes, &size, &error), -1);
    expect_text(error.text, in_folder("file"), "larger than 3 MB");
    assert_int_equal(read_from(open("/dev/zero", O_RDONLY), 2 << 20, &bytes, &error), -1);
    expect_text(error.text, "-: larger than 2 MB", "");
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "new", 3), 3);
    close(ends[1]);
    failing = "more memory";
    int result = read_from(ends[0], 9, &bytes, &error);
    failing = NULL;
    assert_int_equal(result, -1);
    expect_text(error.text, "no memory for -;", "");
    assert_null(bytes);
}

/* An error says what it is of anew, whatever it said before. */
static void errors_begin_anew(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    errno = EPIPE;
    assert_int_equal(error_unwritten(&error), -1);
    assert_int_equal(error.code, ERROR_CLOSED_PIPE);
    assert_int_equal(error_of(&error, "a.csv"), -1);
    assert_int_equal(error.code, ERROR_CLOSED_PIPE);
    assert_true(strncmp(error.text, "a.csv: the results cannot be written", 36) == 0);
    error_set(&error, "x");
    assert_int_equal(error.code, ERROR_OTHER);
    errno = ENOSPC;
    error_unwritten(&error);
    assert_int_equal(error.code, ERROR_OTHER);
    expect_text(error.text, "cannot be written: No space left on device;", "");
    errno = ENOMEM;
    assert_int_equal(error_unwritten(&error), -1);
    assert_int_equal(error.code, ERROR_NO_MEMORY);
    expect_text(error.text, "no memory for a result;", "");
    errno = EINTR;
    assert_int_equal(error_unwritten(&error), -1);
    assert_int_equal(error.code, ERROR_OTHER);
    expect_text(error.text, "cannot be written: their reader has stopped reading;", "");
}

/* Scripts rely on them. */
static void errors_have_their_statuses(void **state)
{
    (void)state;
    static const struct {
        enum error_code code;
        int status;
    } all[] = {{ERROR_CLOSED_PIPE, 0}, {ERROR_OTHER, 1},       {ERROR_NO_MEMORY, 1},
               {ERROR_BAD_CASCADE, 1}, {ERROR_USAGE, 2},       {ERROR_NO_FACE, 3},
               {ERROR_NO_CAMERA, 4},   {ERROR_CAMERA_LOST, 5}, {ERROR_BAD_MODEL, 6}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(error_exit_status(all[i].code), all[i].status);
}

/* ---- Files that must not be written over ----------------------------------------------------- */

static void check(struct file_set *set, const char *path, int expected)
{
    struct error error = {.text = ""};
    if (file_set_check_output(set, path, &error) != expected)
        fail_msg("%s: not %d: %s", path, expected, error.text);
    if (expected < 0)
        expect_text(error.text, path, "already an input or output");
}

static void files_are_known_by_what_they_are(void **state)
{
    (void)state;
    struct file_set set = {0};
    struct error error;
    char target[TEST_PATH_SIZE];
    write_bytes(in_folder("a"), "a", 1);
    write_bytes(in_folder("b"), "b", 1);
    snprintf(target, sizeof target, "%.900s", in_folder("a"));
    assert_int_equal(symlink("a", in_folder("link")), 0);
    assert_int_equal(symlink("new", in_folder("to_new")), 0);
    assert_int_equal(symlink("to_new", in_folder("to_link")), 0);
    assert_int_equal(symlink("circle", in_folder("circle")), 0);
    assert_int_equal(link(target, in_folder("hard")), 0);
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    assert_int_equal(mkdir(in_folder("inside"), 0700), 0);
    assert_int_equal(symlink("inside", in_folder("to_inside")), 0);
    snprintf(target, sizeof target, "%.900s", in_folder("far"));
    assert_int_equal(symlink(target, in_folder("inside/to_far")), 0);
    check(&set, in_folder("a"), 0);
    assert_int_equal(file_set_add(&set, in_folder("pipe"), &error), 0);
    assert_null(set.root);
    static const char *const added[] = {"a", "pipe", "missing/x", "new", "inside", "far"};
    for (size_t i = 0; i < sizeof added / sizeof *added; i++)
        for (int times = 0; times < 2; times++)
            assert_int_equal(file_set_add(&set, in_folder(added[i]), &error), 0);
    assert_int_equal(file_set_add(&set, NULL, &error), 0);
    static const char *const refused[] = {"a",       "./a",    "link",      "hard",
                                          "new",     "./new",  "to_new",    "to_link",
                                          "inside/", "inside", "to_inside", "inside/to_far"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        check(&set, in_folder(refused[i]), -1);
    static const char *const free_ones[] = {"b",     "pipe", ".",      "missing/x",
                                            "newer", "ne",   "circle", "inside/new"};
    for (size_t i = 0; i < sizeof free_ones / sizeof *free_ones; i++)
        check(&set, in_folder(free_ones[i]), 0);
    assert_int_equal(file_set_check_output(&set, NULL, &error), 0);
    file_set_free(&set);
    assert_null(set.root);
    /* What is in folders, as deep as is said. */
    static const char *const files[] = {"a", "b", "inside/new"};
    write_bytes(in_folder("inside/new"), "n", 1);
    for (int depth = -1; depth <= 1; depth++) {
        assert_int_equal(file_set_add_folder(&set, test_folder(), depth, &error), 0);
        for (int i = 0; i < 3; i++)
            check(&set, in_folder(files[i]), depth < i / 2 ? 0 : -1);
        check(&set, in_folder("."), 0);
        check(&set, in_folder(".."), 0);
        file_set_free(&set);
    }
    assert_int_equal(file_set_add_folder(&set, in_folder("a"), 1, &error), 0);
    assert_null(set.root);
    assert_int_equal(remove(in_folder("inside/to_far")), 0);
    assert_int_equal(remove(in_folder("inside/new")), 0);
}

/* Wherever it ends on the way through folders. */
static void lists_without_memory_are_told(void **state)
{
    (void)state;
    struct file_set set = {0};
    struct error error = {.text = ""};
    static const char *const files[] = {"a", "inside", "inside/b", "inside/c"};
    assert_int_equal(mkdir(in_folder("inside"), 0700), 0);
    make_file("a");
    make_file("inside/b");
    make_file("inside/c");
    int next = dup(STDIN_FILENO), result = -1, tries = 0;
    close(next);
    for (; result; tries++) {
        file_set_free(&set);
        error = (struct error){.text = ""};
        allowance = tries;
        failing = "memory";
        result = file_set_add_folder(&set, test_folder(), 1, &error);
        failing = NULL;
        if (result)
            expect_text(error.text, "no memory for the list of files;", "");
        int after = dup(STDIN_FILENO);
        close(after);
        assert_int_equal(after, next);
    }
    allowance = 0;
    assert_int_equal(tries, 9); /* two for each */
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        check(&set, in_folder(files[i]), -1);
    file_set_free(&set);
    assert_int_equal(remove(in_folder("inside/b")), 0);
    assert_int_equal(remove(in_folder("inside/c")), 0);
}

/* Those of several file systems often have one number. */
static void folders_of_several_devices_are_known(void **state)
{
    (void)state;
    static const char *const folders[] = {"/proc", "/sys", "/dev/pts", "/dev/shm"};
    struct file_set set = {0};
    struct error error;
    for (int i = 0; i < 4; i++) {
        check(&set, folders[i], 0);
        assert_int_equal(file_set_add(&set, folders[i], &error), 0);
    }
    for (int i = 0; i < 4; i++)
        if (access(folders[i], F_OK) == 0)
            check(&set, folders[i], -1);
    file_set_free(&set);
}

/* More than one device, inode and name, added and asked for in turn. */
static void many_files_are_known(void **state)
{
    (void)state;
    enum { COUNT = 50 };
    static const char *const elsewhere[] = {"/proc/self/status", "/proc/version", "/etc/passwd"};
    struct file_set set = {0};
    struct error error;
    char name[16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "%d", i);
        if (i % 2)
            write_bytes(in_folder(name), "", 0);
        check(&set, in_folder(name), 0);
        assert_int_equal(file_set_add(&set, in_folder(name), &error), 0);
        if (i % 10 == 0)
            for (int k = 0; k <= i; k++) {
                snprintf(name, sizeof name, "%d", k);
                check(&set, in_folder(name), -1);
            }
    }
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        assert_int_equal(file_set_add(&set, elsewhere[i], &error), 0);
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (access(elsewhere[i], F_OK) == 0)
            check(&set, elsewhere[i], -1);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "%d", i);
        check(&set, in_folder(name), -1);
    }
    check(&set, in_folder("50"), 0);
    file_set_free(&set);
}

/* ---- Reports --------------------------------------------------------------------------------- */

static void paths_of_reports_fit_or_are_refused(void **state)
{
    (void)state;
    static char folder[REPORT_PATH_SIZE + 8], path[REPORT_PATH_SIZE];
    struct error error;
    memset(folder, 'f', sizeof folder);
    folder[REPORT_PATH_SIZE - 3] = '\0'; /* with a slash, a letter and the end */
    assert_int_equal(report_path(path, folder, "x", &error), 0);
    assert_int_equal(strlen(path), REPORT_PATH_SIZE - 1);
    assert_string_equal(path + REPORT_PATH_SIZE - 4, "f/x");
    assert_int_equal(report_path(path, folder, "xy", &error), -1);
    expect_text(error.text, "fff", "too long");
    assert_int_equal(report_path(path, "a", "b.csv", &error), 0);
    assert_string_equal(path, "a/b.csv");
}

/* A link is replaced by a file, and what it leads to is left alone. */
static void reports_write_over_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "link", "read"}; /* three are written */
    static char longest[REPORT_PATH_SIZE];
    struct file_set files = {0};
    struct error error = {.text = ""};
    make_file("a");
    make_file("read");
    assert_int_equal(symlink("read", in_folder("link")), 0);
    assert_int_equal(file_set_add(&files, in_folder("read"), &error), 0);
    assert_int_equal(report_folder_claim(test_folder(), names, 3, &files, &error), 0);
    check(&files, in_folder("a"), -1);
    check(&files, in_folder("b"), -1);
    for (int i = 0; i < 4; i++) {
        error = (struct error){.text = ""};
        int result = report_folder_claim(test_folder(), names + i, 1, &files, &error);
        assert_int_equal(result, i == 2 ? 0 : -1);
        if (result)
            expect_text(error.text, in_folder(names[i]), "already an input or output");
    }
    memset(longest, 'l', sizeof longest - 1);
    assert_int_equal(report_folder_claim(longest, names, 1, &files, &error), -1);
    expect_text(error.text, "lll", "too long");
    file_set_free(&files);
}

static void folders_of_reports_are_made(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    char folder[TEST_PATH_SIZE + 64];
    struct report_text text;
    struct stat status;
    snprintf(folder, sizeof folder, "%.1000s", in_folder("report"));
    mode_t mask = umask(027);
    for (int i = 0; i < 2; i++) { /* made, and then found */
        assert_int_equal(report_folder_open(folder, "a.csv", &error), 0);
        assert_int_equal(access(in_folder("report/a.csv"), F_OK), -1);
    }
    umask(mask);
    assert_int_equal(stat(folder, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0750);
    assert_int_equal(report_text_open(&text, &error), 0);
    fputs("1,2\n", text.stream);
    assert_int_equal(report_text_close(&text, folder, "a.csv", &error), 0);
    size_t size;
    uint8_t *bytes = read_bytes(in_folder("report/a.csv"), &size);
    assert_string_equal(bytes, "1,2\n");
    free(bytes);
    assert_int_equal(report_folder_open(in_folder("report/a.csv/b"), "c", &error), -1);
    expect_text(error.text, "report/a.csv/b", "cannot be created: Not a directory");
    assert_int_equal(report_folder_open(in_folder("report/a.csv"), "c", &error), -1);
    expect_text(error.text, "report/a.csv/c", "Not a directory");
    assert_int_equal(remove(in_folder("report/a.csv")), 0);
    assert_int_equal(rmdir(folder), 0); /* empty: no probe is left */
}

/* Whatever becomes of it, no file is left open, and what is not open is not closed. */
static int draw(struct error *error)
{
    struct report_text text;
    assert_int_equal(report_text_open(&text, error), 0);
    fputs("plot 1\n", text.stream);
    int before = open_descriptors(), closed_before = closed_nothing;
    dirty_stack();
    int result = report_text_draw(&text, test_folder(), "a.png", error);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(closed_nothing, closed_before);
    return result;
}

static void be_gnuplot(const char *script)
{
    write_bytes(in_folder("gnuplot"), script, strlen(script));
    assert_int_equal(chmod(in_folder("gnuplot"), 0700), 0);
}

/* In gnuplot's place a program that says what it was given, and how often each of its pipes, one
 * that fails, and none. */
static void gnuplot_draws_in_the_folder(void **state)
{
    (void)state;
    static const char says[] =
        "#!/bin/sh\ntrap '' PIPE\n"
        "ends() { ls -l /proc/$$/fd | grep -cF \"$(readlink /proc/$$/fd/$1)\"; }\n"
        "echo \"$* in $PWD: $(cat)\" of $(ends 0), to $(ends 1)\necho noise >&2\nexit 0\n";
    static const char fails_late[] = "#!/bin/sh\necho half a picture\nexit 3\n";
    struct error error = {.text = ""};
    char *path = strdup(getenv("PATH")), expected[2 * TEST_PATH_SIZE], mine[8192];
    snprintf(mine, sizeof mine, "%s:%s", test_folder(), path);
    for (int i = 0; i < 3; i++) {
        if (i < 2)
            be_gnuplot(i ? fails_late : says);
        setenv("PATH", i < 2 ? mine : "/nowhere", 1);
        int result = draw(&error);
        setenv("PATH", path, 1);
        assert_int_equal(result, i ? -1 : 0);
        if (i)
            expect_text(error.text, test_folder(), "gnuplot did not draw them");
        if (i == 0) {
            size_t size;
            uint8_t *bytes = read_bytes(in_folder("a.png"), &size);
            snprintf(expected, sizeof expected, "-d - in %s: plot 1 of 1, to 1\n", test_folder());
            assert_string_equal(bytes, expected);
            free(bytes);
            remove(in_folder("a.png"));
        }
        assert_int_equal(access(in_folder("a.png"), F_OK), -1);
        assert_int_equal(count_files(0), 1);
    }
    be_gnuplot(says); /* it would draw */
    setenv("PATH", mine, 1);
    failing = "read";
    assert_int_equal(draw(&error), -1);
    expect_text(error.text, test_folder(), "gnuplot did not draw them");
    failing = "memory";
    assert_int_equal(draw(&error), -1);
    failing = NULL;
    expect_text(error.text, "the picture", "no memory");
    assert_int_equal(access(in_folder("a.png"), F_OK), -1);
    /* Without descriptors for its pipes, until there are as many as it takes. */
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit few = {3, limit.rlim_max};
    do {
        error.text[0] = '\0';
        few.rlim_cur++;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        int result = draw(&error);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        assert_int_equal(access(in_folder("a.png"), F_OK), result);
        if (result)
            expect_text(error.text, test_folder(), "; ");
    } while (*error.text);
    expect_file("a.png", expected);
    remove(in_folder("a.png"));
    failing = "interrupted";
    assert_int_equal(draw(&error), 0);
    failing = NULL;
    expect_file("a.png", expected);
    setenv("PATH", path, 1);
    free(path);
}

/* Programs are looked for in the test's folder first. Returns where until now, for restore_path. */
static char *put_folder_first(void)
{
    char *before = strdup(getenv("PATH")), path[8192];
    snprintf(path, sizeof path, "%s:%s", test_folder(), before);
    setenv("PATH", path, 1);
    return before;
}

static void restore_path(char *before)
{
    setenv("PATH", before, 1);
    free(before);
}

/* What another thread starts at that moment: it keeps open what is open, and is not done before
 * this gnuplot is. */
static void start_another(void)
{
    enum { MOMENTS = 200 };
    const struct timespec moment = {.tv_nsec = 50000000};
    if (__real_fork() != 0)
        return;
    for (int i = 0; i < MOMENTS && access(in_folder("done"), F_OK); i++)
        __real_nanosleep(&moment, NULL);
    _exit(0);
}

static void gnuplots_do_not_wait_for_each_other(void **state)
{
    (void)state;
    static const char draws[] = "#!/bin/sh\ntimeout 5 cat && echo drawn && : >done\n";
    struct error error;
    be_gnuplot(draws);
    char *path = put_folder_first();
    at_fork = start_another;
    int result = gnuplot_draw(test_folder(), "plot 1\n", "a.png", &error);
    at_fork = NULL;
    restore_path(path);
    assert_true(__real_waitpid(-1, NULL, 0) > 0); /* the other was there */
    assert_int_equal(result, 0);
    expect_file("a.png", "plot 1\ndrawn\n");
}

/* Where there is no place for a picture, that is said, not that gnuplot failed. */
static void gnuplot_needs_a_folder(void **state)
{
    (void)state;
    struct error error;
    dirty_stack();
    assert_int_equal(gnuplot_draw(in_folder("none"), "plot 1\n", "a.png", &error), -1);
    expect_text(error.text, "none/a.png: ", "No such file or directory");
}

/* How often it draws: killed, with nobody who takes its picture, without a process, elsewhere,
 * awaited by nobody; and well. */
static int draw_in_all_ways(void)
{
    static const char killed[] = "#!/bin/sh\necho noise >&2\ncat\nkill -9 $$\n";
    static const char large[] = "#!/bin/sh\ncat >&2\nhead -c 200000 /dev/zero\n";
    static const char *const ways[] = {NULL, "read", "fork", "chdir", "children", "none"};
    int drawn = 0;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct error error = {.text = ""};
        be_gnuplot(i ? large : killed);
        failing = ways[i];
        void (*handler)(int) = signal(SIGCHLD, fails("children") ? SIG_IGN : SIG_DFL);
        int result = draw(&error);
        signal(SIGCHLD, handler);
        failing = NULL;
        drawn += result == 0;
        assert_int_equal(access(in_folder("a.png"), F_OK), result);
        if (result)
            expect_text(error.text, test_folder(), "gnuplot did not draw them");
    }
    return drawn;
}

static void gnuplot_may_end_in_many_ways(void **state)
{
    (void)state;
    FILE *heard = tmpfile();
    assert_non_null(heard);
    int kept = dup(STDERR_FILENO);
    dup2(fileno(heard), STDERR_FILENO);
    char *path = put_folder_first();
    int drawn = draw_in_all_ways();
    restore_path(path);
    dup2(kept, STDERR_FILENO);
    close(kept);
    assert_int_equal(lseek(fileno(heard), 0, SEEK_END), 0); /* what it says is for nobody */
    fclose(heard);
    assert_int_equal(drawn, 1);
    size_t size;
    uint8_t *bytes = read_bytes(in_folder("a.png"), &size);
    static const uint8_t zeros[200000];
    assert_int_equal(size, sizeof zeros);
    assert_memory_equal(bytes, zeros, sizeof zeros);
    free(bytes);
}

/* ---- UTF-8 ----------------------------------------------------------------------------------- */

/* The first and the last of each length, around the surrogates, and what RFC 3629 has no place for.
 */
static void only_utf8_is_taken_for_it(void **state)
{
    (void)state;
    static const char *const sound[] = {
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xec\x80\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf1\x80\x80\x80",
        "\xf3\xbf\xbf\xbf",
        "\xf4\x8f\xbf\xbf",
    };
    static const char *const unsound[] = {
        "\x80",
        "\xbf",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x80\x80\xaf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xc2",
        "\xe1\x80",
        "\xf1\x80\x80",
        "\xf4\x8f\xbf",
        "\xe1\x80"
        "a",
        "\xf1\x80\x80"
        "a",
        "\xc2"
        "a",
        "\xc2\xc2",
    };
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        char *text = text_utf8(sound[i]);
        assert_true(strlen(text) < asked);
        assert_string_equal(text, sound[i]);
        free(text);
    }
    for (size_t i = 0; i < sizeof unsound / sizeof *unsound; i++) {
        char expected[16] = "";
        for (const char *c = unsound[i]; *c; c++)
            strcat(expected, *c == 'a' ? "a" : "\xEF\xBF\xBD");
        char *text = text_utf8(unsound[i]);
        assert_true(strlen(text) < asked);
        assert_string_equal(text, expected);
        free(text);
    }
}

static void of_an_address_the_host_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *name, *expected;
    } cases[] = {
        {"rtsp://camera.local/secret?key=1", "rtsp://camera.local"},
        {"rtsp://name:word@camera:554/x", "rtsp://camera:554"},
        {"http://h#x", "http://h"},
        {"http://n:a/b@h/x", "http://*"},
        {"http://h/x@y", "http://*"},
        {"http://", "http://"},
        {"film.mp4", "film.mp4"},
        {"a:/b@c", "a:/b@c"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        text_cut_address(cases[i].name, text, sizeof text);
        assert_string_equal(text, cases[i].expected);
    }
    char small[8];
    text_cut_address("rtsp://camera.local/x", small, sizeof small);
    assert_string_equal(small, "rtsp://");
}

static void json_keeps_no_control(void **state)
{
    (void)state;
    static const char json[] = "\"\x7f \xc2\x80 \xc2\x9f \xc2\xa0 \xe4\xbd\xa0\"\n";
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    text_print_json(out, json);
    fclose(out);
    assert_string_equal(text, "\"\\u007f \\u0080 \\u009f \xc2\xa0 \xe4\xbd\xa0\"\n");
    free(text);
    /* What turns text, and its neighbours, which do not. */
    static const int codes[] = {0x61B,  0x61C,  0x61D,  0x200D, 0x200E, 0x200F, 0x2010, 0x2027,
                                0x2028, 0x202E, 0x202F, 0x2065, 0x2066, 0x2069, 0x206A};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char utf8[4] = {(char)(0xE0 | codes[i] >> 12), (char)(0x80 | (codes[i] >> 6 & 0x3F)),
                        (char)(0x80 | (codes[i] & 0x3F))};
        char two[3] = {(char)(0xC0 | codes[i] >> 6), utf8[2]}, escaped[8];
        const char *plain = codes[i] < 0x800 ? two : utf8;
        snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)codes[i]);
        bool turns = strchr("\x1C\x0E\x0F\x28\x2E\x66\x69", codes[i] & 0xFF) != NULL;
        out = open_memstream(&text, &size);
        assert_non_null(out);
        text_print_json(out, plain);
        fclose(out);
        assert_string_equal(text, turns ? escaped : plain);
        free(text);
    }
    out = open_memstream(&text, &size);
    assert_non_null(out);
    text_print_json(out, "\xff\xc2\x80\xff"); /* bytes that are no UTF-8 stay, one by one */
    fclose(out);
    assert_int_equal(size, 8);
    assert_string_equal(text, "\xff\\u0080\xff");
    free(text);
}

/* ---- Shares ---------------------------------------------------------------------------------- */

static void shares_are_numbers_with_commas(void **state)
{
    (void)state;
    float shares[3];
    assert_int_equal(shares_parse("1", 3, SHARES_LEAST, shares), 1);
    assert_int_equal(shares_parse("1e-14,1", 3, 1e-15, shares), 2);
    assert_int_equal(shares_parse("1e-6,2.5,1e6", 3, SHARES_LEAST, shares), 3);
    expect_close((double)shares[0], 1e-6, 1e-12, "the least");
    expect_close((double)shares[1], 2.5, 0, "one between");
    expect_close((double)shares[2], 1e6, 0, "the most");
    static const char *const refused[] = {"",      "x",       ",1",    "1,",  "1,,2", "1;2",
                                          "1 2",   "0",       "-1",    "nan", "inf",  "9e-7",
                                          "1.1e6", "1,2,3,4", "1,2,x", "1,2x"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (shares_parse(refused[i], 3, SHARES_LEAST, shares) != 0)
            fail_msg("taken: %s", refused[i]);
}

/* ---- Threads and pipes ----------------------------------------------------------------------- */

static void time_is_that_of_the_monotonic_clock(void **state)
{
    (void)state;
    struct timespec before, after;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
    double now = monotonic_now();
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
    assert_true(now >= (double)before.tv_sec + 1e-9 * (double)before.tv_nsec - 1e-6);
    assert_true(now <= (double)after.tv_sec + 1e-9 * (double)after.tv_nsec + 1e-6);
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &before), 0);
    expect_close(monotonic_to_unix(now - 100), (double)before.tv_sec - 100, 5, "time of day");
}

static void waits_until_the_deadline(void **state)
{
    (void)state;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never;
    assert_int_equal(monotonic_cond_init(&never), 0);
    double deadline = monotonic_now() + 0.02;
    pthread_mutex_lock(&lock);
    int code = 0;
    while (code == 0)
        code = monotonic_cond_wait(&never, &lock, deadline);
    pthread_mutex_unlock(&lock);
    assert_int_equal(code, ETIMEDOUT);
    assert_true(monotonic_now() > deadline - 1e-6);
    pthread_cond_destroy(&never);
}

static void wait_and_add(void *context)
{
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    ++*(int *)context;
}

static void work_beside_is_done_once_and_awaited(void **state)
{
    (void)state;
    struct beside beside = {0};
    int done = 0;
    beside_begin(&beside, wait_and_add, &done);
    assert_true(beside.has_thread);
    beside_end(&beside);
    assert_int_equal(done, 1);
    beside.has_thread = false; /* there was none to be had */
    beside_end(&beside);
    assert_int_equal(done, 2);
}

static void a_pipe_without_reader_is_outlived(void **state)
{
    (void)state;
    struct sigaction before, after;
    int ends[2];
    assert_int_equal(sigaction(SIGPIPE, NULL, &before), 0);
    process_outlive_readers();
    assert_int_equal(sigaction(SIGPIPE, NULL, &after), 0);
    assert_true(after.sa_handler != SIG_DFL && after.sa_handler != SIG_IGN);
    assert_true(after.sa_flags & SA_RESTART);
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    bool piped = process_is_piped(), ended_before = process_reader_ended();
    close(ends[0]);
    bool ended = process_reader_ended();
    ssize_t written = write(ends[1], "x", 1);
    int code = errno;
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(ends[1]);
    sigaction(SIGPIPE, &before, NULL);
    assert_true(piped && !ended_before && ended);
    assert_int_equal(written, -1);
    assert_int_equal(code, EPIPE);
}

/* A reader that takes nothing more gets nothing more: what follows is lost, and at once. */
static void a_stalled_reader_is_left(void **state)
{
    (void)state;
    int ends[2], kept = dup(STDOUT_FILENO);
    fflush(stdout);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDOUT_FILENO);
    int next = dup(ends[0]);
    close(next);
    bool left_early = process_leave_stalled_reader();
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (write(ends[1], calls, sizeof calls) > 0)
        ;
    bool left = process_leave_stalled_reader();
    ssize_t written = write(STDOUT_FILENO, "x", 1);
    int code = errno, opened = dup(ends[0]);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(opened);
    close(ends[0]);
    close(ends[1]);
    assert_true(!left_early && left);
    assert_int_equal(written, -1);
    assert_int_equal(code, EBADF);
    assert_int_equal(opened, next);
}

static void pipes_are_told_from_files(void **state)
{
    (void)state;
    int ends[2], in = dup(STDIN_FILENO), out = dup(STDOUT_FILENO);
    int nowhere = open("/dev/null", O_RDWR);
    bool piped[4];
    fflush(stdout);
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < 4; i++) {
        dup2(i & 1 ? ends[0] : nowhere, STDIN_FILENO);
        dup2(i & 2 ? ends[1] : nowhere, STDOUT_FILENO);
        piped[i] = process_is_piped();
    }
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    close(in);
    close(out);
    close(nowhere);
    close(ends[0]);
    close(ends[1]);
    assert_true(!piped[0] && piped[1] && piped[2] && piped[3]);
}

/* ---- What a process is given ----------------------------------------------------------------- */

static void low_limits_are_told(void **state)
{
    (void)state;
    enum { NEEDED = 384 << 10 };
    struct error error = {.text = ""}, of_files = error, of_reader = error;
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct rlimit kept, small;
    assert_int_equal(getrlimit(RLIMIT_STACK, &kept), 0);
    small = kept;
    int results[2];
    for (int i = 0; i < 2; i++) {
        small.rlim_cur = (rlim_t)NEEDED - (rlim_t)i;
        assert_int_equal(setrlimit(RLIMIT_STACK, &small), 0);
        results[i] = process_check_limits(&error);
    }
    assert_int_equal(setrlimit(RLIMIT_STACK, &kept), 0);
    assert_int_equal(results[0], 0);
    assert_int_equal(results[1], -1);
    expect_text(error.text, "383 KB is too small, 384 KB are needed", "ulimit -s");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &kept), 0);
    for (int i = 0; i < 2; i++) {
        small = kept;
        small.rlim_cur = (rlim_t)(32 - i);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
        results[i] = process_check_limits(&of_files);
    }
    small.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
    int read = file_read("none", 9, &bytes, &size, &of_reader);
    int set_up = blas_setup(1, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &kept), 0);
    assert_int_equal(set_up, -1);
    expect_text(error.text, "0 open files are too few", "");
    assert_int_equal(read, -1);
    expect_text(of_reader.text, "none", "ulimit -n");
    assert_int_equal(results[0], 0);
    assert_int_equal(results[1], -1);
    expect_text(of_files.text, "31 open files are too few, 32 are needed", "ulimit -n");
}

/* Descriptors beyond those that the program needs itself. */
static void spare_files_are_counted(void **state)
{
    (void)state;
    struct rlimit kept, small;
    int spare[4];
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &kept), 0);
    small = kept;
    small.rlim_cur = 32 + 5;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
    for (int i = 0; i < 3; i++)
        spare[i] = process_spare_files(4 + i);
    small.rlim_cur = 31;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
    spare[3] = process_spare_files(4);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &kept), 0);
    static const int expected[4] = {4, 5, 5, 0};
    assert_memory_equal(spare, expected, sizeof expected);
}

/* As high as the user may, and never lower. */
static void a_higher_priority_is_asked_for(void **state)
{
    (void)state;
#ifndef __linux__
    skip();
#endif
    static const int cases[][3] = {{0, -20, -10}, {0, -4, -4},     {3, 0, 0},
                                   {0, 1, 0},     {-15, -20, -15}, {5, 20, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        priority = cases[i][0];
        highest_allowed = cases[i][1];
        process_ask_for_priority();
        assert_int_equal(priority, cases[i][2]);
    }
    assert_false(of_another);
}

static void a_thread_for_each_processor(void **state)
{
    (void)state;
    static const int cases[][2] = {{-1, 1}, {1, 1}, {3, 3}, {64, 64}, {65, 64}, {1000, 64}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        processors = cases[i][0];
        assert_int_equal(blas_usual_threads(), cases[i][1]);
    }
    processors = 0;
}

/* Of a place that is not Greenwich; also a link that leads nowhere has its name. */
static void dated_names_say_the_local_time(void **state)
{
    (void)state;
    static const char *const expected[] = {"expressions-19700103-053000.png",
                                           "expressions-19700103-053000-2.png",
                                           "expressions-19700103-053000-3.png"};
    char before[TEST_PATH_SIZE], name[DATED_NAME_SIZE];
    char *zone = getenv("TZ") ? strdup(getenv("TZ")) : NULL;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(test_folder()), 0);
    setenv("TZ", "XYZ-5:30", 1);
    tzset();
    today = 2 * 24 * 60 * 60;
    for (int i = 0; i < 3; i++) {
        dated_name(name, ".png");
        assert_string_equal(name, expected[i]);
        assert_int_equal(symlink("nowhere", name), 0);
    }
    today = 0;
    if (zone)
        setenv("TZ", zone, 1);
    else
        unsetenv("TZ");
    tzset();
    free(zone);
    assert_int_equal(chdir(before), 0);
}

/* However many are taken within a second, each gets a name of its own. */
static void no_dated_name_is_given_twice(void **state)
{
    (void)state;
    enum { FILES = 120 };
    char before[TEST_PATH_SIZE], name[DATED_NAME_SIZE];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(test_folder()), 0);
    for (int i = 0; i < FILES; i++) {
        dated_name(name, ".png");
        write_bytes(name, "", 0);
    }
    assert_int_equal(chdir(before), 0);
    assert_int_equal(count_files(0), FILES);
}

/* The terminal of a process that has none. */
static void a_device_that_cannot_be_opened_is_told(void **state)
{
    (void)state;
    struct stat status;
    if (stat("/dev/tty", &status) < 0 || !S_ISCHR(status.st_mode))
        skip();
    pid_t child = fork();
    if (child == 0) {
        struct file_writer *writer;
        struct error error;
        setsid();
        int result = file_writer_open(&writer, "/dev/tty", &error);
        _exit(result == -1 && strncmp(error.text, "/dev/tty: ", 10) == 0 ? 0 : 1);
    }
    int ended = -1;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
}

static void memory_in_use_is_known(void **state)
{
    (void)state;
    int before = dup(STDERR_FILENO); /* the lowest descriptor that is free */
    close(before);
    struct process_memory memory = process_memory();
    assert_true(memory.resident > 1 << 20 && memory.resident < memory.mapped);
    int after = dup(STDERR_FILENO);
    assert_int_equal(after, before);
    close(after);
    failing = "fopen"; /* there is no /proc */
    memory = process_memory();
    failing = NULL;
    assert_true(memory.mapped == 0 && memory.resident == 0);
}

static void little_address_space_is_seen(void **state)
{
    (void)state;
    struct rlimit kept, small;
    size_t mapped = process_memory().mapped;
    assert_true(mapped > (size_t)1 << 20);
    if (mapped > (size_t)1 << 34)
        skip(); /* a sanitizer's */
    assert_int_equal(getrlimit(RLIMIT_AS, &kept), 0);
    small = kept;
    small.rlim_cur = mapped + ((size_t)300 << 20);
    assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
    bool some = process_can_map((size_t)290 << 20), more = process_can_map((size_t)400 << 20);
    bool again = process_can_map((size_t)200 << 20); /* what was tried is given back */
    assert_int_equal(setrlimit(RLIMIT_AS, &kept), 0);
    assert_true(some && !more && again);
}

/* To the last byte, and no piece more. */
static void address_space_is_tried_in_pieces(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, (size_t)128 << 20, ((size_t)128 << 20) + 1, (size_t)64 << 30};
    static const int counts[] = {0, 1, 1, 2, 512};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        pieces.count = 0;
        pieces.all = 0;
        pieces.least = SIZE_MAX;
        pieces.are = true;
        bool can = process_can_map(sizes[i]);
        pieces.are = false;
        assert_true(can && pieces.all == sizes[i] && pieces.least > 0);
        assert_int_equal(pieces.count, counts[i]);
    }
}

/* A product that takes all of OpenBLAS's threads: they have their memory after it. */
static void multiply(void)
{
    enum { SIDE = 512, DEPTH = 8 };
    static float a[SIDE * DEPTH], b[DEPTH * SIDE], c[SIDE * SIDE];
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, DEPTH, 1, a, DEPTH, b, SIDE,
                0, c, SIDE);
}

/* OpenBLAS's threads, begun before main, are not used, and end; what is missing of the address
 * space is told together with all that is there, or will be. */
static void memory_of_the_blas_is_there_or_told(void **state)
{
    (void)state;
    enum { THREADS = 3, NEEDED = THREADS * 192 + 384 };
    struct error error = {.text = ""};
    struct rlimit kept, small;
    size_t told;
    if (process_memory().mapped > (size_t)1 << 34)
        skip(); /* a sanitizer's */
    openblas_set_num_threads(9);
    multiply();
    assert_int_equal(getrlimit(RLIMIT_AS, &kept), 0);
    for (int i = 0; i < 2; i++) {
        size_t begun = 128 + (size_t)(openblas_get_num_threads() - 1) * 192;
        size_t mapped = process_memory().mapped >> 20, there = mapped > begun ? mapped : begun;
        small = kept;
        small.rlim_cur = (rlim_t)(there + NEEDED - 100) << 20;
        assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
        int result = blas_setup(THREADS, &error);
        assert_int_equal(setrlimit(RLIMIT_AS, &kept), 0);
        assert_int_equal(result, -1);
        assert_int_equal(sscanf(error.text, "%zu MB of address space", &told), 1);
        assert_in_range(told, there + NEEDED - 9, there + NEEDED + 3);
        assert_int_equal(openblas_get_num_threads(), 1);
    }
    assert_int_equal(count_own("task"), 9);
    void (*handler)(int) = signal(SIGALRM, SIG_IGN);
    buffers_taken = buffers_held = 0;
    small.rlim_cur = (rlim_t)told << 20; /* which is enough */
    assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
    int result = blas_setup(THREADS, &error);
    assert_int_equal(setrlimit(RLIMIT_AS, &kept), 0);
    assert_int_equal(result, 0);
    assert_int_equal(count_own("task"), 1);
    assert_int_equal(buffers_taken, THREADS);
    assert_int_equal(buffers_held, 0);
    assert_int_equal(alarm(0), 0);
    assert_true(signal(SIGALRM, handler) == SIG_IGN);
    size_t mapped = process_memory().mapped;
    assert_int_equal(blas_setup(THREADS, &error), 0); /* it keeps what it has */
    assert_true(process_memory().mapped < mapped + ((size_t)1 << 20));
}

/* OpenBLAS tries for ever where it gets no memory. */
static void who_waits_for_the_blas_is_told(void **state)
{
    (void)state;
    static const char expected[] = "no memory for the BLAS; allow more address space (ulimit -v)\n";
    char text[2 * sizeof expected] = "";
    int ends[2], ended = -1;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct error error;
        dup2(ends[1], STDERR_FILENO);
        failing = "buffers";
        _exit(blas_setup(1, &error) ? 7 : 8);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], text, sizeof text);
    close(ends[0]);
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
    assert_int_equal(WEXITSTATUS(ended), 1);
    assert_int_equal(got, sizeof expected - 1);
    assert_memory_equal(text, expected, sizeof expected - 1);
}

/* For as many threads as can be asked for, and a window beside them. */
static void the_blas_serves_all_who_may_call_it(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(blas_setup(BLAS_MAX_THREADS + 1, &error), 0);
}

static void input_is_something_to_read(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    int kept = dup(STDIN_FILENO), file = open("/dev/null", O_RDONLY);
    int folder = open(test_folder(), O_RDONLY), main_end, terminal;
    assert_int_equal(openpty(&main_end, &terminal, NULL, NULL, NULL), 0);
    assert_true(kept >= 0 && file >= 0 && folder >= 0);
    dup2(terminal, STDIN_FILENO);
    struct error typed = {.text = ""};
    int of_terminal = process_check_input(&typed);
    dup2(file, STDIN_FILENO);
    int of_file = process_check_input(&error);
    dup2(folder, STDIN_FILENO);
    int of_folder = process_check_input(&error);
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(file);
    close(folder);
    close(terminal);
    close(main_end);
    assert_int_equal(of_terminal, -1);
    expect_text(typed.text, "standard input is a terminal", "pipe data");
    assert_int_equal(of_file, 0);
    assert_int_equal(of_folder, -1);
    expect_text(error.text, "standard input: Is a directory", "pipe data");
}

/* It is there to be read afterwards. */
static void input_is_not_taken_by_its_check(void **state)
{
    (void)state;
    struct error error;
    int ends[2], kept = dup(STDIN_FILENO);
    char first = 0;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "xy", 2), 2);
    dup2(ends[0], STDIN_FILENO);
    int result = process_check_input(&error);
    ssize_t got = read(STDIN_FILENO, &first, 1);
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(result, 0);
    assert_true(got == 1 && first == 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_is_that_of_the_monotonic_clock),
        cmocka_unit_test(waits_until_the_deadline),
        cmocka_unit_test_teardown(what_killed_runs_left_is_swept, empty_folder),
        cmocka_unit_test_teardown(what_a_user_named_alike_stays, empty_folder),
        cmocka_unit_test_teardown(a_name_is_as_long_as_a_folder_takes, empty_folder),
        cmocka_unit_test(the_root_folder_is_one_like_others),
        cmocka_unit_test_teardown(what_others_write_is_left_alone, empty_folder),
        cmocka_unit_test_teardown(temporaries_have_so_many_names, empty_folder),
        cmocka_unit_test_teardown(what_is_swept_is_made_anew, empty_folder),
        cmocka_unit_test_teardown(permissions_are_given, empty_folder),
        cmocka_unit_test_teardown(descriptor_0_is_one_like_others, empty_folder),
        cmocka_unit_test(standard_descriptors_are_occupied),
        cmocka_unit_test_teardown(a_fifo_is_opened_once_it_is_read, empty_folder),
        cmocka_unit_test(names_are_taken_apart),
        cmocka_unit_test_teardown(litter_is_known_by_its_name, empty_folder),
        cmocka_unit_test_teardown(links_are_followed, empty_folder),
        cmocka_unit_test_teardown(a_path_is_checked_before_it_is_written_to, empty_folder),
        cmocka_unit_test_teardown(a_limit_on_files_is_told, empty_folder),
        cmocka_unit_test(free_space_is_what_a_user_may_fill),
        cmocka_unit_test_teardown(what_is_written_reaches_the_disk, empty_folder),
        cmocka_unit_test_teardown(a_call_that_fails_is_told, empty_folder),
        cmocka_unit_test_teardown(reading_that_fails_is_told, empty_folder),
        cmocka_unit_test(paths_without_a_name_are_refused),
        cmocka_unit_test_teardown(no_memory_is_told, empty_folder),
        cmocka_unit_test(what_states_no_size_is_read_whole),
        cmocka_unit_test_teardown(what_is_too_large_is_told, empty_folder),
        cmocka_unit_test(errors_begin_anew),
        cmocka_unit_test(errors_have_their_statuses),
        cmocka_unit_test_teardown(files_are_known_by_what_they_are, empty_folder),
        cmocka_unit_test_teardown(lists_without_memory_are_told, empty_folder),
        cmocka_unit_test(folders_of_several_devices_are_known),
        cmocka_unit_test_teardown(many_files_are_known, empty_folder),
        cmocka_unit_test(paths_of_reports_fit_or_are_refused),
        cmocka_unit_test_teardown(reports_write_over_nothing, empty_folder),
        cmocka_unit_test_teardown(folders_of_reports_are_made, empty_folder),
        cmocka_unit_test_teardown(gnuplot_draws_in_the_folder, empty_folder),
        cmocka_unit_test_teardown(gnuplot_may_end_in_many_ways, empty_folder),
        cmocka_unit_test_teardown(gnuplots_do_not_wait_for_each_other, empty_folder),
        cmocka_unit_test(gnuplot_needs_a_folder),
        cmocka_unit_test(only_utf8_is_taken_for_it),
        cmocka_unit_test(of_an_address_the_host_is_told),
        cmocka_unit_test(json_keeps_no_control),
        cmocka_unit_test(shares_are_numbers_with_commas),
        cmocka_unit_test(work_beside_is_done_once_and_awaited),
        cmocka_unit_test(a_pipe_without_reader_is_outlived),
        cmocka_unit_test(a_stalled_reader_is_left),
        cmocka_unit_test(pipes_are_told_from_files),
        cmocka_unit_test(low_limits_are_told),
        cmocka_unit_test(spare_files_are_counted),
        cmocka_unit_test(a_higher_priority_is_asked_for),
        cmocka_unit_test(a_thread_for_each_processor),
        cmocka_unit_test_teardown(dated_names_say_the_local_time, empty_folder),
        cmocka_unit_test_teardown(no_dated_name_is_given_twice, empty_folder),
        cmocka_unit_test(a_device_that_cannot_be_opened_is_told),
        cmocka_unit_test(memory_in_use_is_known),
        cmocka_unit_test(little_address_space_is_seen),
        cmocka_unit_test(address_space_is_tried_in_pieces),
        cmocka_unit_test(memory_of_the_blas_is_there_or_told),
        cmocka_unit_test(who_waits_for_the_blas_is_told),
        cmocka_unit_test(the_blas_serves_all_who_may_call_it),
        cmocka_unit_test(input_is_something_to_read),
        cmocka_unit_test(input_is_not_taken_by_its_check),
        cmocka_unit_test(every_thread_is_joined),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
