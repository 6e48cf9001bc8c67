/*
 * css_text.c - CSS cut into tokens and declarations, Liquid marks opaque.
 */
#include "templates/html/css_sheet.h"
#include "templates/liquid/liquid_scan.h"

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t
string_length(struct str s)
{
	size_t i = 1, n;

	while (i < s.n && s.p[i] != s.p[0] && s.p[i] != '\n') {
		n = s.p[i] == '{' ? liquid_mark(str_from(s, i)) : 0;
		if (n == 0)
			n = s.p[i] == '\\' && i + 1 < s.n ? 2 : 1;
		i += n;
	}
	return i + (i < s.n);
}

size_t
css_token(struct str s)
{
	size_t n;

	switch (s.p[0]) {
	case '{': n = liquid_mark(s); return n > 0 ? n : 1;
	case '"':
	case '\'': return string_length(s);
	case '\\': return s.n > 1 ? 2 : 1;
	case '/':
		if (!str_starts(s, STR("/*")))
			return 1;
		n = str_find(str_from(s, 2), STR("*/"));
		return n != STR_NOWHERE ? n + 4 : s.n;
	default: return 1;
	}
}

size_t
css_find(struct str s, const char *stops)
{
	size_t i = 0, n, depth = 0;

	while (i < s.n) {
		n = css_token(str_from(s, i));
		if (n == 1 && depth == 0 && strchr(stops, s.p[i]) != NULL &&
		    s.p[i] != '\0')
			return i;
		if (n == 1 && strchr("([{", s.p[i]) != NULL && s.p[i] != '\0')
			depth++;
		else if (n == 1 && depth > 0 &&
			 (s.p[i] == ')' || s.p[i] == ']' || s.p[i] == '}'))
			depth--;
		i += n;
	}
	return s.n;
}

struct str
css_trim(struct str s)
{
	size_t i = 0, n, end = 0;

	while (
	    i < s.n && (blank(s.p[i]) || str_starts(str_from(s, i), STR("/*"))))
		i += css_token(str_from(s, i));
	s = str_from(s, i);
	for (i = 0; i < s.n; i += n) {
		n = css_token(str_from(s, i));
		if (!blank(s.p[i]) && !str_starts(str_from(s, i), STR("/*")))
			end = i + n;
	}
	return str_sub(s, 0, end);
}

bool
css_has_tag(struct str s)
{
	return str_find(s, STR("{%")) != STR_NOWHERE;
}

size_t
css_name_length(struct str s)
{
	size_t i = 0;

	if (s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9')
		return 0;
	for (; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '-' && c != '_' && c < 0x80)
			break;
	}
	return i;
}

/* Takes "!important" off the end. */
static bool
take_important(struct str *value)
{
	static const struct str word = {"important", 9};
	struct str s = *value;

	if (s.n <= word.n || !str_eq_nocase(str_from(s, s.n - word.n), word))
		return false;
	s = css_trim(str_sub(s, 0, s.n - word.n));
	if (!str_ends(s, STR("!")))
		return false;
	*value = css_trim(str_sub(s, 0, s.n - 1));
	return true;
}

bool
css_declaration_next(struct str *rest, struct css_declaration *d)
{
	struct str s;
	size_t n;

	*d = (struct css_declaration){.important = false};
	do {
		if (rest->n == 0)
			return false;
		s = str_sub(*rest, 0, css_find(*rest, ";"));
		*rest = str_from(*rest, s.n + 1);
		s = css_trim(s);
	} while (s.n == 0);
	n = css_name_length(s);
	d->name = str_sub(s, 0, n);
	s = css_trim(str_from(s, n));
	if (!str_starts(s, STR(":")) || str_starts(d->name, STR("--"))) {
		d->name = STR_NONE;
		return true;
	}
	d->value = css_trim(str_from(s, 1));
	d->important = take_important(&d->value);
	if (d->value.n == 0)
		d->name = STR_NONE;
	return true;
}
