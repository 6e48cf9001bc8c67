#include "api/tasks.h"

#include "api/audit.h"
#include "api/body.h"
#include "api/idempotency.h"
#include "api/routes.h"
#include "lib/base/clock.h"
#include "lib/base/process.h"

bool
task_wait(struct request *q, const int64_t *ids, size_t n)
{
	int64_t start = clock_mono_ms(), waited;
	const struct db_result *r;
	bool over, untouched;

	idempotency_keep(q);
	audit_write(q);
	if (q->reply.status >= 400)
		return false;
	do {
		if (!request_commit(q))
			return false;
		process_nap(TASK_LOOK_MS);
		r = request_run(q, Q_TASK_PROGRESS,
		    DB_ARGS(db_int_array(ids, n)));
		if (r == NULL)
			return false;
		over = db_get_bool(r, 0, 0);
		untouched = db_get_bool(r, 0, 1);
		waited = clock_mono_ms() - start;
	} while (!over && !process_stopping() &&
		 waited < (untouched ? TASK_TAKE_MS : TASK_DONE_MS));
	return true;
}

/* The result when there is one, else where it will be. */
static void
reply_result(struct request *q, int64_t task)
{
	const struct db_result *r =
	    request_one(q, Q_TASK_RESULT, DB_ARGS(db_int(task)));

	if (r == NULL)
		return;
	if (!db_is_null(r, 0, 0)) {
		reply_row(q, 200, r);
		return;
	}
	reply_document(q, 202, db_get_text(r, 0, 1));
	reply_header(q, "Location", "/v1/tasks/%lld", (long long)task);
}

static void
queue(struct request *q, enum query query, struct db_args args)
{
	const struct db_result *r = request_one(q, query, args);
	int64_t task;

	if (r == NULL)
		return;
	task = db_get_int(r, 0, 0);
	reply_result(q, task);
	if (q->reply.status < 300 && task_wait(q, &task, 1))
		reply_result(q, task);
}

void
task_test_account(struct request *q, int64_t account)
{
	queue(q, Q_TASK_INSERT,
	    DB_ARGS(db_cstr("account_test"), db_int(account), db_null()));
}

void
task_self_test(struct request *q, struct db_args args)
{
	queue(q, Q_SELF_TEST_INSERT, args);
}

void
task_test_mailbox(struct request *q, int64_t mailbox)
{
	struct body b = body_open(q);

	if (body_close(&b))
		queue(q, Q_TASK_INSERT,
		    DB_ARGS(db_cstr("mailbox_test"), db_null(),
			db_int(mailbox)));
}

void
task_reclassify(struct request *q, struct db_args args)
{
	queue(q, Q_RECLASSIFY_INSERT, args);
}

static void
task_show(struct request *q)
{
	const struct db_result *row =
	    request_one(q, Q_TASK_DOCUMENT, DB_ARGS(db_int(q->id)));

	if (row != NULL)
		reply_row(q, 200, row);
}

const struct route task_routes[] = {
    {METHOD_GET, "/v1/tasks/{id}", task_show, ACCESS_READ, PAYLOAD_NONE, NULL,
	NULL},
    {0},
};
