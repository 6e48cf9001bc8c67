/*
 * ledger.h - contacts, campaigns and accounts for tests of the ledger, made
 * by SQL in a database of their own.
 *
 * Contact n is cN@example.com with id n.  A campaign that ledger_campaign
 * made is due, has a template and account 1, and includes list 1.
 */
#ifndef TESTS_SUPPORT_LEDGER_H
#define TESTS_SUPPORT_LEDGER_H

#include "db/db.h"

/* A new migrated database with account 1, list 1 and template 1. */
struct db *ledger_open(void);
struct db *ledger_again(void); /* another connection to the same */
const char *ledger_conninfo(void);

/* Contacts from..to, on list 1. */
void ledger_contacts(struct db *db, int from, int to);
int64_t ledger_campaign(struct db *db, const char *on_uncertain);
/* The same, frozen, in leases of that size, all but the last. */
int64_t ledger_started(struct db *db, const char *on_uncertain,
    int64_t lease_size);

/* Delivery n of a campaign. */
int64_t ledger_delivery(int64_t campaign, int64_t n);

/* First column of the first row. */
int64_t ledger_int(const char *fmt, ...) PRINTF_LIKE(1, 2);
const char *ledger_text(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Runs a named statement; the program fails when it does. */
struct db_result ledger_run(struct db *db, enum query q, struct db_args args);
/* How many rows it gave or changed. */
int64_t ledger_rows(struct db *db, enum query q, struct db_args args);

/* A lease, claimed for a minute; false when there was none to take. */
struct ledger_lease {
	int64_t campaign, first, last, watermark, epoch;
};
bool ledger_claim(struct db *db, const char *holder, int64_t campaign,
    struct ledger_lease *out);
/* lease_progress: 1 when the lease was still held, else 0. */
int64_t ledger_progress(struct db *db, const struct ledger_lease *l,
    int64_t watermark, int64_t step);
void ledger_outcome(struct db *db, int64_t delivery, int attempt,
    const char *state);
/* Due at once; how many rows were written. */
int64_t ledger_put_retry(struct db *db, int64_t delivery, int64_t attempt);
/* How many it got, 10 at most. */
int64_t ledger_claim_retries(struct db *db, const char *holder,
    int64_t campaign);
/* All holders are late. */
void ledger_expire_holds(struct db *db);

#endif
