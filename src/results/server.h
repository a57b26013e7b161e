/* The web server of --serve, in threads of its own. It answers only GET, of
 *   /            the page, which stands alone
 *   /events      each frame's JSON as server-sent events (WHATWG HTML, 9.2)
 *   /websocket   the same over WebSocket (RFC 6455)
 *   /video       the pictures as MJPEG, where they are wanted
 * A slow client misses frames: each gets the newest one when it has taken the one before. */
#ifndef SERVER_H
#define SERVER_H

#include "error.h"
#include "image.h"

#include <stdbool.h>
#include <stddef.h>

struct server;

struct server_settings {
    int socket;               /* listening; the server's, once server_open has succeeded */
    bool video;               /* serve the pictures, too */
    const char *const *names; /* the computer's names (request.h); they belong to the caller */
};

int server_open(struct server **server, const struct server_settings *settings,
                struct error *error);

/* The newest frame: its JSON, one line without its end, and its picture, which is copied where
 * somebody waits for it. Never waits for a client. */
void server_show(struct server *server, const char *line, size_t size, const struct image *picture);

void server_close(struct server **server);

#endif
