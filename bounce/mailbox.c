#include "bounce/mailbox.h"

#include "bounce/batch.h"
#include "bounce/pace.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/process.h"

#include <assert.h>

#define AGAIN_MS 1000 /* a statement that the database did not take */

/*
 *   CLOSED -> LOOKING -> (HEADERS -> BODIES -> RECORDING)* -> WAITING
 *   WAITING -> LOOKING        any -> CLOSED        CLOSED -> GIVING_UP
 *
 * The timer ends CLOSED, and repeats the statement of RECORDING or GIVING_UP.
 */
enum doing {
	CLOSED = 0, /* no link, or not open yet */
	LOOKING,
	HEADERS,
	BODIES,
	RECORDING,
	WAITING,
	GIVING_UP, /* a person is to be told */
};

/* A statement whose answer is awaited; it outlives the mailbox. */
struct errand {
	struct mailbox *mailbox; /* NULL: it has gone */
	uint32_t uid;
};

struct mailbox {
	const struct mailbox_shared *shared;
	struct mailbox_row row;
	struct pace pace;
	struct imap_link *link;
	struct loop_timer *timer;
	enum doing doing;
	struct batch *batch;
	struct imap_set *found; /* the link's: what is still to be read */
	struct imap_set wanted;
	uint32_t first, last;  /* UIDs of the batch */
	bool is_cut;           /* it was too large: look again after it */
	struct errand *errand; /* one at a time, or NULL */
	struct err problem;    /* GIVING_UP */
};

static const struct imap_link_events events;
static void send_batch(struct mailbox *m);
static void send_problem(struct mailbox *m);

static void
connect_link(struct mailbox *m)
{
	struct imap_link_params params;

	mailbox_link_params(&params, &m->row, m->shared->settings);
	m->link = imap_link_new(m->shared->loop, &params, &events, m);
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
		send_batch(m);
	else if (m->doing == GIVING_UP)
		send_problem(m);
	else
		connect_link(m);
}

struct mailbox *
mailbox_new(const struct mailbox_shared *shared, struct mailbox_row *row)
{
	struct mailbox *m = NEW(struct mailbox);

	m->shared = shared;
	m->row = *row;
	*row = (struct mailbox_row){.id = 0};
	m->pace.proven = m->row.proven;
	m->batch = batch_new(shared->ring);
	imap_set_init(&m->wanted);
	m->timer = loop_timer_new(shared->loop, on_timer, m);
	connect_link(m);
	return m;
}

void
mailbox_free(struct mailbox *m)
{
	if (m == NULL)
		return;
	if (m->errand != NULL)
		m->errand->mailbox = NULL;
	imap_link_free(m->link);
	loop_timer_free(m->timer);
	imap_set_release(&m->wanted);
	batch_free(m->batch);
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
static void
tell(struct mailbox *m, enum query q, struct db_args args)
{
	struct db_batch *b;

	if (!db_link_is_up(m->shared->db))
		return;
	b = db_batch_new(m->shared->db);
	db_batch_add(b, q, args);
	db_batch_send(b, on_told, NULL);
}

static struct errand *
errand_new(struct mailbox *m)
{
	assert(m->errand == NULL);
	m->errand = NEW(struct errand);
	*m->errand = (struct errand){m, m->last};
	return m->errand;
}

/* Back from the database; whose it was, or NULL. */
static struct mailbox *
errand_end(struct errand *e)
{
	struct mailbox *m = e->mailbox;

	free(e);
	if (m != NULL)
		m->errand = NULL;
	return m;
}

static void
over(struct mailbox *m)
{
	m->shared->on_over(m, m->shared->owner);
}

static void
on_problem_told(const struct db_result *results, int count,
    const struct err *err, void *arg)
{
	struct mailbox *m = errand_end(arg);

	(void)results;
	(void)count;
	if (m == NULL)
		return;
	if (err != NULL)
		loop_timer_start(m->timer, AGAIN_MS);
	else
		over(m);
}

static void
send_problem(struct mailbox *m)
{
	struct db_batch *b = db_batch_new(m->shared->db);

	db_batch_add(b, Q_MAILBOX_PROBLEM,
	    DB_ARGS(db_int(m->row.id), db_int(m->row.version),
		db_cstr(m->problem.text), db_cstr(process_name())));
	db_batch_send(b, on_problem_told, errand_new(m));
}

static void
give_up(struct mailbox *m, const struct err *why)
{
	log_error("mailbox_needs_attention", "mailbox=%lld error=%s",
	    (long long)m->row.id, log_quote(str_of(why->text)));
	m->doing = GIVING_UP;
	m->problem = *why;
	send_problem(m);
}

/* Away for a while: the cursor has not moved past anything unread. */
static void
close_link(struct mailbox *m, const struct err *err, int64_t asked_ms)
{
	int64_t pause_ms = 0;
	struct err why = *err; /* may be the link's */
	enum pace_advice advice = pace_closed(&m->pace, why.kind, asked_ms,
	    clock_mono_ms(), &pause_ms);

	imap_link_free(m->link);
	m->link = NULL;
	m->found = NULL;
	m->doing = CLOSED;
	if (advice == PACE_NEVER) {
		give_up(m, &why);
		return;
	}
	log_warn("mailbox_closed", "mailbox=%lld again_in_ms=%lld error=%s",
	    (long long)m->row.id, (long long)pause_ms,
	    log_quote(str_of(why.text)));
	if (advice == PACE_LATER)
		tell(m, Q_MAILBOX_TROUBLE,
		    DB_ARGS(db_int(m->row.id), db_int(m->row.version),
			db_cstr(why.text)));
	loop_timer_start(m->timer, pause_ms);
}

static void
look(struct mailbox *m)
{
	struct cursor_look from = cursor_look(&m->row.cursor);

	m->doing = LOOKING;
	m->found = NULL;
	imap_link_search(m->link, from.uid_from, from.since_us);
}

static void
on_ready(const struct imap_mailbox *box, void *arg)
{
	struct mailbox *m = arg;

	pace_opened(&m->pace);
	log_info("mailbox_open", "mailbox=%lld exists=%u uidvalidity=%u",
	    (long long)m->row.id, box->exists, box->uidvalidity);
	if (cursor_open(&m->row.cursor, box))
		log_warn("mailbox_renumbered", "mailbox=%lld",
		    (long long)m->row.id);
	look(m);
}

static void
on_found(struct imap_set *found, void *arg)
{
	struct mailbox *m = arg;

	m->found = found;
	imap_set_drop_below(found, cursor_look(&m->row.cursor).uid_from);
}

static void
on_header(const struct imap_message *message, void *arg)
{
	batch_header(((struct mailbox *)arg)->batch, message);
}

static void
on_body(const struct imap_message *message, void *arg)
{
	batch_body(((struct mailbox *)arg)->batch, message);
}

static void
wait_for_mail(struct mailbox *m)
{
	m->doing = WAITING;
	pace_rested(&m->pace, clock_mono_ms());
	tell(m, Q_MAILBOX_POLLED, DB_ARGS(db_int(m->row.id)));
	imap_link_wait(m->link);
}

static void
record(struct mailbox *m)
{
	struct batch_source source = {m->row.id, m->row.folder,
	    m->row.cursor.open_uidvalidity};

	m->doing = RECORDING;
	batch_judge(m->batch, &source, clock_wall_us());
	send_batch(m);
}

static void
next_batch(struct mailbox *m)
{
	struct cursor *c = &m->row.cursor;

	batch_reset(m->batch);
	m->is_cut = false;
	if (!imap_set_take(m->found, cursor_batch_max(c, BATCH_MESSAGES_MAX),
		&m->wanted)) {
		m->last = cursor_end(c);
		if (m->last > 0)
			record(m);
		else
			wait_for_mail(m);
		return;
	}
	m->first = m->wanted.at[0].first;
	m->last = imap_set_max(&m->wanted);
	if (cursor_has_given_up(c, m->first)) {
		batch_unreadable(m->batch, m->first);
		record(m);
		return;
	}
	m->doing = HEADERS;
	imap_link_headers(m->link, &m->wanted);
}

/* What the database refuses, though it is there, is refused for what is in
 * it: the messages go one by one, and the one at fault without its text. */
static void
on_refused(struct mailbox *m, const struct err *err)
{
	log_error("record_failed",
	    "mailbox=%lld first_uid=%u last_uid=%u "
	    "error=%s",
	    (long long)m->row.id, m->first, m->last,
	    log_quote(str_of(err->text)));
	if (m->first == m->last && !batch_is_bare(m->batch)) {
		batch_reset(m->batch);
		batch_unreadable(m->batch, m->first);
		record(m);
	} else if (m->first != m->last) {
		cursor_troubled(&m->row.cursor, m->first, m->last);
		look(m);
	} else {
		close_link(m, err, -1);
	}
}

static bool
may_be_repeated(const struct err *err)
{
	return err->kind == FAIL_IO || err->kind == FAIL_BUSY ||
	       err->kind == FAIL_TIMEOUT;
}

/* The statement that moves the cursor is the last one; it moves nothing when
 * the mailbox is no longer ours. */
static void
on_recorded(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	uint32_t uid = ((struct errand *)arg)->uid;
	struct mailbox *m = errand_end(arg);

	if (m == NULL)
		return;
	if (err == NULL && db_affected(&results[count - 1]) == 0) {
		log_warn("mailbox_lost", "mailbox=%lld", (long long)m->row.id);
		over(m);
		return;
	}
	if (err == NULL)
		cursor_moved(&m->row.cursor, uid, clock_wall_us());
	if (m->doing != RECORDING) /* closed meanwhile */
		return;
	if (err != NULL && err->kind == FAIL_MISSING)
		over(m); /* deleted */
	else if (err != NULL && may_be_repeated(err))
		loop_timer_start(m->timer, AGAIN_MS);
	else if (err != NULL)
		on_refused(m, err);
	else if (m->is_cut)
		look(m);
	else
		next_batch(m);
}

static void
send_batch(struct mailbox *m)
{
	struct batch_source source = {m->row.id, m->row.folder,
	    m->row.cursor.open_uidvalidity};
	struct db_batch *b = db_batch_new(m->shared->db);

	if (batch_count(m->batch) > 0)
		batch_add_to(m->batch, &source, b);
	db_batch_add(b, Q_CURSOR_MOVE,
	    DB_ARGS(db_int(m->row.id), db_cstr(m->row.folder),
		db_int(source.uidvalidity), db_int(m->last),
		db_cstr(process_name()), db_int(m->row.version)));
	db_batch_send(b, on_recorded, errand_new(m));
	log_info("mailbox_read", "mailbox=%lld messages=%d last_uid=%u",
	    (long long)m->row.id, batch_count(m->batch), m->last);
}

static void
headers_done(struct mailbox *m)
{
	uint32_t cut = batch_trim(m->batch);

	m->is_cut = cut > 0;
	if (m->is_cut)
		m->last = cut;
	if (batch_wants(m->batch, &m->wanted)) {
		m->doing = BODIES;
		imap_link_bodies(m->link, &m->wanted);
	} else {
		record(m);
	}
}

/* The server said no.  To a single message it may mean it: not at once again.
 */
static void
on_declined(struct mailbox *m, const struct err *err)
{
	bool reading = m->doing == HEADERS || m->doing == BODIES;

	if (reading)
		cursor_troubled(&m->row.cursor, m->first, m->last);
	if (reading && m->first != m->last)
		look(m);
	else
		close_link(m, err, -1);
}

static void
on_done(const struct err *err, void *arg)
{
	struct mailbox *m = arg;

	if (err->kind != FAIL_NONE) {
		on_declined(m, err);
		return;
	}
	switch (m->doing) {
	case LOOKING: next_batch(m); break;
	case HEADERS: headers_done(m); break;
	case BODIES: record(m); break;
	case CLOSED:
	case RECORDING:
	case WAITING:
	case GIVING_UP: BUG("an answer to nothing");
	}
}

static void
on_new(void *arg)
{
	look(arg);
}

static void
on_closed(const struct err *err, int64_t backoff_ms, void *arg)
{
	struct mailbox *m = arg;

	if ((m->doing == HEADERS || m->doing == BODIES) &&
	    err->kind != FAIL_BUSY)
		cursor_troubled(&m->row.cursor, m->first, m->last);
	close_link(m, err, backoff_ms);
}

static const struct imap_link_events events = {
    .on_ready = on_ready,
    .on_found = on_found,
    .on_header = on_header,
    .on_body = on_body,
    .on_new = on_new,
    .on_done = on_done,
    .on_closed = on_closed,
};
