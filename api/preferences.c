/*
 * The page on which a recipient sees their lists and leaves single ones, or
 * all.  Looking changes nothing.
 */
#include "api/delivery_link.h"
#include "api/form.h"
#include "api/problem.h"
#include "api/public_page.h"
#include "api/routes.h"

#define BODY_MAX (4U << 10)

/* `state`: "ask", "done", "unclear" or "test". */
static void
reply_state(struct request *q, int status, const char *state, bool off_all,
    struct value lists)
{
	struct value_member members[] = {
	    {STR("state"), value_string(str_of(state))},
	    {STR("off_all"), value_bool(off_all)},
	    {STR("lists"), lists},
	};

	public_page(q, status, "preferences.html", members, ARRAY_LEN(members));
}

static void
reply_test(struct request *q)
{
	reply_state(q, 200, "test", false, value_nil());
}

static void
reply_standing(struct request *q, int status, const char *state,
    int64_t delivery)
{
	const struct db_result *r =
	    request_run(q, Q_PREFERENCES_FIND, DB_ARGS(db_int(delivery)));
	struct value lists;
	struct err err;

	if (r == NULL)
		return;
	if (db_rows(r) == 0)
		delivery_link_unknown(q);
	else if (!value_from_json(&lists, db_get_text(r, 0, 1), &q->arena,
		     &err))
		BUG("lists of a contact: %s", err.text);
	else
		reply_state(q, status, state, db_get_bool(r, 0, 0), lists);
}

static void
preferences_show(struct request *q)
{
	int64_t delivery;

	switch (delivery_link_open(q, &delivery)) {
	case LINK_UNKNOWN: delivery_link_unknown(q); break;
	case LINK_TEST: reply_test(q); break;
	case LINK_DELIVERY: reply_standing(q, 200, "ask", delivery); break;
	}
}

static struct str
field(struct request *q, const char *name)
{
	return form_field(&q->arena, request_header(q, "Content-Type"),
	    buf_view(&q->body), name);
}

static void
leave(struct request *q, int64_t delivery)
{
	bool all = str_eq_nocase(field(q, "scope"), STR("all"));
	const struct db_result *r;
	int64_t list = -1;

	if (!all && (!str_to_i64(field(q, "list"), &list) || list < 0)) {
		reply_standing(q, 400, "unclear", delivery);
		return;
	}
	if (all)
		r = request_run(q, Q_UNSUBSCRIBE_WRITE,
		    DB_ARGS(db_int(delivery), db_bool(true), db_bool(false)));
	else
		r = request_run(q, Q_PREFERENCES_LEAVE,
		    DB_ARGS(db_int(delivery), db_int(list)));
	if (r != NULL)
		reply_standing(q, 200, "done", delivery);
}

static void
preferences_change(struct request *q)
{
	int64_t delivery;

	if (q->body.n > BODY_MAX) {
		problem(q, 413, "the body is longer than %u bytes", BODY_MAX);
		return;
	}
	switch (delivery_link_open(q, &delivery)) {
	case LINK_UNKNOWN: delivery_link_unknown(q); break;
	case LINK_TEST: reply_test(q); break;
	case LINK_DELIVERY: leave(q, delivery); break;
	}
}

const struct route preferences_routes[] = {
    {METHOD_GET, "/p/{token}", preferences_show, ACCESS_NONE, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_POST, "/p/{token}", preferences_change, ACCESS_NONE, PAYLOAD_FORM,
	NULL, NULL},
    {0},
};
