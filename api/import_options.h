/*
 * import_options.h - how a file is to be read, where that is not detected.
 *
 *   {"encoding":"windows-1252","delimiter":"tab",
 *    "columns":{"E-Mail":"email","Junk":null,
 *               "Age":{"name":"age","type":"number"}}}
 *
 * A column of the file becomes the contact's field or attribute of that
 * name, or nothing; what is not mentioned keeps its name and is text.  Kept
 * with the import in that form, so that whoever goes on with it reads the
 * same rows.
 */
#ifndef API_IMPORT_OPTIONS_H
#define API_IMPORT_OPTIONS_H

#include "api/import_plain.h"
#include "lib/base/buf.h"

#include <jansson.h>

#define IMPORT_OPTIONS_MAX     (32U << 10) /* bytes of JSON */
#define IMPORT_COLUMN_NAME_MAX 100         /* bytes */
#define IMPORT_BASIS_MAX       500         /* bytes */

enum import_type {
	IMPORT_TEXT = 0,
	IMPORT_NUMBER,  /* as JSON has them, finite */
	IMPORT_BOOLEAN, /* true, yes, y, 1, on, and their opposites */
	IMPORT_DATE,    /* 2026-12-01, or RFC 3339 with time and offset */
};

struct import_column {
	const char *name; /* NULL: is not taken */
	enum import_type type;
};

struct import_options {
	enum import_encoding encoding;
	char delimiter;  /* 0: detected */
	json_t *columns; /* NULL: none */
};

/* All that is detected. */
void import_options_init(struct import_options *o);
/* FAIL_INPUT: what is wrong, fit for who wrote it. */
bool import_options_parse(struct import_options *o, struct str json,
    struct err *err) MUST_USE;
/* The same from words, each of which may be STR_NONE; `columns` is JSON. */
bool import_options_gather(struct str encoding, struct str delimiter,
    struct str columns, struct buf *json, struct err *err) MUST_USE;
void import_options_release(struct import_options *o);

/* What a column of the header means. */
struct import_column import_options_column(const struct import_options *o,
    const char *header);
/* The first of `columns` that is not among the header's; NULL: none. */
const char *import_options_unknown(const struct import_options *o,
    const char *const *header, size_t n);

/* A cell as JSON; NULL, or what is wrong with it. */
const char *import_type_write(enum import_type type, struct str cell,
    struct buf *out);

#endif
