/*
 * group.h - recipients' domains that are one to whoever receives for them
 * (lib/mail/provider.h), as a worker meets them.
 *
 * A group is there once a worker, as long as a recipient of it is in memory
 * or one of its lanes has something to remember; there may be as many as
 * recipients.  It holds its lanes, one an account that it was sent to
 * through, and the piles of recipients that wait for one of them.
 */
#ifndef SENDER_GROUP_H
#define SENDER_GROUP_H

#include "sender/lane.h"

struct pile;

struct groups {
	struct group **buckets;
	size_t cap, count;
	uint64_t seed;
	struct group *piled; /* those with piles */
};

struct group {
	struct groups *all;
	struct group *chain; /* of its bucket */
	struct group *prev_piled, *next_piled;
	struct lane *lanes; /* owned */
	struct pile *piles; /* owned by their leases */
	size_t parked;      /* recipients in them */
	size_t refs;        /* recipients */
	uint64_t hash;
	size_t n;
	char name[];
};

void groups_init(struct groups *all);
void groups_release(struct groups *all); /* all recipients are gone */

/* The group of that name, one recipient more. */
struct group *group_take(struct groups *all, struct str name);
/* One recipient less. */
void group_leave(struct group *g);
/* Frees it when nothing is left to remember. */
void group_sweep(struct group *g);
struct str group_name(const struct group *g);

/* The lane from that account, or NULL. */
struct lane *group_lane(const struct group *g, const struct relay *r);

#endif
