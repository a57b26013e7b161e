#define _DEFAULT_SOURCE /* madvise */ /* NOLINT: names of this kind are POSIX's to give */
#include "large_array.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 2 << 20 };

void *large_array_alloc(size_t size)
{
    void *array;
    if (size < PAGE / 2 || size > SIZE_MAX - PAGE)
        return posix_memalign(&array, LARGE_ARRAY_ALIGNMENT, size) == 0 ? array : NULL;
    size = (size + PAGE - 1) / PAGE * PAGE;
    if (posix_memalign(&array, PAGE, size) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    (void)madvise(array, size, MADV_HUGEPAGE); /* a wish */
#endif
    return array;
}
