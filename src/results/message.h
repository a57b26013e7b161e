/* Bytes on their way to several clients of --serve at once: made once, freed by the last. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stddef.h>

struct message {
    _Atomic int users;
    size_t size;
    char bytes[];
};

/* `head` (head_size bytes), `body` (size bytes) and the text `tail`, one after the other; has one
 * user. NULL without memory. */
struct message *message_new(const void *head, size_t head_size, const void *body, size_t size,
                            const char *tail);

/* One user more; NULL stays NULL. Safe from any thread, as long as another user keeps the message
 * meanwhile. */
struct message *message_keep(struct message *message);

/* One user less, and *message becomes NULL. */
void message_drop(struct message **message);

#endif
