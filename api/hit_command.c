#include "api/hit_command.h"

#include "db/conninfo.h"
#include "db/db.h"
#include "lib/base/clock.h"

static const char usage[] =
    "usage: volley reclassify-hits [--since DATE]\n"
    "Judges opens and clicks again by the rules in the table hit_rule and by\n"
    "what came beside each, from the raw hits that are kept. Safe to repeat\n"
    "and while mail is sent; reports follow.\n\n"
    "  --since DATE  only those that came then or later (2026-12-01, UTC)\n";

static bool
judge_hour(struct db *db, int64_t hour, struct err *err)
{
	static const enum query steps[] = {Q_HIT_JUDGE_AGAIN, Q_HIT_BURSTS,
	    Q_HIT_CROWDS};
	size_t i;

	if (!db_begin(db, err) ||
	    !db_run(db, Q_HIT_STAGE, DB_NO_ARGS, NULL, err) ||
	    !db_run(db, Q_HIT_LOCK, DB_NO_ARGS, NULL, err) ||
	    !db_run(db, Q_HIT_RECALL, DB_ARGS(db_time(hour)), NULL, err))
		return false;
	for (i = 0; i < ARRAY_LEN(steps); i++)
		if (!db_run(db, steps[i], DB_NO_ARGS, NULL, err))
			return false;
	return db_commit(db, err);
}

static bool
tell_totals(struct db *db, const char *when, struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_HIT_TOTALS, DB_NO_ARGS, &r, err))
		return false;
	printf("%-7s %lld hits: human %lld, proxy %lld, machine %lld\n", when,
	    (long long)db_get_int(&r, 0, 0), (long long)db_get_int(&r, 0, 1),
	    (long long)db_get_int(&r, 0, 2), (long long)db_get_int(&r, 0, 3));
	db_result_free(&r);
	return true;
}

static bool
judge_all(struct db *db, int64_t since, struct err *err)
{
	struct db_result hours;
	bool ok = true;
	int i;

	if (!tell_totals(db, "before:", err) ||
	    !db_run(db, Q_HIT_HOURS, DB_ARGS(db_time(since)), &hours, err))
		return false;
	for (i = 0; ok && i < db_rows(&hours); i++)
		ok = judge_hour(db, db_get_time(&hours, i, 0), err);
	db_result_free(&hours);
	return ok && tell_totals(db, "after:", err);
}

int
hit_main(int argc, char **argv, const struct settings *settings)
{
	char conninfo[DATABASE_CONNINFO_MAX];
	int64_t since = 0;
	struct err err;
	struct db *db;
	bool ok;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc != 1 && (argc != 3 || strcmp(argv[1], "--since") != 0 ||
			     !time_parse_rfc3339(str_of(argv[2]), &since))) {
		fputs(usage, stderr);
		return 2;
	}
	if (!database_conninfo(settings, conninfo, &err) ||
	    !db_open(&db, conninfo, DB_UNPREPARED, &err))
		die("reclassify-hits: %s", err.text);
	ok = judge_all(db, since, &err);
	db_close(db);
	if (!ok)
		die("reclassify-hits: %s", err.text);
	return 0;
}
