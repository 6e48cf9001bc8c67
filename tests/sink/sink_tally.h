/*
 * sink_tally.h - counts by key, in a table that is bounded: once it is crowded,
 * the entry touched longest ago makes room, so that a flood of keys costs
 * memory to nobody.
 *
 * Keys are known by 64 bits of hash.  The table is made at the first use.
 */
#ifndef TESTS_SINK_TALLY_H
#define TESTS_SINK_TALLY_H

#include "lib/base/str.h"

#define SINK_TALLY_SLOTS (1U << 18)

struct sink_count {
	uint64_t key; /* 0: free */
	long n;
	int64_t first_ms; /* when it began; whoever counts says what that is */
	int64_t touched_ms;
};

struct sink_tally {
	struct sink_count *slots; /* NULL until the first use */
};

void sink_tally_release(struct sink_tally *t);
/* The entry, new with zeros or found; valid until the next call. */
struct sink_count *sink_tally_at(struct sink_tally *t, struct str a,
    struct str b, int64_t now_ms);

#endif
