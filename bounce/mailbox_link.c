#include "bounce/mailbox_link.h"

#include "bounce/imap_link.h"
#include "bounce/pop3_link.h"
#include "lib/base/mem.h"

/* One of them is there. */
struct mailbox_link {
	struct imap_link *imap;
	struct pop3_link *pop3;
};

static struct mailbox_access
access_of(const struct mailbox_row *row)
{
	return (struct mailbox_access){.host = row->host,
	    .port = row->port,
	    .tls = row->tls,
	    .ca_file = row->ca_file,
	    .auth = row->auth,
	    .username = row->username,
	    .password = row->password};
}

/* How long an answer may take at most. */
static int64_t
patience_s(const struct mailbox_shared *shared,
    const struct mailbox_link_params *p)
{
	return p->timeout_s > 0 ? p->timeout_s
				: shared->settings->mailbox_timeout_s;
}

static struct imap_link *
open_imap(const struct mailbox_shared *shared,
    const struct mailbox_link_params *p, const struct mail_events *events,
    void *arg)
{
	const struct mailbox_row *row = p->row;

	return imap_link_new(shared->loop,
	    &(struct imap_link_params){.access = access_of(row),
		.folder = row->folder,
		.writes = row->mark != IMAP_MARK_NONE,
		.version = "1",
		.idle_s = shared->settings->idle_s,
		.poll_s = shared->settings->poll_s,
		.timeout_s = patience_s(shared, p)},
	    events, arg);
}

static struct pop3_link *
open_pop3(const struct mailbox_shared *shared,
    const struct mailbox_link_params *p, const struct mail_events *events,
    void *arg)
{
	const struct mailbox_row *row = p->row;

	return pop3_link_new(shared->loop,
	    &(struct pop3_link_params){.access = access_of(row),
		.ledger = p->ledger,
		.deletes = row->deletes,
		.timeout_s = patience_s(shared, p)},
	    events, arg);
}

struct mailbox_link *
mailbox_link_new(const struct mailbox_shared *shared,
    const struct mailbox_link_params *params, const struct mail_events *events,
    void *arg)
{
	struct mailbox_link *l = NEW(struct mailbox_link);

	switch (params->row->protocol) {
	case MAILBOX_IMAP:
		l->imap = open_imap(shared, params, events, arg);
		break;
	case MAILBOX_POP3:
		l->pop3 = open_pop3(shared, params, events, arg);
		break;
	}
	return l;
}

void
mailbox_link_free(struct mailbox_link *l)
{
	if (l == NULL)
		return;
	imap_link_free(l->imap);
	pop3_link_free(l->pop3);
	free(l);
}

void
mailbox_link_look(struct mailbox_link *l, uint32_t uid_from, int64_t since_us)
{
	if (l->imap != NULL)
		imap_link_search(l->imap, uid_from, since_us);
	else
		pop3_link_look(l->pop3, uid_from, since_us);
}

void
mailbox_link_headers(struct mailbox_link *l, struct imap_set *uids)
{
	if (l->imap != NULL)
		imap_link_headers(l->imap, uids);
	else
		pop3_link_headers(l->pop3, uids);
}

void
mailbox_link_bodies(struct mailbox_link *l, struct imap_set *uids)
{
	if (l->imap != NULL)
		imap_link_bodies(l->imap, uids);
	else
		pop3_link_bodies(l->pop3, uids);
}

void
mailbox_link_mark(struct mailbox_link *l, struct imap_set *uids,
    const struct mailbox_row *row)
{
	imap_link_mark(l->imap, uids, row->mark, row->mark_folder);
}

void
mailbox_link_remove(struct mailbox_link *l, struct imap_set *uids)
{
	imap_link_mark(l->imap, uids, IMAP_MARK_REMOVE, "");
}

void
mailbox_link_wait(struct mailbox_link *l)
{
	if (l->imap != NULL)
		imap_link_wait(l->imap);
	else
		pop3_link_leave(l->pop3);
}

void
mailbox_link_folders(struct mailbox_link *l)
{
	imap_link_folders(l->imap);
}

void
mailbox_link_select(struct mailbox_link *l, const char *folder)
{
	imap_link_select(l->imap, folder);
}

uint64_t
mailbox_link_bytes(const struct mailbox_link *l)
{
	return l->imap != NULL ? imap_link_bytes(l->imap)
			       : pop3_link_bytes(l->pop3);
}

const char *
mailbox_link_tls(const struct mailbox_link *l)
{
	return l->imap != NULL ? imap_link_tls(l->imap)
			       : pop3_link_tls(l->pop3);
}
