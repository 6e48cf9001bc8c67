/*
 * import_batch.h - rows that go to the database in one transaction.
 *
 * They are streamed into a table of the session's own (COPY), then put where
 * they belong by a few statements over all of them.  Memory does not grow
 * with their number.
 *
 * What comes of a row does not depend on where batches begin: rows are
 * taken as if one after the other.  Rows of one address therefore
 * go in rounds, each address at most once a round.
 */
#ifndef API_IMPORT_BATCH_H
#define API_IMPORT_BATCH_H

#include "api/import_source.h"
#include "db/db.h"
#include "lib/base/digest.h"

#define IMPORT_BATCH_ROWS_MIN 2000
#define IMPORT_BATCH_ROWS_MAX 512000
#define IMPORT_BATCH_BYTES    (128U << 20) /* full then, whatever the rows */
#define IMPORT_BATCH_ROUNDS   16
#define IMPORT_ERRORS_MAX     100000 /* kept of an import; all are counted */

struct import_counts {
	int64_t rows_read; /* = inserted + updated + unchanged + rejected */
	int64_t inserted;  /* contacts that were made */
	int64_t updated;   /* known, and changed or new on the list */
	int64_t unchanged;
	int64_t rejected;
	int64_t suppressed; /* of all these: must not be mailed */
};

/* What becomes of contacts that are known. */
enum import_mode {
	IMPORT_MERGE = 0, /* what the file says is added or changed */
	IMPORT_SKIP,      /* they stay as they are */
	IMPORT_REPLACE,   /* attributes are those of the file and no others */
};

const char *import_mode_name(enum import_mode m); /* "merge", ... */
bool import_mode_parse(struct str name, enum import_mode *out) MUST_USE;

struct import_target {
	int64_t import_id, list_id;
	enum import_mode mode;
	bool dry_run; /* counts and errors only; each address as if alone */
	int64_t errors_left;              /* of IMPORT_ERRORS_MAX */
	const struct hmac_halves *person; /* db/erase.h; borrowed */
};

struct import_batch;

struct import_batch *import_batch_new(void);
void import_batch_free(struct import_batch *b);

/* Within the caller's transaction.  From here to import_batch_write or _drop
 * the connection takes rows and nothing else. */
bool import_batch_begin(struct import_batch *b, struct db *db, size_t rows_max,
    struct err *err) MUST_USE;
/* A good row or a fault; before it is full. */
bool import_batch_add(struct import_batch *b, const struct import_row *row,
    struct err *err) MUST_USE;
bool import_batch_full(const struct import_batch *b);
/* `counts` is set, not added to. */
bool import_batch_write(struct import_batch *b,
    const struct import_target *target, struct import_counts *counts,
    struct err *err) MUST_USE;
/* Before a rollback; nothing if none is begun. */
void import_batch_drop(struct import_batch *b);

#endif
