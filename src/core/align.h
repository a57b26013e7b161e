/* Where in a crop the face lies: a small perceptron looks at the middle of the crop and says how
 * far it is turned, scaled and shifted relative to the average face. Once that is undone, in a few
 * steps, all faces lie alike; a network without convolutions could not make up for the difference
 * by itself.
 *
 * The perceptron learns without labels (fit_aligner.h), in the manner of congealing (Learned-Miller
 * 2006) and of cascaded pose regression (Dollar et al. 2010). */
#ifndef ALIGN_H
#define ALIGN_H

#include "error.h"
#include "feature_vector.h"
#include "mlp.h"
#include "rng.h"
#include "warp.h"

#include <stdint.h>

enum { ALIGN_OUTPUTS = 4 };

/* A face's turn, size and place against the average one. */
struct pose {
    float angle;     /* radians */
    float log_scale; /* of the view: positive where the face is small */
    float dx, dy;    /* shares of the crop's side */
};

/* The vector that the perceptron sees: HOG of the view, which has the crop's size. */
struct features align_features(int width, int height);

/* Checks that this is such a perceptron for these crops; the error says what is wrong. */
int align_check(const struct mlp_config *config, int width, int height, struct error *error);

/* What the perceptron looks at: the middle of the face under `face`, which takes positions of the
 * upright face to the crop's, further moved by `pose`. The border of the crop, where pixels are
 * repeated and would give the move away, stays outside. */
void align_view(const struct affine *face, const struct pose *pose, const uint8_t *crop, int width,
                int height, uint8_t *view);

/* pose <-> the perceptron's outputs, [0, 1] each. Random poses are uniform within the bounds of
 * what the outputs can say, less a margin. */
void align_encode(const struct pose *pose, float outputs[ALIGN_OUTPUTS]);
struct pose align_random_pose(struct rng *rng);

/* The pose of the mirrored view. */
struct pose align_mirror(const struct pose *pose);

/* The face `times` as large: what lies at its border is hair and background. */
struct affine align_enlarge(const struct affine *face, float times, int width, int height);

/* A thread's scratch for one crop. */
struct align_workspace;

int align_workspace_create(struct align_workspace **workspace, const struct mlp *aligner, int width,
                           int height, struct error *error);
void align_workspace_free(struct align_workspace **workspace);

/* Fills face: warp_picture with it gives the upright, centred face. A mirrored crop gets the
 * mirrored face. */
void align_find(const struct mlp *aligner, struct align_workspace *workspace, const uint8_t *crop,
                struct affine *face);

#endif
