/*
 * link_batch.h - a batch on its way: what link.c asks of it.
 *
 * What it sends is [prepare ... sync] statement ... sync: the statements
 * that this connection does not know yet are prepared before, apart, so
 * that a rolled-back batch does not take them along.
 *
 * libpq does not COPY in pipeline mode, so a batch with rows leaves it in
 * the middle, alone on the connection:
 *
 *   WHOLE                          statement ... sync
 *   BEFORE -> ROWS -> AFTER        begin ... sync; copy; ... commit sync
 *      \-------\--------\--> UNDO  something failed: rollback sync
 */
#ifndef DB_LINK_BATCH_H
#define DB_LINK_BATCH_H

#include "db/link.h"

struct pg_conn;

enum link_leg {
	LINK_WHOLE = 0, /* no rows: one transaction without saying so */
	LINK_BEFORE,    /* what was added before the rows */
	LINK_ROWS,
	LINK_AFTER,
	LINK_UNDO,
};

struct db_batch {
	struct db_batch *next;
	struct db_link *link;
	struct arena args;
	struct {
		enum query query;
		struct db_encoded args;
	} at[DB_BATCH_STATEMENTS_MAX];
	int count;
	int copy;        /* of them: that which takes rows; -1: none */
	struct str rows; /* its rows */
	enum link_leg leg;
	db_batch_fn *fn;
	void *arg;

	enum query unknown[DB_BATCH_STATEMENTS_MAX]; /* prepared with it */
	int unknown_count;
	bool preparing; /* answers to come are those of `unknown` */
	int done;       /* commands answered since the last sync */
	struct db_result results[DB_BATCH_STATEMENTS_MAX];
	struct err err; /* the first failure */
};

/* Puts it into libpq's buffer and marks in `known` what it prepares; false
 * when the connection does not take it. */
bool link_batch_submit(struct db_batch *b, struct pg_conn *pg,
    bool known[]) MUST_USE;

enum link_took {
	LINK_MORE = 0, /* answers are to come */
	LINK_ANSWERED,
	LINK_BROKEN, /* the connection does not take what has to follow */
};

/* Takes the next thing that libpq has, and sends what follows from it. */
enum link_took link_batch_take(struct db_batch *b, struct pg_conn *pg,
    bool known[]) MUST_USE;

/* Nothing else may be under way with it. */
bool link_batch_is_alone(const struct db_batch *b);

/* Tells the owner: the results, its own failure, or `lost`.  Frees it. */
void link_batch_answer(struct db_batch *b, const struct err *lost);

/* First in, first out. */
struct link_batch_queue {
	struct db_batch *first, *last;
	int count;
};
void link_batch_put(struct link_batch_queue *q, struct db_batch *b);
struct db_batch *link_batch_get(struct link_batch_queue *q); /* or NULL */

/* Wakes the link up. */
void link_offer(struct db_link *link, struct db_batch *b);

#endif
