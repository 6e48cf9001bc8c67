/*
 * worker.h - one sender process: an event loop, two connections to the
 * database, and the connections to SMTP servers.
 *
 * Shares nothing with other workers but the database, so any number of them
 * may run, here or elsewhere.  Its parts:
 *
 *   pulse     asks a few times a second what there is to do: suppressions,
 *             campaigns, accounts
 *   claim     takes leases and due retries
 *   hold      keeps them
 *   handout   gives recipients to pools and takes verdicts
 *   recorder  brings outcomes into the database, raises watermarks
 *   worker_journal  writes down what is on the wire, and what came of it
 *   errand    does what the API asks for: account tests, test messages
 *   activity  tells people what is going on
 *
 * SIGTERM and SIGINT drain it: no new messages, replies awaited for
 * settings->drain_s, outcomes recorded, leases given back.
 */
#ifndef SENDER_WORKER_H
#define SENDER_WORKER_H

#include "db/link.h"
#include "lib/base/settings.h"
#include "sender/activity.h"
#include "sender/errand.h"
#include "sender/forfeit.h"
#include "sender/parcel.h"
#include "sender/recorder.h"
#include "sender/worker_journal.h"

#define WORKER_TICK_MS      250
#define WORKER_MAILINGS_MAX 32
#define WORKER_LEASES_MAX   48
#define WORKER_FLUSH_MS     5000 /* after drain_s, for what is recorded */

struct worker_params {
	const struct settings *settings;
	const char *conninfo;
	const struct keyring *ring;
	const char *name;     /* the holder of its leases */
	const char *instance; /* of the database */
	int index, count;     /* which of how many */
};

struct pulse {
	bool under_way;
	int64_t asked_ms; /* when the one under way was */
	int64_t seen_ms;  /* when the last one answered was asked; 0: none */
	char since[24];   /* the number to ask suppressions with */
	int64_t last_mailing; /* admitted last: others come first */
	bool crowded;         /* more campaigns than places */
};

struct claims {
	int under_way;
	bool forget; /* an answer was lost: something may be held unknown */
	bool forgetting, renewing;
	int64_t renew_at_ms;
};

struct worker {
	const struct settings *settings;
	const struct keyring *ring;
	const char *name;
	int index, count;
	struct loop *loop;
	struct db_link *link;
	struct loop_timer *tick, *handout;
	int64_t handout_at_ms; /* the timer's; 0: not started */
	struct loop_signal *on_term, *on_int;
	struct mailing *mailings; /* by id */
	struct relay *relays;
	struct oauth_token *left_tokens; /* something is under way still */
	struct groups groups;            /* of recipients' domains */
	struct relay_pool *retired;
	struct parcel_shelf parcels;
	struct recorder recorder;
	struct worker_journal journal;
	struct pulse pulse;
	struct claims claims;
	struct forfeit forfeit;
	struct errand errand;
	struct activity activity;
	bool held_dots; /* some wait for the database, or the journal */
	bool stopping, forced;
	int64_t stop_at_ms; /* replies are not awaited any longer */
};

/* Until told to stop; the exit status. */
int worker_run(const struct worker_params *params);

void worker_new(struct worker *w, const struct worker_params *params);
void worker_release(struct worker *w);
void worker_stop(struct worker *w);
/* Dots that were held are asked for again. */
void worker_resume_dots(struct worker *w);

#endif
