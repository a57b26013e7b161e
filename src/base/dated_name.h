/* Names for new files in the current folder. */
#ifndef DATED_NAME_H
#define DATED_NAME_H

enum { DATED_NAME_SIZE = 64 };

/* expressions-YYYYMMDD-HHMMSS with `ending` (".png"); with -2, -3, ... where the name is taken. */
void dated_name(char name[DATED_NAME_SIZE], const char *ending);

#endif
