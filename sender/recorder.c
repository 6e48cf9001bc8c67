#include "sender/recorder.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "sender/handout.h"
#include "sender/hold.h"
#include "sender/retry.h"
#include "sender/worker.h"

#include <assert.h>

static void check(void *arg);

void
recorder_init(struct recorder *r, struct worker *w, const char *conninfo)
{
	*r = (struct recorder){.worker = w};
	r->link = db_link_new(w->loop, conninfo);
	r->timer = loop_timer_new(w->loop, check, r);
	r->gathering = outcome_batch_new();
}

void
recorder_release(struct recorder *r)
{
	db_link_free(r->link);
	loop_undefer(r->worker->loop, check, r);
	loop_timer_free(r->timer);
	outcome_batch_free(r->gathering);
	outcome_batch_free(r->flying);
}

static size_t
gathered(const struct recorder *r)
{
	return r->gathering->count + r->gathering->aside_count;
}

void
recorder_add(struct recorder *r, struct recipient *who, struct outcome_row *row)
{
	row->lease = who->lease;
	row->delivery = who->delivery;
	row->attempt = who->attempt;
	row->first_at_us = who->first_at_us;
	row->at_us = clock_wall_us();
	worker_journal_outcome(&r->worker->journal, who, row);
	if (gathered(r) == 0)
		r->oldest_ms = clock_mono_ms();
	outcome_batch_add(r->gathering, row);
	lease_settle(who);
	recorder_poke(r);
}

static void
put_aside(struct recorder *r, struct recipient *who, int64_t delay_ms,
    struct str paused)
{
	const struct outcome_aside aside = {
	    .lease = who->lease,
	    .delivery = who->delivery,
	    .attempt = who->attempt,
	    .delay_ms = delay_ms,
	    .first_at_us = who->first_at_us,
	    .account_id = who->account_id,
	    .paused = paused,
	};

	if (gathered(r) == 0)
		r->oldest_ms = clock_mono_ms();
	outcome_batch_aside(r->gathering, &aside);
	lease_settle(who);
	recorder_poke(r);
}

void
recorder_aside(struct recorder *r, struct recipient *who, int64_t delay_ms)
{
	put_aside(r, who, delay_ms, STR_NONE);
}

void
recorder_keep(struct recorder *r, struct recipient *who)
{
	put_aside(r, who, PAUSES_AGAIN_MS, group_name(who->group));
}

void
recorder_poke(struct recorder *r)
{
	loop_defer(r->worker->loop, check, r);
}

bool
recorder_stalled(const struct recorder *r)
{
	return r->failures > 0 ||
	       (r->flying != NULL &&
		   clock_mono_ms() - r->flown_ms > RECORDER_STALL_MS);
}

bool
recorder_is_idle(const struct recorder *r)
{
	return r->flying == NULL && gathered(r) == 0;
}

/* A lease that this worker is done with in any way. */
static bool
is_leaving(const struct lease *l)
{
	return l->leaving || l->mailing->stage != MAILING_ACTIVE;
}

/* Nothing of it is in a pool or on its way to the database. */
static bool
is_quiet(const struct lease *l)
{
	return l->given == 0 && l->recorded == l->settled && !l->in_batch;
}

/* Those that need no word to the database. */
static void
drop_quiet(struct mailing *m)
{
	struct lease *l, *next;

	for (l = m->leases; l != NULL; l = next) {
		next = l->next;
		if (is_quiet(l) && (l->loaded || l->leaving) &&
		    (l->lost ||
			(l->kind == LEASE_RETRY && lease_is_finished(l))))
			lease_remove(l);
	}
}

/* From then on it is nobody's, even if its campaign is resumed before the
 * database has answered. */
static void
give_back(struct outcome_batch *b, struct lease *l)
{
	if (l->given == 0 && l->recorded == l->settled &&
	    (l->loaded || l->leaving)) {
		l->leaving = true;
		outcome_batch_step(b, l, LEASE_BACK, l->watermark_back);
	} else if (l->in_batch) {
		outcome_batch_step(b, l, LEASE_HELD, l->watermark);
	}
}

/* What is to be said about a lease; rows of it that are in the batch have
 * been counted as recorded. */
static void
step_range(struct outcome_batch *b, struct lease *l, size_t *room)
{
	size_t asked = 0;

	if (l->lost)
		return;
	if (l->loaded && l->recorded == l->count) {
		outcome_batch_step(b, l, LEASE_DONE, l->last_id);
		return;
	}
	if (is_leaving(l)) {
		give_back(b, l);
		return;
	}
	if (l->loaded)
		asked = lease_ask(l, *room);
	*room -= asked;
	if (asked > 0 || l->in_batch)
		outcome_batch_step(b, l, LEASE_HELD, lease_asked_id(l));
}

static void
step_retry(struct outcome_batch *b, struct lease *l)
{
	struct recipient *r;

	if (!is_leaving(l) || l->given > 0)
		return;
	lease_unpark(l);
	while ((r = l->waiting) != NULL) {
		if (!r->lost)
			outcome_batch_release(b, r->delivery);
		lease_drop(r);
	}
}

/* Due retries shall find room in the window. */
static size_t
room_for_ranges(const struct mailing *m)
{
	size_t room = mailing_room(m), keep = m->retry_due ? m->window / 2 : 0;

	return room > keep ? room - keep : 0;
}

static void
step_mailing(struct outcome_batch *b, struct mailing *m)
{
	size_t room = room_for_ranges(m);
	struct lease *l;

	for (l = m->leases; l != NULL; l = l->next) {
		if (l->kind == LEASE_RANGE)
			step_range(b, l, &room);
		else
			step_retry(b, l);
	}
}

/* What is left moves to a batch of its own: texts are only freed with theirs,
 * and a batch that is never quite empty would grow without end. */
static void
start_afresh(struct recorder *r)
{
	struct outcome_batch *rest = outcome_batch_new();

	outcome_batch_take(rest, r->gathering, r->gathering->count);
	outcome_batch_free(r->gathering);
	r->gathering = rest;
}

/* The next batch, or NULL when there is nothing to say.  in_batch marks the
 * leases whose rows are in it, then those that a step speaks of, too. */
static struct outcome_batch *
build(struct recorder *r)
{
	struct outcome_batch *b = outcome_batch_new();
	struct mailing *m;
	size_t i;

	outcome_batch_take(b, r->gathering,
	    (size_t)r->worker->settings->outcome_batch);
	for (i = 0; i < b->count; i++) {
		b->rows[i].lease->recorded++;
		b->rows[i].lease->in_batch = true;
	}
	for (i = 0; i < b->aside_count; i++) {
		b->asides[i].lease->recorded++;
		b->asides[i].lease->in_batch = true;
	}
	for (m = r->worker->mailings; m != NULL; m = m->next)
		step_mailing(b, m);
	for (i = 0; i < b->step_count; i++)
		b->steps[i].lease->in_batch = true;
	start_afresh(r);
	if (b->count + b->aside_count + b->step_count + b->released_count > 0)
		return b;
	outcome_batch_free(b);
	return NULL;
}

static void on_answer(const struct db_result *results, int count,
    const struct err *err, void *arg);

static void
fly(struct recorder *r)
{
	struct db_batch *db = db_batch_new(r->link);

	r->repeat_at_ms = 0;
	outcome_batch_write(r->flying, r->worker->name, db);
	db_batch_send(db, on_answer, r);
}

static void
repeat(struct recorder *r, const struct err *err)
{
	int64_t wait;

	r->flying->said = true;
	r->failures++;
	wait = retry_delay_random(r->failures, RECORDER_REPEAT_MS,
	    RECORDER_REPEAT_MAX);
	if (r->failures == 1)
		log_error("outcomes_not_recorded",
		    "outcomes=%zu text=%s effect=\"no message is sent\"",
		    r->flying->count, log_quote(str_of(err->text)));
	else
		log_debug("outcomes_not_recorded", "failures=%d text=%s",
		    r->failures, log_quote(str_of(err->text)));
	r->repeat_at_ms = clock_mono_ms() + wait;
	loop_timer_start(r->timer, wait);
}

static bool
is_returned(const struct db_result *r, int64_t first_id)
{
	int i, rows = db_rows(r);

	for (i = 0; i < rows; i++)
		if (db_get_int(r, i, 0) == first_id)
			return true;
	return false;
}

static void
take_step(const struct outcome_step *s, const struct db_result *held)
{
	struct lease *l = s->lease;

	l->in_batch = false;
	if (s->step != LEASE_HELD) {
		if (!is_returned(held, l->first_id))
			forfeit_add(l);
		lease_remove(l);
		return;
	}
	if (is_returned(held, l->first_id)) {
		lease_raised(l, s->watermark);
		return;
	}
	hold_lost(l);
}

static void
on_answer(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct recorder *r = arg;
	struct outcome_batch *b = r->flying;
	size_t i;

	(void)count;
	if (err != NULL && err->kind == FAIL_CONFLICT && !b->said) {
		b->said = true; /* some of it was there */
		fly(r);
		return;
	}
	if (err != NULL) {
		repeat(r, err);
		return;
	}
	if (r->failures > 0)
		log_info("outcomes_recorded_again", "outcomes=%zu", b->count);
	r->flying = NULL;
	r->failures = 0;
	for (i = 0; i < b->count; i++) {
		b->rows[i].lease->in_batch = false;
		worker_journal_recorded(&r->worker->journal, &b->rows[i]);
	}
	for (i = 0; i < b->aside_count; i++)
		b->asides[i].lease->in_batch = false;
	for (i = 0; i < b->step_count; i++)
		take_step(&b->steps[i], &results[0]);
	outcome_batch_free(b);
	recorder_poke(r);
	handout_soon(r->worker);
}

/* A lease waits for us: it stands still until something is written. */
static bool
is_waited_for(const struct lease *l, size_t room)
{
	if (l->lost || l->kind == LEASE_RETRY)
		return is_leaving(l) && l->given == 0;
	if (is_leaving(l))
		return l->given == 0 && (l->loaded || l->leaving);
	if (!l->loaded)
		return false;
	if (lease_is_finished(l))
		return true;
	return l->waiting == NULL && l->given == 0 && room > 0 &&
	       l->asked < l->count;
}

static bool
is_urgent(const struct recorder *r)
{
	const struct worker *w = r->worker;
	const struct mailing *m;
	const struct lease *l;
	size_t many = (size_t)w->settings->lease_window / 2;

	if (many > (size_t)w->settings->outcome_batch)
		many = (size_t)w->settings->outcome_batch;
	if (gathered(r) > many || w->stopping)
		return true;
	if (gathered(r) > 0 &&
	    clock_mono_ms() - r->oldest_ms >= RECORDER_LINGER_MS)
		return true;
	for (m = w->mailings; m != NULL; m = m->next)
		for (l = m->leases; l != NULL; l = l->next)
			if (is_waited_for(l, room_for_ranges(m)))
				return true;
	return false;
}

static void
check(void *arg)
{
	struct recorder *r = arg;
	struct mailing *m;

	if (r->flying != NULL) {
		if (r->repeat_at_ms != 0 && clock_mono_ms() >= r->repeat_at_ms)
			fly(r);
		return;
	}
	for (m = r->worker->mailings; m != NULL; m = m->next)
		drop_quiet(m);
	if (!is_urgent(r)) {
		if (gathered(r) > 0)
			loop_timer_start(r->timer, RECORDER_LINGER_MS);
		return;
	}
	r->flying = build(r);
	if (r->flying == NULL)
		return;
	r->flown_ms = clock_mono_ms();
	fly(r);
}
