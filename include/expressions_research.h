/** @file
 * The part of libexpressions that looks inside a recognizer and measures models: crops in, and what
 * the networks read and answer. The rules are those of expressions.h. */
#ifndef EXPRESSIONS_RESEARCH_H
#define EXPRESSIONS_RESEARCH_H

#include "expressions.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Inside the recognizer ------------------------------------------------------------------- */

/** Recognizes crops[count x EXPRESSIONS_CROP_PIXELS] at once, cut from any number of pictures or
 * taken from fer2013.csv: answers[count x EXPRESSIONS_LABEL_COUNT], each row sums to 1. */
EXPRESSIONS_API enum expressions_status
expressions_recognize_crops(struct expressions_recognizer *recognizer, const uint8_t *crops,
                            int count, float *answers, struct expressions_error *error);

/** Turns, scales and shifts crops[count x EXPRESSIONS_CROP_PIXELS] as the recognizer does before
 * its networks look at them, into faces[count x EXPRESSIONS_CROP_PIXELS]; the two do not overlap.
 */
EXPRESSIONS_API enum expressions_status expressions_align(struct expressions_recognizer *recognizer,
                                                          const uint8_t *crops, int count,
                                                          uint8_t *faces,
                                                          struct expressions_error *error);

/** How many networks a model has; they are numbered from 0. */
EXPRESSIONS_API int expressions_model_networks(const struct expressions_model *model);

/** The length of the vector that a network reads; 0 if there is no network of that number. */
EXPRESSIONS_API int expressions_vector_size(const struct expressions_model *model, int network);

/** Whether a model's answer is the mean over the face and its mirror image: 1 or 0. */
EXPRESSIONS_API int expressions_model_mirrors(const struct expressions_model *model);

/** What a network reads of crops[count x EXPRESSIONS_CROP_PIXELS], or, where `mirrored` is not 0,
 * of their mirror images: vectors[count x expressions_vector_size]. They are the inputs of the
 * graph that `train_fer --export-onnx` writes. */
EXPRESSIONS_API enum expressions_status
expressions_vectors(struct expressions_recognizer *recognizer, int network, int mirrored,
                    const uint8_t *crops, int count, float *vectors,
                    struct expressions_error *error);

/* ---- Measuring a model ----------------------------------------------------------------------- */

/** How well a model does on labelled crops. */
struct expressions_evaluation {
    int count;                /**< crops */
    double accuracy;          /**< share of right answers */
    double macro_f1;          /**< unweighted mean of f1 over the labels that occur */
    double calibration_error; /**< expected calibration error, 15 bins of equal width */
    double precision[EXPRESSIONS_LABEL_COUNT]; /**< of each label; 0 where undefined */
    double recall[EXPRESSIONS_LABEL_COUNT];    /**< of each label; 0 where undefined */
    double f1[EXPRESSIONS_LABEL_COUNT];        /**< of each label; 0 where undefined */
    int confusion[EXPRESSIONS_LABEL_COUNT][EXPRESSIONS_LABEL_COUNT]; /**< [true][predicted] */
};

/** Measures on crops[count x EXPRESSIONS_CROP_PIXELS], such as the pictures of fer2013.csv, with
 * their labels[count]; count is at least 1. */
EXPRESSIONS_API enum expressions_status
expressions_evaluate(struct expressions_recognizer *recognizer, const uint8_t *crops,
                     const uint8_t *labels, int count, struct expressions_evaluation *evaluation,
                     struct expressions_error *error);

#ifdef __cplusplus
}
#endif

#endif
