#include "tests/faults/failing.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FRAMES 16

static const char *const names[FAILING__COUNT] = {
    [FAILING_NOTHING] = "begun",
    [FAILING_READ] = "read",
    [FAILING_WRITE] = "write",
    [FAILING_CONNECT] = "connect",
    [FAILING_OPEN] = "open",
    [FAILING_SYNC] = "sync",
    [FAILING_SPACE] = "space",
    [FAILING_MEMORY] = "memory",
};

static enum failing_group planned;
static long from, times = 1;
static int with_errno;
static int wanted_fork, my_fork, forks;
static int log_fd = -1;
static atomic_long seen;

static void
forked(void)
{
	forks++;
}

static void
is_child(void)
{
	my_fork = forks + 1;
	atomic_store(&seen, 0);
}

/* Which call it is, and where it stands. */
static void
note(enum failing_group group, long k)
{
	void *frames[FRAMES];

	if (log_fd < 0)
		return;
	dprintf(log_fd, "%s %ld\n", names[group], k);
	backtrace_symbols_fd(frames, backtrace(frames, FRAMES), log_fd);
}

/* "GROUP:K:ERRNO:N" */
static void
plan(const char *text)
{
	char group[20];
	int i;

	if (sscanf(text, "%19[a-z]:%ld:%d:%ld", group, &from, &with_errno,
		&times) < 3)
		abort();
	for (i = 1; i < FAILING__COUNT; i++)
		if (strcmp(group, names[i]) == 0)
			planned = (enum failing_group)i;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *log = getenv("FAILING_LOG"), *text = getenv("FAILING"),
		   *in = getenv("FAILING_FORK");

	if (log != NULL)
		log_fd =
		    open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (in != NULL)
		wanted_fork = (int)strtol(in, NULL, 10);
	note(FAILING_NOTHING, 0); /* loads what it needs */
	pthread_atfork(NULL, forked, is_child);
	if (text != NULL)
		plan(text);
}

/* Can a call on it fail so?  Pipes and the like are a process's own. */
static bool
fits(int fd)
{
	int domain = 0;
	socklen_t n = sizeof(domain);
	struct stat st;

	if (fd < 3 || fd == log_fd || fstat(fd, &st) != 0)
		return false;
	if (S_ISREG(st.st_mode))
		return with_errno != ECONNRESET && with_errno != ENOBUFS;
	if (!S_ISSOCK(st.st_mode) ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) != 0)
		return false;
	return with_errno == ECONNRESET ||
	       (with_errno == ENOBUFS && domain != AF_UNIX);
}

static bool
fails(enum failing_group group, int fd)
{
	bool moves = group == FAILING_READ || group == FAILING_WRITE;
	long k;

	if (moves && !fits(fd))
		return false;
	k = atomic_fetch_add(&seen, 1) + 1;
	if (k < from || k >= from + times)
		return false;
	note(group, k);
	if (moves && with_errno == ECONNRESET)
		shutdown(fd, SHUT_RDWR);
	return true;
}

bool
failing_now(enum failing_group group, int fd)
{
	int before = errno;
	bool yes;

	if (group != planned || my_fork != wanted_fork)
		return false;
	yes = fails(group, fd);
	errno = yes ? with_errno : before;
	return yes;
}

/* Ours has a name of its own here, and the library's for the linker. */
#define FAILING(group, type, name, params, args, fd)               \
	type failing_##name params __asm__(#name);                 \
	type failing_##name params                                 \
	{                                                          \
		static __typeof__(failing_##name) *next;           \
                                                                   \
		if (next == NULL)                                  \
			*(void **)&next = dlsym(RTLD_NEXT, #name); \
		return failing_now(group, fd) ? -1 : next args;    \
	}

FAILING(FAILING_READ, ssize_t, read, (int fd, void *p, size_t n), (fd, p, n),
    fd)
FAILING(FAILING_READ, ssize_t, readv, (int fd, const struct iovec *v, int n),
    (fd, v, n), fd)
FAILING(FAILING_READ, ssize_t, recv, (int fd, void *p, size_t n, int flags),
    (fd, p, n, flags), fd)
FAILING(FAILING_READ, ssize_t, recvmsg, (int fd, struct msghdr *m, int flags),
    (fd, m, flags), fd)
FAILING(FAILING_WRITE, ssize_t, write, (int fd, const void *p, size_t n),
    (fd, p, n), fd)
FAILING(FAILING_WRITE, ssize_t, writev, (int fd, const struct iovec *v, int n),
    (fd, v, n), fd)
FAILING(FAILING_WRITE, ssize_t, send,
    (int fd, const void *p, size_t n, int flags), (fd, p, n, flags), fd)
FAILING(FAILING_WRITE, ssize_t, sendmsg,
    (int fd, const struct msghdr *m, int flags), (fd, m, flags), fd)
FAILING(FAILING_CONNECT, int, connect,
    (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n), fd)
FAILING(FAILING_OPEN, int, socket, (int domain, int type, int protocol),
    (domain, type, protocol), -1)
FAILING(FAILING_OPEN, int, accept4,
    (int fd, struct sockaddr *a, socklen_t *n, int flags), (fd, a, n, flags),
    -1)
FAILING(FAILING_OPEN, int, epoll_create1, (int flags), (flags), -1)
FAILING(FAILING_SYNC, int, fsync, (int fd), (fd), -1)
FAILING(FAILING_SYNC, int, fdatasync, (int fd), (fd), -1)
FAILING(FAILING_SYNC, int, msync, (void *p, size_t n, int flags), (p, n, flags),
    -1)
FAILING(FAILING_SPACE, int, ftruncate, (int fd, off_t n), (fd, n), -1)
FAILING(FAILING_SPACE, int, fallocate, (int fd, int mode, off_t at, off_t n),
    (fd, mode, at, n), -1)

#define LINKED_AS(name) __asm__(name)
#define SAME_AS(name)   __attribute__((alias(name)))

/* These say what is wrong by what they return, or take a mode that may be
 * missing. */
int failing_posix_fallocate(int fd, off_t at, off_t n)
    LINKED_AS("posix_fallocate");
int failing_open(const char *path, int flags, ...) LINKED_AS("open");
int failing_openat(int folder, const char *path, int flags, ...)
    LINKED_AS("openat");

int
failing_posix_fallocate(int fd, off_t at, off_t n)
{
	static int (*next)(int, off_t, off_t);

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "posix_fallocate");
	return failing_now(FAILING_SPACE, -1) ? errno : next(fd, at, n);
}

int
failing_open(const char *path, int flags, ...)
{
	static int (*next)(const char *, int, ...);
	va_list ap;
	int mode;

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "open");
	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, int) : 0;
	va_end(ap);
	return failing_now(FAILING_OPEN, -1) ? -1 : next(path, flags, mode);
}

int
failing_openat(int folder, const char *path, int flags, ...)
{
	static int (*next)(int, const char *, int, ...);
	va_list ap;
	int mode;

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "openat");
	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, int) : 0;
	va_end(ap);
	return failing_now(FAILING_OPEN, -1) ? -1
					     : next(folder, path, flags, mode);
}

/* Under their names for large files and with checks. */
int large_open(const char *path, int flags, ...) LINKED_AS("open64")
    SAME_AS("open");
int large_openat(int folder, const char *path, int flags, ...)
    LINKED_AS("openat64") SAME_AS("openat");
int large_ftruncate(int fd, off_t n) LINKED_AS("ftruncate64")
    SAME_AS("ftruncate");
int large_fallocate(int fd, int mode, off_t at, off_t n)
    LINKED_AS("fallocate64") SAME_AS("fallocate");
int large_posix_fallocate(int fd, off_t at, off_t n)
    LINKED_AS("posix_fallocate64") SAME_AS("posix_fallocate");
ssize_t checked_read(int fd, void *p, size_t n, size_t room)
    LINKED_AS("__read_chk");
ssize_t checked_recv(int fd, void *p, size_t n, size_t room, int flags)
    LINKED_AS("__recv_chk");

ssize_t
checked_read(int fd, void *p, size_t n, size_t room)
{
	if (n > room)
		abort();
	return read(fd, p, n);
}

ssize_t
checked_recv(int fd, void *p, size_t n, size_t room, int flags)
{
	if (n > room)
		abort();
	return recv(fd, p, n, flags);
}
