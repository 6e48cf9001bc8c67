/*
 * import_zip.h - where the one file of a ZIP is (APPNOTE.TXT 6.3, 4.3).
 *
 *   file ...  list (a row a file)  end record
 *
 * Only the list at the end says what belongs to a ZIP; what stands before a
 * file's bytes is asked for nothing but its length.
 */
#ifndef API_IMPORT_ZIP_H
#define API_IMPORT_ZIP_H

#include "lib/base/err.h"

struct import_zip_file {
	int64_t at, packed; /* its bytes in the ZIP */
	int64_t bytes;      /* that come of them */
	uint32_t sum;       /* CRC-32 of these */
	bool deflated;      /* or as it is */
};

/* FAIL_INPUT when there is not exactly one that can be read. */
bool import_zip_find(int fd, struct import_zip_file *out,
    struct err *err) MUST_USE;

#endif
