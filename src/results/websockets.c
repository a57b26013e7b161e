#include "websockets.h"

#include "monotonic.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A client that has taken nothing for so long is gone. Seconds. */
static const double longest_stall = 15;

enum { LAST_FRAGMENT = 0x80, TEXT = 1, CLOSE = 8, PING = 9, PONG = 10, MASKED = 0x80 };
enum { GOING_AWAY = 1001, PROTOCOL_ERROR = 1002, UNSUPPORTED_DATA = 1003 };
enum { CONTROL_SIZE = 125, HEADER_SIZE = 10, MASK_SIZE = 4 };

struct client {
    int socket;
    void *upgrade;
    uint8_t in[2 + MASK_SIZE + CONTROL_SIZE]; /* of one frame */
    size_t in_size;
    const void *out; /* what is being sent: all of `message`, or of `control` */
    size_t out_size, sent;
    struct message *message;
    uint8_t control[2 + CONTROL_SIZE], next[2 + CONTROL_SIZE]; /* and the one after it */
    size_t next_size;                                          /* 0: none */
    bool closing;                                              /* nothing comes after `next` */
    long seen;                                                 /* number of the last message */
    double taken;                                              /* when it last took something */
};

struct websockets {
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows, down to `ended` */
    struct message *newest;
    long number;
    struct client *arriving[WEBSOCKETS_MAX];
    int arriving_count, count; /* `count`: with those in `clients` */
    bool ended;
    int wake[2];                            /* a pipe */
    struct client *clients[WEBSOCKETS_MAX]; /* the thread's own */
    int client_count;
};

const char *websockets_accept(const char *key, char text[WEB_HASH_TEXT_SIZE])
{
    static const char salt[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    enum { KEY_LENGTH = 24 };
    char both[KEY_LENGTH + sizeof salt];
    if (!key || strlen(key) != KEY_LENGTH)
        return NULL;
    memcpy(both, key, KEY_LENGTH);
    memcpy(both + KEY_LENGTH, salt, sizeof salt);
    web_hash(WEB_SHA1, both, sizeof both - 1, text);
    return text;
}

/* ---- What a client sends --------------------------------------------------------------------- */

/* Queues a control frame to go out next, in place of one that has not begun to. */
static void answer(struct client *client, int opcode, const uint8_t *bytes, size_t size)
{
    if (client->closing)
        return;
    client->next[0] = (uint8_t)(LAST_FRAGMENT | opcode);
    client->next[1] = (uint8_t)size;
    memcpy(client->next + 2, bytes, size);
    client->next_size = 2 + size;
    client->closing = opcode == CLOSE;
}

static void say_goodbye(struct client *client, int code)
{
    answer(client, CLOSE, (const uint8_t[]){(uint8_t)(code >> 8), (uint8_t)code}, 2);
}

/* Follows the frames that have come whole. */
static void obey(struct client *client)
{
    while (client->in_size >= 2 && !client->closing) {
        uint8_t *in = client->in;
        size_t size = in[1] & 0x7F, whole = 2 + MASK_SIZE + size;
        int opcode =
            in[0] & 0x7F; /* with bits of extensions, which make it unknown: there are none */
        if (!(in[1] & MASKED) || (opcode >= CLOSE && !(in[0] & LAST_FRAGMENT)))
            say_goodbye(client, PROTOCOL_ERROR);
        else if (opcode < CLOSE || opcode > PONG || size > CONTROL_SIZE)
            say_goodbye(client, UNSUPPORTED_DATA);
        if (client->closing || client->in_size < whole)
            return;
        for (size_t i = 0; i < size; i++)
            in[2 + MASK_SIZE + i] ^= in[2 + i % MASK_SIZE];
        if (opcode == CLOSE)
            answer(client, CLOSE, in + 2 + MASK_SIZE, size < 2 ? 0 : 2);
        else if (opcode == PING)
            answer(client, PONG, in + 2 + MASK_SIZE, size);
        client->in_size -= whole;
        memmove(in, in + whole, client->in_size);
    }
}

/* False where the client has gone. */
static bool receive(struct client *client)
{
    for (;;) {
        uint8_t rest[256];
        bool listens = !client->closing;
        size_t room = listens ? sizeof client->in - client->in_size : sizeof rest;
        ssize_t got =
            recv(client->socket, listens ? client->in + client->in_size : rest, room, MSG_DONTWAIT);
        if (got <= 0)
            return got < 0 && (errno == EAGAIN || errno == EINTR);
        if (listens) {
            client->in_size += (size_t)got;
            obey(client);
        }
    }
}

/* ---- What it gets ---------------------------------------------------------------------------- */

/* Begins with what goes out next; false where that is nothing. */
static bool begin_next(struct websockets *sockets, struct client *client)
{
    client->sent = client->out_size = 0;
    message_drop(&client->message);
    if (client->next_size) {
        memcpy(client->control, client->next, client->next_size);
        client->out = client->control;
        client->out_size = client->next_size;
        client->next_size = 0;
    } else if (!client->closing) {
        pthread_mutex_lock(&sockets->lock);
        if (client->seen != sockets->number)
            client->message = message_keep(sockets->newest);
        client->seen = sockets->number;
        pthread_mutex_unlock(&sockets->lock);
        client->out = client->message ? client->message->bytes : NULL;
        client->out_size = client->message ? client->message->size : 0;
    }
    client->taken = monotonic_now();
    return client->out_size > 0;
}

/* Sends as much as goes out at once. False if the client has gone, or the goodbye is sent. */
static bool send_on(struct websockets *sockets, struct client *client)
{
    for (;;) {
        if (client->sent == client->out_size && !begin_next(sockets, client))
            return !client->closing;
        ssize_t sent = send(client->socket, (const char *)client->out + client->sent,
                            client->out_size - client->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0)
            return (errno == EAGAIN || errno == EINTR) &&
                   monotonic_now() - client->taken < longest_stall;
        client->sent += (size_t)sent;
        client->taken = monotonic_now();
    }
}

static void forget(struct websockets *sockets, struct client *client)
{
    message_drop(&client->message);
    web.upgrade_action(client->upgrade, WEB_UPGRADE_CLOSE);
    free(client);
    pthread_mutex_lock(&sockets->lock);
    sockets->count--;
    pthread_mutex_unlock(&sockets->lock);
}

/* ---- The thread ------------------------------------------------------------------------------ */

/* Takes over those that have arrived; false at the end. */
static bool welcome(struct websockets *sockets)
{
    pthread_mutex_lock(&sockets->lock);
    for (int i = 0; i < sockets->arriving_count; i++)
        sockets->clients[sockets->client_count++] = sockets->arriving[i];
    sockets->arriving_count = 0;
    bool ended = sockets->ended;
    pthread_mutex_unlock(&sockets->lock);
    return !ended;
}

/* Until something happens. */
static void await(struct websockets *sockets)
{
    struct pollfd polled[1 + WEBSOCKETS_MAX] = {{.fd = sockets->wake[0], .events = POLLIN}};
    bool unsent = false;
    for (int i = 0; i < sockets->client_count; i++) {
        const struct client *client = sockets->clients[i];
        bool more = client->sent < client->out_size;
        polled[1 + i].fd = client->socket;
        polled[1 + i].events = (short)(more ? POLLIN | POLLOUT : POLLIN);
        unsent = unsent || more;
    }
    char drained[64];
    poll(polled, (nfds_t)sockets->client_count + 1, unsent ? 1000 : -1);
    while (read(sockets->wake[0], drained, sizeof drained) == (ssize_t)sizeof drained)
        continue;
}

static void *serve(void *argument)
{
    struct websockets *sockets = argument;
    while (welcome(sockets)) {
        int left = 0;
        for (int i = 0; i < sockets->client_count; i++) {
            struct client *client = sockets->clients[i];
            if (receive(client) && send_on(sockets, client))
                sockets->clients[left++] = client;
            else
                forget(sockets, client);
        }
        sockets->client_count = left;
        await(sockets);
    }
    for (int i = 0; i < sockets->client_count; i++) {
        struct client *client = sockets->clients[i];
        say_goodbye(client, GOING_AWAY);
        send_on(sockets, client);
        forget(sockets, client);
    }
    return NULL;
}

/* ---- From other threads ---------------------------------------------------------------------- */

static void rouse(struct websockets *sockets)
{
    ssize_t written = write(sockets->wake[1], "", 1); /* where the pipe is full, it is awake */
    (void)written;
}

int websockets_open(struct websockets **sockets, struct error *error)
{
    struct websockets *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the clients");
    pthread_mutex_init(&made->lock, NULL);
    int code = pipe(made->wake) ? errno : 0;
    for (int i = 0; !code && i < 2; i++) {
        fcntl(made->wake[i], F_SETFD, FD_CLOEXEC);
        fcntl(made->wake[i], F_SETFL, O_NONBLOCK);
    }
    if (!code) {
        code = pthread_create(&made->thread, NULL, serve, made);
        if (code) {
            close(made->wake[0]);
            close(made->wake[1]);
        }
    }
    if (code) {
        pthread_mutex_destroy(&made->lock);
        free(made);
        return error_set(error, "--serve: cannot start a thread: %s; close other programs",
                         strerror(code));
    }
    *sockets = made;
    return 0;
}

bool websockets_add(struct websockets *sockets, int socket, void *upgrade, const char *early,
                    size_t early_size)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client || early_size > sizeof client->in) {
        free(client);
        return false;
    }
    client->socket = socket;
    client->upgrade = upgrade;
    memcpy(client->in, early, early_size);
    client->in_size = early_size;
    obey(client);
    pthread_mutex_lock(&sockets->lock);
    bool room = sockets->count < WEBSOCKETS_MAX;
    if (room) {
        sockets->arriving[sockets->arriving_count++] = client;
        sockets->count++;
    }
    pthread_mutex_unlock(&sockets->lock);
    if (!room)
        free(client);
    rouse(sockets);
    return room;
}

void websockets_send(struct websockets *sockets, const char *line, size_t size)
{
    uint8_t header[HEADER_SIZE] = {LAST_FRAGMENT | TEXT};
    size_t count = size > UINT16_MAX ? 8 : size > CONTROL_SIZE ? 2 : 0; /* bytes of the length */
    header[1] = (uint8_t)(count == 8 ? 127 : count == 2 ? 126 : size);
    for (size_t i = 0; i < count; i++)
        header[2 + i] = (uint8_t)((uint64_t)size >> (8 * (count - 1 - i)));
    struct message *message = message_new(header, 2 + count, line, size, "");
    if (!message)
        return;
    pthread_mutex_lock(&sockets->lock);
    struct message *old = sockets->newest;
    sockets->newest = message;
    sockets->number++;
    bool any = sockets->count > 0;
    pthread_mutex_unlock(&sockets->lock);
    message_drop(&old);
    if (any)
        rouse(sockets);
}

void websockets_close(struct websockets **sockets)
{
    struct websockets *closed = *sockets;
    if (!closed)
        return;
    pthread_mutex_lock(&closed->lock);
    closed->ended = true;
    pthread_mutex_unlock(&closed->lock);
    rouse(closed);
    pthread_join(closed->thread, NULL);
    message_drop(&closed->newest);
    close(closed->wake[0]);
    close(closed->wake[1]);
    pthread_mutex_destroy(&closed->lock);
    free(closed);
    *sockets = NULL;
}
