/*
 * supply.h - gives the ledger what waits outside it: messages that programs
 * send one by one, and mails that ask for a confirmation.
 *
 * What waits stands in a table, by a source: a stream of messages, or a list
 * with double opt-in.  It becomes deliveries of a campaign of that source
 * and day; from there on everything is as for any campaign: leases, journal,
 * retries, one outcome for each.  db/queries/messages.sql and
 * confirmations.sql say who waits for what.
 *
 * A source that cannot be served, because its draft or its template is not
 * right, is told in the log and tried again a minute later.
 */
#ifndef SENDER_SUPPLY_H
#define SENDER_SUPPLY_H

#include "db/db.h"
#include "lib/base/settings.h"

#define SUPPLY_BARRED_MAX 64
#define SUPPLY_BARRED_MS  60000

/* Statements: whether nobody else does it now; a source with what it is made
 * by and its campaign of today, if there is one; that campaign made; some
 * given to it. */
struct supply_kind {
	const char *name; /* of the log's events */
	enum query lock, due, begin, give;
};

extern const struct supply_kind supply_messages, supply_confirmations;

/* Zero to begin with, but for the kind. */
struct supply {
	const struct supply_kind *kind;
	int64_t barred[SUPPLY_BARRED_MAX];
	size_t n;
	int64_t until_ms; /* monotonic: then all are tried again */
};

/* Gives away all that wait, some a transaction. */
bool supply_give_due(struct supply *s, struct db *db,
    const struct settings *settings, struct err *err) MUST_USE;

#endif
