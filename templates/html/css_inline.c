#include "templates/html/css_inline.h"

#include "templates/html/css_edit.h"
#include "templates/html/css_mark.h"
#include "templates/html/css_match.h"
#include "templates/html/css_style.h"
#include "templates/html/html_scan.h"

struct inliner {
	struct str html;
	struct arena arena;
	struct css_sheet sheet;
	struct css_match match;
	struct css_style style;
	struct css_edits edits;
	bool in_head;
	bool full;   /* sticky: a limit was reached */
	bool unseen; /* there may be elements that are not in the source */
	bool merged_names; /* there are elements with classes from Liquid */
};

/* Whether the screens of mail clients read it, and the author does not mind. */
static bool
is_wanted(const struct html_tag *tag)
{
	static const char *const media[] = {"", "all", "screen"};
	static const char *const types[] = {"", "text/css"};
	struct str value;

	if (html_tag_attribute(tag, "data-volley-inline", &value) &&
	    str_eq_nocase(value, STR("off")))
		return false;
	if (html_tag_attribute(tag, "media", &value) &&
	    !str_is_any(str_trim(value), media, ARRAY_LEN(media)))
		return false;
	return !html_tag_attribute(tag, "type", &value) ||
	       str_is_any(str_trim(value), types, ARRAY_LEN(types));
}

/* <!--[if !mso]><!--> shows what follows to all but Outlook, up to
 * <!--<![endif]-->. */
static bool
follow_condition(struct str comment, bool hidden)
{
	if (str_find_nocase(comment, STR("<![endif]")) != STR_NOWHERE)
		return false;
	return hidden || (str_starts_nocase(comment, STR("<!--[if")) &&
			     str_ends(comment, STR("-->")));
}

static void
collect(struct inliner *in)
{
	struct html_scan scan;
	struct html_piece piece;
	struct str text = STR_NONE;
	const char *open = NULL;
	bool hidden = false;
	int depth = 0;

	html_scan_init(&scan, in->html);
	while (html_scan_next(&scan, &piece)) {
		bool style = html_tag_is(&piece.tag, "style");

		if (piece.kind == HTML_MARK)
			depth += css_mark_depth(piece.bytes);
		else if (piece.kind == HTML_COMMENT && !piece.conditional)
			hidden = follow_condition(piece.bytes, hidden);
		else if (piece.kind == HTML_RAW && style)
			text = piece.bytes;
		if (piece.kind != HTML_TAG || !style)
			continue;
		if (!piece.tag.closes)
			open = is_wanted(&piece.tag) && !piece.conditional &&
				       !hidden && depth == 0
				   ? piece.bytes.p
				   : NULL;
		else if (open != NULL && text.n > 0)
			css_sheet_add(&in->sheet,
			    (struct str){open,
				(size_t)(piece.bytes.p + piece.bytes.n - open)},
			    text);
		text = STR_NONE;
	}
}

static void
insert(struct inliner *in, const char *at, struct str put)
{
	char *p;

	if (put.n == 0)
		return;
	p = arena_try(&in->arena, put.n);
	if (p == NULL) {
		in->full = true;
		return;
	}
	memcpy(p, put.p, put.n);
	put.p = p;
	css_edits_add(&in->edits, (size_t)(at - in->html.p), 0, put);
}

/* Puts `before` and `after` around what the attribute holds. */
static void
put_around(struct inliner *in, const struct html_attribute *own)
{
	struct buf *before = &in->style.before, *after = &in->style.after;
	struct str value = css_trim(own->value);
	const char *end = own->value.p + own->value.n;

	if (value.n > 0 && before->n > 0)
		buf_char(before, ';');
	if (before->n > 0)
		insert(in, own->value.p, buf_view(before));
	if (after->n == 0)
		return;
	if (value.n > 0 ? !str_ends(value, STR(";")) : before->n > 0)
		insert(in, end, STR(";"));
	insert(in, end, buf_view(after));
}

static void
put_attribute(struct inliner *in, const char *at, const char *name)
{
	insert(in, at, str_of(name));
	insert(in, at, STR("=\""));
	insert(in, at, buf_view(&in->style.before));
	if (in->style.before.n > 0 && in->style.after.n > 0)
		insert(in, at, STR(";"));
	insert(in, at, buf_view(&in->style.after));
	insert(in, at, STR("\""));
}

static void
write_style(struct inliner *in, const struct css_element *e)
{
	const struct html_attribute *own = &e->style;
	char quote = own->quote != '\0' ? own->quote : '"';

	css_style_make(&in->style, &in->match, own->value, quote);
	in->full |= in->style.before.full || in->style.after.full;
	if (in->style.before.n + in->style.after.n == 0)
		return;
	if (own->whole.n == 0) {
		put_attribute(in, e->tag.p + e->tag.n, " style");
	} else if (!own->has_value) {
		put_attribute(in, own->whole.p + own->whole.n, "");
	} else if (own->quote != '\0') {
		put_around(in, own);
	} else {
		insert(in, own->value.p, STR("\""));
		put_around(in, own);
		insert(in, own->value.p + own->value.n, STR("\""));
	}
}

/* What was found is written, or has to stay where it is. */
static void
use_rules(struct inliner *in, const struct css_element *e, bool writable)
{
	size_t i;

	for (i = 0; i < in->match.found_count; i++) {
		in->match.found[i]->used |= writable;
		in->match.found[i]->needed |= !writable;
	}
	if (writable && in->match.found_count > 0)
		write_style(in, e);
}

/* `<o:p/>`: nothing stands in it.  In HTML proper the sign says nothing. */
static bool
closes_itself(const struct html_piece *piece)
{
	return str_ends(piece->bytes, STR("/>")) &&
	       str_chr(piece->tag.name, ':') != STR_NOWHERE;
}

static void
take_element(struct inliner *in, const struct html_piece *piece)
{
	struct css_element e;
	bool whole = str_ends(piece->bytes, STR(">"));

	css_element_read(&e, &piece->tag, &in->sheet.names);
	in->merged_names |= e.merged_names;
	if (!piece->conditional)
		css_match_start(&in->match, e.tag);
	if (!css_match_find(&in->match, &e, piece->conditional))
		in->full = true;
	use_rules(in, &e, !piece->conditional && !e.unwritable && whole);
	if (!piece->conditional && !closes_itself(piece))
		css_match_open(&in->match, &e);
}

static void
take_tag(struct inliner *in, const struct html_piece *piece)
{
	static const char *const unstyled[] = {"head", "title", "meta", "link",
	    "base", "style", "script"};
	const struct html_tag *tag = &piece->tag;

	if (html_tag_is(tag, "head"))
		in->in_head = !tag->closes;
	else if (html_tag_is(tag, "body"))
		in->in_head = false;
	if (in->in_head || str_is_any(tag->name, unstyled, ARRAY_LEN(unstyled)))
		return;
	if (!tag->closes)
		take_element(in, piece);
	else if (!piece->conditional)
		css_match_end(&in->match, tag->name);
}

static void
inline_rules(struct inliner *in)
{
	struct html_scan scan;
	struct html_piece piece;

	css_match_init(&in->match, &in->sheet);
	css_style_init(&in->style, &in->sheet);
	html_scan_init(&scan, in->html);
	while (!in->full && html_scan_next(&scan, &piece)) {
		if (piece.kind == HTML_TAG)
			take_tag(in, &piece);
		else if (piece.kind == HTML_MARK)
			in->unseen |= css_mark_prints_elements(piece.bytes);
	}
	css_match_release(&in->match);
	css_style_release(&in->style);
}

static bool
can_go(const struct inliner *in, const struct css_rule *rule)
{
	return rule->used && !rule->needed && !in->unseen &&
	       !(in->merged_names && rule->speaks_names);
}

static void
cut(struct inliner *in, struct str what)
{
	css_edits_add(&in->edits, (size_t)(what.p - in->html.p), what.n,
	    STR_NONE);
}

/* What stands before and after must not become a tag or a mark together. */
static bool
stands_alone(const struct inliner *in, struct str what)
{
	return what.p == in->html.p || what.p[-1] == '\n' ||
	       what.p[-1] == ' ' || what.p[-1] == '>' || what.p[-1] == '}';
}

static void
shrink(struct inliner *in, const struct css_block *block)
{
	uint32_t i, gone = 0;

	for (i = 0; i < block->count; i++)
		gone += can_go(in, in->sheet.rules[block->first + i]);
	if (gone > 0 && gone == block->count && !block->other &&
	    stands_alone(in, block->whole)) {
		cut(in, block->whole);
		return;
	}
	for (i = 0; i < block->count; i++)
		if (can_go(in, in->sheet.rules[block->first + i]))
			cut(in, in->sheet.rules[block->first + i]->whole);
}

bool
css_inline(struct buf *out, struct str html, struct err *err)
{
	struct inliner in = {.html = html};
	const struct css_block *block;

	arena_init(&in.arena, CSS_MEMORY_MAX);
	css_sheet_init(&in.sheet, &in.arena);
	collect(&in);
	in.full |= in.sheet.full;
	if (in.sheet.count > 0 && !in.full) {
		inline_rules(&in);
		for (block = in.sheet.blocks; block != NULL;
		     block = block->next)
			shrink(&in, block);
	}
	if (in.full)
		buf_str(out, html);
	else
		css_edits_apply(&in.edits, html, out);
	css_edits_release(&in.edits);
	css_sheet_release(&in.sheet);
	arena_release(&in.arena);
	if (in.full || out->full)
		return err_set(err, FAIL_LIMIT,
		    "more style rules than there is room for");
	return true;
}
