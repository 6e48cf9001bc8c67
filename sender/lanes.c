#include "sender/lanes.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "sender/parcel.h"
#include "sender/stall.h"
#include "sender/worker.h"

#include <assert.h>
#include <limits.h>

#define ARENA_MAX (4U << 20)

void
lanes_init(struct lanes *s, struct relay *relay)
{
	*s = (struct lanes){.relay = relay, .ticked_ms = clock_mono_ms()};
	s->ready_end = &s->ready;
	arena_init(&s->arena, ARENA_MAX);
}

void
lanes_release(struct lanes *s)
{
	arena_release(&s->arena);
}

static const struct lane_limit *
find_limit(const struct lanes *s, struct str name)
{
	size_t low = 0, n = s->limit_count, half;
	int order;

	while (n > 0) {
		half = n / 2;
		order = str_cmp(name, s->limits[low + half].name);
		if (order == 0)
			return &s->limits[low + half];
		if (order > 0) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return NULL;
}

void
lanes_watch(struct lane *l)
{
	struct lanes *s = &l->relay->lanes;

	if (l->uneasy)
		return;
	l->uneasy = true;
	l->prev_uneasy = NULL;
	l->next_uneasy = s->uneasy;
	if (s->uneasy != NULL)
		s->uneasy->prev_uneasy = l;
	s->uneasy = l;
}

static void
unwatch(struct lane *l)
{
	if (l->prev_uneasy != NULL)
		l->prev_uneasy->next_uneasy = l->next_uneasy;
	else
		l->relay->lanes.uneasy = l->next_uneasy;
	if (l->next_uneasy != NULL)
		l->next_uneasy->prev_uneasy = l->prev_uneasy;
	l->uneasy = false;
}

static void
bind_meter(struct lane *l)
{
	struct relay *r = l->relay;

	l->meter = NEW(struct meter);
	meter_init(l->meter, r->worker, METER_GROUP, r->row.id,
	    group_name(l->group));
	l->meter->limited = true;
}

static void
unbind(struct lane *l)
{
	l->ceiling = INT_MAX;
	if (l->meter == NULL)
		return;
	meter_release(l->meter);
	free(l->meter);
	l->meter = NULL;
}

static void
rebind_group(struct lanes *s, const struct group *g)
{
	struct lane *l = group_lane(g, s->relay);
	const struct lane_limit *limit = find_limit(s, group_name(g));

	if (l == NULL)
		return;
	if (limit == NULL || !limit->rated)
		unbind(l);
	if (limit == NULL)
		return;
	l->ceiling = limit->connections;
	if (limit->rated && l->meter == NULL)
		bind_meter(l);
	lanes_watch(l);
}

void
lanes_rebind(struct lanes *s)
{
	const struct groups *all = &s->relay->worker->groups;
	const struct group *g;
	size_t i;

	for (i = 0; i < all->cap; i++)
		for (g = all->buckets[i]; g != NULL; g = g->chain)
			rebind_group(s, g);
}

void
lanes_remember(struct lane *l, const struct lane_memory *m)
{
	lane_remember(l, m, clock_mono_ms());
	lanes_watch(l);
}

struct lane *
lanes_get(struct lanes *s, struct group *g)
{
	struct lane *l = group_lane(g, s->relay);
	const struct lane_limit *limit;

	if (l != NULL)
		return l;
	l = NEW(struct lane);
	lane_init(l, INT_MAX);
	l->relay = s->relay;
	l->group = g;
	l->next = g->lanes;
	g->lanes = l;
	limit = s->limit_count > 0 ? find_limit(s, group_name(g)) : NULL;
	if (limit != NULL) {
		l->ceiling = limit->connections;
		if (limit->rated)
			bind_meter(l);
		lanes_watch(l);
	}
	return l;
}

static void
unqueue(struct lane *l)
{
	struct lanes *s = &l->relay->lanes;
	struct lane **at = &s->ready;

	while (*at != l)
		at = &(*at)->next_ready;
	*at = l->next_ready;
	if (s->ready_end == &l->next_ready)
		s->ready_end = at;
	l->ready = false;
}

void
lanes_forget(struct lane *l)
{
	if (l->ready)
		unqueue(l);
	if (l->uneasy)
		unwatch(l);
}

void
lanes_offer(struct lane *l)
{
	struct lanes *s = &l->relay->lanes;

	if (l->ready)
		return;
	l->ready = true;
	l->next_ready = NULL;
	*s->ready_end = l;
	s->ready_end = &l->next_ready;
}

struct lane *
lanes_take_ready(struct lanes *s)
{
	struct lane *l = s->ready;

	if (l != NULL)
		unqueue(l);
	return l;
}

void
lanes_begin(struct lane *l, int64_t now)
{
	lane_begin(l, now);
	l->relay->lanes.under_way++;
}

void
lanes_log(const struct lane *l)
{
	log_info("group", "account=%lld name=%s state=%s allowed=%d why=%s",
	    (long long)l->relay->row.id, log_quote(group_name(l->group)),
	    lane_state_name(l->state), l->allowed, log_quote(str_of(l->why)));
}

/* A process that was stopped has heard of nobody meanwhile: what waited for
 * it to go on did not take longer for that. */
int64_t
lanes_waited_ms(const struct lanes *s, int64_t ms, int64_t now)
{
	bool late = now - s->ticked_ms > LANES_AWAY_MS;
	int64_t from = late ? s->ticked_ms : s->away_ms;
	int64_t to = late ? now : s->back_ms;
	int64_t begun = now - ms;

	if (begun >= to)
		return ms;
	return ms - (to - (begun > from ? begun : from));
}

static void
note_absence(struct lanes *s, int64_t now)
{
	if (now - s->ticked_ms > LANES_AWAY_MS) {
		s->away_ms = s->ticked_ms;
		s->back_ms = now;
	}
	s->ticked_ms = now;
}

void
lanes_told(struct lane *l, const struct lane_reply *reply)
{
	struct lanes *s = &l->relay->lanes;
	struct lane_reply r = *reply;
	enum lane_state before = l->state;

	r.took_ms = lanes_waited_ms(s, r.took_ms, r.now);
	s->pace.connections = l->relay->share;
	lane_told(l, &s->pace, &r);
	if (!lane_at_ease(l) || l->dirty)
		lanes_watch(l);
	if (l->state != before)
		lanes_log(l);
}

void
lanes_offer_room(struct lane *l, int64_t now)
{
	if (l->group->piles != NULL && lane_room(l, now) > 0)
		lanes_offer(l);
}

void
lanes_end(struct parcel *p, int64_t now)
{
	struct lane *l = p->lane;

	lane_end(l);
	l->relay->lanes.under_way--;
	l->excused -= p->excused;
	p->lane = NULL;
	p->excused = false;
	lanes_offer_room(l, now);
}

/* Those that are at ease again are not looked at any more. */
static void
look_at_uneasy(struct lanes *s, int64_t now)
{
	struct lane *l, *next;

	for (l = s->uneasy; l != NULL; l = next) {
		next = l->next_uneasy;
		lane_age(l, now);
		if (l->meter != NULL)
			meter_expire(l->meter, false);
		if (lane_at_ease(l) && !l->dirty && !l->stored &&
		    l->meter == NULL && l->ceiling == INT_MAX) {
			unwatch(l);
			group_sweep(l->group);
		}
	}
}

void
lanes_tick(struct lanes *s)
{
	int64_t now = clock_mono_ms();

	note_absence(s, now);
	if (s->relay->worker->stopping)
		return;
	if (s->stale && !s->reading)
		lanes_read(s);
	if (s->relay->pool != NULL)
		stall_look(s, now);
	if (now - s->stored_ms >= LANES_STORE_MS && !s->writing &&
	    s->uneasy != NULL)
		lanes_write(s);
	look_at_uneasy(s, now);
}

static const char *
condition_name(const struct lane *l)
{
	if (l->state != LANE_OPEN)
		return lane_state_name(l->state);
	if (l->meter != NULL && meter_left(l->meter) == 0 &&
	    l->group->piles != NULL)
		return "limited";
	return NULL;
}

void
lanes_each_uneasy(const struct lanes *s, lanes_fn *fn, void *arg)
{
	int64_t now = clock_mono_ms();
	struct lane_condition c;
	const struct lane *l;

	for (l = s->uneasy; l != NULL; l = l->next_uneasy) {
		c = (struct lane_condition){
		    .group = group_name(l->group),
		    .state = condition_name(l),
		    .why = l->why != NULL ? l->why : "",
		    .for_ms =
			l->shut_until_ms > now ? l->shut_until_ms - now : 0,
		    .under_way = l->under_way,
		    .allowed =
			l->allowed < l->ceiling ? l->allowed : l->ceiling,
		};
		if (c.state != NULL)
			fn(&c, arg);
	}
}
