/* A labelled set of grey pictures in memory, in splits. */
#ifndef DATASET_H
#define DATASET_H

#include "error.h"
#include "labels.h"
#include "model.h"

#include <stdint.h>

enum split { SPLIT_TRAINING, SPLIT_PUBLIC_TEST, SPLIT_PRIVATE_TEST, SPLIT_COUNT };

/* "Training", "PublicTest", "PrivateTest": the values of fer2013.csv's Usage column */
extern const char *const split_names[SPLIT_COUNT];

/* FER+ (Barsoum et al. 2016): what ten taggers said of a picture. */
struct votes {
    uint8_t classes[LABEL_COUNT]; /* votes for each of the seven classes, in label order */
    uint8_t total;                /* all votes, those for contempt, unknown and no face included */
};

struct dataset {
    int width, height; /* pixels */
    int class_count;   /* K */
    char class_names[MODEL_MAX_CLASSES][MODEL_CLASS_NAME_SIZE];
    int count;           /* N */
    uint8_t *pixels;     /* N x height x width */
    uint8_t *labels;     /* N; 0 .. K-1 */
    uint8_t *splits;     /* N; enum split */
    struct votes *votes; /* N, or NULL without FER+ */
};

/* Reads fer2013.csv (columns emotion, pixels and Usage, found by name). An error names the line.
 * The caller ends it with dataset_free. */
int dataset_load(struct dataset *dataset, const char *path, struct error *error);

/* Reads FER+ votes (fer2013new.csv), row for row with the data set's file, which may end earlier.
 */
int dataset_load_votes(struct dataset *dataset, const char *path, struct error *error);

void dataset_free(struct dataset *dataset);

/* The picture number `index`. */
const uint8_t *dataset_picture(const struct dataset *dataset, int index);

/* The samples of one split in file order. *indices (malloc, the caller frees) holds *count. Fails
 * where there are none. */
int dataset_split(const struct dataset *dataset, enum split split, int **indices, int *count,
                  struct error *error);

/* How labels become targets. */
struct target_mix {
    float votes_share; /* of the target that comes from the votes, 0..1; the rest from the label */
    float smoothing;   /* of the target that is spread over all classes (Szegedy et al. 2016) */
};

/* Writes the target distribution of one sample, target[K]. Votes outside the seven classes do not
 * count; where no vote is inside, the label stands alone. */
void dataset_target(const struct dataset *dataset, const struct target_mix *mix, int index,
                    float *target);

/* The class that has more than half of all votes, or -1: FER+'s majority. */
int votes_majority(const struct votes *votes);

/* The mean of each class's Training pictures, each brought to the same brightness and contrast
 * first, with its difference from the mean of all classes multiplied by `exaggeration`:
 * faces[K x height x width]. */
int dataset_mean_faces(const struct dataset *dataset, double exaggeration, uint8_t *faces,
                       struct error *error);

#endif
