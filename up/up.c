#include "up/up.h"

#include "db/migrate.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/process.h"
#include "up/home.h"
#include "up/postgres.h"
#include "up/supervise.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOP_MARGIN_MS   10000 /* beyond what a role needs to finish */
#define DATABASE_STOP_MS 30000 /* a fast shutdown writes a checkpoint */
#define START_TRIES      10    /* what a killed server left goes in seconds */
#define START_PAUSE_MS   1000
#define MAINTAIN_EVERY   "--every=60"

struct up {
	struct settings settings; /* with home and database found */
	struct postgres pg;
	bool own_database;
	pid_t pg_pid;
	struct loop *loop;
	struct supervise *children;
};

static int
usage(void)
{
	printf("usage: volley up [--SETTING=VALUE]...\n\n"
	       "Runs all of Volley on this machine: a private PostgreSQL in "
	       "the state folder\n(--home), or the database of --database, "
	       "its schema, the roles api, sender, "
	       "bounce\nand webhooks, and maintain "
	       "every minute.  Ctrl-C stops all in order; a second one\n"
	       "hurries.\n\n");
	settings_help(stdout);
	return 0;
}

/* Children get every setting as we have it, wherever it came from. */
static bool
export_settings(const struct settings *settings, struct err *err)
{
	const char *base = (const char *)settings;
	const struct setting *row;
	char name[80], number[32];
	const char *value;
	int64_t v;
	size_t i;
	char *p;

	for (i = 0; i < setting_count; i++) {
		row = &setting_table[i];
		value = base + row->offset;
		if (row->type == SETTING_INT) {
			memcpy(&v, base + row->offset, sizeof(v));
			snprintf(number, sizeof(number), "%lld", (long long)v);
			value = number;
		}
		snprintf(name, sizeof(name), "VOLLEY_%s", row->name);
		for (p = name; *p != '\0'; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		if (setenv(name, value, 1) != 0)
			return err_set(err, FAIL_LIMIT, "environment: %s",
			    name);
	}
	return true;
}

/* This very program, even when its file has been replaced. */
static pid_t
start_role(void *arg, struct err *err)
{
	bool once = strcmp(arg, "maintain") == 0; /* unless it is told */
	const char *const argv[] = {"volley", arg, once ? MAINTAIN_EVERY : NULL,
	    NULL};
	struct spawn s = {.program = "/proc/self/exe",
	    .argv = argv,
	    .out = -1,
	    .death_signal = SIGTERM};

	return spawn_start(&s, err);
}

static pid_t
start_database(void *arg, struct err *err)
{
	struct up *up = arg;

	return postgres_start(&up->pg, err);
}

/* One that is killed leaves shared memory that its own children still use
 * for a moment. */
static bool
bring_up_database(struct up *up, struct err *err)
{
	int i;

	if (!postgres_open(&up->pg, up->settings.home, err))
		return false;
	for (i = 0; i < START_TRIES; i++) {
		up->pg_pid = postgres_start(&up->pg, err);
		if (up->pg_pid < 0)
			return false;
		if (postgres_wait(&up->pg, up->pg_pid, err))
			return true;
		if (kill(up->pg_pid, 0) == 0 || process_stopping())
			return false;
		up->pg_pid = 0;
		log_warn("database_not_started", "text=%s",
		    log_quote(str_of(err->text)));
		process_nap(START_PAUSE_MS);
	}
	return false;
}

static bool
migrate(const char *conninfo, struct err *err)
{
	struct db *db = NULL;
	int applied;
	bool ok;

	if (!db_open(&db, conninfo, DB_PREPARED, err))
		return false;
	ok = db_migrate(db, &applied, err);
	if (ok && applied > 0)
		log_info("migrated", "applied=%d", applied);
	db_close(db);
	return ok;
}

static bool
prepare(struct up *up, struct err *err)
{
	struct settings *s = &up->settings;

	if (!home_take(s, err) || !home_check_listen(s->listen, err))
		return false;
	up->own_database = s->database[0] == '\0';
	if (up->own_database) {
		log_info("database_starting", "home=%s",
		    log_quote(str_of(s->home)));
		if (!bring_up_database(up, err) ||
		    !settings_set(s, "database", up->pg.conninfo, err))
			return false;
	}
	return migrate(s->database, err) && export_settings(s, err);
}

static void
on_stop(int signo, void *arg)
{
	struct up *up = arg;

	log_info("stopping", "signal=%d", signo);
	supervise_stop(up->children);
}

static void
add_role(struct up *up, char *name, int64_t patience_ms)
{
	struct supervise_child role = {.name = name,
	    .start = start_role,
	    .arg = name,
	    .stop_signal = SIGTERM,
	    .last_signal = SIGKILL,
	    .patience_ms = patience_ms + STOP_MARGIN_MS};

	supervise_add(up->children, &role, 0);
}

static void
add_children(struct up *up)
{
	static char api[] = "api", sender[] = "sender", bounce[] = "bounce",
		    webhooks[] = "webhooks", maintain[] = "maintain";
	struct supervise_child database = {.name = "postgres",
	    .start = start_database,
	    .arg = up,
	    .stop_signal = SIGINT,
	    .last_signal = SIGQUIT,
	    .patience_ms = DATABASE_STOP_MS};

	add_role(up, api, 0);
	add_role(up, sender, up->settings.drain_s * 1000);
	add_role(up, bounce, 0);
	add_role(up, webhooks, 0);
	add_role(up, maintain, 0);
	if (up->own_database)
		supervise_add(up->children, &database, up->pg_pid);
}

static void
say_where(const struct up *up)
{
	const struct settings *s = &up->settings;

	printf("\nVolley is up.\n"
	       "  API       http://%s (try /healthz; described in "
	       "/openapi.json)\n"
	       "  Key       VOLLEY_HOME='%s' volley key create --name me "
	       "--scope admin\n",
	    s->listen, s->home);
	if (up->own_database)
		printf("  Database  psql \"$(cat '%s/%s')\"\n", s->home,
		    DATABASE_CONNINFO_FILE);
	else
		printf("  Database  the one of VOLLEY_DATABASE\n");
	printf("  State     %s\n  Stop      Ctrl-C\n\n", s->home);
	fflush(stdout);
}

static void
supervise(struct up *up)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct loop_signal *watched[ARRAY_LEN(signals)];
	size_t i;

	up->loop = loop_new();
	up->children = supervise_new(up->loop);
	for (i = 0; i < ARRAY_LEN(signals); i++)
		watched[i] = loop_signal_new(up->loop, signals[i], on_stop, up);
	add_children(up);
	say_where(up);
	if (process_stopping()) /* told before the loop listened */
		supervise_stop(up->children);
	loop_run(up->loop);
	for (i = 0; i < ARRAY_LEN(signals); i++)
		loop_signal_free(watched[i]);
	supervise_free(up->children);
	loop_free(up->loop);
}

/* The start did not succeed; only the database can be running. */
static void
take_down(struct up *up)
{
	if (up->pg_pid > 0 && kill(up->pg_pid, SIGINT) == 0)
		waitpid(up->pg_pid, NULL, 0);
}

int
up_main(int argc, char **argv, const struct settings *settings)
{
	static struct up up;
	struct err err = {FAIL_NONE, ""};
	bool ok;

	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return usage();
	if (argc > 1) {
		fprintf(stderr, "volley: up takes no argument: %s\n", argv[1]);
		return 2;
	}
	process_start("up", settings->log_level);
	process_catch_stop();
	up = (struct up){.settings = *settings};
	ok = prepare(&up, &err);
	if (ok)
		supervise(&up);
	else
		take_down(&up);
	if (up.own_database)
		postgres_release(&up.pg);
	if (ok || process_stopping()) {
		log_info("stopped", "ok=%d", ok);
		return 0;
	}
	fprintf(stderr, "volley: up: %s\n", err.text);
	return 1;
}
