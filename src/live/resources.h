/* The files that come with the program. */
#ifndef RESOURCES_H
#define RESOURCES_H

#include "error.h"

enum { RESOURCE_PATH_SIZE = 4096 };

/* Finds `name` ("models/expressions.safetensors") beside the program, where it was installed, or in
 * ../share/expressions of the program's folder, in this order. */
int resource_find(const char *name, char path[RESOURCE_PATH_SIZE], struct error *error);

/* The font comes with the system; its path is fixed at build time. */
const char *resource_font(void);

#endif
