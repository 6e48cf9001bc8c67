/*
 * The link of every mail: RFC 8058 for programs, a page with buttons for
 * people.  Looking changes nothing, saying it twice is the same as once,
 * and the link never gets old.
 */
#include "api/consent.h"
#include "api/delivery_link.h"
#include "api/form.h"
#include "api/problem.h"
#include "api/public_page.h"
#include "api/routes.h"

#define BODY_MAX (4U << 10)

/* `state`: "ask", "done", "unclear" or "test". */
static void
reply_state(struct request *q, int status, const char *state,
    const struct db_result *r)
{
	bool off_lists = r != NULL && db_get_bool(r, 0, 0);
	bool off_all = r != NULL && db_get_bool(r, 0, 1);
	struct str names = r != NULL ? db_get_text(r, 0, 2) : STR_NONE;
	struct value_member members[] = {
	    {STR("state"), value_string(str_of(state))},
	    {STR("off_lists"), value_bool(off_lists || off_all)},
	    {STR("off_all"), value_bool(off_all)},
	    {STR("names"), value_string(names)},
	};

	public_page(q, status, "unsubscribe.html", members, ARRAY_LEN(members));
}

/* The page on how things stand with that delivery's recipient. */
static void
reply_standing(struct request *q, int status, const char *state,
    int64_t delivery)
{
	const struct db_result *r =
	    request_run(q, Q_UNSUBSCRIBE_FIND, DB_ARGS(db_int(delivery)));

	if (r == NULL)
		return;
	if (db_rows(r) == 0)
		delivery_link_unknown(q);
	else
		reply_state(q, status, state, r);
}

static void
unsubscribe_show(struct request *q)
{
	int64_t delivery;

	switch (delivery_link_open(q, &delivery)) {
	case LINK_UNKNOWN: delivery_link_unknown(q); break;
	case LINK_TEST: reply_state(q, 200, "test", NULL); break;
	case LINK_DELIVERY: reply_standing(q, 200, "ask", delivery); break;
	}
}

static bool
form_says(struct request *q, const char *field, const char *value)
{
	struct str said = form_field(&q->arena,
	    request_header(q, "Content-Type"), buf_view(&q->body), field);

	return str_eq_nocase(said, str_of(value));
}

static void
leave(struct request *q, int64_t delivery)
{
	bool all = form_says(q, "scope", "all");
	bool one_click = form_says(q, "List-Unsubscribe", "One-Click");

	if (!all && !one_click && !form_says(q, "scope", "list"))
		reply_standing(q, 400, "unclear", delivery);
	else if (consent_say(q, &(struct consent){.source = "link"}) &&
		 request_run(q, Q_UNSUBSCRIBE_WRITE,
		     DB_ARGS(db_int(delivery), db_bool(all),
			 db_bool(one_click))) != NULL)
		reply_standing(q, 200, "done", delivery);
}

static void
unsubscribe_act(struct request *q)
{
	int64_t delivery;

	if (q->body.n > BODY_MAX) {
		problem(q, 413, "the body is longer than %u bytes", BODY_MAX);
		return;
	}
	switch (delivery_link_open(q, &delivery)) {
	case LINK_UNKNOWN: delivery_link_unknown(q); break;
	case LINK_TEST: reply_state(q, 200, "test", NULL); break;
	case LINK_DELIVERY: leave(q, delivery); break;
	}
}

const struct route unsubscribe_routes[] = {
    {METHOD_GET, "/u/{token}", unsubscribe_show, ACCESS_NONE, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_POST, "/u/{token}", unsubscribe_act, ACCESS_NONE, PAYLOAD_FORM,
	NULL, NULL},
    {0},
};
