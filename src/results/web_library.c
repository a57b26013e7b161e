#include "web_library.h"

#include "loaded_library.h"

struct web_library web;

int web_library_load(struct error *error)
{
    static const char *const names[] = {"libmicrohttpd.so.12", "libmicrohttpd.so",
                                        "libmicrohttpd.dylib", NULL};
    static const char *const hash_names[] = {"libgnutls.so.30", "libgnutls.so", "libgnutls.dylib",
                                             NULL};
    static const char hint[] = "install libmicrohttpd (Debian: apt-get install libmicrohttpd12)";
    const struct loaded_function functions[] = {
        {"MHD_start_daemon", &web.start_daemon},
        {"MHD_stop_daemon", &web.stop_daemon},
        {"MHD_lookup_connection_value", &web.lookup},
        {"MHD_queue_response", &web.queue_response},
        {"MHD_create_response_from_buffer", &web.response_from_buffer},
        {"MHD_create_response_from_callback", &web.response_from_callback},
        {"MHD_create_response_for_upgrade", &web.response_for_upgrade},
        {"MHD_add_response_header", &web.add_header},
        {"MHD_destroy_response", &web.destroy_response},
        {"MHD_suspend_connection", &web.suspend},
        {"MHD_resume_connection", &web.resume},
        {"MHD_upgrade_action", &web.upgrade_action},
    };
    const struct loaded_function hashes[] = {{"gnutls_hash_fast", &web.hash}};
    return loaded_library_open(names, functions, sizeof functions / sizeof *functions, hint,
                               error) ||
                   loaded_library_open(hash_names, hashes, sizeof hashes / sizeof *hashes,
                                       "install GnuTLS (Debian: apt-get install libgnutls30)",
                                       error)
               ? error_of(error, "--serve")
               : 0;
}

void web_hash(int algorithm, const void *bytes, size_t size, char text[WEB_HASH_TEXT_SIZE])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t digest[WEB_SHA256_SIZE + 2] = {0};
    size_t count = algorithm == WEB_SHA1 ? WEB_SHA1_SIZE : WEB_SHA256_SIZE;
    web.hash(algorithm, bytes, size, digest);
    for (size_t i = 0; i < count; i += 3) {
        uint32_t three =
            (uint32_t)digest[i] << 16 | (uint32_t)digest[i + 1] << 8 | (uint32_t)digest[i + 2];
        for (size_t k = 0; k < 4; k++)
            *text++ = i + k > count ? '=' : digits[three >> (18 - 6 * k) & 63];
    }
    *text = '\0';
}
