/*
 * mailbox_junk.h - the folder for spam of a mailbox: bounces land there, too
 * (R-021).
 *
 *   the main folder is read -> [find it] -> open it -> read it
 *                           -> open and read the main folder again -> wait
 *
 * So it goes after each connect and then every poll_s, on the one connection.
 * It is the folder with the special use \Junk (RFC 6154) or, where the server
 * tells of none, the one whose name says so.  A mailbox without one is looked
 * through again from time to time: the first spam may make it.  What is wrong
 * with this folder alone keeps nobody from reading the main one.
 */
#ifndef BOUNCE_MAILBOX_JUNK_H
#define BOUNCE_MAILBOX_JUNK_H

#include "bounce/cursor.h"

#define MAILBOX_JUNK_AGAIN_MS 900000 /* there is none, or it cannot be read */

struct mailbox;

struct mailbox_junk {
	char *name; /* that `cursor` is of; NULL: none yet */
	struct cursor cursor;
	bool known;     /* it is there, and how far it was read */
	char *listed;   /* the likeliest of a listing under way */
	int likeness;   /* of it */
	int64_t due_ms; /* clock_mono_ms() */
};

/* How sure it is that a folder is the one for spam; 0: it is not. */
int mailbox_junk_likeness(const struct imap_folder *folder);

/* All of the folder that is open is read: to the next, or to rest. */
void mailbox_next_folder(struct mailbox *m);
/* When the next look at the folder is due; INT64_MAX: never. */
int64_t mailbox_junk_due(const struct mailbox *m);
void mailbox_junk_visit(struct mailbox *m); /* it is due */

/* Of the link, in FINDING; then the database is asked how far it was read. */
void mailbox_on_folder(const struct imap_folder *folder, void *arg);
void mailbox_junk_listed(struct mailbox *m);
void mailbox_junk_ask(struct mailbox *m);
/* The server said no: was that about this folder alone?  Then it is left. */
bool mailbox_junk_declined(struct mailbox *m);

void mailbox_junk_close(struct mailbox *m); /* the connection has gone */
void mailbox_junk_release(struct mailbox_junk *j);

#endif
