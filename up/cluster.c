#include "up/cluster.h"

#include "lib/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MAX (8 << 20) /* then it becomes server.log.old */
#define MIB     (INT64_C(1) << 20)

void
cluster_path(const struct postgres *pg, const char *name,
    char out[CLUSTER_PATH_MAX])
{
	snprintf(out, CLUSTER_PATH_MAX, "%s/postgres%s%s", pg->home,
	    name[0] != '\0' ? "/" : "", name);
}

/* Major version that made the data; 0 when there is none. */
static int
data_version(const struct postgres *pg)
{
	char path[CLUSTER_PATH_MAX];
	uint64_t version = 0;
	struct err err;
	struct buf text;

	cluster_path(pg, "data/PG_VERSION", path);
	buf_init(&text, 15);
	if (!file_read(path, &text, &err) ||
	    !str_to_u64(str_trim(buf_view(&text)), &version))
		version = 0;
	buf_release(&text);
	return (int)version;
}

/* "postgres (PostgreSQL) 15.4 (Debian 15.4-1)" -> 15; 0 when it does not
 * say. */
static int
program_version(const char *program)
{
	const char *const argv[] = {"postgres", "-V", NULL};
	char said[128];
	const char *at;
	struct spawn s = {.program = program,
	    .argv = argv,
	    .death_signal = SIGKILL};
	int fds[2];
	ssize_t n = 0;
	struct err err;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return 0;
	s.out = fds[1];
	if (spawn_run(&s, &err))
		n = read(fds[0], said, sizeof(said) - 1);
	close(fds[0]);
	close(fds[1]);
	said[n > 0 ? n : 0] = '\0';
	at = strstr(said, "(PostgreSQL) ");
	return at != NULL ? (int)strtol(strchr(at, ' '), NULL, 10) : 0;
}

/* The programs of that version, or (0) the newest that are better than
 * *best. */
static void
look_in(const char *pattern, int version, int *best, char out[POSTGRES_BIN_MAX])
{
	char program[CLUSTER_PROGRAM_MAX];
	glob_t found;
	size_t i;
	int v;

	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (i = 0; i < found.gl_pathc; i++) {
		snprintf(program, sizeof(program), "%s/postgres",
		    found.gl_pathv[i]);
		if (access(program, X_OK) != 0)
			continue;
		v = program_version(program);
		if (v <= *best || (version != 0 && v != version))
			continue;
		*best = v;
		snprintf(out, POSTGRES_BIN_MAX, "%s", found.gl_pathv[i]);
	}
	globfree(&found);
}

bool
cluster_find_programs(struct postgres *pg, struct err *err)
{
	/* Where distributions put them. */
	static const char *const places[] = {
	    "/usr/lib/postgresql/*/bin",
	    "/usr/pgsql-*/bin",
	    "/usr/local/pgsql/bin",
	    "/usr/local/bin",
	    "/usr/bin",
	};
	int version = data_version(pg), best = 0;
	size_t i;

	for (i = 0; i < ARRAY_LEN(places); i++)
		look_in(places[i], version, &best, pg->bin);
	if (best > 0)
		return true;
	if (version != 0)
		return err_set(err, FAIL_MISSING,
		    "the data below %s needs PostgreSQL %d, which is not "
		    "installed here",
		    pg->home, version);
	return err_set(err, FAIL_MISSING,
	    "PostgreSQL's server programs are not installed here (package "
	    "postgresql); or set VOLLEY_DATABASE");
}

void
cluster_program(const struct postgres *pg, const char *name,
    char out[CLUSTER_PROGRAM_MAX])
{
	snprintf(out, CLUSTER_PROGRAM_MAX, "%s/%s", pg->bin, name);
}

static bool
user_of_folder(struct spawn_user *user, const char *folder, struct err *err)
{
	struct passwd *pw = getpwnam("postgres");
	struct stat st;

	*user = (struct spawn_user){.other = geteuid() == 0};
	if (!user->other)
		return true;
	if (stat(folder, &st) == 0 && st.st_uid != 0)
		pw = getpwuid(st.st_uid);
	if (pw == NULL || pw->pw_uid == 0)
		return err_set(err, FAIL_MISSING,
		    "PostgreSQL does not run as root, and there is no user "
		    "postgres: start volley as another user");
	user->uid = pw->pw_uid;
	user->gid = pw->pw_gid;
	snprintf(user->name, sizeof(user->name), "%s", pw->pw_name);
	return true;
}

/* A folder for the server's user alone. */
static bool
give_folder(const struct spawn_user *user, const char *path, struct err *err)
{
	if (!file_mkdirs(path, 0700, err))
		return false;
	if (!user->other || lchown(path, user->uid, user->gid) == 0)
		return true;
	return err_set(err, FAIL_IO, "give %s to %s: %s", path, user->name,
	    strerror(errno));
}

bool
cluster_make_folder(struct postgres *pg, struct err *err)
{
	char path[CLUSTER_PATH_MAX];

	cluster_path(pg, "", path);
	if (!user_of_folder(&pg->user, path, err) ||
	    !give_folder(&pg->user, path, err))
		return false;
	if (spawn_may_enter(&pg->user, path))
		return true;
	return err_set(err, FAIL_REFUSED,
	    "user %s may not pass through the folders above %s: choose "
	    "another VOLLEY_HOME, or set VOLLEY_DATABASE",
	    pg->user.name, path);
}

int
cluster_open_log(struct postgres *pg, struct err *err)
{
	char path[CLUSTER_PATH_MAX], old[CLUSTER_PATH_MAX + 8];
	struct stat st;
	int fd;

	cluster_path(pg, "server.log", path);
	snprintf(old, sizeof(old), "%s.old", path);
	if (stat(path, &st) == 0 && st.st_size > LOG_MAX)
		rename(path, old);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd < 0)
		err_set(err, FAIL_IO, "open %s: %s", path, strerror(errno));
	return fd;
}

bool
cluster_run(struct postgres *pg, const char *const argv[],
    const char *const *env, struct err *err)
{
	char log[CLUSTER_PATH_MAX];
	struct spawn s = {.program = argv[0],
	    .argv = argv,
	    .env = env,
	    .user = &pg->user,
	    .death_signal = SIGTERM};
	bool ok;

	s.out = cluster_open_log(pg, err);
	if (s.out < 0)
		return false;
	ok = spawn_run(&s, err);
	close(s.out);
	cluster_path(pg, "server.log", log);
	return ok || err_wrap(err, "see %s", log);
}

static int
remove_entry(const char *path, const struct stat *st, int type,
    struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

/* initdb wants the password in a file that its user can read. */
static bool
write_password(struct postgres *pg, const char *path, struct err *err)
{
	if (!file_write(path, str_of(pg->password), 0600, err))
		return false;
	if (!pg->user.other || lchown(path, pg->user.uid, pg->user.gid) == 0)
		return true;
	return err_set(err, FAIL_IO, "give %s to %s: %s", path, pg->user.name,
	    strerror(errno));
}

static int64_t
between(int64_t v, int64_t min, int64_t max)
{
	return v < min ? min : v > max ? max : v;
}

/* A share of the memory: the machine also runs everything else. */
static void
first_settings(struct buf *out)
{
	int64_t memory =
	    (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / MIB;

	buf_printf(out,
	    "\n# By volley up, once; change what you like.  Address, port and "
	    "socket are\n# given on the command line.\n"
	    "shared_buffers = %lldMB\neffective_cache_size = %lldMB\n"
	    "maintenance_work_mem = %lldMB\nwork_mem = 16MB\n"
	    "max_connections = 200\nmax_wal_size = 2GB\nwal_compression = on\n"
	    "jit = off\nlog_checkpoints = off\nlog_timezone = 'UTC'\n"
	    "timezone = 'UTC'\n",
	    (long long)between(memory / 16, 32, 512),
	    (long long)between(memory / 2, 128, 65536),
	    (long long)between(memory / 32, 64, 512));
}

static bool
append_settings(const char *data, struct err *err)
{
	char path[CLUSTER_PATH_MAX + 32];
	struct buf text;
	int fd;
	bool ok;

	snprintf(path, sizeof(path), "%s/postgresql.conf", data);
	buf_init(&text, 4096);
	first_settings(&text);
	fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n &&
	     fsync(fd) == 0;
	if (!ok)
		err_set(err, FAIL_IO, "write %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	buf_release(&text);
	return ok;
}

bool
cluster_make(struct postgres *pg, struct err *err)
{
	char data[CLUSTER_PATH_MAX], fresh[CLUSTER_PATH_MAX];
	char secret[CLUSTER_PATH_MAX], pwfile[CLUSTER_PATH_MAX + 16];
	char program[CLUSTER_PROGRAM_MAX];
	const char *const argv[] = {program, "-D", fresh, "-U", "volley",
	    "--auth=scram-sha-256", pwfile, "--encoding=UTF8",
	    "--locale=C.UTF-8", NULL};
	bool ok;

	cluster_path(pg, "data", data);
	if (file_exists(data))
		return true;
	cluster_program(pg, "initdb", program);
	cluster_path(pg, "data.new", fresh);
	cluster_path(pg, "secret", secret);
	snprintf(pwfile, sizeof(pwfile), "--pwfile=%s", secret);
	nftw(fresh, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	ok = write_password(pg, secret, err) &&
	     cluster_run(pg, argv, NULL, err) && append_settings(fresh, err);
	unlink(secret);
	if (ok && rename(fresh, data) != 0)
		ok = err_set(err, FAIL_IO, "rename %s: %s", fresh,
		    strerror(errno));
	return ok;
}
