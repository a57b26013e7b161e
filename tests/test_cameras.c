/* The cameras of this computer, as a made-up kernel shows them: which there are, what each can do,
 * and why one cannot be opened. */
#include "testing.h"

#include "cameras.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* ---- A made-up kernel ------------------------------------------------------------------------ */

enum { CAPTURE = V4L2_CAP_VIDEO_CAPTURE, FORMATS = 3, SIZES = 24 };

struct format {
    const char *description;
    bool stepwise;
    unsigned sizes[SIZES][2];
};

static const struct device {
    const char *path;
    unsigned capabilities, device_caps;
    const char *driver, *name;
    struct format formats[FORMATS];
    int open_error, ask_error, buffers_error;
    bool endless;
    dev_t number; /* 0: no device */
} devices[] = {
    {.path = "/dev/video0",
     .capabilities = CAPTURE,
     .driver = "uvcvideo",
     .name = "Webcam %%",
     .formats = {{.description = "Motion-JPEG",
                  .sizes = {{640, 480}, {160, 120}, {1280, 720}, {160, 120}}},
                 {.description = "YUYV 4:2:2",
                  .sizes = {{640, 480}, {480, 640}, {480, 481}, {160, 480}}}},
     .number = 80},
    {.path = "/dev/video1",
     .capabilities = CAPTURE | V4L2_CAP_META_CAPTURE | V4L2_CAP_DEVICE_CAPS,
     .device_caps = V4L2_CAP_META_CAPTURE,
     .name = "Webcam's other half",
     .formats = {{.description = "Metadata", .sizes = {{1, 1}}}},
     .number = 81},
    {.path = "/dev/video2",
     .capabilities = CAPTURE | V4L2_CAP_META_CAPTURE | V4L2_CAP_DEVICE_CAPS,
     .device_caps = CAPTURE,
     .name = "Any size",
     .formats = {{"RGB", true, {{65536, 65536}, {2, 2}}}, {"Bayer", true, {{40000, 50000}}}},
     .number = 82},
    {.path = "/dev/video3", .open_error = EACCES, .number = 83},
    {.path = "/dev/video4", .open_error = EPERM},
    {.path = "/dev/video5", .capabilities = CAPTURE, .ask_error = ENOTTY},
    {.path = "/dev/video6",
     .capabilities = V4L2_CAP_VIDEO_CAPTURE_MPLANE,
     .formats = {{.description = "YUV"}}},
    {.path = "/dev/video7",
     .capabilities = CAPTURE,
     .device_caps = V4L2_CAP_IO_MC,
     .formats = {{.description = "YUV"}}},
    {.path = "/dev/video8",
     .capabilities = CAPTURE,
     .driver = "bcm2835-isp",
     .formats = {{.description = "YUV"}}},
    {.path = "/dev/video9",
     .capabilities = CAPTURE,
     .driver = "pispbe",
     .formats = {{.description = "YUV"}}},
    {.path = "/dev/video10",
     .capabilities = CAPTURE,
     .driver = "unicam",
     .formats = {{.description = "8-bit Bayer RGRG/GBGB"},
                 {.description = "10-bit Bayer RGRG/GBGB"}}},
    {.path = "/dev/video11",
     .capabilities = CAPTURE,
     .driver = "unicam",
     .name = "A name of the thirty-one letters",
     .formats = {{.description = "8-bit Bayer RGRG/GBGB", .sizes = {{20, 20}}},
                 {.description = "YUYV 4:2:2", .sizes = {{10, 10}}}},
     .number = 91},
    {.path = "/dev/video12", .capabilities = CAPTURE, .name = "Silent", .buffers_error = EBUSY},
    {.path = "/dev/video13", .capabilities = CAPTURE, .name = "Stubborn", .buffers_error = EINVAL},
    {.path = "/dev/video14", .open_error = EBUSY},
    {.path = "/dev/video15", .open_error = ENODEV},
    {.path = "/dev/video16", .open_error = ENXIO},
    {.path = "/dev/video17", .open_error = EIO},
    {.path = "/dev/video18",
     .capabilities = CAPTURE,
     .formats = {{.description = "8-bit Bayer BGBG/GRGR"}}},
    {.path = "/dev/video63",
     .capabilities = CAPTURE,
     .name = "Last",
     .formats = {{.description = "YUV",
                  .sizes = {{1, 1},
                            {2, 2},
                            {3, 3},
                            {4, 4},
                            {5, 5},
                            {6, 6},
                            {7, 7},
                            {8, 8},
                            {9, 9},
                            {10, 1},
                            {11, 11},
                            {12, 12},
                            {13, 13},
                            {14, 14},
                            {15, 15},
                            {16, 16},
                            {16, 16},
                            {17, 17},
                            {1, 2}}}}},
    {.path = "/dev/video64", .capabilities = CAPTURE, .name = "One more"},
    {.path = "/dev/endless-%%", .capabilities = CAPTURE, .name = "Endless", .endless = true},
};
enum { DEVICES = sizeof devices / sizeof *devices };

/* Links in by-id, and files, to what number they lead. */
static const struct {
    const char *path;
    dev_t number;
    mode_t mode;
} links[] = {{"/dev/v4l/by-id/.", 0, S_IFDIR},
             {"/dev/v4l/by-id/usb-other", 81, S_IFCHR},
             {"/dev/v4l/by-id/usb-webcam-%%", 80, S_IFCHR},
             {"/dev/v4l/by-id/usb-disk", 91, S_IFBLK},
             {"/dev/v4l/by-id/usb-gone", 0, 0}};
enum { LINKS = sizeof links / sizeof *links };

static const struct device *opened[2]; /* by descriptor */
static int folders, next_link, questions;
static bool no_links, no_memory;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int number);
int __wrap_ioctl(int device, unsigned long request, ...);
int __wrap_stat(const char *path, struct stat *facts);
DIR *__wrap_opendir(const char *path);
struct dirent *__wrap_readdir(DIR *folder);
int __wrap_closedir(DIR *folder);

void *__wrap_calloc(size_t count, size_t size)
{
    return no_memory ? NULL : __real_calloc(count, size);
}

static int refuse(int code)
{
    errno = code;
    return -1;
}

/* Gives the lowest descriptor that is free, which may be 0. */
int __wrap_open(const char *path, int flags, ...)
{
    assert_int_equal(flags, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    for (int i = 0; i < DEVICES; i++)
        if (strcmp(path, devices[i].path) == 0) {
            if (devices[i].open_error)
                return refuse(devices[i].open_error);
            int lowest = opened[0] != NULL;
            assert_null(opened[lowest]);
            opened[lowest] = &devices[i];
            return lowest;
        }
    return refuse(ENOENT);
}

int __wrap_close(int number)
{
    assert_in_range(number, 0, 1);
    assert_non_null(opened[number]);
    opened[number] = NULL;
    return 0;
}

static int give_format(const struct device *device, struct v4l2_fmtdesc *format)
{
    assert_int_equal(format->type, V4L2_BUF_TYPE_VIDEO_CAPTURE);
    unsigned i = device->endless ? 0 : format->index;
    if (!device->endless && (i >= FORMATS || !device->formats[i].description))
        return refuse(EINVAL);
    snprintf((char *)format->description, sizeof format->description, "%s",
             device->endless ? "endless" : device->formats[i].description);
    format->pixelformat = 100 + i;
    return 0;
}

static int give_size(const struct device *device, struct v4l2_frmsizeenum *size)
{
    assert_in_range(size->pixel_format, 100, 102);
    unsigned i = device->endless ? 0 : size->index;
    const struct format *format = &device->formats[size->pixel_format - 100];
    const unsigned *sides = format->sizes[i < SIZES ? i : 0];
    if (!device->endless && (i >= SIZES || !sides[0]))
        return refuse(EINVAL);
    if (format->stepwise) {
        size->type = i == 0 ? V4L2_FRMSIZE_TYPE_STEPWISE : V4L2_FRMSIZE_TYPE_CONTINUOUS;
        size->stepwise = (struct v4l2_frmsize_stepwise){
            .min_width = 2, .max_width = sides[0], .min_height = 4, .max_height = sides[1]};
    } else {
        size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
        size->discrete = (struct v4l2_frmsize_discrete){sides[0], sides[1]};
    }
    return 0;
}

int __wrap_ioctl(int number, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    assert_in_range(number, 0, 1);
    assert_non_null(opened[number]);
    questions++;
    errno = EBUSY; /* from an earlier call */
    const struct device *device = opened[number];
    struct v4l2_capability *facts = argument;
    const struct v4l2_requestbuffers *buffers = argument;
    switch (request) {
    case VIDIOC_QUERYCAP:
        /* Some drivers answer before they fail. */
        *facts = (struct v4l2_capability){.capabilities = device->capabilities,
                                          .device_caps = device->device_caps};
        snprintf((char *)facts->driver, sizeof facts->driver, "%s",
                 device->driver ? device->driver : "");
        snprintf((char *)facts->card, sizeof facts->card, "%s", device->name ? device->name : "");
        return device->ask_error ? refuse(device->ask_error) : 0;
    case VIDIOC_ENUM_FMT:
        return give_format(device, argument);
    case VIDIOC_ENUM_FRAMESIZES:
        return give_size(device, argument);
    case VIDIOC_REQBUFS:
        assert_true(buffers->count == 1 && buffers->type == V4L2_BUF_TYPE_VIDEO_CAPTURE &&
                    buffers->memory == V4L2_MEMORY_MMAP);
        return device->buffers_error ? refuse(device->buffers_error) : 0;
    default:
        fail_msg("asked for %lx", request);
        return -1;
    }
}

int __wrap_stat(const char *path, struct stat *facts)
{
    *facts = (struct stat){0};
    for (int i = 0; i < LINKS; i++)
        if (strcmp(path, links[i].path) == 0) {
            facts->st_mode = links[i].mode;
            facts->st_rdev = links[i].number;
            return links[i].mode ? 0 : refuse(ENOENT);
        }
    for (int i = 0; i < DEVICES; i++)
        if (strcmp(path, devices[i].path) == 0) {
            facts->st_mode = S_IFCHR;
            facts->st_rdev = devices[i].number;
            return 0;
        }
    return refuse(ENOENT);
}

DIR *__wrap_opendir(const char *path)
{
    assert_string_equal(path, "/dev/v4l/by-id");
    if (no_links)
        return NULL;
    folders++;
    next_link = 0;
    return (DIR *)(void *)&next_link;
}

struct dirent *__wrap_readdir(DIR *folder)
{
    static struct dirent entry;
    assert_ptr_equal(folder, &next_link);
    if (next_link == LINKS)
        return NULL;
    snprintf(entry.d_name, sizeof entry.d_name, "%s", strrchr(links[next_link++].path, '/') + 1);
    return &entry;
}

int __wrap_closedir(DIR *folder)
{
    assert_ptr_equal(folder, &next_link);
    folders--;
    return 0;
}

/* What was opened is closed. */
static int check_closed(void **state)
{
    (void)state;
    return folders != 0 || opened[0] || opened[1];
}

/* ---- The tests ------------------------------------------------------------------------------- */

/* All of it, in a line. */
static void describe(const struct camera *camera, char *text, size_t size)
{
    int used = snprintf(text, size, "%d %s [%s] %s:", camera->number, camera->path, camera->lasting,
                        camera->name);
    for (int i = 0; i < camera->size_count; i++)
        used += snprintf(text + used, size - (size_t)used, " %dx%d", camera->widths[i],
                         camera->heights[i]);
    snprintf(text + used, size - (size_t)used, "\n");
}

static const char webcam[] = "0 /dev/video0 [/dev/v4l/by-id/usb-webcam-%%] Webcam %%: "
                             "160x120 160x480 480x481 640x480 480x640 1280x720\n";

/* Those that give pictures, each with its sizes by area, as many as there is room for. */
static void test_find(void **state)
{
    (void)state;
    struct camera *cameras = NULL;
    char text[4000] = "", expected[4000];
    int count = cameras_find(&cameras);
    for (int i = 0; i < count; i++)
        describe(&cameras[i], text + strlen(text), sizeof text - strlen(text));
    snprintf(expected, sizeof expected, "%s%s", webcam,
             "2 /dev/video2 [] Any size: 40000x50000 65536x65536\n"
             "11 /dev/video11 [] A name of the thirty-one letter: 10x10 20x20\n"
             "12 /dev/video12 [] Silent:\n"
             "13 /dev/video13 [] Stubborn:\n"
             "63 /dev/video63 [] Last: 1x1 2x2 3x3 10x1 4x4 5x5 6x6 7x7 8x8 9x9 11x11 12x12 13x13 "
             "14x14 15x15 16x16\n");
    assert_string_equal(text, expected);
    free(cameras);
    no_memory = true;
    assert_int_equal(cameras_find(&cameras), 0);
    assert_null(cameras);
    no_memory = false;
}

/* One by number, by path, and where there are no links; what is none leaves all as it was. */
static void test_get(void **state)
{
    (void)state;
    struct camera camera, other;
    char text[1000];
    memset(&camera, 0x55, sizeof camera);
    memset(&other, 0x55, sizeof other);
    static const char *const none[] = {
        "1", "3", "5", "7", "", "/dev/none", "0x0", "http://a/", "/dev/v4l/by-id/usb-webcam-%%"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(cameras_get(none[i], &camera));
    assert_memory_equal(&camera, &other, sizeof camera);
    for (int i = 0; i < 2; i++) {
        assert_true(cameras_get(i ? "/dev/video0" : "0", &camera));
        describe(&camera, text, sizeof text);
        assert_string_equal(text, webcam);
    }
    no_links = true;
    assert_true(cameras_get("0", &camera));
    assert_string_equal(camera.lasting, "");
    no_links = false;
    /* A driver that never comes to an end is asked so often and no more. */
    questions = 0;
    assert_true(cameras_get("/dev/endless-%%", &camera));
    assert_int_equal(questions, 1 + 1 + 32 + 32 * 64);
    assert_int_equal(camera.size_count, 1);
    assert_string_equal(camera.path, "/dev/endless-%%");
}

static void test_raw(void **state)
{
    (void)state;
    static const char *const raw[] = {"6", "7", "8", "9", "10", "18"};
    static const char *const cooked[] = {"0", "1", "2", "3", "5", "11", "12", "99", "rtsp://10/"};
    struct error reason;
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
        reason.text[0] = '\0';
        assert_true(cameras_is_raw(raw[i], &reason));
        assert_string_equal(reason.text,
                            "it gives a sensor's raw data; on a Raspberry Pi, pipe pictures in: "
                            "rpicam-vid -n -t 0 --codec mjpeg -o - | ./expressions --camera -");
    }
    reason.text[0] = '\0';
    for (size_t i = 0; i < sizeof cooked / sizeof *cooked; i++)
        assert_false(cameras_is_raw(cooked[i], &reason));
    assert_string_equal(reason.text, "");
}

static void test_same(void **state)
{
    (void)state;
    assert_true(cameras_same("0", "/dev/video0"));
    assert_true(cameras_same("/dev/v4l/by-id/usb-webcam-%%", "0"));
    static const char *const others[] = {"1", "/dev/v4l/by-id/usb-disk", "/dev/none", "http://0/",
                                         "",  "/dev/v4l/by-id/usb-gone"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(cameras_same("0", others[i]));
        assert_false(cameras_same(others[i], "0"));
    }
    assert_false(cameras_same("11", "/dev/v4l/by-id/usb-disk")); /* no camera's number */
    assert_false(cameras_same("/dev/v4l/by-id/usb-disk", "11"));
}

static void test_diagnose(void **state)
{
    (void)state;
    static const char missing[] = "there is no such camera; plug it in or name another";
    static const char forbidden[] =
        "no permission to use it; add yourself to the group video and log in again";
    static const char busy[] = "another program uses it; close that program";
    static const char none[] = "it is not a camera; name another";
    static const struct {
        const char *id, *text;
    } cases[] = {{"99", missing},  {"x", missing},   {"15", missing},    {"16", missing},
                 {"3", forbidden}, {"4", forbidden}, {"14", busy},       {"12", busy},
                 {"1", none},      {"5", none},      {"0", NULL},        {"13", NULL},
                 {"17", NULL},     {"", NULL},       {"http://0/", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error reason = {.text = "as before"};
        assert_int_equal(cameras_diagnose(cases[i].id, &reason), cases[i].text != NULL);
        assert_string_equal(reason.text, cases[i].text ? cases[i].text : "as before");
    }
}

/* A path that is too long is none, whatever its beginning. */
static void test_long_paths(void **state)
{
    (void)state;
    struct error reason;
    char path[CAMERA_PATH_SIZE + 1];
    memset(path, 'x', sizeof path);
    path[CAMERA_PATH_SIZE - 1] = '\0';
    assert_true(cameras_diagnose(path, &reason));
    path[CAMERA_PATH_SIZE - 1] = 'x';
    path[CAMERA_PATH_SIZE] = '\0';
    assert_false(cameras_diagnose(path, &reason));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_find, check_closed),
        cmocka_unit_test_teardown(test_get, check_closed),
        cmocka_unit_test_teardown(test_raw, check_closed),
        cmocka_unit_test_teardown(test_same, check_closed),
        cmocka_unit_test_teardown(test_diagnose, check_closed),
        cmocka_unit_test_teardown(test_long_paths, check_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
