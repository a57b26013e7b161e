/* Results as Open Sound Control 1.0 (Wright and Freed 1997), one bundle per frame over UDP, for
 * Pure Data, Max, TouchDesigner and others. liblo makes the bytes; they are sent from a socket that
 * never waits, so that a slow or missing receiver does not hold up the window. */
#include "host_port.h"
#include "loaded_library.h"
#include "results_form.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What liblo's lo_lowlevel.h declares. */
struct timetag {
    uint32_t sec, frac;
};
static struct liblo {
    void *(*message_new)(void);
    int (*message_add_int32)(void *message, int32_t value);
    int (*message_add_float)(void *message, float value);
    int (*message_add_string)(void *message, const char *value);
    void *(*bundle_new)(struct timetag time);
    int (*bundle_add_message)(void *bundle, const char *path, void *message);
    void *(*bundle_serialise)(void *bundle, void *to, size_t *size);
    void (*bundle_free_recursive)(void *bundle);
} lo;

enum { PATH_SIZE = 48, PATHS_OF_FACE = EXPRESSIONS_LABEL_COUNT + 2 };

struct osc {
    int socket;
    char paths[EXPRESSIONS_MAX_FACES * PATHS_OF_FACE][PATH_SIZE]; /* of one bundle, which keeps
                                                                     none of its own */
    int used;
};

static int load(struct error *error)
{
    static const char *const names[] = {"liblo.so.7", "liblo.so", "liblo.dylib", NULL};
    const struct loaded_function functions[] = {
        {"lo_message_new", &lo.message_new},
        {"lo_message_add_int32", &lo.message_add_int32},
        {"lo_message_add_float", &lo.message_add_float},
        {"lo_message_add_string", &lo.message_add_string},
        {"lo_bundle_new", &lo.bundle_new},
        {"lo_bundle_add_message", &lo.bundle_add_message},
        {"lo_bundle_serialise", &lo.bundle_serialise},
        {"lo_bundle_free_recursive", &lo.bundle_free_recursive},
    };
    return loaded_library_open(names, functions, sizeof functions / sizeof *functions,
                               "install liblo (Debian: apt-get install liblo7)", error)
               ? error_of(error, "--osc")
               : 0;
}

static int split(const char *address, char host[HOST_SIZE], const char **port, struct error *error)
{
    return host_port_split(address, 1, host, port)
               ? error_set_code(error, ERROR_USAGE,
                                "--osc takes HOST:PORT such as 127.0.0.1:9000, not \"%.100s\"",
                                address)
               : 0;
}

static int check(const struct results_options *options, struct error *error)
{
    char host[HOST_SIZE];
    const char *port;
    return split(options->osc, host, &port, error);
}

/* A socket that sends to the address; -1 where there is none. */
static int connect_to(const char *address, struct error *error)
{
    char host[HOST_SIZE];
    const char *port;
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found = NULL;
    if (split(address, host, &port, error))
        return -1;
    int code = getaddrinfo(host, port, &hints, &found);
    int made = -1;
    for (struct addrinfo *a = found; made < 0 && a; a = a->ai_next) {
        made = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (made >= 0 && connect(made, a->ai_addr, a->ai_addrlen)) {
            close(made);
            made = -1;
        }
    }
    if (found)
        freeaddrinfo(found);
    return made >= 0 ? made
                     : error_set(error, "--osc %.200s: %s; check the address", address,
                                 code ? gai_strerror(code) : "unreachable");
}

static int open_osc(void **state, const struct results_of *of, struct error *error)
{
    struct osc *osc = malloc(sizeof *osc);
    if (!osc)
        return error_no_memory(error, "the messages");
    osc->socket = connect_to(of->options->osc, error);
    if (osc->socket < 0 || load(error)) {
        if (osc->socket >= 0)
            close(osc->socket);
        free(osc);
        return -1;
    }
    *state = osc;
    return 0;
}

/* The next message of the bundle, for /expressions/ID/`what`. */
static void *add_message(struct osc *osc, void *bundle, int id, const char *what)
{
    char *path = osc->paths[osc->used++];
    void *message = lo.message_new();
    snprintf(path, PATH_SIZE, "/expressions/%d/%s", id, what);
    lo.bundle_add_message(bundle, path, message);
    return message;
}

static void add_face(struct osc *osc, void *bundle, const struct frame *frame,
                     const struct expressions_face *face)
{
    struct expressions_box box = frame_clip(frame, face);
    const int sides[] = {box.x, box.y, box.width, box.height};
    void *message = add_message(osc, bundle, face->id, "box");
    for (int i = 0; i < 4; i++)
        lo.message_add_int32(message, sides[i]);
    for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++)
        lo.message_add_float(add_message(osc, bundle, face->id, expressions_label_name(k)),
                             face->probabilities[k]);
    lo.message_add_string(add_message(osc, bundle, face->id, "emotion"), face_name(face));
}

/* As FaceOSC, which many patches know: whether there is a face, and the middle of the largest. */
static void add_pose(void *bundle, const struct frame *frame)
{
    const struct expressions_face *largest = faces_largest(frame->faces, frame->face_count);
    void *found = lo.message_new();
    lo.message_add_int32(found, largest != NULL);
    lo.bundle_add_message(bundle, "/found", found);
    if (!largest)
        return;
    void *position = lo.message_new();
    const struct expressions_box *box = &largest->box;
    lo.message_add_float(position, (float)box->x + (float)box->width / 2.0f);
    lo.message_add_float(position, (float)box->y + (float)box->height / 2.0f);
    lo.bundle_add_message(bundle, "/pose/position", position);
}

static int add(void *state, const char *name, const struct frame *frame, struct error *error)
{
    struct osc *osc = state;
    (void)name;
    (void)error;                                          /* UDP: nobody knows what arrives */
    void *bundle = lo.bundle_new((struct timetag){0, 1}); /* at once */
    osc->used = 0;
    add_pose(bundle, frame);
    for (int i = 0; i < frame->face_count; i++)
        add_face(osc, bundle, frame, &frame->faces[i]);
    size_t size;
    void *bytes = lo.bundle_serialise(bundle, NULL, &size);
    ssize_t sent = bytes ? send(osc->socket, bytes, size, MSG_DONTWAIT) : 0;
    (void)sent;
    free(bytes);
    lo.bundle_free_recursive(bundle);
    return 0;
}

static int close_osc(void *state, const struct results_end *end, struct error *error)
{
    struct osc *osc = state;
    (void)end;
    (void)error;
    close(osc->socket);
    free(osc);
    return 0;
}

const struct results_form osc_form = {.option = "--osc",
                                      .sources = SOURCES_ONE_LIVE,
                                      .wanted = RESULTS_FIELD(osc),
                                      .check = check,
                                      .open = open_osc,
                                      .add = add,
                                      .close = close_osc};
