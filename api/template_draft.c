#include "api/template_draft.h"

#include "api/problem.h"
#include "templates/lint.h"

#define NAME_MAX_BYTES   200
#define LINE_MAX_BYTES   2000
#define TRANSLATIONS_MAX (256U << 10)

static void
read_translations(struct body *b, struct template_draft *d)
{
	struct str json =
	    body_json(b, "translations", BODY_NULL, TRANSLATIONS_MAX);

	if (json.p != NULL)
		d->source.translations = json;
	else if (body_is_null(b, "translations"))
		d->source.translations = STR_NONE;
}

static void
check_body(struct body *b, const struct message_source *s)
{
	if (b->complaints > 0)
		return;
	if (s->html.n > 0 && s->markdown.n > 0)
		body_complain(b, "markdown",
		    "is given beside html: one of them is the body");
	else if (s->html.n + s->markdown.n + s->text.n == 0)
		body_complain(b, "html", "html, markdown or text is required");
}

void
template_draft_read(struct body *b, struct template_draft *d, unsigned presence)
{
	struct message_source *s = &d->source;
	const struct {
		const char *field;
		struct str *out;
		unsigned flags;
		size_t max;
	} fields[] = {
	    {"name", &d->name, presence | BODY_LINE, NAME_MAX_BYTES},
	    {"subject", &s->subject, presence | BODY_LINE, LINE_MAX_BYTES},
	    {"preheader", &s->preheader, BODY_LINE, LINE_MAX_BYTES},
	    {"html", &s->html, 0, LIQUID_SOURCE_MAX},
	    {"text", &s->text, 0, LIQUID_SOURCE_MAX},
	    {"markdown", &s->markdown, 0, LIQUID_SOURCE_MAX},
	    {"layout", &d->layout, BODY_NULL | BODY_LINE, SNIPPET_NAME_MAX},
	};
	struct str value;
	size_t i;

	for (i = 0; i < ARRAY_LEN(fields); i++) {
		value = body_text(b, fields[i].field, fields[i].flags,
		    fields[i].max);
		if (value.p != NULL)
			*fields[i].out = value;
	}
	if (body_is_null(b, "layout"))
		d->layout = STR("");
	read_translations(b, d);
	check_body(b, s);
}

bool
template_draft_load(struct request *q, enum query query,
    struct template_draft *d)
{
	const struct db_result *r =
	    request_one(q, query, DB_ARGS(db_int(q->id)));

	if (r == NULL)
		return false;
	*d = (struct template_draft){
	    .name = db_get_text(r, 0, 0),
	    .layout = db_get_text(r, 0, 6),
	    .source =
		{
		    .subject = db_get_text(r, 0, 1),
		    .preheader = db_get_text(r, 0, 2),
		    .html = db_get_text(r, 0, 3),
		    .text = db_get_text(r, 0, 4),
		    .markdown = db_get_text(r, 0, 5),
		    .translations = db_get_text(r, 0, 7),
		},
	};
	if (str_eq(d->source.translations, STR("{}")))
		d->source.translations = STR_NONE;
	return true;
}

bool
template_snippets(struct request *q, struct message_snippets *out)
{
	const struct db_result *r = request_run(q, Q_SNIPPET_ALL, DB_NO_ARGS);
	struct message_snippet *at;
	int i, n;

	if (r == NULL)
		return false;
	n = db_rows(r);
	/* One more: a new snippet is tried among the others. */
	at = ARENA_ARRAY(&q->arena, struct message_snippet, (size_t)n + 1);
	for (i = 0; i < n; i++)
		at[i] = (struct message_snippet){
		    .name = db_get_text(r, i, 0),
		    .html = db_get_text(r, i, 1),
		};
	*out = (struct message_snippets){at, (size_t)n};
	return true;
}

bool
template_draft_resolve(struct request *q, struct template_draft *d)
{
	if (!template_snippets(q, &d->snippets))
		return false;
	d->source.layout = STR_NONE;
	if (d->layout.n == 0 ||
	    message_snippet_find(d->layout, &d->source.layout, &d->snippets))
		return true;
	problem_field(q, "layout", "there is no snippet \"%.*s\"",
	    STR_ARG(d->layout));
	return false;
}

bool
template_draft_attach(struct request *q, struct template_draft *d,
    bool with_content)
{
	const struct db_result *r = request_run(q, Q_ATTACHMENT_ALL,
	    DB_ARGS(db_int(q->id), db_bool(with_content)));
	struct message_attachment *at;
	int i, n;

	if (r == NULL)
		return false;
	n = db_rows(r);
	at = ARENA_ARRAY(&q->arena, struct message_attachment, (size_t)n + 1);
	for (i = 0; i < n; i++)
		at[i] = (struct message_attachment){
		    .name = db_get_text(r, i, 0),
		    .type = db_get_text(r, i, 1),
		    .content_id = db_get_text(r, i, 2),
		    .content = db_get_bytes(r, i, 3, &q->arena),
		};
	d->source.attachments = at;
	d->source.attachment_count = (size_t)n;
	return true;
}

void
template_complain(struct request *q, const struct message_error *error)
{
	char detail[sizeof(error->at.text) + 16];

	snprintf(detail, sizeof(detail), "%s%s",
	    error->at.aborted ? "skipped: " : "", error->at.text);
	if (error->at.line > 0)
		problem_place(q, error->part, error->at.line, error->at.column,
		    detail);
	else
		problem_field(q, error->part, "%s", detail);
}

/* The source with its snippets: they have to outlive it. */
static struct message_source
whole_source(const struct template_draft *d, struct message_snippets *snippets)
{
	struct message_source s = d->source;

	*snippets = d->snippets;
	s.partial = message_snippet_find;
	s.partial_arg = snippets;
	return s;
}

bool
template_draft_compile(struct request *q, const struct template_draft *d,
    struct message **out)
{
	struct message_snippets snippets;
	const struct message_source source = whole_source(d, &snippets);
	struct message_error error;

	if (message_compile(out, &source, &error))
		return true;
	template_complain(q, &error);
	return false;
}

static void
write_warning(const struct lint_warning *w, void *arg)
{
	struct json_write *j = arg;

	json_write_open(j, '{');
	json_write_member(j, "rule", str_of(w->rule));
	json_write_member(j, "part", str_of(w->part));
	json_write_key(j, "line");
	json_write_int(j, w->line);
	json_write_key(j, "column");
	json_write_int(j, w->column);
	json_write_member(j, "text", str_of(w->text));
	json_write_close(j, '}');
}

void
template_warnings(struct json_write *j, const struct template_draft *d)
{
	struct message_snippets snippets;
	const struct message_source source = whole_source(d, &snippets);

	json_write_open(j, '[');
	lint_message(&source, write_warning, j);
	json_write_close(j, ']');
}
