#include "gnuplot.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_SCRIPT = 4096 };

int gnuplot_run(const char *folder, const char *script)
{
    size_t length = strlen(script);
    int ends[2];
    assert(length <= LONGEST_SCRIPT);
    if (pipe(ends) < 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        if (nowhere < 0 || dup2(nowhere, STDERR_FILENO) < 0 || dup2(ends[0], STDIN_FILENO) < 0 ||
            chdir(folder) < 0)
            _exit(126);
        close(ends[0]);
        close(ends[1]);
        execlp("gnuplot", "gnuplot", "-", (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    if (child < 0) {
        close(ends[1]);
        return -1;
    }
    /* The script is no longer than any pipe holds, so that a gnuplot that ends early blocks
     * nothing. */
    ssize_t put = write(ends[1], script, length);
    close(ends[1]);
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return put == (ssize_t)length && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}
