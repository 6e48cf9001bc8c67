/*
 * mailbox.h - one mailbox that this poller holds: read what is new, wait,
 * read again, for as long as the lease is kept.
 *
 *   connect -> search -> (headers -> bodies -> record)* -> wait -> search ...
 *                    \-> away for a while after a failure -> connect
 *
 * The cursor (UIDVALIDITY and last UID) moves in the transaction that
 * records the events, so that nothing is missed or counted twice whatever
 * dies when.  The mailbox itself is only read.
 */
#ifndef BOUNCE_MAILBOX_H
#define BOUNCE_MAILBOX_H

#include "bounce/imap_link.h"
#include "db/link.h"
#include "lib/base/keyring.h"
#include "lib/base/settings.h"

/* What all mailboxes of a poller share; outlives them. */
struct mailbox_shared {
	struct loop *loop;
	struct db_link *db;
	const struct keyring *ring;
	const struct settings *settings;
};

/* Row of table mailbox as mailbox_claim gives it; owns its texts. */
struct mailbox_row {
	int64_t id, version;
	char *host, *username, *password, *ca_file, *folder;
	int port;
	enum conn_tls tls;
	enum sasl_mechanism auth;
	int64_t since_us;
	bool has_cursor;
	uint32_t uidvalidity, last_uid;
	int64_t cursor_us; /* when the cursor was last moved */
};

/* Reads a row of mailbox_by_id, or of mailbox_claim, which has the cursor
 * too; the password is unsealed.  On failure id and version stand: release
 * the row all the same. */
bool mailbox_row_read(struct mailbox_row *row, const struct db_result *r,
    int at, const struct keyring *ring, struct err *err) MUST_USE;
bool mailbox_claim_read(struct mailbox_row *row, const struct db_result *r,
    int at, const struct keyring *ring, struct err *err) MUST_USE;
void mailbox_row_release(struct mailbox_row *row);
void mailbox_link_params(struct imap_link_params *params,
    const struct mailbox_row *row, const struct settings *settings);

struct mailbox;

/* Takes the row over.  Starts to connect. */
struct mailbox *mailbox_new(const struct mailbox_shared *shared,
    struct mailbox_row *row);
void mailbox_free(struct mailbox *m); /* drops the connection */
int64_t mailbox_id(const struct mailbox *m);
int64_t mailbox_version(const struct mailbox *m);

/* A failure that only a person can mend was recorded: free it. */
bool mailbox_is_given_up(const struct mailbox *m);

#endif
