/* Rare classes and honest confidence: how much each sample counts in a training, and what the
 * answers assume afterwards. */
#ifndef CALIBRATION_H
#define CALIBRATION_H

#include "checkpoint.h"
#include "validation.h"

/* Fills weights[N] for samples[count]: a sample counts by the rarity of its classes, as far as the
 * recipe says, 1 on average; and prior[K], the classes' shares in the targets. */
void calibration_weigh(const struct recipe *recipe, const struct dataset *dataset,
                       const int *samples, int count, float *weights, float *prior);

/* Fits the last layers of the best networks, whose answers assume prior[K], to the prior that the
 * recipe asks for, and writes that to prior[K]. Where it is not the training's, or classes had
 * weights, what the answers lean to beyond the classes' shares in the targets is taken off the
 * logits. They are divided by the temperature that suits the validation split as it is met in use
 * (validation_meet), so that confidence is the chance of being right. Then each class's logit gets
 * the logarithm of its share in the new prior over that in the old (logit adjustment, Menon et al.
 * 2021). */
int calibrate(struct training_state *state, struct validation *validation, float *prior,
              struct error *error);

#endif
