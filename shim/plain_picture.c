#include "plain_picture.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

/* ---- JPEG ------------------------------------------------------------------------------------ */

static uint32_t number(const uint8_t *at, int bytes, bool little)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | at[little ? bytes - 1 - i : i];
    return value;
}

/* Whether this segment for applications asks for no turn: a namespace of XMP, or EXIF whose first
 * directory has the picture upright. */
static bool is_upright(const uint8_t *data, size_t size)
{
    enum { ORIENTATION = 0x112, UPRIGHT = 1, HEADER = 8, ENTRY = 12 };
    if (size >= 5 && memcmp(data, "http:", 5) == 0)
        return true;
    if (size < 6 + HEADER || memcmp(data, "Exif\0\0", 6) != 0)
        return false;
    data += 6;
    size -= 6;
    bool little = data[0] == 'I';
    size_t at = number(data + 4, 4, little);
    if (memcmp(data, little ? "II*\0" : "MM\0*", 4) != 0 || at < HEADER || at > size - 2)
        return false;
    size_t count = number(data + at, 2, little);
    at += 2;
    if (count > (size - at) / ENTRY)
        return false;
    for (size_t i = 0; i < count; i++, at += ENTRY) {
        if (number(data + at, 2, little) == ORIENTATION &&
            number(data + at + 8, 2, little) != UPRIGHT)
            return false;
    }
    return true;
}

static void leave_jpeg(j_common_ptr info)
{
    longjmp(*(jmp_buf *)info->client_data, 1);
}

static void leave_at_warnings(j_common_ptr info, int level)
{
    if (level < 0)
        leave_jpeg(info);
}

static bool read_jpeg(struct jpeg_decompress_struct *info, uint8_t *bgr, int width, int height)
{
    jpeg_save_markers(info, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(info, TRUE);
    for (jpeg_saved_marker_ptr marker = info->marker_list; marker; marker = marker->next) {
        if (!is_upright(marker->data, marker->data_length))
            return false;
    }
    if ((info->num_components != 1 && info->num_components != 3) ||
        info->image_width != (JDIMENSION)width || info->image_height != (JDIMENSION)height)
        return false;
#ifdef JCS_EXTENSIONS
    info->out_color_space = JCS_EXT_BGR;
    jpeg_start_decompress(info);
    while (info->output_scanline < info->output_height) {
        JSAMPROW row = bgr + (size_t)info->output_scanline * (size_t)width * 3;
        jpeg_read_scanlines(info, &row, 1);
    }
    jpeg_finish_decompress(info);
    return true;
#else
    (void)bgr;
    return false;
#endif
}

static bool decode_jpeg(const uint8_t *bytes, size_t size, uint8_t *bgr, int width, int height)
{
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    jmp_buf trouble;
    volatile bool done = false;
    memset(&info, 0, sizeof info);
    info.err = jpeg_std_error(&errors);
    errors.error_exit = leave_jpeg;
    errors.emit_message = leave_at_warnings;
    info.client_data = &trouble;
    if (setjmp(trouble) == 0) {
        jpeg_create_decompress(&info);
        jpeg_mem_src(&info, bytes, (unsigned long)size);
        done = read_jpeg(&info, bgr, width, height);
    }
    jpeg_destroy_decompress(&info);
    return done;
}

/* ---- PNG ------------------------------------------------------------------------------------- */

struct unread {
    const uint8_t *bytes;
    size_t size;
};

static void read_more(png_structp png, png_bytep out, size_t size)
{
    struct unread *unread = png_get_io_ptr(png);
    if (size > unread->size)
        png_error(png, "the end is missing");
    memcpy(out, unread->bytes, size);
    unread->bytes += size;
    unread->size -= size;
}

static void leave_png(png_structp png, png_const_charp text)
{
    (void)text;
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static bool read_png(png_structp png, png_infop info, png_infop end, uint8_t *bgr, int width,
                     int height)
{
    png_read_info(png, info);
    int colours = png_get_color_type(png, info);
    if (png_get_image_width(png, info) != (png_uint_32)width ||
        png_get_image_height(png, info) != (png_uint_32)height ||
        png_get_bit_depth(png, info) != 8 ||
        png_get_interlace_type(png, info) != PNG_INTERLACE_NONE ||
        (colours != PNG_COLOR_TYPE_GRAY && colours != PNG_COLOR_TYPE_RGB) ||
        png_get_valid(png, info, PNG_INFO_tRNS))
        return false;
    png_set_gray_to_rgb(png);
    png_set_bgr(png);
    png_read_update_info(png, info);
    for (int y = 0; y < height; y++)
        png_read_row(png, bgr + (size_t)y * (size_t)width * 3, NULL);
    png_read_end(png, end);
    return !png_get_valid(png, info, PNG_INFO_eXIf) && !png_get_valid(png, end, PNG_INFO_eXIf);
}

static bool decode_png(const uint8_t *bytes, size_t size, uint8_t *bgr, int width, int height)
{
    struct unread unread = {bytes, size};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, leave_png, ignore);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    png_infop end = png ? png_create_info_struct(png) : NULL;
    volatile bool done = false;
    if (info && end && setjmp(png_jmpbuf(png)) == 0) {
        png_set_read_fn(png, &unread, read_more);
        done = read_png(png, info, end, bgr, width, height);
    }
    png_destroy_read_struct(&png, &info, &end);
    return done;
}

bool plain_picture_decode(const uint8_t *bytes, size_t size, uint8_t *bgr, int width, int height)
{
    static const uint8_t jpeg[] = {0xFF, 0xD8, 0xFF};
    if (size > sizeof jpeg && memcmp(bytes, jpeg, sizeof jpeg) == 0)
        return decode_jpeg(bytes, size, bgr, width, height);
    return size > 8 && png_sig_cmp(bytes, 0, 8) == 0 && decode_png(bytes, size, bgr, width, height);
}
