/* page.html, which the build makes into bytes. It is self-contained: a browser loads nothing else.
 * Its one script element and one style element are named by their hashes in the server's policy
 * (server.c), and data-video says "on" where /video is. */
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>

extern const char page_bytes[]; /* UTF-8, without a final 0 */
extern const size_t page_size;

#endif
