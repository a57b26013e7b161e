/* A labelled set of grey pictures in memory, in splits. */
#ifndef DATASET_H
#define DATASET_H

#include "error.h"
#include "labels.h"
#include "model.h"

#include <stdint.h>

enum split { SPLIT_TRAINING, SPLIT_VALIDATION, SPLIT_TEST, SPLIT_COUNT, SPLIT_NONE = SPLIT_COUNT };

/* Where a data set comes from. */
enum data_source {
    DATA_FER2013, /* fer2013.csv; splits Training, PublicTest, PrivateTest */
    DATA_KAGGLE,  /* the competition's train.csv, which has no column Usage */
    DATA_FOLDERS, /* train/<class>/ and test/<class>/ with pictures */
    DATA_IDX,     /* MNIST's files */
    DATA_SOURCE_COUNT
};

/* "FER2013", "FER2013 without Usage", "picture folders", "IDX" */
extern const char *const data_source_names[DATA_SOURCE_COUNT];

/* The names of a source's splits: Training, PublicTest, PrivateTest for FER2013; train, validation,
 * test for the others. A source without a validation split gives up every tenth picture of its
 * train part. */
extern const char *const split_names[DATA_SOURCE_COUNT][SPLIT_COUNT];

/* FER+ (Barsoum et al. 2016): what ten taggers said of a picture. */
struct votes {
    uint8_t classes[LABEL_COUNT]; /* votes for each of the seven classes, in label order */
    uint8_t total;                /* all votes, those for contempt, unknown and no face included */
};

/* The class that has more than half of all votes (FER+'s majority), or -1. */
int votes_majority(const struct votes *votes);

struct dataset {
    enum data_source source;
    int width, height; /* pixels */
    int class_count;   /* K */
    char class_names[MODEL_MAX_CLASSES][MODEL_CLASS_NAME_SIZE];
    int count;           /* N */
    uint8_t *pixels;     /* N x height x width */
    uint8_t *labels;     /* N; 0 .. K-1 */
    uint8_t *splits;     /* N; enum split, SPLIT_NONE for what is left out */
    struct votes *votes; /* N, or NULL without FER+ */
    float *consensus; /* N x K, what label and votes say together: see consensus.h; NULL likewise */
};

void dataset_free(struct dataset *dataset);

/* The picture number `index`. */
const uint8_t *dataset_picture(const struct dataset *dataset, int index);

/* Makes room for one sample more than dataset->count; *capacity starts at 0. */
int dataset_grow(struct dataset *dataset, int *capacity, struct error *error);

/* Moves every tenth training sample to the validation split. */
void dataset_hold_out(struct dataset *dataset);

/* Finds the split of that name; the error lists those there are. */
int dataset_find_split(const struct dataset *dataset, const char *name, enum split *split,
                       struct error *error);

/* How many samples the split has; fails if there are none. */
int dataset_split_size(const struct dataset *dataset, enum split split, struct error *error);

/* The samples of one split in file order. *indices (malloc, the caller frees) holds *count. Fails
 * if there are none. */
int dataset_split(const struct dataset *dataset, enum split split, int **indices, int *count,
                  struct error *error);

/* How labels become targets. */
struct target_mix {
    float votes_share; /* of the target that is the consensus, 0..1; the rest is the label */
    float smoothing;   /* of the target that is spread over all classes (Szegedy et al. 2016) */
};

/* Writes the target distribution of one sample, target[K]. Without FER+ it comes from the label
 * alone. */
void dataset_target(const struct dataset *dataset, const struct target_mix *mix, int index,
                    float *target);

/* The mean of each class's Training pictures and their mirror images, each brought to the same
 * brightness and contrast first and weighted by the share of FER+ votes that agree with its label
 * where there are any, its difference from the mean of all classes multiplied by exaggeration[K]:
 * faces[K x height x width]. */
int dataset_mean_faces(const struct dataset *dataset, const double *exaggeration, uint8_t *faces,
                       struct error *error);

#endif
