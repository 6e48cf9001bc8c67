#include "lib/base/base.h"

#include "sender/smtp_link.h"

#include "lib/base/mem.h"
#include "lib/net/loopback.h"

#include <assert.h>

struct smtp_link {
	struct loop *loop;
	const struct smtp_link_params *params;
	const struct smtp_link_events *events;
	void *arg;
	struct smtp_session session;
	struct conn *conn;
	struct loop_timer *timer;
	int64_t opened_ms;   /* when it became ready */
	int64_t deadline_ms; /* of what is awaited; 0: nothing is */
	int64_t armed_ms;    /* when the timer will fire; 0: it is stopped */
	size_t after_dot;    /* bytes written after the last final dot */
	int taken;           /* messages, in all */
	bool leaving;
	bool closed; /* on_closed was called, or will never be */
	bool freed;  /* inside a callback; the memory goes when it is over */
	int depth;   /* calls from the loop or the owner under way */
};

void
smtp_link_defaults(struct smtp_link_params *p)
{
	*p = (struct smtp_link_params){
	    .connect_timeout_ms = SMTP_LINK_CONNECT_MS,
	    .messages_max = SMTP_LINK_MESSAGES_MAX,
	    .age_max_ms = SMTP_LINK_AGE_MS,
	    .idle_max_ms = SMTP_LINK_IDLE_MS,
	    .quit_max_ms = SMTP_LINK_QUIT_MS,
	};
}

static void fail_unencrypted(void *arg);

static void
let_go(struct smtp_link *l)
{
	l->closed = true;
	loop_undefer(l->loop, fail_unencrypted, l);
	loop_timer_free(l->timer);
	l->timer = NULL;
	conn_free(l->conn);
	l->conn = NULL;
}

static void
enter(struct smtp_link *l)
{
	l->depth++;
}

static void
leave(struct smtp_link *l)
{
	if (--l->depth > 0 || !l->freed)
		return;
	smtp_session_release(&l->session);
	free(l);
}

static int64_t
step_timeout_ms(const struct smtp_link *l, enum smtp_step step)
{
	int64_t s = smtp_step_timeout_s(step), limit = l->params->timeout_s;
	int64_t ms = (limit > 0 && limit < s ? limit : s) * 1000;

	if (step == SMTP_STEP_QUIT && ms > l->params->quit_max_ms)
		ms = l->params->quit_max_ms;
	return ms;
}

/* When what the link waits for now is overdue; 0: it waits for its owner,
 * for the dial or for the handshake, which have clocks of their own. */
static int64_t
next_deadline(const struct smtp_link *l)
{
	const struct smtp_session *s = &l->session;
	enum smtp_step step = smtp_session_awaits(s);
	int64_t now = loop_now_ms(l->loop), idle, age;

	if (step != SMTP_STEP__COUNT)
		return now + step_timeout_ms(l, step);
	if (s->stage != SMTP_STAGE_READY || smtp_session_busy(s) > 0)
		return 0;
	idle = now + l->params->idle_max_ms;
	age = l->opened_ms + l->params->age_max_ms;
	return age < idle ? age : idle;
}

/* A later deadline leaves the timer where it is: it looks again when it
 * fires.  So a busy link seldom touches it. */
static void
watch_clock(struct smtp_link *l)
{
	int64_t now = loop_now_ms(l->loop);

	l->deadline_ms = next_deadline(l);
	if (l->deadline_ms == 0 ||
	    (l->armed_ms != 0 && l->armed_ms <= l->deadline_ms))
		return;
	l->armed_ms = l->deadline_ms;
	loop_timer_start(l->timer,
	    l->deadline_ms > now ? l->deadline_ms - now : 0);
}

static void
write_out(struct smtp_link *l)
{
	struct smtp_session *s = &l->session;

	if (s->out.n == 0)
		return;
	l->after_dot =
	    s->dot_end > 0 ? s->out.n - s->dot_end : l->after_dot + s->out.n;
	if (s->stage == SMTP_STAGE_AUTH)
		conn_write(l->conn, buf_view(&s->out));
	else
		conn_write_buf(l->conn, &s->out);
	smtp_session_written(s);
}

/* The session is over: every message that is left goes back, then the end
 * is told. */
static void
finish(struct smtp_link *l)
{
	assert(!l->closed);
	l->leaving = true;
	let_go(l);
	while (!l->freed && smtp_session_left(&l->session))
		l->events->on_result(l, &l->session.result, l->arg);
	if (!l->freed)
		l->events->on_closed(l, &l->session.end, l->arg);
}

/* A dot that is still in our own buffer has not been sent.  That it has left
 * the buffer is no proof that it has: then it counts as sent. */
static bool
holds_dot(const struct smtp_link *l)
{
	return smtp_session_awaits(&l->session) == SMTP_STEP_BODY &&
	       conn_pending(l->conn) > l->after_dot;
}

static void
fail(struct smtp_link *l, const struct err *err)
{
	if (holds_dot(l))
		smtp_session_dot_unsent(&l->session);
	smtp_session_fail(&l->session, err);
	finish(l);
}

static void
quit(struct smtp_link *l)
{
	l->leaving = true;
	smtp_session_quit(&l->session);
	if (l->session.stage == SMTP_STAGE_OVER)
		finish(l);
}

/* Limits reached: no more messages, and QUIT after the last result. */
static void
retire(struct smtp_link *l)
{
	int64_t age = loop_now_ms(l->loop) - l->opened_ms;

	if (l->session.stage != SMTP_STAGE_READY)
		return;
	if (l->taken >= l->params->messages_max || age >= l->params->age_max_ms)
		l->leaving = true;
	if (l->leaving && smtp_session_busy(&l->session) == 0)
		quit(l);
}

static void
offer(struct smtp_link *l)
{
	retire(l);
	if (!l->closed && smtp_link_room(l) > 0)
		l->events->on_ready(l, l->arg);
}

/* Whose MAIL would leave now, or with the dot that is asked for next. */
static void
ask_for_mail(struct smtp_link *l)
{
	struct smtp_message *next;

	while (!l->closed && (next = smtp_session_next(&l->session)) != NULL) {
		if (l->events->before_mail == NULL ||
		    l->events->before_mail(next, l->arg)) {
			smtp_session_begin(&l->session);
			return;
		}
		l->taken--;
		smtp_session_withdraw(&l->session);
		l->events->on_result(l, &l->session.result, l->arg);
	}
}

static void
ask_for_dot(struct smtp_link *l)
{
	struct err err;

	ask_for_mail(l);
	if (l->closed)
		return;
	switch (l->events->before_dot(smtp_session_held(&l->session), l->arg)) {
	case SMTP_DOT_SEND: smtp_session_body(&l->session); break;
	case SMTP_DOT_HOLD: break;
	case SMTP_DOT_REFUSE:
		err_set(&err, FAIL_CONFLICT, "held back by its owner");
		fail(l, &err);
		break;
	}
}

static void
ask_for_login(struct smtp_link *l)
{
	if (l->events->before_login(l->arg) &&
	    smtp_session_login(&l->session) == SMTP_OVER)
		finish(l);
}

static void
heed(struct smtp_link *l, enum smtp_event event)
{
	switch (event) {
	case SMTP_WAIT: break;
	case SMTP_START_TLS: conn_starttls(l->conn); break;
	case SMTP_READY:
		l->opened_ms = loop_now_ms(l->loop);
		offer(l);
		break;
	case SMTP_GO_AHEAD: ask_for_dot(l); break;
	case SMTP_RESULT:
		l->events->on_result(l, &l->session.result, l->arg);
		ask_for_mail(l);
		if (!l->closed)
			offer(l);
		break;
	case SMTP_OVER: finish(l); break;
	}
}

/* After everything that may have made the session speak. */
static void
settle(struct smtp_link *l)
{
	if (l->closed)
		return;
	write_out(l);
	watch_clock(l);
}

static void
on_open(void *arg)
{
	struct smtp_link *l = arg;

	enter(l);
	if (l->session.stage == SMTP_STAGE_TLS)
		smtp_session_secured(&l->session);
	settle(l);
	leave(l);
}

static size_t
on_data(struct str data, void *arg)
{
	struct smtp_link *l = arg;
	struct str rest = data;
	uint64_t replies = l->session.replies;
	enum smtp_event event;

	enter(l);
	do {
		event = smtp_session_feed(&l->session, &rest);
		heed(l, event);
	} while (event != SMTP_WAIT && event != SMTP_START_TLS && !l->closed);
	if (!l->closed && smtp_link_awaits_login(l))
		ask_for_login(l);
	if (l->session.replies != replies)
		settle(l); /* half a reply wins no time */
	leave(l);
	return data.n - rest.n;
}

/* A message that takes long to leave is not one that is not answered. */
static void
on_drained(void *arg)
{
	watch_clock(arg);
}

static void
on_closed(const struct err *err, void *arg)
{
	struct smtp_link *l = arg;

	enter(l);
	fail(l, err);
	leave(l);
}

static const struct conn_events conn_events = {
    .on_open = on_open,
    .on_data = on_data,
    .on_drained = on_drained,
    .on_closed = on_closed,
};

static void
overdue(struct smtp_link *l)
{
	enum smtp_step step = smtp_session_awaits(&l->session);
	struct err err;

	if (step == SMTP_STEP__COUNT) {
		quit(l);
		return;
	}
	err_set(&err, FAIL_TIMEOUT, "no reply within %lld s",
	    (long long)(step_timeout_ms(l, step) / 1000));
	fail(l, &err);
}

static void
on_timer(void *arg)
{
	struct smtp_link *l = arg;
	int64_t now = loop_now_ms(l->loop);

	enter(l);
	l->armed_ms = 0;
	if (l->deadline_ms > now) {
		l->armed_ms = l->deadline_ms;
		loop_timer_start(l->timer, l->deadline_ms - now);
	} else if (l->deadline_ms > 0) {
		overdue(l);
		settle(l);
	}
	leave(l);
}

static void
fail_unencrypted(void *arg)
{
	struct smtp_link *l = arg;
	struct err err;

	enter(l);
	err_set(&err, FAIL_TLS, "without TLS no other host is spoken to");
	smtp_session_fail(&l->session, &err);
	finish(l);
	leave(l);
}

static void
dial(struct smtp_link *l)
{
	const struct smtp_session_params *s = &l->params->session;
	const struct conn_params params = {
	    .host = s->host,
	    .port = s->port,
	    .tls = s->tls,
	    .ca_file = l->params->ca_file,
	    .session_key = l->params->session_key,
	    .connect_timeout_ms = l->params->connect_timeout_ms,
	};

	l->conn = conn_new(l->loop, &params, &conn_events, l);
}

struct smtp_link *
smtp_link_new(struct loop *loop, const struct smtp_link_params *params,
    const struct smtp_link_events *events, void *arg)
{
	struct smtp_session_params session = params->session;
	struct smtp_link *l = NEW(struct smtp_link);

	l->loop = loop;
	l->params = params;
	l->events = events;
	l->arg = arg;
	l->timer = loop_timer_new(loop, on_timer, l);
	session.local_peer = loopback_host(session.host);
	session.ask_login = events->before_login != NULL;
	smtp_session_init(&l->session, &session);
	if (session.tls == CONN_TLS_NONE && !session.local_peer)
		loop_defer(loop, fail_unencrypted, l);
	else
		dial(l);
	return l;
}

void
smtp_link_free(struct smtp_link *l)
{
	if (l == NULL || l->freed)
		return;
	let_go(l);
	enter(l);
	l->freed = true;
	leave(l);
}

int
smtp_link_room(const struct smtp_link *l)
{
	int room = smtp_session_room(&l->session);
	int more = l->params->messages_max - l->taken;

	if (l->leaving || l->closed)
		return 0;
	return room < more ? room : more;
}

void
smtp_link_send(struct smtp_link *l, struct smtp_message *m)
{
	assert(smtp_link_room(l) > 0);
	enter(l);
	l->taken++;
	if (smtp_session_take(&l->session, m)) {
		ask_for_mail(l);
	} else {
		l->taken--;
		l->events->on_result(l, &l->session.result, l->arg);
	}
	if (!l->closed)
		retire(l);
	if (l->depth == 1)
		settle(l);
	leave(l);
}

void
smtp_link_resume(struct smtp_link *l)
{
	bool login = smtp_link_awaits_login(l);

	if (l->closed || (!login && smtp_session_held(&l->session) == NULL))
		return;
	enter(l);
	if (login)
		ask_for_login(l);
	else
		ask_for_dot(l);
	if (l->depth == 1)
		settle(l);
	leave(l);
}

struct smtp_message *
smtp_link_head(const struct smtp_link *l, bool *dot_sent)
{
	const struct smtp_transaction *t = l->session.current;

	if (l->closed || t == NULL || smtp_session_held(&l->session) != NULL)
		return NULL;
	*dot_sent = t->dot_sent && !holds_dot(l);
	return t->message;
}

struct smtp_message *
smtp_link_behind(const struct smtp_link *l)
{
	const struct smtp_transaction *t = l->session.following;

	return t != NULL ? t->message : NULL;
}

void
smtp_link_abandon(struct smtp_link *l)
{
	struct err err;

	if (l->closed)
		return;
	enter(l);
	err_set(&err, FAIL_CONFLICT, "given up by its owner");
	fail(l, &err);
	leave(l);
}

void
smtp_link_quit(struct smtp_link *l)
{
	if (l->closed || l->leaving)
		return;
	enter(l);
	quit(l);
	if (l->depth == 1)
		settle(l);
	leave(l);
}

bool
smtp_link_leaving(const struct smtp_link *l)
{
	return l->leaving || l->closed;
}

bool
smtp_link_awaits_login(const struct smtp_link *l)
{
	return l->session.stage == SMTP_STAGE_LOGIN;
}

bool
smtp_link_is_logging_in(const struct smtp_link *l)
{
	return l->session.stage == SMTP_STAGE_AUTH;
}

int
smtp_link_busy(const struct smtp_link *l)
{
	return smtp_session_busy(&l->session);
}

const char *
smtp_link_describe(const struct smtp_link *l)
{
	return l->conn != NULL ? conn_describe(l->conn)
			       : l->params->session.host;
}

const char *
smtp_link_tls_describe(const struct smtp_link *l)
{
	return l->conn != NULL ? conn_tls_describe(l->conn) : "";
}
