/*
 * db.h - one blocking connection to PostgreSQL: named statements, nothing
 * else.  Used by api, the scheduler, command-line tools and tests; workers
 * with an event loop use db/link.h.
 *
 * After FAIL_IO the connection is gone; the next db_run reconnects unless a
 * transaction was open (then it fails until db_rollback).  Not thread-safe:
 * one thread at a time (db/pool.h hands them out).
 */
#ifndef DB_DB_H
#define DB_DB_H

#include "db/args.h"
#include "db/sql.h"

struct db;

enum db_mode {
	DB_PREPARED = 0, /* statements prepared by name, once a connection */
	DB_UNPREPARED,   /* works behind PgBouncer in transaction mode */
};

bool db_open(struct db **out, const char *conninfo, enum db_mode mode,
    struct err *err) MUST_USE;
void db_close(struct db *db); /* NULL is fine */

/* Runs a statement.  `result` may be NULL when rows do not matter. */
bool db_run(struct db *db, enum query q, struct db_args args,
    struct db_result *result, struct err *err) MUST_USE;

/* Runs a statement that gives at most one row; FAIL_MISSING when none. */
bool db_one(struct db *db, enum query q, struct db_args args,
    struct db_result *result, struct err *err) MUST_USE;

bool db_begin(struct db *db, struct err *err) MUST_USE;
bool db_commit(struct db *db, struct err *err) MUST_USE;
void db_rollback(struct db *db); /* fine outside a transaction */
bool db_in_transaction(const struct db *db);

/* Migrations and tests only: text that may hold several statements. */
bool db_script(struct db *db, const char *sql, struct err *err) MUST_USE;

/* A server-side COPY ... FROM STDIN: named statement, rows, end. */
bool db_copy_start(struct db *db, enum query q, struct err *err) MUST_USE;
bool db_copy_data(struct db *db, struct str data, struct err *err) MUST_USE;
bool db_copy_end(struct db *db, int64_t *rows, struct err *err) MUST_USE;

#endif
