#include "bounce/pop3_link_private.h"

#include "lib/base/mem.h"
#include "lib/net/loopback.h"

#include <assert.h>

#define SECOND     1000LL
#define CONNECT_MS (30 * SECOND)

static void
destroy(struct pop3_link *l)
{
	pop3_session_release(&l->session);
	imap_set_release(&l->found);
	free(l->jobs);
	free(l->host);
	free(l->username);
	explicit_bzero(l->password, strlen(l->password));
	free(l->password);
	free(l);
}

/* Around everything that the loop calls: the owner may free the link in any
 * callback, its memory goes when the outermost is over. */
static void
enter(struct pop3_link *l)
{
	l->depth++;
}

static void
leave(struct pop3_link *l)
{
	if (--l->depth == 0 && l->freed)
		destroy(l);
}

void
visit_cut(struct pop3_link *l)
{
	l->is_spent = true;
	loop_timer_stop(l->limit);
	conn_free(l->conn);
	l->conn = NULL;
}

static void
teardown(struct pop3_link *l)
{
	visit_cut(l);
	l->doing = POP3_CLOSED;
	loop_undefer(l->loop, visit_tell, l);
	loop_timer_free(l->limit);
	l->limit = NULL;
}

/* A server that wants us to stay away for a while wants it always. */
void
visit_closed(struct pop3_link *l, const struct err *err)
{
	int64_t delay_s = l->session.can.login_delay_s;
	struct err why = *err;

	if (l->doing == POP3_CLOSED)
		return;
	teardown(l);
	l->events.on_closed(&why, delay_s > 0 ? delay_s * SECOND : -1, l->arg);
}

/* What needs no answer of the server, and what the owner is not to be told
 * from inside its own call. */
void
visit_tell(void *arg)
{
	struct pop3_link *l = arg;

	enter(l);
	if (l->doing == POP3_LOOKING && !l->is_spent)
		visit_found(l);
	else
		visit_closed(l, &l->failure);
	visit_settle(l);
	leave(l);
}

static void
start_limit(struct pop3_link *l)
{
	int64_t ms = pop3_state_timeout_ms(l->session.state);

	l->limited = l->session.state;
	l->limited_count = l->session.answers;
	if (l->timeout_ms > 0 && ms > l->timeout_ms)
		ms = l->timeout_ms;
	if (ms > 0)
		loop_timer_start(l->limit, ms);
	else
		loop_timer_stop(l->limit);
}

void
visit_settle(struct pop3_link *l)
{
	struct buf *out = &l->session.out;

	if (l->doing == POP3_CLOSED || l->conn == NULL)
		return;
	if (out->n > 0) {
		conn_write(l->conn, buf_view(out));
		explicit_bzero(out->p, out->n);
		buf_reset(out);
	}
	l->session.in_flight = conn_pending(l->conn);
	if (l->limited != l->session.state ||
	    l->limited_count != l->session.answers)
		start_limit(l);
}

static void
on_limit(void *arg)
{
	struct pop3_link *l = arg;
	struct err err;

	enter(l);
	err_set(&err, FAIL_TIMEOUT, "pop3 %s: no answer while %s",
	    pop3_link_describe(l), pop3_state_doing(l->session.state));
	visit_closed(l, &err);
	leave(l);
}

static void
dispatch(struct pop3_link *l, enum pop3_event event, const struct err *err)
{
	struct pop3_session *s = &l->session;

	switch (event) {
	case POP3_EVENT_STLS: conn_starttls(l->conn); break;
	case POP3_EVENT_READY: visit_list(l); break;
	case POP3_EVENT_KEY:
		uidl_ledger_see(l->ledger, s->number, s->key);
		break;
	case POP3_EVENT_SIZE: visit_on_size(l); break;
	case POP3_EVENT_MESSAGE: visit_on_message(l); break;
	case POP3_EVENT_OVER: visit_closed(l, err); break;
	case POP3_EVENT_NONE: break;
	}
	if (l->doing != POP3_CLOSED && s->state == POP3_STATE_READY)
		visit_go_on(l);
}

static size_t
on_data(struct str data, void *arg)
{
	struct pop3_link *l = arg;
	struct err err = {FAIL_NONE, ""};
	enum pop3_event event;
	size_t used, at = 0;

	enter(l);
	l->bytes += data.n;
	while (at < data.n && l->conn != NULL) {
		l->session.in_flight = conn_pending(l->conn);
		event = pop3_session_feed(&l->session, str_from(data, at),
		    &used, &err);
		at += used;
		dispatch(l, event, &err);
		visit_settle(l);
	}
	leave(l);
	return data.n;
}

static void
on_open(void *arg)
{
	struct pop3_link *l = arg;
	struct err err;

	enter(l);
	start_limit(l);
	if (l->session.state != POP3_STATE_HANDSHAKE)
		; /* the server speaks first */
	else if (pop3_session_secured(&l->session, &err))
		visit_settle(l);
	else
		visit_closed(l, &err);
	leave(l);
}

static void
on_conn_closed(const struct err *err, void *arg)
{
	struct pop3_link *l = arg;
	struct err why = *err;

	enter(l);
	if (err->kind == FAIL_NONE)
		err_set(&why, FAIL_IO, "pop3 %s: closed by the server while %s",
		    pop3_link_describe(l), pop3_state_doing(l->session.state));
	visit_closed(l, &why);
	leave(l);
}

static char *
copy(const char *text)
{
	return mem_strdup(text != NULL ? text : "");
}

static struct pop3_link *
make(struct loop *loop, const struct pop3_link_params *p)
{
	struct pop3_link *l = NEW(struct pop3_link);

	l->loop = loop;
	l->host = copy(p->host);
	l->username = copy(p->username);
	l->password = copy(p->password);
	l->ledger = p->ledger;
	l->deletes = p->deletes;
	l->timeout_ms = p->timeout_s * SECOND;
	l->limit = loop_timer_new(loop, on_limit, l);
	imap_set_init(&l->found);
	pop3_session_init(&l->session,
	    &(struct pop3_session_params){.tls = p->tls,
		.auth = p->auth,
		.username = l->username,
		.password = l->password,
		.host = l->host,
		.port = p->port});
	return l;
}

struct pop3_link *
pop3_link_new(struct loop *loop, const struct pop3_link_params *params,
    const struct mail_events *events, void *arg)
{
	static const struct conn_events conn_events = {.on_open = on_open,
	    .on_data = on_data,
	    .on_closed = on_conn_closed};
	struct pop3_link *l = make(loop, params);

	l->events = *events;
	l->arg = arg;
	if (params->tls == CONN_TLS_NONE && !loopback_host(params->host)) {
		err_set(&l->failure, FAIL_INPUT,
		    "pop3 %s: without TLS only a loopback address is allowed",
		    params->host);
		loop_defer(loop, visit_tell, l);
		return l;
	}
	l->conn = conn_new(loop,
	    &(struct conn_params){.host = params->host,
		.port = params->port,
		.tls = params->tls,
		.ca_file = params->ca_file,
		.session_key = l->username,
		.connect_timeout_ms =
		    l->timeout_ms > 0 ? l->timeout_ms : CONNECT_MS},
	    &conn_events, l);
	return l;
}

void
pop3_link_free(struct pop3_link *l)
{
	if (l == NULL || l->freed)
		return;
	if (l->doing != POP3_CLOSED)
		teardown(l);
	l->freed = true;
	if (l->depth == 0)
		destroy(l);
}

uint64_t
pop3_link_bytes(const struct pop3_link *l)
{
	return l->bytes;
}

const char *
pop3_link_describe(const struct pop3_link *l)
{
	return l->conn != NULL ? conn_describe(l->conn) : l->host;
}

const char *
pop3_link_tls(const struct pop3_link *l)
{
	return l->conn != NULL ? conn_tls_describe(l->conn) : "";
}
