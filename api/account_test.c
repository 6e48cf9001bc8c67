#include "api/body.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/tasks.h"

/* What the request says of the message that is to be read back. */
struct self_test {
	bool only_login;
	int64_t mailbox; /* 0: the account's own */
	struct str to, from;
};

enum { PLAN_MAILBOX = 0, PLAN_PROTOCOL, PLAN_TO, PLAN_FROM, PLAN_RETURN_PATH };

static bool
read_self_test(struct request *q, struct self_test *t)
{
	struct body b = body_open(q);

	t->mailbox = body_int(&b, "mailbox_id", BODY_NULL, 1, INT64_MAX, 0);
	t->only_login = body_is_null(&b, "mailbox_id");
	t->to = body_address(&b, "to", 0);
	t->from = body_address(&b, "from", 0);
	return body_close(&b);
}

/* Whether a message can be sent and read back; false: it was answered. */
static bool
check_plan(struct request *q, const struct self_test *t,
    const struct db_result *plan)
{
	bool found = !db_is_null(plan, 0, PLAN_MAILBOX);
	bool asked = t->mailbox != 0 || t->to.p != NULL || t->from.p != NULL;

	if (!found && asked)
		problem_field(q, "mailbox_id",
		    t->mailbox != 0 ? "there is no such mailbox"
				    : "is required: no mailbox has the "
				      "account's user name");
	else if (found &&
		 !str_eq(db_get_text(plan, 0, PLAN_PROTOCOL), STR("imap")))
		problem_field(q, "mailbox_id", "has to be read by IMAP");
	else if (found && db_is_null(plan, 0, PLAN_TO))
		problem_field(q, "to",
		    "is required: the mailbox's user name is no address");
	return q->reply.status == 0;
}

static void
account_test(struct request *q)
{
	struct self_test t;
	const struct db_result *plan;

	if (!read_self_test(q, &t))
		return;
	plan = request_one(q, Q_SELF_TEST_PLAN,
	    DB_ARGS(db_int(q->id), db_int_or_null(t.mailbox, t.mailbox != 0),
		db_text_or_null(t.to), db_text_or_null(t.from)));
	if (plan == NULL || (!t.only_login && !check_plan(q, &t, plan)))
		return;
	if (t.only_login || db_is_null(plan, 0, PLAN_MAILBOX))
		task_test_account(q, q->id);
	else
		task_self_test(q,
		    DB_ARGS(db_int(q->id),
			db_int(db_get_int(plan, 0, PLAN_MAILBOX)),
			db_text(db_get_text(plan, 0, PLAN_TO)),
			db_text(db_get_text(plan, 0, PLAN_FROM)),
			db_text(db_get_text(plan, 0, PLAN_RETURN_PATH))));
}

const struct route account_test_routes[] = {
    {METHOD_POST, "/v1/accounts/{id}/test", account_test, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {0},
};
