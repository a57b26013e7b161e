#include "plain_picture.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>
#include <png.h>

/* ---- JPEG ------------------------------------------------------------------------------------ */

static void leave_jpeg(j_common_ptr info)
{
    longjmp(*(jmp_buf *)info->client_data, 1);
}

static void leave_at_warnings(j_common_ptr info, int level)
{
    if (level < 0)
        leave_jpeg(info);
}

static void leave_at_missing_data(j_common_ptr info, int level)
{
    if (level < 0 && info->err->msg_code != JWRN_JPEG_EOF)
        leave_jpeg(info);
}

static bool read_jpeg(struct jpeg_decompress_struct *info, uint8_t *bgr, int width, int height)
{
    jpeg_read_header(info, TRUE);
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
    return true; /* what follows the last row, such as a camera maker's own data, is not looked at
                  */
#else
    (void)bgr;
    return false;
#endif
}

static bool read_all(struct jpeg_decompress_struct *info, uint8_t *bgr, int width, int height)
{
    (void)bgr, (void)width, (void)height;
    jpeg_read_header(info, TRUE);
    jpeg_start_decompress(info);
    JSAMPARRAY row =
        (*info->mem->alloc_sarray)((j_common_ptr)info, JPOOL_IMAGE,
                                   info->output_width * (JDIMENSION)info->output_components, 1);
    while (info->output_scanline < info->output_height)
        jpeg_read_scanlines(info, row, 1);
    return true;
}

/* `heed` gets the library's warnings: it makes up what is missing, and warns of it. */
static bool
decode_jpeg(const uint8_t *bytes, size_t size, void (*heed)(j_common_ptr info, int level),
            bool (*read)(struct jpeg_decompress_struct *info, uint8_t *bgr, int width, int height),
            uint8_t *bgr, int width, int height)
{
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    jmp_buf trouble;
    volatile bool done = false;
    memset(&info, 0, sizeof info);
    info.err = jpeg_std_error(&errors);
    errors.error_exit = leave_jpeg;
    errors.emit_message = heed;
    info.client_data = &trouble;
    if (setjmp(trouble) == 0) {
        jpeg_create_decompress(&info);
        jpeg_mem_src(&info, bytes, (unsigned long)size);
        done = read(&info, bgr, width, height);
    }
    jpeg_destroy_decompress(&info);
    return done;
}

bool plain_jpeg_is_whole(const uint8_t *bytes, size_t size)
{
    return decode_jpeg(bytes, size, leave_at_missing_data, read_all, NULL, 0, 0);
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
    return true;
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
        return decode_jpeg(bytes, size, leave_at_warnings, read_jpeg, bgr, width, height);
    return size > 8 && png_sig_cmp(bytes, 0, 8) == 0 && decode_png(bytes, size, bgr, width, height);
}
