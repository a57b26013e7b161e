/* The WebSocket clients of --serve (RFC 6455). One thread sends to all: each gets the newest
 * message when it has taken the one before, so that a slow one sees fewer and none waits for
 * another. They are told, not asked: whatever they send but pings ends them. */
#ifndef WEBSOCKETS_H
#define WEBSOCKETS_H

#include "error.h"
#include "message.h"
#include "web_library.h"

#include <stdbool.h>

enum { WEBSOCKETS_MAX = 64 };

struct websockets;

int websockets_open(struct websockets **sockets, struct error *error);

/* What answers a client's Sec-WebSocket-Key; NULL where that is none. */
const char *websockets_accept(const char *key, char text[WEB_HASH_TEXT_SIZE]);

/* One client more, by its socket and by libmicrohttpd's handle, which it closes in the end, and
 * what was read from it already. False where there are WEBSOCKETS_MAX. */
bool websockets_add(struct websockets *sockets, int socket, void *upgrade, const char *early,
                    size_t early_size);

/* From now on this line of text is the newest. */
void websockets_send(struct websockets *sockets, const char *line, size_t size);

/* Says goodbye to all. */
void websockets_close(struct websockets **sockets);

#endif
