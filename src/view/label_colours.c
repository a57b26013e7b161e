#include "label_colours.h"

const uint32_t label_colours[EXPRESSIONS_LABEL_COUNT] = {
    0xF06A35, /* angry: vermilion, lighter */
    0x1FB588, /* disgust: bluish green, lighter */
    0xD88CBA, /* fear: reddish purple, lighter */
    0xF0E442, /* happy: yellow */
    0x56B4E9, /* sad: sky blue */
    0xE69F00, /* surprise: orange */
    0xD4D6DA, /* neutral */
};
