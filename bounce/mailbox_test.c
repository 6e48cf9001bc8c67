#include "bounce/mailbox_test.h"

#include "bounce/mailbox_link.h"
#include "bounce/mailbox_token.h"
#include "bounce/read_back.h"
#include "bounce/self_test.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/process.h"

#define HOLD_S 60 /* beside the wait for a message */
#define DETAIL 300

enum step { TOKEN = 0, CONNECT, TLS, LOGIN, FOLDER, STEPS };
enum { COL_TASK = 0, COL_MAILBOX, COL_READS_BACK }; /* of mailbox_task_take */
static const char *const step_names[STEPS] = {"token", "connect", "tls",
    "login", "folder"};

struct mailbox_test {
	struct mailbox_tests *tests;
	int64_t task;
	struct mailbox_row row;
	struct oauth_token *token;
	struct mailbox_link *link;
	struct loop_timer *timer; /* until it is late; then, until it goes */
	struct self_test
	    self_test; /* task 0: it ends when the folder is open */
	struct read_back *read_back;
	bool over;
};

struct mailbox_tests {
	const struct mailbox_shared *shared;
	bool asking; /* for a task */
	int count;
	struct mailbox_test *at[MAILBOX_TESTS_MAX];
};

static void
test_free(struct mailbox_test *t)
{
	read_back_free(t->read_back);
	self_test_release(&t->self_test);
	mailbox_link_free(t->link);
	oauth_token_leave(t->token);
	loop_timer_free(t->timer);
	mailbox_row_release(&t->row);
	free(t);
}

static void
drop(struct mailbox_test *t)
{
	struct mailbox_tests *tests = t->tests;
	int i;

	for (i = 0; tests->at[i] != t; i++)
		;
	tests->at[i] = tests->at[--tests->count];
	test_free(t);
}

static void
on_finished(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)results;
	(void)count;
	(void)arg;
	if (err != NULL)
		log_warn("task_lost", "error=%s", log_quote(str_of(err->text)));
}

/* `b` says what came of it.  The test itself goes at the end of the turn: the
 * link that calls is still in it. */
static void
end(struct mailbox_test *t, struct db_batch *b)
{
	db_batch_send(b, on_finished, NULL);
	t->over = true;
	loop_timer_start(t->timer, 0);
}

/* `failed`: which step went wrong, STEPS when none did. */
static void
add_steps(struct mailbox_test *t, int failed, const char *text,
    struct db_batch *b)
{
	int first = t->row.oauth ? TOKEN : CONNECT, i;
	int last = failed < STEPS ? failed : STEPS - 1;
	struct str names[STEPS], details[STEPS];
	int64_t ok[STEPS];
	size_t count = (size_t)last + 1 - (size_t)first;

	for (i = first; i <= last; i++) {
		names[i] = str_of(step_names[i]);
		ok[i] = i != failed;
		details[i] = i == last ? str_of(text) : STR("");
	}
	if (failed > TLS && t->link != NULL)
		details[TLS] = str_of(mailbox_link_tls(t->link));
	db_batch_add(b, Q_MAILBOX_TASK_FINISH,
	    DB_ARGS(db_int(t->task), db_bool(failed == STEPS),
		db_text_array(names + first, count),
		db_int_array(ok + first, count),
		db_text_array(details + first, count)));
}

static void
finish(struct mailbox_test *t, int failed, const char *text)
{
	struct db_batch *b = db_batch_new(t->tests->shared->db);

	if (t->self_test.task != 0)
		self_test_failed(&t->self_test, "mailbox", text, b);
	else
		add_steps(t, failed, text, b);
	end(t, b);
}

static int
step_of(enum fail kind)
{
	switch (kind) {
	case FAIL_TLS: return TLS;
	case FAIL_AUTH:
	case FAIL_REFUSED:
	case FAIL_BUSY: return LOGIN;
	case FAIL_MISSING: return FOLDER;
	case FAIL_NONE:
	case FAIL_IO:
	case FAIL_TIMEOUT:
	case FAIL_PROTOCOL:
	case FAIL_INPUT:
	case FAIL_LIMIT:
	case FAIL_CONFLICT: return CONNECT;
	}
	return CONNECT;
}

static void
on_read_back(const struct read_back_arrival *arrival, const char *why,
    void *arg)
{
	struct mailbox_test *t = arg;
	struct db_batch *b = db_batch_new(t->tests->shared->db);

	if (arrival != NULL)
		self_test_found(&t->self_test, arrival, b);
	else
		self_test_failed(&t->self_test, "arrival", why, b);
	end(t, b);
}

static void
read_back(struct mailbox_test *t)
{
	const struct mailbox_shared *shared = t->tests->shared;
	int64_t wait_ms = shared->settings->self_test_s * 1000;

	loop_timer_start(t->timer,
	    wait_ms + MAILBOX_TEST_TIMEOUT_S * INT64_C(1000));
	t->read_back = read_back_new(
	    &(struct read_back_params){
		.loop = shared->loop,
		.link = t->link,
		.folder = t->row.folder,
		.token = t->self_test.sent.token,
		.age_ms = t->self_test.age_ms,
		.wait_ms = wait_ms,
	    },
	    on_read_back, t);
}

static void
on_ready(const struct mail_folder *box, void *arg)
{
	struct mailbox_test *t = arg;
	char text[DETAIL];

	if (t->over)
		return;
	if (t->read_back != NULL) {
		read_back_on_ready(t->read_back);
		return;
	}
	if (t->self_test.task != 0) {
		read_back(t);
		return;
	}
	snprintf(text, sizeof(text), "%s: %u messages", t->row.folder,
	    box->exists);
	finish(t, STEPS, text);
}

static void
on_closed(const struct err *err, int64_t backoff_ms, void *arg)
{
	struct mailbox_test *t = arg;

	struct err why = *err;

	(void)backoff_ms;
	mailbox_row_hide_secret(&t->row, &why);
	if (!t->over)
		finish(t, step_of(why.kind), why.text);
}

static void
on_found(struct imap_set *found, void *arg)
{
	read_back_on_found(((struct mailbox_test *)arg)->read_back, found);
}

static void
on_header(const struct mail_message *m, void *arg)
{
	read_back_on_header(((struct mailbox_test *)arg)->read_back, m);
}

static void
on_folder(const struct imap_folder *folder, void *arg)
{
	read_back_on_folder(((struct mailbox_test *)arg)->read_back, folder);
}

static void
on_done(const struct err *err, void *arg)
{
	read_back_on_done(((struct mailbox_test *)arg)->read_back, err);
}

static void
on_body(const struct mail_message *m, void *arg)
{
	(void)m;
	(void)arg;
}

static void
on_new(void *arg)
{
	(void)arg;
}

static const struct mail_events events = {
    .on_ready = on_ready,
    .on_found = on_found,
    .on_header = on_header,
    .on_body = on_body,
    .on_folder = on_folder,
    .on_new = on_new,
    .on_done = on_done,
    .on_closed = on_closed,
};

static void
on_timer(void *arg)
{
	struct mailbox_test *t = arg;

	if (t->over)
		drop(t);
	else
		finish(t, t->row.oauth && t->link == NULL ? TOKEN : CONNECT,
		    "no answer in time");
}

static void
connect_now(struct mailbox_test *t)
{
	const struct mailbox_shared *shared = t->tests->shared;

	t->link = mailbox_link_new(shared,
	    &(struct mailbox_link_params){.row = &t->row,
		.timeout_s = MAILBOX_TEST_TIMEOUT_S},
	    &events, t);
}

static void
on_token(const struct oauth_token_news *news, void *arg)
{
	struct mailbox_test *t = arg;

	if (t->over)
		return;
	if (news->state != OAUTH_TOKEN_GOOD) {
		finish(t, TOKEN, news->error);
		return;
	}
	mailbox_row_set_password(&t->row, news->text);
	connect_now(t);
}

static void
start(struct mailbox_test *t, const struct db_result *r)
{
	const struct mailbox_shared *shared = t->tests->shared;
	struct err err = {FAIL_NONE, ""};

	if (db_rows(r) == 0) {
		finish(t, CONNECT, "the mailbox was deleted");
		return;
	}
	if (!mailbox_row_read(&t->row, r, 0, shared->ring, &err)) {
		finish(t, LOGIN, err.text);
		return;
	}
	if (t->self_test.task != 0 && t->row.protocol != MAILBOX_IMAP) {
		finish(t, FOLDER, "the mailbox is not read by IMAP any more");
		return;
	}
	loop_timer_start(t->timer, MAILBOX_TEST_TIMEOUT_S * INT64_C(1000));
	if (!t->row.oauth) {
		connect_now(t);
		return;
	}
	t->token = mailbox_token_new(shared, t->row.id, on_token, t);
	oauth_token_ask(t->token, 0);
}

static void
on_row(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct mailbox_test *t = arg;

	(void)count;
	if (err != NULL)
		drop(t); /* its hold runs out, then it is taken again */
	else
		start(t, &results[0]);
}

static void
begin(struct mailbox_tests *tests, const struct db_result *r)
{
	struct mailbox_test *t = NEW(struct mailbox_test);
	struct db_batch *b = db_batch_new(tests->shared->db);

	t->tests = tests;
	t->task = db_get_int(r, 0, COL_TASK);
	if (db_get_bool(r, 0, COL_READS_BACK))
		self_test_read(&t->self_test, r);
	t->timer = loop_timer_new(tests->shared->loop, on_timer, t);
	tests->at[tests->count++] = t;
	db_batch_add(b, Q_MAILBOX_BY_ID,
	    DB_ARGS(db_int(db_get_int(r, 0, COL_MAILBOX))));
	db_batch_send(b, on_row, t);
}

static void
on_taken(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct mailbox_tests *tests = arg;

	(void)count;
	tests->asking = false;
	if (err != NULL || db_rows(&results[0]) == 0)
		return;
	begin(tests, &results[0]);
	mailbox_tests_poll(tests);
}

struct mailbox_tests *
mailbox_tests_new(const struct mailbox_shared *shared)
{
	struct mailbox_tests *tests = NEW(struct mailbox_tests);

	tests->shared = shared;
	return tests;
}

void
mailbox_tests_poll(struct mailbox_tests *tests)
{
	struct db_batch *b;

	if (tests->asking || tests->count == MAILBOX_TESTS_MAX)
		return;
	tests->asking = true;
	b = db_batch_new(tests->shared->db);
	db_batch_add(b, Q_MAILBOX_TASK_TAKE,
	    DB_ARGS(db_cstr(process_name()),
		db_int(HOLD_S + tests->shared->settings->self_test_s)));
	db_batch_send(b, on_taken, tests);
}

void
mailbox_tests_free(struct mailbox_tests *tests)
{
	if (tests == NULL)
		return;
	while (tests->count > 0)
		test_free(tests->at[--tests->count]);
	free(tests);
}
