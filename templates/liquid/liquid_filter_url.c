/*
 * liquid_filter_url.c - text as a part of a URL, and base64, both ways.
 *
 * URLs as forms write them (application/x-www-form-urlencoded): '+' is a
 * blank; letters, digits and - . _ ~ stay, all else is "%XX".  Base64 is
 * strict (RFC 4648, 4 and 5); the URL-safe one may lack its padding.
 */
#include "lib/base/encode.h"
#include "templates/liquid/liquid_filters.h"

static bool
stays(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
	       c == '~';
}

static char *
write_byte(char *to, char c)
{
	static const char hex[] = "0123456789ABCDEF";

	if (stays(c) || c == ' ') {
		*to = c == ' ' ? '+' : c;
		return to + 1;
	}
	to[0] = '%';
	to[1] = hex[(unsigned char)c >> 4];
	to[2] = hex[(unsigned char)c & 15];
	return to + 3;
}

bool
liquid_filter_url_encode(struct liquid_call *c)
{
	struct value text;
	struct str s;
	char *p, *to;
	size_t i, n = 0;

	if (c->in.type == VALUE_NIL)
		return true;
	if (!liquid_as_text(c->run, c->in, &text))
		return false;
	s = value_text(text);
	for (i = 0; i < s.n; i++)
		n += stays(s.p[i]) || s.p[i] == ' ' ? 1 : 3;
	p = to = liquid_run_alloc(c->run, n);
	if (p == NULL)
		return false;
	for (i = 0; i < s.n; i++)
		to = write_byte(to, s.p[i]);
	c->out = value_string((struct str){p, n});
	c->out.encoded = true;
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = str_lower_char(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What is no "%XX" stays. */
static size_t
url_decode(char *to, struct str s)
{
	size_t i, n = 0;
	int high, low;

	for (i = 0; i < s.n; i++) {
		to[n] = s.p[i] == '+' ? ' ' : s.p[i];
		if (s.p[i] == '%' && i + 2 < s.n) {
			high = hex_digit(s.p[i + 1]);
			low = hex_digit(s.p[i + 2]);
			if (high >= 0 && low >= 0) {
				to[n] = (char)(high << 4 | low);
				i += 2;
			}
		}
		n++;
	}
	return n;
}

bool
liquid_filter_url_decode(struct liquid_call *c)
{
	struct value text;
	struct str s;
	char *to;

	if (c->in.type == VALUE_NIL)
		return true;
	if (!liquid_as_text(c->run, c->in, &text))
		return false;
	to = liquid_run_alloc(c->run, text.n);
	if (to == NULL)
		return false;
	s = (struct str){to, url_decode(to, value_text(text))};
	if (!str_is_utf8(s))
		return liquid_run_fail(c->run,
		    "invalid byte sequence in UTF-8");
	c->out = value_string(s);
	return true;
}

/* Other letters for two of the alphabet, in place. */
static void
swap_letters(char *p, size_t n, const char from[2], const char to[2])
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] == from[0])
			p[i] = to[0];
		else if (p[i] == from[1])
			p[i] = to[1];
}

static bool
encode(struct liquid_call *c, bool url_safe)
{
	struct liquid_run *r = c->run;
	size_t mark = r->out->n;
	struct value text;
	struct str s;

	if (!liquid_as_text(r, c->in, &text))
		return false;
	s = value_text(text);
	if ((s.n + 2) / 3 * 4 > r->out_end - mark)
		return liquid_run_fail(r, "writes more than %u bytes",
		    LIQUID_OUTPUT_MAX);
	base64_encode(r->out, s);
	if (url_safe)
		swap_letters(r->out->p + mark, r->out->n - mark, "+/", "-_");
	if (r->out->full)
		return liquid_run_fail(r, "writes more than there is room for");
	if (!liquid_run_take(r, mark, &s))
		return false;
	c->out = value_string(s);
	return true;
}

bool
liquid_filter_base64_encode(struct liquid_call *c)
{
	return encode(c, false);
}

bool
liquid_filter_base64_url_safe_encode(struct liquid_call *c)
{
	return encode(c, true);
}

/* As the other alphabet has it, padded when it has no padding. */
static bool
from_url_safe(struct liquid_run *r, struct str *s)
{
	char *to = liquid_run_alloc(r, s->n + 3);
	size_t n = s->n;

	if (to == NULL)
		return false;
	if (n > 0)
		memcpy(to, s->p, n);
	swap_letters(to, n, "-_", "+/");
	if (n > 0 && to[n - 1] != '=')
		for (; n % 4 != 0; n++)
			to[n] = '=';
	*s = (struct str){to, n};
	return true;
}

/* Only text goes on; bytes that are none would spoil the message. */
static bool
decode(struct liquid_call *c, struct str s, const char *name)
{
	struct liquid_run *r = c->run;
	size_t mark = r->out->n;

	if (s.n > r->out_end - mark)
		return liquid_run_fail(r, "writes more than %u bytes",
		    LIQUID_OUTPUT_MAX);
	if (!base64_decode(r->out, s))
		return liquid_run_fail(r, "invalid base64 provided to %s",
		    name);
	if (!liquid_run_take(r, mark, &s))
		return false;
	if (!str_is_utf8(s))
		return liquid_run_fail(r, "%s: not UTF-8", name);
	c->out = value_string(s);
	return true;
}

bool
liquid_filter_base64_decode(struct liquid_call *c)
{
	struct value text;

	return liquid_as_text(c->run, c->in, &text) &&
	       decode(c, value_text(text), "base64_decode");
}

bool
liquid_filter_base64_url_safe_decode(struct liquid_call *c)
{
	struct value text;
	struct str s;

	if (!liquid_as_text(c->run, c->in, &text))
		return false;
	s = value_text(text);
	return from_url_safe(c->run, &s) &&
	       decode(c, s, "base64_url_safe_decode");
}
