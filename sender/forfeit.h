/*
 * forfeit.h - what a worker had asked for of leases that it lost, and never
 * sent.
 *
 * A lease's watermark is raised before anybody behind it is handed out.  When
 * the answer to that is lost, and then the lease, whoever has it now must
 * call them uncertain: from outside it looks as if they might have been sent.
 * We know better, and say so for a while, because that may happen later than
 * we notice the loss; but not longer than until the lease is ours again, for
 * then they are sent.  So no word of it is under way while a lease is claimed.
 */
#ifndef SENDER_FORFEIT_H
#define SENDER_FORFEIT_H

#include "lib/base/base.h"

#define FORFEIT_RANGES_MAX 64 /* the oldest gives way */
#define FORFEIT_LASTS_MS   60000
#define FORFEIT_TICK_MS    1000

struct db_batch;
struct lease;
struct worker;

struct forfeit {
	int64_t firsts[FORFEIT_RANGES_MAX], lasts[FORFEIT_RANGES_MAX];
	size_t count, next; /* ranges; where the next one goes */
	int64_t until_ms, next_ms;
	bool telling;
};

/* A range that is lost, or may be: past its watermark it sent nothing. */
void forfeit_add(const struct lease *l);
/* A lease is being claimed: adds what is to be told of it.  Once that is in
 * the database it is told no more. */
void forfeit_ask(const struct lease *l, struct db_batch *b);
void forfeit_told(const struct lease *l);
/* Tells the database, when there is something to tell. */
void forfeit_tick(struct worker *w);

#endif
