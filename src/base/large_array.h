/* Memory for arrays that may be large, such as a model's weights, with few page faults, which can
 * cost more than the work on them. */
#ifndef LARGE_ARRAY_H
#define LARGE_ARRAY_H

#include <stddef.h>

enum { LARGE_ARRAY_ALIGNMENT = 64 }; /* bytes: a line of the cache */

/* As malloc, aligned, and a large one on pages of 2 MB, where the kernel has them to give
 * (transparent huge pages). The caller frees it; it may be reallocated. NULL without memory. */
void *large_array_alloc(size_t size);

#endif
