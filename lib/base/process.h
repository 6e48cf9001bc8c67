/*
 * process.h - what every process of ours does first, and how it is told to
 * stop.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "lib/base/err.h"

/* Ignores SIGPIPE, sets umask 077, turns core dumps off (they would hold
 * secrets), raises the file limit to its hard bound, starts the log. */
void process_start(const char *role, const char *log_level);
/* Only the file limit; what of it fails leaves the limit as it is. */
void process_raise_file_limit(void);

/* From then on SIGTERM and SIGINT only set a flag; for processes without an
 * event loop. */
void process_catch_stop(void);
bool process_stopping(void);

/* Sleeps, less when told to stop. */
void process_nap(int64_t ms);

/* Ends this process when its parent does (PR_SET_PDEATHSIG, SIGTERM). */
void process_follow_parent(void);

/* "host:pid:random": names the holder of a lease. */
#define PROCESS_NAME_MAX 128
const char *process_name(void);

#endif
