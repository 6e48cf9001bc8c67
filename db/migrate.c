#include "db/migrate.h"

#include "db/conninfo.h"
#include "db/erasure_log.h"
#include "lib/base/digest.h"
#include "lib/base/encode.h"

static void
checksum(char out[2 * SHA256_SIZE + 1], const char *text)
{
	unsigned char digest[SHA256_SIZE];
	struct buf hex;

	sha256(digest, str_of(text));
	buf_init(&hex, sizeof(digest) * 2);
	hex_encode(&hex, (struct str){(const char *)digest, sizeof(digest)});
	memcpy(out, buf_cstr(&hex), 2 * SHA256_SIZE + 1);
	buf_release(&hex);
}

static int
newest(void)
{
	return migrations[migration_count - 1].version;
}

/* One row of the migration table against this build's text of it. */
static bool
check_applied(const struct db_result *r, int row, struct err *err)
{
	int64_t version = db_get_int(r, row, 0);
	char want[2 * SHA256_SIZE + 1];

	if (version > newest())
		return err_set(err, FAIL_CONFLICT,
		    "migrate: the database is at version %lld, this build "
		    "knows only %d",
		    (long long)version, newest());
	if (row >= migration_count || version != migrations[row].version)
		return err_set(err, FAIL_CONFLICT,
		    "migrate: version %lld is there, and one before it is "
		    "missing",
		    (long long)version);
	checksum(want, migrations[row].text);
	if (!str_eq(db_get_text(r, row, 2), str_of(want)))
		return err_set(err, FAIL_CONFLICT,
		    "migrate: %s was changed after it was applied",
		    migrations[row].name);
	return true;
}

/* How many are applied; they are the first ones, and none is left out. */
static bool
count_applied(struct db *db, int *count, struct err *err)
{
	struct db_result r;
	bool ok = true;
	int row;

	if (!db_run(db, Q_MIGRATION_LIST, DB_NO_ARGS, &r, err))
		return false;
	for (row = 0; ok && row < db_rows(&r); row++)
		ok = check_applied(&r, row, err);
	*count = db_rows(&r);
	db_result_free(&r);
	return ok;
}

static bool
apply(struct db *db, const struct migration *m, struct err *err)
{
	char sum[2 * SHA256_SIZE + 1];

	checksum(sum, m->text);
	if (!db_script(db, m->text, err) ||
	    !db_run(db, Q_MIGRATION_ADD,
		DB_ARGS(db_int(m->version), db_cstr(m->name), db_cstr(sum)),
		NULL, err))
		return err_wrap(err, "migrate %s", m->name);
	return true;
}

/* Applies the next one; *more says whether there was one. */
static bool
step(struct db *db, bool *more, struct err *err)
{
	int count;

	if (!db_begin(db, err))
		return false;
	if (!db_run(db, Q_MIGRATION_LOCK, DB_NO_ARGS, NULL, err) ||
	    !db_run(db, Q_MIGRATION_TABLE, DB_NO_ARGS, NULL, err) ||
	    !count_applied(db, &count, err))
		goto fail;
	*more = count < migration_count;
	if (*more && !apply(db, &migrations[count], err))
		goto fail;
	if (db_commit(db, err))
		return true;
fail:
	db_rollback(db);
	return false;
}

bool
db_migrate(struct db *db, int *applied, struct err *err)
{
	bool more = true;
	int n = 0;

	while (more) {
		if (!step(db, &more, err))
			return false;
		n += more;
	}
	if (applied != NULL)
		*applied = n;
	return true;
}

/* What was answered is lost with a server that is not told to keep it. */
static bool
check_durability(struct db *db, struct err *err)
{
	struct db_result r;
	bool ok = true;

	if (!db_run(db, Q_DURABILITY_OFF, DB_NO_ARGS, &r, err))
		return false;
	if (db_rows(&r) > 0)
		ok = err_set(err, FAIL_INPUT,
		    "database: PostgreSQL runs with %.*s=off, and may be "
		    "broken after a crash; volley.may_lose_data = on in "
		    "postgresql.conf allows that for tests",
		    STR_ARG(db_get_text(&r, 0, 0)));
	db_result_free(&r);
	return ok;
}

bool
db_schema_check(struct db *db, struct err *err)
{
	struct db_result r;
	int64_t version;

	if (!check_durability(db, err))
		return false;
	if (!db_one(db, Q_MIGRATION_NEWEST, DB_NO_ARGS, &r, err))
		return false;
	version = db_get_int(&r, 0, 0);
	db_result_free(&r);
	if (version == newest())
		return true;
	return err_set(err, FAIL_MISSING,
	    "database: schema is at version %lld, this build needs %d: %s",
	    (long long)version, newest(),
	    version < newest() ? "run `volley migrate`"
			       : "install a newer build");
}

static int
usage(FILE *out)
{
	fputs(
	    "usage: volley migrate [--adopt | --replay]\n\n"
	    "Brings the database to this build's schema.  Safe to repeat "
	    "and to run\nfrom several places at once.\n\n"
	    "  --adopt   this database is a copy of the one that senders "
	    "worked on, and\n            takes its place: it may send.  "
	    "Campaigns that were running in it are\n            paused.  "
	    "First what --replay does\n"
	    "  --replay  after a backup was restored: who was erased, "
	    "unsubscribed or\n            suppressed since it was made is "
	    "so again, by erasures.log in the\n            state folder, which "
	    "`volley maintain` keeps\n",
	    out);
	return out == stdout ? 0 : 2;
}

static bool
replay(struct db *db, const struct settings *settings, struct err *err)
{
	struct erasure_log_done done;

	if (!erasure_log_replay(db, settings, &done, err))
		return false;
	printf("%lld lines of " ERASURE_LOG_NAME
	       ": %lld suppressed, %lld erased again\n",
	    (long long)done.lines, (long long)done.suppressed,
	    (long long)done.erased);
	return true;
}

static bool
migrate(struct db *db, const struct settings *settings, const char *also,
    struct err *err)
{
	int applied;

	if (!db_migrate(db, &applied, err) ||
	    (also != NULL && !replay(db, settings, err)) ||
	    (also != NULL && strcmp(also, "--adopt") == 0 &&
		!db_run(db, Q_ORIGIN_ADOPT, DB_NO_ARGS, NULL, err)))
		return false;
	printf("schema version %d (%d applied now)\n", migration_count,
	    applied);
	return true;
}

int
migrate_main(int argc, char **argv, const struct settings *settings)
{
	const char *also = argc > 1 ? argv[1] : NULL;
	char conninfo[DATABASE_CONNINFO_MAX];
	struct err err = {FAIL_NONE, ""};
	struct db *db;

	if (also != NULL && strcmp(also, "--help") == 0)
		return usage(stdout);
	if (argc > 2 || (also != NULL && strcmp(also, "--adopt") != 0 &&
			    strcmp(also, "--replay") != 0)) {
		fprintf(stderr, "volley: migrate does not know: %s\n",
		    argv[argc - 1]);
		return usage(stderr);
	}
	if (!database_conninfo(settings, conninfo, &err) ||
	    !db_open(&db, conninfo, DB_PREPARED, &err) ||
	    !migrate(db, settings, also, &err))
		die("%s", err.text);
	db_close(db);
	return 0;
}
