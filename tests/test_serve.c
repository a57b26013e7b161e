/* --serve from inside: who is answered, and the frames of WebSocket byte by byte, with functions in
 * the place of libmicrohttpd's and GnuTLS's. The whole of it is tested by serve.py. */
#include "joined.h"
#include "locked.h"
#include "testing.h"

#include "host_port.h"
#include "log.h"
#include "message.h"
#include "monotonic.h"
#include "picture_file.h"
#include "request.h"
#include "results.h"
#include "server.h"
#include "text.h"
#include "websockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- Addresses ------------------------------------------------------------------------------- */

static void test_host_port(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",      "8080", ":80",    "host:",  "host:x", "a:b:1",
                                        "::1:8", "h:-1", "h:+1",   "h: 1",   "h:1 ",   "h:65536",
                                        "[]:1",  "h:0x", "[::1]1", "[::1:1", NULL};
    char host[HOST_SIZE];
    const char *port;
    for (int i = 0; wrong[i]; i++) {
        if (host_port_split(wrong[i], 0, host, &port) == 0)
            fail_msg("\"%s\" is taken for an address", wrong[i]);
    }
    assert_int_equal(host_port_split("h:0", 1, host, &port), -1);
    assert_int_equal(host_port_split("h:0", 0, host, &port), 0);
    assert_int_equal(host_port_split("h:9", 1, host, &port), 0);
    char longest[HOST_SIZE + 4];
    memset(longest, 'h', sizeof longest);
    strcpy(longest + HOST_SIZE - 1, ":8");
    assert_int_equal(host_port_split(longest, 1, host, &port), 0);
    assert_int_equal(strlen(host), HOST_SIZE - 1);
    strcpy(longest + HOST_SIZE - 1, "h:8");
    assert_int_equal(host_port_split(longest, 1, host, &port), -1);
    assert_int_equal(host_port_split("[::1]:65535", 1, host, &port), 0);
    assert_string_equal(host, "::1");
    assert_string_equal(port, "65535");
}

static void test_cut_addresses(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"film.mp4", "film.mp4"},
        {"/dev/video0", "/dev/video0"},
        {"rtsp://camera.local/stream", "rtsp://camera.local"},
        {"rtsp://camera.local:554", "rtsp://camera.local:554"},
        {"rtsp://user:secret@camera.local:554/stream", "rtsp://camera.local:554"},
        {"rtmp://live.example/app/secret", "rtmp://live.example"},
        {"http://host?token=secret", "http://host"},
        {"http://host#secret", "http://host"},
        {"http://secret@host/?key=secret", "http://host"},
        {"rtsp://user:sec/ret@host/", "rtsp://*"},
        {"http://host/?token=secret@secret/", "http://*"},
        {"http://", "http://"},
    };
    char text[1024];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        text_cut_address(pairs[i][0], text, sizeof text);
        assert_string_equal(text, pairs[i][1]);
    }
}

/* ---- Who is answered ------------------------------------------------------------------------- */

static bool allowed(struct request request)
{
    static const char *const names[] = {"stage.local", "box", NULL};
    return request_refusal(&request, names) == NULL;
}

static void test_hosts(void **state)
{
    (void)state;
    static const char *const right[] = {
        "127.0.0.1:8080", "127.0.0.1",      "localhost:1",   "LOCALHOST", "[::1]:8080",
        "[::1]",          "192.168.1.7:80", "stage.local:8", "Box",       NULL};
    static const char *const wrong[] = {"",
                                        "evil.example",
                                        "evil.example:8080",
                                        "localhost.evil.example",
                                        "127.0.0.1.x",
                                        "[::1",
                                        "[127.0.0.1]:80",
                                        "::1",
                                        "box.evil.example",
                                        "box:80x",
                                        "box:80:80",
                                        "box@evil",
                                        ":8080",
                                        "[box]",
                                        "2130706433.x",
                                        "localhost.",
                                        "[::1]x",
                                        NULL};
    for (int i = 0; right[i]; i++) {
        if (!allowed((struct request){.host = right[i]}))
            fail_msg("Host %s is refused", right[i]);
    }
    for (int i = 0; wrong[i]; i++) {
        if (allowed((struct request){.host = wrong[i]}))
            fail_msg("Host %s is answered", wrong[i]);
    }
    assert_false(allowed((struct request){.host = NULL}));
    static const char half[] = "[::1\0:8";
    char endless[4 * HOST_SIZE];
    memset(endless, '1', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    assert_false(allowed((struct request){.host = half}));
    assert_false(allowed((struct request){.host = endless}));
    *endless = '[';
    endless[sizeof endless - 2] = ']';
    assert_false(allowed((struct request){.host = endless}));
}

/* A computer's own name may have one letter, and as many as there is room for; none is no name. */
static void test_lengths_of_hosts(void **state)
{
    (void)state;
    char host[HOST_SIZE + 1];
    const char *const names[] = {host, NULL};
    const struct request request = {.host = host};
    static const size_t lengths[] = {1, HOST_SIZE - 1, HOST_SIZE, 0};
    for (int i = 0; i < 4; i++) {
        memset(host, 'h', sizeof host);
        host[lengths[i]] = '\0';
        assert_int_equal(request_refusal(&request, names) == NULL, i < 2);
    }
}

static void test_other_sites(void **state)
{
    (void)state;
    static const char host[] = "localhost:8080";
    assert_true(allowed((struct request){.host = host, .origin = "http://localhost:8080"}));
    assert_true(allowed((struct request){.host = host, .origin = "https://LOCALHOST:8080"}));
    assert_false(allowed((struct request){.host = host, .origin = "http://localhost:3000"}));
    assert_false(allowed((struct request){.host = host, .origin = "http://127.0.0.1:8080"}));
    assert_false(allowed((struct request){.host = host, .origin = "http://localhost:8080.evil"}));
    assert_false(allowed((struct request){.host = host, .origin = "ftp://localhost:8080"}));
    assert_false(allowed((struct request){.host = host, .origin = "null"}));
    assert_false(allowed((struct request){.host = host, .origin = ""}));
    assert_true(allowed((struct request){.host = host, .site = "same-origin"}));
    assert_true(allowed((struct request){.host = host, .site = "none"}));
    assert_false(allowed((struct request){.host = host, .site = "cross-site"}));
    assert_false(allowed((struct request){.host = host, .site = "same-site"}));
    /* A link to the page is followed; a frame with it, or a picture from it, is none. */
    struct request link = {.host = host,
                           .site = "cross-site",
                           .mode = "navigate",
                           .destination = "document",
                           .page = true};
    assert_true(allowed(link));
    link.page = false;
    assert_false(allowed(link));
    link.page = true;
    link.destination = "iframe";
    assert_false(allowed(link));
    link.mode = "no-cors";
    link.destination = "image";
    assert_false(allowed(link));
}

/* ---- WebSocket ------------------------------------------------------------------------------- */

static _Atomic double clock_ahead; /* of the true one, seconds */

double __real_monotonic_now(void);
double __wrap_monotonic_now(void);

static pthread_t tests; /* the thread of the tests */
/* Stop the clients' thread where it next looks at the clock, until it is awaited: another thread
 * has been since so many. */
static atomic_bool hold, holding;
static atomic_int joins_before;

double __wrap_monotonic_now(void)
{
    if (hold && !pthread_equal(pthread_self(), tests)) {
        for (holding = true; joins_begun == joins_before;)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        hold = holding = false;
    }
    return __real_monotonic_now() + clock_ahead;
}

static atomic_int closed_count;

/* Fails after five seconds. */
static void await_closed(int count)
{
    for (int tries = 0; atomic_load(&closed_count) < count; tries++) {
        assert_true(tries < 5000);
        poll(NULL, 0, 1);
    }
    assert_int_equal(atomic_load(&closed_count), count);
}

/* What the clients' thread waits for: how many there are with its pipe, the first two's events, and
 * how long. */
static _Atomic uint64_t awaited;

static uint64_t waiting(nfds_t count, int first, int second, int timeout)
{
    return (uint64_t)count << 48 | (uint64_t)first << 32 | (uint64_t)second << 16 |
           (uint16_t)timeout;
}

int __real_poll(struct pollfd *polled, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *polled, nfds_t count, int timeout);
int __wrap___poll_chk(struct pollfd *polled, nfds_t count, int timeout, size_t size);

int __wrap_poll(struct pollfd *polled, nfds_t count, int timeout)
{
    bool own = true; /* descriptors, and none of the program's */
    for (nfds_t i = 0; polled && i < count; i++)
        own = own && polled[i].fd > STDERR_FILENO;
    if (polled && !pthread_equal(pthread_self(), tests))
        atomic_store(&awaited, !own ? 0
                                    : waiting(count, count > 1 ? polled[1].events : 0,
                                              count > 2 ? polled[2].events : 0, timeout));
    return __real_poll(polled, count, timeout);
}

/* With _FORTIFY_SOURCE. */
int __wrap___poll_chk(struct pollfd *polled, nfds_t count, int timeout, size_t size)
{
    assert_true(count * sizeof *polled <= size);
    return __wrap_poll(polled, count, timeout);
}

static void expect_waiting(nfds_t count, int first, int second, int timeout)
{
    for (int tries = 0; atomic_load(&awaited) != waiting(count, first, second, timeout); tries++) {
        assert_true(tries < 5000);
        poll(NULL, 0, 1);
    }
}

/* How the clients' thread's next look at what came ends; 0: as it is. */
static atomic_int broken;

ssize_t __real_recv(int socket, void *bytes, size_t size, int flags);
ssize_t __wrap_recv(int socket, void *bytes, size_t size, int flags);
ssize_t __wrap___recv_chk(int socket, void *bytes, size_t size, size_t room, int flags);

ssize_t __wrap_recv(int socket, void *bytes, size_t size, int flags)
{
    int code = atomic_exchange(&broken, 0);
    if (code == 0)
        return __real_recv(socket, bytes, size, flags);
    errno = code;
    return -1;
}

/* With _FORTIFY_SOURCE. */
ssize_t __wrap___recv_chk(int socket, void *bytes, size_t size, size_t room, int flags)
{
    assert_true(size <= room);
    return __wrap_recv(socket, bytes, size, flags);
}

static int close_upgraded(void *upgrade, int action, ...)
{
    assert_int_equal(action, WEB_UPGRADE_CLOSE);
    close(*(int *)upgrade);
    atomic_fetch_add(&closed_count, 1);
    return 1;
}

static int hash(int algorithm, const void *bytes, size_t size, void *digest)
{
    assert_int_equal(algorithm, WEB_SHA1);
    assert_int_equal(size, 60);
    assert_memory_equal(bytes, "dGhlIHNhbXBsZSBub25jZQ==258EAFA5", 32);
    memcpy(digest,
           "\xb3\x7a\x4f\x2c\xc0\x62\x4f\x16\x90\xf6\x46\x06\xcf\x38\x59\x45\xb2\xbe\xc4\xea",
           WEB_SHA1_SIZE);
    return 0;
}

/* The example of RFC 6455, 1.3. */
static void test_key(void **state)
{
    (void)state;
    char text[WEB_HASH_TEXT_SIZE];
    web.hash = hash;
    assert_string_equal(websockets_accept("dGhlIHNhbXBsZSBub25jZQ==", text),
                        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_null(websockets_accept(NULL, text));
    assert_null(websockets_accept("", text));
    assert_null(websockets_accept("dGhlIHNhbXBsZSBub25jZQ==x", text));
}

/* A client's end, and the server's, which close_upgraded closes. */
struct pair {
    int client, server;
};

static struct pair connect_pair(struct websockets *sockets, const char *early, size_t early_size)
{
    static int ends[256];
    static int used;
    int made[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, made), 0);
    int *server = &ends[used++ % 256];
    *server = made[1];
    assert_true(websockets_add(sockets, made[1], server, early, early_size));
    return (struct pair){made[0], made[1]};
}

static struct websockets *open_sockets(void)
{
    struct websockets *sockets = NULL;
    struct error error;
    web.upgrade_action = close_upgraded;
    atomic_store(&closed_count, 0);
    assert_int_equal(websockets_open(&sockets, &error), 0);
    return sockets;
}

/* Until the clients' thread has taken all that came here; fails after five seconds. */
static void await_taken(int server)
{
    struct pollfd polled = {.fd = server, .events = POLLIN};
    for (int tries = 0; poll(&polled, 1, 0) > 0; tries++) {
        assert_true(tries < 5000);
        poll(NULL, 0, 1);
    }
}

/* Reads exactly so many bytes; fails after five seconds. */
static void read_all(int from, void *to, size_t size)
{
    for (size_t got = 0; got < size;) {
        struct pollfd polled = {.fd = from, .events = POLLIN};
        assert_int_equal(poll(&polled, 1, 5000), 1);
        ssize_t count = read(from, (char *)to + got, size - got);
        assert_true(count > 0);
        got += (size_t)count;
    }
}

static void expect_bytes(int from, const void *bytes, size_t size)
{
    uint8_t got[300];
    read_all(from, got, size);
    assert_memory_equal(got, bytes, size);
}

static void expect_end(int from)
{
    char byte;
    struct pollfd polled = {.fd = from, .events = POLLIN};
    assert_int_equal(poll(&polled, 1, 5000), 1);
    assert_int_equal(read(from, &byte, 1), 0);
    close(from);
}

static void test_conversation(void **state)
{
    (void)state;
    struct websockets *sockets = open_sockets();
    websockets_send(sockets, "{}", 2);
    struct pair pair = connect_pair(sockets, "", 0);
    expect_bytes(pair.client, "\x81\x02{}", 4); /* the newest, at once */
    /* A ping in pieces, an unasked pong, two pings at once of which the second may stand for both.
     */
    static const uint8_t ping[] = {0x89,    0x85,    1,       2,       3,      4,
                                   'h' ^ 1, 'e' ^ 2, 'l' ^ 3, 'l' ^ 4, 'o' ^ 1};
    for (size_t i = 0; i < sizeof ping; i++) {
        assert_int_equal(write(pair.client, ping + i, 1), 1);
        poll(NULL, 0, 2);
    }
    expect_bytes(pair.client, "\x8a\x05hello", 7);
    assert_int_equal(write(pair.client, "\x8a\x80\1\2\3\4\x89\x80\0\0\0\0", 12), 12);
    expect_bytes(pair.client, "\x8a\x00", 2);
    /* Lengths of one, two and eight bytes. */
    static const struct {
        size_t size, head_size;
        const char *head;
    } lengths[] = {{125, 2, "\x81\x7d"},
                   {126, 4, "\x81\x7e\x00\x7e"},
                   {65535, 4, "\x81\x7e\xff\xff"},
                   {65536, 10, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"},
                   {70000, 10, "\x81\x7f\x00\x00\x00\x00\x00\x01\x11\x70"}};
    static char line[70000];
    memset(line, 'x', sizeof line);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        websockets_send(sockets, line, lengths[i].size);
        expect_bytes(pair.client, lengths[i].head, lengths[i].head_size);
        expect_bytes(pair.client, "xx", 2);
        read_all(pair.client, line, lengths[i].size - 2);
    }
    /* It says goodbye, and is answered. */
    assert_int_equal(write(pair.client, "\x88\x82\0\0\0\0\x03\xe8", 8), 8);
    expect_bytes(pair.client, "\x88\x02\x03\xe8", 4);
    expect_end(pair.client);
    /* Another one is there at the end. */
    pair = connect_pair(sockets, (const char *)ping, sizeof ping);
    expect_bytes(pair.client, "\x8a\x05hello", 7);
    expect_bytes(pair.client, "\x81\x7f\x00\x00\x00\x00\x00\x01\x11\x70", 10);
    read_all(pair.client, line, sizeof line);
    websockets_close(&sockets);
    expect_bytes(pair.client, "\x88\x02\x03\xe9", 4);
    expect_end(pair.client);
    assert_int_equal(atomic_load(&closed_count), 2);
}

/* A signal is no end of a connection; that it is broken is one, at once. */
static void test_broken_connection(void **state)
{
    (void)state;
    char byte;
    struct websockets *sockets = open_sockets();
    struct pair pair = connect_pair(sockets, "", 0);
    broken = EINTR;
    assert_int_equal(write(pair.client, "\x89\x80\0\0\0\0", 6), 6);
    expect_bytes(pair.client, "\x8a\x00", 2);
    assert_int_equal(broken, 0);
    broken = ETIMEDOUT;
    assert_int_equal(write(pair.client, "\x89\x80\0\0\0\0", 6), 6);
    assert_true(read(pair.client, &byte, 1) <= 0);
    await_closed(1);
    close(pair.client);
    websockets_close(&sockets);
}

/* What came with the handshake: one whole frame of the largest size, and no more. */
static void test_early_frames(void **state)
{
    (void)state;
    enum { MOST = 125 };
    char early[2 + 4 + MOST + 1] = {'\x89', '\xfd'}; /* a ping whose mask is 0 */
    struct websockets *sockets = open_sockets();
    memset(early + 6, 'p', MOST);
    struct pair pair = connect_pair(sockets, early, 6 + MOST);
    expect_bytes(pair.client, "\x8a\x7dpp", 4);
    expect_bytes(pair.client, early + 8, MOST - 2);
    int nobody = 0;
    assert_false(websockets_add(sockets, pair.server, &nobody, early, sizeof early));
    websockets_close(&sockets);
    expect_bytes(pair.client, "\x88\x02\x03\xe9", 4);
    expect_end(pair.client);
}

/* More than a frame may come at once, behind a part of one. */
static void test_much_at_once(void **state)
{
    (void)state;
    enum { MOST = 125, PING = 6 + MOST, PONGS = 100 };
    char bytes[PING + 6 * PONGS] = {'\x89', '\xfd'};
    memset(bytes + 6, 'p', MOST);
    for (int i = 0; i < PONGS; i++)
        memcpy(bytes + PING + 6 * i, "\x8a\x80\0\0\0\0", 6);
    struct websockets *sockets = open_sockets();
    struct pair pair = connect_pair(sockets, "", 0);
    assert_int_equal(write(pair.client, bytes, PING - 1), PING - 1);
    await_taken(pair.server);
    assert_int_equal(write(pair.client, bytes + PING - 1, sizeof bytes - PING + 1),
                     sizeof bytes - PING + 1);
    expect_bytes(pair.client, "\x8a\x7dpp", 4);
    expect_bytes(pair.client, bytes + 8, MOST - 2);
    assert_int_equal(write(pair.client, "\x89\x80\0\0\0\0", 6), 6);
    expect_bytes(pair.client, "\x8a\x00", 2);
    close(pair.client);
    websockets_close(&sockets);
}

/* A goodbye is answered by its code, or without one where it has none. */
static void test_goodbyes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *answer;
        size_t answer_size;
    } goodbyes[] = {{"\x88\x80\0\0\0\0", 6, "\x88\x00", 2},
                    {"\x88\x81\0\0\0\0\x03", 7, "\x88\x00", 2},
                    {"\x88\x85\0\0\0\0\x03\xe9"
                     "bye",
                     11, "\x88\x02\x03\xe9", 4}};
    struct websockets *sockets = open_sockets();
    for (size_t i = 0; i < sizeof goodbyes / sizeof *goodbyes; i++) {
        struct pair pair = connect_pair(sockets, goodbyes[i].bytes, goodbyes[i].size);
        expect_bytes(pair.client, goodbyes[i].answer, goodbyes[i].answer_size);
        expect_end(pair.client);
    }
    /* One that comes while all ends. */
    joins_before = joins_begun;
    hold = true;
    struct pair first = connect_pair(sockets, "", 0);
    for (int tries = 0; !holding; tries++) {
        assert_true(tries < 5000);
        poll(NULL, 0, 1);
    }
    struct pair last = connect_pair(sockets, "\x88\x82\0\0\0\0\x03\xe8", 8);
    websockets_close(&sockets);
    expect_bytes(first.client, "\x88\x02\x03\xe9", 4);
    expect_end(first.client);
    expect_bytes(last.client, "\x88\x02\x03\xe8", 4);
    expect_end(last.client);
}

/* Each kind of frame that nobody may send is answered by its code, and ends it. */
static void test_refused_frames(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        int code;
    } wrong[] = {
        {"\x81\x81\0\0\0\0x", 7, 1003},            /* text */
        {"\x01\x80\0\0\0\0", 6, 1003},             /* the beginning of one */
        {"\x82\xfe\xff\xff", 4, 1003},             /* much */
        {"\x82\xff\xff\xff\xff\xff\xff", 7, 1003}, /* more than there is */
        {"\x89\x00", 2, 1002},                     /* not masked */
        {"\x09\x80\0\0\0\0", 6, 1002},             /* a ping in fragments */
        {"\x08\x80\0\0\0\0", 6, 1002},             /* a goodbye in fragments */
        {"\x89\xfe\x00\x80", 4, 1003},             /* a ping that is too long */
        {"\x8b\x80\0\0\0\0", 6, 1003},             /* no such frame */
        {"\xc9\x80\0\0\0\0", 6, 1003},             /* of an extension */
        {"GET / HTTP/1.1\r\n", 16, 1002},          /* another language */
    };
    struct websockets *sockets = open_sockets();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct pair pair = connect_pair(sockets, "", 0);
        assert_int_equal(write(pair.client, wrong[i].bytes, wrong[i].size), wrong[i].size);
        const uint8_t goodbye[] = {0x88, 2, (uint8_t)(wrong[i].code >> 8), (uint8_t)wrong[i].code};
        expect_bytes(pair.client, goodbye, sizeof goodbye);
        close(pair.client);
    }
    /* A client that goes without a word. */
    close(connect_pair(sockets, "", 0).client);
    websockets_close(&sockets);
    assert_int_equal(atomic_load(&closed_count), (int)(sizeof wrong / sizeof *wrong) + 1);
}

/* One that takes nothing costs one message; when it takes again it gets the newest, and no torn
 * one. */
static void test_slow_client(void **state)
{
    (void)state;
    enum { SIZE = 50000, COUNT = 400 };
    static uint8_t line[SIZE], got[SIZE];
    struct websockets *sockets = open_sockets();
    struct pair slow = connect_pair(sockets, "", 0), fast = connect_pair(sockets, "", 0);
    for (int n = 1; n <= COUNT; n++) {
        memset(line, n % 100, SIZE);
        memcpy(line, &n, sizeof n);
        websockets_send(sockets, (const char *)line, SIZE);
        expect_bytes(fast.client, "\x81\x7e\xc3\x50", 4);
        read_all(fast.client, got, SIZE);
        assert_memory_equal(got, line, SIZE);
    }
    int last = 0, seen = 0;
    while (last < COUNT) {
        int number;
        expect_bytes(slow.client, "\x81\x7e\xc3\x50", 4);
        read_all(slow.client, got, SIZE);
        memcpy(&number, got, sizeof number);
        assert_true(number > last);
        for (size_t i = sizeof number; i < SIZE; i++)
            assert_int_equal(got[i], number % 100);
        last = number;
        seen++;
    }
    assert_true(seen < COUNT / 10);
    close(fast.client);
    close(slow.client);
    websockets_close(&sockets);
    assert_int_equal(atomic_load(&closed_count), 2);
}

/* The thread sleeps until there is something to do: until clients send something, or can take more,
 * and no longer than a second where any could have stalled. */
static void test_waiting(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    static char line[SIZE];
    struct websockets *sockets = open_sockets();
    struct pair first = connect_pair(sockets, "", 0), second = connect_pair(sockets, "", 0);
    expect_waiting(3, POLLIN, POLLIN, -1);
    websockets_send(sockets, line, SIZE);
    expect_waiting(3, POLLIN | POLLOUT, POLLIN | POLLOUT, 1000);
    expect_bytes(second.client, "\x81\x7f\x00\x00\x00\x00\x00\x10\x00\x00", 10);
    read_all(second.client, line, SIZE);
    expect_waiting(3, POLLIN | POLLOUT, POLLIN, 1000);
    expect_bytes(first.client, "\x81\x7f\x00\x00\x00\x00\x00\x10\x00\x00", 10);
    read_all(first.client, line, SIZE);
    expect_waiting(3, POLLIN, POLLIN, -1);
    close(first.client);
    close(second.client);
    await_closed(2);
    websockets_close(&sockets);
}

/* One whose socket is full when it comes is waited for like any other; one that takes nothing more
 * at all is let go at once. */
static void test_full_and_deaf_clients(void **state)
{
    (void)state;
    static char block[4096];
    struct websockets *sockets = open_sockets();
    int full[2];
    size_t filled = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, full), 0);
    for (ssize_t sent; (sent = send(full[1], block, sizeof block, MSG_DONTWAIT)) > 0;)
        filled += (size_t)sent;
    assert_true(websockets_add(sockets, full[1], &full[1], "", 0));
    struct pair fast = connect_pair(sockets, "", 0), deaf = connect_pair(sockets, "", 0);
    assert_int_equal(shutdown(deaf.client, SHUT_RD), 0);
    websockets_send(sockets, "{}", 2);
    expect_bytes(fast.client, "\x81\x02{}", 4);
    await_closed(1);
    for (size_t part; filled > 0; filled -= part) {
        part = filled < sizeof block ? filled : sizeof block;
        read_all(full[0], block, part);
    }
    expect_bytes(full[0], "\x81\x02{}", 4);
    close(full[0]);
    close(fast.client);
    close(deaf.client);
    websockets_close(&sockets);
}

/* One that takes nothing for a quarter of a minute is let go; the others stay, also one that takes
 * a part now and then. */
static void test_stalled_client(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20, PART = 700000 };
    static uint8_t line[SIZE];
    struct websockets *sockets = open_sockets();
    struct pair stalled = connect_pair(sockets, "", 0), slow = connect_pair(sockets, "", 0);
    struct pair fast = connect_pair(sockets, "", 0);
    static const double times[] = {0, 14, 15.1}; /* since it took its last */
    for (int i = 0; i < 3; i++) {
        clock_ahead = times[i];
        websockets_send(sockets, (const char *)line, SIZE);
        expect_bytes(fast.client, "\x81\x7f\x00\x00\x00\x00\x00\x10\x00\x00", 10);
        read_all(fast.client, line, SIZE);
        if (i < 2) /* it comes first of all */
            assert_int_equal(atomic_load(&closed_count), 0);
        if (i == 1)
            read_all(slow.client, line, PART);
    }
    await_closed(1);
    clock_ahead = 0;
    websockets_send(sockets, "{}", 2);
    expect_bytes(fast.client, "\x81\x02{}", 4);
    read_all(slow.client, line, 10 + SIZE - PART);
    expect_bytes(slow.client, "\x81\x02{}", 4);
    close(stalled.client);
    close(slow.client);
    close(fast.client);
    websockets_close(&sockets);
    assert_int_equal(atomic_load(&closed_count), 3);
}

static void test_many_clients(void **state)
{
    (void)state;
    struct websockets *sockets = open_sockets();
    struct pair pairs[WEBSOCKETS_MAX];
    for (int i = 0; i < WEBSOCKETS_MAX; i++)
        pairs[i] = connect_pair(sockets, "", 0);
    assert_false(websockets_add(sockets, -1, NULL, "", 0));
    websockets_send(sockets, "[]", 2);
    for (int i = 0; i < WEBSOCKETS_MAX; i++)
        expect_bytes(pairs[i].client, "\x81\x02[]", 4);
    /* One leaves, and another may come. */
    close(pairs[0].client);
    await_closed(1);
    poll(NULL, 0, 50);
    pairs[0] = connect_pair(sockets, "", 0);
    expect_bytes(pairs[0].client, "\x81\x02[]", 4);
    websockets_close(&sockets);
    for (int i = 0; i < WEBSOCKETS_MAX; i++) {
        expect_bytes(pairs[i].client, "\x88\x02\x03\xe9", 4);
        expect_end(pairs[i].client);
    }
}

enum { DESCRIPTORS = 256 }; /* more than are ever open here */

static bool is_open(int descriptor)
{
    return fcntl(descriptor, F_GETFD) != -1;
}

/* No program that is begun meanwhile gets what it opens, and all of it is closed. */
static void test_descriptors(void **state)
{
    (void)state;
    bool before[DESCRIPTORS];
    int made = 0;
    for (int i = 0; i < DESCRIPTORS; i++)
        before[i] = is_open(i);
    struct websockets *sockets = open_sockets();
    for (int i = 0; i < DESCRIPTORS; i++) {
        if (before[i] || !is_open(i))
            continue;
        assert_int_equal(fcntl(i, F_GETFD), FD_CLOEXEC);
        assert_true(fcntl(i, F_GETFL) & O_NONBLOCK);
        made++;
    }
    assert_int_equal(made, 2);
    websockets_close(&sockets);
    for (int i = 0; i < DESCRIPTORS; i++)
        assert_int_equal(is_open(i), before[i]);
}

/* ---- The server ------------------------------------------------------------------------------ */

/* What stands in the place of libmicrohttpd: one request at a time, and one stream. */
static struct {
    web_answer *answer;
    web_reader *read;
    web_upgraded *upgraded;
    void (*end)(void *stream);
    void *server, *stream;
    const char *const *sent; /* names and values of the request's headers, NULL at the end */
    char body[4000], headers[2000];
    unsigned status;
    bool full;                /* no memory for any response, nor for a picture */
    bool missing;             /* the server cannot start */
    bool stuck;               /* the stream does not end by itself */
    int socket;               /* on which requests come */
    int suspended, responses; /* those that are not yet destroyed */
    int upgrades;             /* WebSockets, all of which are closed before it stops */
    sem_t resumed;
    pthread_t client; /* that waits for the end of its stream, if any does */
    bool waits;
    atomic_bool over; /* its stream */
    int hashes;       /* of elements of the page */
} fake;

void *__real_realloc(void *bytes, size_t size);
void *__wrap_realloc(void *bytes, size_t size);

void *__wrap_realloc(void *bytes, size_t size)
{
    return fake.full ? NULL : __real_realloc(bytes, size);
}

static atomic_int missing_memory; /* which of the next allocations fails; 0: none */

static bool is_missing(void)
{
    return missing_memory > 0 && --missing_memory == 0;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
FILE *__real_open_memstream(char **bytes, size_t *size);
FILE *__wrap_open_memstream(char **bytes, size_t *size);
int __real_monotonic_cond_init(pthread_cond_t *condition);
int __wrap_monotonic_cond_init(pthread_cond_t *condition);

/* Memory that has been used before. */
void *__wrap_malloc(size_t size)
{
    void *bytes = is_missing() ? NULL : __real_malloc(size);
    return bytes ? memset(bytes, 'x', size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_missing() ? NULL : __real_calloc(count, size);
}

FILE *__wrap_open_memstream(char **bytes, size_t *size)
{
    return is_missing() ? NULL : __real_open_memstream(bytes, size);
}

int __wrap_monotonic_cond_init(pthread_cond_t *condition)
{
    return is_missing() ? ENOMEM : __real_monotonic_cond_init(condition);
}

static double waited_until; /* at the last time */
int __real_monotonic_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, double deadline);
int __wrap_monotonic_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, double deadline);

int __wrap_monotonic_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, double deadline)
{
    waited_until = deadline;
    return __real_monotonic_cond_wait(condition, mutex, deadline);
}

static bool missing_socket;
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);

int __wrap_socket(int domain, int type, int protocol)
{
    if (missing_socket)
        errno = EMFILE;
    return missing_socket ? -1 : __real_socket(domain, type, protocol);
}

static void *start_daemon(unsigned flags, uint16_t port, void *accept, void *accept_context,
                          web_answer *answer, void *context, ...)
{
    (void)accept;
    (void)accept_context;
    assert_int_equal(flags, 8 | 65536 | 8192 | 1024 | 32768);
    assert_int_equal(port, 0);
    va_list options;
    va_start(options, context);
    assert_int_equal(va_arg(options, int), WEB_OPTION_LISTEN_SOCKET);
    fake.socket = va_arg(options, int);
    assert_int_equal(va_arg(options, int), WEB_OPTION_CONNECTION_LIMIT);
    assert_int_equal(va_arg(options, unsigned), 64 + WEBSOCKETS_MAX + 32);
    assert_int_equal(va_arg(options, int), WEB_OPTION_CONNECTION_TIMEOUT);
    assert_int_equal(va_arg(options, unsigned), 15);
    assert_int_equal(va_arg(options, int), WEB_OPTION_END);
    va_end(options);
    fake.answer = answer;
    fake.server = context;
    return fake.missing ? NULL : &fake;
}

static void stop_daemon(void *daemon)
{
    assert_ptr_equal(daemon, &fake);
    if (fake.upgrades)
        assert_int_equal(atomic_load(&closed_count), fake.upgrades);
    if (fake.stuck)
        fake.end(fake.stream);
    sem_post(&fake.resumed);
    assert_int_equal(fake.over, fake.waits);
    if (fake.waits)
        pthread_join(fake.client, NULL);
}

static const char *lookup(void *connection, int kind, const char *name)
{
    (void)connection;
    assert_int_equal(kind, WEB_HEADER);
    for (const char *const *sent = fake.sent; *sent; sent += 2) {
        if (strcmp(sent[0], name) == 0)
            return sent[1];
    }
    return NULL;
}

static void *response_from_buffer(size_t size, void *bytes, int mode)
{
    (void)mode;
    if (fake.full)
        return NULL;
    snprintf(fake.body, sizeof fake.body, "%.*s", (int)size, (char *)bytes);
    fake.responses++;
    return fake.body;
}

static void *response_from_callback(uint64_t size, size_t block, web_reader *read, void *context,
                                    void (*end)(void *context))
{
    assert_int_equal(block, 65536);
    assert_true(size == WEB_SIZE_UNKNOWN);
    if (fake.full)
        return NULL;
    fake.read = read;
    fake.end = end;
    fake.stream = context;
    fake.responses++;
    return fake.body;
}

static void *response_for_upgrade(web_upgraded *upgraded, void *context)
{
    assert_ptr_equal(context, fake.server);
    if (fake.full)
        return NULL;
    fake.upgraded = upgraded;
    fake.responses++;
    return fake.body;
}

static int add_header(void *response, const char *name, const char *value)
{
    size_t used = strlen(fake.headers);
    assert_ptr_equal(response, fake.body);
    snprintf(fake.headers + used, sizeof fake.headers - used, "%s: %s\n", name, value);
    return 1;
}

static int queue_response(void *connection, unsigned status, void *response)
{
    (void)connection;
    assert_ptr_equal(response, fake.body);
    fake.status = status;
    return 1;
}

static void destroy_response(void *response)
{
    assert_ptr_equal(response, fake.body);
    fake.responses--;
}

static void suspend(void *connection)
{
    (void)connection;
    fake.suspended++;
}

static void resume(void *connection)
{
    (void)connection;
    fake.suspended--;
    sem_post(&fake.resumed);
}

/* The contents of one element of the page, in the order of these. */
static void expect_element(const char *text, size_t size)
{
    static const char *const begins[] = {"<script>", "<style>"};
    static const char *const ends[] = {"</script>", "</style>"};
    const char *begin = begins[fake.hashes], *end = ends[fake.hashes];
    assert_memory_equal(text - strlen(begin), begin, strlen(begin));
    assert_ptr_equal(strstr(text, end), text + size);
    assert_string_equal(strstr(text, "</html>"), "</html>\n"); /* where the page ends */
}

static int any_hash(int algorithm, const void *bytes, size_t size, void *digest)
{
    assert_true(size > 0);
    if (algorithm == WEB_SHA1) {
        memset(digest, 'x', WEB_SHA1_SIZE);
        return 0;
    }
    expect_element(bytes, size);
    memset(digest, "xy"[fake.hashes++], WEB_SHA256_SIZE);
    return 0;
}

static const char *const no_names[] = {NULL};

/* In the place of what loads them, which takes more of the stack. */
static bool library_missing;
int __wrap_web_library_load(struct error *error);

int __wrap_web_library_load(struct error *error)
{
    static const struct web_library library = {.start_daemon = start_daemon,
                                               .stop_daemon = stop_daemon,
                                               .lookup = lookup,
                                               .queue_response = queue_response,
                                               .response_from_buffer = response_from_buffer,
                                               .response_from_callback = response_from_callback,
                                               .response_for_upgrade = response_for_upgrade,
                                               .add_header = add_header,
                                               .destroy_response = destroy_response,
                                               .suspend = suspend,
                                               .resume = resume,
                                               .upgrade_action = close_upgraded,
                                               .hash = any_hash};
    dirty_stack();
    web = library;
    return library_missing ? error_set(error, "no library") : 0;
}

static struct server *open_server(bool video)
{
    const struct server_settings settings = {.socket = -1, .video = video, .names = no_names};
    struct server *server = NULL;
    struct error error;
    memset(&fake, 0, sizeof fake);
    sem_init(&fake.resumed, 0, 0);
    assert_int_equal(web_library_load(&error), 0);
    assert_int_equal(server_open(&server, &settings, &error), 0);
    return server;
}

/* The status of the answer. What comes with the request is asked for before it is read. */
static unsigned request(const char *method, const char *path, const char *const *headers)
{
    void *state = NULL;
    fake.sent = headers;
    fake.status = 0;
    *fake.headers = *fake.body = '\0';
    assert_int_equal(fake.answer(fake.server, NULL, path, method, "HTTP/1.1", NULL, NULL, &state),
                     1);
    if (fake.status == 0)
        assert_int_equal(
            fake.answer(fake.server, NULL, path, method, "HTTP/1.1", NULL, NULL, &state), 1);
    assert_int_equal(fake.responses, 0);
    return fake.status;
}

#define HOST "Host", "localhost"
static const char *const plain[] = {HOST, NULL};

static void test_requests(void **state)
{
    (void)state;
    static const char *const other[] = {"Host", "evil.example", NULL};
    static const char *const with_body[] = {HOST, "Content-Length", "3", NULL};
    static const char *const chunked[] = {HOST, "Transfer-Encoding", "chunked", NULL};
    static const char *const link[] = {HOST,       "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode",
                                       "navigate", "Sec-Fetch-Dest", "document",   NULL};
    struct server *server = open_server(false);
    assert_int_equal(request("GET", "/", plain), 200);
    assert_non_null(strstr(fake.body, "<html lang=\"en\" data-video=\"off\">"));
    static const char *const headers[] = {
        "Content-Type: text/html; charset=utf-8\n",
        "Content-Security-Policy: default-src 'none'; script-src 'sha256-eHh4",
        "='; style-src 'sha256-eXl5",
        "frame-ancestors 'none'\n",
        "Cross-Origin-Resource-Policy: same-origin\n",
        "X-Content-Type-Options: nosniff\n",
        "Referrer-Policy: no-referrer\n",
        "Cache-Control: no-store\n",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        if (!strstr(fake.headers, headers[i]))
            fail_msg("no %s in %s", headers[i], fake.headers);
    }
    assert_null(strstr(fake.headers, "Allow"));
    assert_int_equal(request("POST", "/", plain), 405);
    assert_non_null(strstr(fake.headers, "\nAllow: GET\n"));
    assert_string_equal(fake.body, "only GET is allowed: nothing can be changed from here\n");
    assert_int_equal(request("GET", "/", with_body), 400);
    assert_int_equal(request("GET", "/", chunked), 400);
    assert_int_equal(request("GET", "/", other), 403);
    assert_int_equal(request("GET", "/", link), 200);
    assert_int_equal(request("GET", "/events", link), 403);
    assert_int_equal(request("GET", "/none", plain), 404);
    expect_text(strtok(fake.body, "\n"), "/events", "/websocket");
    assert_int_equal(request("GET", "/video", plain), 404);
    expect_text(strtok(fake.body, "\n"), "no pictures leave", "--serve-video");
    server_close(&server);
    assert_null(server);
}

static void test_handshakes(void **state)
{
    (void)state;
    static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
    const char *const right[] = {HOST, "Upgrade",           "WebSocket", "Sec-WebSocket-Version",
                                 "13", "Sec-WebSocket-Key", key,         NULL};
    const char *const old[] = {HOST, "Upgrade",           "websocket", "Sec-WebSocket-Version",
                               "8",  "Sec-WebSocket-Key", key,         NULL};
    const char *const strange[] = {HOST, "Upgrade",           "h2c", "Sec-WebSocket-Version",
                                   "13", "Sec-WebSocket-Key", key,   NULL};
    const char *const keyless[] = {HOST, "Upgrade", "websocket", "Sec-WebSocket-Version",
                                   "13", NULL};
    struct server *server = open_server(false);
    assert_int_equal(request("GET", "/websocket", right), 101);
    assert_string_equal(fake.headers, "Upgrade: websocket\n"
                                      "Sec-WebSocket-Accept: eHh4eHh4eHh4eHh4eHh4eHh4eHg=\n");
    static const char early[200]; /* more than a client may send before it is answered */
    int ends[2], refused[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, refused), 0);
    atomic_store(&closed_count, 0);
    fake.upgrades = 2;
    fake.upgraded(fake.server, NULL, NULL, "\x89\x80\0\0\0\0", 6, ends[1], &ends[1]);
    expect_bytes(ends[0], "\x8a\x00", 2);
    server_show(server, "{}", 2, NULL);
    expect_bytes(ends[0], "\x81\x02{}", 4);
    fake.upgraded(fake.server, NULL, NULL, early, sizeof early, refused[1], &refused[1]);
    expect_end(refused[0]);
    assert_int_equal(atomic_load(&closed_count), 1);
    assert_int_equal(request("GET", "/websocket", old), 400);
    assert_int_equal(request("GET", "/websocket", strange), 400);
    assert_int_equal(request("GET", "/websocket", keyless), 400);
    assert_int_equal(request("GET", "/websocket", plain), 400);
    server_close(&server);
    expect_bytes(ends[0], "\x88\x02\x03\xe9", 4);
    expect_end(ends[0]);
}

static const char *const upgrade[] = {HOST,
                                      "Upgrade",
                                      "websocket",
                                      "Sec-WebSocket-Version",
                                      "13",
                                      "Sec-WebSocket-Key",
                                      "dGhlIHNhbXBsZSBub25jZQ==",
                                      NULL};

/* Without memory for an answer the connection is closed, and the server goes on. */
static void test_no_memory(void **state)
{
    (void)state;
    static const char *const paths[] = {"/", "/events", "/video", "/websocket", "/none"};
    struct server *server = open_server(true);
    fake.full = true;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        void *again = server;
        fake.sent = upgrade;
        fake.status = 0;
        assert_int_equal(
            fake.answer(fake.server, NULL, paths[i], "GET", "HTTP/1.1", NULL, NULL, &again), 0);
        assert_int_equal(fake.status, 0);
    }
    fake.full = false;
    assert_int_equal(request("GET", "/", plain), 200);
    server_close(&server);
}

/* The stream's next bytes, at most so many at once; empty where it has to wait. */
static const char *read_stream(size_t most)
{
    static char text[2000];
    size_t used = 0;
    for (ssize_t got; (got = fake.read(fake.stream, 0, text + used, most)) > 0; used += (size_t)got)
        assert_in_range(got, 1, most);
    text[used] = '\0';
    return text;
}

/* Each event comes once and whole, in whatever pieces it is taken; who is slow gets the newest. */
static void test_events(void **state)
{
    (void)state;
    struct server *server = open_server(false);
    assert_int_equal(request("GET", "/events", plain), 200);
    assert_non_null(strstr(fake.headers, "Content-Type: text/event-stream\n"));
    assert_string_equal(read_stream(100), "");
    assert_int_equal(fake.suspended, 1);
    server_show(server, "{}", 2, NULL);
    assert_int_equal(fake.suspended, 0);
    assert_string_equal(read_stream(3), "data: {}\n\n");
    assert_int_equal(fake.suspended, 1);
    server_show(server, "[1]", 3, NULL);
    server_show(server, "[2]", 3, NULL);
    assert_int_equal(fake.suspended, 0);
    assert_string_equal(read_stream(1), "data: [2]\n\n");
    /* A client that goes in the middle of one. */
    char part[3];
    server_show(server, "[3]", 3, NULL);
    assert_int_equal(fake.read(fake.stream, 0, part, sizeof part), sizeof part);
    fake.end(fake.stream);
    server_close(&server);
}

static void *take_the_end(void *got)
{
    char byte;
    sem_wait(&fake.resumed);
    poll(NULL, 0, 20); /* it takes its time, and is waited for */
    *(ssize_t *)got = fake.read(fake.stream, 0, &byte, 1);
    fake.over = true;
    fake.end(fake.stream);
    return NULL;
}

/* A client that waits gets the end of its stream before the library is stopped. */
static void test_end_of_streams(void **state)
{
    (void)state;
    struct server *server = open_server(false);
    ssize_t got = 0;
    assert_int_equal(request("GET", "/events", plain), 200);
    assert_string_equal(read_stream(100), "");
    fake.waits = true;
    assert_int_equal(pthread_create(&fake.client, NULL, take_the_end, &got), 0);
    clock_ahead = 1000; /* so that nobody is too slow */
    server_close(&server);
    clock_ahead = 0;
    assert_int_equal(got, WEB_END_OF_STREAM);
}

/* Pictures are encoded for those who wait for them, and for nobody else. */
static void test_pictures(void **state)
{
    (void)state;
    static uint8_t pixels[3 * 8 * 8];
    static uint8_t pixels_of_wide[3 * 70000];
    const struct image picture = image_of((struct bgr_image){pixels, 8, 8, 24});
    const struct image wide =
        image_of((struct bgr_image){pixels_of_wide, 70000, 1, sizeof pixels_of_wide});
    static uint8_t jpeg[2000];
    struct server *server = open_server(true);
    assert_int_equal(request("GET", "/", plain), 200);
    assert_non_null(strstr(fake.body, "<html lang=\"en\" data-video=\"on\" >"));
    assert_int_equal(request("GET", "/none", plain), 404);
    assert_int_equal(request("GET", "/video", plain), 200);
    assert_non_null(strstr(fake.headers, "multipart/x-mixed-replace; boundary=frame\n"));
    server_show(server, "{}", 2, &picture);
    assert_int_equal(fake.read(fake.stream, 0, (char *)jpeg, sizeof jpeg), 0);
    assert_int_equal(fake.suspended, 1);
    fake.full = true;
    server_show(server, "{}", 2, &picture);
    assert_int_equal(fake.suspended, 1); /* it waits for the next one */
    for (int i = 0; i < 4; i++) {
        fake.full = i > 1; /* there is room for two pictures of this size by now */
        server_show(server, "{}", 2, &picture);
        assert_int_equal(fake.suspended, 0);
        ssize_t size = fake.read(fake.stream, 0, (char *)jpeg, sizeof jpeg);
        static const char head[] = "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ";
        assert_memory_equal(jpeg, head, sizeof head - 1);
        char *after;
        long length = strtol((char *)jpeg + sizeof head - 1, &after, 10);
        assert_memory_equal(after, "\r\n\r\n\xff\xd8", 6);
        assert_int_equal(size, (uint8_t *)after + 4 - jpeg + length + 2);
        assert_memory_equal(jpeg + size - 4, "\xff\xd9\r\n", 4);
        assert_int_equal(fake.read(fake.stream, 0, (char *)jpeg, sizeof jpeg), 0);
        assert_int_equal(fake.suspended, 1);
    }
    /* One that is too wide for a JPEG is left out. */
    fake.full = false;
    server_show(server, "{}", 2, &wide);
    assert_int_equal(fake.suspended, 0);
    assert_int_equal(fake.read(fake.stream, 0, (char *)jpeg, sizeof jpeg), 0);
    assert_int_equal(fake.suspended, 1);
    fake.end(fake.stream);
    server_close(&server);
}

/* A picture that comes is the one that is sent, also where another one was larger. */
static void test_sizes_of_pictures(void **state)
{
    (void)state;
    static const int sizes[][2] = {{8, 24}, {32, 8}, {16, 16}};
    static uint8_t pixels[3 * 32 * 24];
    static char jpeg[4000];
    struct server *server = open_server(true);
    assert_int_equal(request("GET", "/video", plain), 200);
    assert_int_equal(fake.read(fake.stream, 0, jpeg, sizeof jpeg), 0);
    for (int i = 0; i < 3; i++) {
        int width = sizes[i][0], height = sizes[i][1];
        struct frame frame = {0};
        struct error error;
        for (int p = 0; p < width * height * 3; p++)
            pixels[p] = (uint8_t)(60 * (p % 3) + 40 * i);
        const struct image picture =
            image_of((struct bgr_image){pixels, width, height, (size_t)width * 3});
        server_show(server, "{}", 2, &picture);
        ssize_t size = fake.read(fake.stream, 0, jpeg, sizeof jpeg);
        char *begin = strstr(jpeg, "\r\n\r\n") + 4;
        struct picture_file file = {.path = "jpeg", .size = (size_t)(jpeg + size - 2 - begin)};
        file.bytes = malloc(file.size);
        assert_non_null(file.bytes);
        memcpy(file.bytes, begin, file.size);
        assert_int_equal(picture_decode(&file, &frame, NULL, &error), 0);
        assert_int_equal(frame.width, width);
        assert_int_equal(frame.height, height);
        for (int p = 0; p < width * height * 3; p++)
            expect_close(frame.pixels[p], pixels[p], 3, "pixel");
        frame_free(&frame);
        assert_int_equal(fake.read(fake.stream, 0, jpeg, sizeof jpeg), 0);
    }
    fake.end(fake.stream);
    server_close(&server);
}

/* A stream that takes nothing more is cut off after half a second. */
static void test_stuck_stream(void **state)
{
    (void)state;
    struct server *server = open_server(false);
    assert_int_equal(request("GET", "/events", plain), 200);
    fake.stuck = true;
    clock_ahead = -10; /* so that no time passes */
    double begin = monotonic_now();
    server_close(&server);
    assert_true(waited_until >= begin + 0.5 && waited_until <= monotonic_now() + 0.5);
    clock_ahead = 0;
}

/* So many streams and no more; one that ends makes room. */
static void test_many_streams(void **state)
{
    (void)state;
    enum { MOST = 64 };
    static void *streams[MOST];
    struct server *server = open_server(false);
    for (int i = 0; i < MOST; i++) {
        assert_int_equal(request("GET", "/events", plain), 200);
        streams[i] = fake.stream;
    }
    assert_int_equal(request("GET", "/events", plain), 503);
    expect_text(strtok(fake.body, "\n"), "too many clients", "close one");
    fake.end(streams[5]);
    assert_int_equal(request("GET", "/events", plain), 200);
    streams[5] = fake.stream;
    for (int i = 0; i < MOST; i++)
        fake.end(streams[i]);
    server_close(&server);
}

/* ---- As results ------------------------------------------------------------------------------ */

static char said[500];

void __wrap_log_line(const char *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void __wrap_log_line(const char *program, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    assert_string_equal(program, "test");
    assert_string_equal(said, "");
    vsnprintf(said, sizeof said, format, arguments);
    va_end(arguments);
}

static struct results *open_results(const struct results_options *options, bool quiet,
                                    struct error *error)
{
    static const struct source source = {.live = true};
    static struct file_set files;
    const struct results_of of = {
        .options = options, .source = &source, .program = "test", .files = &files, .quiet = quiet};
    struct results *results = NULL;
    memset(&fake, 0, sizeof fake);
    *said = '\0';
    return results_check(options, error) || results_open(&results, &of, error) ? NULL : results;
}

static int port_of(int socket)
{
    struct sockaddr_in address;
    assert_int_equal(getsockname(socket, (struct sockaddr *)&address, &(socklen_t){sizeof address}),
                     0);
    return ntohs(address.sin_port); /* which stands in the same place of any address */
}

static int option_of(int socket, int level, int name)
{
    int value = -1;
    assert_int_equal(getsockopt(socket, level, name, &value, &(socklen_t){sizeof value}), 0);
    return value;
}

/* Whether there are addresses of the kind of [::1]. */
static bool has_ipv6(void)
{
    const struct sockaddr_in6 own = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int made = socket(AF_INET6, SOCK_STREAM, 0);
    bool has = made >= 0 && bind(made, (const struct sockaddr *)&own, sizeof own) == 0;
    if (made >= 0)
        close(made);
    return has;
}

static void expect_options(int socket)
{
    assert_true(option_of(socket, SOL_SOCKET, SO_ACCEPTCONN) != 0);
    assert_true(option_of(socket, SOL_SOCKET, SO_REUSEADDR) != 0);
    assert_in_range(option_of(socket, SOL_SOCKET, SO_SNDBUF), 65536, 2 * 65536);
    assert_true(option_of(socket, IPPROTO_TCP, TCP_NODELAY) != 0);
    assert_int_equal(fcntl(socket, F_GETFD), FD_CLOEXEC);
    assert_true(fcntl(socket, F_GETFL) & O_NONBLOCK);
}

/* The longest that a computer may have; one that is cut has no end. */
int __wrap_gethostname(char *name, size_t size);

int __wrap_gethostname(char *name, size_t size)
{
    assert_true(size < HOST_SIZE);
    memset(name, 'h', size);
    return 0;
}

/* What is said of where it listens, and to whom it answers. */
static void test_announcements(void **state)
{
    (void)state;
    char computer[HOST_SIZE] = "";
    gethostname(computer, sizeof computer - 1);
    const char *const own[] = {"Host", computer, NULL};
    const struct {
        const char *address, *shown;
        bool video, all;
    } cases[] = {{"0", "127.0.0.1", false, false},     {"127.0.0.1:0", "127.0.0.1", true, false},
                 {"0.0.0.0:0", computer, false, true}, {"0.0.0.0:0", computer, true, true},
                 {"[::1]:0", "[::1]", false, false},   {"[::]:0", computer, false, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (*cases[i].address == '[' && !has_ipv6())
            continue;
        const struct results_options options = {.serve = cases[i].address,
                                                .serve_video = cases[i].video};
        struct error error;
        char expected[500];
        struct results *results = open_results(&options, false, &error);
        assert_non_null(results);
        snprintf(expected, sizeof expected, "http://%s:%d/ shows the faces%s%s", cases[i].shown,
                 port_of(fake.socket), cases[i].video ? " and the pictures" : "",
                 cases[i].all ? ", to everyone who reaches this computer" : "");
        assert_string_equal(said, expected);
        assert_int_equal(request("GET", "/", own), 200);
        assert_int_equal(request("GET", "/", plain), 200);
        assert_int_equal(request("GET", "/video", plain), cases[i].video ? 200 : 404);
        assert_int_equal(results_want_colours(results), cases[i].video);
        if (cases[i].video)
            fake.end(fake.stream);
        expect_options(fake.socket);
        int socket = fake.socket;
        assert_int_equal(results_close(&results, &(struct results_end){0}, &error), 0);
        close(socket); /* as libmicrohttpd does */
        results = open_results(&options, true, &error);
        assert_non_null(results);
        assert_string_equal(said, "");
        socket = fake.socket;
        results_close(&results, &(struct results_end){0}, NULL);
        close(socket);
    }
}

static void expect_refusal(const char *address, int code, const char *reason)
{
    const struct results_options options = {.serve = address};
    struct error error = {.text = ""};
    int open = open_descriptors();
    assert_null(open_results(&options, false, &error));
    assert_string_equal(error.text, reason);
    assert_int_equal(error.code, code);
    assert_string_equal(said, "");
    assert_int_equal(open_descriptors(), open);
}

/* Where it cannot listen, or not begin to: why, and nothing stays open. */
static void test_refused_addresses(void **state)
{
    (void)state;
    char address[40], reason[200];
    const struct results_options any = {.serve = "0"};
    struct error error;
    struct results *results = open_results(&any, true, &error);
    assert_non_null(results);
    int socket = fake.socket;
    snprintf(address, sizeof address, "127.0.0.1:%d", port_of(socket));
    snprintf(reason, sizeof reason,
             "--serve %s: another program has this port; choose another, or 0", address);
    expect_refusal(address, ERROR_OTHER, reason);
    results_close(&results, &(struct results_end){0}, NULL);
    close(socket);
    expect_refusal("192.0.2.1:8080", ERROR_OTHER,
                   "--serve 192.0.2.1:8080: this is not an address of this computer; try "
                   "127.0.0.1");
    expect_refusal("host", ERROR_USAGE,
                   "--serve takes PORT or HOST:PORT, such as 8080 or 0.0.0.0:8080, not \"host\"");
    expect_refusal(":80", ERROR_USAGE,
                   "--serve takes PORT or HOST:PORT, such as 8080 or 0.0.0.0:8080, not \":80\"");
    char longest[2 * HOST_SIZE];
    static const size_t lengths[] = {sizeof longest - 1, HOST_SIZE + 1};
    memset(longest, '0', sizeof longest);
    snprintf(reason, sizeof reason,
             "--serve takes PORT or HOST:PORT, such as 8080 or 0.0.0.0:8080, not \"%.100s\"",
             longest);
    for (int i = 0; i < 2; i++) {
        longest[lengths[i]] = '\0';
        expect_refusal(longest, ERROR_USAGE, reason);
    }
    memset(longest, 'h', 200);
    strcpy(longest + 200, ":8080"); /* no name can have so much between two dots */
    assert_null(open_results(&(struct results_options){.serve = longest}, true, &error));
    expect_text(error.text, "--serve hhh", "; check the address");
    missing_socket = true;
    expect_refusal("0", ERROR_OTHER, "--serve 0: Too many open files");
    missing_socket = false;
    library_missing = true;
    expect_refusal("0", ERROR_OTHER, "no library");
    library_missing = false;
    missing_thread = 1;
    expect_refusal("0", ERROR_OTHER,
                   "--serve: cannot start a thread: Resource temporarily unavailable; close other "
                   "programs");
}

/* What is served is --json's line, but of an address the host alone. */
static void test_lines(void **state)
{
    (void)state;
    static const uint8_t pixels[3];
    const struct results_options options = {.serve = "0"};
    const struct frame frame = {.picture = image_of((struct bgr_image){pixels, 1, 1, 3}),
                                .index = 3,
                                .time = 0.5,
                                .width = 64,
                                .height = 48};
    struct error error;
    struct results *results = open_results(&options, true, &error);
    assert_non_null(results);
    assert_int_equal(request("GET", "/events", plain), 200);
    assert_int_equal(results_add(results, "rtsp://user:secret@host:554/path", &frame, &error), 0);
    assert_string_equal(read_stream(1000),
                        "data: {\"source\":\"rtsp://host:554\",\"frame\":3,\"time\":0.500,"
                        "\"width\":64,\"height\":48,\"faces\":[]}\n\n");
    fake.end(fake.stream);
    missing_memory = 1;
    assert_int_equal(results_add(results, "camera", &frame, &error), -1);
    expect_text(error.text, "no memory for", "");
    int socket = fake.socket;
    results_close(&results, &(struct results_end){0}, NULL);
    assert_null(results);
    close(socket);
    int open = open_descriptors();
    const struct server_settings settings = {.socket = -1, .names = no_names};
    struct server *server = NULL;
    memset(&fake, 0, sizeof fake);
    fake.missing = true;
    assert_int_equal(server_open(&server, &settings, &error), -1);
    assert_string_equal(error.text, "--serve: libmicrohttpd cannot start; close other programs");
    assert_null(server);
    assert_int_equal(open_descriptors(), open);
}

/* Without memory for any part of it, it does not begin. */
static void test_no_memory_to_begin(void **state)
{
    (void)state;
    const struct results_options options = {.serve = "0"};
    struct results *results = NULL;
    struct error error;
    int missing = 0;
    while (!results) {
        int open = open_descriptors();
        missing_memory = ++missing;
        results = open_results(&options, true, &error);
        if (results)
            break;
        expect_text(error.text, "no memory for", "");
        assert_int_equal(open_descriptors(), open);
    }
    assert_int_equal(missing_memory, 1); /* nothing asked for more */
    missing_memory = 0;
    assert_true(missing > 5);
    int socket = fake.socket;
    results_close(&results, &(struct results_end){0}, NULL);
    close(socket);
}

/* What lacks memory is left out, and what comes next is sent. */
static void test_no_memory_to_go_on(void **state)
{
    (void)state;
    struct server *server = open_server(false);
    int refused[2], ends[2];
    missing_memory = 1;
    assert_int_equal(request("GET", "/events", plain), 503);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, refused), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    request("GET", "/websocket", upgrade);
    missing_memory = 1;
    fake.upgraded(fake.server, NULL, NULL, "", 0, refused[1], &refused[1]);
    expect_end(refused[0]);
    assert_int_equal(request("GET", "/events", plain), 200);
    server_show(server, "{}", 2, NULL);
    assert_string_equal(read_stream(100), "data: {}\n\n");
    missing_memory = 1; /* for a WebSocket's message: a client that comes gets the one before */
    server_show(server, "[1]", 3, NULL);
    assert_string_equal(read_stream(100), "data: [1]\n\n");
    fake.upgraded(fake.server, NULL, NULL, "", 0, ends[1], &ends[1]);
    expect_bytes(ends[0], "\x81\x02{}", 4);
    missing_memory = 2; /* for an event */
    server_show(server, "[2]", 3, NULL);
    expect_bytes(ends[0], "\x81\x03[2]", 5);
    assert_string_equal(read_stream(100), "");
    assert_int_equal(fake.suspended, 1);
    server_show(server, "[3]", 3, NULL);
    assert_string_equal(read_stream(100), "data: [3]\n\n");
    fake.end(fake.stream);
    close(ends[0]);
    server_close(&server);
}

static void test_message(void **state)
{
    (void)state;
    struct message *message = message_new("ab", 2, "cde", 3, "fg");
    assert_non_null(message);
    assert_int_equal(message->size, 7);
    assert_memory_equal(message->bytes, "abcdefg", 7);
    message_drop(&message);
    assert_null(message);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_host_port),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_cut_addresses),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_lengths_of_hosts),
        cmocka_unit_test(test_other_sites),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_conversation),
        cmocka_unit_test(test_broken_connection),
        cmocka_unit_test(test_refused_frames),
        cmocka_unit_test(test_early_frames),
        cmocka_unit_test(test_much_at_once),
        cmocka_unit_test(test_goodbyes),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_full_and_deaf_clients),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_slow_client),
        cmocka_unit_test(test_stalled_client),
        cmocka_unit_test(test_sizes_of_pictures),
        cmocka_unit_test(test_stuck_stream),
        cmocka_unit_test(test_end_of_streams),
        cmocka_unit_test(test_announcements),
        cmocka_unit_test(test_refused_addresses),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_many_clients),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_handshakes),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_many_streams),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_memory_to_begin),
        cmocka_unit_test(test_no_memory_to_go_on),
        cmocka_unit_test(every_thread_is_joined),
        cmocka_unit_test(every_lock_is_destroyed),
    };
    tests = pthread_self();
    return cmocka_run_group_tests(all, NULL, NULL);
}
