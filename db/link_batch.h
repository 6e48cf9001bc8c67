/*
 * link_batch.h - a batch on its way: what link.c asks of it.
 *
 * What it sends is [prepare ... sync] statement ... sync: the statements
 * that this connection does not know yet are prepared before, apart, so
 * that a rolled-back batch does not take them along.
 */
#ifndef DB_LINK_BATCH_H
#define DB_LINK_BATCH_H

#include "db/link.h"

struct pg_conn;
struct pg_result;

struct db_batch {
	struct db_batch *next;
	struct db_link *link;
	struct arena args;
	struct {
		enum query query;
		struct db_encoded args;
	} at[DB_BATCH_STATEMENTS_MAX];
	int count;
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

/* The next thing that libpq gave (NULL: the end of a command), which now
 * belongs to the batch; true when it was the last. */
bool link_batch_take(struct db_batch *b, struct pg_result *r,
    bool known[]) MUST_USE;

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
