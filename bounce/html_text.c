#include "bounce/html_text.h"

#include "bounce/utf8_put.h"

#define ENTITY_MAX 12
#define QUOTES_MAX 8 /* marks of one line */

struct page {
	struct buf *out;
	int quotes; /* <blockquote>s that are open */
};

static const struct {
	const char *name;
	char text;
} entities[] = {
    {"amp", '&'},
    {"lt", '<'},
    {"gt", '>'},
    {"quot", '"'},
    {"apos", '\''},
    {"nbsp", ' '},
};

/* Elements that begin a new line. */
static const char *const breaks[] = {"br", "p", "div", "tr", "li", "h1", "h2",
    "h3", "h4", "h5", "h6", "table", "ul", "ol", "pre", "hr", "blockquote",
    "title", "body"};

/* Elements whose content is not for reading. */
static const char *const hidden[] = {"script", "style"};

static void
put_blank(struct buf *out)
{
	if (out->n > 0 && out->p[out->n - 1] != ' ' &&
	    out->p[out->n - 1] != '\n')
		buf_char(out, ' ');
}

static void
put_break(struct buf *out)
{
	while (out->n > 0 && out->p[out->n - 1] == ' ')
		buf_truncate(out, out->n - 1);
	if (out->n > 0 && out->p[out->n - 1] != '\n')
		buf_char(out, '\n');
}

/* Before what can be seen: a line of a quotation begins with its marks. */
static void
put_marks(const struct page *p)
{
	int i;

	if (p->quotes == 0 ||
	    (p->out->n > 0 && p->out->p[p->out->n - 1] != '\n'))
		return;
	for (i = 0; i < p->quotes && i < QUOTES_MAX; i++)
		buf_char(p->out, '>');
	buf_char(p->out, ' ');
}

static void
put_point(struct page *p, uint32_t c)
{
	if (c == 0xa0 || c <= 0x20) {
		put_blank(p->out);
		return;
	}
	put_marks(p);
	utf8_put(p->out, c);
}

/* The number of "#228" or "#xe4"; 0 when it is none. */
static uint32_t
numeric(struct str name)
{
	uint32_t c = 0, base = 10;
	size_t i = 1;
	char d;

	if (name.n < 2 || name.p[0] != '#')
		return 0;
	if (str_lower_char(name.p[1]) == 'x') {
		base = 16;
		i = 2;
	}
	for (; i < name.n && c <= 0x10ffff; i++) {
		d = str_lower_char(name.p[i]);
		if (d >= '0' && d <= '9')
			c = c * base + (uint32_t)(d - '0');
		else if (base == 16 && d >= 'a' && d <= 'f')
			c = c * base + (uint32_t)(d - 'a') + 10;
		else
			return 0;
	}
	return c;
}

/* What "&name;" stands for; 0 when nobody knows. */
static uint32_t
resolve(struct str name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(entities); i++)
		if (str_eq(name, str_of(entities[i].name)))
			return (unsigned char)entities[i].text;
	return numeric(name);
}

/* At '&': how many bytes the entity takes; what is none stands for itself. */
static size_t
entity(struct page *p, struct str rest)
{
	size_t end = str_chr(str_sub(rest, 0, ENTITY_MAX), ';');
	uint32_t c = 0;

	if (end != STR_NOWHERE)
		c = resolve(str_sub(rest, 1, end - 1));
	if (c == 0) {
		put_point(p, '&');
		return 1;
	}
	put_point(p, c);
	return end + 1;
}

static struct str
tag_name(struct str inside)
{
	size_t n = 0;

	while (n < inside.n &&
	       str_chr(STR(" \t\r\n/>"), inside.p[n]) == STR_NOWHERE)
		n++;
	return str_sub(inside, 0, n);
}

/* Where the content of <script> or <style> ends. */
static size_t
hidden_end(struct str rest, struct str name)
{
	size_t at = 0, slash;

	for (;;) {
		slash = str_find(str_from(rest, at), STR("</"));
		if (slash == STR_NOWHERE)
			return rest.n;
		at += slash;
		if (str_eq_nocase(tag_name(str_from(rest, at + 2)), name))
			return at;
		at += 2;
	}
}

static void
put_element(struct page *p, struct str name, bool closing)
{
	if (str_is_any(name, breaks, ARRAY_LEN(breaks)))
		put_break(p->out);
	else if (str_eq_nocase(name, STR("td")) && closing)
		put_blank(p->out);
	if (!str_eq_nocase(name, STR("blockquote")))
		return;
	if (!closing)
		p->quotes++;
	else if (p->quotes > 0)
		p->quotes--;
}

/* At '<': how many bytes the mark takes, with what it hides. */
static size_t
mark(struct page *p, struct str rest)
{
	bool closing = rest.n > 1 && rest.p[1] == '/';
	size_t end;
	struct str name;

	if (str_starts(rest, STR("<!--"))) {
		end = str_find(rest, STR("-->"));
		return end == STR_NOWHERE ? rest.n : end + 3;
	}
	end = str_chr(rest, '>');
	if (end == STR_NOWHERE)
		return rest.n;
	name = tag_name(str_from(rest, closing ? 2 : 1));
	put_element(p, name, closing);
	end++;
	if (!closing && str_is_any(name, hidden, ARRAY_LEN(hidden)))
		end += hidden_end(str_from(rest, end), name);
	return end;
}

static size_t
words(struct page *p, struct str rest)
{
	size_t n = 0;

	while (n < rest.n && (unsigned char)rest.p[n] > 0x20 &&
	       rest.p[n] != '<' && rest.p[n] != '&')
		n++;
	put_marks(p);
	buf_str(p->out, str_sub(rest, 0, n));
	return n;
}

void
html_text(struct buf *out, struct str html)
{
	struct page p = {.out = out};
	size_t i = 0;

	while (i < html.n && !out->full) {
		if (html.p[i] == '<') {
			i += mark(&p, str_from(html, i));
		} else if (html.p[i] == '&') {
			i += entity(&p, str_from(html, i));
		} else if ((unsigned char)html.p[i] <= 0x20) {
			put_blank(out);
			i++;
		} else {
			i += words(&p, str_from(html, i));
		}
	}
}
