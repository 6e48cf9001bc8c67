/* What of a batch stands in the folder already to which it is to be moved.
 *
 * It may when the batch was recorded before: then somebody had it moved, and
 * we do not know how far that came.  A copy that stands for a move may have
 * lost its connection before the original was removed, and a server that
 * died may have done half of a MOVE.
 *
 *   SEEKING, the newest of that folder -> RETURNING -> MARKING
 *
 * A message counts as moved when one stands there that is the same in every
 * byte, each of them once; then only the original is removed.  The headers
 * tell which bodies there are worth a look. */
#include "bounce/mailbox_private.h"

#define SEEK_MAX 400 /* so many came last: a batch, and what others put in */

void
mailbox_moved_seek(struct mailbox *m)
{
	m->doing = SEEKING;
	m->found = NULL;
	m->is_cut = true; /* of what was found, nothing is known after it */
	imap_set_reset(&m->moved);
	imap_set_reset(&m->wanted);
	mailbox_link_select(m->link, m->row.mark_folder);
}

/* Back to the folder of the batch. */
static void
go_back(struct mailbox *m)
{
	m->doing = RETURNING;
	m->found = NULL;
	mailbox_link_select(m->link, m->folder);
}

/* From those that are still to be moved. */
static void
leave_out_moved(struct mailbox *m)
{
	struct imap_set all = m->reports;
	uint32_t uid;
	size_t i;

	m->reports = m->wanted;
	m->wanted = all;
	imap_set_reset(&m->reports);
	for (i = 0; i < all.count; i++)
		for (uid = all.at[i].first; uid <= all.at[i].last; uid++)
			if (!imap_set_has(&m->moved, uid) &&
			    !imap_set_add(&m->reports, uid, uid))
				BUG("a batch with too many messages");
}

bool
mailbox_moved_ready(struct mailbox *m, const struct mail_folder *box)
{
	uint32_t next = box->uidnext;

	if (m->doing == SEEKING) {
		mailbox_link_look(m->link,
		    next > SEEK_MAX ? next - SEEK_MAX : 1, 0);
		return true;
	}
	if (m->doing != RETURNING ||
	    box->uidvalidity != m->cursor->open_uidvalidity)
		return false;
	leave_out_moved(m);
	mailbox_mark_go_on(m);
	return true;
}

void
mailbox_moved_found(struct mailbox *m, struct imap_set *found)
{
	uint32_t last = imap_set_max(found);

	m->found = found;
	if (last > SEEK_MAX)
		imap_set_drop_below(found, last - SEEK_MAX + 1);
}

void
mailbox_moved_header(struct mailbox *m, const struct mail_message *message)
{
	if (batch_is_like(m->batch, message) &&
	    !imap_set_add(&m->wanted, message->uid, message->uid))
		BUG("a batch with too many messages");
}

void
mailbox_moved_body(struct mailbox *m, const struct mail_message *message)
{
	uint32_t uid = batch_twin(m->batch, message, &m->reports, &m->moved);

	if (uid > 0 && !imap_set_add(&m->moved, uid, uid))
		BUG("a batch with too many messages");
}

/* Headers of a few, then the bodies of those among them that are likely. */
void
mailbox_moved_go_on(struct mailbox *m)
{
	if (m->wanted.count > 0)
		mailbox_link_bodies(m->link, &m->wanted);
	else if (imap_set_take(m->found, BATCH_MESSAGES_MAX, &m->wanted))
		mailbox_link_headers(m->link, &m->wanted);
	else
		go_back(m);
	imap_set_reset(&m->wanted);
}

bool
mailbox_moved_declined(struct mailbox *m)
{
	if (m->doing != SEEKING)
		return false;
	go_back(m);
	return true;
}
