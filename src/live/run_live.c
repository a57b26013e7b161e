#include "run.h"

#include "ocv.h"
#include "session_run.h"

#include <stdlib.h>

int run_live(const struct options *options, struct error *error)
{
    ocv_setup(2);
    struct session *session = calloc(1, sizeof *session);
    if (!session)
        return error_no_memory(error, "the frames");
    session->options = options;
    int result = session_run(session, error);
    session_free(&session);
    return result;
}
