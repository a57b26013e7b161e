/* Writes pictures for the tests of the programs into a folder: face.png (the demo's), the same in
 * grey as face.pgm, blank.png (no face in it) and dot.png (one pixel).
 * Usage: make_pictures FOLDER */
#include "demo.h"
#include "ocv.h"
#include "picture.h"

#include <stdio.h>

static int write_picture(const char *folder, const char *name, struct bgr_image picture)
{
    char path[1024];
    struct error error;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (picture_write(path, picture, &error) == 0)
        return 0;
    fprintf(stderr, "%s\n", error.text);
    return -1;
}

static int write_grey(const char *folder, const char *name, struct bgr_image picture)
{
    char path[1024];
    struct error error;
    struct frame frame = {0};
    struct image image = image_of(picture);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || frame_set(&frame, &image, &error))
        return -1;
    fprintf(file, "P5\n%d %d\n255\n", frame.width, frame.height);
    fwrite(frame.grey, 1, (size_t)frame.width * (size_t)frame.height, file);
    frame_free(&frame);
    return fclose(file);
}

int main(int argc, char *argv[])
{
    static uint8_t grey[320 * 240 * 3];
    struct demo *demo;
    struct error error;
    if (argc != 2 || demo_open(&demo, &error))
        return 1;
    ocv_setup(1);
    double time;
    struct bgr_image face = demo_next(demo, &time);
    for (size_t i = 0; i < sizeof grey; i++)
        grey[i] = (uint8_t)(100 + i % 960 / 10);
    int failed = write_picture(argv[1], "face.png", face) ||
                 write_grey(argv[1], "face.pgm", face) ||
                 write_picture(argv[1], "blank.png", (struct bgr_image){grey, 320, 240, 960}) ||
                 write_picture(argv[1], "dot.png", (struct bgr_image){grey, 1, 1, 3});
    demo_close(&demo);
    return failed;
}
