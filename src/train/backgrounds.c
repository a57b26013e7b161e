#include "backgrounds.h"

#include "cascade_files.h"
#include "face.h"
#include "file.h"
#include "ocv.h"
#include "scenes.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    MAX_PICTURE_BYTES = 64 << 20,
    MAX_FILES = 20000,
    LARGEST_SIDE = 400,  /* larger pictures are shrunk: faces in them would be large, too */
    SMALLEST_SIDE = 64,  /* of pictures that are looked at */
    SMALLEST_FACE = 24,  /* the cascades know no smaller one */
    FACES_OF_SCENE = 28, /* a scene for so many faces, */
    SCENES = 1000,       /* so many at most */
    SCENE_SIDE = 256,
    VIEWS = 4,           /* of a picture for the cascades, each a quarter turn further */
    WINDOWS_OF_ONE = 48, /* windows that a cascade lets pass in one view, kept at most, */
    WINDOWS = 128        /* and in a picture */
};

/* Random streams. */
static const uint64_t scene_streams = (uint64_t)58 << 56, hard_streams = (uint64_t)59 << 56;

/* ---- Pictures -------------------------------------------------------------------------------- */

static int append_picture(struct backgrounds *b, const struct grey_image *picture,
                          struct error *error)
{
    if ((b->count & (b->count - 1)) == 0) { /* grows at each power of two */
        size_t capacity = b->count ? 2 * (size_t)b->count : 1;
        struct grey_image *grown = realloc(b->pictures, capacity * sizeof *grown);
        if (!grown)
            return error_no_memory(error, "the backgrounds");
        b->pictures = grown;
    }
    b->pictures[b->count++] = *picture;
    return 0;
}

/* The picture in grey, LARGEST_SIDE at most; *pixels (malloc) stays NULL where it cannot be read or
 * is too small. */
static int read_grey(const char *path, uint8_t **pixels, int *width, int *height,
                     struct error *error)
{
    uint8_t *bytes, *grey = NULL;
    size_t size;
    struct ocv_picture *picture;
    struct error why;
    *pixels = NULL;
    if (file_read(path, MAX_PICTURE_BYTES, &bytes, &size, &why) < 0)
        return why.code == ERROR_NO_MEMORY ? error_no_memory(error, path) : 0;
    enum ocv_code code = ocv_picture_decode(&picture, bytes, size, NULL);
    free(bytes);
    if (code == OCV_NO_MEMORY)
        return error_no_memory(error, path);
    if (code != OCV_OK)
        return 0;
    struct bgr_image colour = ocv_picture_view(picture);
    double scale = fmin(1.0, (double)LARGEST_SIDE / fmax(colour.width, colour.height));
    *width = (int)lround(colour.width * scale);
    *height = (int)lround(colour.height * scale);
    if (*width >= SMALLEST_SIDE && *height >= SMALLEST_SIDE) {
        struct grey_image whole = {NULL, colour.width, colour.height, (size_t)colour.width};
        whole.pixels = grey = malloc((size_t)colour.width * (size_t)colour.height);
        *pixels = malloc((size_t)*width * (size_t)*height);
        if (grey && *pixels)
            code = ocv_bgr_to_grey(colour, grey, whole.stride, NULL);
        if (grey && *pixels && code == OCV_OK)
            code = ocv_resize_grey(whole, *pixels, *width, *height, NULL);
        if (!grey || !*pixels || code != OCV_OK) {
            free(*pixels);
            *pixels = NULL;
            code = OCV_NO_MEMORY;
        }
        free(grey);
    }
    ocv_picture_close(&picture);
    return code == OCV_NO_MEMORY ? error_no_memory(error, path) : 0;
}

static int is_visible(const struct dirent *entry)
{
    return !file_is_litter(entry->d_name);
}

/* Files of a folder and those below it, in the order of their names. */
struct list {
    char **paths;
    int count;
};

static int list_entry(struct list *list, char *path, const volatile sig_atomic_t *stop,
                      struct error *error);

static int list_folder(struct list *list, const char *folder, const volatile sig_atomic_t *stop,
                       struct error *error)
{
    struct dirent **names;
    int count = scandir(folder, &names, is_visible, alphasort), result = 0;
    if (count < 0)
        return error_set(error, "%s: %s; check the folder", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = file_in_folder(folder, names[i]->d_name);
        if (result == 0)
            result = path ? list_entry(list, path, stop, error) : error_no_memory(error, folder);
        else
            free(path);
        free(names[i]);
    }
    free(names);
    return result;
}

/* Takes the path (malloc). */
static int list_entry(struct list *list, char *path, const volatile sig_atomic_t *stop,
                      struct error *error)
{
    struct stat status;
    bool known = lstat(path, &status) == 0;
    int result = *stop != 0;
    if (result == 0 && known && S_ISREG(status.st_mode) && list->count < MAX_FILES) {
        list->paths[list->count++] = path;
        return 0;
    }
    if (result == 0 && known && S_ISDIR(status.st_mode))
        result = list_folder(list, path, stop, error);
    free(path);
    return result;
}

struct reading {
    const struct list *list;
    const volatile sig_atomic_t *stop;
    struct grey_image *pictures; /* of each file; without pixels where it is none */
    atomic_bool failed;          /* memory ran out */
};

static void read_part(void *context, int part, int parts)
{
    struct reading *r = context;
    struct error why;
    for (int i = part; i < r->list->count && !*r->stop; i += parts) {
        struct grey_image *p = &r->pictures[i];
        uint8_t *pixels;
        if (read_grey(r->list->paths[i], &pixels, &p->width, &p->height, &why) < 0)
            atomic_store(&r->failed, true);
        p->pixels = pixels;
        p->stride = (size_t)p->width;
    }
}

/* 1 where it is to stop. */
static int read_files(struct backgrounds *b, const struct list *list, struct thread_pool *pool,
                      const volatile sig_atomic_t *stop, struct error *error)
{
    struct reading r = {.list = list, .stop = stop};
    r.pictures = calloc((size_t)list->count + 1, sizeof *r.pictures);
    if (!r.pictures)
        return error_no_memory(error, "the backgrounds");
    thread_pool_run(pool, read_part, &r);
    int result = atomic_load(&r.failed) ? error_no_memory(error, "the backgrounds") : *stop != 0;
    for (int i = 0; i < list->count; i++) {
        struct grey_image *p = &r.pictures[i];
        b->skipped += p->pixels == NULL;
        if (p->pixels && (result != 0 || append_picture(b, p, error) < 0)) {
            free((void *)(uintptr_t)p->pixels);
            result = result ? result : -1;
        }
    }
    free(r.pictures);
    return result;
}

static int read_folder(struct backgrounds *b, const char *folder, struct thread_pool *pool,
                       const volatile sig_atomic_t *stop, struct error *error)
{
    struct list list = {.paths = malloc(MAX_FILES * sizeof *list.paths)};
    int result = list.paths ? list_folder(&list, folder, stop, error)
                            : error_no_memory(error, "the backgrounds");
    if (result == 0)
        result = read_files(b, &list, pool, stop, error);
    for (int i = 0; i < list.count; i++)
        free(list.paths[i]);
    free(list.paths);
    return result;
}

static int add_scenes(struct backgrounds *b, int faces, uint64_t seed, struct error *error)
{
    int scenes = 1 + faces / FACES_OF_SCENE;
    for (int i = 0; i < scenes && i < SCENES; i++) {
        struct rng rng = rng_make(seed, scene_streams | (uint64_t)i);
        uint8_t *scene = malloc((size_t)SCENE_SIDE * SCENE_SIDE);
        const struct grey_image picture = {scene, SCENE_SIDE, SCENE_SIDE, SCENE_SIDE};
        if (!scene || append_picture(b, &picture, error) < 0) {
            free(scene);
            return error_no_memory(error, "the backgrounds");
        }
        scene_make(&rng, SCENE_SIDE, scene);
    }
    return 0;
}

/* ---- What the cascades let pass -------------------------------------------------------------- */

/* The size of each view over that of the last: what is found in small ones is large, and they cost
 * little. */
static const double view_step = 0.7;

/* One thread's: its cascades, what one of them takes for faces, the order in which they are taken,
 * and the picture as it is seen. */
struct looking {
    struct ocv_detector *cascades[CASCADE_COUNT];
    struct box boxes[2048];
    int order[2048];
    uint8_t shrunk[LARGEST_SIDE * LARGEST_SIDE], turned[LARGEST_SIDE * LARGEST_SIDE];
};

struct search {
    const struct backgrounds *backgrounds;
    uint64_t seed;
    const volatile sig_atomic_t *stop;
    uint8_t *crops;          /* count x WINDOWS x FACE_SIDE x FACE_SIDE */
    int *found;              /* count */
    struct looking *looking; /* one for each thread of the pool */
    atomic_bool failed;      /* memory ran out */
};

/* The picture after so many quarter turns, and perhaps mirrored: neither textures nor scenes have
 * a right way up, but the cascades do. */
static struct grey_image turn_picture(const struct grey_image *p, int quarters, bool mirrored,
                                      uint8_t *turned)
{
    bool upright = quarters % 2 == 0;
    int width = upright ? p->width : p->height, height = upright ? p->height : p->width;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            int u = upright ? x : y, v = upright ? y : x;
            if (quarters == 1 || quarters == 2)
                v = p->height - 1 - v;
            if (quarters == 2 || quarters == 3)
                u = p->width - 1 - u;
            turned[y * width + (mirrored ? width - 1 - x : x)] = p->pixels[v * p->width + u];
        }
    return (struct grey_image){turned, width, height, (size_t)width};
}

static bool search_view(const struct search *s, int picture, const struct grey_image *view,
                        struct looking *looking, struct rng *rng)
{
    const struct ocv_detection loosest = {1.2, 0, SMALLEST_FACE, 0};
    size_t crop = (size_t)FACE_SIDE * FACE_SIDE;
    uint8_t *crops = s->crops + (size_t)picture * WINDOWS * crop;
    for (int d = 0; d < CASCADE_COUNT; d++) {
        enum { CAPACITY = sizeof looking->boxes / sizeof *looking->boxes };
        int count = 0;
        if (ocv_detector_detect(looking->cascades[d], *view, &loosest, NULL, looking->boxes,
                                CAPACITY, &count, NULL) != OCV_OK)
            return false;
        for (int i = 0; i < count; i++)
            looking->order[i] = i;
        rng_shuffle(rng, looking->order, (size_t)count);
        for (int i = 0; i < count && i < WINDOWS_OF_ONE && s->found[picture] < WINDOWS; i++)
            face_crop(view, looking->boxes[looking->order[i]],
                      crops + (size_t)s->found[picture]++ * crop);
    }
    return true;
}

/* False without memory. */
static bool search_picture(const struct search *s, int picture, struct looking *looking)
{
    const struct grey_image *whole = &s->backgrounds->pictures[picture];
    struct rng rng = rng_make(s->seed, hard_streams | (uint64_t)picture);
    double scale = 1;
    for (int quarters = 0; quarters < VIEWS; quarters++, scale *= view_step) {
        int width = (int)(whole->width * scale), height = (int)(whole->height * scale);
        struct grey_image shrunk = {looking->shrunk, width, height, (size_t)width};
        if (width < SMALLEST_FACE || height < SMALLEST_FACE)
            break;
        if (ocv_shrink_grey(*whole, looking->shrunk, width, height, NULL) != OCV_OK)
            return false;
        struct grey_image view =
            turn_picture(&shrunk, quarters, rng_below(&rng, 2), looking->turned);
        if (!search_view(s, picture, &view, looking, &rng))
            return false;
    }
    return true;
}

static void search_part(void *context, int part, int parts)
{
    struct search *s = context;
    for (int i = part; i < s->backgrounds->count && !*s->stop; i += parts) {
        if (!search_picture(s, i, &s->looking[part]))
            atomic_store(&s->failed, true);
    }
}

static int open_cascades(struct looking *looking, int threads, struct error *error)
{
    for (int t = 0; t < threads; t++) {
        for (int d = 0; d < CASCADE_COUNT; d++) {
            if (ocv_detector_open(&looking[t].cascades[d], cascade_files[d], error) != OCV_OK)
                return error_of(error, cascade_files[d]);
        }
    }
    return 0;
}

static void close_cascades(struct looking *looking, int threads)
{
    for (int t = 0; looking && t < threads; t++) {
        for (int d = 0; d < CASCADE_COUNT; d++)
            ocv_detector_close(&looking[t].cascades[d]);
    }
}

static int find_hard(struct backgrounds *b, uint64_t seed, struct thread_pool *pool,
                     const volatile sig_atomic_t *stop, struct error *error)
{
    size_t crop = (size_t)FACE_SIDE * FACE_SIDE, count = (size_t)b->count;
    int threads = thread_pool_size(pool);
    struct search s = {.backgrounds = b, .seed = seed, .stop = stop};
    s.crops = malloc(count * WINDOWS * crop);
    s.found = calloc(count, sizeof *s.found);
    s.looking = calloc((size_t)threads, sizeof *s.looking);
    int result = s.crops && s.found && s.looking ? open_cascades(s.looking, threads, error)
                                                 : error_no_memory(error, "the backgrounds");
    if (result == 0) {
        thread_pool_run(pool, search_part, &s);
        result = atomic_load(&s.failed) ? error_no_memory(error, "the backgrounds") : *stop != 0;
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        memmove(s.crops + (size_t)b->hard_count * crop, s.crops + i * WINDOWS * crop,
                (size_t)s.found[i] * crop);
        b->hard_count += s.found[i];
    }
    if (result == 0) {
        uint8_t *shrunk = realloc(s.crops, ((size_t)b->hard_count + 1) * crop);
        b->hard = shrunk ? shrunk : s.crops;
    } else {
        free(s.crops);
    }
    close_cascades(s.looking, threads);
    free(s.found);
    free(s.looking);
    return result;
}

int backgrounds_load(struct backgrounds *backgrounds, const char *folder, int faces, uint64_t seed,
                     struct thread_pool *pool, const volatile sig_atomic_t *stop,
                     struct error *error)
{
    *backgrounds = (struct backgrounds){0};
    int result = folder ? read_folder(backgrounds, folder, pool, stop, error) : 0;
    backgrounds->found = backgrounds->count;
    if (result == 0 && folder && backgrounds->count == 0)
        result = error_set(error, "%s: holds no picture of %d pixels or more; name another folder",
                           folder, SMALLEST_SIDE);
    if (result == 0)
        result = add_scenes(backgrounds, faces, seed, error);
    if (result == 0)
        result = find_hard(backgrounds, seed, pool, stop, error);
    if (result != 0)
        backgrounds_free(backgrounds);
    return result;
}

void backgrounds_free(struct backgrounds *backgrounds)
{
    for (int i = 0; i < backgrounds->count; i++)
        free((void *)(uintptr_t)backgrounds->pictures[i].pixels);
    free(backgrounds->pictures);
    free(backgrounds->hard);
    *backgrounds = (struct backgrounds){0};
}

/* A quarter of the windows is turned by 90, 180 or 270 degrees. */
static void turn_quarters(uint8_t *crop, int quarters)
{
    uint8_t turned[FACE_SIDE * FACE_SIDE];
    for (; quarters > 0; quarters--) {
        for (int y = 0; y < FACE_SIDE; y++)
            for (int x = 0; x < FACE_SIDE; x++)
                turned[x * FACE_SIDE + FACE_SIDE - 1 - y] = crop[y * FACE_SIDE + x];
        memcpy(crop, turned, sizeof turned);
    }
}

void backgrounds_window(const struct backgrounds *b, struct rng *rng, uint8_t *crop)
{
    const struct grey_image *p = &b->pictures[rng_below(rng, (uint64_t)b->count)];
    int least = p->width < p->height ? p->width : p->height;
    int side = (int)(SMALLEST_FACE * pow((double)least / SMALLEST_FACE, rng_uniform(rng)));
    struct box box = {(int)rng_below(rng, (uint64_t)(p->width - side + 1)),
                      (int)rng_below(rng, (uint64_t)(p->height - side + 1)), side, side};
    face_crop(p, box, crop);
    turn_quarters(crop, rng_below(rng, 4) == 0 ? 1 + (int)rng_below(rng, 3) : 0);
}
