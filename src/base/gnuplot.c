#include "gnuplot.h"

#include "file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_SCRIPT = 4096 };

/* Becomes gnuplot, without a shell and without anyone's settings; does not return. */
static void become_gnuplot(const char *folder, int script, int picture)
{
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere < 0 || dup2(nowhere, STDERR_FILENO) < 0 || dup2(script, STDIN_FILENO) < 0 ||
        dup2(picture, STDOUT_FILENO) < 0 || chdir(folder) < 0)
        _exit(126);
    close(script);
    close(picture);
    execlp("gnuplot", "gnuplot", "-d", "-", (char *)NULL);
    _exit(127);
}

static bool take_picture(int from, struct file_writer *writer)
{
    char bytes[4096];
    ssize_t got;
    while ((got = read(from, bytes, sizeof bytes)) != 0) {
        if (got > 0)
            file_writer_append(writer, bytes, (size_t)got);
        else if (errno != EINTR)
            return false;
    }
    return true;
}

static bool ended_well(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Whether the whole picture went to the writer. */
static bool run_script(const char *folder, const char *script, struct file_writer *writer)
{
    size_t length = strlen(script);
    int in[2], out[2];
    assert(length <= LONGEST_SCRIPT);
    if (pipe(in) < 0)
        return false;
    if (pipe(out) < 0) {
        close(in[0]);
        close(in[1]);
        return false;
    }
    /* The script fits into any pipe. What another thread starts meanwhile may keep an end open
     * until it is done: were the script's still to be written, two could wait for each other. */
    bool written = write(in[1], script, length) == (ssize_t)length;
    close(in[1]);
    pid_t child = written ? fork() : -1;
    if (child == 0) {
        close(out[0]);
        become_gnuplot(folder, in[0], out[1]);
    }
    close(in[0]);
    close(out[1]);
    bool taken = child > 0 && take_picture(out[0], writer);
    close(out[0]);
    return child > 0 && ended_well(child) && taken;
}

int gnuplot_draw(const char *folder, const char *script, const char *name, struct error *error)
{
    struct file_writer *writer;
    char *path = file_in_folder(folder, name);
    if (!path)
        return error_no_memory(error, "the picture");
    int result = file_writer_open_in_folder(&writer, path, error);
    free(path);
    if (result < 0)
        return -1;
    if (run_script(folder, script, writer))
        return file_writer_commit(&writer, error);
    file_writer_discard(&writer);
    return error_set(error,
                     "%s: the tables are written, but gnuplot did not draw them; install "
                     "gnuplot-nox",
                     folder);
}
