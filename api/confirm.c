/*
 * The link of a mail that asks for a confirmation: a page with a button.
 * Looking changes nothing, so that no scanner confirms; the link works for
 * seven days, and once it was used it only says so.
 */
#include "api/consent.h"
#include "api/delivery_link.h"
#include "api/page_text.h"
#include "api/public_page.h"
#include "api/routes.h"

enum { CONFIRM_LIST, CONFIRM_STATE, CONFIRM_FORM, CONFIRM_TEXT };

struct confirm {
	struct page_text words;
	int64_t delivery;
	struct str list, state, form, statement;
};

static void
reply_page(struct request *q, int status, const struct confirm *c)
{
	struct value_member members[] = {
	    {STR("state"), value_string(c->state)},
	    {STR("lang"), value_string(c->words.lang)},
	    {STR("t"), c->words.text},
	    {STR("list"), value_string(c->list)},
	    {STR("statement"), value_string(c->statement)},
	    {STR("form"), c->form.n > 0 ? value_string(c->form) : value_nil()},
	};

	public_page(q, status, "confirm.html", members, ARRAY_LEN(members));
}

/* How things stand; false: answered. */
static bool
find(struct request *q, struct confirm *c)
{
	const struct db_result *r;

	*c = (struct confirm){.words = page_text_for(q)};
	switch (delivery_link_open(q, &c->delivery)) {
	case LINK_UNKNOWN: delivery_link_unknown(q); return false;
	case LINK_TEST:
		c->state = STR("test");
		reply_page(q, 200, c);
		return false;
	case LINK_DELIVERY: break;
	}
	r = request_run(q, Q_CONFIRMATION_FIND, DB_ARGS(db_int(c->delivery)));
	if (r == NULL)
		return false;
	if (db_rows(r) == 0) {
		delivery_link_unknown(q);
		return false;
	}
	c->list = db_get_text(r, 0, CONFIRM_LIST);
	c->state = db_get_text(r, 0, CONFIRM_STATE);
	c->form = db_get_text(r, 0, CONFIRM_FORM);
	c->statement = page_text_statement(q, &c->words, c->list,
	    db_get_text(r, 0, CONFIRM_TEXT));
	return true;
}

static int
status_of(const struct confirm *c)
{
	return str_eq(c->state, STR("old")) ? 410 : 200;
}

static void
confirm_show(struct request *q)
{
	struct confirm c;

	if (find(q, &c))
		reply_page(q, status_of(&c), &c);
}

static void
confirm_act(struct request *q)
{
	struct confirm c;

	if (!find(q, &c))
		return;
	if (str_eq(c.state, STR("open"))) {
		if (!consent_say(q, &(struct consent){.source = "confirm",
					.method = "double",
					.text = c.statement}) ||
		    request_run(q, Q_CONFIRMATION_CONFIRM,
			DB_ARGS(db_int(c.delivery))) == NULL)
			return;
		c.state = STR("done");
	}
	reply_page(q, status_of(&c), &c);
}

const struct route confirm_routes[] = {
    {METHOD_GET, "/confirm/{token}", confirm_show, ACCESS_NONE, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_POST, "/confirm/{token}", confirm_act, ACCESS_NONE, PAYLOAD_FORM,
	NULL, NULL},
    {0},
};
