#include "sender/sender.h"

#include "db/conninfo.h"
#include "db/migrate.h"
#include "lib/base/log.h"
#include "lib/base/process.h"
#include "sender/origin.h"
#include "sender/replay.h"
#include "sender/scheduler.h"
#include "sender/supervisor.h"
#include "sender/worker_journal.h"

#include <unistd.h>

#define WAIT_MS 1000 /* between attempts to reach the database */

struct start {
	char conninfo[DATABASE_CONNINFO_MAX];
	char instance[JOURNAL_INSTANCE_MAX]; /* of the database */
	struct keyring ring;
};

static bool
wants_help(int argc, char **argv, const char *text)
{
	if (argc < 2 ||
	    (strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0))
		return false;
	fputs(text, stdout);
	fputs("\nSettings (see `volley --help`):\n", stdout);
	settings_help(stdout);
	return true;
}

static void
load(struct start *s, const struct settings *settings)
{
	struct err err;

	if (!database_conninfo(settings, s->conninfo, &err) ||
	    !keyring_load(&s->ring, settings->key_file, &err))
		die("%s", err.text);
}

/* A service waits for its database; a wrong schema is for a person. */
static struct db *
open_waiting(const char *conninfo)
{
	struct err err = {FAIL_NONE, ""};
	struct db *db = NULL;
	bool told = false;

	while (
	    !process_stopping() && !db_open(&db, conninfo, DB_PREPARED, &err)) {
		if (!told)
			log_warn("database_down", "text=%s",
			    log_quote(str_of(err.text)));
		told = true;
		process_nap(WAIT_MS);
	}
	if (db != NULL && !db_schema_check(db, &err))
		die("%s", err.text);
	return db;
}

static struct db *
open_now(const char *conninfo)
{
	struct err err;
	struct db *db;

	if (!db_open(&db, conninfo, DB_PREPARED, &err) ||
	    !db_schema_check(db, &err))
		die("%s", err.text);
	return db;
}

/* What senders before us left behind, before anybody takes their leases
 * over. */
static void
replay(struct start *s, struct db *db, const struct settings *settings)
{
	struct replay journals;
	struct db_result r;
	struct err err;

	if (!db_one(db, Q_INSTANCE_ID, DB_NO_ARGS, &r, &err))
		die("%s", err.text);
	snprintf(s->instance, sizeof(s->instance), "%.*s",
	    STR_ARG(db_get_text(&r, 0, 0)));
	db_result_free(&r);
	replay_init(&journals, settings, s->conninfo, s->instance);
	replay_orphans(&journals);
}

static int
misuse(const char *command, const char *argument, const char *help)
{
	fprintf(stderr, "volley %s: unknown argument: %s\n%s", command,
	    argument, help);
	return 2;
}

static const char sender_help[] =
    "usage: volley sender [--SETTING=VALUE ...]\n"
    "\n"
    "Sends running campaigns: a scheduler and one worker process per core\n"
    "(--workers).  Any number of senders may work on one database.  SIGTERM\n"
    "or Ctrl-C finishes what is under way, gives the rest back and ends.\n";

int
sender_main(int argc, char **argv, const struct settings *settings)
{
	struct start s;
	struct db *db;
	int status = 0;

	if (wants_help(argc, argv, sender_help))
		return 0;
	if (argc > 1)
		return misuse("sender", argv[1], sender_help);
	process_start("sender", settings->log_level);
	process_catch_stop();
	load(&s, settings);
	db = open_waiting(s.conninfo);
	if (db != NULL)
		replay(&s, db, settings);
	db_close(db);
	if (db != NULL)
		status = supervisor_run(&(struct supervisor_params){
		    .settings = settings,
		    .conninfo = s.conninfo,
		    .instance = s.instance,
		    .ring = &s.ring,
		});
	keyring_wipe(&s.ring);
	return status;
}

/* Nothing to do, or another run does it. */
static bool
is_needless(struct db *db)
{
	struct scheduler_work work;
	struct db_result r;
	struct err err;
	bool taken, ours;

	if (!scheduler_look(db, &work, &err) ||
	    !db_one(db, Q_RUN_DUE_LOCKED, DB_NO_ARGS, &r, &err))
		die("%s", err.text);
	taken = db_get_bool(&r, 0, 0);
	db_result_free(&r);
	if (!origin_check(db, &ours, &err))
		die("%s", err.text);
	if (!ours)
		die("%s", ORIGIN_HELP);
	if (taken && work.scheduled + work.campaigns > 0)
		log_info("another_run_is_at_work", "campaigns=%lld",
		    (long long)work.campaigns);
	return taken || work.scheduled + work.campaigns + work.unclosed == 0;
}

/* Nobody is sent to without a journal: cron is to hear of it at once. */
static void
check_journal(const struct start *s, const struct settings *settings)
{
	struct journal *journal;
	struct err err;

	if (!worker_journal_open(&journal, settings, process_name(),
		s->instance, &err) ||
	    !journal_remove(journal, &err))
		die("run-due: nothing is sent: %s", err.text);
}

static const char run_due_help[] =
    "usage: volley run-due [-v] [--SETTING=VALUE ...]\n"
    "\n"
    "For cron: starts the campaigns that are due, sends until nothing is due\n"
    "within a minute, and exits 0; at once when there is nothing to do.  Runs\n"
    "may overlap each other and a `volley sender`: no recipient is sent to\n"
    "twice, and a second run leaves the work to the first.\n"
    "\n"
    "  -v  tells how far it is, even where no terminal is\n";

int
run_due_main(int argc, char **argv, const struct settings *settings)
{
	struct start s;
	bool needless, verbose;
	struct db *db;
	int status = 0;

	if (wants_help(argc, argv, run_due_help))
		return 0;
	verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	if (argc > 1 + verbose)
		return misuse("run-due", argv[1 + verbose], run_due_help);
	process_start("run-due", settings->log_level);
	load(&s, settings);
	db = open_now(s.conninfo);
	replay(&s, db, settings);
	needless = is_needless(db);
	db_close(db);
	if (!needless)
		check_journal(&s, settings);
	if (!needless)
		status = supervisor_run(&(struct supervisor_params){
		    .settings = settings,
		    .conninfo = s.conninfo,
		    .instance = s.instance,
		    .ring = &s.ring,
		    .until_done = true,
		    .show_progress = verbose || isatty(STDOUT_FILENO) == 1,
		});
	keyring_wipe(&s.ring);
	return status;
}
