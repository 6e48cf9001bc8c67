/*
 * import_plain.h - an uploaded file as plain UTF-8.
 *
 * gzip and ZIP are unpacked (import_unpack.h); UTF-16 and Windows-1252 are
 * converted, what has no meaning there becomes U+FFFD.  What comes of it is
 * kept in a file without a name.  Memory is a few blocks.  The same file
 * gives the same text each time.
 *
 * Encodings are detected unless told: a byte order mark or zeros say UTF-16;
 * bytes that are more often no UTF-8 than they are say Windows-1252.
 */
#ifndef API_IMPORT_PLAIN_H
#define API_IMPORT_PLAIN_H

#include "lib/base/err.h"
#include "lib/base/str.h"

enum import_encoding {
	IMPORT_DETECT = 0,
	IMPORT_UTF8,
	IMPORT_UTF16LE,
	IMPORT_UTF16BE,
	IMPORT_WINDOWS_1252,
};

const char *import_encoding_name(enum import_encoding e); /* "utf-8", ... */
bool import_encoding_parse(struct str name, enum import_encoding *out) MUST_USE;

struct import_plain {
	int fd;            /* borrowed: the file */
	const char *where; /* folder for the one without a name */
	enum import_encoding encoding;
	int64_t bytes_max; /* of what is unpacked or converted: FAIL_LIMIT */
};

/* `*out` is another descriptor at the start of the text, the caller's; -1
 * when the file is plain as it is.  FAIL_TIMEOUT: told to stop. */
bool import_plain_open(const struct import_plain *p, int *out,
    struct err *err) MUST_USE;

#endif
