/* What the window shows beside the faces: chips and panels of text. All sizes follow
 * `em`, the height of an em in pixels. */
#ifndef HUD_H
#define HUD_H

#include "paint.h"

/* A line of text on a dark chip whose top-left corner is (x, y), and its width. */
void hud_chip(struct paint *paint, int x, int y, int em, double opacity, const char *text);
int hud_chip_width(struct paint *paint, int em, const char *text);

/* The same with a red dot before the text. */
void hud_recording(struct paint *paint, int x, int y, int em, const char *text);
int hud_recording_width(struct paint *paint, int em, const char *text);

/* A chip in the middle of the upper edge that leaves `beside` pixels free at the left, or else goes
 * one line down: where it goes, and drawn there. */
SDL_Rect hud_notice_place(struct paint *paint, SDL_Rect area, int em, int beside, const char *text);
void hud_notice(struct paint *paint, SDL_Rect place, int em, double opacity, const char *text);

/* A panel of lines of text: how large it is (w and h), and drawing it at a place. */
SDL_Rect hud_lines_size(struct paint *paint, int em, const char *const *lines, int count);
void hud_lines(struct paint *paint, SDL_Rect place, int em, const char *const *lines, int count);

/* A chip that says what the colours of a heat map mean, in the same way. `label` is the one that is
 * explained. */
SDL_Rect hud_legend_size(struct paint *paint, int em, const char *label);
void hud_legend(struct paint *paint, SDL_Rect place, int em, const char *label);

/* Dims what has been drawn so far, under what comes next. */
void hud_dim(struct paint *paint, SDL_Rect area);

/* Dims the area and says that there is no signal. */
void hud_no_signal(struct paint *paint, SDL_Rect area, int em);

#endif
