/** @file
 * libexpressions: finds faces in pictures and names what they show.
 *
 * A program loads a model once, opens a recognizer for each of its threads, and hands it pictures
 * with the boxes of faces, its own or those of a detector. For the frames of a camera or a video a
 * stream adds numbers that stay with each face and probabilities smoothed over time.
 *
 * Every handle is opaque, made by a function that ends in _load or _open and ended by one that ends
 * in _free or _close, which takes the handle's address, sets it to NULL and accepts NULL. All
 * buffers belong to the caller; nothing that is passed in is kept after the call, but for the
 * handles that a recognizer or stream is opened with: these must outlive it.
 *
 * A function that can fail returns an #expressions_status. On anything but #EXPRESSIONS_OK, `error`
 * (which may be NULL) holds the status and one line of text for a person to read, and outputs are
 * untouched. Bad arguments are reported in the same way. Nothing is printed, no exception leaves
 * the library, and it ends no process.
 *
 * Threads: a model is read-only and may be used by any number of threads at once. Any other handle
 * may be used by one thread at a time, different handles by different threads at once. The library
 * has no state of its own outside the handles. Two libraries below it have: OpenCV detects in
 * parallel (cv::setNumThreads changes that), and OpenBLAS multiplies in parallel, which is a loss
 * for a handful of faces: set OPENBLAS_NUM_THREADS=1, or call openblas_set_num_threads(1).
 *
 * The binary interface is the same for all releases with the same SONAME. */
#ifndef EXPRESSIONS_H
#define EXPRESSIONS_H

#include <stddef.h>
#include <stdint.h>

/** Marks what the shared library exports. */
#if defined __GNUC__
#define EXPRESSIONS_API __attribute__((visibility("default")))
#else
#define EXPRESSIONS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Results and errors ---------------------------------------------------------------------- */

/** What a call came to. */
enum expressions_status {
    EXPRESSIONS_OK = 0,
    EXPRESSIONS_BAD_ARGUMENT, /**< a mistake of the caller; nothing was done */
    EXPRESSIONS_NO_MEMORY,    /**< memory ran out */
    EXPRESSIONS_BAD_MODEL,    /**< the model file is missing, damaged or for something else */
    EXPRESSIONS_BAD_CASCADE,  /**< the Haar cascade is missing or damaged */
    EXPRESSIONS_FAILED        /**< OpenCV failed */
};

/** What went wrong; the caller's. */
struct expressions_error {
    enum expressions_status status;
    char text[1024]; /**< one line without a newline: what, why, and what to do */
};

/** A few words for each status, for where no `error` was passed; never NULL. */
EXPRESSIONS_API const char *expressions_status_text(enum expressions_status status);

/** The library's version, "1.2.3". */
EXPRESSIONS_API const char *expressions_version(void);

/** How many expressions there are, and the bounds of what is accepted. */
enum {
    EXPRESSIONS_LABEL_COUNT = 7,   /**< expressions */
    EXPRESSIONS_CROP_SIDE = 48,    /**< width and height of the crops a model sees, pixels */
    EXPRESSIONS_MAX_FACES = 64,    /**< faces that a detector or a stream reports at most */
    EXPRESSIONS_MAX_SIDE = 1 << 14 /**< of pictures and boxes, pixels */
};

/** The name of a label 0 .. EXPRESSIONS_LABEL_COUNT-1: angry, disgust, fear, happy, sad, surprise,
 * neutral; NULL for any other number. */
EXPRESSIONS_API const char *expressions_label_name(int label);

/* ---- Pictures and faces ---------------------------------------------------------------------- */

/** How pixels lie in memory. */
enum expressions_format {
    EXPRESSIONS_GREY, /**< 1 byte a pixel */
    EXPRESSIONS_BGR   /**< 3 bytes a pixel: blue, green, red */
};

/** A picture; its pixels are the caller's and are only read. */
struct expressions_picture {
    const uint8_t *pixels; /**< rows from top to bottom */
    int width, height;     /**< pixels */
    size_t stride;         /**< bytes from one row to the next */
    enum expressions_format format;
};

/** A box in pixels of the picture; (x, y) is its top-left corner, x to the right, y down. It may
 * leave the picture, whose edge is repeated then. */
struct expressions_box {
    int x, y, width, height;
};

/** A face and what it shows. */
struct expressions_face {
    struct expressions_box box;
    int id;        /**< of a stream: the same from frame to frame; otherwise 1, 2, ... */
    int label;     /**< the one to show, 0 .. EXPRESSIONS_LABEL_COUNT-1 */
    int held;      /**< 1: of a stream, expected here but not found in this frame; else 0 */
    int uncertain; /**< 1: no label is probable enough to be shown; else 0 */
    float probabilities[EXPRESSIONS_LABEL_COUNT]; /**< to show; sum to 1 */
    float raw[EXPRESSIONS_LABEL_COUNT];           /**< the network's answer; sum to 1 */
};

/* ---- Model ----------------------------------------------------------------------------------- */

/** A network with all that belongs to it; read-only, for any number of threads. */
struct expressions_model;

/** Reads a model file (safetensors); `path` NULL: the one installed with the library. Fails with
 * #EXPRESSIONS_BAD_MODEL on one that is missing, damaged, or not for the seven expressions. */
EXPRESSIONS_API enum expressions_status expressions_model_load(struct expressions_model **model,
                                                               const char *path,
                                                               struct expressions_error *error);
/** Ends a model, after all recognizers opened with it. */
EXPRESSIONS_API void expressions_model_free(struct expressions_model **model);

/* ---- Recognizing faces in boxes -------------------------------------------------------------- */

/** A model with one thread's scratch. */
struct expressions_recognizer;

/** The model must outlive the recognizer. */
EXPRESSIONS_API enum expressions_status
expressions_recognizer_open(struct expressions_recognizer **recognizer,
                            const struct expressions_model *model, struct expressions_error *error);
EXPRESSIONS_API void
expressions_recognizer_close(struct expressions_recognizer **recognizer); /**< Ends it. */

/** Fills faces[count] for boxes[count], in their order; any count. Boxes should be those of
 * OpenCV's haarcascade_frontalface_default or alike: the model was trained on them. Each side of a
 * box is 1 .. EXPRESSIONS_MAX_SIDE. */
EXPRESSIONS_API enum expressions_status
expressions_recognize(struct expressions_recognizer *recognizer,
                      const struct expressions_picture *picture,
                      const struct expressions_box *boxes, int count,
                      struct expressions_face *faces, struct expressions_error *error);

/* ---- Finding faces --------------------------------------------------------------------------- */

/** OpenCV's Haar cascade with one thread's scratch. */
struct expressions_detector;

/** `cascade` NULL: the system's haarcascade_frontalface_default. */
EXPRESSIONS_API enum expressions_status
expressions_detector_open(struct expressions_detector **detector, const char *cascade,
                          struct expressions_error *error);
EXPRESSIONS_API void
expressions_detector_close(struct expressions_detector **detector); /**< Ends it. */

/** Finds frontal faces in a single picture, thoroughly: fills boxes[0 .. *count-1], at most
 * `capacity`, largest first. */
EXPRESSIONS_API enum expressions_status
expressions_detect(struct expressions_detector *detector, const struct expressions_picture *picture,
                   struct expressions_box *boxes, int capacity, int *count,
                   struct expressions_error *error);

/* ---- Streams: faces over time ---------------------------------------------------------------- */

/** The faces of one camera or video: who is who from frame to frame, boxes without jitter,
 * probabilities smoothed over time, labels without flicker. */
struct expressions_stream;

/** `detector` may be NULL where the caller brings the boxes; both handles must outlive the stream,
 * and are used by it while it is called. `seconds` is the time constant of the smoothing, 0 .. 60;
 * 0 shows raw values, 0.3 is what the program `expressions` takes. */
EXPRESSIONS_API enum expressions_status expressions_stream_open(
    struct expressions_stream **stream, struct expressions_recognizer *recognizer,
    struct expressions_detector *detector, double seconds, struct expressions_error *error);
EXPRESSIONS_API void expressions_stream_close(struct expressions_stream **stream); /**< Ends it. */

/** Takes the next frame, `time` seconds after the first one or after any other beginning; it never
 * goes back. With `boxes` the faces are in boxes[box_count], at most EXPRESSIONS_MAX_FACES of them;
 * with NULL the detector looks for them, in less time than expressions_detect takes, since it
 * follows known faces and spreads the search for new ones over some frames. Fills
 * faces[0 .. *count-1], at most `capacity`. */
EXPRESSIONS_API enum expressions_status expressions_stream_next(
    struct expressions_stream *stream, const struct expressions_picture *picture, double time,
    const struct expressions_box *boxes, int box_count, struct expressions_face *faces,
    int capacity, int *count, struct expressions_error *error);

/* ---- Measuring a model ----------------------------------------------------------------------- */

/** How good a model is on labelled crops. */
struct expressions_evaluation {
    int count;                /**< crops */
    double accuracy;          /**< share of right answers */
    double macro_f1;          /**< unweighted mean of f1 over the labels that occur */
    double calibration_error; /**< expected calibration error, 15 bins of equal width */
    double precision[EXPRESSIONS_LABEL_COUNT]; /**< of each label; 0 where undefined */
    double recall[EXPRESSIONS_LABEL_COUNT];    /**< of each label; 0 where undefined */
    double f1[EXPRESSIONS_LABEL_COUNT];        /**< of each label; 0 where undefined */
    int confusion[EXPRESSIONS_LABEL_COUNT][EXPRESSIONS_LABEL_COUNT]; /**< [true][predicted] */
};

/** Measures on crops[count x EXPRESSIONS_CROP_SIDE x EXPRESSIONS_CROP_SIDE], grey, such as the
 * pictures of fer2013.csv, with their labels[count]; count is at least 1. */
EXPRESSIONS_API enum expressions_status
expressions_evaluate(struct expressions_recognizer *recognizer, const uint8_t *crops,
                     const uint8_t *labels, int count, struct expressions_evaluation *evaluation,
                     struct expressions_error *error);

#ifdef __cplusplus
}
#endif

#endif
