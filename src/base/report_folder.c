#include "report_folder.h"

#include "file.h"
#include "gnuplot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int report_path(char path[REPORT_PATH_SIZE], const char *folder, const char *name,
                struct error *error)
{
    int length = snprintf(path, REPORT_PATH_SIZE, "%s/%s", folder, name);
    if (length > 0 && length < REPORT_PATH_SIZE)
        return 0;
    return error_set(error, "%.200s: the path is too long; use a shorter one", folder);
}

int report_folder_claim(const char *folder, const char *const *names, size_t count,
                        struct file_set *files, struct error *error)
{
    char path[REPORT_PATH_SIZE];
    for (size_t i = 0; i < count; i++) {
        struct stat status;
        if (report_path(path, folder, names[i], error))
            return -1;
        bool is_link = lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
        if (!is_link && file_set_claim(files, path, error))
            return -1;
    }
    return 0;
}

int report_folder_open(const char *folder, const char *name, struct error *error)
{
    char path[REPORT_PATH_SIZE];
    struct file_writer *probe;
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return error_set(error, "%s: the folder cannot be created: %s; choose another", folder,
                         strerror(errno));
    if (report_path(path, folder, name, error) || file_writer_open_in_folder(&probe, path, error))
        return -1;
    file_writer_discard(&probe);
    return 0;
}

int report_text_open(struct report_text *text, struct error *error)
{
    *text = (struct report_text){0};
    text->stream = open_memstream(&text->bytes, &text->size);
    return text->stream ? 0 : error_no_memory(error, "the report");
}

int report_text_close(struct report_text *text, const char *folder, const char *name,
                      struct error *error)
{
    char path[REPORT_PATH_SIZE];
    int result = fclose(text->stream) ? error_no_memory(error, "the report")
                                      : report_path(path, folder, name, error);
    if (result == 0)
        result = file_write(path, text->bytes, text->size, error);
    free(text->bytes);
    return result;
}

int report_text_draw(struct report_text *text, const char *folder, const char *name,
                     struct error *error)
{
    int result = fclose(text->stream) ? error_no_memory(error, "the report")
                                      : gnuplot_draw(folder, text->bytes, name, error);
    free(text->bytes);
    return result;
}
