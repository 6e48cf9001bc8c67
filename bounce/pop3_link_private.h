/*
 * pop3_link_private.h - what pop3_link.c (life, events) and
 * pop3_link_work.c (what is asked and answered) share.
 *
 *   OPENING -> LISTING -> HASHING* -> FREE
 *   FREE -> LOOKING | HEADERS | BODIES -> FREE     FREE -> LEAVING
 */
#ifndef BOUNCE_POP3_LINK_PRIVATE_H
#define BOUNCE_POP3_LINK_PRIVATE_H

#include "bounce/mailbox_conn.h"
#include "bounce/pop3_link.h"

enum pop3_doing {
	POP3_OPENING = 0, /* until we are logged in */
	POP3_LISTING,     /* by UIDL */
	POP3_HASHING,     /* by headers */
	POP3_FREE,        /* the owner may give a command */
	POP3_LOOKING,
	POP3_HEADERS,
	POP3_BODIES,
	POP3_LEAVING,
};

/* A message that something is asked of. */
struct pop3_job {
	uint32_t number, uid;
	uint64_t size;
};

struct pop3_link {
	enum pop3_doing doing;
	struct mailbox_conn conn; /* cut in good order: its `conn` is NULL */
	struct pop3_session session;
	struct mail_events events;
	void *arg;

	struct uidl_ledger *ledger;
	bool deletes;
	int64_t since_us;

	struct pop3_job *jobs; /* of the present command */
	size_t job_count, asked, answered;
	bool only_whole; /* the server has no TOP */
	struct imap_set found;
};

/* pop3_link_work.c */

/* We are logged in. */
void visit_list(struct pop3_link *l);
/* More is asked, or all was answered. */
void visit_go_on(struct pop3_link *l);
void visit_on_size(struct pop3_link *l);
void visit_on_message(struct pop3_link *l);
/* The set was looked for. */
void visit_found(struct pop3_link *l);

#endif
