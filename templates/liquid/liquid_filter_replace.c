/*
 * liquid_filter_replace.c - replace and remove: all, the first or the last.
 *
 * In what `replace` and `replace_first` put in, backslashes mean what they
 * mean to Ruby: \0 and \& what was found, \1 to \9 nothing, \` and \' what
 * stands before and behind it, \\ one backslash.
 */
#include "templates/liquid/code_point.h"
#include "templates/liquid/liquid_filters.h"

struct replacing {
	struct liquid_run *run;
	struct value text, with; /* as text values */
	struct str what;
	bool plain; /* `with` has no backslashes that mean anything */
	struct liquid_join join;
};

/* What was safe with markup of its own is not once something of it is
 * replaced; until then the text stays as it is. */
static bool
begin(struct replacing *x, struct liquid_call *c, struct value with)
{
	struct value what;

	*x = (struct replacing){.run = c->run};
	if (!liquid_as_text(c->run, c->in, &x->text) ||
	    !liquid_as_text(c->run, c->args[0], &what) ||
	    !liquid_as_text(c->run, with, &x->with))
		return false;
	x->what = value_text(what);
	x->plain = str_chr(value_text(x->with), '\\') == STR_NOWHERE;
	c->out = x->text;
	x->text.safe = x->text.safe && !liquid_has_markup(value_text(x->text));
	liquid_join_begin(&x->join, x->run);
	liquid_join_expect(&x->join, x->text);
	liquid_join_expect(&x->join, x->with);
	return true;
}

static bool
write_part(struct replacing *x, size_t from, size_t n)
{
	return liquid_join_write(&x->join,
	    liquid_part(x->text, str_sub(value_text(x->text), from, n)));
}

static bool
write_with(struct replacing *x, struct str s)
{
	return liquid_join_write(&x->join, liquid_like(x->with, s));
}

/* A backslash and a letter; `at` is where something was found. */
static bool
write_reference(struct replacing *x, struct str pair, size_t at)
{
	char letter = pair.p[1];

	if (letter == '0' || letter == '&')
		return write_part(x, at, x->what.n);
	if (letter == '`')
		return write_part(x, 0, at);
	if (letter == '\'')
		return write_part(x, at + x->what.n, x->text.n);
	if (letter >= '1' && letter <= '9')
		return true;
	return write_with(x, letter == '\\' ? str_from(pair, 1) : pair);
}

static bool
write_replacement(struct replacing *x, size_t at)
{
	struct str rest = value_text(x->with);
	size_t n;

	if (x->plain)
		return write_with(x, rest);
	while (rest.n > 0) {
		n = str_chr(rest, '\\');
		if (n == STR_NOWHERE || n + 1 == rest.n)
			return write_with(x, rest);
		if (!write_with(x, str_sub(rest, 0, n)) ||
		    !write_reference(x, str_sub(rest, n, 2), at))
			return false;
		rest = str_from(rest, n + 2);
	}
	return true;
}

/* What was found at one place. */
static bool
replace_one(struct replacing *x, size_t at, struct value *out)
{
	if (at == STR_NOWHERE)
		return true;
	return write_part(x, 0, at) && write_replacement(x, at) &&
	       write_part(x, at + x->what.n, x->text.n) &&
	       liquid_join_end(&x->join, out);
}

static bool
replace_all(struct replacing *x, struct value *out)
{
	struct str s = value_text(x->text);
	size_t from = 0, at, found;

	found = str_find(s, x->what);
	if (found == STR_NOWHERE)
		return true;
	for (; found != STR_NOWHERE;
	     found = str_find(str_from(s, from), x->what)) {
		at = from + found;
		if (!liquid_run_charge(x->run, 1) ||
		    !write_part(x, from, found) || !write_replacement(x, at))
			return false;
		from = at + x->what.n;
	}
	return write_part(x, from, s.n) && liquid_join_end(&x->join, out);
}

/* Nothing stands before and behind each letter. */
static bool
replace_nothing(struct replacing *x, struct value *out)
{
	struct str s = value_text(x->text);
	size_t at = 0, n;

	for (;;) {
		if (!liquid_run_charge(x->run, 1) || !write_replacement(x, at))
			return false;
		if (at == s.n)
			return liquid_join_end(&x->join, out);
		n = code_point_offset(str_from(s, at), 1);
		if (!write_part(x, at, n))
			return false;
		at += n;
	}
}

static bool
all(struct liquid_call *c, struct value with)
{
	struct replacing x;

	if (!begin(&x, c, with))
		return false;
	return x.what.n > 0 ? replace_all(&x, &c->out)
			    : replace_nothing(&x, &c->out);
}

static bool
first(struct liquid_call *c, struct value with)
{
	struct replacing x;

	return begin(&x, c, with) &&
	       replace_one(&x,
		   x.what.n > 0 ? str_find(value_text(x.text), x.what) : 0,
		   &c->out);
}

/* Where it is found last. */
static size_t
find_last(struct str s, struct str what)
{
	size_t from;

	if (what.n > s.n)
		return STR_NOWHERE;
	for (from = s.n - what.n;; from--) {
		if (what.n == 0 || memcmp(s.p + from, what.p, what.n) == 0)
			return from;
		if (from == 0)
			return STR_NOWHERE;
	}
}

static bool
last(struct liquid_call *c, struct value with)
{
	struct replacing x;
	struct str s;

	if (!begin(&x, c, with))
		return false;
	x.plain = true;
	s = value_text(x.text);
	return liquid_run_charge(x.run,
		   s.n * x.what.n / LIQUID_BYTES_PER_STEP / 16) &&
	       replace_one(&x, find_last(s, x.what), &c->out);
}

/* Without a replacement it is taken away. */
static struct value
replacement(const struct liquid_call *c)
{
	return c->argc > 1 ? c->args[1] : value_string(STR(""));
}

bool
liquid_filter_replace(struct liquid_call *c)
{
	return all(c, replacement(c));
}

bool
liquid_filter_replace_first(struct liquid_call *c)
{
	return first(c, replacement(c));
}

bool
liquid_filter_replace_last(struct liquid_call *c)
{
	return last(c, replacement(c));
}

bool
liquid_filter_remove(struct liquid_call *c)
{
	return all(c, replacement(c));
}

bool
liquid_filter_remove_first(struct liquid_call *c)
{
	return first(c, replacement(c));
}

bool
liquid_filter_remove_last(struct liquid_call *c)
{
	return last(c, replacement(c));
}
