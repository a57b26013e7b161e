/* Shares of classes, as a person writes them. */
#ifndef SHARES_H
#define SHARES_H

/* The least that a person may write. */
#define SHARES_LEAST 1e-6

/* Reads 1 to `limit` numbers from `least` to 1e6, separated by commas, into shares[limit],
 * unscaled. Returns how many there are; 0 if the text is anything else. */
int shares_parse(const char *text, int limit, double least, float *shares);

#endif
