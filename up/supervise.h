/*
 * supervise.h - keeps children running, and stops them in order.
 *
 * A child that ends is started again after a pause that doubles from 1 s to
 * 30 s and is short again once the child has lived for a minute.  Stopping
 * takes them one after the other, in the order in which they were added:
 * the child's stop signal, its patience, then its last signal.  Hurrying
 * leaves each of them SUPERVISE_HURRY_MS.
 */
#ifndef UP_SUPERVISE_H
#define UP_SUPERVISE_H

#include "lib/net/loop.h"

#include <sys/types.h>

#define SUPERVISE_MAX       8
#define SUPERVISE_PAUSE_MS  1000
#define SUPERVISE_PAUSE_MAX 30000
#define SUPERVISE_LIVED_MS  60000
#define SUPERVISE_HURRY_MS  1000

struct supervise_child {
	const char *name;
	/* A new process, or -1; called again and again. */
	pid_t (*start)(void *arg, struct err *err);
	void *arg;
	int stop_signal;
	int last_signal;
	int64_t patience_ms;
};

struct supervise;

struct supervise *supervise_new(struct loop *loop);
void supervise_free(struct supervise *s); /* when all have ended */

/* `pid`: one that runs already, or 0 to start it now. */
void supervise_add(struct supervise *s, const struct supervise_child *child,
    pid_t pid);

/* The loop stops when the last has ended.  A second call hurries. */
void supervise_stop(struct supervise *s);

#endif
