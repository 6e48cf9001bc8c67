/*
 * liquid_zone_rule.h - when clocks change from now on: POSIX's TZ text, which
 * stands at the end of a TZif file.
 *
 *   CET-1CEST,M3.5.0,M10.5.0/3      <+0330>-3:30      EST5EDT,M3.2.0,M11.1.0
 */
#ifndef TEMPLATES_LIQUID_ZONE_RULE_H
#define TEMPLATES_LIQUID_ZONE_RULE_H

#include "lib/base/str.h"

/* One of: Mmonth.week.weekday (week 5 is the last), Jn (1..365, without
 * 29 February), n (0..365). */
struct zone_day {
	char kind; /* 'M', 'J' or 'n' */
	int month, week, day;
	int time_s; /* of local time; may be below 0 and beyond a day */
};

struct zone_rule {
	int standard_s, summer_s; /* east of UTC */
	bool has_summer;
	struct zone_day begins, ends; /* of summer time */
};

bool zone_rule_parse(struct zone_rule *rule, struct str text) MUST_USE;
int zone_rule_offset(const struct zone_rule *rule, int64_t unix_s);

#endif
