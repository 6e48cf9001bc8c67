#include "templates/html_tag.h"

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

/* Offset of the byte behind `what`, or of the end. */
static size_t
behind(struct str html, struct str what)
{
	size_t at = str_find(html, what);

	return at != STR_NOWHERE ? at + what.n : html.n;
}

/* Offset of the '>' that ends a tag; quotes hide it. */
static size_t
tag_end(struct str html, size_t i)
{
	char quote = '\0';

	for (; i < html.n; i++) {
		char c = html.p[i];

		if (quote != '\0')
			quote = c == quote ? '\0' : quote;
		else if ((c == '"' || c == '\'') && html.p[i - 1] == '=')
			quote = c;
		else if (c == '>')
			break;
	}
	return i;
}

size_t
html_tag_read(struct html_tag *tag, struct str html)
{
	size_t i = 1, from, end;

	*tag = (struct html_tag){0};
	if (str_starts(html, STR("<!--")))
		return behind(html, STR("-->"));
	if (html.n > 1 && (html.p[1] == '!' || html.p[1] == '?'))
		return behind(html, STR(">"));
	tag->closes = html.n > 1 && html.p[1] == '/';
	from = i += tag->closes;
	if (i >= html.n || !letter(html.p[i]))
		return 0;
	while (i < html.n && !blank(html.p[i]) && html.p[i] != '>' &&
	       html.p[i] != '/')
		i++;
	tag->name = str_sub(html, from, i - from);
	end = tag_end(html, i);
	tag->attributes = str_sub(html, i, end - i);
	return end + (end < html.n);
}

static struct str
skip(struct str s, bool slashes)
{
	while (s.n > 0 && (blank(s.p[0]) || (slashes && s.p[0] == '/')))
		s = str_from(s, 1);
	return s;
}

/* Takes `name`, `name=value` or `name="value"` off the front. */
static void
take_attribute(struct str *s, struct str *name, struct str *value)
{
	size_t n = 0;

	while (n < s->n && !blank(s->p[n]) && s->p[n] != '=' && s->p[n] != '/')
		n++;
	n += n == 0; /* a stray sign is a name */
	*name = str_sub(*s, 0, n);
	*value = STR_NONE;
	*s = skip(str_from(*s, n), false);
	if (!str_starts(*s, STR("=")))
		return;
	*s = skip(str_from(*s, 1), false);
	if (s->n > 0 && (s->p[0] == '"' || s->p[0] == '\'')) {
		n = str_chr(str_from(*s, 1), s->p[0]);
		if (n == STR_NOWHERE)
			n = s->n - 1;
		*value = str_sub(*s, 1, n);
		*s = str_from(*s, n + 2);
		return;
	}
	for (n = 0; n < s->n && !blank(s->p[n]); n++)
		;
	*value = str_sub(*s, 0, n);
	*s = str_from(*s, n);
}

bool
html_tag_attribute(const struct html_tag *tag, const char *name,
    struct str *value)
{
	struct str rest = skip(tag->attributes, true), found;

	while (rest.n > 0) {
		take_attribute(&rest, &found, value);
		if (str_eq_nocase(found, str_of(name)))
			return true;
		rest = skip(rest, true);
	}
	return false;
}

size_t
html_body_start(struct str html)
{
	struct html_tag tag;
	const char *p = html.p, *end = html.p + html.n;
	size_t n;

	while (html.n > 0 && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		n = html_tag_read(&tag, str_from(html, (size_t)(p - html.p)));
		if (!tag.closes && str_eq_nocase(tag.name, STR("body")))
			return (size_t)(p - html.p) + n;
		p += n > 0 ? n : 1;
	}
	return 0;
}
