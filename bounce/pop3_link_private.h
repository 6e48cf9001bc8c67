/*
 * pop3_link_private.h - what pop3_link.c (life, connection, time) and
 * pop3_link_work.c (what is asked and answered) share.
 *
 *   OPENING -> LISTING -> HASHING* -> FREE
 *   FREE -> LOOKING | HEADERS | BODIES -> FREE     FREE -> LEAVING
 *   any -> CLOSED
 */
#ifndef BOUNCE_POP3_LINK_PRIVATE_H
#define BOUNCE_POP3_LINK_PRIVATE_H

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
	POP3_CLOSED,
};

/* A message that something is asked of. */
struct pop3_job {
	uint32_t number, uid;
	uint64_t size;
};

struct pop3_link {
	enum pop3_doing doing;
	struct loop *loop;
	struct conn *conn;
	struct pop3_session session;
	uint64_t bytes; /* received */
	struct mail_events events;
	void *arg;

	char *host, *username, *password; /* our copies */
	struct uidl_ledger *ledger;
	bool deletes;
	int64_t timeout_ms, since_us;

	struct pop3_job *jobs; /* of the present command */
	size_t job_count, asked, answered;
	bool quit_asked;
	struct imap_set found;
	bool is_spent; /* the connection was cut, in good order */

	struct loop_timer *limit; /* of the server's answer */
	enum pop3_state limited;  /* what it was set for, */
	unsigned limited_count;   /* and after how many answers */
	struct err failure;       /* to be told at the end of the turn */
	int depth;                /* callbacks of the loop under way */
	bool freed;               /* pop3_link_free was called in one */
};

/* What the session has written leaves; the clock follows its state. */
void visit_settle(struct pop3_link *l);
/* The end, told to the owner. */
void visit_closed(struct pop3_link *l, const struct err *err);
/* The connection goes, the link stays. */
void visit_cut(struct pop3_link *l);
/* Tells what the owner's command came to, at the end of the turn. */
void visit_tell(void *arg);

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
