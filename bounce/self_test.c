#include "bounce/self_test.h"

#define SENT_MAX     (256U << 10) /* what a sender wrote down */
#define SCRATCH_MAX  (16U << 20)  /* a header of 256 KiB, taken apart */
#define FINDINGS_MAX (64U << 10)

enum {
	COL_TASK = 0,
	COL_AGE = 3,
	COL_TOKEN,
	COL_RETURN_PATH,
	COL_MESSAGE_ID,
	COL_FROM,
	COL_LIST,
	COL_LIST_POST,
};

void
self_test_read(struct self_test *s, const struct db_result *r)
{
	struct arena *a = &s->arena;

	arena_init(a, SENT_MAX);
	s->task = db_get_int(r, 0, COL_TASK);
	s->age_ms = db_get_int(r, 0, COL_AGE);
	s->sent = (struct read_back_sent){
	    .token = arena_dup(a, db_get_text(r, 0, COL_TOKEN)),
	    .return_path = arena_dup(a, db_get_text(r, 0, COL_RETURN_PATH)),
	    .message_id = arena_dup(a, db_get_text(r, 0, COL_MESSAGE_ID)),
	    .from = arena_dup(a, db_get_text(r, 0, COL_FROM)),
	    .list_unsubscribe = arena_dup(a, db_get_text(r, 0, COL_LIST)),
	    .list_unsubscribe_post =
		arena_dup(a, db_get_text(r, 0, COL_LIST_POST)),
	};
}

void
self_test_release(struct self_test *s)
{
	arena_release(&s->arena);
}

static void
finish(int64_t task, const struct read_back_step *steps, int count,
    struct db_batch *b)
{
	struct str names[READ_BACK_STEPS_MAX], details[READ_BACK_STEPS_MAX];
	int64_t ok[READ_BACK_STEPS_MAX];
	bool all = true;
	int i;

	for (i = 0; i < count; i++) {
		names[i] = str_of(steps[i].name);
		ok[i] = steps[i].ok;
		details[i] = steps[i].detail;
		all = all && steps[i].ok;
	}
	db_batch_add(b, Q_MAILBOX_TASK_FINISH,
	    DB_ARGS(db_int(task), db_bool(all),
		db_text_array(names, (size_t)count),
		db_int_array(ok, (size_t)count),
		db_text_array(details, (size_t)count)));
}

void
self_test_found(const struct self_test *s,
    const struct read_back_arrival *arrival, struct db_batch *b)
{
	struct read_back_report report;
	struct arena scratch;
	struct buf findings;

	arena_init(&scratch, SCRATCH_MAX);
	buf_init(&findings, FINDINGS_MAX);
	read_back_report(&report, &s->sent, arrival, &scratch);
	read_back_report_json(&report, arrival, &findings);
	finish(s->task, report.steps, report.step_count, b);
	db_batch_add(b, Q_SELF_TEST_RECORD,
	    DB_ARGS(db_int(s->task), db_text(buf_view(&findings))));
	buf_release(&findings);
	arena_release(&scratch);
}

void
self_test_failed(const struct self_test *s, const char *name, const char *why,
    struct db_batch *b)
{
	const struct read_back_step step = {name, false, str_of(why)};

	finish(s->task, &step, 1, b);
}
