/*
 * pool.h - a bounded set of blocking connections shared by threads.
 *
 * db_pool_take waits until one is free; a connection that failed is opened
 * anew by its next user.  Thread-safe.
 */
#ifndef DB_POOL_H
#define DB_POOL_H

#include "db/db.h"

struct db_pool;

struct db_pool *db_pool_new(const char *conninfo, int size,
    enum db_mode mode) MUST_USE;
void db_pool_free(struct db_pool *pool); /* all must have been given back */

/* FAIL_BUSY after wait_ms, FAIL_IO when the database cannot be reached. */
bool db_pool_take(struct db_pool *pool, int wait_ms, struct db **out,
    struct err *err) MUST_USE;
void db_pool_give(struct db_pool *pool,
    struct db *db); /* rolls back what is open */

#endif
