/* Results for browsers and for whatever speaks HTTP: the server's form (server.h). What goes out is
 * --json's line, except that it names only the host of a stream's address, since all other parts of
 * addresses may hold keys and passwords. */
#include "host_port.h"
#include "jsonl.h"
#include "log.h"
#include "results_form.h"
#include "server.h"
#include "text.h"
#include "web_library.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Small, so that a slow client gets recent frames. */
enum { SEND_BUFFER = 1 << 16, BACKLOG = 64 };

struct serve {
    struct server *server;
    char host[HOST_SIZE], computer[HOST_SIZE];
    const char *names[3];
};

/* PORT alone is reachable only from this computer. */
static int split(const char *address, char host[HOST_SIZE], const char **port, struct error *error)
{
    char local[sizeof "127.0.0.1:" + HOST_SIZE];
    int length = snprintf(local, sizeof local, "127.0.0.1:%s", address);
    if (host_port_split(address, 0, host, port) == 0)
        return 0;
    if (!strchr(address, ':') && length < (int)sizeof local &&
        host_port_split(local, 0, host, port) == 0) {
        *port = address;
        return 0;
    }
    return error_set_code(error, ERROR_USAGE,
                          "--serve takes PORT or HOST:PORT, such as 8080 or 0.0.0.0:8080, not "
                          "\"%.100s\"",
                          address);
}

static int check(const struct results_options *options, struct error *error)
{
    char host[HOST_SIZE];
    const char *port;
    return split(options->serve, host, &port, error);
}

static int listen_at(const struct addrinfo *at)
{
    const int yes = 1, buffer = SEND_BUFFER;
    int made = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    if (made < 0)
        return -1;
    fcntl(made, F_SETFD, FD_CLOEXEC);
    fcntl(made, F_SETFL, O_NONBLOCK);
    /* Connections inherit these. */
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(made, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (bind(made, at->ai_addr, at->ai_addrlen) == 0 && listen(made, BACKLOG) == 0)
        return made;
    int code = errno;
    close(made);
    errno = code;
    return -1;
}

static const char *explain(int code)
{
    return code == EADDRINUSE      ? "another program has this port; choose another, or 0"
           : code == EACCES        ? "this port is reserved for the system; choose one from 1024 on"
           : code == EADDRNOTAVAIL ? "this is not an address of this computer; try 127.0.0.1"
                                   : strerror(code);
}

/* A socket that listens; -1 where there is none. */
static int listen_on(const char *address, const char *host, const char *port, struct error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int code = getaddrinfo(host, port, &hints, &found), made = -1;
    if (code)
        return error_set(error, "--serve %.200s: %s; check the address", address,
                         gai_strerror(code));
    for (struct addrinfo *a = found; made < 0 && a; a = a->ai_next)
        made = listen_at(a);
    code = errno;
    freeaddrinfo(found);
    return made >= 0 ? made : error_set(error, "--serve %.200s: %s", address, explain(code));
}

/* Says where the page is, and who can open it. */
static void announce(const struct results_of *of, const struct serve *serve, int socket)
{
    struct sockaddr_storage address = {0};
    char port[8], number[HOST_SIZE];
    getsockname(socket, (struct sockaddr *)&address, &(socklen_t){sizeof address});
    if (of->quiet || getnameinfo((struct sockaddr *)&address, sizeof address, number, sizeof number,
                                 port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
        return;
    bool all = strcmp(number, "0.0.0.0") == 0 || strcmp(number, "::") == 0;
    bool local = strncmp(number, "127.", 4) == 0 || strcmp(number, "::1") == 0;
    const char *host = all ? serve->computer : serve->host;
    bool brackets = strchr(host, ':') != NULL;
    log_line(of->program, "http://%s%s%s:%s/ shows the faces%s%s", brackets ? "[" : "", host,
             brackets ? "]" : "", port, of->options->serve_video ? " and the pictures" : "",
             local ? "" : ", to everyone who reaches this computer");
}

static int open_serve(void **state, const struct results_of *of, struct error *error)
{
    const char *address = of->options->serve, *port;
    struct serve *serve = calloc(1, sizeof *serve);
    if (!serve)
        return error_no_memory(error, "the web server");
    gethostname(serve->computer, sizeof serve->computer - 1);
    serve->names[0] = serve->host;
    serve->names[1] = serve->computer;
    int socket = -1;
    if (split(address, serve->host, &port, error) == 0 && web_library_load(error) == 0)
        socket = listen_on(address, serve->host, port, error);
    const struct server_settings settings = {
        .socket = socket, .video = of->options->serve_video, .names = serve->names};
    if (socket < 0 || server_open(&serve->server, &settings, error)) {
        if (socket >= 0)
            close(socket);
        free(serve);
        return -1;
    }
    announce(of, serve, socket);
    *state = serve;
    return 0;
}

static int add(void *state, const char *name, const struct frame *frame, struct error *error)
{
    struct serve *serve = state;
    char source[1024], *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    if (!out)
        return error_no_memory(error, "a result");
    text_cut_address(name, source, sizeof source);
    int result = jsonl_write(out, source, frame, error);
    fclose(out);
    if (result == 0)
        server_show(serve->server, line, size - 1, &frame->picture);
    free(line);
    return result;
}

static int close_serve(void *state, const struct results_end *end, struct error *error)
{
    struct serve *serve = state;
    (void)end;
    (void)error;
    server_close(&serve->server);
    free(serve);
    return 0;
}

const struct results_form serve_form = {.option = "--serve",
                                        .sources = SOURCES_ONE_LIVE,
                                        .colours = RESULTS_FIELD(serve_video),
                                        .wanted = RESULTS_FIELD(serve),
                                        .check = check,
                                        .open = open_serve,
                                        .add = add,
                                        .close = close_serve};
