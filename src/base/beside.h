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
/* Returns when the work is done; does it itself if beside_begin could not start a thread, or was
 * not called and only `work` and `context` are set. */
void beside_end(struct beside *beside);

#endif
