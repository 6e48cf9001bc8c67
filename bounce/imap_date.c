#include "bounce/imap_date.h"

#include "lib/base/clock.h"

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static bool
number(struct str text, size_t from, size_t len, int *out)
{
	uint64_t n;

	if (!str_to_u64(str_sub(text, from, len), &n))
		return false;
	*out = (int)n;
	return true;
}

static bool
month_of(struct str name, int *out)
{
	for (*out = 1; *out <= 12; ++*out)
		if (str_eq_nocase(name,
			str_sub(str_of(months), (size_t)(*out - 1) * 3, 3)))
			return true;
	return false;
}

static bool
in_bounds(const struct civil *c)
{
	return c->day >= 1 && c->day <= 31 && c->hour < 24 && c->minute < 60 &&
	       c->second <= 60;
}

/* What stands where, counted from the first digit of a two-digit day. */
static bool
parse_fields(struct str t, struct civil *c, int *zone_minutes)
{
	int hours, minutes;

	if (t.n != 26 || t.p[2] != '-' || t.p[6] != '-' || t.p[11] != ' ' ||
	    t.p[14] != ':' || t.p[17] != ':' || t.p[20] != ' ' ||
	    (t.p[21] != '+' && t.p[21] != '-'))
		return false;
	if (!month_of(str_sub(t, 3, 3), &c->month) ||
	    !number(t, 7, 4, &c->year) || !number(t, 12, 2, &c->hour) ||
	    !number(t, 15, 2, &c->minute) || !number(t, 18, 2, &c->second) ||
	    !number(t, 22, 2, &hours) || !number(t, 24, 2, &minutes))
		return false;
	*zone_minutes = hours * 60 + minutes;
	if (t.p[21] == '-')
		*zone_minutes = -*zone_minutes;
	return number(t, t.p[0] == ' ', t.p[0] == ' ' ? 1 : 2, &c->day) &&
	       in_bounds(c);
}

bool
imap_date_parse(struct str text, int64_t *us)
{
	struct civil c = {0};
	char padded[27];
	int zone_minutes;

	if (text.n == 25) { /* the day without its blank or zero */
		padded[0] = ' ';
		memcpy(padded + 1, text.p, text.n);
		text = (struct str){padded, 26};
	}
	if (!parse_fields(text, &c, &zone_minutes))
		return false;
	*us = time_from_civil(&c) - (int64_t)zone_minutes * 60 * 1000000;
	return true;
}

const char *
imap_date_write(int64_t us, char out[IMAP_DATE_MAX])
{
	struct civil c = time_civil(us);

	snprintf(out, IMAP_DATE_MAX, "%d-%.3s-%04d", c.day,
	    months + (size_t)(c.month - 1) * 3, c.year % 10000);
	return out;
}
