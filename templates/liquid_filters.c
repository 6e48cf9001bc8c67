#include "templates/liquid_filters.h"

struct value
liquid_call_keyword(const struct liquid_call *call, const char *name)
{
	int i;

	for (i = call->keyword_count - 1; i >= 0; i--)
		if (str_eq(call->keywords[i], str_of(name)))
			return call->keyword_values[i];
	return value_nil();
}

struct value
liquid_call_arg(const struct liquid_call *call, int i)
{
	return i < call->argc ? call->args[i] : value_nil();
}

/* nil, false and what has no content give way; `allow_false` keeps false. */
static bool
filter_default(struct liquid_call *c)
{
	bool keeps_false = c->in.type == VALUE_BOOL &&
			   value_truthy(liquid_call_keyword(c, "allow_false"));

	c->out = c->in;
	if (!keeps_false &&
	    (!value_truthy(c->in) || c->in.type == VALUE_BLANK ||
		!liquid_has_content(c->in)))
		c->out = c->argc > 0 ? c->args[0] : value_string(STR(""));
	return true;
}

/* What is safe already in a template that escapes by itself stays. */
static bool
filter_escape(struct liquid_call *c)
{
	struct liquid_run *r = c->run;
	size_t mark = r->out->n;
	struct str s;

	c->out = c->in;
	if (c->in.type == VALUE_NIL || c->in.safe)
		return true;
	if (!liquid_string(r, c->in, &s) ||
	    !liquid_write_escaped(r, s, LIQUID_HTML) ||
	    !liquid_run_take(r, mark, &s))
		return false;
	c->out = value_string(s);
	c->out.safe = liquid_run_is_html(r);
	return true;
}

static bool
filter_raw(struct liquid_call *c)
{
	struct str s;

	if (!liquid_string(c->run, c->in, &s))
		return false;
	c->out = value_string(s);
	c->out.safe = liquid_run_is_html(c->run);
	c->out.own = c->out.safe;
	return true;
}

static bool
url_safe(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
	       c == '*';
}

/* application/x-www-form-urlencoded: a blank is '+', '~' is encoded not. */
static bool
filter_url_encode(struct liquid_call *c)
{
	static const char hex[] = "0123456789ABCDEF";
	struct str s;
	char *p, *to;
	size_t i;

	c->out = c->in;
	if (c->in.type == VALUE_NIL)
		return true;
	if (!liquid_string(c->run, c->in, &s))
		return false;
	p = to = liquid_run_alloc(c->run, 3 * s.n);
	if (p == NULL)
		return false;
	for (i = 0; i < s.n; i++) {
		unsigned char b = (unsigned char)s.p[i];

		if (url_safe(b) || b == ' ') {
			*to++ = b == ' ' ? '+' : (char)b;
			continue;
		}
		*to++ = '%';
		*to++ = hex[b >> 4];
		*to++ = hex[b & 15];
	}
	c->out = value_string((struct str){p, (size_t)(to - p)});
	c->out.encoded = true;
	return true;
}

static bool
join_two(struct liquid_call *c, struct value first, struct value second)
{
	struct str a, b;
	char *p;

	if (!liquid_string(c->run, first, &a) ||
	    !liquid_string(c->run, second, &b))
		return false;
	p = liquid_run_alloc(c->run, a.n + b.n);
	if (p == NULL)
		return false;
	if (a.n > 0)
		memcpy(p, a.p, a.n);
	if (b.n > 0)
		memcpy(p + a.n, b.p, b.n);
	c->out = value_string((struct str){p, a.n + b.n});
	return true;
}

static bool
filter_append(struct liquid_call *c)
{
	return join_two(c, c->in, c->args[0]);
}

static bool
filter_prepend(struct liquid_call *c)
{
	return join_two(c, c->args[0], c->in);
}

static bool
filter_strip(struct liquid_call *c)
{
	struct str s;

	if (!liquid_string(c->run, c->in, &s))
		return false;
	while (s.n > 0 && (s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r')))
		s = str_from(s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\0' ||
			      (s.p[s.n - 1] >= '\t' && s.p[s.n - 1] <= '\r')))
		s.n--;
	c->out = value_string(s);
	return true;
}

static const struct liquid_filter filters[] = {
    {"abs", liquid_filter_abs, 0, 0, false},
    {"append", filter_append, 1, 1, false},
    {"at_least", liquid_filter_at_least, 1, 1, false},
    {"at_most", liquid_filter_at_most, 1, 1, false},
    {"capitalize", liquid_filter_capitalize, 0, 0, false},
    {"ceil", liquid_filter_ceil, 0, 0, false},
    {"date", liquid_filter_date, 1, 1, false},
    {"default", filter_default, 0, 1, true},
    {"divided_by", liquid_filter_divided_by, 1, 1, false},
    {"downcase", liquid_filter_downcase, 0, 0, false},
    {"escape", filter_escape, 0, 0, false},
    {"floor", liquid_filter_floor, 0, 0, false},
    {"minus", liquid_filter_minus, 1, 1, false},
    {"modulo", liquid_filter_modulo, 1, 1, false},
    {"plus", liquid_filter_plus, 1, 1, false},
    {"prepend", filter_prepend, 1, 1, false},
    {"raw", filter_raw, 0, 0, false},
    {"round", liquid_filter_round, 0, 1, false},
    {"strip", filter_strip, 0, 0, false},
    {"times", liquid_filter_times, 1, 1, false},
    {"upcase", liquid_filter_upcase, 0, 0, false},
    {"url_encode", filter_url_encode, 0, 0, false},
};

const struct liquid_filter *
liquid_filter_find(struct str name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(filters); i++)
		if (str_eq(name, str_of(filters[i].name)))
			return &filters[i];
	return NULL;
}
