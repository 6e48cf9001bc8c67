#include "sender/worker.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/process.h"
#include "sender/handout.h"
#include "sender/hold.h"
#include "sender/pulse.h"
#include "sender/turn.h"

#include <signal.h>

static void
sweep_mailings(struct worker *w)
{
	struct mailing *m, *next;

	for (m = w->mailings; m != NULL; m = next) {
		next = m->next;
		if (mailing_is_over(m))
			mailing_free(m);
	}
}

void
worker_resume_dots(struct worker *w)
{
	struct relay_pool *p;
	struct relay *r;

	if (!w->held_dots)
		return;
	w->held_dots = false;
	for (r = w->relays; r != NULL; r = r->next)
		if (r->pool != NULL)
			smtp_pool_resume(r->pool->pool);
	for (p = w->retired; p != NULL; p = p->next)
		smtp_pool_resume(p->pool);
}

static void
free_retired(struct worker *w)
{
	struct relay_pool *p;

	while ((p = w->retired) != NULL) {
		w->retired = p->next;
		smtp_pool_free(p->pool);
		free(p);
	}
}

/* A token endpoint may have given a token in the place of an old one. */
static bool
is_refreshing(const struct worker *w)
{
	const struct relay *r;

	for (r = w->relays; r != NULL; r = r->next)
		if (relay_login_is_refreshing(r))
			return true;
	return w->left_tokens != NULL;
}

static bool
is_drained(const struct worker *w)
{
	return w->mailings == NULL && recorder_is_idle(&w->recorder) &&
	       w->parcels.out == NULL && db_link_waiting(w->link) == 0 &&
	       db_link_waiting(w->recorder.link) == 0 &&
	       (w->forced || (w->retired == NULL && !is_refreshing(w)));
}

static void
drain_tick(struct worker *w)
{
	int64_t now = clock_mono_ms();

	if (now >= w->stop_at_ms && !w->forced) {
		w->forced = true;
		handout_abandon(w);
		free_retired(w);
	}
	if (is_drained(w)) {
		log_info("drained", "forced=%d", w->forced);
		loop_stop(w->loop);
	} else if (now >= w->stop_at_ms + WORKER_FLUSH_MS) {
		log_error("not_drained",
		    "reason=\"the database does not answer\"");
		loop_stop(w->loop);
	}
}

static void
tick(void *arg)
{
	struct worker *w = arg;
	struct mailing *m;
	struct relay *r;

	loop_timer_start(w->tick, WORKER_TICK_MS);
	pulse_tick(w);
	hold_tick(w);
	for (r = w->relays; r != NULL; r = r->next)
		relay_tick(r);
	for (m = w->mailings; m != NULL; m = m->next)
		meter_expire(&m->meter, false);
	turn_tick(w);
	errand_tick(w);
	activity_tick(w);
	worker_resume_dots(w);
	sweep_mailings(w);
	recorder_poke(&w->recorder);
	handout_soon(w);
	if (w->stopping)
		drain_tick(w);
}

static void
on_handout_timer(void *arg)
{
	struct worker *w = arg;

	w->handout_at_ms = 0;
	handout_soon(w);
}

void
worker_stop(struct worker *w)
{
	struct mailing *m;
	struct relay *r;

	if (w->stopping)
		return;
	log_info("draining", "under_way_s=%lld",
	    (long long)w->settings->drain_s);
	w->stopping = true;
	w->stop_at_ms = clock_mono_ms() + w->settings->drain_s * 1000;
	for (m = w->mailings; m != NULL; m = m->next)
		mailing_leave(m);
	for (r = w->relays; r != NULL; r = r->next) {
		meter_expire(&r->meter, true);
		relay_retire(r);
	}
	errand_release(w);
	activity_remove(w);
	loop_timer_start(w->tick, 0);
}

static void
on_stop(int signo, void *arg)
{
	(void)signo;
	worker_stop(arg);
}

void
worker_new(struct worker *w, const struct worker_params *params)
{
	*w = (struct worker){
	    .settings = params->settings,
	    .ring = params->ring,
	    .name = params->name,
	    .index = params->index,
	    .count = params->count,
	};
	w->loop = loop_new();
	w->link = db_link_new(w->loop, params->conninfo);
	w->tick = loop_timer_new(w->loop, tick, w);
	w->handout = loop_timer_new(w->loop, on_handout_timer, w);
	w->on_term = loop_signal_new(w->loop, SIGTERM, on_stop, w);
	w->on_int = loop_signal_new(w->loop, SIGINT, on_stop, w);
	groups_init(&w->groups);
	parcel_shelf_init(&w->parcels);
	recorder_init(&w->recorder, w, params->conninfo);
	worker_journal_init(&w->journal, w, params->instance);
	loop_timer_start(w->tick, 0);
}

void
worker_release(struct worker *w)
{
	struct relay *r;

	w->stopping = true;
	db_link_free(w->link);
	w->link = NULL;
	for (r = w->relays; r != NULL; r = r->next)
		relay_retire(r);
	handout_abandon(w);
	free_retired(w);
	errand_release(w);
	recorder_release(&w->recorder);
	handout_cancel(w);
	while (w->mailings != NULL)
		mailing_free(w->mailings);
	groups_release(&w->groups);
	while ((r = w->relays) != NULL) {
		w->relays = r->next;
		relay_free(r);
	}
	oauth_token_free_left(&w->left_tokens);
	relay_reap_cancel(w);
	parcel_shelf_release(&w->parcels);
	loop_signal_free(w->on_term);
	loop_signal_free(w->on_int);
	loop_timer_free(w->handout);
	loop_timer_free(w->tick);
	worker_journal_release(&w->journal);
	loop_free(w->loop);
}

int
worker_run(const struct worker_params *params)
{
	struct worker w;
	bool broken;

	worker_new(&w, params);
	log_info("worker_started", "index=%d of=%d", w.index, w.count);
	if (process_stopping())
		worker_stop(&w);
	loop_run(w.loop);
	broken = w.journal.broken;
	worker_release(&w);
	return broken ? 1 : 0;
}
