#include "templates/html/text_part.h"

#include "templates/html/entity.h"
#include "templates/html/html_scan.h"
#include "templates/html/text_edge.h"
#include "templates/html/text_element.h"
#include "templates/liquid/liquid_scan.h"

#include <unistr.h>

#define LISTS_MAX 8 /* nested; deeper ones look like the last */

struct list {
	bool ordered;
	int number; /* of its last item */
};

struct writer {
	struct text_flow flow;
	bool is_source;           /* Liquid marks are marks */
	text_snippet_fn *snippet; /* may be NULL */
	void *snippet_arg;
	bool has_blocks;   /* how often an item comes is not known */
	struct str hidden; /* name of the element that is skipped */
	int hidden_depth;  /* elements of that name inside, and it */
	int pre;           /* open <pre> */
	struct list lists[LISTS_MAX];
	int list_depth;
	struct str href;
	size_t link; /* where the text of the link begins; href.n > 0 */
};

/* Without width: they pad what mail clients show before the message. */
static bool
invisible(uint32_t code)
{
	return code == 0xad || code == 0x34f || code == 0x200b ||
	       code == 0x200c || code == 0xfeff;
}

static void
put_literal(struct writer *w, struct str s)
{
	if (w->is_source)
		text_flow_literal(&w->flow, s);
	else
		text_flow_word(&w->flow, s);
}

static void
put_code(struct writer *w, uint32_t code)
{
	uint8_t bytes[6];
	int n;

	if (invisible(code))
		return;
	if (code <= ' ' || code == 0xa0 || (code >= 0x2002 && code <= 0x200a)) {
		text_flow_want(&w->flow, GAP_BLANK);
		return;
	}
	n = u8_uctomb(bytes, code, sizeof(bytes));
	if (n > 0)
		put_literal(w, (struct str){(const char *)bytes, (size_t)n});
}

static void
put_blank(struct writer *w, char c)
{
	if (w->pre > 0 && c == '\n')
		text_flow_want(&w->flow, GAP_LINE);
	else if (!w->flow.strip)
		text_flow_want(&w->flow, GAP_BLANK);
}

/* Text between tags: blanks run together, entities decoded. */
static void
put_text(struct writer *w, struct str s)
{
	size_t i = 0, from, n;
	uint32_t code = 0;

	while (i < s.n) {
		for (from = i;
		     i < s.n && (unsigned char)s.p[i] > ' ' && s.p[i] != '&';
		     i++)
			;
		put_literal(w, str_sub(s, from, i - from));
		if (i == s.n)
			break;
		if (s.p[i] != '&') {
			put_blank(w, s.p[i++]);
			continue;
		}
		n = entity_decode(str_from(s, i), &code);
		if (n > 0)
			put_code(w, code);
		else
			put_literal(w, STR("&"));
		i += n > 0 ? n : 1;
	}
}

/* The value of an attribute, marks in it as they are. */
static void
put_value(struct writer *w, struct str s)
{
	size_t i = 0, from, n = 0;

	if (w->is_source && !text_flow_is_whole(s))
		return; /* its marks come with those of the tag */
	while (i < s.n) {
		for (from = i, n = 0; i < s.n && n == 0; i += n == 0)
			if (w->is_source && s.p[i] == '{')
				n = liquid_mark(str_from(s, i));
		put_text(w, str_sub(s, from, i - from));
		text_flow_word(&w->flow, str_sub(s, i, n));
		i += n;
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
	if (href.n == 0 || href.p[0] == '#' ||
	    (w->is_source && !text_flow_is_whole(href)))
		return;
	w->href = href;
	w->link = w->flow.out->n;
}

/* The text names the place, but perhaps for its parameters. */
static bool
says_where(struct str text, struct str where)
{
	struct str rest;

	if (!str_starts(where, text) || !text_flow_is_whole(text))
		return false; /* a block that goes on behind the link stays */
	rest = str_from(where, text.n);
	return rest.n == 0 || str_eq(rest, STR("/")) ||
	       (str_find(text, STR("://")) != STR_NOWHERE &&
		   strchr("?#&", rest.p[0]) != NULL);
}

/* " (where it leads)", or that alone if the text says the same. */
static void
close_link(struct writer *w)
{
	struct text_flow *f = &w->flow;
	struct buf *out = f->out;
	struct str text, where;
	enum gap want = f->want;
	size_t at;

	if (w->href.n == 0)
		return;
	text = str_trim(str_from(buf_view(out), w->link));
	if (text.n == 0) {
		put_value(w, w->href);
		w->href = STR_NONE;
		return;
	}
	at = (size_t)(text.p - out->p);
	f->want = GAP_BLANK;
	text_flow_word(f, STR("("));
	put_value(w, w->href);
	text_flow_word(f, STR(")"));
	f->want = want;
	w->href = STR_NONE;
	where = str_from(buf_view(out), at + text.n);
	where = str_from(where, str_chr(where, '(') + 1);
	where.n -= where.n > 0;
	if (!out->full &&
	    says_where(str_sub(buf_view(out), at, text.n), where)) {
		memmove(out->p + at, where.p, where.n);
		buf_truncate(out, at + where.n);
	}
}

/* "1. ": counted while rendering where it takes a render to know. */
static void
put_number(struct writer *w, struct list *list)
{
	char text[96];
	int level = w->list_depth;

	list->number++;
	snprintf(text, sizeof(text), "%d.", list->number);
	if (w->has_blocks)
		snprintf(text, sizeof(text),
		    "{%% assign __item%d = __item%d | plus: 1 %%}"
		    "{{ __item%d }}.",
		    level, level, level);
	text_flow_word(&w->flow, str_of(text));
}

static void
put_item(struct writer *w, const struct html_tag *tag)
{
	struct list *list;
	int i;

	text_flow_want(&w->flow, GAP_LINE);
	if (tag->closes)
		return;
	for (i = 1; i < w->list_depth; i++)
		text_flow_word(&w->flow, STR("  "));
	list = &w->lists[w->list_depth > 0 ? w->list_depth - 1 : 0];
	if (w->list_depth > 0 && list->ordered)
		put_number(w, list);
	else
		text_flow_word(&w->flow, STR("-"));
	text_flow_word(&w->flow, STR(" "));
	text_flow_led(&w->flow);
}

static void
put_list(struct writer *w, const struct html_tag *tag)
{
	char reset[48];

	text_flow_want(&w->flow,
	    w->list_depth > tag->closes ? GAP_LINE : GAP_PARAGRAPH);
	if (tag->closes) {
		w->list_depth -= w->list_depth > 0;
		return;
	}
	w->list_depth += w->list_depth < LISTS_MAX;
	w->lists[w->list_depth - 1] =
	    (struct list){.ordered = html_tag_is(tag, "ol")};
	snprintf(reset, sizeof(reset), "{%% assign __item%d = 0 %%}",
	    w->list_depth);
	if (w->has_blocks && html_tag_is(tag, "ol"))
		text_flow_mark(&w->flow, str_of(reset));
}

static void
put_break(struct writer *w)
{
	text_flow_want(&w->flow,
	    w->flow.want >= GAP_LINE ? GAP_PARAGRAPH : GAP_LINE);
}

static void
put_tag(struct writer *w, const struct html_tag *tag, enum text_effect effect)
{
	struct str alt;

	switch (effect) {
	case TEXT_LINE: text_flow_want(&w->flow, GAP_LINE); break;
	case TEXT_PARAGRAPH: text_flow_want(&w->flow, GAP_PARAGRAPH); break;
	case TEXT_CELL: text_flow_want(&w->flow, GAP_BLANK); break;
	case TEXT_BREAK: put_break(w); break;
	case TEXT_RULE:
		text_flow_want(&w->flow, GAP_PARAGRAPH);
		text_flow_word(&w->flow, STR("----"));
		text_flow_want(&w->flow, GAP_PARAGRAPH);
		break;
	case TEXT_ITEM: put_item(w, tag); break;
	case TEXT_LIST: put_list(w, tag); break;
	case TEXT_PRE:
		w->pre += tag->closes ? -(w->pre > 0) : 1;
		text_flow_want(&w->flow, GAP_PARAGRAPH);
		break;
	case TEXT_LINK:
		close_link(w);
		if (!tag->closes)
			open_link(w, tag);
		break;
	case TEXT_IMAGE:
		if (html_tag_attribute(tag, "alt", &alt))
			put_value(w, alt);
		break;
	case TEXT_INLINE: break;
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

/* Skips what stands in a hidden element. */
static void
skip(struct writer *w, const struct html_piece *piece)
{
	if (piece->kind == HTML_TAG &&
	    str_eq_nocase(piece->tag.name, w->hidden))
		w->hidden_depth += piece->tag.closes ? -1 : 1;
	if (w->is_source)
		text_flow_hidden(&w->flow, piece->bytes);
}

static void
take_tag(struct writer *w, const struct html_piece *piece)
{
	const struct html_tag *tag = &piece->tag;

	if (!is_hidden(tag)) {
		put_tag(w, tag, text_effect_of(tag->name));
	} else if (!is_void(tag->name)) {
		w->hidden = tag->name;
		w->hidden_depth = 1;
	}
	if (w->is_source)
		text_flow_hidden(&w->flow, piece->bytes);
}

/* A snippet is a word between the breaks that its blocks ask for. */
static void
take_mark(struct writer *w, struct str mark)
{
	struct text_edges edges = {.before = GAP_NONE};
	struct str name = STR_NONE, html;

	if (w->snippet != NULL)
		name = text_edges_snippet(mark);
	if (name.n > 0 && w->snippet(name, &html, w->snippet_arg))
		edges = text_edges(html);
	text_flow_want(&w->flow, edges.before);
	text_flow_mark(&w->flow, mark);
	text_flow_want(&w->flow, edges.after);
}

static void
take(struct writer *w, const struct html_piece *piece)
{
	if (w->hidden_depth > 0 || piece->conditional) {
		skip(w, piece);
		return;
	}
	switch (piece->kind) {
	case HTML_TEXT: put_text(w, piece->bytes); break;
	case HTML_MARK:
		if (w->is_source)
			take_mark(w, piece->bytes);
		else
			put_text(w, piece->bytes);
		break;
	case HTML_TAG: take_tag(w, piece); break;
	case HTML_RAW:
	case HTML_COMMENT:
		if (w->is_source)
			text_flow_hidden(&w->flow, piece->bytes);
		break;
	case HTML_END: break;
	}
}

static void
write_text(struct writer *w, struct buf *out, struct str html)
{
	struct html_scan scan;
	struct html_piece piece;

	w->has_blocks =
	    w->is_source && str_find(html, STR("{%")) != STR_NOWHERE;
	text_flow_init(&w->flow, out);
	html_scan_init(&scan, html);
	while (html_scan_next(&scan, &piece))
		take(w, &piece);
	text_flow_finish(&w->flow);
}

void
text_part(struct buf *out, struct str html)
{
	text_part_with(out, html, NULL, NULL);
}

void
text_part_with(struct buf *out, struct str html, text_snippet_fn *snippet,
    void *arg)
{
	struct writer w = {
	    .is_source = true,
	    .snippet = snippet,
	    .snippet_arg = arg,
	};

	write_text(&w, out, html);
}

void
text_of_html(struct buf *out, struct str html)
{
	struct writer w = {.is_source = false};

	write_text(&w, out, html);
}
