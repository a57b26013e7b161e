/* Results as JSON Lines: one object for each picture or frame. */
#ifndef JSONL_H
#define JSONL_H

#include "frame.h"

#include <stdio.h>

/* Writes and flushes one line:
 *   {"source":..., "frame":..., "time":..., "clock":..., "width":..., "height":...,
 *    "faces":[{"id":..., "box":[x,y,width,height], "face":..., "emotion":..., "label":...,
 *    "confidence":..., "emotions":{...}, "raw":{...}}, ...]}
 * Frames of live sources have `clock`, and smoothed faces `raw`. Boxes are clipped to the picture.
 * Bytes of `source` that are not UTF-8 become U+FFFD. */
int jsonl_write(FILE *out, const char *source, const struct frame *frame, struct error *error);

#endif
