/* Prints what a model says of a made-up picture, and how many faces a detector finds in it.
 * Usage: outside MODEL */
#include <expressions.h>

#include <stdio.h>

/* Names that the library uses for itself; its own must not be met. */
void log_line(void);
void log_line(void)
{
}
int rng_next, file_read;

int main(int argc, char *argv[])
{
    static uint8_t pixels[64 * 64];
    const struct expressions_picture picture = {pixels, 64, 64, 64, EXPRESSIONS_GREY};
    struct expressions_face face = {.box = {0, 0, 64, 64}}, faces[EXPRESSIONS_MAX_FACES];
    struct expressions_model *model = NULL;
    struct expressions_recognizer *recognizer = NULL;
    struct expressions_detector *detector = NULL;
    struct expressions_error error;
    int count;
    for (int i = 0; i < 64 * 64; i++)
        pixels[i] = (uint8_t)(i / 64 * 2 + i % 7);
    if (expressions_model_open(&model, argc > 1 ? argv[1] : NULL, NULL, &error) ||
        expressions_recognizer_open(&recognizer, model, &error) ||
        expressions_detector_open(&detector, NULL, &error) ||
        expressions_detect(detector, &picture, faces, EXPRESSIONS_MAX_FACES, &count, &error) ||
        expressions_recognize(recognizer, &picture, &face, 1, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    printf("%s: %d faces, %s %.4f\n", expressions_version(), count,
           expressions_label_name(face.label), (double)face.probabilities[face.label]);
    expressions_detector_close(&detector);
    expressions_recognizer_close(&recognizer);
    expressions_model_close(&model);
    return 0;
}
