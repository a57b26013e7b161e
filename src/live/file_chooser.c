#include "file_chooser.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 100 };

extern char **environ;

/* Exit statuses of a dialog; any other means that it failed. */
enum { CHOSEN = 0, CANCELLED = 1 };

enum { MAX_WORDS = 8 };
static const char filter[] = "--file-filter=Videos | *.mp4 *.mkv *.webm *.mov *.avi *.gif *.m4v "
                             "*.mpg *.mpeg *.ts *.wmv *.ogv *.3gp *.y4m";
static const char *const zenity[MAX_WORDS] = {"zenity", "--file-selection", "--title=Open a video",
                                              filter, "--file-filter=All files | *"};
static const char *const kdialog[MAX_WORDS] = {"kdialog",           "--title", "Open a video",
                                               "--getopenfilename", ".",       "video/*"};

/* The child has no input, and neither blocks signals nor ignores SIGPIPE. Returns 0 or a code of
 * errno. */
static int spawn(const char *const command[MAX_WORDS], int output, pid_t *child)
{
    char *words[MAX_WORDS]; /* which are not written to, whatever the type says */
    memcpy(words, command, sizeof words);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int code = posix_spawnp(child, words[0], &actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

/* The desktop's own dialog first. Returns 0 or a code of errno. */
static int spawn_any(int output, pid_t *child)
{
    const char *desktop = getenv("XDG_CURRENT_DESKTOP");
    bool kde = desktop && strstr(desktop, "KDE");
    int code = spawn(kde ? kdialog : zenity, output, child);
    return code ? spawn(kde ? zenity : kdialog, output, child) : 0;
}

/* What the child prints, without the end of the line; false where it was abandoned. */
static bool read_line(int input, char *path, size_t size, const atomic_bool *abandoned)
{
    size_t used = 0;
    for (;;) {
        struct pollfd wait = {.fd = input, .events = POLLIN};
        if (atomic_load(abandoned))
            return false;
        if (poll(&wait, 1, PATIENCE_MS) <= 0)
            continue;
        ssize_t got = read(input, path + used, size - 1 - used);
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    path[used] = '\0';
    path[strcspn(path, "\n")] = '\0';
    return true;
}

static int await_end(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int file_chooser_ask(char *path, size_t size, const atomic_bool *abandoned, struct error *error)
{
    int ends[2];
    pid_t child;
    *path = '\0';
    if (pipe(ends))
        return error_set(error, "cannot open the file dialog: %s", strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    int code = spawn_any(ends[1], &child);
    close(ends[1]);
    if (code) {
        close(ends[0]);
        return error_set(error, "drop a video on this window; a dialog needs zenity or kdialog");
    }
    if (!read_line(ends[0], path, size, abandoned))
        kill(child, SIGTERM);
    close(ends[0]);
    int status = await_end(child);
    if (status == CHOSEN && !atomic_load(abandoned))
        return 0;
    *path = '\0';
    if (status == CANCELLED || atomic_load(abandoned))
        return 0;
    return error_set(error, "the file dialog cannot be shown; drop a video on this window");
}
