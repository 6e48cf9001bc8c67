/* What is new in a mailbox, fetched and recorded. */
#include "bounce/mailbox_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/process.h"

void
mailbox_look(struct mailbox *m)
{
	struct cursor_look from = cursor_look(m->cursor);

	m->doing = LOOKING;
	m->found = NULL;
	mailbox_link_look(m->link, from.uid_from, from.since_us);
}

void
mailbox_on_found(struct imap_set *found, void *arg)
{
	struct mailbox *m = arg;

	if (m->doing == SEEKING) {
		mailbox_moved_found(m, found);
		return;
	}
	m->found = found;
	imap_set_drop_below(found, cursor_look(m->cursor).uid_from);
}

void
mailbox_on_header(const struct mail_message *message, void *arg)
{
	struct mailbox *m = arg;

	if (m->doing == SEEKING)
		mailbox_moved_header(m, message);
	else
		batch_header(m->batch, message);
}

void
mailbox_on_body(const struct mail_message *message, void *arg)
{
	struct mailbox *m = arg;

	if (m->doing == SEEKING)
		mailbox_moved_body(m, message);
	else
		batch_body(m->batch, message);
}

static void
record(struct mailbox *m)
{
	struct batch_source source = {m->row.id, m->folder,
	    m->cursor->open_uidvalidity, &m->row.trust};

	m->doing = RECORDING;
	batch_judge(m->batch, &source, clock_wall_us());
	mailbox_send_batch(m);
}

static void
next_batch(struct mailbox *m)
{
	struct cursor *c = m->cursor;
	uint32_t most = BATCH_MESSAGES_MAX;

	batch_reset(m->batch);
	m->is_cut = false;
	mailbox_budget_count(m);
	if (byte_budget_is_spent(&m->row.budget))
		most = 1;
	if (!imap_set_take(m->found, cursor_batch_max(c, most), &m->wanted)) {
		m->first = m->last = cursor_end(c);
		m->looked_again = false;
		if (m->last > 0)
			record(m);
		else
			mailbox_next_folder(m);
		return;
	}
	if (mailbox_budget_ends(m))
		return;
	m->first = m->wanted.at[0].first;
	m->last = imap_set_max(&m->wanted);
	if (cursor_has_given_up(c, m->first)) {
		batch_unreadable(m->batch, m->first);
		record(m);
		return;
	}
	m->doing = HEADERS;
	mailbox_link_headers(m->link, &m->wanted);
}

/* After a batch. */
static void
go_on(struct mailbox *m)
{
	if (m->is_cut)
		mailbox_look(m);
	else
		next_batch(m);
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
		cursor_troubled(m->cursor, m->first, m->last);
		mailbox_look(m);
	} else {
		mailbox_close(m, err, -1);
	}
}

static bool
is_about_the_data(const struct err *err)
{
	return err->kind == FAIL_INPUT || err->kind == FAIL_CONFLICT ||
	       err->kind == FAIL_LIMIT || err->kind == FAIL_PROTOCOL;
}

/* The statement that moves the cursor is the last one; it moves nothing when
 * the mailbox is no longer ours. */
static void
on_recorded(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct errand errand = *(struct errand *)arg;
	struct mailbox *m = mailbox_errand_end(arg);

	if (m == NULL)
		return;
	if (err == NULL && db_affected(&results[count - 1]) == 0) {
		log_warn("mailbox_lost", "mailbox=%lld", (long long)m->row.id);
		mailbox_over(m);
		return;
	}
	if (err == NULL) {
		cursor_moved(errand.cursor, errand.uid, clock_wall_us());
		if (count > 1)
			mailbox_keys_recorded(m, &results[count - 2],
			    errand.uid);
		if (count > 1)
			mailbox_mark_told(m, &results[count - 2]);
		pace_brought(&m->pace);
		m->looked_again = false;
	}
	if (m->doing != RECORDING) /* closed meanwhile */
		return;
	if (err != NULL && err->kind == FAIL_MISSING)
		mailbox_over(m); /* deleted */
	else if (err != NULL && is_about_the_data(err))
		on_refused(m, err);
	else if (err != NULL)
		loop_timer_start(m->timer, AGAIN_MS);
	else if (!mailbox_mark(m))
		go_on(m);
}

void
mailbox_send_batch(struct mailbox *m)
{
	struct batch_source source = {m->row.id, m->folder,
	    m->cursor->open_uidvalidity, &m->row.trust};
	struct db_batch *b = db_batch_new(m->shared->db);
	struct errand *errand = mailbox_errand(m);

	errand->uid = mailbox_mark_cursor(m);
	if (batch_count(m->batch) > 0)
		batch_add_to(m->batch, &source, b);
	mailbox_record_keys(m, b);
	mailbox_mark_ask(m, b);
	db_batch_add(b, Q_CURSOR_MOVE,
	    DB_ARGS(db_int(m->row.id), db_cstr(m->folder),
		db_int(source.uidvalidity), db_int(errand->uid),
		db_cstr(process_name()), db_int(m->row.version),
		db_int((int64_t)m->cursor->open_modseq)));
	db_batch_send(b, on_recorded, errand);
	log_info("mailbox_read", "mailbox=%lld messages=%d last_uid=%u",
	    (long long)m->row.id, batch_count(m->batch), m->last);
}

static void
headers_done(struct mailbox *m)
{
	uint32_t cut = batch_trim(m->batch, m->row.protocol == MAILBOX_POP3);

	m->is_cut = cut > 0;
	if (m->is_cut)
		m->last = cut;
	if (batch_wants(m->batch, &m->wanted)) {
		m->doing = BODIES;
		mailbox_link_bodies(m->link, &m->wanted);
	} else {
		record(m);
	}
}

/* A message whose body does not come has mostly gone, which another look
 * tells: then nobody is to be asked what it was. */
static void
bodies_done(struct mailbox *m)
{
	if (m->row.protocol == MAILBOX_POP3 || m->looked_again ||
	    !batch_wants(m->batch, &m->wanted)) {
		record(m);
		return;
	}
	m->looked_again = true;
	mailbox_look(m);
}

/* The server said no.  To a single message it may mean it, so that it is not
 * asked again at once. */
static void
on_declined(struct mailbox *m, const struct err *err)
{
	bool reading = m->doing == HEADERS || m->doing == BODIES;

	if (mailbox_mark_declined(m, err) || mailbox_moved_declined(m) ||
	    mailbox_junk_declined(m))
		return;
	if (reading)
		cursor_troubled(m->cursor, m->first, m->last);
	if (reading && m->first != m->last)
		mailbox_look(m);
	else
		mailbox_close(m, err, -1);
}

void
mailbox_on_done(const struct err *err, void *arg)
{
	struct mailbox *m = arg;

	if (err->kind != FAIL_NONE) {
		on_declined(m, err);
		return;
	}
	switch (m->doing) {
	case FINDING: mailbox_junk_listed(m); break;
	case LOOKING: next_batch(m); break;
	case HEADERS: headers_done(m); break;
	case BODIES: bodies_done(m); break;
	case SEEKING: mailbox_moved_go_on(m); break;
	case MARKING: mailbox_mark_go_on(m); break;
	case CLOSED:
	case OPENING:
	case RECORDING:
	case RETURNING:
	case WAITING:
	case GIVING_UP: BUG("an answer to nothing");
	}
}
