#include "bounce/imap_link_private.h"

#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/base/mem.h"
#include "lib/net/loopback.h"

#include <assert.h>

#define SECOND     1000LL
#define IDLE_S     300
#define POLL_S     60
#define CHECK_S    900
#define CONNECT_MS (30 * SECOND)
#define TAG_RANDOM 5 /* bytes: a stranger does not guess 40 bits */

static void
destroy(struct imap_link *l)
{
	imap_session_release(&l->session);
	free(l->host);
	free(l->username);
	if (l->password != NULL)
		explicit_bzero(l->password, strlen(l->password));
	free(l->password);
	free(l->folder);
	free(l->version);
	free(l->contact);
	free(l);
}

/* Around everything that the loop calls: the owner may free the link in any
 * callback, its memory goes when the outermost is over. */
static void
enter(struct imap_link *l)
{
	l->depth++;
}

static void
leave(struct imap_link *l)
{
	if (--l->depth == 0 && l->freed)
		destroy(l);
}

static void
teardown(struct imap_link *l)
{
	l->state = LINK_CLOSED;
	loop_undefer(l->loop, link_tell_failure, l);
	loop_timer_free(l->limit);
	loop_timer_free(l->wait);
	conn_free(l->conn);
	l->limit = l->wait = NULL;
	l->conn = NULL;
}

static void
closed(struct imap_link *l, const struct err *err)
{
	struct err why = *err;

	if (l->state == LINK_CLOSED)
		return;
	teardown(l);
	l->events.on_closed(&why, l->session.backoff_ms, l->arg);
}

/* Failures found inside a call of the owner: told when it is over. */
void
link_tell_failure(void *arg)
{
	struct imap_link *l = arg;

	enter(l);
	if (l->state == LINK_OPENING) {
		closed(l, &l->failure);
	} else if (l->state == LINK_BUSY) {
		l->state = LINK_FREE;
		l->events.on_done(&l->failure, l->arg);
	}
	leave(l);
}

/* One limit a command; bounded for tests, but not that of IDLE. */
static void
start_limit(struct imap_link *l)
{
	enum imap_state state = l->session.state;
	int64_t ms = imap_state_timeout_ms(state);

	l->limited = state;
	l->limited_count = l->session.tag_count;
	if (l->timeout_ms > 0 && ms > l->timeout_ms)
		ms = l->timeout_ms;
	if (state == IMAP_STATE_IDLING)
		ms = l->idle_ms;
	if (ms > 0)
		loop_timer_start(l->limit, ms);
	else
		loop_timer_stop(l->limit);
}

/* What the session has written leaves; the clock follows its state. */
void
link_settle(struct imap_link *l)
{
	struct buf *out = &l->session.out;

	if (l->state == LINK_CLOSED)
		return;
	if (out->n > 0) {
		conn_write(l->conn, buf_view(out));
		buf_drop(out, out->n);
	}
	l->session.in_flight = conn_pending(l->conn);
	if (l->limited != l->session.state ||
	    l->limited_count != l->session.tag_count)
		start_limit(l);
}

static void
on_limit(void *arg)
{
	struct imap_link *l = arg;
	struct err err;

	enter(l);
	if (l->session.state == IMAP_STATE_IDLING) {
		imap_session_idle_end(&l->session);
		link_settle(l);
	} else {
		err_set(&err, FAIL_TIMEOUT, "imap %s: no answer while %s",
		    imap_link_describe(l), imap_state_doing(l->session.state));
		closed(l, &err);
	}
	leave(l);
}

static void
tell_new(struct imap_link *l)
{
	if (l->state != LINK_WAITING)
		return;
	loop_timer_stop(l->wait);
	l->state = LINK_FREE;
	l->events.on_new(l->arg);
}

static void
on_wait(void *arg)
{
	struct imap_link *l = arg;

	enter(l);
	tell_new(l);
	link_settle(l);
	leave(l);
}

/* IDLE ended while the owner still waits: it was renewed, refused, or the
 * server had enough of it. */
static void
wait_on(struct imap_link *l)
{
	link_idle(l);
	if (!imap_session_can_idle(&l->session))
		loop_timer_start(l->wait, l->poll_ms);
}

static void
on_command_done(struct imap_link *l)
{
	struct err refusal = l->session.refusal;

	if (l->state == LINK_WAITING)
		wait_on(l);
	if (l->state != LINK_BUSY)
		return;
	l->state = LINK_FREE;
	l->events.on_done(&refusal, l->arg);
}

/* Does IDLE tell of mail, or do only our own looks find it? */
static void
judge_idle(struct imap_link *l)
{
	if (l->session.found.count == 0)
		return;
	if (l->told || l->session.news)
		l->silent_finds = 0;
	else
		l->silent_finds++;
	l->told = false;
}

static void
on_search_done(struct imap_link *l)
{
	judge_idle(l);
	l->events.on_found(&l->session.found, l->arg);
	on_command_done(l);
}

static void
on_opened(struct imap_link *l)
{
	l->state = LINK_FREE;
	l->told = true; /* what is found first was there before */
	l->events.on_ready(&l->session.mailbox, l->arg);
}

static void
on_message(struct imap_link *l)
{
	const struct mail_message *m = &l->session.message;

	start_limit(l); /* a batch may take long, its messages may not */
	if (m->is_body)
		l->events.on_body(m, l->arg);
	else
		l->events.on_header(m, l->arg);
}

static void
dispatch(struct imap_link *l, enum imap_event event, const struct err *err)
{
	switch (event) {
	case IMAP_EVENT_STARTTLS: conn_starttls(l->conn); break;
	case IMAP_EVENT_READY: on_opened(l); break;
	case IMAP_EVENT_FOLDER:
		if (l->events.on_folder != NULL)
			l->events.on_folder(&l->session.folder, l->arg);
		break;
	case IMAP_EVENT_FOUND: on_search_done(l); break;
	case IMAP_EVENT_MESSAGE: on_message(l); break;
	case IMAP_EVENT_NEWS:
		l->told = true;
		tell_new(l);
		break;
	case IMAP_EVENT_DONE: on_command_done(l); break;
	case IMAP_EVENT_OVER: closed(l, err); break;
	case IMAP_EVENT_NONE: break;
	}
}

static size_t
on_data(struct str data, void *arg)
{
	struct imap_link *l = arg;
	struct err err = {FAIL_NONE, ""};
	enum imap_event event;
	size_t used, at = 0;

	enter(l);
	l->bytes += data.n;
	while (at < data.n && l->state != LINK_CLOSED) {
		l->session.in_flight = conn_pending(l->conn);
		event = imap_session_feed(&l->session, str_from(data, at),
		    &used, &err);
		at += used;
		dispatch(l, event, &err);
		link_settle(l);
	}
	leave(l);
	return data.n;
}

static void
on_open(void *arg)
{
	struct imap_link *l = arg;
	struct err err;

	enter(l);
	start_limit(l);
	if (l->session.state != IMAP_STATE_HANDSHAKE)
		; /* the server speaks first */
	else if (imap_session_secured(&l->session, &err))
		link_settle(l);
	else
		closed(l, &err);
	leave(l);
}

static void
on_conn_closed(const struct err *err, void *arg)
{
	struct imap_link *l = arg;
	struct err why = *err;

	enter(l);
	if (err->kind == FAIL_NONE && l->session.state != IMAP_STATE_LOGOUT)
		err_set(&why, FAIL_IO, "imap %s: closed by the server while %s",
		    imap_link_describe(l), imap_state_doing(l->session.state));
	closed(l, &why);
	leave(l);
}

static char *
copy(const char *text)
{
	return mem_strdup(text != NULL ? text : "");
}

static void
copy_params(struct imap_link *l, const struct imap_link_params *p)
{
	int64_t idle_s = p->idle_s > 0 ? p->idle_s : IDLE_S;
	int64_t poll_s = p->poll_s > 0 ? p->poll_s : POLL_S;
	int64_t check_s = p->check_s > 0 ? p->check_s : CHECK_S;

	l->host = copy(p->host);
	l->username = copy(p->username);
	l->password = copy(p->password);
	l->folder = copy(p->folder);
	l->version = copy(p->version);
	l->contact = copy(p->contact);
	l->idle_ms = idle_s * SECOND;
	l->poll_ms = poll_s * SECOND;
	l->check_ms = check_s * SECOND;
	l->timeout_ms = p->timeout_s * SECOND;
}

static void
make_tag(char out[LINK_TAG_TEXT])
{
	unsigned char random[TAG_RANDOM];
	struct buf text;

	random_bytes(random, sizeof(random));
	buf_init(&text, LINK_TAG_TEXT - 1);
	base32_encode(&text,
	    (struct str){(const char *)random, sizeof(random)});
	snprintf(out, LINK_TAG_TEXT, "v%s.", buf_cstr(&text));
	buf_release(&text);
}

static void
start_session(struct imap_link *l, const struct imap_link_params *p)
{
	make_tag(l->tag);
	imap_session_init(&l->session,
	    &(struct imap_session_params){.tls = p->tls,
		.auth = p->auth,
		.username = l->username,
		.password = l->password,
		.host = l->host,
		.port = p->port,
		.folder = l->folder,
		.writes = p->writes,
		.version = l->version,
		.contact = l->contact,
		.tag = l->tag});
}

struct imap_link *
imap_link_new(struct loop *loop, const struct imap_link_params *params,
    const struct mail_events *events, void *arg)
{
	static const struct conn_events conn_events = {.on_open = on_open,
	    .on_data = on_data,
	    .on_closed = on_conn_closed};
	struct imap_link *l = NEW(struct imap_link);

	l->loop = loop;
	l->events = *events;
	l->arg = arg;
	copy_params(l, params);
	start_session(l, params);
	l->limit = loop_timer_new(loop, on_limit, l);
	l->wait = loop_timer_new(loop, on_wait, l);
	if (params->tls == CONN_TLS_NONE && !loopback_host(params->host)) {
		err_set(&l->failure, FAIL_INPUT,
		    "imap %s: without TLS only a loopback address is allowed",
		    params->host);
		loop_defer(loop, link_tell_failure, l);
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
imap_link_free(struct imap_link *l)
{
	if (l == NULL || l->freed)
		return;
	if (l->state != LINK_CLOSED)
		teardown(l);
	l->freed = true;
	if (l->depth == 0)
		destroy(l);
}

const struct mail_folder *
imap_link_mailbox(const struct imap_link *l)
{
	return &l->session.mailbox;
}

bool
imap_link_idles(const struct imap_link *l)
{
	return imap_session_can_idle(&l->session);
}

uint64_t
imap_link_bytes(const struct imap_link *l)
{
	return l->bytes;
}

const char *
imap_link_describe(const struct imap_link *l)
{
	return l->conn != NULL ? conn_describe(l->conn) : l->host;
}

const char *
imap_link_tls(const struct imap_link *l)
{
	return l->conn != NULL ? conn_tls_describe(l->conn) : "";
}
