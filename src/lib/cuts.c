#include "cuts.h"

#include <math.h>
#include <string.h>

/* Frames with a lower correlation have a cut between them. From frame to frame of films it is .9 or
 * more; at five frames a second, of a camera that turns, .55 or more; across cuts it is rarely
 * above .3. */
static const float least_correlation = 0.4f;
/* Standard deviation, in grey levels, below which a frame is nearly plain. */
static const float plain = 4;
enum { SPOT = 8 /* pixels wide and high */ };

static int lesser(int a, int b)
{
    return a < b ? a : b;
}

/* The mean of a spot in the middle of its cell. */
static float mean_of_spot(const struct grey_image *frame, int column, int row)
{
    int width = lesser(SPOT, frame->width), height = lesser(SPOT, frame->height);
    int left = (frame->width - width) * (2 * column + 1) / (2 * CUTS_ACROSS);
    int top = (frame->height - height) * (2 * row + 1) / (2 * CUTS_DOWN), sum = 0;
    for (int y = top; y < top + height; y++)
        for (int x = left; x < left + width; x++)
            sum += frame->pixels[(size_t)y * frame->stride + (size_t)x];
    return (float)sum / (float)(width * height);
}

/* Returns false where the frame is nearly plain. */
static bool normalize(float *cells)
{
    float mean = 0, square = 0;
    for (int i = 0; i < CUTS_CELLS; i++)
        mean += cells[i] / CUTS_CELLS;
    for (int i = 0; i < CUTS_CELLS; i++) {
        cells[i] -= mean;
        square += cells[i] * cells[i];
    }
    if (square <= plain * plain * CUTS_CELLS)
        return false;
    for (int i = 0; i < CUTS_CELLS; i++)
        cells[i] /= sqrtf(square);
    return true;
}

bool cuts_look(struct cuts *cuts, const struct grey_image *frame)
{
    float cells[CUTS_CELLS], correlation = 0;
    for (int i = 0; i < CUTS_CELLS; i++)
        cells[i] = mean_of_spot(frame, i % CUTS_ACROSS, i / CUTS_ACROSS);
    if (!normalize(cells))
        return false;
    for (int i = 0; i < CUTS_CELLS; i++)
        correlation += cells[i] * cuts->cells[i];
    bool cut = cuts->begun && correlation < least_correlation;
    memcpy(cuts->cells, cells, sizeof cells);
    cuts->begun = true;
    return cut;
}
