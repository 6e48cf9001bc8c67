#include "api/audit_command.h"

#include "db/conninfo.h"
#include "db/db.h"

static const char usage[] =
    "usage: volley audit verify\n"
    "Reads the whole record of who did what through the API (GET /v1/audit)\n"
    "and tells what was altered, removed or put in since it was written. Each\n"
    "row carries the hash of the one before; the length and the last hash of\n"
    "each chain are printed. Kept somewhere else, they show even a record\n"
    "that was written anew as a whole.\n\n"
    "Exit status: 0 all is as it was written; 1 it is not, or could not be\n"
    "read; 2 called wrongly.\n";

static bool
print_heads(struct db *db, struct err *err)
{
	struct db_result r;
	int row;

	if (!db_run(db, Q_AUDIT_HEADS, DB_NO_ARGS, &r, err))
		return false;
	for (row = 0; row < db_rows(&r); row++)
		printf("chain %lld: %lld rows, %.*s\n",
		    (long long)db_get_int(&r, row, 0),
		    (long long)db_get_int(&r, row, 1),
		    STR_ARG(db_get_text(&r, row, 2)));
	db_result_free(&r);
	return true;
}

static bool
print_faults(struct db *db, int *faults, struct err *err)
{
	struct db_result r;
	int row;

	if (!db_run(db, Q_AUDIT_FAULTS, DB_NO_ARGS, &r, err))
		return false;
	*faults = db_rows(&r);
	for (row = 0; row < *faults; row++) {
		printf("chain %lld, place %lld",
		    (long long)db_get_int(&r, row, 0),
		    (long long)db_get_int(&r, row, 1));
		if (!db_is_null(&r, row, 2))
			printf(" (id %lld)", (long long)db_get_int(&r, row, 2));
		printf(": %.*s\n", STR_ARG(db_get_text(&r, row, 3)));
	}
	db_result_free(&r);
	return true;
}

/* In one snapshot: requests go on meanwhile. */
static bool
verify(struct db *db, int *faults, struct err *err)
{
	return db_begin(db, err) &&
	       db_run(db, Q_AUDIT_SNAPSHOT, DB_NO_ARGS, NULL, err) &&
	       print_heads(db, err) && print_faults(db, faults, err) &&
	       db_commit(db, err);
}

int
audit_main(int argc, char **argv, const struct settings *settings)
{
	char conninfo[DATABASE_CONNINFO_MAX];
	int faults = 0;
	struct err err;
	struct db *db;
	bool ok;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc != 2 || strcmp(argv[1], "verify") != 0) {
		fputs(usage, stderr);
		return 2;
	}
	if (!database_conninfo(settings, conninfo, &err) ||
	    !db_open(&db, conninfo, DB_UNPREPARED, &err))
		die("audit: %s", err.text);
	ok = verify(db, &faults, &err);
	db_close(db);
	if (!ok)
		die("audit: %s", err.text);
	if (faults == 0)
		puts("the record is as it was written");
	return faults == 0 ? 0 : 1;
}
