#include "bounce/mailbox_test.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/process.h"

#define HOLD_S    60
#define STEPS_MAX 4
#define DETAIL    300

enum step { CONNECT = 0, TLS, LOGIN, FOLDER };
static const char *const step_names[STEPS_MAX] = {"connect", "tls", "login",
    "folder"};

struct mailbox_tests {
	const struct mailbox_shared *shared;
	int64_t task; /* under way, 0 when none */
	bool asking;  /* a statement is under way */
	struct mailbox_row row;
	struct imap_link *link;
	struct loop_timer *late; /* frees the link outside its callback too */
};

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

/* `failed`: which step went wrong, STEPS_MAX when none did. */
static void
finish(struct mailbox_tests *t, int failed, const char *text)
{
	struct db_batch *b = db_batch_new(t->shared->db);
	int steps = failed < STEPS_MAX ? failed + 1 : STEPS_MAX, i;
	struct str names[STEPS_MAX], details[STEPS_MAX];
	int64_t ok[STEPS_MAX];

	for (i = 0; i < steps; i++) {
		names[i] = str_of(step_names[i]);
		ok[i] = i != failed;
		details[i] = i == steps - 1 ? str_of(text) : STR("");
	}
	if (failed > TLS && t->link != NULL)
		details[TLS] = str_of(imap_link_tls(t->link));
	db_batch_add(b, Q_MAILBOX_TASK_FINISH,
	    DB_ARGS(db_int(t->task), db_bool(failed == STEPS_MAX),
		db_text_array(names, (size_t)steps),
		db_int_array(ok, (size_t)steps),
		db_text_array(details, (size_t)steps)));
	db_batch_send(b, on_finished, NULL);
	t->task = 0;
	loop_timer_start(t->late, 0);
}

static int
step_of(enum fail kind)
{
	switch (kind) {
	case FAIL_TLS: return TLS;
	case FAIL_AUTH:
	case FAIL_REFUSED:
	case FAIL_BUSY: return LOGIN;
	case FAIL_MISSING:
	case FAIL_INPUT: return FOLDER;
	case FAIL_NONE:
	case FAIL_IO:
	case FAIL_TIMEOUT:
	case FAIL_PROTOCOL:
	case FAIL_LIMIT:
	case FAIL_CONFLICT: return CONNECT;
	}
	return CONNECT;
}

static void
on_ready(const struct imap_mailbox *mailbox, void *arg)
{
	struct mailbox_tests *t = arg;
	char text[DETAIL];

	snprintf(text, sizeof(text), "%s: %u messages", t->row.folder,
	    mailbox->exists);
	if (t->task != 0)
		finish(t, STEPS_MAX, text);
}

static void
on_closed(const struct err *err, int64_t backoff_ms, void *arg)
{
	struct mailbox_tests *t = arg;

	(void)backoff_ms;
	if (t->task != 0)
		finish(t, step_of(err->kind), err->text);
}

static void
on_nothing(const struct err *err, void *arg)
{
	(void)err;
	(void)arg;
}

static void
on_found(struct imap_set *found, void *arg)
{
	(void)found;
	(void)arg;
}

static void
on_message(const struct imap_message *m, void *arg)
{
	(void)m;
	(void)arg;
}

static void
on_new(void *arg)
{
	(void)arg;
}

static const struct imap_link_events events = {
    .on_ready = on_ready,
    .on_found = on_found,
    .on_header = on_message,
    .on_body = on_message,
    .on_new = on_new,
    .on_done = on_nothing,
    .on_closed = on_closed,
};

static void
on_late(void *arg)
{
	struct mailbox_tests *t = arg;

	if (t->task != 0) {
		finish(t, CONNECT, "no answer in time");
		return;
	}
	imap_link_free(t->link);
	t->link = NULL;
	mailbox_row_release(&t->row);
}

static void
start(struct mailbox_tests *t, const struct db_result *r)
{
	struct imap_link_params params;
	struct err err = {FAIL_NONE, ""};

	if (db_rows(r) == 0) {
		finish(t, CONNECT, "the mailbox was deleted");
		return;
	}
	if (!mailbox_row_read(&t->row, r, 0, t->shared->ring, &err)) {
		finish(t, LOGIN, err.text);
		return;
	}
	mailbox_link_params(&params, &t->row, t->shared->settings);
	params.timeout_s = MAILBOX_TEST_TIMEOUT_S;
	t->link = imap_link_new(t->shared->loop, &params, &events, t);
	loop_timer_start(t->late, MAILBOX_TEST_TIMEOUT_S * INT64_C(1000));
}

static void
on_row(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct mailbox_tests *t = arg;

	(void)count;
	t->asking = false;
	if (err != NULL)
		t->task = 0; /* its hold runs out, then it is taken again */
	else
		start(t, &results[0]);
}

static void
on_taken(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct mailbox_tests *t = arg;
	struct db_batch *b;

	(void)count;
	t->asking = false;
	if (err != NULL || db_rows(&results[0]) == 0)
		return;
	t->task = db_get_int(&results[0], 0, 0);
	t->asking = true;
	b = db_batch_new(t->shared->db);
	db_batch_add(b, Q_MAILBOX_BY_ID,
	    DB_ARGS(db_int(db_get_int(&results[0], 0, 1))));
	db_batch_send(b, on_row, t);
}

struct mailbox_tests *
mailbox_tests_new(const struct mailbox_shared *shared)
{
	struct mailbox_tests *t = NEW(struct mailbox_tests);

	t->shared = shared;
	t->late = loop_timer_new(shared->loop, on_late, t);
	return t;
}

void
mailbox_tests_poll(struct mailbox_tests *t)
{
	struct db_batch *b;

	if (t->asking || t->task != 0 || t->link != NULL)
		return;
	t->asking = true;
	b = db_batch_new(t->shared->db);
	db_batch_add(b, Q_MAILBOX_TASK_TAKE,
	    DB_ARGS(db_cstr(process_name()), db_int(HOLD_S)));
	db_batch_send(b, on_taken, t);
}

void
mailbox_tests_free(struct mailbox_tests *t)
{
	if (t == NULL)
		return;
	imap_link_free(t->link);
	loop_timer_free(t->late);
	mailbox_row_release(&t->row);
	free(t);
}
