/*
 * lease.h - a range of recipients that this worker may send to, in memory.
 *
 *   recipients:  0 ........ ready ........ asked ........ count
 *                |  given out, |  watermark   |  past the
 *                |  settled    |  under way   |  watermark
 *
 * Only recipients before `ready` are handed out: the database knows that
 * they may be on the wire.  `asked` runs ahead of it until the transaction
 * that raises the watermark is answered.  A recipient is settled when its
 * outcome is on its way into the database or it needs none of us.
 *
 *   WAITING <-> GIVEN -> SETTLED        WAITING -> SETTLED
 *
 * A lease of due retries is the same without a watermark: claiming it said
 * that all of them may be on the wire.
 *
 * A recipient whose turn cannot be now, because its group or the account
 * that it wants is busy, is put on a pile, so that those behind it are not
 * held up: a pile holds those of one lease, group and wanted account.
 *
 * No I/O here.  Strings of recipients live in the lease's arena.
 */
#ifndef SENDER_LEASE_H
#define SENDER_LEASE_H

#include "db/args.h"
#include "lib/base/arena.h"
#include "sender/pile.h"

#define LEASE_BYTES_MAX (256U << 20) /* of its recipients' texts */

struct lease;
struct mailing;

enum recipient_stage {
	RECIPIENT_WAITING = 0,
	RECIPIENT_GIVEN, /* a pool has the message */
	RECIPIENT_SETTLED,
};

struct recipient {
	struct lease *lease;
	struct recipient *prev, *next; /* of the waiting ones, or of a pile */
	struct pile *pile;             /* NULL: it is on none */
	struct group *group;           /* of its domain; until it is settled */
	int64_t delivery;
	int64_t list_id;
	int64_t first_at_us; /* of the first attempt; INT64_MIN: none yet */
	int64_t account_id;  /* to be used if it can be; 0: any */
	struct str email, key, name, attributes;
	int attempt; /* this one, from 1 */
	int losses;  /* of smtp_message, kept while it waits */
	enum recipient_stage stage;
	bool suppressed; /* must not be written to */
	bool untracked;  /* nothing of its mail tells of it */
	bool replied;    /* has answered, and is to get no more of it */
	bool lost;       /* somebody else has it now (retries) */
	bool dot_sent;   /* its message may have left */
	int64_t intent;  /* that it will, in the journal; 0: none */
};

enum lease_kind { LEASE_RANGE = 0, LEASE_RETRY };

struct lease {
	struct lease *next;
	struct mailing *mailing; /* the campaign it belongs to */
	enum lease_kind kind;
	int64_t first_id, last_id, epoch; /* range */
	int64_t watermark;                /* as the database has it */
	int64_t watermark_back;           /* what it becomes on giving back */
	int64_t good_until_ms;            /* monotonic: no dot after it */
	bool loaded;                      /* recipients are here */
	bool leaving;                     /* to be given back */
	bool lost;                        /* somebody else may have it */
	bool in_batch;                    /* rows under way to the database */
	size_t reserved; /* of the window, while it is being loaded */
	struct arena arena;
	struct recipient *at;
	size_t count, ready, asked;
	size_t given;
	size_t settled;  /* of all */
	size_t recorded; /* of them: in a batch that was built */
	struct recipient *waiting, *waiting_last;
	struct pile *piles;
	size_t parked; /* in them */
};

struct lease *lease_new(enum lease_kind kind, struct mailing *mailing);
void lease_free(struct lease *l);
void lease_remove(struct lease *l); /* out of its mailing, and freed */

/* Rows of lease_recipients or retry_claim, which have columns more. */
void lease_load(struct lease *l, const struct db_result *rows);

/* The watermark is id now: what stands up to it waits to be handed out. */
void lease_raised(struct lease *l, int64_t id);
/* Of its recipients, those whose outcome is in no batch yet; -1: they are
 * not here. */
int64_t lease_pending(const struct lease *l);
/* Wants `most` more: moves asked, returns how many. */
size_t lease_ask(struct lease *l, size_t most);
/* The watermark that goes with `asked`. */
int64_t lease_asked_id(const struct lease *l);
/* Between the watermark and what was recorded: may be on the wire. */
size_t lease_open(const struct lease *l);

/* Puts a waiting one on a pile; all of them back, to the front. */
void lease_park(struct recipient *r);
void lease_unpark(struct lease *l);

void lease_give(struct recipient *r);      /* WAITING -> GIVEN */
void lease_give_back(struct recipient *r); /* GIVEN -> WAITING, in front */
void lease_settle(struct recipient *r);    /* -> SETTLED, to be recorded */
void lease_drop(struct recipient *r); /* -> SETTLED, somebody else records */

/* Messages may be started and dots may leave. */
bool lease_is_good(const struct lease *l, int64_t now_ms);
/* Every recipient is settled. */
bool lease_is_finished(const struct lease *l);
/* Nobody prefers that account any more. */
void lease_forget_account(struct lease *l, int64_t account_id);

#endif
