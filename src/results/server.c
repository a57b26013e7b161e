#include "server.h"

#include "message.h"
#include "monotonic.h"
#include "ocv.h"
#include "page.h"
#include "request.h"
#include "web_library.h"
#include "websockets.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Streams beside the WebSockets; then all connections, with those that only ask for the page. */
enum { MAX_STREAMS = 64, MAX_CONNECTIONS = MAX_STREAMS + WEBSOCKETS_MAX + 32 };
enum { IDLE_SECONDS = 15, BLOCK_SIZE = 1 << 16 };

/* A copy of a frame's pixels. */
struct pixels {
    uint8_t *bytes;
    size_t capacity;
    int width, height;
};

/* One client of /events or /video. Only libmicrohttpd's thread uses it, except `waiting` and
 * `next`. */
struct stream {
    struct server *server;
    void *connection;
    bool video;
    struct message *now; /* what is being sent */
    size_t sent;
    long seen;    /* number of the last one */
    bool waiting; /* suspended, until there is another */
    struct stream *next;
};

struct server {
    struct server_settings settings;
    void *daemon;
    char *page, policy[320];
    struct websockets *websockets;
    pthread_mutex_t lock; /* of what follows, down to `ended` */
    pthread_cond_t left;  /* signalled when a stream has ended */
    struct stream *streams;
    int stream_count;
    struct message *newest; /* event */
    long number;
    struct pixels copied; /* the newest picture */
    long copied_number;
    bool ended;
    struct pixels encoded; /* libmicrohttpd's thread's own, like the rest */
    struct message *jpeg;
    long jpeg_number;
};

/* ---- Streams --------------------------------------------------------------------------------- */

static int make_jpeg(void *context, const void *bytes, size_t size)
{
    struct server *server = context;
    char head[100];
    int length =
        snprintf(head, sizeof head,
                 "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n", size);
    message_drop(&server->jpeg);
    server->jpeg = message_new(head, (size_t)length, bytes, size, "\r\n");
    return 0;
}

/* Encodes the newest picture, once for all. */
static void refresh_jpeg(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    bool fresh = server->jpeg_number != server->copied_number;
    if (fresh) {
        struct pixels swapped = server->copied;
        server->copied = server->encoded;
        server->encoded = swapped;
        server->jpeg_number = server->copied_number;
    }
    pthread_mutex_unlock(&server->lock);
    struct bgr_image picture = {server->encoded.bytes, server->encoded.width,
                                server->encoded.height, (size_t)server->encoded.width * 3};
    /* A picture that cannot be encoded is left out. */
    if (fresh && ocv_encode_bgr(picture, ".jpg", make_jpeg, server, NULL) != OCV_OK)
        message_drop(&server->jpeg);
}

/* Takes what comes next, or has the client wait until there is something. False at the end. */
static bool take_next(struct stream *stream)
{
    struct server *server = stream->server;
    if (stream->video)
        refresh_jpeg(server);
    pthread_mutex_lock(&server->lock);
    long number = stream->video ? server->jpeg_number : server->number;
    bool ended = server->ended;
    if (number != stream->seen)
        stream->now = message_keep(stream->video ? server->jpeg : server->newest);
    stream->seen = number;
    stream->sent = 0;
    stream->waiting = !ended && !stream->now;
    if (stream->waiting)
        web.suspend(stream->connection);
    pthread_mutex_unlock(&server->lock);
    return !ended;
}

static ssize_t read_stream(void *context, uint64_t position, char *to, size_t max)
{
    struct stream *stream = context;
    (void)position;
    if (!stream->now && !take_next(stream))
        return WEB_END_OF_STREAM;
    if (!stream->now)
        return 0;
    size_t left = stream->now->size - stream->sent, size = left < max ? left : max;
    memcpy(to, stream->now->bytes + stream->sent, size);
    stream->sent += size;
    if (size == left)
        message_drop(&stream->now);
    return (ssize_t)size;
}

static void end_stream(void *context)
{
    struct stream *stream = context;
    struct server *server = stream->server;
    pthread_mutex_lock(&server->lock);
    struct stream **link = &server->streams;
    while (*link != stream)
        link = &(*link)->next;
    *link = stream->next;
    server->stream_count--;
    pthread_cond_signal(&server->left);
    pthread_mutex_unlock(&server->lock);
    message_drop(&stream->now);
    free(stream);
}

/* NULL where there are too many. */
static void *open_stream(struct server *server, void *connection, bool video)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    *stream = (struct stream){.server = server, .connection = connection, .video = video};
    pthread_mutex_lock(&server->lock);
    bool room = server->stream_count < MAX_STREAMS;
    if (room) {
        stream->next = server->streams;
        server->streams = stream;
        server->stream_count++;
    }
    pthread_mutex_unlock(&server->lock);
    if (!room) {
        free(stream);
        return NULL;
    }
    void *response =
        web.response_from_callback(WEB_SIZE_UNKNOWN, BLOCK_SIZE, read_stream, stream, end_stream);
    if (!response)
        end_stream(stream);
    return response;
}

/* ---- Requests -------------------------------------------------------------------------------- */

/* Sends the response, unless it is NULL, and ends it. */
static int respond(const struct server *server, void *connection, unsigned status, void *response,
                   const char *type)
{
    if (!response)
        return 0;
    web.add_header(response, "Content-Type", type);
    web.add_header(response, "Content-Security-Policy", server->policy);
    web.add_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    web.add_header(response, "X-Content-Type-Options", "nosniff");
    web.add_header(response, "Referrer-Policy", "no-referrer");
    web.add_header(response, "Cache-Control", "no-store");
    if (status == 405)
        web.add_header(response, "Allow", "GET");
    int queued = web.queue_response(connection, status, response);
    web.destroy_response(response);
    return queued;
}

static int refuse(const struct server *server, void *connection, unsigned status, const char *why)
{
    char text[200];
    int length = snprintf(text, sizeof text, "%s\n", why);
    return respond(server, connection, status,
                   web.response_from_buffer((size_t)length, text, WEB_MUST_COPY),
                   "text/plain; charset=utf-8");
}

static int send_stream(struct server *server, void *connection, bool video)
{
    void *response = open_stream(server, connection, video);
    if (!response)
        return refuse(server, connection, 503, "too many clients; close one");
    return respond(server, connection, 200, response,
                   video ? "multipart/x-mixed-replace; boundary=frame" : "text/event-stream");
}

static void upgraded(void *context, void *connection, void *request, const char *early,
                     size_t early_size, int socket, void *upgrade)
{
    struct server *server = context;
    (void)connection;
    (void)request;
    pthread_mutex_lock(&server->lock);
    if (server->ended || !websockets_add(server->websockets, socket, upgrade, early, early_size))
        web.upgrade_action(upgrade, WEB_UPGRADE_CLOSE);
    pthread_mutex_unlock(&server->lock);
}

static int send_websocket(struct server *server, void *connection)
{
    char accept[WEB_HASH_TEXT_SIZE];
    const char *to = web.lookup(connection, WEB_HEADER, "Upgrade");
    const char *version = web.lookup(connection, WEB_HEADER, "Sec-WebSocket-Version");
    const char *key = web.lookup(connection, WEB_HEADER, "Sec-WebSocket-Key");
    if (!to || strcasecmp(to, "websocket") != 0 || !version || strcmp(version, "13") != 0 ||
        !websockets_accept(key, accept))
        return refuse(server, connection, 400, "this is for WebSocket clients (RFC 6455)");
    void *response = web.response_for_upgrade(upgraded, server);
    if (!response)
        return 0;
    web.add_header(response, "Upgrade", "websocket");
    web.add_header(response, "Sec-WebSocket-Accept", accept);
    int queued = web.queue_response(connection, 101, response);
    web.destroy_response(response);
    return queued;
}

static const char *refusal(const struct server *server, void *connection, const char *path)
{
    const struct request request = {
        .host = web.lookup(connection, WEB_HEADER, "Host"),
        .origin = web.lookup(connection, WEB_HEADER, "Origin"),
        .site = web.lookup(connection, WEB_HEADER, "Sec-Fetch-Site"),
        .mode = web.lookup(connection, WEB_HEADER, "Sec-Fetch-Mode"),
        .destination = web.lookup(connection, WEB_HEADER, "Sec-Fetch-Dest"),
        .page = strcmp(path, "/") == 0,
    };
    return request_refusal(&request, server->settings.names);
}

static int answer(void *context, void *connection, const char *path, const char *method,
                  const char *version, const char *upload, size_t *upload_size, void **request)
{
    struct server *server = context;
    (void)version;
    (void)upload;
    (void)upload_size;
    if (!*request) { /* the first call, before any body is read; the second one answers */
        *request = server;
        if (strcmp(method, "GET") != 0)
            return refuse(server, connection, 405,
                          "only GET is allowed: nothing can be changed from here");
        if (web.lookup(connection, WEB_HEADER, "Content-Length") ||
            web.lookup(connection, WEB_HEADER, "Transfer-Encoding"))
            return refuse(server, connection, 400, "requests with a body are not accepted");
        return 1;
    }
    const char *why = refusal(server, connection, path);
    if (why)
        return refuse(server, connection, 403, why);
    if (strcmp(path, "/") == 0)
        return respond(server, connection, 200,
                       web.response_from_buffer(page_size, server->page, WEB_PERSISTENT),
                       "text/html; charset=utf-8");
    if (strcmp(path, "/events") == 0)
        return send_stream(server, connection, false);
    if (strcmp(path, "/websocket") == 0)
        return send_websocket(server, connection);
    if (strcmp(path, "/video") == 0 && server->settings.video)
        return send_stream(server, connection, true);
    return refuse(server, connection, 404,
                  strcmp(path, "/video") == 0
                      ? "no pictures leave the program; it was started without --serve-video"
                      : "not found; there are /, /events, /websocket and /video");
}

/* ---- The page -------------------------------------------------------------------------------- */

/* The hash of the contents of the page's one element of that name. */
static void hash_element(const char *page, const char *begin, const char *end,
                         char text[WEB_HASH_TEXT_SIZE])
{
    const char *from = strstr(page, begin) + strlen(begin);
    web_hash(WEB_SHA256, from, (size_t)(strstr(from, end) - from), text);
}

/* The page runs its own script and no other, and no other page may frame it. */
static int prepare_page(struct server *server, struct error *error)
{
    static const char off[] = "data-video=\"off\"", on[] = "data-video=\"on\" ";
    char script[WEB_HASH_TEXT_SIZE], style[WEB_HASH_TEXT_SIZE];
    server->page = malloc(page_size + 1);
    if (!server->page)
        return error_no_memory(error, "the page");
    memcpy(server->page, page_bytes, page_size);
    server->page[page_size] = '\0';
    hash_element(server->page, "<script>", "</script>", script);
    hash_element(server->page, "<style>", "</style>", style);
    snprintf(server->policy, sizeof server->policy,
             "default-src 'none'; script-src 'sha256-%s'; style-src 'sha256-%s'; "
             "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
             "frame-ancestors 'none'",
             script, style);
    if (server->settings.video)
        memcpy(strstr(server->page, off), on, strlen(on));
    return 0;
}

/* ---- From the main thread -------------------------------------------------------------------- */

static void free_server(struct server *server)
{
    websockets_close(&server->websockets);
    message_drop(&server->newest);
    message_drop(&server->jpeg);
    pthread_cond_destroy(&server->left);
    pthread_mutex_destroy(&server->lock);
    free(server->copied.bytes);
    free(server->encoded.bytes);
    free(server->page);
    free(server);
}

int server_open(struct server **server, const struct server_settings *settings, struct error *error)
{
    struct server *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the web server");
    made->settings = *settings;
    if (monotonic_cond_init(&made->left)) {
        free(made);
        return error_no_memory(error, "the web server");
    }
    pthread_mutex_init(&made->lock, NULL);
    int result = prepare_page(made, error) || websockets_open(&made->websockets, error) ? -1 : 0;
    if (result == 0)
        made->daemon = web.start_daemon(
            WEB_INTERNAL_THREAD | WEB_AUTO | WEB_ALLOW_SUSPEND_RESUME | WEB_ALLOW_UPGRADE, 0, NULL,
            NULL, answer, made, WEB_OPTION_LISTEN_SOCKET, settings->socket,
            WEB_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS, WEB_OPTION_CONNECTION_TIMEOUT,
            (unsigned)IDLE_SECONDS, WEB_OPTION_END);
    if (result == 0 && !made->daemon)
        result = error_set(error, "--serve: libmicrohttpd cannot start; close other programs");
    if (result)
        free_server(made);
    else
        *server = made;
    return result;
}

static bool waits_for_picture(const struct server *server)
{
    bool waits = false;
    for (const struct stream *s = server->streams; s; s = s->next)
        waits = waits || (s->video && s->waiting);
    return waits;
}

static bool copy_picture(struct pixels *to, const struct image *picture)
{
    size_t row = (size_t)picture->width * 3, size = row * (size_t)picture->height;
    if (size > to->capacity) {
        uint8_t *bytes = realloc(to->bytes, size);
        if (!bytes)
            return false;
        to->bytes = bytes;
        to->capacity = size;
    }
    to->width = picture->width;
    to->height = picture->height;
    return ocv_image_to_bgr(picture, to->bytes, row, NULL) == OCV_OK;
}

/* Wakes those that wait: all at the end, else those for whom there is something. */
static void resume_streams(struct server *server, bool pictures)
{
    for (struct stream *s = server->streams; s; s = s->next) {
        if (!s->waiting || (s->video && !pictures))
            continue;
        s->waiting = false;
        web.resume(s->connection);
    }
}

void server_show(struct server *server, const char *line, size_t size, const struct image *picture)
{
    static const char head[] = "data: ";
    websockets_send(server->websockets, line, size);
    struct message *event = message_new(head, sizeof head - 1, line, size, "\n\n");
    pthread_mutex_lock(&server->lock);
    struct message *old = server->newest;
    server->newest = event;
    server->number++;
    bool copied = waits_for_picture(server) && copy_picture(&server->copied, picture);
    server->copied_number += copied;
    resume_streams(server, copied);
    pthread_mutex_unlock(&server->lock);
    message_drop(&old);
}

/* Clients that still take data get the end of their streams; one that takes none for half a second
 * is cut off. */
static void end_streams(struct server *server)
{
    double until = monotonic_now() + 0.5;
    pthread_mutex_lock(&server->lock);
    server->ended = true;
    resume_streams(server, true);
    int code = 0;
    while (server->stream_count > 0 && code == 0)
        code = monotonic_cond_wait(&server->left, &server->lock, until);
    pthread_mutex_unlock(&server->lock);
}

void server_close(struct server **server)
{
    struct server *closed = *server;
    end_streams(closed);
    websockets_close(&closed->websockets);
    web.stop_daemon(closed->daemon);
    free_server(closed);
    *server = NULL;
}
