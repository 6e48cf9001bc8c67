/*
 * mailbox_link.h - a connection to a mailbox, by the protocol of its row: one
 * interface over imap_link.h and pop3_link.h, where their contracts stand.
 *
 * They differ in how waiting ends: IMAP stays and tells on_new; POP3 leaves,
 * on_closed with FAIL_NONE, and the owner comes back.
 */
#ifndef BOUNCE_MAILBOX_LINK_H
#define BOUNCE_MAILBOX_LINK_H

#include "bounce/mail_events.h"
#include "bounce/mailbox.h"
#include "bounce/uidl_ledger.h"

struct mailbox_link;

struct mailbox_link_params {
	const struct mailbox_row *row; /* copied */
	struct uidl_ledger *ledger;    /* of POP3; NULL: only to log in */
	int64_t timeout_s;             /* on everything; 0: the setting's */
};

struct mailbox_link *mailbox_link_new(const struct mailbox_shared *shared,
    const struct mailbox_link_params *params, const struct mail_events *events,
    void *arg);
void mailbox_link_free(struct mailbox_link *l); /* NULL is fine */

void mailbox_link_look(struct mailbox_link *l, uint32_t uid_from,
    int64_t since_us);
void mailbox_link_headers(struct mailbox_link *l, struct imap_set *uids);
void mailbox_link_bodies(struct mailbox_link *l, struct imap_set *uids);
/* Of IMAP alone, as the row says it. */
void mailbox_link_mark(struct mailbox_link *l, struct imap_set *uids,
    const struct mailbox_row *row);
void mailbox_link_remove(struct mailbox_link *l, struct imap_set *uids);
void mailbox_link_wait(struct mailbox_link *l);
/* Of IMAP only. */
void mailbox_link_folders(struct mailbox_link *l);
void mailbox_link_select(struct mailbox_link *l, const char *folder);

/* Received so far. */
uint64_t mailbox_link_bytes(const struct mailbox_link *l);
const char *mailbox_link_tls(const struct mailbox_link *l);

#endif
