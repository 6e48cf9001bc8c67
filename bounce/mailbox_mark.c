/* What is done to reports once they are recorded, where the mailbox asks for
 * it.
 *
 *   record, the cursor before them -> mark -> the cursor behind them
 *
 * Whatever ends in between, they are read and marked once more, which counts
 * nothing twice; so a copy that stands for a move may be made twice. */
#include "bounce/mailbox_private.h"

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
	if (m->doing != RECORDING || !marks(m))
		return;
	for (i = 0; i < db_rows(r); i++) {
		uid = (uint32_t)db_get_int(r, i, 0);
		if (!imap_set_add(&m->reports, uid, uid))
			BUG("a batch with too many messages");
	}
	imap_set_sort(&m->reports);
}

uint32_t
mailbox_mark_cursor(const struct mailbox *m)
{
	return marks(m) ? m->first - 1 : m->last;
}

void
mailbox_mark_done(struct mailbox *m)
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
		mailbox_mark_done(m);
		return true;
	}
	m->doing = MARKING;
	mailbox_link_mark(m->link, &m->reports, &m->row);
	imap_set_reset(&m->reports);
	return true;
}

void
mailbox_mark_cut(struct mailbox *m)
{
	if (m->doing == MARKING)
		m->mark_cuts++;
}

bool
mailbox_mark_declined(struct mailbox *m, const struct err *err)
{
	if (m->doing != MARKING)
		return false;
	log_warn("mailbox_not_marked", "mailbox=%lld error=%s",
	    (long long)m->row.id, log_quote(str_of(err->text)));
	m->unmarked = true;
	return true;
}
