/* The colours of the labels, in pictures and timelines. */
#ifndef LABEL_COLOURS_H
#define LABEL_COLOURS_H

#include "expressions.h"

#include <stdint.h>

/* 0xRRGGBB: the palette of Okabe & Ito 2008, which colour-blind people can tell apart, three of its
 * colours a little lighter, with grey for neutral. */
extern const uint32_t label_colours[EXPRESSIONS_LABEL_COUNT];

#endif
