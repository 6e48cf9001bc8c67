/*
 * liquid_time_clock.c - times of day, and their zones.
 */
#include "templates/liquid/liquid_time_forms.h"

/* am, pm, a.m., p.m. */
static size_t
form_half(const struct time_text *t, size_t at, struct time_parts *p)
{
	size_t end = 0;

	at = time_text_skip_blanks(t, at);
	if (at >= t->n || (t->p[at] != 'a' && t->p[at] != 'p'))
		return 0;
	if (time_text_is(t, at + 1, "m") && time_text_edge(t, at + 2))
		end = at + 2;
	else if (time_text_is(t, at + 1, ".m."))
		end = at + 4;
	if (end > 0)
		p->hour = p->hour % 12 + (t->p[at] == 'p' ? 12 : 0);
	return end;
}

size_t
time_form_fraction(const struct time_text *t, size_t at, struct time_parts *p)
{
	int unit = 100000;

	for (; at < t->n && time_text_digit(t->p[at]); at++, unit /= 10)
		p->micros += (t->p[at] - '0') * unit;
	return at;
}

/* Behind the hour: ":" minute [":" second ["." fraction]] */
static size_t
form_minutes(const struct time_text *t, size_t at, struct time_parts *p)
{
	size_t end, n;

	at = time_text_skip_blanks(t, at);
	if (!time_text_is(t, at, ":"))
		return 0;
	at = time_text_skip_blanks(t, at + 1);
	n = time_text_digits(t, at);
	if (n == 0)
		return 0;
	p->minute = time_text_number(t->p + at, n);
	end = at + n;
	at = time_text_skip_blanks(t, end);
	if (!time_text_is(t, at, ":"))
		return end;
	at = time_text_skip_blanks(t, at + 1);
	n = time_text_digits(t, at);
	if (n == 0)
		return end;
	p->second = time_text_number(t->p + at, n);
	end = at + n;
	if (time_text_is(t, end, ".") || time_text_is(t, end, ","))
		end = time_form_fraction(t, end + 1, p);
	return end;
}

/* Behind the hour: "h" [minute ["m"] [second ["s"]]] */
static size_t
form_letters(const struct time_text *t, size_t at, struct time_parts *p)
{
	size_t end, n;

	at = time_text_skip_blanks(t, at);
	if (!time_text_is(t, at, "h"))
		return 0;
	end = at + 1;
	at = time_text_skip_blanks(t, end);
	n = time_text_digits(t, at);
	if (n == 0)
		return end;
	p->minute = time_text_number(t->p + at, n);
	end = at + n + time_text_is(t, at + n, "m");
	at = time_text_skip_blanks(t, end);
	n = time_text_digits(t, at);
	if (n == 0)
		return end;
	p->second = time_text_number(t->p + at, n);
	return at + n + time_text_is(t, at + n, "s");
}

/* [gmt / utc / ut] sign 1*digit [("," / "." / ":") 1*digit [":" 1*digit]] */
static size_t
offset_end(const struct time_text *t, size_t at)
{
	size_t n;

	if (time_text_is(t, at, "gmt") || time_text_is(t, at, "utc"))
		at += 3;
	else if (time_text_is(t, at, "ut"))
		at += 2;
	if (!time_text_is(t, at, "+") && !time_text_is(t, at, "-"))
		return 0;
	n = time_text_digits(t, at + 1);
	if (n == 0)
		return 0;
	at += n + 1;
	n = at < t->n && strchr(",.:", t->p[at]) != NULL
		? time_text_digits(t, at + 1)
		: 0;
	if (n == 0)
		return at;
	at += n + 1;
	n = time_text_is(t, at, ":") ? time_text_digits(t, at + 1) : 0;
	return n == 0 ? at : at + n + 1;
}

size_t
time_form_zone(const struct time_text *t, size_t at, struct time_parts *p)
{
	size_t from = time_text_skip_blanks(t, at), end = offset_end(t, from);

	if (end == 0) {
		end = from;
		while (end < t->n && time_text_letter(t->p[end]))
			end++;
		if (end == from || !time_text_edge(t, end))
			return at;
	}
	if (end - from < TIME_ZONE_MAX) {
		memcpy(p->zone, t->p + from, end - from);
		p->zone[end - from] = '\0';
	}
	if (time_text_is(t, end, " dst") && time_text_edge(t, end + 4))
		end += 4;
	return end;
}

size_t
time_form_clock(const struct time_text *t, size_t at, struct time_parts *p)
{
	struct time_parts tried = *p;
	size_t n = time_text_digits(t, at), end, half;

	if (n == 0)
		return 0;
	tried.hour = time_text_number(t->p + at, n);
	end = form_minutes(t, at + n, &tried);
	if (end == 0)
		end = form_letters(t, at + n, &tried);
	half = form_half(t, end > 0 ? end : at + n, &tried);
	if (half > 0)
		end = half;
	if (end == 0)
		return 0;
	*p = tried;
	return time_form_zone(t, end, p);
}
