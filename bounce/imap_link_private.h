/*
 * imap_link_private.h - what imap_link.c (life, events, waiting) and
 * imap_link_work.c (the owner's commands) share.
 *
 *   OPENING -> FREE -> BUSY | WAITING -> FREE ...
 */
#ifndef BOUNCE_IMAP_LINK_PRIVATE_H
#define BOUNCE_IMAP_LINK_PRIVATE_H

#include "bounce/imap_link.h"
#include "bounce/mailbox_conn.h"

#define LINK_TAG_TEXT 16

enum link_state {
	LINK_OPENING = 0, /* until the mailbox is open */
	LINK_FREE,        /* the owner may give a command */
	LINK_BUSY,        /* a command of the owner is under way */
	LINK_WAITING,     /* imap_link_wait */
};

struct imap_link {
	enum link_state state;
	struct mailbox_conn conn;
	struct imap_session session;
	struct mail_events events;
	void *arg;

	/* Our copies of the parameters' texts. */
	char *folder, *version, *contact;
	char tag[LINK_TAG_TEXT];
	int64_t idle_ms, poll_ms, check_ms;
	struct loop_timer *wait; /* of imap_link_wait */

	bool told;        /* EXISTS came since the last search */
	int silent_finds; /* searches in a row that found what it kept quiet */
};

/* Asks for IDLE where that can be. */
void link_idle(struct imap_link *l);

#endif
