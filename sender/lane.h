/*
 * lane.h - the way from one account to one group of recipients' domains: how
 * many messages may be under way on it.
 *
 *          failures of the group's            one message takes very long
 *   OPEN ---------------------> REDUCED   OPEN, REDUCED ------------> SLOW
 *     ^------ it went well --------+      OPEN <-- one went fast -------+
 *
 * A lane begins narrow and grows by one with every message that got through
 * while it was full; where it is not used it shrinks to what is.  REDUCED:
 * more than LANE_PUSHBACK_PERCENT of the replies of a minute said that the
 * group's servers do not want so much; then it is halved, and where one at a
 * time is too much, it rests between (S-054).  SLOW: the group holds on to
 * connections that others need.  One message at a time, given up when it takes longer
 * than the lane's patience, with pauses such that all of this costs at most
 * LANE_SLOW_SHARE of the account's time; patience doubles up to RFC 5321's.
 *
 * What "very long" is follows from the others' pace; nobody is blamed while
 * all stand still.
 *
 * No I/O and no clock here: times are given, monotonic, in milliseconds.
 */
#ifndef SENDER_LANE_H
#define SENDER_LANE_H

#include "sender/meter.h"
#include "sender/pace.h"

#define LANE_FIRST            1  /* under way at once, to begin with */
#define LANE_PUSHBACK_PERCENT 10 /* of the replies of a minute */
#define LANE_WINDOW_MS        60000
#define LANE_REST_FIRST_MS    1000
#define LANE_REST_MAX_MS      300000
#define LANE_SLOW_SHARE       20 /* one part in so many */
#define LANE_PAUSE_MAX_MS     1800000
#define LANE_WHY_MAX          120

struct relay;
struct group;

enum lane_state {
	LANE_OPEN = 0,
	LANE_REDUCED,
	LANE_SLOW,
};
const char *lane_state_name(enum lane_state s);

struct lane {
	struct lane *next; /* of its group */
	struct lane *next_ready;
	struct lane *prev_uneasy, *next_uneasy;
	struct relay *relay;
	struct group *group;
	struct meter *meter; /* owned; NULL: no rate */
	char *why;           /* owned: the last words of its trouble; or NULL */
	enum lane_state state;
	bool ready;  /* in its relay's queue */
	bool uneasy; /* in its relay's list */
	bool dirty;  /* the database does not know of it yet */
	bool stored; /* the database has a row */
	int under_way;
	int excused; /* of them: not counted, because others hold them up */
	int allowed;
	int ceiling;            /* its limit of connections; INT_MAX: none */
	int goal;               /* grows fast up to it */
	int credit;             /* went well since it grew */
	int peak;               /* under way at most, in this second */
	int replies, pushbacks; /* since window_ms */
	int in_a_row;           /* pushbacks */
	int relapses;           /* became slow again soon */
	int64_t second_ms;
	int64_t window_ms;
	int64_t cut_ms; /* when it was cut down; what began before is no news */
	int64_t shut_until_ms;
	int64_t rest_ms, patience_ms;
	int64_t begun_ms; /* the last message */
	int64_t told_ms; /* the last reply, or when there was one to wait for */
	int64_t gap_us;  /* between two of them, about */
	int64_t turn_ms; /* when the last recipient that was put aside comes */
};

void lane_init(struct lane *l, int ceiling);
void lane_release(struct lane *l);

/* How many more messages may begin. */
int lane_room(const struct lane *l, int64_t now);
/* It does not begin any within the time in which it is worth waiting. */
bool lane_is_shut(const struct lane *l, int64_t now);
/* Nothing is to be remembered of it. */
bool lane_is_plain(const struct lane *l);
/* As fast as the account allows. */
bool lane_at_ease(const struct lane *l);
/* How many recipients it will have begun within that time. */
size_t lane_serves(const struct lane *l, int64_t within_ms);
/* When a recipient that has to be put aside shall come back: one after the
 * other as the lane goes, at most `most_ms` from now.  Milliseconds. */
int64_t lane_turn(struct lane *l, int64_t now, int64_t most_ms);

void lane_begin(struct lane *l, int64_t now);
void lane_end(struct lane *l);

struct lane_reply {
	int64_t now, took_ms;
	bool pushback; /* the group wants less */
	struct str words;
};
/* A message of it was answered; it is still under way. */
void lane_told(struct lane *l, struct pace *p, const struct lane_reply *r);

/* How long one of its messages may take. */
int64_t lane_patience_ms(const struct lane *l, const struct pace *p);
/* Others got replies while this one waited. */
bool lane_is_to_blame(const struct lane *l, const struct pace *p,
    int64_t waited_ms, int64_t now);
/* Nothing has come back for a while, though it has from others. */
bool lane_hangs(const struct lane *l, const struct pace *p, int64_t now);
/* A message of it waits longer than its patience. */
void lane_stalled(struct lane *l, const struct pace *p, int64_t waited_ms,
    int64_t now);
/* What outlives a worker. */
struct lane_memory {
	enum lane_state state;
	int allowed;
	int64_t patience_ms, shut_ms;
	struct str why;
};
void lane_remember(struct lane *l, const struct lane_memory *m, int64_t now);
/* Without traffic, too, trouble is forgotten after a time. */
void lane_age(struct lane *l, int64_t now);

#endif
