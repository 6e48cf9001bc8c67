/*
 * liquid_letters.c - upcase, downcase, capitalize: the full mappings of
 * Unicode, by libunistring where a text is not ASCII.
 *
 * As in the reference no mapping depends on a language, or on what stands
 * around a letter: a sigma at the end of a word is a sigma like others.
 */
#include "templates/liquid/code_point.h"
#include "templates/liquid/liquid_filters.h"

#include <unicase.h>
#include <unistr.h>

typedef uint8_t *map_fn(const uint8_t *s, size_t n, const char *language,
    uninorm_t form, uint8_t *to, size_t *length);

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

/* Sigma is the only letter for which u8_tolower looks around. */
static bool
write_lower(struct liquid_run *r, struct str s)
{
	static const struct str capital = {"\xce\xa3", 2},
				small = {"\xcf\x83", 2};
	size_t n;

	for (;;) {
		n = str_find(s, capital);
		if (!write_mapped(r, str_sub(s, 0, n), u8_tolower))
			return false;
		if (n == STR_NOWHERE)
			return true;
		if (!liquid_run_write(r, small.p, small.n))
			return false;
		s = str_from(s, n + capital.n);
	}
}

static bool
write_letters(struct liquid_run *r, struct str s, map_fn *map)
{
	return map == u8_tolower ? write_lower(r, s) : write_mapped(r, s, map);
}

static bool
map_ascii(struct liquid_call *c, struct value text, char (*first)(char),
    char (*rest)(char))
{
	struct str s = value_text(text);
	char *to = liquid_run_alloc(c->run, s.n);
	size_t i;

	if (to == NULL)
		return false;
	for (i = 0; i < s.n; i++)
		to[i] = rest(s.p[i]);
	if (s.n > 0)
		to[0] = first(s.p[0]);
	c->out = liquid_like(text, (struct str){to, s.n});
	return true;
}

/* The first `n` bytes by one mapping, the others by another. */
static bool
map_unicode(struct liquid_call *c, struct value text, size_t n, map_fn *first,
    map_fn *rest)
{
	struct liquid_run *r = c->run;
	struct str s = value_text(text);
	size_t mark = r->out->n;

	if (!write_letters(r, str_sub(s, 0, n), first) ||
	    !write_letters(r, str_from(s, n), rest) ||
	    !liquid_run_take(r, mark, &s))
		return false;
	c->out = liquid_like(text, s);
	return true;
}

bool
liquid_filter_upcase(struct liquid_call *c)
{
	struct value text;

	if (!liquid_as_text(c->run, c->in, &text))
		return false;
	return code_point_ascii_only(value_text(text))
		   ? map_ascii(c, text, upper_char, upper_char)
		   : map_unicode(c, text, 0, u8_toupper, u8_toupper);
}

bool
liquid_filter_downcase(struct liquid_call *c)
{
	struct value text;

	if (!liquid_as_text(c->run, c->in, &text))
		return false;
	return code_point_ascii_only(value_text(text))
		   ? map_ascii(c, text, str_lower_char, str_lower_char)
		   : map_unicode(c, text, 0, u8_tolower, u8_tolower);
}

bool
liquid_filter_capitalize(struct liquid_call *c)
{
	struct value text;

	if (!liquid_as_text(c->run, c->in, &text))
		return false;
	return code_point_ascii_only(value_text(text))
		   ? map_ascii(c, text, upper_char, str_lower_char)
		   : map_unicode(c, text,
			 code_point_offset(value_text(text), 1), u8_totitle,
			 u8_tolower);
}
