#include "api/body.h"
#include "api/contacts.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "lib/base/clock.h"
#include "lib/base/json_write.h"
#include "lib/mail/address.h"
#include "templates/message.h"

#define NAME_MAX_BYTES 200
#define LINE_MAX_BYTES 2000

struct parts {
	struct str name;
	struct message_source source;
};

static void
reply_template(struct request *q, int status, int64_t id)
{
	const struct db_result *row =
	    request_one(q, Q_TEMPLATE_DOCUMENT, DB_ARGS(db_int(id)));

	if (row == NULL)
		return;
	reply_row(q, status, row);
	if (status == 201)
		reply_header(q, "Location", "/v1/templates/%lld",
		    (long long)id);
}

/* What the body says, over what is there already. */
static bool
read_parts(struct request *q, struct parts *p, unsigned presence)
{
	struct body b = body_open(q);
	const struct {
		const char *field;
		struct str *out;
		unsigned flags;
		size_t max;
	} fields[] = {
	    {"name", &p->name, presence | BODY_LINE, NAME_MAX_BYTES},
	    {"subject", &p->source.subject, presence | BODY_LINE,
		LINE_MAX_BYTES},
	    {"preheader", &p->source.preheader, BODY_LINE, LINE_MAX_BYTES},
	    {"html", &p->source.html, 0, LIQUID_SOURCE_MAX},
	    {"text", &p->source.text, 0, LIQUID_SOURCE_MAX},
	};
	struct str value;
	size_t i;

	for (i = 0; i < ARRAY_LEN(fields); i++) {
		value = body_text(&b, fields[i].field, fields[i].flags,
		    fields[i].max);
		if (value.p != NULL)
			*fields[i].out = value;
	}
	if (b.complaints == 0 && p->source.html.n == 0 && p->source.text.n == 0)
		body_complain(&b, "html", "html or text is required");
	return body_close(&b);
}

static void
complain_place(struct request *q, const struct message_error *error)
{
	problem_place(q, error->part, error->at.line, error->at.column,
	    error->at.text);
}

/* A template that does not compile is not kept. */
static bool
compiles(struct request *q, const struct parts *p, struct message **out)
{
	struct message_error error;

	if (message_compile(out, &p->source, &error))
		return true;
	complain_place(q, &error);
	return false;
}

static bool
is_right(struct request *q, const struct parts *p)
{
	struct message *m;

	if (!compiles(q, p, &m))
		return false;
	message_free(m);
	return true;
}

static void
template_create(struct request *q)
{
	const struct db_result *row;
	struct parts p = {0};

	if (!read_parts(q, &p, BODY_REQUIRED) || !is_right(q, &p))
		return;
	row = request_one(q, Q_TEMPLATE_INSERT,
	    DB_ARGS(db_text(p.name), db_text(p.source.subject),
		db_text(p.source.preheader), db_text(p.source.html),
		db_text(p.source.text)));
	if (row != NULL)
		reply_template(q, 201, db_get_int(row, 0, 0));
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
	reply_template(q, 200, q->id);
}

static bool
load_parts(struct request *q, enum query query, struct parts *p)
{
	const struct db_result *r =
	    request_one(q, query, DB_ARGS(db_int(q->id)));

	if (r == NULL)
		return false;
	p->name = db_get_text(r, 0, 0);
	p->source.subject = db_get_text(r, 0, 1);
	p->source.preheader = db_get_text(r, 0, 2);
	p->source.html = db_get_text(r, 0, 3);
	p->source.text = db_get_text(r, 0, 4);
	return true;
}

static void
store_parts(struct request *q, const struct parts *p)
{
	if (is_right(q, p) &&
	    request_one(q, Q_TEMPLATE_UPDATE,
		DB_ARGS(db_int(q->id), db_text(p->name),
		    db_text(p->source.subject), db_text(p->source.preheader),
		    db_text(p->source.html), db_text(p->source.text))) != NULL)
		reply_template(q, 200, q->id);
}

static void
template_replace(struct request *q)
{
	struct parts p = {0};

	if (read_parts(q, &p, BODY_REQUIRED))
		store_parts(q, &p);
}

static void
template_change(struct request *q)
{
	struct parts p;

	if (load_parts(q, Q_TEMPLATE_PARTS_HELD, &p) &&
	    read_parts(q, &p, BODY_FILLED))
		store_parts(q, &p);
}

static void
template_remove(struct request *q)
{
	if (request_one(q, Q_TEMPLATE_DELETE, DB_ARGS(db_int(q->id))) != NULL)
		reply_empty(q, 204);
}

/* Somebody to render for: given in the body, or a contact of ours. */
static void
read_contact(struct body *outer, struct message_recipient *to)
{
	struct body b = body_object(outer, "contact", 0);
	struct str email = body_address(&b, "email", 0);

	to->name = body_text(&b, "name", BODY_LINE, CONTACT_NAME_MAX);
	to->attributes = body_json(&b, "attributes", 0, CONTACT_ATTRIBUTES_MAX);
	if (email.n > 0 && !address_parse(&to->to, email, NULL))
		BUG("an address that was taken is refused");
	body_end(&b, outer);
}

static bool
load_contact(struct request *q, struct str email, struct message_recipient *to)
{
	const struct db_result *r;
	struct address address;

	if (!address_parse(&address, email, NULL))
		BUG("an address that was taken is refused");
	r = request_run(q, Q_TEMPLATE_CONTACT,
	    DB_ARGS(db_text(address_key(&address))));
	if (r == NULL)
		return false;
	if (db_rows(r) == 0) {
		problem_field(q, "email", "there is no such contact");
		return false;
	}
	to->name = db_get_text(r, 0, 1);
	to->attributes = db_get_text(r, 0, 2);
	return address_parse(&to->to, db_get_text(r, 0, 0), NULL);
}

static bool
read_recipient(struct request *q, struct message_recipient *to)
{
	struct body b = body_open(q);
	struct str email = body_address(&b, "email", 0);

	if (body_has(&b, "contact") && body_has(&b, "email"))
		body_complain(&b, "email", "is given beside contact");
	read_contact(&b, to);
	if (!body_close(&b))
		return false;
	return email.n == 0 || load_contact(q, email, to);
}

static void
reply_rendered(struct request *q, const struct message_rendered *r)
{
	struct json_write j;

	reply_document(q, 200, STR(""));
	json_write_init(&j, &q->reply.body);
	json_write_open(&j, '{');
	json_write_member(&j, "subject", r->subject);
	json_write_member(&j, "preheader", r->preheader);
	json_write_member(&j, "html", r->html);
	json_write_member(&j, "text", r->text);
	json_write_close(&j, '}');
}

static void
template_render(struct request *q)
{
	struct message_recipient to = {.date_us = clock_wall_us(),
	    .attributes = STR("{}")};
	struct message_campaign campaign = {.is_test = true,
	    .name = STR("Preview"),
	    .base_url = str_of(q->api->settings->base_url)};
	struct message_rendered rendered;
	struct message_error error;
	struct parts p;
	struct message *m;

	memset(to.token, 'a', TOKEN_LEN); /* of nobody's delivery */
	if (!load_parts(q, Q_TEMPLATE_PARTS, &p) || !read_recipient(q, &to) ||
	    !compiles(q, &p, &m))
		return;
	if (to.attributes.n == 0)
		to.attributes = STR("{}");
	if (message_render(m, &campaign, &to, &q->arena, &rendered, &error))
		reply_rendered(q, &rendered);
	else
		complain_place(q, &error);
	message_free(m);
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
    {METHOD_POST, "/v1/templates/{id}/render", template_render, ACCESS_READ,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {0},
};
