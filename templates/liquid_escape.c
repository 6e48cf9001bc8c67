/*
 * liquid_escape.c - how merged values are made safe for where they stand.
 */
#include "templates/liquid_run.h"

static const struct str entities[256] = {
    ['&'] = {"&amp;", 5},
    ['<'] = {"&lt;", 4},
    ['>'] = {"&gt;", 4},
    ['"'] = {"&quot;", 6},
    ['\''] = {"&#39;", 5},
};

static bool
write_html(struct liquid_run *r, struct str s)
{
	size_t from = 0, i;

	for (i = 0; i < s.n; i++) {
		struct str entity = entities[(unsigned char)s.p[i]];

		if (entity.n == 0)
			continue;
		if (!liquid_run_write(r, s.p + from, i - from) ||
		    !liquid_run_write(r, entity.p, entity.n))
			return false;
		from = i + 1;
	}
	return liquid_run_write(r, s.p + from, s.n - from);
}

/* Bytes of a control or line separator at the start of s, else 0: below
 * 0x20, 0x7f, U+0080..U+009F, U+2028, U+2029. */
static size_t
break_length(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (p[0] < 0x20 || p[0] == 0x7f)
		return 1;
	if (s.n >= 2 && p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
		return 2;
	if (s.n >= 3 && p[0] == 0xe2 && p[1] == 0x80 &&
	    (p[2] == 0xa8 || p[2] == 0xa9))
		return 3;
	return 0;
}

/* A run of them becomes one blank. */
static bool
write_header(struct liquid_run *r, struct str s)
{
	size_t n, plain;

	while (s.n > 0) {
		for (plain = 0;
		     plain < s.n && break_length(str_from(s, plain)) == 0;
		     plain++)
			;
		if (!liquid_run_write(r, s.p, plain))
			return false;
		s = str_from(s, plain);
		if (s.n == 0)
			break;
		while (s.n > 0 && (n = break_length(s)) > 0)
			s = str_from(s, n);
		if (!liquid_run_write(r, " ", 1))
			return false;
	}
	return true;
}

bool
liquid_write_escaped(struct liquid_run *r, struct str s, enum liquid_escape how)
{
	switch (how) {
	case LIQUID_HTML: return write_html(r, s);
	case LIQUID_HEADER: return write_header(r, s);
	case LIQUID_TEXT: break;
	}
	return liquid_run_write(r, s.p, s.n);
}
