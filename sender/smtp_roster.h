/*
 * smtp_roster.h - the links of a pool, by what they can do now.
 *
 *   OPENING -> IDLE <-> WORKING <-> FULL
 *         \________\_______|________/ -> LEAVING -> GONE
 *
 * smtp_roster_settle is the only function that changes a link's state (and
 * smtp_roster_drop its end); both assert that the change is legal.  The
 * roster owns its members and their links.
 */
#ifndef SENDER_SMTP_ROSTER_H
#define SENDER_SMTP_ROSTER_H

#include "sender/smtp_link.h"

enum smtp_member_state {
	MEMBER_OPENING = 0, /* not yet let in */
	MEMBER_IDLE,        /* carries nothing */
	MEMBER_WORKING,     /* carries something and has room for more */
	MEMBER_FULL,
	MEMBER_LEAVING, /* takes no more */
	MEMBER_GONE,
	MEMBER_STATE__COUNT
};

struct smtp_pool;
struct smtp_roster;

struct smtp_member {
	struct smtp_pool *pool;
	struct smtp_link *link;
	enum smtp_member_state state;
	bool progressed;  /* the server decided about a message */
	int64_t since_ms; /* it is about the message that is first in it */
	struct smtp_member *prev, *next;
};

struct smtp_roster {
	struct smtp_member *first[MEMBER_STATE__COUNT]; /* newest first */
	int counts[MEMBER_STATE__COUNT];
	int links; /* not GONE */
};

/* A new member, OPENING; the caller gives it its link. */
struct smtp_member *smtp_roster_add(struct smtp_roster *r,
    struct smtp_pool *pool);
/* Moves it to where its link's room and messages say that it belongs. */
void smtp_roster_settle(struct smtp_roster *r, struct smtp_member *m);
/* Frees member and link, from any state. */
void smtp_roster_drop(struct smtp_roster *r, struct smtp_member *m);
/* The best one to take a message: an idle one first; NULL: none has room. */
struct smtp_member *smtp_roster_best(const struct smtp_roster *r);
int smtp_roster_live(const struct smtp_roster *r); /* IDLE, WORKING, FULL */

#endif
