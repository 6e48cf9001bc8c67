#include "sender/meter.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sender/handout.h"
#include "sender/worker.h"

#include <assert.h>
#include <limits.h>

/* Columns of quota_take. */
enum { TAKE_GRANTED, TAKE_UNIT_S, TAKE_AGAIN_MS };

/* A question under way. */
struct meter_ask {
	struct meter key;    /* what to give back to; its group is owned */
	struct meter *meter; /* NULL: it has gone meanwhile */
	int64_t asked_ms;
	int64_t want;
};

const char *
meter_kind_name(enum meter_kind k)
{
	static const char *const names[] = {
	    [METER_ACCOUNT] = "account",
	    [METER_GROUP] = "group",
	    [METER_CAMPAIGN] = "campaign",
	};

	return names[k];
}

void
meter_init(struct meter *m, struct worker *w, enum meter_kind kind, int64_t id,
    struct str group)
{
	*m = (struct meter){
	    .worker = w,
	    .kind = kind,
	    .id = id,
	    .group = str_dup(group),
	    .lag_ms = METER_SECOND_MS,
	};
}

static void
ask_free(struct meter_ask *a)
{
	free(a->key.group);
	free(a);
}

/* Lost permits make us slower, never faster. */
static void
on_returned(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)results;
	(void)count;
	(void)err;
	(void)arg;
}

static void
give_back(const struct meter *m, int64_t permits)
{
	struct db_batch *b;

	if (permits == 0 || m->worker->link == NULL)
		return;
	b = db_batch_new(m->worker->link);
	db_batch_add(b, Q_QUOTA_RETURN,
	    DB_ARGS(db_cstr(meter_kind_name(m->kind)), db_int(m->id),
		db_cstr(m->group), db_int(permits)));
	db_batch_send(b, on_returned, NULL);
}

void
meter_release(struct meter *m)
{
	meter_expire(m, true);
	if (m->ask != NULL && m->worker->link == NULL)
		ask_free(m->ask);
	else if (m->ask != NULL)
		m->ask->meter = NULL;
	free(m->group);
	*m = (struct meter){0};
}

int
meter_left(const struct meter *m)
{
	if (!m->limited)
		return INT_MAX;
	return clock_mono_ms() < m->until_ms ? (int)m->have : 0;
}

void
meter_use(struct meter *m)
{
	if (m->limited && m->have > 0)
		m->have--;
}

int64_t
meter_until_ms(const struct meter *m)
{
	return m->limited ? m->until_ms : INT64_MAX;
}

void
meter_return(struct meter *m)
{
	if (!m->limited)
		return;
	if (clock_mono_ms() < m->until_ms)
		m->have++;
	else
		give_back(m, 1);
}

/* The shorter the unit, the shorter what may lie here unused. */
static int64_t
lag_of(int64_t unit_s)
{
	if (unit_s <= 1)
		return METER_SECOND_MS;
	return unit_s <= 60 ? METER_MINUTE_MS : METER_LASTING_MS;
}

static void
wait_for_more(struct meter *m, int64_t wait_ms)
{
	if (wait_ms < METER_AGAIN_MS)
		wait_ms = METER_AGAIN_MS;
	if (wait_ms > METER_AGAIN_LONG_MS)
		wait_ms = METER_AGAIN_LONG_MS;
	m->ask_from_ms = clock_mono_ms() + wait_ms;
	handout_later(m->worker, wait_ms);
}

/* Time runs from before the question, so that no permit is used later than
 * the database was promised. */
static void
take(struct meter *m, const struct meter_ask *a, const struct db_result *r)
{
	int64_t now = clock_mono_ms(), took = now - a->asked_ms;
	bool unlimited = db_is_null(r, 0, TAKE_UNIT_S);
	int64_t n = unlimited ? a->want : db_get_int(r, 0, TAKE_GRANTED);
	bool late = took + METER_USE_MS > a->key.lag_ms;

	m->lag_ms = lag_of(unlimited ? 1 : db_get_int(r, 0, TAKE_UNIT_S));
	if (m->lag_ms < 2 * took + METER_USE_MS)
		m->lag_ms = 2 * took + METER_USE_MS;
	if (m->lag_ms > METER_LASTING_MS)
		m->lag_ms = METER_LASTING_MS;
	if (n == 0) {
		wait_for_more(m, db_get_int(r, 0, TAKE_AGAIN_MS));
		return;
	}
	m->have = n;
	m->until_ms = a->asked_ms + a->key.lag_ms;
	if (late && !unlimited)
		meter_expire(m, true);
	handout_soon(m->worker);
}

static void
on_granted(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct meter_ask *a = arg;
	struct meter *m = a->meter;

	if (m != NULL)
		m->ask = NULL;
	if (m != NULL && err != NULL)
		wait_for_more(m, METER_AGAIN_LONG_MS);
	else if (m != NULL)
		take(m, a, &results[count - 1]);
	else if (err == NULL)
		give_back(&a->key,
		    db_get_int(&results[count - 1], 0, TAKE_GRANTED));
	ask_free(a);
}

void
meter_ask(struct meter *m, int want)
{
	int64_t now = clock_mono_ms();
	struct db_arg kind = db_cstr(meter_kind_name(m->kind));
	struct db_arg id = db_int(m->id), group = db_cstr(m->group);
	struct meter_ask *a;
	struct db_batch *b;

	if (m->ask != NULL || now < m->ask_from_ms || m->worker->stopping ||
	    want <= 0)
		return;
	meter_expire(m, true);
	m->ask = a = NEW(struct meter_ask);
	a->key = *m;
	a->key.group = str_dup(str_of(m->group));
	a->meter = m;
	a->asked_ms = now;
	a->want = want < METER_ASK_MAX ? want : METER_ASK_MAX;
	b = db_batch_new(m->worker->link);
	db_batch_add(b, Q_QUOTA_ENSURE, DB_ARGS(kind, id, group));
	db_batch_add(b, Q_QUOTA_REFILL,
	    DB_ARGS(kind, id, group, db_float((double)m->lag_ms / 1000)));
	db_batch_add(b, Q_QUOTA_TAKE,
	    DB_ARGS(kind, id, group, db_int(a->want)));
	db_batch_send(b, on_granted, a);
}

void
meter_expire(struct meter *m, bool all)
{
	if (m->have == 0 || (!all && clock_mono_ms() < m->until_ms))
		return;
	give_back(m, m->have);
	m->have = 0;
}
