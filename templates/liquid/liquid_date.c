/*
 * liquid_date.c - the filters `date` and `in_timezone`.
 *
 * Whole numbers and texts of digits are Unix time; what is no date stays
 * as it is.
 */
#include "templates/liquid/liquid_filters.h"
#include "templates/liquid/liquid_time.h"
#include "templates/liquid/liquid_zone.h"

#define US            1000000LL
#define UNIX_TIME_MAX 6000000000000LL /* beyond the year 190,000 */

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool
from_unix(struct liquid_time *t, int64_t seconds)
{
	*t = (struct liquid_time){.us = seconds * US};
	return seconds > -UNIX_TIME_MAX && seconds < UNIX_TIME_MAX;
}

static bool
read_time(struct liquid_call *c, struct liquid_time *t)
{
	struct str s = value_text(c->in);
	int64_t now = c->run->data->now_us;
	uint64_t digits;

	if (c->in.type == VALUE_INT)
		return c->in.u.integer > -UNIX_TIME_MAX &&
		       c->in.u.integer < UNIX_TIME_MAX &&
		       from_unix(t, c->in.u.integer);
	if (c->in.type != VALUE_STRING)
		return false;
	if (str_eq_nocase(s, STR("now")) || str_eq_nocase(s, STR("today"))) {
		*t = (struct liquid_time){.us = now};
		return true;
	}
	if (str_to_u64(s, &digits))
		return digits < UNIX_TIME_MAX && from_unix(t, (int64_t)digits);
	return liquid_time_parse(t, s, now);
}

/* Texts may have to be looked through many times. */
static bool
charge(struct liquid_call *c)
{
	size_t n = value_text(c->in).n;

	return liquid_run_charge(c->run, n < 32 ? n / 4 : 128);
}

/* Behind the output, and taken from there. */
static bool
show(struct liquid_call *c, const struct liquid_time *t, struct str format)
{
	struct liquid_run *r = c->run;
	size_t mark = r->out->n, most = r->out->max;

	if (most > r->out_end)
		r->out->max = r->out_end;
	liquid_time_format(r->out, t, format);
	r->out->max = most;
	if (r->out->full)
		return liquid_run_fail(r, "writes more than %u bytes",
		    LIQUID_OUTPUT_MAX);
	if (!liquid_run_take(r, mark, &format))
		return false;
	c->out = value_string(format);
	return true;
}

bool
liquid_filter_date(struct liquid_call *c)
{
	struct liquid_time t;
	struct str format;

	c->out = c->in;
	if (!liquid_string(c->run, c->args[0], &format))
		return false;
	if (!charge(c) || !liquid_run_charge(c->run, format.n / 16))
		return false;
	if (format.n == 0 || !read_time(c, &t))
		return true;
	return show(c, &t, format);
}

/* As `date` reads it again, with the offset that the zone has then. */
bool
liquid_filter_in_timezone(struct liquid_call *c)
{
	const struct zone *zone;
	struct err err = {0};
	struct liquid_time t;

	c->out = c->in;
	if (!charge(c))
		return false;
	if (!read_time(c, &t))
		return true;
	zone = zone_find(value_text(c->args[0]), &err);
	if (zone == NULL)
		return liquid_run_fail(c->run, "in_timezone: %s", err.text);
	t.offset_s = zone_offset_at(zone, floor_div(t.us, US));
	return show(c, &t,
	    t.offset_s % 60 != 0               ? STR("%F %T.%6N %::z")
	    : floor_div(t.us, US) * US != t.us ? STR("%F %T.%6N %z")
					       : STR("%F %T %z"));
}
