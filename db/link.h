/*
 * link.h - one asynchronous connection to PostgreSQL on the event loop.
 *
 * Work is given in batches: named statements that run in one transaction
 * and answer together, in one round trip (libpq's pipeline mode).  Several
 * batches may be under way; they are answered in order.  The connection
 * opens and reopens by itself with back-off; batches given while it is down
 * wait, those under way when it is lost fail with FAIL_IO, and whether they
 * took effect is not known: repeat only what may be repeated.
 *
 * Nothing blocks, but for the resolver when the server is given by name.  A
 * server that vanishes without a word is noticed after LINK_SILENCE_MS, when
 * something is under way.  Losing and finding the server is logged here.
 * No callback comes from inside a function of this header.
 */
#ifndef DB_LINK_H
#define DB_LINK_H

#include "db/args.h"
#include "db/sql.h"
#include "lib/net/loop.h"

#define DB_BATCH_STATEMENTS_MAX 16
#define DB_BATCH_BYTES_MAX      (256U << 20) /* parameters */

#define LINK_CONNECT_MS 30000 /* an attempt, all hosts together */
#define LINK_SILENCE_MS 10000 /* TCP unacknowledged: lost */
#define LINK_RETRY_MS   100   /* the first pause; doubles */
#define LINK_RETRY_MAX  5000

struct db_link;
struct db_batch;

/* results: one a statement, valid during the call, freed after it; NULL
 * when err is not NULL (everything was rolled back, or FAIL_IO). */
typedef void db_batch_fn(const struct db_result *results, int count,
    const struct err *err, void *arg);

struct db_link *db_link_new(struct loop *loop, const char *conninfo);
/* Callbacks of batches not yet answered are not called.  NULL is fine; also
 * from a callback. */
void db_link_free(struct db_link *link);

struct db_batch *db_batch_new(struct db_link *link);
/* Copies what the args point to. */
void db_batch_add(struct db_batch *b, enum query q, struct db_args args);
/* Rows for a COPY ... FROM STDIN (FORMAT binary), as tuples.h makes them,
 * copied; once a batch.  It takes four round trips then instead of one, and
 * the connection for itself: give such batches a link of their own. */
void db_batch_copy(struct db_batch *b, enum query q, struct str rows);
/* Sends at the end of the turn, at least one statement; the batch belongs to
 * the link from here on. */
void db_batch_send(struct db_batch *b, db_batch_fn *fn, void *arg);
void db_batch_free(struct db_batch *b); /* one that was not sent; or NULL */

int db_link_waiting(const struct db_link *link); /* batches not answered */
bool db_link_is_up(const struct db_link *link);

#endif
