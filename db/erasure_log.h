/*
 * erasure_log.h - who is to be left alone, in a file beside the database.
 *
 * A backup does not know who was erased, or unsubscribed, after it was made.
 * `volley maintain` writes that to erasures.log in the state folder, a line
 * each, only ever appended:
 *
 *   2026-11-24T01:02:03Z + hmac:64-hex-digits 12 unsubscribe
 *
 * "-" takes back what "+" said; "*" stands for all lists.  Addresses are not
 * in it: their keyed hashes are (0017_consent.sql, erased_key).  Before a
 * restored database may send, `volley migrate --adopt` applies the file to it.
 */
#ifndef DB_ERASURE_LOG_H
#define DB_ERASURE_LOG_H

#include "db/db.h"
#include "lib/base/settings.h"

#define ERASURE_LOG_NAME      "erasures.log"
#define ERASURE_LOG_BYTES_MAX (1U << 30)
#define ERASURE_LINE_MAX      256

/* Appends what is new, on the disk before the database hears of it.  Nothing
 * on a host without the key file. */
bool erasure_log_write(struct db *db, const struct settings *settings,
    struct err *err) MUST_USE;

struct erasure_log_done {
	int64_t lines;      /* of the file; 0: there is none */
	int64_t suppressed; /* rows that the database did not have */
	int64_t erased;     /* people */
};

/* One transaction.  FAIL_INPUT: a line that is none, told by its number. */
bool erasure_log_replay(struct db *db, const struct settings *settings,
    struct erasure_log_done *done, struct err *err) MUST_USE;

#endif
