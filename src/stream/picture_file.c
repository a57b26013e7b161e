#include "picture_file.h"

#include "file.h"
#include "ocv.h"
#include "process.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const size_t max_file_size = (size_t)1 << 30;

int picture_load(const char *path, struct picture_file *file, struct error *error)
{
    *file = (struct picture_file){.path = path};
    if (strcmp(path, "-") != 0)
        return file_read(path, max_file_size, &file->bytes, &file->size, error);
    return process_check_input(error) ||
                   file_read_input(max_file_size, &file->bytes, &file->size, error)
               ? -1
               : 0;
}

int picture_decode(struct picture_file *file, struct frame *frame, const char **note,
                   struct error *error)
{
    struct ocv_picture *picture = NULL;
    enum ocv_code code = ocv_picture_decode(&picture, file->bytes, file->size, error);
    free(file->bytes);
    file->bytes = NULL;
    if (code != OCV_OK)
        return error_of(error, file->path);
    if (note)
        *note = ocv_picture_note(picture);
    struct image view = image_of(ocv_picture_view(picture));
    int result = frame_set(frame, &view, error);
    frame->index = 0;
    frame->time = 0;
    ocv_picture_close(&picture);
    return result;
}

int picture_read(const char *path, struct frame *frame, const char **note, struct error *error)
{
    struct picture_file file;
    return picture_load(path, &file, error) || picture_decode(&file, frame, note, error) ? -1 : 0;
}

static int append(void *writer, const void *bytes, size_t size)
{
    file_writer_append(writer, bytes, size);
    return 0;
}

int picture_write(const char *path, struct bgr_image picture, struct error *error)
{
    struct file_writer *writer = NULL;
    if (file_writer_open(&writer, path, error))
        return -1;
    if (ocv_encode_bgr(picture, picture_ending(path), append, writer, error) != OCV_OK) {
        file_writer_discard(&writer);
        return error_of(error, path);
    }
    return file_writer_commit(&writer, error);
}

const char *picture_ending(const char *path)
{
    const char *name = file_base(path);
    const char *dot = strrchr(name, '.');
    return dot && dot != name ? dot : "";
}
