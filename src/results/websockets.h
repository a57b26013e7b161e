/* The WebSocket clients of --serve (RFC 6455). One thread sends to all: each gets the newest
 * message when it has taken the one before, so that a slow one sees fewer and does not hold up the
 * others. They only listen: anything that they send except pings and pongs ends the connection. */
#ifndef WEBSOCKETS_H
#define WEBSOCKETS_H

#include "error.h"
#include "message.h"
#include "web_library.h"

#include <stdbool.h>

enum { WEBSOCKETS_MAX = 64 };

struct websockets;

int websockets_open(struct websockets **sockets, struct error *error);

/* The answer to a client's Sec-WebSocket-Key; NULL if that is not a valid key. */
const char *websockets_accept(const char *key, char text[WEB_HASH_TEXT_SIZE]);

/* Adds a client by its socket and libmicrohttpd's handle, which it closes in the end, with what was
 * read from it already. False if there are WEBSOCKETS_MAX of them, too much was read, or memory is
 * short; then nothing is closed. */
bool websockets_add(struct websockets *sockets, int socket, void *upgrade, const char *early,
                    size_t early_size);

/* Makes this line of text the newest message. */
void websockets_send(struct websockets *sockets, const char *line, size_t size);

/* Says goodbye to all. */
void websockets_close(struct websockets **sockets);

#endif
