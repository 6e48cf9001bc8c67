#include "bounce/mailbox.h"

#include "bounce/batch.h"
#include "bounce/imap_backoff.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#define LOGIN_TRIES_MAX 3                           /* */
#define RESCAN_US       (7LL * 24 * 3600 * 1000000) /* */
#define PAUSE_MS        2000

struct mailbox {
	const struct mailbox_shared *shared;
	struct mailbox_row row;
	struct imap_link *link;
	struct imap_backoff backoff;
	struct loop_timer *timer;
	struct batch *batch;
	struct imap_set *found; /* the link's: what is still to be read */
	struct imap_set wanted;
	uint32_t batch_last; /* highest UID of the batch asked for */
	enum { SEARCHING, HEADERS, BODIES, RECORDING, WAITING, CLOSED } doing;
	int login_failures;
	bool given_up;
	struct recording *recording; /* under way, or NULL */
};

/* A database batch outlives the mailbox that asked for it. */
struct recording {
	struct mailbox *mailbox; /* NULL: it has gone */
	uint32_t last_uid;
};

static const struct imap_link_events events;
static void next_batch(struct mailbox *m);

static void
reconnect(void *arg)
{
	struct mailbox *m = arg;
	struct imap_link_params params;

	mailbox_link_params(&params, &m->row, m->shared->settings);
	imap_link_free(m->link);
	m->doing = SEARCHING;
	m->link = imap_link_new(m->shared->loop, &params, &events, m);
}

struct mailbox *
mailbox_new(const struct mailbox_shared *shared, struct mailbox_row *row)
{
	struct mailbox *m = NEW(struct mailbox);

	m->shared = shared;
	m->row = *row;
	*row = (struct mailbox_row){.id = 0};
	m->batch = batch_new(shared->ring);
	imap_set_init(&m->wanted);
	m->timer = loop_timer_new(shared->loop, reconnect, m);
	reconnect(m);
	return m;
}

void
mailbox_free(struct mailbox *m)
{
	if (m == NULL)
		return;
	if (m->recording != NULL)
		m->recording->mailbox = NULL;
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

bool
mailbox_is_given_up(const struct mailbox *m)
{
	return m->given_up;
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

/* A statement whose answer changes nothing here. */
static void
tell(struct mailbox *m, enum query q, struct db_args args)
{
	struct db_batch *b = db_batch_new(m->shared->db);

	db_batch_add(b, q, args);
	db_batch_send(b, on_told, NULL);
}

static void
give_up(struct mailbox *m, const struct err *err)
{
	log_error("mailbox_needs_attention", "mailbox=%lld error=%s",
	    (long long)m->row.id, log_quote(str_of(err->text)));
	tell(m, Q_MAILBOX_PROBLEM,
	    DB_ARGS(db_int(m->row.id), db_int(m->row.version),
		db_cstr(err->text)));
	m->given_up = true;
}

/* The first look goes back to `since`; a folder that was numbered anew is
 * looked through again from a week before the last time. */
static void
search(struct mailbox *m, uint32_t uidvalidity)
{
	struct mailbox_row *r = &m->row;

	m->doing = SEARCHING;
	m->found = NULL;
	if (r->has_cursor && r->uidvalidity == uidvalidity) {
		imap_link_search(m->link, r->last_uid + 1, 0);
		return;
	}
	if (r->has_cursor)
		log_warn("mailbox_renumbered", "mailbox=%lld",
		    (long long)r->id);
	imap_link_search(m->link, 1,
	    r->has_cursor ? r->cursor_us - RESCAN_US : r->since_us);
	r->has_cursor = true;
	r->uidvalidity = uidvalidity;
	r->last_uid = 0;
}

static void
on_ready(const struct imap_mailbox *mailbox, void *arg)
{
	struct mailbox *m = arg;

	m->login_failures = 0;
	imap_backoff_reset(&m->backoff);
	log_info("mailbox_open", "mailbox=%lld exists=%u uidvalidity=%u",
	    (long long)m->row.id, mailbox->exists, mailbox->uidvalidity);
	search(m, mailbox->uidvalidity);
}

static void
on_found(struct imap_set *found, void *arg)
{
	struct mailbox *m = arg;

	m->found = found;
	if (m->row.last_uid > 0)
		imap_set_drop_below(found, m->row.last_uid + 1);
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
	tell(m, Q_MAILBOX_POLLED, DB_ARGS(db_int(m->row.id)));
	imap_link_wait(m->link);
}

/* The batch was not read or not taken: the cursor has not moved, so come
 * back and read it again. */
static void
start_over(struct mailbox *m, const char *what, const struct err *err)
{
	log_error(what, "mailbox=%lld error=%s", (long long)m->row.id,
	    log_quote(str_of(err->text)));
	m->doing = CLOSED;
	m->found = NULL;
	imap_link_free(m->link);
	m->link = NULL;
	loop_timer_start(m->timer, PAUSE_MS);
}

static void
on_recorded(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct recording *rec = arg;
	struct mailbox *m = rec->mailbox;

	(void)results;
	(void)count;
	if (m == NULL) {
		free(rec);
		return;
	}
	m->recording = NULL;
	if (err != NULL) {
		start_over(m, "record_failed", err);
	} else {
		m->row.last_uid = rec->last_uid;
		m->row.cursor_us = clock_wall_us();
		if (m->doing == RECORDING)
			next_batch(m);
	}
	free(rec);
}

static void
record(struct mailbox *m)
{
	struct batch_source source = {m->row.id, m->row.folder,
	    m->row.uidvalidity};
	struct db_batch *b = db_batch_new(m->shared->db);

	m->doing = RECORDING;
	m->recording = NEW(struct recording);
	*m->recording = (struct recording){m, m->batch_last};
	if (batch_count(m->batch) > 0) {
		batch_judge(m->batch, &source, clock_wall_us());
		batch_add_to(m->batch, &source, b);
	}
	db_batch_add(b, Q_CURSOR_MOVE,
	    DB_ARGS(db_int(m->row.id), db_cstr(m->row.folder),
		db_int(m->row.uidvalidity), db_int(m->batch_last)));
	db_batch_send(b, on_recorded, m->recording);
	log_info("mailbox_read", "mailbox=%lld messages=%d last_uid=%u",
	    (long long)m->row.id, batch_count(m->batch), m->batch_last);
}

static void
next_batch(struct mailbox *m)
{
	batch_reset(m->batch);
	if (!imap_set_take(m->found, BATCH_MESSAGES_MAX, &m->wanted)) {
		wait_for_mail(m);
		return;
	}
	m->batch_last = imap_set_max(&m->wanted);
	m->doing = HEADERS;
	imap_link_headers(m->link, &m->wanted);
}

static void
headers_done(struct mailbox *m)
{
	if (!batch_wants(m->batch, &m->wanted)) {
		record(m);
		return;
	}
	m->doing = BODIES;
	imap_link_bodies(m->link, &m->wanted);
}

static void
on_done(const struct err *err, void *arg)
{
	struct mailbox *m = arg;

	if (err->kind != FAIL_NONE) {
		start_over(m, "mailbox_refused", err);
		return;
	}
	switch (m->doing) {
	case SEARCHING:
		if (m->found != NULL)
			next_batch(m);
		else
			wait_for_mail(m);
		break;
	case HEADERS: headers_done(m); break;
	case BODIES: record(m); break;
	case RECORDING:
	case WAITING:
	case CLOSED: break;
	}
}

static void
on_new(void *arg)
{
	struct mailbox *m = arg;

	search(m, imap_link_mailbox(m->link)->uidvalidity);
}

/* Nothing that waiting mends, after as many tries as a slip deserves. */
static bool
is_hopeless(struct mailbox *m, const struct err *err)
{
	if (err->kind == FAIL_MISSING)
		return true;
	if (err->kind != FAIL_AUTH && err->kind != FAIL_TLS)
		return false;
	return ++m->login_failures >= LOGIN_TRIES_MAX;
}

static void
on_closed(const struct err *err, int64_t backoff_ms, void *arg)
{
	struct mailbox *m = arg;
	int64_t pause_ms;

	m->found = NULL;
	m->doing = CLOSED;
	if (is_hopeless(m, err)) {
		give_up(m, err);
		return;
	}
	pause_ms = imap_backoff_next(&m->backoff, backoff_ms);
	log_warn("mailbox_closed", "mailbox=%lld again_in_ms=%lld error=%s",
	    (long long)m->row.id, (long long)pause_ms,
	    log_quote(str_of(err->text)));
	loop_timer_start(m->timer, pause_ms);
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
