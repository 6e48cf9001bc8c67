/*
 * lanes.h - the lanes of one account: made when they are needed, watched,
 * and their limits and what was learnt kept in the database.
 *
 * A message that waits too long for the reply to its final dot, or stands
 * behind such a one on its connection, cannot be taken back.  It is excused:
 * its lane goes on as if it were not there.
 *
 * A lane that has room again, and for whose group recipients were put on
 * piles, stands in the queue `ready`; whoever hands out asks there first.
 * Lanes with a limit or a trouble are in the list `uneasy`, which people
 * are shown and which is looked through a few times a second; the others
 * cost nothing but their memory and go with their group.
 */
#ifndef SENDER_LANES_H
#define SENDER_LANES_H

#include "lib/base/arena.h"
#include "sender/group.h"

#define LANES_LIMITS_MAX 10000
#define LANES_STORE_MS   1000
#define LANES_STORE_MAX  500  /* at once */
#define LANES_AWAY_MS    1000 /* without a tick: this process stood still */

struct parcel;

/* A row of group_limit. */
struct lane_limit {
	struct str name;
	int connections; /* of this worker; INT_MAX: no limit */
	bool rated;
};

struct lanes {
	struct relay *relay;
	struct pace pace;
	struct lane *ready, **ready_end;
	struct lane *uneasy;
	int under_way; /* over all of them */
	struct arena arena;
	struct lane_limit *limits; /* sorted by name, in arena */
	size_t limit_count;
	bool stale; /* limits are to be read: before that nothing may begin */
	bool known; /* what was learnt is */
	bool reading, writing;
	int64_t stored_ms;
	int64_t ticked_ms;
	int64_t away_ms, back_ms; /* when this process stood still last */
};

void lanes_init(struct lanes *s, struct relay *relay);
void lanes_release(struct lanes *s); /* its lanes may go later */

/* The lane to a group, made where there is none. */
struct lane *lanes_get(struct lanes *s, struct group *g);
/* The lane goes: takes it out of queue and list. */
void lanes_forget(struct lane *l);
/* It has room and somebody waits for it: to the end of the queue. */
void lanes_offer(struct lane *l);
struct lane *lanes_take_ready(struct lanes *s); /* NULL: none */

/* A message begins, is answered, is over. */
void lanes_begin(struct lane *l, int64_t now);
void lanes_told(struct lane *l, const struct lane_reply *r);
void lanes_end(struct parcel *p, int64_t now);

/* For stall.c: how much of a wait is not our own fault; it is looked at from
 * now on; there may be room; say so. */
int64_t lanes_waited_ms(const struct lanes *s, int64_t ms, int64_t now);
void lanes_watch(struct lane *l);
void lanes_offer_room(struct lane *l, int64_t now);
void lanes_log(const struct lane *l);

/* Looks for messages that hold on to their connections, forgets what is
 * over, writes what is new; a few times a second. */
void lanes_tick(struct lanes *s);

/* Its limits are others now. */
void lanes_rebind(struct lanes *s);
void lanes_remember(struct lane *l, const struct lane_memory *m);

/* Reads limits and what was learnt; lanes_store.c. */
void lanes_read(struct lanes *s);
void lanes_write(struct lanes *s);

/* For people: a lane that is not served as fast as the account could. */
struct lane_condition {
	struct str group;
	const char *state; /* "limited", "reduced", "slow" */
	const char *why;
	int64_t for_ms; /* until a message begins; 0: now, or nobody knows */
	int under_way, allowed;
};
typedef void lanes_fn(const struct lane_condition *c, void *arg);
void lanes_each_uneasy(const struct lanes *s, lanes_fn *fn, void *arg);

#endif
