#include "templates/html/html_tag.h"

#include "templates/liquid/liquid_scan.h"

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

size_t
html_find(struct str html, struct str what)
{
	size_t i = 0, mark;

	while (i + what.n <= html.n) {
		if (html.p[i] == what.p[0] &&
		    memcmp(html.p + i, what.p, what.n) == 0)
			return i;
		mark = html.p[i] == '{' ? liquid_mark(str_from(html, i)) : 0;
		i += mark > 0 ? mark : 1;
	}
	return STR_NOWHERE;
}

/* Offset of the byte behind `what`, or of the end. */
static size_t
behind(struct str html, struct str what)
{
	size_t at = html_find(html, what);

	return at != STR_NOWHERE ? at + what.n : html.n;
}

/* A comment ends at "-->" or "--!>"; "<!-->" and "<!--->" are whole ones. */
static size_t
comment_length(struct str html)
{
	struct str rest = str_from(html, 4);
	size_t at;

	if (str_starts(rest, STR(">")) || str_starts(rest, STR("->")))
		return 4 + behind(rest, STR(">"));
	while ((at = html_find(rest, STR("--"))) != STR_NOWHERE) {
		rest = str_from(rest, at + 2);
		if (str_starts(rest, STR(">")) || str_starts(rest, STR("!>")))
			return html.n - rest.n + behind(rest, STR(">"));
		if (str_starts(rest, STR("-")))
			rest = str_from(html, html.n - rest.n - 1);
	}
	return html.n;
}

/* Bytes of the mark at s if it belongs to the name or value at hand, in
 * which `depth` blocks are open; 0: it does not, or there is none. */
static size_t
joined_mark(struct str s, int *depth)
{
	size_t n = s.p[0] == '{' ? liquid_mark(s) : 0;
	enum liquid_mark_kind kind = liquid_mark_kind(str_sub(s, 0, n));

	if (*depth == 0 && (kind == MARK_BRANCHES || kind == MARK_CLOSES))
		return 0;
	*depth += (kind == MARK_OPENS) - (kind == MARK_CLOSES);
	return n;
}

static bool
tag_mark(struct str s)
{
	return s.n > 1 && s.p[0] == '{' && s.p[1] == '%';
}

/* What stands between attributes. */
static struct str
skip_between(struct str s)
{
	while (s.n > 0)
		if (blank(s.p[0]) || s.p[0] == '/')
			s = str_from(s, 1);
		else if (tag_mark(s))
			s = str_from(s, liquid_mark(s));
		else
			break;
	return s;
}

static struct str
skip_blanks(struct str s)
{
	while (s.n > 0 && blank(s.p[0]))
		s = str_from(s, 1);
	return s;
}

/* Bytes of a name, or of a value without quotes. */
static size_t
word_length(struct str s, bool is_name)
{
	size_t i = 0, n;
	int depth = 0;

	while (i < s.n) {
		char c = s.p[i];

		n = joined_mark(str_from(s, i), &depth);
		if (n == 0 &&
		    (blank(c) || c == '>' || tag_mark(str_from(s, i)) ||
			(is_name && (c == '/' || (c == '=' && i > 0)))))
			break;
		i += n > 0 ? n : 1;
	}
	return i;
}

static struct str
take_value(struct str s, struct html_attribute *a)
{
	size_t n;

	a->has_value = true;
	if (s.n > 0 && (s.p[0] == '"' || s.p[0] == '\'')) {
		a->quote = s.p[0];
		s = str_from(s, 1);
		n = html_find(s, str_sub((struct str){&a->quote, 1}, 0, 1));
		a->value = str_sub(s, 0, n);
		return str_from(s, a->value.n + 1);
	}
	a->value = str_sub(s, 0, word_length(s, false));
	return str_from(s, a->value.n);
}

bool
html_attribute_next(struct str *attributes, struct html_attribute *a)
{
	struct str rest = skip_between(*attributes), behind_name;
	const char *from = rest.p;

	*a = (struct html_attribute){.quote = '\0'};
	*attributes = rest;
	if (rest.n == 0 || rest.p[0] == '>')
		return false;
	a->name = str_sub(rest, 0, word_length(rest, true));
	rest = str_from(rest, a->name.n);
	behind_name = skip_blanks(rest);
	if (str_starts(behind_name, STR("=")))
		rest = take_value(skip_blanks(str_from(behind_name, 1)), a);
	a->whole = (struct str){from, (size_t)(rest.p - from)};
	*attributes = rest;
	return true;
}

static size_t
name_length(struct str html)
{
	size_t i = 0, n;

	while (i < html.n && !blank(html.p[i]) && html.p[i] != '>' &&
	       html.p[i] != '/') {
		n = html.p[i] == '{' ? liquid_mark(str_from(html, i)) : 0;
		if (n > 0 && html.p[i + 1] == '%' && i > 0)
			break;
		i += n > 0 ? n : 1;
	}
	return i;
}

size_t
html_tag_read(struct html_tag *tag, struct str html)
{
	struct html_attribute ignored;
	struct str rest;
	size_t i = 1;

	*tag = (struct html_tag){.closes = html.n > 1 && html.p[1] == '/'};
	if (str_starts(html, STR("<!--")))
		return comment_length(html);
	if (html.n > 1 && (html.p[1] == '!' || html.p[1] == '?'))
		return behind(html, STR(">"));
	i += tag->closes;
	rest = str_from(html, i);
	if (rest.n == 0 || !letter(rest.p[0]))
		return 0;
	tag->name = str_sub(rest, 0, name_length(rest));
	rest = str_from(rest, tag->name.n);
	tag->attributes = rest;
	while (html_attribute_next(&rest, &ignored))
		;
	tag->attributes.n = (size_t)(rest.p - tag->attributes.p);
	return (size_t)(rest.p - html.p) + (rest.n > 0);
}

bool
html_tag_is(const struct html_tag *tag, const char *name)
{
	return str_eq_nocase(tag->name, str_of(name));
}

bool
html_tag_attribute(const struct html_tag *tag, const char *name,
    struct str *value)
{
	struct str rest = tag->attributes;
	struct html_attribute a;

	while (html_attribute_next(&rest, &a))
		if (str_eq_nocase(a.name, str_of(name))) {
			*value = a.value;
			return true;
		}
	return false;
}
