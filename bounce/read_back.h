/*
 * read_back.h - looks for the message of a self-test in a mailbox, on a
 * connection that is open, until it has come or the time is over.
 *
 *   (open -> search -> headers)* of each folder -> rest -> open ...
 *
 * In the mailbox's folder, in INBOX, and in the folder for spam; of each the
 * newest messages.  IMAP only: the mailbox is not changed, and what its poller
 * knows of it is not touched.  The owner hands the events of the link on.
 */
#ifndef BOUNCE_READ_BACK_H
#define BOUNCE_READ_BACK_H

#include "bounce/mailbox_link.h"
#include "bounce/read_back_report.h"

#define READ_BACK_LOOK_MS      2000
#define READ_BACK_MESSAGES_MAX 200 /* of a folder, at a look */

struct read_back;

/* Once, from a callback of the link or of the loop; arrival NULL: it was not
 * found, `why` says where it was looked for. */
typedef void read_back_fn(const struct read_back_arrival *arrival,
    const char *why, void *arg);

struct read_back_params {
	struct loop *loop;
	struct mailbox_link *link; /* on_ready was told */
	const char *folder;        /* that is open */
	struct str token;
	int64_t age_ms;  /* of the message */
	int64_t wait_ms; /* for it */
};

/* All but loop and link is copied. */
struct read_back *read_back_new(const struct read_back_params *params,
    read_back_fn *on_over, void *arg);
void read_back_free(struct read_back *r); /* NULL is fine */

/* Of the link, as in mail_events.h. */
void read_back_on_ready(struct read_back *r);
void read_back_on_found(struct read_back *r, struct imap_set *found);
void read_back_on_header(struct read_back *r, const struct mail_message *m);
void read_back_on_folder(struct read_back *r, const struct imap_folder *folder);
void read_back_on_done(struct read_back *r, const struct err *err);

#endif
