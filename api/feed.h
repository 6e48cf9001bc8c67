/*
 * feed.h - what happened, in an order that nothing is put into later.
 *
 *   {"data":[...],"next_cursor":"..."}
 *
 * Rows are ordered by the transaction that wrote them and their id, and end
 * before the oldest transaction that is still under way: a row that is
 * committed late comes after all that was shown.  next_cursor says where to
 * go on, also behind the newest row; it is null when there is none.  A row
 * whose verdict changes comes again.
 */
#ifndef API_FEED_H
#define API_FEED_H

#include "api/request.h"

struct feed {
	int64_t transaction, id; /* after these; 0: from the start */
	int64_t limit;
};

/* ?limit=1..500&cursor=opaque; false: answered with 422. */
bool feed_read(struct request *q, struct feed *f) MUST_USE;
/* Rows of (transaction bigint, id bigint, document json) in their order. */
void feed_reply(struct request *q, const struct db_result *rows);

#endif
