/* What --serve loads: GNU libmicrohttpd, which reads requests and writes answers, and GnuTLS, which
 * it depends on, for hashes. libwebsockets would bring WebSocket along, but its settings are a
 * struct that differs from version to version and from build to build, so that it cannot be loaded
 * at run time; libmicrohttpd's settings are a list of arguments. */
#ifndef WEB_LIBRARY_H
#define WEB_LIBRARY_H

#include "error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What libmicrohttpd's microhttpd.h and gnutls.h declare. */
enum {
    WEB_INTERNAL_THREAD = 8,
    WEB_ALLOW_SUSPEND_RESUME = 8192 | 1024,
    WEB_ALLOW_UPGRADE = 32768,
    WEB_AUTO = 65536
};
enum {
    WEB_OPTION_END = 0,
    WEB_OPTION_CONNECTION_LIMIT = 2,
    WEB_OPTION_CONNECTION_TIMEOUT = 3,
    WEB_OPTION_LISTEN_SOCKET = 12
};
enum { WEB_HEADER = 1, WEB_PERSISTENT = 0, WEB_MUST_COPY = 2, WEB_UPGRADE_CLOSE = 0 };
enum { WEB_END_OF_STREAM = -1 };
#define WEB_SIZE_UNKNOWN UINT64_MAX
enum { WEB_SHA1 = 3, WEB_SHA256 = 6, WEB_SHA1_SIZE = 20, WEB_SHA256_SIZE = 32 };

typedef int web_answer(void *context, void *connection, const char *path, const char *method,
                       const char *version, const char *upload, size_t *upload_size,
                       void **request);
typedef ssize_t web_reader(void *context, uint64_t position, char *to, size_t max);
typedef void web_upgraded(void *context, void *connection, void *request, const char *early,
                          size_t early_size, int socket, void *upgrade);

struct web_library {
    void *(*start_daemon)(unsigned flags, uint16_t port, void *accept, void *accept_context,
                          web_answer *answer, void *context, ...);
    void (*stop_daemon)(void *daemon);
    const char *(*lookup)(void *connection, int kind, const char *name);
    int (*queue_response)(void *connection, unsigned status, void *response);
    void *(*response_from_buffer)(size_t size, void *bytes, int mode);
    void *(*response_from_callback)(uint64_t size, size_t block, web_reader *read, void *context,
                                    void (*end)(void *context));
    void *(*response_for_upgrade)(web_upgraded *upgraded, void *context);
    int (*add_header)(void *response, const char *name, const char *value);
    void (*destroy_response)(void *response);
    void (*suspend)(void *connection);
    void (*resume)(void *connection);
    int (*upgrade_action)(void *upgrade, int action, ...);
    int (*hash)(int algorithm, const void *bytes, size_t size, void *digest);
};

extern struct web_library web;

int web_library_load(struct error *error);

/* The hash of the bytes in base64 (RFC 4648), with its padding and a final 0. */
enum { WEB_HASH_TEXT_SIZE = 4 * ((WEB_SHA256_SIZE + 2) / 3) + 1 };
void web_hash(int algorithm, const void *bytes, size_t size, char text[WEB_HASH_TEXT_SIZE]);

#endif
