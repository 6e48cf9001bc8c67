/* What is done to reports once they are recorded, where the mailbox asks for
 * it.
 *
 *   record, the cursor before them -> mark -> the cursor behind them
 *
 * Whatever ends in between, they are read and marked once more, which counts
 * nothing twice.  Nor does it move anything twice: a server goes on with the
 * MOVE of a connection that has ended, and copies all of it before it removes
 * the first, so that a second MOVE meanwhile would copy the same once more.
 * Therefore nobody connects again before such a command has had time to end,
 * and what stands in the other folder then is not moved (mailbox_moved.c). */
#include "bounce/mailbox_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

static bool
marks(const struct mailbox *m)
{
	return m->row.protocol == MAILBOX_IMAP &&
	       m->row.mark != IMAP_MARK_NONE && batch_count(m->batch) > 0;
}

void
mailbox_mark_ask(struct mailbox *m, struct db_batch *b)
{
	if (marks(m))
		db_batch_add(b, Q_INBOUND_REPORTS,
		    DB_ARGS(db_int(m->row.id), batch_uids(m->batch),
			batch_fingerprints(m->batch)));
}

void
mailbox_mark_told(struct mailbox *m, const struct db_result *r)
{
	uint32_t uid;
	int i;

	imap_set_reset(&m->reports);
	imap_set_reset(&m->moved);
	m->is_again = false;
	if (m->doing != RECORDING || !marks(m))
		return;
	for (i = 0; i < db_rows(r); i++) {
		uid = (uint32_t)db_get_int(r, i, 0);
		if (!imap_set_add(&m->reports, uid, uid))
			BUG("a batch with too many messages");
		m->is_again = m->is_again || db_get_bool(r, i, 1);
	}
	imap_set_sort(&m->reports);
}

uint32_t
mailbox_mark_cursor(const struct mailbox *m)
{
	return marks(m) ? m->first - 1 : m->last;
}

static void
mark_done(struct mailbox *m)
{
	m->mark_cuts = 0;
	batch_reset(m->batch);
	m->doing = RECORDING;
	mailbox_send_batch(m);
}

bool
mailbox_mark(struct mailbox *m)
{
	if (!marks(m))
		return false;
	if (m->unmarked || m->reports.count == 0 ||
	    m->mark_cuts >= MARK_CUTS_MAX) {
		mark_done(m);
		return true;
	}
	if (m->is_again && m->row.mark == IMAP_MARK_MOVE)
		mailbox_moved_seek(m);
	else
		mailbox_mark_go_on(m);
	return true;
}

void
mailbox_mark_go_on(struct mailbox *m)
{
	m->doing = MARKING;
	if (m->reports.count > 0) {
		mailbox_link_mark(m->link, &m->reports, &m->row);
		imap_set_reset(&m->reports);
	} else if (m->moved.count > 0) {
		mailbox_link_remove(m->link, &m->moved);
		imap_set_reset(&m->moved);
	} else {
		mark_done(m);
	}
}

void
mailbox_mark_cut(struct mailbox *m)
{
	if (m->doing != MARKING && m->doing != SEEKING && m->doing != RETURNING)
		return;
	m->mark_cuts++;
	m->settled_ms = clock_mono_ms() + SETTLE_MS;
}

int64_t
mailbox_mark_wait(const struct mailbox *m)
{
	int64_t wait_ms = m->settled_ms - clock_mono_ms();

	return m->row.mark == IMAP_MARK_MOVE && wait_ms > 0 ? wait_ms : 0;
}

void
mailbox_mark_claimed(struct mailbox *m)
{
	if (m->row.recorded_ago_ms < SETTLE_MS)
		m->settled_ms =
		    clock_mono_ms() + SETTLE_MS - m->row.recorded_ago_ms;
}

bool
mailbox_mark_declined(struct mailbox *m, const struct err *err)
{
	if (m->doing != MARKING)
		return false;
	if (err->kind == FAIL_CONFLICT) {
		m->mark_cuts++;
		mailbox_look(m);
		return true;
	}
	log_warn("mailbox_not_marked", "mailbox=%lld error=%s",
	    (long long)m->row.id, log_quote(str_of(err->text)));
	m->unmarked = true;
	mark_done(m);
	return true;
}
