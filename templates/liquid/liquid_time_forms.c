#include "templates/liquid/liquid_time_forms.h"

#include "templates/liquid/liquid_time.h"

/* Tries one form at a place; its end, or 0 when it does not stand there. */
typedef size_t form_fn(const struct time_text *t, size_t at,
    struct time_parts *p);

static void
swap(struct str *a, struct str *b)
{
	struct str c = *a;

	*a = *b;
	*b = c;
}

static bool
is_year(struct str s)
{
	return s.n > 2 || (s.n > 0 && s.p[0] == '\'');
}

/* The digits in it, with a '-' before them if there is one. */
static struct str
digits_in(struct str s)
{
	size_t from = 0, to;

	while (from < s.n && !time_text_digit(s.p[from]) && s.p[from] != '-' &&
	       s.p[from] != '+')
		from++;
	to = from + (from < s.n && !time_text_digit(s.p[from]));
	while (to < s.n && time_text_digit(s.p[to]))
		to++;
	return str_sub(s, from, to - from);
}

static int
value_of(struct str s)
{
	size_t sign;
	int v;

	s = digits_in(s);
	sign = s.n > 0 && !time_text_digit(s.p[0]);
	v = time_text_number(s.p + sign, s.n - sign);
	return sign && s.p[0] == '-' ? -v : v;
}

/* Three numbers whose order their form suggests; which one is the year is
 * seen by its length, its apostrophe, or that "14th" is none. */
static void
set_date(struct time_parts *p, struct str y, struct str m, struct str d)
{
	struct str end;

	if (y.n > 0 && m.n > 0 && d.n == 0) {
		d = m;
		m = y;
		y = STR_NONE;
	}
	if (y.n == 0 && is_year(d))
		swap(&y, &d);
	end = digits_in(y);
	if (y.n > 0 && end.p + end.n != y.p + y.n) {
		y = d;
		d = end;
	}
	if (is_year(m)) {
		swap(&y, &m);
		swap(&m, &d);
	}
	if (is_year(d))
		swap(&y, &d);
	if (y.n > 0) {
		end = digits_in(y);
		p->whole_year =
		    end.n > 2 || (end.n > 0 && !time_text_digit(end.p[0]));
		p->year = value_of(y);
	}
	if (m.n > 0)
		p->month = value_of(m);
	if (d.n > 0)
		p->day = value_of(d);
	if (p->day < 0 && p->day != TIME_NOT_TOLD)
		p->day = -p->day;
}

static size_t
form_weekday(const struct time_text *t, size_t at, struct time_parts *p)
{
	(void)p;
	if (!time_text_edge(t, at) ||
	    time_text_name(t, at, liquid_weekdays, 7) < 0)
		return 0;
	return time_text_skip_word(t, at + 3, "-/");
}

/* bc, bce, b.c., b.c.e., ad, a.d., ce, c.e. */
static size_t
form_era(const struct time_text *t, size_t at, struct time_parts *p)
{
	static const char *const eras[] = {"c.e.", "ce", "b.c.e.", "bce",
	    "a.d.", "ad", "b.c.", "bc"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(eras); i++)
		if (time_text_is(t, at, eras[i])) {
			p->before_christ = eras[i][0] == 'b';
			return at + strlen(eras[i]);
		}
	return at;
}

static size_t
ordinal_end(const struct time_text *t, size_t at)
{
	bool ends = time_text_is(t, at, "st") || time_text_is(t, at, "nd") ||
		    time_text_is(t, at, "rd") || time_text_is(t, at, "th");

	return ends && time_text_edge(t, at + 2) ? at + 2 : at;
}

static void
set_named(struct time_parts *p, struct str y, int month, struct str d)
{
	char text[4];
	int n = snprintf(text, sizeof(text), "%d", month % 100);

	set_date(p, y, (struct str){text, (size_t)n}, d);
}

/* 14 March 2016, 14th of... not: 14th March, 14march */
static size_t
form_day_month(const struct time_text *t, size_t at, struct time_parts *p)
{
	size_t end = time_text_numeral(t, at, "", &(struct str){0}), run,
	       year_end;
	struct time_parts tried = *p;
	struct str day, year = STR_NONE;
	int month = 0;

	if (end == 0)
		return 0;
	(void)time_text_numeral(t, at, "", &day);
	for (run = time_text_skip_word(t, end, "-"); month == 0; run--) {
		at = time_text_skip_blanks(t, run);
		month = time_text_month(t, at);
		if (run == end)
			break;
	}
	if (month == 0)
		return 0;
	end = time_text_skip_word(t, at + 3, "-'");
	at = time_text_skip_blanks(t,
	    form_era(t, time_text_skip_blanks(t, end), &tried));
	year_end = time_text_numeral(t, at, "-", &year);
	if (year_end > 0) {
		*p = tried;
		end = ordinal_end(t, year_end);
		year.n += end - year_end;
	} else {
		year = STR_NONE;
	}
	set_named(p, year, month, day);
	return end;
}

/* March 14, 2016; March 2016 */
static size_t
form_month_day(const struct time_text *t, size_t at, struct time_parts *p)
{
	int month = time_text_edge(t, at) ? time_text_month(t, at) : 0;
	struct time_parts tried = *p;
	struct str day, year = STR_NONE;
	size_t end, year_end;

	if (month == 0)
		return 0;
	at = time_text_skip_blanks(t, time_text_skip_word(t, at + 3, "-'"));
	end = time_text_numeral(t, at, "", &day);
	if (end == 0)
		return 0;
	end = time_text_skip_word(t, end, "-'");
	at = time_text_skip_blanks(t, end);
	at = time_text_skip_blanks(t, at + time_text_is(t, at, ","));
	at = time_text_skip_blanks(t, form_era(t, at, &tried));
	year_end = time_text_numeral(t, at, "-", &year);
	if (year_end > 0) {
		*p = tried;
		end = year_end;
	} else {
		year = STR_NONE;
	}
	set_named(p, year, month, day);
	return end;
}

/* 2016-03-14 */
static size_t
form_iso(const struct time_text *t, size_t at, struct time_parts *p)
{
	struct str y, m, d;

	at = time_text_numeral(t, at, "-+", &y);
	if (at == 0 || !time_text_is(t, at, "-") ||
	    !time_text_digit(t->p[at + 1]))
		return 0;
	at = time_text_numeral(t, at + 1, "", &m);
	if (!time_text_is(t, at, "-"))
		return 0;
	at = time_text_numeral(t, at + 1, "-", &d);
	if (at > 0)
		set_date(p, y, m, d);
	return at;
}

static size_t
to_dash(const struct time_text *t, size_t at)
{
	while (at < t->n && strchr("-/.", t->p[at]) == NULL)
		at++;
	return time_text_is(t, at, "-") ? at + 1 : 0;
}

/* 14-Mar-2016 */
static size_t
form_dashes(const struct time_text *t, size_t at, struct time_parts *p)
{
	struct str y, d;
	int month;

	at = time_text_numeral(t, at, "-", &d);
	if (at == 0 || !time_text_is(t, at, "-"))
		return 0;
	month = time_text_month(t, at + 1);
	at = month > 0 ? to_dash(t, at + 4) : 0;
	at = at > 0 ? time_text_numeral(t, at, "-", &y) : 0;
	if (at > 0)
		set_named(p, y, month, d);
	return at;
}

/* Mar-14-2016 */
static size_t
form_month_dashes(const struct time_text *t, size_t at, struct time_parts *p)
{
	struct str y = STR_NONE, d;
	int month = time_text_edge(t, at) ? time_text_month(t, at) : 0;
	size_t end;

	at = month > 0 ? to_dash(t, at + 3) : 0;
	at = at > 0 ? time_text_numeral(t, at, "-", &d) : 0;
	if (at == 0)
		return 0;
	end = time_text_is(t, at, "-") ? time_text_numeral(t, at + 1, "-", &y)
				       : 0;
	set_named(p, end > 0 ? y : STR_NONE, month, d);
	return end > 0 ? end : at;
}

/* 2016/3/14, 14/3/2016, 3/14 */
static size_t
form_slashes(const struct time_text *t, size_t at, struct time_parts *p)
{
	struct str y, m, d = STR_NONE;
	size_t end;

	at = time_text_numeral(t, at, "-", &y);
	if (at == 0 || !time_text_is(t, at, "/"))
		return 0;
	at = time_text_numeral(t, time_text_skip_blanks(t, at + 1), "", &m);
	if (at == 0)
		return 0;
	end = at < t->n ? time_text_numeral(t, time_text_skip_blanks(t, at + 1),
			      "-", &d)
			: 0;
	set_date(p, y, m, end > 0 ? d : STR_NONE);
	return end > 0 ? end : at;
}

/* 14.3.2016 */
static size_t
form_dots(const struct time_text *t, size_t at, struct time_parts *p)
{
	struct str y, m, d;

	at = time_text_numeral(t, at, "-", &y);
	if (at == 0 || !time_text_is(t, at, "."))
		return 0;
	at = time_text_numeral(t, time_text_skip_blanks(t, at + 1), "", &m);
	if (at == 0 || !time_text_is(t, at, "."))
		return 0;
	at = time_text_numeral(t, time_text_skip_blanks(t, at + 1), "-", &d);
	if (at > 0)
		set_date(p, y, m, d);
	return at;
}

/* 2016-w11-1: a week says no date, but is not to be read as another form. */
static size_t
form_week(const struct time_text *t, size_t at, struct time_parts *p)
{
	size_t n = time_text_digits(t, at);

	(void)p;
	if (!time_text_edge(t, at) || (n != 0 && n != 2 && n != 4))
		return 0;
	at += n;
	at += time_text_is(t, at, "-");
	if (!time_text_is(t, at, "w") || time_text_digits(t, at + 1) < 2)
		return 0;
	at += 3;
	if (time_text_digit(t->p[at + time_text_is(t, at, "-")]))
		at += time_text_is(t, at, "-") + 1U;
	return time_text_edge(t, at) ? at : 0;
}

/* 2016-074 */
static size_t
form_yearday(const struct time_text *t, size_t at, struct time_parts *p)
{
	size_t n = time_text_digits(t, at);

	if (!time_text_edge(t, at) || (n != 2 && n != 4) ||
	    !time_text_is(t, at + n, "-") ||
	    time_text_digits(t, at + n + 1) != 3 ||
	    !time_text_edge(t, at + n + 4) ||
	    (at > 0 && strchr(",.", t->p[at - 1]) != NULL))
		return 0;
	p->year = time_text_number(t->p + at, n);
	p->yearday = time_text_number(t->p + at + n + 1, 3);
	return at + n + 4;
}

/* '16 */
static size_t
form_year(const struct time_text *t, size_t at, struct time_parts *p)
{
	size_t n = time_text_is(t, at, "'") ? time_text_digits(t, at + 1) : 0;

	if (n == 0 || !time_text_edge(t, at + 1 + n))
		return 0;
	p->year = time_text_number(t->p + at + 1, n);
	return at + 1 + n;
}

static size_t
form_month(const struct time_text *t, size_t at, struct time_parts *p)
{
	int month = time_text_edge(t, at) ? time_text_month(t, at) : 0;

	if (month == 0)
		return 0;
	p->month = month;
	while (at < t->n && t->p[at] != ' ')
		at++;
	return at;
}

/* 14th */
static size_t
form_day(const struct time_text *t, size_t at, struct time_parts *p)
{
	size_t n = time_text_digits(t, at), end = ordinal_end(t, at + n);

	if (n == 0 || end == at + n)
		return 0;
	p->day = time_text_number(t->p + at, n);
	return end;
}

/* Digits run together, by their count: day; month day; year month day;
 * with four digits of the year, hour and so on behind it. */
static void
set_run(struct time_parts *p, const char *s, size_t n)
{
	size_t year = n >= 7 ? 4 : n >= 5 ? 2 : 0;
	int *const rest[] = {&p->month, &p->day, &p->hour, &p->minute,
	    &p->second};
	size_t i, at = year;

	if (year > 0)
		p->year = time_text_number(s, year);
	p->whole_year = n >= 8;
	if (n == 3 || n == 5 || n == 7) {
		p->yearday = time_text_number(s + year, 3);
		return;
	}
	for (i = n == 2; i < ARRAY_LEN(rest) && at + 2 <= n; i++, at += 2)
		*rest[i] = time_text_number(s + at, 2);
}

/* The same from its end when a fraction follows: the last are seconds. */
static void
set_run_back(struct time_parts *p, const char *s, size_t n)
{
	int *const units[] = {&p->second, &p->minute, &p->hour, &p->day,
	    &p->month};
	size_t i, take;

	for (i = 0; i < ARRAY_LEN(units) && n > 0 && n <= 14; i++, n -= take) {
		take = n >= 2 ? 2 : 1;
		*units[i] = time_text_number(s + n - take, take);
	}
	if (n > 0) {
		p->year = time_text_number(s, n);
		p->whole_year = n > 2;
	}
}

/* [sign] 2*14digit [["t"] 2*6digit] ["." fraction] [zone] */
static size_t
form_run(const struct time_text *t, size_t at, struct time_parts *p)
{
	size_t from =
	    at + (time_text_is(t, at, "-") || time_text_is(t, at, "+"));
	size_t n = time_text_digits(t, from), end, time, more = 0;
	bool fraction;

	if (n < 2)
		return 0;
	n = n > 14 ? 14 : n;
	end = time_text_skip_blanks(t, from + n);
	time = time_text_skip_blanks(t, end + time_text_is(t, end, "t"));
	more = time_text_digits(t, time);
	more = more > 6 ? 6 : more;
	end = more >= 2 ? time + more : from + n;
	fraction = time_text_is(t, end, ".") || time_text_is(t, end, ",");
	if (fraction && more < 2)
		set_run_back(p, t->p + from, n);
	else
		set_run(p, t->p + from, n);
	if (time_text_is(t, at, "-") && p->year != TIME_NOT_TOLD)
		p->year = -p->year;
	if (more >= 2) {
		p->hour = time_text_number(t->p + time, 2);
		p->minute =
		    more >= 4 ? time_text_number(t->p + time + 2, 2) : 0;
		p->second =
		    more >= 6 ? time_text_number(t->p + time + 4, 2) : 0;
	}
	if (fraction)
		end = time_form_fraction(t, end + 1, p);
	time = time_text_skip_blanks(t, end);
	return time_text_is(t, time, "z") || time_text_is(t, time, "+") ||
		       time_text_is(t, time, "-")
		   ? time_form_zone(t, end, p)
		   : end;
}

static size_t
form_before_christ(const struct time_text *t, size_t at, struct time_parts *p)
{
	static const char *const eras[] = {"bce", "bc", "b.c.e.", "b.c."};
	size_t i, end;

	for (i = 0; time_text_edge(t, at) && i < ARRAY_LEN(eras); i++) {
		end = at + strlen(eras[i]);
		if (time_text_is(t, at, eras[i]) &&
		    (i > 1 || time_text_edge(t, end))) {
			p->before_christ = true;
			return end;
		}
	}
	return 0;
}

/* One or two digits are all that is left: a day, or an hour. */
static size_t
form_rest(const struct time_text *t, size_t at, struct time_parts *p)
{
	size_t from = time_text_skip_blanks(t, at),
	       n = time_text_digits(t, from);
	int v;

	if (at > 0 || n < 1 || n > 2 ||
	    time_text_skip_blanks(t, from + n) != t->n)
		return 0;
	v = time_text_number(t->p + from, n);
	if (p->hour != TIME_NOT_TOLD && p->day == TIME_NOT_TOLD && v >= 1 &&
	    v <= 31)
		p->day = v;
	else if (p->day != TIME_NOT_TOLD && p->hour == TIME_NOT_TOLD && v <= 24)
		p->hour = v;
	return t->n;
}

/* The first place where the form stands; it becomes a blank. */
static bool
take(struct time_text *t, struct time_parts *p, form_fn *form)
{
	size_t at, end;

	for (at = 0; at < t->n; at++) {
		end = form(t, at, p);
		if (end == 0)
			continue;
		t->p[at] = ' ';
		memmove(t->p + at + 1, t->p + end, t->n - end + 1);
		t->n -= end - at - 1;
		return true;
	}
	return false;
}

void
time_parts_init(struct time_parts *p)
{
	const int no = TIME_NOT_TOLD;

	*p = (struct time_parts){no, no, no, no, no, no, no, 0, false, false,
	    ""};
}

void
time_forms_read(struct time_text *t, struct time_parts *p)
{
	static form_fn *const dates[] = {form_day_month, form_month_day,
	    form_iso, form_dashes, form_month_dashes, form_slashes, form_dots,
	    form_week, form_yearday, form_year, form_month, form_day, form_run};
	size_t i;

	take(t, p, form_weekday);
	take(t, p, time_form_clock);
	for (i = 0; i < ARRAY_LEN(dates); i++)
		if (take(t, p, dates[i]))
			break;
	take(t, p, form_before_christ);
	take(t, p, form_rest);
}
