/*
 * file.h - whole small files, and files that must not be half-written.
 *
 * A file that is not there is FAIL_MISSING; a failed read leaves `out` as it
 * was.  Modes of files do not depend on the umask, those of folders do.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Appends the file to `out`; FAIL_LIMIT when it does not fit out->max. */
bool file_read(const char *path, struct buf *out, struct err *err) MUST_USE;

/* As file_read; FAIL_REFUSED when group or others may do anything with it. */
bool file_read_private(const char *path, struct buf *out,
    struct err *err) MUST_USE;

/* New file under a temporary name, fsync, rename. */
bool file_write(const char *path, struct str data, unsigned mode,
    struct err *err) MUST_USE;

/* As file_write, but FAIL_CONFLICT when the file exists; of several at once
 * one wins and nobody sees half a file. */
bool file_create(const char *path, struct str data, unsigned mode,
    struct err *err) MUST_USE;

/* As `mkdir -p`, mode for the last component. */
bool file_mkdirs(const char *path, unsigned mode, struct err *err) MUST_USE;
/* The folder that the file of that path is to stand in. */
bool file_mkdirs_for(const char *path, unsigned mode, struct err *err) MUST_USE;

bool file_exists(const char *path);

#endif
