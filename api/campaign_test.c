#include "api/body.h"
#include "api/campaigns.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/tasks.h"
#include "lib/mail/address.h"

#define TO_MAX 10

/* Addresses as they go on the wire, and the keys by which they are known. */
struct recipients {
	size_t n;
	struct str text[TO_MAX], key[TO_MAX];
};

static void
read_address(struct body *b, struct recipients *to, struct str text)
{
	struct arena *a = &b->q->arena;
	struct address address;
	struct err err;

	if (!address_parse(&address, text, &err)) {
		body_complain(b, "to", "item %zu is no mail address: %s",
		    to->n + 1, err.text);
		return;
	}
	to->text[to->n] = arena_dup(a, address_text(&address));
	to->key[to->n++] = arena_dup(a, address_key(&address));
}

static bool
read_recipients(struct request *q, struct recipients *to)
{
	struct body b = body_open(q);
	const struct str *texts;
	size_t i, n;

	texts = body_texts(&b, "to", BODY_REQUIRED, ADDRESS_MAX, &n);
	if (n > TO_MAX)
		body_complain(&b, "to", "has more than %d addresses", TO_MAX);
	for (i = 0; i < n && b.complaints == 0; i++)
		read_address(&b, to, texts[i]);
	return body_close(&b);
}

/* Whoever must not be mailed gets no test either. */
static bool
may_be_mailed(struct request *q, const struct recipients *to)
{
	const struct db_result *r = request_run(q, Q_CAMPAIGN_TEST_SUPPRESSED,
	    DB_ARGS(db_text_array(to->key, to->n)));
	int row;

	if (r == NULL)
		return false;
	for (row = 0; row < db_rows(r); row++)
		problem_field(q, "to", "item %lld is suppressed (%s)",
		    (long long)db_get_int(r, row, 0), db_get_text(r, row, 1).p);
	return db_rows(r) == 0;
}

static void
reply_results(struct request *q, const int64_t *tasks, size_t n)
{
	const struct db_result *r =
	    request_one(q, Q_TASK_RESULTS, DB_ARGS(db_int_array(tasks, n)));

	if (r != NULL)
		reply_document(q, db_get_bool(r, 0, 0) ? 200 : 202,
		    db_get_text(r, 0, 1));
}

static void
send_tests(struct request *q, const struct recipients *to)
{
	const struct db_result *r = request_run(q, Q_TASK_INSERT_MESSAGES,
	    DB_ARGS(db_int(q->id), db_text_array(to->text, to->n)));
	int64_t tasks[TO_MAX];
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < to->n; i++)
		tasks[i] = db_get_int(r, (int)i, 0);
	reply_results(q, tasks, to->n);
	if (q->reply.status < 300 && task_wait(q, tasks, to->n))
		reply_results(q, tasks, to->n);
}

static void
campaign_test(struct request *q)
{
	struct recipients to = {0};

	if (read_recipients(q, &to) && campaign_is_ready(q, false) &&
	    may_be_mailed(q, &to))
		send_tests(q, &to);
}

const struct route campaign_test_routes[] = {
    {METHOD_POST, "/v1/campaigns/{id}/test", campaign_test, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {0},
};
