#include "lib/net/dial.h"

#include "lib/base/mem.h"
#include "lib/net/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

struct dial {
	struct loop *loop;
	dial_fn *fn;
	void *arg;
	char name[DIAL_NAME_MAX];
	int64_t deadline_ms;
	struct loop_lookup *lookup;
	struct loop_timer *timer;
	struct loop_watch *watch;
	int fd; /* the attempt under way, or -1 */
	struct sockaddr_storage at[LOOKUP_MAX];
	int count, next;
	struct err first; /* what the first address said */
};

void
dial_name(char out[DIAL_NAME_MAX], const char *host, int port)
{
	bool v6 = strchr(host, ':') != NULL;

	snprintf(out, DIAL_NAME_MAX, "%s%.255s%s:%d", v6 ? "[" : "", host,
	    v6 ? "]" : "", port);
}

static void
drop_attempt(struct dial *d)
{
	loop_watch_free(d->watch);
	d->watch = NULL;
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

static void
give_up(struct dial *d)
{
	struct err err = d->first;

	if (d->count > 1)
		snprintf(err.text, sizeof(err.text), "%.360s (%d addresses)",
		    d->first.text, d->count);
	loop_timer_stop(d->timer);
	d->fn(-1, &err, d->arg);
}

static void
succeed(struct dial *d)
{
	int fd = d->fd;

	d->fd = -1;
	drop_attempt(d);
	loop_timer_stop(d->timer);
	d->fn(fd, NULL, d->arg);
}

/* Remembers what an address said if it is the first; always false. */
static bool
attempt_failed(struct dial *d, int error)
{
	drop_attempt(d);
	if (d->first.kind != FAIL_NONE)
		return false;
	wire_fail(&d->first, error);
	return err_wrap(&d->first, "connect %s", d->name);
}

static void
set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
	    {IPPROTO_TCP, TCP_NODELAY, 1},
	    {SOL_SOCKET, SO_KEEPALIVE, 1},
	    {IPPROTO_TCP, TCP_KEEPIDLE, 60},
	    {IPPROTO_TCP, TCP_KEEPINTVL, 15},
	    {IPPROTO_TCP, TCP_KEEPCNT, 4},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(options); i++)
		setsockopt(fd, options[i].level, options[i].name,
		    &options[i].value, sizeof(int));
}

static void try_next(struct dial *d);

static void
attempt_ready(int events, void *arg)
{
	struct dial *d = arg;
	int error = 0;
	socklen_t n = sizeof(error);

	(void)events;
	if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		error = errno;
	if (error == 0) {
		succeed(d);
		return;
	}
	attempt_failed(d, error);
	try_next(d);
}

static bool
attempt(struct dial *d, const struct sockaddr_storage *to)
{
	socklen_t n = to->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						: sizeof(struct sockaddr_in);

	d->fd = socket(to->ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd < 0)
		return attempt_failed(d, errno);
	set_options(d->fd);
	if (connect(d->fd, (const struct sockaddr *)to, n) != 0 &&
	    errno != EINPROGRESS)
		return attempt_failed(d, errno);
	d->watch = loop_watch_new(d->loop, d->fd, attempt_ready, d);
	if (d->watch == NULL)
		return attempt_failed(d, errno);
	loop_watch_want(d->watch, LOOP_WRITE);
	return true;
}

static void
try_next(struct dial *d)
{
	int64_t left_ms;

	while (d->next < d->count) {
		left_ms = d->deadline_ms - loop_now_ms(d->loop);
		loop_timer_start(d->timer, left_ms / (d->count - d->next));
		if (attempt(d, &d->at[d->next++]))
			return;
	}
	give_up(d);
}

static void
on_timer(void *arg)
{
	struct dial *d = arg;

	if (d->count == 0) {
		loop_lookup_free(d->lookup);
		d->lookup = NULL;
		err_set(&d->first, FAIL_TIMEOUT, "lookup %s: no answer",
		    d->name);
		give_up(d);
		return;
	}
	attempt_failed(d, ETIMEDOUT);
	try_next(d);
}

static void
on_found(const struct loop_addresses *found, const struct err *err, void *arg)
{
	struct dial *d = arg;

	if (found == NULL) {
		d->first = *err;
		give_up(d);
		return;
	}
	d->count = found->count;
	memcpy(d->at, found->at, sizeof(d->at[0]) * (size_t)found->count);
	try_next(d);
}

struct dial *
dial_new(struct loop *loop, const char *host, int port, int64_t timeout_ms,
    dial_fn *fn, void *arg)
{
	struct dial *d = NEW(struct dial);

	d->loop = loop;
	d->fn = fn;
	d->arg = arg;
	d->fd = -1;
	dial_name(d->name, host, port);
	d->timer = loop_timer_new(loop, on_timer, d);
	loop_timer_start(d->timer, timeout_ms);
	d->deadline_ms = loop_now_ms(loop) + timeout_ms;
	d->lookup = loop_lookup_new(loop, host, port, on_found, d);
	return d;
}

void
dial_free(struct dial *d)
{
	if (d == NULL)
		return;
	drop_attempt(d);
	loop_lookup_free(d->lookup);
	loop_timer_free(d->timer);
	free(d);
}
