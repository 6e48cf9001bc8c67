/*
 * message_build.c - from what the author wrote to the programs that are run
 * per recipient; nothing of it is left to do then.
 *
 *   markdown -> html -> layout -> styles inlined -> UTM parameters
 *     -> text part                       (derived, unless there is one)
 *     -> preheader, clicks, pixel        (once more without the last two)
 */
#include "lib/base/arena.h"
#include "templates/html/css_inline.h"
#include "templates/html/html_scan.h"
#include "templates/html/markdown.h"
#include "templates/html/text_part.h"
#include "templates/liquid/liquid_scan.h"
#include "templates/message_parts.h"

/* What stages leave behind: sources of the parts and of snippets. */
#define STAGES_MEMORY_MAX (64U << 20)
#define STAGE_MAX         (4U << 20)

struct build {
	struct message *m;
	const struct message_source *src;
	struct message_error *error;
	struct arena memory; /* until everything is compiled */
	const char *body;    /* "html" or "markdown" */
	struct str html;     /* as far as it has come */
	struct html_rewrite rewrite;
	struct err err; /* of a snippet, or a bound that was met */
};

/* Moves a stage's result to where it lives long enough. */
static struct str
keep(struct build *b, struct buf *stage)
{
	char *p = arena_try(&b->memory, stage->n + 1);
	struct str kept = {p, stage->n};

	if (stage->full || p == NULL) {
		err_set(&b->err, FAIL_LIMIT,
		    "larger than there is room for, once prepared for "
		    "sending");
		kept = STR_NONE;
	} else {
		memcpy(p, buf_cstr(stage), stage->n + 1);
	}
	buf_release(stage);
	return kept;
}

/* ---- snippets: prepared as the part that asks for them ---- */

static bool
find_snippet(struct build *b, struct str name, struct str *source)
{
	return b->src->partial != NULL &&
	       b->src->partial(name, source, b->src->partial_arg);
}

static bool
find_any_snippet(struct str name, struct str *source, void *arg)
{
	struct build *b = arg;

	return find_snippet(b, name, source);
}

static struct str
with_utm(struct build *b, struct str html)
{
	struct buf stage;

	buf_init(&stage, STAGE_MAX);
	html_add_utm(&stage, html, &b->src->utm);
	return keep(b, &stage);
}

static struct str
as_text(struct build *b, struct str html)
{
	struct buf stage;

	buf_init(&stage, STAGE_MAX);
	text_part_with(&stage, html, find_any_snippet, b);
	return keep(b, &stage);
}

static bool
has_tags(struct str source)
{
	struct html_scan scan;
	struct html_piece piece;

	html_scan_init(&scan, source);
	while (html_scan_next(&scan, &piece))
		if (piece.kind == HTML_TAG)
			return true;
	return false;
}

static bool
snippet_as_text(struct str name, struct str *source, void *arg)
{
	struct build *b = arg;

	if (!find_snippet(b, name, source))
		return false;
	if (has_tags(*source))
		*source = str_trim(as_text(b, with_utm(b, *source)));
	return true;
}

static bool
snippet_as_html(struct str name, struct str *source, void *arg)
{
	struct build *b = arg;

	if (!find_snippet(b, name, source))
		return false;
	*source = with_utm(b, *source);
	return true;
}

/* Its links go on counting where the others stopped. */
static bool
snippet_rewritten(struct str name, struct str *source, void *arg)
{
	struct build *b = arg;
	struct html_rewrite how = b->rewrite;
	struct buf stage;
	bool ok;

	if (!snippet_as_html(name, source, arg))
		return false;
	how.preheader = STR_NONE;
	how.track_opens = false;
	buf_init(&stage, STAGE_MAX);
	ok = html_rewrite(&stage, *source, &how, &b->err);
	b->rewrite.links = how.links;
	b->rewrite.link_count = how.link_count;
	*source = keep(b, &stage);
	return ok;
}

/* ---- stages ---- */

static bool
append_body(struct buf *out, struct str mark, struct str body)
{
	struct str inner = str_sub(mark, 2, mark.n - 4);

	if (!str_starts(mark, STR("{{")) || mark.n < 4)
		return false;
	if (str_starts(inner, STR("-")))
		inner = str_from(inner, 1);
	if (str_ends(inner, STR("-")))
		inner.n--;
	if (!str_eq(str_trim(inner), STR("content")))
		return false;
	buf_str(out, body);
	return true;
}

/* The layout with the body in it. */
static bool
in_layout(struct build *b)
{
	struct str layout = b->src->layout;
	struct buf stage;
	size_t i, n;
	bool found = false;

	if (str_trim(layout).n == 0)
		return true;
	buf_init(&stage, LIQUID_SOURCE_MAX + 1);
	for (i = 0; i < layout.n; i += n) {
		n = liquid_mark(str_from(layout, i));
		if (n > 0 &&
		    append_body(&stage, str_sub(layout, i, n), b->html))
			found = true;
		else
			buf_str(&stage, str_sub(layout, i, n = n > 0 ? n : 1));
	}
	b->html = keep(b, &stage);
	return found ||
	       message_fail(b->error, "layout", "{{ content }} is missing");
}

static bool
from_markdown(struct build *b)
{
	struct buf stage;
	struct err err = {0};
	bool ok;

	buf_init(&stage, LIQUID_SOURCE_MAX + 1);
	ok = markdown_html(&stage, b->src->markdown, &err) ||
	     message_fail(b->error, "markdown", err.text);
	b->html = keep(b, &stage);
	return ok;
}

static bool
with_styles(struct build *b)
{
	struct buf stage;
	struct err err = {0};
	bool ok;

	buf_init(&stage, LIQUID_SOURCE_MAX + 1);
	ok = css_inline(&stage, b->html, &err) ||
	     message_fail(b->error, b->body, err.text);
	b->html = keep(b, &stage);
	return ok;
}

/* A stage's program.  The author's source has compiled before, so that an
 * error is of what the stages made of it and has no place there. */
static bool
compile(struct build *b, struct liquid **out, struct str source,
    enum liquid_escape escape, liquid_partial_fn *partial)
{
	const struct liquid_options options = {
	    .escape = escape,
	    .partial = b->src->partial != NULL ? partial : NULL,
	    .partial_arg = b,
	    .internal = true,
	};
	bool ok = liquid_compile_with(out, source, &options, &b->error->at);

	b->error->part = b->body;
	b->error->at.line = b->error->at.column = 0;
	if (b->err.text[0] != '\0')
		return message_fail(b->error, b->body, b->err.text);
	return ok;
}

static bool
compile_html(struct build *b, struct liquid **out, bool tracked)
{
	struct buf stage;
	struct str source;
	bool ok;

	b->rewrite.track_clicks = tracked && b->src->track_clicks;
	b->rewrite.track_opens = tracked && b->src->track_opens;
	buf_init(&stage, STAGE_MAX);
	ok = html_rewrite(&stage, b->html, &b->rewrite, &b->err);
	source = keep(b, &stage);
	if (!ok)
		return message_fail(b->error, b->body, b->err.text);
	return compile(b, out, source, LIQUID_HTML,
	    tracked ? snippet_rewritten : snippet_as_html);
}

static bool
derive_text(struct build *b)
{
	if (b->m->parts[PART_TEXT] != NULL)
		return true;
	b->m->text_is_derived = true;
	return compile(b, &b->m->parts[PART_TEXT], as_text(b, b->html),
	    LIQUID_DERIVED, snippet_as_text);
}

static bool
build_html(struct build *b)
{
	struct message *m = b->m;
	bool tracked = b->src->track_clicks || b->src->track_opens;

	if ((b->html.n == 0 && !from_markdown(b)) || !in_layout(b) ||
	    !with_styles(b))
		return false;
	b->html = with_utm(b, b->html);
	b->rewrite = (struct html_rewrite){
	    .preheader = b->src->preheader,
	    .arena = &m->memory,
	};
	if (!derive_text(b) || !compile_html(b, &m->parts[PART_HTML], tracked))
		return false;
	m->links = b->rewrite.links;
	m->link_count = b->rewrite.link_count;
	return !tracked || compile_html(b, &m->untracked, false);
}

/* ---- as written ---- */

static bool
compile_written(struct build *b, struct liquid **out, const char *part,
    struct str source, enum liquid_escape escape)
{
	const struct liquid_options options = {
	    .escape = escape,
	    .partial = b->src->partial == NULL ? NULL
		       : escape == LIQUID_HTML ? b->src->partial
					       : snippet_as_text,
	    .partial_arg =
		escape == LIQUID_HTML ? b->src->partial_arg : (void *)b,
	};

	b->error->part = part;
	return str_trim(source).n == 0 ||
	       liquid_compile_with(out, source, &options, &b->error->at);
}

static bool
compile_all_written(struct build *b)
{
	const struct message_source *src = b->src;
	struct message *m = b->m;

	m->written[0].part = b->body;
	m->written[1].part = "layout";
	if (!compile_written(b, &m->parts[PART_SUBJECT], "subject",
		src->subject, LIQUID_HEADER) ||
	    !compile_written(b, &m->parts[PART_PREHEADER], "preheader",
		src->preheader, LIQUID_TEXT) ||
	    !compile_written(b, &m->written[0].program, b->body,
		b->html.n > 0 ? b->html : src->markdown, LIQUID_HTML) ||
	    !compile_written(b, &m->written[1].program, "layout", src->layout,
		LIQUID_HTML) ||
	    !compile_written(b, &m->parts[PART_TEXT], "text", src->text,
		LIQUID_TEXT))
		return false;
	if (m->parts[PART_SUBJECT] == NULL)
		return message_fail(b->error, "subject",
		    "the subject is empty");
	if (m->written[0].program == NULL && m->parts[PART_TEXT] == NULL)
		return message_fail(b->error, "html",
		    "neither an HTML nor a text part");
	return true;
}

/* ---- what goes with it ---- */

static bool
read_object(struct build *b, struct value *out, const char *part,
    struct str json)
{
	struct err err = {0};

	*out = value_nil();
	if (str_trim(json).n == 0)
		return true;
	json = arena_dup(&b->m->memory, json);
	if (!value_from_json(out, json, &b->m->memory, &err))
		return message_fail(b->error, part, err.text);
	return out->type == VALUE_OBJECT ||
	       message_fail(b->error, part, "expected a JSON object");
}

static bool
read_translations(struct build *b)
{
	struct message *m = b->m;
	uint32_t i;

	if (!read_object(b, &m->translations, "translations",
		b->src->translations))
		return false;
	for (i = 0; i < m->translations.n; i++)
		if (m->translations.u.members[i].value.type != VALUE_OBJECT)
			return message_fail(b->error, "translations",
			    "a locale is no object of keys and texts");
	if (m->translations.n > 0)
		m->default_locale = m->translations.u.members[0].key;
	return true;
}

static bool
copy_attachments(struct build *b)
{
	const struct message_source *src = b->src;
	struct arena *memory = &b->m->memory;
	struct message_attachment *to;
	size_t i, bytes = 0;

	if (src->attachment_count > MESSAGE_ATTACHMENTS_MAX)
		return message_fail(b->error, "attachments",
		    "more than 10 attachments");
	to = ARENA_ARRAY(memory, struct message_attachment,
	    src->attachment_count);
	for (i = 0; i < src->attachment_count; i++) {
		const struct message_attachment *from = &src->attachments[i];

		bytes += from->content.n;
		if (bytes > MESSAGE_ATTACHMENT_BYTES_MAX)
			return message_fail(b->error, "attachments",
			    "larger than 2 MiB together");
		to[i] = (struct message_attachment){
		    .name = arena_dup(memory, from->name),
		    .type = arena_dup(memory, from->type),
		    .content_id = arena_dup(memory, from->content_id),
		    .content = arena_dup(memory, from->content),
		};
	}
	b->m->attachments = to;
	b->m->attachment_count = src->attachment_count;
	return true;
}

static struct message_utm
copy_utm(struct arena *a, const struct message_utm *utm)
{
	return (struct message_utm){
	    .source = arena_dup(a, utm->source),
	    .medium = arena_dup(a, utm->medium),
	    .campaign = arena_dup(a, utm->campaign),
	    .term = arena_dup(a, utm->term),
	    .content = arena_dup(a, utm->content),
	};
}

bool
message_build(struct message *m, const struct message_source *src,
    struct message_error *error)
{
	bool has_html = str_trim(src->html).n > 0;
	struct build b = {
	    .m = m,
	    .src = src,
	    .error = error,
	    .body = has_html || str_trim(src->markdown).n == 0 ? "html"
							       : "markdown",
	    .html = has_html ? src->html : STR_NONE,
	};
	bool ok;

	arena_init(&b.memory, STAGES_MEMORY_MAX);
	m->utm = copy_utm(&m->memory, &src->utm);
	m->fails_missing = src->missing == MISSING_FAIL;
	ok = compile_all_written(&b) && read_translations(&b) &&
	     (src->missing != MISSING_DEFAULT ||
		 read_object(&b, &m->defaults, "defaults", src->defaults)) &&
	     copy_attachments(&b) &&
	     (m->written[0].program == NULL || build_html(&b));
	arena_release(&b.memory);
	return ok;
}
