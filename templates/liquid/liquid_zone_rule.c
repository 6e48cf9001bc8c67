#include "templates/liquid/liquid_zone_rule.h"

#include "lib/base/clock.h"
#include "templates/liquid/liquid_zone.h"

#define DAY_S     86400
#define US        1000000LL
#define HOURS_MAX 167

static bool
take(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_from(*s, 1);
	return true;
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
take_number(struct str *s, int min, int max, int *out)
{
	size_t n = 0;

	*out = 0;
	for (; n < s->n && n < 4 && digit(s->p[n]); n++)
		*out = *out * 10 + (s->p[n] - '0');
	*s = str_from(*s, n);
	return n > 0 && *out >= min && *out <= max;
}

/* [sign] hh [":" mm [":" ss]] */
static bool
take_time(struct str *s, int *seconds)
{
	int hours, minutes = 0, rest = 0, sign = 1;

	if (take(s, '-'))
		sign = -1;
	else
		(void)take(s, '+');
	if (!take_number(s, 0, HOURS_MAX, &hours))
		return false;
	if (take(s, ':')) {
		if (!take_number(s, 0, 59, &minutes))
			return false;
		if (take(s, ':') && !take_number(s, 0, 59, &rest))
			return false;
	}
	*seconds = sign * (hours * 3600 + minutes * 60 + rest);
	return true;
}

/* Three letters or more, or anything of letters, digits, signs in < >. */
static bool
take_name(struct str *s)
{
	bool quoted = take(s, '<');
	size_t n = 0;

	for (; n < s->n; n++) {
		char c = s->p[n];

		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') &&
		    !(quoted && (digit(c) || c == '+' || c == '-')))
			break;
	}
	*s = str_from(*s, n);
	return n >= 3 && (!quoted || take(s, '>'));
}

/* POSIX counts west of Greenwich. */
static bool
take_offset(struct str *s, int *east_s)
{
	int west;

	if (!take_time(s, &west) || west > ZONE_OFFSET_MAX ||
	    west < -ZONE_OFFSET_MAX)
		return false;
	*east_s = -west;
	return true;
}

static bool
take_day(struct str *s, struct zone_day *day)
{
	bool ok;

	*day = (struct zone_day){.time_s = 2 * 3600};
	if (!take(s, ','))
		return false;
	if (take(s, 'M')) {
		day->kind = 'M';
		ok = take_number(s, 1, 12, &day->month) && take(s, '.') &&
		     take_number(s, 1, 5, &day->week) && take(s, '.') &&
		     take_number(s, 0, 6, &day->day);
	} else {
		day->kind = take(s, 'J') ? 'J' : 'n';
		ok = take_number(s, day->kind == 'J', 365, &day->day);
	}
	return ok && (!take(s, '/') || take_time(s, &day->time_s));
}

bool
zone_rule_parse(struct zone_rule *rule, struct str text)
{
	*rule = (struct zone_rule){0};
	if (!take_name(&text) || !take_offset(&text, &rule->standard_s))
		return false;
	if (text.n == 0)
		return true;
	rule->has_summer = true;
	rule->summer_s = rule->standard_s + 3600;
	if (!take_name(&text))
		return false;
	if (text.n > 0 && text.p[0] != ',' &&
	    !take_offset(&text, &rule->summer_s))
		return false;
	return take_day(&text, &rule->begins) && take_day(&text, &rule->ends) &&
	       text.n == 0;
}

static bool
leap(int y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

/* Days since 1970 of that day in that year. */
static int64_t
day_in(const struct zone_day *d, int year)
{
	struct civil c = {.year = year, .month = 1, .day = 1};
	int64_t first, last;
	int add;

	if (d->kind != 'M')
		return time_from_civil(&c) / US / DAY_S + d->day -
		       (d->kind == 'J' && !(leap(year) && d->day >= 60));
	c.month = d->month;
	first = time_from_civil(&c) / US / DAY_S;
	add = (d->day - time_civil(first * DAY_S * US).weekday + 7) % 7;
	c = (struct civil){
	    .year = year + (d->month == 12),
	    .month = d->month % 12 + 1,
	    .day = 1,
	};
	last = time_from_civil(&c) / US / DAY_S - 1;
	first += add + 7 * (d->week - 1);
	return first > last ? first - 7 : first;
}

int
zone_rule_offset(const struct zone_rule *rule, int64_t unix_s)
{
	int64_t begins, ends;
	bool summer;
	int year;

	if (!rule->has_summer)
		return rule->standard_s;
	year = time_civil((unix_s + rule->standard_s) * US).year;
	begins = day_in(&rule->begins, year) * DAY_S + rule->begins.time_s -
		 rule->standard_s;
	ends = day_in(&rule->ends, year) * DAY_S + rule->ends.time_s -
	       rule->summer_s;
	if (begins < ends)
		summer = unix_s >= begins && unix_s < ends;
	else
		summer = unix_s >= begins || unix_s < ends;
	return summer ? rule->summer_s : rule->standard_s;
}
