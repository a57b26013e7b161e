/* File names are any bytes; results are UTF-8. */
#ifndef UTF8_H
#define UTF8_H

/* A copy in which each byte that is no UTF-8 has become U+FFFD. The caller frees it; NULL without
 * memory. */
char *utf8_copy(const char *text);

#endif
