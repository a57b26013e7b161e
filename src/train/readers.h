/* Data sets from files. */
#ifndef READERS_H
#define READERS_H

#include "error.h"

#include <stdbool.h>

struct dataset;

/* Reads what `path` names: fer2013.csv (or icml_face_data.csv; columns emotion, pixels and Usage,
 * found by name; without Usage all rows are for training), a folder of class folders, or a folder
 * of IDX files. An error names the file and, for text, the line. With `skip_bad`, unreadable
 * pictures in folders are left out, and each is reported on stderr in the name of `program`;
 * otherwise the first one is an error. The caller frees the data set with dataset_free. */
int dataset_load(struct dataset *dataset, const char *path, bool skip_bad, const char *program,
                 struct error *error);

/* Reads FER+ votes (fer2013new.csv), row for row with the data set's file, which may end earlier,
 * and fits the consensus. Only for DATA_FER2013. */
int dataset_load_votes(struct dataset *dataset, const char *path, struct error *error);

/* Those behind dataset_load. Each fills an empty data set that names the seven classes and 48x48
 * pictures; on failure the caller frees what it holds so far. */
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
