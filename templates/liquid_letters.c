/*
 * liquid_letters.c - upcase, downcase, capitalize: the full mappings of Unicode
 * by libunistring, ASCII by hand.
 */
#include "templates/liquid_filters.h"

#include <unicase.h>
#include <unistr.h>

typedef uint8_t *map_fn(const uint8_t *s, size_t n, const char *language,
    uninorm_t form, uint8_t *to, size_t *length);

static bool
is_ascii(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static char
upper_char(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* Appends the mapped text behind the output, to be taken from there. */
static bool
write_mapped(struct liquid_run *r, struct str s, map_fn *map)
{
	uint8_t room[256], *mapped;
	size_t n = sizeof(room);
	bool ok;

	if (s.n == 0)
		return true;
	mapped = map((const uint8_t *)s.p, s.n, NULL, NULL, room, &n);
	if (mapped == NULL)
		return liquid_run_fail(r, "text that is not UTF-8");
	ok = liquid_run_write(r, (const char *)mapped, n);
	if (mapped != room)
		free(mapped);
	return ok;
}

static bool
map_ascii(struct liquid_call *c, struct str s, char (*first)(char),
    char (*rest)(char))
{
	char *to = liquid_run_alloc(c->run, s.n);
	size_t i;

	if (to == NULL)
		return false;
	for (i = 0; i < s.n; i++)
		to[i] = i == 0 ? first(s.p[i]) : rest(s.p[i]);
	c->out = value_string((struct str){to, s.n});
	return true;
}

/* The first `n` bytes by one mapping, the others by another. */
static bool
map_unicode(struct liquid_call *c, struct str s, size_t n, map_fn *first,
    map_fn *rest)
{
	struct liquid_run *r = c->run;
	size_t mark = r->out->n;

	if (!write_mapped(r, str_sub(s, 0, n), first) ||
	    !write_mapped(r, str_from(s, n), rest) ||
	    !liquid_run_take(r, mark, &s))
		return false;
	c->out = value_string(s);
	return true;
}

static bool
input(struct liquid_call *c, struct str *s)
{
	return liquid_string(c->run, c->in, s) &&
	       liquid_run_charge(c->run, s->n / LIQUID_BYTES_PER_STEP);
}

bool
liquid_filter_upcase(struct liquid_call *c)
{
	struct str s;

	if (!input(c, &s))
		return false;
	return is_ascii(s) ? map_ascii(c, s, upper_char, upper_char)
			   : map_unicode(c, s, s.n, u8_toupper, u8_toupper);
}

bool
liquid_filter_downcase(struct liquid_call *c)
{
	struct str s;

	if (!input(c, &s))
		return false;
	return is_ascii(s) ? map_ascii(c, s, str_lower_char, str_lower_char)
			   : map_unicode(c, s, s.n, u8_tolower, u8_tolower);
}

bool
liquid_filter_capitalize(struct liquid_call *c)
{
	struct str s;
	int first;

	if (!input(c, &s))
		return false;
	if (is_ascii(s))
		return map_ascii(c, s, upper_char, str_lower_char);
	first = u8_mblen((const uint8_t *)s.p, s.n);
	return map_unicode(c, s, first > 0 ? (size_t)first : 1, u8_totitle,
	    u8_tolower);
}
