/*
 * migrate.h - brings a database to this build's schema.
 *
 * Forward only; each migration in one transaction, under an advisory lock,
 * so that several starts at once are harmless.  The SHA-256 of each applied
 * text is kept: a text that was changed after it was applied is refused by
 * name, and so is a database newer than this build.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "db/db.h"
#include "lib/base/settings.h"

/* `applied` (may be NULL): how many were applied now. */
bool db_migrate(struct db *db, int *applied, struct err *err) MUST_USE;

/* FAIL_MISSING when the schema is older than this build's: run migrate.
 * FAIL_INPUT when the server does not keep what it has committed (D-35: fsync
 * or full_page_writes is off), unless volley.may_lose_data is on in its
 * configuration. */
bool db_schema_check(struct db *db, struct err *err) MUST_USE;

int migrate_main(int argc, char **argv, const struct settings *settings);

#endif
