#include "tests/support/pg.h"

#include "db/migrate.h"
#include "lib/base/arena.h"

#include <libpq-fe.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static pid_t owner;
static int databases;

static void
run(const char *fmt, ...)
{
	char command[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	/* A test's own shell command, nothing from outside. */
	if (system(command) != 0) /* NOLINT(cert-env33-c) */
		die("test: failed: %s", command);
}

static const char *
as_user(void)
{
	return geteuid() == 0 ? "runuser -u postgres --" : "";
}

static void
control(const char *what)
{
	run("cd / && %s $(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/pg_ctl "
	    "-D %s/data -l %s/log -w -s %s",
	    as_user(), folder, folder, what);
}

static void
stop(void)
{
	if (getpid() != owner)
		return;
	control("-m immediate stop");
	run("rm -rf %s", folder);
}

/* Ends the server also when the test crashes: a child that waits for it. */
static void
guard(void)
{
	pid_t parent = getpid(), child = fork();

	if (child != 0)
		return;
	setsid();
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	while (kill(parent, 0) == 0)
		usleep(200000);
	owner = getpid();
	if (access(folder, F_OK) == 0)
		stop();
	_exit(0);
}

static void
start(void)
{
	snprintf(folder, sizeof(folder), "/tmp/volley-pg-XXXXXX");
	if (mkdtemp(folder) == NULL || chmod(folder, 0755) != 0)
		die("test: mkdtemp %s", folder);
	owner = getpid();
	if (geteuid() == 0)
		run("chown postgres %s", folder);
	run("cd / && %s $(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/initdb "
	    "-D %s/data -U volley --auth=trust --no-sync --encoding=UTF8 "
	    "--locale=C.UTF-8 >/dev/null",
	    as_user(), folder);
	run("printf \"listen_addresses = ''\\nunix_socket_directories = "
	    "'%s'\\nfsync = off\\nfull_page_writes = off\\n"
	    "volley.may_lose_data = on\\n"
	    "shared_buffers = 64MB\\n\" >> %s/data/postgresql.conf",
	    folder, folder);
	guard();
	control("start");
	atexit(stop);
}

void
pg_restart(void)
{
	control("-m immediate restart");
}

const char *
pg_empty(void)
{
	static char conninfo[128];
	PGconn *pg;
	char sql[64];

	if (folder[0] == '\0')
		start();
	snprintf(conninfo, sizeof(conninfo),
	    "host=%s user=volley dbname=postgres", folder);
	pg = PQconnectdb(conninfo);
	snprintf(sql, sizeof(sql), "create database t%d", ++databases);
	PQclear(PQexec(pg, sql));
	PQfinish(pg);
	snprintf(conninfo, sizeof(conninfo), "host=%s user=volley dbname=t%d",
	    folder, databases);
	return conninfo;
}

static struct db *
open_or_die(const char *conninfo)
{
	struct err err = {FAIL_NONE, ""};
	struct db *db = NULL;

	if (!db_open(&db, conninfo, DB_PREPARED, &err))
		die("test: %s", err.text);
	return db;
}

const char *
pg_migrated(void)
{
	const char *conninfo = pg_empty();
	struct db *db = open_or_die(conninfo);
	struct err err = {FAIL_NONE, ""};

	if (!db_migrate(db, NULL, &err))
		die("test: %s", err.text);
	db_close(db);
	return conninfo;
}

struct db *
pg_open(void)
{
	return open_or_die(pg_migrated());
}

void
pg_sql(struct db *db, const char *fmt, ...)
{
	struct err err = {FAIL_NONE, ""};
	char sql[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sql, sizeof(sql), fmt, ap);
	va_end(ap);
	if (!db_script(db, sql, &err))
		die("test: %s: %s", sql, err.text);
}

const char *
pg_value(const char *conninfo, const char *sql)
{
	static char value[4096];
	PGconn *pg = PQconnectdb(conninfo);
	PGresult *r = PQexec(pg, sql);

	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		die("test: %s: %s", sql, PQerrorMessage(pg));
	snprintf(value, sizeof(value), "%s",
	    PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "");
	PQclear(r);
	PQfinish(pg);
	return value;
}
