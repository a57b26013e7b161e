/* Shares of classes, as a person writes them. */
#ifndef SHARES_H
#define SHARES_H

/* Reads 1 to `limit` numbers from 1e-6 to 1e6, parted by commas, into shares[limit] as they stand.
 * Returns how many there are; 0 where the text is something else. */
int shares_parse(const char *text, int limit, float *shares);

#endif
