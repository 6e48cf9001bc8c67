/*
 * meter.h - what a limit allows, asked of the database in small numbers.
 *
 * A limit is so many messages a second, hour or day for an account, for a
 * recipient-domain group at an account, or for a campaign.  Its tokens stand
 * in the database and refill with the database's clock, so that all senders
 * together keep it, across restarts.  A worker takes a few permits at a
 * time, spends one a message, and gives back what it did not use.
 *
 * A meter without a limit answers INT_MAX and asks nobody.
 */
#ifndef SENDER_METER_H
#define SENDER_METER_H

#include "lib/base/str.h"

#define METER_SECOND_MS     1100 /* permits of a limit a second */
#define METER_LASTING_MS    5000 /* of an hour's, of a day's */
#define METER_USE_MS        200  /* usable that long in any case */
#define METER_AGAIN_MS      50   /* after an answer of none */
#define METER_AGAIN_LONG_MS 1000
#define METER_ASK_MAX       1000

struct worker;

enum meter_kind {
	METER_ACCOUNT = 0, /* id: the account; group: "" */
	METER_GROUP,       /* id: the account; group: "gmail", "example.com" */
	METER_CAMPAIGN,    /* id: the campaign; group: "" */
};

struct meter {
	struct worker *worker;
	enum meter_kind kind;
	int64_t id;
	char *group;             /* owned */
	bool limited;            /* there is a limit: its owner says so */
	bool per_second;         /* one of its limits is a second's */
	int64_t have;            /* permits */
	int64_t until_ms;        /* then what is left goes back */
	int64_t ask_from_ms;     /* not before */
	bool asking;
};

void meter_init(struct meter *m, struct worker *w, enum meter_kind kind,
    int64_t id, struct str group);
/* What is left goes back; an answer that is under way is waited for by
 * nobody. */
void meter_release(struct meter *m);

int meter_left(const struct meter *m); /* INT_MAX: no limit */
void meter_use(struct meter *m);       /* one message begins */
void meter_return(struct meter *m);    /* it did not begin after all */
/* Asks for as many, when it is not asking; handout_soon() when they come. */
void meter_ask(struct meter *m, int want);
/* Gives back what is too old, or all. */
void meter_expire(struct meter *m, bool all);

#endif
