/*
 * meter.h - what a limit allows, asked of the database in small numbers.
 *
 * A limit is so many messages a second, minute, hour or day for an account,
 * for a recipient-domain group at an account, or for a campaign.  Its tokens
 * stand in the database and refill with the database's clock, so that all
 * senders together keep it, across restarts: no rolling window of the unit
 * sees more than the limit.  A worker takes a few permits at a time, spends
 * one a message, and gives back what it did not use; permits of a worker
 * that is killed are lost, which makes us slower, never faster.
 *
 * How long permits last is promised when they are asked for (`lag`), and the
 * database counts its windows longer by that.  Answers that come later than
 * promised are given back unused, and the next promise is longer: a database
 * that is far away costs throughput of limits a second, not their truth.
 *
 * A meter without a limit answers INT_MAX and asks nobody.
 */
#ifndef SENDER_METER_H
#define SENDER_METER_H

#include "lib/base/str.h"

#define METER_SECOND_MS     100  /* permits of a limit a second last */
#define METER_MINUTE_MS     1000 /* a minute */
#define METER_LASTING_MS    5000 /* an hour, a day; no promise is longer */
#define METER_USE_MS        30   /* of them, at least, after the answer */
#define METER_AGAIN_MS      40   /* at least, after an answer of none */
#define METER_AGAIN_LONG_MS 1000 /* at most */
#define METER_ASK_MAX       1000

struct worker;
struct meter_ask;

enum meter_kind {
	METER_ACCOUNT = 0, /* id: the account; group: "" */
	METER_GROUP,       /* id: the account; group: "gmail", "example.com" */
	METER_CAMPAIGN,    /* id: the campaign; group: "" */
};
const char *meter_kind_name(enum meter_kind k); /* as in the database */

struct meter {
	struct worker *worker;
	enum meter_kind kind;
	int64_t id;
	char *group;           /* owned */
	bool limited;          /* there is a limit: its owner says so */
	int64_t have;          /* permits */
	int64_t until_ms;      /* then what is left goes back */
	int64_t ask_from_ms;   /* not before */
	int64_t lag_ms;        /* to be promised with the next question */
	struct meter_ask *ask; /* under way; or NULL */
};

void meter_init(struct meter *m, struct worker *w, enum meter_kind kind,
    int64_t id, struct str group);
/* What is left goes back, now or with the answer that is under way. */
void meter_release(struct meter *m);

int meter_left(const struct meter *m); /* INT_MAX: no limit */
void meter_use(struct meter *m);       /* one message begins */
/* It has to begin before; INT64_MAX: no limit. */
int64_t meter_until_ms(const struct meter *m);
void meter_return(struct meter *m); /* it did not begin after all */
/* Asks for as many, unless it is too early or it is asking; handout_soon()
 * when they come. */
void meter_ask(struct meter *m, int want);
/* Gives back what is too old, or all. */
void meter_expire(struct meter *m, bool all);

#endif
