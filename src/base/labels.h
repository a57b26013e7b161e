/* The seven expressions in the order of fer2013.csv, which is the order everywhere. */
#ifndef LABELS_H
#define LABELS_H

enum { LABEL_COUNT = 7 };

/* Width and height in pixels of the grey crops that FER2013 consists of. */
enum { FACE_SIDE = 48 };

/* Their names: in one text, and each. */
#define LABEL_LIST "angry, disgust, fear, happy, sad, surprise, neutral"
extern const char *const label_names[LABEL_COUNT];

/* The most probable class; of several equally probable ones the first. */
int predicted_class(const float *probabilities, int class_count);

#endif
