/*
 * liquid_filter_string.c - filters that add text at an end, or take blanks
 * away.
 */
#include "templates/liquid/liquid_filters.h"

enum side {
	SIDE_LEFT = 1,
	SIDE_RIGHT = 2,
};

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool
liquid_filter_append(struct liquid_call *c)
{
	struct value a, b;

	return liquid_as_text(c->run, c->in, &a) &&
	       liquid_as_text(c->run, c->args[0], &b) &&
	       liquid_join_two(c->run, a, b, &c->out);
}

bool
liquid_filter_prepend(struct liquid_call *c)
{
	struct value a, b;

	return liquid_as_text(c->run, c->in, &a) &&
	       liquid_as_text(c->run, c->args[0], &b) &&
	       liquid_join_two(c->run, b, a, &c->out);
}

/* NUL counts as blank, as in Ruby. */
static struct str
stripped(struct str s, unsigned sides)
{
	if (sides & SIDE_LEFT)
		while (s.n > 0 && (blank(s.p[0]) || s.p[0] == '\0'))
			s = str_from(s, 1);
	if (sides & SIDE_RIGHT)
		while (s.n > 0 && (blank(s.p[s.n - 1]) || s.p[s.n - 1] == '\0'))
			s.n--;
	return s;
}

static bool
strip(struct liquid_call *c, unsigned sides)
{
	struct value text;

	if (!liquid_as_text(c->run, c->in, &text))
		return false;
	c->out = liquid_like(text, stripped(value_text(text), sides));
	return true;
}

bool
liquid_filter_strip(struct liquid_call *c)
{
	return strip(c, SIDE_LEFT | SIDE_RIGHT);
}

bool
liquid_filter_lstrip(struct liquid_call *c)
{
	return strip(c, SIDE_LEFT);
}

bool
liquid_filter_rstrip(struct liquid_call *c)
{
	return strip(c, SIDE_RIGHT);
}

/* Runs of blanks become one. */
bool
liquid_filter_squish(struct liquid_call *c)
{
	struct value text;
	struct str s;
	char *to;
	size_t i, n = 0;

	if (c->in.type == VALUE_NIL)
		return true;
	if (!liquid_as_text(c->run, c->in, &text))
		return false;
	s = stripped(value_text(text), SIDE_LEFT | SIDE_RIGHT);
	to = liquid_run_alloc(c->run, s.n);
	if (to == NULL)
		return false;
	for (i = 0; i < s.n; i++)
		if (!blank(s.p[i]))
			to[n++] = s.p[i];
		else if (i == 0 || !blank(s.p[i - 1]))
			to[n++] = ' ';
	c->out = liquid_like(text, (struct str){to, n});
	return true;
}

bool
liquid_filter_strip_newlines(struct liquid_call *c)
{
	struct value text;
	struct str s;
	char *to;
	size_t i, n = 0;

	if (!liquid_as_text(c->run, c->in, &text))
		return false;
	s = value_text(text);
	c->out = text;
	if (str_chr(s, '\n') == STR_NOWHERE)
		return true;
	to = liquid_run_alloc(c->run, s.n);
	if (to == NULL)
		return false;
	for (i = 0; i < s.n; i++)
		if (s.p[i] != '\n' && !str_starts(str_from(s, i), STR("\r\n")))
			to[n++] = s.p[i];
	c->out = liquid_like(text, (struct str){to, n});
	return true;
}
