#include "internal.h"
#include "smoother.h"

#include <math.h>
#include <stdlib.h>

struct expressions_smoother {
    struct smoother smoother;
};

static enum expressions_status check_seconds(double seconds, struct expressions_error *error)
{
    if (seconds >= 0 && seconds <= 60)
        return EXPRESSIONS_OK;
    return fail_argument(error, "the seconds of smoothing are not 0 .. 60");
}

enum expressions_status expressions_smoother_open(struct expressions_smoother **smoother,
                                                  double seconds, struct expressions_error *error)
{
    if (!smoother)
        return fail_argument(error, "there is no place for the smoother");
    enum expressions_status status = check_seconds(seconds, error);
    if (status != EXPRESSIONS_OK)
        return status;
    struct expressions_smoother *made = calloc(1, sizeof *made);
    if (!made)
        return fail(error, EXPRESSIONS_NO_MEMORY, "no memory for the smoother");
    made->smoother.seconds = seconds;
    *smoother = made;
    return EXPRESSIONS_OK;
}

void expressions_smoother_close(struct expressions_smoother **smoother)
{
    if (!smoother)
        return;
    free(*smoother);
    *smoother = NULL;
}

enum expressions_status expressions_smoother_set(struct expressions_smoother *smoother,
                                                 double seconds, struct expressions_error *error)
{
    if (!smoother)
        return fail_argument(error, "there is no smoother");
    enum expressions_status status = check_seconds(seconds, error);
    if (status == EXPRESSIONS_OK)
        smoother->smoother.seconds = seconds;
    return status;
}

enum expressions_status expressions_smooth(struct expressions_smoother *smoother, double time,
                                           struct expressions_face *faces, int count,
                                           struct expressions_error *error)
{
    if (!smoother || count < 0 || (count > 0 && !faces))
        return fail_argument(error, "there is no smoother, or there are no faces");
    if (count > EXPRESSIONS_MAX_FACES)
        return fail_argument(error, "there are more than 64 faces");
    if (!isfinite(time))
        return fail_argument(error, "the time is no number");
    for (int i = 0; i < count; i++) {
        if (faces[i].id < 1)
            return fail_argument(error, "a face's id is not 1 or more: it comes from no tracker");
    }
    smoother_run(&smoother->smoother, faces, count, time);
    return EXPRESSIONS_OK;
}

static enum expressions_status calibrate(struct expressions_smoother *smoother, int id, bool on,
                                         struct expressions_error *error)
{
    if (!smoother)
        return fail_argument(error, "there is no smoother");
    if (id < 1 || smoother_calibrate(&smoother->smoother, id, on))
        return fail_argument(error, "the latest frame had no face with this id");
    return EXPRESSIONS_OK;
}

enum expressions_status expressions_calibrate(struct expressions_smoother *smoother, int id,
                                              struct expressions_error *error)
{
    return calibrate(smoother, id, true, error);
}

enum expressions_status expressions_uncalibrate(struct expressions_smoother *smoother, int id,
                                                struct expressions_error *error)
{
    return calibrate(smoother, id, false, error);
}

enum expressions_status expressions_adapt(struct expressions_smoother *smoother, int on,
                                          struct expressions_error *error)
{
    if (!smoother)
        return fail_argument(error, "there is no smoother");
    smoother_adapt(&smoother->smoother, on != 0);
    return EXPRESSIONS_OK;
}
