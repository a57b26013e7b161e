#include "face_relief.h"

#include <math.h>

float smooth_ramp(float from, float to, float x)
{
    float t = fminf(fmaxf((x - from) / (to - from), 0), 1);
    return t * t * (3 - 2 * t);
}

float hill(float x, float y, float radius_x, float radius_y)
{
    x /= radius_x;
    y /= radius_y;
    float t = 1 - x * x - y * y;
    return t > 0 ? t * t * t : 0;
}

static void shape_upper_face(struct face_shape *s, const float *u)
{
    float inner = u[INNER_BROW_RAISER], outer = u[OUTER_BROW_RAISER], lower = u[BROW_LOWERER];
    float wrinkle = u[NOSE_WRINKLER], tight = u[LID_TIGHTENER], open = 1 - u[EYES_CLOSED];
    s->brow_x = 0.17f - 0.05f * lower;
    s->brow_y[0] = -0.265f - 0.18f * inner + 0.14f * lower + 0.09f * wrinkle;
    s->brow_y[1] = -0.335f - 0.13f * outer - 0.05f * inner + 0.13f * lower + 0.08f * wrinkle;
    s->brow_y[2] = -0.245f - 0.13f * outer + 0.05f * inner + 0.03f * (lower + wrinkle);
    s->lid_upper = 0.105f + 0.05f * u[UPPER_LID_RAISER] - 0.035f * tight -
                   0.02f * (u[CHEEK_RAISER] + lower + wrinkle);
    s->lid_upper = s->lid_upper * open - 0.075f * (1 - open);
    s->lid_lower = 0.068f + 0.012f * u[UPPER_LID_RAISER] - 0.03f * tight -
                   0.025f * u[CHEEK_RAISER] - 0.015f * wrinkle;
    s->frown = lower;
    s->forehead = 0.5f * (inner + outer);
    s->bridge = wrinkle;
    s->bag = u[CHEEK_RAISER] + tight + 0.5f * wrinkle;
}

static void shape_lower_face(struct face_shape *s, const float *u)
{
    float smile = u[LIP_CORNER_PULLER], stretch = u[LIP_STRETCHER], down = u[LIP_CORNER_DEPRESSOR];
    float raise = u[UPPER_LIP_RAISER], part = u[LIPS_PART], drop = u[JAW_DROP];
    float pucker = u[LIP_PUCKERER], thin = 1 - 0.6f * u[LIP_TIGHTENER] - 0.2f * stretch;
    s->jaw = 0.26f * drop;
    s->mouth_half = 0.34f + 0.11f * smile + 0.12f * stretch - 0.11f * pucker - 0.03f * drop;
    s->mouth_corner = 0.915f - 0.13f * smile + 0.10f * down + 0.03f * stretch + 0.10f * drop;
    s->mouth_middle = 0.925f - 0.05f * u[CHIN_RAISER] - 0.06f * raise - 0.03f * u[NOSE_WRINKLER];
    s->gap_upper = (0.005f + 0.06f * raise + 0.03f * smile) * part + 0.02f * drop;
    s->gap_lower = (0.035f + 0.08f * smile) * part + 0.36f * drop + 0.13f * u[LOWER_LIP_DEPRESSOR];
    s->lip_upper = 0.08f * thin * (1 - 0.25f * smile) + 0.02f * pucker;
    s->lip_lower = 0.115f * thin * (1 - 0.2f * smile) + 0.02f * u[CHIN_RAISER];
    s->teeth = 0.035f + 0.09f * fminf(smile + raise + 0.4f * stretch, 1);
    s->nose_lift = 0.08f * u[NOSE_WRINKLER] + 0.03f * raise;
    s->cheek_lift = u[CHEEK_RAISER] + 0.5f * smile + 0.3f * u[NOSE_WRINKLER];
    s->fold =
        0.2f + 0.7f * smile + 0.8f * raise + 0.6f * u[NOSE_WRINKLER] + 0.3f * stretch + 0.3f * down;
    s->sneer = fminf(u[NOSE_WRINKLER] + 0.5f * raise, 1);
    s->chin = u[CHIN_RAISER];
}

struct face_shape face_shape_of(const float *units)
{
    struct face_shape shape;
    shape_upper_face(&shape, units);
    shape_lower_face(&shape, units);
    return shape;
}

static float follow_jaw(const struct face_shape *s, float y)
{
    return y - s->jaw * smooth_ramp(0.35f, 1.5f, y);
}

float face_half_width(const struct face_shape *s, float y)
{
    y = follow_jaw(s, y);
    if (y < 0) {
        float t = y / 1.36f;
        return t > -1 ? 0.97f * powf(1 - t * t, 0.45f) : 0;
    }
    float t = y / 1.47f;
    return t < 1 ? 0.97f * powf(1 - powf(t, 2.5f), 0.6f) : 0;
}

struct lips face_lips(const struct face_shape *s, float x)
{
    struct lips lips;
    float u = fminf(fabsf(x) / s->mouth_half, 1);
    float arch = 1 - u * u, round = sqrtf(arch);
    float line = s->mouth_corner + (s->mouth_middle - s->mouth_corner) * arch;
    float bow = 1 - 0.22f * hill(u, 0, 0.3f, 1);
    lips.u = u;
    lips.upper_inner = line - s->gap_upper * round;
    lips.lower_inner = line + s->gap_lower * (0.4f * arch + 0.6f * round);
    lips.upper_outer = lips.upper_inner - s->lip_upper * (0.55f * round + 0.45f * arch) * bow;
    lips.lower_outer = lips.lower_inner + s->lip_lower * (0.6f * round + 0.4f * arch);
    return lips;
}

/* Two half cylinders, flatter towards the corners of the mouth. */
static float lips_relief(const struct face_shape *s, float x, float y)
{
    struct lips l = face_lips(s, x);
    float t;
    if (y < l.upper_inner)
        t = 2 * (y - l.upper_outer) / (l.upper_inner - l.upper_outer + 1e-4f) - 1;
    else if (y > l.lower_inner)
        t = 2 * (y - l.lower_inner) / (l.lower_outer - l.lower_inner + 1e-4f) - 1;
    else
        return 0;
    return 0.055f * fmaxf(1 - t * t, 0) * (1 - l.u * l.u);
}

static float nose_relief(const struct face_shape *s, float x, float y)
{
    y += s->nose_lift * smooth_ramp(0.2f, 0.6f, y);
    float width = 0.21f + 0.13f * smooth_ramp(0, 0.55f, y), t = 1 - x * x / (width * width);
    float flare = 0.15f + 0.03f * s->sneer;
    float z = 0.10f * hill(x, y - 0.52f, 0.2f, 0.2f);
    z += (0.09f + 0.04f * s->sneer) * hill(x - flare, y - 0.56f, flare, 0.15f);
    if (t <= 0)
        return z;
    float root = 0.07f * smooth_ramp(-0.45f, -0.1f, y) * (1 - smooth_ramp(0.5f, 0.7f, y));
    float back = 0.20f * smooth_ramp(-0.25f, 0.55f, y) *
                 (1 - smooth_ramp(0.55f, 0.70f + 0.075f * s->sneer, y));
    return z + (root + back) * t * t * t;
}

/* How far from the fold that runs from the wings of the nose past the corners of the mouth, in half
 * its width; negative inside. A sneer draws it up along the nose. *ends is 0 where it ends. */
static float fold_distance(const struct face_shape *s, float x, float y, float *ends)
{
    float top = 0.46f - s->nose_lift - 0.14f * s->sneer, t = (y - top) / (0.96f - top);
    float line = 0.24f - 0.04f * s->sneer, out = s->mouth_half + 0.06f - line;
    *ends = smooth_ramp(-0.1f, 0.25f, t) * (1 - smooth_ramp(0.8f, 1.25f, t));
    return (x - line - out * t + (0.05f - 0.3f * s->sneer) * t * (1 - t)) / 0.09f;
}

float face_fold(const struct face_shape *s, float x, float y)
{
    float ends, d = fold_distance(s, x, y, &ends);
    return s->fold * ends * hill(d - 0.15f, 0, 0.8f, 1);
}

static float skin_folds(const struct face_shape *s, float x, float y)
{
    float z = 0;
    float ends, d = fold_distance(s, x, y, &ends);
    z += s->fold * ends * (0.02f * hill(d - 1.4f, 0, 1.8f, 1) - 0.022f * hill(d, 0, 1, 1));
    if (y < -0.36f)
        z += 0.009f * s->forehead * sinf(y * 52) * hill(x, y + 0.62f, 0.75f, 0.24f);
    if (s->frown > 0) {
        z -= 0.035f * (1 - 0.5f * s->sneer) * s->frown * hill(x - 0.075f, y + 0.22f, 0.05f, 0.20f);
        z += 0.025f * s->frown * hill(x, y + 0.22f, 0.10f, 0.25f);
        z += 0.03f * s->frown * hill(x - 0.2f, y + 0.2f, 0.16f, 0.15f);
    }
    if (s->bridge > 0)
        z += 0.014f * s->bridge * sinf(y * 62) * hill(x, y - 0.02f, 0.22f, 0.22f);
    return z;
}

float face_relief(const struct face_shape *s, float half_width, float x, float y)
{
    float yj = follow_jaw(s, y), t = half_width > 0 ? x / half_width : 1;
    float z = 0.72f * half_width * sqrtf(1 - fminf(t * t, 0.98f));
    float cheek = 0.06f * s->cheek_lift;
    z -= 0.16f * (yj - 0.15f) * (yj - 0.15f);
    z += 0.05f * hill(x - 0.40f, y + 0.25f - 0.05f * s->frown, 0.5f, 0.24f);
    z -= 0.16f * hill(x - 0.36f, y - 0.01f, 0.42f, 0.30f);
    z += 0.10f * hill(x - 0.42f, y, 0.27f, 0.2f);
    z += (0.07f + cheek) * hill(x - 0.56f, y - 0.45f + cheek, 0.42f, 0.36f);
    z += 0.03f * s->bag * hill(x - 0.42f, y - 0.15f, 0.26f, 0.09f);
    z += 0.11f * s->sneer * hill(x - 0.30f, y - 0.26f, 0.22f, 0.22f);
    z += nose_relief(s, x, y);
    z += 0.08f * hill(x, y - 0.92f, 0.6f, 0.4f);
    z += lips_relief(s, x, y);
    z -= 0.02f * hill(x, y - 0.76f, 0.06f, 0.1f);
    z -= 0.06f * hill(x, yj - 1.12f + 0.02f * s->chin, 0.32f, 0.11f);
    z += (0.09f + 0.03f * s->chin) * hill(x, yj - 1.27f + 0.03f * s->chin, 0.32f, 0.22f);
    return z + skin_folds(s, x, y);
}
