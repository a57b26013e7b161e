/* Whole files in, whole files out. */
#ifndef FILE_H
#define FILE_H

#include "error.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a user can do where the system refuses a path with this errno. Inline, since the shim's
 * module `videos` is not linked with src/base. */
static inline const char *file_advice(int code)
{
    switch (code) {
    case ENOENT:
        return "check the name";
    case EACCES:
    case EPERM:
        return "check its permissions";
    case ENOSPC:
    case EDQUOT:
        return "free some space";
    case EFBIG:
        return "see `ulimit -f`";
    case EMFILE:
        return "see `ulimit -n`";
    case EROFS:
        return "choose another folder";
    default:
        return "check the path";
    }
}

/* Reads the whole file. On success *bytes (malloc, the caller frees) holds *size bytes. Refuses
 * directories, anything else that is not a regular file, and files above `limit` bytes. */
int file_read(const char *path, size_t limit, uint8_t **bytes, size_t *size, struct error *error);

/* The same for standard input, whatever kind of file it is, until it ends. */
int file_read_input(size_t limit, uint8_t **bytes, size_t *size, struct error *error);

/* Whether a name in a folder is of no interest: hidden, or left there by a file manager or an
 * archive of another system. */
bool file_is_litter(const char *name);

bool file_is_folder(const char *path);

/* The folder that `path` is in, for the caller to free; NULL without memory. */
char *file_folder(const char *path);

/* The name without its folders; points into `path`. */
const char *file_base(const char *path);
/* "folder/name", for the caller to free; NULL without memory. */
char *file_in_folder(const char *folder, const char *name);

/* What `path` leads to through links, also where nothing is there yet, for the caller to free; NULL
 * without memory. */
char *file_followed(const char *path);

/* How many bytes are free where the file `path` is or may be; UINT64_MAX if that is not known. */
uint64_t file_space(const char *path);
/* How large `ulimit -f` lets a file become; UINT64_MAX if there is no limit. */
uint64_t file_limit(void);

/* Fails unless `path` is a writable regular file, character device or FIFO, or a new name (links
 * followed) in a writable folder. Changes nothing. */
int file_check_output(const char *path, struct error *error);

/* Waits until the FIFO `path` has a reader, and opens it for writing. -1 with errno ESPIPE where it
 * is no FIFO, EINTR where process_stopping() became true. */
int file_open_fifo(const char *path);

/* A file that appears under its name whole or not at all: it is written to a temporary file beside
 * it, synced and renamed. What a killed run left behind is removed when the file is next
 * written; a file of the user's with such a name stays. */
struct file_writer;

/* For a file that the user has named: a link is followed, and what is written to a character
 * device, such as /dev/null, goes there. Fails at once if the folder is missing or read-only, if
 * the link leads nowhere, or if the name belongs to something that is not a file. */
int file_writer_open(struct file_writer **writer, const char *path, struct error *error);
/* For a file of ours in a folder that the user has named: a link that was planted there is not
 * followed, but replaced. Otherwise the same. */
int file_writer_open_in_folder(struct file_writer **writer, const char *path, struct error *error);
/* The temporary file, for a library that writes to a path itself, and keeps its sticky bit; NULL
 * for a device. */
const char *file_writer_temporary(const struct file_writer *writer);
/* Gives a file that is no device these permissions; -1 where its file system cannot. */
int file_writer_set_mode(struct file_writer *writer, mode_t mode);
/* Appends. After the first failure the writer only remembers it; file_writer_commit reports it. */
void file_writer_append(struct file_writer *writer, const void *bytes, size_t size);
/* Makes the file appear and frees the writer. On failure nothing remains on the disk. */
int file_writer_commit(struct file_writer **writer, struct error *error);
/* Gives up: removes the temporary file and frees the writer; NULL is fine. */
void file_writer_discard(struct file_writer **writer);

/* Removes a file of ours, if it exists, and what killed runs have left of it. */
void file_remove(const char *path);

/* The three steps at once, for a file of ours in a folder that the user has named. */
int file_write(const char *path, const void *bytes, size_t size, struct error *error);

#ifdef __cplusplus
}
#endif

#endif
