/*
 * loop_lookup.c - names to addresses: getaddrinfo on libuv's threads.
 *
 * Hosts that are addresses already skip the threads, so that they do not
 * wait behind names that a slow server has to answer.
 */
#include "lib/base/mem.h"
#include "lib/net/loop_private.h"

#include <netdb.h>
#include <sys/socket.h>
#include <uv.h>

#define HOST_MAX 256

struct loop_lookup {
	uv_getaddrinfo_t req;
	struct loop *loop;
	loop_lookup_fn *fn;
	void *arg;
	char host[HOST_MAX];
	struct addrinfo *numeric; /* the answer, when it was at hand */
	bool asked;               /* a thread works on it */
	bool gone;                /* the owner has freed it meanwhile */
};

static void
tell(struct loop_lookup *l, const struct addrinfo *ai)
{
	struct sockaddr_storage at[LOOKUP_MAX] = {0};
	struct loop_addresses found = {0, at};

	for (; ai != NULL && found.count < LOOKUP_MAX; ai = ai->ai_next)
		if (ai->ai_addrlen <= sizeof(at[0]))
			memcpy(&at[found.count++], ai->ai_addr, ai->ai_addrlen);
	l->fn(&found, NULL, l->arg);
}

static void
answered(uv_getaddrinfo_t *req, int status, struct addrinfo *ai)
{
	struct loop_lookup *l = req->data;
	struct err err;

	l->asked = false;
	if (l->gone) {
		free(l);
	} else if (status == 0 && ai != NULL) {
		tell(l, ai);
	} else {
		err_set(&err, FAIL_IO, "lookup %s: %s", l->host,
		    status != 0 ? uv_strerror(status) : "no address");
		l->fn(NULL, &err, l->arg);
	}
	uv_freeaddrinfo(ai);
}

static void
answer_numeric(void *arg)
{
	struct loop_lookup *l = arg;
	struct addrinfo *ai = l->numeric;

	l->numeric = NULL;
	tell(l, ai);
	freeaddrinfo(ai);
}

static void
answer_failed(void *arg)
{
	struct loop_lookup *l = arg;
	struct err err;

	err_set(&err, FAIL_INPUT, "lookup \"%.60s\": not a host name", l->host);
	l->fn(NULL, &err, l->arg);
}

struct loop_lookup *
loop_lookup_new(struct loop *loop, const char *host, int port,
    loop_lookup_fn *fn, void *arg)
{
	struct loop_lookup *l = NEW(struct loop_lookup);
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	char service[16];

	l->loop = loop;
	l->fn = fn;
	l->arg = arg;
	l->req.data = l;
	loop_count(loop, 1);
	snprintf(l->host, sizeof(l->host), "%s", host);
	snprintf(service, sizeof(service), "%d", port);
	hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST;
	if (getaddrinfo(host, service, &hints, &l->numeric) == 0) {
		loop_defer(loop, answer_numeric, l);
		return l;
	}
	l->numeric = NULL;
	hints.ai_flags = AI_NUMERICSERV;
	l->asked = strlen(host) < HOST_MAX &&
		   uv_getaddrinfo(loop_uv(loop), &l->req, answered, host,
		       service, &hints) == 0;
	if (!l->asked)
		loop_defer(loop, answer_failed, l);
	return l;
}

void
loop_lookup_free(struct loop_lookup *l)
{
	if (l == NULL)
		return;
	loop_count(l->loop, -1);
	loop_undefer(l->loop, answer_numeric, l);
	loop_undefer(l->loop, answer_failed, l);
	if (l->numeric != NULL)
		freeaddrinfo(l->numeric);
	if (l->asked) {
		l->gone = true;
		uv_cancel((uv_req_t *)&l->req);
		return;
	}
	free(l);
}
