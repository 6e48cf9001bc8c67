/*
 * failing.h - calls to the system that fail, in a program that knows nothing
 * of it: preloaded into it, told by the environment.
 *
 *   FAILING=GROUP:K:ERRNO[:N]  the K-th call of a group since the process was
 *                              forked, and the N - 1 (0) after it
 *   FAILING_FORK=I             in the I-th child that the program forks, from
 *                              1; 0 is the program itself
 *   FAILING_LOG=FILE           a line for each call that failed: group, K;
 *                              then where it stands
 *
 * Groups: read, write (what ERRNO is about: ECONNRESET any socket, which is
 * shut then as it would be, ENOBUFS those of IP, other ones files but for
 * standard ones), connect, open (whatever makes a descriptor), sync, space
 * (files that grow) and memory (failing_memory.so).  Every call of a group
 * counts, whoever makes it: foreign libraries are meant, too.
 */
#ifndef TESTS_FAULTS_FAILING_H
#define TESTS_FAULTS_FAILING_H

#include <stdbool.h>

enum failing_group {
	FAILING_NOTHING = 0,
	FAILING_READ,
	FAILING_WRITE,
	FAILING_CONNECT,
	FAILING_OPEN,
	FAILING_SYNC,
	FAILING_SPACE,
	FAILING_MEMORY,
	FAILING__COUNT
};

/* Counts a call, and sets errno when it is to fail.  `fd` may be -1. */
bool failing_now(enum failing_group group, int fd);

#endif
