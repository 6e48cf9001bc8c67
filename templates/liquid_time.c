/*
 * liquid_time.c - dates that people write.
 *
 * The text is cut into words: numbers, names of months, signs.  A time
 * (h:m[:s[.f]] [am/pm] [zone]) is taken out first; then the date is the first
 * of these forms that stands in what is left:
 *
 *   14 [th] March [2016]     March 14 [,] [2016]     March 2016
 *   2016-03-14   14-Mar-2016   2016/3/14   14/3/2016   14.3.2016
 */
#include "templates/liquid_time.h"

#define US 1000000LL

struct parts {
	int year, month, day; /* -1: not told */
	int year_digits;
	int hour, minute, second, micros;
	int offset_s;
	bool has_time, has_zone, utc;
};

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char
first(struct str s)
{
	return s.n > 0 ? s.p[0] : '\0';
}

static void
skip_blanks(struct str *s)
{
	while (first(*s) == ' ' || first(*s) == '\t')
		*s = str_from(*s, 1);
}

/* Takes 1..max digits. */
static bool
take_number(struct str *s, size_t max, int *v, size_t *digits)
{
	size_t n = 0;

	*v = 0;
	for (; n < s->n && digit(s->p[n]); n++) {
		if (n == max)
			return false;
		*v = *v * 10 + (s->p[n] - '0');
	}
	*s = str_from(*s, n);
	if (digits != NULL)
		*digits = n;
	return n > 0;
}

static bool
take_char(struct str *s, char c)
{
	if (first(*s) != c)
		return false;
	*s = str_from(*s, 1);
	return true;
}

static struct str
take_letters(struct str *s)
{
	size_t n = 0;

	while (n < s->n && letter(s->p[n]))
		n++;
	*s = str_from(*s, n);
	return (struct str){s->p - n, n};
}

/* 1..12 by its first three letters, 0 for another word. */
static int
month_of(struct str word)
{
	int i;

	if (word.n < 3)
		return 0;
	for (i = 0; i < 12; i++)
		if (str_eq_nocase(str_sub(word, 0, 3),
			(struct str){liquid_months[i], 3}))
			return i + 1;
	return 0;
}

static bool
take_month(struct str *s, int *month)
{
	struct str rest = *s;

	*month = month_of(take_letters(&rest));
	if (*month == 0)
		return false;
	(void)take_char(&rest, '.');
	*s = rest;
	return true;
}

/* Z, UTC, GMT and the zones of RFC 5322; +hh, +hhmm, +hh:mm. */
static void
take_zone(struct str *s, struct parts *p)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = {{"z", 0}, {"utc", 0}, {"gmt", 0}, {"ut", 0}, {"est", -5},
	    {"edt", -4}, {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6},
	    {"pst", -8}, {"pdt", -7}, {"bst", 1}, {"cet", 1}, {"cest", 2}};
	struct str rest = *s, word;
	int hours, minutes = 0, sign;
	size_t i, digits;

	skip_blanks(&rest);
	word = take_letters(&rest);
	for (i = 0; i < ARRAY_LEN(zones); i++)
		if (str_eq_nocase(word, str_of(zones[i].name))) {
			p->has_zone = true;
			p->utc = zones[i].hours == 0;
			p->offset_s = zones[i].hours * 3600;
			*s = rest;
			return;
		}
	if (word.n > 0 || (first(rest) != '+' && first(rest) != '-'))
		return;
	sign = first(rest) == '-' ? -1 : 1;
	rest = str_from(rest, 1);
	if (!take_number(&rest, 4, &hours, &digits))
		return;
	if (digits > 2) {
		minutes = hours % 100;
		hours /= 100;
	} else if (take_char(&rest, ':') &&
		   !take_number(&rest, 2, &minutes, NULL)) {
		return;
	}
	if (hours > 23 || minutes > 59)
		return;
	p->has_zone = true;
	p->offset_s = sign * (hours * 3600 + minutes * 60);
	*s = rest;
}

static void
take_fraction(struct str *s, struct parts *p)
{
	int unit = 100000;

	if (s->n < 2 || (s->p[0] != '.' && s->p[0] != ',') || !digit(s->p[1]))
		return;
	*s = str_from(*s, 1);
	for (; digit(first(*s)); unit /= 10) {
		p->micros += (s->p[0] - '0') * unit;
		*s = str_from(*s, 1);
	}
}

static bool
take_half(struct str *s, struct parts *p)
{
	struct str rest = *s, word;

	skip_blanks(&rest);
	word = take_letters(&rest);
	if (!str_eq_nocase(word, STR("am")) && !str_eq_nocase(word, STR("pm")))
		return true;
	if (p->hour > 12)
		return false;
	p->hour = p->hour % 12 + (str_lower_char(word.p[0]) == 'p' ? 12 : 0);
	*s = rest;
	return true;
}

/* h:m[:s[.f]] at the start of s. */
static bool
take_time(struct str *s, struct parts *p)
{
	struct str rest = *s;

	if (!take_number(&rest, 2, &p->hour, NULL) || !take_char(&rest, ':') ||
	    !take_number(&rest, 2, &p->minute, NULL))
		return false;
	p->second = p->micros = 0;
	if (take_char(&rest, ':')) {
		if (!take_number(&rest, 2, &p->second, NULL))
			return false;
		take_fraction(&rest, p);
	}
	if (!take_half(&rest, p))
		return false;
	take_zone(&rest, p);
	p->has_time = true;
	*s = rest;
	return true;
}

/* Ruby's order of three numbers: y-m-d, unless the last is the long one. */
static void
set_numbers(struct parts *p, const int v[3], const size_t digits[3])
{
	bool last_is_year = digits[2] > 2 && digits[0] <= 2;

	p->year = v[last_is_year ? 2 : 0];
	p->year_digits = (int)digits[last_is_year ? 2 : 0];
	p->month = v[1];
	p->day = v[last_is_year ? 0 : 2];
}

/* 2016-03-14, 14-Mar-2016, 2016/3/14, 14.3.2016 */
static bool
take_signed_date(struct str *s, struct parts *p)
{
	struct str rest = *s;
	size_t digits[3] = {0};
	int v[3];
	char sign;

	if (!take_number(&rest, 4, &v[0], &digits[0]))
		return false;
	sign = first(rest);
	if (sign != '-' && sign != '/' && sign != '.')
		return false;
	rest = str_from(rest, 1);
	if (!take_month(&rest, &v[1]) && !take_number(&rest, 2, &v[1], NULL))
		return false;
	if (!take_char(&rest, sign) ||
	    !take_number(&rest, 4, &v[2], &digits[2]))
		return false;
	set_numbers(p, v, digits);
	*s = rest;
	return true;
}

static void
take_year(struct str *s, struct parts *p)
{
	struct str rest = *s;
	size_t digits;
	int year;

	skip_blanks(&rest);
	(void)take_char(&rest, ',');
	skip_blanks(&rest);
	if (!take_number(&rest, 4, &year, &digits) || first(rest) == ':')
		return;
	p->year = year;
	p->year_digits = (int)digits;
	*s = rest;
}

/* "14", "14th" */
static bool
take_day(struct str *s, int *day, size_t *digits)
{
	struct str rest = *s, word;

	if (!take_number(&rest, 4, day, digits))
		return false;
	word = rest;
	word = take_letters(&word);
	if (str_eq_nocase(word, STR("st")) || str_eq_nocase(word, STR("nd")) ||
	    str_eq_nocase(word, STR("rd")) || str_eq_nocase(word, STR("th")))
		rest = str_from(rest, 2);
	*s = rest;
	return true;
}

/* 14 March 2016 */
static bool
take_day_month(struct str *s, struct parts *p)
{
	struct str rest = *s;
	size_t digits;

	if (!take_day(&rest, &p->day, &digits) || digits > 2)
		return false;
	skip_blanks(&rest);
	if (!take_month(&rest, &p->month))
		return false;
	take_year(&rest, p);
	*s = rest;
	return true;
}

/* March 14, 2016; March 2016 */
static bool
take_month_day(struct str *s, struct parts *p)
{
	struct str rest = *s, after;
	size_t digits = 0;
	int v;

	if (!take_month(&rest, &p->month))
		return false;
	after = rest;
	skip_blanks(&after);
	if (take_day(&after, &v, &digits) && first(after) != ':') {
		rest = after;
		if (digits > 2) {
			p->year = v;
			p->year_digits = (int)digits;
		} else {
			p->day = v;
			take_year(&rest, p);
		}
	}
	*s = rest;
	return true;
}

/* One step: a date, a time, or a byte or word that says nothing. */
static void
step(struct str *s, struct parts *p)
{
	struct parts tried = *p;

	if (!p->has_time && take_time(s, &tried)) {
		*p = tried;
		return;
	}
	tried = *p;
	if (p->month < 0 &&
	    (take_signed_date(s, &tried) || take_day_month(s, &tried) ||
		take_month_day(s, &tried))) {
		*p = tried;
		return;
	}
	if (letter(first(*s))) {
		/* "T" between a date and its time is a word of its own. */
		if (take_letters(s).n > 0)
			return;
	}
	if (digit(first(*s))) {
		while (digit(first(*s)))
			*s = str_from(*s, 1);
		return;
	}
	*s = str_from(*s, 1);
}

/* What is missing: a time alone is today's, a date begins at its start. */
static bool
complete(struct parts *p, int64_t now_us)
{
	struct civil now = time_civil(now_us);

	if (p->month < 0 && !p->has_time)
		return false;
	if (p->year >= 0 && p->year_digits <= 2)
		p->year += p->year >= 69 ? 1900 : 2000;
	if (p->year < 0)
		p->year = now.year;
	if (p->month < 0) {
		p->month = now.month;
		p->day = now.day;
	} else if (p->day < 0) {
		p->day = 1;
	}
	return p->month >= 1 && p->month <= 12 && p->day >= 1 && p->day <= 31 &&
	       p->hour <= 24 && p->minute <= 59 && p->second <= 60;
}

bool
liquid_time_parse(struct liquid_time *t, struct str s, int64_t now_us)
{
	struct parts p = {.year = -1, .month = -1, .day = -1};
	struct civil c;

	if (s.n > 128)
		return false;
	while (s.n > 0)
		step(&s, &p);
	if (!complete(&p, now_us))
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
	    .us = time_from_civil(&c) - p.offset_s * US,
	    .offset_s = p.offset_s,
	    .offset_told = p.has_zone && !p.utc,
	};
	return true;
}
