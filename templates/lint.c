#include "templates/lint.h"

#include "templates/html/markdown.h"
#include "templates/lint_report.h"
#include "templates/liquid/liquid_program.h"
#include "templates/liquid/liquid_scan.h"
#include "templates/message_parts.h"

#include <stdarg.h>
#include <unistr.h>

/* Where it stands in what the author wrote. */
static void
locate(const struct lint *l, struct str where, struct lint_warning *warning)
{
	struct liquid_error at = {0};
	struct str source = l->source;
	size_t offset;

	if (where.n == 0 && (where.p == NULL || l->original.n > 0))
		return;
	offset = (size_t)(where.p - source.p);
	if (l->original.n > 0) {
		source = l->original;
		offset = str_find(source, where);
		if (offset == STR_NOWHERE)
			return;
	}
	liquid_position(&at, source, offset);
	warning->line = at.line;
	warning->column = at.column;
}

void
lint_warn(struct lint *l, const char *rule, struct str where, const char *fmt,
    ...)
{
	struct lint_warning warning = {.rule = rule, .part = l->part};
	va_list ap;

	if (l->count++ >= LINT_WARNINGS_MAX)
		return;
	locate(l, where, &warning);
	va_start(ap, fmt);
	vsnprintf(warning.text, sizeof(warning.text), fmt, ap);
	va_end(ap);
	l->fn(&warning, l->arg);
}

static void
look_at(struct lint *l, const char *part, struct str source)
{
	l->part = part;
	l->source = source;
	l->original = STR_NONE;
}

/* ---- subject ---- */

/* What the template itself says, without its Liquid. */
static struct str
fixed_text(struct str source, struct buf *out)
{
	size_t i, n;

	for (i = 0; i < source.n; i += n) {
		n = liquid_mark(str_from(source, i));
		if (n > 0)
			continue;
		n = 1;
		buf_char(out, source.p[i]);
	}
	return str_trim(buf_view(out));
}

static bool
shouts(struct str s)
{
	size_t i, letters = 0;

	for (i = 0; i < s.n; i++) {
		if ((s.p[i] >= 'a' && s.p[i] <= 'z') ||
		    (unsigned char)s.p[i] >= 0x80)
			return false;
		letters += s.p[i] >= 'A' && s.p[i] <= 'Z';
	}
	return letters >= 8;
}

static void
lint_subject(struct lint *l, struct str subject)
{
	static const char *const replies[] = {"re:", "fwd:", "fw:"};
	struct buf text;
	struct str s;
	size_t i, n;

	look_at(l, "subject", subject);
	buf_init(&text, LIQUID_SOURCE_MAX);
	s = fixed_text(subject, &text);
	for (i = 0; i < ARRAY_LEN(replies); i++)
		if (str_starts_nocase(s, str_of(replies[i])))
			lint_warn(l, "subject-reply-prefix", STR_NONE,
			    "\"%s\" pretends an answer; filters and readers "
			    "take it amiss",
			    replies[i]);
	n = u8_mbsnlen((const uint8_t *)s.p, s.n);
	if (n > LINT_SUBJECT_MAX)
		lint_warn(l, "subject-length", STR_NONE,
		    "%zu letters: most clients show 40 to 70", n);
	if (shouts(s))
		lint_warn(l, "subject-capitals", STR_NONE,
		    "capitals only: filters and readers take it for shouting");
	buf_release(&text);
}

/* ---- what every mail has to have ---- */

struct needs {
	bool unsubscribe, address;
};

static void
note_name(struct str path, void *arg)
{
	struct needs *n = arg;

	if (str_eq(path, STR("unsubscribe_url")) ||
	    str_eq(path, STR("preferences_url")) ||
	    str_eq(path, STR("confirm_url"))) /* nobody is on the list yet */
		n->unsubscribe = true;
	if (str_eq(path, STR("postal_address")))
		n->address = true;
	if (str_eq(path, STR("*"))) /* it may be any name */
		n->unsubscribe = n->address = true;
}

/* Bytes that all recipients get, and whether <address> is among them. */
static size_t
fixed_bytes(const struct liquid *program, bool *address)
{
	size_t i, n = 0;

	for (i = 0; i < program->op_count; i++) {
		const struct liquid_op *op = &program->ops[i];

		if (op->code != OP_TEXT)
			continue;
		n += op->u.text.n;
		if (str_find_nocase(op->u.text, STR("<address")) != STR_NOWHERE)
			*address = true;
	}
	return n;
}

/* Of the message as it is sent: snippets, layout and styles are in. */
static void
lint_whole(struct lint *l, const struct message *m)
{
	struct needs found = {false, false};
	const struct liquid *html = m->parts[PART_HTML];
	size_t n;

	message_names(m, note_name, &found);
	if (html != NULL) {
		n = fixed_bytes(html, &found.address);
		if (n > LINT_CLIP_BYTES)
			lint_warn(l, "gmail-clip", STR_NONE,
			    "%zu bytes of HTML, merge values not counted: "
			    "Gmail shows the first %d and hides the rest",
			    n, LINT_CLIP_BYTES);
	}
	if (!found.unsubscribe)
		lint_warn(l, "missing-unsubscribe", STR_NONE,
		    "no link to leave: write {{ unsubscribe_url }} or "
		    "{{ preferences_url }}");
	if (!found.address)
		lint_warn(l, "missing-postal-address", STR_NONE,
		    "no {{ postal_address }} and no <address>: put the "
		    "sender's postal address into one of them");
}

static void
lint_markdown(struct lint *l, struct str markdown, bool outermost)
{
	struct buf html;
	struct err err;

	buf_init(&html, MARKDOWN_HTML_MAX);
	if (markdown_html(&html, markdown, &err)) {
		look_at(l, "markdown", buf_view(&html));
		l->original = markdown;
		lint_html(l, outermost);
	}
	look_at(l, "markdown", markdown);
	buf_release(&html);
}

/* What compiled once need not for ever: a snippet may be gone. */
static void
warn_broken(struct lint *l, const struct message_error *error)
{
	struct lint_warning warning = {
	    .rule = "broken-template",
	    .part = error->part,
	    .line = error->at.line,
	    .column = error->at.column,
	};

	if (l->count++ >= LINT_WARNINGS_MAX)
		return;
	snprintf(warning.text, sizeof(warning.text), "%s", error->at.text);
	l->fn(&warning, l->arg);
}

void
lint_message(const struct message_source *source, lint_fn *fn, void *arg)
{
	struct lint l = {.fn = fn, .arg = arg};
	bool bare = str_trim(source->layout).n == 0;
	struct message_error error;
	struct message *m;

	lint_subject(&l, source->subject);
	if (!bare) {
		look_at(&l, "layout", source->layout);
		lint_html(&l, true);
	}
	if (str_trim(source->html).n > 0) {
		look_at(&l, "html", source->html);
		lint_html(&l, bare);
	} else if (str_trim(source->markdown).n > 0) {
		lint_markdown(&l, source->markdown, bare);
	} else {
		look_at(&l, "text", source->text);
	}
	if (!message_compile(&m, source, &error)) {
		warn_broken(&l, &error);
		return;
	}
	lint_whole(&l, m);
	message_free(m);
}
