/*
 * clock.h - time: what it is, how it is written, how it is read.
 *
 * Wall time is microseconds since 1970-01-01 UTC in an int64_t (`_us`);
 * durations and the monotonic clock are milliseconds (`_ms`).  Everything is
 * UTC.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "lib/base/buf.h"

int64_t clock_wall_us(void);
/* Goes on while the host is suspended: what is promised to others until
 * then (a lease) is over for them, too. */
int64_t clock_mono_ms(void);

#define TIME_TEXT_MAX 40

/* 2026-12-01T09:00:00Z, with .123456 only when there is a fraction. */
const char *time_rfc3339(int64_t us, char out[TIME_TEXT_MAX]);
/* Tue, 01 Dec 2026 09:00:00 +0000 (RFC 5322, 3.3) */
const char *time_rfc5322(int64_t us, char out[TIME_TEXT_MAX]);

/* RFC 3339 date-time with offset; also "2026-12-01" as midnight UTC. */
bool time_parse_rfc3339(struct str s, int64_t *us) MUST_USE;

struct civil {
	int year, month, day, hour, minute, second, micros;
	int weekday; /* 0 = Sunday */
	int yearday; /* 1..366 */
};
struct civil time_civil(int64_t us);
int64_t time_from_civil(const struct civil *c); /* ignores the last two */

#endif
