/*
 * lint_html.c - rules on tags and on what stands between them.
 */
#include "templates/html/entity.h"
#include "templates/html/href.h"
#include "templates/lint_report.h"

#include <unistr.h>

#define FOREIGN_MARK_MAX 80

struct walk {
	struct lint *l;
	struct html_scan scan;
	struct html_piece piece;
	struct lint_balance *balance;
	bool in_head, has_head, has_title;
	bool text_seen;         /* text that can be seen was there */
	const char *hidden_end; /* the element that hides goes up to there */
};

/* What is not there, or may come from Liquid: `unknown`. */
static bool
attribute(const struct html_tag *tag, const char *name, struct str *value,
    bool *unknown)
{
	struct str rest = tag->attributes;
	struct html_attribute a;

	*unknown = false;
	while (html_attribute_next(&rest, &a)) {
		if (str_eq_nocase(a.name, str_of(name))) {
			*value = a.value;
			return true;
		}
		if (str_chr(a.name, '{') != STR_NOWHERE)
			*unknown = true;
	}
	return false;
}

static bool
has_attribute(const struct html_tag *tag, const char *name)
{
	struct str value;
	bool unknown;

	return attribute(tag, name, &value, &unknown) || unknown;
}

static bool
is_pixel(const struct html_tag *tag)
{
	struct str width;
	bool unknown;

	return attribute(tag, "width", &width, &unknown) &&
	       (str_eq(width, STR("0")) || str_eq(width, STR("1")));
}

static void
check_image(struct walk *w)
{
	const struct html_tag *tag = &w->piece.tag;
	struct str value;
	bool unknown;

	if (attribute(tag, "src", &value, &unknown))
		lint_image_url(w->l, value);
	if (w->piece.conditional)
		return;
	if (!has_attribute(tag, "alt") && !is_pixel(tag))
		lint_warn(w->l, "missing-alt", w->piece.bytes,
		    "the image has no alt text: many clients show that alone; "
		    "alt=\"\" where it says nothing");
	if (has_attribute(tag, "width") || w->l->original.n > 0)
		return;
	if (!attribute(tag, "style", &value, &unknown) ||
	    str_find_nocase(value, STR("width")) == STR_NOWHERE)
		lint_warn(w->l, "image-width", w->piece.bytes,
		    "Outlook shows an image without a width attribute in its "
		    "own size");
}

/* Without them the next font of the list is shown, as it is meant. */
static bool
loads_fonts(struct str s)
{
	return str_find_nocase(s, STR("font")) != STR_NOWHERE;
}

static bool
imports_styles(struct str css)
{
	size_t at = str_find_nocase(css, STR("@import"));

	if (at == STR_NOWHERE)
		return false;
	css = str_from(css, at);
	return !loads_fonts(str_sub(css, 0, str_chr(css, ';')));
}

static void
check_dropped(struct walk *w)
{
	static const char *const names[] = {"form", "iframe", "object", "embed",
	    "applet", "frame", "frameset"};
	const struct html_tag *tag = &w->piece.tag;
	struct str value = STR_NONE;
	bool unknown;
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (html_tag_is(tag, names[i]))
			lint_warn(w->l, "dropped-element", w->piece.bytes,
			    "most mail clients remove <%s>", names[i]);
	if (html_tag_is(tag, "script") &&
	    !(attribute(tag, "type", &value, &unknown) &&
		str_find_nocase(value, STR("ld+json")) != STR_NOWHERE))
		lint_warn(w->l, "dropped-element", w->piece.bytes,
		    "all mail clients remove <script>");
	if (html_tag_is(tag, "link") &&
	    attribute(tag, "rel", &value, &unknown) &&
	    str_find_nocase(value, STR("stylesheet")) != STR_NOWHERE &&
	    !(attribute(tag, "href", &value, &unknown) && loads_fonts(value)))
		lint_warn(w->l, "external-css", w->piece.bytes,
		    "most mail clients load no style sheets; write it into "
		    "<style>");
}

static void
check_link(struct walk *w)
{
	const struct html_tag *tag = &w->piece.tag;
	struct str url;
	bool unknown;

	if (href_in(tag) && attribute(tag, "href", &url, &unknown))
		lint_link(w->l, url);
}

/* Letters that can be seen: not blanks, and not what pads preheaders. */
static bool
is_visible(struct str s)
{
	size_t i, n;
	uint32_t c;

	for (i = 0; i < s.n; i += n) {
		n = s.p[i] == '&' ? entity_decode(str_from(s, i), &c) : 0;
		if (n == 0)
			n = (size_t)u8_mbtouc(&c, (const uint8_t *)s.p + i,
			    s.n - i);
		if (c > ' ' && c != 0xa0 && c != 0xad && c != 0x34f &&
		    c != 0xfeff && (c < 0x2000 || c > 0x200f))
			return true;
	}
	return false;
}

static bool
shows_text(const struct html_piece *piece)
{
	return (piece->kind == HTML_TEXT && is_visible(piece->bytes)) ||
	       (piece->kind == HTML_MARK &&
		   str_starts(piece->bytes, STR("{{")));
}

/* Whether text stands in the element; *end is where it ends. */
static bool
holds_text(const struct walk *w, const char **end)
{
	struct html_scan ahead = w->scan;
	struct html_piece piece;
	bool text = false;
	int depth = 1;

	while (depth > 0 && html_scan_next(&ahead, &piece)) {
		text = text || shows_text(&piece);
		if (piece.kind == HTML_TAG &&
		    str_eq_nocase(piece.tag.name, w->piece.tag.name))
			depth += piece.tag.closes ? -1 : 1;
	}
	*end = ahead.p;
	return text;
}

static bool
holds_text_at_once(const struct walk *w)
{
	struct html_scan ahead = w->scan;
	struct html_piece piece;

	return html_scan_next(&ahead, &piece) && shows_text(&piece);
}

/* A class that <style> knows may show it, on telephones or in the dark. */
static bool
is_styled(const struct walk *w)
{
	struct str names, name;
	char selector[64];
	bool unknown;

	if (!attribute(&w->piece.tag, "class", &names, &unknown))
		return unknown;
	while (str_cut(&names, ' ', &name)) {
		if (name.n == 0 || name.n > sizeof(selector) - 2)
			continue;
		snprintf(selector, sizeof(selector), ".%.*s", STR_ARG(name));
		if (str_find(w->l->source, str_of(selector)) != STR_NOWHERE)
			return true;
	}
	return false;
}

/* What stands before all else is what clients show behind the subject. */
static void
check_hidden(struct walk *w)
{
	struct str style;
	bool unknown, text = false;
	enum lint_hiding hides;

	if (w->piece.bytes.p < w->hidden_end || w->piece.conditional ||
	    !attribute(&w->piece.tag, "style", &style, &unknown))
		return;
	hides = lint_style_hides(style);
	if (hides == HIDES_NOTHING)
		return;
	if (hides == HIDES_ALL)
		text = holds_text(w, &w->hidden_end);
	else
		text = holds_text_at_once(w);
	if (text && w->text_seen && !is_styled(w))
		lint_warn(w->l, "hidden-text", w->piece.bytes,
		    "nobody sees this text, and filters take it for a trick");
}

static void
check_tag(struct walk *w)
{
	const struct html_tag *tag = &w->piece.tag;

	lint_balance_tag(w->balance, &w->piece);
	if (html_tag_is(tag, "head"))
		w->in_head = !tag->closes;
	if (tag->closes)
		return;
	w->has_head = w->has_head || w->in_head;
	if (html_tag_is(tag, "html") && !has_attribute(tag, "lang"))
		lint_warn(w->l, "missing-lang", w->piece.bytes,
		    "<html> has no lang: screen readers guess the language");
	if (html_tag_is(tag, "img"))
		check_image(w);
	check_link(w);
	if (!w->piece.conditional)
		check_dropped(w);
	check_hidden(w);
}

/* Merge fields of Mailchimp, *|NAME|*: they would be read as they are. */
static void
check_foreign(struct walk *w)
{
	struct str bytes = w->piece.bytes, mark;
	size_t at = str_find(bytes, STR("*|")), end;

	if (at == STR_NOWHERE)
		return;
	mark = str_sub(bytes, at, FOREIGN_MARK_MAX);
	end = str_find(str_from(mark, 2), STR("|*"));
	if (end == STR_NOWHERE)
		return;
	mark.n = end + 4;
	lint_warn(w->l, "foreign-mark", mark,
	    "'%.*s' stays as it is: a value is written as {{ name }}",
	    STR_ARG(mark));
}

static void
check_piece(struct walk *w)
{
	switch (w->piece.kind) {
	case HTML_TAG:
		check_tag(w);
		check_foreign(w);
		break;
	case HTML_RAW:
		if (html_tag_is(&w->piece.tag, "title"))
			w->has_title = str_trim(w->piece.bytes).n > 0;
		if (html_tag_is(&w->piece.tag, "style") &&
		    imports_styles(w->piece.bytes))
			lint_warn(w->l, "external-css", w->piece.bytes,
			    "most mail clients load no style sheets");
		break;
	case HTML_MARK: lint_balance_mark(w->balance, w->piece.bytes); break;
	case HTML_TEXT: check_foreign(w); break;
	case HTML_COMMENT:
	case HTML_END: break;
	}
	if (!w->in_head && w->piece.bytes.p >= w->hidden_end &&
	    shows_text(&w->piece))
		w->text_seen = true;
}

void
lint_html(struct lint *l, bool outermost)
{
	struct walk w = {.l = l, .hidden_end = l->source.p};

	html_scan_init(&w.scan, l->source);
	w.balance = lint_balance_new(l);
	while (html_scan_next(&w.scan, &w.piece))
		check_piece(&w);
	lint_balance_end(w.balance);
	if (outermost && w.has_head && !w.has_title)
		lint_warn(l, "missing-title", STR_NONE,
		    "<head> has no <title>: it names the message in a browser "
		    "and to screen readers");
}
