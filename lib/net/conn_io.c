/*
 * conn_io.c - the bytes of an open conn: reading, giving out, writing.
 */
#include "lib/net/conn_private.h"

#include <assert.h>

#define READ_CHUNK   16384
#define READS_A_TURN 16         /* then others have their turn */
#define KEEP_MAX     (1U << 20) /* an empty buffer holds no more memory */

static void
watch(struct conn *c)
{
	bool write = c->read_stuck || c->write_stuck;

	loop_watch_want(c->watch, write ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

static bool
read_once(struct conn *c, bool *more)
{
	size_t room = CONN_READ_MAX - c->in.n, got = 0;
	size_t n = room < READ_CHUNK ? room : READ_CHUNK;
	char *p = buf_room(&c->in, n);
	struct err err;

	c->read_stuck = false;
	switch (wire_read(&c->wire, p, n, &got, &err)) {
	case WIRE_DONE: break;
	case WIRE_WANT_READ: return false;
	case WIRE_WANT_WRITE:
		c->read_stuck = true;
		watch(c);
		return false;
	case WIRE_EOF:
		conn_closed(c, FAIL_NONE, "closed by the peer");
		return false;
	case WIRE_FAILED: conn_failed(c, &err, "read"); return false;
	}
	buf_used(&c->in, got);
	*more = wire_has_more(&c->wire, n, got);
	return true;
}

/* Gives the owner what there is; the rest stays in front. */
static void
deliver(struct conn *c)
{
	size_t used;

	if (c->shut) {
		buf_reset(&c->in);
		return;
	}
	used = c->events->on_data(buf_view(&c->in), c->arg);
	if (c->state == CONN_CLOSED)
		return;
	assert(used <= c->in.n);
	buf_drop(&c->in, used);
	if (c->in.n < CONN_READ_MAX)
		return;
	err_set(&c->failure, FAIL_LIMIT,
	    "read %s: more than %u bytes without an end", c->name,
	    CONN_READ_MAX);
	conn_want_turn(c);
}

void
conn_read(struct conn *c)
{
	bool more = true;
	int i;

	c->unread = false;
	for (i = 0; more && i < READS_A_TURN; i++) {
		if (!conn_usable(c) || !read_once(c, &more))
			return;
		deliver(c);
	}
	if (!more || !conn_usable(c))
		return;
	c->unread = true;
	conn_want_turn(c);
}

static bool
write_once(struct conn *c)
{
	const char *p = c->out.p + c->sent;
	size_t n = conn_pending(c), done = 0;
	struct err err;

	switch (wire_write(&c->wire, p, n, &done, &err)) {
	case WIRE_DONE: c->sent += done; return true;
	case WIRE_WANT_READ: /* a read comes first in any case */
	case WIRE_WANT_WRITE:
		c->write_stuck = true;
		watch(c);
		return false;
	case WIRE_EOF:
		conn_closed(c, FAIL_NONE, "closed by the peer");
		return false;
	case WIRE_FAILED: conn_failed(c, &err, "write"); return false;
	}
	return false;
}

/* Our side is done; the peer may finish its own: closing with its bytes
 * unread would reset the connection and could take our last ones along. */
static void
drained(struct conn *c, bool any)
{
	c->sent = 0;
	if (c->out.cap > KEEP_MAX)
		buf_release(&c->out);
	else
		buf_reset(&c->out);
	if (c->shut) {
		c->said_goodbye = true;
		wire_goodbye(&c->wire);
	} else if (any && c->events->on_drained != NULL) {
		c->events->on_drained(c->arg);
	}
}

void
conn_flush(struct conn *c)
{
	bool any = conn_pending(c) > 0;

	c->write_stuck = false;
	while (conn_pending(c) > 0)
		if (!write_once(c))
			return;
	watch(c);
	drained(c, any);
}

/* False: they are not taken; the reason is told at the end of the turn. */
static bool
takes(struct conn *c, size_t n)
{
	if (c->state == CONN_CLOSED || c->failure.kind != FAIL_NONE)
		return false;
	assert(!c->shut);
	if (n <= CONN_WRITE_MAX - conn_pending(c))
		return true;
	err_set(&c->failure, FAIL_LIMIT,
	    "write %s: more than %u bytes waiting to leave", c->name,
	    CONN_WRITE_MAX);
	conn_want_turn(c);
	return false;
}

void
conn_write(struct conn *c, struct str data)
{
	if (!takes(c, data.n))
		return;
	if (c->sent > 0 && c->sent >= conn_pending(c)) {
		buf_drop(&c->out, c->sent);
		c->sent = 0;
	}
	buf_str(&c->out, data);
	if (c->state == CONN_OPEN)
		conn_want_turn(c);
}

void
conn_write_buf(struct conn *c, struct buf *data)
{
	if (c->out.n > 0 || !takes(c, data->n)) {
		conn_write(c, buf_view(data));
		buf_reset(data);
		return;
	}
	buf_swap(&c->out, data);
	if (c->state == CONN_OPEN)
		conn_want_turn(c);
}

size_t
conn_pending(const struct conn *c)
{
	return c->out.n - c->sent;
}
