/*
 * linked.h - a database link with a loop of its own, and waiting for answers
 * to what was sent over it.
 */
#ifndef TESTS_SUPPORT_LINKED_H
#define TESTS_SUPPORT_LINKED_H

#include "db/link.h"
#include "lib/base/buf.h"

struct linked {
	struct loop *loop;
	struct db_link *link;
	struct buf told; /* what the callbacks of the test say */
	struct err last; /* the newest failure that they were told of */
	int awaited;     /* answers until linked_run() returns */
};

void linked_open(struct linked *l, const char *conninfo);
void linked_close(struct linked *l);

/* Until linked_answered() was called that often; fails the program when it
 * was not within 30 s. */
void linked_run(struct linked *l, int answers);
void linked_answered(struct linked *l);

#endif
