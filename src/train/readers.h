/* The readers behind dataset_load. Each fills an empty data set that names the seven classes and
 * 48x48 pictures; on failure the caller frees what it holds so far. */
#ifndef READERS_H
#define READERS_H

#include "error.h"

#include <stdbool.h>

struct dataset;

int fer2013_load(struct dataset *dataset, const char *path, struct error *error);

/* train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
 * t10k-labels-idx1-ubyte, each as it is or with .gz. Classes are named by their numbers. */
bool idx_is_folder(const char *path);
int idx_load(struct dataset *dataset, const char *path, struct error *error);

/* train/<class>/, test/<class>/ and validation/<class>/ (or valid, val), the classes by name,
 * whatever their order. Pictures of any size and format become grey and 48x48. */
int folders_load(struct dataset *dataset, const char *path, bool skip_bad, const char *program,
                 struct error *error);

#endif
