/*
 * lines.h - the lines of a file, however they end: LF, CRLF or CR.
 *
 * Reads ahead in blocks; memory is bounded by LINE_MAX_BYTES.  Knows where each line
 * stands, so that a reader can go back to one.
 */
#ifndef API_LINES_H
#define API_LINES_H

#include "lib/base/err.h"
#include "lib/base/str.h"

#define LINE_MAX_BYTES (1U << 20)

struct line {
	struct str text; /* with its end; valid until the next call */
	int64_t number;  /* from 1 */
	int64_t offset;  /* of its first byte in the file */
	bool cut;        /* longer than LINE_MAX_BYTES: the rest was skipped */
};

struct lines {
	int fd; /* borrowed */
	char *buf;
	size_t start, end; /* what was read and not handed out */
	int64_t offset;    /* of buf[start] in the file */
	int64_t number;    /* of the next line */
	bool at_end;       /* nothing more to be read */
	bool skipping;     /* the rest of a line that was cut */
};

enum lines_outcome { LINES_LINE = 0, LINES_END, LINES_FAILED };

/* From the descriptor's position, which counts as offset 0, line 1. */
void lines_init(struct lines *l, int fd);
void lines_release(struct lines *l);

enum lines_outcome lines_next(struct lines *l, struct line *out,
    struct err *err) MUST_USE;
/* Goes on from there: the next line has that number.  false: the file cannot
 * seek, nothing changed. */
bool lines_back(struct lines *l, int64_t offset, int64_t number);

#endif
