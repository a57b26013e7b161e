#include "labels.h"

const char *const label_names[LABEL_COUNT] = {"angry", "disgust",  "fear",   "happy",
                                              "sad",   "surprise", "neutral"};

int predicted_class(const float *probabilities, int class_count)
{
    int best = 0;
    for (int k = 1; k < class_count; k++)
        if (probabilities[k] > probabilities[best])
            best = k;
    return best;
}
