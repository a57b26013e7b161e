/* What speaks for and against the label of the face that is chosen in the window. */
#ifndef EXPLANATION_H
#define EXPLANATION_H

#include "setup.h"

/* Shows it if the user wants to see it; `frame` is the one that was recognized last, or NULL. */
int explanation_show(const struct vision *vision, struct view *view, const struct frame *frame,
                     struct error *error);

#endif
