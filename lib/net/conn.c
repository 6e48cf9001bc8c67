#include "lib/net/conn.h"

#include "lib/base/mem.h"
#include "lib/net/conn_private.h"
#include "lib/net/tls.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>

static const char *const tls_names[] = {
    [CONN_TLS_NONE] = "none",
    [CONN_TLS_IMPLICIT] = "implicit",
    [CONN_TLS_STARTTLS] = "starttls",
};

const char *
conn_tls_name(enum conn_tls tls)
{
	return tls_names[tls];
}

bool
conn_tls_parse(struct str name, enum conn_tls *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(tls_names); i++) {
		if (!str_eq(name, str_of(tls_names[i])))
			continue;
		*out = (enum conn_tls)i;
		return true;
	}
	return false;
}

static void end_of_turn(void *arg);

void
conn_want_turn(struct conn *c)
{
	if (c->turn_due)
		return;
	c->turn_due = true;
	loop_defer(c->loop, end_of_turn, c);
}

/* Lets go of everything but the memory of the conn and its buffers, in which
 * a callback may still be reading. */
static void
teardown(struct conn *c)
{
	c->state = CONN_CLOSED;
	if (c->turn_due)
		loop_undefer(c->loop, end_of_turn, c);
	c->turn_due = false;
	dial_free(c->dial);
	c->dial = NULL;
	loop_timer_free(c->timer);
	c->timer = NULL;
	loop_watch_free(c->watch);
	c->watch = NULL;
	wire_close(&c->wire);
}

static void
destroy(struct conn *c)
{
	buf_release(&c->in);
	buf_release(&c->out);
	free(c->host);
	free(c->ca_file);
	free(c->session);
	free(c);
}

/* Around everything that the loop calls: the owner may free the conn in any
 * callback, its memory goes when the outermost is over. */
static void
enter(struct conn *c)
{
	c->depth++;
}

static void
leave(struct conn *c)
{
	if (--c->depth == 0 && c->freed)
		destroy(c);
}

void
conn_closed(struct conn *c, enum fail kind, const char *text)
{
	struct err err;

	if (c->state == CONN_CLOSED)
		return;
	teardown(c);
	err_set(&err, kind, "%s", text);
	c->events->on_closed(&err, c->arg);
}

/* After our goodbye it does not matter how the peer ends. */
void
conn_failed(struct conn *c, const struct err *err, const char *doing)
{
	struct err whole = *err;

	err_wrap(&whole, "%s %s", doing, c->name);
	if (c->said_goodbye)
		conn_closed(c, FAIL_NONE, whole.text);
	else
		conn_closed(c, whole.kind, whole.text);
}

bool
conn_usable(const struct conn *c)
{
	return c->state == CONN_OPEN && !c->upgrade &&
	       c->failure.kind == FAIL_NONE;
}

/* Under TLS the handshake may have read more than its own bytes; the socket
 * does not announce them again. */
static void
opened(struct conn *c)
{
	loop_timer_stop(c->timer);
	loop_watch_want(c->watch, LOOP_READ);
	c->state = CONN_OPEN;
	if (c->wire.tls != NULL) {
		snprintf(c->tls_text, sizeof(c->tls_text), "%s",
		    tls_describe(c->wire.tls));
		c->unread = true;
	}
	conn_want_turn(c);
	c->events->on_open(c->arg);
}

static void
continue_handshake(struct conn *c)
{
	struct err err;

	switch (tls_handshake(c->wire.tls, &err)) {
	case WIRE_DONE: opened(c); return;
	case WIRE_WANT_READ: loop_watch_want(c->watch, LOOP_READ); return;
	case WIRE_WANT_WRITE: loop_watch_want(c->watch, LOOP_WRITE); return;
	case WIRE_EOF: err_set(&err, FAIL_IO, "closed by the peer"); break;
	case WIRE_FAILED: break;
	}
	conn_failed(c, &err, "tls handshake");
}

static void
begin_handshake(struct conn *c)
{
	struct tls_params params = {c->host, c->ca_file, c->session};
	struct err err;

	c->wire.tls = tls_new(c->loop, c->wire.fd, &params, &err);
	if (c->wire.tls == NULL) {
		conn_failed(c, &err, "tls handshake");
		return;
	}
	c->state = CONN_HANDSHAKE;
	continue_handshake(c);
}

/* The peer may not have said anything after its answer to STARTTLS: what
 * stands in our buffer or in the kernel's was put there in the clear. */
static void
upgrade(struct conn *c)
{
	struct err err;
	char early;

	c->upgrade = false;
	if (c->in.n > 0 || recv(c->wire.fd, &early, 1, MSG_PEEK) == 1) {
		err_set(&err, FAIL_TLS,
		    "bytes from the peer before the handshake");
		conn_failed(c, &err, "starttls");
		return;
	}
	loop_timer_start(c->timer, c->timeout_ms);
	begin_handshake(c);
}

static void
on_ready(int events, void *arg)
{
	struct conn *c = arg;

	(void)events;
	enter(c);
	if (c->state == CONN_HANDSHAKE) {
		continue_handshake(c);
	} else {
		conn_read(c);
		if (c->write_stuck && conn_usable(c))
			conn_flush(c);
	}
	leave(c);
}

static void
end_of_turn(void *arg)
{
	struct conn *c = arg;

	c->turn_due = false;
	enter(c);
	if (c->failure.kind != FAIL_NONE)
		conn_closed(c, c->failure.kind, c->failure.text);
	else if (c->shut && c->state != CONN_OPEN)
		conn_closed(c, FAIL_NONE, "closed before it was open");
	else if (c->upgrade)
		upgrade(c);
	else if (c->unread)
		conn_read(c);
	if (conn_usable(c) && !c->write_stuck && !c->said_goodbye &&
	    (conn_pending(c) > 0 || c->shut))
		conn_flush(c);
	leave(c);
}

static void
on_timer(void *arg)
{
	struct conn *c = arg;
	struct err err;

	enter(c);
	err_set(&err, FAIL_TIMEOUT, "no answer");
	conn_failed(c, &err,
	    c->state == CONN_HANDSHAKE ? "tls handshake" : "close");
	leave(c);
}

static void
use(struct conn *c, int fd)
{
	struct err err;

	dial_free(c->dial);
	c->dial = NULL;
	c->wire.fd = fd;
	c->watch = loop_watch_new(c->loop, fd, on_ready, c);
	if (c->watch == NULL) {
		wire_fail(&err, errno);
		conn_failed(c, &err, "watch");
		return;
	}
	loop_timer_start(c->timer, c->deadline_ms - loop_now_ms(c->loop));
	if (c->mode == CONN_TLS_IMPLICIT)
		begin_handshake(c);
	else
		opened(c);
}

static void
on_dialed(int fd, const struct err *err, void *arg)
{
	struct conn *c = arg;

	enter(c);
	if (fd < 0)
		conn_closed(c, err->kind, err->text);
	else
		use(c, fd);
	leave(c);
}

/* All that has to be the same for a TLS session to be taken up again. */
static char *
session_name(const struct conn_params *params)
{
	struct buf name;

	if (params->session_key == NULL)
		return NULL;
	buf_init(&name, SIZE_MAX);
	buf_printf(&name, "%s\n%d\n%s\n%s", params->host, params->port,
	    conn_tls_name(params->tls), params->session_key);
	return name.p;
}

struct conn *
conn_new(struct loop *loop, const struct conn_params *params,
    const struct conn_events *events, void *arg)
{
	struct conn *c = NEW(struct conn);

	c->loop = loop;
	c->events = events;
	c->arg = arg;
	c->wire.fd = -1;
	c->mode = params->tls;
	c->host = mem_strdup(params->host);
	c->ca_file = mem_strdup(params->ca_file != NULL ? params->ca_file : "");
	c->session = session_name(params);
	dial_name(c->name, params->host, params->port);
	buf_init(&c->in, CONN_READ_MAX);
	buf_init(&c->out, 2 * (size_t)CONN_WRITE_MAX);
	c->timer = loop_timer_new(loop, on_timer, c);
	c->timeout_ms = params->connect_timeout_ms;
	c->dial = dial_new(loop, params->host, params->port, c->timeout_ms,
	    on_dialed, c);
	c->deadline_ms = loop_now_ms(loop) + c->timeout_ms;
	return c;
}

/* An answer to what has not left yet is a peer that answers in advance. */
void
conn_starttls(struct conn *c)
{
	if (c->state == CONN_CLOSED || c->failure.kind != FAIL_NONE)
		return;
	assert(c->mode == CONN_TLS_STARTTLS && c->state == CONN_OPEN &&
	       c->wire.tls == NULL && !c->upgrade && !c->shut);
	if (conn_pending(c) > 0)
		err_set(&c->failure, FAIL_TLS,
		    "starttls %s: answered before it was asked", c->name);
	c->upgrade = true;
	conn_want_turn(c);
}

void
conn_free(struct conn *c)
{
	if (c == NULL || c->freed)
		return;
	if (c->wire.tls != NULL)
		tls_close(c->wire.tls);
	teardown(c);
	c->freed = true;
	if (c->depth == 0)
		destroy(c);
}

void
conn_shut(struct conn *c)
{
	if (c->state == CONN_CLOSED || c->shut)
		return;
	c->shut = true;
	c->upgrade = false;
	loop_timer_start(c->timer, CONN_SHUT_MS);
	conn_want_turn(c);
}

bool
conn_is_tls(const struct conn *c)
{
	return c->wire.tls != NULL && c->state == CONN_OPEN;
}

const char *
conn_describe(const struct conn *c)
{
	return c->name;
}

const char *
conn_tls_describe(const struct conn *c)
{
	return c->tls_text;
}
