#include "lib/base/clock.h"

#define DAY_S 86400
#define US    1000000LL

int64_t
clock_wall_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * US + ts.tv_nsec / 1000;
}

int64_t
clock_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t
floor_mod(int64_t a, int64_t b)
{
	return a % b + (a % b < 0 ? b : 0);
}

static bool
leap_year(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
	    31};

	return days[month - 1] + (month == 2 && leap_year(year));
}

/* Days before the first of `month` in a year that starts in March, so that
 * the leap day is the last one: 0, 31, 61, 92, ... */
static int64_t
days_before_month(int64_t march_month)
{
	return (153 * march_month + 2) / 5;
}

/* Days since 1970-01-01, proleptic Gregorian. */
static int64_t
days_from_date(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = floor_div(y, 400);
	int64_t year_of_era = floor_mod(y, 400);
	int64_t day_of_year = days_before_month((month + 9) % 12) + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 -
			     year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

static void
date_from_days(struct civil *c, int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t doe = floor_mod(z, 146097);
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (yoe * 365 + yoe / 4 - yoe / 100);
	int64_t march_month = (5 * doy + 2) / 153;

	c->day = (int)(doy - days_before_month(march_month)) + 1;
	c->month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
	c->year = (int)(yoe + era * 400 + (c->month <= 2));
}

struct civil
time_civil(int64_t us)
{
	int64_t seconds = floor_div(us, US);
	int64_t days = floor_div(seconds, DAY_S);
	int rest = (int)floor_mod(seconds, DAY_S);
	struct civil c = {.micros = (int)floor_mod(us, US)};

	date_from_days(&c, days);
	c.hour = rest / 3600;
	c.minute = rest / 60 % 60;
	c.second = rest % 60;
	c.weekday = (int)floor_mod(days + 4, 7);
	c.yearday = (int)(days - days_from_date(c.year, 1, 1)) + 1;
	return c;
}

int64_t
time_from_civil(const struct civil *c)
{
	int64_t days = days_from_date(c->year, c->month, c->day);
	int64_t seconds =
	    days * DAY_S + c->hour * 3600L + c->minute * 60L + c->second;

	return seconds * US + c->micros;
}

const char *
time_rfc3339(int64_t us, char out[TIME_TEXT_MAX])
{
	struct civil c = time_civil(us);
	char fraction[16] = "";

	if (c.micros != 0)
		snprintf(fraction, sizeof(fraction), ".%06d", c.micros);
	snprintf(out, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", c.year,
	    c.month, c.day, c.hour, c.minute, c.second, fraction);
	return out;
}

/* The last n digits; of what is negative anything but a control. */
static void
put_digits(char *to, int v, size_t n)
{
	for (; n-- > 0; v /= 10)
		to[n] = (char)('0' + v % 10);
}

const char *
time_rfc5322(int64_t us, char out[TIME_TEXT_MAX])
{
	static const char weekdays[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu",
	    "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	static const char form[] = "Sun, 00 Jan 0000 00:00:00 +0000";
	struct civil c = time_civil(us);

	memcpy(out, form, sizeof(form));
	memcpy(out, weekdays[c.weekday], 3);
	put_digits(out + 5, c.day, 2);
	memcpy(out + 8, months[c.month - 1], 3);
	put_digits(out + 12, c.year, 4);
	put_digits(out + 17, c.hour, 2);
	put_digits(out + 20, c.minute, 2);
	put_digits(out + 23, c.second, 2);
	return out;
}

/* Takes exactly `count` digits off the front. */
static bool
take_number(struct str *s, size_t count, int max, int *out)
{
	uint64_t v;

	if (s->n < count || !str_to_u64(str_sub(*s, 0, count), &v) ||
	    v > (uint64_t)max)
		return false;
	*out = (int)v;
	*s = str_from(*s, count);
	return true;
}

static bool
take_char(struct str *s, const char *set)
{
	if (s->n == 0 || s->p[0] == '\0' || strchr(set, s->p[0]) == NULL)
		return false;
	*s = str_from(*s, 1);
	return true;
}

/* full-date = 4DIGIT "-" 2DIGIT "-" 2DIGIT */
static bool
take_date(struct str *s, struct civil *c)
{
	return take_number(s, 4, 9999, &c->year) && take_char(s, "-") &&
	       take_number(s, 2, 12, &c->month) && c->month >= 1 &&
	       take_char(s, "-") &&
	       take_number(s, 2, days_in_month(c->year, c->month), &c->day) &&
	       c->day >= 1;
}

/* time-secfrac = "." 1*DIGIT; what is finer than a microsecond is cut. */
static bool
take_fraction(struct str *s, int *micros)
{
	int unit = 100000;

	*micros = 0;
	if (!take_char(s, "."))
		return true;
	if (s->n == 0 || s->p[0] < '0' || s->p[0] > '9')
		return false;
	for (; s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9'; unit /= 10) {
		*micros += (s->p[0] - '0') * unit;
		*s = str_from(*s, 1);
	}
	return true;
}

/* partial-time = 2DIGIT ":" 2DIGIT ":" 2DIGIT [time-secfrac] */
static bool
take_time(struct str *s, struct civil *c)
{
	return take_number(s, 2, 23, &c->hour) && take_char(s, ":") &&
	       take_number(s, 2, 59, &c->minute) && take_char(s, ":") &&
	       take_number(s, 2, 60, &c->second) &&
	       take_fraction(s, &c->micros);
}

/* time-offset = "Z" / (("+" / "-") 2DIGIT ":" 2DIGIT) */
static bool
take_offset(struct str *s, int64_t *offset_s)
{
	bool west = s->n > 0 && s->p[0] == '-';
	int hours, minutes;

	*offset_s = 0;
	if (take_char(s, "Zz"))
		return true;
	if (!take_char(s, "+-") || !take_number(s, 2, 23, &hours) ||
	    !take_char(s, ":") || !take_number(s, 2, 59, &minutes))
		return false;
	*offset_s = (hours * 3600L + minutes * 60L) * (west ? -1 : 1);
	return true;
}

bool
time_parse_rfc3339(struct str s, int64_t *us)
{
	struct civil c = {0};
	int64_t offset_s, t;

	if (!take_date(&s, &c))
		return false;
	if (s.n == 0) {
		*us = time_from_civil(&c);
		return true;
	}
	if (!take_char(&s, "Tt") || !take_time(&s, &c) ||
	    !take_offset(&s, &offset_s) || s.n > 0)
		return false;
	t = time_from_civil(&c) - offset_s * US;
	/* A leap second ends a day of UTC; it counts as the next one. */
	if (c.second == 60 && floor_mod(floor_div(t, US), DAY_S) != 0)
		return false;
	*us = t;
	return true;
}
