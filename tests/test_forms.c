/* What the forms of results leave behind, byte by byte, and what sources give; and the same with
 * every allocation and every call of the system failing in turn: no block is lost, and what fails
 * is told. */
#include "faults.h"
#include "locked.h"
#include "testing.h"

#include "drawing.h"
#include "file.h"
#include "ocv.h"
#include "picture_file.h"
#include "resources.h"
#include "results.h"
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <time.h>

enum { SIDE = 96 };

static uint8_t pixels[SIDE * SIDE * 3];
static struct error error;

/* A wish and the folder's file for it; such texts stay until the next but seven. */
static const char *place(const char *name)
{
    static char paths[8][2 * TEST_PATH_SIZE];
    static int next;
    return strcpy(paths[next++ % 8], in_folder(name));
}

static struct frame one_face(double time)
{
    struct frame frame = {.picture = image_of((struct bgr_image){pixels, SIDE, SIDE, SIDE * 3}),
                          .pixels = pixels,
                          .width = SIDE,
                          .height = SIDE,
                          .index = (long)(25 * time),
                          .time = time,
                          .face_count = 1};
    frame.faces[0] =
        (struct expressions_face){.id = 2,
                                  .box = {10, 20, 100, 30},
                                  .label = 3,
                                  .second = 5,
                                  .score = 0.75f,
                                  .smoothed = time > 0,
                                  .probabilities = {0.01f, 0.0f, 0.02f, 0.9f, 0.03f, 0.04f, 0},
                                  .raw = {0.1f, 0.1f, 0.1f, 0.2f, 0.2f, 0.2f, 0.1f}};
    return frame;
}

static char names[][8] = {"x/a.jpg", "y/b.PNG", "c.xyz", "d"};

struct run {
    struct results_options options;
    int pictures; /* 0: a source */
    const char *film;
    bool quiet;
};

static enum fault fault; /* of the next runs, at this call */
static long fault_at, calls;
static bool nobody; /* is in their frames */

/* All of it, with standard output in the folder's file "stdout". */
static int run(const struct run *run)
{
    struct source source = {.fps = 25, .film = run->film != NULL};
    char *paths[] = {names[0], names[1], names[2], names[3]};
    struct input_list list = {.paths = paths, .count = run->pictures};
    struct file_set files = {0};
    struct progress_bar bar = {0};
    struct results *results = NULL;
    const struct drawing drawing = {resource_font(), .bars = true};
    snprintf(source.name, sizeof source.name, "%s", run->film ? run->film : "camera");
    const struct results_of of = {.options = &run->options,
                                  .source = run->pictures ? NULL : &source,
                                  .pictures = run->pictures ? &list : NULL,
                                  .program = "test",
                                  .drawing = &drawing,
                                  .progress = &bar,
                                  .files = &files,
                                  .quiet = run->quiet};
    error = (struct error){.text = "nothing"};
    fflush(stdout);
    int file = open(in_folder("stdout"), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    int saved = dup(STDOUT_FILENO);
    dup2(file, STDOUT_FILENO);
    close(file);
    faults_begin(fault, fault_at, true);
    int result = results_open(&results, &of, &error), count = run->pictures ? run->pictures : 2;
    for (int i = 0; result == 0 && i < count; i++) {
        struct frame frame = one_face(run->pictures ? 0 : 0.04 * i);
        if (nobody)
            frame.face_count = 0;
        result = results_add(results, run->pictures ? names[i] : source.name, &frame, &error);
    }
    struct results_end end = {result == 0, result == 0, 1, 0};
    if (results && results_close(&results, &end, result ? NULL : &error))
        result = -1;
    file_set_free(&files);
    calls = faults_end();
    fflush(stdout);
    clearerr(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    return result;
}

static void expect_run(const struct run *wanted)
{
    if (run(wanted))
        fail_msg("%s", error.text);
}

static void refuse_run(const struct run *unwanted, const char *name, const char *reason)
{
    assert_int_equal(run(unwanted), -1);
    expect_text(error.text, name, reason);
}

/* ---- What they write ------------------------------------------------------------------------- */

static void lines_and_tables(void **state)
{
    (void)state;
    expect_run(&(struct run){.options = {.json = true, .csv = place("a.csv")}});
    expect_file("stdout",
                "{\"source\":\"camera\",\"frame\":0,\"time\":0.000,\"width\":96,\"height\":96,"
                "\"faces\":[{\"id\":2,\"box\":[10,20,86,30],\"face\":0.7500,\"emotion\":\"happy\","
                "\"label\":\"happy\",\"confidence\":0.9000,\"emotions\":{\"angry\":0.0100,"
                "\"disgust\":0.0000,\"fear\":0.0200,\"happy\":0.9000,\"sad\":0.0300,"
                "\"surprise\":0.0400,\"neutral\":0.0000}}]}\n"
                "{\"source\":\"camera\",\"frame\":1,\"time\":0.040,\"width\":96,\"height\":96,"
                "\"faces\":[{\"id\":2,\"box\":[10,20,86,30],\"face\":0.7500,\"emotion\":\"happy\","
                "\"label\":\"happy\",\"confidence\":0.9000,\"emotions\":{\"angry\":0.0100,"
                "\"disgust\":0.0000,\"fear\":0.0200,\"happy\":0.9000,\"sad\":0.0300,"
                "\"surprise\":0.0400,\"neutral\":0.0000},\"raw\":{\"angry\":0.1000,"
                "\"disgust\":0.1000,\"fear\":0.1000,\"happy\":0.2000,\"sad\":0.2000,"
                "\"surprise\":0.2000,\"neutral\":0.1000}}]}\n");
    expect_file("a.csv",
                "source,frame,time,width,height,id,box_x,box_y,box_width,box_height,face,emotion,"
                "label,confidence,angry,disgust,fear,happy,sad,surprise,neutral,raw_angry,"
                "raw_disgust,raw_fear,raw_happy,raw_sad,raw_surprise,raw_neutral,clock\n"
                "\"camera\",0,0.000,96,96,2,10,20,86,30,0.7500,happy,happy,0.9000,0.0100,0.0000,"
                "0.0200,0.9000,0.0300,0.0400,0.0000,,,,,,,,\n"
                "\"camera\",1,0.040,96,96,2,10,20,86,30,0.7500,happy,happy,0.9000,0.0100,0.0000,"
                "0.0200,0.9000,0.0300,0.0400,0.0000,0.1000,0.1000,0.1000,0.2000,0.2000,0.2000,"
                "0.1000,\n");
}

static void reports(void **state)
{
    (void)state;
    expect_run(&(struct run){.options = {.report = place("report")}});
    expect_file("report/timeline.csv", "id,start,end,label\n2,0.000,0.080,happy\n");
    expect_file("report/summary.csv",
                "id,seconds,angry,disgust,fear,happy,sad,surprise,neutral,uncertain\n"
                "2,0.080,0.0000,0.0000,0.0000,1.0000,0.0000,0.0000,0.0000,0.0000\n");
    size_t size;
    char *script = (char *)read_bytes(in_folder("report/timeline.png"), &size);
    assert_non_null(strstr(script, "set terminal pngcairo size 1200,210 "));
    assert_non_null(strstr(script, "\nset xrange [0:0.080]\nset yrange [1.5:0.5]\n"));
    assert_non_null(strstr(script, "\nrow(f) = f == 2 ? 1 : NaN\nset ytics ('face 2' 1)\n"));
    free(script);
    static const char *const made[] = {"timeline.csv", "summary.csv", "timeline.png"};
    char path[64];
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        snprintf(path, sizeof path, "report/%s", made[i]);
        assert_int_equal(remove(in_folder(path)), 0);
    }
    assert_int_equal(rmdir(in_folder("report")), 0);
    refuse_run(&(struct run){.options = {.report = place("no/report")}}, "no/report",
               "No such file");
}

/* That it is a picture of this size which is drawn on, and what it is drawn on is still there. */
static void expect_copy(const char *name)
{
    struct frame frame = {0};
    if (picture_read(in_folder(name), &frame, NULL, &error))
        fail_msg("%s", error.text);
    struct bgr_image copy = image_bgr(&frame.picture);
    assert_true(copy.width == SIDE && copy.height == SIDE);
    int corner = 0, drawn = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            int difference = abs(copy.pixels[(size_t)y * copy.stride + (size_t)x * 3] - 40);
            drawn += difference > 30;
            corner += y < 8 && x < 8 && difference > 10;
        }
    assert_int_equal(corner, 0);
    assert_true(drawn > 50);
    frame_free(&frame);
}

static void copies_of_pictures(void **state)
{
    (void)state;
    expect_run(&(struct run){{.output = place("all %d")}, 4, NULL, false});
    static const char *const made[] = {"all %d/a.jpg", "all %d/b.PNG", "all %d/c.png",
                                       "all %d/d.png"};
    struct stat folder;
    assert_int_equal(stat(in_folder("all %d"), &folder), 0);
    assert_int_equal(folder.st_mode & 0700, 0700);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        expect_copy(made[i]);
        assert_int_equal(remove(in_folder(made[i])), 0);
    }
    /* One picture goes into a folder that is there, or into a file. */
    expect_run(&(struct run){{.output = place("all %d")}, 1, NULL, false});
    expect_copy("all %d/a.jpg");
    expect_run(&(struct run){{.output = place("one %d.png")}, 1, NULL, false});
    expect_copy("one %d.png");
    /* One that cannot be written keeps no other from it; it has been told. */
    assert_int_equal(remove(in_folder("all %d/a.jpg")), 0);
    assert_int_equal(mkdir(in_folder("all %d/a.jpg"), 0700), 0);
    assert_int_equal(run(&(struct run){{.output = place("all %d")}, 2, NULL, false}), -1);
    assert_string_equal(error.text, "");
    expect_text(faults_said(), in_folder("all %d/a.jpg"), "");
    expect_copy("all %d/b.PNG");
    assert_int_equal(remove(in_folder("all %d/b.PNG")), 0);
    assert_int_equal(rmdir(in_folder("all %d/a.jpg")), 0);
    assert_int_equal(rmdir(in_folder("all %d")), 0);
}

/* Names that make no sense are refused before anything is written, and no folder is left. */
static void refused_copies(void **state)
{
    (void)state;
    refuse_run(&(struct run){{.output = place("one.xyz")}, 1, NULL, false}, "one.xyz",
               "not a picture extension");
    assert_int_equal(error.code, ERROR_USAGE);
    write_bytes(in_folder("file"), "", 0);
    refuse_run(&(struct run){{.output = place("file/x")}, 2, NULL, false}, "file/x",
               "cannot be created: Not a directory");
    memcpy(names[2], "z/a.jpg", 8);
    refuse_run(&(struct run){{.output = place("new")}, 3, NULL, false}, "x/a.jpg and z/a.jpg",
               "would get the same output name");
    /* Of several, the first by its name. */
    memcpy(names[1], "x/b.jpg", 8);
    memcpy(names[3], "z/b.jpg", 8);
    refuse_run(&(struct run){{.output = place("new")}, 4, NULL, false}, "x/a.jpg and z/a.jpg",
               "would get the same output name");
    memcpy(names[1], "y/b.PNG", 8);
    memcpy(names[2], "c.xyz", 6);
    memcpy(names[3], "d", 2);
    assert_int_equal(access(in_folder("new"), F_OK), -1);
    refuse_run(&(struct run){{.output = place("a.png"), .csv = place("a.png")}, 1, NULL, false},
               "a.png", "already an input or output");
    /* Just too long for a path, with the shortest of the names. */
    char *longest = calloc(4100, 1);
    memset(longest, 'l', 4096 - strlen("/a.jpg"));
    refuse_run(&(struct run){{.output = longest}, 2, NULL, false}, names[0], "is too long");
    assert_int_equal(error.code, ERROR_USAGE);
    free(longest);
}

/* All frames of the source; -1 where it cannot be opened, or a frame copied. */
static int take(int opened, struct source *source, int frames)
{
    struct frame frame = {0}, copy = {0};
    struct image picture;
    double time = -1;
    int result = opened;
    for (int i = 0; result == 0 && i < frames; i++) {
        double before = time;
        enum source_status status = source->read(source, &picture, &time, &error);
        result = status == SOURCE_FRAME ? 0 : -1;
        if (result == 0 && i == 0)
            result = frame_set(&frame, &picture, &error) || frame_copy_grey(&copy, &frame, &error)
                         ? -1
                         : 0;
        assert_true(result || time > before);
    }
    assert_true(result || memcmp(copy.grey, frame.grey, (size_t)(frame.width * frame.height)) == 0);
    frame_free(&frame);
    frame_free(&copy);
    source_close(source);
    calls = faults_end();
    return result;
}

static void copies_of_films(void **state)
{
    (void)state;
    static const char *const made[] = {"a.mkv", "a.MP4", "a %d.gif"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        expect_run(&(struct run){.options = {.output = place(made[i])}});
        size_t size;
        free(read_bytes(in_folder(made[i]), &size));
        assert_true(size > 400);
    }
    struct source source = {0};
    assert_int_equal(take(source_open_video(&source, in_folder("a.mkv"), NULL, &error), &source, 2),
                     0);
    assert_int_equal(take(source_open_video(&source, in_folder("a.mkv"), NULL, &error), &source, 3),
                     -1);
    assert_int_equal(source_open_video(&source, in_folder("none.mkv"), NULL, &error), -1);
    expect_text(error.text, "No such file", "");
    /* A film without sound, then one whose sound is missing, which is told and no failure. */
    expect_run(&(struct run){{.output = place("a.mkv")}, 0, place("a %d.gif"), false});
    assert_string_equal(faults_said(), "");
    expect_run(&(struct run){{.output = place("a.mkv")}, 0, "no film", false});
    expect_text(faults_said(), in_folder("a.mkv"), ": the sound is left out: ");
    expect_run(&(struct run){{.output = place("a.mkv")}, 0, "no film", true});
    assert_string_equal(faults_said(), "");
    refuse_run(&(struct run){.options = {.output = place("a.mpx")}}, "a.mpx",
               "not a video extension");
    assert_int_equal(error.code, ERROR_USAGE);
    refuse_run(&(struct run){.options = {.output = place("no/a.mkv")}}, "no/a.mkv", "");
    refuse_run(&(struct run){.options = {.output = place("a.mkv"), .csv = place("a.mkv")}}, "a.mkv",
               "already an input or output");
}

/* ---- Faults ---------------------------------------------------------------------------------- */

/* A sum of all that is in the folder, "stdout" too; of films only how large they are, as no two of
 * them are the same. */
static uint32_t files_there(void)
{
    uint32_t sum = 0;
    struct stat status;
    DIR *folder = opendir(test_folder());
    for (struct dirent *entry; (entry = readdir(folder));) {
        const char *name = entry->d_name, *path = in_folder(name);
        if (stat(path, &status) || !S_ISREG(status.st_mode))
            continue;
        size_t size;
        uint8_t *bytes = read_bytes(path, &size);
        bool film = strcmp(picture_ending(name), ".mkv") == 0;
        sum += checksum(checksum(CHECKSUM_OF_NOTHING, name, strlen(name)), film ? NULL : bytes,
                        film ? 0 : size) +
               (uint32_t)size;
        free(bytes);
    }
    closedir(folder);
    return sum;
}

static void try_all(int (*use)(const struct run *run), const struct run *wanted, enum fault kind,
                    int most)
{
    fault = kind;
    fault_at = 1000000;
    count_files(1);
    if (use(wanted)) /* what stays for ever is there from now on */
        fail_msg("%s", error.text);
    uint32_t whole = files_there();
    long count = calls, step = count / most + 1;
    for (fault_at = 1; fault_at <= count; fault_at += step) {
        count_files(1);
        int live = faults_live(), open = open_descriptors(), result = use(wanted);
        if (result == 0 && files_there() != whole)
            fail_msg("call %ld of %ld: not told", fault_at, count);
        if (result && (strcmp(error.text, "nothing") == 0 || strpbrk(error.text, "\r\n")))
            fail_msg("call %ld of %ld: \"%s\"", fault_at, count, error.text);
        if (kind == FAULT_MEMORY && result && *error.text && !strstr(error.text, "memory"))
            fail_msg("allocation %ld of %ld: \"%s\"", fault_at, count, error.text);
        if (faults_live() != live)
            fail_msg("call %ld of %ld: %d blocks lost", fault_at, count, faults_live() - live);
        assert_int_equal(open_descriptors(), open);
    }
    fault = FAULT_NONE;
}

static void what_fails_is_told(void **state)
{
    (void)state;
    const struct run runs[] = {
        {.options = {.json = true}},
        {.options = {.words = true}},
        {.options = {.words = true}, .pictures = 2},
        {.options = {.csv = place("a.csv")}},
        {.options = {.report = test_folder()}},
        {.options = {.output = place("one.png")}, .pictures = 1},
        {.options = {.output = test_folder()}, .pictures = 2},
        {.options = {.output = place("a.mkv")}},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        try_all(run, &runs[i], FAULT_MEMORY, 60);
        try_all(run, &runs[i], FAULT_CALL, 60);
    }
    nobody = true;
    for (size_t i = 0; i < 3; i++)
        try_all(run, &runs[i], FAULT_MEMORY, 60);
    nobody = false;
}

/* ---- Answers that wait ----------------------------------------------------------------------- */

/* Three frames go through a spool and come out as they were, as far as they were answered. */
static int keep(const struct run *wanted)
{
    const struct frame none = {.width = 3, .height = 2, .index = 9, .clock = 5, .duration = 0.5};
    const struct frame frames[] = {one_face(0.04), none, one_face(0.4)};
    const size_t answered = sizeof frames->faces;
    static struct frame kept;
    struct run run = *wanted;
    struct source source = {.fps = 25};
    struct results_of of = {.options = &run.options, .source = &source, .program = "test"};
    struct results *results = NULL;
    struct error why = {.text = "nothing"};
    faults_begin(fault, fault_at, true);
    int result = spool_create(&run.options.spool, &error), came = 0, put = 0;
    struct spool *spool = run.options.spool;
    if (result == 0) {
        result = results_open(&results, &of, &why);
        while (result == 0 && put < 3 &&
               (result = results_add(results, "", &frames[put], &why)) == 0)
            put++;
        assert_int_equal(results_close(&results, &(struct results_end){.dropped = 7}, NULL), 0);
        spool_end(spool, result ? &why : NULL);
        for (; spool_next(spool, &kept); came++) {
            const struct frame *frame = &frames[came];
            assert_true(came < 3 && kept.index == frame->index && kept.width == frame->width &&
                        kept.height == frame->height && kept.face_count == frame->face_count);
            assert_true(kept.time == frame->time && kept.duration == frame->duration &&
                        kept.clock == frame->clock);
            assert_memory_equal(kept.faces, frame->faces, answered);
        }
        const struct spool_outcome *outcome = spool_outcome(spool);
        assert_true(outcome->failed || (came == 3 && outcome->end.dropped == 7));
        result = outcome->failed ? -1 : 0;
        if (result)
            error = outcome->error;
    }
    spool_free(&spool);
    assert_null(spool);
    calls = faults_end();
    return result;
}

static sem_t taken;

/* The answer that was added last, while its reader waits for it. */
static bool is_taken(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;
    return sem_timedwait(&taken, &until) == 0 && poll(NULL, 0, 1) == 0;
}

static void *answer(void *context)
{
    const struct results_options *options = context;
    const struct frame frame = one_face(0.04);
    const struct results_of of = {.options = options, .program = "test"};
    struct results *results = NULL;
    struct error why = {.text = "nothing"};
    int result = results_open(&results, &of, &why);
    for (int i = 0; result == 0 && i < 3; i++)
        result = results_add(results, "", &frame, &why) || !is_taken() ? -1 : 0;
    if (results_close(&results, &(struct results_end){.dropped = 7}, NULL))
        result = -1;
    spool_end(options->spool, result ? &why : NULL);
    return NULL;
}

/* Each at once; and for ThreadSanitizer: what two threads share is guarded. */
static void answers_come_from_another_thread(void **state)
{
    (void)state;
    static struct frame kept;
    for (int i = 0; i < 20; i++) {
        struct results_options options = {0};
        pthread_t thread;
        int came = 0;
        assert_int_equal(sem_init(&taken, 0, 0), 0);
        assert_int_equal(spool_create(&options.spool, &error), 0);
        assert_int_equal(pthread_create(&thread, NULL, answer, &options), 0);
        for (; spool_next(options.spool, &kept); sem_post(&taken))
            came++;
        const struct spool_outcome *outcome = spool_outcome(options.spool);
        assert_true(!outcome->failed && came == 3 && outcome->end.dropped == 7);
        assert_int_equal(pthread_join(thread, NULL), 0);
        spool_free(&options.spool);
        sem_destroy(&taken);
    }
}

static void *end_later(void *spool)
{
    poll(NULL, 0, 20);
    spool_end(spool, NULL);
    return NULL;
}

/* Answers that the disk has lost are told, once no more come. */
static void answers_that_are_lost(void **state)
{
    (void)state;
    static struct frame kept;
    const struct frame frame = one_face(0.04);
    struct results_options options = {0};
    const struct results_of of = {.options = &options, .program = "test"};
    struct results *results = NULL;
    int file = dup(STDIN_FILENO); /* the number that the next one gets */
    close(file);
    pthread_t thread;
    assert_int_equal(spool_create(&options.spool, &error), 0);
    assert_int_equal(results_open(&results, &of, &error), 0);
    assert_int_equal(results_add(results, "", &frame, &error), 0);
    results_close(&results, &(struct results_end){0}, NULL);
    assert_int_equal(ftruncate(file, 20), 0);
    errno = 0;
    assert_int_equal(pthread_create(&thread, NULL, end_later, options.spool), 0);
    assert_false(spool_next(options.spool, &kept));
    assert_int_equal(pthread_join(thread, NULL), 0);
    const struct spool_outcome *outcome = spool_outcome(options.spool);
    assert_true(outcome->failed);
    assert_string_equal(outcome->error.text, "a temporary file for results cannot be read: "
                                             "Input/output error; check the disk");
    spool_free(&options.spool);
}

static void answers_that_wait_are_whole(void **state)
{
    (void)state;
    static const struct run none = {.quiet = true};
    fault = FAULT_TRICKLE;
    assert_int_equal(keep(&none), 0);
    try_all(keep, &none, FAULT_MEMORY, 60);
    try_all(keep, &none, FAULT_CALL, 60);
    fault = FAULT_CALL;
    fault_at = 1; /* tmpfile, two writes a frame, or one without faces; reads likewise */
    assert_int_equal(keep(&none), -1);
    expect_text(error.text, "a temporary file for results cannot be written",
                "Too many open files; free some space");
    fault_at = 3;
    assert_int_equal(keep(&none), -1);
    expect_text(error.text, "cannot be written", "No space left on device; free");
    fault_at = 8;
    assert_int_equal(keep(&none), -1);
    expect_text(error.text, "cannot be read", "Input/output error; check the disk");
    fault = FAULT_NONE;
}

/* ---- Sources --------------------------------------------------------------------------------- */

/* Two pictures in a folder, the first of them read, with nothing but the list. */
static int read_folder(const struct run *run)
{
    (void)run;
    static const char *const made[] = {"pictures", "pictures/b.png", "pictures/a.png",
                                       "pictures/c.txt"};
    struct input_list list = {.kind = &picture_files};
    struct frame frame = {0};
    char folder[2 * TEST_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s", in_folder("pictures"));
    mkdir(folder, 0700);
    struct bgr_image picture = {pixels, SIDE, SIDE, SIDE * 3};
    assert_int_equal(picture_write(in_folder("pictures/b.png"), picture, &error), 0);
    assert_int_equal(picture_write(in_folder("pictures/a.png"), picture, &error), 0);
    write_bytes(in_folder("pictures/c.txt"), "c", 1);
    error = (struct error){.text = "nothing"};
    faults_begin(fault, fault_at, true);
    int result = input_list_add(&list, folder, &error);
    if (result == 0)
        result = input_list_add(&list, "named", &error);
    if (result == 0)
        result = picture_read(list.paths[0], &frame, NULL, &error);
    int count = list.count, skipped = list.skipped;
    bool right = result || (strcmp(file_base(list.paths[0]), "a.png") == 0 &&
                            strcmp(file_base(list.paths[1]), "b.png") == 0 &&
                            strcmp(list.paths[2], "named") == 0 && list.has_folder &&
                            memcmp(frame.pixels, pixels, sizeof pixels) == 0 &&
                            frame.grey[0] == 40 && frame.width == SIDE && frame.height == SIDE);
    frame_free(&frame);
    input_list_free(&list);
    calls = faults_end();
    assert_true(right);
    if (result == 0)
        assert_true(count == 3 && skipped == 1);
    for (int i = 3; i >= 0; i--)
        assert_int_equal(remove(in_folder(made[i])), 0);
    return result;
}

static int read_demo(const struct run *run)
{
    struct source source = {0};
    (void)run;
    error = (struct error){.text = "nothing"};
    faults_begin(fault, fault_at, true);
    return take(source_open_demo(&source, &error), &source, 1);
}

static void sources_that_fail_are_told(void **state)
{
    (void)state;
    static const struct run none = {.quiet = false};
    try_all(read_folder, &none, FAULT_MEMORY, 60);
    try_all(read_folder, &none, FAULT_CALL, 60);
    try_all(read_demo, &none, FAULT_MEMORY, 20);
}

static int prepare(void **state)
{
    memset(pixels, 40, sizeof pixels);
    ocv_setup(TEST_OPENCV_THREADS);
    return make_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(lines_and_tables, empty_folder),
        cmocka_unit_test_teardown(reports, empty_folder),
        cmocka_unit_test_teardown(copies_of_pictures, empty_folder),
        cmocka_unit_test_teardown(refused_copies, empty_folder),
        cmocka_unit_test_teardown(copies_of_films, empty_folder),
        cmocka_unit_test_teardown(what_fails_is_told, empty_folder),
        cmocka_unit_test_teardown(answers_that_wait_are_whole, empty_folder),
        cmocka_unit_test(answers_come_from_another_thread),
        cmocka_unit_test(answers_that_are_lost),
        cmocka_unit_test_teardown(sources_that_fail_are_told, empty_folder),
        cmocka_unit_test(every_lock_is_destroyed),
    };
    return cmocka_run_group_tests(tests, prepare, remove_folder);
}
