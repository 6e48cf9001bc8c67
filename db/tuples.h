/*
 * tuples.h - rows in the binary format of COPY, for db_batch_copy.
 *
 * tuples_row, then one value a column, for each row; tuples_end at last.
 * The types have to be those of the columns: PostgreSQL converts nothing.
 * Memory is kept from one use to the next.
 */
#ifndef DB_TUPLES_H
#define DB_TUPLES_H

#include "lib/base/buf.h"

struct tuples {
	struct buf out;
};

void tuples_init(struct tuples *t, size_t max);
void tuples_release(struct tuples *t);

void tuples_begin(struct tuples *t); /* empty; once before the rows */
void tuples_row(struct tuples *t, int columns);
void tuples_smallint(struct tuples *t, int v);
void tuples_bigint(struct tuples *t, int64_t v);
void tuples_time(struct tuples *t, int64_t us); /* timestamptz, since 1970 */
/* Also the name of an enum's value; NULL when s.p == NULL. */
void tuples_text(struct tuples *t, struct str s);
void tuples_jsonb(struct tuples *t, struct str json);
void tuples_null(struct tuples *t);
/* Rows that are too many to be kept are sent on the way: what there is, valid
 * until the next change, and on without it. */
struct str tuples_so_far(const struct tuples *t);
void tuples_go_on(struct tuples *t);
/* All of it; valid until the next change.  More than max: BUG. */
struct str tuples_end(struct tuples *t);

#endif
