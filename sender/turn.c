#include "sender/turn.h"

#include "lib/base/clock.h"
#include "sender/handout.h"
#include "sender/worker.h"

#include <limits.h>
#include <stdint.h>

/* It does not wait for an account that has not asked for a while: a slow one
 * holds up nobody. */
static bool
is_served(const struct mailing *m, const struct route *route, int64_t now)
{
	const struct route *other;

	for (other = m->routes; other < m->routes + m->route_count; other++)
		if (relay_usable(other->relay) &&
		    now - other->asked_ms < TURN_ROUTE_MS &&
		    other->pass + TURN_AHEAD * route->stride < route->pass)
			return false;
	return true;
}

/* No more permits than there are recipients who wait for them. */
static bool
has_permit(struct mailing *m)
{
	const struct lease *l;
	size_t waiting = 0;

	if (meter_left(&m->meter) > 0)
		return true;
	for (l = m->leases; l != NULL; l = l->next)
		waiting += l->ready - l->given - l->settled;
	meter_ask(&m->meter,
	    waiting < METER_ASK_MAX ? (int)waiting : METER_ASK_MAX);
	return false;
}

static bool
may_begin(const struct mailing *m, int64_t now)
{
	return m->stage == MAILING_ACTIVE && now < m->expires_ms;
}

/* Permits do not last: the lane stays in the queue until they come. */
static bool
waits_for_permits(struct lane *l)
{
	size_t want = l->group->parked + 1;

	if (l->meter == NULL || meter_left(l->meter) > 0)
		return false;
	meter_ask(l->meter, want < METER_ASK_MAX ? (int)want : METER_ASK_MAX);
	return true;
}

/* Whether a recipient that wants `account_id` may go this way. */
static bool
is_way(const struct route *route, int64_t account_id)
{
	return route->relay->pool != NULL &&
	       (account_id == 0 || account_id == route->relay->row.id);
}

/* How many recipients may wait for a lane in memory: as many as it wants when
 * it is at ease, else what it will have begun before long. */
static size_t
most_waiting(const struct lane *l, const struct mailing *m, int64_t now)
{
	if (lane_is_shut(l, now))
		return 0;
	if (!lane_at_ease(l) || l->meter != NULL || l->ceiling != INT_MAX)
		return lane_serves(l, TURN_WAIT_MS);
	return lane_hangs(l, &l->relay->lanes.pace, now) ? m->window / 4
							 : SIZE_MAX;
}

/* One account or another will soon have room for it.  Else `first` is a lane
 * that has not. */
static bool
is_worth_waiting(struct mailing *m, struct group *g, int64_t account_id,
    int64_t now, struct lane **first)
{
	struct route *route;
	struct lane *l;

	*first = NULL;
	for (route = m->routes; route < m->routes + m->route_count; route++) {
		if (!is_way(route, account_id))
			continue;
		l = lanes_get(&route->relay->lanes, g);
		if (g->parked < most_waiting(l, m, now))
			return true;
		if (*first == NULL)
			*first = l;
	}
	return *first == NULL;
}

static void
put_aside(struct recipient *who, struct lane *l, int64_t now)
{
	struct worker *w = l->relay->worker;
	int64_t most = w->settings->retry_max_s * 1000 / 4;

	if (most < TURN_ASIDE_MIN_MS)
		most = TURN_ASIDE_MIN_MS;
	if (most > TURN_ASIDE_MAX_MS)
		most = TURN_ASIDE_MAX_MS;
	recorder_aside(&w->recorder, who, lane_turn(l, now, most));
}

/* Lanes with room, for those that wait for the group. */
static void
offer_all(const struct group *g, int64_t now)
{
	struct lane *l;

	for (l = g->lanes; l != NULL; l = l->next) {
		if (l->relay->pool == NULL)
			continue;
		if (waits_for_permits(l)) {
			lanes_offer(l);
		} else if (lane_room(l, now) > 0) {
			lanes_offer(l);
			handout_soon(l->relay->worker);
		}
	}
}

static void
put_away(struct recipient *who, int64_t now)
{
	struct mailing *m = who->lease->mailing;
	struct lane *l = NULL;

	if (is_worth_waiting(m, who->group, who->account_id, now, &l)) {
		lease_park(who);
		offer_all(who->group, now);
	} else {
		put_aside(who, l, now);
	}
}

static bool
is_paused(const struct recipient *who)
{
	const struct mailing *m = who->lease->mailing;

	return m->pauses.count > 0 &&
	       pauses_has(&m->pauses, group_name(who->group));
}

/* Takes it, or puts it away. */
static bool
fits(struct recipient *who, struct relay *r, int64_t now)
{
	if (who->suppressed || who->replied)
		return true;
	if (is_paused(who)) {
		recorder_keep(&r->worker->recorder, who);
		return false;
	}
	if ((who->account_id == 0 || who->account_id == r->row.id) &&
	    lane_room(lanes_get(&r->lanes, who->group), now) > 0)
		return true;
	put_away(who, now);
	return false;
}

static struct recipient *
from_lease(struct lease *l, struct relay *r, int64_t now)
{
	struct recipient *who;

	while ((who = l->waiting) != NULL)
		if (fits(who, r, now))
			return who;
	return NULL;
}

/* An account that nothing fits is not waited for. */
static struct recipient *
from_mailing(struct mailing *m, struct relay *r, int64_t now)
{
	struct route *route = mailing_route(m, r);
	struct recipient *who = NULL;
	struct lease *l;

	if (route == NULL || !may_begin(m, now))
		return NULL;
	route->asked_ms = now;
	if (!is_served(m, route, now) || !has_permit(m))
		return NULL;
	for (l = m->leases; who == NULL && l != NULL; l = l->next)
		if (lease_is_good(l, now))
			who = from_lease(l, r, now);
	if (who == NULL)
		route->asked_ms = 0;
	return who;
}

/* The mailing after the one that was served last, around in a circle. */
static struct mailing *
mailing_after(struct worker *w, int64_t id)
{
	struct mailing *m;

	for (m = w->mailings; m != NULL; m = m->next)
		if (m->id > id)
			return m;
	return w->mailings;
}

static struct recipient *
from_mailings(struct worker *w, struct relay *r, int64_t now)
{
	struct mailing *first = mailing_after(w, r->served), *m = first;
	struct recipient *who = NULL;

	if (m == NULL)
		return NULL;
	do {
		who = from_mailing(m, r, now);
		r->served = m->id;
		m = m->next != NULL ? m->next : w->mailings;
	} while (who == NULL && m != first);
	return who;
}

static bool
may_take(const struct pile *p, struct relay *r, int64_t now)
{
	struct mailing *m = p->lease->mailing;
	struct route *route = mailing_route(m, r);

	if (route == NULL || !is_way(route, p->account_id) ||
	    !may_begin(m, now) || !lease_is_good(p->lease, now) ||
	    is_paused(p->first))
		return false;
	route->asked_ms = now;
	return is_served(m, route, now) && has_permit(m);
}

/* Of the campaigns that wait for the group, the one after the one that was
 * served last. */
static struct recipient *
from_piles(const struct group *g, struct relay *r, int64_t now)
{
	const struct pile *p, *best = NULL;
	int64_t id, best_id = 0;

	for (p = g->piles; p != NULL; p = p->next_group) {
		id = p->lease->mailing->id;
		if (id <= r->served)
			id += INT64_C(1) << 32;
		if ((best == NULL || id < best_id) && may_take(p, r, now)) {
			best = p;
			best_id = id;
		}
	}
	if (best == NULL)
		return NULL;
	r->served = best->lease->mailing->id;
	return best->first;
}

static struct recipient *
from_ready(struct relay *r, int64_t now)
{
	struct recipient *who;
	struct lane *l;
	int i;

	for (i = 0; i < TURN_LANES_MAX; i++) {
		l = lanes_take_ready(&r->lanes);
		if (l == NULL)
			return NULL;
		who =
		    lane_room(l, now) > 0 ? from_piles(l->group, r, now) : NULL;
		if (who != NULL ||
		    (l->group->piles != NULL && waits_for_permits(l)))
			lanes_offer(l);
		if (who != NULL)
			return who;
		group_sweep(l->group);
	}
	return NULL;
}

/* Somebody waits for it in front of a screen. */
static struct recipient *
from_urgent(struct worker *w, struct relay *r, int64_t now)
{
	struct recipient *who = NULL;
	struct mailing *m;

	for (m = w->mailings; who == NULL && m != NULL; m = m->next)
		if (m->campaign.transactional && m->leases != NULL)
			who = from_mailing(m, r, now);
	return who;
}

struct recipient *
turn_next(struct worker *w, struct relay *r)
{
	int64_t now = clock_mono_ms();
	struct recipient *who = from_urgent(w, r, now);

	if (who == NULL && r->lanes.ready != NULL)
		who = from_ready(r, now);
	return who != NULL ? who : from_mailings(w, r, now);
}

/* Those that have come to wait for too long, or for a resume. */
static void
thin_out(struct pile *p, int64_t now)
{
	struct mailing *m = p->lease->mailing;
	struct lane *l = NULL;
	struct recipient *who = p->first, *next;

	if (!may_begin(m, now) || !lease_is_good(p->lease, now))
		return;
	for (; who != NULL; who = next) {
		next = who->next;
		if (is_paused(who))
			recorder_keep(&m->worker->recorder, who);
		else if (is_worth_waiting(m, who->group, who->account_id, now,
			     &l))
			return;
		else
			put_aside(who, l, now);
	}
}

void
turn_tick(struct worker *w)
{
	struct pile *p, *next_pile;
	struct group *g, *next;
	int64_t now = clock_mono_ms();

	if (w->stopping)
		return;
	for (g = w->groups.piled; g != NULL; g = next) {
		next = g->next_piled;
		offer_all(g, now);
		for (p = g->piles; p != NULL; p = next_pile) {
			next_pile = p->next_group;
			thin_out(p, now);
		}
	}
}
