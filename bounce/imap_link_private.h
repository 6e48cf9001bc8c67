/*
 * imap_link_private.h - what imap_link.c (life, connection, time) and
 * imap_link_work.c (the owner's commands) share.
 *
 *   OPENING -> FREE -> BUSY | WAITING -> FREE ...   any -> CLOSED
 */
#ifndef BOUNCE_IMAP_LINK_PRIVATE_H
#define BOUNCE_IMAP_LINK_PRIVATE_H

#include "bounce/imap_link.h"

#define LINK_TAG_TEXT 16

enum link_state {
	LINK_OPENING = 0, /* until the mailbox is open */
	LINK_FREE,        /* the owner may give a command */
	LINK_BUSY,        /* a command of the owner is under way */
	LINK_WAITING,     /* imap_link_wait */
	LINK_CLOSED,
};

struct imap_link {
	enum link_state state;
	struct loop *loop;
	struct conn *conn;
	struct imap_session session;
	struct mail_events events;
	void *arg;

	/* Our copies of the parameters' texts. */
	char *host, *username, *password, *folder, *version, *contact;
	char tag[LINK_TAG_TEXT];
	int64_t idle_ms, poll_ms, check_ms, timeout_ms;

	struct loop_timer *limit; /* of the server's answer, or of one IDLE */
	enum imap_state limited;  /* what `limit` was set for, */
	unsigned limited_count;   /* and the number of its command */
	struct loop_timer *wait;  /* of imap_link_wait */

	bool told;        /* EXISTS came since the last search */
	int silent_finds; /* searches in a row that found what it kept quiet */
	uint64_t bytes;
	struct err failure; /* to be told at the end of the turn */
	int depth;          /* callbacks of the loop under way */
	bool freed;         /* imap_link_free was called in one of them */
};

/* What the session has written leaves; the clock follows its state. */
void link_settle(struct imap_link *l);
/* Asks for IDLE where that can be. */
void link_idle(struct imap_link *l);
/* Tells l->failure at the end of the turn. */
void link_tell_failure(void *arg);

#endif
