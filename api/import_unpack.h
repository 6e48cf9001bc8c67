/*
 * import_unpack.h - the one file in a packed upload.
 *
 * gzip (members may follow each other) and ZIP are known by their first
 * bytes.  Of a ZIP exactly one file is taken: folders, hidden files and what
 * macOS adds (__MACOSX) are passed over.  Memory is a few blocks and at most
 * IMPORT_ZIP_LIST_MAX bytes of a ZIP's list of files.
 *
 * Bombs: what comes out ends at `bytes_max`, and beyond IMPORT_SMALL_BYTES at
 * IMPORT_RATIO_MAX times the upload.  A ZIP has to be as long as it says, and
 * its sum to be right.  Encrypted ZIPs, those in parts, with other methods
 * than deflate, or of 4 GiB and more are refused.
 */
#ifndef API_IMPORT_UNPACK_H
#define API_IMPORT_UNPACK_H

#include "lib/base/err.h"
#include "lib/base/str.h"

#define IMPORT_RATIO_MAX    200
#define IMPORT_SMALL_BYTES  (16U << 20)
#define IMPORT_ZIP_LIST_MAX (64U << 10)
#define IMPORT_BLOCK        (256U << 10) /* read and written at a time */

/* A file without a name that is being made. */
struct import_target {
	int fd;
	int64_t left; /* bytes that it may still have */
	int64_t max;
};

bool import_target_make(struct import_target *t, const char *where,
    int64_t bytes_max, struct err *err) MUST_USE;
/* FAIL_LIMIT: it would have too many. */
bool import_target_put(struct import_target *t, struct str bytes,
    struct err *err) MUST_USE;

/* n = 0: the file ends.  FAIL_TIMEOUT: told to stop. */
bool import_read_block(int fd, char *p, size_t max, size_t *n,
    struct err *err) MUST_USE;
bool import_rewind(int fd, struct err *err) MUST_USE;

bool import_is_packed(int fd);
/* All of it into `t`, whose limit is lowered; both blocks have IMPORT_BLOCK
 * bytes. */
bool import_unpack(int fd, struct import_target *t, char *in, char *out,
    struct err *err) MUST_USE;

#endif
