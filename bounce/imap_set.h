/*
 * imap_set.h - a set of message numbers, kept as ranges (RFC 3501, 9,
 * sequence-set), never expanded: `1:4294967295` costs eight bytes.
 *
 * Ranges are sorted, disjoint and not adjacent after imap_set_sort; parsing
 * and every function that answers a question leave the set so.  The set owns
 * its ranges and holds at most IMAP_RANGES_MAX of them.
 */
#ifndef BOUNCE_IMAP_SET_H
#define BOUNCE_IMAP_SET_H

#include "lib/base/buf.h"

#define IMAP_RANGES_MAX 100000

struct imap_range {
	uint32_t first, last; /* both belong to it; first <= last, never 0 */
};

struct imap_set {
	struct imap_range *at;
	size_t count, cap;
	bool sorted;
};

void imap_set_init(struct imap_set *s);
void imap_set_release(struct imap_set *s);
void imap_set_reset(struct imap_set *s);

/* Either order of the ends; false when 0 is one of them or when the ranges
 * are too many, which leaves the set as it was. */
bool imap_set_add(struct imap_set *s, uint32_t a, uint32_t b) MUST_USE;
/* Adds "2,4:7,9:*", `*` standing for the largest number there is; false for
 * anything else, and then part of it may have been added. */
bool imap_set_parse(struct imap_set *s, struct str text) MUST_USE;

void imap_set_sort(struct imap_set *s);
bool imap_set_has(struct imap_set *s, uint32_t n);
uint64_t imap_set_size(struct imap_set *s); /* how many numbers */
uint32_t imap_set_max(struct imap_set *s);  /* 0 when empty */

/* Moves the lowest `size_max` numbers to `out`, which is emptied first; false
 * when there was none left.  How a large result is worked off in batches. */
bool imap_set_take(struct imap_set *s, uint64_t size_max, struct imap_set *out);
void imap_set_drop_below(struct imap_set *s, uint32_t n);
void imap_set_write(struct imap_set *s, struct buf *out); /* "2,4:7" */

#endif
