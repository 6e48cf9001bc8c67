#include "sender/relay.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "sender/handout.h"
#include "sender/retry.h"
#include "sender/worker.h"

#include <assert.h>
#include <limits.h>

const char *
relay_state_name(enum relay_state s)
{
	static const char *const names[] = {
	    [RELAY_OFF] = "off",
	    [RELAY_LOGIN] = "login",
	    [RELAY_OPEN] = "open",
	    [RELAY_RESTING] = "resting",
	    [RELAY_HALTING] = "halting",
	};

	return names[s];
}

/* Weights are counted between accounts that can be used. */
static void
change(struct relay *r, enum relay_state state)
{
	struct mailing *m;

	if (r->state == state)
		return;
	log_debug("relay", "account=%lld from=%s to=%s", (long long)r->row.id,
	    relay_state_name(r->state), relay_state_name(state));
	r->state = state;
	for (m = r->worker->mailings; m != NULL; m = m->next) {
		mailing_reset_routes(m);
		if (state != RELAY_OPEN && state != RELAY_LOGIN)
			mailing_forget_relay(m, r);
	}
	handout_soon(r->worker);
}

struct relay *
relay_find(struct worker *w, int64_t id)
{
	struct relay *r;

	for (r = w->relays; r != NULL; r = r->next)
		if (r->row.id == id)
			return r;
	return NULL;
}

/* Pools cannot be freed inside their callbacks. */
static void
reap(void *arg)
{
	struct worker *w = arg;
	struct relay_pool **at = &w->retired, *p;

	while ((p = *at) != NULL) {
		if (!p->drained) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		smtp_pool_free(p->pool);
		free(p);
	}
}

void
relay_reap_cancel(struct worker *w)
{
	loop_undefer(w->loop, reap, w);
}

static void
on_drained(struct smtp_pool *pool, void *arg)
{
	struct relay_pool *p = arg;

	(void)pool;
	p->drained = true;
	loop_defer(p->relay->worker->loop, reap, p->relay->worker);
}

static void
on_room(struct smtp_pool *pool, void *arg)
{
	struct relay_pool *p = arg;

	(void)pool;
	handout_soon(p->relay->worker);
}

static void enter(struct relay *r);

static void
on_paused(struct smtp_pool *pool, const struct verdict *v, const char *why,
    void *arg)
{
	struct relay_pool *p = arg;
	struct smtp_pool_state s;

	if (p != p->relay->pool)
		return;
	smtp_pool_state(pool, &s);
	if (s.login_refused && relay_login_refused(p->relay)) {
		relay_retire(p->relay);
		enter(p->relay);
		return;
	}
	relay_halt(p->relay, why,
	    v->account == ACCOUNT_WAIT ? VERDICT_WAIT_S : 0);
}

static void
on_login(struct smtp_pool *pool, void *arg)
{
	struct relay_pool *p = arg;

	(void)pool;
	if (p == p->relay->pool)
		relay_login_accepted(p->relay);
}

static const struct smtp_pool_events pool_events = {
    .on_verdict = handout_verdict,
    .before_mail = handout_before_mail,
    .before_dot = handout_before_dot,
    .on_room = on_room,
    .on_login = on_login,
    .on_paused = on_paused,
    .on_drained = on_drained,
};

/* An account's connections are divided among the workers of a sender;
 * statement work_find knows who gets none. */
static int
share_of(const struct relay *r)
{
	const struct worker *w = r->worker;
	int all = r->row.connections, share = all / w->count;

	if (((int64_t)w->index + r->row.id) % w->count < all % w->count)
		share++;
	return share < SMTP_POOL_CONNECTIONS_MAX ? share
						 : SMTP_POOL_CONNECTIONS_MAX;
}

void
relay_open(struct relay *r, bool prove)
{
	char session_key[RELAY_SESSION_KEY_MAX];
	struct smtp_pool_params params = {
	    .connections = r->share,
	    .prove = prove,
	};
	struct relay_pool *p;

	assert(r->pool == NULL);
	relay_row_link_params(&r->row, r->worker->settings, session_key,
	    &params.link);
	params.link.session.password = relay_login_password(r);
	if (r->rests > 0)
		params.backoff_first_ms = 2 * (int64_t)RELAY_REST_AFTER_MS;
	p = NEW(struct relay_pool);
	p->relay = r;
	p->pool = smtp_pool_new(r->worker->loop, &params, &pool_events, p);
	r->pool = p;
	change(r, RELAY_OPEN);
}

/* On the way to OPEN. */
static void
enter(struct relay *r)
{
	if (r->share == 0) {
		change(r, RELAY_OFF);
	} else if (!relay_login_needed(r)) {
		relay_open(r, false);
	} else {
		change(r, RELAY_LOGIN);
		relay_login_begin(r);
	}
}

struct relay *
relay_put(struct worker *w, struct relay_row *row)
{
	struct relay *r = relay_find(w, row->id);

	if (r == NULL) {
		r = NEW(struct relay);
		r->worker = w;
		meter_init(&r->meter, w, METER_ACCOUNT, row->id, STR_NONE);
		lanes_init(&r->lanes, r);
		r->next = w->relays;
		w->relays = r;
	}
	relay_retire(r);
	relay_login_reset(r);
	relay_row_release(&r->row);
	r->row = *row;
	*row = (struct relay_row){0};
	r->meter.limited = r->row.limited;
	r->share = share_of(r);
	r->rests = 0;
	change(r, RELAY_OFF);
	lanes_read(&r->lanes);
	if (r->row.active && !w->stopping)
		enter(r);
	return r;
}

void
relay_free(struct relay *r)
{
	assert(r->pool == NULL);
	relay_login_release(r);
	meter_release(&r->meter);
	lanes_release(&r->lanes);
	relay_row_release(&r->row);
	free(r);
}

void
relay_retire(struct relay *r)
{
	struct relay_pool *p = r->pool;
	struct smtp_pool_state s;

	if (p == NULL)
		return;
	smtp_pool_state(p->pool, &s);
	relay_login_leave(r, &s);
	r->pool = NULL;
	p->next = r->worker->retired;
	r->worker->retired = p;
	smtp_pool_drain(p->pool);
}

static void
on_written(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct relay *r = arg;

	(void)results;
	(void)count;
	r->writing = false;
	if (err == NULL && r->state == RELAY_HALTING)
		change(r, RELAY_OFF);
}

static void
write_halt(struct relay *r)
{
	struct db_batch *b = db_batch_new(r->worker->link);

	r->writing = true;
	db_batch_add(b, Q_ACCOUNT_HALT,
	    DB_ARGS(db_int(r->row.id), db_int(r->row.version), db_cstr(r->why),
		db_int_or_null(r->resume_s, r->resume_s > 0)));
	db_batch_add(b, Q_LOGIN_REFUSED,
	    DB_ARGS(db_int(r->row.id), db_cstr(r->worker->name)));
	db_batch_send(b, on_written, r);
}

static void
keep_why(struct relay *r, const char *why)
{
	snprintf(r->why, sizeof(r->why), "%.*s",
	    STR_ARG(str_fit(str_of(why), RELAY_WHY_MAX - 1)));
}

void
relay_halt(struct relay *r, const char *why, int64_t resume_s)
{
	if (r->state == RELAY_HALTING)
		return;
	r->resume_s = resume_s;
	keep_why(r, why);
	log_warn("account_paused", "account=%lld reason=%s",
	    (long long)r->row.id, log_quote(str_of(r->why)));
	change(r, RELAY_HALTING);
	relay_retire(r);
	write_halt(r);
}

static void
on_loaded(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct relay *r = arg;
	struct err why = {FAIL_NONE, ""};
	struct relay_row row;

	(void)count;
	r->loading = false;
	if (err != NULL || db_rows(&results[0]) == 0)
		return;
	if (!relay_row_read(&row, &results[0], 0, r->worker->ring, &why) &&
	    row.active) {
		relay_put(r->worker, &row);
		relay_halt(r, why.text, 0);
		return;
	}
	relay_put(r->worker, &row);
}

void
relay_seen(struct relay *r, int64_t version, bool active)
{
	struct db_batch *b;

	if (r->writing || r->loading || r->state == RELAY_HALTING)
		return;
	if (!active) {
		change(r, RELAY_OFF);
		relay_retire(r);
		return;
	}
	if (version == r->row.version &&
	    (r->state != RELAY_OFF || r->share == 0))
		return;
	r->loading = true;
	b = db_batch_new(r->worker->link);
	db_batch_add(b, Q_WORK_ACCOUNT, DB_ARGS(db_int(r->row.id)));
	db_batch_send(b, on_loaded, r);
}

void
relay_rest(struct relay *r, int64_t wait_ms, const char *why)
{
	int64_t rest;

	r->rests++;
	rest = retry_delay_random(r->rests, RELAY_REST_FIRST_MS,
	    RELAY_REST_MAX_MS);
	if (rest < wait_ms)
		rest = wait_ms;
	r->rest_until_ms = clock_mono_ms() + rest;
	keep_why(r, why);
	log_warn("account_unreachable", "account=%lld again_s=%lld reason=%s",
	    (long long)r->row.id, (long long)(rest / 1000),
	    log_quote(str_of(r->why)));
	change(r, RELAY_RESTING);
	relay_retire(r);
}

/* Nobody has been let in for a while: what is queued goes to other
 * accounts, and the campaigns of this one make room for others. */
static void
maybe_rest(struct relay *r)
{
	struct smtp_pool_state s;

	if (r->pool == NULL)
		return;
	smtp_pool_state(r->pool->pool, &s);
	if (s.opening + s.idle + s.working > 0 ||
	    s.retry_ms <= RELAY_REST_AFTER_MS)
		return;
	relay_rest(r, s.retry_ms, s.trouble);
}

void
relay_tick(struct relay *r)
{
	int64_t now = clock_mono_ms();

	meter_expire(&r->meter, false);
	lanes_tick(&r->lanes);
	switch (r->state) {
	case RELAY_LOGIN: relay_login_tick(r); break;
	case RELAY_OPEN:
		relay_login_tick(r);
		maybe_rest(r);
		break;
	case RELAY_RESTING:
		if (now >= r->rest_until_ms && !r->worker->stopping)
			enter(r);
		break;
	case RELAY_HALTING:
		if (!r->writing)
			write_halt(r);
		break;
	case RELAY_OFF: break;
	}
}

bool
relay_is_connected(const struct relay *r)
{
	struct smtp_pool_state s;

	if (r->pool == NULL)
		return false;
	smtp_pool_state(r->pool->pool, &s);
	return s.idle + s.working > 0;
}

bool
relay_usable(const struct relay *r)
{
	return r->pool != NULL && meter_left(&r->meter) > 0;
}

/* Permits are spent on what is submitted: until a server has let us in, an
 * account with limits gets one message, not all that a burst would be. */
static int
room_before_login(const struct relay *r)
{
	struct smtp_pool_state s;

	smtp_pool_state(r->pool->pool, &s);
	if (s.idle + s.working > 0)
		return INT_MAX;
	return s.queued + s.under_way > 0 ? 0 : 1;
}

int
relay_room(const struct relay *r)
{
	int room, most;

	if (r->pool == NULL || r->lanes.stale)
		return 0;
	room = smtp_pool_room(r->pool->pool);
	if (!r->meter.limited)
		return room;
	most = room_before_login(r);
	return room < most ? room : most;
}

void
relay_submit(struct relay *r, struct smtp_message *m)
{
	meter_use(&r->meter);
	smtp_pool_submit(r->pool->pool, m);
}
