/*
 * spawn.h - starts a program as a child of ours.
 *
 * The child stands in a process group of its own, so that Ctrl-C reaches us
 * alone and we decide the order in which things stop.  It reads nothing,
 * has no file of ours but its output, and gets a signal when we die.  As
 * another user it starts in "/".
 */
#ifndef UP_SPAWN_H
#define UP_SPAWN_H

#include "lib/base/err.h"

#include <sys/types.h>

/* PostgreSQL refuses to run as root. */
struct spawn_user {
	bool other; /* false: as we are, and the rest does not count */
	uid_t uid;
	gid_t gid;
	char name[64];
};

struct spawn {
	const char *program; /* a path */
	const char *const *argv;
	const char *const *env; /* NULL: ours */
	const struct spawn_user *user;
	int out;          /* its stdout and stderr; -1: ours */
	int death_signal; /* what it gets when we die */
};

/* -1 and err when there is no child. */
pid_t spawn_start(const struct spawn *s, struct err *err) MUST_USE;

/* Runs it to its end.  False unless it exits with 0; told to stop meanwhile,
 * it is told as well. */
bool spawn_run(const struct spawn *s, struct err *err) MUST_USE;

/* Ended?  Never blocks. */
bool spawn_ended(pid_t pid, int *status);

/* "exit 1", "signal 9" */
#define SPAWN_END_MAX 32
const char *spawn_end(int status, char out[SPAWN_END_MAX]);

/* May the user enter that folder? */
bool spawn_may_enter(const struct spawn_user *user, const char *folder);

#endif
