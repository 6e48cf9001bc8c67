/*
 * pile.h - recipients of one lease whose turn cannot be now, because their
 * group, or the account that they want, is busy: they wait here, so that
 * those behind them are not held up.
 *
 * A pile is of one lease, one group and one wanted account, is found by its
 * group, and is there as long as somebody is on it.
 */
#ifndef SENDER_PILE_H
#define SENDER_PILE_H

#include "sender/group.h"

struct lease;
struct recipient;

struct pile {
	struct pile *next;                    /* of the lease */
	struct pile *prev_group, *next_group; /* of the group */
	struct lease *lease;
	struct group *group;
	int64_t account_id;             /* that they want; 0: any */
	struct recipient *first, *last; /* in the order of coming */
	size_t count;
};

/* The recipient is in no other list. */
void pile_put(struct recipient *r);
void pile_take(struct recipient *r);

#endif
