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
    return isfinite(seconds) ? fail_argument(error, "`seconds` is %g; it must be 0 .. 60", seconds)
                             : fail_argument(error, "`seconds` is not finite");
}

enum expressions_status
expressions_smoother_open(struct expressions_smoother **smoother,
                          const struct expressions_smoother_settings *settings,
                          struct expressions_error *error)
{
    static const struct expressions_smoother_settings defaults = EXPRESSIONS_SMOOTHER_DEFAULTS;
    if (!smoother)
        return fail_null(error, "smoother");
    if (!settings)
        settings = &defaults;
    enum expressions_status status = CHECK_SETTINGS(settings, error);
    if (status == EXPRESSIONS_OK)
        status = check_seconds(settings->seconds, error);
    if (status != EXPRESSIONS_OK)
        return status;
    struct expressions_smoother *made = calloc(1, sizeof *made);
    if (!made)
        return fail(error, EXPRESSIONS_NO_MEMORY, "no memory for the smoother");
    made->smoother.seconds = settings->seconds;
    smoother_adapt(&made->smoother, settings->adapt != 0);
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
        return fail_null(error, "smoother");
    enum expressions_status status = check_seconds(seconds, error);
    if (status == EXPRESSIONS_OK)
        smoother->smoother.seconds = seconds;
    return status;
}

enum expressions_status expressions_smooth(struct expressions_smoother *smoother, double time,
                                           struct expressions_face *faces, int count,
                                           struct expressions_error *error)
{
    if (!smoother)
        return fail_null(error, "smoother");
    enum expressions_status status = check_faces(faces, count, error);
    if (status == EXPRESSIONS_OK)
        status = check_time(time, error);
    if (status != EXPRESSIONS_OK)
        return status;
    if (count > EXPRESSIONS_MAX_FACES)
        return fail_argument(error, "`count` is %d; at most %d are smoothed", count,
                             EXPRESSIONS_MAX_FACES);
    for (int i = 0; i < count; i++) {
        if (faces[i].id < 1)
            return fail_argument(error, "`faces[%d].id` is %d, which no tracker gives", i,
                                 faces[i].id);
    }
    smoother_run(&smoother->smoother, faces, count, time);
    return EXPRESSIONS_OK;
}

static enum expressions_status calibrate(struct expressions_smoother *smoother, int id, bool on,
                                         struct expressions_error *error)
{
    if (!smoother)
        return fail_null(error, "smoother");
    if (id < 1 || smoother_calibrate(&smoother->smoother, id, on))
        return fail_argument(error, "`id` is %d, which no face of the latest frame has", id);
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
        return fail_null(error, "smoother");
    smoother_adapt(&smoother->smoother, on != 0);
    return EXPRESSIONS_OK;
}
