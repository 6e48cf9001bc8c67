#include "up/home.h"

#include "lib/base/file.h"
#include "lib/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FILE       "up.lock"
#define LISTEN_TRIES    10
#define LISTEN_PAUSE_MS 200

static bool
fail_errno(struct err *err, const char *what, const char *path)
{
	return err_set(err, FAIL_IO, "%s %s: %s", what, path, strerror(errno));
}

static bool
make_home(const char *home, struct err *err)
{
	bool root = geteuid() == 0;
	mode_t before = umask(root ? 022 : 077);
	struct stat st;
	bool ok = file_mkdirs(home, root ? 0711 : 0700, err);

	umask(before);
	if (!ok)
		return false;
	if (stat(home, &st) != 0)
		return fail_errno(err, "stat", home);
	if (!root || st.st_uid != 0 || (st.st_mode & 0011) == 0011)
		return true;
	if (chmod(home, (st.st_mode & 07777) | 0011) == 0)
		return true;
	return fail_errno(err, "chmod", home);
}

/* The descriptor stays open, and so does the lock, until we end; programs
 * that we run do not get it. */
static bool
lock_home(const char *home, struct err *err)
{
	char path[PATH_MAX], holder[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%.*s/%s", SETTING_TEXT_MAX, home,
	    LOCK_FILE);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(err, "open", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		if (ftruncate(fd, 0) == 0)
			dprintf(fd, "%d\n", (int)getpid());
		return true;
	}
	n = read(fd, holder, sizeof(holder) - 1);
	holder[n > 0 ? n : 0] = '\0';
	close(fd);
	return err_set(err, FAIL_BUSY,
	    "another volley up (process %.*s) runs in %s",
	    (int)strcspn(holder, "\n"), holder, home);
}

bool
home_take(struct settings *settings, struct err *err)
{
	char path[PATH_MAX];

	if (!make_home(settings->home, err))
		return false;
	if (realpath(settings->home, path) == NULL)
		return fail_errno(err, "resolve", settings->home);
	return settings_set(settings, "home", path, err) &&
	       lock_home(settings->home, err);
}

/* A name that does not resolve is for the api to complain about. */
static struct addrinfo *
resolve(const char *listen)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	const char *colon = strrchr(listen, ':');
	char host[SETTING_TEXT_MAX];
	size_t n;

	if (colon == NULL)
		return NULL;
	n = (size_t)(colon - listen);
	if (n > 1 && listen[0] == '[' && listen[n - 1] == ']') {
		listen++;
		n -= 2;
	}
	snprintf(host, sizeof(host), "%.*s", (int)n, listen);
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return NULL;
	return found;
}

static bool
may_bind(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	bool ok;

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ok = bind(fd, at->ai_addr, at->ai_addrlen) == 0;
	close(fd);
	return ok;
}

/* The api of a supervisor that was killed needs a moment to go. */
bool
home_check_listen(const char *listen, struct err *err)
{
	struct addrinfo *at = resolve(listen);
	bool ok = at == NULL || may_bind(at);
	int i;

	for (i = 0; !ok && i < LISTEN_TRIES && !process_stopping(); i++) {
		process_nap(LISTEN_PAUSE_MS);
		ok = may_bind(at);
	}
	if (!ok)
		err_set(err, FAIL_BUSY, "listen on %s: %s", listen,
		    strerror(errno));
	if (at != NULL)
		freeaddrinfo(at);
	return ok;
}
