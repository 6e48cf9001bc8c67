/*
 * forfeit.h - what a worker had asked for of leases that it lost, and never
 * sent.
 *
 * A lease's watermark is raised before anybody behind it is handed out.  When
 * the answer to that is lost, and then the lease, whoever has it now must
 * call them uncertain: from outside it looks as if they might have been sent.
 * We know better, and say so for a while, because that may happen later than
 * we notice the loss.
 */
#ifndef SENDER_FORFEIT_H
#define SENDER_FORFEIT_H

#include "lib/base/base.h"

#define FORFEIT_RANGES_MAX 64 /* the oldest gives way */
#define FORFEIT_LASTS_MS   60000
#define FORFEIT_TICK_MS    1000

struct worker;
struct lease;

struct forfeit {
	int64_t firsts[FORFEIT_RANGES_MAX], lasts[FORFEIT_RANGES_MAX];
	size_t count, next; /* ranges; where the next one goes */
	int64_t until_ms, next_ms;
	bool telling;
};

/* A range that is lost, or may be: past its watermark it sent nothing. */
void forfeit_add(const struct lease *l);
/* Tells the database, when there is something to tell. */
void forfeit_tick(struct worker *w);

#endif
