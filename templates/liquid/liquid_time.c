/*
 * liquid_time.c - dates that people write.
 *
 * liquid_time_forms.c tells what stands in a text; here it becomes a moment:
 * units above the largest one told are those of now, below the smallest one
 * they begin, and 31 February is 3 March.
 */
#include "templates/liquid/liquid_time.h"

#include "templates/liquid/liquid_time_forms.h"

#define US       1000000LL
#define YEAR_MAX 200000

/* As Ruby does; blanks for runs of what cannot be part of a date. */
static bool
normalise(struct time_text *t, struct str s)
{
	static const char kept[] = "-+',./:@[]";
	bool blank = false, keep;
	size_t i;

	t->n = 0;
	if (s.n > TIME_TEXT_LENGTH_MAX)
		return false;
	for (i = 0; i < s.n; i++) {
		char c = str_lower_char(s.p[i]);

		keep = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		       (c & 0x80) != 0 ||
		       (c != '\0' && strchr(kept, c) != NULL);
		if (keep || !blank)
			t->p[t->n++] = keep ? c : ' ';
		blank = !keep;
	}
	t->p[t->n] = '\0';
	return true;
}

static int
two(const char *p)
{
	return (p[0] - '0') * 10 + p[1] - '0';
}

/* All of the digits of `form` are digits in s, the rest is the same. */
static bool
looks_like(struct str s, const char *form)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (form[i] == '0' ? s.p[i] < '0' || s.p[i] > '9'
				   : s.p[i] != form[i])
			return false;
	return true;
}

/* What programs write: 2016-03-14, 2016-03-14T15:04:05Z, and with a blank. */
static bool
usual(struct str s, struct time_parts *p)
{
	bool date = s.n == 10, time = s.n == 19 || s.n == 20;

	if (!(date || time) || !(looks_like(s, "0000-00-00T00:00:00Z") ||
				   looks_like(s, "0000-00-00 00:00:00Z")))
		return false;
	p->year = two(s.p) * 100 + two(s.p + 2);
	p->whole_year = true;
	p->month = two(s.p + 5);
	p->day = two(s.p + 8);
	if (date)
		return true;
	p->hour = two(s.p + 11);
	p->minute = two(s.p + 14);
	p->second = two(s.p + 17);
	return true;
}

/* -1: no name of a zone. */
static int
zone_hours(const char *name, int *hours)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = {{"utc", 0}, {"gmt", 0}, {"ut", 0}, {"est", -5},
	    {"edt", -4}, {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6},
	    {"pst", -8}, {"pdt", -7}, {"bst", 1}, {"cet", 1}, {"cest", 2}};
	static const char military[] = "yxwvutsrqpon_abcdefghi_klm";
	const char *at;
	size_t i;

	for (i = 0; i < ARRAY_LEN(zones); i++)
		if (strcmp(name, zones[i].name) == 0) {
			*hours = zones[i].hours;
			return 0;
		}
	if (strcmp(name, "z") == 0) {
		*hours = 0;
		return 0;
	}
	at = name[0] != '\0' && name[1] == '\0' ? strchr(military, name[0])
						: NULL;
	if (at == NULL)
		return -1;
	*hours = (int)(at - military) - 12;
	if (*hours > 9)
		(*hours)--; /* there is no J */
	return 0;
}

/* +hh, +hhmm, +hh:mm[:ss], or a name; others say nothing. */
static int
zone_offset(const char *zone)
{
	size_t n = strlen(zone), colon, i, digits = 0;
	int sign = zone[0] == '-' ? -1 : 1, hours;
	char plain[TIME_ZONE_MAX];

	if (zone[0] != '-' && zone[0] != '+')
		return zone_hours(zone, &hours) == 0 ? hours * 3600 : 0;
	colon = n > 3 && zone[3] == ':';
	for (i = 1; i < n; i++) {
		if (colon && i % 3 == 0 && zone[i] == ':')
			continue;
		if (zone[i] < '0' || zone[i] > '9')
			return 0;
		plain[digits++] = zone[i];
	}
	if (digits == 2 && !colon)
		return sign * two(plain) * 3600;
	if (digits != 4 && digits != 6)
		return 0;
	return sign * (two(plain) * 3600 + two(plain + 2) * 60 +
			  (digits == 6 ? two(plain + 4) : 0));
}

static bool
leap(int y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

/* Units above the first one that is told are those of now. */
static void
fill_in(struct time_parts *p, const struct civil *now)
{
	int *const units[] = {&p->year, &p->month, &p->day, &p->hour,
	    &p->minute, &p->second};
	const int above[] = {now->year, now->month, now->day, now->hour,
	    now->minute, now->second};
	static const int first[] = {1970, 1, 1, 0, 0, 0};
	bool told = false;
	size_t i;

	for (i = 0; i < ARRAY_LEN(units); i++) {
		told = told || *units[i] != TIME_NOT_TOLD ||
		       (i > 0 && p->yearday != TIME_NOT_TOLD);
		if (*units[i] == TIME_NOT_TOLD)
			*units[i] = told ? first[i] : above[i];
	}
}

static bool
anything(const struct time_parts *p)
{
	const int units[] = {p->year, p->month, p->day, p->yearday, p->hour,
	    p->minute, p->second};
	size_t i;

	for (i = 0; i < ARRAY_LEN(units); i++)
		if (units[i] != TIME_NOT_TOLD)
			return true;
	return false;
}

static bool
in_range(const struct time_parts *p)
{
	if (p->yearday != TIME_NOT_TOLD &&
	    (p->yearday < 1 || p->yearday > 365 + leap(p->year)))
		return false;
	return p->year >= -YEAR_MAX && p->year <= YEAR_MAX && p->month >= 1 &&
	       p->month <= 12 && p->day >= 1 && p->day <= 31 && p->hour >= 0 &&
	       p->hour <= 24 && p->minute <= 59 && p->second <= 60 &&
	       (p->hour < 24 || (p->minute == 0 && p->second == 0));
}

static void
complete_year(struct time_parts *p)
{
	if (p->year == TIME_NOT_TOLD)
		return;
	if (p->before_christ)
		p->year = 1 - p->year;
	if (!p->whole_year && p->year >= 0 && p->year <= 99)
		p->year += p->year >= 69 ? 1900 : 2000;
}

bool
liquid_time_parse(struct liquid_time *t, struct str s, int64_t now_us)
{
	struct time_text text;
	struct time_parts p;
	struct civil c;
	int offset;

	time_parts_init(&p);
	if (!usual(s, &p)) {
		if (!normalise(&text, s))
			return false;
		time_forms_read(&text, &p);
	}
	if (!anything(&p))
		return false;
	offset = zone_offset(p.zone);
	complete_year(&p);
	c = time_civil(now_us + offset * US);
	fill_in(&p, &c);
	if (!in_range(&p))
		return false;
	c = (struct civil){
	    .year = p.year,
	    .month = p.month,
	    .day = p.day,
	    .hour = p.hour,
	    .minute = p.minute,
	    .second = p.second,
	    .micros = p.micros,
	};
	*t = (struct liquid_time){
	    .us = time_from_civil(&c) - offset * US,
	    .offset_s = offset,
	    .offset_told = offset != 0,
	};
	if (p.yearday != TIME_NOT_TOLD)
		t->us += (p.yearday - 1) * 86400LL * US;
	return true;
}
