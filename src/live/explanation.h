/* What speaks for the answer of the face that is chosen in the window, and what against it. */
#ifndef EXPLANATION_H
#define EXPLANATION_H

#include "setup.h"

/* Shows it where it is wanted; `frame` is the one that was recognized last, or NULL. */
int explanation_show(const struct vision *vision, struct view *view, const struct frame *frame,
                     struct error *error);

#endif
