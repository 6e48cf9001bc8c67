/*
 * csv_reader.h - rows of a CSV file (RFC 4180), as people's programs write it.
 *
 * On libcsv: quotes inside unquoted fields are text, blanks around fields
 * go, blank lines are no rows.  A byte order mark is skipped.  The delimiter
 * is, of comma, semicolon, tab and pipe, the one that the first line has most often outside
 * quotes.  What cannot be
 * right is told as the row's fault, and reading goes on: after a quote that
 * is not closed, with the line after it (for CSV_REREAD_MAX bytes a file, so
 * that a hostile one costs no more than it is long).
 */
#ifndef API_CSV_READER_H
#define API_CSV_READER_H

#include "lib/base/err.h"
#include "lib/base/str.h"

#define CSV_COLUMNS_MAX 256
#define CSV_FIELD_MAX   (64U << 10)
#define CSV_ROW_MAX     (1U << 20)
#define CSV_REREAD_MAX  (64U << 20)

struct csv_row {
	int64_t line;      /* its first one, from 1 */
	const char *fault; /* NULL, or why it is not to be used; static */
	const struct str *fields;
	size_t count;
	struct str text; /* the beginning of its first line, as it stands */
};

enum csv_outcome { CSV_ROW_READ = 0, CSV_END, CSV_FAILED };

struct csv_reader;

/* Borrows fd.  delimiter 0: detected. */
struct csv_reader *csv_reader_new(int fd, char delimiter) MUST_USE;
void csv_reader_free(struct csv_reader *r);

/* The row is valid until the next call. */
enum csv_outcome csv_reader_next(struct csv_reader *r, struct csv_row *row,
    struct err *err) MUST_USE;
int64_t csv_reader_offset(const struct csv_reader *r); /* bytes taken */

#endif
