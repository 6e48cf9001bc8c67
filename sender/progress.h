/*
 * progress.h - a line on a terminal that tells how far sending is:
 *
 *   [##########----------]  50 %  12,345 of 24,690  8,120/s  12 deferred
 *
 * The rate is that of the last seconds.  Also the words in which amounts and
 * times are told elsewhere.
 */
#ifndef SENDER_PROGRESS_H
#define SENDER_PROGRESS_H

#include "lib/base/buf.h"

#define PROGRESS_WIDTH 30

struct progress {
	int64_t at_ms, done; /* when it was looked at last, and what was seen */
	double rate;         /* a second; below 0: not known yet */
};

struct progress_view {
	int64_t done, total, deferred;
	int64_t now_ms;
};

void progress_init(struct progress *p);
/* The line, without an end; its rate moves with each call. */
void progress_line(struct progress *p, const struct progress_view *v,
    struct buf *out);

/* 1234567 -> "1,234,567" */
#define PROGRESS_NUMBER_MAX 32
const char *progress_number(int64_t n, char out[PROGRESS_NUMBER_MAX]);
/* Seconds as "40 s", "12 min", "3 h 20 min", "2 d 4 h". */
#define PROGRESS_TIME_MAX 48
const char *progress_time(int64_t seconds, char out[PROGRESS_TIME_MAX]);

#endif
