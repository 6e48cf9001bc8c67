/*
 * link.h - one asynchronous connection to PostgreSQL on the event loop.
 *
 * Work is given in batches: named statements that run in one transaction
 * and answer together, in one round trip (libpq's pipeline mode).  Several
 * batches may be under way; they are answered in order.  The connection
 * opens and reopens by itself with back-off; batches given while it is down
 * wait, those under way when it is lost fail with FAIL_IO, and whether they
 * took effect is not known: repeat only what may be repeated.
 */
#ifndef DB_LINK_H
#define DB_LINK_H

#include "db/args.h"
#include "db/sql.h"
#include "lib/net/loop.h"

#define DB_BATCH_STATEMENTS_MAX 16

struct db_link;
struct db_batch;

/* results: one a statement, valid during the call, freed after it; NULL
 * when err is not NULL (everything was rolled back, or FAIL_IO). */
typedef void db_batch_fn(const struct db_result *results, int count,
    const struct err *err, void *arg);

struct db_link *db_link_new(struct loop *loop, const char *conninfo);
/* Callbacks of batches not yet answered are not called. */
void db_link_free(struct db_link *link);

struct db_batch *db_batch_new(struct db_link *link);
/* Copies what the args point to. */
void db_batch_add(struct db_batch *b, enum query q, struct db_args args);
/* Sends; the batch belongs to the link from here on. */
void db_batch_send(struct db_batch *b, db_batch_fn *fn, void *arg);
void db_batch_free(struct db_batch *b); /* one that was not sent */

int db_link_waiting(const struct db_link *link); /* batches not answered */
bool db_link_is_up(const struct db_link *link);

#endif
