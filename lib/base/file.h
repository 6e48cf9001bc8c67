/*
 * file.h - whole small files, and files that must not be half-written.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Appends the file to `out`; FAIL_LIMIT when it does not fit out->max. */
bool file_read(const char *path, struct buf *out, struct err *err) MUST_USE;

/* New file under a temporary name, fsync, rename. */
bool file_write(const char *path, struct str data, unsigned mode,
    struct err *err) MUST_USE;

/* As `mkdir -p`, mode for the last component. */
bool file_mkdirs(const char *path, unsigned mode, struct err *err) MUST_USE;

bool file_exists(const char *path);

#endif
