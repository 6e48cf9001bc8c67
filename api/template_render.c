/*
 * A template as a recipient would get it: its parts, or with
 * "Accept: message/rfc822" the whole message.  The limits are those of
 * sending; whoever may render may also read contacts.
 */
#include "api/contacts.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/template_draft.h"
#include "lib/base/clock.h"
#include "lib/mail/address.h"

#define DEFAULTS_MAX (64U << 10)
#define MESSAGE_TYPE "message/rfc822"
/* Of the message, where nothing else is said. */
#define SAMPLE_FROM "sender@example.com"
#define SAMPLE_TO   "recipient@example.com"

/* Somebody to render for: given in the body, or a contact of ours. */
struct preview {
	struct template_draft draft;
	struct message_recipient to;
	struct str email; /* of a contact of ours */
};

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

/* Beside the template's own fields: for whom, and what about missing
 * values. */
static void
read_preview(struct body *b, struct preview *p)
{
	struct message_source *s = &p->draft.source;

	p->email = body_address(b, "email", 0);
	if (body_has(b, "contact") && body_has(b, "email"))
		body_complain(b, "email", "is given beside contact");
	read_contact(b, &p->to);
	s->missing = message_missing_of(
	    body_choice(b, "missing", 0, "empty default fail", "empty"));
	s->defaults = body_json(b, "defaults", 0, DEFAULTS_MAX);
}

static void
reply_parts(struct request *q, const struct template_draft *d,
    const struct message_rendered *r)
{
	struct json_write j;

	reply_document(q, 200, STR(""));
	json_write_init(&j, &q->reply.body);
	json_write_open(&j, '{');
	json_write_member(&j, "subject", r->subject);
	json_write_member(&j, "preheader", r->preheader);
	json_write_member(&j, "html", r->html);
	json_write_member(&j, "text", r->text);
	json_write_key(&j, "warnings");
	template_warnings(&j, d);
	json_write_close(&j, '}');
}

static bool
wants_message(const struct request *q)
{
	struct str accept = request_header(q, "Accept"), one;

	while (str_cut(&accept, ',', &one)) {
		one = str_trim(str_sub(one, 0, str_chr(one, ';')));
		if (str_eq_nocase(one, STR(MESSAGE_TYPE)))
			return true;
	}
	return false;
}

/* A recipient whom the template skips, or fails, is an answer like a
 * mistake in it: 422 with the place. */
static void
reply_message(struct request *q, const struct message *m,
    const struct message_campaign *campaign, struct message_recipient *to)
{
	struct message_error error;
	struct buf out;

	if (to->to.text[0] == '\0' &&
	    !address_parse(&to->to, STR(SAMPLE_TO), NULL))
		BUG("the sample address is refused");
	buf_init(&out, MESSAGE_MAX);
	if (message_compose(m, campaign, to, &q->arena, &out, &error))
		reply_text(q, 200, MESSAGE_TYPE, buf_view(&out));
	else
		template_complain(q, &error);
	buf_release(&out);
}

static void
render(struct request *q, struct preview *p)
{
	struct message_campaign campaign = {
	    .is_test = true,
	    .name = STR("Preview"),
	    .from_name = STR("Preview"),
	    .sender_id = STR("volley"),
	    .base_url = str_of(q->api->settings->base_url),
	    .postal_address = str_of(q->api->settings->postal_address),
	    .ring = &q->api->keyring,
	};
	struct message_rendered rendered;
	struct message_error error;
	struct message *m;

	memset(p->to.token, 'a', TOKEN_LEN); /* of nobody's delivery */
	p->to.date_us = clock_wall_us();
	if (p->to.attributes.n == 0)
		p->to.attributes = STR("{}");
	if (!address_parse(&campaign.from, STR(SAMPLE_FROM), NULL))
		BUG("the sample address is refused");
	if (!template_draft_compile(q, &p->draft, &m))
		return;
	if (wants_message(q))
		reply_message(q, m, &campaign, &p->to);
	else if (message_render(m, &campaign, &p->to, &q->arena, &rendered,
		     &error))
		reply_parts(q, &p->draft, &rendered);
	else
		template_complain(q, &error);
	message_free(m);
}

static bool
find_recipient(struct request *q, struct preview *p)
{
	return p->email.n == 0 || load_contact(q, p->email, &p->to);
}

static void
template_render(struct request *q)
{
	struct preview p = {0};
	struct body b;

	if (!template_draft_load(q, Q_TEMPLATE_PARTS, &p.draft))
		return;
	b = body_open(q);
	read_preview(&b, &p);
	if (body_close(&b) && find_recipient(q, &p) &&
	    template_draft_resolve(q, &p.draft) &&
	    template_draft_attach(q, &p.draft, true))
		render(q, &p);
}

/* For editors: the template is in the body, and is not kept. */
static void
template_try(struct request *q)
{
	struct body b = body_open(q);
	struct preview p = {0};

	template_draft_read(&b, &p.draft, 0);
	read_preview(&b, &p);
	if (body_close(&b) && find_recipient(q, &p) &&
	    template_draft_resolve(q, &p.draft))
		render(q, &p);
}

const struct route template_render_routes[] = {
    {METHOD_POST, "/v1/templates/render", template_try, ACCESS_READ,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_POST, "/v1/templates/{id}/render", template_render, ACCESS_READ,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {0},
};
