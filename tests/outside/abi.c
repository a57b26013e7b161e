/* What the declarations come to in binary: sizes, places and values, one per line. */
#include <expressions_research.h>

#include <stddef.h>
#include <stdio.h>

#define STRUCT(name)        printf("struct %s: %zu bytes\n", #name, sizeof(struct name))
#define MEMBER(name, field) printf("    %s at %zu\n", #field, offsetof(struct name, field))
#define VALUE(name)         printf("%s = %d\n", #name, (int)(name))

static void print_settings(void)
{
    STRUCT(expressions_model_settings);
    MEMBER(expressions_model_settings, size);
    MEMBER(expressions_model_settings, prior);
    MEMBER(expressions_model_settings, reserved);
    STRUCT(expressions_detector_settings);
    MEMBER(expressions_detector_settings, size);
    MEMBER(expressions_detector_settings, cascade);
    MEMBER(expressions_detector_settings, reserved);
    STRUCT(expressions_tracker_settings);
    MEMBER(expressions_tracker_settings, size);
    MEMBER(expressions_tracker_settings, detector);
    MEMBER(expressions_tracker_settings, reserved);
    STRUCT(expressions_smoother_settings);
    MEMBER(expressions_smoother_settings, size);
    MEMBER(expressions_smoother_settings, seconds);
    MEMBER(expressions_smoother_settings, adapt);
    MEMBER(expressions_smoother_settings, reserved);
}

static void print_data(void)
{
    STRUCT(expressions_error);
    MEMBER(expressions_error, status);
    MEMBER(expressions_error, text);
    STRUCT(expressions_picture);
    MEMBER(expressions_picture, pixels);
    MEMBER(expressions_picture, width);
    MEMBER(expressions_picture, height);
    MEMBER(expressions_picture, stride);
    MEMBER(expressions_picture, format);
    STRUCT(expressions_box);
    MEMBER(expressions_box, x);
    MEMBER(expressions_box, y);
    MEMBER(expressions_box, width);
    MEMBER(expressions_box, height);
    STRUCT(expressions_face);
    MEMBER(expressions_face, box);
    MEMBER(expressions_face, id);
    MEMBER(expressions_face, held);
    MEMBER(expressions_face, label);
    MEMBER(expressions_face, second);
    MEMBER(expressions_face, uncertain);
    MEMBER(expressions_face, smoothed);
    MEMBER(expressions_face, calibration);
    MEMBER(expressions_face, score);
    MEMBER(expressions_face, probabilities);
    MEMBER(expressions_face, raw);
    MEMBER(expressions_face, reserved);
    STRUCT(expressions_evaluation);
    MEMBER(expressions_evaluation, count);
    MEMBER(expressions_evaluation, accuracy);
    MEMBER(expressions_evaluation, macro_f1);
    MEMBER(expressions_evaluation, calibration_error);
    MEMBER(expressions_evaluation, precision);
    MEMBER(expressions_evaluation, recall);
    MEMBER(expressions_evaluation, f1);
    MEMBER(expressions_evaluation, confusion);
}

static void print_values(void)
{
    VALUE(EXPRESSIONS_OK);
    VALUE(EXPRESSIONS_BAD_ARGUMENT);
    VALUE(EXPRESSIONS_NO_MEMORY);
    VALUE(EXPRESSIONS_BAD_MODEL);
    VALUE(EXPRESSIONS_BAD_CASCADE);
    VALUE(EXPRESSIONS_FAILED);
    VALUE(EXPRESSIONS_GREY);
    VALUE(EXPRESSIONS_BGR);
    VALUE(EXPRESSIONS_RGB);
    VALUE(EXPRESSIONS_BGRA);
    VALUE(EXPRESSIONS_RGBA);
    VALUE(EXPRESSIONS_Y);
    VALUE(EXPRESSIONS_PLAIN);
    VALUE(EXPRESSIONS_COLLECTING);
    VALUE(EXPRESSIONS_CALIBRATED);
    VALUE(EXPRESSIONS_ADAPTED);
    VALUE(EXPRESSIONS_LABEL_COUNT);
    VALUE(EXPRESSIONS_CROP_SIDE);
    VALUE(EXPRESSIONS_CROP_PIXELS);
    VALUE(EXPRESSIONS_MAX_FACES);
    VALUE(EXPRESSIONS_MAX_SIDE);
    VALUE(EXPRESSIONS_DESCRIPTION_SIZE);
}

int main(void)
{
    print_settings();
    print_data();
    print_values();
    return 0;
}
