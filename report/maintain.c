#include "report/maintain.h"

#include "db/conninfo.h"
#include "db/erasure_log.h"
#include "db/migrate.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/process.h"
#include "report/retention.h"
#include "report/rollup.h"

#include <getopt.h>

#define EVERY_MAX_S 86400

static const char usage[] =
    "usage: volley maintain [-v] [--every=SECONDS] [--keep-events=DAYS]\n"
    "                       [--keep-hits=DAYS] [--keep-raw=DAYS]\n"
    "                       [--keep-rejects=DAYS] [--keep-pending=DAYS]\n"
    "                       [--SETTING=VALUE ...]\n"
    "\n"
    "For cron, every minute or every few: counts what is new for the schema\n"
    "`report` that dashboards read, makes partitions before they are needed,\n"
    "and forgets what has been kept long enough.  Runs may overlap: one does\n"
    "the work, and it may be killed at any time.  The counts stay.\n"
    "\n"
    "  -v, --verbose       tells what was done\n"
    "  --every=SECONDS     goes on, with that pause (Ctrl-C ends it)\n"
    "  --keep-events=DAYS  everything that happened to deliveries (730)\n"
    "  --keep-hits=DAYS    of opens and clicks: program and network (30)\n"
    "  --keep-raw=DAYS     mail of the way back as it came (30 at most)\n"
    "  --keep-rejects=DAYS rows that imports could not use (90)\n"
    "  --keep-pending=DAYS who signed up by a form and never confirmed (30)\n"
    "\n"
    "Kept without a choice: finished tasks for 14 days, answers to an\n"
    "Idempotency-Key for one; for an hour a hash of where a form came from.\n"
    "Addresses of visitors are not kept, their networks (/24, /48) with hits\n"
    "and consents.\n"
    "\n"
    "Exit status: 0 done, or another run is at it; 1 it could not be done;\n"
    "2 called wrongly.\n";

struct maintain {
	const struct settings *settings;
	struct retention keep;
	int64_t every_s; /* 0: once */
	bool verbose;
	bool told_role;
	bool locked; /* of the connection */
};

static bool
take_lock(struct db *db, struct maintain *m, struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_MAINTAIN_LOCK, DB_NO_ARGS, &r, err))
		return false;
	m->locked = db_get_bool(&r, 0, 0);
	db_result_free(&r);
	if (!m->locked && m->verbose)
		puts("another volley maintain is at work");
	return true;
}

/* Without the role all is well but for people without another login. */
static bool
offer_role(struct db *db, struct maintain *m, struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_MAINTAIN_ROLE, DB_NO_ARGS, &r, err))
		return false;
	if (!db_is_null(&r, 0, 0) && (m->verbose || !m->told_role))
		log_warn("no_report_role", "text=%s",
		    log_quote(db_get_text(&r, 0, 0)));
	m->told_role = true;
	db_result_free(&r);
	return true;
}

static bool
make_partitions(struct db *db, const struct maintain *m, struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_PARTITIONS_AHEAD, DB_NO_ARGS, &r, err))
		return false;
	if (m->verbose)
		printf("partitions: %lld are there for what is to come\n",
		    (long long)db_get_int(&r, 0, 0));
	db_result_free(&r);
	return true;
}

static bool
roll_up(struct db *db, const struct maintain *m, struct err *err)
{
	int source;

	for (source = 0; source < ROLLUP__COUNT; source++) {
		int64_t began = clock_mono_ms(), rows = 0;

		if (!rollup_run(db, (enum rollup_source)source, &rows, err))
			return false;
		if (m->verbose)
			printf("roll-up of %ss: %lld new rows, %lld ms\n",
			    rollup_source_name((enum rollup_source)source),
			    (long long)rows,
			    (long long)(clock_mono_ms() - began));
	}
	return rollup_finish(db, err);
}

static bool
forget(struct db *db, const struct maintain *m, struct err *err)
{
	struct retention_gone gone;

	if (!retention_run(db, &m->keep, &gone, err))
		return false;
	if (m->verbose)
		printf("retention: gone are %lld raw reports, %lld weeks of "
		       "hits, %lld events, %lld tasks, %lld rejected rows, "
		       "%lld who never confirmed\n",
		    (long long)gone.raw, (long long)gone.hit_weeks,
		    (long long)gone.events, (long long)gone.tasks,
		    (long long)gone.rejects, (long long)gone.pending);
	return true;
}

static bool
work(struct db *db, struct maintain *m, struct err *err)
{
	if (!m->locked && (!take_lock(db, m, err) || !m->locked))
		return !m->locked && err->kind == FAIL_NONE;
	return offer_role(db, m, err) && make_partitions(db, m, err) &&
	       roll_up(db, m, err) && forget(db, m, err) &&
	       erasure_log_write(db, m->settings, err);
}

/* Opens the connection where there is none; a schema of another version is
 * for a person. */
static bool
work_on(struct db **db, const char *conninfo, struct maintain *m,
    struct err *err)
{
	*err = (struct err){FAIL_NONE, ""};
	if (*db == NULL) {
		m->locked = false;
		if (!db_open(db, conninfo, DB_PREPARED, err))
			return false;
		if (!db_schema_check(*db, err))
			return false;
	}
	if (work(*db, m, err))
		return true;
	db_close(*db); /* and the lock goes with it */
	*db = NULL;
	return false;
}

static void
nap(int64_t s)
{
	int64_t until = clock_mono_ms() + s * 1000;

	while (!process_stopping() && clock_mono_ms() < until)
		process_nap(200);
}

static int
run(const char *conninfo, struct maintain *m)
{
	struct db *db = NULL;
	struct err err;
	bool ok;

	do {
		ok = work_on(&db, conninfo, m, &err);
		if (!ok)
			log_error("maintain", "text=%s",
			    log_quote(str_of(err.text)));
		fflush(stdout);
		nap(m->every_s);
	} while (m->every_s > 0 && !process_stopping());
	db_close(db);
	return ok || m->every_s > 0 ? 0 : 1;
}

static bool
take_number(int64_t *out, int64_t max, const char *what)
{
	if (str_to_i64(str_of(optarg), out) && *out >= 1 && *out <= max)
		return true;
	fprintf(stderr, "volley maintain: %s is a number from 1 to %lld\n",
	    what, (long long)max);
	return false;
}

/* The option of a class of what is kept. */
static bool
take_days(struct retention *keep, int c)
{
	switch (c) {
	case 'e':
		return take_number(&keep->event_days, RETENTION_DAYS_MAX,
		    "--keep-events");
	case 'k':
		return take_number(&keep->hit_days, RETENTION_DAYS_MAX,
		    "--keep-hits");
	case 'r':
		return take_number(&keep->raw_days, RETENTION_DAYS_MAX,
		    "--keep-raw");
	case 'j':
		return take_number(&keep->reject_days, RETENTION_DAYS_MAX,
		    "--keep-rejects");
	case 'p':
		return take_number(&keep->pending_days, RETENTION_DAYS_MAX,
		    "--keep-pending");
	default: return false;
	}
}

/* 0: do it; else the exit status and one more. */
static int
read_arguments(struct maintain *m, int argc, char **argv)
{
	static const struct option options[] = {
	    {"verbose", no_argument, NULL, 'v'},
	    {"every", required_argument, NULL, 's'},
	    {"keep-events", required_argument, NULL, 'e'},
	    {"keep-hits", required_argument, NULL, 'k'},
	    {"keep-raw", required_argument, NULL, 'r'},
	    {"keep-rejects", required_argument, NULL, 'j'},
	    {"keep-pending", required_argument, NULL, 'p'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	bool ok = true;
	int c;

	while (ok && (c = getopt_long(argc, argv, "vh", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return 1;
		}
		if (c == 'v')
			m->verbose = true;
		else if (c == 's')
			ok = take_number(&m->every_s, EVERY_MAX_S, "--every");
		else
			ok = take_days(&m->keep, c);
	}
	if (ok && optind == argc)
		return 0;
	fputs(usage, stderr);
	return 3;
}

int
maintain_main(int argc, char **argv, const struct settings *settings)
{
	struct maintain m = {.settings = settings,
	    .keep = {RETENTION_EVENT_DAYS, RETENTION_HIT_DAYS,
		RETENTION_RAW_DAYS, RETENTION_REJECT_DAYS,
		RETENTION_PENDING_DAYS}};
	char conninfo[DATABASE_CONNINFO_MAX];
	int status = read_arguments(&m, argc, argv);
	struct err err;

	if (status != 0)
		return status - 1;
	process_start("maintain", settings->log_level);
	process_catch_stop();
	if (!database_conninfo(settings, conninfo, &err))
		die("%s", err.text);
	return run(conninfo, &m);
}
