/*
 * import_source.h - the rows of an uploaded file as contacts-to-be.
 *
 * CSV (csv_reader.h): a header row with `email`; `name` is known, every
 * other column is an attribute of that name, a string, unless import_options.h
 * says otherwise.  An empty cell says nothing about the contact.  Cells are data, whatever they start with.
 *
 * NDJSON: an object a line with "email", "name", "attributes" (an object);
 * every other member is an attribute, of any type.
 *
 * Encoding is UTF-8.  A row that cannot be taken has a fault, fit for the
 * one who sent the file.  The same file gives the same rows each time.
 */
#ifndef API_IMPORT_SOURCE_H
#define API_IMPORT_SOURCE_H

#include "api/import_options.h"
#include "lib/mail/address.h"

enum import_format { IMPORT_CSV = 0, IMPORT_NDJSON };

const char *import_format_name(enum import_format f); /* "csv", "ndjson" */
bool import_format_parse(struct str name, enum import_format *out) MUST_USE;

#define IMPORT_FAULT_MAX 200

struct import_row {
	int64_t line;                 /* its first one, from 1 */
	char fault[IMPORT_FAULT_MAX]; /* "" when it is good */
	struct str value;             /* what the fault is about */
	struct address address;
	struct str name, attributes; /* text; a JSON object */
	enum import_leave leave;
};

enum import_outcome { IMPORT_ROW = 0, IMPORT_END, IMPORT_FAILED };

struct import_source;

/* Reads the header; options are borrowed until import_source_free.  FAIL_INPUT: nothing of this file can be imported. */
bool import_source_open(struct import_source **out, int fd,
    enum import_format format, const struct import_options *options,
    struct err *err) MUST_USE;
void import_source_free(struct import_source *s);

/* The row borrows until the next call. */
enum import_outcome import_source_next(struct import_source *s,
    struct import_row *row, struct err *err) MUST_USE;
/* Passes over rows without looking at what they say; false when there are
 * not that many. */
bool import_source_skip(struct import_source *s, int64_t rows,
    struct err *err) MUST_USE;
int64_t import_source_offset(const struct import_source *s); /* bytes */

#endif
