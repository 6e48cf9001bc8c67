#include "up/postgres.h"

#include "db/db.h"
#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/base/file.h"
#include "lib/base/process.h"
#include "up/cluster.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PASSWORD_FILE "database.password" /* below the state folder */
#define PORT_FIRST    25432
#define PORT_TRIES    100
#define LOOK_MS       50

static void
home_path(const struct postgres *pg, const char *name,
    char out[CLUSTER_PATH_MAX])
{
	snprintf(out, CLUSTER_PATH_MAX, "%s/%s", pg->home, name);
}

static bool
make_password(struct postgres *pg, const char *path, struct err *err)
{
	unsigned char bytes[24];
	struct buf hex;
	bool ok;

	random_bytes(bytes, sizeof(bytes));
	buf_init(&hex, sizeof(pg->password) - 1);
	hex_encode(&hex, (struct str){(const char *)bytes, sizeof(bytes)});
	ok = file_create(path, buf_view(&hex), 0600, err);
	snprintf(pg->password, sizeof(pg->password), "%s", buf_cstr(&hex));
	buf_wipe(&hex);
	return ok;
}

/* Read, or made when there is none. */
static bool
find_password(struct postgres *pg, struct err *err)
{
	char path[CLUSTER_PATH_MAX];
	struct buf text;
	bool ok;

	home_path(pg, PASSWORD_FILE, path);
	if (!file_exists(path))
		return make_password(pg, path, err);
	buf_init(&text, sizeof(pg->password) - 1);
	ok = file_read_private(path, &text, err);
	snprintf(pg->password, sizeof(pg->password), "%.*s",
	    STR_ARG(str_trim(buf_view(&text))));
	buf_wipe(&text);
	return ok;
}

static bool
port_is_free(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	bool ok;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ok = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

static int
remembered_port(const char *path)
{
	struct err err;
	struct buf text;
	uint64_t port = 0;

	buf_init(&text, 16);
	if (!file_read(path, &text, &err) ||
	    !str_to_u64(str_trim(buf_view(&text)), &port) || port > 65535)
		port = 0;
	buf_release(&text);
	return (int)port;
}

static bool
choose_port(struct postgres *pg, struct err *err)
{
	char path[CLUSTER_PATH_MAX], text[16];
	int port;

	cluster_path(pg, "port", path);
	pg->port = remembered_port(path);
	if (pg->port > 0 && port_is_free(pg->port))
		return true;
	for (port = PORT_FIRST; port < PORT_FIRST + PORT_TRIES; port++)
		if (port_is_free(port))
			break;
	if (port == PORT_FIRST + PORT_TRIES)
		return err_set(err, FAIL_LIMIT,
		    "no free port for PostgreSQL in %d..%d", PORT_FIRST,
		    port - 1);
	pg->port = port;
	snprintf(text, sizeof(text), "%d\n", port);
	return file_write(path, str_of(text), 0600, err);
}

/* Fit for PostgreSQL's list of folders and for sun_path. */
static bool
fits_socket(const char *folder)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "/._-";
	struct sockaddr_un at;

	return strlen(folder) + sizeof("/.s.PGSQL.65535") <=
		   sizeof(at.sun_path) &&
	       folder[strspn(folder, plain)] == '\0';
}

static bool
choose_socket(struct postgres *pg, struct err *err)
{
	char path[CLUSTER_PATH_MAX];

	cluster_path(pg, "socket", path);
	pg->socket_is_temporary = !fits_socket(path);
	if (pg->socket_is_temporary) {
		snprintf(path, sizeof(path), "/tmp/volley-XXXXXX");
		if (mkdtemp(path) == NULL)
			return err_set(err, FAIL_IO, "make %s: %s", path,
			    strerror(errno));
	} else if (!file_mkdirs(path, 0700, err)) {
		return false;
	}
	snprintf(pg->socket, sizeof(pg->socket), "%.120s", path);
	if (pg->user.other && lchown(path, pg->user.uid, pg->user.gid) != 0)
		return err_set(err, FAIL_IO, "give %s to %s: %s", path,
		    pg->user.name, strerror(errno));
	return true;
}

/* Neither the folder nor the password needs quoting. */
static void
make_conninfo(struct postgres *pg)
{
	snprintf(pg->conninfo, sizeof(pg->conninfo),
	    "host=%s port=%d user=volley dbname=volley password=%s", pg->socket,
	    pg->port, pg->password);
}

static bool
write_conninfo(struct postgres *pg, struct err *err)
{
	char path[CLUSTER_PATH_MAX], line[DATABASE_CONNINFO_MAX + 1];

	make_conninfo(pg);
	home_path(pg, DATABASE_CONNINFO_FILE, path);
	snprintf(line, sizeof(line), "%s\n", pg->conninfo);
	return file_write(path, str_of(line), 0600, err);
}

bool
postgres_open(struct postgres *pg, const char *home, struct err *err)
{
	*pg = (struct postgres){.port = 0};
	snprintf(pg->home, sizeof(pg->home), "%s", home);
	return cluster_make_folder(pg, err) && cluster_find_programs(pg, err) &&
	       find_password(pg, err) && cluster_make(pg, err) &&
	       choose_socket(pg, err) && choose_port(pg, err) &&
	       write_conninfo(pg, err);
}

pid_t
postgres_start(struct postgres *pg, struct err *err)
{
	char program[CLUSTER_PROGRAM_MAX], data[CLUSTER_PATH_MAX];
	char socket_option[200], port_option[32];
	const char *const argv[] = {program, "-D", data, "-c",
	    "listen_addresses=127.0.0.1", "-c", port_option, "-c",
	    socket_option, "-c", "unix_socket_permissions=0700", NULL};
	struct spawn s = {.program = program,
	    .argv = argv,
	    .user = &pg->user,
	    .death_signal = SIGINT};
	pid_t pid;

	cluster_program(pg, "postgres", program);
	cluster_path(pg, "data", data);
	snprintf(socket_option, sizeof(socket_option),
	    "unix_socket_directories=%s", pg->socket);
	snprintf(port_option, sizeof(port_option), "port=%d", pg->port);
	s.out = cluster_open_log(pg, err);
	if (s.out < 0)
		return -1;
	pid = spawn_start(&s, err);
	close(s.out);
	return pid;
}

/* The server writes its process and, in line 8, its state into that file. */
static bool
is_ready(const struct postgres *pg, pid_t pid)
{
	char path[CLUSTER_PATH_MAX], want[32];
	struct str rest, line = STR_NONE;
	struct err err;
	struct buf text;
	bool ok;
	int i;

	cluster_path(pg, "data/postmaster.pid", path);
	snprintf(want, sizeof(want), "%d", (int)pid);
	buf_init(&text, 4096);
	ok = file_read(path, &text, &err);
	rest = buf_view(&text);
	for (i = 1; ok && i <= 8; i++) {
		ok = str_cut(&rest, '\n', &line);
		if (i == 1)
			ok = ok && str_eq(str_trim(line), str_of(want));
	}
	ok = ok && str_eq(str_trim(line), STR("ready"));
	buf_release(&text);
	return ok;
}

static bool
answers(const char *conninfo, struct err *err)
{
	struct db *db = NULL;
	bool ok = db_open(&db, conninfo, DB_PREPARED, err);

	db_close(db);
	return ok;
}

/* The program of PostgreSQL knows how; a start before may have done it. */
static bool
make_database(struct postgres *pg, struct err *err)
{
	char program[CLUSTER_PROGRAM_MAX], password[100], host[160], port[32];
	const char *const argv[] = {program, "-U", "volley", host, port,
	    "--maintenance-db=postgres", "volley", NULL};
	const char *const env[] = {password, NULL};

	if (answers(pg->conninfo, err))
		return true;
	cluster_program(pg, "createdb", program);
	snprintf(password, sizeof(password), "PGPASSWORD=%s", pg->password);
	snprintf(host, sizeof(host), "--host=%s", pg->socket);
	snprintf(port, sizeof(port), "--port=%d", pg->port);
	return cluster_run(pg, argv, env, err) && answers(pg->conninfo, err);
}

bool
postgres_wait(struct postgres *pg, pid_t pid, struct err *err)
{
	char log[CLUSTER_PATH_MAX], end[SPAWN_END_MAX];
	int status;

	cluster_path(pg, "server.log", log);
	while (!is_ready(pg, pid)) {
		if (spawn_ended(pid, &status))
			return err_set(err, FAIL_IO,
			    "PostgreSQL ended with %s, see %s",
			    spawn_end(status, end), log);
		if (process_stopping())
			return err_set(err, FAIL_BUSY, "told to stop");
		process_nap(LOOK_MS);
	}
	return make_database(pg, err);
}

void
postgres_release(struct postgres *pg)
{
	if (pg->socket_is_temporary && pg->socket[0] != '\0')
		rmdir(pg->socket);
	explicit_bzero(pg, sizeof(*pg));
}
