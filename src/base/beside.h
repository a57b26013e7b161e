/* Work beside the caller's, in a thread of its own. */
#ifndef BESIDE_H
#define BESIDE_H

#include <pthread.h>
#include <stdbool.h>

struct beside {
    void (*work)(void *context);
    void *context;
    pthread_t thread;
    bool has_thread;
};

void beside_begin(struct beside *beside, void (*work)(void *context), void *context);
/* Returns when the work is done; does the work itself if no thread could be started. Where that is
 * known before, set `work` and `context` alone. */
void beside_end(struct beside *beside);

#endif
