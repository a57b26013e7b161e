#define _GNU_SOURCE /* fopencookie */ /* NOLINT: names of this kind are the C library's to give */
/* Streams that fall silent, on the loopback: a connection that stays open is no reason to wait for
 * ever. And libraries that cannot be silenced. */
#include "ocv.h"
#include "testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>

enum { FRAMES = 40, LONGEST = 30 /* seconds, several times what is granted */ };

/* Serves one client, and then says nothing any more until the client has gone. */
struct camera {
    int listening;
    bool mute; /* from the beginning */
    char address[64];
    pthread_t thread;
};

static int append(void *context, const void *bytes, size_t size)
{
    return fwrite(bytes, 1, size, context) == size ? 0 : -1;
}

static void send_all(int client, const char *bytes, size_t size)
{
    for (ssize_t sent; size > 0; bytes += sent, size -= (size_t)sent)
        if ((sent = send(client, bytes, size, MSG_NOSIGNAL)) <= 0)
            return;
}

static void send_frames(int client)
{
    static uint8_t pixels[64 * 48 * 3];
    static const char hello[] =
        "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=frame\r\n\r\n";
    char *jpeg, head[128];
    size_t size;
    FILE *out = open_memstream(&jpeg, &size);
    assert_non_null(out);
    assert_int_equal(
        ocv_encode_bgr((struct bgr_image){pixels, 64, 48, 64 * 3}, ".jpg", append, out, NULL),
        OCV_OK);
    fclose(out);
    send_all(client, hello, sizeof hello - 1);
    for (int i = 0; i < FRAMES; i++) {
        int length =
            snprintf(head, sizeof head,
                     "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n", size);
        send_all(client, head, (size_t)length);
        send_all(client, jpeg, size);
        send_all(client, "\r\n", 2);
    }
    free(jpeg);
}

static void *serve(void *argument)
{
    struct camera *camera = argument;
    int client = accept(camera->listening, NULL, NULL);
    char bytes[1024];
    if (client >= 0 && recv(client, bytes, sizeof bytes, 0) > 0 && !camera->mute)
        send_frames(client);
    while (client >= 0 && recv(client, bytes, sizeof bytes, 0) > 0)
        continue;
    close(client);
    return NULL;
}

static void begin(struct camera *camera)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    camera->listening = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(camera->listening >= 0);
    assert_int_equal(bind(camera->listening, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(camera->listening, 1), 0);
    assert_int_equal(getsockname(camera->listening, (struct sockaddr *)&address, &size), 0);
    snprintf(camera->address, sizeof camera->address, "http://127.0.0.1:%d/camera.mjpg",
             ntohs(address.sin_port));
    assert_int_equal(pthread_create(&camera->thread, NULL, serve, camera), 0);
}

static void end(struct camera *camera)
{
    pthread_join(camera->thread, NULL);
    close(camera->listening);
}

static int is_too_long(void *started)
{
    return difftime(time(NULL), *(const time_t *)started) > LONGEST;
}

static void a_stream_that_falls_silent_is_lost(void **state)
{
    (void)state;
    struct camera camera = {.mute = false};
    struct ocv_video *video = NULL;
    struct error error = {.text = ""};
    time_t started = time(NULL);
    begin(&camera);
    enum ocv_code code = ocv_camera_open(&video, camera.address, (struct ocv_camera_options){0},
                                         (struct ocv_patience){is_too_long, &started}, &error);
    if (code != OCV_OK)
        fail_msg("%s", error.text);
    int frames = 0;
    while ((code = ocv_video_read(video, &error)) == OCV_OK)
        frames++;
    assert_false(is_too_long(&started));
    assert_in_range(frames, FRAMES / 2, FRAMES);
    ocv_video_close(&video);
    end(&camera);
}

static void an_address_that_says_nothing_is_no_stream(void **state)
{
    (void)state;
    struct camera camera = {.mute = true};
    struct ocv_video *video = NULL;
    struct error error = {.text = ""};
    time_t started = time(NULL);
    begin(&camera);
    assert_int_equal(ocv_camera_open(&video, camera.address, (struct ocv_camera_options){0},
                                     (struct ocv_patience){is_too_long, &started}, &error),
                     OCV_CANNOT);
    assert_false(is_too_long(&started));
    assert_null(video);
    expect_text(error.text, "no stream at this address", "check the address");
    end(&camera);
}

#ifdef __GLIBC__
FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);

FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions)
{
    (void)cookie, (void)mode, (void)functions;
    return NULL;
}
#endif

/* What they print is no reason to end, nor to lose what others print. */
static void without_memory_libraries_may_print(void **state)
{
    (void)state;
    FILE *before = stderr;
    ocv_setup(1);
    assert_ptr_equal(stderr, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_that_falls_silent_is_lost),
        cmocka_unit_test(an_address_that_says_nothing_is_no_stream),
        cmocka_unit_test(without_memory_libraries_may_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
