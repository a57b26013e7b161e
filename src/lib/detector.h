/* Finds faces in a frame with OpenCV's Haar cascades. One thread at a time.
 *
 * Boxes may extend beyond the picture. Of several boxes on the same face only the first is kept. */
#ifndef DETECTOR_H
#define DETECTOR_H

#include "error.h"
#include "grey_frame.h"
#include "verifier.h"

#include <stdbool.h>

struct detector;

/* What a verifier's score must reach: for a new face; for one that is known already and found where
 * it is expected; and to take it for found there although the cascade is silent. */
#define DETECTOR_NEW    0.5f
#define DETECTOR_KNOWN  0.02f
#define DETECTOR_SILENT 0.8f

int detector_open(struct detector **detector, const char *cascade_path, struct error *error);
void detector_close(struct detector **detector);

/* Lets a verifier (verifier.h), which must outlive the detector, judge what the cascades find; they
 * then look more loosely. A verifier without parameters ends that. */
int detector_set_verifier(struct detector *detector, const struct mlp *verifier,
                          struct error *error);

bool detector_has_verifier(const struct detector *detector);

/* How sure the verifier is that this box of the frame shows a face, 0 .. 1; 1 without a
 * verifier. */
float detector_verify(struct detector *detector, const struct grey_frame *frame, struct box box);

/* For stills, thorough: small faces in groups, faces that fill a tight portrait, tilted ones,
 * profiles. Fills frame->boxes from the grey picture, largest box first. With the default cascade,
 * the others of cascade_files.h search too, if they are in the same folder. */
int detector_find(struct detector *detector, struct grey_frame *frame, struct error *error);

/* The same, quicker, for faces that the verifier is so sure of that they can be followed where the
 * cascade is silent, at least a sixteenth as wide as the picture is long: what a new scene may show
 * that detector_scan does not find. */
int detector_find_sure(struct detector *detector, struct grey_frame *frame, struct error *error);

/* Adds a box to frame->boxes, unless it is outside, or on another one. */
void detector_add(struct grey_frame *frame, struct box box, float score);

/* For live pictures: the three functions below add to frame->boxes what they find that is not there
 * yet. */

/* Looks for one face that is known, near `expected`. */
int detector_look(struct detector *detector, struct grey_frame *frame, struct box expected,
                  struct error *error);

/* The same for a face that was found once, by a scan: stricter, since a scan errs more often. */
int detector_confirm(struct detector *detector, struct grey_frame *frame, struct box expected,
                     struct error *error);

/* Looks anywhere but on the boxes already there for faces whose size lies in one of the ranges
 * 0 .. DETECTOR_RANGES-1, which together cover all sizes from 1/16 of the frame's longest side. */
enum { DETECTOR_RANGES = 4 };
int detector_scan(struct detector *detector, struct grey_frame *frame, int range,
                  struct error *error);

#endif
