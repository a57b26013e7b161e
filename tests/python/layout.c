/* Prints how the structs of expressions.h lie in memory, and its constants: the Python package has
 * its own copy of both, in ctypes. */
#include <expressions.h>
#include <stdio.h>

#define SIZE(type) printf("%s %zu\n", #type, sizeof(struct expressions_##type))
#define PLACE(type, field)                                                                         \
    printf("%s.%s %zu\n", #type, #field, offsetof(struct expressions_##type, field))

int main(void)
{
    SIZE(error), PLACE(error, status), PLACE(error, text);
    SIZE(box), PLACE(box, x), PLACE(box, y), PLACE(box, width), PLACE(box, height);
    SIZE(picture), PLACE(picture, pixels), PLACE(picture, width), PLACE(picture, height);
    PLACE(picture, stride), PLACE(picture, format);
    SIZE(face), PLACE(face, box), PLACE(face, id), PLACE(face, held), PLACE(face, label);
    PLACE(face, second), PLACE(face, uncertain), PLACE(face, smoothed), PLACE(face, calibration);
    PLACE(face, score), PLACE(face, probabilities), PLACE(face, raw);
    printf("LABELS %d\nMAX_FACES %d\nCROP_SIDE %d\nDESCRIPTION_SIZE %d\nGREY %d\nBGR %d\n",
           EXPRESSIONS_LABEL_COUNT, EXPRESSIONS_MAX_FACES, EXPRESSIONS_CROP_SIDE,
           EXPRESSIONS_DESCRIPTION_SIZE, EXPRESSIONS_GREY, EXPRESSIONS_BGR);
    printf("ArgumentError %d\nOutOfMemoryError %d\nModelError %d\nCascadeError %d\nError %d\n",
           EXPRESSIONS_BAD_ARGUMENT, EXPRESSIONS_NO_MEMORY, EXPRESSIONS_BAD_MODEL,
           EXPRESSIONS_BAD_CASCADE, EXPRESSIONS_FAILED);
    printf("plain %d\ncollecting %d\ncalibrated %d\nadapted %d\n", EXPRESSIONS_PLAIN,
           EXPRESSIONS_COLLECTING, EXPRESSIONS_CALIBRATED, EXPRESSIONS_ADAPTED);
    return 0;
}
