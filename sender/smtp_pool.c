#include "lib/base/base.h"

#include "sender/smtp_pool.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "sender/retry.h"
#include "sender/smtp_roster.h"

#include <assert.h>

#define TEXTS_MAX        (64U << 10)
#define MESSAGES_A_LINK  2
#define OPENING_MAX      2 /* at once; more where there are many links */
#define LINKS_AN_OPENING 8

struct queue {
	struct smtp_message *first, **last;
	int count;
};

struct smtp_pool {
	struct loop *loop;
	struct arena texts;
	struct smtp_link_params link;
	/* One place for all, so that links being opened see a newer one. */
	char password[SMTP_POOL_PASSWORD_MAX + 1];
	int connections;
	const struct smtp_pool_events *events;
	void *arg;
	struct loop_timer *timer; /* when a gate opens */
	struct smtp_roster roster;
	struct queue queue; /* waiting for a link */
	int under_way;      /* in a link */
	struct retry open, send;
	bool proven; /* the last link that was opened was let in */
	int logins;  /* refused in a row */
	struct err trouble;
	bool prove, login_refused;
	bool dispatching, paused, draining, drained;
};

static void
queue_add(struct queue *q, struct smtp_message *m)
{
	m->next = NULL;
	*q->last = m;
	q->last = &m->next;
	q->count++;
}

static struct smtp_message *
queue_take(struct queue *q)
{
	struct smtp_message *m = q->first;

	q->first = m->next;
	if (q->first == NULL)
		q->last = &q->first;
	q->count--;
	m->next = NULL;
	return m;
}

static void
offer_room(void *arg)
{
	struct smtp_pool *p = arg;

	if (smtp_pool_room(p) > 0)
		p->events->on_room(p, p->arg);
}

static void
tell_drained(void *arg)
{
	struct smtp_pool *p = arg;

	if (!p->draining || p->drained || p->roster.links > 0 ||
	    p->under_way > 0)
		return;
	p->drained = true;
	p->events->on_drained(p, p->arg);
}

/* What became of a message, or of a link, may have made room or an end. */
static void
stir(struct smtp_pool *p)
{
	loop_defer(p->loop, p->draining ? tell_drained : offer_room, p);
}

static void
pause_account(struct smtp_pool *p, const struct verdict *v, const char *why)
{
	if (p->paused)
		return;
	p->paused = true;
	p->events->on_paused(p, v, why, p->arg);
	smtp_pool_drain(p);
}

/* Connections that end under a message, again and again: it may be the
 * message (VERDICT_LOSSES_MAX). */
static bool
lost_under(const struct smtp_result *r)
{
	if (!r->begun || r->dot_sent)
		return false;
	if (r->reply.code == 0)
		return r->err.kind == FAIL_IO || r->err.kind == FAIL_PROTOCOL ||
		       r->err.kind == FAIL_LIMIT;
	return r->reply.code == 421;
}

static void
on_link_result(struct smtp_link *l, const struct smtp_result *r, void *arg)
{
	struct smtp_member *m = arg;
	struct smtp_pool *p = m->pool;
	char words[SMTP_REPLY_BRIEF_MAX];
	struct verdict v;

	(void)l;
	if (lost_under(r))
		r->message->losses++;
	r->message->took_ms = loop_now_ms(p->loop) - m->since_ms;
	m->since_ms = loop_now_ms(p->loop);
	v = verdict_of_result(r);
	if (!r->local && r->reply.code != 0 && r->reply.code != 421) {
		if (!m->progressed)
			retry_succeed(&p->open);
		m->progressed = true;
	}
	if (v.account == ACCOUNT_SLOW)
		retry_fail(&p->send, loop_now_ms(p->loop));
	else if (r->accepted)
		retry_succeed(&p->send);
	p->under_way--;
	p->events->on_verdict(r, &v, p->arg);
	if (verdict_stops_account(&v))
		pause_account(p, &v, smtp_reply_brief(&r->reply, words));
	stir(p);
}

static int
count_logging_in(const struct smtp_pool *p)
{
	const struct smtp_member *m;
	int n = 0;

	for (m = p->roster.first[MEMBER_OPENING]; m != NULL; m = m->next)
		n += smtp_link_is_logging_in(m->link);
	return n;
}

/* One at a time, so that the first that is refused is the last (S-048). */
static bool
on_link_login(void *arg)
{
	const struct smtp_pool *p = ((const struct smtp_member *)arg)->pool;

	return count_logging_in(p) == 0;
}

/* The turn of one that waits to log in. */
static void
log_in_next(void *arg)
{
	struct smtp_pool *p = arg;
	struct smtp_member *m;

	for (m = p->roster.first[MEMBER_OPENING]; m != NULL; m = m->next)
		if (smtp_link_awaits_login(m->link)) {
			smtp_link_resume(m->link);
			return;
		}
}

static void
drop_all(struct smtp_pool *p, int state)
{
	struct smtp_member *m;

	while ((m = p->roster.first[state]) != NULL)
		smtp_roster_drop(&p->roster, m);
}

static void dispatch(struct smtp_pool *p);

static void
on_link_ready(struct smtp_link *l, void *arg)
{
	struct smtp_member *m = arg;
	struct smtp_pool *p = m->pool;

	(void)l;
	if (m->state == MEMBER_OPENING) {
		p->logins = 0;
		p->login_refused = false;
		if (!p->proven && p->events->on_login != NULL)
			p->events->on_login(p, p->arg);
		p->proven = true;
		loop_defer(p->loop, log_in_next, p);
		stir(p);
	}
	smtp_roster_settle(&p->roster, m);
	dispatch(p);
}

/* A link that ends before the server has decided about any message is as
 * good as one that did not open. */
static void
on_link_closed(struct smtp_link *l, const struct smtp_end *end, void *arg)
{
	struct smtp_member *m = arg;
	struct smtp_pool *p = m->pool;
	struct verdict v;

	(void)l;
	if (m->state == MEMBER_OPENING)
		p->login_refused = end->err.kind == FAIL_AUTH;
	if (end->err.kind == FAIL_AUTH)
		p->logins++;
	v = verdict_of_end(end, p->logins);
	if (end->err.kind != FAIL_NONE && end->err.kind != FAIL_CONFLICT) {
		p->trouble = end->err;
		if (m->state == MEMBER_OPENING)
			p->proven = false;
		if (v.account != ACCOUNT_KEEP || !m->progressed)
			retry_fail(&p->open, loop_now_ms(p->loop));
	}
	smtp_roster_drop(&p->roster, m);
	if (end->err.kind == FAIL_AUTH) /* those come after it, or never */
		drop_all(p, MEMBER_OPENING);
	loop_defer(p->loop, log_in_next, p);
	if (verdict_stops_account(&v))
		pause_account(p, &v, end->err.text);
	stir(p);
	dispatch(p);
}

static enum smtp_dot
on_link_dot(struct smtp_message *message, void *arg)
{
	const struct smtp_member *m = arg;

	return m->pool->events->before_dot(message, m->pool->arg);
}

static bool
on_link_mail(struct smtp_message *message, void *arg)
{
	const struct smtp_pool *p = ((const struct smtp_member *)arg)->pool;

	return p->events->before_mail == NULL ||
	       p->events->before_mail(message, p->arg);
}

static const struct smtp_link_events link_events = {
    .before_login = on_link_login,
    .on_ready = on_link_ready,
    .before_mail = on_link_mail,
    .before_dot = on_link_dot,
    .on_result = on_link_result,
    .on_closed = on_link_closed,
};

static int
opening_max(const struct smtp_pool *p)
{
	int many = p->connections / LINKS_AN_OPENING;

	if (!p->proven)
		return 1;
	return many > OPENING_MAX ? many : OPENING_MAX;
}

/* Links that are worth being opened. */
static int
wanted_links(const struct smtp_pool *p)
{
	bool alone = p->prove && !p->proven && p->roster.links == 0;

	return p->queue.count > 0 ? p->queue.count : alone;
}

static void
open_links(struct smtp_pool *p)
{
	struct smtp_member *m;

	while (wanted_links(p) > p->roster.counts[MEMBER_OPENING] &&
	       p->roster.links < p->connections &&
	       p->roster.counts[MEMBER_OPENING] < opening_max(p)) {
		m = smtp_roster_add(&p->roster, p);
		m->link = smtp_link_new(p->loop, &p->link, &link_events, m);
	}
}

static void
hand_out(struct smtp_pool *p)
{
	struct smtp_member *m;

	while (
	    p->queue.count > 0 && (m = smtp_roster_best(&p->roster)) != NULL) {
		if (smtp_link_room(m->link) > 0) {
			p->under_way++;
			if (smtp_link_busy(m->link) == 0)
				m->since_ms = loop_now_ms(p->loop);
			smtp_link_send(m->link, queue_take(&p->queue));
		}
		smtp_roster_settle(&p->roster, m);
	}
}

/* Messages to links with room, then links for the rest.  Handing out may
 * bring verdicts, and these more messages: they wait for the loop here. */
static void
dispatch(struct smtp_pool *p)
{
	int64_t now = loop_now_ms(p->loop);
	int64_t send_ms = retry_wait_ms(&p->send, now);
	int64_t open_ms = retry_wait_ms(&p->open, now);

	if (p->dispatching || p->draining)
		return;
	p->dispatching = true;
	if (send_ms == 0)
		hand_out(p);
	p->dispatching = false;
	if (p->draining)
		return;
	if (send_ms == 0 && open_ms == 0)
		open_links(p);
	else
		loop_timer_start(p->timer, send_ms > 0 ? send_ms : open_ms);
}

static void
on_gate(void *arg)
{
	struct smtp_pool *p = arg;

	dispatch(p);
	stir(p);
}

void
smtp_pool_set_password(struct smtp_pool *p, struct str password)
{
	assert(password.n <= SMTP_POOL_PASSWORD_MAX);
	explicit_bzero(p->password, sizeof(p->password));
	if (password.n > 0)
		memcpy(p->password, password.p, password.n);
}

static void
copy_params(struct smtp_pool *p, const struct smtp_pool_params *params)
{
	struct smtp_session_params *s = &p->link.session;

	arena_init(&p->texts, TEXTS_MAX);
	p->link = params->link;
	smtp_pool_set_password(p, str_of(s->password));
	s->password = p->password;
	s->helo = arena_cstr(&p->texts, str_of(s->helo));
	s->username = arena_cstr(&p->texts, str_of(s->username));
	s->host = arena_cstr(&p->texts, str_of(s->host));
	p->link.ca_file = arena_cstr(&p->texts, str_of(p->link.ca_file));
	p->link.session_key =
	    arena_cstr(&p->texts, str_of(p->link.session_key));
}

struct smtp_pool *
smtp_pool_new(struct loop *loop, const struct smtp_pool_params *params,
    const struct smtp_pool_events *events, void *arg)
{
	struct smtp_pool *p = NEW(struct smtp_pool);
	int64_t first = params->backoff_first_ms, max = params->backoff_max_ms;

	assert(params->connections > 0 &&
	       params->connections <= SMTP_POOL_CONNECTIONS_MAX);
	p->loop = loop;
	p->events = events;
	p->arg = arg;
	p->connections = params->connections;
	p->prove = params->prove;
	p->timer = loop_timer_new(loop, on_gate, p);
	p->queue.last = &p->queue.first;
	copy_params(p, params);
	if (first == 0)
		first = SMTP_POOL_BACKOFF_FIRST_MS;
	if (max == 0)
		max = SMTP_POOL_BACKOFF_MAX_MS;
	retry_init(&p->open, first, max);
	retry_init(&p->send, first, max);
	if (p->prove)
		loop_timer_start(p->timer, 0);
	return p;
}

static void resume_all(void *arg);

void
smtp_pool_free(struct smtp_pool *p)
{
	int s;

	if (p == NULL)
		return;
	for (s = MEMBER_OPENING; s < MEMBER_GONE; s++)
		drop_all(p, s);
	loop_undefer(p->loop, log_in_next, p);
	loop_undefer(p->loop, offer_room, p);
	loop_undefer(p->loop, tell_drained, p);
	loop_undefer(p->loop, resume_all, p);
	loop_timer_free(p->timer);
	explicit_bzero(p->password, sizeof(p->password));
	arena_release(&p->texts);
	free(p);
}

int
smtp_pool_room(const struct smtp_pool *p)
{
	int live = smtp_roster_live(&p->roster);
	int most = p->connections + MESSAGES_A_LINK * live;
	int inside = p->queue.count + p->under_way;

	if (p->draining)
		return 0;
	if (live == 0 && retry_wait_ms(&p->open, loop_now_ms(p->loop)) > 0)
		return 0;
	return most > inside ? most - inside : 0;
}

void
smtp_pool_submit(struct smtp_pool *p, struct smtp_message *m)
{
	assert(!p->draining);
	queue_add(&p->queue, m);
	dispatch(p);
}

/* No handing out meanwhile: it would move members between the lists that
 * are being walked.  What turns LEAVING is found there. */
static void
resume_all(void *arg)
{
	struct smtp_pool *p = arg;
	struct smtp_member *m, *next;
	int s;

	p->dispatching = true;
	for (s = MEMBER_WORKING; s <= MEMBER_LEAVING; s++)
		for (m = p->roster.first[s]; m != NULL; m = next) {
			next = m->next;
			smtp_link_resume(m->link);
		}
	p->dispatching = false;
	dispatch(p);
}

void
smtp_pool_resume(struct smtp_pool *p)
{
	if (p->dispatching)
		loop_defer(p->loop, resume_all, p);
	else
		resume_all(p);
}

static void
look_at(struct smtp_pool *p, struct smtp_member *m, int64_t longer_ms,
    smtp_pool_wait_fn *fn, void *arg)
{
	struct smtp_pool_wait wait = {
	    .waited_ms = loop_now_ms(p->loop) - m->since_ms};

	wait.message = smtp_link_head(m->link, &wait.dot_sent);
	if (wait.message == NULL) /* idle, or its owner holds the dot */
		m->since_ms = loop_now_ms(p->loop);
	if (wait.message == NULL || wait.waited_ms <= longer_ms)
		return;
	wait.behind = smtp_link_behind(m->link);
	fn(&wait, arg);
	if (wait.give_up && !wait.dot_sent)
		smtp_link_abandon(m->link);
}

/* As in resume_all: nothing moves between the lists meanwhile. */
void
smtp_pool_waits(struct smtp_pool *p, int64_t longer_ms, smtp_pool_wait_fn *fn,
    void *arg)
{
	struct smtp_member *m, *next;
	bool dispatching = p->dispatching;
	int s;

	p->dispatching = true;
	for (s = MEMBER_WORKING; s <= MEMBER_LEAVING; s++)
		for (m = p->roster.first[s]; m != NULL; m = next) {
			next = m->next;
			look_at(p, m, longer_ms, fn, arg);
		}
	p->dispatching = dispatching;
	dispatch(p);
}

static void
hand_back(struct smtp_pool *p, struct smtp_message *m)
{
	const struct verdict v = {
	    .outcome = OUTCOME_NOT_ATTEMPTED,
	    .diagnosis = {.scope = SCOPE_ACCOUNT, .rule = "handed_back"},
	};
	struct smtp_result r;

	memset(&r, 0, sizeof(r));
	r.message = m;
	err_set(&r.err, FAIL_BUSY, "handed back unsent");
	p->events->on_verdict(&r, &v, p->arg);
}

static void
quit_all(struct smtp_pool *p, enum smtp_member_state state)
{
	struct smtp_member *m, *next;

	for (m = p->roster.first[state]; m != NULL; m = next) {
		next = m->next;
		smtp_link_quit(m->link);
		smtp_roster_settle(&p->roster, m);
	}
}

void
smtp_pool_drain(struct smtp_pool *p)
{
	if (p->draining)
		return;
	p->draining = true;
	while (p->queue.count > 0)
		hand_back(p, queue_take(&p->queue));
	drop_all(p, MEMBER_OPENING);
	quit_all(p, MEMBER_IDLE);
	quit_all(p, MEMBER_WORKING);
	quit_all(p, MEMBER_FULL);
	stir(p);
}

void
smtp_pool_state(const struct smtp_pool *p, struct smtp_pool_state *out)
{
	int64_t now = loop_now_ms(p->loop);
	int64_t send_ms = retry_wait_ms(&p->send, now);
	int64_t open_ms = retry_wait_ms(&p->open, now);

	*out = (struct smtp_pool_state){
	    .opening = p->roster.counts[MEMBER_OPENING],
	    .idle = p->roster.counts[MEMBER_IDLE],
	    .working =
		smtp_roster_live(&p->roster) - p->roster.counts[MEMBER_IDLE],
	    .leaving = p->roster.counts[MEMBER_LEAVING],
	    .queued = p->queue.count,
	    .under_way = p->under_way,
	    .failures = p->open.failures,
	    .retry_ms = send_ms > open_ms ? send_ms : open_ms,
	    .trouble = p->trouble.text,
	    .paused = p->paused,
	    .draining = p->draining,
	    .proven = p->proven,
	    .logging_in = count_logging_in(p),
	    .login_refused = p->login_refused,
	};
}
