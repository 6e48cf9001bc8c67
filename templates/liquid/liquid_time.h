/*
 * liquid_time.h - dates as templates get and show them.
 *
 * Reading follows what people write, in the order of Ruby's Time.parse:
 * ISO 8601, RFC 5322, "March 14, 2016", "14 Mar 2016", d/m/y and y/m/d.
 * Writing is Ruby's strftime with its flags and widths.  Where no zone is
 * told it is UTC.
 */
#ifndef TEMPLATES_LIQUID_TIME_H
#define TEMPLATES_LIQUID_TIME_H

#include "lib/base/buf.h"
#include "lib/base/clock.h"

struct liquid_time {
	int64_t us;       /* the moment */
	int offset_s;     /* of the zone in which it is shown */
	bool offset_told; /* as a number: %Z shows nothing then */
};

/* False for what is no date.  What is missing comes from `now_us`. */
bool liquid_time_parse(struct liquid_time *t, struct str s,
    int64_t now_us) MUST_USE;

#define LIQUID_TIME_WIDTH_MAX 64 /* of a field */
void liquid_time_format(struct buf *out, const struct liquid_time *t,
    struct str format);

extern const char liquid_months[12][10], liquid_weekdays[7][10];

#endif
