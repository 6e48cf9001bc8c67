/*
 * The page on which a recipient sees their lists and leaves single ones, or
 * all; takes that back; and says whether opens and clicks may be recorded.
 * Looking changes nothing.
 */
#include "api/consent.h"
#include "api/delivery_link.h"
#include "api/form.h"
#include "api/problem.h"
#include "api/public_page.h"
#include "api/routes.h"

#define BODY_MAX (4U << 10)

enum { FOUND_OFF_ALL, FOUND_TRACKING, FOUND_LISTS };

/* `state`: "ask", "done", "unclear" or "test"; r: preferences_find. */
static void
reply_state(struct request *q, int status, const char *state,
    const struct db_result *r, struct value lists)
{
	struct value_member members[] = {
	    {STR("state"), value_string(str_of(state))},
	    {STR("off_all"),
		value_bool(r != NULL && db_get_bool(r, 0, FOUND_OFF_ALL))},
	    {STR("tracking"),
		r != NULL ? value_string(db_get_text(r, 0, FOUND_TRACKING))
			  : value_nil()},
	    {STR("lists"), lists},
	};

	public_page(q, status, "preferences.html", members, ARRAY_LEN(members));
}

static void
reply_test(struct request *q)
{
	reply_state(q, 200, "test", NULL, value_nil());
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
	else if (!value_from_json(&lists, db_get_text(r, 0, FOUND_LISTS),
		     &q->arena, &err))
		BUG("lists of a contact: %s", err.text);
	else
		reply_state(q, status, state, r, lists);
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

/* One of the page's buttons: what it changes.  false: none of them. */
static bool
button(struct request *q, int64_t delivery, enum query *query,
    struct db_arg args[3], size_t *count)
{
	struct str tracking = field(q, "tracking");
	int64_t list = -1;

	args[0] = db_int(delivery);
	*count = 2;
	if (str_eq_nocase(field(q, "scope"), STR("all"))) {
		*query = Q_UNSUBSCRIBE_WRITE;
		args[1] = db_bool(true);
		args[2] = db_bool(false);
		*count = 3;
	} else if (str_to_i64(field(q, "list"), &list) && list >= 0) {
		*query = Q_PREFERENCES_LEAVE;
		args[1] = db_int(list);
	} else if (str_to_i64(field(q, "join"), &list) && list >= 0) {
		*query = Q_PREFERENCES_JOIN;
		args[1] = db_int(list);
	} else {
		*query = Q_PREFERENCES_TRACK;
		args[1] = db_bool(str_eq(tracking, STR("on")));
		return str_eq(tracking, STR("on")) ||
		       str_eq(tracking, STR("off"));
	}
	return true;
}

static void
change(struct request *q, int64_t delivery)
{
	const struct consent said = {.source = "link"};
	struct db_arg args[3];
	enum query query;
	size_t count;

	if (!button(q, delivery, &query, args, &count))
		reply_standing(q, 400, "unclear", delivery);
	else if (consent_say(q, &said) &&
		 request_run(q, query, (struct db_args){count, args}) != NULL)
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
	case LINK_DELIVERY: change(q, delivery); break;
	}
}

const struct route preferences_routes[] = {
    {METHOD_GET, "/p/{token}", preferences_show, ACCESS_NONE, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_POST, "/p/{token}", preferences_change, ACCESS_NONE, PAYLOAD_FORM,
	NULL, NULL},
    {0},
};
