/*
 * mailing.h - a running campaign as one worker sends it.
 *
 *   LOADING -> ACTIVE <-> LEAVING -> (freed)
 *
 * Its message is compiled once, its accounts are relays shared with other
 * mailings, its recipients stand in leases.  LEAVING: no new messages, what
 * is under way is finished, the leases are given back; a campaign that is
 * resumed meanwhile becomes ACTIVE again.
 *
 * The window bounds how many of its recipients may be on the wire without a
 * recorded outcome: that many a crash can leave uncertain.
 */
#ifndef SENDER_MAILING_H
#define SENDER_MAILING_H

#include "sender/content.h"
#include "sender/dkim.h"
#include "sender/lease.h"
#include "sender/pauses.h"
#include "sender/relay.h"
#include "templates/message.h"

#define MAILING_BYTES_MAX (16U << 20) /* of its texts */
#define MAILING_LISTS_MAX 1000
#define MAILING_SENDER_ID "volley" /* last part of Feedback-ID */
/* So many messages in a row that could not be written, or were refused for
 * what they are: it is paused, before it fails for everybody. */
#define MAILING_CONTENT_REFUSALS_MAX 20

enum mailing_stage {
	MAILING_LOADING = 0,
	MAILING_ACTIVE,
	MAILING_LEAVING,
};

/* An account of the campaign.  Each message moves `pass` ahead by
 * 1/weight; the one that is behind is served first. */
struct route {
	struct relay *relay;
	int64_t stride;
	int64_t pass;
	int64_t asked_ms; /* when it last had room for what there is */
};

struct mailing_list {
	int64_t id;
	struct str name;
	struct str fields; /* message_list_fields; empty: there was an error,
			    * which each of its messages will have */
};

struct mailing {
	struct mailing *next; /* by id */
	struct worker *worker;
	int64_t id;
	enum mailing_stage stage;
	struct arena arena;
	struct content_message content;
	struct message_campaign campaign;
	struct dkim_signer *signer; /* without keys: nothing is signed */
	struct str return_path;
	int day;              /* of its tokens: when it was frozen */
	bool resend;          /* what is uncertain is attempted again */
	bool despite_opt_out; /* also to those who have unsubscribed */
	struct mailing_list *lists;
	size_t list_count;
	struct route *routes;
	size_t route_count;
	struct lease *leases;
	size_t window;
	size_t reserved; /* of it, for retries that are being claimed */
	bool range_left; /* there may be leases to take */
	bool retry_due;
	bool served;      /* has had a lease since it is here */
	int64_t moved_ms; /* a message began, or it came */
	int claims;       /* under way */
	int content_refusals;
	struct pauses pauses;
	struct meter meter; /* of the campaign's own limits */
	int64_t expires_ms; /* monotonic: no message begins after it */
	int64_t accepted,
	    accepted_told; /* messages; of them, told in activity */
	bool halting;
};

struct mailing *mailing_find(struct worker *w, int64_t id);
/* Loads it; it is ACTIVE when its rows are here. */
struct mailing *mailing_new(struct worker *w, int64_t id);
void mailing_free(struct mailing *m); /* out of the worker's list, too */

void mailing_leave(struct mailing *m);
void mailing_return(struct mailing *m); /* LEAVING -> ACTIVE */
/* Nothing of it is left here. */
bool mailing_is_over(const struct mailing *m);
/* Pauses the campaign for all senders. */
void mailing_halt(struct mailing *m, const char *why);

/* How many more of its recipients may go on the wire. */
size_t mailing_room(const struct mailing *m);
/* Recipients here that the watermark has not reached. */
size_t mailing_ahead(const struct mailing *m);

struct route *mailing_route(struct mailing *m, const struct relay *r);
/* Accounts came or went: weights count from now on. */
void mailing_reset_routes(struct mailing *m);
/* It cannot be used now: nobody waits for it. */
void mailing_forget_relay(struct mailing *m, const struct relay *r);
struct mailing_list mailing_list(const struct mailing *m, int64_t id);

/* Rows of work_campaign and test_campaign, which have the same columns:
 * what stands in a message, the day of tokens. */
bool mailing_read_campaign(struct message_campaign *c, struct str *return_path,
    const struct db_result *r, struct arena *a, struct err *err) MUST_USE;
int mailing_read_day(const struct db_result *r);

#endif
