/* A mailbox's life and its connection. */
#include "bounce/mailbox_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/process.h"

#include <assert.h>

static const struct mail_events events;
static void send_problem(struct mailbox *m);

/* Leave to log in, and for POP3 what is known. */
static bool
may_begin(struct mailbox *m)
{
	int64_t now_ms = clock_mono_ms(), wait_ms = mailbox_mark_wait(m);

	if (m->row.protocol == MAILBOX_POP3 && !m->is_known) {
		mailbox_know(m);
		return false;
	}
	if (wait_ms == 0)
		wait_ms = login_window_wait(&m->logins, now_ms);
	if (wait_ms > 0)
		loop_timer_start(m->timer, wait_ms);
	else
		login_window_take(&m->logins, now_ms);
	return wait_ms == 0;
}

void
mailbox_connect(struct mailbox *m)
{
	byte_budget_visit(&m->row.budget);
	m->unmarked = false;
	m->link = mailbox_link_new(m->shared,
	    &(struct mailbox_link_params){.row = &m->row, .ledger = &m->ledger},
	    &events, m);
}

void
mailbox_drop_link(struct mailbox *m)
{
	mailbox_budget_count(m);
	mailbox_mark_cut(m);
	mailbox_link_free(m->link);
	m->link = NULL;
	m->found = NULL;
	m->doing = CLOSED;
	mailbox_junk_close(m);
}

void
mailbox_begin(struct mailbox *m)
{
	if (!may_begin(m))
		return;
	if (m->row.oauth)
		mailbox_token_ask(m);
	else
		mailbox_connect(m);
}

/* Nothing is begun anew before an answer that is awaited: it decides where
 * to read on. */
static void
on_timer(void *arg)
{
	struct mailbox *m = arg;

	if (m->errand != NULL)
		loop_timer_start(m->timer, AGAIN_MS);
	else if (m->doing == RECORDING)
		mailbox_send_batch(m);
	else if (m->doing == FINDING)
		mailbox_junk_ask(m);
	else if (m->doing == GIVING_UP)
		send_problem(m);
	else if (m->doing == WAITING)
		mailbox_junk_visit(m);
	else if (m->doing == CLOSED)
		mailbox_begin(m);
}

struct mailbox *
mailbox_new(const struct mailbox_shared *shared, struct mailbox_row *row)
{
	struct mailbox *m = NEW(struct mailbox);

	m->shared = shared;
	m->row = *row;
	*row = (struct mailbox_row){.id = 0};
	m->folder = m->row.folder;
	m->cursor = &m->row.cursor;
	m->pace.proven = m->row.proven;
	m->batch = batch_new(shared->ring);
	imap_set_init(&m->wanted);
	imap_set_init(&m->reports);
	imap_set_init(&m->moved);
	uidl_ledger_init(&m->ledger);
	m->timer = loop_timer_new(shared->loop, on_timer, m);
	mailbox_mark_claimed(m);
	mailbox_begin(m);
	return m;
}

void
mailbox_free(struct mailbox *m)
{
	if (m == NULL)
		return;
	if (m->errand != NULL)
		m->errand->mailbox = NULL;
	mailbox_link_free(m->link);
	loop_timer_free(m->timer);
	imap_set_release(&m->wanted);
	imap_set_release(&m->reports);
	imap_set_release(&m->moved);
	uidl_ledger_release(&m->ledger);
	batch_free(m->batch);
	mailbox_junk_release(&m->junk);
	mailbox_token_release(&m->token);
	mailbox_row_release(&m->row);
	free(m);
}

int64_t
mailbox_id(const struct mailbox *m)
{
	return m->row.id;
}

int64_t
mailbox_version(const struct mailbox *m)
{
	return m->row.version;
}

static void
on_told(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)results;
	(void)count;
	(void)arg;
	if (err != NULL)
		log_warn("mailbox_note_failed", "error=%s",
		    log_quote(str_of(err->text)));
}

/* A note for people.  It is not worth waiting for a database that is away. */
void
mailbox_tell(struct mailbox *m, enum query q, struct db_args args)
{
	struct db_batch *b;

	if (!db_link_is_up(m->shared->db))
		return;
	b = db_batch_new(m->shared->db);
	db_batch_add(b, q, args);
	db_batch_send(b, on_told, NULL);
}

struct errand *
mailbox_errand(struct mailbox *m)
{
	assert(m->errand == NULL);
	m->errand = NEW(struct errand);
	*m->errand = (struct errand){m, m->cursor, m->last};
	return m->errand;
}

struct mailbox *
mailbox_errand_end(struct errand *e)
{
	struct mailbox *m = e->mailbox;

	free(e);
	if (m != NULL)
		m->errand = NULL;
	return m;
}

void
mailbox_over(struct mailbox *m)
{
	m->shared->on_over(m, m->shared->owner);
}

static void
on_problem_told(const struct db_result *results, int count,
    const struct err *err, void *arg)
{
	struct mailbox *m = mailbox_errand_end(arg);

	(void)results;
	(void)count;
	if (m == NULL)
		return;
	if (err != NULL)
		loop_timer_start(m->timer, AGAIN_MS);
	else
		mailbox_over(m);
}

static void
send_problem(struct mailbox *m)
{
	struct db_batch *b = db_batch_new(m->shared->db);

	db_batch_add(b, Q_MAILBOX_PROBLEM,
	    DB_ARGS(db_int(m->row.id), db_int(m->row.version),
		db_cstr(m->problem.text), db_cstr(process_name())));
	db_batch_send(b, on_problem_told, mailbox_errand(m));
}

void
mailbox_give_up(struct mailbox *m, const struct err *why)
{
	log_error("mailbox_needs_attention", "mailbox=%lld error=%s",
	    (long long)m->row.id, log_quote(str_of(why->text)));
	m->doing = GIVING_UP;
	m->problem = *why;
	send_problem(m);
}

void
mailbox_trouble(struct mailbox *m, const char *text)
{
	mailbox_tell(m, Q_MAILBOX_TROUBLE,
	    DB_ARGS(db_int(m->row.id), db_int(m->row.version), db_cstr(text)));
}

void
mailbox_close(struct mailbox *m, const struct err *err, int64_t asked_ms)
{
	int64_t pause_ms = 0;
	struct err why = *err; /* may be the link's */
	enum pace_advice advice;

	mailbox_drop_link(m);
	if (mailbox_token_refused(m, &why)) {
		loop_timer_start(m->timer, 0);
		return;
	}
	advice = pace_closed(&m->pace, why.kind, asked_ms, clock_mono_ms(),
	    &pause_ms);
	mailbox_row_hide_secret(&m->row, &why);
	if (advice == PACE_NEVER) {
		mailbox_give_up(m, &why);
		return;
	}
	log_warn("mailbox_closed", "mailbox=%lld again_in_ms=%lld error=%s",
	    (long long)m->row.id, (long long)pause_ms,
	    log_quote(str_of(why.text)));
	if (advice == PACE_LATER)
		mailbox_trouble(m, why.text);
	loop_timer_start(m->timer, pause_ms);
}

void
mailbox_wait(struct mailbox *m)
{
	int64_t now = clock_mono_ms(), due = mailbox_junk_due(m);

	m->doing = WAITING;
	pace_rested(&m->pace, now);
	mailbox_tell(m, Q_MAILBOX_POLLED, DB_ARGS(db_int(m->row.id)));
	if (due < INT64_MAX)
		loop_timer_start(m->timer, due > now ? due - now : 0);
	mailbox_link_wait(m->link);
}

static void
on_ready(const struct mail_folder *box, void *arg)
{
	struct mailbox *m = arg;

	if (mailbox_moved_ready(m, box))
		return;
	pace_opened(&m->pace);
	mailbox_token_accepted(m);
	if (m->doing == CLOSED)
		log_info("mailbox_open",
		    "mailbox=%lld exists=%u uidvalidity=%u",
		    (long long)m->row.id, box->exists, box->uidvalidity);
	if (cursor_open(m->cursor, box))
		log_warn("mailbox_renumbered", "mailbox=%lld folder=%s",
		    (long long)m->row.id, log_quote(str_of(m->folder)));
	mailbox_forget(m, box);
	if (cursor_is_at_rest(m->cursor))
		mailbox_next_folder(m);
	else
		mailbox_look(m);
}

static void
on_new(void *arg)
{
	mailbox_look(arg);
}

static void
on_closed(const struct err *err, int64_t backoff_ms, void *arg)
{
	struct mailbox *m = arg;

	if (err->kind == FAIL_NONE) {
		mailbox_come_back(m, backoff_ms);
		return;
	}
	if ((m->doing == HEADERS || m->doing == BODIES) &&
	    err->kind != FAIL_BUSY)
		cursor_troubled(m->cursor, m->first, m->last);
	if (mailbox_was_too_large(m, err))
		mailbox_come_back(m, backoff_ms);
	else
		mailbox_close(m, err, backoff_ms);
}

static const struct mail_events events = {
    .on_ready = on_ready,
    .on_found = mailbox_on_found,
    .on_header = mailbox_on_header,
    .on_body = mailbox_on_body,
    .on_folder = mailbox_on_folder,
    .on_new = on_new,
    .on_done = mailbox_on_done,
    .on_closed = on_closed,
};
