/*
 * confirmation.h - gives mails that ask for a confirmation to the ledger.
 *
 * Whoever signed up for a list with double opt-in stands in the table
 * `confirmation`.  They become deliveries of a campaign of that list and day,
 * made by the draft that the list names; from there on everything is as for
 * any campaign: leases, journal, retries, one outcome for each.  Nobody is
 * given two within 24 hours, whatever the lists.
 *
 * A list that cannot be served, because its draft or its template is not
 * right, is told in the log and tried again a minute later.
 */
#ifndef SENDER_CONFIRMATION_H
#define SENDER_CONFIRMATION_H

#include "db/db.h"
#include "lib/base/settings.h"

#define CONFIRMATION_BARRED_MAX 64
#define CONFIRMATION_BARRED_MS  60000

/* Zero to begin with. */
struct confirmation_bar {
	int64_t lists[CONFIRMATION_BARRED_MAX];
	size_t n;
	int64_t until_ms; /* monotonic: then all are tried again */
};

/* Gives away all that wait, some a transaction. */
bool confirmation_give_due(struct confirmation_bar *bar, struct db *db,
    const struct settings *settings, struct err *err) MUST_USE;

#endif
