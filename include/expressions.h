/** @file
 * libexpressions: finds faces in pictures and names what they show.
 *
 * A program loads a model once, opens a recognizer for each of its threads, and hands it pictures
 * with faces, whose boxes are its own, a detector's, or a tracker's:
 *
 *     single pictures:    expressions_detect -> expressions_recognize
 *     camera, video:      expressions_track  -> expressions_recognize -> expressions_smooth
 *
 * A tracker gives numbers that stay with each face, a smoother probabilities that do not flicker.
 * Every stage except the recognizer may be left out.
 *
 * Every handle is opaque, made by a function that ends in _open and ended by one that ends in
 * _close, which takes the handle's address, sets it to NULL and accepts NULL. All buffers belong to
 * the caller. Nothing that is passed in is kept after the call, except the handles given to a
 * recognizer, detector or tracker: these must outlive it.
 *
 * A handle that can be configured is opened with a struct of settings; NULL means the defaults.
 * Initialize the struct with its macro, which also sets its size, so that later releases can add
 * members:
 *
 *     struct expressions_smoother_settings settings = EXPRESSIONS_SMOOTHER_DEFAULTS;
 *     settings.seconds = 0.5;
 *
 * A function that can fail returns an #expressions_status. On anything but #EXPRESSIONS_OK, `error`
 * (which may be NULL) holds the status and one line of text for a person to read, and outputs are
 * untouched. Bad arguments are reported in the same way, under the names that they have here.
 * Nothing is printed, no exception leaves the library, and it ends no process.
 *
 * Threads: a model is read-only and may be used by any number of threads at once. Any other handle
 * may be used by one thread at a time, different handles by different threads at once. The one
 * exception is expressions_expect, which may be called at any time. A thread needs 256 KB of stack,
 * 128 where it calls neither detector nor tracker. The library has no settings of its own outside
 * the handles. Two libraries below it have: OpenCV detects in parallel (cv::setNumThreads changes
 * that), and OpenBLAS multiplies in parallel, which is a loss for a handful of faces: set
 * OPENBLAS_NUM_THREADS=1, or call openblas_set_num_threads(1).
 *
 * The binary interface is the same for all releases with the same SONAME: structs keep their sizes,
 * reserved members are 0, and enums only grow. What only research needs is in
 * expressions_research.h. */
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

/* ---- Version --------------------------------------------------------------------------------- */

/** The release that this header belongs to. */
#define EXPRESSIONS_VERSION_MAJOR 0
#define EXPRESSIONS_VERSION_MINOR 1
#define EXPRESSIONS_VERSION_PATCH 0

/** As one number, to compare: 1.2.3 is 10203. */
#define EXPRESSIONS_VERSION                                                                        \
    (EXPRESSIONS_VERSION_MAJOR * 10000 + EXPRESSIONS_VERSION_MINOR * 100 +                         \
     EXPRESSIONS_VERSION_PATCH)

/** The version of the library in use, as text: "1.2.3". */
EXPRESSIONS_API const char *expressions_version(void);
/** The same as a number, to compare with EXPRESSIONS_VERSION. */
EXPRESSIONS_API int expressions_version_number(void);

/* ---- Results and errors ---------------------------------------------------------------------- */

/** The outcome of a call. */
enum expressions_status {
    EXPRESSIONS_OK = 0,
    EXPRESSIONS_BAD_ARGUMENT, /**< a mistake of the caller; nothing was done */
    EXPRESSIONS_NO_MEMORY,    /**< memory ran out */
    EXPRESSIONS_BAD_MODEL,    /**< the model file is missing, damaged or for something else */
    EXPRESSIONS_BAD_CASCADE,  /**< the Haar cascade is missing or damaged */
    EXPRESSIONS_FAILED        /**< OpenCV failed */
};

/** What went wrong. The struct belongs to the caller. */
struct expressions_error {
    enum expressions_status status;
    char text[1024]; /**< one line without a newline: which argument is wrong, and how; or what
                        failed, and why, and what to do if it is a file or memory */
};

/** A few words for each status, for where no `error` was passed; never NULL. */
EXPRESSIONS_API const char *expressions_status_text(enum expressions_status status);

/** How many expressions there are, and the bounds of what is accepted. */
enum {
    EXPRESSIONS_LABEL_COUNT = 7, /**< expressions */
    EXPRESSIONS_CROP_SIDE = 48,  /**< width and height of the crops a model sees, pixels */
    EXPRESSIONS_CROP_PIXELS = EXPRESSIONS_CROP_SIDE * EXPRESSIONS_CROP_SIDE, /**< in one crop */
    EXPRESSIONS_MAX_FACES = 64,          /**< found in one picture, at most */
    EXPRESSIONS_MAX_SIDE = 1 << 14,      /**< longest side of pictures and boxes, pixels */
    EXPRESSIONS_DESCRIPTION_SIZE = 16384 /**< bytes, enough for any model */
};

/** The name of a label 0 .. EXPRESSIONS_LABEL_COUNT-1: angry, disgust, fear, happy, sad, surprise,
 * neutral; NULL for any other number. */
EXPRESSIONS_API const char *expressions_label_name(int label);

/* ---- Pictures and faces ---------------------------------------------------------------------- */

/** How pixels lie in memory. */
enum expressions_format {
    EXPRESSIONS_GREY, /**< 1 byte per pixel, black 0, white 255 */
    EXPRESSIONS_BGR,  /**< 3 bytes per pixel: blue, green, red; as in OpenCV */
    EXPRESSIONS_RGB,  /**< 3 bytes per pixel: red, green, blue */
    EXPRESSIONS_BGRA, /**< 4 bytes per pixel: blue, green, red, and one that is ignored */
    EXPRESSIONS_RGBA, /**< 4 bytes per pixel: red, green, blue, and one that is ignored */
    EXPRESSIONS_Y     /**< 1 byte per pixel, black 16, white 235: the Y plane of NV12, I420 and most
                         other video; of full-range video (JPEG's) it is EXPRESSIONS_GREY */
};

/** A picture. Its pixels belong to the caller and are only read. */
struct expressions_picture {
    const uint8_t *pixels; /**< rows from top to bottom */
    int width, height;     /**< pixels */
    size_t stride;         /**< bytes from one row to the next */
    enum expressions_format format;
};

/** A box in pixels of the picture; (x, y) is its top-left corner, x to the right, y down. It may
 * extend beyond the picture, whose edge is then repeated. */
struct expressions_box {
    int x, y, width, height;
};

/** The part of a box that lies inside a picture of this size; if there is none, width or height is
 * 0. */
EXPRESSIONS_API struct expressions_box expressions_clip(struct expressions_box box, int width,
                                                        int height);

/** How far a face's answers are calibrated to the person. */
enum expressions_calibration {
    EXPRESSIONS_PLAIN,      /**< not calibrated */
    EXPRESSIONS_COLLECTING, /**< expressions_calibrate has begun */
    EXPRESSIONS_CALIBRATED, /**< its probabilities are corrected for this person */
    EXPRESSIONS_ADAPTED     /**< corrected automatically, see expressions_adapt */
};

/** A face and what it shows. For a face that was found elsewhere, set the box and leave all else
 * 0. */
struct expressions_face {
    struct expressions_box box;
    int id;        /**< from a tracker: the same from frame to frame; from a detector: 1, 2, ... */
    int held;      /**< 1: a tracker expects it here but has not found it in this frame; else 0 */
    int label;     /**< the most probable, 0 .. EXPRESSIONS_LABEL_COUNT-1 */
    int second;    /**< the runner-up, never the same as `label` */
    int uncertain; /**< 1: `label` has less than one half, so both are to be named; else 0 */
    int smoothed;  /**< 1: `probabilities` are not `raw`, but smoothed or corrected; else 0 */
    int calibration; /**< an enum expressions_calibration */
    float score; /**< how sure the model's verifier is that the box shows a face, 0 .. 1; 1 where
                    the model has no verifier */
    float probabilities[EXPRESSIONS_LABEL_COUNT]; /**< to show; sum to 1 */
    float raw[EXPRESSIONS_LABEL_COUNT];           /**< the network's answer; sum to 1 */
    uint32_t reserved[4];                         /**< 0 */
};

/* ---- Model ----------------------------------------------------------------------------------- */

/** The networks with all that belongs to them; read-only, for any number of threads. */
struct expressions_model;

/** How a model is read. */
struct expressions_model_settings {
    size_t size; /**< of this struct */
    /** How frequent each expression is assumed to be: EXPRESSIONS_LABEL_COUNT shares, each from
     * 1e-6 to 1e6, which are divided by their sum; NULL: as the model's file says. Each probability
     * is multiplied by the new share over the file's, and all are brought back to the sum 1
     * (Saerens et al. 2002). Fails with #EXPRESSIONS_BAD_MODEL if the file states no prior of its
     * own or is not for the seven expressions. */
    const float *prior;
    uint64_t reserved[6];
};
#define EXPRESSIONS_MODEL_DEFAULTS                                                                 \
    {                                                                                              \
        sizeof(struct expressions_model_settings), NULL,                                           \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

/** Reads a model file (safetensors); `path` NULL: the one installed with the library. Fails with
 * #EXPRESSIONS_BAD_MODEL on one that is missing or damaged. */
EXPRESSIONS_API enum expressions_status
expressions_model_open(struct expressions_model **model, const char *path,
                       const struct expressions_model_settings *settings,
                       struct expressions_error *error);
/** Frees a model; close the recognizers and detectors that use it first. */
EXPRESSIONS_API void expressions_model_close(struct expressions_model **model);

/** What is known of the model, as lines of text for a person: classes, networks, training data,
 * accuracy, licence. */
EXPRESSIONS_API enum expressions_status
expressions_model_describe(const struct expressions_model *model,
                           char text[EXPRESSIONS_DESCRIPTION_SIZE],
                           struct expressions_error *error);

/* ---- Recognizing faces in boxes -------------------------------------------------------------- */

/** A model with scratch memory for one thread. */
struct expressions_recognizer;

/** The model must outlive the recognizer. Fails with #EXPRESSIONS_BAD_MODEL on one that is not for
 * the seven expressions. */
EXPRESSIONS_API enum expressions_status
expressions_recognizer_open(struct expressions_recognizer **recognizer,
                            const struct expressions_model *model, struct expressions_error *error);
EXPRESSIONS_API void
expressions_recognizer_close(struct expressions_recognizer **recognizer); /**< Ends it. */

/** Looks at faces[count], any count, whose boxes are set, and completes them: raw, probabilities,
 * label, second, uncertain, smoothed (0), and the score where it is 0. Boxes should be those of
 * OpenCV's haarcascade_frontalface_default or similar: the model was trained on them. Each side of
 * a box is 1 .. EXPRESSIONS_MAX_SIDE. Held faces are not looked at and stay as they are. */
EXPRESSIONS_API enum expressions_status
expressions_recognize(struct expressions_recognizer *recognizer,
                      const struct expressions_picture *picture, struct expressions_face *faces,
                      int count, struct expressions_error *error);

/* ---- Finding faces --------------------------------------------------------------------------- */

/** OpenCV's Haar cascade with scratch memory for one thread. */
struct expressions_detector;

/** What a detector searches with. */
struct expressions_detector_settings {
    size_t size;         /**< of this struct */
    const char *cascade; /**< file; NULL: the system's haarcascade_frontalface_default */
    uint64_t reserved[6];
};
#define EXPRESSIONS_DETECTOR_DEFAULTS                                                              \
    {                                                                                              \
        sizeof(struct expressions_detector_settings), NULL,                                        \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

EXPRESSIONS_API enum expressions_status
expressions_detector_open(struct expressions_detector **detector,
                          const struct expressions_detector_settings *settings,
                          struct expressions_error *error); /**< Reads the cascade. */
EXPRESSIONS_API void
expressions_detector_close(struct expressions_detector **detector); /**< Ends it. */

/** Lets the model's verifier judge what the cascade takes for faces, so that the cascade can look
 * more loosely: tilted and turned faces are found too, and leaves and clouds are not. NULL, or a
 * model without a verifier, ends that. The model must outlive the detector. */
EXPRESSIONS_API enum expressions_status
expressions_detector_set_verifier(struct expressions_detector *detector,
                                  const struct expressions_model *model,
                                  struct expressions_error *error);

/** Finds the faces in a single picture, thoroughly. Fills box, id and score of faces[*count],
 * largest first, at most `capacity`, and sets the rest of each to 0. */
EXPRESSIONS_API enum expressions_status
expressions_detect(struct expressions_detector *detector, const struct expressions_picture *picture,
                   struct expressions_face *faces, int capacity, int *count,
                   struct expressions_error *error);

/* ---- Tracks: faces from frame to frame ------------------------------------------------------- */

/** The faces of one camera or video: which is which, and boxes without jitter. */
struct expressions_tracker;

/** Where a tracker's faces come from. */
struct expressions_tracker_settings {
    size_t size; /**< of this struct */
    /** Looks for faces; NULL: the caller brings their boxes. It must outlive the tracker, whose
     * calls use it. */
    struct expressions_detector *detector;
    uint64_t reserved[6];
};
#define EXPRESSIONS_TRACKER_DEFAULTS                                                               \
    {                                                                                              \
        sizeof(struct expressions_tracker_settings), NULL,                                         \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

EXPRESSIONS_API enum expressions_status
expressions_tracker_open(struct expressions_tracker **tracker,
                         const struct expressions_tracker_settings *settings,
                         struct expressions_error *error); /**< Begins a camera or video. */
EXPRESSIONS_API void
expressions_tracker_close(struct expressions_tracker **tracker); /**< Ends it. */

/** Takes the next frame. `time` is in seconds from any fixed point and never goes back. Where
 * `boxes` is not NULL, the faces are in boxes[box_count], 0 .. EXPRESSIONS_MAX_FACES of them. Where
 * it is NULL, and `box_count` 0, the detector looks for them, in less time than expressions_detect
 * takes, since it follows known faces and spreads the search for new ones over some frames. Fills
 * box, id and held of faces[*count], at most `capacity`, and sets the rest of each to 0. A frame
 * whose size differs from the last one's is a new scene, whose faces get new ids; so is, without
 * `boxes`, the first frame after a cut, in which the search takes longer. */
EXPRESSIONS_API enum expressions_status
expressions_track(struct expressions_tracker *tracker, const struct expressions_picture *picture,
                  double time, const struct expressions_box *boxes, int box_count,
                  struct expressions_face *faces, int capacity, int *count,
                  struct expressions_error *error);

/** Where the faces of the latest frame are at `time`, moved on as they move: for a frame that is
 * not to wait for its own detection. Only the size of the picture is looked at; if it differs from
 * the latest frame's, there are no faces. Any thread may call this, even while another is in
 * expressions_track. */
EXPRESSIONS_API enum expressions_status
expressions_expect(struct expressions_tracker *tracker, const struct expressions_picture *picture,
                   double time, struct expressions_face *faces, int capacity, int *count,
                   struct expressions_error *error);

/* ---- Smoothing: answers over time ------------------------------------------------------------ */

/** What the faces of one camera or video have shown so far, by their ids. */
struct expressions_smoother;

/** How answers are smoothed. The method is the forward algorithm of a hidden Markov model, in
 * continuous time (Rabiner 1989). */
struct expressions_smoother_settings {
    size_t size; /**< of this struct */
    /** 0 .. 60: how long unmistakable answers take to change a label; weaker ones take longer, and
     * answers that fluctuate change nothing. 0: no smoothing. */
    double seconds;
    int adapt; /**< as in expressions_adapt */
    uint32_t reserved[11];
};
#define EXPRESSIONS_SMOOTHER_DEFAULTS                                                              \
    {                                                                                              \
        sizeof(struct expressions_smoother_settings), 0.2, 0,                                      \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

EXPRESSIONS_API enum expressions_status
expressions_smoother_open(struct expressions_smoother **smoother,
                          const struct expressions_smoother_settings *settings,
                          struct expressions_error *error); /**< Begins a camera or video. */
EXPRESSIONS_API void
expressions_smoother_close(struct expressions_smoother **smoother); /**< Ends it. */

/** Changes `seconds`; what the faces have shown is kept. */
EXPRESSIONS_API enum expressions_status
expressions_smoother_set(struct expressions_smoother *smoother, double seconds,
                         struct expressions_error *error);

/** Takes all faces[count] of one frame at `time` seconds, tracked and recognized, at most
 * EXPRESSIONS_MAX_FACES, and completes them by what came before: label, second, uncertain,
 * probabilities, smoothed, calibration. A label stays for at least 0.4 s, whatever the frame rate,
 * and while it stays, the probabilities do not contradict it. Frames in which a face is small,
 * moves fast or has a low score count less. Held faces keep what they showed. Faces that no longer
 * appear are forgotten. */
EXPRESSIONS_API enum expressions_status
expressions_smooth(struct expressions_smoother *smoother, double time,
                   struct expressions_face *faces, int count, struct expressions_error *error);

/** Calibrates the answers for the face with this id, which was in the latest frame: the person
 * should look neutral for the next two seconds. After that, and until the face is lost, its answers
 * are corrected by what the network makes of this neutral look. The face's `calibration` says how
 * far this has got. */
EXPRESSIONS_API enum expressions_status expressions_calibrate(struct expressions_smoother *smoother,
                                                              int id,
                                                              struct expressions_error *error);
/** Undoes expressions_calibrate. */
EXPRESSIONS_API enum expressions_status
expressions_uncalibrate(struct expressions_smoother *smoother, int id,
                        struct expressions_error *error);

/** Turns automatic correction on (1) or off (0, the default): once a face has been calm for ten
 * seconds, the anger, disgust, fear or sadness that it seems to show at rest is slowly and partly
 * removed; smiles are not affected. What was learned about a face is forgotten when the face is
 * lost, and by any call of this function. Calibrated faces are not adapted to. */
EXPRESSIONS_API enum expressions_status expressions_adapt(struct expressions_smoother *smoother,
                                                          int on, struct expressions_error *error);

/* ---- Inside the recognizer ------------------------------------------------------------------- */

/** Cuts boxes[count] out of a picture: crops[count x EXPRESSIONS_CROP_PIXELS], the grey pictures
 * that a model looks at. */
EXPRESSIONS_API enum expressions_status expressions_crop(struct expressions_recognizer *recognizer,
                                                         const struct expressions_picture *picture,
                                                         const struct expressions_box *boxes,
                                                         int count, uint8_t *crops,
                                                         struct expressions_error *error);

/** The crop, EXPRESSIONS_CROP_PIXELS, that the latest expressions_recognize took of faces[face],
 * for as long as the recognizer is not called again. NULL for a held face, and if that call had
 * more than EXPRESSIONS_MAX_FACES. */
EXPRESSIONS_API const uint8_t *
expressions_latest_crop(const struct expressions_recognizer *recognizer, int face);

/** Which parts of a crop speak for a label: map[EXPRESSIONS_CROP_PIXELS], positive where the crop
 * speaks for it, negative where it speaks against it. The first call takes memory, which the
 * recognizer keeps. */
EXPRESSIONS_API enum expressions_status
expressions_explain(struct expressions_recognizer *recognizer, const uint8_t *crop, int label,
                    float map[EXPRESSIONS_CROP_PIXELS], struct expressions_error *error);

#ifdef __cplusplus
}
#endif

#endif
