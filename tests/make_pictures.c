/* Writes pictures for the tests of the programs into a folder: face.png (the demo's), the same in
 * grey as face.pgm, blank.png (no face in it), dot.png (one pixel) and crowd.png (the demo's seven
 * expressions and the first again, from dark to bright).
 * Usage: make_pictures FOLDER */
#include "demo.h"
#include "ocv.h"
#include "picture_file.h"

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

/* Each half as large as in the demo. */
static struct bgr_image draw_crowd(struct demo *demo)
{
    enum { WIDTH = 180, HEIGHT = 200, ACROSS = 4, TILES = 8, STRIDE = ACROSS * WIDTH * 3 };
    static uint8_t pixels[TILES / ACROSS * HEIGHT * STRIDE];
    for (int tile = 0; tile < TILES; tile++) {
        double time;
        struct bgr_image face = demo_next(demo, &time);
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                for (int c = 0; c < 3; c++) {
                    const uint8_t *from =
                        face.pixels + (size_t)(2 * y + 20) * face.stride + (2 * x + 90) * 3 + c;
                    int sum = from[0] + from[3] + from[face.stride] + from[face.stride + 3];
                    int light = sum * (tile + 4) / 40;
                    pixels[(tile / ACROSS * HEIGHT + y) * STRIDE + (tile % ACROSS * WIDTH + x) * 3 +
                           c] = (uint8_t)(light < 255 ? light : 255);
                }
        demo_skip(demo, DEMO_REST + DEMO_MORPH - 1);
    }
    return (struct bgr_image){pixels, ACROSS * WIDTH, TILES / ACROSS * HEIGHT, STRIDE};
}

int main(int argc, char *argv[])
{
    static uint8_t grey[320 * 240 * 3];
    struct demo *demo, *crowd;
    struct error error;
    double time;
    if (argc != 2 || demo_open(&demo, &error) || demo_open(&crowd, &error))
        return 1;
    ocv_setup(1);
    struct bgr_image face = demo_next(demo, &time);
    for (size_t i = 0; i < sizeof grey; i++)
        grey[i] = (uint8_t)(100 + i % 960 / 10);
    int failed = write_picture(argv[1], "face.png", face) ||
                 write_grey(argv[1], "face.pgm", face) ||
                 write_picture(argv[1], "blank.png", (struct bgr_image){grey, 320, 240, 960}) ||
                 write_picture(argv[1], "dot.png", (struct bgr_image){grey, 1, 1, 3}) ||
                 write_picture(argv[1], "crowd.png", draw_crowd(crowd));
    demo_close(&demo);
    demo_close(&crowd);
    return failed;
}
