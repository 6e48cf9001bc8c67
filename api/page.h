/*
 * page.h - lists in pages: ?limit=1..500&cursor=opaque.
 *
 *   {"data":[...],"next_cursor":null|"..."}
 *
 * Ordered by a bigint that grows; the cursor is the last one seen, so that
 * pages neither repeat nor miss rows that stay.
 */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/request.h"

#define PAGE_LIMIT_MAX     500
#define PAGE_LIMIT_DEFAULT 50

struct page {
	int64_t after; /* 0: from the start */
	int limit;
};

/* false: answered with 422. */
bool page_read(struct request *q, struct page *page) MUST_USE;
/* For the statement's LIMIT: one more row than shown tells if there is more. */
int64_t page_fetch(const struct page *page);
/* Rows of (id bigint, document json) in the order of id. */
void page_reply(struct request *q, const struct page *page,
    const struct db_result *rows);

#endif
