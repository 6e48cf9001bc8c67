#include "api/url.h"

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = str_lower_char(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One encoded byte at s, its length in *taken; -1 when it is none. */
static int
next_byte(struct str s, bool plus, size_t *taken)
{
	int high, low;

	*taken = 1;
	if (plus && s.p[0] == '+')
		return ' ';
	if (s.p[0] != '%')
		return (unsigned char)s.p[0];
	if (s.n < 3)
		return -1;
	high = hex_value(s.p[1]);
	low = hex_value(s.p[2]);
	*taken = 3;
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool
url_decode(struct arena *a, struct str in, bool plus, struct str *out)
{
	char *p = arena_alloc(a, in.n + 1);
	size_t n = 0, taken;
	int byte;

	for (; in.n > 0; in = str_from(in, taken)) {
		byte = next_byte(in, plus, &taken);
		if (byte < 0)
			return false;
		p[n++] = (char)byte;
	}
	p[n] = '\0';
	*out = (struct str){p, n};
	return str_is_utf8(*out) && !str_has_control(*out);
}

static bool
unreserved(char c)
{
	char lower = str_lower_char(c);

	return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void
url_encode(struct buf *out, struct str in)
{
	size_t i;

	for (i = 0; i < in.n; i++)
		if (unreserved(in.p[i]))
			buf_char(out, in.p[i]);
		else
			buf_printf(out, "%%%02X", (unsigned char)in.p[i]);
}

/* What may stand in a URL as it is (RFC 3986); a stray '%' is none of ours
 * to mend. */
static bool
is_url_byte(char c)
{
	return unreserved(c) ||
	       str_chr(STR(":/?#[]@!$&'()*+,;=%"), c) != STR_NOWHERE;
}

static void
put_location(struct buf *out, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (is_url_byte(s.p[i]))
			buf_char(out, s.p[i]);
		else
			buf_printf(out, "%%%02X", (unsigned char)s.p[i]);
}

/* Browsers take '\\' for '/' and drop controls: neither may stand where the
 * host is. */
static bool
is_authority(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is_url_byte(s.p[i]) && (unsigned char)s.p[i] < 0x80)
			return false;
	return s.n > 0 && s.p[0] != ':' && s.p[0] != '@' && s.p[s.n - 1] != '@';
}

bool
url_location(struct buf *out, struct str target)
{
	size_t scheme = str_find(target, STR("://")), i;
	struct str rest = str_from(target, scheme + 3);

	if (scheme == STR_NOWHERE || str_has_control(target) ||
	    (!str_eq_nocase(str_sub(target, 0, scheme), STR("http")) &&
		!str_eq_nocase(str_sub(target, 0, scheme), STR("https"))))
		return false;
	for (i = 0; i < rest.n; i++)
		if (str_chr(STR("/?#"), rest.p[i]) != STR_NOWHERE)
			break;
	if (!is_authority(str_sub(rest, 0, i)))
		return false;
	put_location(out, target);
	return !out->full;
}

struct str
url_with(struct arena *a, struct str url, const char *name, const char *value)
{
	size_t end = str_chr(url, '#');
	struct str base = str_sub(url, 0, end), rest;
	const char *mark = "?";
	struct buf out;

	rest = end == STR_NOWHERE ? STR("") : str_from(url, end);
	if (str_chr(base, '?') != STR_NOWHERE)
		mark = str_ends(base, STR("?")) || str_ends(base, STR("&"))
			   ? ""
			   : "&";
	buf_init(&out, url.n + strlen(name) + strlen(value) + 2);
	buf_str(&out, base);
	buf_puts(&out, mark);
	buf_puts(&out, name);
	buf_char(&out, '=');
	buf_puts(&out, value);
	buf_str(&out, rest);
	base = arena_dup(a, buf_view(&out));
	buf_release(&out);
	return base;
}

bool
url_query(struct request *q, struct str query)
{
	struct str piece, name, value;
	struct pair *pair;
	size_t equals;

	q->query = ARENA_ARRAY(&q->arena, struct pair, URL_PARAMS_MAX);
	q->query_count = 0;
	while (str_cut(&query, '&', &piece)) {
		if (piece.n == 0)
			continue;
		if (q->query_count == URL_PARAMS_MAX)
			return false;
		equals = str_chr(piece, '=');
		name = str_sub(piece, 0, equals);
		value = equals == STR_NOWHERE ? STR("")
					      : str_from(piece, equals + 1);
		pair = &q->query[q->query_count++];
		if (!url_decode(&q->arena, name, true, &pair->name) ||
		    !url_decode(&q->arena, value, true, &pair->value))
			return false;
	}
	return true;
}
