/*
 * import_batch.h - rows that go to the database in one transaction.
 *
 * What comes of a row does not depend on where batches begin: rows are
 * taken as if one after the other.  Rows of one address therefore
 * go in rounds, each address at most once a round.
 */
#ifndef API_IMPORT_BATCH_H
#define API_IMPORT_BATCH_H

#include "api/import_source.h"
#include "db/db.h"
#include "lib/base/arena.h"

#define IMPORT_BATCH_ROWS  4000
#define IMPORT_BATCH_BYTES (4U << 20) /* then it is full, whatever the rows */
#define IMPORT_ERRORS_MAX  100000     /* kept of an import; all are counted */

struct import_counts {
	int64_t rows_read; /* = inserted + updated + unchanged + rejected */
	int64_t inserted;  /* contacts that were made */
	int64_t updated;   /* known, and changed or new on the list */
	int64_t unchanged;
	int64_t rejected;
	int64_t suppressed; /* of all these: must not be mailed */
};

struct import_batch;

struct import_batch *import_batch_new(void);
void import_batch_free(struct import_batch *b);
void import_batch_reset(struct import_batch *b);

/* Copies a good row or a fault. */
void import_batch_add(struct import_batch *b, const struct import_row *row);
bool import_batch_full(const struct import_batch *b);
bool import_batch_empty(const struct import_batch *b);

struct import_target {
	int64_t import_id, list_id;
	bool merge;          /* else known contacts stay as they are */
	int64_t errors_left; /* of IMPORT_ERRORS_MAX */
};

/* Within the caller's transaction.  `counts` is set, not added to.  May be called
 * again after a rollback. */
bool import_batch_write(struct import_batch *b, struct db *db,
    const struct import_target *target, struct import_counts *counts,
    struct err *err) MUST_USE;

#endif
