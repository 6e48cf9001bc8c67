/*
 * pg.h - a private PostgreSQL for a test program: started at the first call,
 * on a unix socket in a temporary folder, stopped when the program ends.
 *
 * As root it runs through the unprivileged user `postgres`.  Durability is
 * off: tests do not survive a power loss.
 */
#ifndef TESTS_SUPPORT_PG_H
#define TESTS_SUPPORT_PG_H

#include "db/db.h"

/* conninfo of a new empty database, NUL-terminated, static. */
const char *pg_empty(void);
/* The same, migrated. */
const char *pg_migrated(void);
/* A connection to a new migrated database; fails the program when it can't. */
struct db *pg_open(void);

/* Stops and starts the server, as a crash of the database would. */
void pg_restart(void);

/* Runs SQL text; for setting up rows.  Fails the program on an error. */
void pg_sql(struct db *db, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* First column of the first row of a SELECT, as text (static, 4 KiB). */
const char *pg_value(const char *conninfo, const char *sql);

#endif
