#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/template_draft.h"

/* The document as it is stored, and what is unwise about it. */
static void
reply_template(struct request *q, int status)
{
	const struct db_result *row;
	struct template_draft d;
	struct json_write j;
	struct buf *out = &q->reply.body;
	struct str document;

	row = request_one(q, Q_TEMPLATE_DOCUMENT, DB_ARGS(db_int(q->id)));
	if (row == NULL || !template_draft_load(q, Q_TEMPLATE_PARTS, &d) ||
	    !template_snippets(q, &d.snippets) ||
	    !template_draft_attach(q, &d, false))
		return;
	if (d.layout.n > 0)
		(void)message_snippet_find(d.layout, &d.source.layout,
		    &d.snippets);
	document = db_get_text(row, 0, 0);
	reply_document(q, status, str_sub(document, 0, document.n - 1));
	buf_puts(out, ",\"warnings\":");
	json_write_init(&j, out);
	template_warnings(&j, &d);
	buf_char(out, '}');
	if (status == 201)
		reply_header(q, "Location", "/v1/templates/%lld",
		    (long long)q->id);
}

static bool
read_draft(struct request *q, struct template_draft *d, unsigned presence)
{
	struct body b = body_open(q);

	template_draft_read(&b, d, presence);
	return body_close(&b);
}

/* A template that does not compile is not kept. */
static bool
is_right(struct request *q, struct template_draft *d)
{
	struct message *m;

	if (!template_draft_resolve(q, d) || !template_draft_compile(q, d, &m))
		return false;
	message_free(m);
	return true;
}

static struct str
translations_of(const struct template_draft *d)
{
	return d->source.translations.n > 0 ? d->source.translations
					    : STR("{}");
}

static void
template_create(struct request *q)
{
	const struct db_result *row;
	struct template_draft d = {0};
	const struct message_source *s = &d.source;

	if (!read_draft(q, &d, BODY_REQUIRED) || !is_right(q, &d))
		return;
	row = request_one(q, Q_TEMPLATE_INSERT,
	    DB_ARGS(db_text(d.name), db_text(s->subject), db_text(s->preheader),
		db_text(s->html), db_text(s->text), db_text(s->markdown),
		db_text(d.layout), db_text(translations_of(&d))));
	if (row == NULL)
		return;
	q->id = db_get_int(row, 0, 0);
	reply_template(q, 201);
}

static void
template_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_TEMPLATE_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
template_show(struct request *q)
{
	reply_template(q, 200);
}

static void
store(struct request *q, struct template_draft *d)
{
	const struct message_source *s = &d->source;

	if (is_right(q, d) &&
	    request_one(q, Q_TEMPLATE_UPDATE,
		DB_ARGS(db_int(q->id), db_text(d->name), db_text(s->subject),
		    db_text(s->preheader), db_text(s->html), db_text(s->text),
		    db_text(s->markdown), db_text(d->layout),
		    db_text(translations_of(d)))) != NULL)
		reply_template(q, 200);
}

static void
template_replace(struct request *q)
{
	struct template_draft d = {0};

	if (read_draft(q, &d, BODY_REQUIRED))
		store(q, &d);
}

static void
template_change(struct request *q)
{
	struct template_draft d;

	if (template_draft_load(q, Q_TEMPLATE_PARTS_HELD, &d) &&
	    read_draft(q, &d, BODY_FILLED))
		store(q, &d);
}

static void
template_remove(struct request *q)
{
	if (request_one(q, Q_TEMPLATE_DELETE, DB_ARGS(db_int(q->id))) != NULL)
		reply_empty(q, 204);
}

const struct route template_routes[] = {
    {METHOD_POST, "/v1/templates", template_create, ACCESS_WRITE, PAYLOAD_JSON,
	NULL, NULL},
    {METHOD_GET, "/v1/templates", template_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_GET, "/v1/templates/{id}", template_show, ACCESS_READ, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_PUT, "/v1/templates/{id}", template_replace, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_PATCH, "/v1/templates/{id}", template_change, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_DELETE, "/v1/templates/{id}", template_remove, ACCESS_WRITE,
	PAYLOAD_NONE, NULL, NULL},
    {0},
};
