/*
 * liquid_join.c - texts that become one, and parts of a text: what of them
 * is safe; liquid_filters.h has the rules.
 */
#include "templates/liquid/liquid_filters.h"

bool
liquid_marks_safe(const struct liquid_run *r)
{
	return r->program->escape == LIQUID_HTML ||
	       r->program->escape == LIQUID_DERIVED;
}

bool
liquid_as_text(struct liquid_run *r, struct value v, struct value *text)
{
	struct str s;

	*text = v;
	if (v.type == VALUE_STRING)
		return liquid_run_charge(r, v.n / LIQUID_BYTES_PER_STEP);
	if (!liquid_string(r, v, &s))
		return false;
	*text = value_string(s);
	return true;
}

bool
liquid_has_markup(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '<' || s.p[i] == '>' || s.p[i] == '"' ||
		    s.p[i] == '\'')
			return true;
	return false;
}

struct value
liquid_like(struct value of, struct str made)
{
	struct value v = value_string(made);

	v.safe = of.safe;
	v.own = of.own;
	return v;
}

struct value
liquid_part(struct value of, struct str part)
{
	struct value v;

	if (part.n == of.n)
		return of;
	v = liquid_like(of, part);
	v.safe = v.safe && !liquid_has_markup(part);
	return v;
}

/* Whether they stand side by side as they are: nothing is HTML, or all is and
 * the first opens nothing that the second could stand in. */
static bool
join_as_they_are(const struct liquid_run *r, struct value a, struct value b)
{
	if (!liquid_marks_safe(r) || (!a.safe && !b.safe))
		return true;
	return a.safe && b.safe && !liquid_has_markup(value_text(a));
}

static bool
join_both(struct liquid_run *r, struct value a, struct value b,
    struct value *out)
{
	struct liquid_join j;

	liquid_join_begin(&j, r);
	liquid_join_expect(&j, a);
	liquid_join_expect(&j, b);
	return liquid_join_write(&j, a) && liquid_join_write(&j, b) &&
	       liquid_join_end(&j, out);
}

/* Mostly they are copied once. */
bool
liquid_join_two(struct liquid_run *r, struct value a, struct value b,
    struct value *out)
{
	char *to;

	if (!join_as_they_are(r, a, b))
		return join_both(r, a, b, out);
	to = liquid_run_alloc(r, (size_t)a.n + b.n);
	if (to == NULL)
		return false;
	if (a.n > 0)
		memcpy(to, a.u.string, a.n);
	if (b.n > 0)
		memcpy(to + a.n, b.u.string, b.n);
	*out = value_string((struct str){to, (size_t)a.n + b.n});
	out->safe = a.safe && b.safe;
	out->own = a.own && b.own;
	return true;
}

void
liquid_join_begin(struct liquid_join *j, struct liquid_run *r)
{
	j->run = r;
	j->mark = r->out->n;
	j->safe = false;
	j->own = true;
	j->started = false;
}

void
liquid_join_expect(struct liquid_join *j, struct value text)
{
	j->safe = j->safe || (text.safe && liquid_marks_safe(j->run));
	j->own = j->own && text.own;
}

/* Markup stands for itself; where a text is, the markup before it says how
 * it has to be written there. */
static bool
write_html(struct liquid_join *j, struct value text)
{
	struct str s = value_text(text);
	bool markup = liquid_has_markup(s);

	if (!j->started)
		html_context_init(&j->place);
	j->started = true;
	if (text.safe && markup) {
		html_context_feed(&j->place, s);
		return liquid_run_write(j->run, s.p, s.n);
	}
	if (!liquid_write_value(j->run, text, s,
		html_context_escape(&j->place)))
		return false;
	if (text.own && !markup)
		html_context_feed(&j->place, s);
	else if (s.n > 0)
		html_context_value(&j->place, false);
	return true;
}

bool
liquid_join_write(struct liquid_join *j, struct value text)
{
	return j->safe ? write_html(j, text)
		       : liquid_run_write(j->run, text.u.string, text.n);
}

bool
liquid_join_end(struct liquid_join *j, struct value *out)
{
	struct str s;

	if (!liquid_run_take(j->run, j->mark, &s))
		return false;
	*out = value_string(s);
	out->safe = j->safe;
	out->own = j->own;
	return true;
}
