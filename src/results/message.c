#include "message.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct message *message_new(const void *head, size_t head_size, const void *body, size_t size,
                            const char *tail)
{
    size_t tail_size = strlen(tail);
    struct message *made = malloc(sizeof *made + head_size + size + tail_size);
    if (!made)
        return NULL;
    atomic_init(&made->users, 1);
    made->size = head_size + size + tail_size;
    memcpy(made->bytes, head, head_size);
    memcpy(made->bytes + head_size, body, size);
    memcpy(made->bytes + head_size + size, tail, tail_size);
    return made;
}

struct message *message_keep(struct message *message)
{
    if (message)
        atomic_fetch_add(&message->users, 1);
    return message;
}

void message_drop(struct message **message)
{
    if (*message && atomic_fetch_sub(&(*message)->users, 1) == 1)
        free(*message);
    *message = NULL;
}
