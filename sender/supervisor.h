/*
 * supervisor.h - the parent of a sender's processes: one scheduler, and
 * workers.
 *
 * Children are forked before anything else runs in the process, follow its
 * death, and are started again, with a pause that grows, when they end by
 * themselves.  The parent holds no connection and no state, so that nothing
 * keeps it from noticing.  What a dead worker held, the scheduler finds in its
 * journal (replay.h).
 *
 * SIGTERM and SIGINT: all are told to stop, and get the time that they need
 * to drain.
 */
#ifndef SENDER_SUPERVISOR_H
#define SENDER_SUPERVISOR_H

#include "lib/base/keyring.h"
#include "lib/base/settings.h"

#define SUPERVISOR_TICK_MS       100
#define SUPERVISOR_PAUSE_MS      250 /* before the first new start; doubles */
#define SUPERVISOR_PAUSE_MAX_MS  30000
#define SUPERVISOR_KILLED_MAX_MS 1000  /* after SIGKILL: not its own fault */
#define SUPERVISOR_HEALTHY_MS    10000 /* ran that long: not failing */
#define SUPERVISOR_STOP_EXTRA_MS 10000 /* beyond drain_s, then SIGKILL */

struct supervisor_params {
	const struct settings *settings;
	const char *conninfo;
	const char *instance; /* of the database */
	const struct keyring *ring;
	bool until_done; /* ends when the scheduler says so */
	bool show_progress;
};

/* The exit status of the whole: 0 when it was told to stop or is done. */
int supervisor_run(const struct supervisor_params *params);

/* How many workers the settings mean: 0 is one per core. */
int supervisor_workers(const struct settings *settings);

#endif
