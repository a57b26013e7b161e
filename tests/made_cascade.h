/* Cascades small enough to be written down, for tests of detection. */
#ifndef MADE_CASCADE_H
#define MADE_CASCADE_H

#include "shim_testing.h"

/* A cascade of one tree and one feature; after it, `extra` elements within each other. */
struct cascade {
    int width, height;
    const char *nodes, *leaves, *rectangles;
    int tilted, extra;
    const char *end;
};

static inline void write_cascade(const char *path, struct cascade cascade)
{
    char text[4096], open[256] = "", close[256] = "";
    for (int i = 0; i < cascade.extra; i++) {
        strcat(open, "<x>");
        strcat(close, "</x>");
    }
    const int length = snprintf(
        text, sizeof text,
        "<?xml version=\"1.0\"?><opencv_storage><cascade><stageType>BOOST</stageType>"
        "<featureType>HAAR</featureType><height>%d</height><width>%d</width><stageParams>"
        "<maxWeakCount>1</maxWeakCount></stageParams><featureParams><maxCatCount>0</maxCatCount>"
        "</featureParams><stageNum>1</stageNum><stages><_><maxWeakCount>1</maxWeakCount>"
        "<stageThreshold>-1.</stageThreshold><weakClassifiers><_><internalNodes>%s</internalNodes>"
        "<leafValues>%s</leafValues></_></weakClassifiers></_></stages><features><_><rects%s>%s"
        "</rects><tilted>%d</tilted></_></features>%s%s</cascade></opencv_storage>%s",
        cascade.height, cascade.width, cascade.nodes, cascade.leaves,
        *cascade.rectangles ? "" : " type_id=\"seq\"", cascade.rectangles, cascade.tilted, open,
        close, cascade.end);
    assert_in_range(length, 1, sizeof text - 1);
    write_file(path, text, (size_t)length);
}

#endif
