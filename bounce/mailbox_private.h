/*
 * mailbox_private.h - what the files of a mailbox share: its life and its
 * connection (mailbox.c), the reading (mailbox_read.c), which folder is read
 * when (mailbox_junk.c), tokens (mailbox_token.c), what is done to reports
 * (mailbox_mark.c, mailbox_moved.c), and what POP3 needs beside
 * (mailbox_pop3.c).  For them only.
 */
#ifndef BOUNCE_MAILBOX_PRIVATE_H
#define BOUNCE_MAILBOX_PRIVATE_H

#include "bounce/batch.h"
#include "bounce/login_window.h"
#include "bounce/mailbox_junk.h"
#include "bounce/mailbox_link.h"
#include "bounce/mailbox_token.h"
#include "bounce/pace.h"

#define AGAIN_MS      1000 /* a statement that the database did not take */
#define MARK_CUTS_MAX 2    /* then a batch stays as it is */
#define SETTLE_MS     3000 /* a server may go on with a MOVE whose client went */

/*
 *   CLOSED -> LOOKING -> (HEADERS -> BODIES -> RECORDING
 *          [[-> SEEKING -> RETURNING] -> MARKING -> RECORDING])* -> WAITING
 *   WAITING -> LOOKING        any -> CLOSED        CLOSED -> GIVING_UP
 *
 * and, where there is a folder for spam, instead of WAITING or after it
 *
 *   [FINDING] -> OPENING -> LOOKING ... -> OPENING -> LOOKING ... -> WAITING
 *
 * WAITING of POP3 is the goodbye; until the next visit it is CLOSED.
 *
 * The timer ends CLOSED and WAITING, and repeats the statement of RECORDING,
 * FINDING or GIVING_UP.
 */
enum doing {
	CLOSED = 0, /* no token, no link, or not open yet */
	FINDING,    /* the folder for spam, and how far it was read */
	OPENING,    /* that folder, or the main one again */
	LOOKING,
	HEADERS,
	BODIES,
	RECORDING,
	SEEKING,   /* is it in the other folder already? */
	RETURNING, /* from there */
	MARKING,   /* what is recorded */
	WAITING,
	GIVING_UP, /* a person is to be told */
};

/* A statement whose answer is awaited; it outlives the mailbox. */
struct errand {
	struct mailbox *mailbox; /* NULL: it has gone */
	struct cursor *cursor;   /* of the folder that it is about */
	uint32_t uid;
};

struct mailbox {
	const struct mailbox_shared *shared;
	struct mailbox_row row;
	struct pace pace;
	struct mailbox_link *link;
	struct loop_timer *timer;
	enum doing doing;
	/* Of the folder that is open, or that is opened first: the row's, or
	 * the one for spam. */
	const char *folder;
	struct cursor *cursor;
	struct mailbox_junk junk;
	struct mailbox_token token;
	struct batch *batch;
	struct imap_set *found; /* the link's: what is still to be read */
	struct imap_set wanted;
	uint32_t first, last;    /* UIDs of the batch */
	struct imap_set reports; /* of the batch, to be marked */
	struct imap_set moved;   /* of it, which need only be removed */
	bool is_again;           /* some of them were recorded before */
	bool unmarked; /* the server does not let us, on this connection */
	int mark_cuts; /* how often the marking of a batch came to nothing */
	int64_t settled_ms;    /* no MOVE is under way then; clock_mono_ms() */
	bool is_cut;           /* it was too large: look again after it */
	bool looked_again;     /* for bodies that did not come */
	struct errand *errand; /* one at a time, or NULL */
	struct err problem;    /* GIVING_UP */

	struct login_window logins;

	/* Of POP3. */
	struct uidl_ledger ledger;
	bool is_known; /* the ledger was loaded */
};

/* mailbox.c */

void mailbox_begin(struct mailbox *m);
void mailbox_connect(struct mailbox *m);   /* with what is in the row */
void mailbox_drop_link(struct mailbox *m); /* CLOSED then */
/* A note for people, or one that may be lost. */
void mailbox_tell(struct mailbox *m, enum query q, struct db_args args);

/* A statement of the present batch is sent, whose answer is awaited. */
struct errand *mailbox_errand(struct mailbox *m);
/* The answer: to whom, or NULL.  Frees the errand. */
struct mailbox *mailbox_errand_end(struct errand *e);
/* The mailbox is no longer ours; it is freed when this returns. */
void mailbox_over(struct mailbox *m);
/* Away for a while, or for ever: the cursor moved past nothing unread. */
void mailbox_close(struct mailbox *m, const struct err *err, int64_t asked_ms);
/* Says so to people; it may pass. */
void mailbox_trouble(struct mailbox *m, const char *text);
void mailbox_give_up(struct mailbox *m, const struct err *why);
/* All is read. */
void mailbox_wait(struct mailbox *m);

/* mailbox_mark.c */

/* The statement that tells which messages are to be marked, and its answer. */
void mailbox_mark_ask(struct mailbox *m, struct db_batch *b);
void mailbox_mark_told(struct mailbox *m, const struct db_result *r);
/* Where the cursor stands once a batch is recorded: before it while it is to
 * be marked. */
uint32_t mailbox_mark_cursor(const struct mailbox *m);
/* Marks them, then on_done; or moves the cursor.  False when there is nothing
 * to do. */
bool mailbox_mark(struct mailbox *m);
void mailbox_mark_go_on(struct mailbox *m); /* what is left; moves the cursor */
void mailbox_mark_cut(struct mailbox *m);   /* the connection ends */
bool mailbox_mark_declined(struct mailbox *m, const struct err *err);
/* It is ours now: whose was it, and when? */
void mailbox_mark_claimed(struct mailbox *m);
/* For so long nobody is to connect. */
int64_t mailbox_mark_wait(const struct mailbox *m);

/* mailbox_moved.c */

/* Looks for the reports of the batch in the other folder, then
 * mailbox_mark_go_on. */
void mailbox_moved_seek(struct mailbox *m);
/* Of the link: true when it was about that. */
bool mailbox_moved_ready(struct mailbox *m, const struct mail_folder *box);
bool mailbox_moved_declined(struct mailbox *m);
/* In SEEKING. */
void mailbox_moved_found(struct mailbox *m, struct imap_set *found);
void mailbox_moved_body(struct mailbox *m, const struct mail_message *message);
void mailbox_moved_header(struct mailbox *m,
    const struct mail_message *message);
void mailbox_moved_go_on(struct mailbox *m);

/* mailbox_budget.c */

void mailbox_budget_count(struct mailbox *m); /* what has come until now */
/* There is more to read, but not today: the connection is dropped. */
bool mailbox_budget_ends(struct mailbox *m);

/* mailbox_read.c */

void mailbox_look(struct mailbox *m); /* for what is new */
void mailbox_send_batch(struct mailbox *m);
/* Of the link. */
void mailbox_on_found(struct imap_set *found, void *arg);
void mailbox_on_header(const struct mail_message *message, void *arg);
void mailbox_on_body(const struct mail_message *message, void *arg);
void mailbox_on_done(const struct err *err, void *arg);

/* mailbox_pop3.c */

void mailbox_know(struct mailbox *m); /* loads the ledger, then begins */
/* What is no longer in the folder. */
void mailbox_forget(struct mailbox *m, const struct mail_folder *folder);
/* The statement that records the keys up to m->last, and its answer. */
void mailbox_record_keys(struct mailbox *m, struct db_batch *b);
void mailbox_keys_recorded(struct mailbox *m, const struct db_result *r,
    uint32_t last);
/* A message cost the connection and those asked for behind it: they go one by
 * one, and there is nothing to wait for. */
bool mailbox_was_too_large(const struct mailbox *m, const struct err *err);
/* The visit is over, in good order. */
void mailbox_come_back(struct mailbox *m, int64_t asked_ms);

#endif
