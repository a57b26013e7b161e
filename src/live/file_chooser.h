/* The desktop's own dialog for a file: zenity's or kdialog's, whichever is installed. */
#ifndef FILE_CHOOSER_H
#define FILE_CHOOSER_H

#include "error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Waits until the user has chosen a video, or none, which makes `path` empty, or until another
 * thread sets *abandoned. Fails where no dialog is installed or it cannot be shown; `path` is empty
 * then, too. */
int file_chooser_ask(char *path, size_t size, const atomic_bool *abandoned, struct error *error);

#endif
