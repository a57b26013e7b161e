/* From a source to the main thread: mailbox, and the pipeline of capture and detection, with
 * scripted sources and a scripted detection. Worth most under ThreadSanitizer. */
#include "joined.h"
#include "locked.h"
#include "monotonic.h"
#include "process.h"
#include "testing.h"

#include "interrupt.h"
#include "pipeline.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

/* ---- Memory ---------------------------------------------------------------------------------- */

static atomic_int missing_block; /* which of the next ones cannot be had; 0: none */
static atomic_int blocks;        /* that are not freed yet */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __real_free(void *block);
void __wrap_free(void *block);

static bool is_missing(void)
{
    return missing_block > 0 && --missing_block == 0;
}

void *__wrap_malloc(size_t size)
{
    void *block = is_missing() ? NULL : __real_malloc(size);
    blocks += block != NULL;
    return block;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *block = is_missing() ? NULL : __real_calloc(count, size);
    blocks += block != NULL;
    return block;
}

void __wrap_free(void *block)
{
    blocks -= block != NULL;
    __real_free(block);
}

static void pause_for(int milliseconds)
{
    const struct timespec moment = {0, milliseconds * 1000000L};
    nanosleep(&moment, NULL);
}

/* ---- Mailbox --------------------------------------------------------------------------------- */

static void put_number(struct mailbox *mailbox, long number)
{
    mailbox_draft(mailbox)->index = number;
    assert_true(mailbox_put(mailbox));
}

static void test_mailbox_newest(void **state)
{
    (void)state;
    struct mailbox *mailbox;
    struct error error;
    assert_int_equal(mailbox_create(&mailbox, MAILBOX_NEWEST, &error), 0);
    assert_null(mailbox_take(mailbox));
    for (long i = 0; i < 3; i++)
        put_number(mailbox, i);
    const struct frame *frame = mailbox_take(mailbox);
    assert_non_null(frame);
    assert_int_equal(frame->index, 2);
    assert_int_equal(mailbox_dropped(mailbox), 2);
    assert_null(mailbox_take(mailbox));
    put_number(mailbox, 3);
    put_number(mailbox, 4);
    assert_int_equal(frame->index, 2);
    mailbox_end(mailbox);
    assert_false(mailbox_done(mailbox));
    assert_int_equal(mailbox_wait(mailbox)->index, 4);
    assert_true(mailbox_done(mailbox));
    assert_null(mailbox_wait(mailbox));
    mailbox_free(&mailbox);
    assert_null(mailbox);
    mailbox_free(&mailbox);
}

/* What is filled is never what is in use, nor what waits, whoever comes first; what waits at a new
 * start is no longer there. */
static void test_mailbox_buffers(void **state)
{
    (void)state;
    struct mailbox *mailbox;
    struct error error;
    struct rng rng = rng_make(3, 0);
    const struct frame *first, *taken = NULL;
    long count = 0, dropped = 0, last = -1;
    bool waits = false;
    assert_int_equal(mailbox_create(&mailbox, MAILBOX_NEWEST, &error), 0);
    first = mailbox_draft(mailbox);
    for (int i = 0; i < 200; i++) {
        const struct frame *draft = mailbox_draft(mailbox);
        assert_in_range(labs(draft - first), 0, 2);
        assert_ptr_not_equal(draft, taken);
        if (between(&rng, 0, 1)) {
            dropped += waits;
            put_number(mailbox, count++);
            waits = true;
        } else {
            const struct frame *frame = mailbox_take(mailbox);
            assert_int_equal(frame != NULL, waits);
            taken = frame ? frame : taken;
            last = frame ? count - 1 : last;
            waits = false;
        }
        assert_true(!taken || taken->index == last);
        assert_int_equal(mailbox_dropped(mailbox), dropped);
    }
    put_number(mailbox, count);
    mailbox_stop(mailbox);
    mailbox_end(mailbox);
    mailbox_restart(mailbox, MAILBOX_EVERY);
    assert_false(mailbox_done(mailbox));
    assert_null(mailbox_take(mailbox));
    put_number(mailbox, 7);
    assert_int_equal(mailbox_wait(mailbox)->index, 7);
    mailbox_free(&mailbox);
}

static void *stop_later(void *mailbox)
{
    pause_for(20);
    mailbox_stop(mailbox);
    return NULL;
}

/* A producer that waits for the consumer, and one that sleeps, are woken. */
static void test_mailbox_stop(void **state)
{
    (void)state;
    for (int sleeping = 0; sleeping < 2; sleeping++) {
        struct mailbox *mailbox;
        struct error error;
        assert_int_equal(mailbox_create(&mailbox, MAILBOX_EVERY, &error), 0);
        put_number(mailbox, 0);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, stop_later, mailbox), 0);
        double late = monotonic_now() + 3600;
        assert_false(sleeping ? mailbox_sleep(mailbox, late) : mailbox_put(mailbox));
        assert_null(mailbox_wait(mailbox));
        pthread_join(thread, NULL);
        mailbox_free(&mailbox);
    }
}

/* ---- A scripted detection -------------------------------------------------------------------- */

/* What the detection does from now on. */
static struct {
    atomic_bool blocked;  /* it takes for ever */
    atomic_long fails;    /* at a frame with this index, or a later one; -1: never */
    atomic_long last;     /* the newest frame that it has seen */
    atomic_long least;    /* frames from one that it has seen to the next, at least; 0: not yet */
    const void *detector; /* that it was told to use */
} script;

static void reset_detection(void)
{
    script.blocked = false;
    script.fails = -1;
    script.last = -1;
    script.least = 0;
}

/* Stands in for the library's: one face, 8 pixels wide, that moves 10 pixels a second to the right
 * from where the frame's number says. */
struct expressions_tracker {
    pthread_mutex_t lock;
    bool started;
    double time; /* of the last frame */
    int x, width;
};

enum expressions_status
expressions_tracker_open(struct expressions_tracker **tracker,
                         const struct expressions_tracker_settings *settings,
                         struct expressions_error *error)
{
    *tracker = calloc(1, sizeof **tracker);
    if (!*tracker) {
        *error = (struct expressions_error){EXPRESSIONS_NO_MEMORY, "script: no memory"};
        return EXPRESSIONS_NO_MEMORY;
    }
    assert_int_equal(pthread_mutex_init(&(*tracker)->lock, NULL), 0);
    script.detector = settings->detector;
    return EXPRESSIONS_OK;
}

void expressions_tracker_close(struct expressions_tracker **tracker)
{
    pthread_mutex_destroy(&(*tracker)->lock);
    free(*tracker);
    *tracker = NULL;
}

static void give_face(int x, struct expressions_face *faces, int *count)
{
    faces[0] = (struct expressions_face){.id = 1, .box = {x, 4, 8, 8}};
    *count = 1;
}

enum expressions_status expressions_track(struct expressions_tracker *tracker,
                                          const struct expressions_picture *picture, double time,
                                          const struct expressions_box *boxes, int box_count,
                                          struct expressions_face *faces, int capacity, int *count,
                                          struct expressions_error *error)
{
    long index = lround(time * 10); /* as the camera below counts */
    assert_true(!boxes && box_count == 0 && capacity > 0);
    while (script.blocked)
        pause_for(1);
    if (script.fails >= 0 && index >= script.fails) {
        *error = (struct expressions_error){EXPRESSIONS_FAILED, "script: detection fails"};
        return EXPRESSIONS_FAILED;
    }
    pthread_mutex_lock(&tracker->lock);
    tracker->started = true;
    tracker->time = time;
    tracker->x = 2 + (int)(index % 10);
    tracker->width = picture->width;
    give_face(tracker->x, faces, count);
    pthread_mutex_unlock(&tracker->lock);
    long step = index - script.last;
    if (script.last >= 0 && (script.least == 0 || step < script.least))
        script.least = step;
    script.last = index;
    return EXPRESSIONS_OK;
}

enum expressions_status expressions_expect(struct expressions_tracker *tracker,
                                           const struct expressions_picture *picture, double time,
                                           struct expressions_face *faces, int capacity, int *count,
                                           struct expressions_error *error)
{
    (void)error;
    assert_true(capacity > 0);
    pthread_mutex_lock(&tracker->lock);
    *count = 0;
    if (tracker->started && tracker->width == picture->width)
        give_face(tracker->x + (int)(10 * fmin(fmax(time - tracker->time, 0), 0.5)), faces, count);
    pthread_mutex_unlock(&tracker->lock);
    return EXPRESSIONS_OK;
}

/* ---- A scripted camera ----------------------------------------------------------------------- */

/* Dies after every five frames and comes back at the third try, with pictures of another size. */
struct camera {
    int frames, tries, deaths;
    int immortal;        /* nonzero: does not die; gives this many frames, negative: for ever */
    int wait;            /* before each frame, milliseconds */
    int late;            /* before the fourth one, as well */
    double given;        /* when it came, monotonic seconds */
    double stamp;        /* when it says that the first came; 0: it does not say */
    const double *times; /* of the frames; NULL: a tenth of a second each */
    bool alive, gone_for_good, ends_badly;
};

static int shade_of(int frame)
{
    return frame * 20 % 256;
}

static enum source_status read_camera(struct source *source, struct image *picture, double *time,
                                      struct error *error)
{
    static uint8_t pixels[96 * 96 * 3];
    struct camera *camera = source->state;
    assert_true(camera->alive);
    if (camera->wait)
        pause_for(camera->wait);
    bool dies =
        camera->immortal ? camera->frames == camera->immortal : camera->frames / 5 > camera->deaths;
    if (dies) {
        camera->alive = false;
        camera->deaths++;
        error_set(error, "script: broken");
        return camera->ends_badly || camera->deaths % 2 == 0 ? SOURCE_FAILED : SOURCE_END;
    }
    if (camera->frames == 3) {
        pause_for(camera->late);
        camera->given = monotonic_now();
    }
    int side = 33 + (camera->immortal ? camera->frames % 3 * 16 : camera->deaths * 7);
    *picture = image_of((struct bgr_image){pixels, side, side + 1, (size_t)side * 3 + 5});
    memset(pixels, shade_of(camera->frames), sizeof pixels);
    source->grabbed = camera->stamp > 0 ? camera->stamp + camera->frames : 0;
    *time = camera->times ? camera->times[camera->frames] : camera->frames / 10.0;
    camera->frames++;
    return SOURCE_FRAME;
}

enum { TOLD_SIZE = 400 };

static int reopen_camera(struct source *source, struct error *error)
{
    struct camera *camera = source->state;
    if (camera->gone_for_good || ++camera->tries % 3 != 0)
        return error_set(error, "script: not there");
    camera->alive = true;
    return 0;
}

/* A line for each. */
static void tell_losses(void *context, const struct error *reason)
{
    append_text(context, TOLD_SIZE, "%s\n", reason ? reason->text : "back");
}

static void count_losses(void *context, const struct error *reason)
{
    int *events = context;
    events[reason ? 0 : 1]++;
}

static struct source source_of(struct camera *camera)
{
    struct source source = {.name = "script", .live = true, .state = camera, .read = read_camera};
    source.reopen = reopen_camera;
    reset_detection();
    return source;
}

/* ---- Pipeline -------------------------------------------------------------------------------- */

static enum source_status run_file(bool ends_badly, bool grey, struct error *error)
{
    struct camera camera = {.alive = true, .immortal = 40, .ends_badly = ends_badly};
    struct source source = source_of(&camera);
    struct pipeline *pipeline;
    source.live = false;
    assert_int_equal(pipeline_create(&pipeline, error), 0);
    struct pipeline_settings settings = {.source = &source, .grey = grey};
    assert_int_equal(pipeline_start(pipeline, &settings, error), 0);
    long count = 0;
    for (const struct frame *frame; (frame = pipeline_wait(pipeline)); count++) {
        assert_int_equal(frame->index, count);
        expect_close(frame->time, (double)count / 10, 1e-9, "time");
        assert_int_equal(frame->width, 33 + count % 3 * 16);
        assert_int_equal(frame->face_count, 1);
        assert_int_equal(frame->faces[0].box.x, 2 + count % 10); /* its own */
        assert_int_equal(frame->pixels == NULL, grey);
        if (count % 7 == 0)
            pause_for(2);
    }
    assert_int_equal(count, 40);
    assert_int_equal(pipeline_dropped(pipeline), 0);
    enum source_status status = pipeline_join(pipeline, error);
    pipeline_free(&pipeline);
    assert_null(pipeline);
    return status;
}

/* Of a file every frame arrives, with its own boxes, whatever its size. */
static void test_every_frame(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(run_file(false, false, &error), SOURCE_END);
    assert_int_equal(run_file(false, true, &error), SOURCE_END);
    assert_int_equal(run_file(true, false, &error), SOURCE_FAILED);
    assert_string_equal(error.text, "script: broken");
}

/* A detection that never ends keeps no frame back; once it has an answer, later frames carry it,
 * moved on to their time. */
static void test_never_behind(void **state)
{
    (void)state;
    struct camera camera = {.alive = true, .immortal = -1, .wait = 1};
    struct source source = source_of(&camera);
    struct pipeline *pipeline;
    struct error error;
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    struct pipeline_settings settings = {.source = &source, .decoupled = true};
    script.blocked = true;
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    long last = -1;
    for (int i = 0; i < 30; i++) {
        const struct frame *frame = pipeline_wait(pipeline);
        assert_true(frame->index > last);
        assert_int_equal(frame->face_count, 0);
        last = frame->index;
    }
    assert_int_equal(script.last, -1);
    script.blocked = false;
    int moved = 0;
    while (moved < 10) {
        const struct frame *frame = pipeline_wait(pipeline);
        for (int i = 0; i < frame->face_count; i++, moved++)
            assert_in_range(frame->faces[i].box.x, 2, 11 + 5); /* half a second is the most */
        last = frame->index;
    }
    assert_true(script.last >= 0);
    script.blocked = true;
    for (int i = 0, late = 0; late < 5; i++) {
        const struct frame *frame = pipeline_wait(pipeline);
        if (i < 50 || frame->face_count == 0) /* of one size in three it has seen the latest */
            continue;
        assert_int_equal(frame->faces[0].box.x, 2 + script.last % 10 + 5);
        late++;
    }
    script.blocked = false;
    assert_int_equal(pipeline_join(pipeline, &error), SOURCE_FRAME);
    pipeline_free(&pipeline);
}

/* Looks that are told to be rare, of frames a tenth of a second apart; all frames have faces. */
static void test_rare_looks(void **state)
{
    (void)state;
    struct camera camera = {.alive = true, .immortal = 60, .wait = 5};
    struct source source = source_of(&camera);
    struct pipeline *pipeline;
    struct error error;
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    struct pipeline_settings settings = {.source = &source, .decoupled = true, .look_seconds = 0.4};
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    long last = -1, looks = 0;
    for (const struct frame *frame; (frame = pipeline_wait(pipeline)); last = frame->index)
        looks += frame->detection_seconds > 0;
    assert_int_equal(last, 59);
    assert_in_range(looks, 1, 16); /* each is told once */
    assert_int_equal(pipeline_join(pipeline, &error), SOURCE_END);
    assert_true(script.least >= 4 && script.last >= 40);
    pipeline_free(&pipeline);
}

/* A live source that nobody waits for: the newest frame wins, the others are counted. */
static void test_newest_wins(void **state)
{
    (void)state;
    struct camera camera = {.alive = true, .immortal = 200};
    struct source source = source_of(&camera);
    struct pipeline *pipeline;
    struct error error;
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    struct pipeline_settings settings = {.source = &source};
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    long seen = 0, last = -1;
    for (const struct frame *frame; (frame = pipeline_wait(pipeline)); seen++) {
        assert_true(frame->index > last);
        assert_int_equal(frame->faces[0].box.x, 2 + frame->index % 10);
        last = frame->index;
        pause_for(1);
    }
    assert_int_equal(last, 199);
    assert_int_equal(seen + pipeline_dropped(pipeline), 200);
    pipeline_join(pipeline, &error);
    pipeline_free(&pipeline);
}

static void count_call(void *context)
{
    ++*(atomic_int *)context;
}

/* What is known of the frames of a film (0), and of a camera whose frames wait for the detection
 * (1) or do not (2); the source says when each came, or does not. */
static void check_facts(int kind, double stamp)
{
    enum { FRAMES = 6 };
    static int detector; /* stands in for one */
    struct camera camera = {.alive = true, .immortal = FRAMES, .stamp = stamp};
    struct source source = source_of(&camera);
    struct pipeline *pipeline;
    struct error error;
    atomic_int wakes = 0;
    source.live = kind > 0;
    source.duration = 0.04;
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    struct pipeline_settings settings = {.source = &source,
                                         .detector = (void *)&detector,
                                         .decoupled = kind == 2,
                                         .wake = count_call,
                                         .context = &wakes};
    double begin = monotonic_now();
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    assert_ptr_equal(script.detector, &detector);
    long seen = 0, last = -1;
    for (const struct frame *frame; (frame = pipeline_wait(pipeline)); seen++) {
        double came = stamp > 0 ? stamp + (double)frame->index : frame->grabbed;
        assert_true(frame->index > last);
        last = frame->index;
        expect_close(frame->time, (double)last / 10, 1e-9, "time");
        expect_close(frame->duration, 0.04, 0, "duration");
        expect_close(frame->grabbed, came, 0, "grabbed");
        assert_true(stamp > 0 || (came >= begin && came <= monotonic_now()));
        expect_close(frame->clock, kind ? monotonic_to_unix(came) : 0, kind ? 1 : 0, "clock");
        assert_true(frame->detection_seconds >= 0 && frame->detection_seconds < 60);
        assert_true(kind == 2 || frame->detection_seconds > 0);
    }
    assert_int_equal(last, FRAMES - 1);
    assert_int_equal(seen + pipeline_dropped(pipeline), FRAMES);
    assert_int_equal(pipeline_join(pipeline, &error), SOURCE_END);
    assert_in_range(wakes, kind == 1 ? seen + 1 : FRAMES + 1, FRAMES + 1);
    pipeline_free(&pipeline);
}

static void test_facts_of_frames(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        check_facts(kind, 0);
        check_facts(kind, 0.5);
    }
}

/* Copies are as far apart as wanted, or a moment less: in grey, of the frame's time. Both mailboxes
 * are told of the end. */
static void test_copies_when_due(void **state)
{
    (void)state;
    enum { FRAMES = 10, COPIES = 5 };
    static const double times[FRAMES] = {0,     0.2,   0.394, 0.4 - 0.005, 0.7,
                                         0.789, 0.791, 1.5,   1.89,        1.9};
    static const int due[COPIES] = {0, 3, 6, 7, 9};
    struct camera camera = {.alive = true, .immortal = FRAMES, .times = times};
    struct source source = source_of(&camera);
    struct capture *capture;
    struct mailbox *frames, *copies;
    struct error error = {.text = "as before"};
    atomic_int wakes = 0;
    assert_int_equal(mailbox_create(&frames, MAILBOX_NEWEST, &error), 0);
    assert_int_equal(mailbox_create(&copies, MAILBOX_EVERY, &error), 0);
    struct capture_settings settings = {.source = &source,
                                        .mailbox = frames,
                                        .copies = copies,
                                        .copy_interval = 0.4,
                                        .wake = count_call,
                                        .context = &wakes};
    assert_int_equal(capture_start(&capture, &settings, &error), 0);
    for (int i = 0; i < COPIES; i++) {
        const struct frame *copy = mailbox_wait(copies);
        assert_non_null(copy);
        expect_close(copy->time, times[due[i]], 0, "time");
        int side = 33 + due[i] % 3 * 16, shade = shade_of(due[i]);
        assert_true(copy->width == side && copy->height == side + 1 && !copy->pixels);
        for (int p = 0; p < side * (side + 1); p++)
            assert_in_range(copy->grey[p] + 1, shade, shade + 2);
    }
    assert_int_equal(capture_join(&capture, &error), SOURCE_END);
    assert_null(capture);
    assert_string_equal(error.text, "as before");
    assert_true(mailbox_done(copies) && !mailbox_done(frames));
    assert_int_equal(mailbox_take(frames)->index, FRAMES - 1);
    assert_true(mailbox_done(frames));
    assert_int_equal(wakes, FRAMES + 1);
    mailbox_free(&frames);
    mailbox_free(&copies);
}

/* The detection's failure ends the whole, and says why. */
static void test_detection_fails(void **state)
{
    (void)state;
    for (int decoupled = 0; decoupled < 2; decoupled++) {
        struct camera camera = {.alive = true, .immortal = -1, .wait = 1};
        struct source source = source_of(&camera);
        struct pipeline *pipeline;
        struct error error;
        assert_int_equal(pipeline_create(&pipeline, &error), 0);
        struct pipeline_settings settings = {.source = &source, .decoupled = decoupled};
        script.fails = 3;
        assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
        while (pipeline_wait(pipeline))
            continue;
        assert_true(pipeline_done(pipeline));
        assert_int_equal(pipeline_join(pipeline, &error), SOURCE_FAILED);
        assert_string_equal(error.text, "script: detection fails");
        pipeline_free(&pipeline);
    }
}

static void test_camera_comes_back(void **state)
{
    (void)state;
    struct camera camera = {.alive = true};
    struct source source = source_of(&camera);
    struct pipeline *pipeline;
    struct error error;
    char told[TOLD_SIZE] = "";
    source.live = false;
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    struct pipeline_settings settings = {.source = &source, .lost = tell_losses, .context = told};
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    /* The threads before this one may be four frames ahead: the last before the third loss. */
    for (int i = 0; i < 11; i++) {
        const struct frame *frame = pipeline_wait(pipeline);
        assert_non_null(frame);
        assert_int_equal(frame->index, i);
        assert_int_equal(frame->width, 33 + i / 5 * 7);
    }
    assert_int_equal(pipeline_join(pipeline, &error), SOURCE_FRAME);
    assert_int_equal(camera.tries, 6);
    assert_string_equal(told, "camera script: stopped delivering frames; waiting for it\nback\n"
                              "script: broken\nback\n");

    /* One that stays away does not keep the program from ending. */
    camera = (struct camera){.alive = true, .gone_for_good = true};
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    for (int i = 0; i < 5; i++)
        assert_non_null(pipeline_wait(pipeline));
    pause_for(20);
    pipeline_stop(pipeline);
    assert_null(pipeline_wait(pipeline));
    assert_int_equal(pipeline_join(pipeline, &error), SOURCE_FRAME);

    /* Without anyone to tell, the loss is the end. */
    camera = (struct camera){.alive = true};
    settings.lost = NULL;
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    while (pipeline_wait(pipeline))
        continue;
    assert_int_equal(pipeline_join(pipeline, &error), SOURCE_END);
    assert_int_equal(camera.frames, 5);
    pipeline_free(&pipeline);
}

/* ---- How long a lost camera is waited for ---------------------------------------------------- */

enum { TRIES = 9 };

/* Stands before mailbox_sleep: while it counts, no time passes. */
static struct {
    bool counting;
    int count;
    double seconds[TRIES], until[TRIES];
} waits;

bool __real_mailbox_sleep(struct mailbox *mailbox, double until);
bool __wrap_mailbox_sleep(struct mailbox *mailbox, double until);

bool __wrap_mailbox_sleep(struct mailbox *mailbox, double until)
{
    if (!waits.counting)
        return __real_mailbox_sleep(mailbox, until);
    waits.until[waits.count] = until;
    waits.seconds[waits.count++] = until - monotonic_now();
    return waits.count < TRIES;
}

/* Longer from try to try, and never longer than four seconds. */
static void test_waits_for_a_lost_camera(void **state)
{
    (void)state;
    static const double expected[TRIES] = {0.25, 0.5, 1, 2, 4, 4, 4, 4, 4};
    struct camera camera = {.alive = true, .gone_for_good = true};
    struct source source = source_of(&camera);
    struct pipeline *pipeline;
    struct error error;
    int events[2] = {0};
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    struct pipeline_settings settings = {
        .source = &source, .lost = count_losses, .context = events};
    waits.counting = true;
    waits.count = 0;
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    while (!pipeline_done(pipeline))
        pipeline_wait(pipeline);
    assert_int_equal(pipeline_join(pipeline, &error), SOURCE_FRAME);
    waits.counting = false;
    assert_int_equal(waits.count, TRIES);
    for (int i = 0; i < TRIES; i++) /* the moment between two looks at the clock is lost */
        expect_close(waits.seconds[i], expected[i], 0.1, "seconds before a try");
    assert_int_equal(events[0], 1);
    assert_int_equal(events[1], 0);
    pipeline_free(&pipeline);
}

/* Frames are as far apart as their times; one that comes late is due at once, and those after it as
 * far after it. */
static void test_paced_to_the_moment(void **state)
{
    (void)state;
    enum { FRAMES = 5 };
    static const double times[FRAMES] = {30, 40, 60, -60, -50};
    struct camera camera = {.alive = true, .immortal = FRAMES, .stamp = 0.5, .times = times};
    struct source source = source_of(&camera);
    struct pipeline_settings settings = {.source = &source, .paced = true};
    struct pipeline *pipeline;
    struct error error;
    source.live = false;
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    waits.counting = true;
    waits.count = 0;
    double begin = monotonic_now();
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    int seen = 0;
    for (const struct frame *frame; (frame = pipeline_wait(pipeline)); seen++)
        assert_true(frame->grabbed >= begin && frame->grabbed <= monotonic_now());
    assert_int_equal(pipeline_join(pipeline, &error), SOURCE_END);
    double end = monotonic_now();
    waits.counting = false;
    assert_int_equal(seen, FRAMES);
    assert_int_equal(waits.count, FRAMES);
    assert_true(waits.until[0] >= begin + 30 && waits.until[0] <= end + 30);
    expect_close(waits.until[1] - waits.until[0], 10, 1e-6, "seconds to the second frame");
    expect_close(waits.until[2] - waits.until[1], 20, 1e-6, "seconds to the third frame");
    assert_true(waits.until[3] >= begin && waits.until[3] <= end);
    expect_close(waits.until[4] - waits.until[3], 10, 1e-6, "seconds to the last frame");
    pipeline_free(&pipeline);
}

/* Begun and ended at any moment: before the first frame, with a frame waiting or taken, while the
 * camera is lost, while it comes back. */
static void test_a_thousand_times(void **state)
{
    (void)state;
    struct camera camera;
    struct source source = source_of(&camera);
    struct pipeline *pipeline;
    struct error error;
    struct rng rng = rng_make(9, 0);
    int events[2] = {0};
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    for (int round = 0; round < 1000; round++) {
        source.live = round % 4 > 0;
        struct pipeline_settings settings = {.source = &source,
                                             .decoupled = round % 4 > 1,
                                             .grey = round % 5 == 0,
                                             .paced = round % 3 == 0,
                                             .lost = count_losses,
                                             .context = events};
        /* Each eighth dies; to wait for it to come back takes a while. */
        camera = (struct camera){
            .alive = true, .immortal = round % 8 ? -1 : 0, .tries = between(&rng, 0, 2)};
        assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
        long last = -1;
        for (int i = between(&rng, 0, 4); i > 0; i--) {
            const struct frame *frame =
                round % 2 ? pipeline_take(pipeline) : pipeline_wait(pipeline);
            assert_true(!frame || frame->index > last);
            last = frame ? frame->index : last;
        }
        if (round % 7 == 0)
            sched_yield();
        if (round % 11 == 0)
            pipeline_stop(pipeline);
        pipeline_join(pipeline, &error);
        assert_true(pipeline_done(pipeline));
    }
    pipeline_free(&pipeline);
}

/* A camera slower than the main thread, which waits: the window's side goes on, and nothing is made
 * up. */
static void test_slow_camera(void **state)
{
    (void)state;
    struct camera camera = {.alive = true, .immortal = 5, .wait = 30};
    struct source source = source_of(&camera);
    source.live = false;
    struct pipeline *pipeline;
    struct error error;
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    struct pipeline_settings settings = {.source = &source};
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    int frames = 0, empty = 0;
    while (!pipeline_done(pipeline)) {
        const struct frame *frame = pipeline_take(pipeline);
        if (frame)
            assert_int_equal(frame->index, frames++);
        else
            empty++;
        pause_for(1);
    }
    assert_int_equal(frames, 5);
    assert_true(empty > 0);
    assert_int_equal(pipeline_join(pipeline, &error), SOURCE_END);
    pipeline_free(&pipeline);
}

/* A film plays at its own speed, after a frame that came late, too. */
static void test_paced(void **state)
{
    (void)state;
    struct camera camera = {.alive = true, .immortal = 6, .late = 400};
    struct source source = source_of(&camera);
    source.live = false;
    struct pipeline *pipeline;
    struct error error;
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    struct pipeline_settings settings = {.source = &source, .paced = true};
    double begin = monotonic_now(), grabbed[6] = {0};
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    for (const struct frame *frame; (frame = pipeline_wait(pipeline));)
        grabbed[frame->index] = frame->grabbed;
    pipeline_join(pipeline, &error);
    pipeline_free(&pipeline);
    assert_true(grabbed[2] >= begin + 0.2);
    assert_true(grabbed[5] >= camera.given + 0.2);
}

/* What has not been started, or could not be started again, can be joined all the same. */
static void test_join_without_start(void **state)
{
    (void)state;
    struct camera camera = {.alive = true, .immortal = 3};
    struct source source = source_of(&camera);
    source.live = false;
    struct pipeline_settings settings = {.source = &source};
    struct pipeline *pipeline;
    struct error error;
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    assert_int_equal(pipeline_join(pipeline, &error), SOURCE_END);
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    pipeline_join(pipeline, &error);
    assert_int_equal(pipeline_join(pipeline, &error), SOURCE_END);
    pipeline_free(&pipeline);
}

/* An end that comes before a start, or between two of them, is not forgotten. */
static void test_end_before_start(void **state)
{
    (void)state;
    struct camera camera = {.alive = true, .immortal = -1, .wait = 1};
    struct source source = source_of(&camera);
    struct pipeline_settings settings = {.source = &source};
    struct pipeline *pipeline;
    struct error error;
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    pipeline_end(pipeline);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
        assert_null(pipeline_wait(pipeline));
        assert_true(pipeline_done(pipeline));
        pipeline_join(pipeline, &error);
    }
    pipeline_free(&pipeline);
}

static atomic_bool waiting, woken;

static enum source_status wait_for_ever(struct source *source, struct image *picture, double *time,
                                        struct error *error)
{
    (void)source, (void)picture, (void)time, (void)error;
    atomic_store(&waiting, true);
    for (double patience = monotonic_now() + 10; !woken && monotonic_now() < patience;)
        pause_for(1);
    return SOURCE_END;
}

static void wake_it(struct source *source)
{
    (void)source;
    woken = true;
}

/* A source whose read waits is told of the end; once it has been joined, of none. */
static void test_waiting_source_is_stopped(void **state)
{
    (void)state;
    struct source source = {.live = true, .read = wait_for_ever, .stop = wake_it};
    struct pipeline_settings settings = {.source = &source};
    struct pipeline *pipeline;
    struct error error;
    assert_int_equal(pipeline_create(&pipeline, &error), 0);
    for (int i = 0; i < 2; i++) {
        waiting = woken = false;
        assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
        while (!waiting)
            pause_for(1);
        assert_false(woken);
        if (i == 0)
            pipeline_stop(pipeline);
        assert_int_equal(pipeline_join(pipeline, &error), SOURCE_FRAME); /* not its end */
        assert_true(woken);
        woken = false;
        pipeline_stop(pipeline);
        assert_false(woken);
    }
    waiting = false;
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    while (!waiting)
        pause_for(1);
    pipeline_end(pipeline);
    assert_true(woken);
    pipeline_join(pipeline, &error);
    woken = false; /* as where the end comes while it is being started */
    assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
    assert_true(woken);
    pipeline_join(pipeline, &error);
    pipeline_free(&pipeline);
}

/* A source that does not listen is waited for as long as is said; then, and where there is none, it
 * is read no more. */
static void test_ends_in_time(void **state)
{
    (void)state;
    for (int decoupled = 0; decoupled < 2; decoupled++) {
        struct source source = {.live = true, .read = wait_for_ever};
        struct pipeline_settings settings = {.source = &source, .decoupled = decoupled};
        struct pipeline *pipeline;
        struct error error;
        waiting = woken = false;
        assert_int_equal(pipeline_create(&pipeline, &error), 0);
        assert_true(pipeline_ends(pipeline, 0));
        assert_int_equal(pipeline_start(pipeline, &settings, &error), 0);
        while (!waiting)
            pause_for(1);
        assert_false(pipeline_done(pipeline));
        double deadline = monotonic_now() + 0.02;
        assert_false(pipeline_ends(pipeline, deadline));
        assert_true(monotonic_now() >= deadline);
        assert_true(pipeline_done(pipeline));
        woken = true; /* which it sees a moment later */
        assert_true(pipeline_ends(pipeline, monotonic_now() + 60));
        assert_int_equal(pipeline_join(pipeline, &error), SOURCE_FRAME);
        assert_true(pipeline_ends(pipeline, 0));
        pipeline_free(&pipeline);
    }
}

/* A run of three frames, to its end or to what fails; with it all that was made is gone. */
static int run_whole(bool live, struct error *error)
{
    struct camera camera = {.alive = true, .immortal = 3};
    struct source source = source_of(&camera);
    struct pipeline_settings settings = {.source = &source, .decoupled = live};
    struct pipeline *pipeline = NULL;
    int before = blocks;
    source.live = live;
    *error = (struct error){.text = ""};
    int result = pipeline_create(&pipeline, error);
    if (result == 0 && (result = pipeline_start(pipeline, &settings, error)) == 0) {
        while (pipeline_wait(pipeline))
            continue;
        result = pipeline_join(pipeline, error) == SOURCE_END ? 0 : -1;
    }
    if (pipeline)
        assert_int_equal(pipeline_join(pipeline, error), SOURCE_END);
    pipeline_free(&pipeline);
    assert_null(pipeline);
    pipeline_free(&pipeline);
    assert_int_equal(blocks, before);
    return result;
}

/* Memory, a lock or a thread that is missing ends it, says so, and leaves nothing behind. */
static void test_what_is_missing(void **state)
{
    (void)state;
    static const char *const memory[] = {
        "no memory for the frame buffers; close other programs",
        "no memory for the frame buffers; close other programs",
        "no memory for the frame buffers; close other programs",
        "script: no memory",
        "no memory for the detection thread; close other programs",
        "no memory for the capture thread; close other programs",
        "no memory for a picture; close other programs", /* its grey version */
        "no memory for a picture; close other programs", /* its colours */
        "no memory for a picture; close other programs"  /* its copy, or the next one's */
    };
    static const char no_box[] =
        "cannot prepare the capture thread: Cannot allocate memory; try again later";
    /* Each mailbox has a lock and a condition; NULL: the pipeline's and the script's own. */
    static const char *const locked[] = {NULL,
                                         no_box,
                                         no_box,
                                         no_box,
                                         no_box,
                                         NULL,
                                         "cannot start the detection thread: Cannot allocate "
                                         "memory; close other programs"};
    static const char *const threads[] = {"cannot start the detection thread: Resource temporarily "
                                          "unavailable; close other programs",
                                          "cannot start the capture thread: Resource temporarily "
                                          "unavailable; close other programs"};
    struct error error;
    for (int live = 0; live < 2; live++) {
        assert_int_equal(run_whole(live, &error), 0);
        for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
            missing_block = (int)i + 1;
            assert_int_equal(run_whole(live, &error), -1);
            assert_string_equal(error.text, memory[i]);
            assert_int_equal(error.code, ERROR_NO_MEMORY);
        }
        for (int i = 0; i < 7; i++) {
            if (!locked[i])
                continue;
            missing_lock = i + 1;
            assert_int_equal(run_whole(live, &error), -1);
            assert_string_equal(error.text, locked[i]);
        }
        for (int i = 0; i < 2; i++) {
            missing_thread = i + 1;
            assert_int_equal(run_whole(live, &error), -1);
            assert_string_equal(error.text, threads[i]);
        }
    }
}

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool holding;

static void hold_for_a_while(void *context)
{
    (void)context;
    pthread_mutex_lock(&held);
    atomic_store(&holding, true);
    pause_for(50);
    pthread_mutex_unlock(&held);
}

/* The thread that stops the program when a signal comes is not cut off in the middle of its work:
 * it may hold a lock of a library. */
static void test_interrupt_ends_in_order(void **state)
{
    (void)state;
    struct interrupt *interrupt;
    struct error error;
    assert_int_equal(interrupt_watch(&interrupt, hold_for_a_while, NULL, &error), 0);
    int ends[2]; /* a write to a closed pipe is an error, and no more */
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    close(ends[1]);
    interrupt_free(&interrupt);
    assert_null(interrupt);
    assert_false(atomic_load(&holding));
    assert_int_equal(interrupt_watch(&interrupt, hold_for_a_while, NULL, &error), 0);
    assert_int_equal(raise(SIGTERM), 0);
    while (!atomic_load(&holding))
        pause_for(1);
    assert_true(process_stopping());
    interrupt_free(&interrupt);
    assert_int_equal(pthread_mutex_trylock(&held), 0);
    pthread_mutex_unlock(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mailbox_newest),
        cmocka_unit_test(test_mailbox_buffers),
        cmocka_unit_test(test_mailbox_stop),
        cmocka_unit_test(test_every_frame),
        cmocka_unit_test(test_never_behind),
        cmocka_unit_test(test_rare_looks),
        cmocka_unit_test(test_newest_wins),
        cmocka_unit_test(test_facts_of_frames),
        cmocka_unit_test(test_copies_when_due),
        cmocka_unit_test(test_detection_fails),
        cmocka_unit_test(test_camera_comes_back),
        cmocka_unit_test(test_a_thousand_times),
        cmocka_unit_test(test_waits_for_a_lost_camera),
        cmocka_unit_test(test_paced_to_the_moment),
        cmocka_unit_test(test_slow_camera),
        cmocka_unit_test(test_paced),
        cmocka_unit_test(test_join_without_start),
        cmocka_unit_test(test_end_before_start),
        cmocka_unit_test(test_waiting_source_is_stopped),
        cmocka_unit_test(test_ends_in_time),
        cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_interrupt_ends_in_order),
        cmocka_unit_test(every_thread_is_joined),
        cmocka_unit_test(every_lock_is_destroyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
