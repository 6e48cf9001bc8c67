#include "templates/html/html_scan.h"

#include "templates/liquid/liquid_scan.h"

static const struct str if_open = {"<!--[if", 7};
static const struct str if_close = {"<![endif]-->", 12};

void
html_scan_init(struct html_scan *s, struct str html)
{
	*s = (struct html_scan){
	    .p = html.p,
	    .end = html.n > 0 ? html.p + html.n : html.p,
	};
}

static struct str
between(const char *from, const char *to)
{
	return (struct str){from, (size_t)(to - from)};
}

/* Elements whose content is text, whatever it looks like. */
static bool
holds_text(const struct html_tag *tag)
{
	static const char *const names[] = {"style", "script", "title",
	    "textarea", "xmp", "iframe", "noembed", "noframes"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (!tag->closes && html_tag_is(tag, names[i]))
			return true;
	return false;
}

static bool
ends_name(struct str s)
{
	return s.n == 0 || s.p[0] == '>' || s.p[0] == '/' || s.p[0] == ' ' ||
	       (s.p[0] >= '\t' && s.p[0] <= '\r');
}

/* Bytes before the next </name, or all. */
static size_t
raw_length(struct str html, struct str name)
{
	struct str rest = html;
	size_t at;

	while ((at = html_find(rest, STR("</"))) != STR_NOWHERE) {
		rest = str_from(rest, at + 2);
		if (str_starts_nocase(rest, name) &&
		    ends_name(str_from(rest, name.n)))
			return html.n - rest.n - 2;
	}
	return html.n;
}

/* At a comment of n bytes: those up to what it hides from all but Outlook;
 * 0: it is a plain one. */
static size_t
condition_length(struct str comment)
{
	size_t at;

	if (!str_starts_nocase(comment, if_open) || comment.n < if_close.n ||
	    !str_eq_nocase(str_from(comment, comment.n - if_close.n), if_close))
		return 0;
	at = html_find(comment, STR("]>"));
	return at != STR_NOWHERE && at + 2 <= comment.n - if_close.n ? at + 2
								     : 0;
}

static size_t
take_comment(struct html_scan *s, size_t n)
{
	size_t open = 0;

	if (s->condition_end == NULL)
		open = condition_length(between(s->p, s->p + n));
	if (open == 0)
		return n;
	s->condition_end = s->p + n - if_close.n;
	return open;
}

static const char *
limit(const struct html_scan *s)
{
	return s->condition_end != NULL ? s->condition_end : s->end;
}

/* At '<': bytes of the piece, 0 when it is text. */
static size_t
take_tag(struct html_scan *s, struct html_piece *piece)
{
	size_t n = html_tag_read(&piece->tag, between(s->p, limit(s)));

	if (n == 0)
		return 0;
	piece->kind = piece->tag.name.n > 0 ? HTML_TAG : HTML_COMMENT;
	if (piece->kind == HTML_COMMENT)
		return take_comment(s, n);
	if (holds_text(&piece->tag))
		s->raw = piece->tag;
	return n;
}

/* Text up to the next tag or mark; what only looks like one is text, too. */
static size_t
text_length(struct str html)
{
	size_t i = 1; /* what it begins with was found to be no tag */

	while (i < html.n && html.p[i] != '<' &&
	       (html.p[i] != '{' || liquid_mark(str_from(html, i)) == 0))
		i++;
	return i;
}

static size_t
take_raw(struct html_scan *s, struct html_piece *piece)
{
	struct str rest = between(s->p, limit(s));
	size_t n = raw_length(rest, s->raw.name);

	piece->kind = HTML_RAW;
	piece->tag = s->raw;
	s->raw = (struct html_tag){.closes = false};
	return n;
}

static size_t
take(struct html_scan *s, struct html_piece *piece)
{
	struct str rest = between(s->p, limit(s));
	size_t n = 0;

	if (rest.n == 0) { /* at the end of a conditional comment */
		piece->kind = HTML_COMMENT;
		s->condition_end = NULL;
		s->raw = (struct html_tag){.closes = false};
		return if_close.n;
	}
	if (s->raw.name.n > 0 && (n = take_raw(s, piece)) > 0)
		return n;
	if (rest.p[0] == '<') {
		n = take_tag(s, piece);
	} else {
		n = liquid_mark(rest);
		piece->kind = HTML_MARK;
	}
	if (n == 0) {
		piece->kind = HTML_TEXT;
		n = text_length(rest);
	}
	return n;
}

bool
html_scan_next(struct html_scan *s, struct html_piece *piece)
{
	*piece = (struct html_piece){.kind = HTML_END};
	if (s->p == s->end)
		return false;
	piece->conditional = s->condition_end != NULL;
	piece->bytes = (struct str){s->p, take(s, piece)};
	s->p += piece->bytes.n;
	return true;
}

/* How sure it is that the body begins behind the piece; 0: it does not. */
static int
begins_body(const struct html_piece *piece)
{
	if (piece->conditional)
		return 0;
	if (piece->kind == HTML_COMMENT)
		return str_starts_nocase(piece->bytes, STR("<!doctype"));
	if (piece->kind != HTML_TAG)
		return 0;
	if (piece->tag.closes)
		return html_tag_is(&piece->tag, "head") ? 3 : 0;
	return html_tag_is(&piece->tag, "body")   ? 4
	       : html_tag_is(&piece->tag, "html") ? 2
						  : 0;
}

size_t
html_body_start(struct str html)
{
	struct html_scan scan;
	struct html_piece piece;
	size_t at = 0;
	int best = 0, rank;

	html_scan_init(&scan, html);
	while (best < 4 && html_scan_next(&scan, &piece)) {
		rank = begins_body(&piece);
		if (rank <= best)
			continue;
		best = rank;
		at = (size_t)(scan.p - html.p);
	}
	return at;
}

size_t
html_body_end(struct str html)
{
	struct html_scan scan;
	struct html_piece piece;
	const char *body = NULL, *whole = NULL;

	html_scan_init(&scan, html);
	while (html_scan_next(&scan, &piece)) {
		if (piece.kind != HTML_TAG || !piece.tag.closes ||
		    piece.conditional)
			continue;
		if (html_tag_is(&piece.tag, "body"))
			body = piece.bytes.p;
		else if (html_tag_is(&piece.tag, "html"))
			whole = piece.bytes.p;
	}
	if (body == NULL)
		body = whole;
	return body != NULL ? (size_t)(body - html.p) : html.n;
}
