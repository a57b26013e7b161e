/* The display goes away, and the thread that wakes the main one is the first to see it: it has to
 * end the process, and in order, as the main one may wait for a lock of SDL's that is held
 * meanwhile. Here the main one stands still, within SDL's wait, from before the display goes. Run
 * by window.sh. Usage: test_lost_display PROCESS_OF_THE_DISPLAY */
#include "testing.h"

#include "resources.h"
#include "view.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>

enum { WIDTH = 64, HEIGHT = 48, MOMENT_MS = 50, MOMENTS = 400 };

static struct view *view;
static pthread_t main_thread, waker;
static atomic_bool still, waiting;
static pid_t display;

static _Noreturn void give_up(const char *why)
{
    fprintf(stderr, "test_lost_display: %s\n", why);
    _Exit(2);
}

static void moment(void)
{
    nanosleep(&(struct timespec){.tv_nsec = MOMENT_MS * 1000000L}, NULL);
}

static void await(bool (*happened)(void), const char *what)
{
    for (int i = 0; i < MOMENTS && !happened(); i++)
        moment();
    if (!happened())
        give_up(what);
}

/* What the process, or the main thread of this one, is doing by /proc; 0: it is not there. */
static char state_of(const char *process)
{
    char path[64], line[512] = "";
    snprintf(path, sizeof path, "/proc/%s/stat", process);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    const char *end = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    fclose(file);
    return end && end[1] ? end[2] : 0;
}

/* For some moments on end. */
static bool main_sleeps(void)
{
    static int asleep;
    asleep = waiting && state_of("self") == 'S' ? asleep + 1 : 0;
    return asleep >= 4;
}

static bool stands_still(void)
{
    return still;
}

/* Its connections are closed before it is a zombie. */
static bool display_is_gone(void)
{
    char name[32];
    snprintf(name, sizeof name, "%ld", (long)display);
    char state = state_of(name);
    return state == 0 || state == 'Z';
}

static void stand_still(int number)
{
    (void)number;
    still = true;
    for (;;)
        pause();
}

static _Noreturn void end(void *context)
{
    if (context != &view)
        give_up("another context");
    if (!pthread_equal(pthread_self(), waker))
        give_up("the loss was seen by another thread");
    _Exit(0);
}

static void *wake(void *argument)
{
    (void)argument;
    await(main_sleeps, "the main thread does not wait");
    pthread_kill(main_thread, SIGUSR1);
    await(stands_still, "the main thread goes on");
    kill(display, SIGKILL);
    await(display_is_gone, "the display stays");
    view_wake(view);
    give_up("the loss was not seen");
}

int main(int count, char **arguments)
{
    static uint8_t pixels[WIDTH * HEIGHT * 3];
    struct error error;
    if (count != 2)
        give_up("which process is the display?");
    display = (pid_t)atol(arguments[1]);
    struct view_settings settings = {
        .title = "test", .drawing.font_path = resource_font(), .live = true};
    struct image picture = image_of((struct bgr_image){pixels, WIDTH, HEIGHT, WIDTH * 3});
    if (view_open(&view, &settings, &error))
        give_up(error.text);
    const struct expressions_face face = {.box = {8, 8, 32, 32}};
    view_set_picture(view, &picture, &face, 1, 0);
    if (view_draw(view, &error))
        give_up(error.text);
    view_on_loss(end, &view);
    main_thread = pthread_self();
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = stand_still}, NULL);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    if (pthread_create(&waker, NULL, wake, NULL))
        give_up("no thread");
    for (;;) {
        waiting = true;
        view_next(view, -1);
    }
}
