/*
 * outcome_batch.h - what came of attempts, on its way into the database.
 *
 * A batch is one transaction: outcomes, the retry rows and refusals that
 * follow from them, and how far the leases go.  Saying it twice changes
 * nothing, so a batch whose answer was lost is sent again.
 *
 * Outcomes are written by COPY, which fails with FAIL_CONFLICT when one of
 * them is there already.  A batch that failed, however, is marked as said:
 * then a statement leaves out what is there.
 */
#ifndef SENDER_OUTCOME_BATCH_H
#define SENDER_OUTCOME_BATCH_H

#include "db/link.h"
#include "sender/lease.h"
#include "sender/verdict.h"

#define OUTCOME_TEXTS_MAX (64U << 20) /* of a batch */

/* The type delivery_state of the schema. */
enum ledger_state {
	LEDGER_UNCERTAIN = 0,
	LEDGER_DEFERRED,
	LEDGER_FAILED,
	LEDGER_SUPPRESSED,
	LEDGER_ACCEPTED,
	LEDGER__COUNT
};
const char *ledger_state_name(enum ledger_state s);

struct outcome_row {
	struct lease *lease;
	int64_t delivery;
	int attempt;
	enum ledger_state state;
	int64_t at_us;
	int64_t account_id; /* 0: none */
	int code;           /* 0: none */
	struct status status;
	bool diagnosed; /* the next is filled */
	struct diagnosis diagnosis;
	struct str reply;
	int64_t retry_ms;      /* until another attempt; -1: none */
	int64_t first_at_us;   /* with it */
	bool settles_retry;    /* there may be a retry row, now without need */
	bool is_bounce;        /* a refusal by the other side */
	int64_t intent, noted; /* places in the journal; 0: none */
};

/* Values of lease_progress. */
enum lease_step { LEASE_HELD = 0, LEASE_DONE = 1, LEASE_BACK = 2 };

struct outcome_step {
	struct lease *lease;
	enum lease_step step;
	int64_t watermark;
};

/* A recipient that was not attempted and is to be put off. */
struct outcome_aside {
	struct lease *lease;
	int64_t delivery;
	int attempt; /* that is still to come */
	int64_t delay_ms;
	int64_t first_at_us;
	int64_t account_id; /* 0: any */
	struct str paused;  /* its group, which the campaign is paused for */
};

struct outcome_batch {
	struct arena arena; /* texts of the rows */
	struct outcome_row *rows;
	size_t count, cap;
	struct outcome_step *steps;
	size_t step_count, step_cap;
	struct outcome_aside *asides;
	size_t aside_count, aside_cap;
	int64_t *released; /* retry rows given back */
	size_t released_count, released_cap;
	bool said; /* before: some of it may be there */
};

struct outcome_batch *outcome_batch_new(void);
void outcome_batch_free(struct outcome_batch *b); /* NULL is fine */

void outcome_batch_add(struct outcome_batch *b, const struct outcome_row *row);
void outcome_batch_step(struct outcome_batch *b, struct lease *lease,
    enum lease_step step, int64_t watermark);
void outcome_batch_aside(struct outcome_batch *b,
    const struct outcome_aside *aside);
void outcome_batch_release(struct outcome_batch *b, int64_t delivery);
/* Moves rows from the front of another, and all that is to be put off. */
void outcome_batch_take(struct outcome_batch *b, struct outcome_batch *from,
    size_t most);

/* The statements.  lease_progress, when there are steps, is the first: it
 * locks the leases before anything is said about their recipients. */
void outcome_batch_write(const struct outcome_batch *b, const char *holder,
    struct db_batch *db);

#endif
