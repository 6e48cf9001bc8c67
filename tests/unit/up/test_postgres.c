/*
 * Goal: a private PostgreSQL comes up in an empty folder, keeps its data and
 * its port, survives being killed, and names what is in its way.
 */
#include "up/postgres.h"

#include "db/migrate.h"
#include "lib/base/file.h"
#include "up/home.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct settings settings;
static struct postgres pg;
static pid_t pid;
static char base[64];

static int
make_base(void **state)
{
	(void)state;
	umask(077);
	snprintf(base, sizeof(base), "/tmp/volley-up-XXXXXX");
	assert_non_null(mkdtemp(base));
	/* Debian's: no server program of PostgreSQL is found through it. */
	assert_int_equal(setenv("PATH", "/usr/bin:/bin", 1), 0);
	return chmod(base, 0711);
}

static int
remove_base(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command); /* NOLINT(cert-env33-c): our own command */
}

static void
use_home(const char *name)
{
	struct err err = {FAIL_NONE, ""};

	settings_defaults(&settings);
	snprintf(settings.home, sizeof(settings.home), "%.100s/%s", base, name);
	if (!home_take(&settings, &err))
		fail_msg("%s", err.text);
}

static void
start(void)
{
	struct err err = {FAIL_NONE, ""};

	if (!postgres_open(&pg, settings.home, &err))
		fail_msg("%s", err.text);
	pid = postgres_start(&pg, &err);
	assert_true(pid > 0);
	if (!postgres_wait(&pg, pid, &err))
		fail_msg("%s", err.text);
}

static void
stop(int signo)
{
	int status;

	kill(pid, signo);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	postgres_release(&pg);
}

static int
migrations_applied(void)
{
	char conninfo[DATABASE_CONNINFO_MAX];
	struct err err = {FAIL_NONE, ""};
	struct db *db = NULL;
	int applied = -1;

	settings.database[0] = '\0';
	assert_true(database_conninfo(&settings, conninfo, &err));
	if (!db_open(&db, conninfo, DB_PREPARED, &err) ||
	    !db_migrate(db, &applied, &err))
		fail_msg("%s", err.text);
	db_close(db);
	return applied;
}

static unsigned
mode_of(const char *name)
{
	char path[700];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", settings.home, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 0777;
}

static void
starts_and_keeps(void **state)
{
	int port;

	(void)state;
	use_home("a");
	start();
	port = pg.port;
	assert_int_equal(mode_of("database.conninfo"), 0600);
	assert_int_equal(mode_of("database.password"), 0600);
	assert_int_equal(mode_of("postgres/socket"), 0700);
	assert_int_equal(mode_of("postgres/data"), 0700);
	assert_false(pg.socket_is_temporary);
	assert_int_equal(migrations_applied(), migration_count);
	stop(SIGINT);
	start();
	assert_int_equal(pg.port, port);
	assert_int_equal(migrations_applied(), 0);
	stop(SIGKILL); /* leaves postmaster.pid and the socket behind */
	usleep(500000);
	start();
	assert_int_equal(migrations_applied(), 0);
	stop(SIGINT);
}

/* Nobody gets in without the password, not even on the socket. */
static void
password_is_needed(void **state)
{
	char conninfo[300];
	struct err err = {FAIL_NONE, ""};
	struct db *db = NULL;

	(void)state;
	use_home("a2");
	start();
	snprintf(conninfo, sizeof(conninfo),
	    "host=%s port=%d user=volley dbname=volley password=wrong",
	    pg.socket, pg.port);
	assert_false(db_open(&db, conninfo, DB_PREPARED, &err));
	assert_non_null(strstr(err.text, "password authentication failed"));
	snprintf(conninfo, sizeof(conninfo),
	    "host=127.0.0.1 port=%d user=volley dbname=volley password=wrong",
	    pg.port);
	assert_false(db_open(&db, conninfo, DB_PREPARED, &err));
	assert_non_null(strstr(err.text, "password authentication failed"));
	snprintf(conninfo, sizeof(conninfo),
	    "host=127.0.0.1 port=%d user=volley dbname=volley password=%s",
	    pg.port, pg.password);
	assert_true(db_open(&db, conninfo, DB_PREPARED, &err));
	db_close(db);
	stop(SIGINT);
}

static int
occupy(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void
port_taken_meanwhile(void **state)
{
	int port, fd;

	(void)state;
	use_home("b");
	start();
	port = pg.port;
	stop(SIGINT);
	fd = occupy(port);
	start();
	assert_int_not_equal(pg.port, port);
	assert_int_equal(migrations_applied(), migration_count);
	stop(SIGINT);
	close(fd);
}

static void
long_path(void **state)
{
	char name[100], socket_folder[128];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	use_home(name);
	start();
	assert_true(pg.socket_is_temporary);
	assert_non_null(strstr(pg.socket, "/tmp/volley-"));
	snprintf(socket_folder, sizeof(socket_folder), "%s", pg.socket);
	assert_int_equal(migrations_applied(), migration_count);
	stop(SIGINT);
	assert_false(file_exists(socket_folder));
}

/* An initdb that was cut off is not taken for a cluster. */
static void
half_made(void **state)
{
	char path[700];
	struct err err;

	(void)state;
	use_home("c");
	snprintf(path, sizeof(path), "%s/postgres/data.new/base",
	    settings.home);
	assert_true(file_mkdirs(path, 0700, &err));
	start();
	snprintf(path, sizeof(path), "%s/postgres/data.new", settings.home);
	assert_false(file_exists(path));
	stop(SIGINT);
}

static void
version_not_installed(void **state)
{
	char path[700];
	struct err err = {FAIL_NONE, ""};

	(void)state;
	use_home("d");
	snprintf(path, sizeof(path), "%s/postgres/data", settings.home);
	assert_true(file_mkdirs(path, 0700, &err));
	snprintf(path, sizeof(path), "%s/postgres/data/PG_VERSION",
	    settings.home);
	assert_true(file_write(path, STR("7\n"), 0600, &err));
	assert_false(postgres_open(&pg, settings.home, &err));
	assert_int_equal(err.kind, FAIL_MISSING);
	assert_non_null(strstr(err.text, "needs PostgreSQL 7"));
	postgres_release(&pg);
}

static void
folder_out_of_reach(void **state)
{
	char path[200];
	struct err err = {FAIL_NONE, ""};

	(void)state;
	if (geteuid() != 0)
		skip();
	snprintf(path, sizeof(path), "%s/locked", base);
	assert_int_equal(mkdir(path, 0700), 0);
	use_home("locked/home");
	assert_false(postgres_open(&pg, settings.home, &err));
	assert_int_equal(err.kind, FAIL_REFUSED);
	assert_non_null(strstr(err.text, "another VOLLEY_HOME"));
	postgres_release(&pg);
}

static void
one_home_one_user(void **state)
{
	struct err err = {FAIL_NONE, ""};

	(void)state;
	use_home("e");
	assert_false(home_take(&settings, &err));
	assert_int_equal(err.kind, FAIL_BUSY);
	assert_non_null(strstr(err.text, "another volley up (process "));
}

static void
listen_address_taken(void **state)
{
	struct sockaddr_in at = {.sin_port = 0};
	socklen_t n = sizeof(at);
	int fd = occupy(0);
	char address[64];
	struct err err = {FAIL_NONE, ""};

	(void)state;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	snprintf(address, sizeof(address), "127.0.0.1:%d", ntohs(at.sin_port));
	assert_false(home_check_listen(address, &err));
	assert_int_equal(err.kind, FAIL_BUSY);
	assert_non_null(strstr(err.text, address));
	assert_true(home_check_listen("127.0.0.1:0", &err));
	assert_true(home_check_listen("[::1]:0", &err));
	close(fd);
	assert_true(home_check_listen(address, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(starts_and_keeps),
	    cmocka_unit_test(password_is_needed),
	    cmocka_unit_test(port_taken_meanwhile),
	    cmocka_unit_test(long_path),
	    cmocka_unit_test(half_made),
	    cmocka_unit_test(version_not_installed),
	    cmocka_unit_test(folder_out_of_reach),
	    cmocka_unit_test(one_home_one_user),
	    cmocka_unit_test(listen_address_taken),
	};

	return cmocka_run_group_tests(tests, make_base, remove_base);
}
