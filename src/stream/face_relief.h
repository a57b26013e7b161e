/* The relief of the drawn face: where its muscles put brows, eyelids, lips and skin. Lengths are in
 * halves of the face's width; (0, 0) lies between the eyes, x to the right, y down, heights towards
 * the viewer. The left is the mirror image of the right. */
#ifndef FACE_RELIEF_H
#define FACE_RELIEF_H

/* The muscles: action units of the Facial Action Coding System (Ekman & Friesen 1978). */
enum action_unit {
    INNER_BROW_RAISER,    /* AU 1 */
    OUTER_BROW_RAISER,    /* AU 2 */
    BROW_LOWERER,         /* AU 4 */
    UPPER_LID_RAISER,     /* AU 5 */
    CHEEK_RAISER,         /* AU 6 */
    LID_TIGHTENER,        /* AU 7 */
    NOSE_WRINKLER,        /* AU 9 */
    UPPER_LIP_RAISER,     /* AU 10 */
    LIP_CORNER_PULLER,    /* AU 12 */
    LIP_CORNER_DEPRESSOR, /* AU 15 */
    LOWER_LIP_DEPRESSOR,  /* AU 16 */
    CHIN_RAISER,          /* AU 17 */
    LIP_PUCKERER,         /* AU 18 */
    LIP_STRETCHER,        /* AU 20 */
    LIP_TIGHTENER,        /* AU 23 */
    LIPS_PART,            /* AU 25 */
    JAW_DROP,             /* AU 26 */
    EYES_CLOSED,          /* AU 43 */
    ACTION_UNIT_COUNT
};

/* What follows from the muscles alone. */
struct face_shape {
    float jaw;                  /* how far the chin hangs */
    float brow_x, brow_y[3];    /* the inner end's x; y there, at the arch, at the outer end */
    float lid_upper, lid_lower; /* height over and under the middle of the eye */
    float mouth_half, mouth_corner,
        mouth_middle;                  /* half width; y of the corners and of the middle */
    float gap_upper, gap_lower;        /* how far the lips are off that line */
    float lip_upper, lip_lower, teeth; /* how much of them is seen in the middle */
    float nose_lift, cheek_lift, sneer;
    float fold, frown, forehead, bridge, bag,
        chin; /* how deep the wrinkles are, and the chin's hill */
};

/* units[ACTION_UNIT_COUNT]: how far each muscle contracts: 0 (at rest) to 1, or a little more. */
struct face_shape face_shape_of(const float *units);

/* Across the lips at one x. */
struct lips {
    float upper_outer, upper_inner, lower_inner, lower_outer; /* y */
    float u;                                                  /* 0 in the middle, 1 in the corner */
};

struct lips face_lips(const struct face_shape *shape, float x);

/* Half the width of the face at this height; 0 above and below it. */
float face_half_width(const struct face_shape *shape, float y);

/* The height at (x, y), for x >= 0; half_width is face_half_width there. */
float face_relief(const struct face_shape *shape, float half_width, float x, float y);

/* How deep the fold between cheek and mouth is at (x, y), x >= 0. */
float face_fold(const struct face_shape *shape, float x, float y);

/* 0 up to `from`, 1 after `to`, smooth between. */
float smooth_ramp(float from, float to, float x);

/* A smooth hill of height 1 on an ellipse around (0, 0). */
float hill(float x, float y, float radius_x, float radius_y);

#endif
