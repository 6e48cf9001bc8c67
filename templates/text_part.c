#include "templates/text_part.h"

#include "templates/entity.h"
#include "templates/html_tag.h"

#include <unistr.h>

#define NAME_MAX 10 /* letters of the longest name in the table */

enum effect {
	INLINE = 0, /* no break */
	LINE,       /* a line of its own */
	PARAGRAPH,  /* with an empty line around it */
	CELL,       /* a blank behind it */
	BREAK,      /* <br> */
	RULE,       /* <hr> */
	ITEM,       /* <li> */
	LINK,       /* <a> */
	IMAGE,      /* <img> */
	IGNORED,    /* up to its end tag, read as text */
};

static const struct {
	struct str name;
	enum effect effect;
} elements[] = {
    {STR("a"), LINK},
    {STR("address"), LINE},
    {STR("article"), LINE},
    {STR("blockquote"), PARAGRAPH},
    {STR("br"), BREAK},
    {STR("center"), LINE},
    {STR("dd"), LINE},
    {STR("div"), LINE},
    {STR("dl"), PARAGRAPH},
    {STR("dt"), LINE},
    {STR("footer"), LINE},
    {STR("h1"), PARAGRAPH},
    {STR("h2"), PARAGRAPH},
    {STR("h3"), PARAGRAPH},
    {STR("h4"), PARAGRAPH},
    {STR("h5"), PARAGRAPH},
    {STR("h6"), PARAGRAPH},
    {STR("header"), LINE},
    {STR("hr"), RULE},
    {STR("img"), IMAGE},
    {STR("li"), ITEM},
    {STR("main"), LINE},
    {STR("ol"), PARAGRAPH},
    {STR("p"), PARAGRAPH},
    {STR("pre"), PARAGRAPH},
    {STR("script"), IGNORED},
    {STR("section"), LINE},
    {STR("style"), IGNORED},
    {STR("table"), LINE},
    {STR("td"), CELL},
    {STR("textarea"), IGNORED},
    {STR("th"), CELL},
    {STR("title"), IGNORED},
    {STR("tr"), LINE},
    {STR("ul"), PARAGRAPH},
};

struct writer {
	struct buf *out;
	int lines;  /* line ends due before the next word */
	bool blank; /* a blank is due */
	struct str href;
	size_t link; /* where the text of the link begins; href.n > 0 */
};

/* The table is sorted. */
static enum effect
effect_of(struct str name)
{
	char lower[NAME_MAX];
	size_t i, low = 0, high = ARRAY_LEN(elements);
	int order;

	if (name.n > NAME_MAX)
		return INLINE;
	for (i = 0; i < name.n; i++)
		lower[i] = str_lower_char(name.p[i]);
	while (low < high) {
		i = (low + high) / 2;
		order = str_cmp((struct str){lower, name.n}, elements[i].name);
		if (order == 0)
			return elements[i].effect;
		if (order < 0)
			high = i;
		else
			low = i + 1;
	}
	return INLINE;
}

static void
need_lines(struct writer *w, int n)
{
	if (w->lines < n)
		w->lines = n;
	w->blank = false;
}

/* Blanks and line ends that are due. */
static void
settle(struct writer *w)
{
	if (w->out->n > 0)
		for (; w->lines > 0; w->lines--)
			buf_char(w->out, '\n');
	if (w->blank && w->out->n > 0 && w->out->p[w->out->n - 1] != '\n')
		buf_char(w->out, ' ');
	w->lines = 0;
	w->blank = false;
}

static void
put_bytes(struct writer *w, struct str s)
{
	if (s.n == 0)
		return;
	settle(w);
	buf_str(w->out, s);
}

/* Without width: they pad what mail clients show before the message. */
static bool
invisible(uint32_t code)
{
	return code == 0xad || code == 0x34f || code == 0x200b ||
	       code == 0x200c || code == 0xfeff;
}

static void
put_code(struct writer *w, uint32_t code)
{
	uint8_t bytes[6];
	int n;

	if (invisible(code))
		return;
	if (code <= ' ' || code == 0xa0 || (code >= 0x2002 && code <= 0x200a)) {
		w->blank = true;
		return;
	}
	n = u8_uctomb(bytes, code, sizeof(bytes));
	if (n > 0)
		put_bytes(w, (struct str){(const char *)bytes, (size_t)n});
}

/* Text between tags: blanks run together, entities decoded. */
static void
put_text(struct writer *w, struct str s)
{
	size_t i = 0, from, n;
	uint32_t code;

	while (i < s.n) {
		for (from = i;
		     i < s.n && (unsigned char)s.p[i] > ' ' && s.p[i] != '&';
		     i++)
			;
		put_bytes(w, str_sub(s, from, i - from));
		if (i == s.n)
			break;
		if (s.p[i] != '&') {
			w->blank = true;
			i++;
			continue;
		}
		n = entity_decode(str_from(s, i), &code);
		if (n > 0)
			put_code(w, code);
		else
			put_bytes(w, STR("&"));
		i += n > 0 ? n : 1;
	}
}

static void
open_link(struct writer *w, const struct html_tag *tag)
{
	struct str href;

	w->href = STR_NONE;
	if (!html_tag_attribute(tag, "href", &href))
		return;
	href = str_trim(href);
	if (str_starts_nocase(href, STR("mailto:")))
		href = str_from(href, 7);
	if (href.n == 0 || href.p[0] == '#')
		return;
	w->href = href;
	w->link = w->out->n;
}

/* " (where it leads)", unless the text says so. */
static void
close_link(struct writer *w)
{
	struct str text;
	size_t n;
	int lines = w->lines;

	if (w->href.n == 0)
		return;
	text = str_trim(str_from(buf_view(w->out), w->link));
	if (text.n == 0) {
		put_text(w, w->href);
	} else if (!str_eq(text, w->href)) {
		w->lines = 0;
		w->blank = true;
		put_bytes(w, STR("("));
		n = w->out->n;
		put_text(w, w->href);
		if (w->out->n > n)
			buf_char(w->out, ')');
		w->lines = lines;
	}
	w->href = STR_NONE;
}

static void
put_image(struct writer *w, const struct html_tag *tag)
{
	struct str alt;

	if (html_tag_attribute(tag, "alt", &alt))
		put_text(w, alt);
}

static void
put_tag(struct writer *w, const struct html_tag *tag, enum effect effect)
{
	switch (effect) {
	case LINE: need_lines(w, 1); break;
	case PARAGRAPH: need_lines(w, 2); break;
	case CELL: w->blank = true; break;
	case BREAK:
		w->lines = w->lines < 2 ? w->lines + 1 : 2;
		w->blank = false;
		break;
	case RULE:
		need_lines(w, 2);
		put_bytes(w, STR("----"));
		need_lines(w, 2);
		break;
	case ITEM:
		need_lines(w, 1);
		if (!tag->closes) {
			put_bytes(w, STR("-"));
			w->blank = true;
		}
		break;
	case LINK:
		close_link(w);
		if (!tag->closes)
			open_link(w, tag);
		break;
	case IMAGE: put_image(w, tag); break;
	case INLINE:
	case IGNORED: break;
	}
}

/* A quick look first: most tags say nothing of the kind. */
static bool
maybe_hidden(struct str attributes)
{
	return str_find(attributes, STR("isplay")) != STR_NOWHERE ||
	       str_find(attributes, STR("ISPLAY")) != STR_NOWHERE;
}

static bool
is_hidden(const struct html_tag *tag)
{
	static const struct str property = {"display", 7};
	struct str style;
	size_t at;

	if (tag->closes || !maybe_hidden(tag->attributes) ||
	    !html_tag_attribute(tag, "style", &style))
		return false;
	at = str_find_nocase(style, property);
	if (at == STR_NOWHERE)
		return false;
	style = str_trim(str_from(style, at + property.n));
	return str_starts(style, STR(":")) &&
	       str_starts_nocase(str_trim(str_from(style, 1)), STR("none"));
}

static bool
is_void(struct str name)
{
	static const char *const names[] = {"area", "br", "col", "hr", "img",
	    "input", "link", "meta", "wbr"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_nocase(name, str_of(names[i])))
			return true;
	return false;
}

/* Bytes up to and with the next </name>, or to the end: what stands before
 * is no HTML. */
static size_t
text_length(struct str html, struct str name)
{
	struct html_tag tag;
	struct str rest = html;
	size_t at;

	while ((at = str_find(rest, STR("</"))) != STR_NOWHERE) {
		rest = str_from(rest, at);
		if (str_starts_nocase(str_from(rest, 2), name))
			return html.n - rest.n + html_tag_read(&tag, rest);
		rest = str_from(rest, 2);
	}
	return html.n;
}

/* The same for an element in which others of its name may stand. */
static size_t
element_length(struct str html, struct str name)
{
	struct html_tag tag;
	size_t i = 0, at, n;
	int depth = 1;

	while (depth > 0 && i < html.n) {
		at = str_chr(str_from(html, i), '<');
		if (at == STR_NOWHERE)
			return html.n;
		i += at;
		n = html_tag_read(&tag, str_from(html, i));
		if (n > 0 && str_eq_nocase(tag.name, name))
			depth += tag.closes ? -1 : 1;
		i += n > 0 ? n : 1;
	}
	return i;
}

/* At '<': bytes that were dealt with. */
static size_t
take_tag(struct writer *w, struct str html)
{
	struct html_tag tag;
	enum effect effect;
	size_t n = html_tag_read(&tag, html);

	if (n == 0) {
		put_bytes(w, STR("<"));
		return 1;
	}
	effect = effect_of(tag.name);
	if (!tag.closes && effect == IGNORED)
		return n + text_length(str_from(html, n), tag.name);
	if (is_hidden(&tag))
		return n +
		       (is_void(tag.name)
			       ? 0
			       : element_length(str_from(html, n), tag.name));
	put_tag(w, &tag, effect);
	return n;
}

void
text_part(struct buf *out, struct str html)
{
	struct writer w = {.out = out};
	size_t n;

	while (html.n > 0) {
		n = str_chr(html, '<');
		put_text(&w, str_sub(html, 0, n));
		html = str_from(html, n);
		if (html.n > 0)
			html = str_from(html, take_tag(&w, html));
	}
	if (out->n > 0)
		buf_char(out, '\n');
}
