#include "bounce/mailbox_conn.h"

#include "lib/base/mem.h"
#include "lib/net/loopback.h"

#define SECOND     1000LL
#define CONNECT_MS (30 * SECOND)

static char *
copy(const char *text)
{
	return mem_strdup(text != NULL ? text : "");
}

void
mailbox_conn_init(struct mailbox_conn *c, struct loop *loop,
    const struct mailbox_access *access, int64_t timeout_s)
{
	*c = (struct mailbox_conn){.loop = loop,
	    .access = *access,
	    .host = copy(access->host),
	    .username = copy(access->username),
	    .password = copy(access->password),
	    .ca_file = copy(access->ca_file),
	    .timeout_ms = timeout_s * SECOND};
	c->access.host = c->host;
	c->access.username = c->username;
	c->access.password = c->password;
	c->access.ca_file = c->ca_file;
}

void
mailbox_conn_release(struct mailbox_conn *c)
{
	free(c->host);
	free(c->username);
	explicit_bzero(c->password, strlen(c->password));
	free(c->password);
	free(c->ca_file);
}

void
mailbox_conn_enter(struct mailbox_conn *c)
{
	c->depth++;
}

void
mailbox_conn_leave(struct mailbox_conn *c)
{
	if (--c->depth == 0 && c->freed)
		c->speech->destroy(c->link);
}

void
mailbox_conn_cut(struct mailbox_conn *c)
{
	loop_timer_stop(c->limit);
	conn_free(c->conn);
	c->conn = NULL;
}

static void
on_turn(void *arg)
{
	struct mailbox_conn *c = arg;

	mailbox_conn_enter(c);
	c->speech->on_turn(c->link);
	mailbox_conn_settle(c);
	mailbox_conn_leave(c);
}

static void
close_down(struct mailbox_conn *c)
{
	mailbox_conn_cut(c);
	c->over = true;
	loop_undefer(c->loop, on_turn, c);
	loop_timer_free(c->limit);
	c->limit = NULL;
}

void
mailbox_conn_end(struct mailbox_conn *c, const struct err *err)
{
	struct err why = *err;

	if (c->over)
		return;
	close_down(c);
	c->speech->on_over(&why, c->link);
}

void
mailbox_conn_free(struct mailbox_conn *c)
{
	if (c->freed)
		return;
	if (!c->over)
		close_down(c);
	c->freed = true;
	if (c->depth == 0)
		c->speech->destroy(c->link);
}

void
mailbox_conn_defer(struct mailbox_conn *c)
{
	loop_defer(c->loop, on_turn, c);
}

void
mailbox_conn_restart(struct mailbox_conn *c)
{
	struct mailbox_step step = c->speech->step(c->link);
	int64_t ms = step.limit_ms;

	c->limited = step.number;
	if (c->timeout_ms > 0 && ms > c->timeout_ms && !step.is_ours)
		ms = c->timeout_ms;
	if (ms > 0)
		loop_timer_start(c->limit, ms);
	else
		loop_timer_stop(c->limit);
}

void
mailbox_conn_settle(struct mailbox_conn *c)
{
	if (c->conn == NULL)
		return;
	if (c->out->n > 0) {
		conn_write(c->conn, buf_view(c->out));
		explicit_bzero(c->out->p, c->out->n);
		buf_reset(c->out);
	}
	*c->in_flight = conn_pending(c->conn);
	if (c->limited != c->speech->step(c->link).number)
		mailbox_conn_restart(c);
}

void
mailbox_conn_starttls(struct mailbox_conn *c)
{
	c->asked_tls = true;
	conn_starttls(c->conn);
}

static void
on_limit(void *arg)
{
	struct mailbox_conn *c = arg;
	struct mailbox_step step = c->speech->step(c->link);
	struct err err;

	mailbox_conn_enter(c);
	if (step.is_ours) {
		c->speech->on_limit(c->link);
		mailbox_conn_settle(c);
	} else {
		err_set(&err, FAIL_TIMEOUT, "%s %s: no answer while %s",
		    c->speech->protocol, mailbox_conn_describe(c), step.doing);
		mailbox_conn_end(c, &err);
	}
	mailbox_conn_leave(c);
}

static size_t
on_data(struct str data, void *arg)
{
	struct mailbox_conn *c = arg;
	size_t at = 0;

	mailbox_conn_enter(c);
	c->bytes += data.n;
	while (at < data.n && c->conn != NULL) {
		*c->in_flight = conn_pending(c->conn);
		at += c->speech->on_data(str_from(data, at), c->link);
		mailbox_conn_settle(c);
	}
	mailbox_conn_leave(c);
	return data.n;
}

/* Until TLS was asked for, the server speaks first. */
static void
on_open(void *arg)
{
	struct mailbox_conn *c = arg;
	struct err err;

	mailbox_conn_enter(c);
	mailbox_conn_restart(c);
	if (!c->asked_tls || c->speech->on_secured(c->link, &err))
		mailbox_conn_settle(c);
	else
		mailbox_conn_end(c, &err);
	mailbox_conn_leave(c);
}

static void
on_closed(const struct err *err, void *arg)
{
	struct mailbox_conn *c = arg;
	struct mailbox_step step = c->speech->step(c->link);
	struct err why = *err;

	mailbox_conn_enter(c);
	if (err->kind == FAIL_NONE && !step.is_last)
		err_set(&why, FAIL_IO, "%s %s: closed by the server while %s",
		    c->speech->protocol, mailbox_conn_describe(c), step.doing);
	mailbox_conn_end(c, &why);
	mailbox_conn_leave(c);
}

static void
open_conn(struct mailbox_conn *c)
{
	static const struct conn_events events = {.on_open = on_open,
	    .on_data = on_data,
	    .on_closed = on_closed};

	c->conn = conn_new(c->loop,
	    &(struct conn_params){.host = c->host,
		.port = c->access.port,
		.tls = c->access.tls,
		.ca_file = c->ca_file,
		.session_key = c->username,
		.connect_timeout_ms =
		    c->timeout_ms > 0 ? c->timeout_ms : CONNECT_MS},
	    &events, c);
}

void
mailbox_conn_start(struct mailbox_conn *c, const struct mailbox_speech *speech,
    void *link, struct buf *out, size_t *in_flight)
{
	c->speech = speech;
	c->link = link;
	c->out = out;
	c->in_flight = in_flight;
	c->limit = loop_timer_new(c->loop, on_limit, c);
	if (c->access.tls != CONN_TLS_NONE || loopback_host(c->host)) {
		open_conn(c);
		return;
	}
	err_set(&c->failure, FAIL_INPUT,
	    "%s %s: without TLS only a loopback address is allowed",
	    speech->protocol, c->host);
	mailbox_conn_defer(c);
}

const char *
mailbox_conn_describe(const struct mailbox_conn *c)
{
	return c->conn != NULL ? conn_describe(c->conn) : c->host;
}

const char *
mailbox_conn_tls(const struct mailbox_conn *c)
{
	return c->conn != NULL ? conn_tls_describe(c->conn) : "";
}
