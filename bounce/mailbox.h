/*
 * mailbox.h - one mailbox that this poller holds: read what is new, wait,
 * read again, for as long as the lease is kept.
 *
 *   connect -> look -> (headers -> bodies -> record)* -> wait -> look ...
 *                  \-> away for a while after a failure, or until the next
 *                      visit (POP3) -> connect
 *
 * The cursor (cursor.h) moves in the transaction that records the events, so
 * that nothing is missed or counted twice whatever dies when; and only while
 * the mailbox is ours, in the version that we know, so that a poller that
 * was late to notice that it lost the lease harms nothing.  What could not
 * be recorded stays here until it is.  The mailbox itself is only read, but
 * for reports that are recorded, where it asks for that (`deletes`, `mark`).
 *
 * Bounces land in the folder for spam, too: it is looked at in between,
 * on the same connection (mailbox_junk.h).
 */
#ifndef BOUNCE_MAILBOX_H
#define BOUNCE_MAILBOX_H

#include "bounce/auth_results.h"
#include "bounce/byte_budget.h"
#include "bounce/cursor.h"
#include "bounce/imap_mark.h"
#include "db/link.h"
#include "lib/base/keyring.h"
#include "lib/base/settings.h"
#include "lib/mail/sasl.h"
#include "lib/net/conn.h"

struct mailbox;

/* What all mailboxes of a poller share; outlives them. */
struct mailbox_shared {
	struct loop *loop;
	struct db_link *db;
	const struct keyring *ring;
	const struct settings *settings;
	struct oauth_token *
	    *left_tokens; /* asked for in vain (oauth_token.h) */
	/* The mailbox is no longer ours: it was given up for a person to look
	 * at, which is recorded, or taken away.  The owner frees it. */
	void (*on_over)(struct mailbox *m, void *owner);
	void *owner;
};

enum mailbox_protocol { MAILBOX_IMAP = 0, MAILBOX_POP3 };

/* Row of table mailbox as mailbox_claim gives it; owns its texts. */
struct mailbox_row {
	int64_t id, version;
	enum mailbox_protocol protocol;
	enum imap_mark mark; /* of reports that are recorded; IMAP only */
	char *mark_folder;   /* of IMAP_MARK_MOVE */
	bool deletes;        /* reports, once they are recorded; POP3 only */
	char *host, *username, *password, *ca_file, *folder;
	int port;
	enum conn_tls tls;
	enum sasl_mechanism auth;
	bool oauth;  /* the password is a token (mailbox_token.h) */
	bool junk;   /* read the folder for spam as well */
	bool proven; /* everything was read once with these settings */
	/* Since anything of it was, whoever did; INT64_MAX: nothing ever. */
	int64_t recorded_ago_ms;
	struct cursor cursor;
	struct byte_budget budget;
	/* Whose feedback reports are believed, and the same as views. */
	char *authserv_id, *feedback_domains;
	struct auth_trust trust;
};

/* Reads a row of mailbox_by_id, or of mailbox_claim, which has the cursor
 * too; the password is unsealed.  On failure id and version stand: release
 * the row all the same. */
bool mailbox_row_read(struct mailbox_row *row, const struct db_result *r,
    int at, const struct keyring *ring, struct err *err) MUST_USE;
bool mailbox_claim_read(struct mailbox_row *row, const struct db_result *r,
    int at, const struct keyring *ring, struct err *err) MUST_USE;
void mailbox_row_release(struct mailbox_row *row);
void mailbox_row_set_password(struct mailbox_row *row, struct str password);
/* Some servers repeat what they did not understand: nobody is to read the
 * password in that. */
void mailbox_row_hide_secret(const struct mailbox_row *row, struct err *err);

/* Takes the row over.  Starts to connect. */
struct mailbox *mailbox_new(const struct mailbox_shared *shared,
    struct mailbox_row *row);
void mailbox_free(struct mailbox *m); /* drops the connection */
int64_t mailbox_id(const struct mailbox *m);
int64_t mailbox_version(const struct mailbox *m);

#endif
