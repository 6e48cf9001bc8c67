/*
 * import_options.h - how a file is to be read, where that is not detected.
 *
 *   {"encoding":"windows-1252","delimiter":"tab","source":"mailchimp",
 *    "columns":{"E-Mail":"email","Junk":null,
 *               "Age":{"name":"age","type":"number"}}}
 *
 * A column of the file becomes the contact's field or attribute of that
 * name, or nothing; what is not mentioned is as the source has it (import_origin.h), or
 * else keeps its name and is text.  Kept
 * with the import in that form, so that whoever goes on with it reads the
 * same rows.
 */
#ifndef API_IMPORT_OPTIONS_H
#define API_IMPORT_OPTIONS_H

#include "api/import_origin.h"
#include "api/import_plain.h"
#include "lib/base/buf.h"

#include <jansson.h>

#define IMPORT_OPTIONS_MAX     (32U << 10) /* bytes of JSON */
#define IMPORT_COLUMN_NAME_MAX 100         /* bytes */
#define IMPORT_BASIS_MAX       500         /* bytes */

struct import_options {
	enum import_encoding encoding;
	enum import_origin origin;
	char delimiter;  /* 0: detected */
	json_t *columns; /* NULL: none */
};

/* All that is detected. */
void import_options_init(struct import_options *o);
/* FAIL_INPUT: what is wrong, fit for who wrote it. */
bool import_options_parse(struct import_options *o, struct str json,
    struct err *err) MUST_USE;
/* The same from words, each of which may be STR_NONE; `columns` is JSON. */
struct import_words {
	struct str encoding, delimiter, source, columns;
};
bool import_options_gather(const struct import_words *w, struct buf *json,
    struct err *err) MUST_USE;
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
