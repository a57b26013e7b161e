#include "labels.h"

const char *const label_names[LABEL_COUNT] = {"angry", "disgust",  "fear",   "happy",
                                              "sad",   "surprise", "neutral"};
