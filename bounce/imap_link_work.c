/* What the owner of a link may ask of it. */
#include "bounce/imap_link_private.h"

#include <assert.h>

#define SILENT_FINDS 2 /* that often IDLE kept mail from us: poll too */

void
link_idle(struct imap_link *l)
{
	if (l->session.state == IMAP_STATE_READY)
		(void)!imap_session_idle(&l->session);
}

/* May the owner give a command?  Not after the end, where it is ignored. */
static bool
begin(struct imap_link *l)
{
	if (l->conn.over)
		return false;
	assert(l->state == LINK_FREE || l->state == LINK_WAITING);
	loop_timer_stop(l->wait);
	l->state = LINK_BUSY;
	return true;
}

static void
end(struct imap_link *l, bool sent)
{
	if (sent)
		mailbox_conn_settle(&l->conn);
	else
		mailbox_conn_defer(&l->conn);
}

void
imap_link_search(struct imap_link *l, uint32_t uid_from, int64_t since_us)
{
	if (!begin(l))
		return;
	l->told = l->told || l->session.news;
	end(l, imap_session_search(&l->session, uid_from, since_us,
		   &l->conn.failure));
}

void
imap_link_headers(struct imap_link *l, struct imap_set *uids)
{
	if (begin(l))
		end(l, imap_session_fetch(&l->session, uids, false,
			   &l->conn.failure));
}

void
imap_link_bodies(struct imap_link *l, struct imap_set *uids)
{
	if (begin(l))
		end(l, imap_session_fetch(&l->session, uids, true,
			   &l->conn.failure));
}

void
imap_link_body(struct imap_link *l, uint32_t uid)
{
	struct imap_range range = {uid, uid};
	struct imap_set one = {&range, 1, 1, true};

	imap_link_bodies(l, &one);
}

void
imap_link_mark(struct imap_link *l, struct imap_set *uids, enum imap_mark mark,
    const char *folder)
{
	if (begin(l))
		end(l, imap_session_mark(&l->session, uids, mark,
			   str_of(folder), &l->conn.failure));
}

void
imap_link_folders(struct imap_link *l)
{
	if (begin(l))
		end(l, imap_session_list(&l->session, &l->conn.failure));
}

void
imap_link_select(struct imap_link *l, const char *folder)
{
	if (begin(l))
		end(l, imap_session_select(&l->session, str_of(folder),
			   &l->conn.failure));
}

void
imap_link_wait(struct imap_link *l)
{
	bool idles = imap_link_idles(l);

	if (l->conn.over)
		return;
	assert(l->state == LINK_FREE);
	l->state = LINK_WAITING;
	if (l->session.news) {
		loop_timer_start(l->wait, 0);
		return;
	}
	loop_timer_start(l->wait,
	    idles && l->silent_finds < SILENT_FINDS ? l->check_ms : l->poll_ms);
	link_idle(l);
	mailbox_conn_settle(&l->conn);
}

void
imap_link_logout(struct imap_link *l)
{
	if (begin(l))
		end(l, imap_session_logout(&l->session, &l->conn.failure));
}
