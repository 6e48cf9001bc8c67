/*
 * export.h - rows of the database as a file, in constant memory.
 *
 * A statement gives rows of (position bigint, JSON document) after a
 * position; they are fetched a few hundred at a time while the peer reads,
 * so that no transaction is held open and rows that stay are neither
 * repeated nor missed.
 *
 * NDJSON is the documents as they are.  CSV has a column a member; those of
 * "attributes" have one each.  A cell that a spreadsheet would take for a
 * formula gets an apostrophe in front.
 */
#ifndef API_EXPORT_H
#define API_EXPORT_H

#include "api/request.h"

#define EXPORT_COLUMNS_MAX 256 /* of attributes, in CSV */

struct export_kind {
	enum query rows;    /* $1 id, $2 after, $3 at most */
	const char *fields; /* members of a document, blanks between */
	const char *file;   /* its name, before the id */
};

enum export_format { EXPORT_CSV = 0, EXPORT_NDJSON };

/* ?format=csv|ndjson, csv when not given.  false: answered. */
bool export_format_read(struct request *q, enum export_format *out) MUST_USE;

/* Answers with the file.  `attributes`: names (text), one a row; NULL: the
 * documents have none. */
void export_reply(struct request *q, const struct export_kind *kind, int64_t id,
    enum export_format format, const struct db_result *attributes);

#endif
